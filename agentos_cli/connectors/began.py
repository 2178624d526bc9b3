"""When a read began, so that the next one can ask for what has changed since."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from agentos_cli.http import Response

OVERLAP = timedelta(minutes=5)
"""How much is read again: a vendor's search lags behind its records, and its machines differ."""


class Began:
    """The earlier of our clock's instant and of the first that the vendor's answers name, since either may be
    ahead. Thread-safe: instants only grow, so it matters little which of the first answers is kept."""

    def __init__(self, now: datetime) -> None:
        self._at = now

    def hear(self, response: Response) -> None:
        """Take note of an answer's `Date`; one that is missing or is no date says nothing."""
        try:
            said = parsedate_to_datetime(response.headers.get("date", ""))
        except ValueError:
            return
        self._at = min(self._at, said if said.tzinfo else said.replace(tzinfo=UTC))

    def since(self) -> str:
        """From where the next read asks for changes, as ISO 8601 in UTC. Known once there was an answer."""
        return (self._at - OVERLAP).astimezone(UTC).isoformat(timespec="seconds")
