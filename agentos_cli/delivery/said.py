"""What is said of each type of event. To add one: a function here and its line in `SAID`.

An event of a type that is not here, such as one of a newer program, is said by its name and its payload.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo

from agentos_cli.delivery.forms import Words
from agentos_cli.events import Event
from agentos_cli.renderers import words

VALUE, VALUES = 200, 12
"""How much of a value is shown, and of how many."""


def said(event: Event, zone: tzinfo) -> Words:
    """What one event says, in no form yet; times in `zone`. A payload that is not as it should be still says
    something."""
    return SAID.get(event.type, _unknown)(event, zone)


def when(moment: datetime, zone: tzinfo) -> str:
    """`Mon 2026-11-23 07:00 CET`."""
    local = moment.astimezone(zone)
    return f"{words.dated(local.date().isoformat())} {words.clock(local)}"


def lasted(minutes: float) -> str:
    """`40 min`, `3 h`, `2 days`: rounded down."""
    if minutes < 120:
        return f"{int(minutes)} min"
    return f"{int(minutes // 60)} h" if minutes < 48 * 60 else f"{int(minutes // 1440)} days"


def text(event: Event, name: str, otherwise: str = "") -> str:
    """A field of the payload as text."""
    value = event.payload.get(name)
    return otherwise if value is None else str(value)


def _alert_raised(event: Event, zone: tzinfo) -> Words:
    """What, since when, the value and its limit, what was read, and what to do."""
    alert, check = text(event, "alert"), text(event, "check")
    given = event.payload.get("evidence")
    evidence = dict(given) if isinstance(given, Mapping) else {}
    title, says = text(event, "title", f"{check} is beyond its limit"), str(evidence.pop("says", "") or "")
    state, was = (str(evidence.pop(name, "") or "") for name in ("state", "was"))
    fix, read = str(evidence.pop("fix", "") or ""), str(evidence.pop("read", "") or "")
    at = _moment(str(evidence.pop("at", "") or ""), zone)
    evidence.pop("told", None)
    return Words(
        title,
        () if says.rstrip(".") in title else (says,),
        (
            ("State", f"{state} (before: {was})" if was and was != state else state),
            ("Since", when(event.at, zone)),
            *_facts({name: evidence[name] for name in ("value", "limit") if name in evidence}),
            ("Read", f"{read}, as of {at}" if read and at else read),
            *_facts({name: value for name, value in evidence.items() if name not in {"value", "limit"}}),
            ("To mend it", "" if _is_typed(fix) else fix),
        ),
        commands=(
            *((fix,) if _is_typed(fix) else ()),
            f"agentos heartbeat ack {alert}",
            f"agentos heartbeat history {check}",
        ),
    )


def _alert_resolved(event: Event, zone: tzinfo) -> Words:
    minutes = event.payload.get("minutes")
    took = f", after {lasted(minutes)}" if isinstance(minutes, int | float) else ""
    check = text(event, "check")
    return Words(
        f"Over: {text(event, 'title', check)}{took}",
        facts=(("Since", when(event.at, zone)),),
        commands=(f"agentos heartbeat history {check}",),
    )


def _source_failed(event: Event, zone: tzinfo) -> Words:
    fix = text(event, "fix")
    return Words(
        f"{text(event, 'source')} could not be read: {text(event, 'problem', 'no reason was given')}",
        ("What was known of it stays, with its age.",),
        (("When", when(event.at, zone)), ("To mend it", "" if _is_typed(fix) else fix)),
        commands=(fix,) if _is_typed(fix) else (),
    )


def _source_synced(event: Event, zone: tzinfo) -> Words:
    skipped = text(event, "skipped") if event.payload.get("skipped") else ""
    changed, records = text(event, "changed", "?"), text(event, "records", "?")
    return Words(
        f"{text(event, 'source')} was read: {changed} of {records} records are new, other or gone",
        facts=(("When", when(event.at, zone)), ("Could not be read", skipped)),
    )


def _schedule_missed(event: Event, zone: tzinfo) -> Words:
    name = text(event, "schedule")
    return Words(
        f"{name} was not done",
        facts=(("Due", _due(event, zone)), ("Why", text(event, "why"))),
        commands=(f"agentos schedule show {name}",),
    )


def _schedule_failed(event: Event, zone: tzinfo) -> Words:
    name = text(event, "schedule")
    return Words(
        f"{name} failed: {text(event, 'problem', 'no reason was given')}",
        facts=(("Due", _due(event, zone)), ("Exit code", text(event, "exit_code"))),
        commands=(f"agentos schedule show {name}",),
    )


def _briefing_ready(event: Event, zone: tzinfo) -> Words:
    """Where the brief itself is not kept any more."""
    return Words(
        f"Brief of {when(event.at, zone)}: {text(event, 'verdict')}",
        ("The brief itself is not kept any more.",),
        commands=(f"agentos brief --as-of {event.at.astimezone(zone).isoformat(timespec='seconds')}",),
    )


def _digest_ready(event: Event, zone: tzinfo) -> Words:
    """In the record of deliveries; what goes out is made in `digest`."""
    held = event.payload.get("events")
    return Words(f"Digest of {words.count(len(held) if isinstance(held, list) else 0, 'message')}")


def _unknown(event: Event, zone: tzinfo) -> Words:
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", event.type).capitalize()
    return Words(
        f"{name}: {event.aggregate}",
        facts=(("When", when(event.at, zone)), *_facts(event.payload)),
        commands=(f"agentos events show {event.id}",),
    )


SAID: dict[str, Callable[[Event, tzinfo], Words]] = {
    "AlertRaised": _alert_raised,
    "AlertResolved": _alert_resolved,
    "SourceFailed": _source_failed,
    "SourceSynced": _source_synced,
    "ScheduleMissed": _schedule_missed,
    "ScheduleFailed": _schedule_failed,
    "BriefingReady": _briefing_ready,
    "DigestReady": _digest_ready,
}
"""Type of event to what is said of it."""


def _is_typed(fix: str) -> bool:
    """Whether what mends it is a command of ours."""
    return fix.startswith("agentos ")


def _due(event: Event, zone: tzinfo) -> str:
    return _moment(text(event, "due_at"), zone)


def _moment(given: str, zone: tzinfo) -> str:
    """An instant of a payload as people read it; as it is, if it is none."""
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return given
    return when(moment, zone) if moment.tzinfo else given


def _facts(values: Mapping[str, object]) -> list[tuple[str, str]]:
    """`limit_text` becomes `Limit text`; what is nested is shown as JSON."""
    return [
        (str(name).replace("_", " ").capitalize(), _shown(value))
        for name, value in list(values.items())[:VALUES]
        if value is not None
    ]


def _shown(value: object) -> str:
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return told if len(told) <= VALUE else f"{told[: VALUE - 1]}…"
