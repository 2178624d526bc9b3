"""The composition root: the only file that builds concrete classes and wires them. No business rules."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from agentos_cli import __version__, redaction, telemetry
from agentos_cli.clock import Clock, utc_now
from agentos_cli.config.load import Loaded, load
from agentos_cli.config.places import Places, places
from agentos_cli.connectors.catalogue import CATALOGUE, Spec, known
from agentos_cli.errors import UsageProblem
from agentos_cli.store.store import Store

if TYPE_CHECKING:
    from agentos_cli.briefing.desk import Desk
    from agentos_cli.contract import Connection
    from agentos_cli.demo.company.world import World
    from agentos_cli.demo.server import DemoServer
    from agentos_cli.http import Http
    from agentos_cli.plans import Plans
    from agentos_cli.rehearsal import Rehearsal
    from agentos_cli.renderers.connector import ConnectorDocument
    from agentos_cli.renderers.listings import AgentStateItem, CheckItem, ConnectorItem
    from agentos_cli.renderers.shapes import BriefDocument
    from agentos_cli.resilience.breaker import Breaker
    from agentos_cli.resilience.gate import Gate
    from agentos_cli.sources import Sources
    from agentos_cli.sync import Job, SyncOutcome
    from agentos_cli.vault import Vault
    from agents.nouns import Noun
    from agents.snapshot import Snapshot


STORING = 120.0
"""Seconds beyond its own for which a sync holds the work, since a large source takes time to be stored."""


@dataclass(frozen=True)
class App:
    """One command's view of the world: settings, clock, store and everything built on them."""

    loaded: Loaded
    places: Places
    environ: Mapping[str, str]
    clock: Clock
    still: bool = False
    """Whether the clock stands: at `--as-of`, or where the demo's does."""
    present: Clock = utc_now
    """The newest instant there is, whatever the clock shows: what is known now is known by then."""

    @classmethod
    def start(cls, *, as_of: str | None = None, demo: bool = False, tenant: str | None = None) -> App:
        """Settings from files and environment; with `demo`, those of the demo company, read if need be."""
        environ = os.environ
        found = places(environ)
        if demo:
            return cls._demo(found, environ, as_of, fresh=False)
        loaded = load(found, environ, Path.cwd(), CATALOGUE)
        if tenant:
            loaded = replace(loaded, settings=replace(loaded.settings, tenant=tenant))
        app = cls(loaded, found, environ, utc_now)
        return app.at(as_of)

    @classmethod
    def open(cls, *, as_of: str | None = None, demo: bool = False, tenant: str | None = None) -> App:
        """The same with a store that is ready for use; see `ready`."""
        app = cls.start(as_of=as_of, demo=demo, tenant=tenant)
        app.ready()
        return app

    @classmethod
    def demo(cls, as_of: str | None) -> App:
        """The demo company served and read anew, even when today's was read before."""
        return cls._demo(places(os.environ), os.environ, as_of, fresh=True)

    @classmethod
    def _demo(cls, found: Places, environ: Mapping[str, str], as_of: str | None, *, fresh: bool) -> App:
        from agentos_cli import rehearsal

        zone = ZoneInfo(rehearsal.SECTION.timezone)
        now = instant(as_of, zone) if as_of else utc_now().replace(second=0, microsecond=0)
        lived = None if fresh else rehearsal.found(rehearsal.replay_home(found.cache))
        if lived is not None and (as_of is None or lived.covers(now)):
            return cls._rehearsed(lived, environ).at(as_of)
        if lived is not None:
            first, last = (moment.astimezone(zone).date() for moment in (lived.since, lived.now))
            telemetry.notice(
                f"the replay goes from {first} to {last}; this is another company, made for that day"
            )
        place = rehearsal.home(found.cache, now, 45)
        kept = None if fresh else rehearsal.found(place)
        if kept is None or (as_of and kept.now != now):
            kept = rehearsal.rehearse(place, [now], lambda r: cls._play(r, environ, [now], lambda app: None))
        return cls._rehearsed(kept, environ)

    @classmethod
    def replay(cls, days: int, until: str | None, told: Callable[[int], None]) -> Rehearsal:
        """Let the demo company live through so many mornings up to `until`, each read and briefed by its own
        clock; the story is told on the last one. `told` hears of every morning that is over."""
        from agentos_cli import rehearsal

        found, zone = places(os.environ), ZoneInfo(rehearsal.SECTION.timezone)
        mornings = rehearsal.mornings(instant(until, zone) if until else utc_now(), days, zone)
        over = count(1)

        def morning(app: App) -> None:
            app.desk.brief()
            app.expect()
            told(next(over))

        place = rehearsal.replay_home(found.cache)
        return rehearsal.rehearse(place, mornings, lambda r: cls._play(r, os.environ, mornings, morning))

    @classmethod
    def _rehearsed(cls, kept: Rehearsal, environ: Mapping[str, str]) -> App:
        return cls(
            Loaded(kept.settings, {}, (), "demo"),
            kept.places,
            environ,
            lambda: kept.now,
            True,
            lambda: kept.now,
        )

    @classmethod
    def _play(
        cls, kept: Rehearsal, environ: Mapping[str, str], mornings: Sequence[datetime],
        then: Callable[[App], None],
    ) -> None:  # fmt: skip
        """Serve the demo company on loopback and take the way a user takes: upgrade and connect, then sync
        on each morning, and `then` what else is done on it."""
        from agentos_cli.demo.calendar import write_calendar
        from agentos_cli.demo.company.world import build_world
        from agentos_cli.demo.files import write_files
        from agentos_cli.demo.server import serving

        story, folder, hand = build_world(mornings[-1]), kept.places.state / "files", [mornings[0]]
        # one house whose clock goes on: what it has built, such as its way to the store, serves all days
        app = replace(cls._rehearsed(kept, environ), clock=lambda: hand[0], present=lambda: hand[0])
        with serving(story) as server:
            for now in mornings:
                hand[0] = now
                world = story if now == story.as_of else story.seen(now)
                server.show(world)
                write_files(world, folder)
                write_calendar(world, folder)
                if now == mornings[0]:
                    app._move_in(server, folder)
                app.sync(None, force=True, quiet=len(mornings) > 1)
                then(app)

    def _move_in(self, server: DemoServer, folder: Path) -> None:
        """What the demo company's owner does once: make the store, connect the sources, set goals."""
        from agentos_cli import rehearsal
        from agentos_cli.demo.calendar import FILE

        self.store.upgrade()
        files = {"folder": {"folder": str(folder)}, "address": {"file": str(folder / FILE)}}
        for spec in CATALOGUE.values():
            if spec.asks not in files and spec.name not in server.urls:
                continue  # not everything that can be connected is served
            options = files.get(spec.asks, rehearsal.OPTIONS)
            self.sources.connect(
                spec, secret=server.keys.get(spec.name), reference=None, keep_in="file",
                base_url=server.urls.get(spec.name), options=options, check=False,
            )  # fmt: skip
        for title, weight, tags in rehearsal.GOALS:
            self.plans.add_goal(title, None, weight, tags, self.today)

    def at(self, as_of: str | None) -> App:
        """The same, with the clock standing at `as_of`; None leaves it running."""
        if as_of is None:
            return self
        moment = instant(as_of, self.zone)
        return replace(self, clock=lambda: moment, still=True)

    # ── what is built ────────────────────────────────────────────────────────────────────────────

    @cached_property
    def zone(self) -> tzinfo:
        """The company's zone: the setting, else this machine's, else UTC."""
        return ZoneInfo(self.loaded.settings.company.timezone or _machine_zone(self.environ))

    @property
    def today(self) -> date:
        """The calendar day in the company's zone."""
        return self.clock().astimezone(self.zone).date()

    @cached_property
    def url(self) -> str:
        return self.loaded.settings.store.url or f"sqlite:///{self.places.database}"

    @cached_property
    def store(self) -> Store:
        settings = self.loaded.settings
        password = self.vault.resolve(settings.store.password) if settings.store.password else None
        return Store(self.url, settings.tenant, password=password)

    @cached_property
    def vault(self) -> Vault:
        from agentos_cli.vault import Vault

        return Vault(self.places.credentials, self.loaded.settings.tenant, self.environ)

    @cached_property
    def plans(self) -> Plans:
        from agentos_cli.plans import Plans

        return Plans(self.store, self.clock)

    @cached_property
    def desk(self) -> Desk:
        from agentos_cli.briefing.desk import YOUNG, Desk

        key = f"{__version__} {self.loaded.key} {self.zone}"
        young = timedelta(0) if self.still else YOUNG
        return Desk(self.store, self.snapshot, self.clock, self.zone, key, young)

    @cached_property
    def sources(self) -> Sources:
        from agentos_cli.resilience.gate import OpenGate
        from agentos_cli.sources import Sources

        currency = self.loaded.settings.company.currency
        return Sources(self.store, self.vault, self.clock, currency, lambda s: self._http(s, OpenGate()))

    # ── what can be asked ────────────────────────────────────────────────────────────────────────

    def ready(self) -> None:
        """A store that can be used: made at the first start, upgraded (after a backup) when it is older.

        A shared PostgreSQL store is never upgraded in passing. Raises DataProblem with what to do.
        """
        telemetry.keep_log(self.places.log(self.store.tenant))
        state = self.store.check_schema()
        ours = self.url.startswith("sqlite")
        if state == "empty" or (state == "older" and ours):
            kept = self.store.upgrade()
            how = f"upgraded (the former one is {kept})" if kept else "made ready"
            telemetry.notice(f"database {how}: {self.url}")
        elif state != "current":
            self.store.require_schema()

    def snapshot(self, nouns: Collection[type[Noun]]) -> Snapshot:
        from agentos_cli.briefing.knowledge import snapshot

        made = snapshot(self.store, self.loaded.settings, self.zone, self.clock(), nouns)
        self._seen[:] = [made]
        return made

    @cached_property
    def _seen(self) -> list[Snapshot]:
        """The newest snapshot, so that what comes after a brief need not read it again."""
        return []

    def expect(self) -> None:
        """Keep what this morning expects, and score what has become due: once a day, for the present alone.

        Raises nothing: whatever goes wrong costs a line on stderr.
        """
        if self.still and self.clock() != self.present():
            return
        from agentos_cli import forecasts

        forecasts.morning(self.store, self.today, self._last_seen)

    def _last_seen(self, nouns: Collection[type[Noun]]) -> Snapshot:
        kept = [seen for seen in self._seen if set(nouns) <= seen.records.keys()]
        return kept[0] if kept else self.snapshot(nouns)

    def restated(self) -> BriefDocument:
        """The brief of the clock's instant with what is known at present, and what that changes."""
        return self.desk.restated(self.hindsight, self.present())

    @cached_property
    def hindsight(self) -> Desk:
        """The desk that looks at the instant of the clock with what is known at present."""

        def see(nouns: Collection[type[Noun]]) -> Snapshot:
            from agentos_cli.briefing.knowledge import snapshot

            settings, now = self.loaded.settings, self.present()
            return snapshot(self.store, settings, self.zone, self.clock(), nouns, now)

        return replace(self.desk, see=see, known_at=self.present())

    def sync(
        self, names: Sequence[str] | None, *, force: bool, quiet: bool = False, patient: bool = False,
        full: bool = False, max_age: timedelta | None = None,
    ) -> tuple[SyncOutcome, ...]:  # fmt: skip
        """Read the named sources (all connected ones by default); with `force` off only those that are due:
        older than `max_age`, or else than their own life. Says so to whoever is watching, unless `quiet`.
        `patient`: they may take longer, as nobody waits for a brief; `full`: read whole.

        Raises LeaseHeld when another process is reading them now.
        """
        from agentos_cli.sync import Terms, due, sync

        settings, now = self.loaded.settings, self.clock()
        connections = {c.source: c for c in self.store.connections()}
        specs = known(connections.values()).values()
        chosen = [s for s in specs if s.name in connections and (names is None or s.name in names)]
        if not force:
            lives = self.lives() if max_age is None else {s.name: max_age for s in chosen}
            chosen = due(chosen, connections, self.store.read(now, ()).sources, lives, now)
        if not chosen:
            return ()
        silence = settings.sync.deadline
        seconds = max(silence, settings.sync.patience) if patient else silence
        with self.store.lease("sync", seconds + STORING) as lease:
            if not quiet:
                telemetry.progress(f"reading {', '.join(s.title for s in chosen)} ...")
            jobs = [self._job(s, connections[s.name], seconds) for s in chosen]
            terms = Terms(self.clock, settings.company.currency, self.zone, seconds, silence, full)
            return sync(self.store, lease, jobs, telemetry.this_run(now), terms, quiet=quiet)

    def lives(self) -> dict[str, timedelta]:
        """How long each source's data counts as fresh."""
        from agentos_cli.briefing.knowledge import life_of

        return {name: life_of(spec, self.loaded.settings.sync.life) for name, spec in self.specs().items()}

    def specs(self) -> dict[str, Spec]:
        """The catalogue, and the connected sources that are not in it."""
        return known(self.store.connections())

    def connectors(self) -> list[ConnectorItem]:
        from agentos_cli import overview
        from agentos_cli.connectors import guest
        from agentos_cli.connectors.guest.description import installed

        specs = self.specs()
        offered = [guest.offered(*each) for each in installed().items() if each[0] not in specs]
        return overview.connectors(self.store, [*specs.values(), *offered], self.lives(), self.clock())

    def connector(self, spec: Spec) -> ConnectorDocument:
        """All that is kept of one source besides its records."""
        from agentos_cli import overview

        life = self.lives().get(spec.name, spec.life)
        return overview.connector(self.store, spec, life, self._rate(spec), self.clock())

    def breaker(self, spec: Spec) -> Breaker:
        """The circuit breaker of a source, to be opened by hand."""
        from agentos_cli.resilience.breaker import Breaker

        return Breaker(self.store.breaker(spec.name), spec.name, utc_now, title=spec.title, zone=self.zone)

    def agents(self, run: str | None = None) -> list[AgentStateItem]:
        """Every agent's state; with `run`, that one is run first."""
        from agentos_cli import overview
        from agentos_cli.briefing.morning import CEO, agent_called
        from agents.catalogue import CATALOGUE as AGENTS

        if run is not None:
            self.desk.report(run)
        everyone = [agent_called(name) for name in (*AGENTS, CEO)]
        nouns = {noun for agent in everyone for noun in agent.reads}
        return overview.agents(self.store, self.snapshot(nouns), everyone)

    def doctor(self) -> list[CheckItem]:
        """Every check there is, in order. A check that cannot be made says so and never raises."""
        from agentos_cli import doctor

        found = [*doctor.program(self.loaded, self.zone, self.clock()), *doctor.places(self.places)]
        found += doctor.database(self.store)
        if self.store.check_schema() == "current":
            found += doctor.credentials(self.connectors(), self.vault)
        return found

    @classmethod
    def world(cls, as_of: str | None, customers: int, seed: int) -> World:
        """A demo company of another size or seed, for serving and for files."""
        from agentos_cli import rehearsal
        from agentos_cli.demo.company.world import build_world

        now = instant(as_of, ZoneInfo(rehearsal.SECTION.timezone)) if as_of else utc_now()
        return build_world(now, seed=seed, customers=customers)

    # ── how sources are reached ──────────────────────────────────────────────────────────────────

    def _job(self, spec: Spec, connection: Connection, seconds: float) -> Job:
        from agentos_cli.resilience.breaker import Breaker
        from agentos_cli.sync import Job

        secret = cache(lambda: self.sources.secret(connection))
        cell = self.store.breaker(spec.name)
        key = cache(lambda: redaction.fingerprint(secret()))
        breaker = cache(lambda: Breaker(cell, spec.name, utc_now, key(), title=spec.title, zone=self.zone))
        # one that is read whole gives no sign on its way
        path = cache(lambda: self._http(spec, breaker(), seconds if spec.streams() else None, key()))
        settings = self.loaded.settings.sync
        hours = settings.full_every_of.get(spec.name, settings.full_every)
        every = timedelta(hours=hours)
        return Job(spec, connection, secret, path, lambda ok: breaker().run_finished(ok), every)

    def _http(self, spec: Spec, gate: Gate, seconds: float | None = None, fingerprint: str = "") -> Http:
        """The path to a source, at a pace that all runs keep together. `fingerprint` stands for its key."""
        from agentos_cli.http import Http
        from agentos_cli.resilience.pace import SharedPace

        telemetry.quiet_logging()
        pace = SharedPace(self.store.pace(fingerprint or spec.name), self._rate(spec))
        deadline, tell = seconds or self.loaded.settings.sync.deadline, telemetry.notice
        return Http(spec.name, gate, title=spec.title, deadline_seconds=deadline, pace=pace, notice=tell)

    def _rate(self, spec: Spec) -> float:
        """How many calls a second a source gets from all runs together."""
        return self.loaded.settings.sync.rate.get(spec.name, spec.rate)


def instant(text: str, zone: tzinfo) -> datetime:
    """`2026-11-23T07:00` in `zone`, an instant with its own offset, or a day (its last second); in UTC."""
    try:
        if len(text) == len("2026-11-23"):
            moment = datetime.combine(date.fromisoformat(text), time(23, 59, 59))
        else:
            moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        fix = "--as-of 2026-11-23T07:00 or 2026-11-23"
        raise UsageProblem(f"`{text[:40]}` is no instant", fix=fix) from None


def _machine_zone(environ: Mapping[str, str]) -> str:
    """The IANA name of this machine's zone; UTC where it has none."""
    name = (
        environ.get("TZ", "").lstrip(":") or str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    )
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        return "UTC"
