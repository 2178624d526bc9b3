"""What the user says themselves: goals, tasks, energy and what they put off. All of it in versions."""

from __future__ import annotations

import json
from datetime import datetime

from sqlmodel import Session, select

from agentos_cli.store.tables import EnergyRow, GoalRow, MuteRow, TaskRow, table_of
from agentos_cli.store.values import FOREVER, clean
from agentos_cli.store.versions import Versions
from agents.money import Money
from agents.snapshot import Goal, Task


class Goals:
    """Quarterly goals."""

    def __init__(self, session: Session, tenant: str) -> None:
        self._session = session
        self._tenant = tenant
        self._versions = Versions(session, table_of(GoalRow), tenant, ("id",))

    def add(self, goal: Goal, at: datetime) -> None:
        """Add a goal, or change the one with this id."""
        self._versions.put(
            at,
            {
                "id": clean(goal.id),
                "title": clean(goal.title),
                "quarter": clean(goal.quarter),
                "weight": goal.weight,
                "tags": _tags(goal.tags),
                "open": goal.open,
            },
        )

    def close(self, goal_id: str, at: datetime) -> bool:
        """False if no open goal has this id."""
        return _close(self._versions, goal_id, at, {"open": False})

    def list(self) -> tuple[Goal, ...]:
        """All goals, closed ones included, by id."""
        rows = self._session.exec(
            select(GoalRow).where(GoalRow.tenant_id == self._tenant, GoalRow.superseded_at == FOREVER)
        )
        return tuple(
            Goal(row.id, row.title, row.quarter, row.weight, tuple(json.loads(row.tags)), row.open)
            for row in sorted(rows, key=lambda row: row.id)
        )


class Tasks:
    """The user's own tasks."""

    def __init__(self, session: Session, tenant: str) -> None:
        self._session = session
        self._tenant = tenant
        self._versions = Versions(session, table_of(TaskRow), tenant, ("id",))

    def add(self, task: Task, at: datetime) -> None:
        """Add a task, or change the one with this id."""
        self._versions.put(
            at,
            {
                "id": clean(task.id),
                "title": clean(task.title),
                "impact_amount": task.impact.amount if task.impact else None,
                "impact_currency": task.impact.currency if task.impact else None,
                "due_on": task.due_on,
                "minutes": task.minutes,
                "demand": task.demand,
                "tags": _tags(task.tags),
                "done": task.done,
                "created_at": task.created_at,
            },
        )

    def done(self, task_id: str, at: datetime) -> bool:
        """False if no task that is still to do has this id."""
        return _close(self._versions, task_id, at, {"done": True})

    def list(self) -> tuple[Task, ...]:
        """All tasks, done ones included, by id."""
        rows = self._session.exec(
            select(TaskRow).where(TaskRow.tenant_id == self._tenant, TaskRow.superseded_at == FOREVER)
        )
        return tuple(_task(row) for row in sorted(rows, key=lambda row: row.id))


class EnergyLevel:
    """How much the user has to give."""

    def __init__(self, session: Session, tenant: str) -> None:
        self._versions = Versions(session, table_of(EnergyRow), tenant, ())

    def set(self, level: int, at: datetime) -> None:
        """`level` is 0 to 100."""
        self._versions.put(at, {"level": level})


class Mutes:
    """Findings that the user put off."""

    def __init__(self, session: Session, tenant: str) -> None:
        self._versions = Versions(session, table_of(MuteRow), tenant, ("id",))

    def put(self, finding: str, until: datetime | None, at: datetime) -> None:
        """Hide a finding until an instant, or for good."""
        self._versions.put(at, {"id": clean(finding), "until": until})

    def remove(self, finding: str, at: datetime) -> bool:
        """Show it again. False if it was not hidden."""
        return self._versions.drop(at, id=finding)


def _tags(tags: tuple[str, ...]) -> str:
    return json.dumps([clean(tag) for tag in tags], ensure_ascii=False)


def _close(versions: Versions, key: str, at: datetime, change: dict[str, bool]) -> bool:
    row = versions.current(at, id=key)
    ((name, wanted),) = change.items()
    if row is None or row[name] == wanted:
        return False
    kept = {"tenant_id", "version", "recorded_at", "superseded_at"}
    versions.put(at, {**{k: v for k, v in row.items() if k not in kept}, name: wanted})
    return True


def _task(row: TaskRow) -> Task:
    amount, currency = row.impact_amount, row.impact_currency
    return Task(
        id=row.id,
        title=row.title,
        impact=None if amount is None or currency is None else Money(amount, currency),
        due_on=row.due_on,
        minutes=row.minutes,
        demand=row.demand,
        tags=tuple(json.loads(row.tags)),
        done=row.done,
        created_at=row.created_at,
    )
