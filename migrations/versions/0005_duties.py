"""What the house does by itself: events and their delivery, schedules, checks and alerts.

Frozen: it describes the tables as they were when it was written, in the words of `migration_words`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agentos_cli.store.migration_words import new_table

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
        "last_due:instant created_at:instant origin?:text text?:text notes?:text"
    ),
    "slot": (
        "schedule!:text due_at!:instant state:text why?:text attempts:int fence:int owner?:text "
        "lease_until?:instant started_at?:instant ended_at?:instant exit_code?:int output?:text"
    ),
    "waker": "name!:text at:instant host:text version:text",
    "tally": "what!:text name!:text count:int",
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
PARKED = sa.text("state IN ('dead', 'in_doubt')")
TRIED = sa.text("finished_at IS NULL AND attempts > 0")
INDEXES: tuple[tuple[str, str, tuple[str, ...], sa.TextClause | None, bool], ...] = (
    ("ix_event_id", "event", ("id",), None, True),
    ("ix_event_at", "event", ("at",), None, False),
    ("ix_delivery_open", "delivery", ("consumer", "number"), OPEN, False),
    ("ix_delivery_order", "delivery", ("consumer", "aggregate", "number"), OPEN, False),
    ("ix_delivery_parked", "delivery", ("number",), PARKED, False),
    ("ix_delivery_tried", "delivery", ("consumer", "state"), TRIED, False),
    ("ix_slot_open", "slot", ("due_at",), DUE, False),
    ("ix_alert_open", "alert", ("check",), UNRESOLVED, True),
)
"""Name, table, columns behind the tenant, which rows, and whether no two rows may have the same."""


def upgrade() -> None:
    for name, text in TABLES.items():
        new_table(name, text)
    for name, table, columns, only, unique in INDEXES:
        op.create_index(
            name, table, ["tenant_id", *columns], unique=unique, sqlite_where=only, postgresql_where=only
        )
