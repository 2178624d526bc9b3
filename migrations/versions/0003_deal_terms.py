"""The amounts and close dates that a deal had, beside its present ones.

Frozen: it describes the table as it was when it was written, so it imports nothing of the program.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KEYS = ("tenant_id", "source", "id", "version")
INTEGERS = ("version", "amount_amount")
OPTIONAL = (
    "account", "owner_id", "amount_amount", "amount_currency", "close_on", "closed_at", "effort_hours",
)  # fmt: skip
COLUMNS = (
    *KEYS, "name", "account", "owner_id", "stage_id", "amount_amount", "amount_currency", "created_at",
    "close_on", "closed_at", "stages", "effort_hours", "terms", "recorded_at", "superseded_at", "digest",
)  # fmt: skip
"""The table as SQLite has it; whatever is not an integer is text there."""
MONEY = (
    "(amount_amount IS NULL) = (amount_currency IS NULL) AND length(amount_currency) = 3"
    " AND amount_currency = upper(amount_currency)"
)


def upgrade() -> None:
    """Of the deals that are kept already only today's terms are known: the empty list."""
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("deal", sa.Column("terms", sa.Text(), nullable=False, server_default="[]"))
        op.alter_column("deal", "terms", server_default=None)
    else:
        _rebuild()


def _rebuild() -> None:
    """SQLite cannot add a required column without a default that stays: the rows move to a new table."""
    op.rename_table("deal", "deal_before")
    op.create_table(
        "deal",
        *(
            sa.Column(
                name,
                sa.Integer() if name in INTEGERS else sa.Text(),
                nullable=name in OPTIONAL,
                autoincrement=False,
            )
            for name in COLUMNS
        ),
        sa.PrimaryKeyConstraint(*KEYS, name="pk_deal"),
        sa.CheckConstraint(MONEY, name="ck_deal_amount_money"),
        sa.CheckConstraint("recorded_at <= superseded_at", name="ck_deal_span"),
        sqlite_strict=True,
    )
    kept = ", ".join(name for name in COLUMNS if name != "terms")
    op.execute(f"INSERT INTO deal ({kept}, terms) SELECT {kept}, '[]' FROM deal_before")  # noqa: S608 - names from above
    op.drop_table("deal_before")
    op.create_index("ix_deal_tenant_id", "deal", ["tenant_id", "superseded_at"])
