"""Quiet hours hold until their end by the clocks of the zone: midnight, weekends, both clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from agentos_cli.config.model import Quiet
from agentos_cli.events import AlertRaised, BriefingReady, Priority, SourceSynced
from agentos_cli.quiet import QuietHours

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(time(22), time(7), False, BERLIN)
WEEK = QuietHours(time(22), time(7), True, BERLIN)


def local(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def until(hours: QuietHours, text: str) -> datetime | None:
    return hours.until(local(text), Priority.NORMAL)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-18T21:59:59", None),
        ("2026-11-18T22:00", "2026-11-19T07:00"),
        ("2026-11-18T23:59", "2026-11-19T07:00"),
        ("2026-11-19T00:00", "2026-11-19T07:00"),
        ("2026-11-19T06:59:59", "2026-11-19T07:00"),
        ("2026-11-19T07:00", None),
        ("2026-12-31T23:00", "2027-01-01T07:00"),
        ("2028-02-28T22:00", "2028-02-29T07:00"),
    ],
)
def test_a_night_lasts_over_midnight(now: str, end: str | None) -> None:
    assert until(NIGHT, now) == (local(end) if end else None)


def test_hours_within_one_day() -> None:
    lunch = QuietHours(time(12), time(13, 30), False, BERLIN)
    assert until(lunch, "2026-11-18T11:59") is None
    assert until(lunch, "2026-11-18T12:15") == local("2026-11-18T13:30")
    assert until(lunch, "2026-11-18T13:30") is None


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-20T21:00", None),  # a Friday
        ("2026-11-20T22:00", "2026-11-23T07:00"),  # its night, the weekend and the night after are one
        ("2026-11-21T12:00", "2026-11-23T07:00"),
        ("2026-11-22T23:59", "2026-11-23T07:00"),
        ("2026-11-23T00:00", "2026-11-23T07:00"),
        ("2026-11-23T07:00", None),
    ],
)
def test_a_weekend_is_quiet_with_the_nights_around_it(now: str, end: str | None) -> None:
    assert until(WEEK, now) == (local(end) if end else None)


def test_weekends_alone_end_with_sunday() -> None:
    hours = QuietHours(None, time(7), True, BERLIN)
    assert until(hours, "2026-11-20T23:59") is None
    assert until(hours, "2026-11-21T00:00") == local("2026-11-23T00:00")
    assert until(hours, "2026-11-23T00:00") is None


def test_the_critical_is_never_held_and_everything_else_is() -> None:
    now = local("2026-11-18T23:00")
    assert NIGHT.until(now, Priority.CRITICAL) is None
    for priority in (Priority.LOW, Priority.NORMAL, Priority.HIGH):
        assert NIGHT.until(now, priority) == local("2026-11-19T07:00")


def test_a_briefing_is_never_held() -> None:
    now = local("2026-11-18T23:00")
    assert NIGHT.held(BriefingReady("run", "2026-11-18", "Fine.", True).event(now), now) is None
    assert NIGHT.held(SourceSynced("stripe", 1, 1, 0).event(now), now) == local("2026-11-19T07:00")
    critical = AlertRaised("alt_1", "disk", "Disk full", "critical", {}).event(now)
    assert NIGHT.held(critical, now) is None


def test_the_end_is_given_in_utc_whatever_zone_asks() -> None:
    asked = datetime(2026, 11, 18, 23, tzinfo=ZoneInfo("America/New_York"))  # 05:00 in Berlin
    end = NIGHT.until(asked, Priority.HIGH)
    assert end == datetime(2026, 11, 19, 6, tzinfo=UTC)
    assert end is not None and end.tzinfo is UTC


@pytest.mark.parametrize(("night", "hours"), [("2026-03-28", 8), ("2026-10-24", 10), ("2026-11-18", 9)])
def test_a_night_is_an_hour_shorter_or_longer_where_the_clocks_change(night: str, hours: int) -> None:
    now = local(f"{night}T22:00")
    end = NIGHT.until(now, Priority.NORMAL)
    assert end is not None
    assert end - now.astimezone(UTC) == timedelta(hours=hours)
    assert end.astimezone(BERLIN).time() == time(7)


def test_an_end_that_the_clocks_leave_out_is_their_jump() -> None:
    hours = QuietHours(time(22), time(2, 30), False, BERLIN)  # 02:00 becomes 03:00
    assert until(hours, "2026-03-29T01:59") == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert hours.until(datetime(2026, 3, 29, 1, tzinfo=UTC), Priority.NORMAL) is None


def test_a_start_that_the_clocks_leave_out_is_their_jump() -> None:
    hours = QuietHours(time(2, 30), time(7), False, BERLIN)
    assert hours.until(datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), Priority.NORMAL) is None
    assert hours.until(datetime(2026, 3, 29, 1, tzinfo=UTC), Priority.NORMAL) == local("2026-03-29T07:00")


def test_an_end_that_comes_twice_is_the_second_one() -> None:
    hours = QuietHours(time(22), time(2, 30), False, BERLIN)  # 03:00 becomes 02:00
    for instant in (datetime(2026, 10, 24, 21, tzinfo=UTC), local("2026-10-25T02:45").astimezone(UTC)):
        assert hours.until(instant, Priority.NORMAL) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert hours.until(local("2026-10-25T02:30", fold=1), Priority.NORMAL) is None


def test_a_weekend_begins_where_midnight_does_not_exist() -> None:
    havana = ZoneInfo("America/Havana")  # on Sunday 2026-03-08 the clocks go from 00:00 to 01:00
    hours = QuietHours(time(0, 30), time(6), False, havana)
    jump = datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert hours.until(jump - timedelta(seconds=1), Priority.NORMAL) is None
    assert hours.until(jump, Priority.NORMAL) == local("2026-03-08T06:00", havana)


@pytest.mark.parametrize(
    "zone",
    [
        "America/New_York", "Europe/Berlin", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe",
        "Atlantic/Azores", "America/Havana", "Pacific/Apia",
    ],
)  # fmt: skip
def test_over_a_year_the_end_is_never_quiet_and_all_before_it_is(zone: str) -> None:
    hours = QuietHours(time(22), time(0, 30), True, ZoneInfo(zone))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    while now < datetime(2027, 1, 1, tzinfo=UTC):
        end = hours.until(now, Priority.LOW)
        if end is not None:
            assert now < end
            assert hours.until(end, Priority.LOW) is None
            assert hours.until(end - timedelta(seconds=1), Priority.LOW) == end
        now += timedelta(hours=5, minutes=7)


def test_settings_make_quiet_hours() -> None:
    assert QuietHours.of(Quiet("22:00", "07:00", True), BERLIN) == WEEK
    assert QuietHours.of(Quiet(), BERLIN).until(local("2026-11-18T23:00"), Priority.LOW) is None
    whole_day = QuietHours.of(Quiet("07:00", "07:00"), BERLIN)
    assert whole_day.until(local("2026-11-18T23:00"), Priority.LOW) is None
