"""Looks up what Stripe's lists only name: the rest of lists cut short, prices with tiers, coupons.

A list inside an object may be cut short and says so in `has_more`; an object can be expanded four levels deep
at most, which a price's tiers within a list of subscriptions are not: https://docs.stripe.com/expand.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from agentos_cli.connectors.fanout import side_by_side
from agentos_cli.connectors.reading import Raw
from agentos_cli.connectors.stripe.amounts import needs_lookup
from agentos_cli.connectors.stripe.api import Api
from agentos_cli.connectors.stripe.streams import EXPANDED
from agentos_cli.contract import Page

_COUPONS = "coupons"


class Lookup:
    """What one read of an account has looked up: every price once, the coupons once. Thread-safe."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._prices: dict[str, Raw] = {}
        self._coupons: list[object] | None = None
        self._listing = threading.Lock()

    def completed(self, page: Page, given: set[str]) -> Iterator[Page]:
        """The page with what its records lack, behind pages of what they share: a sync that dies between
        two pages would else miss it. `given` remembers what a part of the read was handed already."""
        records = page.records
        if page.stream == "subscriptions":
            records = _with_rest(records, "items", self._items)
            yield from _shared("prices", self._priced(records, given))
        elif page.stream == "invoices":
            records = _with_rest(records, "lines", self._lines)
        if _COUPONS not in given and any(isinstance(c, str) for raw in records for c in _coupons(raw)):
            given.add(_COUPONS)
            yield from _shared(_COUPONS, self._listed())
        yield page if records is page.records else replace(page, records=records)

    def _items(self, key: str) -> Iterator[object]:
        """https://docs.stripe.com/api/subscription_items/list"""
        return self._api.every("/v1/subscription_items", subscription=key, expand=["data.discounts"])

    def _lines(self, key: str) -> Iterator[object]:
        """https://docs.stripe.com/api/invoice-line-item/list"""
        return self._api.every(f"/v1/invoices/{key}/lines")

    def _priced(self, subscriptions: Iterable[object], given: set[str]) -> list[Raw]:
        """The prices with tiers, or sold in another currency, that were not given yet."""
        wanted = {str(p.get("id")) for raw in subscriptions for p in _prices_lacking(raw)} - given
        given |= wanted
        unknown = sorted(wanted - self._prices.keys())
        answers = side_by_side(*(self._price(key) for key in unknown))
        self._prices.update(zip(unknown, (answer[0] for answer in answers), strict=True))
        return [self._prices[key] for key in sorted(wanted)]

    def _price(self, key: str) -> Iterator[Raw]:
        """https://docs.stripe.com/api/prices/retrieve"""
        yield self._api.get(f"/v1/prices/{key}", expand=list(EXPANDED["prices"]))

    def _listed(self) -> list[object]:
        """https://docs.stripe.com/api/coupons/list"""
        with self._listing:
            if self._coupons is None:
                self._coupons = list(self._api.every("/v1/coupons"))
            return self._coupons


def _shared(stream: str, records: Sequence[object]) -> Iterator[Page]:
    if records:
        yield Page(stream, records)


def _with_rest(
    records: Sequence[object], key: str, read: Callable[[str], Iterator[object]]
) -> Sequence[object]:
    """The records with the whole of the list under `key`, where it was cut short."""
    short = [raw for raw in records if isinstance(raw, Mapping) and _get(raw.get(key), "has_more") is True]
    if not short:
        return records
    lists = side_by_side(*(read(str(raw.get("id"))) for raw in short))
    whole = {str(raw.get("id")): rows for raw, rows in zip(short, lists, strict=True)}
    return [_replaced(raw, key, whole) for raw in records]


def _replaced(raw: object, key: str, whole: Mapping[str, list[object]]) -> object:
    if not isinstance(raw, Mapping) or str(raw.get("id")) not in whole:
        return raw
    return {**raw, key: {"data": whole[str(raw.get("id"))]}}


def _prices_lacking(raw: object) -> Iterator[Raw]:
    """The prices of a subscription that do not carry all that its amount is made of."""
    code = str(_get(raw, "currency")).upper()
    for row in _rows(raw):
        price = row.get("price")
        if isinstance(price, Mapping) and needs_lookup(price, code):
            yield price


def _rows(raw: object) -> list[Raw]:
    data = _get(_get(raw, "items"), "data")
    return [row for row in data if isinstance(row, Mapping)] if isinstance(data, list) else []


def _coupons(raw: object) -> Iterator[object]:
    """What stands in the place of a coupon in the discounts of a record and of its items."""
    for holder in (raw, *_rows(raw)):
        many = _get(holder, "discounts")
        for each in (*(many if isinstance(many, list) else ()), _get(holder, "discount")):
            if each is not None:
                yield _get(_get(each, "source"), "coupon")


def _get(value: object, key: str) -> object:
    """One step down, None where there is none."""
    return value.get(key) if isinstance(value, Mapping) else None
