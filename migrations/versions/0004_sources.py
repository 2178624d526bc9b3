"""More of a company's nouns, and what reading large sources in parts has to remember.

Frozen: it describes the tables as they were when it was written, in the words of `migration_words`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agentos_cli.store.migration_words import SPAN, bare_table, new_table, on_postgres

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
INDEXES = {"staged": ("source", "part"), "part": ("source", "part")}
ONLY = {"part": sa.text("changed")}
"""Which rows an index is for, where not for all."""


def upgrade() -> None:
    for name, text in NOUNS.items():
        new_table(name, f"source!:text id!:text version!:int {text} {SPAN} digest:text")
    for name, text in PLAIN.items():
        new_table(name, text, index=INDEXES.get(name, ()), only=ONLY.get(name))
    if on_postgres():
        op.add_column("skipped_record", sa.Column("part", sa.Text(), nullable=False, server_default=""))
        op.add_column("skipped_record", sa.Column("aside", sa.Boolean(), nullable=False, server_default="f"))
        op.alter_column("skipped_record", "part", server_default=None)
        op.alter_column("skipped_record", "aside", server_default=None)
    else:
        _rebuild()


def _rebuild() -> None:
    """SQLite cannot add a required column without a default that stays: the rows move to a new table."""
    op.rename_table("skipped_record", "skipped_before")
    bare_table("skipped_record", f"{SKIPPED} part:text aside:flag")
    kept = "tenant_id, source, kind, number, place, why"
    op.execute(f"INSERT INTO skipped_record ({kept}, part, aside) SELECT {kept}, '', 0 FROM skipped_before")  # noqa: S608 - names from above
    op.drop_table("skipped_before")
