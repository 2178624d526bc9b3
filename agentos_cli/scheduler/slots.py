"""Enters every due time of every schedule into the table of slots, however long nobody has looked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agentos_cli.errors import AgentosError, UsageProblem
from agentos_cli.scheduler.cron import zone_named
from agentos_cli.scheduler.due import MOST, backlog, due_times
from agentos_cli.scheduler.when import checked
from agentos_cli.store.schedules import StoredSchedules
from agentos_cli.store.slots import CatchUp, Schedule


@dataclass(frozen=True, slots=True)
class Entered:
    """How many slots are new, and which schedules could not be understood, each with why."""

    slots: int
    problems: tuple[AgentosError, ...]


def enter_due(schedules: StoredSchedules, now: datetime) -> Entered:
    """Give each due time up to `now` its slot. One schedule that cannot be understood stops no other."""
    slots, problems = 0, []
    for schedule in schedules.all():
        try:
            slots += _enter(schedules, schedule, now)
        except UsageProblem as wrong:
            fix = f"agentos schedule add {schedule.name} ..."
            problems.append(AgentosError(f"schedule {schedule.name}: {wrong.what}", fix=fix))
    return Entered(slots, tuple(problems))


def _enter(schedules: StoredSchedules, schedule: Schedule, now: datetime) -> int:
    if not schedule.command:  # words for a person: nothing of it is ever due
        return 0
    if schedule.last_due >= now:  # the clock was put back: what was due has its slot already
        return 0
    cron, zone = checked(schedule.cron), zone_named(schedule.zone).key
    if schedule.catch_up is CatchUp.ALL and not schedule.paused:
        return schedules.enter(schedule, due_times(cron, zone, schedule.last_due, now, MOST), None, now)
    found = backlog(cron, zone, schedule.last_due, now, MOST)
    return schedules.enter(schedule, found.times, found.before, now)
