"""How often something happened that is no longer kept, so that counters never go back when it is purged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from agentos_cli.store.journal import Journal
from agentos_cli.store.link import Link
from agentos_cli.store.records import Answer

NAME = "tally"
"""Under this name the numbers are kept among the answers."""
FAILED, MISSED = "failed", "missed"
"""What is counted: failed attempts by consumer, missed due times by schedule."""


def add(link: Link, tenant: str, what: str, counts: Mapping[str, int], at: datetime) -> None:
    """Add to the numbers of what was forgotten, in the transaction that forgets it."""
    if not any(counts.values()):
        return
    known = _all(link, tenant)
    body = json.dumps({**known, what: Counter(known.get(what, {})) + Counter(counts)})
    Journal(link, tenant).put_answer(Answer(NAME, "", at, body))


def forgotten(link: Link, tenant: str, what: str) -> Counter[str]:
    """By name, how often it happened and is forgotten."""
    return Counter(_all(link, tenant).get(what, {}))


def _all(link: Link, tenant: str) -> dict[str, dict[str, int]]:
    kept = Journal(link, tenant).answer(NAME)
    return json.loads(kept.body) if kept else {}
