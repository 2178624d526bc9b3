"""What quiet hours held, in one message, oldest first; what came and went is one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from agentos_cli.delivery.forms import Section, Words
from agentos_cli.delivery.said import lasted, said, text
from agentos_cli.events import Event
from agentos_cli.renderers.words import count

GROUPS = {
    "Alerts": ("AlertRaised", "AlertResolved"),
    "Schedules": ("ScheduleMissed", "ScheduleFailed"),
    "Sources": ("SourceFailed", "SourceSynced"),
}
OTHERS = "Others"


def digest(held: Sequence[Event], zone: tzinfo) -> Words:
    """These events, which come oldest first, as one message."""
    if not held:
        return Words("What quiet hours held is not kept any more")
    groups: dict[str, list[str]] = {name: [] for name in (*GROUPS, OTHERS)}
    for kind, line in _lines(held, zone):
        groups[_group(kind)].append(line)
    first = held[0].at.astimezone(zone)
    return Words(
        f"While it was quiet: {count(len(held), 'message')} since {first:%a %H:%M}",
        sections=tuple(Section(name, tuple(lines)) for name, lines in groups.items() if lines),
        commands=("agentos heartbeat alerts",) if groups["Alerts"] else (),
    )


def _lines(held: Sequence[Event], zone: tzinfo) -> Iterator[tuple[str, str]]:
    """Type of event and its line. An alert that was raised and resolved is one line, at its beginning."""
    raised = {text(one, "alert") for one in held if one.type == "AlertRaised"}
    over = {text(one, "alert"): one for one in held if one.type == "AlertResolved"}
    for one in held:
        alert = text(one, "alert")
        if one.type == "AlertResolved" and alert in raised:
            continue
        at = one.at.astimezone(zone)
        if one.type == "AlertRaised" and alert in over:
            end = over[alert].at
            took = lasted((end - one.at).total_seconds() / 60)
            title = text(one, "title", text(one, "check"))
            yield one.type, f"{at:%H:%M} {title}: over at {end.astimezone(zone):%H:%M}, after {took}"
        else:
            yield one.type, f"{at:%H:%M} {said(one, zone).subject}"


def _group(kind: str) -> str:
    return next((name for name, kinds in GROUPS.items() if kind in kinds), OTHERS)
