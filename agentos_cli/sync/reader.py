"""Reads and stores one source after another, on threads of their own; whatever happens becomes an outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from agentos_cli.clock import monotonic
from agentos_cli.contract import Batch
from agentos_cli.errors import (
    AgentosError,
    CircuitOpen,
    CredentialProblem,
    RateLimited,
    SourceError,
)
from agentos_cli.redaction import redact
from agentos_cli.store.lease import Lease
from agentos_cli.store.store import Store
from agentos_cli.sync.job import Job, SyncOutcome, Terms, broken, sound
from agentos_cli.sync.meter import Meter
from agentos_cli.sync.parts import Reading, publish
from agentos_cli.sync.telling import tell_failed, tell_synced


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads sources under `lease`. `storing` are those that were read and are being stored now."""

    store: Store
    lease: Lease
    terms: Terms
    meter: Meter
    storing: set[str] = field(default_factory=set)

    def read(self, job: Job) -> SyncOutcome:
        """Read and keep one source; whatever goes wrong becomes its outcome."""
        began = monotonic()
        try:
            if job.spec.streams() is None:
                return self._kept(job, self._fetch(job), began)
            return self._in_parts(job, began)
        except (CircuitOpen, RateLimited, CredentialProblem) as error:  # the source was not asked
            return self.failed(job, error, began)
        except SourceError as error:
            _tell_breaker(job, ok=False)
            return self.failed(job, error, began)
        except AgentosError as error:  # ours: a store that is busy, a record it cannot hold, a lost lease
            return self.failed(job, error, began)
        except Exception as error:  # a connector may break in any way; the others and the brief go on
            return self.failed(job, broken(job.spec, f"{type(error).__name__}: {error}"), began)

    def failed(self, job: Job, error: AgentosError, began: float) -> SyncOutcome:
        """Write down what is wrong with a source, and what mends it. Never raises: where nothing can be
        written, the outcome still tells."""
        name, problem = job.spec.name, redact(error.what)
        fix = error.fix or f"agentos connectors test {name}"
        with suppress(AgentosError), self.store.unit_of_work(self.lease) as work:
            at = self.terms.clock()
            tell_failed(work, name, work.sources.problem(name, at), error, fix, at)
            work.sources.failed(name, job.spec.kinds, problem, fix, at)
            work.commit()
        pages = self.meter.pages(name)
        return SyncOutcome(
            name, False, 0, 0, 0, _ms(began), problem, fix, error.exit_code, pages=pages or None
        )

    def _fetch(self, job: Job) -> list[Batch]:
        with job.http() as http:
            access = self.terms.access(job, http)
            found: dict[str, Batch] = {}
            for each in job.spec.fetch()(access):
                batch = sound(job.spec, each)
                if found.setdefault(batch.noun.kind, batch) is not batch:  # one without end would not end
                    raise broken(job.spec, f"it brought its {batch.noun.kind} records twice")
            return list(found.values())

    def _kept(self, job: Job, batches: Sequence[Batch], began: float) -> SyncOutcome:
        name, at = job.spec.name, self.terms.clock()
        changed = 0
        records, skipped = sum(len(b.records) for b in batches), sum(len(b.skipped) for b in batches)
        with self._storing(name), self.store.unit_of_work(self.lease) as work:
            before = work.sources.problem(name, at)
            for batch in batches:
                changes = work.records.replace(name, batch.noun, batch.records, at)
                state = work.sources.synced
                state(name, batch.noun.kind, at, batch.skipped, batch.observed_at, batch.caution)
                changed += changes.added + changes.changed + changes.removed
            tell_synced(work, name, before, records, changed, skipped, at)
            work.commit()
        _tell_breaker(job, ok=True)
        return SyncOutcome(name, True, records, changed, skipped, _ms(began), how="whole")

    def _in_parts(self, job: Job, began: float) -> SyncOutcome:
        name, terms = job.spec.name, self.terms
        with job.http() as http, self.store.staging(name, self.lease) as staging:
            access, until = terms.access(job, http), began + terms.seconds
            heard, hurried = self.meter.hears(job.spec), terms.seconds if terms.hurried else None
            reading = Reading(job.spec, access, staging, terms.clock, until, heard, hurried)
            taken = reading.take(job.full_every, full=terms.full)
            if taken.unfinished is not None:
                _tell_breaker(job, ok=True)
                return replace(self.failed(job, taken.unfinished, began), how=taken.how)
            with self._storing(name):
                now = publish(self.store, self.lease, staging, job.spec, access, terms.clock())
        _tell_breaker(job, ok=True)
        changed = now.changes.added + now.changes.changed + now.changes.removed
        return SyncOutcome(
            name, True, now.records, changed, now.skipped, _ms(began), how=taken.how, pages=taken.pages
        )

    @contextmanager
    def _storing(self, name: str) -> Iterator[None]:
        self.storing.add(name)
        self.meter.stores(name)
        try:
            yield
        finally:
            self.storing.discard(name)


def _tell_breaker(job: Job, *, ok: bool) -> None:
    """How the run went. A store too busy to note it changes nothing about the run."""
    with suppress(AgentosError):
        job.ended(ok)


def _ms(began: float) -> int:
    return round((monotonic() - began) * 1000)
