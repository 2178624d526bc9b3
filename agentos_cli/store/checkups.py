"""Lines of a checklist that come from elsewhere: put away as checks that wait for a decision."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256

from agentos_cli.belongings import Checkup
from agentos_cli.store.link import Link
from agentos_cli.store.values import clean

PUT = """
INSERT INTO check_draft (tenant_id, name, text, definition, origin, created_at, decision)
VALUES (?, ?, ?, ?, ?, ?, NULL)
ON CONFLICT (tenant_id, name) DO UPDATE SET text = excluded.text, definition = excluded.definition,
  origin = excluded.origin, created_at = excluded.created_at, decision = NULL
"""
STANDS = "SELECT text, definition, origin, decision FROM check_draft WHERE tenant_id = ? AND name = ?"


class CheckupShelf:
    """One tenant's imported checks, within one transaction. What was decided on one is in its digest."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link, self._tenant = link, tenant

    def put(self, thing: Checkup, origin: str, at: datetime) -> None:
        """Put a check up for a decision, anew if there is one of its name."""
        definition = None
        if thing.definition is not None:
            definition = clean(json.dumps(dict(thing.definition), ensure_ascii=False, sort_keys=True))
        told = (clean(thing.name), clean(thing.text), definition, clean(origin), at)
        self._link.run(PUT, self._tenant, *told)

    def digest(self, key: str) -> str | None:
        """Of all that a person could have changed."""
        row = self._link.one(STANDS, self._tenant, key)
        return None if row is None else sha256(json.dumps(list(row), ensure_ascii=False).encode()).hexdigest()

    def remove(self, key: str) -> None:
        """Take it away."""
        self._link.run("DELETE FROM check_draft WHERE tenant_id = ? AND name = ?", self._tenant, key)
