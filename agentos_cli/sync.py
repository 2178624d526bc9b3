"""Read the company's systems, side by side; store each in one transaction. A dead source ends nothing but itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from agentos_cli.clock import Clock, monotonic
from agentos_cli.connectors.catalogue import Spec
from agentos_cli.connectors.contract import Access, Batch, Connection
from agentos_cli.errors import AgentosError, CredentialProblem, Fatal, Retryable, SourceError, Temporary
from agentos_cli.http import Http
from agentos_cli.store.records import SourceRow
from agentos_cli.store.store import Store
from agentos_cli.telemetry import RunRecord, redact

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
    """One source to read: its connector, its connection, and the ways to its secret and its breaker."""

    spec: Spec
    connection: Connection
    secret: Callable[[], str]
    http: Callable[[str], Http]
    """Given the secret, opens the HTTP path with breaker, limits and deadline for this source."""


def sync(
    store: Store, jobs: Sequence[Job], run_id: str, clock: Clock, currency: str, deadline: float
) -> tuple[SyncOutcome, ...]:
    """Read all jobs at once, each within `deadline` seconds, and record each run. Never raises for a source."""
    finished: SimpleQueue[tuple[Job, SyncOutcome]] = SimpleQueue()
    started, began = clock(), monotonic()

    def work(job: Job) -> None:
        finished.put((job, _one(store, job, clock, currency)))

    for job in jobs:
        threading.Thread(target=work, args=(job,), daemon=True, name=f"sync-{job.spec.name}").start()
    outcomes: dict[str, SyncOutcome] = {}
    while len(outcomes) < len(jobs):
        try:
            job, outcome = finished.get(timeout=max(0.0, began + deadline + GRACE - monotonic()))
        except Empty:
            break
        outcomes[job.spec.name] = outcome
    for job in jobs:
        if job.spec.name not in outcomes:
            outcomes[job.spec.name] = _left_behind(store, job, clock(), deadline)
    ordered = tuple(outcomes[job.spec.name] for job in jobs)
    store.record([_run(outcome, run_id, started) for outcome in ordered])
    return ordered


def is_due(rows: Sequence[SourceRow], life: timedelta, now: datetime) -> bool:
    """Whether a source should be read: never read, failed last time, or some of it older than `life`."""
    return not rows or any(r.problem or r.synced_at is None or now - r.synced_at > life for r in rows)


def _one(store: Store, job: Job, clock: Clock, currency: str) -> SyncOutcome:
    began = monotonic()
    name = job.spec.name
    try:
        batches = _fetch(job, clock(), currency)
        records, changed, skipped = _keep(store, name, batches, clock())
        return SyncOutcome(name, True, records, changed, skipped, _ms(began))
    except AgentosError as error:
        problem = error if isinstance(error, SourceError | CredentialProblem | Temporary) else Fatal(error.what)
        return _failed(store, job, problem, began, clock())
    except Exception as error:  # a connector may break in any way; the other sources and the brief go on
        what = f"the {job.spec.title} connector broke: {type(error).__name__}: {error}".splitlines()[0]
        return _failed(store, job, Fatal(redact(what)[:300]), began, clock())


def _fetch(job: Job, now: datetime, currency: str) -> list[Batch]:
    secret = job.secret()
    with job.http(secret) as http:
        base = job.connection.base_url or job.spec.base_url
        access = Access(http, secret, base, job.connection.options, now, currency)
        return list(job.spec.fetch()(access))


def _keep(store: Store, source: str, batches: Sequence[Batch], at: datetime) -> tuple[int, int, int]:
    records = changed = skipped = 0
    with store.unit_of_work() as work:
        for batch in batches:
            changes = work.records.replace(source, batch.noun, batch.records, at)
            work.sources.synced(source, batch.noun.kind, at, batch.skipped, batch.observed_at)
            records += len(batch.records)
            changed += changes.added + changes.changed + changes.removed
            skipped += len(batch.skipped)
        work.commit()
    return records, changed, skipped


def _failed(store: Store, job: Job, error: AgentosError, began: float, at: datetime) -> SyncOutcome:
    fix = error.fix or f"agentos connectors test {job.spec.name}"
    problem = redact(error.what)
    with store.unit_of_work() as work:
        work.sources.failed(job.spec.name, job.spec.kinds, problem, fix, at)
        work.commit()
    return SyncOutcome(job.spec.name, False, 0, 0, 0, _ms(began), problem, fix, error.exit_code)


def _left_behind(store: Store, job: Job, at: datetime, deadline: float) -> SyncOutcome:
    late = Retryable(f"{job.spec.title} did not finish within {deadline:g} s")
    return _failed(store, job, late, monotonic() - deadline, at)


def _run(outcome: SyncOutcome, run_id: str, started: datetime) -> RunRecord:
    figures = {"records": outcome.records, "changed": outcome.changed, "skipped": outcome.skipped}
    return RunRecord(
        run_id, "source", outcome.source, started, outcome.duration_ms, outcome.ok, figures, outcome.problem
    )


def _ms(began: float) -> int:
    return round((monotonic() - began) * 1000)
