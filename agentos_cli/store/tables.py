"""The tables: one generated per noun, and our own state as SQLModel classes. They never leave this room.

Every table has `tenant_id` first in its primary key. What can be asked about a past morning is kept in
versions: a row holds from `recorded_at` until `superseded_at` (FOREVER while it is true), half-open.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy import Column as SqlColumn
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Dialect as SqlDialect
from sqlalchemy.sql.type_api import TypeEngine
from sqlmodel import Field, SQLModel

from agentos_cli.store.columns import columns
from agentos_cli.store.values import READ, Dialect, Kind, bind
from agents.nouns import NOUNS, Noun

DIALECTS = {str(dialect): dialect for dialect in Dialect}
"""By name: to make one of a name for every value that is read took longer than reading it."""
STRICT = {"sqlite_strict": True}
CHANGED = text("changed")
METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
TYPES: dict[Kind, tuple[TypeEngine[Any], TypeEngine[Any]]] = {
    Kind.INT: (Integer(), BigInteger()),
    Kind.AMOUNT: (Integer(), BigInteger()),
    Kind.REAL: (REAL(), Double()),
    Kind.FLAG: (Integer(), Boolean()),
    Kind.DAY: (Text(), Date()),
    Kind.INSTANT: (Text(), TIMESTAMP(timezone=True)),
    Kind.BYTES: (LargeBinary(), LargeBinary()),
}
"""Column kind to its SQLite and PostgreSQL type, where that is not TEXT on both."""


class Stored(TypeDecorator[Any]):
    """A column kind as each database keeps it: STRICT SQLite tables know INTEGER, REAL and TEXT alone."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: SqlDialect) -> TypeEngine[Any]:
        sqlite, postgres = TYPES.get(self.kind, (Text(), Text()))
        return sqlite if dialect.name == Dialect.SQLITE else postgres

    def process_bind_param(self, value: Any, dialect: SqlDialect) -> Any:
        return bind(value, DIALECTS[dialect.name])

    def process_result_value(self, value: Any, dialect: SqlDialect) -> Any:
        convert = READ[DIALECTS[dialect.name]].get(self.kind)
        return value if value is None or convert is None else convert(value)


def _check(sql: str, name: str) -> CheckConstraint:
    return CheckConstraint(sql, name=name)


def _flag(name: str) -> CheckConstraint:
    """SQLite keeps a flag as an integer, so it has to be told which two."""
    return CheckConstraint(f"{name} IN (0, 1)", name=f"{name}_flag").ddl_if(dialect="sqlite")


def _money(name: str) -> CheckConstraint:
    """Amount and currency come together or not at all; the currency is three capital letters."""
    amount, currency = f"{name}_amount", f"{name}_currency"
    return _check(
        f"({amount} IS NULL) = ({currency} IS NULL) AND length({currency}) = 3"
        f" AND {currency} = upper({currency})",
        f"{name}_money",
    )


def _span() -> CheckConstraint:
    return _check("recorded_at <= superseded_at", "span")


def noun_table(noun: type[Noun]) -> Table:
    """The table of one noun: its fields, and the versions of each record."""
    described = columns(noun)
    keys = {"source", "id"}
    return Table(
        noun.kind,
        METADATA,
        SqlColumn("tenant_id", Stored(Kind.TEXT), primary_key=True),
        *(SqlColumn(c.name, Stored(c.kind), primary_key=True) for c in described if c.name in keys),
        SqlColumn("version", Stored(Kind.INT), primary_key=True, autoincrement=False),
        *(SqlColumn(c.name, Stored(c.kind), nullable=c.null) for c in described if c.name not in keys),
        SqlColumn("recorded_at", Stored(Kind.INSTANT), nullable=False),
        SqlColumn("superseded_at", Stored(Kind.INSTANT), nullable=False),
        SqlColumn("digest", Stored(Kind.TEXT), nullable=False),
        *(_flag(c.name) for c in described if c.kind is Kind.FLAG),
        *(_money(c.name.removesuffix("_amount")) for c in described if c.kind is Kind.AMOUNT),
        _span(),
        Index(None, "tenant_id", "superseded_at"),
        sqlite_strict=True,
    )


NOUN_TABLES: dict[type[Noun], Table] = {noun: noun_table(noun) for noun in NOUNS}


def _key(kind: Kind = Kind.TEXT) -> Any:
    # `sa_type` is annotated as a class, but an instance is what SQLAlchemy columns take
    return Field(primary_key=True, sa_type=cast("type[Any]", Stored(kind)), sa_column_kwargs=_ONLY_KEY)


def _field(kind: Kind = Kind.TEXT, *, null: bool = False) -> Any:
    return Field(sa_type=cast("type[Any]", Stored(kind)), nullable=null)


_ONLY_KEY = {"autoincrement": False}


class Row(SQLModel):
    """What the classes below share: one metadata, with a name for every constraint."""

    metadata = METADATA


class ConnectionRow(Row, table=True):
    """How the tenant reaches a source; `credential` is a reference, never the secret."""

    __tablename__ = "connection"
    __table_args__ = STRICT
    tenant_id: str = _key()
    source: str = _key()
    credential: str | None = _field(null=True)
    base_url: str | None = _field(null=True)
    options: str = _field(Kind.JSON)


class ConnectedRow(Row, table=True):
    """When a source was connected, in versions: what a past morning says must not hang on today's
    connections. A source that has no version at all has been connected as long as its connection is there.
    """

    __tablename__ = "connected"
    __table_args__ = (_span(), STRICT)
    tenant_id: str = _key()
    source: str = _key()
    version: int = _key(Kind.INT)
    recorded_at: datetime = _field(Kind.INSTANT)
    superseded_at: datetime = _field(Kind.INSTANT)


class SourceStateRow(Row, table=True):
    """When a kind last came from a source, and what is wrong now, in versions."""

    __tablename__ = "source_state"
    __table_args__ = (_span(), Index(None, "tenant_id", "superseded_at"), STRICT)
    tenant_id: str = _key()
    source: str = _key()
    kind: str = _key()
    version: int = _key(Kind.INT)
    synced_at: datetime | None = _field(Kind.INSTANT, null=True)
    problem: str | None = _field(null=True)
    fix: str | None = _field(null=True)
    problem_at: datetime | None = _field(Kind.INSTANT, null=True)
    partial: int = _field(Kind.INT)
    recorded_at: datetime = _field(Kind.INSTANT)
    superseded_at: datetime = _field(Kind.INSTANT)


class SkippedRow(Row, table=True):
    """The records that the last sync of a kind could not read."""

    __tablename__ = "skipped_record"
    __table_args__ = (_flag("aside"), STRICT)
    tenant_id: str = _key()
    source: str = _key()
    kind: str = _key()
    number: int = _key(Kind.INT)
    place: str = _field()
    why: str = _field()
    part: str = _field()
    """The group of records it belongs to, where a source is read in parts."""
    aside: bool = _field(Kind.FLAG)


class RunRow(Row, table=True):
    """One agent run or source sync. `number` counts within the tenant and never goes back."""

    __tablename__ = "run"
    __table_args__ = (_flag("success"), Index(None, "tenant_id", "started_at"), STRICT)
    tenant_id: str = _key()
    number: int = _key(Kind.INT)
    run_id: str = _field()
    work: str = _field()
    name: str = _field()
    started_at: datetime = _field(Kind.INSTANT)
    duration_ms: int = _field(Kind.INT)
    success: bool = _field(Kind.FLAG)
    metrics: str = _field(Kind.JSON)
    error: str | None = _field(null=True)


class BriefingRow(Row, table=True):
    """A briefing as it was given."""

    __tablename__ = "briefing"
    __table_args__ = (Index(None, "tenant_id", "as_of"), STRICT)
    tenant_id: str = _key()
    run_id: str = _key()
    as_of: datetime = _field(Kind.INSTANT)
    body: str = _field()


class ChangeRow(Row, table=True):
    """How often what is known changed: one more with every unit of work that was committed."""

    __tablename__ = "change"
    __table_args__ = STRICT
    tenant_id: str = _key()
    number: int = _field(Kind.INT)


class AnswerRow(Row, table=True):
    """The last answer to a question, good for as long as its key is."""

    __tablename__ = "answer"
    __table_args__ = STRICT
    tenant_id: str = _key()
    name: str = _key()
    key: str = _field()
    as_of: datetime = _field(Kind.INSTANT)
    body: str = _field()


class BreakerRow(Row, table=True):
    """The circuit breaker of one source, since a process that runs once a day remembers nothing."""

    __tablename__ = "breaker"
    __table_args__ = STRICT
    tenant_id: str = _key()
    source: str = _key()
    state: str = _field(Kind.JSON)


class BreakerEventRow(Row, table=True):
    """A change of a breaker's state, and what it was made for: the newest of each source are kept."""

    __tablename__ = "breaker_event"
    __table_args__ = STRICT
    tenant_id: str = _key()
    source: str = _key()
    number: int = _key(Kind.INT)
    at: datetime = _field(Kind.INSTANT)
    state: str = _field()
    reason: str = _field()


class PaceRow(Row, table=True):
    """How much of a credential's rate limit is spoken for, by all processes: free again at `next_at`.
    `credential` is a fingerprint."""

    __tablename__ = "pace"
    __table_args__ = STRICT
    tenant_id: str = _key()
    credential: str = _key()
    next_at: datetime = _field(Kind.INSTANT)


class StagedRow(Row, table=True):
    """The declared fields of one of a vendor's records, as it last came: `body` is JSON. `part` is its group
    ("" for shared ones), `round` the whole read in which it came last."""

    __tablename__ = "staged"
    __table_args__ = (Index(None, "tenant_id", "source", "part"), STRICT)
    tenant_id: str = _key()
    source: str = _key()
    stream: str = _key()
    id: str = _key()
    part: str = _field()
    round: int = _field(Kind.INT)
    body: str = _field(Kind.JSON)


class PartRow(Row, table=True):
    """Which nouns were made from one group of staged records: `made` is JSON, ids by kind. `changed` when
    some record of it came, changed or went since."""

    __tablename__ = "part"
    __table_args__ = (
        _flag("changed"),
        Index(None, "tenant_id", "source", "part", sqlite_where=CHANGED, postgresql_where=CHANGED),
        STRICT,
    )
    tenant_id: str = _key()
    source: str = _key()
    part: str = _key()
    changed: bool = _field(Kind.FLAG)
    made: str = _field(Kind.JSON)


class CursorRow(Row, table=True):
    """From where a source goes on being read. Those that are not `lasting` end with the read."""

    __tablename__ = "sync_cursor"
    __table_args__ = (_flag("lasting"), STRICT)
    tenant_id: str = _key()
    source: str = _key()
    name: str = _key()
    value: str = _field()
    lasting: bool = _field(Kind.FLAG)


class ProgressRow(Row, table=True):
    """How far the reading of a source has come: its whole read number `round` (`reading`: under way since
    `began_at`), and when the last one was `done_at`. `declared` stands for what of a record that one kept,
    and `counts` is JSON: by kind, how many nouns were made of it."""

    __tablename__ = "sync_progress"
    __table_args__ = (_flag("reading"), STRICT)
    tenant_id: str = _key()
    source: str = _key()
    round: int = _field(Kind.INT)
    reading: bool = _field(Kind.FLAG)
    began_at: datetime | None = _field(Kind.INSTANT, null=True)
    done_at: datetime | None = _field(Kind.INSTANT, null=True)
    declared: str = _field()
    counts: str = _field(Kind.JSON)


class LeaseRow(Row, table=True):
    """Who holds a piece of work until when. `fence` grows with every holder."""

    __tablename__ = "lease"
    __table_args__ = STRICT
    tenant_id: str = _key()
    name: str = _key()
    owner: str = _field()
    fence: int = _field(Kind.INT)
    expires_at: datetime = _field(Kind.INSTANT)


class GoalRow(Row, table=True):
    """A quarterly goal, in versions."""

    __tablename__ = "goal"
    __table_args__ = (_flag("open"), _span(), Index(None, "tenant_id", "superseded_at"), STRICT)
    tenant_id: str = _key()
    id: str = _key()
    version: int = _key(Kind.INT)
    title: str = _field()
    quarter: str = _field()
    weight: float = _field(Kind.REAL)
    tags: str = _field(Kind.JSON)
    open: bool = _field(Kind.FLAG)
    recorded_at: datetime = _field(Kind.INSTANT)
    superseded_at: datetime = _field(Kind.INSTANT)


class TaskRow(Row, table=True):
    """Something the user set themselves, in versions."""

    __tablename__ = "task"
    __table_args__ = (
        _flag("done"),
        _money("impact"),
        _span(),
        Index(None, "tenant_id", "superseded_at"),
        STRICT,
    )
    tenant_id: str = _key()
    id: str = _key()
    version: int = _key(Kind.INT)
    title: str = _field()
    impact_amount: int | None = _field(Kind.AMOUNT, null=True)
    impact_currency: str | None = _field(null=True)
    due_on: date | None = _field(Kind.DAY, null=True)
    minutes: int = _field(Kind.INT)
    demand: int = _field(Kind.INT)
    tags: str = _field(Kind.JSON)
    done: bool = _field(Kind.FLAG)
    created_at: datetime = _field(Kind.INSTANT)
    recorded_at: datetime = _field(Kind.INSTANT)
    superseded_at: datetime = _field(Kind.INSTANT)


class EnergyRow(Row, table=True):
    """How much the user has to give, in versions. One row is true at a time."""

    __tablename__ = "energy"
    __table_args__ = (_span(), _check("level BETWEEN 0 AND 100", "level"), STRICT)
    tenant_id: str = _key()
    version: int = _key(Kind.INT)
    level: int = _field(Kind.INT)
    recorded_at: datetime = _field(Kind.INSTANT)
    superseded_at: datetime = _field(Kind.INSTANT)


class MuteRow(Row, table=True):
    """A finding that the user put off, for good or until an instant, in versions."""

    __tablename__ = "mute"
    __table_args__ = (_span(), Index(None, "tenant_id", "superseded_at"), STRICT)
    tenant_id: str = _key()
    id: str = _key()
    version: int = _key(Kind.INT)
    until: datetime | None = _field(Kind.INSTANT, null=True)
    recorded_at: datetime = _field(Kind.INSTANT)
    superseded_at: datetime = _field(Kind.INSTANT)


class ForecastRow(Row, table=True):
    """What one method expected of one subject on one day, and what came of it once that is known.

    Amounts of money are in minor units; `low` and `high` are the interval, `baseline` what the simplest
    method would have said, `basis` a JSON text of what it was made from.
    """

    __tablename__ = "forecast"
    __table_args__ = STRICT
    tenant_id: str = _key()
    made_on: date = _key(Kind.DAY)
    method: str = _key()
    subject: str = _key()
    due_on: date = _field(Kind.DAY)
    made_at: datetime = _field(Kind.INSTANT)
    unit: str = _field()
    currency: str | None = _field(null=True)
    value: float = _field(Kind.REAL)
    low: float | None = _field(Kind.REAL, null=True)
    high: float | None = _field(Kind.REAL, null=True)
    baseline: float = _field(Kind.REAL)
    basis: str = _field(Kind.JSON)
    outcome: float | None = _field(Kind.REAL, null=True)
    scored_at: datetime | None = _field(Kind.INSTANT, null=True)


class RevenueHistoryRow(Row, table=True):
    """What one customer paid when, packed in a `layout`: made from the versions of their subscriptions, for
    speed alone."""

    __tablename__ = "revenue_history"
    __table_args__ = STRICT
    tenant_id: str = _key()
    source: str = _key()
    customer: str = _key()
    currency: str = _key()
    layout: int = _field(Kind.INT)
    spans: bytes = _field(Kind.BYTES)
    ids: bytes = _field(Kind.BYTES)


def table_of(row: type[Row]) -> Table:
    """The table behind a class; SQLModel does not annotate it."""
    return cast("Table", cast("Any", row).__table__)
