"""One tick of the house: every step in turn, each to its end, whatever becomes of the others.

Cron, systemd, launchd and the daemon all call this. It holds nothing of the whole: ticks that overlap share
the work, since each slot, delivery and check is taken by one of them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from agentos_cli import __version__, telemetry
from agentos_cli.duties.ping import pinged
from agentos_cli.errors import AgentosError
from agentos_cli.scheduler.runner import Runner
from agentos_cli.scheduler.slots import enter_due
from agentos_cli.scheduler.tick import Outcome, Until, drain, once
from agentos_cli.store.lease import this_process
from agentos_cli.store.slots import Claimed, SlotState

if TYPE_CHECKING:
    from agentos_cli.app import App
    from agentos_cli.renderers.schedules import TickDocument

LONGEST = timedelta(minutes=10)
"""After that a tick begins nothing new; what runs has a deadline of its own."""

MINUTE = timedelta(minutes=1)

Step = Callable[["App", Until], int]
"""Does what there is to do and says how much it was. It begins nothing new once `until.over()`."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """What came of one step."""

    name: str
    count: int
    problem: AgentosError | None = None


@dataclass(frozen=True, slots=True)
class Ticked:
    """What came of a tick."""

    at: datetime
    by: str
    steps: tuple[Stepped, ...]

    @property
    def exit_code(self) -> int:
        """0, or that of the first step that failed."""
        return next((step.problem.exit_code for step in self.steps if step.problem), 0)


class Partly(AgentosError):
    """A step did `count` things, and others failed."""

    def __init__(self, count: int, what: str, fix: str | None) -> None:
        super().__init__(what, fix=fix)
        self.count = count


def tick(house: App, by: str, stop: threading.Event | None = None) -> Ticked:
    """Every step once. `by`: who woke the house. Once `stop` is set nothing begins, and what runs ends."""
    now = house.clock()
    until = Until(house.clock, now + LONGEST, stop or threading.Event())
    with pinged(house, until.stop) as told:
        house.store.schedules().woke(by, now, os.uname().nodename, __version__)
        steps = tuple(_stepped(name, step, house, until) for name, step in STEPS)
        _log(by, steps)
        for step in steps:
            if step.problem:
                told.fail(f"{step.name}: {step.problem.what}")
    return Ticked(now, by, steps)


def _log(by: str, steps: Sequence[Stepped]) -> None:
    """One line of the log for a tick that did something; one that found nothing to do leaves none."""
    counts = {step.name: step.count for step in steps if step.count}
    failed = [f"{step.name}: {step.problem.what}" for step in steps if step.problem]
    if counts or failed:
        told = ", ".join([*(f"{count} {name}" for name, count in counts.items()), *failed])
        telemetry.log_work("tick", f"tick by {by}: {told}", failed=bool(failed), **counts)


def document(ticked: Ticked) -> TickDocument:
    """A tick as it is printed."""
    return {
        "schema": "agentos.tick/1",
        "at": ticked.at.isoformat(timespec="seconds"),
        "by": ticked.by,
        "ok": ticked.exit_code == 0,
        "steps": [
            {
                "name": step.name,
                "count": step.count,
                "problem": step.problem.what if step.problem else None,
                "fix": step.problem.fix if step.problem else None,
            }
            for step in ticked.steps
        ],
    }


def _stepped(name: str, step: Step, house: App, until: Until) -> Stepped:
    try:
        return Stepped(name, step(house, until))
    except Partly as problem:
        return Stepped(name, problem.count, problem)
    except AgentosError as problem:
        return Stepped(name, 0, problem)
    except Exception as fault:  # a fault of ours in one step must not keep the others from their work
        return Stepped(name, 0, AgentosError(f"unexpected {type(fault).__name__}: {fault}"))


def due_slots(house: App, until: Until) -> int:
    """Do what is due. Raises Partly when something of it failed, once all is done."""
    schedules, failed = house.store.schedules(), list[AgentosError]()
    failed += enter_due(schedules, house.clock()).problems

    def told(claimed: Claimed, state: SlotState, outcome: Outcome) -> None:
        telemetry.progress(f"{claimed.schedule}: {state}")
        if state is SlotState.FAILED:
            fix = f"agentos schedule show {claimed.schedule}"
            failed.append(AgentosError(f"{claimed.schedule} failed: {outcome.problem}", fix=fix))

    runner = Runner(house.environ, house.store.tenant)
    work = partial(
        once, schedules, runner, house.clock, owner=this_process(), stopped=until.stop.is_set, told=told
    )  # fmt: skip
    minded = partial(_meanwhile, house, until, [house.clock()])
    count = drain(work, until, meanwhile=minded) if schedules.waiting(house.clock()) else 0
    if failed:
        raise Partly(count, "; ".join(problem.what for problem in failed), failed[0].fix)
    return count


def _meanwhile(house: App, until: Until, last: list[datetime]) -> None:
    """What must not wait for a long command, once a minute: where a tick is not begun beside another, as by
    systemd, nobody else does it."""
    now = house.clock()
    if now - last[0] >= MINUTE:
        last[0] = now
        enter_due(house.store.schedules(), now)
        for name, step in (("changed", look_around), ("delivered", deliver)):
            if problem := _stepped(name, step, house, until).problem:
                telemetry.notice(f"{name}: {problem.what}")


def look_around(house: App, until: Until) -> int:
    """One heartbeat, where the last one was long enough ago."""
    from agentos_cli.duties import heartbeat

    return heartbeat.beat(house)


def deliver(house: App, until: Until) -> int:
    """Bring what waits to channels, and to programs through Redis."""
    from agentos_cli.duties import delivery, events

    to_people = delivery.deliver(house, until.at, stopped=until.stop.is_set)
    return to_people + events.relay_machines(house, until.at)


def forget(house: App, until: Until) -> int:
    """What is older than `[events] keep` days goes: due times, events, results of checks, runs."""
    from agentos_cli.duties import events, heartbeat, runs

    before = house.clock() - timedelta(days=house.loaded.settings.events.keep)
    slots = house.store.schedules().purge(before)
    return slots + events.tidy(house) + heartbeat.tidy(house) + runs.tidy(house)


STEPS: list[tuple[str, Step]] = [
    ("changed", look_around), ("due", due_slots), ("delivered", deliver), ("forgotten", forget),
]  # fmt: skip
"""What a tick does, in this order: what it finds out goes out in the same tick."""
