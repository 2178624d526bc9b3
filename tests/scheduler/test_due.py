"""No local day is missed or doubled in any zone, whatever clocks do there; expressions mean what they say."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from agentos_cli.errors import UsageProblem
from agentos_cli.scheduler.cron import at_time, zone_named
from agentos_cli.scheduler.due import backlog, due_times, fires, note
from agentos_cli.scheduler.when import checked, read

ZONES = (
    "America/New_York", "America/Los_Angeles", "Europe/Berlin", "Europe/London", "Europe/Helsinki",
    "America/Santiago", "Asia/Beirut", "Australia/Sydney", "Atlantic/Azores", "America/Havana",
)  # fmt: skip
TIMES = ("00:00", "00:30", "01:30", "02:30", "03:00", "07:00")
DAY = timedelta(days=1)


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def days_of(found: list[datetime], zone: str) -> Counter[date]:
    return Counter(moment.astimezone(ZoneInfo(zone)).date() for moment in found)


def local_days(year: int) -> Counter[date]:
    first = date(year, 1, 1)
    return Counter(first + n * DAY for n in range((date(year + 1, 1, 1) - first).days))


@pytest.mark.parametrize("year", [2026, 2027, 2028])
@pytest.mark.parametrize("zone", ZONES)
def test_every_local_day_has_one_due_time_in_a_whole_year(zone: str, year: int) -> None:
    begin, end = at(f"{year}-01-01", zone) - timedelta(seconds=1), at(f"{year + 1}-01-01", zone)
    end -= timedelta(seconds=1)
    for told in TIMES:
        assert days_of(due_times(at_time(told), zone, begin, end), zone) == local_days(year), told


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("told", TIMES)
def test_the_same_holds_when_each_is_computed_from_the_last(zone: str, told: str) -> None:
    last, end, found = at("2026-01-01", zone) - timedelta(seconds=1), at("2027-01-01", zone), []
    while (following := due_times(at_time(told), zone, last, end, 1)) and following[0] < end:
        found += following
        last = following[0]
    assert days_of(found, zone) == local_days(2026)


@pytest.mark.parametrize("zone", ZONES)
def test_whoever_begins_within_a_change_of_the_clock_goes_neither_back_nor_past_a_day(zone: str) -> None:
    """From any quarter of an hour of the two nights, fold and gap included, the next is after it and near."""
    named = ZoneInfo(zone)
    moment, changes = at("2026-01-01"), []
    while moment < at("2027-01-01"):
        if moment.astimezone(named).utcoffset() != (moment + DAY).astimezone(named).utcoffset():
            changes.append(moment)
        moment += DAY
    assert len(changes) == 2
    for start in changes:
        for n in range(4 * 48):
            after = start + n * timedelta(minutes=15)
            for told in TIMES:
                (following,) = due_times(at_time(told), zone, after, after + 3 * DAY, 1)
                assert after < following <= after + timedelta(hours=26), (after, told)


def test_a_time_that_is_left_out_is_due_right_after_and_one_that_comes_twice_the_first_time() -> None:
    zone = "Europe/Berlin"
    assert due_times("30 2 * * *", zone, at("2026-03-29"), at("2026-03-29T12:00")) == [at("2026-03-29T01:00")]
    assert due_times("30 2 * * *", zone, at("2026-10-25") - DAY / 2, at("2026-10-25T12:00")) == [
        at("2026-10-25T00:30")
    ]


def test_what_goes_by_elapsed_time_is_due_in_every_hour_there_is() -> None:
    for change in ("2026-03-29", "2026-10-25"):
        begin = at(change, "Europe/Berlin")
        end = at(change, "Europe/Berlin") + timedelta(hours=6)
        found = due_times("*/15 * * * *", "Europe/Berlin", begin, end)
        assert found == [begin + n * timedelta(minutes=15) for n in range(1, 25)]


def test_a_leap_day_and_the_end_of_a_year() -> None:
    found = due_times("0 7 29 2 *", "Europe/Berlin", at("2026-01-01"), at("2033-01-01"))
    assert [f"{moment:%Y-%m-%d}" for moment in found] == ["2028-02-29", "2032-02-29"]
    found = due_times("59 23 31 12 *", "Asia/Tokyo", at("2026-12-31"), at("2027-01-01", "Asia/Tokyo"))
    assert found == [at("2026-12-31T23:59", "Asia/Tokyo")]
    found = due_times("0 0 * * *", "Europe/Berlin", at("2026-12-30T12:00"), at("2027-01-01T12:00"))
    assert [f"{moment.astimezone(ZoneInfo('Europe/Berlin')):%m-%d}" for moment in found] == ["12-31", "01-01"]
    found = due_times("0 7 L * *", "UTC", at("2028-01-01"), at("2028-03-15"))
    assert [moment.day for moment in found] == [31, 29]


def test_one_to_five_is_monday_to_friday_and_sunday_is_nought_or_seven() -> None:
    week = at("2026-11-22T23:00")
    for cron, days in (("0 7 * * 1-5", "Mon Tue Wed Thu Fri"), ("0 7 * * 0", "Sun"), ("0 7 * * 7", "Sun")):
        assert " ".join(f"{d:%a}" for d in due_times(cron, "UTC", week, week + 7 * DAY)) == days
    assert read("0 7 * * 1-5").says("UTC") == "At 07:00 on Monday through Friday"


def test_nothing_is_due_before_the_last_due_time_when_the_clock_was_put_back() -> None:
    last = at("2026-06-02T07:00")
    assert due_times("0 7 * * *", "UTC", last, last - timedelta(hours=2)) == []
    assert due_times("0 7 * * *", "UTC", last, last) == []
    assert due_times("0 7 * * *", "UTC", last - timedelta(seconds=1), last) == [last]


@pytest.mark.parametrize("cron", ["* * * * *", "*/5 7 * * *", "0,1 7 1 * *", "0 7 * * *"])
@pytest.mark.parametrize("most", [1, 7, 100])
def test_the_newest_of_a_large_backlog_are_its_end(cron: str, most: int) -> None:
    begin, end = at("2026-02-26"), at("2026-04-02T09:30")
    whole = due_times(cron, "Europe/Berlin", begin, end, 10**6)
    found = backlog(cron, "Europe/Berlin", begin, end, most)
    assert 1 <= len(found.times) <= most
    assert list(found.times) == whole[-len(found.times) :]
    assert found.before == (whole[0] if len(whole) > most else None)


# ── what is typed ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("0 7 * * 8", "day of the week"), ("60 7 * * *", "minute"), ("0 24 * * *", "hour"),
        ("0 7 30 2 *", "must exist"), ("0 7 * 13 *", "month"), ("0 7 * *", "4 fields"), ("@daily", "five"),
        ("0 0 0 7 * * *", "7 fields"), ("", "0 fields"), ("* * * * " + "1," * 200, "longer"),
        ("0 7 * * 5-1", "day of the week"), ("0 7 0 * *", "day of the month"), ("x * * * *", "minute"),
    ],
)  # fmt: skip
def test_a_wrong_expression_is_refused_with_what_it_may_be(cron: str, why: str) -> None:
    with pytest.raises(UsageProblem, match=why) as refused:
        checked(cron)
    assert "0 7 * * 1-5" in str(refused.value.fix)


@pytest.mark.parametrize(
    ("told", "on", "cron"),
    [
        ("07:00", None, "0 7 * * *"), ("7:05", "mon-fri", "5 7 * * 1-5"),
        ("23:59", "weekends", "59 23 * * 0,6"),
        ("07:00", "tue,thu", "0 7 * * 2,4"), ("07:00", "fri-mon", "0 7 * * 0,1,5,6"),
        ("07:00", "daily", "0 7 * * *"),
        ("07:00", "Monday", "0 7 * * 1"), ("07:00", "weekdays", "0 7 * * 1-5"),
    ],
)  # fmt: skip
def test_a_time_of_day_becomes_an_expression(told: str, on: str | None, cron: str) -> None:
    assert checked(at_time(told, on)) == cron


@pytest.mark.parametrize(
    ("told", "on"), [("24:00", None), ("7", None), ("07:60", None), ("07:00", "someday")]
)
def test_what_is_no_time_of_day_is_refused(told: str, on: str | None) -> None:
    with pytest.raises(UsageProblem):
        at_time(told, on)


def test_a_zone_is_named_with_the_nearest_when_it_is_wrong() -> None:
    assert zone_named("Europe/Berlin").key == "Europe/Berlin"
    for wrong, fix in (("Europe/Brlin", "Europe/Berlin"), ("../etc/passwd", "--zone"), ("", "--zone")):
        with pytest.raises(UsageProblem) as refused:
            zone_named(wrong)
        assert fix in str(refused.value.fix)


def test_the_next_due_times_are_told_in_the_schedules_zone() -> None:
    found = fires("30 2 * * *", "Europe/Berlin", at("2026-03-28"))
    assert [moment.isoformat() for moment in found] == [
        "2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00",
    ]  # fmt: skip


def test_a_note_about_clocks_stands_where_it_matters_and_nowhere_else() -> None:
    now = at("2026-06-01")
    assert "Europe/Berlin" in str(note("59 3 * * *", "Europe/Berlin", now))
    assert "Europe/Berlin" in str(note("30 59 3 * * *", "Europe/Berlin", now))
    assert note("0 4 * * *", "Europe/Berlin", now) is None
    assert note("0 2 * * *", "Asia/Tokyo", now) is None
    assert note("*/5 * * * *", "Europe/Berlin", now) is None


def test_the_test_of_whole_years_bites() -> None:
    """A plain reckoning of local times fails it: it misses or doubles days."""
    zone, told, found = ZoneInfo("Europe/Berlin"), time(2, 30), []
    moment = at("2026-01-01", "Europe/Berlin")
    while moment < at("2027-01-01", "Europe/Berlin"):
        local = moment.astimezone(zone)
        if (local.hour, local.minute) == (told.hour, told.minute):
            found.append(moment)
        moment += timedelta(minutes=30)
    assert days_of(found, "Europe/Berlin") != local_days(2026)
