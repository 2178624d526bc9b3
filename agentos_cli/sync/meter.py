"""Tells whoever is watching how far a sync has come: one line on stderr that is rewritten, after a second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from agentos_cli import telemetry
from agentos_cli.clock import monotonic
from agentos_cli.connectors.catalogue import Spec
from agentos_cli.contract import Page

QUIET = 1.0
"""Seconds within which nothing is told: who waits so briefly needs no comfort."""


@dataclass(slots=True)
class _Count:
    """What came of one source. `totals` are by stream how many records there will be, as far as is told."""

    title: str
    began: float
    heard_at: float | None = None
    pages: int = 0
    records: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    streams: set[str] = field(default_factory=set)
    storing: bool = False

    def text(self, now: float) -> str:
        if self.storing:
            return f"{self.title}: {self.records:,} records read, storing"
        rate = self.records / max(0.001, now - self.began)
        whole = sum(self.totals.values()) if self.totals.keys() >= self.streams else 0
        of = f" of {whole:,}" if whole >= self.records > 0 else ""
        left = f", {_duration((whole - self.records) / rate)} left" if of and rate else ""
        return f"{self.title}: {self.records:,}{of} records, {self.pages:,} pages, {rate:,.0f}/s{left}"


class Meter:
    """Counts the pages of all sources, which come on threads of their own. `quiet`: it only counts."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._began = monotonic()
        self._counts: dict[str, _Count] = {}
        self._lock = threading.Lock()

    def hears(self, spec: Spec) -> Callable[[Page], None]:
        """What is to be told of every page of a source."""
        with self._lock:
            count = self._counts[spec.name] = _Count(spec.title, monotonic())

        def hear(page: Page) -> None:
            with self._lock:
                count.heard_at = monotonic()
                count.pages += 1
                count.records += len(page.records)
                count.streams.add(page.stream)
                if page.total is not None:
                    count.totals[page.stream] = page.total

        return hear

    def pages(self, source: str) -> int | None:
        """How many pages of a source came; None for one that has no pages."""
        with self._lock:
            return self._counts[source].pages if source in self._counts else None

    def heard_at(self, source: str) -> float | None:
        """When the last page of a source came, on the monotonic clock."""
        with self._lock:
            return self._counts[source].heard_at if source in self._counts else None

    def stores(self, source: str) -> None:
        """The source was read."""
        with self._lock:
            if source in self._counts:
                self._counts[source].storing = True

    def over(self, source: str) -> None:
        """The source is through; nothing more is told of it, though its pages can be asked for."""
        with self._lock:
            if source in self._counts:
                self._counts[source].title = ""

    def show(self) -> None:
        """Tell how far all have come."""
        now = monotonic()
        if self._quiet or now - self._began < QUIET:
            return
        with self._lock:
            told = [count.text(now) for count in self._counts.values() if count.title]
        telemetry.status(" · ".join(told))

    def clear(self) -> None:
        """Take the line away."""
        if not self._quiet:
            telemetry.status("")


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
