"""What we ask of Stripe and read of it, held against Stripe's own descriptions.

The types of the official SDK are made from the description of exactly the version of the API that we name.
The published description in tests/specs is of 2020-08-27: it tells what events of older accounts look like.
"""

from __future__ import annotations

import builtins
import inspect
import json
import re
import types
import typing
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe._stripe_object import UntypedStripeObject

from agentos_cli.connectors import stripe as connector
from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.connectors.drift import drift
from agentos_cli.connectors.stripe.api import VERSION
from agentos_cli.connectors.stripe.events import KINDS, SHAPED
from agentos_cli.connectors.stripe.streams import EXPANDED, STREAMS
from tests.connectors.partly import Partly
from tests.connectors.stripe_shapes import (
    charge,
    customer,
    discount,
    event,
    example,
    invoice,
    item,
    listing,
    price,
    routes,
    subscription,
    told,
)
from tests.connectors.vendor import NOW, Answer, Call, Vendor, reaching

OBJECTS = {
    "customers": stripe.Customer,
    "subscriptions": stripe.Subscription,
    "invoices": stripe.Invoice,
    "charges": stripe.Charge,
    "coupons": stripe.Coupon,
    "prices": stripe.Price,
}
PLAIN = {
    "text": (str,),
    "number": (int, float, Decimal),
    "flag": (bool, typing.Literal[True]),
    "instant": (int,),
}
OLD: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "specs" / "stripe" / "2020-08-27.json").read_text(encoding="utf-8")
)


# ── what is read ─────────────────────────────────────────────────────────────────────────────────


class Names(dict[str, Any]):
    """The names in a type of the SDK: its own, the SDK's, and for what only the SDK can import, anything."""

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name) or hasattr(typing, name):
            raise KeyError(name)
        return getattr(stripe, name, object)


def hints(made: type) -> Mapping[str, Any]:
    module = inspect.getmodule(made)
    return typing.get_type_hints(made, vars(module), Names(vars(made)))


def alternatives(hint: Any) -> Iterator[Any]:
    """What a value of this type may be."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        for each in typing.get_args(hint):
            yield from alternatives(each)
    else:
        yield hint


def faults(path: str, spec: object, hint: Any) -> Iterator[str]:
    """Why a declaration does not fit a type of Stripe's."""
    options = list(alternatives(hint))
    if type(None) in options and not path.endswith("?"):
        yield f"{path} may be missing"
    if isinstance(spec, Mapping):
        yield from inside(path, spec, options)
    elif isinstance(spec, list):
        lists = [each for each in options if typing.get_origin(each) is list]
        if not lists:
            yield f"{path} is no list but {hint}"
        for each in lists:
            yield from faults(f"{path}[]", spec[0], typing.get_args(each)[0])
    elif isinstance(spec, tuple):
        words = {
            word
            for each in options
            if typing.get_origin(each) is typing.Literal
            for word in typing.get_args(each)
        }
        if words != set(spec):
            yield f"{path} has the words {sorted(words)}"
    elif spec != "any" and not any(each in PLAIN[str(spec)] for each in options):
        yield f"{path} is no {spec} but {hint}"


def inside(path: str, spec: Mapping[str, object], options: list[Any]) -> Iterator[str]:
    """The same for an object."""
    for each in options:
        if typing.get_origin(each) is stripe.ListObject:
            yield from faults(f"{path}.data", spec["data"], list[typing.get_args(each)[0]])  # type: ignore[misc]
            return
        if (typing.get_origin(each) or each) in (dict, UntypedStripeObject):
            return  # whatever the account put there
        if isinstance(each, type) and issubclass(each, stripe.StripeObject):
            for name, inner in spec.items():
                key = name.rstrip("?")
                if key not in hints(each):
                    yield f"{path}.{key} is unknown to {each.__qualname__}"
                else:
                    yield from faults(f"{path}.{name}", inner, hints(each)[key])
            return
    yield f"{path} is no object but {options}"


NEEDED = {
    "customers.discount?.source.coupon",
    "subscriptions.discounts[].source.coupon",
    "subscriptions.items.data[].discounts[].source.coupon",
    "subscriptions.items.data[].price.recurring",
    "invoices.customer",
    "invoices.status",
    "invoices.discounts[].source.coupon",
    "invoices.lines.data[].parent?.subscription_item_details?.subscription",
    "prices.recurring",
}
"""What Stripe may leave empty and we cannot do without: the record is skipped, and told."""


@pytest.mark.parametrize("stream", STREAMS)
def test_every_field_that_we_read_is_in_the_sdks_types(stream: str) -> None:
    assert stripe.api_version == VERSION
    found = set(inside(stream, STREAMS[stream].fields, [OBJECTS[stream]]))
    assert found == {f"{path} may be missing" for path in NEEDED if path.partition(".")[0] == stream}


@pytest.mark.parametrize(
    ("spoiled", "says"),
    [
        ({"emails?": "text"}, "customers.emails is unknown"),
        ({"name": "text"}, "customers.name may be missing"),
        ({"created": "text"}, "customers.created is no text"),
        ({"email?": {"at": "text"}}, "customers.email? is no object"),
        ({"email?": ["text"]}, "customers.email? is no list"),
        ({"tax_exempt?": ("exempt", "none")}, "customers.tax_exempt? has the words"),
    ],
)
def test_a_declaration_that_is_wrong_would_be_seen(spoiled: Mapping[str, object], says: str) -> None:
    (fault,) = inside("customers", spoiled, [stripe.Customer])
    assert fault.startswith(says)


PUBLISHED = {
    "customers": [customer(), example("customer", discount=None)],
    "subscriptions": [subscription(), example("subscription")],
    "invoices": [invoice("in_1"), example("invoice")],
    "charges": [charge(), example("charge")],
    "coupons": [example("coupon")],
    "prices": [price(), example("price")],
}


@pytest.mark.parametrize("stream", STREAMS)
def test_nothing_has_drifted_in_stripes_own_examples(stream: str) -> None:
    assert [found for found in drift(PUBLISHED[stream], STREAMS[stream].fields) if found.loses] == []


@pytest.mark.parametrize("stream", [name for name, since in SHAPED.items() if since == OLD["version"]])
def test_what_older_accounts_tell_of_customers_and_charges_has_the_fields_that_we_read(stream: str) -> None:
    described = OLD["schemas"][stream.removesuffix("s")]
    kinds = {"text": "string", "number": "integer", "flag": "boolean", "instant": "integer"}
    for name, spec in STREAMS[stream].fields.items():
        key = name.rstrip("?")
        if key in ("deleted", "discount"):  # told by the kind of the event; never taken from one
            continue
        found = described["properties"][key]
        assert key in described["required"] or name.endswith("?"), name
        if isinstance(spec, tuple):
            assert set(found["enum"]) == set(spec)
        elif isinstance(spec, str) and spec != "any":
            assert found["type"] == kinds[spec], name


# ── what is asked ────────────────────────────────────────────────────────────────────────────────


PARAMETERS = {
    "/v1/customers": "CustomerList",
    "/v1/subscriptions": "SubscriptionList",
    "/v1/invoices": "InvoiceList",
    "/v1/charges": "ChargeList",
    "/v1/coupons": "CouponList",
    "/v1/prices": "PriceList",
    "/v1/events": "EventList",
    "/v1/subscription_items": "SubscriptionItemList",
    "/v1/customers/{id}": "CustomerRetrieve",
    "/v1/subscriptions/{id}": "SubscriptionRetrieve",
    "/v1/invoices/{id}": "InvoiceRetrieve",
    "/v1/charges/{id}": "ChargeRetrieve",
    "/v1/prices/{id}": "PriceRetrieve",
    "/v1/invoices/{id}/lines": "InvoiceLineItemList",
    "/v1/balance": "BalanceRetrieve",
}
_ID = re.compile(r"/(cus|sub|in|ch|price)_[a-z0-9]+")


def parameters(path: str) -> dict[str, Any]:
    """The parameters of an operation, as the SDK has them."""
    name = f"{PARAMETERS[path]}Params"
    module = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    found = getattr(__import__(f"stripe.params._{module}", fromlist=[name]), name)
    return dict(found.__annotations__)


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    """Every sort of request that the connector makes."""
    short = {"object": "list", "data": [], "has_more": True}
    tiered = price("price_t", billing_scheme="tiered", tiers_mode="volume", unit_amount=None)
    named = discount() | {"source": {"type": "coupon", "coupon": "HALF"}}
    plain = {"livemode": False, "created": int(NOW.timestamp()) - 9}
    thin = {
        "customer.updated": customer(discount=named),
        "customer.subscription.updated": subscription(discounts=["di_1"]),
        "invoice.paid": invoice("in_1"),
    }
    happened = [event(kind, each, int(NOW.timestamp()) - 60) for kind, each in thin.items()]
    happened.append(
        event("charge.dispute.created", example("dispute", charge="ch_1"), happened[0]["created"])
    )
    happened += [event("invoice.paid", invoice(f"in_{n}", created=n), happened[0]["created"]) for n in (8, 9)]
    more: dict[str, Answer] = {
        "/v1/subscription_items": listing([item(cost=tiered)]),
        "/v1/prices/price_t": lambda _: tiered | {"tiers": []},
        "/v1/coupons": listing([example("coupon")]),
        "/v1/prices": listing([]),
        "/v1/invoices/in_1/lines": listing([]),
        "/v1/events": told(happened),
        "/v1/balance": lambda _: example("balance"),
        "/v1/customers/cus_1": lambda _: customer(),
        "/v1/subscriptions/sub_1": lambda _: subscription(),
        "/v1/charges/ch_1": lambda _: charge(),
        **{f"/v1/invoices/in_{n}": lambda _, n=n: invoice(f"in_{n}") for n in (1, 8, 9)},  # type: ignore[misc]
    }
    lists = {
        "customers": [{"id": f"cus_{n}", **plain} for n in range(900)],
        "subscriptions": [subscription(items=short, discounts=[named])],
        "invoices": [invoice("in_1", lines=short)],
    }
    with Vendor(routes(more, **lists)) as vendor:
        made = Partly("stripe", vendor.url)
        made.read(whole=True)
        made.read(whole=False)
        with reaching("stripe", vendor.url) as access:
            connector.sample(access)
            CATALOGUE["stripe"].account()(access)
        return vendor.calls


def test_every_operation_and_parameter_is_one_of_stripes(calls: list[Call]) -> None:
    seen = {_ID.sub("/{id}", call.path) for call in calls}
    assert seen == set(PARAMETERS)
    for call in calls:
        known = parameters(_ID.sub("/{id}", call.path))
        for name in call.query:
            key, *inner = re.findall(r"[^\[\]]+", name)
            assert key in known, (call.path, name)
            if key == "created":
                assert inner[0] in ("gt", "gte", "lt", "lte")


def test_the_published_description_knows_them_too(calls: list[Call]) -> None:
    described = {re.sub(r"\{\w+\}", "{id}", path): set(names) for path, names in OLD["queries"].items()}
    for call in calls:
        asked_for = {name.partition("[")[0] for name in call.query}
        assert asked_for <= described[_ID.sub("/{id}", call.path)], call.path


def test_limits_and_kinds_are_such_as_stripe_takes(calls: list[Call]) -> None:
    assert all(1 <= int(call.query.get("limit", 1)) <= 100 for call in calls)
    (words,) = (
        each
        for each in alternatives(hints(stripe.Event)["type"])
        if typing.get_origin(each) is typing.Literal
    )
    assert {kind for kinds in KINDS for kind in kinds} <= set(typing.get_args(words))
    statuses = {call.query["status"] for call in calls if "status" in call.query}
    assert statuses == {"all"}


@pytest.mark.parametrize(
    ("stream", "path"), [(name, path) for name, paths in EXPANDED.items() for path in paths]
)
def test_what_is_asked_to_come_whole_is_there_and_not_too_deep(stream: str, path: str) -> None:
    """Four levels at most: https://docs.stripe.com/expand"""
    assert len(f"data.{path}".split(".")) <= 4
    fields: Any = STREAMS[stream].fields
    for part in path.split("."):
        inner = next(spec for name, spec in fields.items() if name.rstrip("?") == part)  # it is also read
        fields = inner[0] if isinstance(inner, list) else inner
