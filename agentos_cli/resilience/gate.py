"""The gate before every call to a source: asked for leave first, told the outcome after."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """How one attempt went, as far as the health of the source is concerned.

    A refused request (400, 404, 409, 422) is OK here: the source is alive and answered.
    """

    OK = "ok"
    SLOW = "slow"  # a good answer that took too long
    FAILED = "failed"  # timeout, reset, 5xx, an answer that cannot be read
    UNREACHABLE = "unreachable"  # no connection: DNS, refused, TLS
    LIMITED = "limited"  # 429: not a failure, but a time to come back
    REFUSED = "refused"  # 401, 403: the key
    UNSENT = "unsent"  # admitted, then not sent for reasons of our own: counts for nothing


class Gate(Protocol):
    """What `Http` asks before and tells after every attempt; `record` follows `admit` in one thread."""

    def admit(self) -> None:
        """Returns when the call may be made; raises CircuitOpen, RateLimited or CredentialRefused."""

    def record(self, outcome: Outcome, *, until: datetime | None = None, why: str = "") -> None:
        """How the admitted attempt went. `until` (UTC) goes with LIMITED: when the vendor wants us back;
        `why` with what is bad: what was wrong, in a few words without secrets."""


class OpenGate:
    """Admits everything and remembers nothing: for `check` before a connection is stored."""

    def admit(self) -> None:
        return None

    def record(self, outcome: Outcome, *, until: datetime | None = None, why: str = "") -> None:
        return None
