"""The unit of work: everything that changes together, in one transaction of one tenant."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any

from sqlalchemy import Engine, delete
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from agentos_cli.contract import Connection, Skipped
from agentos_cli.errors import LeaseHeld
from agentos_cli.events import Event
from agentos_cli.store.columns import digest, encode
from agentos_cli.store.history import RevenueHistory
from agentos_cli.store.lease import Lease
from agentos_cli.store.link import Database, Link
from agentos_cli.store.outbox import COLUMNS, Appender, event_of
from agentos_cli.store.own import EnergyLevel, Goals, Mutes, Tasks
from agentos_cli.store.problems import clear_errors, translate
from agentos_cli.store.publication import Draft, publish
from agentos_cli.store.records import Changes, Said
from agentos_cli.store.schema import VERSION_TABLE, problem_of, state_of
from agentos_cli.store.staging import forget, start_over
from agentos_cli.store.tables import (
    NOUN_TABLES,
    ChangeRow,
    ConnectedRow,
    ConnectionRow,
    LeaseRow,
    SkippedRow,
    SourceStateRow,
    table_of,
)
from agentos_cli.store.values import BEGINNING, FOREVER, Dialect, clean
from agentos_cli.store.versions import Values, Versions
from agents.nouns import Noun, Subscription


class UnitOfWork:
    """`with store.unit_of_work() as work: ...; work.commit()`. Without the commit nothing happened.

    Opening it takes the write lock (one writer at a time), so keep network calls outside. `lease`
    makes the commit fail with LeaseHeld if another holder has taken the lease meanwhile.
    """

    def __init__(self, database: Database, engine: Engine, lease: Lease | None = None) -> None:
        self._database = database
        self._lease = lease
        self._session = Session(engine)
        session, tenant = self._session, database.tenant
        self.records = Records(session, tenant)
        self.sources = Sources(session, tenant)
        self.connections = Connections(session, tenant)
        self.goals = Goals(session, tenant)
        self.tasks = Tasks(session, tenant)
        self.energy = EnergyLevel(session, tenant)
        self.mutes = Mutes(session, tenant)

    def __enter__(self) -> UnitOfWork:
        self._database.turn.__enter__()
        with clear_errors(self._database.label):
            try:
                self._same_schema()
            except BaseException:
                self._leave()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()
        clear = translate(error, self._database.label) if error else None
        if clear is not None:
            raise clear from error

    def _leave(self) -> None:
        try:
            self._session.close()
        finally:
            self._database.turn.__exit__(None, None, None)

    def commit(self) -> None:
        """Make it all last. The unit of work is over; open another for more."""
        if self._lease is not None:
            self._still_held(self._lease)
        change = self._session.get(ChangeRow, self._database.tenant)
        number = change.number + 1 if change else 1
        self._session.merge(ChangeRow(tenant_id=self._database.tenant, number=number))
        self._session.commit()

    def announce(self, *events: Event) -> None:
        """Events of what is changed here: they are there if and when this is committed."""
        Appender(_link(self._session), self._database.tenant).append(*events)

    def last_announced(self, kind: str, aggregate: str) -> Event | None:
        """The newest event of this type about this."""
        sql = f"SELECT {COLUMNS} FROM event WHERE tenant_id = ? AND aggregate = ? AND type = ?"  # noqa: S608
        link = _link(self._session)
        row = link.one(f"{sql} ORDER BY number DESC LIMIT 1", self._database.tenant, aggregate, kind)
        return None if row is None else event_of(row, link.dialect)

    def publish(self, draft: Draft) -> Changes:
        """All that a draft of nouns changes; see `store.publication`."""
        return publish(_link(self._session), self._database.tenant, draft)

    def _same_schema(self) -> None:
        """Asked inside the transaction, since an upgrade may have come between."""
        revision = self._session.connection().exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608
        if problem := problem_of(state_of(revision.scalar(), True), self._database.label):
            raise problem

    def _still_held(self, lease: Lease) -> None:
        held = self._session.exec(
            select_rows(LeaseRow).where(
                LeaseRow.tenant_id == self._database.tenant,
                LeaseRow.name == lease.name,
                LeaseRow.fence == lease.fence,
            )
        ).first()
        if held is None:
            raise LeaseHeld(f"another run took over {lease.name}", fix="nothing was saved; run it again")


class Records:
    """The nouns, kept by whole sets: what a source says now is what there is."""

    def __init__(self, session: Session, tenant: str) -> None:
        self._session = session
        self._tenant = tenant

    def replace(self, source: str, noun_class: type[Noun], records: Iterable[Noun], at: datetime) -> Changes:
        """All records of one noun from one source as they are from `at` on; what is missing is gone.

        Unchanged records keep their version. Of two records with one id the later one counts. Raises
        DataProblem for a record that no database can hold (an amount beyond 64 bits, a naive instant).
        """
        versions = Versions(self._session, NOUN_TABLES[noun_class], self._tenant, ("source", "id"))
        rows = ((_noun_row(record), record) for record in records)
        said = {(row["source"], row["id"]): (row, record) for row, record in rows}
        wanted = {key: row for key, (row, _) in said.items()}
        if strangers := {key[0] for key in wanted} - {source}:
            raise ValueError(f"records of {sorted(strangers)} in a batch of {source}")
        only = () if noun_class is Subscription else ("digest",)
        known = versions.open(at, only=only, source=source)
        fresh = {key: row for key, row in wanted.items() if not _stands(known.get(key, []), row, at)}
        gone = known.keys() - wanted.keys()
        ended = [version for key in fresh.keys() | gone for version in known.get(key, [])]
        versions.end(ended, at)
        versions.start(fresh.values(), at, versions.numbers(source=source) if fresh else {})
        if noun_class is Subscription:
            new = (said[key][1] for key in fresh)
            history = RevenueHistory(_link(self._session), self._tenant)
            history.change(source, ended, (one for one in new if isinstance(one, Subscription)), at)
        changed = len(fresh.keys() & known.keys())
        return Changes(len(fresh) - changed, changed, len(gone), len(wanted) - len(fresh))


def _link(session: Session) -> Link:
    """The plain way to the database, in the transaction of the session."""
    connection = session.connection()
    return Link(connection.connection.driver_connection, Dialect(connection.dialect.name))


def _noun_row(record: Noun) -> dict[str, Any]:
    row = encode(record)
    return {**row, "digest": digest(row)}


def _stands(known: Sequence[Values], row: Values, at: datetime) -> bool:
    """Whether the record already is what it should be, now and for good."""
    return (
        len(known) == 1
        and known[0]["digest"] == row["digest"]
        and bool(known[0]["recorded_at"] <= at)
        and bool(known[0]["superseded_at"] == FOREVER)
    )


class Sources:
    """How each kind of each source stands: when it last came, and what is wrong."""

    def __init__(self, session: Session, tenant: str) -> None:
        self._session = session
        self._tenant = tenant
        self._versions = Versions(session, table_of(SourceStateRow), tenant, ("source", "kind"))

    def synced(
        self,
        source: str,
        kind: str,
        at: datetime,
        skipped: Sequence[Skipped] = (),
        observed_at: datetime | None = None,
        caution: str | None = None,
    ) -> None:
        """It came, at `at`. `observed_at`: when the source itself last changed, where that says more;
        `caution`: why it is not to be trusted all the same, which only another connection mends."""
        self._came(source, kind, at, observed_at, caution, len(skipped))
        mine = (SkippedRow.tenant_id, self._tenant), (SkippedRow.source, source), (SkippedRow.kind, kind)
        self._session.connection().execute(
            delete(SkippedRow).where(*(col(column) == value for column, value in mine))
        )
        for number, one in enumerate(skipped):
            self._session.add(
                SkippedRow(
                    tenant_id=self._tenant,
                    source=source,
                    kind=kind,
                    number=number,
                    place=clean(one.where),
                    why=clean(one.why),
                    part="",
                    aside=one.aside,
                )
            )
        self._session.flush()

    def renewed(self, source: str, said: Mapping[str, Said], at: datetime) -> None:
        """All that is known of a source was up to date at `at`, and of these kinds it said more."""
        partial = Counter(one.kind for one in self.skipped(source))
        for kind in sorted(said.keys() | {key[1] for key in self._versions.open(at, source=source)}):
            told = said.get(kind) or self._stands(source, kind, at)
            self._came(source, kind, at, told.observed_at, told.caution, partial[kind])

    def skipped(self, source: str) -> list[Skipped]:
        """What could not be read of a source, or does not count."""
        rows = self._session.exec(
            select_rows(SkippedRow)
            .where(SkippedRow.tenant_id == self._tenant, SkippedRow.source == source)
            .order_by(SkippedRow.kind, col(SkippedRow.number))
        )
        return [Skipped(row.kind, row.place, row.why, row.aside) for row in rows]

    def _stands(self, source: str, kind: str, at: datetime) -> Said:
        """What holds of a kind of which nothing new is said: a caution is a problem without an instant."""
        before = self._versions.current(at, source=source, kind=kind)
        cautioned = before is not None and before["problem_at"] is None
        return Said(None, before["problem"] if before and cautioned else None)

    def _came(
        self, source: str, kind: str, at: datetime, observed_at: datetime | None, caution: str | None,
        partial: int,
    ) -> None:  # fmt: skip
        self._versions.put(
            at,
            {
                "source": source,
                "kind": kind,
                "synced_at": observed_at or at,
                "problem": None if caution is None else clean(caution),
                "fix": None if caution is None else f"agentos connect {source}",
                "problem_at": None,
                "partial": partial,
            },
        )

    def problem(self, source: str, at: datetime) -> str | None:
        """Why it could not be read the last time; None if it could be, or never was tried."""
        now = self._versions.open(at, source=source)
        standing = (v for versions in now.values() for v in versions if v["problem_at"] is not None)
        return next((str(v["problem"]) for v in standing if v["recorded_at"] <= at), None)

    def failed(
        self, source: str, kinds: Collection[str], problem: str, fix: str | None, at: datetime
    ) -> None:
        """It did not come. What was known stays, with its age."""
        for kind in kinds:
            before = self._versions.current(at, source=source, kind=kind)
            self._versions.put(
                at,
                {
                    "source": source,
                    "kind": kind,
                    "synced_at": before["synced_at"] if before else None,
                    "problem": clean(problem),
                    "fix": fix,
                    "problem_at": at,
                    "partial": before["partial"] if before else 0,
                },
            )


class Connections:
    """How the tenant reaches its sources."""

    def __init__(self, session: Session, tenant: str) -> None:
        self._session = session
        self._tenant = tenant
        self._versions = Versions(session, table_of(ConnectedRow), tenant, ("source",))

    def put(self, connection: Connection, at: datetime) -> None:
        """Add a connection or replace the one of this source, which then is connected as before."""
        source = connection.source
        start_over(_link(self._session), self._tenant, source)
        if self._session.get(ConnectionRow, (self._tenant, source)) is None:
            self._versions.put(at, {"source": source})
        self._session.merge(
            ConnectionRow(
                tenant_id=self._tenant,
                source=connection.source,
                credential=connection.credential,
                base_url=connection.base_url,
                options=json.dumps(dict(connection.options), sort_keys=True),
            )
        )
        self._session.flush()

    def list(self) -> tuple[Connection, ...]:
        """By source."""
        rows = self._session.exec(select_rows(ConnectionRow).where(ConnectionRow.tenant_id == self._tenant))
        return tuple(
            Connection(row.source, row.credential, row.base_url, json.loads(row.options))
            for row in sorted(rows, key=lambda row: row.source)
        )

    def remove(self, source: str, at: datetime) -> bool:
        """False if there was none. Records that came from it stay until the next sync says otherwise."""
        row = self._session.get(ConnectionRow, (self._tenant, source))
        if row is None:
            return False
        if not self._versions.numbers(source=source):
            self._versions.start([{"source": source}], BEGINNING, {})
        self._versions.drop(at, source=source)
        forget(_link(self._session), self._tenant, source)
        self._session.delete(row)
        self._session.flush()
        return True
