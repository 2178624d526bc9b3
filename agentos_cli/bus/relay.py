"""Hands events to one consumer: claim, do, then mark. `once` does so once and says whether there is more."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from agentos_cli.clock import Clock, sleep
from agentos_cli.errors import (
    CredentialProblem,
    CredentialRefused,
    DataProblem,
    Fatal,
    LeaseHeld,
    RateLimited,
    Temporary,
    Unconfirmed,
    UsageProblem,
)
from agentos_cli.events import Consumer, Delivery, Event
from agentos_cli.redaction import redact
from agentos_cli.store.outbox import Outbox, State
from agentos_cli.telemetry import notice

MOST_ATTEMPTS = 8
"""After so many tries an event is parked as dead."""
FIRST_WAIT, LONGEST_WAIT = 5.0, 3600.0
"""Seconds before the second try, and before any; they double from try to try."""
MOST_CLAIMS = 3 * MOST_ATTEMPTS
"""After so many claims that nobody ended, as when an event kills whoever handles it, it is parked as dead."""
PATIENCE = (0.2, 1.0, 3.0, 6.0)
"""Seconds to wait for the store before it is told once more what came of a delivery."""
LEASE = 120.0
"""Seconds for which a claim holds: at least twice as long as the slowest delivery may take. What is not begun
at half of it is given back."""
HOPELESS = (Fatal, CredentialRefused, CredentialProblem, DataProblem, UsageProblem)
"""What trying again does not mend."""

Handle = Callable[[Delivery], str | None]
"""Delivers one event; gives the receiver's receipt, if there is one. Raises AgentosErrors: HOPELESS ones park
it, Unconfirmed does where another try might do it twice, and after all others it is tried again."""


class Source(Protocol):
    """Where deliveries are claimed: the outbox itself, or a carrier that knows their numbers sooner."""

    def claim(
        self, consumer: str, now: datetime, *, owner: str, seconds: float, limit: int = 1
    ) -> list[Delivery]:
        """As `Outbox.claim`."""

    def finished(self, deliveries: Sequence[Delivery]) -> None:
        """These are done; a carrier forgets them."""


@dataclass(frozen=True, slots=True)
class Relay:
    """Delivers to one consumer. `held_until` gives until when an event is to be kept back, None for not at
    all; `batch` events are claimed and marked at once, so that many are repeated after a crash at most."""

    outbox: Outbox
    consumer: Consumer
    handle: Handle
    clock: Clock
    owner: str
    source: Source | None = None
    held_until: Callable[[Event], datetime | None] = lambda event: None
    lease: float = LEASE
    batch: int = 1
    jitter: Callable[[], float] = random.random
    pause: Callable[[float], None] = sleep

    def once(self) -> bool:
        """Deliver what can be claimed now. Whether anything could be: then there may be more."""
        origin, began = self.source or self.outbox, self.clock()
        claimed = origin.claim(
            self.consumer.name, began, owner=self.owner, seconds=self.lease, limit=self.batch
        )
        left, arrived, ended = deque(claimed), list[Delivery](), list[Delivery]()
        blocked: set[str] = set()
        try:
            while left and self.clock() < began + timedelta(seconds=self.lease / 2):
                delivery = left.popleft()
                if delivery.event.aggregate in blocked:  # what came before it is not through
                    self._mark(partial(self.outbox.release, [delivery], self.clock()))
                elif not self._deliver(delivery, arrived, ended):
                    blocked.add(delivery.event.aggregate)
        finally:  # also when somebody stops us: what arrived is marked, what was not begun is given back
            if arrived and self._mark(partial(self.outbox.done, arrived, self.clock())):
                ended += arrived
            if left:
                self._mark(partial(self.outbox.release, list(left), self.clock()))
            if self.source is not None and ended:
                self.source.finished(ended)
        return bool(claimed)

    def _deliver(self, delivery: Delivery, arrived: list[Delivery], ended: list[Delivery]) -> bool:
        """Whether what comes after it may go out: it arrived, is held, or is parked."""
        until = self.held_until(delivery.event)
        if until is not None:
            return self._mark(partial(self.outbox.hold, [delivery], until))
        try:
            if delivery.attempts > MOST_CLAIMS:
                raise Fatal(f"it was begun {delivery.attempts - 1} times and never came to an end")
            receipt = self.handle(delivery)
        except Exception as problem:  # a handler may break in any way; the other events go on
            return self._failed(delivery, problem, ended)
        if receipt is None:
            arrived.append(delivery)
            return True
        return self._end(delivery, ended, partial(self.outbox.done, [delivery], self.clock(), receipt))

    def _failed(self, delivery: Delivery, problem: Exception, ended: list[Delivery]) -> bool:
        now, why = self.clock(), _sentence(problem)
        if isinstance(problem, Unconfirmed) and not self.consumer.confirms:
            return self._end(delivery, ended, partial(self.outbox.park, delivery, State.IN_DOUBT, why, now))
        if isinstance(problem, HOPELESS) or delivery.attempts >= MOST_ATTEMPTS:
            return self._end(delivery, ended, partial(self.outbox.park, delivery, State.DEAD, why, now))
        self._mark(partial(self.outbox.retry, delivery, self._next_try(delivery, problem, now), why, now))
        return False

    def _end(self, delivery: Delivery, ended: list[Delivery], act: Callable[[], None]) -> bool:
        if self._mark(act):
            ended.append(delivery)
            return True
        return False

    def _next_try(self, delivery: Delivery, problem: Exception, now: datetime) -> datetime:
        wait = min(FIRST_WAIT * 2.0 ** (delivery.attempts - 1), LONGEST_WAIT) * (0.8 + 0.4 * self.jitter())
        at = now + timedelta(seconds=wait)
        return max(at, problem.not_before) if isinstance(problem, RateLimited) else at

    def _mark(self, act: Callable[[], None]) -> bool:
        """Say what came of it, more than once while the store is away: what arrived and is not marked is in
        doubt, or sent again. False if the claim has run out and it is somebody else's, who then decides."""
        for wait in (*PATIENCE, None):
            try:
                act()
                return True
            except LeaseHeld as gone:
                notice(f"{self.consumer.name}: {gone.what}; {gone.fix}")
                return False
            except Temporary:
                if wait is None:
                    raise
                self.pause(wait)
        return False


def _sentence(problem: Exception) -> str:
    text = getattr(problem, "what", None) or f"{type(problem).__name__}: {problem}"
    return redact(" ".join(str(text).split()))[:500]
