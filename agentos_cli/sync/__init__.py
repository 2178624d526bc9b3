"""Read the company's systems side by side, and store each in one transaction.

A dead source ends nothing but itself.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from agentos_cli.clock import monotonic
from agentos_cli.connectors.catalogue import Spec
from agentos_cli.contract import Connection
from agentos_cli.errors import AgentosError, Retryable
from agentos_cli.store.lease import Lease
from agentos_cli.store.records import SourceRow
from agentos_cli.store.store import Store
from agentos_cli.sync.job import Job, SyncOutcome, Terms
from agentos_cli.sync.meter import Meter
from agentos_cli.telemetry import RunRecord, about, notice

if TYPE_CHECKING:
    from agentos_cli.sync.reader import Reader

__all__ = ["GRACE", "Job", "SyncOutcome", "Terms", "due", "sync"]

GRACE = 1.0
"""Seconds beyond its deadline after which a source that gives no sign is left behind."""
TICK = 0.2
"""Seconds after which whoever watches is told again."""


def sync(
    store: Store,
    lease: Lease,
    jobs: Sequence[Job],
    run_id: str,
    terms: Terms,
    *,
    quiet: bool = False,
) -> tuple[SyncOutcome, ...]:
    """Read all jobs at once, each within the time that it has, and record each. No source makes it raise.

    Everything is stored under `lease`: a run that lost it to another stores nothing.
    """
    from agentos_cli.sync.reader import Reader  # to find that nothing is due takes none of it

    reader = Reader(store, lease, terms, Meter(quiet=quiet))
    started, began = terms.clock(), monotonic()
    with _rare_collections():
        outcomes = _outcomes(reader, jobs, run_id, began)
    ordered = tuple(outcomes.get(j.spec.name) or reader.failed(j, _late(reader, j), began) for j in jobs)
    try:
        store.record([_run(outcome, run_id, started) for outcome in ordered])
    except AgentosError as problem:  # what was read is stored; only the list of runs lacks a line
        notice(f"these runs could not be recorded: {problem.what}")
    return ordered


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Records come and go by the thousand and hardly one is part of a circle: to look for circles as often as
    Python does by itself takes a tenth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _outcomes(reader: Reader, jobs: Sequence[Job], run_id: str, began: float) -> dict[str, SyncOutcome]:
    """By source, how those fared that came to an end in time, each on a thread of its own."""
    finished: SimpleQueue[SyncOutcome] = SimpleQueue()

    def read(job: Job) -> None:
        with about(run=run_id, source=job.spec.name):
            finished.put(reader.read(job))

    for job in jobs:
        threading.Thread(target=read, args=(job,), daemon=True).start()
    outcomes: dict[str, SyncOutcome] = {}
    left = {job.spec.name for job in jobs}
    while any(_is_waited_for(reader, name, began) for name in left):
        try:
            outcome = finished.get(timeout=TICK)
        except Empty:
            reader.meter.show()
            continue
        reader.meter.over(outcome.source)
        outcomes[outcome.source] = outcome
        left.discard(outcome.source)
    reader.meter.clear()
    return outcomes


def _is_waited_for(reader: Reader, name: str, began: float) -> bool:
    """Until it was silent for too long, or its time is up. What was read in time may take longer to store."""
    last, now = reader.meter.heard_at(name) or began, monotonic() - GRACE
    return name in reader.storing or now < min(began + reader.terms.seconds, last + reader.terms.silence)


def _late(reader: Reader, job: Job) -> Retryable:
    seconds = reader.terms.silence
    if seconds < reader.terms.seconds:
        return Retryable(f"{job.spec.title} gave no sign for {seconds:g} s")
    return Retryable(f"it did not finish within {seconds:g} s")


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


def _run(outcome: SyncOutcome, run_id: str, started: datetime) -> RunRecord:
    figures = {"records": outcome.records, "changed": outcome.changed, "skipped": outcome.skipped}
    return RunRecord(
        run_id, "source", outcome.source, started, outcome.duration_ms, outcome.ok, figures, outcome.problem
    )
