"""The calendar of the demo company's owner, in iCal format: rounds that repeat, and customers to meet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from agentos_cli.demo.company.accounts import Account
from agentos_cli.demo.company.world import World

FILE = "calendar.ics"
ZONE = "America/New_York"
ROUNDS = (
    ("standup", "Stand-up", time(9, 30), 15, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", 6),
    ("pipeline", "Pipeline review", time(11), 45, "FREQ=WEEKLY;BYDAY=MO", 3),
    ("one-on-one", "One on one", time(16, 30), 30, "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH", 1),
)
"""What repeats: id, title, hour, minutes, rule, and how many colleagues come."""
FIRST_MONDAY = datetime(2026, 1, 5)  # noqa: DTZ001 - wall time, in the zone of the calendar


def write_calendar(world: World, folder: Path) -> Path:
    """Write the calendar into `folder`; the meetings of the story's own day are there on every day before."""
    path = folder / FILE
    path.write_text("\r\n".join((*_lines(world.story or world), "")), encoding="utf-8", newline="")
    return path


def _lines(story: World) -> Iterator[str]:
    colleagues = [member.email for member in story.staff.members if member.here(story.as_of.date())]
    owner = colleagues[0]
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Fernwick//EN", f"X-WR-CALNAME:{owner}")
    for uid, title, hour, minutes, rule, many in ROUNDS:
        starts = datetime.combine(FIRST_MONDAY, hour)
        yield from _entry(uid, title, starts, minutes, [owner, *colleagues[1 : many + 1]], rule)
    day = story.as_of.astimezone(ZoneInfo(ZONE)).replace(hour=0, minute=0, second=0, tzinfo=None)
    for number, (title, account) in enumerate(_customers(story)):
        starts = day + timedelta(hours=14 + 2 * number)
        yield from _entry(f"customer-{number}", f"{title} {account.name}", starts, 45, [owner, account.email])
    yield "END:VCALENDAR"


def _customers(story: World) -> Iterator[tuple[str, Account]]:
    """Whom the owner meets on the day of the story: who is about to renew, and who has not paid."""
    yield from (("Renewal:", account) for account in story.accounts if account.role == "northwind")
    unpaid = (bill for bill in story.books.bills if bill.status == "open")
    late = [(bill.due_at, bill.id, bill) for bill in unpaid if bill.due_at and bill.due_at < story.as_of]
    if late:
        yield "Check-in:", min(late)[2].account


def _entry(
    uid: str, title: str, starts: datetime, minutes: int, people: list[str], rule: str = ""
) -> Iterator[str]:
    ends = starts + timedelta(minutes=minutes)
    yield from ("BEGIN:VEVENT", f"UID:{uid}@fernwick.example", f"SUMMARY:{title}")
    yield f"DTSTART;TZID={ZONE}:{starts:%Y%m%dT%H%M%S}"
    yield f"DTEND;TZID={ZONE}:{ends:%Y%m%dT%H%M%S}"
    yield from ([f"RRULE:{rule}"] if rule else [])
    yield f"ORGANIZER:mailto:{people[0]}"
    yield from (f"ATTENDEE:mailto:{mail}" for mail in people)
    yield "END:VEVENT"
