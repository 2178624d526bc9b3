"""A large Stripe account on loopback: objects of the documented shape, made when they are asked for.

    python -m benchmarks.large_stripe CUSTOMERS SUBSCRIPTIONS    prints its address, serves until ended

GET  /v1/customers, /v1/subscriptions, /v1/events (newest first; `limit`, `starting_after`, `created[...]`)
GET  /_bench/facts            what there is, to compare a reader with, and how many requests were answered
POST /_bench/change?n=100     that many subscriptions get another seat; each change is an event

One small asyncio server without any framework, so that the readers are measured and not this.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

VERSION = "2026-10-28.endive"
STEP = 60  # seconds between two objects of a kind
PRICES = (900, 1900, 4900, 9900, 19900)
PAGE = 100
LISTS = ("customers", "subscriptions", "invoices", "charges", "coupons")
ACCOUNT = '{"object":"account","id":"acct_1","settings":{"dashboard":{"display_name":"Large"}}}'
BALANCE = '{"object":"balance","livemode":true,"available":[],"pending":[]}'
MISSING = '{"error":{"type":"invalid_request_error","message":"no such path"}}'

CUSTOMER = """{"address":{"city":null,"country":"US","line1":null,"line2":null,"postal_code":null,\
"state":null},"balance":0,"created":%(created)d,"currency":"usd","default_source":null,"delinquent":false,"description":null,\
"discount":null,"email":"ada%(n)d@c%(n)d.example","id":"cus_%(n)07d","invoice_prefix":"A%(n)07d",\
"invoice_settings":{"custom_fields":null,"default_payment_method":null,"footer":null,"rendering_options":null},\
"livemode":true,"metadata":{"domain":"c%(n)d.example"},"name":"Company %(n)d","next_invoice_sequence":1,\
"object":"customer","phone":null,"preferred_locales":[],"shipping":null,"tax_exempt":"none","test_clock":null}"""

SUBSCRIPTION = """{"application":null,"application_fee_percent":null,"automatic_tax":{"enabled":false,\
"liability":null,"disabled_reason":null},"billing_cycle_anchor":%(created)d,"billing_cycle_anchor_config":null,\
"billing_mode":{"type":"classic","flexible":null},"billing_thresholds":null,"cancel_at":null,\
"cancel_at_period_end":false,"canceled_at":null,"cancellation_details":{"comment":null,"feedback":null,\
"reason":null},"collection_method":"charge_automatically","created":%(created)d,"currency":"usd",\
"customer":"cus_%(customer)07d","customer_account":null,"days_until_due":null,"default_payment_method":null,\
"default_source":null,"default_tax_rates":[],"description":null,"discounts":[],"ended_at":null,\
"id":"sub_%(n)07d","invoice_settings":{"account_tax_ids":null,"issuer":{"type":"self"},"custom_fields":null,\
"description":null,"footer":null},"items":{"data":[{"billing_thresholds":null,"created":%(created)d,\
"current_period_end":%(ends)d,"current_period_start":%(created)d,"discounts":[],"id":"si_%(n)07d",\
"metadata":{},"object":"subscription_item","plan":{"active":true,"amount":%(price)d,"amount_decimal":"%(price)d",\
"billing_scheme":"per_unit","created":1700000000,"currency":"usd","id":"price_%(price)d","interval":"month",\
"interval_count":1,"livemode":true,"metadata":{},"meter":null,"nickname":null,"object":"plan",\
"product":"prod_%(price)d","tiers_mode":null,"transform_usage":null,"trial_period_days":null,\
"usage_type":"licensed"},"price":{"active":true,"billing_scheme":"per_unit","created":1700000000,\
"currency":"usd","custom_unit_amount":null,"id":"price_%(price)d","livemode":true,"lookup_key":null,\
"metadata":{},"nickname":null,"object":"price","product":"prod_%(price)d","recurring":{"interval":"month",\
"interval_count":1,"meter":null,"trial_period_days":null,"usage_type":"licensed"},"tax_behavior":"unspecified",\
"tiers_mode":null,"transform_quantity":null,"type":"recurring","unit_amount":%(price)d,\
"unit_amount_decimal":"%(price)d"},"quantity":%(seats)d,"subscription":"sub_%(n)07d","tax_rates":[]}],\
"has_more":false,"object":"list","total_count":1,"url":"/v1/subscription_items?subscription=sub_%(n)07d"},\
"latest_invoice":null,"livemode":true,"metadata":{},"next_pending_invoice_item_invoice":null,\
"object":"subscription","on_behalf_of":null,"pause_collection":null,"payment_settings":{\
"payment_method_options":null,"payment_method_types":null,"save_default_payment_method":"off"},\
"pending_invoice_item_interval":null,"pending_setup_intent":null,"pending_update":null,"schedule":null,\
"start_date":%(created)d,"status":"active","test_clock":null,"transfer_data":null,"trial_end":null,\
"trial_settings":{"end_behavior":{"missing_payment_method":"create_invoice"}},"trial_start":null}"""

EVENT = """{"api_version":"%(version)s","created":%(created)d,"data":{"object":%(object)s,\
"previous_attributes":{}},"id":"evt_%(n)07d","livemode":true,"object":"event","pending_webhooks":0,\
"request":{"id":null,"idempotency_key":null},"type":"customer.subscription.updated"}"""


@dataclass
class Account:
    """What there is. Objects are numbered from the oldest on, one every `STEP` seconds."""

    customers: int
    subscriptions: int
    now: int = field(default_factory=lambda: int(time.time()))
    seats: dict[int, int] = field(default_factory=dict)
    events: list[tuple[int, int]] = field(default_factory=list)
    requests: int = 0

    def size(self, kind: str) -> int:
        return {"customers": self.customers, "subscriptions": self.subscriptions}.get(kind, 0)

    def created(self, kind: str, n: int) -> int:
        return self.now - 86_400 - (self.size(kind) - 1 - n) * STEP

    def change(self, count: int) -> None:
        """Every so manieth subscription gets one seat more."""
        step = max(1, self.subscriptions // count)
        for n in range(0, step * count, step):
            self.seats[n] = self.seats.get(n, 1) + 1
            self.events.append((int(time.time()), n))

    def facts(self) -> dict[str, int]:
        """Counts, and what all subscriptions together cost a month, in cents."""
        monthly = sum(PRICES[n % len(PRICES)] for n in range(self.subscriptions))
        more = sum(PRICES[n % len(PRICES)] * (seats - 1) for n, seats in self.seats.items())
        return {
            "customers": self.customers,
            "subscriptions": self.subscriptions,
            "monthly": monthly + more,
            "requests": self.requests,
        }

    def show(self, kind: str, n: int) -> str:
        created = self.created(kind, n)
        if kind == "customers":
            return CUSTOMER % {"n": n, "created": created}
        price, owner = PRICES[n % len(PRICES)], n % self.customers
        seats, ends = self.seats.get(n, 1), self.now + 2_592_000
        return SUBSCRIPTION % {
            "n": n, "created": created, "customer": owner, "price": price, "seats": seats, "ends": ends,
        }  # fmt: skip

    def page(self, kind: str, query: dict[str, str]) -> str:
        """The objects behind `starting_after`, newest first, within the window of `created`."""
        size, first = self.size(kind), self.created(kind, 0) if self.size(kind) else 0
        top, bottom = size, 0
        if "starting_after" in query:
            top = int(query["starting_after"].rpartition("_")[2])
        if "created[lt]" in query:
            top = min(top, -((first - int(query["created[lt]"])) // STEP))
        if "created[lte]" in query:
            top = min(top, (int(query["created[lte]"]) - first) // STEP + 1)
        for name, off in (("created[gte]", 0), ("created[gt]", 1)):
            if name in query:
                bottom = max(bottom, -((first - int(query[name]) - off) // STEP))
        end = max(bottom, top - min(PAGE, int(query.get("limit", 10))), 0)
        rows = ",".join(self.show(kind, n) for n in range(top - 1, end - 1, -1))
        return _list(kind, rows, end > bottom)

    def told(self, query: dict[str, str]) -> str:
        """The events, newest first."""
        since = int(query.get("created[gte]", query.get("created[gt]", "0")))
        top = len(self.events)
        if "starting_after" in query:
            top = int(query["starting_after"].rpartition("_")[2])
        fitting = [n for n in range(top) if self.events[n][0] >= since]
        limit = min(PAGE, int(query.get("limit", 10)))
        rows = ",".join(self._event(n) for n in fitting[: -limit - 1 : -1])
        return _list("events", rows, len(fitting) > limit)

    def _event(self, n: int) -> str:
        at, which = self.events[n]
        shown = self.show("subscriptions", which)
        return EVENT % {"version": VERSION, "created": at, "object": shown, "n": n}


def _list(kind: str, rows: str, more: bool) -> str:
    return f'{{"object":"list","url":"/v1/{kind}","has_more":{str(more).lower()},"data":[{rows}]}}'


def answer(account: Account, method: str, target: str) -> tuple[int, str]:
    """Status and JSON text."""
    parts = urlsplit(target)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if parts.path == "/_bench/facts":
        return 200, json.dumps(account.facts())
    if parts.path == "/_bench/change" and method == "POST":
        account.change(int(query["n"]))
        return 200, "{}"
    account.requests += 1
    if parts.path.startswith("/v1/account"):
        return 200, ACCOUNT
    kind = parts.path.removeprefix("/v1/")
    if kind == "events":
        return 200, account.told(query)
    if kind in LISTS:
        return 200, account.page(kind, query)
    return (200, BALANCE) if kind == "balance" else (404, MISSING)


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, for requests without a body."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            head, self._waiting = self._waiting[:end], self._waiting[end + 4 :]
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            status, text = answer(self._account, method, target)
            body = text.encode()
            self._transport.write(
                b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                % (status, len(body))
                + body
            )


async def serve(account: Account) -> None:
    """Serve until the process is ended; the address is the first line of stdout."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(account), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Account(int(sys.argv[1]), int(sys.argv[2]))))
