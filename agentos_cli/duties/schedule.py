"""What is scheduled in a house: added, listed, changed, and tried."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agentos_cli.clock import monotonic, sleep
from agentos_cli.errors import AgentosError, DataProblem, UsageProblem
from agentos_cli.scheduler.cron import at_time, checked, explained, zone_named
from agentos_cli.scheduler.due import clock_note, fires
from agentos_cli.scheduler.runner import Runner
from agentos_cli.scheduler.slots import enter_due
from agentos_cli.scheduler.tick import once
from agentos_cli.store.lease import this_process
from agentos_cli.store.slots import CatchUp, Schedule, Slot, SlotState, span

if TYPE_CHECKING:
    from agentos_cli.app import App
    from agentos_cli.renderers.schedules import ScheduleItem, SlotItem, WakerItem

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
FEW = 20
"""How many slots are shown."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done when, as it was typed. One of `at` and `cron`."""

    name: str
    words: tuple[str, ...]
    at: str | None
    on: str | None
    cron: str | None
    zone: str | None
    catch_up: CatchUp
    late: timedelta
    patience: timedelta


def put(house: App, wish: Wish) -> str:
    """Add a schedule, or change the one of this name; says which. It is due from now on.

    Raises UsageProblem for what cannot be understood.
    """
    schedule = _schedule(house, wish)
    schedules, now = house.store.schedules(), house.clock()
    enter_due(schedules, now)  # what the former one left undone is not to vanish
    former = schedules.get(wish.name)
    schedules.put(schedule, now)
    return "changed" if former else "added"


def _schedule(house: App, wish: Wish) -> Schedule:
    if not NAME.fullmatch(wish.name):
        fix = "lower-case letters, digits, hyphens and underscores, 40 at most"
        raise UsageProblem(f"`{wish.name[:40]}` is no name for a schedule", fix=fix)
    if (wish.at is None) == (wish.cron is None):
        raise UsageProblem("say when: one of --at and --cron", fix="--at 07:00 --on mon-fri")
    if wish.on and not wish.at:
        raise UsageProblem("--on goes with --at", fix='the days are the last field of --cron: "0 7 * * 1-5"')
    cron = checked(wish.cron) if wish.cron is not None else at_time(wish.at or "", wish.on)
    zone = zone_named(wish.zone or str(house.zone)).key
    now, paused = house.clock(), False
    return Schedule(
        wish.name, cron, zone, wish.words, wish.catch_up, wish.late, wish.patience, paused, now, now
    )  # fmt: skip


def named(house: App, name: str) -> Schedule:
    """The schedule of this name. Raises UsageProblem where there is none."""
    found = house.store.schedules().get(name)
    if found is None:
        raise _unknown(house, name)
    return found


def remove(house: App, name: str) -> None:
    """Forget a schedule. Raises UsageProblem where there is none."""
    if not house.store.schedules().remove(name):
        raise _unknown(house, name)


def pause(house: App, name: str, paused: bool) -> None:
    """Let a schedule rest, or go on. What fell due before counts as it stood before."""
    schedules = house.store.schedules()
    enter_due(schedules, house.clock())
    if not schedules.pause(name, paused):
        raise _unknown(house, name)


def _unknown(house: App, name: str) -> UsageProblem:
    names = ", ".join(each.name for each in house.store.schedules().all())
    fix = f"there are: {names}" if names else "agentos schedule add brief --at 07:00"
    return UsageProblem(f"there is no schedule called `{name[:40]}`", fix=fix)


# ── trying one ───────────────────────────────────────────────────────────────────────────────────


def try_here(house: App, name: str, told: Callable[[str], None]) -> Slot:
    """Make it due, and do it in this process; gives its slot as it ended."""
    due_at, schedules = _make_due(house, name), house.store.schedules()
    told(f"{name}: running agentos {' '.join(named(house, name).command)} ...")
    runner = Runner(house.environ, house.store.tenant)
    once(schedules, runner, house.clock, owner=this_process(), only=name)
    return _slot(house, name, due_at)


def try_waiting(house: App, name: str, patience: timedelta, told: Callable[[str], None]) -> Slot:
    """Make it due, and wait until whatever wakes the house has done it.

    Raises AgentosError when nothing woke the house within `patience`.
    """
    due_at, schedules, begun = _make_due(house, name), house.store.schedules(), monotonic()
    while (slot := _slot(house, name, due_at)).ended_at is None:
        waited = timedelta(seconds=int(monotonic() - begun))
        if slot.state is SlotState.DUE and waited >= patience:
            why = "it was to be tried, and nothing woke the house"
            if schedules.withdraw(name, due_at, why, house.clock()):
                raise AgentosError(
                    f"nothing woke the house within {span(patience)}, so {name} was not done",
                    fix="agentos schedule install, or agentos schedule run; here and now: --now",
                )
        doing = "waiting to be woken" if slot.state is SlotState.DUE else "running"
        told(f"{name}: {doing} ({span(waited)}) ...")
        sleep(0.5)
    return slot


def _make_due(house: App, name: str) -> datetime:
    schedule, now = named(house, name), house.clock().astimezone(UTC)
    if schedule.paused:
        raise UsageProblem(f"{name} is paused", fix=f"agentos schedule resume {name}")
    schedules = house.store.schedules()
    enter_due(schedules, now)
    if any(slot.state is SlotState.RUNNING for slot in schedules.slots(name, FEW)):
        raise UsageProblem(f"{name} is running just now", fix=f"agentos schedule show {name}")
    schedules.make_due(name, now)
    return now


def _slot(house: App, name: str, due_at: datetime) -> Slot:
    found = house.store.schedules().slot(name, due_at)
    if found is None:
        raise DataProblem(f"the schedule {name} was removed meanwhile", fix="agentos schedule list")
    return found


# ── as documents ─────────────────────────────────────────────────────────────────────────────────


def items(house: App, names: tuple[str, ...] = ()) -> list[ScheduleItem]:
    """Every schedule, or those of these names, as they are listed."""
    schedules, now = house.store.schedules(), house.clock()
    chosen = [s for s in schedules.all() if not names or s.name in names]
    return [item(s, schedules.slots(s.name, 1), now) for s in chosen]


def item(schedule: Schedule, newest: list[Slot], now: datetime) -> ScheduleItem:
    """A schedule as it is listed."""
    try:
        after = max(now, schedule.last_due)
        following = fires(checked(schedule.cron), schedule.zone, after)
        says, note = explained(schedule.cron), clock_note(schedule.cron, schedule.zone, now)
        if after > now + timedelta(minutes=1):
            note = (
                f"the clock was ahead once: what is due up to {after:%Y-%m-%d %H:%M} UTC was dealt with then"
            )
    except (UsageProblem, KeyError, ValueError, OSError) as wrong:
        following, says, note = [], schedule.cron, f"it cannot be understood: {wrong}"
    return {
        "name": schedule.name,
        "cron": schedule.cron,
        "says": says,
        "zone": schedule.zone,
        "command": list(schedule.command),
        "catch_up": str(schedule.catch_up),
        "late_seconds": int(schedule.late.total_seconds()),
        "patience_seconds": int(schedule.patience.total_seconds()),
        "paused": schedule.paused,
        "next": [] if schedule.paused else [at.isoformat() for at in following],
        "note": note,
        "origin": schedule.origin,
        "last": slot_item(newest[0]) if newest else None,
    }


def slot_items(house: App, name: str, limit: int) -> list[SlotItem]:
    """The newest slots of a schedule, newest first."""
    return [slot_item(slot) for slot in house.store.schedules().slots(name, limit)]


def slot_item(slot: Slot) -> SlotItem:
    """A slot as it is shown."""
    late = None if slot.started_at is None else int((slot.started_at - slot.due_at).total_seconds())
    return {
        "due_at": slot.due_at.isoformat(timespec="seconds"),
        "state": str(slot.state),
        "why": slot.why,
        "attempts": slot.attempts,
        "late_seconds": late,
        "started_at": _told(slot.started_at),
        "ended_at": _told(slot.ended_at),
        "exit_code": slot.exit_code,
        "output": slot.output,
    }


def _told(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="milliseconds")


def waker_items(house: App) -> list[WakerItem]:
    """Who wakes the house, the latest first."""
    return [
        {"name": w.name, "at": w.at.isoformat(timespec="seconds"), "host": w.host, "version": w.version}
        for w in house.store.schedules().wakers()
    ]
