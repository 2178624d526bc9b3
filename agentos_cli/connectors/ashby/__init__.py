"""Ashby: jobs as roles, applications as candidates with the way they came, offers. See docs/connectors.md.

Why Ashby: its key is made by an administrator in a minute, and is all it takes. Greenhouse's Harvest API v1
and v2, which had such keys, ended on 2026-08-31 (https://harvestdocs.greenhouse.io); what followed takes
OAuth credentials with a scope for every endpoint. Keys and permissions (read: jobs, candidates, interviews,
offers, organization): https://developers.ashbyhq.com/reference/authentication.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentos_cli.connectors.ashby.api import Api
from agentos_cli.connectors.ashby.feed import feed, sample
from agentos_cli.connectors.ashby.streams import STREAMS, derive
from agentos_cli.contract import Access

__all__ = ["STREAMS", "account", "check", "derive", "feed", "page", "sample"]


def check(access: Access) -> str:
    """Whether the key may read jobs; Ashby tells nothing of the account to a key without more permissions."""
    found = Api(access).ask("job.list", limit=1).records
    return (
        "Ashby accepts the key, and shows jobs" if found else "Ashby accepts the key; there are no jobs yet"
    )


def account(access: Access) -> Mapping[str, str]:
    """Nothing: there are no links to make."""
    return {}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """None: Ashby documents no address that is made of these ids."""
    return None
