"""More of a company's nouns, and what reading large sources in parts has to remember.

Frozen: it describes the tables as they were when it was written, so it imports nothing of the program. A
column reads `name:type`, `name!:type` in the key, `name?:type` if it may be missing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NOUNS = {
    "traffic_day": "day:day channel:text visitors:int visits:int pageviews:int",
    "mail_campaign": (
        "title:text sent_at:instant recipients:int opens:int clicks:int bounces:int unsubscribes:int"
    ),
    "pull_request": (
        "repository:text key:text title:text author?:text state:text draft:flag created_at:instant "
        "merged_at?:instant closed_at?:instant"
    ),
    "release": "repository:text title:text prerelease:flag published_at:instant",
    "deployment": ("repository:text environment:text state:text created_at:instant finished_at?:instant"),
    "meeting": (
        "title:text starts_at:instant ends_at:instant all_day:flag place?:text people:int account?:text"
    ),
}
PLAIN = {
    "breaker_event": "source!:text number!:int at:instant state:text reason:text",
    "pace": "credential!:text next_at:instant",
    "staged": "source!:text stream!:text id!:text part:text round:int body:text",
    "part": "source!:text part!:text changed:flag made:text",
    "sync_cursor": "source!:text name!:text value:text lasting:flag",
    "sync_progress": (
        "source!:text round:int reading:flag began_at?:instant done_at?:instant declared:text counts:text"
    ),
}
SKIPPED = "source!:text kind!:text number!:int place:text why:text"
SPAN = "recorded_at:instant superseded_at:instant"
INDEXES = {"staged": ("source", "part"), "part": ("source", "part")}
ONLY = {"part": sa.text("changed")}
"""Which rows an index is for, where not for all."""
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
    for name, text in NOUNS.items():
        _new(name, f"source!:text id!:text version!:int {text} {SPAN} digest:text")
    for name, text in PLAIN.items():
        _new(name, text)
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("skipped_record", sa.Column("part", sa.Text(), nullable=False, server_default=""))
        op.add_column("skipped_record", sa.Column("aside", sa.Boolean(), nullable=False, server_default="f"))
        op.alter_column("skipped_record", "part", server_default=None)
        op.alter_column("skipped_record", "aside", server_default=None)
    else:
        _rebuild()


def _rebuild() -> None:
    """SQLite cannot add a required column without a default that stays: the rows move to a new table."""
    op.rename_table("skipped_record", "skipped_before")
    _table("skipped_record", f"{SKIPPED} part:text aside:flag")
    kept = "tenant_id, source, kind, number, place, why"
    op.execute(f"INSERT INTO skipped_record ({kept}, part, aside) SELECT {kept}, '', 0 FROM skipped_before")  # noqa: S608 - names from above
    op.drop_table("skipped_before")


def _new(name: str, text: str) -> None:
    _table(name, text)
    if op.get_bind().dialect.name == "postgresql":
        _protect(name)
        op.execute(RIGHTS.replace("{name}", name))


def _table(name: str, text: str) -> None:
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
    indexed = ("superseded_at",) if SPAN in text else INDEXES.get(name)
    if indexed:
        only = ONLY.get(name)
        op.create_index(
            f"ix_{name}_tenant_id", name, ["tenant_id", *indexed], sqlite_where=only, postgresql_where=only
        )


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
