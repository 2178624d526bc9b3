"""The circuit breaker: a gate whose memory is in the store, since one process a day cannot remember."""

from __future__ import annotations

import random
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol, TypeVar

from agentos_cli.clock import Clock
from agentos_cli.errors import CircuitOpen, CredentialRefused, RateLimited
from agentos_cli.resilience import rules
from agentos_cli.resilience.gate import Outcome
from agentos_cli.resilience.rules import Answer, Decision, Jitter
from agentos_cli.resilience.state import BreakerState, describe

__all__ = ["Breaker", "BreakerCell", "BreakerState", "describe"]

T = TypeVar("T")


class BreakerCell(Protocol):
    """Where one source's state is kept. `update` is one read-modify-write in one immediate transaction:
    `change` gets the stored state (None at first) and gives the new one and a result, which `update`
    returns. `change` is quick and does no I/O; an unchanged state need not be written."""

    def update(self, change: Callable[[BreakerState | None], tuple[BreakerState, T]]) -> T: ...


class Breaker:
    """The gate of one source, over a stored state. Thread-safe, also across processes.

    While a source is well, admission is asked of the store every `TRUST` at most, and good outcomes are
    written every `LAZY` calls: a healthy page costs no transaction. Messages call the source `title` and
    give times of the day in `zone`.
    """

    TRUST = timedelta(seconds=2)
    LAZY = 10

    def __init__(
        self,
        cell: BreakerCell,
        source: str,
        clock: Clock,
        fingerprint: str = "",
        *,
        title: str | None = None,
        zone: tzinfo = UTC,
        jitter: Jitter = random.random,
    ) -> None:
        self._cell = cell
        self._source = source
        self._title = title or source
        self._zone = zone
        self._clock = clock
        self._fingerprint = fingerprint
        self._jitter = jitter
        self._turn = threading.Condition()
        self._trusted_at: datetime | None = None
        self._unwritten = 0
        self._probe_out = False
        self._call = threading.local()

    def admit(self) -> None:
        """Returns when the call may be made; raises CircuitOpen, RateLimited or CredentialRefused.

        While another thread of this breaker makes the one probe, waits for what it finds.
        """
        with self._turn:
            self._turn.wait_for(lambda: not self._probe_out, timeout=rules.LEASE.total_seconds())
            self._call.probe = None
            now = self._clock()
            if self._trusted_at is not None and timedelta(0) <= now - self._trusted_at < self.TRUST:
                return
            owner = secrets.token_hex(8)
            state, decision = self._cell.update(lambda state: self._asked(state, now, owner))
            if decision.answer is not Answer.ADMIT:
                raise self._refusal(decision, state)
            if decision.probe:
                self._call.probe, self._probe_out = owner, True
            else:
                self._trusted_at = now

    def record(self, outcome: Outcome, *, until: datetime | None = None, why: str = "") -> None:
        """How this thread's admitted attempt went; see `Gate`."""
        now = self._clock()
        owner: str | None = getattr(self._call, "probe", None)
        if outcome is Outcome.UNSENT and owner is None:
            return
        with self._turn:
            try:
                if outcome is Outcome.OK and owner is None:
                    self._unwritten += 1
                    if self._unwritten >= self.LAZY:
                        self._write(lambda state: state)
                    return
                self._write(
                    lambda state: rules.record(
                        state,
                        outcome,
                        now,
                        owner=owner,
                        fingerprint=self._fingerprint,
                        until=until,
                        why=why,
                        jitter=self._jitter,
                    )
                )
            finally:
                if owner is not None:
                    self._call.probe, self._probe_out = None, False
                    self._turn.notify_all()

    def run_finished(self, ok: bool) -> None:
        """One whole sync of the source ended; `ok` False when the source was the reason it failed."""
        with self._turn:
            self._write(lambda state: rules.run_finished(state, ok, self._clock(), self._jitter))

    def reset(self) -> None:
        """Closes the breaker and forgets its past."""
        with self._turn:
            self._unwritten = 0
            self._write(rules.reset)

    def force_open(self) -> None:
        """Opens the breaker by hand: nothing is called until it is reset."""
        with self._turn:
            self._write(lambda state: rules.force_open(state, self._clock()))

    def _asked(
        self, state: BreakerState | None, now: datetime, owner: str
    ) -> tuple[BreakerState, tuple[BreakerState, Decision]]:
        after, decision = rules.admit(
            state or BreakerState(), now, owner=owner, fingerprint=self._fingerprint
        )
        return after, (after, decision)

    def _write(self, change: Callable[[BreakerState], BreakerState]) -> None:
        """Stores the good outcomes not yet written, then `change`."""
        good, self._unwritten, now = self._unwritten, 0, self._clock()
        self._trusted_at = None

        def whole(state: BreakerState | None) -> tuple[BreakerState, None]:
            state = state or BreakerState(fingerprint=self._fingerprint)
            for _ in range(good):
                state = rules.record(state, Outcome.OK, now, fingerprint=self._fingerprint)
            return change(state), None

        self._cell.update(whole)

    def _refusal(
        self, decision: Decision, state: BreakerState
    ) -> CircuitOpen | RateLimited | CredentialRefused:
        title, fix = self._title, f"agentos connectors reset {self._source}"
        if decision.answer is Answer.LIMITED and decision.until is not None:
            return RateLimited(
                f"{title} asked us not to call before {self._time(decision.until)}", not_before=decision.until
            )
        if decision.answer is Answer.REFUSED:
            return CredentialRefused(
                f"{title} refused the key at {self._time(state.opened_at)}, and has no other since",
                fix=f"agentos connect {self._source}",
            )
        if state.forced:
            since = self._time(state.opened_at)
            return CircuitOpen(f"{title} is not called: opened by you at {since}", until=None, fix=fix)
        when = f" before {self._time(decision.until)}" if decision.until else ""
        return CircuitOpen(f"{title} is not called{when}: {state.reason}", until=decision.until, fix=fix)

    def _time(self, instant: datetime | None) -> str:
        """`09:14` of today, with the day where it is another one."""
        if instant is None:
            return "a time that was not kept"
        local, now = instant.astimezone(self._zone), self._clock().astimezone(self._zone)
        return f"{local:%H:%M}" if local.date() == now.date() else f"{local:%H:%M} on {local.day} {local:%b}"
