"""Does due slots: `once` does one and says whether there was one, `drain` all there are, side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agentos_cli.clock import Clock
from agentos_cli.errors import AgentosError, LeaseHeld, Temporary
from agentos_cli.store.schedules import StoredSchedules
from agentos_cli.store.slots import Claimed, SlotState
from agentos_cli.telemetry import notice

WIDTH = 4
"""Slots that are done at once, so that a long sync does not hold up the brief."""
AGAIN = 5.0
"""Seconds after which somebody looks again for what has become due beside a long slot."""
TRIES = 12
"""How often the end of a slot is written while the database is away, `AGAIN` seconds apart."""
HELD = LeaseHeld.exit_code


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds for which a slot is taken, and seconds between two signs of life, which renew that."""

    lease: float = 45.0
    beat: float = 10.0


PACE = Pace()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended. `exit_code` is None where it was stopped; `problem` is one line about what went
    wrong; `given_up` says that it was stopped because we are to end, not by any fault of its own."""

    exit_code: int | None
    output: str = ""
    problem: str | None = None
    given_up: bool = False


Stopped = Callable[[], bool]
Run = Callable[[Claimed, Stopped], Outcome]
"""Does a slot, and gives up soon after the second argument says so."""


@dataclass(frozen=True, slots=True)
class Until:
    """When to begin nothing new: from `at` on, or once `stop` is set, which also ends what runs."""

    clock: Clock
    at: datetime
    stop: threading.Event = field(default_factory=threading.Event)

    def over(self) -> bool:
        """Whether nothing new is to be begun."""
        return self.stop.is_set() or self.clock() >= self.at


Told = Callable[[Claimed, SlotState, Outcome], None]
"""Hears how each slot ended."""


def once(
    schedules: StoredSchedules, run: Run, clock: Clock, *, owner: str, stopped: Stopped = lambda: False,
    told: Told = lambda claimed, state, outcome: None, only: str | None = None, pace: Pace = PACE,
) -> bool:  # fmt: skip
    """Do one slot that is due, if there is one: then there may be more."""
    claimed = schedules.claim(clock(), owner=owner, seconds=pace.lease, only=only)
    if claimed is None:
        return False

    def extend() -> None:
        schedules.extend(claimed, clock() + timedelta(seconds=pace.lease))

    try:
        with _signs_of_life(extend, pace.beat) as lost:
            outcome = _run(run, claimed, lambda: lost.is_set() or stopped())
            if outcome.given_up and not lost.is_set():
                schedules.release(claimed, outcome.problem or "it was stopped", clock())
            else:
                state = _state(claimed, outcome)
                _finish(schedules, claimed, state, outcome, clock, stopped)
                told(claimed, state, outcome)
    except LeaseHeld as gone:
        notice(f"{gone.what}; {gone.fix}")
    return True


def drain(
    work: Callable[[], bool], until: Until, *, width: int = WIDTH, again: float = AGAIN,
    meanwhile: Callable[[], object] = lambda: None,
) -> int:  # fmt: skip
    """Call `work`, which is like `once`, in `width` threads as long as it finds something; how often it did.
    While one call takes long, look every `again` seconds, after `meanwhile`, for what else is due by now."""
    done, hungry = 0, width
    running: set[Future[bool]] = set()
    with ThreadPoolExecutor(width) as pool:
        while True:
            if not until.over():
                running |= {pool.submit(work) for _ in range(min(hungry, width - len(running)))}
            if not running:
                return done
            ended, running = wait(running, again, FIRST_COMPLETED)
            if not ended and not until.over():
                meanwhile()
            found = sum(future.result() for future in ended)
            done, hungry = done + found, found if ended else 1


def _run(run: Run, claimed: Claimed, stopped: Stopped) -> Outcome:
    try:
        return run(claimed, stopped)
    except (OSError, AgentosError) as error:
        return Outcome(None, problem=f"it could not be begun: {error}")


def _state(claimed: Claimed, outcome: Outcome) -> SlotState:
    if outcome.exit_code == 0:
        return claimed.done
    return SlotState.SKIPPED if outcome.exit_code == HELD else SlotState.FAILED


def _finish(
    schedules: StoredSchedules, claimed: Claimed, state: SlotState, outcome: Outcome, clock: Clock,
    stopped: Stopped,
) -> None:  # fmt: skip
    """Write down how it ended. It has happened, so a database that is away is waited for, or it would happen
    once more."""
    for left in reversed(range(TRIES)):
        try:
            return schedules.finish(
                claimed, state, clock(), exit_code=outcome.exit_code, output=outcome.output,
                why=outcome.problem,
            )  # fmt: skip
        except Temporary:
            if not left or stopped():
                raise
            threading.Event().wait(AGAIN)
    return None


@contextmanager
def _signs_of_life(extend: Callable[[], None], every: float) -> Iterator[threading.Event]:
    """Call `extend` now and then during the block; the event is set once the slot is somebody else's."""
    over, lost = threading.Event(), threading.Event()

    def beat() -> None:
        while not over.wait(every):
            try:
                extend()
            except LeaseHeld:
                return lost.set()
            except AgentosError:
                continue  # the database is away; the next sign may reach it
        return None

    thread = threading.Thread(target=beat, name="signs-of-life", daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        over.set()
        thread.join()
