"""An interval never drifts, what is due once is due once, and seconds keep the rules of a changing clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos_cli.errors import UsageProblem
from agentos_cli.scheduler.due import backlog, due_times, note, upcoming
from agentos_cli.scheduler.when import Every, Once, checked, every, once, read

ANCHOR = datetime(2026, 1, 26, 9, tzinfo=UTC)
BERLIN = "Europe/Berlin"
QUARTERS = "every 900s from 2026-01-26T09:00:00Z"
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LENGTHS = st.integers(1, 999_999_999)


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@given(seconds=LENGTHS, since=INSTANTS, after=INSTANTS)
def test_an_interval_is_due_at_its_anchor_and_every_multiple_after_it(
    seconds: int, since: datetime, after: datetime
) -> None:
    """By the definition, whatever one begins from: nothing due lies between `after` and the first."""
    told, step = Every(seconds, since), timedelta(seconds=seconds)
    found = list(islice(told.due(BERLIN, after), 3))
    assert [later - earlier for earlier, later in pairwise(found)] == [step] * (len(found) - 1)
    for first in found[:1]:
        assert first > after and first >= since and (first - since) % step == timedelta()
        assert first - step <= after or first == since


@given(seconds=LENGTHS, since=INSTANTS, after=INSTANTS, length=st.integers(0, 40))
def test_an_interval_looked_at_piece_by_piece_is_the_same(
    seconds: int, since: datetime, after: datetime, length: int
) -> None:
    text = Every(seconds, since).text
    until = after + length * timedelta(seconds=seconds) / 3
    whole = due_times(text, "UTC", after, until)
    middle = after + (until - after) / 2
    assert due_times(text, "UTC", after, middle) + due_times(text, "UTC", middle, until) == whole


@given(seconds=LENGTHS, since=INSTANTS)
def test_what_is_kept_is_read_back_as_it_was(seconds: int, since: datetime) -> None:
    for told in (Every(seconds, since), Once(since)):
        assert read(told.text) == told and checked(f"  {told.text.replace(' ', '   ')} ") == told.text


@given(at=INSTANTS, after=INSTANTS)
def test_what_is_due_once_is_due_at_its_time_and_never_again(at: datetime, after: datetime) -> None:
    found = list(upcoming(Once(at).text, BERLIN, after))
    assert found == ([at] if after < at else [])


def test_an_interval_does_not_care_what_clocks_do() -> None:
    for change in ("2026-03-29", "2026-10-25"):
        begin = at(change, BERLIN)
        found = due_times(QUARTERS, BERLIN, begin, begin + timedelta(hours=6))
        assert found == [begin + n * timedelta(minutes=15) for n in range(1, 25)]


def test_the_newest_of_a_large_backlog_are_its_end() -> None:
    begin = ANCHOR + timedelta(seconds=7)
    whole = due_times("every 10s from 2026-01-26T09:00:00Z", "UTC", begin, begin + timedelta(hours=9), 10**6)
    found = backlog("every 10s from 2026-01-26T09:00:00Z", "UTC", begin, begin + timedelta(hours=9), 100)
    assert 1 <= len(found.times) <= 100
    assert list(found.times) == whole[-len(found.times) :] and found.before == whole[0]
    assert backlog("at 2026-01-26T09:00:00Z", "UTC", begin - timedelta(1), begin).times == (ANCHOR,)


# ── six fields ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("cron", ["0 7 * * 1-5", "*/7 3 1,15 * MON", "30 2 * * *", "* * * * *", "0 0 L * *"])
@pytest.mark.parametrize("zone", ["UTC", BERLIN, "America/Santiago"])
def test_six_fields_with_second_nought_are_the_five(cron: str, zone: str) -> None:
    for start in ("2026-03-27T23:59:59", "2026-10-23", "2026-04-03T12:00:30"):
        begin = at(start)
        end = begin + timedelta(days=4)
        assert due_times(f"0 {cron}", zone, begin, end, 10**4) == due_times(cron, zone, begin, end, 10**4)


def test_seconds_come_first_and_each_is_due() -> None:
    found = due_times("15,45 0 7 * * *", "UTC", at("2026-06-01T07:00:15"), at("2026-06-02T07:00:20"))
    assert found == [at("2026-06-01T07:00:45"), at("2026-06-02T07:00:15")]
    assert len(due_times("*/10 * * * * *", "UTC", ANCHOR, ANCHOR + timedelta(minutes=1))) == 6


def test_no_day_is_missed_or_doubled_with_seconds_either() -> None:
    begin, end = at("2026-01-01", BERLIN), at("2027-01-01", BERLIN)
    found = due_times("30 30 2 * * *", BERLIN, begin, end)
    days = [moment.astimezone(ZoneInfo(BERLIN)).date() for moment in found]
    assert len(days) == len(set(days)) == 365


# ── what is said ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (QUARTERS, "Every 15 minutes, counted from 2026-01-26 10:00"),
        ("every 86400s from 2026-01-26T09:00:00Z", "Every day, counted from 2026-01-26 10:00"),
        ("every 90s from 2026-01-26T09:00:05Z", "Every 90 seconds, counted from 2026-01-26 10:00:05"),
        ("at 2026-02-09T08:00:00Z", "Once, at 2026-02-09 09:00"),
        ("30 0 7 * * 1-5", "At 07:00:30 on Monday through Friday"),
    ],
)
def test_each_reads_as_a_sentence_in_its_zone(text: str, says: str) -> None:
    assert read(text).says(BERLIN) == says


def test_a_note_stands_where_a_time_has_passed_or_comes_too_often() -> None:
    assert "has passed" in str(note("at 2026-01-26T09:00:00Z", BERLIN, ANCHOR))
    assert note("at 2026-01-26T09:00:00Z", BERLIN, ANCHOR - timedelta(seconds=1)) is None
    assert "once a minute" in str(note("every 59s from 2026-01-26T09:00:00Z", BERLIN, ANCHOR))
    assert "once a minute" in str(note("0,30 * * * * *", BERLIN, ANCHOR))
    assert note("every 60s from 2026-01-26T09:00:00Z", BERLIN, ANCHOR) is None


@pytest.mark.parametrize(
    "text",
    [
        "every 0s from 2026-01-26T09:00:00Z", "every 9s from yesterday", "every 9s from 2026-01-26T09:00:00",
        "at 2026-13-01T00:00:00Z", "at noon", "every 9000000000s from 2026-01-26T09:00:00Z", "at ",
        "at 9999-12-31T23:59:59-23:00", "every 1.5s from 2026-01-26T09:00:00Z", "every -9s from 2026-01-26",
    ],
)  # fmt: skip
def test_what_is_none_of_them_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem):
        read(text)


def test_what_is_typed_becomes_one_of_them() -> None:
    now = at("2026-06-01T09:07:23")
    assert every(timedelta(minutes=15), now).text == "every 900s from 2026-06-01T09:07:00Z"
    assert every(timedelta(seconds=45), now).text == "every 45s from 2026-06-01T09:07:23Z"
    assert once("2026-12-01T08:00", ZoneInfo(BERLIN)).text == "at 2026-12-01T07:00:00Z"
    assert once("2026-12-01T08:00+00:00", ZoneInfo(BERLIN)).text == "at 2026-12-01T08:00:00Z"
    for wrong in ("tomorrow", "08:00", ""):
        with pytest.raises(UsageProblem):
            once(wrong, ZoneInfo(BERLIN))
