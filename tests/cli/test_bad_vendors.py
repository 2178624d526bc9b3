"""Vendors at their worst: one clear line, the documented exit code; the brief comes and nothing is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import SOURCES, Vendors
from tests.cli.program import Program, Ran

TITLES = {"stripe": "Stripe", "hubspot": "HubSpot", "linear": "Linear"}
FAULTS = {
    "unauthorized": (4, "refused the key"),
    "expired": (4, "refused the key"),
    "html": (75, "not valid JSON: it is a web page"),
    "truncate": (75, "cut off"),
    "status:500": (75, "in trouble (500)"),
    "reset": (75, "the connection was reset"),
    "down": (75, "cut off or is not HTTP"),
    "ratelimit:900": (75, "slow down"),
}
"""What a vendor does, the exit code of `connect` and `sync`, and the words that say so."""


def held(program: Program) -> dict[str, int]:
    """How many records of each source were read by its last sync that worked."""
    runs = program("runs", "--limit", "1000", "--json").json()["runs"]
    return {
        r["name"]: r["metrics"]["records"] for r in reversed(runs) if r["work"] == "source" and r["success"]
    }


def figures(program: Program) -> dict[str, Any]:
    numbers = program("brief", "--cached", "--json").json()["numbers"]
    return {number["key"]: number["value"] for number in numbers}


def said_clearly(ran: Ran) -> None:
    """One line with what happened; under it only `fix:`, before it only what was being done."""
    assert ran.said_plainly()
    wrong = [line for line in ran.err.splitlines() if line.startswith("error: ")]
    rest = [line for line in ran.err.splitlines() if line not in wrong]
    assert len(wrong) == 1, ran.err
    known = ("  fix:  ", "contacting ", "database made ready")
    assert all(line.startswith(known) or "; trying again in" in line for line in rest), ran.err
    assert len(rest) <= 4, ran.err


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("fault", FAULTS)
def test_connecting_says_what_is_wrong_and_keeps_nothing(
    program: Program, vendors: Vendors, source: str, fault: str
) -> None:
    code, words = FAULTS[fault]
    vendors.order(f"{source}={fault}")
    ran = vendors.connect(program, source)
    assert (ran.code, ran.raw) == (code, b"")
    said_clearly(ran)
    assert words in ran.err
    assert TITLES[source] in ran.err
    kept = [path for path in (program.home / ".config").rglob("*") if path.is_file()]
    assert kept == []
    assert program("status", "--json").json()["connected"] == []


def test_a_wrong_key_is_refused_and_the_good_one_stays(office: Program, vendors: Vendors) -> None:
    ran = vendors.connect(office, "stripe", key="sk_test_not_this_one")
    assert ran.code == 4
    said_clearly(ran)
    assert "agentos connect stripe" in ran.err
    assert office("sync", "stripe").code == 0


@pytest.mark.parametrize("source", ["stripe", "hubspot"])
def test_an_expired_key_is_called_expired(program: Program, vendors: Vendors, source: str) -> None:
    vendors.order(f"{source}=expired")
    assert "it has expired (401)" in vendors.connect(program, source).err


@pytest.mark.parametrize("fault", [*FAULTS, "loop"])
def test_a_sync_says_what_is_wrong_and_loses_nothing(office: Program, vendors: Vendors, fault: str) -> None:
    code, words = FAULTS.get(fault, (7, "go round in a circle"))
    before, known = held(office), figures(office)
    vendors.order(",".join(f"{source}={fault}" for source in SOURCES))
    ran = office(
        "sync", "--full", "--json"
    )  # what has changed since just now is nothing: no page to go round
    assert ran.code == code
    assert ran.said_plainly()
    found = {item["source"]: item for item in ran.json()["sources"]}
    assert found["files"]["ok"]
    for source in SOURCES:
        assert not found[source]["ok"]
        assert words in found[source]["problem"].replace("asks us to slow down", "slow down")
        assert TITLES[source] in found[source]["problem"]
        assert found[source]["fix"].startswith("agentos ")
    assert held(office) == before
    assert figures(office) == known
    assert len(ran.err.splitlines()) <= 5, "one retry a source is told, not each"


@pytest.mark.parametrize("fault", ["expired", "html", "loop"])
def test_the_brief_still_comes_and_says_which_source_is_blind(
    office: Program, vendors: Vendors, fault: str
) -> None:
    known = figures(office)
    vendors.order(f"stripe={fault}")
    ran = office("brief", "--refresh", "--json")
    assert ran.code == 0
    assert ran.said_plainly()
    brief = ran.json()
    assert {number["key"]: number["value"] for number in brief["numbers"]} == known
    spot = next(spot for spot in brief["blind_spots"] if spot["source"] == "stripe")
    assert spot["since"]
    assert spot["age"]
    assert spot["fix"].startswith("agentos connect")
    warnings = office("brief", "--cached").out.split("Decide ")[0]
    assert "\n! " in warnings
    assert spot["fix"] in warnings
    assert office("brief", "--cached", "--strict").code == 3


def test_a_vendor_that_asks_to_wait_is_left_alone_until_then(office: Program, vendors: Vendors) -> None:
    vendors.order("stripe=ratelimit:900")
    assert office("sync", "stripe").code == 75
    called = vendors.server.counts["stripe"]
    vendors.server.recover()
    again = office("sync", "stripe", "--json")
    assert again.code == 75
    assert vendors.server.counts["stripe"] == called, "it was called before the time it asked for"
    listed = office("connectors", "list", "--json").json()["connectors"]
    breaker = next(item["breaker"] for item in listed if item["source"] == "stripe")
    assert "limit" in breaker or "wait" in breaker, breaker
    assert office("connectors", "reset", "stripe").code == 0
    assert office("sync", "stripe").code == 0


@pytest.mark.parametrize(
    "order", ["ratelimit:1*2", "ratelimit-bare*1", "status:503*2", "html*1", "truncate*1"]
)
def test_a_passing_trouble_is_sat_out(office: Program, vendors: Vendors, order: str) -> None:
    vendors.order(f"hubspot={order}")
    ran = office("sync", "hubspot", "--json")
    assert ran.code == 0
    assert ran.json()["sources"][0]["ok"]
    assert ran.err.count("trying again in") == 1


def test_a_rate_limit_without_a_time_ends_the_attempt_in_time(office: Program, vendors: Vendors) -> None:
    vendors.order("hubspot=ratelimit-bare")
    ran = office("sync", "hubspot", "--json", env={"AGENTOS_SYNC__DEADLINE": "3"})
    assert ran.code == 75
    assert ran.said_plainly()
    assert "HubSpot" in ran.json()["sources"][0]["problem"]


def test_a_vendor_that_says_nothing_is_left_behind_at_the_deadline(office: Program, vendors: Vendors) -> None:
    vendors.order("linear=timeout")
    ran = office("sync", "linear", "--json", env={"AGENTOS_SYNC__DEADLINE": "1"})
    assert ran.code == 75
    assert "1 s" in ran.json()["sources"][0]["problem"]


def test_an_error_in_json_is_a_document(program: Program, vendors: Vendors) -> None:
    vendors.order("stripe=unauthorized")
    ran = vendors.connect(program, "stripe", "--json")
    error = json.loads(ran.err.splitlines()[-1])["error"]
    assert (error["code"], error["fix"]) == ("credential_refused", "agentos connect stripe")
