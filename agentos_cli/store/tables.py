"""The tables: one generated per noun, and our own state as SQLModel classes. They never leave this room.

Every table has `tenant_id` first in its primary key. What can be asked about a past morning is kept in
versions: a row holds from `recorded_at` until `superseded_at` (FOREVER while it is true), half-open.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Column as SqlColumn
from sqlalchemy import Index, Table

import agentos_cli.store.belonging_tables
import agentos_cli.store.duty_tables  # noqa: F401
from agentos_cli.store.columns import columns
from agentos_cli.store.table_kit import (
    CHANGED,
    METADATA,
    STRICT,
    Row,
    Stored,
    check,
    field,
    flag,
    key,
    money,
    span,
    table_of,
)
from agentos_cli.store.values import Kind
from agents.nouns import NOUNS, Noun

__all__ = ["METADATA", "table_of"]


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
        *(flag(c.name) for c in described if c.kind is Kind.FLAG),
        *(money(c.name.removesuffix("_amount")) for c in described if c.kind is Kind.AMOUNT),
        span(),
        Index(None, "tenant_id", "superseded_at"),
        sqlite_strict=True,
    )


NOUN_TABLES: dict[type[Noun], Table] = {noun: noun_table(noun) for noun in NOUNS}


class ConnectionRow(Row, table=True):
    """How the tenant reaches a source; `credential` is a reference, never the secret."""

    __tablename__ = "connection"
    __table_args__ = STRICT
    tenant_id: str = key()
    source: str = key()
    credential: str | None = field(null=True)
    base_url: str | None = field(null=True)
    options: str = field(Kind.JSON)


class ConnectedRow(Row, table=True):
    """When a source was connected, in versions: what a past morning says must not hang on today's
    connections. A source that has no version at all has been connected as long as its connection is there.
    """

    __tablename__ = "connected"
    __table_args__ = (span(), STRICT)
    tenant_id: str = key()
    source: str = key()
    version: int = key(Kind.INT)
    recorded_at: datetime = field(Kind.INSTANT)
    superseded_at: datetime = field(Kind.INSTANT)


class SourceStateRow(Row, table=True):
    """When a kind last came from a source, and what is wrong now, in versions."""

    __tablename__ = "source_state"
    __table_args__ = (span(), Index(None, "tenant_id", "superseded_at"), STRICT)
    tenant_id: str = key()
    source: str = key()
    kind: str = key()
    version: int = key(Kind.INT)
    synced_at: datetime | None = field(Kind.INSTANT, null=True)
    problem: str | None = field(null=True)
    fix: str | None = field(null=True)
    problem_at: datetime | None = field(Kind.INSTANT, null=True)
    partial: int = field(Kind.INT)
    recorded_at: datetime = field(Kind.INSTANT)
    superseded_at: datetime = field(Kind.INSTANT)


class SkippedRow(Row, table=True):
    """The records that the last sync of a kind could not read."""

    __tablename__ = "skipped_record"
    __table_args__ = (flag("aside"), STRICT)
    tenant_id: str = key()
    source: str = key()
    kind: str = key()
    number: int = key(Kind.INT)
    place: str = field()
    why: str = field()
    part: str = field()
    """The group of records it belongs to, where a source is read in parts."""
    aside: bool = field(Kind.FLAG)


class RunRow(Row, table=True):
    """One agent run or source sync. `number` counts within the tenant and never goes back."""

    __tablename__ = "run"
    __table_args__ = (flag("success"), Index(None, "tenant_id", "started_at"), STRICT)
    tenant_id: str = key()
    number: int = key(Kind.INT)
    run_id: str = field()
    work: str = field()
    name: str = field()
    started_at: datetime = field(Kind.INSTANT)
    duration_ms: int = field(Kind.INT)
    success: bool = field(Kind.FLAG)
    metrics: str = field(Kind.JSON)
    error: str | None = field(null=True)


class BriefingRow(Row, table=True):
    """A briefing as it was given."""

    __tablename__ = "briefing"
    __table_args__ = (Index(None, "tenant_id", "as_of"), STRICT)
    tenant_id: str = key()
    run_id: str = key()
    as_of: datetime = field(Kind.INSTANT)
    body: str = field()


class ChangeRow(Row, table=True):
    """How often what is known changed: one more with every unit of work that was committed."""

    __tablename__ = "change"
    __table_args__ = STRICT
    tenant_id: str = key()
    number: int = field(Kind.INT)


class AnswerRow(Row, table=True):
    """The last answer to a question, good for as long as its key is."""

    __tablename__ = "answer"
    __table_args__ = STRICT
    tenant_id: str = key()
    name: str = key()
    key: str = field()
    as_of: datetime = field(Kind.INSTANT)
    body: str = field()


class BreakerRow(Row, table=True):
    """The circuit breaker of one source, since a process that runs once a day remembers nothing."""

    __tablename__ = "breaker"
    __table_args__ = STRICT
    tenant_id: str = key()
    source: str = key()
    state: str = field(Kind.JSON)


class BreakerEventRow(Row, table=True):
    """A change of a breaker's state, and what it was made for: the newest of each source are kept."""

    __tablename__ = "breaker_event"
    __table_args__ = STRICT
    tenant_id: str = key()
    source: str = key()
    number: int = key(Kind.INT)
    at: datetime = field(Kind.INSTANT)
    state: str = field()
    reason: str = field()


class PaceRow(Row, table=True):
    """How much of a credential's rate limit is spoken for, by all processes: free again at `next_at`.
    `credential` is a fingerprint."""

    __tablename__ = "pace"
    __table_args__ = STRICT
    tenant_id: str = key()
    credential: str = key()
    next_at: datetime = field(Kind.INSTANT)


class StagedRow(Row, table=True):
    """The declared fields of one of a vendor's records, as it last came: `body` is JSON. `part` is its group
    ("" for shared ones), `round` the whole read in which it came last."""

    __tablename__ = "staged"
    __table_args__ = (Index(None, "tenant_id", "source", "part"), STRICT)
    tenant_id: str = key()
    source: str = key()
    stream: str = key()
    id: str = key()
    part: str = field()
    round: int = field(Kind.INT)
    body: str = field(Kind.JSON)


class PartRow(Row, table=True):
    """Which nouns were made from one group of staged records: `made` is JSON, ids by kind. `changed` when
    some record of it came, changed or went since."""

    __tablename__ = "part"
    __table_args__ = (
        flag("changed"),
        Index(None, "tenant_id", "source", "part", sqlite_where=CHANGED, postgresql_where=CHANGED),
        STRICT,
    )
    tenant_id: str = key()
    source: str = key()
    part: str = key()
    changed: bool = field(Kind.FLAG)
    made: str = field(Kind.JSON)


class CursorRow(Row, table=True):
    """From where a source goes on being read. Those that are not `lasting` end with the read."""

    __tablename__ = "sync_cursor"
    __table_args__ = (flag("lasting"), STRICT)
    tenant_id: str = key()
    source: str = key()
    name: str = key()
    value: str = field()
    lasting: bool = field(Kind.FLAG)


class ProgressRow(Row, table=True):
    """How far the reading of a source has come: its whole read number `round` (`reading`: under way since
    `began_at`), and when the last one was `done_at`. `declared` stands for what of a record that one kept,
    and `counts` is JSON: by kind, how many nouns were made of it."""

    __tablename__ = "sync_progress"
    __table_args__ = (flag("reading"), STRICT)
    tenant_id: str = key()
    source: str = key()
    round: int = field(Kind.INT)
    reading: bool = field(Kind.FLAG)
    began_at: datetime | None = field(Kind.INSTANT, null=True)
    done_at: datetime | None = field(Kind.INSTANT, null=True)
    declared: str = field()
    counts: str = field(Kind.JSON)


class LeaseRow(Row, table=True):
    """Who holds a piece of work until when. `fence` grows with every holder."""

    __tablename__ = "lease"
    __table_args__ = STRICT
    tenant_id: str = key()
    name: str = key()
    owner: str = field()
    fence: int = field(Kind.INT)
    expires_at: datetime = field(Kind.INSTANT)


class GoalRow(Row, table=True):
    """A quarterly goal, in versions."""

    __tablename__ = "goal"
    __table_args__ = (flag("open"), span(), Index(None, "tenant_id", "superseded_at"), STRICT)
    tenant_id: str = key()
    id: str = key()
    version: int = key(Kind.INT)
    title: str = field()
    quarter: str = field()
    weight: float = field(Kind.REAL)
    tags: str = field(Kind.JSON)
    open: bool = field(Kind.FLAG)
    recorded_at: datetime = field(Kind.INSTANT)
    superseded_at: datetime = field(Kind.INSTANT)


class TaskRow(Row, table=True):
    """Something the user set themselves, in versions."""

    __tablename__ = "task"
    __table_args__ = (
        flag("done"),
        money("impact"),
        span(),
        Index(None, "tenant_id", "superseded_at"),
        STRICT,
    )
    tenant_id: str = key()
    id: str = key()
    version: int = key(Kind.INT)
    title: str = field()
    impact_amount: int | None = field(Kind.AMOUNT, null=True)
    impact_currency: str | None = field(null=True)
    due_on: date | None = field(Kind.DAY, null=True)
    minutes: int = field(Kind.INT)
    demand: int = field(Kind.INT)
    tags: str = field(Kind.JSON)
    done: bool = field(Kind.FLAG)
    created_at: datetime = field(Kind.INSTANT)
    recorded_at: datetime = field(Kind.INSTANT)
    superseded_at: datetime = field(Kind.INSTANT)


class EnergyRow(Row, table=True):
    """How much the user has to give, in versions. One row is true at a time."""

    __tablename__ = "energy"
    __table_args__ = (span(), check("level BETWEEN 0 AND 100", "level"), STRICT)
    tenant_id: str = key()
    version: int = key(Kind.INT)
    level: int = field(Kind.INT)
    recorded_at: datetime = field(Kind.INSTANT)
    superseded_at: datetime = field(Kind.INSTANT)


class MuteRow(Row, table=True):
    """A finding that the user put off, for good or until an instant, in versions."""

    __tablename__ = "mute"
    __table_args__ = (span(), Index(None, "tenant_id", "superseded_at"), STRICT)
    tenant_id: str = key()
    id: str = key()
    version: int = key(Kind.INT)
    until: datetime | None = field(Kind.INSTANT, null=True)
    recorded_at: datetime = field(Kind.INSTANT)
    superseded_at: datetime = field(Kind.INSTANT)


class ForecastRow(Row, table=True):
    """What one method expected of one subject on one day, and what came of it once that is known.

    Amounts of money are in minor units; `low` and `high` are the interval, `baseline` what the simplest
    method would have said, `basis` a JSON text of what it was made from.
    """

    __tablename__ = "forecast"
    __table_args__ = STRICT
    tenant_id: str = key()
    made_on: date = key(Kind.DAY)
    method: str = key()
    subject: str = key()
    due_on: date = field(Kind.DAY)
    made_at: datetime = field(Kind.INSTANT)
    unit: str = field()
    currency: str | None = field(null=True)
    value: float = field(Kind.REAL)
    low: float | None = field(Kind.REAL, null=True)
    high: float | None = field(Kind.REAL, null=True)
    baseline: float = field(Kind.REAL)
    basis: str = field(Kind.JSON)
    outcome: float | None = field(Kind.REAL, null=True)
    scored_at: datetime | None = field(Kind.INSTANT, null=True)


class RevenueHistoryRow(Row, table=True):
    """What one customer paid when, packed in a `layout`: made from the versions of their subscriptions, for
    speed alone."""

    __tablename__ = "revenue_history"
    __table_args__ = STRICT
    tenant_id: str = key()
    source: str = key()
    customer: str = key()
    currency: str = key()
    layout: int = field(Kind.INT)
    spans: bytes = field(Kind.BYTES)
    ids: bytes = field(Kind.BYTES)
