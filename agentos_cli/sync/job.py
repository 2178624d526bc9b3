"""One source to read, under which terms, and how it fared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING

from agentos_cli.clock import Clock
from agentos_cli.connectors.catalogue import Spec
from agentos_cli.contract import Access, Batch, Connection
from agentos_cli.errors import Fatal
from agents.nouns import NOUNS

if TYPE_CHECKING:
    from agentos_cli.http import Http


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """How one source fared. `records` counts what it holds now, `changed` what is new, other or gone. `how`
    it was read: `whole`, `changes`, or `resumed` (a whole read that went on); `pages` where it has pages."""

    source: str
    ok: bool
    records: int
    changed: int
    skipped: int
    duration_ms: int
    problem: str | None = None
    fix: str | None = None
    exit_code: int = 0
    how: str | None = None
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One source to read. `secret` resolves its key, `http` opens its path behind its circuit breaker,
    `ended` tells the breaker how the whole run went. Read in parts, it is read whole at least every
    `full_every`."""

    spec: Spec
    connection: Connection
    secret: Callable[[], str]
    http: Callable[[], Http]
    ended: Callable[[bool], None]
    full_every: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all sources of one sync. `seconds` each may take as long as its pages come, `silence`
    without one; `full`: read whole what could be read in parts."""

    clock: Clock
    currency: str
    zone: tzinfo
    seconds: float
    silence: float
    full: bool = False

    @property
    def hurried(self) -> bool:
        """Whether a brief waits: then a source may take no longer than it may be silent."""
        return self.seconds <= self.silence

    def access(self, job: Job, http: Http) -> Access:
        """What the connector of a job is handed."""
        base = job.connection.base_url or job.spec.base_url
        options, name, now = job.connection.options, job.spec.name, self.clock()
        return Access(http, job.secret(), base, options, now, self.currency, self.zone, name)


def sound(spec: Spec, batch: Batch) -> Batch:
    """The batch, if it is one that this source may bring; what else it could be would be another's data."""
    if not isinstance(batch, Batch) or batch.noun not in NOUNS or batch.noun.kind not in spec.kinds:
        found = getattr(getattr(batch, "noun", None), "__name__", type(batch).__name__)
        raise broken(spec, f"it brought {found}, which is none of its kinds")
    for record in batch.records:
        if not isinstance(record, batch.noun):
            raise broken(spec, f"a {type(record).__name__} came among its {batch.noun.kind} records")
        if record.source != spec.name:
            raise broken(spec, f"the {batch.noun.kind} {record.id} says that it comes from {record.source}")
    return batch


def broken(spec: Spec, how: str) -> Fatal:
    """That a connector did what no connector does."""
    return Fatal(f"the {spec.title} connector broke: {how}".splitlines()[0][:300])
