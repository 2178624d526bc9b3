"""What a result does to a check and its alert: raised once, held, resolved; damped, acknowledged, snoozed.

A state machine without I/O: how a check and its open alert stand, a result and an instant go in, how both
stand then and what is told of it come out. What it promises, and a test goes through at random:

- one alert is open for a check at most; a second one is raised only after the first was resolved;
- while nothing changes nothing is told, however often it is looked at;
- what was acknowledged is told again when it is worse than what was acknowledged, or over; what is snoozed
  when the snooze is over and it still holds, or when it is over itself;
- what changes more than `MOST_CHANGES` times in `WINDOW` is told once as flapping, held, and resolved after
  `QUIET` without a problem;
- a clock that is put back resolves nothing and raises nothing by itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from agentos_cli.events import Priority
from agentos_cli.heartbeat.check import Result
from agentos_cli.store.check_records import FLAPPING, Alert, CheckState, Standing

RAISED = frozenset({Standing.WARN, Standing.ALERT})
"""The results that an alert is open for."""
MOST_CHANGES, WINDOW, QUIET = 4, timedelta(hours=6), timedelta(hours=2)
KEPT_CHANGES = 12
"""How many of its newest changes are remembered of a check."""
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Told(StrEnum):
    """What is announced of an alert."""

    RAISED = "raised"
    CHANGED = "changed"
    FLAPPING = "flapping"
    REMINDED = "reminded"  # its snooze is over and it still holds
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Turn:
    """How a check stands now. `alert` is its alert if that is new, changed or resolved now; `told` what is
    announced of it; `turned` whether its state is another one."""

    state: CheckState
    alert: Alert | None = None
    told: Told | None = None
    turned: bool = False


def registered(name: str, now: datetime) -> CheckState:
    """A check that was never made."""
    return CheckState(name, Standing.REGISTERED, now, now)


def judged(before: CheckState, alert: Alert | None, result: Result, hours: timedelta, now: datetime) -> Turn:
    """What one result does. `alert` is the open one, if there is one."""
    reached, pending = _reached(before, result, hours, now)
    turned = reached is not before.state
    counts = (turned and before.state is not Standing.REGISTERED) or _shifted(before, result)
    flaps = _changes(before.flaps, now) if counts else before.flaps
    state = replace(
        before,
        state=reached,
        since=now if turned else before.since,
        at=now,
        pending_since=pending,
        beats=before.beats + turned,
        evidence={**result.evidence, "priority": _priority(result)},
        flaps=flaps,
    )
    if alert is None:
        opened = _opened(state, result, now)
        return Turn(state, opened, None if opened is None else _opening(opened), turned)
    if alert.state == FLAPPING:
        return _flapping(state, alert, result, now, turned)
    return _held(state, alert, result, now, turned)


def gone(state: CheckState, alert: Alert | None, now: datetime) -> Turn:
    """The check is not made any more: what it raised is over."""
    return Turn(state) if alert is None else Turn(state, _over(alert, now), Told.RESOLVED)


def silent(alert: Alert, now: datetime) -> bool:
    """Whether somebody asked not to be told."""
    return alert.acked_at is not None or (alert.snoozed_until is not None and now < alert.snoozed_until)


def _reached(
    before: CheckState, result: Result, hours: timedelta, now: datetime
) -> tuple[Standing, datetime | None]:
    """The state that a result leads to, and since when it has been on its way to another one."""
    if result.grade is Standing.OK or before.state in RAISED:
        return result.grade, None
    pending = min(before.pending_since or now, now)
    return (result.grade, None) if now - pending >= hours else (Standing.OK, pending)


def _shifted(before: CheckState, result: Result) -> bool:
    """Whether the priority alone is another one."""
    same = before.state in RAISED and before.state is result.grade
    return same and before.evidence.get("priority") != _priority(result)


def _priority(result: Result) -> str | None:
    return str(result.priority) if result.grade in RAISED else None


def _changes(flaps: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    return (*(at for at in flaps if now - WINDOW < at <= now), now)[-KEPT_CHANGES:]


def _restless(state: CheckState) -> bool:
    return len(state.flaps) > MOST_CHANGES


def _opened(state: CheckState, result: Result, now: datetime) -> Alert | None:
    if state.state not in RAISED:
        return None
    how = FLAPPING if _restless(state) else str(state.state)
    name = _id(state, now)
    return Alert(name, state.name, result.priority, how, result.says, result.evidence, now, now, told=1)


def _opening(alert: Alert) -> Told:
    return Told.FLAPPING if alert.state == FLAPPING else Told.RAISED


def _held(state: CheckState, alert: Alert, result: Result, now: datetime, turned: bool) -> Turn:
    """An alert is open, and its check does not flap, or only begins to."""
    reached = state.state
    same = alert.state == reached and alert.priority is result.priority
    if same:
        return _reminded(state, alert, result, now)
    if _restless(state):
        worst = max(alert.priority, result.priority if reached in RAISED else alert.priority, key=_rank)
        held = replace(alert, state=FLAPPING, priority=worst, changed_at=now)
        return _told(state, held, Told.FLAPPING, now, turned, quiet=silent(alert, now))
    if reached not in RAISED:
        return Turn(state, _over(alert, now), Told.RESOLVED, turned)
    changed = _as(alert, result, now)
    worse = _severity(changed) > _severity(alert)
    snoozed = alert.snoozed_until is not None and now < alert.snoozed_until
    quiet = snoozed or (alert.acked_at is not None and not worse)
    if worse and not snoozed:
        changed = replace(changed, acked_at=None)
    return _told(state, changed, Told.CHANGED, now, turned, quiet=quiet)


def _reminded(state: CheckState, alert: Alert, result: Result, now: datetime) -> Turn:
    """Nothing is new, but a snooze may be over."""
    over = alert.snoozed_until is not None and now >= alert.snoozed_until
    if not over:
        return Turn(state)
    awake = replace(alert, snoozed_until=None, title=result.says, evidence=result.evidence, changed_at=now)
    return _told(state, awake, Told.REMINDED, now, turned=False, quiet=alert.acked_at is not None)


def _flapping(state: CheckState, alert: Alert, result: Result, now: datetime, turned: bool) -> Turn:
    """Held until it has been quiet for a while, or bad for as long: then it does not flap any more."""
    steady = now - max((state.since, *state.flaps[-1:])) >= QUIET
    if state.state not in RAISED:
        over = _over(alert, now) if steady else None
        calm = replace(state, flaps=()) if steady else state
        return Turn(calm, over, Told.RESOLVED if over else None, turned)
    worse = _rank(result.priority) > _rank(alert.priority)
    if not worse and not steady:
        return Turn(state, turned=turned)
    changed = replace(_as(alert, result, now), state=str(state.state) if steady else FLAPPING)
    calm = replace(state, flaps=()) if steady else state
    if worse:
        return _told(calm, changed, Told.CHANGED, now, turned, quiet=silent(alert, now))
    return Turn(calm, changed, turned=turned)


def _as(alert: Alert, result: Result, now: datetime) -> Alert:
    """The alert as the newest result has it."""
    return replace(
        alert,
        state=str(result.grade),
        priority=result.priority,
        title=result.says,
        evidence=result.evidence,
        changed_at=now,
    )


def _told(state: CheckState, alert: Alert, what: Told, now: datetime, turned: bool, *, quiet: bool) -> Turn:
    if quiet:
        return Turn(state, alert, turned=turned)
    return Turn(state, replace(alert, told=alert.told + 1), what, turned)


def _over(alert: Alert, now: datetime) -> Alert:
    return replace(alert, resolved_at=max(now, alert.raised_at), changed_at=now)


def _severity(alert: Alert) -> tuple[bool, int]:
    return alert.state == Standing.ALERT, _rank(alert.priority)


def _rank(priority: Priority) -> int:
    return priority.rank


def _id(state: CheckState, now: datetime) -> str:
    """`H7KQ2A4M`: short enough to type. How often the check has turned is in it, since clocks may stand."""
    told = f"{state.name}\x1f{state.beats}\x1f{now.astimezone(UTC).isoformat()}"
    digest = hashlib.blake2b(told.encode(), digest_size=5).digest()
    number = int.from_bytes(digest)
    return "H" + "".join(ALPHABET[number >> shift & 31] for shift in range(30, -1, -5))
