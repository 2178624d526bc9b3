"""How often something happened that is no longer kept, so that counters never go back when it is purged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from agentos_cli.store.link import Link

FAILED, MISSED = "failed", "missed"
"""What is counted: failed attempts by consumer, missed due times by schedule."""
ADD = """
INSERT INTO tally (tenant_id, what, name, count) VALUES (?, ?, ?, ?)
ON CONFLICT (tenant_id, what, name) DO UPDATE SET count = tally.count + excluded.count
"""
FORGOTTEN = "SELECT name, count FROM tally WHERE tenant_id = ? AND what = ?"


def add(link: Link, tenant: str, what: str, counts: Mapping[str, int]) -> None:
    """Add to the numbers of what was forgotten, in the transaction that forgets it."""
    link.many(ADD, [(tenant, what, name, counts[name]) for name in sorted(counts)])


def forgotten(link: Link, tenant: str, what: str) -> Counter[str]:
    """By name, how often it happened and is forgotten."""
    return Counter({row[0]: row[1] for row in link.rows(FORGOTTEN, tenant, what)})
