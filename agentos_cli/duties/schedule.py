"""What is scheduled in a house: added, listed, searched, changed, and tried."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from agentos_cli.clock import monotonic, sleep
from agentos_cli.errors import AgentosError, DataProblem, UsageProblem
from agentos_cli.renderers import clean
from agentos_cli.scheduler import when
from agentos_cli.scheduler.cron import at_time, zone_named
from agentos_cli.scheduler.due import fires, note
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
    """What somebody wants done when, as it was typed. One of `at`, `cron`, `every` and `once`, or none to
    leave it as it is."""

    name: str
    words: tuple[str, ...]
    at: str | None
    on: str | None
    cron: str | None
    every: timedelta | None
    once: str | None
    zone: str | None
    catch_up: CatchUp
    late: timedelta
    patience: timedelta


def put(house: App, wish: Wish) -> str:
    """Add a schedule, or change the one of this name; says which. It is due from now on.

    Raises UsageProblem for what cannot be understood.
    """
    schedules, now = house.store.schedules(), house.clock()
    former = schedules.get(wish.name)
    schedule = _schedule(house, wish, former, now)
    enter_due(schedules, now)  # what the former one left undone is not to vanish
    schedules.put(schedule, now)
    return "changed" if former else "added"


def _schedule(house: App, wish: Wish, former: Schedule | None, now: datetime) -> Schedule:
    if not NAME.fullmatch(wish.name):
        fix = "lower-case letters, digits, hyphens and underscores, 40 at most"
        raise UsageProblem(f"`{wish.name[:40]}` is no name for a schedule", fix=fix)
    said = [each for each in (wish.at, wish.cron, wish.every, wish.once) if each is not None]
    if len(said) > 1 or (former is None and not said):
        raise UsageProblem("say when: one of --at, --cron, --every and --once", fix="--at 07:00 --on mon-fri")
    if wish.on and not wish.at:
        raise UsageProblem("--on goes with --at", fix='the days are the last field of --cron: "0 7 * * 1-5"')
    kept = former if not said else None
    zone = zone_named(wish.zone or (kept.zone if kept else str(house.zone)))
    told = when.read(kept.cron) if kept else _when(wish, zone, now)
    if isinstance(told, when.Once) and told.at <= now:
        what = f"{told.says(zone.key)}: that has passed"
        raise UsageProblem(what, fix=f"--once {now + timedelta(days=1):%Y-%m-%d}T08:00")
    return Schedule(
        wish.name, told.text, zone.key, wish.words, wish.catch_up, wish.late, wish.patience,
        paused=False, last_due=now, created_at=now,
    )  # fmt: skip


def _when(wish: Wish, zone: ZoneInfo, now: datetime) -> when.When:
    if wish.every is not None:
        return when.every(wish.every, now)
    if wish.once is not None:
        return when.once(wish.once, zone)
    return when.read(wish.cron if wish.cron is not None else at_time(wish.at or "", wish.on))


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
    """Let a schedule rest, or go on. What fell due before counts as it stood before.

    Raises UsageProblem for one that cannot go on: it has no command, or its time has passed.
    """
    schedules, now = house.store.schedules(), house.clock()
    if not paused:
        _can_go_on(named(house, name), now)
    enter_due(schedules, now)
    if not schedules.pause(name, paused):
        raise _unknown(house, name)


def _can_go_on(schedule: Schedule, now: datetime) -> None:
    name = schedule.name
    if not schedule.command:
        what = f"{name} is words only: it has no command that could be run"
        raise UsageProblem(what, fix=f"agentos schedule add {name} -- brief --send keeps its time and words")
    told = when.read(schedule.cron)
    if isinstance(told, when.Once) and told.at <= now:
        what = f"{name} was missed: it was to be done {told.says(schedule.zone).lower()}"
        new = f"--once {now + timedelta(days=1):%Y-%m-%d}T08:00 -- {' '.join(schedule.command)}"
        raise UsageProblem(what, fix=f"do it by hand, or agentos schedule add {name} {new}")


def _unknown(house: App, name: str) -> UsageProblem:
    names = [each.name for each in house.store.schedules().all()]
    near = difflib.get_close_matches(name, names, 3, 0.5) or names[:10]
    fix = f"there are: {', '.join(near)}" if near else "agentos schedule add brief --at 07:00"
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
    if not schedule.command:
        _can_go_on(schedule, now)
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
    return _items(house, (s for s in house.store.schedules().all() if not names or s.name in names))


def search(house: App, words: Iterable[str]) -> list[ScheduleItem]:
    """Every schedule in which all of these words are, whatever their case: in its name, what it does, the
    text and the notes it came with."""
    wanted = [word.casefold() for word in words]
    return _items(
        house,
        (
            s
            for s in house.store.schedules().all()
            if all(word in "\n".join(_texts(s)).casefold() for word in wanted)
        ),
    )


def _texts(schedule: Schedule) -> tuple[str, ...]:
    command = " ".join(schedule.command)
    return (schedule.name, command, schedule.text or "", *schedule.notes, schedule.origin or "")


def _items(house: App, chosen: Iterable[Schedule]) -> list[ScheduleItem]:
    schedules, now = house.store.schedules(), house.clock()
    return [item(schedule, schedules.slots(schedule.name, 1), now) for schedule in chosen]


def item(schedule: Schedule, newest: list[Slot], now: datetime) -> ScheduleItem:
    """A schedule as it is listed."""
    try:
        after = max(now, schedule.last_due)
        following = fires(schedule.cron, schedule.zone, after)
        says, told = when.read(schedule.cron).says(schedule.zone), note(schedule.cron, schedule.zone, now)
        if after > now + timedelta(minutes=1):
            told = (
                f"the clock was ahead once: what is due up to {after:%Y-%m-%d %H:%M} UTC was dealt with then"
            )
    except (UsageProblem, KeyError, ValueError, OSError) as wrong:
        following, says, told = [], schedule.cron, f"it cannot be understood: {wrong}"
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
        "next": [] if schedule.rests else [at.isoformat() for at in following],
        "note": told,
        "origin": schedule.origin,
        "text": list(clean.lines(schedule.text)) if schedule.text else [],
        "asks": list(schedule.notes),
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
