"""A connector that reads a small shop in parts, as the tests' own package would bring it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from agentos_cli.connectors import reading
from agentos_cli.connectors.reading import Raw
from agentos_cli.contract import Access, Batch, Found, Page, Stream
from agentos_cli.errors import CursorLost
from agents.nouns import Customer, Subscription, SubscriptionItem, Team

KINDS = ("customer", "subscription", "team")
END = "end"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
STREAMS: Mapping[str, Stream] = {
    "plans": Stream({"id": "text", "name": "text"}, None),
    "customers": Stream({"id": "text", "name": "text", "rank?": "number"}, lambda raw: str(raw["id"])),
    "subs": Stream(
        {"id": "text", "customer": "text", "plan": "text", "amount": "number"},
        lambda raw: str(raw["customer"]),
    ),
}
between: list[Callable[[], None]] = []
"""Called before every page is handed on: a test dies here."""


def check(access: Access) -> str:
    """Nothing is asked."""
    return "the shop"


def account(access: Access) -> Mapping[str, str]:
    """Nothing is asked."""
    return {}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """The shop shows nothing."""
    return None


def feed(access: Access, cursors: Mapping[str, str], whole: bool) -> Iterator[Page]:
    """Every list page by page, in the order that the shop says; or all changes since a number."""
    pages = _everything(access, cursors) if whole else _changes(access, cursors)
    for each in pages:
        for act in between:
            act()
        yield each


def _everything(access: Access, cursors: Mapping[str, str]) -> Iterator[Page]:
    began = cursors.get("began", "")
    for stream in str(_asked(access, "/order", {})["order"]).split():
        after = cursors.get(stream, "")
        while after != END:
            found = _asked(access, "/list", {"stream": stream, "after": after})
            began = began or str(found["version"])
            after = str(found["next"] or END)
            total = reading.whole(found, "total")
            yield Page(stream, _list(found, "records"), (), {stream: after, "began": began}, {}, total)
    yield Page("plans", (), lasting={"since": began})


def _changes(access: Access, cursors: Mapping[str, str]) -> Iterator[Page]:
    found = _asked(access, "/changes", {"since": cursors["since"]})
    if found["lost"]:
        raise CursorLost("the shop has forgotten")
    for raw in reading.objects(found, "pages"):
        gone = [str(name) for name in _list(raw, "gone")]
        yield Page(str(raw["stream"]), _list(raw, "records"), gone)
    yield Page("plans", (), lasting={"since": str(found["version"])})


def _asked(access: Access, path: str, params: Mapping[str, str]) -> Raw:
    return reading.as_object(access.http.json("GET", f"{access.base_url}{path}", params=dict(params)))


def _list(raw: Raw, key: str) -> Sequence[object]:
    found = raw[key]
    assert isinstance(found, list)
    return found


def derive(found: Found, access: Access) -> Iterator[Batch]:
    """Plans are teams here. What a customer is called tells of all their subscriptions."""
    plans = {str(raw["id"]): str(raw["name"]) for raw in found.shared["plans"]}
    counts: dict[object, int] = {}
    for raw in found.records["subs"]:
        counts[raw["customer"]] = counts.get(raw["customer"], 0) + 1

    def customer(raw: Raw) -> Customer:
        name = f"{reading.text(raw, 'name')} ({counts.get(raw['id'], 0)})"
        return Customer(access.source, reading.ident(raw), None, name, None, SINCE)

    def subscription(raw: Raw) -> Subscription:
        name, amount = reading.ident(raw), reading.number(raw, "amount")
        product = plans.get(str(raw["plan"]), "?")
        item = SubscriptionItem("item", product, "month", 1, Decimal(amount), 1, False)
        return Subscription(
            access.source, name, name, str(raw["customer"]), None, "active", "USD", (item,), (),
            SINCE, None, SINCE, None, None, None,
        )  # fmt: skip

    if found.first:
        teams = (Team(access.source, key, name) for key, name in plans.items())
        yield Batch(Team, tuple(teams))
    yield reading.part(Customer, found.records["customers"], customer)
    yield reading.part(Subscription, found.records["subs"], subscription)
