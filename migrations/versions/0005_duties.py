"""What the house does by itself: events and their delivery, schedules, checks and alerts.

Frozen: it describes the tables as they were when it was written, so it imports nothing of the program. A
column reads `name:type`, `name!:type` in the key, `name?:type` if it may be missing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = {
    "event": (
        "number!:int id:text type:text version:int aggregate:text priority:text at:instant payload:text"
    ),
    "consumer": (
        "name!:text kind:text types:text least:text confirms:flag credential?:text options:text "
        "created_at:instant"
    ),
    "delivery": (
        "consumer!:text number!:int aggregate:text state:text attempts:int fence:int due_at:instant "
        "owner?:text lease_until?:instant note?:text finished_at?:instant"
    ),
    "attempt": "consumer!:text number!:int attempt!:int at:instant outcome:text note?:text",
    "schedule": (
        "name!:text cron:text zone:text command:text catch_up:text late:int patience:int paused:flag "
        "last_due:instant created_at:instant origin?:text"
    ),
    "slot": (
        "schedule!:text due_at!:instant state:text why?:text attempts:int fence:int owner?:text "
        "lease_until?:instant started_at?:instant ended_at?:instant exit_code?:int output?:text"
    ),
    "waker": "name!:text at:instant host:text version:text",
    "check_state": (
        "name!:text state:text since:instant pending_since?:instant at:instant beats:int evidence:text "
        "flaps:text"
    ),
    "check_result": "name!:text at!:instant state:text evidence:text",
    "check_draft": ("name!:text text:text definition?:text origin:text created_at:instant decision?:text"),
    "alert": (
        "id!:text check:text priority:text state:text title:text evidence:text raised_at:instant "
        "changed_at:instant resolved_at?:instant acked_at?:instant snoozed_until?:instant told:int"
    ),
}
OPEN, DUE, UNRESOLVED = (sa.text(f"{name} IS NULL") for name in ("finished_at", "ended_at", "resolved_at"))
INDEXES: tuple[tuple[str, str, tuple[str, ...], sa.TextClause | None, bool], ...] = (
    ("ix_event_id", "event", ("id",), None, True),
    ("ix_event_at", "event", ("at",), None, False),
    ("ix_delivery_open", "delivery", ("consumer", "number"), OPEN, False),
    ("ix_delivery_order", "delivery", ("consumer", "aggregate", "number"), OPEN, False),
    ("ix_slot_open", "slot", ("due_at",), DUE, False),
    ("ix_alert_open", "alert", ("check",), UNRESOLVED, True),
)
"""Name, table, columns behind the tenant, which rows, and whether no two rows may have the same."""
TYPES = {
    "int": (sa.BigInteger(), sa.Integer()),
    "flag": (sa.Boolean(), sa.Integer()),
    "day": (sa.Date(), sa.Text()),
    "instant": (sa.TIMESTAMP(timezone=True), sa.Text()),
}
"""PostgreSQL's type and the one a STRICT SQLite table knows; all else is TEXT on both."""

RIGHTS = """
DO $$ DECLARE grantee text; BEGIN
  FOR grantee IN SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
    WHERE g.table_schema = current_schema() AND g.table_name = 'subscription'
      AND g.privilege_type = 'INSERT' AND g.grantee NOT IN (current_user, 'PUBLIC')
  LOOP EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', '{name}', grantee); END LOOP;
END $$
"""
"""Whoever may write subscriptions every day may write the new table as well."""


def upgrade() -> None:
    for name, text in TABLES.items():
        _table(name, text)
        if op.get_bind().dialect.name == "postgresql":
            _protect(name)
            op.execute(RIGHTS.replace("{name}", name))
    for name, table, columns, only, unique in INDEXES:
        op.create_index(
            name, table, ["tenant_id", *columns], unique=unique, sqlite_where=only, postgresql_where=only
        )


def _table(name: str, text: str) -> None:
    parts: list[sa.schema.SchemaItem] = []
    keys = []
    for word in f"tenant_id!:text {text}".split():
        label, kind = word.split(":")
        column = label.rstrip("!?")
        parts += _columns(name, column, kind, null="?" in label)
        keys += [column] if "!" in label else []
    op.create_table(name, *parts, sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"), sqlite_strict=True)


def _columns(table: str, name: str, kind: str, *, null: bool) -> list[sa.schema.SchemaItem]:
    postgres, sqlite = TYPES.get(kind, (sa.Text(), sa.Text()))
    typed = postgres.with_variant(sqlite, "sqlite")
    made: list[sa.schema.SchemaItem] = [sa.Column(name, typed, nullable=null, autoincrement=False)]
    if kind == "flag":
        made.append(_check(table, f"{name}_flag", f"{name} IN (0, 1)").ddl_if(dialect="sqlite"))
    return made


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=f"ck_{table}_{name}")


def _protect(name: str) -> None:
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")  # binds the owner too
    op.execute(
        f"CREATE POLICY only_own_tenant ON {name}"
        " USING (tenant_id = agentos_tenant()) WITH CHECK (tenant_id = agentos_tenant())"
    )
