"""What a sync announces: that something is new, that a source fails, that it is back; nothing twice."""

from __future__ import annotations

import re
from datetime import datetime

from agentos_cli.errors import AgentosError, CredentialProblem, DataProblem, Fatal, LeaseHeld, Temporary
from agentos_cli.events import SourceFailed, SourceSynced
from agentos_cli.redaction import redact
from agentos_cli.store.work import UnitOfWork

OURS = (Temporary, LeaseHeld)
"""What is no fault of the source: it answers and takes longer, or our store is busy."""
FOR_A_PERSON = (Fatal, CredentialProblem, DataProblem)
"""What does not mend itself, so that it is worth a word of its own where a source fails already."""


def tell_synced(
    work: UnitOfWork, source: str, before: str | None, records: int, changed: int, skipped: int, at: datetime
) -> None:
    """Announce that a source was read, if anything in it changed or it could not be read before."""
    if changed or before is not None:
        work.announce(SourceSynced(source, records, changed, skipped).event(at))


def tell_failed(
    work: UnitOfWork, source: str, before: str | None, error: AgentosError, fix: str, at: datetime
) -> None:
    """Announce that a source cannot be read, unless that is known. One that fails already is announced again
    only with something that a person must mend and was not told of."""
    if isinstance(error, OURS) or (before is not None and not isinstance(error, FOR_A_PERSON)):
        return
    event = SourceFailed(source, redact(error.what), fix).event(at)
    if before is not None:
        told = work.last_announced(event.type, event.aggregate)
        if told is not None and _way(str(told.payload["problem"])) == _way(str(event.payload["problem"])):
            return
    work.announce(event)


def _way(problem: str) -> str:
    """A problem without what is another each time: the ids of requests, and times of day."""
    return re.sub(r"\(request [^)]*\)|\d{1,2}:\d{2}(:\d{2})?", "", problem)
