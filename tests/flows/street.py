"""A street of vendors and the houses on it.

The demo company is served on loopback, watched and held up at will; a house is the program's composition
root over a home of its own, with a clock that is handed in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agentos_cli.app import App
from agentos_cli.clock import Clock
from agentos_cli.config.load import Loaded
from agentos_cli.config.model import Company, Settings, Storage, Syncing
from agentos_cli.config.places import places
from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.demo.company.world import World, build_world
from agentos_cli.demo.exchange import Reply, Request, Vendor
from agentos_cli.demo.faults import Faults
from agentos_cli.demo.files import write_files
from agentos_cli.demo.server import DemoServer
from agentos_cli.rehearsal import SERVED
from agentos_cli.resilience.state import BreakerState, Mark
from agentos_cli.store.store import Store

MORNING = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
VENDORS = ("stripe", "hubspot", "linear")
COMPANY = Company("Fernwick", "USD", "Europe/Berlin")
PATIENCE = 30.0
"""Seconds after which a test that waits for a process or a thread gives up."""


@dataclass
class Watch:
    """What the vendors saw, in order: ("asked" or "answered", source, number). `before` is called with
    the source ahead of every answer, so that a test can hold it up."""

    before: Callable[[str], None] = lambda source: None
    log: list[tuple[str, str, int]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, source: str, number: int) -> None:
        with self._lock:
            self.log.append((what, source, number))

    def asked(self, source: str) -> int:
        """How many requests of a source came so far."""
        with self._lock:
            return sum(what == "asked" and name == source for what, name, _ in self.log)


@dataclass(frozen=True)
class Watched:
    """A vendor that notes what it is asked."""

    vendor: Vendor
    source: str
    watch: Watch

    def answer(self, request: Request, number: int) -> Reply:
        self.watch.note("asked", self.source, number)
        self.watch.before(self.source)
        try:
            return self.vendor.answer(request, number)
        finally:
            self.watch.note("answered", self.source, number)

    def refusal(self, kind: str, number: int, *, status: int = 500, wait: int | None = None) -> Reply:
        return self.vendor.refusal(kind, number, status=status, wait=wait)


@dataclass(frozen=True)
class Street:
    """The vendors of one company and the folder of its CSV files."""

    world: World = field(repr=False)
    server: DemoServer
    folder: Path
    watch: Watch

    @classmethod
    def of(cls, world: World, folder: Path) -> Street:
        """`with street.server:` opens it."""
        server, watch = DemoServer(world), Watch()
        for source, vendor in server.vendors.items():
            server.vendors[source] = Watched(vendor, source, watch)
        write_files(world, folder)
        return cls(world, server, folder, watch)

    def order(self, faults: str) -> None:
        self.server.order(Faults.parse(faults))

    def quiet(self) -> None:
        """In good health, and nothing seen yet."""
        self.server.recover()
        self.watch.log.clear()
        self.watch.before = lambda source: None

    def connect(self, house: App, *sources: str) -> App:
        """Connect the house to these sources, or to all that are served; gives the house."""
        for name in sources or (*VENDORS, "files"):
            house.sources.connect(
                CATALOGUE[name], secret=self.server.keys.get(name), reference=None, keep_in="file",
                base_url=self.server.urls.get(name), options={"folder": str(self.folder)}, check=False,
            )  # fmt: skip
        return house


def small_world(at: datetime) -> World:
    """A company small enough to be read in a moment, with all of its story."""
    return build_world(at, customers=9, deals=5, projects=2, team=5)


def house(
    home: Path,
    clock: Clock | datetime,
    *,
    url: str = "",
    tenant: str = "default",
    deadline: float = 60.0,
    still: bool = False,
) -> App:
    """The program in `home`, at an instant or by a clock, over a store that is ready."""
    settings = Settings(tenant, COMPANY, Storage(url), Syncing(deadline, rate=SERVED.rate))
    environ = {"HOME": str(home), "TZ": "UTC"}
    tick = (lambda: clock) if isinstance(clock, datetime) else clock
    made = App(Loaded(settings, {}, (), repr(settings)), places(environ), environ, tick, still)
    if made.store.check_schema() != "current":
        made.store.upgrade()
    return made


def at(made: App, moment: datetime) -> App:
    """The same house with its clock at another instant."""
    return replace(made, clock=lambda: moment)


def grow_older(store: Store, source: str, by: timedelta) -> None:
    """Let the breaker of a source have seen all that it saw `by` earlier, as if that time had passed."""

    def older(state: BreakerState | None) -> tuple[BreakerState, None]:
        assert state is not None
        marks = tuple(Mark(mark.at - by, mark.outcome) for mark in state.outcomes)
        return replace(
            state,
            outcomes=marks,
            opened_at=state.opened_at and state.opened_at - by,
            probe_until=state.probe_until and state.probe_until - by,
            not_before=state.not_before and state.not_before - by,
        ), None

    store.breaker(source).update(older)
