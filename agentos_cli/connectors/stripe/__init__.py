"""Stripe: customers, subscriptions with their past terms, invoices, payments. Fields: docs/connectors.md.

`streams` says what is listed and read of it, `feed` reads it whole, `changes` what changed since, `lookup`
what the lists only name; `derive` makes the business's nouns of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from agentos_cli.connectors.fanout import side_by_side
from agentos_cli.connectors.stripe.api import Api
from agentos_cli.connectors.stripe.changes import changes
from agentos_cli.connectors.stripe.derive import derive
from agentos_cli.connectors.stripe.feed import whole as read_whole
from agentos_cli.connectors.stripe.streams import STREAMS, asked
from agentos_cli.contract import Access, Page
from agents.nouns import Subscription

__all__ = ["STREAMS", "account", "check", "derive", "feed", "page", "sample"]

PAGES = {
    "customer": "customers",
    "subscription": "subscriptions",
    "invoice": "invoices",
    "payment": "payments",
}
SAMPLE = 10
_ID = re.compile(r"[A-Za-z0-9_]+")


def feed(access: Access, cursors: Mapping[str, str], whole: bool) -> Iterator[Page]:
    """Every record, or what changed since. Raises SourceErrors."""
    return read_whole(access, cursors) if whole else changes(access, cursors)


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """The newest records of each list, as they come."""
    api = Api(access)

    def newest(stream: str) -> Iterator[object]:
        yield api.get(f"/v1/{stream}", limit=SAMPLE, **asked(stream)).get("data")

    lists = side_by_side(*(newest(stream) for stream in STREAMS))
    return {
        name: found if isinstance(found, list) else [] for name, (found,) in zip(STREAMS, lists, strict=True)
    }


def check(access: Access) -> str:
    """Reads the balance, which every key that may read can: whether the key is live or test.

    https://docs.stripe.com/api/balance/balance_retrieve
    """
    live = Api(access).get("/v1/balance").get("livemode")
    return f"Stripe {'live' if live is True else 'test'} account"


def account(access: Access) -> Mapping[str, str]:
    """What links into the account need: whether it is the live one or for tests."""
    return {"mode": "live" if Api(access).get("/v1/balance").get("livemode") is True else "test"}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """The record's page in Stripe's dashboard; None for a kind without one. All versions of a subscription
    share the page of their contract: a past one's id is that with `@` and an instant behind."""
    known = record_id.partition("@")[0] if kind == Subscription.kind else record_id
    if kind not in PAGES or not _ID.fullmatch(known):
        return None
    test = "test/" if options.get("mode") == "test" else ""
    return f"https://dashboard.stripe.com/{test}{PAGES[kind]}/{known}"
