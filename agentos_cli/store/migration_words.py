"""The words in which migrations describe tables.

A column is `name:type`, `name!:type` in the key, `name?:type` if it may be missing; `tenant_id` is always
first. Migrations are frozen, and so is what they are written in: give a new word to a new migration, and
leave the meaning of those that are here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.type_api import TypeEngine

SPAN = "recorded_at:instant superseded_at:instant"
TYPES: dict[str, tuple[TypeEngine[Any], TypeEngine[Any]]] = {
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


def on_postgres() -> bool:
    """Which of the two databases is migrated."""
    return op.get_bind().dialect.name == "postgresql"


def new_table(name: str, text: str, *, index: Sequence[str] = (), only: sa.TextClause | None = None) -> None:
    """A table that each tenant sees its own rows of; `index` its columns behind the tenant, `only` of which
    rows. One with versions is indexed by their end."""
    bare_table(name, text)
    indexed = ("superseded_at",) if SPAN in text else index
    if indexed:
        columns = ["tenant_id", *indexed]
        op.create_index(f"ix_{name}_tenant_id", name, columns, sqlite_where=only, postgresql_where=only)
    if on_postgres():
        _protect(name)
        op.execute(RIGHTS.replace("{name}", name))


def bare_table(name: str, text: str) -> None:
    """The table alone, as one that is rebuilt on SQLite."""
    parts: list[sa.schema.SchemaItem] = []
    keys = []
    for word in f"tenant_id!:text {text}".split():
        label, kind = word.split(":")
        column = label.rstrip("!?")
        parts += _columns(name, column, kind, null="?" in label)
        keys += [column] if "!" in label else []
    if SPAN in text:
        parts.append(_check(name, "span", "recorded_at <= superseded_at"))
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
