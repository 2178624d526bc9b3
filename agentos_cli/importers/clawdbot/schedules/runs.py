"""How a job went: the lines of `cron/runs/<jobId>.jsonl` as past runs of a schedule.

Their shape is that of https://github.com/openclaw/openclaw: src/cron/run-log.ts.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from agentos_cli.belongings import PastRun
from agentos_cli.importers.clawdbot.schedules.shapes import Table, instant, number, word
from agentos_cli.importers.clawdbot.sessions.lines import decoded
from agentos_cli.importers.secrets.redactor import Redactor

MOST = 1_000
"""Runs of one job that come over: the newest."""
LONGEST = 1_000_000
"""Bytes of a line."""
SAID = 2_000
"""Characters of what a run said."""
BLINK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Log:
    """The runs of one job, oldest first. `left`: how many older ones are not among them; `unreadable`: lines
    that could not be read; `redacted`: secrets that were taken out, by type."""

    runs: tuple[PastRun, ...] = ()
    left: int = 0
    unreadable: int = 0
    digest: str = ""
    redacted: dict[str, int] | None = None


def log_of(lines: Iterable[tuple[bytes, bool]], redactor: Redactor) -> Log:
    """The runs that lines of JSON tell of, as `Home.lines` gives them."""
    kept: deque[tuple[Table, str]] = deque(maxlen=MOST)
    count, unreadable, digest = 0, 0, sha256()
    for raw, whole in lines:
        digest.update(raw + b"\n")
        entry = decoded(raw) if raw.strip() else None
        if entry is not None and word(entry, "action") in (None, "finished") and _ended(entry):
            count += 1
            kept.append((entry, word(entry, "error", "summary") or ""))
        elif entry is None and (raw.strip() or not whole):
            unreadable += 1
    found: dict[str, int] = {}
    runs = tuple(_apart(_run(entry, said, redactor, found) for entry, said in kept))
    return Log(runs, count - len(kept), unreadable, digest.hexdigest(), found)


def lines_of(entries: Iterable[Table]) -> Iterator[tuple[bytes, bool]]:
    """The same of entries that were kept in another way."""
    for entry in entries:
        yield json.dumps(entry, default=str, sort_keys=True).encode(), True


def _ended(entry: Table) -> datetime | None:
    return instant(entry.get("ts")) or instant(entry.get("runAtMs"))


def _run(entry: Table, said: str, redactor: Redactor, found: dict[str, int]) -> PastRun:
    ended = _ended(entry)
    assert ended is not None  # it would not have been kept
    lasted = number(entry.get("durationMs")) or 0
    begun = instant(entry.get("runAtMs")) or _earlier(ended, int(lasted))
    told = redactor.clean(said[: 20 * SAID])
    for kind, count in told.found.items():
        found[kind] = found.get(kind, 0) + count
    status = word(entry, "status") or "error"
    return PastRun(min(begun, ended), ended, status, told.text[:SAID] or None)


def _earlier(ended: datetime, milliseconds: int) -> datetime:
    try:
        return ended - timedelta(milliseconds=milliseconds)
    except OverflowError:
        return ended


def _apart(runs: Iterable[PastRun]) -> Iterator[PastRun]:
    """Each at a time of its own, in their order: two may be told to have begun at one."""
    taken: set[datetime] = set()
    for run in sorted(runs, key=lambda run: (run.due_at, run.ended_at)):
        at = run.due_at
        while at in taken:
            at = run.ended_at if run.ended_at not in taken else at + BLINK
        taken.add(at)
        yield run if at == run.due_at else replace(run, due_at=at)
