"""The jobs of `cron/jobs.json` and how they went: paused schedules with their run history.

What the files hold: https://github.com/openclaw/openclaw, docs/automation/cron-jobs.md and src/cron. Every
job arrives paused and without a command, since the old gateway may still be running, and nothing here can do
what it was to do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from agentos_cli.importers.clawdbot.schedules.plans import Wishes, digest, drawn, names
from agentos_cli.importers.clawdbot.schedules.runs import LONGEST, Log, log_of
from agentos_cli.importers.clawdbot.schedules.shapes import (
    Job,
    Table,
    identity,
    job_of,
    jobs_in,
    states_in,
    table,
)
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.piece import Piece, brought, failed, part, skipped
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source import lenient
from agentos_cli.importers.source.home import Home, Unreadable
from agentos_cli.store.values import clean

FOLDER = "state/cron"
STORE = f"{FOLDER}/jobs.json"
KIND = "schedule"
COPY = re.compile(r"\.(bak|tmp|old)(\.[0-9]+)?$|~$")


@dataclass(frozen=True, slots=True)
class Source:
    """One job of a source, as it stands there: the `place`-th, from 1, of what lies at `path`; `state` is how
    it went last, where that is kept elsewhere."""

    raw: Table
    path: str
    place: int
    state: Table = field(default_factory=dict)
    log: Log = field(default_factory=Log)


def read(
    home: Home, setup: Setup, redactor: Redactor, *, timezone: str | None, now: datetime
) -> Iterator[Piece]:
    """Every job as a paused schedule, and a piece for each file beside them."""
    files = _Files(home, redactor)
    for path in _stores(home, setup):
        yield from files.take(path)
    yield from pieces(files.sources, redactor, Wishes(timezone, setup.timezone, now))
    yield from files.rest()
    if setup.cron_store and not files.sources and not home.get(STORE):
        name = clean(redactor.clean(setup.cron_store).text)[:200]
        yield skipped(name, "the settings keep the jobs in this file, and it is not in the home", kind=KIND)


def called(home: Home, setup: Setup, redactor: Redactor) -> dict[str, str]:
    """What the jobs that are kept in files are called here, by their ids."""
    files = _Files(home, redactor)
    for path in _stores(home, setup):
        for _ in files.take(path):
            continue
    return names(_redacted(source, redactor)[0] for source in files.sources)


def pieces(
    sources: Iterable[Source], redactor: Redactor, wishes: Wishes, taken: Iterable[str] = ()
) -> Iterator[Piece]:
    """A piece for each job; of several with one id the first one counts. `taken`: names that others have."""
    jobs: dict[str, tuple[Job, Source, dict[str, int]]] = {}
    for source in sources:
        job, found = _redacted(source, redactor)
        if job.id in jobs:
            reason = "a job of the same id comes before it"
            yield skipped(source.path, reason, kind=KIND, name=f"{job.id} again ({source.place})")
        else:
            jobs[job.id] = job, source, found
    named = names((job for job, _, _ in jobs.values()), taken)
    for job, source, found in jobs.values():
        try:
            done = drawn(job, named[job.id], source.log, wishes)
        except ValueError as problem:
            yield failed(source.path, str(problem), kind=KIND, name=job.id)
            continue
        told = digest(source.raw, source.log, done.plan.name, done.plan.zone, job.is_done)
        yield brought(done.plan, source.path, told, name=job.id, redacted=found, asks=done.asks)


def _redacted(source: Source, redactor: Redactor) -> tuple[Job, dict[str, int]]:
    found: dict[str, int] = dict(source.log.redacted or {})
    raw = {**source.raw, **({"state": source.state} if source.state else {})}
    told = redactor.tree(raw, found)
    otherwise = "job-" + sha256(json.dumps(source.raw, sort_keys=True, default=str).encode()).hexdigest()[:12]
    job = job_of(table(told), otherwise)
    return replace(job, id=clean(job.id)[:200]), found


# ── the files ────────────────────────────────────────────────────────────────────────────────────


def _stores(home: Home, setup: Setup) -> list[str]:
    """Where jobs are kept: the file that the settings name, as far as it is in the home, then the usual one.
    The settings' path is mostly an absolute one of another machine: the longest end of it that is here."""
    parts = [part for part in re.split(r"[/\\]", setup.cron_store or "") if part not in ("", ".", "..", "~")]
    ends = ["state/" + "/".join(parts[n:]) for n in range(len(parts))]
    named = next((path for path in ends if home.get(path)), None)
    if named is None and parts:
        alike = [entry.path for entry in home.under("state") if entry.name == parts[-1]]
        named = alike[0] if len(alike) == 1 else None
    return [path for path in dict.fromkeys((named, STORE)) if path and home.get(path)]


class _Files:
    """The files of jobs and of runs: what is in them, and which have been accounted for."""

    def __init__(self, home: Home, redactor: Redactor) -> None:
        self.sources: list[Source] = []
        self._home, self._redactor = home, redactor
        self._seen: set[str] = set()
        self._folders = {FOLDER}

    def take(self, path: str) -> Iterator[Piece]:
        """The jobs of one file become sources; pieces for all else that it holds."""
        folder = path.rpartition("/")[0]
        self._seen.add(path)
        self._folders.add(f"{folder}/runs")
        try:
            listed = list(jobs_in(lenient.parse(self._home.text(path), path)))
        except Unreadable as problem:
            yield failed(path, problem.why)
            return
        except (ValueError, RecursionError):
            yield failed(path, "it holds no list of jobs")
            return
        states: dict[str, Table] = {}
        yield from self._states(f"{folder}/jobs-state.json", states)
        for place, raw in enumerate(listed, 1):
            if raw is None:
                yield skipped(path, "an empty entry in the list of jobs", kind=KIND, name=f"{path}#{place}")
                continue
            called = identity(raw)
            log = yield from self._log(f"{folder}/runs/{called}.jsonl")
            self.sources.append(Source(raw, path, place, states.get(called, {}), log))
        if not any(raw is not None for raw in listed):
            yield skipped(path, "it holds no jobs")

    def rest(self) -> Iterator[Piece]:
        """A piece for each file beside the jobs that there is none for yet."""
        found = {entry.path: entry for folder in self._folders for entry in self._home.under(folder)}
        for path in sorted(found.keys() - self._seen):
            if COPY.search(path):
                yield skipped(path, "a copy that the program made before it wrote the jobs")
            elif path.endswith(".jsonl"):
                yield skipped(path, "runs of a job that is no longer there")
            else:
                yield skipped(path, "not understood: no file of jobs, nor of their runs")

    def _states(self, path: str, states: dict[str, Table]) -> Iterator[Piece]:
        if not self._home.get(path):
            return
        self._seen.add(path)
        try:
            states.update(states_in(lenient.parse(self._home.text(path), path)))
            yield part(path, "with the jobs: how each went last", kind=KIND)
        except Unreadable as problem:
            yield failed(path, problem.why)

    def _log(self, path: str) -> Generator[Piece, None, Log]:
        entry = self._home.get(path)
        if entry is None or path in self._seen:
            return Log()
        self._seen.add(path)
        try:
            log = log_of(self._home.lines(path, entry.size, LONGEST), self._redactor)
        except Unreadable as problem:
            yield failed(path, problem.why)
            return Log()
        broken = f", without {log.unreadable:,} broken lines" if log.unreadable else ""
        yield part(path, f"as the run history of its job{broken}", kind=KIND)
        return log
