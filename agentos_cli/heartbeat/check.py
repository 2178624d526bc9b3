"""What a check is, and what one says: a name, a family, how long it must hold, and a judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agentos_cli.events import Priority
from agentos_cli.store.check_records import Evidence, Standing


@dataclass(frozen=True, slots=True)
class Result:
    """One judgement. `grade` is ok, warn or alert; `says` one sentence, and what an alert is called;
    `priority` how much it wants attention where it is not ok. `patience`: for so long it has to be so before
    anybody hears of it, where that is longer than the check's own hours."""

    grade: Standing
    says: str
    evidence: Evidence
    priority: Priority = Priority.LOW
    patience: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Check:
    """One check, ready to be made. `judge` gives None where nothing can be said this time: how it stood is
    how it stands. `hours`: beyond its limit for so long before anybody hears of it."""

    name: str
    family: str
    judge: Callable[[], Result | None] = field(repr=False)
    hours: timedelta = timedelta(0)


def seen(
    read: str, at: datetime | None, value: object, limit: object, says: str, fix: str | None = None
) -> dict[str, object]:
    """Evidence: what was read, when that was true, the value and the limit, in words, and what mends it."""
    when = None if at is None else at.isoformat(timespec="seconds")
    return {"read": read, "at": when, "value": value, "limit": limit, "says": says, "fix": fix}


def ok(evidence: dict[str, object]) -> Result:
    """Looked at, and fine."""
    return Result(Standing.OK, str(evidence["says"]), evidence)


def warn(evidence: dict[str, object], priority: Priority = Priority.NORMAL) -> Result:
    """Should be seen to."""
    return Result(Standing.WARN, str(evidence["says"]), evidence, priority)


def alert(evidence: dict[str, object], priority: Priority = Priority.HIGH) -> Result:
    """Should be seen to now."""
    return Result(Standing.ALERT, str(evidence["says"]), evidence, priority)
