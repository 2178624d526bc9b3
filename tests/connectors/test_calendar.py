"""A calendar: when meetings take place whatever the clocks do, who is invited, secrets, hostile files."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.contract import Access, Batch
from agentos_cli.errors import Fatal, SourceError
from agentos_cli.http import Http
from agentos_cli.resilience.gate import OpenGate
from agents.nouns import Meeting
from tests.connectors.vendor import Refusal, Vendor, checked, read

NEW_YORK = ZoneInfo("America/New_York")
SUNDAY = datetime(2026, 11, 1, 12, tzinfo=UTC)
"""The morning on which New York's clocks went back; Berlin's had a week before."""


def entry(*lines: str, uid: str = "m1", starts: str = "DTSTART:20261103T150000Z") -> str:
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{uid}", starts, "SUMMARY:Sync", *lines, "END:VEVENT"))


def calendar(*entries: str, head: str = "") -> str:
    head = f"{head}\r\n" if head else ""
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n{head}" + "\r\n".join(
        (*entries, "END:VCALENDAR\r\n")
    )


def of(text: str, now: datetime = SUNDAY, **options: str) -> Batch:
    """What is read of a calendar with this text, from a file, at a company in New York."""
    path = Path(options.pop("path"))
    path.write_text(text, encoding="utf-8", newline="")
    with Http("calendar", OpenGate()) as http:
        access = Access(http, str(path), "", options, now, "USD", NEW_YORK, "calendar")
        (found,) = CATALOGUE["calendar"].fetch()(access)
        return found


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield


def meetings(*entries: str, head: str = "", now: datetime = SUNDAY, **options: str) -> list[Meeting]:
    found = of(calendar(*entries, head=head), now, path="calendar.ics", **options)
    assert not found.skipped
    return [one for one in found.records if isinstance(one, Meeting)]


def local(*entries: str) -> list[str]:
    """When they begin, on the company's clock."""
    return [f"{one.starts_at.astimezone(NEW_YORK):%d %H:%M}" for one in meetings(*entries)]


# ── one meeting ──────────────────────────────────────────────────────────────────────────────────


def test_an_entry_is_a_meeting() -> None:
    (one,) = meetings(
        entry(
            "DTEND:20261103T154500Z",
            "LOCATION:Room 4\\, 2nd floor",
            "ORGANIZER;CN=Ana:mailto:ana@fernwick.com",
            "ATTENDEE;CN=Ana;PARTSTAT=ACCEPTED:mailto:ana@fernwick.com",
            "ATTENDEE;CN=Bo:MAILTO:Bo@Acme.example",
        )
    )
    assert one == Meeting(
        "calendar",
        "m1",
        "Sync",
        datetime(2026, 11, 3, 15, tzinfo=UTC),
        datetime(2026, 11, 3, 15, 45, tzinfo=UTC),
        all_day=False,
        place="Room 4, 2nd floor",
        people=2,
        account="acme.example",
    )


@pytest.mark.parametrize(
    ("starts", "line", "minutes"),
    [
        ("DTSTART:20261103T150000Z", "DURATION:PT90M", 90),
        ("DTSTART:20261103T150000Z", "X-NOTHING:1", 0),
        ("DTSTART;TZID=America/New_York:20261103T100000", "DTEND;TZID=Europe/Berlin:20261103T163000", 30),
        ("DTSTART;TZID=Eastern Standard Time:20261103T100000", "DURATION:PT1H", 60),
        ("DTSTART:20261103T100000", "DURATION:PT1H", 60),
    ],
)
def test_it_begins_at_an_instant_whatever_zone_it_is_written_in(starts: str, line: str, minutes: int) -> None:
    (one,) = meetings(entry(line, starts=starts))
    assert one.starts_at == datetime(2026, 11, 3, 15, tzinfo=UTC)
    assert one.ends_at - one.starts_at == timedelta(minutes=minutes)


def test_a_whole_day_goes_from_midnight_to_midnight_even_when_it_has_25_hours() -> None:
    (one,) = meetings(entry(starts="DTSTART;VALUE=DATE:20261101"))
    assert (one.all_day, one.ends_at - one.starts_at) == (True, timedelta(hours=25))
    assert one.starts_at == datetime(2026, 11, 1, 4, tzinfo=UTC)
    (trip,) = meetings(entry("DTEND;VALUE=DATE:20261104", starts="DTSTART;VALUE=DATE:20261102"))
    assert trip.ends_at == datetime(2026, 11, 4, 5, tzinfo=UTC)


def test_only_the_days_around_today_are_told() -> None:
    days = ("20261024", "20261026", "20261114", "20261116")
    found = meetings(*(entry(uid=day, starts=f"DTSTART:{day}T120000Z") for day in days))
    assert [one.id for one in found] == ["20261026", "20261114"]
    long = entry("DTEND:20261201T000000Z", starts="DTSTART:20260901T000000Z")
    assert len(meetings(long)) == 1


def test_what_was_called_off_is_left_out() -> None:
    assert meetings(entry("STATUS:CANCELLED"), entry("STATUS:CONFIRMED", uid="m2"))[0].id == "m2"


def test_a_private_one_shows_when_and_nothing_else() -> None:
    (one,) = meetings(entry("CLASS:PRIVATE", "LOCATION:Clinic"))
    assert (one.title, one.place) == ("Private", None)


# ── many ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_weekly_one_keeps_its_hour_when_clocks_change() -> None:
    weekly = entry("RRULE:FREQ=WEEKLY;BYDAY=TU", starts="DTSTART;TZID=America/New_York:20260106T090000")
    assert local(weekly) == ["27 09:00", "03 09:00", "10 09:00"]
    berlin = entry("RRULE:FREQ=WEEKLY", starts="DTSTART;TZID=Europe/Berlin:20260106T150000")
    assert local(berlin) == ["27 10:00", "03 09:00", "10 09:00"]
    in_utc = entry("RRULE:FREQ=WEEKLY", starts="DTSTART:20260106T140000Z")
    assert local(in_utc) == ["27 10:00", "03 09:00", "10 09:00"]


def test_each_of_a_series_has_an_id_of_its_own_that_stays() -> None:
    weekly = entry("RRULE:FREQ=WEEKLY", starts="DTSTART;TZID=America/New_York:20260106T090000")
    first = {one.id for one in meetings(weekly)}
    later = {one.id for one in meetings(weekly, now=SUNDAY + timedelta(days=7))}
    assert "m1@2026-11-03T14:00:00+00:00" in first & later
    assert (len(first), len(first & later)) == (3, 2)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;COUNT=2", "27 28"),
        ("FREQ=DAILY;INTERVAL=7;COUNT=3", "27 03 10"),
        ("FREQ=DAILY;UNTIL=20261029", "27 28 29"),
        ("FREQ=DAILY;UNTIL=20261029T120000Z", "27 28"),
        ("FREQ=WEEKLY;INTERVAL=2", "27 10"),
        ("FREQ=MONTHLY;BYDAY=2TU", "10"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "31"),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;WKST=SU;COUNT=4", "28 30 02 04"),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=1SU", "01"),
    ],
)
def test_a_rule_is_followed(rule: str, days: str) -> None:
    found = local(entry(f"RRULE:{rule}", starts="DTSTART;TZID=America/New_York:20261027T090000"))
    assert [each.split()[0] for each in found] == days.split()


def test_days_that_repeat_and_days_that_are_added_or_taken_out() -> None:
    found = meetings(
        entry(
            "RRULE:FREQ=WEEKLY;COUNT=3",
            "EXDATE;VALUE=DATE:20261103",
            "RDATE;VALUE=DATE:20261105",
            starts="DTSTART;VALUE=DATE:20261027",
        )
    )
    assert [f"{one.starts_at.astimezone(NEW_YORK):%d}" for one in found] == ["27", "05", "10"]
    assert all(one.all_day for one in found)
    timed = entry(
        "RRULE:FREQ=DAILY;COUNT=4",
        "EXDATE;TZID=America/New_York:20261102T090000,20261103T090000",
        starts="DTSTART;TZID=America/New_York:20261101T090000",
    )
    assert local(timed) == ["01 09:00", "04 09:00"]


def test_one_of_a_series_that_was_moved_takes_place_where_it_was_moved_to() -> None:
    zone = "TZID=America/New_York"
    series = entry("RRULE:FREQ=DAILY;COUNT=4", starts=f"DTSTART;{zone}:20261101T090000")
    moved = entry(f"RECURRENCE-ID;{zone}:20261102T090000", starts=f"DTSTART;{zone}:20261102T160000")
    off = entry(
        "STATUS:CANCELLED", f"RECURRENCE-ID;{zone}:20261103T090000", starts=f"DTSTART;{zone}:20261103T090000"
    )
    away = entry("RECURRENCE-ID:20261104T140000Z", starts=f"DTSTART;{zone}:20270104T090000")
    found = meetings(series, moved, off, away)
    assert [f"{one.starts_at.astimezone(NEW_YORK):%d %H:%M}" for one in found] == ["01 09:00", "02 16:00"]
    assert found[1].id == "m1@2026-11-02T14:00:00+00:00", "the id of the time that it was planned for"


# ── who ──────────────────────────────────────────────────────────────────────────────────────────


def invited(*mails: str, organizer: str = "ana@fernwick.com", uid: str = "m1") -> str:
    return entry(f"ORGANIZER:mailto:{organizer}", *(f"ATTENDEE:mailto:{mail}" for mail in mails), uid=uid)


def accounts(*entries: str, **more: str) -> list[str | None]:
    return [one.account for one in meetings(*entries, **more)]  # type: ignore[arg-type]


def test_the_account_is_that_of_the_guests() -> None:
    ours = [invited("bo@fernwick.com", uid=f"o{number}") for number in range(4)]
    found = accounts(
        *ours,
        invited("bo@fernwick.com", "x@acme.example", "y@acme.example", "z@other.example", uid="guests"),
        invited("bo@fernwick.com", organizer="x@acme.example", uid="theirs"),
        invited(
            "x@other.example", "y@acme.example", "z@acme.example", organizer="q@other.example", uid="host"
        ),
        invited("bo@fernwick.com", "jane@gmail.com", uid="free"),
    )
    assert found == [None] * 4 + ["acme.example", "acme.example", "other.example", "jane@gmail.com"]


def test_whose_calendar_it_is_can_be_told() -> None:
    both = invited("x@acme.example")
    assert accounts(both, head="X-WR-CALNAME:ana@fernwick.com") == ["acme.example"]
    assert accounts(both, head="X-WR-CALNAME:x@acme.example") == ["fernwick.com"]
    assert accounts(both, domain="fernwick.com, fernwick.io") == ["acme.example"]


def test_rooms_and_who_declined_do_not_come() -> None:
    (one,) = meetings(
        entry(
            "ORGANIZER:mailto:ana@fernwick.com",
            "ATTENDEE;CUTYPE=ROOM:mailto:room@fernwick.com",
            "ATTENDEE:mailto:c_1@resource.calendar.google.com",
            "ATTENDEE;PARTSTAT=DECLINED:mailto:x@acme.example",
            "ATTENDEE:mailto:bo@fernwick.com",
            "ATTENDEE:invalid:nomail",
        )
    )
    assert (one.people, one.account) == (2, None)


# ── the way to it ────────────────────────────────────────────────────────────────────────────────


def test_an_address_is_asked_and_neither_logged_nor_told(caplog: pytest.LogCaptureFixture) -> None:
    from agentos_cli.redaction import redact
    from agentos_cli.telemetry import CALLS

    for name in (
        None,
        CALLS,
    ):  # each call is a line of its own, which a program that is not asked keeps quiet
        caplog.set_level(logging.DEBUG, logger=name)
    secret = "/calendar/private-3f9c1b7e77aa/basic.ics"
    body = calendar(entry()).encode()
    with Vendor({secret: lambda call: Refusal(200, body, {"Content-Type": "text/calendar"})}) as vendor:
        found = read("calendar", "", key=f"{vendor.url}{secret}?token=abc123def456")
        with pytest.raises(SourceError) as caught:
            read("calendar", "", key=f"{vendor.url}/calendar/private-3f9c1b7e77ab/basic.ics?x=1")
    assert found["meeting"].noun is Meeting
    told = [redact(record.getMessage()) for record in caplog.records]
    assert told and not any("private-3f9c1b7e77a" in line for line in (*told, str(caught.value)))
    assert caught.value.fix == "agentos connect calendar"


def test_webcal_is_asked_over_https() -> None:
    with pytest.raises(SourceError, match="could not be reached"):
        read("calendar", "", key="webcal://127.0.0.1:9/private.ics")


def answered(body: bytes, **headers: str) -> dict[str, Batch]:
    with Vendor({"/x": lambda call: Refusal(200, body, headers)}) as vendor:
        return read("calendar", "", key=f"{vendor.url}/x")


@pytest.mark.parametrize(
    "body", [b"", b"<html>Sign in</html>", b"BEGIN:VCARD\r\nEND:VCARD\r\n", b"\xff\xfe\x00"]
)
def test_what_is_no_calendar_is_refused(body: bytes) -> None:
    with pytest.raises(Fatal, match="no calendar"):
        answered(body)


@pytest.mark.parametrize("key", ["", "/no/such/file.ics", "ftp://example.com/a.ics", "\x00"])
def test_an_address_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(Fatal) as caught:
        read("calendar", "", key=key)
    assert caught.value.fix == "agentos connect calendar"


# ── hostile files ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=1",
        "FREQ=HOURLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;BYSECOND=" + ",".join(map(str, range(60))) + ";BYMINUTE=" + ",".join(map(str, range(30))),
        "FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 500),
        "FREQ=WEEKLY;RSCALE=CHINESE",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;COUNT=many",
        "COUNT=3",
    ],
)
def test_a_rule_that_no_meeting_needs_is_left_out_and_told(rule: str) -> None:
    bomb = entry(f"RRULE:{rule}", uid="bomb", starts="DTSTART:19000101T000000Z")
    found = of(calendar(bomb, entry()), path="calendar.ics")
    assert [one.id for one in found.records] == ["m1"]
    assert [(each.kind, each.where) for each in found.skipped] == [("meeting", "bomb")]


@pytest.mark.parametrize("rule", ["FREQ=DAILY;INTERVAL=14;BYDAY=TU", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"])
def test_a_rule_that_never_comes_true_ends(rule: str) -> None:
    assert meetings(entry(f"RRULE:{rule}", starts="DTSTART:19000101T000000Z")) == []


def test_many_rules_that_never_come_true_are_too_much() -> None:
    never = "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"
    found = of(
        calendar(*(entry(never, uid=f"n{number}") for number in range(30)), entry()), path="calendar.ics"
    )
    assert len(found.skipped) > 20
    assert [one.id for one in found.records] == ["m1"]


def test_old_rules_cost_nothing_and_many_that_count_are_too_much() -> None:
    """A count has to be followed from its beginning; nothing else has."""
    old = [entry("RRULE:FREQ=YEARLY", uid=f"o{n}", starts="DTSTART;VALUE=DATE:19010101") for n in range(300)]
    assert len(meetings(*old, entry())) == 1
    count = [
        entry("RRULE:FREQ=DAILY;COUNT=50000", uid=f"c{n}", starts="DTSTART:19910101T000000Z")
        for n in range(40)
    ]
    found = of(calendar(*count, entry()), path="calendar.ics")
    assert 0 < len(found.skipped) < 40
    assert "m1" in {one.id for one in found.records}


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;INTERVAL=5",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH;WKST=SU",
        "FREQ=MONTHLY;INTERVAL=5;BYDAY=-1FR,1MO",
        "FREQ=MONTHLY",
        "FREQ=YEARLY;BYMONTH=10,11",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1,1,2",
    ],
)
@pytest.mark.parametrize("begun", ["20160229", "20190103", "20211031", "20261028"])
def test_a_rule_is_the_same_from_wherever_it_is_followed(rule: str, begun: str) -> None:
    """A count that is never reached changes nothing, but has to be followed from the beginning."""
    starts = f"DTSTART;TZID=America/New_York:{begun}T090000"
    every = [local(entry(f"RRULE:{rule}{more}", starts=starts)) for more in ("", ";COUNT=9999")]
    assert every[0] == every[1]


def test_more_meetings_than_anyone_has_are_refused() -> None:
    many = [entry("RRULE:FREQ=DAILY", uid=f"d{n}", starts="DTSTART:20261101T120000Z") for n in range(200)]
    with pytest.raises(Fatal, match="more than 2,000"):
        of(calendar(*many), path="calendar.ics")


def test_a_file_of_any_size_is_not_read() -> None:
    with pytest.raises(Fatal, match="larger than 10 MB"):
        of("BEGIN:VCALENDAR\r\n" + "X" * 10_500_000, path="calendar.ics")


@pytest.mark.parametrize(
    "lines",
    [
        ("DTEND:20261103T140000Z",),
        ("DTEND:tomorrow",),
        ("EXDATE:never", "RRULE:FREQ=DAILY;COUNT=3"),
        ("RECURRENCE-ID:whenever",),
        ("DURATION:long",),
    ],
)
def test_a_strange_entry_is_left_out_and_told(lines: tuple[str, ...]) -> None:
    found = of(calendar(entry(*lines, uid="odd"), entry()), path="calendar.ics")
    assert ([one.id for one in found.records], [each.where for each in found.skipped]) == (["m1"], ["odd"])


@pytest.mark.parametrize(
    "starts", ["X-NONE:1", "DTSTART:soon", "DTSTART:00010101T000000Z", "DTSTART:99991231T235959Z"]
)
def test_an_entry_without_a_time_is_left_out_and_told(starts: str) -> None:
    found = of(calendar(entry(uid="odd", starts=starts), entry()), path="calendar.ics")
    assert [each.where for each in found.skipped] == ["odd"]


def test_text_that_would_not_print_and_ids_that_are_too_long_are_cleaned() -> None:
    (one,) = meetings(
        entry("SUMMARY:a", uid="x" * 300).replace("SUMMARY:Sync", "SUMMARY:Hi \x1b[31mred\\nline")
    )
    assert one.title.isprintable()
    assert len(one.id) == 32


def test_check_counts_what_is_ahead(tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    path.write_text(calendar(entry(starts="DTSTART:20261125T120000Z")), encoding="utf-8")
    assert checked("calendar", "", key=str(path)) == "1 meeting in the next two weeks"
