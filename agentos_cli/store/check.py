"""What `agentos db check` looks at: damage, schema, tenant isolation, and the SQLite at hand."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from agentos_cli.errors import AgentosError
from agentos_cli.store.history import RevenueHistory
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.schema import HEAD, problem_of
from agentos_cli.store.sqlite import wal_is_safe
from agentos_cli.store.values import Dialect

UNPROTECTED = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
  AND (NOT (c.relrowsecurity AND c.relforcerowsecurity)
       OR NOT EXISTS (SELECT 1 FROM pg_policy p
                      WHERE p.polrelid = c.oid AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL))
ORDER BY 1
"""
"""Tables with a tenant whose rows are not kept apart: must be none."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `ok`, and in `detail` what was found. `fix` mends it if not."""

    name: str
    ok: bool
    detail: str
    fix: str | None = None


def check(database: Database) -> tuple[Finding, ...]:
    """Every check in turn. A database that cannot be opened is a finding too, not an error."""
    state = database.state()
    wrong = problem_of(state, database.label)
    found = [Finding("schema", wrong is None, wrong.what if wrong else HEAD, wrong.fix if wrong else None)]
    try:
        with transaction(database) as link:
            found += _sqlite(link) if database.dialect is Dialect.SQLITE else _postgres(link)
            found += [] if wrong else [_history(link, database.tenant)]
    except AgentosError as error:
        found.append(Finding("open", False, error.what, error.fix))
    return tuple(found)


def _sqlite(link: Link) -> list[Finding]:
    damage = [str(row[0]) for row in link.rows("PRAGMA integrity_check")]
    orphans = len(link.rows("PRAGMA foreign_key_check"))
    mode = str(link.rows("PRAGMA journal_mode")[0][0])
    sound = damage == ["ok"]
    return [
        Finding("integrity", sound, "; ".join(damage[:3]), None if sound else "agentos db restore FILE"),
        Finding(
            "foreign keys", not orphans, f"{orphans} broken", "agentos db restore FILE" if orphans else None
        ),
        _journal(mode),
    ]


def _journal(mode: str) -> Finding:
    """WAL is only sound on a SQLite with the fix of the WAL-reset bug; elsewhere we use PERSIST."""
    wal = mode.lower() == "wal"
    version = f"SQLite {sqlite3.sqlite_version}, {'WAL' if wal else 'rollback journal'}"
    if wal and not wal_is_safe():
        return Finding(
            "journal", False, f"{version}: this version can damage WAL files", "use a newer Python"
        )
    return Finding("journal", True, version)


def _history(link: Link, tenant: str) -> Finding:
    unsound = RevenueHistory(link, tenant).unsound()
    says = f"not as the subscriptions of {', '.join(unsound)}" if unsound else "as its subscriptions"
    return Finding("revenue history", not unsound, says, "agentos db upgrade" if unsound else None)


def _postgres(link: Link) -> list[Finding]:
    open_tables = [str(row[0]) for row in link.rows(UNPROTECTED)]
    version = str(link.rows("SHOW server_version")[0][0])
    return [
        Finding(
            "row-level security",
            not open_tables,
            f"not forced on {', '.join(open_tables)}" if open_tables else "forced on every tenant table",
            "agentos db upgrade" if open_tables else None,
        ),
        Finding("server", True, f"PostgreSQL {version}"),
    ]
