"""Stripe's side of the demo: the list and retrieve endpoints over the demo company's books.

Sources: https://docs.stripe.com/api/authentication, /api/pagination, /api/expanding_objects, /api/errors,
/api/request_ids and the page of each object. Read only, test mode.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import timedelta
from functools import cached_property
from typing import Any

from agentos_cli.demo.company.marks import token
from agentos_cli.demo.company.world import World
from agentos_cli.demo.exchange import Reply, Request
from agentos_cli.demo.stripe.events import events, happened
from agentos_cli.demo.stripe.rows import Row, collections, newest_first
from agentos_cli.demo.stripe.shapes import Shape

VERSION = "2026-10-28.endive"
MOST = 100
DEEPEST = 4


class StripeError(Exception):
    """Ends a request with an error of Stripe's shape."""

    def __init__(self, status: int, message: str, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.error: Shape = {"message": message, "type": "invalid_request_error", **more}


class StripeSide:
    """Answers as api.stripe.com would for the demo company."""

    def __init__(self, world: World, key: str) -> None:
        self._world = world
        self._key = key
        self._rows = collections(world)
        self._index = {row.id: row for rows in self._rows.values() for row in rows}
        self._links = {row.facets["invoice"]: row for row in self._rows["invoice_payments"]}

    def answer(self, request: Request, number: int) -> Reply:
        try:
            self._authenticate(request)
            if request.method != "GET":
                raise _unrecognised(request)
            body = self._route(request)
        except StripeError as refused:
            return Reply(refused.status, {"error": refused.error}, self._headers(request, number))
        return Reply(200, body, self._headers(request, number))

    def refusal(self, kind: str, number: int, *, status: int = 500, wait: int | None = None) -> Reply:
        headers = {"Request-Id": _request_id(number), "Stripe-Version": VERSION}
        if kind == "ratelimit":
            headers |= {"Stripe-Rate-Limited-Reason": "global-rate", "Stripe-Should-Retry": "true"}
            headers |= {"Retry-After": str(wait)} if wait is not None else {}
            text = "Request rate limit exceeded. Learn more at https://docs.stripe.com/rate-limits"
            return Reply(429, _error(text, code="rate_limit"), headers)
        if kind == "unauthorized":
            return Reply(401, _error("Invalid API Key provided: sk_test_****wick"), headers)
        if kind == "expired":
            return Reply(
                401, _error("Expired API Key provided: sk_test_****wick", code="api_key_expired"), headers
            )
        text = "An error occurred with the demo's Stripe, as ordered."
        return Reply(status, {"error": {"message": text, "type": "api_error"}}, headers)

    def _headers(self, request: Request, number: int) -> dict[str, str]:
        version = request.headers.get("stripe-version", VERSION)
        return {"Request-Id": _request_id(number), "Stripe-Version": version}

    def _authenticate(self, request: Request) -> None:
        key = request.bearer or _basic_user(request.headers.get("authorization", ""))
        if key is None:
            raise StripeError(
                401,
                "You did not provide an API key. You need to provide your API key in the Authorization"
                " header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            )
        if key != self._key:
            raise StripeError(401, f"Invalid API Key provided: {key[:8]}****{key[-4:]}")

    def _route(self, request: Request) -> Shape:
        match request.path.strip("/").split("/"):
            case ["v1", "balance"]:
                return self._balance()
            case ["v1", "account"]:
                return _account(self._world)
            case ["v1", "invoices", invoice, "lines"]:
                return self._lines(request, invoice)
            case ["v1", "events"]:
                return self._list(request, "events", happened(self._events, request))
            case ["v1", name] if name in self._rows:
                return self._list(request, name, self._rows[name])
            case ["v1", name, id_] if name in self._rows:
                return self._retrieve(request, name, id_)
        raise _unrecognised(request)

    def _retrieve(self, request: Request, name: str, id_: str) -> Shape:
        found = next((row for row in self._rows[name] if row.id == id_), None)
        if found is None:
            raise _missing(name.removesuffix("s"), id_)
        shape = found.shape()
        for path in _expansions(request):
            self._expand(shape, path.split("."), path)
        return shape

    @cached_property
    def _events(self) -> list[Row]:
        return newest_first(events(self._world))

    def _list(self, request: Request, name: str, rows: list[Row]) -> Shape:
        rows = _matching(rows, name, request)
        page, more = _page(rows, request)
        shape = {
            "object": "list",
            "url": f"/v1/{name}",
            "has_more": more,
            "data": [row.shape() for row in page],
        }
        for path in _expansions(request):
            self._expand(shape, path.split("."), path)
        return shape

    def _lines(self, request: Request, invoice: str) -> Shape:
        row = self._index.get(invoice)
        if row is None or not invoice.startswith("in_"):
            raise _missing("invoice", invoice)
        lines: Shape = row.shape()["lines"]
        return lines

    def _expand(self, shape: Shape, parts: list[str], whole: str) -> None:
        """Put the objects in the place of their ids along a path such as `data.discounts.source.coupon`."""
        part, rest = parts[0], parts[1:]
        if part not in shape and shape.get("object") == "invoice" and part == "payments":
            shape["payments"] = self._payments(shape["id"])
        if part not in shape and shape.get("object") == "price" and part in ("tiers", "currency_options"):
            return  # what may be included, and this price has none of
        if part not in shape:
            raise StripeError(400, f"This property cannot be expanded ({whole}).")
        value = shape[part]
        if isinstance(value, list):
            shape[part] = [self._object(entry, whole) for entry in value]
        elif isinstance(value, str):
            shape[part] = self._object(value, whole)
        inner = shape[part]
        if rest:
            for entry in inner if isinstance(inner, list) else [inner]:
                if isinstance(entry, dict):
                    self._expand(entry, rest, whole)

    def _object(self, value: Any, whole: str) -> Any:
        if not isinstance(value, str):
            return value
        if value not in self._index:
            raise StripeError(400, f"This property cannot be expanded ({whole}).")
        return self._index[value].shape()

    def _payments(self, invoice: str) -> Shape:
        row = self._links.get(invoice)
        url = f"/v1/invoice_payments?invoice={invoice}"
        return {"object": "list", "data": [row.shape()] if row else [], "has_more": False, "url": url}

    def _balance(self) -> Shape:
        """What was collected and not yet paid out, in each currency."""
        books, now = self._world.books, self._world.as_of
        covered = {ref for payout in books.payouts for ref in payout.covers}
        sums = {kind: {"usd": 0, "eur": 0} for kind in ("available", "pending")}
        for charge in books.charges:
            if charge.failure is None and charge.id not in covered:
                kind = "available" if charge.created_at + timedelta(days=2) <= now else "pending"
                sums[kind][charge.bill.account.plan.currency] += charge.amount - charge.fee
        for refund in books.refunds:
            if refund.id not in covered:
                sums["available"][refund.charge.bill.account.plan.currency] -= refund.amount
        return {
            "object": "balance",
            "connect_reserved": [{"amount": 0, "currency": "usd"}],
            "livemode": False,
        } | {
            kind: [
                {"amount": amount, "currency": currency, "source_types": {"card": amount}}
                for currency, amount in parts.items()
            ]
            for kind, parts in sums.items()
        }


_FILTERS = (
    "customer", "subscription", "invoice", "charge", "payment_intent", "price", "product", "email", "active",
    "currency", "source", "payout", "collection_method",
)  # fmt: skip
_ENDED = ("canceled", "incomplete_expired")


def _matching(rows: list[Row], name: str, request: Request) -> list[Row]:
    """Those of a collection that the request asks for."""
    status, within = request.first("status"), _bounds(request)
    if name == "subscriptions" and status in (None, "all", "ended"):
        ended = (False, True) if status == "all" else (status == "ended",)
        rows = [row for row in rows if (row.facets["status"] in _ENDED) in ended]
    elif status is not None:
        rows = [row for row in rows if row.facets.get("status") == status]
    for key in (*_FILTERS, *(("type",) if name != "events" else ())):
        if (value := request.first(key)) is not None:
            rows = [row for row in rows if row.facets.get(key) == value]
    return rows if within is None else [row for row in rows if row.created in within]


def _bounds(request: Request) -> range | None:
    """The seconds that `created[...]` leaves, if it is asked for."""
    least, most, asked = 0, 1 << 40, False
    for sign in ("gt", "gte", "lt", "lte"):
        bound = request.first(f"created[{sign}]")
        if bound is None:
            continue
        if not re.fullmatch(r"-?[0-9]+", bound):
            raise StripeError(400, f"Invalid integer: {bound}", param=f"created[{sign}]")
        asked, edge = True, int(bound) + (sign in ("gt", "lte"))
        least, most = (max(least, edge), most) if sign in ("gt", "gte") else (least, min(most, edge))
    return range(least, most) if asked else None


def _page(rows: list[Row], request: Request) -> tuple[list[Row], bool]:
    """One page, newest first, and whether more follow. With a loop ordered it is always the first."""
    limit = _limit(request.first("limit"))
    if request.loop:
        return rows[:limit], True
    after, before = request.first("starting_after"), request.first("ending_before")
    if before is not None:
        newer = rows[: _place(rows, before, "ending_before")]
        return newer[-limit:], len(newer) > limit
    start = _place(rows, after, "starting_after") + 1 if after is not None else 0
    return rows[start : start + limit], len(rows) > start + limit


def _limit(text: str | None) -> int:
    if text is None:
        return 10
    if not text.isdecimal():
        raise StripeError(400, f"Invalid integer: {text}", param="limit")
    value = int(text)
    if value < 1:
        raise StripeError(400, "This value must be greater than or equal to 1.", param="limit")
    if value > MOST:
        text = f"This value must be less than or equal to {MOST} (it currently is '{value}')."
        raise StripeError(400, text, param="limit")
    return value


def _place(rows: list[Row], id_: str, param: str) -> int:
    for n, row in enumerate(rows):
        if row.id == id_:
            return n
    raise _missing("object", id_, param)


def _expansions(request: Request) -> list[str]:
    """The values of `expand[]`, or of `expand[0]`, `expand[1]` as the SDK writes it."""
    paths = [
        value
        for key, values in request.query.items()
        if re.fullmatch(r"expand\[\d*\]", key)
        for value in values
    ]
    for path in paths:
        if path.count(".") >= DEEPEST:
            raise StripeError(
                400, f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}"
            )
    return paths


def _basic_user(header: str) -> str | None:
    kind, _, value = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[0] or None
    except (binascii.Error, UnicodeDecodeError):
        return None


def _missing(kind: str, id_: str, param: str = "id") -> StripeError:
    return StripeError(
        404 if param == "id" else 400,
        f"No such {kind}: '{id_}'",
        code="resource_missing",
        doc_url="https://docs.stripe.com/error-codes/resource-missing",
        param=param,
    )


def _unrecognised(request: Request) -> StripeError:
    return StripeError(404, f"Unrecognized request URL ({request.method}: {request.path}).")


def _error(message: str, **more: str) -> Shape:
    return {"error": {"message": message, "type": "invalid_request_error", **more}}


def _request_id(number: int) -> str:
    return f"req_{token('req', number)}"


def _account(world: World) -> Shape:
    return {
        "id": f"acct_{token('acct', world.company, size=16)}",
        "object": "account",
        "business_profile": {"name": world.company, "url": None},
        "business_type": "company",
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": None,
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": world.company, "timezone": "Etc/UTC"}},
        "type": "standard",
    }
