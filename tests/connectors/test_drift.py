"""What a vendor changes is found and named; what it merely adds is no drift."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.connectors.drift import Finding, drift
from agentos_cli.connectors.fields import keeper
from agentos_cli.contract import Fields
from agentos_cli.demo.company.world import build_world
from agentos_cli.demo.exchange import Reply, Request, Vendor
from agentos_cli.demo.server import DemoServer
from agentos_cli.redaction import register_secret
from tests.connectors.vendor import reaching

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
VENDORS = ("stripe", "hubspot", "linear")

BILL: Fields = {
    "id": "text",
    "total": "number",
    "paid": "flag",
    "created": "instant",
    "due?": "instant",
    "status": ("draft", "open", "paid"),
    "customer": {"id": "text", "email?": "text"},
    "lines": {"data": [{"amount": "number"}]},
    "raw": "any",
}


def bill(**other: Any) -> dict[str, Any]:
    whole = {
        "id": "in_1",
        "total": 1200,
        "paid": True,
        "created": 1_790_000_000,
        "due": 1_790_000_500,
        "status": "open",
        "customer": {"id": "cus_1", "email": None},
        "lines": {"data": [{"amount": Decimal("12.5")}, {"amount": "7"}]},
        "raw": {},
        "memo": "nobody reads this",
    }
    return {**whole, **other}


def without(*names: str, **other: Any) -> dict[str, Any]:
    return {name: value for name, value in bill(**other).items() if name not in names}


def found(*records: object) -> list[tuple[str, str, int, bool]]:
    return [(each.path, each.what, each.count, each.loses) for each in drift(records, BILL)]


def test_what_is_as_declared_has_not_drifted() -> None:
    assert [each for each in found(bill(), bill(due=None)) if each[0] != "customer.email"] == []
    assert found() == []


CASES: dict[str, tuple[list[object], tuple[str, str, int, bool]]] = {
    "gone": ([without("raw"), without("raw")], ("raw", "missing", 2, True)),
    "gone from some": ([bill(), without("total")], ("total", "missing", 1, True)),
    "renamed": ([without("total", total_amount=5)], ("total", "renamed", 1, True)),
    "renamed, and it may be missing": ([without("due", due_at=1_790_000_500)], ("due", "renamed", 1, True)),
    "null": ([bill(), bill(total=None)], ("total", "null", 1, True)),
    "empty": ([bill(id="")], ("id", "null", 1, True)),
    "another type": ([bill(total=[1])], ("total", "type", 1, True)),
    "a text that is no number": ([bill(total="1.250,00 EUR")], ("total", "type", 1, True)),
    "a flag in words": ([bill(paid="yes")], ("paid", "type", 1, True)),
    "microseconds": ([bill(created=1_790_000_000_000_000)], ("created", "type", 1, True)),
    "another word": ([bill(), bill(status="sent")], ("status", "word", 1, True)),
    "an id in place of the object": ([bill(customer="cus_1")], ("customer", "shape", 1, True)),
    "a list in place of the object": ([bill(lines=[{"amount": 1}])], ("lines", "shape", 1, True)),
    "an object in place of the list": ([bill(lines={"data": {}})], ("lines.data", "shape", 1, True)),
    "within a list": (
        [bill(lines={"data": [{"amount": 1}, {}]})],
        ("lines.data[].amount", "missing", 1, True),
    ),
    "no object": ([bill(), "in_2"], ("", "shape", 1, True)),
    "milliseconds among seconds": ([bill(created=1_790_000_000_000)], ("created", "scale", 1, False)),
    "empty everywhere": ([bill(), bill()], ("customer.email", "empty", 2, False)),
}


@pytest.mark.parametrize("case", CASES)
def test_each_way_to_drift_is_named(case: str) -> None:
    records, expected = CASES[case]
    others = [each for each in found(*records) if each[0] != "customer.email" or case == "empty everywhere"]
    assert others == [expected]


def test_a_number_that_became_text_is_told_and_loses_nothing() -> None:
    fields: Fields = dict.fromkeys(("a", "b", "c", "d"), "number")
    (told,) = drift([{"a": 1, "b": 2, "c": 3, "d": "4"}], fields)
    assert (told.path, told.loses, told.example) == ("d", False, "4")


def test_an_example_is_short_and_clean_and_no_secret() -> None:
    register_secret("hunter2hunter2")
    (shown,) = drift([bill(total="\x1b[31mhunter2hunter2 " + "x" * 500)], {"total": "number"})
    assert shown.example is not None and len(shown.example) <= 40
    assert "hunter2" not in shown.example and "\x1b" not in shown.example


# ── the demo's vendors ───────────────────────────────────────────────────────────────────────────

Change = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Changed:
    """A vendor whose answers were rewritten on their way: every object in them goes through `change`."""

    vendor: Vendor
    change: Change

    def answer(self, request: Request, number: int) -> Reply:
        reply = self.vendor.answer(request, number)
        body = copy.deepcopy(reply.body)
        self._through(body)
        return replace(reply, body=body)

    def refusal(self, kind: str, number: int, *, status: int = 500, wait: int | None = None) -> Reply:
        return self.vendor.refusal(kind, number, status=status, wait=wait)

    def _through(self, value: Any) -> None:
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            self._through(each)
        if isinstance(value, dict):
            self.change(value)


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(build_world(NOW)) as server:
        yield server


def losses(server: DemoServer, name: str) -> dict[tuple[str, str], Finding]:
    """By stream and path, what of a live sample is lost."""
    spec = CATALOGUE[name]
    with reaching(name, server.urls[name], key=server.keys[name]) as access:
        sample = spec.sample()(access)
    assert set(spec.fields()) >= set(sample) and any(sample.values())
    return {
        (stream, each.path): each
        for stream, fields in spec.fields().items()
        for each in drift(sample.get(stream, ()), fields)
        if each.loses
    }


@pytest.mark.parametrize("name", VENDORS)
def test_what_the_vendors_send_is_what_is_declared(server: DemoServer, name: str) -> None:
    assert losses(server, name) == {}


def of(kind: str, change: Change) -> Change:
    """Only Stripe's objects of a kind."""
    return lambda each: change(each) if each.get("object") == kind else None


def renamed(key: str, to: str) -> Change:
    def change(each: dict[str, Any]) -> None:
        if key in each:
            each[to] = each.pop(key)

    return change


def made(key: str, change: Callable[[Any], Any]) -> Change:
    def put(each: dict[str, Any]) -> None:
        if each.get(key) is not None:
            each[key] = change(each[key])

    return put


PLANTED: dict[str, tuple[str, Change, tuple[str, str, str]]] = {
    "a field is gone": (
        "stripe",
        of("invoice", lambda each: each.pop("amount_remaining", None)),
        ("invoices", "amount_remaining", "missing"),
    ),
    "a field is renamed": (
        "stripe",
        of("customer", renamed("created", "created_at")),
        ("customers", "created", "renamed"),
    ),
    "a state has a new word": (
        "stripe",
        of("subscription", made("status", lambda old: "running" if old == "active" else old)),
        ("subscriptions", "status", "word"),
    ),
    "an amount became text": (
        "stripe",
        of("charge", made("amount", lambda old: f"{old / 100:,.2f} USD")),
        ("charges", "amount", "type"),
    ),
    "seconds became microseconds": (
        "stripe",
        of("charge", made("created", lambda old: old * 1_000_000)),
        ("charges", "created", "type"),
    ),
    "a list lost its envelope": (
        "stripe",
        of("invoice", made("lines", lambda old: old["data"])),
        ("invoices", "lines", "shape"),
    ),
    "a needed field is null": (
        "hubspot",
        lambda each: each.update(dealstage=None) if "dealstage" in each else None,
        ("deals", "properties.dealstage", "null"),
    ),
    "an object is flat now": (
        "hubspot",
        lambda each: each.update(each.pop("properties")) if "properties" in each else None,
        ("companies", "properties", "missing"),
    ),
    "names are written in another way": (
        "linear",
        renamed("startsAt", "starts_at"),
        ("cycles", "startsAt", "renamed"),
    ),
    "an object became its id": (
        "linear",
        made("team", lambda old: old["id"]),
        ("issues", "team", "shape"),
    ),
    "a number is gone from some": (
        "linear",
        lambda each: each.pop("priority") if each.get("priority") == 1 else None,
        ("issues", "priority", "missing"),
    ),
}


@pytest.mark.parametrize("drifted", PLANTED)
def test_what_a_vendor_changes_is_found(server: DemoServer, drifted: str) -> None:
    name, change, (stream, path, what) = PLANTED[drifted]
    real = server.vendors[name]
    server.vendors[name] = Changed(real, change)
    try:
        lost = losses(server, name)
    finally:
        server.vendors[name] = real
    assert lost[stream, path].what == what
    assert lost[stream, path].count > 0


def test_what_is_not_read_may_come_and_go(server: DemoServer) -> None:
    real = server.vendors["stripe"]
    server.vendors["stripe"] = Changed(real, lambda each: each.update(unheard_of={"of": ["anything"]}))
    try:
        assert losses(server, "stripe") == {}
    finally:
        server.vendors["stripe"] = real


@pytest.mark.parametrize("name", VENDORS)
def test_a_sample_of_declared_fields_alone_is_the_same(server: DemoServer, name: str) -> None:
    """What the declaration keeps is what the check looks at."""
    spec = CATALOGUE[name]
    with reaching(name, server.urls[name], key=server.keys[name]) as access:
        sample = spec.sample()(access)
    for stream, fields in spec.fields().items():
        records = [each for each in sample.get(stream, ()) if isinstance(each, dict)]
        assert drift([keeper(fields)(each) for each in records], fields) == drift(records, fields)


# ── files ────────────────────────────────────────────────────────────────────────────────────────


def test_the_columns_of_files_are_compared(tmp_path: Path) -> None:
    (tmp_path / "fx.csv").write_text("date,base,quote,rate,memo\n2026-11-01,EUR,USD,1.1,x\n")
    (tmp_path / "marketing.csv").write_text("Date,channel_name,amount\n2026-11-01,search,10\n")
    spec = CATALOGUE["files"]
    with reaching("files", "", folder=str(tmp_path)) as access:
        sample = spec.sample()(access)
    assert set(sample) == {"fx.csv", "marketing.csv"}
    lost = {
        (file, each.path, each.what, each.says)
        for file, records in sample.items()
        for each in drift(records, spec.fields()[file])
        if each.loses
    }
    assert lost == {("marketing.csv", "channel", "renamed", "is gone; is it `channel_name` now?")}
