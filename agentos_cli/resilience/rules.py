"""The circuit breaker's rules, as pure decisions: a state and an instant go in, the next state comes out.

    closed ──too many failures──> open ──its time is over──> half_open ──two good answers──> closed
       │                           ^                             │
       └──401/403──> auth_broken   └─────── one bad answer ──────┘

Opens at >= 50 % failed or >= 80 % slow of the last 20 calls of 10 minutes (5 at least), at 3 failed
connections within a minute, or at 3 failed runs however far apart. Open for 30 s, doubled each time up to
15 minutes, +-20 %. Half-open lets one leased call through at a time, over all processes. A 429 only sets a
time. A refused key waits for another key, and tries once more every 15 minutes. Opened by hand it stays open
until it is reset. What failed last is kept, and told with whatever it led to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from agentos_cli.resilience.gate import Outcome
from agentos_cli.resilience.retry_after import LONGEST
from agentos_cli.resilience.state import BreakerState, Mark, due_at

WINDOW = 20
WINDOW_AGE = timedelta(minutes=10)
FEWEST = 5
FAILED_SHARE = 0.5
SLOW_SHARE = 0.8
CONNECTION_FAILURES = 3
CONNECTION_AGE = timedelta(seconds=60)
FAILED_RUNS = 3
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
JITTER = 0.2
LEASE = timedelta(seconds=30)
GOOD_PROBES = 2
KEY_WAIT = timedelta(minutes=15)

Jitter = Callable[[], float]
"""Gives a number from 0 up to 1."""

_BAD = (Outcome.FAILED, Outcome.UNREACHABLE)


class Answer(StrEnum):
    """Whether a call may be made, and if not, why."""

    ADMIT = "admit"
    OPEN = "open"
    LIMITED = "limited"
    REFUSED = "refused"


class Decision(NamedTuple):
    """What `admit` says. `until` is when to come back; `probe`: this call holds the one lease."""

    answer: Answer
    until: datetime | None = None
    probe: bool = False


def admit(
    state: BreakerState, now: datetime, *, owner: str, fingerprint: str = ""
) -> tuple[BreakerState, Decision]:
    """May a call be made now? `owner` names this one call; `fingerprint` stands for its credential."""
    if state.forced:
        return state, Decision(Answer.OPEN)
    state = _with_key(_on_clock(state, now), fingerprint)
    if state.not_before is not None and now < state.not_before:
        return state, Decision(Answer.LIMITED, state.not_before)
    if state.state == "closed":
        return state, Decision(Answer.ADMIT)
    refusal = Answer.REFUSED if state.state == "auth_broken" else Answer.OPEN
    due = due_at(state)
    if due is not None and now < due:
        return state, Decision(refusal, due)
    leased = replace(
        state,
        state="auth_broken" if refusal is Answer.REFUSED else "half_open",
        probe_owner=owner,
        probe_until=now + LEASE,
    )
    return leased, Decision(Answer.ADMIT, probe=True)


def record(
    state: BreakerState,
    outcome: Outcome,
    now: datetime,
    *,
    owner: str | None = None,
    fingerprint: str = "",
    until: datetime | None = None,
    why: str = "",
    jitter: Jitter = lambda: 0.5,
) -> BreakerState:
    """The state after one attempt. `owner` is the name given to `admit` if that call was the probe, `why`
    what was wrong with it."""
    state = _on_clock(state, now)
    probing = owner is not None and state.probe_owner == owner
    if probing:
        state = replace(state, probe_owner=None, probe_until=None)
    if state.forced or (fingerprint and state.fingerprint and fingerprint != state.fingerprint):
        return state  # the key was changed meanwhile: what the old one met says nothing
    if outcome is Outcome.LIMITED:
        return replace(state, not_before=min(until or now, now + LONGEST))
    if why and outcome in (*_BAD, Outcome.REFUSED):
        state = replace(state, failure=why, failed_at=now)
    if outcome is Outcome.REFUSED:
        return _broken_key(state, now)
    if probing and outcome is not Outcome.UNSENT:
        return _after_probe(state, outcome, now, jitter)
    if outcome is Outcome.UNSENT or state.state != "closed":
        return state  # not sent, or sent before the breaker opened: only the probe counts now
    return _judged(replace(state, outcomes=(*_recent(state, now), Mark(now, outcome))), now, jitter)


def run_finished(state: BreakerState, ok: bool, now: datetime, jitter: Jitter = lambda: 0.5) -> BreakerState:
    """Counts whole runs (one sync of one source): `FAILED_RUNS` in a row open the breaker."""
    state = _on_clock(state, now)
    if ok:
        return replace(state, failed_runs=0)
    waiting = state.not_before is not None and now < state.not_before
    if waiting or state.state != "closed":
        return state  # the run was not let in, or told to wait: that is no new failure
    state = replace(state, failed_runs=state.failed_runs + 1)
    if state.failed_runs < FAILED_RUNS:
        return state
    last = f", the last: {state.failure}" if state.failure else ""
    return _opened(state, now, jitter, f"{state.failed_runs} failed runs in a row{last}")


def force_open(state: BreakerState | None, now: datetime) -> BreakerState:
    """Open until it is reset, as `agentos connectors open` makes it. What was known of the source stays."""
    return replace(
        state or BreakerState(),
        state="open",
        forced=True,
        opened_at=now,
        open_for=timedelta(0),
        probe_owner=None,
        probe_until=None,
        reason="opened by you",
    )


def reset(state: BreakerState | None) -> BreakerState:
    """Closed and forgetful, as `agentos connectors reset` makes it; the key's fingerprint stays."""
    return BreakerState(fingerprint=state.fingerprint if state else "")


def _with_key(state: BreakerState, fingerprint: str) -> BreakerState:
    """A new key clears what the old one earned: the refusal and the rate limit."""
    if not fingerprint or fingerprint == state.fingerprint:
        return state
    if state.state == "auth_broken":
        return BreakerState(fingerprint=fingerprint)
    return replace(state, fingerprint=fingerprint, not_before=None)


def _on_clock(state: BreakerState, now: datetime) -> BreakerState:
    """No instant may lie further ahead than we ever set it, or a clock set back would lock the source out."""
    if state.opened_at is not None and state.opened_at > now:
        state = replace(state, opened_at=now)
    if state.probe_until is not None and not now < state.probe_until <= now + LEASE:
        state = replace(state, probe_owner=None, probe_until=None)
    if state.not_before is not None and state.not_before > now + LONGEST:
        state = replace(state, not_before=now + LONGEST)
    if any(mark.at > now for mark in state.outcomes):
        state = replace(
            state, outcomes=tuple(Mark(min(mark.at, now), mark.outcome) for mark in state.outcomes)
        )
    return state


def _recent(state: BreakerState, now: datetime) -> tuple[Mark, ...]:
    young = tuple(mark for mark in state.outcomes if now - mark.at < WINDOW_AGE)
    return young[-(WINDOW - 1) :]


def _judged(state: BreakerState, now: datetime, jitter: Jitter) -> BreakerState:
    """Opens a closed state if its window says so."""
    marks = state.outcomes
    bad = sum(mark.outcome in _BAD for mark in marks)
    slow = sum(mark.outcome is Outcome.SLOW for mark in marks)
    cut_off = sum(mark.outcome is Outcome.UNREACHABLE and now - mark.at < CONNECTION_AGE for mark in marks)
    if cut_off >= CONNECTION_FAILURES:
        return _opened(state, now, jitter, _cut_off(state, cut_off))
    if len(marks) >= FEWEST and bad >= FAILED_SHARE * len(marks):
        last = f", the last: {state.failure}" if state.failure else ""
        return _opened(state, now, jitter, f"{bad} of the last {len(marks)} calls failed{last}")
    if len(marks) >= FEWEST and slow >= SLOW_SHARE * len(marks):
        return _opened(state, now, jitter, f"{slow} of the last {len(marks)} calls were slow")
    return state


def _cut_off(state: BreakerState, times: int) -> str:
    if state.failure:
        return f"{state.failure}, {times} times within a minute"
    return f"{times} failed connections within a minute"


def _after_probe(state: BreakerState, outcome: Outcome, now: datetime, jitter: Jitter) -> BreakerState:
    if outcome is Outcome.OK:
        good = state.good_probes + 1
        if good >= GOOD_PROBES or state.state == "auth_broken":  # a key that works once is good
            return BreakerState(fingerprint=state.fingerprint)
        return replace(state, good_probes=good)
    if state.state == "auth_broken":
        return replace(state, opened_at=now)
    told = state.failure if state.failed_at == now else "too slow" if outcome is Outcome.SLOW else ""
    return _opened(state, now, jitter, f"{told}, when it was tried again" if told else state.reason)


def _opened(state: BreakerState, now: datetime, jitter: Jitter, reason: str) -> BreakerState:
    doubled = FIRST_WAIT * 2 ** min(state.open_count, 10)
    spread = 1 - JITTER + 2 * JITTER * jitter()
    return replace(
        state,
        state="open",
        outcomes=(),
        opened_at=now,
        open_for=min(min(doubled, LONGEST_WAIT) * spread, LONGEST_WAIT),
        open_count=state.open_count + 1,
        since=state.since if state.open_count and state.since else now,
        probe_owner=None,
        probe_until=None,
        good_probes=0,
        reason=reason,
    )


def _broken_key(state: BreakerState, now: datetime) -> BreakerState:
    return BreakerState(
        state="auth_broken",
        opened_at=now,
        open_for=KEY_WAIT,
        since=state.since if state.state == "auth_broken" else now,
        reason="the vendor refused the key",
        failure=state.failure,
        failed_at=state.failed_at,
        fingerprint=state.fingerprint,
    )
