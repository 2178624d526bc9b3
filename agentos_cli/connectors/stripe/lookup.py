"""Looks up what Stripe's lists only name: the rest of lists cut short, prices with tiers, coupons.

A list inside an object may be cut short and says so in `has_more`; an object can be expanded four levels deep
at most, which a price's tiers within a list of subscriptions are not: https://docs.stripe.com/expand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from agentos_cli.connectors.fanout import side_by_side
from agentos_cli.connectors.reading import Raw
from agentos_cli.connectors.stripe.amounts import needs_lookup
from agentos_cli.connectors.stripe.api import Api


def with_items(api: Api, subscriptions: list[object]) -> list[object]:
    """The subscriptions with all their items (https://docs.stripe.com/api/subscription_items/list)."""
    return _with_rest(
        subscriptions,
        "items",
        lambda key: api.every("/v1/subscription_items", subscription=key, expand=["data.discounts"]),
    )


def with_lines(api: Api, invoices: list[object]) -> list[object]:
    """The invoices with all their lines (https://docs.stripe.com/api/invoice-line-item/list)."""
    return _with_rest(invoices, "lines", lambda key: api.every(f"/v1/invoices/{key}/lines"))


def with_prices(api: Api, subscriptions: list[object]) -> list[object]:
    """The subscriptions with the tiers of their prices (https://docs.stripe.com/api/prices/retrieve)."""
    wanted = sorted(
        {
            str(price.get("id"))
            for raw in subscriptions
            for price in _prices(raw)
            if needs_lookup(price, str(_get(raw, "currency")).upper())
        }
    )
    answers = side_by_side(*(_asked(api, key) for key in wanted))
    found = dict(zip(wanted, (answer[0] for answer in answers), strict=True))
    return [_priced(raw, found) for raw in subscriptions]


def coupons_named(api: Api, *lists: Iterable[object]) -> dict[str, Raw]:
    """All coupons by id, if some discount only names its own (https://docs.stripe.com/api/coupons/list)."""
    if not any(isinstance(coupon, str) for raws in lists for raw in raws for coupon in _coupons(raw)):
        return {}
    return {str(raw.get("id")): raw for raw in api.every("/v1/coupons") if isinstance(raw, Mapping)}


def _asked(api: Api, price: str) -> Iterator[Raw]:
    yield api.get(f"/v1/prices/{price}", expand=["tiers", "currency_options"])


def _with_rest(raws: list[object], key: str, read: Callable[[str], Iterator[object]]) -> list[object]:
    short = [raw for raw in raws if isinstance(raw, Mapping) and _get(raw.get(key), "has_more") is True]
    lists = side_by_side(*(read(str(raw.get("id"))) for raw in short))
    whole = {str(raw.get("id")): rows for raw, rows in zip(short, lists, strict=True)}
    return [_replaced(raw, key, whole) for raw in raws]


def _replaced(raw: object, key: str, whole: Mapping[str, list[object]]) -> object:
    if not isinstance(raw, Mapping) or str(raw.get("id")) not in whole:
        return raw
    return {**raw, key: {"data": whole[str(raw.get("id"))]}}


def _priced(raw: object, found: Mapping[str, Raw]) -> object:
    """The subscription with the prices that were looked up in the place of those it came with."""
    if not isinstance(raw, Mapping) or not any(str(price.get("id")) in found for price in _prices(raw)):
        return raw
    rows = [
        {**row, "price": found.get(str(_get(row.get("price"), "id")), row.get("price"))} for row in _rows(raw)
    ]
    return {**raw, "items": {"data": rows}}


def _rows(raw: object) -> list[Raw]:
    data = _get(_get(raw, "items"), "data")
    return [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []


def _prices(raw: object) -> Iterator[Raw]:
    for row in _rows(raw):
        price = row.get("price")
        if isinstance(price, Mapping):
            yield price


def _coupons(raw: object) -> Iterator[object]:
    """What stands in the place of a coupon in the discounts of a record and of its items."""
    for holder in (raw, *_rows(raw)):
        many = _get(holder, "discounts")
        for each in (*(many if isinstance(many, list) else ()), _get(holder, "discount")):
            yield _get(_get(each, "source"), "coupon")


def _get(value: object, key: str) -> object:
    """One step down, None where there is none."""
    return value.get(key) if isinstance(value, Mapping) else None
