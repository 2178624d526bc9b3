"""What a brief says of itself and of what was sent before it: that it is late, and what did not arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentos_cli.store.dispatch import Unarrived

PUNCTUAL = timedelta(minutes=10)
"""How late a brief may be without a word: what wakes the house looks every few minutes."""
DUE_AT = "AGENTOS_DUE_AT"
"""The variable by which a command that a schedule runs knows when it was due."""
REASON = 60
"""How much of the reason a line holds."""


def due_at(environ: Mapping[str, str]) -> datetime | None:
    """When this run was due, if a schedule runs it; an aware instant."""
    try:
        moment = datetime.fromisoformat(environ.get(DUE_AT, ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def notices(found: Sequence[Unarrived], now: datetime, zone: tzinfo, due_at: datetime | None) -> list[str]:
    """Sentences, the weightiest first. `found` is newest first; `due_at`: when this brief was due."""
    lost = [one for one in found if not one.elsewhere and str(one.state) != "in_doubt"]
    briefs = {one.number for one in lost}
    rest = [one for one in found if one.number not in briefs]
    return [*_late(now, zone, due_at), *_lost(lost, now, zone), *_doubtful(rest), *_dead(rest)]


def late_by(seconds: float) -> str:
    """`40 min`, `3 h`, `2 days`: rounded down."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"


def _late(now: datetime, zone: tzinfo, due_at: datetime | None) -> list[str]:
    if due_at is None or now - due_at < PUNCTUAL:
        return []
    return [f"Late by {late_by((now - due_at).total_seconds())}: due {_when(due_at, now, zone)}."]


def _lost(lost: Sequence[Unarrived], now: datetime, zone: tzinfo) -> list[str]:
    """Briefs that reached nobody at all."""
    if not lost:
        return []
    newest = [one for one in lost if one.number == lost[0].number]
    many = len({one.number for one in lost})
    why = f"{newest[0].consumer}: {_why(newest[0])}" + (f", and {len(newest) - 1} more" * (len(newest) > 1))
    when = _when(newest[0].at, now, zone)
    if many == 1:
        return [f"The brief of {when} reached nobody ({why})."]
    return [f"The last {many} briefs reached nobody, the newest that of {when} ({why})."]


def _doubtful(found: Iterable[Unarrived]) -> list[str]:
    return [
        f"{_many(len(those))} to {name} may or may not have arrived: agentos events dead."
        for name, those in _by_channel(found, "in_doubt")
    ]


def _dead(found: Iterable[Unarrived]) -> list[str]:
    return [
        f"{_many(len(those))} to {name} could not be delivered ({_why(those[0])}): agentos events dead."
        for name, those in _by_channel(found, "dead")
    ]


def _by_channel(found: Iterable[Unarrived], state: str) -> list[tuple[str, list[Unarrived]]]:
    those = sorted((one for one in found if str(one.state) == state), key=lambda one: one.consumer)
    return [(name, list(group)) for name, group in groupby(those, key=lambda one: one.consumer)]


def _many(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def _why(one: Unarrived) -> str:
    said = (one.note or "no reason was given").rstrip(". ")
    return said if len(said) <= REASON else f"{said[: REASON - 1].rstrip()}…"


def _when(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """`07:00` of today, `Mon 07:00` of the last days, else with the date."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    day = {0: ""}.get((today - local.date()).days, f"{local:%a} ")
    if (today - local.date()).days > 6:
        day = f"{local:%Y-%m-%d} "
    return f"{day}{local:%H:%M}"
