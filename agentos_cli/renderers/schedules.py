"""Schedules, their slots and a tick: documents, and text for the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agentos_cli.renderers import clean
from agentos_cli.renderers.listings import rows

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class SlotItem(TypedDict):
    """One due time and what came of it: `state` is due, running, ran, caught_up, failed, skipped or missed.
    `late_seconds`: how long after its due time it was begun. `output` is the end of what it printed."""

    due_at: str
    state: str
    why: str | None
    attempts: int
    late_seconds: int | None
    started_at: str | None
    ended_at: str | None
    exit_code: int | None
    output: str | None


class ScheduleItem(TypedDict):
    """What is done when: `command` the words after `agentos`, `says` as a sentence when it is due, `next` its
    next due times in its zone, `last` its newest slot, `note` what else there is to know. `cron` is a cron
    expression (with six fields the first is the seconds), `every 900s from 2026-01-26T09:00:00Z`, or
    `at 2026-02-09T08:00:00Z`. `origin`, `text` and `asks`: where one that was imported came from, what was to
    be done there, line by line, and what there is to decide before it goes on; its `command` is empty."""

    name: str
    cron: str
    says: str
    zone: str
    command: list[str]
    catch_up: str
    late_seconds: int
    patience_seconds: int
    paused: bool
    next: list[str]
    note: str | None
    origin: str | None
    text: list[str]
    asks: list[str]
    last: SlotItem | None


class WakerItem(TypedDict):
    """Who wakes the house, when it last did, and from where."""

    name: str
    at: str
    host: str
    version: str


class SchedulesDocument(TypedDict):
    """All schedules, and who wakes the house. `done` is what was done to those listed, null for nothing."""

    schema: str
    done: str | None
    schedules: list[ScheduleItem]
    wakers: list[WakerItem]


class ScheduleDocument(TypedDict):
    """One schedule with its newest slots, newest first."""

    schema: str
    schedule: ScheduleItem
    slots: list[SlotItem]
    wakers: list[WakerItem]


class TriedDocument(TypedDict):
    """What came of a slot that was made to try a schedule."""

    schema: str
    name: str
    slot: SlotItem


class StepItem(TypedDict):
    """One step of a tick: how many things it did, and what went wrong."""

    name: str
    count: int
    problem: str | None
    fix: str | None


class TickDocument(TypedDict):
    """One tick: who woke the house, and each step in its order."""

    schema: str
    at: str
    by: str
    ok: bool
    steps: list[StepItem]


SHAPES: dict[str, type] = {
    "schedules": SchedulesDocument,
    "schedule": ScheduleDocument,
    "tried": TriedDocument,
    "tick": TickDocument,
}
"""Document name to its shape."""
NEVER = "nothing has woken the house yet: agentos schedule install"
QUIET = timedelta(minutes=10)
"""Without being woken for so long, the list says so."""
NOTHING = "nothing yet: it has no command"
WORDS = 40
"""So much of what was to be done stands in the list."""


def listed(document: SchedulesDocument, now: datetime) -> str:
    """Every schedule on a line: its zone, its next due times, and how it went last."""
    items = document["schedules"]
    if not items:
        return "nothing is scheduled: agentos schedule add brief --at 07:00"
    body = [
        (
            item["name"],
            _does(item),
            item["cron"],
            item["zone"],
            _next(item),
            _last(item),
        )
        for item in items
    ]
    head = ("name", "does", "cron", "zone", "next", "last")
    notes = [f"{item['name']}: {item['note']}" for item in items if item["note"]]
    return "\n".join(
        [rows(head, body), *_spaced(map(clean.line, notes)), "", waker_line(document["wakers"], now)]
    )


def shown(document: ScheduleDocument, now: datetime) -> str:
    """One schedule, and its newest slots with why."""
    item = document["schedule"]
    facts = [
        ("does", f"agentos {' '.join(item['command'])}" if item["command"] else NOTHING),
        ("when", f"{item['says']} ({item['cron']}), {item['zone']}"),
        ("next", _next(item)),
        ("if missed", f"{CATCH_UP[item['catch_up']]}, up to {_span(item['late_seconds'])} late"),
        ("may take", _span(item["patience_seconds"])),
        *([("note", item["note"])] if item["note"] else []),
        *([("from", item["origin"])] if item["origin"] else []),
        *(("to decide", ask) for ask in item["asks"]),
    ]
    lines = [clean.line(item["name"]), *(f"  {name:<10}{clean.line(text)}" for name, text in facts)]
    lines += ["", *(f"  {line}".rstrip() for line in clean.lines("\n".join(item["text"])))]
    body = [
        (_stamp(slot["due_at"], item["zone"]), slot["state"], _took(slot), slot["why"] or "")
        for slot in document["slots"]
    ]
    slots = rows(("due", "outcome", "took", "why"), body) if body else "it has not been due yet"
    lines += [""] if item["text"] else []
    return "\n".join([*lines, slots, "", waker_line(document["wakers"], now)])


CATCH_UP = {
    "latest": "the newest of what was missed is made up",
    "all": "everything missed is made up",
    "none": "nothing is made up",
}


def done_line(done: str, item: ScheduleItem) -> str:
    """What was done to a schedule, and when it is due from now on."""
    what = f"agentos {' '.join(item['command'])}" if item["command"] else NOTHING
    line = f"{item['name']} {done}: {what}, {item['says']}, {item['zone']}"
    if item["paused"] and done in ("added", "changed"):
        line += f"\n  it is paused: agentos schedule resume {item['name']}"
    if item["next"]:
        line += f"\n  next: {_next(item)}"
    line += f"\n  note: {item['note']}" if item["note"] else ""
    return "\n".join(map(clean.line, line.split("\n")))


def tried(document: TriedDocument) -> str:
    """What came of trying a schedule, with the last lines it printed where it went wrong."""
    slot = document["slot"]
    took = _took(slot)
    line = f"{document['name']}: {slot['state']}" + (f" in {took}" if took else "")
    line += f": {slot['why']}" if slot["why"] else ""
    output = (slot["output"] or "").splitlines()[-5:] if slot["state"] == "failed" else []
    return "\n".join([clean.line(line), *(f"  {clean.line(part)}" for part in output)])


def ticked(document: TickDocument) -> str:
    """A line for each step that did something; empty where none did."""
    return "\n".join(f"{step['name']}: {step['count']:,}" for step in document["steps"] if step["count"])


def waker_line(wakers: Sequence[WakerItem], now: datetime) -> str:
    """Who woke the house last, and whether that is worrying."""
    if not wakers:
        return NEVER
    last = wakers[0]
    ago = now - datetime.fromisoformat(last["at"])
    told = f"woken by {last['name']} on {clean.line(last['host'])} {_span(int(ago.total_seconds()))} ago"
    lonely = last["name"] == "hand" and len(wakers) == 1
    if lonely or ago > QUIET:
        return f"{told}; nothing wakes it regularly: agentos schedule install"
    return told


def _does(item: ScheduleItem) -> str:
    """Its command, or the beginning of the words that it came with."""
    words = next((line.strip() for line in item["text"] if line.strip()), "")
    return " ".join(item["command"]) or (f'"{words[:WORDS]}{"..." if len(words) > WORDS else ""}"')


def _spaced(lines: map[str]) -> list[str]:
    found = list(lines)
    return ["", *found] if found else []


def _last(item: ScheduleItem) -> str:
    last = item["last"]
    return f"{_stamp(last['due_at'], item['zone'])} {last['state']}" if last else "-"


def _next(item: ScheduleItem) -> str:
    """The next due times in the schedule's zone: `Mon 23, Tue 24, Wed 25 Nov 07:00`, shared parts once."""
    if item["paused"]:
        return "paused"
    moments = [datetime.fromisoformat(at) for at in item["next"]]
    if not moments:
        return "never"
    if len({f"{at:%S}" for at in moments}) > 1:
        return f"{moments[0]:%a %d %b} " + ", ".join(f"{at:%H:%M:%S}" for at in moments)
    if len({f"{at:%b %Y %H:%M}" for at in moments}) == 1:
        return ", ".join(f"{at:%a %d}" for at in moments) + f" {moments[0]:%b %H:%M}"
    if len({at.date() for at in moments}) == 1:
        return f"{moments[0]:%a %d %b} " + ", ".join(f"{at:%H:%M}" for at in moments)
    return ", ".join(f"{at:%a %d %b %H:%M}" for at in moments)


def _stamp(at: str, zone: str) -> str:
    moment = datetime.fromisoformat(at)
    try:
        return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
    except (KeyError, ValueError, OSError):
        return f"{moment:%Y-%m-%d %H:%M} UTC"


def _took(slot: SlotItem) -> str:
    if not slot["started_at"] or not slot["ended_at"]:
        return ""
    taken = datetime.fromisoformat(slot["ended_at"]) - datetime.fromisoformat(slot["started_at"])
    return f"{max(0.0, taken.total_seconds()):.1f} s"


def _span(seconds: int) -> str:
    """Two units at most: `45 s`, `6 h`, `1 h 30 min`, `3 d`."""
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, seconds = divmod(max(0, seconds), size)
        parts += [f"{count} {unit}"] if count else []
    return " ".join(parts[:2]) or "0 s"
