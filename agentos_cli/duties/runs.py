"""What ran, by run: everything that is known of one, its lines of the log, and what is forgotten in time."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from agentos_cli import logbook
from agentos_cli.app import App
from agentos_cli.errors import UsageProblem
from agentos_cli.logbook import LEVELS, Line
from agentos_cli.renderers.logged import BriefingItem, LogItem, RunDocument, log_item, run_document
from agentos_cli.store.records import SavedBriefing


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines of the log are asked for: of one run, from an instant on, from a level on."""

    run: str | None = None
    since: datetime | None = None
    level: str = "info"

    def has(self, line: Line) -> bool:
        """Whether the line is one of them; one whose time nobody can read is not."""
        if self.run is not None and line.get("run") != self.run:
            return False
        if LEVELS.index(str(line["level"])) < LEVELS.index(self.level):
            return False
        return self.since is None or _is_after(line, self.since)


def log(house: App, wanted: Wanted, limit: int) -> list[LogItem]:
    """The newest so many lines that are wanted, oldest first."""
    found = filter(wanted.has, logbook.lines(log_file(house)))
    return [log_item(line) for line in deque(found, limit)]


def log_file(house: App) -> Path:
    """Where this tenant's log is kept."""
    return house.places.log(house.store.tenant)


def followed(house: App, wanted: Wanted, limit: int, wait: Callable[[], None]) -> Iterator[LogItem]:
    """The newest so many lines that are wanted, then each that comes, without an end; `wait` is called where
    there is none yet."""
    kept: deque[Line] | None = deque(maxlen=limit)
    for line in logbook.follow(log_file(house)):
        if line is None:
            yield from map(log_item, kept or ())
            kept = None
            wait()
        elif wanted.has(line) and kept is not None:
            kept.append(line)
        elif wanted.has(line):
            yield log_item(line)


def show(house: App, run_id: str) -> RunDocument:
    """Everything of one run, named by its id or a beginning of it. Raises UsageProblem where there is none,
    or more than one."""
    runs, briefing = house.store.run(run_id)
    names = sorted({run.run_id for run in runs})
    if len(names) > 1:
        raise UsageProblem(
            f"{len(names)} runs begin with `{run_id[:40]}`", fix=f"agentos runs show {names[-1]}"
        )
    if not names:
        raise UsageProblem(f"nothing ran as `{run_id[:40]}`", fix="agentos runs list")
    return run_document(runs, _briefing(briefing), log(house, Wanted(names[0], level=LEVELS[0]), 1_000))


def tidy(house: App) -> int:
    """Forget runs that are older than `[events] keep` days, but for the last good and the last bad one of
    each agent and source; how many. The log is kept by size, briefings for good: `--as-of` needs them."""
    before = house.clock() - timedelta(days=house.loaded.settings.events.keep)
    return house.store.forget_runs(before)


def _briefing(saved: SavedBriefing | None) -> BriefingItem | None:
    if saved is None:
        return None
    verdict = json.loads(saved.body).get("verdict", "")
    return {"as_of": saved.as_of.isoformat(timespec="seconds"), "verdict": str(verdict)}


def _is_after(line: Line, moment: datetime) -> bool:
    try:
        return datetime.fromisoformat(str(line["ts"])) >= moment
    except (ValueError, TypeError):
        return False
