"""Stripe objects for tests, made from Stripe's own examples (tests/specs/stripe), and lists of them."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from agentos_cli.connectors.stripe.api import VERSION
from tests.connectors.vendor import Answer, Call, Refusal, Shape

LISTS = ("customers", "subscriptions", "invoices", "charges")


@cache
def _examples() -> Shape:
    path = Path(__file__).parents[1] / "specs" / "stripe" / "fixtures3.json"
    resources: Shape = json.loads(path.read_text())["resources"]
    return resources


def example(name: str, **changes: Any) -> Shape:
    """Stripe's example of an object, some fields changed."""
    made: Shape = deepcopy(_examples()[name])
    return made | changes


def at(text: str) -> int:
    """Epoch seconds of a day or an instant, in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def customer(key: str = "cus_1", **changes: Any) -> Shape:
    return example("customer", id=key, email="ada@acme.example", discount=None) | changes


def price(key: str = "price_1", **changes: Any) -> Shape:
    made = example("price", id=key, transform_quantity=None)
    recurring = made["recurring"] | changes.pop("recurring", {})
    return made | changes | {"recurring": recurring}


def unit(cents: int | None, exact: str | None = None) -> Shape:
    """The amount fields of a price per unit."""
    return {"unit_amount": cents, "unit_amount_decimal": exact or str(cents)}


def item(key: str = "si_1", quantity: int | None = 1, cost: Shape | None = None, **changes: Any) -> Shape:
    made: Shape = example("subscription")["items"]["data"][0]
    period = {"current_period_start": at("2026-11-01"), "current_period_end": at("2026-12-01")}
    return made | {"id": key, "quantity": quantity, "price": cost or price()} | period | changes


def subscription(*items: Shape, key: str = "sub_1", **changes: Any) -> Shape:
    """An active subscription since 2026-01-01, nothing special about it."""
    plain = {
        "id": key,
        "customer": "cus_1",
        "status": "active",
        "items": {"object": "list", "data": list(items or (item(),)), "has_more": False},
        "start_date": at("2026-01-01"),
        "pause_collection": None,
        "cancel_at_period_end": False,
    } | dict.fromkeys(("cancel_at", "canceled_at", "ended_at", "trial_start", "trial_end"))
    return example("subscription") | plain | changes


def line(
    start: str, end: str, amount: int, *, quantity: int = 1, proration: bool = False, key: str = "si_1"
) -> Shape:
    """A line of a bill for one item of `sub_1`."""
    details = {
        "proration": proration,
        "subscription": "sub_1",
        "subscription_item": key,
        "invoice_item": None,
    }
    return example("line_item") | {
        "amount": amount,
        "quantity": quantity,
        "period": {"start": at(start), "end": at(end)},
        "parent": {"type": "subscription_item_details", "subscription_item_details": details},
        "pricing": {"type": "price_details", "price_details": {"price": "price_0", "product": "prod_0"}},
    }


def invoice(key: str, *lines: Shape, status: str = "paid", **changes: Any) -> Shape:
    return (
        example("invoice")
        | {
            "id": key,
            "customer": "cus_1",
            "status": status,
            "lines": {"object": "list", "data": list(lines), "has_more": False},
            "discounts": [],
        }
        | changes
    )


def discount(key: str = "di_1", start: str = "2026-01-01", end: str | None = None, **coupon: Any) -> Shape:
    """A discount whose coupon came expanded."""
    off = example("coupon", percent_off=None, amount_off=None, duration="forever") | coupon
    made = example("discount", id=key, start=at(start), end=None if end is None else at(end))
    return made | {"source": {"type": "coupon", "coupon": off}}


def charge(key: str = "ch_1", **changes: Any) -> Shape:
    return example("charge", id=key, captured=True) | changes


BOUNDS: Mapping[str, Callable[[int, int], bool]] = {
    "gte": operator.ge, "gt": operator.gt, "lte": operator.le, "lt": operator.lt,
}  # fmt: skip


def listing(rows: Sequence[object], path: str = "/v1/things") -> Answer:
    """A list as Stripe pages it: `created[...]`, `limit`, `starting_after`, `has_more`; refuses a cursor that
    it does not know. Reads `rows` anew each time."""

    def answer(call: Call) -> object:
        kept = [row for row in rows if within(row, call)]
        ids = [row["id"] if isinstance(row, dict) and "id" in row else None for row in kept]
        after = call.query.get("starting_after")
        if after is not None and after not in ids:
            error = {"type": "invalid_request_error", "code": "resource_missing", "param": "starting_after"}
            return Refusal(400, {"error": error}, {})
        start = ids.index(after) + 1 if after is not None else 0
        stop = start + int(call.query.get("limit", 10))
        return {"object": "list", "url": path, "data": kept[start:stop], "has_more": stop < len(kept)}

    return answer


def within(row: object, call: Call) -> bool:
    """Whether an object was created when the call asks for."""
    asked = {sign: call.query.get(f"created[{sign}]") for sign in BOUNDS}
    made = row.get("created") if isinstance(row, dict) else None
    return all(
        bound is None or (isinstance(made, int) and BOUNDS[sign](made, int(bound)))
        for sign, bound in asked.items()
    )


def event(kind: str, thing: Shape, created: int, **changes: Any) -> Shape:
    """What happened to an object, in the version of the API that we read."""
    plain = {"api_version": VERSION, "type": kind, "created": created, "data": {"object": thing}}
    return example("event") | {"id": f"evt_{kind}_{thing.get('id')}_{created}"} | plain | changes


def told(events: Sequence[Shape]) -> Answer:
    """The events of the kinds that are asked for, newest first."""

    def answer(call: Call) -> object:
        kinds = {value for name, value in call.query.items() if name.startswith("types[")}
        assert len(kinds) <= 20  # https://docs.stripe.com/api/events/list
        newest = sorted(events, key=lambda each: -each["created"])
        return listing([each for each in newest if each["type"] in kinds], "/v1/events")(call)

    return answer


def routes(more: Mapping[str, Answer] | None = None, **lists: Sequence[object]) -> dict[str, Answer]:
    """The four lists, empty where none is given, and other paths."""
    given = {"customers": [customer()], **lists}
    return {f"/v1/{name}": listing(given.get(name, ())) for name in LISTS} | dict(more or {})
