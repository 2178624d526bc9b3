"""The tables of what the house does by itself: events and their delivery, schedules, checks and alerts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text

from agentos_cli.store.table_kit import STRICT, Row, field, flag, key
from agentos_cli.store.values import Kind

OPEN = text("finished_at IS NULL")
TRIED = text("finished_at IS NULL AND attempts > 0")
PARKED = text("state IN ('dead', 'in_doubt')")
DUE = text("ended_at IS NULL")
UNRESOLVED = text("resolved_at IS NULL")


class EventRow(Row, table=True):
    """Something that was announced, in the transaction of what it announces. `number` is its place in the
    tenant's stream; events of one `aggregate` are delivered in that order. `payload` is JSON."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_id", "tenant_id", "id", unique=True),
        Index("ix_event_at", "tenant_id", "at"),
        STRICT,
    )
    tenant_id: str = key()
    number: int = key(Kind.INT)
    id: str = field()
    type: str = field()
    version: int = field(Kind.INT)
    aggregate: str = field()
    priority: str = field()
    at: datetime = field(Kind.INSTANT)
    payload: str = field(Kind.JSON)


class ConsumerRow(Row, table=True):
    """A consumer group: who gets which events. `kind` says how (a kind of channel, `redis`, `script`),
    `types` is a JSON list of event types (empty: all), `least` the lowest priority. `confirms`: it honours
    our key, so that what was sent twice counts once. `credential` is a reference, never the secret."""

    __tablename__ = "consumer"
    __table_args__ = (flag("confirms"), STRICT)
    tenant_id: str = key()
    name: str = key()
    kind: str = field()
    types: str = field(Kind.JSON)
    least: str = field()
    confirms: bool = field(Kind.FLAG)
    credential: str | None = field(null=True)
    options: str = field(Kind.JSON)
    created_at: datetime = field(Kind.INSTANT)


class DeliveryRow(Row, table=True):
    """One event on its way to one consumer. `state`: waiting, held, claimed, done, dead or in_doubt; `fence`
    grows with every claim, and only who has the newest may finish it."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index(
            "ix_delivery_open", "tenant_id", "consumer", "number", sqlite_where=OPEN, postgresql_where=OPEN
        ),
        Index(
            "ix_delivery_order", "tenant_id", "consumer", "aggregate", "number",
            sqlite_where=OPEN, postgresql_where=OPEN,
        ),
        Index("ix_delivery_parked", "tenant_id", "number", sqlite_where=PARKED, postgresql_where=PARKED),
        Index(
            "ix_delivery_tried", "tenant_id", "consumer", "state", sqlite_where=TRIED, postgresql_where=TRIED
        ),
        STRICT,
    )  # fmt: skip
    tenant_id: str = key()
    consumer: str = key()
    number: int = key(Kind.INT)
    aggregate: str = field()
    state: str = field()
    attempts: int = field(Kind.INT)
    fence: int = field(Kind.INT)
    due_at: datetime = field(Kind.INSTANT)
    owner: str | None = field(null=True)
    lease_until: datetime | None = field(Kind.INSTANT, null=True)
    note: str | None = field(null=True)
    finished_at: datetime | None = field(Kind.INSTANT, null=True)


class AttemptRow(Row, table=True):
    """One try to deliver: `outcome` is done, retry, dead or in_doubt; `note` the receiver's receipt or what
    went wrong, one redacted line."""

    __tablename__ = "attempt"
    __table_args__ = STRICT
    tenant_id: str = key()
    consumer: str = key()
    number: int = key(Kind.INT)
    attempt: int = key(Kind.INT)
    at: datetime = field(Kind.INSTANT)
    outcome: str = field()
    note: str | None = field(null=True)


class ScheduleRow(Row, table=True):
    """What is to be done when: `cron` in `zone`, `command` a JSON list of words after `agentos`. `catch_up`:
    latest, all or none; `late` and `patience` are seconds: how late it may still be done, and how long it may
    take. `last_due` is the last due time that has a slot. One that was imported has its `origin`, what was to
    be done there in words (`text`), a JSON list of what to decide first (`notes`), and no command."""

    __tablename__ = "schedule"
    __table_args__ = (flag("paused"), STRICT)
    tenant_id: str = key()
    name: str = key()
    cron: str = field()
    zone: str = field()
    command: str = field(Kind.JSON)
    catch_up: str = field()
    late: int = field(Kind.INT)
    patience: int = field(Kind.INT)
    paused: bool = field(Kind.FLAG)
    last_due: datetime = field(Kind.INSTANT)
    created_at: datetime = field(Kind.INSTANT)
    origin: str | None = field(null=True)
    text: str | None = field(null=True)
    notes: str | None = field(Kind.JSON, null=True)


class SlotRow(Row, table=True):
    """One due time of one schedule, and what came of it: `state` is due, running, ran, caught_up, failed,
    skipped or missed, `why` one line."""

    __tablename__ = "slot"
    __table_args__ = (
        Index("ix_slot_open", "tenant_id", "due_at", sqlite_where=DUE, postgresql_where=DUE),
        STRICT,
    )
    tenant_id: str = key()
    schedule: str = key()
    due_at: datetime = key(Kind.INSTANT)
    state: str = field()
    why: str | None = field(null=True)
    attempts: int = field(Kind.INT)
    fence: int = field(Kind.INT)
    owner: str | None = field(null=True)
    lease_until: datetime | None = field(Kind.INSTANT, null=True)
    started_at: datetime | None = field(Kind.INSTANT, null=True)
    ended_at: datetime | None = field(Kind.INSTANT, null=True)
    exit_code: int | None = field(Kind.INT, null=True)
    output: str | None = field(null=True)


class WakerRow(Row, table=True):
    """Who wakes the house (cron, systemd, launchd, daemon, hand), when it last did, and from where."""

    __tablename__ = "waker"
    __table_args__ = STRICT
    tenant_id: str = key()
    name: str = key()
    at: datetime = field(Kind.INSTANT)
    host: str = field()
    version: str = field()


class TallyRow(Row, table=True):
    """How often what has a counter happened and is no longer kept: `what` is failed or missed, by the `name`
    of the consumer or schedule."""

    __tablename__ = "tally"
    __table_args__ = STRICT
    tenant_id: str = key()
    what: str = key()
    name: str = key()
    count: int = field(Kind.INT)


class CheckRow(Row, table=True):
    """How one check stands since when, and its last result; `since` is when its state began, `pending_since`
    when it began to be beyond its limit. `evidence` is JSON: what was read, when, the value and the limit.
    `flaps` is a JSON list of the instants at which it changed."""

    __tablename__ = "check_state"
    __table_args__ = STRICT
    tenant_id: str = key()
    name: str = key()
    state: str = field()
    since: datetime = field(Kind.INSTANT)
    pending_since: datetime | None = field(Kind.INSTANT, null=True)
    at: datetime = field(Kind.INSTANT)
    beats: int = field(Kind.INT)
    evidence: str = field(Kind.JSON)
    flaps: str = field(Kind.JSON)


class CheckResultRow(Row, table=True):
    """A result that was other than the one before it."""

    __tablename__ = "check_result"
    __table_args__ = STRICT
    tenant_id: str = key()
    name: str = key()
    at: datetime = key(Kind.INSTANT)
    state: str = field()
    evidence: str = field(Kind.JSON)


class DraftRow(Row, table=True):
    """A check that was brought from elsewhere and does nothing before somebody has reviewed it: `definition`
    is JSON, `origin` where it came from. `decision`: none yet, approved or rejected."""

    __tablename__ = "check_draft"
    __table_args__ = STRICT
    tenant_id: str = key()
    name: str = key()
    text: str = field()
    definition: str | None = field(Kind.JSON, null=True)
    origin: str = field()
    created_at: datetime = field(Kind.INSTANT)
    decision: str | None = field(null=True)


class AlertRow(Row, table=True):
    """What a check raised, from `raised_at` until `resolved_at`. One is open at most for each check."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "ix_alert_open", "tenant_id", "check", unique=True,
            sqlite_where=UNRESOLVED, postgresql_where=UNRESOLVED,
        ),
        STRICT,
    )  # fmt: skip
    tenant_id: str = key()
    id: str = key()
    check: str = field()
    priority: str = field()
    state: str = field()
    title: str = field()
    evidence: str = field(Kind.JSON)
    raised_at: datetime = field(Kind.INSTANT)
    changed_at: datetime = field(Kind.INSTANT)
    resolved_at: datetime | None = field(Kind.INSTANT, null=True)
    acked_at: datetime | None = field(Kind.INSTANT, null=True)
    snoozed_until: datetime | None = field(Kind.INSTANT, null=True)
    told: int = field(Kind.INT)
