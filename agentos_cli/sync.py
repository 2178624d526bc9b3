"""Read the company's systems side by side, and store each in one transaction.

A dead source ends nothing but itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from queue import Empty, SimpleQueue

from agentos_cli.clock import Clock, monotonic
from agentos_cli.config.model import Settings
from agentos_cli.connectors.catalogue import Spec
from agentos_cli.contract import Access, Batch, Connection
from agentos_cli.errors import (
    AgentosError,
    CircuitOpen,
    CredentialProblem,
    Fatal,
    RateLimited,
    Retryable,
    SourceError,
)
from agentos_cli.http import Http
from agentos_cli.store.lease import Lease
from agentos_cli.store.records import SourceRow
from agentos_cli.store.store import Store
from agentos_cli.telemetry import RunRecord, notice, redact
from agents.nouns import NOUNS

GRACE = 1.0
"""Seconds beyond its deadline after which a source that gives no sign is left behind."""


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """How one source fared. `records` counts what it holds now, `changed` what is new, other or gone."""

    source: str
    ok: bool
    records: int
    changed: int
    skipped: int
    duration_ms: int
    problem: str | None = None
    fix: str | None = None
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One source to read. `secret` resolves its key, `http` opens its path behind its circuit breaker,
    `ended` tells the breaker how the whole run went."""

    spec: Spec
    connection: Connection
    secret: Callable[[], str]
    http: Callable[[], Http]
    ended: Callable[[bool], None]


def sync(
    store: Store,
    lease: Lease,
    jobs: Sequence[Job],
    run_id: str,
    clock: Clock,
    settings: Settings,
    zone: tzinfo = UTC,
) -> tuple[SyncOutcome, ...]:
    """Read all jobs at once, each within the deadline, and record each. No source makes it raise.

    Everything is stored under `lease`: a run that lost it to another stores nothing.
    """
    finished: SimpleQueue[SyncOutcome] = SimpleQueue()
    reader = _Reader(store, lease, clock, settings.company.currency, zone)
    started, began = clock(), monotonic()
    for job in jobs:
        work = threading.Thread(target=lambda job=job: finished.put(reader.read(job)), daemon=True)
        work.start()
    outcomes: dict[str, SyncOutcome] = {}
    while len(outcomes) < len(jobs):
        left = began + settings.sync.deadline + GRACE - monotonic()
        try:
            outcome = finished.get(timeout=max(0.0, left))
        except Empty:
            break
        outcomes[outcome.source] = outcome
    late = Retryable(f"it did not finish within {settings.sync.deadline:g} s")
    ordered = tuple(outcomes.get(j.spec.name) or reader.failed(j, late, began) for j in jobs)
    try:
        store.record([_run(outcome, run_id, started) for outcome in ordered])
    except AgentosError as problem:  # what was read is stored; only the list of runs lacks a line
        notice(f"these runs could not be recorded: {problem.what}")
    return ordered


def due(
    specs: Iterable[Spec],
    connections: Mapping[str, Connection],
    rows: Sequence[SourceRow],
    lives: Mapping[str, timedelta],
    now: datetime,
) -> list[Spec]:
    """The sources that should be read: never read, failed last time, or some of it older than its life.

    A folder is read when a file in it is new or was changed: an old one is not newer for being read again.
    """
    return [
        s
        for s in specs
        if _is_due(s, connections[s.name], [row for row in rows if row.source == s.name], lives[s.name], now)
    ]


def _is_due(
    spec: Spec, connection: Connection, rows: Sequence[SourceRow], life: timedelta, now: datetime
) -> bool:
    if not rows or any(row.problem_at or row.synced_at is None for row in rows):
        return True
    if spec.asks == "folder":
        return _has_news(spec, connection, rows)
    return any(row.synced_at is not None and now - row.synced_at > life for row in rows)


def _has_news(spec: Spec, connection: Connection, rows: Sequence[SourceRow]) -> bool:
    known = {(row.kind, row.synced_at) for row in rows}
    try:
        return not known >= set(spec.observed()(connection.options).items())
    except Exception:  # reading it will say what is wrong
        return True


@dataclass(frozen=True, slots=True)
class _Reader:
    """Where one source after another, on threads of their own, is read and stored."""

    store: Store
    lease: Lease
    clock: Clock
    currency: str
    zone: tzinfo

    def read(self, job: Job) -> SyncOutcome:
        """Fetch and keep one source; whatever goes wrong becomes its outcome."""
        began = monotonic()
        try:
            return self._kept(job, self._fetch(job), began)
        except (CircuitOpen, RateLimited, CredentialProblem) as error:  # the source was not asked
            return self.failed(job, error, began)
        except SourceError as error:
            _tell_breaker(job, ok=False)
            return self.failed(job, error, began)
        except AgentosError as error:  # ours: a store that is busy, a record it cannot hold, a lost lease
            return self.failed(job, error, began)
        except Exception as error:  # a connector may break in any way; the others and the brief go on
            return self.failed(job, _broken(job.spec, f"{type(error).__name__}: {error}"), began)

    def failed(self, job: Job, error: AgentosError, began: float) -> SyncOutcome:
        """Write down what is wrong with a source, and what mends it. Never raises: where nothing can be
        written, the outcome still tells."""
        name, problem = job.spec.name, redact(error.what)
        fix = error.fix or f"agentos connectors test {name}"
        with suppress(AgentosError), self.store.unit_of_work(self.lease) as work:
            work.sources.failed(name, job.spec.kinds, problem, fix, self.clock())
            work.commit()
        return SyncOutcome(name, False, 0, 0, 0, _ms(began), problem, fix, error.exit_code)

    def _fetch(self, job: Job) -> list[Batch]:
        secret = job.secret()
        with job.http() as http:
            base = job.connection.base_url or job.spec.base_url
            options = job.connection.options
            name = job.spec.name
            access = Access(http, secret, base, options, self.clock(), self.currency, self.zone, name)
            return [_sound(job.spec, batch) for batch in job.spec.fetch()(access)]

    def _kept(self, job: Job, batches: Sequence[Batch], began: float) -> SyncOutcome:
        name, at = job.spec.name, self.clock()
        changed = 0
        with self.store.unit_of_work(self.lease) as work:
            for batch in batches:
                changes = work.records.replace(name, batch.noun, batch.records, at)
                state = work.sources.synced
                state(name, batch.noun.kind, at, batch.skipped, batch.observed_at, batch.caution)
                changed += changes.added + changes.changed + changes.removed
            work.commit()
        _tell_breaker(job, ok=True)
        records, skipped = sum(len(b.records) for b in batches), sum(len(b.skipped) for b in batches)
        return SyncOutcome(name, True, records, changed, skipped, _ms(began))


def _tell_breaker(job: Job, *, ok: bool) -> None:
    """How the run went. A store too busy to note it changes nothing about the run."""
    with suppress(AgentosError):
        job.ended(ok)


def _sound(spec: Spec, batch: Batch) -> Batch:
    """The batch, if it is one that this source may bring; what else it could be would be another's data."""
    if not isinstance(batch, Batch) or batch.noun not in NOUNS or batch.noun.kind not in spec.kinds:
        found = getattr(getattr(batch, "noun", None), "__name__", type(batch).__name__)
        raise _broken(spec, f"it brought {found}, which is none of its kinds")
    for record in batch.records:
        if not isinstance(record, batch.noun):
            raise _broken(spec, f"a {type(record).__name__} came among its {batch.noun.kind} records")
        if record.source != spec.name:
            raise _broken(spec, f"the {batch.noun.kind} {record.id} says that it comes from {record.source}")
    return batch


def _broken(spec: Spec, how: str) -> Fatal:
    return Fatal(f"the {spec.title} connector broke: {how}".splitlines()[0][:300])


def _run(outcome: SyncOutcome, run_id: str, started: datetime) -> RunRecord:
    figures = {"records": outcome.records, "changed": outcome.changed, "skipped": outcome.skipped}
    return RunRecord(
        run_id, "source", outcome.source, started, outcome.duration_ms, outcome.ok, figures, outcome.problem
    )


def _ms(began: float) -> int:
    return round((monotonic() - began) * 1000)
