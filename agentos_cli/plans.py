"""What the user decides: energy, goals, tasks, and findings put off. Each change is one short transaction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from agentos_cli.clock import Clock
from agentos_cli.errors import UsageProblem
from agentos_cli.store.store import Store
from agents.money import Money
from agents.periods import quarter_name
from agents.report import short_id
from agents.snapshot import Goal, Task

G = TypeVar("G", Goal, Task)

LEVELS = {"low": 20, "medium": 50, "high": 85}
"""Words for energy and demand, as numbers from 0 to 100."""


def level(text: str) -> int:
    """`low`, `medium`, `high`, or a whole number from 0 to 100."""
    word = text.strip().lower()
    if word in LEVELS:
        return LEVELS[word]
    if re.fullmatch(r"[0-9]{1,3}", word) and int(word) <= 100:
        return int(word)
    raise UsageProblem(f"`{text[:40]}` is no level", fix="use low, medium, high, or a number from 0 to 100")


def amount(text: str | None, currency: str) -> Money | None:
    """`50000`, `50k`, `1.2M` in major units of the company currency; None stays None."""
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,3})?)([kKmM]?)", text.strip().replace(",", ""))
    try:
        if not found:
            raise InvalidOperation
        scale = {"": 1, "k": 1_000, "m": 1_000_000}[found[2].lower()]
        return Money.of(Decimal(found[1]) * scale, currency)
    except InvalidOperation:
        raise UsageProblem(f"`{text[:40]}` is no amount", fix="write it as 50000, 50k or 1.2M") from None


def day(text: str | None, today: date) -> date | None:
    """`2026-11-27`, `today`, `tomorrow`, or `3d` (days from today); None stays None."""
    if text is None:
        return None
    word = text.strip().lower()
    if word in {"today", "tomorrow"}:
        return today + timedelta(word == "tomorrow")
    if found := re.fullmatch(r"([0-9]{1,4})d", word):
        return today + timedelta(int(found[1]))
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise UsageProblem(f"`{text[:40]}` is no day", fix="write it as 2026-11-27, tomorrow or 3d") from None


@dataclass(frozen=True, slots=True)
class Plans:
    """The user's own intentions, kept in the store."""

    store: Store
    clock: Clock

    def set_energy(self, value: int) -> None:
        with self.store.unit_of_work() as work:
            work.energy.set(value, self.clock())
            work.commit()

    def goals(self) -> tuple[Goal, ...]:
        """All goals, closed ones included."""
        return self.store.read(self.clock(), ()).goals

    def add_goal(
        self, title: str, quarter: str | None, weight: float, tags: Sequence[str], today: date
    ) -> Goal:
        """Set a goal for `quarter` (this one by default). The same title in the same quarter is refused."""
        name, title = (quarter or quarter_name(today)).upper(), _title(title)
        if not re.fullmatch(r"[0-9]{4}-Q[1-4]", name):
            raise UsageProblem(f"`{name[:20]}` is no quarter", fix="write it as 2026-Q4")
        goal = Goal(short_id("G", name, title), title, name, weight, _tags(tags), True)
        if any(g.id == goal.id and g.open for g in self.goals()):
            raise UsageProblem(f"that goal is set already: {goal.id}", fix="agentos goals list")
        with self.store.unit_of_work() as work:
            work.goals.add(goal, self.clock())
            work.commit()
        return goal

    def close_goal(self, goal_id: str) -> Goal:
        goal = _one_of([g for g in self.goals() if g.open], goal_id, "goal", "agentos goals list")
        with self.store.unit_of_work() as work:
            work.goals.close(goal.id, self.clock())
            work.commit()
        return goal

    def tasks(self) -> tuple[Task, ...]:
        """All tasks, done ones included."""
        return self.store.read(self.clock(), ()).tasks

    def add_task(
        self,
        title: str,
        impact: Money | None,
        due_on: date | None,
        minutes: int,
        demand: int,
        tags: Sequence[str],
    ) -> Task:
        now, title = self.clock(), _title(title)
        made = short_id("T", title, now.isoformat())
        task = Task(made, title, impact, due_on, minutes, demand, _tags(tags), False, now)
        with self.store.unit_of_work() as work:
            work.tasks.add(task, now)
            work.commit()
        return task

    def finish_task(self, task_id: str) -> Task:
        task = _one_of([t for t in self.tasks() if not t.done], task_id, "open task", "agentos tasks list")
        with self.store.unit_of_work() as work:
            work.tasks.done(task.id, self.clock())
            work.commit()
        return task

    def snooze(self, finding: str, until: datetime) -> None:
        with self.store.unit_of_work() as work:
            work.mutes.put(finding.upper(), until, self.clock())
            work.commit()

    def wake(self, finding: str) -> None:
        """Bring a finding back. Raises UsageProblem if it was not put off."""
        with self.store.unit_of_work() as work:
            if not work.mutes.remove(finding.upper(), self.clock()):
                raise UsageProblem(f"`{finding[:20]}` was not put off", fix="agentos brief --all")
            work.commit()


def _one_of(known: Sequence[G], wanted: str, noun: str, listing: str) -> G:
    found = next((item for item in known if item.id == wanted.strip().upper()), None)
    if found is None:
        raise UsageProblem(f"there is no {noun} `{wanted[:40]}`", fix=listing)
    return found


def _title(text: str) -> str:
    title = " ".join("".join(c for c in text if c.isprintable()).split())
    if not 1 <= len(title) <= 200:
        raise UsageProblem("a title has 1 to 200 characters", fix="give it in quotes")
    return title


def _tags(tags: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(part.strip().lower() for tag in tags for part in tag.split(",") if part.strip())
    )
