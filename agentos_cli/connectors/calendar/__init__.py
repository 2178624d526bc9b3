"""Reads a calendar in iCal format, from its address or from a file: the meetings of the days around today.

The format: https://www.rfc-editor.org/rfc/rfc5545; where to find the address of a Google calendar (the secret
one in iCal format): https://support.google.com/calendar/answer/37648. Such an address lets anyone read the
calendar, so it is kept as a key is, and neither printed nor logged. A file is named by the option `file`.

Meetings that repeat are worked out from a week ago to two weeks ahead, in the zone that each was planned in,
so that they keep their hour when clocks change. Of a single one that was moved its own entry tells; what was
called off is left out. A file may be hostile: its size is capped, and so is what its rules may take.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agentos_cli.connectors.calendar.occurrences import (
    Budget,
    Entry,
    Key,
    Occurrence,
    Span,
    is_series,
    occurrences,
    recurrence_key,
)
from agentos_cli.connectors.reading import Unreadable, clean, none_read
from agentos_cli.contract import Access, Batch, Fields, Skipped
from agentos_cli.errors import Fatal, SourceError
from agentos_cli.http import Response
from agentos_cli.redaction import register_secret
from agents.accounts import account_key
from agents.nouns import Meeting
from agents.wording import plural

if TYPE_CHECKING:
    from icalendar import Calendar

TITLE = "Calendar"
BACK, AHEAD = timedelta(days=7), timedelta(days=14)
LARGEST = 10 * 1024 * 1024
MOST = 2_000
"""Meetings in these three weeks; who has more of them has no calendar but a log."""
SAMPLED = 50
PLAIN_ID = 200
GONE = frozenset({404, 410})
FIX = "agentos connect calendar"
PRIVATE = frozenset({"PRIVATE", "CONFIDENTIAL"})
ROOMS = frozenset({"ROOM", "RESOURCE"})
MACHINES = ("resource.calendar.google.com", "group.calendar.google.com")
BROKEN = (Unreadable, ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError)
"""What the library raises for what it cannot read, among our own."""
FIELDS: Mapping[str, Fields] = {
    "events": {
        "UID": "text",
        "DTSTART": "text",
        "DTEND?": "text",
        "DURATION?": "text",
        "SUMMARY?": "text",
        "LOCATION?": "text",
        "STATUS?": "text",
        "CLASS?": "text",
        "RRULE?": "any",
        "RDATE?": "any",
        "EXDATE?": "any",
        "RECURRENCE-ID?": "text",
        "ORGANIZER?": "text",
        "ATTENDEE?": "any",
    }
}
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


def fetch(access: Access) -> Iterator[Batch]:
    """The meetings from a week ago to two weeks ahead."""
    calendars = _calendars(_text(access))
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    own = _own(access, calendars, events)
    span, budget = Span(access.now - BACK, access.now + AHEAD, access.zone), Budget()
    moved = _moved(events, span)
    found: dict[str, Meeting] = {}
    skipped: list[Skipped] = []
    for event in events:
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        apart = {} if "RECURRENCE-ID" in event else moved.get(_uid(event), {})
        try:
            for one in occurrences(event, span, budget, apart):
                meeting = _meeting(access.source, event, one, span, own)
                found[meeting.id] = meeting
        except BROKEN as problem:
            skipped.append(Skipped(Meeting.kind, _uid(event)[:60], _why(problem)))
        if len(found) > MOST:
            raise Fatal(f"{TITLE}: more than {MOST:,} meetings in three weeks; this is no calendar")
    if skipped and len(skipped) == len(events):
        raise none_read(TITLE, Meeting.kind, len(skipped), skipped[0])
    yield Batch(Meeting, tuple(found.values()), tuple(skipped))


def check(access: Access) -> str:
    """How many meetings there are in the next two weeks."""
    (batch,) = fetch(access)
    ahead = sum(isinstance(one, Meeting) and one.starts_at >= access.now for one in batch.records)
    return f"{plural(ahead, 'meeting')} in the next two weeks"


def account(access: Access) -> Mapping[str, str]:
    """Nothing: an entry of a calendar has no page that its file names."""
    return {}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """None: an entry of a calendar has no page that its file names."""
    return None


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """The first entries, each line as it stands there."""
    events = (event for calendar in _calendars(_text(access)) for event in calendar.walk("VEVENT"))
    return {"events": [_lines(event) for event in islice(events, SAMPLED)]}


# ── the text ─────────────────────────────────────────────────────────────────────────────────────


def _text(access: Access) -> str:
    """The calendar as text. Raises Fatal where there is none."""
    told = access.secret.strip() or access.options.get("file", "")
    if not told:
        raise Fatal(f"{TITLE}: the address is not known", fix=FIX)
    parts = urlsplit(re.sub(r"\Awebcals?://", "https://", told))
    body = _asked(access, parts.geturl()) if parts.scheme in ("http", "https") else _opened(told)
    if len(body) > LARGEST:
        raise Fatal(f"{TITLE}: it is larger than {LARGEST >> 20} MB", fix="export a smaller one")
    text = body.decode("utf-8-sig", errors="replace").replace("\x00", "")
    if "BEGIN:VCALENDAR" not in text[:1000].upper():
        raise Fatal(f"{TITLE}: what it answers with is no calendar", fix=FIX)
    return text


def _asked(access: Access, url: str) -> bytes:
    """What stands at the address. Parts of it, that may be logged, are as secret as the whole."""
    for secret in (url, url.partition("?")[0], urlsplit(url).path):
        register_secret(secret)

    def judge(response: Response) -> SourceError | None:
        if response.status in GONE:
            return Fatal(f"{TITLE}: there is nothing at its address any more", fix=FIX)
        return None

    host = urlsplit(url).hostname or ""
    return access.http.send("GET", url, judge=judge, follow=(host,)).body


def _opened(name: str) -> bytes:
    path = Path(name).expanduser()
    try:
        if not path.is_file():
            raise Fatal(f"{TITLE}: neither an address nor a file that is there", fix=FIX)
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as problem:
        raise Fatal(
            f"{TITLE}: its file cannot be read: {getattr(problem, 'strerror', '')}", fix=FIX
        ) from None


def _calendars(text: str) -> list[Calendar]:
    from icalendar import Calendar  # slow to import

    try:
        return [one for one in Calendar.from_ical(text, multiple=True) if isinstance(one, Calendar)]
    except BROKEN as problem:
        raise Fatal(f"{TITLE}: it is malformed or cut off ({_why(problem)})") from None


def _lines(event: Any) -> dict[str, str]:
    """An entry as its file has it: each value by its name."""
    pairs = event.property_items(recursive=False)
    return {str(name): value.to_ical().decode() for name, value in pairs if hasattr(value, "to_ical")}


# ── the entries ──────────────────────────────────────────────────────────────────────────────────


def _moved(events: Sequence[Entry], span: Span) -> dict[str, dict[Key, object]]:
    """By series, the times of which an entry of their own tells: moved, changed or called off."""
    found: dict[str, dict[Key, object]] = {}
    for event in events:
        if "RECURRENCE-ID" in event:
            try:
                found.setdefault(_uid(event), {})[recurrence_key(event, span)] = event
            except BROKEN:
                continue  # reading the entry itself will say so
    return found


def _meeting(source: str, event: Entry, one: Occurrence, span: Span, own: Collection[str]) -> Meeting:
    hidden = str(event.get("CLASS", "")).upper() in PRIVATE
    invited = _invited(event)
    return Meeting(
        source,
        _id(event, one, span),
        title="Private" if hidden else clean(str(event.get("SUMMARY", ""))) or "Without a title",
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        all_day=one.all_day,
        place=None if hidden else clean(str(event.get("LOCATION", ""))) or None,
        people=max(1, len(invited)),
        account=_account(invited, own),
    )


def _id(event: Entry, one: Occurrence, span: Span) -> str:
    """The entry's own id, and for one of a series which it is; hashed where it is too long or odd."""
    uid = _uid(event)
    if len(uid) > PLAIN_ID or not uid.isprintable() or uid != uid.strip():
        uid = sha256(uid.encode()).hexdigest()[:32]
    if not is_series(event):
        return uid
    key = recurrence_key(event, span) if "RECURRENCE-ID" in event else one.key
    return f"{uid}@{key.isoformat()}"


def _uid(event: Entry) -> str:
    return str(event.get("UID", "")) or "without-uid"


def _why(problem: Exception) -> str:
    return clean(str(problem))[:120] or type(problem).__name__


# ── the people ───────────────────────────────────────────────────────────────────────────────────


def _invited(event: Entry) -> list[str]:
    """The addresses of all who are invited and did not decline, the organizer first; no rooms."""
    found: dict[str, None] = {}
    for name in ("ORGANIZER", "ATTENDEE"):
        told = event.get(name, [])
        for one in (told if isinstance(told, list) else [told])[:MOST]:
            mail = str(one).strip().lower().removeprefix("mailto:")
            about = getattr(one, "params", {})
            away = str(about.get("PARTSTAT", "")).upper() == "DECLINED"
            room = str(about.get("CUTYPE", "")).upper() in ROOMS or mail.endswith(MACHINES)
            if _MAIL.fullmatch(mail) and not away and not room:
                found[mail] = None
    return list(found)


def _own(access: Access, calendars: Sequence[Calendar], events: Sequence[Entry]) -> frozenset[str]:
    """The accounts that are the company itself: as the option `domain` says, else that of the address which
    the calendar is called by, else the one that is invited most often."""
    told = access.options.get("domain", "")
    if told.strip():
        return frozenset(key for each in told.split(",") if (key := account_key(each)))
    names = (str(calendar.get("X-WR-CALNAME", "")).strip().lower() for calendar in calendars)
    named = frozenset(key for name in names if _MAIL.fullmatch(name) and (key := account_key(name)))
    often = Counter(key for event in events for key in {account_key(mail) for mail in _invited(event)} if key)
    most = max(often, key=lambda key: (often[key], key), default=None)
    return named or frozenset({most} if most else ())


def _account(invited: Sequence[str], own: Collection[str]) -> str | None:
    """The customer whose people are invited: the organizer's, else the one with the most of them."""
    others = [key for mail in invited if (key := account_key(mail)) and key not in own]
    if invited and account_key(invited[0]) in others:
        return account_key(invited[0])
    return Counter(others).most_common(1)[0][0] if others else None
