"""What each morning expected, the packed history of what every customer paid, when a source was connected.

Frozen: it describes the tables as they were when it was written, so it imports nothing of the program.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TEXT = sa.Text()
REAL = sa.Double().with_variant(sa.REAL(), "sqlite")
DAY = sa.Date().with_variant(sa.Text(), "sqlite")
INSTANT = sa.TIMESTAMP(timezone=True).with_variant(sa.Text(), "sqlite")
BYTES = sa.LargeBinary()
INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

TABLES = {
    "forecast": (
        ("tenant_id", "made_on", "method", "subject"),
        {
            "tenant_id": TEXT,
            "made_on": DAY,
            "method": TEXT,
            "subject": TEXT,
            "due_on": DAY,
            "made_at": INSTANT,
            "unit": TEXT,
            "currency?": TEXT,
            "value": REAL,
            "low?": REAL,
            "high?": REAL,
            "baseline": REAL,
            "basis": TEXT,
            "outcome?": REAL,
            "scored_at?": INSTANT,
        },
    ),
    "connected": (
        ("tenant_id", "source", "version"),
        {
            "tenant_id": TEXT,
            "source": TEXT,
            "version": sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            "recorded_at": INSTANT,
            "superseded_at": INSTANT,
        },
    ),
    "revenue_history": (
        ("tenant_id", "source", "customer", "currency"),
        {
            "tenant_id": TEXT,
            "source": TEXT,
            "customer": TEXT,
            "currency": TEXT,
            "layout": INT,
            "spans": BYTES,
            "ids": BYTES,
        },
    ),
}
"""Per table its key and its columns; a `?` says that a column may be missing."""

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
    postgres = op.get_bind().dialect.name == "postgresql"
    for name, (keys, columns) in TABLES.items():
        op.create_table(
            name,
            *(
                sa.Column(label.rstrip("?"), kind, nullable="?" in label, autoincrement=False)
                for label, kind in columns.items()
            ),
            sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"),
            *(
                [sa.CheckConstraint("recorded_at <= superseded_at", name=f"ck_{name}_span")]
                if "superseded_at" in columns
                else []
            ),
            sqlite_strict=True,
        )
        if postgres:
            _protect(name)
            op.execute(RIGHTS.replace("{name}", name))


def _protect(name: str) -> None:
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")  # binds the owner too
    op.execute(
        f"CREATE POLICY only_own_tenant ON {name}"
        " USING (tenant_id = agentos_tenant()) WITH CHECK (tenant_id = agentos_tenant())"
    )
