"""The one tree of errors. Each says what happened, where, and what to do next; each has an exit code.

    AgentosError                1   failed
    ├── UsageProblem            2   the command line is wrong
    ├── CredentialProblem       4   a secret is missing, refused or expired      (also Fatal for a source)
    ├── LeaseHeld               6   another run holds the work
    ├── DataProblem             7   config, database or file cannot be used as it is
    ├── Temporary              75   try again later: network, rate limit, busy database
    ├── Unconfirmed            75   it may have been done, and nobody can say
    └── SourceError             -   what went wrong with a source, named for what the caller does next
        ├── Retryable          75   try again: timeouts, resets, 5xx, cut-off answers
        ├── RateLimited        75   the vendor said when to come back
        ├── CircuitOpen        75   not called, since it failed too often
        ├── CursorLost         75   the vendor cannot say any more what has changed: read it whole
        ├── Fatal               7   do not try again: the vendor or the data refuses
        └── CredentialRefused   4   the vendor refuses the key

Exit 3 (`--strict`: done, but on stale or partial data) and 130 (interrupted) are no errors of this tree.
Messages are one line, hold no secret and no query string, and are printed by `agentos_cli.__main__` alone.
"""

from __future__ import annotations

from datetime import datetime


class AgentosError(Exception):
    """`what` is one line for people; `fix` the exact command or act that mends it; `code` is for programs."""

    exit_code = 1
    code = "failed"

    def __init__(self, what: str, *, fix: str | None = None, detail: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix
        self.detail = detail


class UsageProblem(AgentosError):
    """The command line asks for something that cannot be done as it is written."""

    exit_code = 2
    code = "usage"


class CredentialProblem(AgentosError):
    """A secret is missing, unreadable or kept in an unsafe place on our side."""

    exit_code = 4
    code = "credential"


class LeaseHeld(AgentosError):
    """Another process is doing this work now."""

    exit_code = 6
    code = "lease_held"


class DataProblem(AgentosError):
    """Settings, database or a file cannot be used as they are; trying again changes nothing."""

    exit_code = 7
    code = "data"


class Temporary(AgentosError):
    """Trying again later may work: a busy database, a network that is away."""

    exit_code = 75
    code = "temporary"


class Unconfirmed(AgentosError):
    """What was sent may have arrived: the answer was lost. To send it again might do it twice."""

    exit_code = 75
    code = "unconfirmed"


class SourceError(AgentosError):
    """Something went wrong with a source. Never ends a morning: the caller records it and goes on."""

    code = "source"


class Retryable(SourceError):
    """The source did not answer properly this time: a timeout, a reset, a 5xx, a cut-off answer."""

    exit_code = 75
    code = "source_unavailable"


class RateLimited(SourceError):
    """The vendor asked us to wait until `not_before` (UTC)."""

    exit_code = 75
    code = "rate_limited"

    def __init__(self, what: str, *, not_before: datetime, fix: str | None = None) -> None:
        super().__init__(what, fix=fix)
        self.not_before = not_before


class CircuitOpen(SourceError):
    """The breaker did not let the call through. `until` (UTC) is when it will next let one try."""

    exit_code = 75
    code = "circuit_open"

    def __init__(self, what: str, *, until: datetime | None, fix: str | None = None) -> None:
        super().__init__(what, fix=fix)
        self.until = until


class CursorLost(SourceError):
    """The vendor does not know the cursor any more, or too much has changed since: read it whole."""

    exit_code = 75
    code = "cursor_lost"


class Fatal(SourceError):
    """The source, or what it sends, cannot be used; trying again changes nothing."""

    exit_code = 7
    code = "source_refused"


class CredentialRefused(Fatal):
    """The source refuses the key."""

    exit_code = 4
    code = "credential_refused"
