"""The one door to what is stored. Opening it costs nothing; reading imports no ORM, writing does."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agentos_cli.contract import Connection, Skipped
from agentos_cli.errors import DataProblem, UsageProblem
from agentos_cli.store.journal import Journal
from agentos_cli.store.lease import Lease, hold
from agentos_cli.store.link import Database, transaction
from agentos_cli.store.records import Answer, Known, Origin, SavedBriefing
from agentos_cli.store.schema import SchemaState, problem_of
from agentos_cli.store.values import clean
from agentos_cli.telemetry import RunRecord, log_runs

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from agentos_cli.events import Event
    from agentos_cli.store.archives import StoredArchives
    from agentos_cli.store.breakers import StoredBreaker
    from agentos_cli.store.check import Finding
    from agentos_cli.store.checks import StoredChecks
    from agentos_cli.store.dispatch import Unarrived
    from agentos_cli.store.documents import StoredDocuments
    from agentos_cli.store.event_log import EventLog
    from agentos_cli.store.forecasts import StoredForecasts
    from agentos_cli.store.gauges import Gauges
    from agentos_cli.store.ideas import StoredIdeas
    from agentos_cli.store.imports import StoredImports
    from agentos_cli.store.knowledge import StoredKnowledge
    from agentos_cli.store.models import StoredModels
    from agentos_cli.store.outbox import Outbox
    from agentos_cli.store.pace import StoredPace
    from agentos_cli.store.passages import Found
    from agentos_cli.store.profiles import StoredProfiles
    from agentos_cli.store.schedules import StoredSchedules
    from agentos_cli.store.sessions import StoredSessions
    from agentos_cli.store.skills import StoredSkills
    from agentos_cli.store.staging import Staging
    from agentos_cli.store.standing import Standing
    from agentos_cli.store.watched import Watched
    from agentos_cli.store.work import UnitOfWork
    from agents.nouns import Noun

TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Store:
    """One tenant's view of one database: `sqlite:///PATH` or `postgresql://...`.

    Nothing of another tenant can be read or written through it. Methods raise DataProblem for a
    database that cannot be used as it is and Temporary for one that is busy or away. `superuser` lets
    a PostgreSQL role in that row-level security does not bind; only administration should ask for it.
    """

    def __init__(
        self, url: str, tenant: str, *, password: str | None = None, superuser: bool = False
    ) -> None:
        if not TENANT.fullmatch(tenant):
            raise UsageProblem(
                f"{clean(tenant)!r} is no tenant name",
                fix="use lower-case letters, digits and hyphens, 63 at most",
            )
        self.tenant = tenant
        self._database = _database(url, tenant, password, superuser)
        self._engine: Engine | None = None

    # reading: no ORM

    def read(self, at: datetime, nouns: Collection[type[Noun]], many: int | None = None) -> Known:
        """Everything that was known at `at` (aware), in one snapshot; the same call gives the same answer.

        From so `many` versions of subscriptions on, their packed history comes in place of the records.
        """
        from agentos_cli.store.reading import Reader

        with transaction(self._database) as link:
            return Reader(link, self.tenant).known(at, nouns, many)

    def origins(self, refs: Collection[str], at: datetime) -> dict[str, Origin]:
        """By evidence id, the records behind a figure as they were known at `at`; unknown ones left out."""
        from agentos_cli.store.reading import Reader

        with transaction(self._database) as link:
            return Reader(link, self.tenant).origins(refs, at)

    def runs(
        self, limit: int = 50, work: str | None = None, name: str | None = None
    ) -> tuple[RunRecord, ...]:
        """The newest runs first, of one kind of work or one name if given."""
        with transaction(self._database) as link:
            return Journal(link, self.tenant).runs(limit, work, name)

    def run(self, run_id: str) -> tuple[tuple[RunRecord, ...], SavedBriefing | None]:
        """All of the runs whose id begins like that, in the order they came; the briefing of the first."""
        with transaction(self._database) as link:
            return Journal(link, self.tenant).run(run_id)

    def last_briefing(self, before: datetime | None = None) -> SavedBriefing | None:
        """The newest briefing, or the newest whose `as_of` is earlier than `before`."""
        with transaction(self._database) as link:
            return Journal(link, self.tenant).last_briefing(before)

    def briefing(self, run_id: str) -> SavedBriefing | None:
        """The briefing that a run made."""
        with transaction(self._database) as link:
            return Journal(link, self.tenant).briefing(run_id)

    def answer(self, name: str) -> tuple[int, Answer | None]:
        """How often what is known has changed so far, and the last answer kept under `name`."""
        with transaction(self._database) as link:
            journal = Journal(link, self.tenant)
            return journal.changes(), journal.answer(name)

    def connections(self) -> tuple[Connection, ...]:
        """How the tenant reaches its sources, by source."""
        with transaction(self._database) as link:
            return Journal(link, self.tenant).connections()

    def since(self) -> datetime | None:
        """When a source was first read, or tried to: before that nothing was known. None if it never was."""
        from agentos_cli.store.reading import Reader

        with transaction(self._database) as link:
            return Reader(link, self.tenant).since()

    def skipped(self) -> tuple[tuple[str, Skipped], ...]:
        """Source and record, for all that the last sync of each kind could not read."""
        from agentos_cli.store.reading import Reader

        with transaction(self._database) as link:
            return Reader(link, self.tenant).skipped()

    def check_schema(self) -> SchemaState:
        """Whether this program can use the database. Raises nothing."""
        return self._database.state()

    def require_schema(self) -> None:
        """Raises the clear error, with the command that mends it, unless the schema is this program's."""
        state = self.check_schema()
        if state is SchemaState.UNREADABLE:
            self.connections()  # says what is wrong, or waits until another's lock is gone
            state = self.check_schema()
        if problem := problem_of(state, self._database.label):
            raise problem

    # small writes of every morning: no ORM either

    def record(
        self,
        runs: Sequence[RunRecord],
        briefing: SavedBriefing | None = None,
        answer: Answer | None = None,
        events: Sequence[Event] = (),
        only: str | None = None,
    ) -> None:
        """Append runs and the briefing they made, keep their answer, announce `events` (to `only` this
        consumer, if one is named): one transaction. Runs are logged, whatever becomes of it."""
        log_runs(runs)
        with transaction(self._database, write=True) as link:
            journal = Journal(link, self.tenant)
            journal.put_runs(runs)
            if briefing is not None:
                journal.put_briefing(briefing)
            if answer is not None:
                journal.put_answer(answer)
            if events:
                from agentos_cli.store.outbox import Appender

                Appender(link, self.tenant).append(*events, only=only)

    def forget_runs(self, before: datetime) -> int:
        """Forget runs that began before that, but for the last good and the last bad one of each name."""
        with transaction(self._database, write=True) as link:
            return Journal(link, self.tenant).forget_runs(before)

    def breaker(self, source: str) -> StoredBreaker:
        """Where the circuit breaker of one source keeps its state."""
        from agentos_cli.store.breakers import StoredBreaker

        return StoredBreaker(self._database, source)

    def standing(self, source: str) -> Standing:
        """How one source stands: connected since when, read how far, and what its breaker remembers."""
        from agentos_cli.store.standing import standing

        return standing(self._database, source)

    def pace(self, credential: str) -> StoredPace:
        """Where all processes agree on their calls with one credential, given by its fingerprint."""
        from agentos_cli.store.pace import StoredPace

        return StoredPace(self._database, credential)

    def forecasts(self) -> StoredForecasts:
        """Where each morning's forecasts are kept, and what came of them."""
        from agentos_cli.store.forecasts import StoredForecasts

        return StoredForecasts(self._database)

    def gauges(self) -> Gauges:
        """How runs, breakers, alerts, deliveries and schedules stand, as figures for monitoring."""
        from agentos_cli.store.gauges import gauges

        return gauges(self._database)

    def lease(self, name: str, seconds: float) -> AbstractContextManager[Lease]:
        """`with store.lease("brief", 60):` — LeaseHeld if another process has it. See `store.lease`."""
        return hold(self._database, name, seconds)

    def imports(self) -> StoredImports:
        """What was brought over from elsewhere; see `store.imports`."""
        from agentos_cli.store.imports import StoredImports

        return StoredImports(self._database)

    def outbox(self) -> Outbox:
        """Delivers what was announced: `with store.outbox() as outbox:`; see `store.outbox`."""
        from agentos_cli.store.outbox import Outbox

        return Outbox(self._database)

    def event_log(self) -> EventLog:
        """What was announced and how it was delivered, for people."""
        from agentos_cli.store.event_log import EventLog

        return EventLog(self._database)

    def announce_once(self, event: Event, only: str | None = None) -> bool:
        """Announce an event unless one of its id was before; see `store.dispatch`."""
        from agentos_cli.store.dispatch import announce_once

        return announce_once(self._database, event, only)

    def unarrived(self) -> list[Unarrived]:
        """What a person ought to know did not arrive, newest first."""
        from agentos_cli.store.dispatch import unarrived

        return unarrived(self._database)

    def checks(self) -> StoredChecks:
        """How checks stand, and what they raised."""
        from agentos_cli.store.checks import StoredChecks

        return StoredChecks(self._database)

    def profiles(self) -> StoredProfiles:
        """Agents as they were set up elsewhere."""
        from agentos_cli.store.profiles import StoredProfiles

        return StoredProfiles(self._database)

    def models(self) -> StoredModels:
        """Where models are reached, and how one is chosen."""
        from agentos_cli.store.models import StoredModels

        return StoredModels(self._database)

    def archives(self) -> StoredArchives:
        """What was brought from elsewhere and has no place here."""
        from agentos_cli.store.archives import StoredArchives

        return StoredArchives(self._database)

    def watched(self) -> Watched:
        """What the heartbeat looks at beside records."""
        from agentos_cli.store.watched import Watched

        return Watched(self._database)

    def documents(self) -> StoredDocuments:
        """The documents of agents' workspaces, and every version of them."""
        from agentos_cli.store.documents import StoredDocuments

        return StoredDocuments(self._database)

    def knowledge(self) -> StoredKnowledge:
        """What is remembered, by file and by day."""
        from agentos_cli.store.knowledge import StoredKnowledge

        return StoredKnowledge(self._database)

    def search(
        self, words: str, rooms: Collection[str] = (), limit: int = 20, things_like: str | None = None
    ) -> list[Found]:
        """The passages in which these words are; see `store.passages`."""
        from agentos_cli.store.passages import search

        return search(self._database, words, rooms, limit, things_like)

    def schedules(self) -> StoredSchedules:
        """What is to be done when, and what came of each due time."""
        from agentos_cli.store.schedules import StoredSchedules

        return StoredSchedules(self._database)

    def skills(self) -> StoredSkills:
        """What models could be instructed with, and which of it may be used."""
        from agentos_cli.store.skills import StoredSkills

        return StoredSkills(self._database)

    def ideas(self) -> StoredIdeas:
        """The idea garden."""
        from agentos_cli.store.ideas import StoredIdeas

        return StoredIdeas(self._database)

    def sessions(self) -> StoredSessions:
        """Conversations that were had elsewhere."""
        from agentos_cli.store.sessions import StoredSessions

        return StoredSessions(self._database)

    def staging(self, source: str, lease: Lease | None = None) -> AbstractContextManager[Staging]:
        """Where the pages of a source that is read in parts are kept; see `store.staging`."""
        from agentos_cli.store.staging import Staging

        return closing(Staging(self._database, source, lease))

    # changes and administration: SQLModel and Alembic, imported here and not before

    def unit_of_work(self, lease: Lease | None = None) -> UnitOfWork:
        """One transaction over everything that changes together; see `store.work`."""
        from agentos_cli.store.engine import engine
        from agentos_cli.store.work import UnitOfWork

        if self._engine is None:
            self._engine = engine(self._database)
        return UnitOfWork(self._database, self._engine, lease)

    def upgrade(self) -> Path | None:
        """Bring the schema to this program's; gives the backup that was made first, if one was."""
        from agentos_cli.store.history import mend
        from agentos_cli.store.migrate import upgrade

        kept = upgrade(self._database)
        mend(self._database)
        return kept

    def grant(self, role: str) -> None:
        """Let an existing PostgreSQL role read and write, but own nothing: the role for every day."""
        from agentos_cli.store.roles import grant

        grant(self._database, role)

    def backup(self, path: Path) -> None:
        """Write a verified copy of a SQLite store to `path`, mode 0600. An older file there is replaced."""
        from agentos_cli.store.backup import save

        save(self._database, path)

    def restore(self, path: Path) -> Path | None:
        """Put a backup in the store's place once it is verified; gives where the old store was kept."""
        from agentos_cli.store.backup import restore

        return restore(self._database, path)

    def check(self) -> tuple[Finding, ...]:
        """What is right and wrong with the database, for `agentos db check` and `agentos doctor`."""
        from agentos_cli.store.check import check

        return check(self._database)


def _database(url: str, tenant: str, password: str | None, superuser: bool) -> Database:
    if url.startswith("sqlite:///") and (path := url.removeprefix("sqlite:///")):
        from agentos_cli.store.sqlite import SqliteFile

        return SqliteFile(Path(path).expanduser(), tenant)
    if url.startswith(("postgresql://", "postgres://")):
        from agentos_cli.store.postgres import Postgres

        return Postgres(url, tenant, password=password, superuser=superuser)
    raise DataProblem(
        "store.url is neither sqlite:///PATH nor postgresql://...", fix="agentos config show --origin"
    )
