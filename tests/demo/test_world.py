"""The demo company: the same for the same arguments, consistent with itself, its story intact on any day."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from agentos_cli.demo.company.names import HOSTILE_MARKUP, HOSTILE_QUOTES
from agentos_cli.demo.company.world import World, build_world
from agentos_cli.demo.files import HEADERS, write_files
from agentos_cli.demo.server import serving
from agentos_cli.demo.stripe.rows import collections
from tests.demo.conftest import AS_OF, client


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def everything(world: World, folder: Path) -> str:
    """All that the company gives away: every file, and every object over HTTP."""
    write_files(world, folder)
    found = [path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())]
    found += [str(row.shape()) for listed in collections(world).values() for row in listed]
    with serving(world) as server, client(server, "linear") as linear, client(server, "hubspot") as hubspot:
        query = "{ issues(first: 250) { nodes { id title updatedAt } } projects { nodes { progress } } }"
        found.append(linear.post("/graphql", json={"query": query}).text)
        for kind in ("deals", "contacts", "companies", "tickets"):
            search = {"limit": 200, "properties": sorted(world.crm.objects[kind][0].props)}
            found.append(hubspot.post(f"/crm/v3/objects/{kind}/search", json=search).text)
    return "\n".join(found)


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    one = everything(build_world(AS_OF), tmp_path / "one")
    elsewhere = AS_OF.astimezone(timezone(timedelta(hours=9)))
    assert one == everything(build_world(elsewhere), tmp_path / "two")
    assert one != everything(build_world(AS_OF, seed=8), tmp_path / "three")


@pytest.mark.parametrize("size", [(1, 1, 1, 1), (5, 3, 2, 4), (150, 30, 9, 25)])
def test_every_size_is_as_ordered(size: tuple[int, int, int, int], tmp_path: Path) -> None:
    customers, deals, projects, team = size
    world = build_world(AS_OF, customers=customers, deals=deals, projects=projects, team=team)
    write_files(world, tmp_path)
    assert sum(account.paying for account in world.accounts) == customers
    assert sum(d.props["hs_is_closed"] == "false" for d in world.crm.objects["deals"]) == deals
    assert sum(p["state"] == "started" for p in world.tracker.nodes["projects"]) == projects
    assert len({p["name"] for p in world.tracker.nodes["projects"]}) == projects + 2
    assert len(world.staff.on(AS_OF.date())) == team
    domains = [account.domain for account in world.accounts]
    assert len(domains) == len(set(domains))


def test_a_naive_instant_or_an_empty_company_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        build_world(AS_OF.replace(tzinfo=None))
    with pytest.raises(ValueError, match="at least one"):
        build_world(AS_OF, customers=0)


# ── consistent with itself ───────────────────────────────────────────────────────────────────────


def test_bank_balances_are_the_sum_of_what_moved(world: World, tmp_path: Path) -> None:
    write_files(world, tmp_path)
    balances, bank = rows(tmp_path, "balances"), rows(tmp_path, "bank")
    for account in {row["account"] for row in balances}:
        own = [row for row in balances if row["account"] == account]
        for before, after in pairwise(own):
            moved = sum(
                round(float(r["amount"]) * 100)
                for r in bank
                if r["account"] == account and before["date"] < r["date"] <= after["date"]
            )
            held = round(float(after["balance"]) * 100) - round(float(before["balance"]) * 100)
            assert held == moved, (account, after["date"])


def test_what_the_bank_received_is_what_stripe_paid_out(world: World, tmp_path: Path) -> None:
    write_files(world, tmp_path)
    received = {
        (r["date"], r["currency"], r["amount"]) for r in rows(tmp_path, "bank") if r["category"] == "revenue"
    }
    first = min(day for day, _, _ in received)
    last = f"{world.as_of.date() - timedelta(days=3)}"
    sent = {
        (f"{p.arrives_at.date()}", p.currency.upper(), f"{p.amount / 100:.2f}")
        for p in world.books.payouts
        if first <= f"{p.arrives_at.date()}" <= last
    }
    assert received == sent


def test_payroll_follows_the_team(world: World, tmp_path: Path) -> None:
    write_files(world, tmp_path)
    paid = {r["date"]: -float(r["amount"]) for r in rows(tmp_path, "bank") if r["category"] == "payroll"}
    booked = {r["date"]: float(r["amount"]) for r in rows(tmp_path, "expenses") if r["category"] == "payroll"}
    team = rows(tmp_path, "team")
    assert len(paid) >= 23
    for day, amount in paid.items():
        here = [m for m in team if m["started_on"] <= day and (not m["left_on"] or day < m["left_on"])]
        assert amount == booked[day] == sum(float(m["monthly_cost"]) for m in here)


def test_customers_are_the_same_everywhere(world: World, tmp_path: Path) -> None:
    write_files(world, tmp_path)
    domains = {account.domain for account in world.accounts}
    companies = {c.props["domain"]: c for c in world.crm.objects["companies"]}
    assert domains <= companies.keys()
    assert {r["account"] for r in rows(tmp_path, "usage")} <= domains
    assert {r["account"] for r in rows(tmp_path, "nps") if r["account"]} <= domains
    by_id = {company.id: company for company in companies.values()}
    assert {by_id[t.links["companies"][0]].props["domain"] for t in world.crm.objects["tickets"]} <= domains
    for node in world.tracker.nodes["customers"]:
        assert set(node["domains"]) <= domains
    won = {
        by_id[d.links["companies"][0]].props["domain"]
        for d in world.crm.objects["deals"]
        if d.props["dealstage"] == "closedwon"
    }
    assert won == {account.domain for account in world.accounts if not account.trial_until}


def test_people_are_the_same_everywhere(world: World, tmp_path: Path) -> None:
    write_files(world, tmp_path)
    team = {row["name"] for row in rows(tmp_path, "team")}
    assert {row["name"] for row in rows(tmp_path, "candidates") if row["stage"] == "hired"} <= team
    assert {user["name"] for user in world.tracker.nodes["users"]} == team
    assert {owner.name for owner in world.crm.owners} <= team
    ids = {row["id"] for row in rows(tmp_path, "team")}
    assert {row["person_id"] for row in rows(tmp_path, "absence")} <= ids
    roles = {row["id"] for row in rows(tmp_path, "roles")}
    candidates = {row["id"]: row for row in rows(tmp_path, "candidates")}
    assert {row["role_id"] for row in candidates.values()} == roles
    for offer in rows(tmp_path, "offers"):
        assert candidates[offer["candidate_id"]]["role_id"] == offer["role_id"]


def test_the_catalogue_of_oddities_is_in_it(world: World) -> None:
    names = {account.name for account in world.accounts if account.paying}
    assert {HOSTILE_MARKUP, HOSTILE_QUOTES} <= names
    subscriptions: list[dict[str, Any]] = [row.shape() for row in collections(world)["subscriptions"]]
    assert Counter(s["currency"] for s in subscriptions)["eur"] == 2
    assert sum(s["cancel_at_period_end"] for s in subscriptions) == 1
    assert sum(bool(s["discounts"]) for s in subscriptions) >= 2
    assert {s["items"]["data"][0]["price"]["recurring"]["interval"] for s in subscriptions} == {
        "month",
        "year",
    }
    lines = [line for row in collections(world)["invoices"] for line in row.shape()["lines"]["data"]]
    prorated = [li for li in lines if (li["parent"]["subscription_item_details"] or {}).get("proration")]
    assert sorted(li["amount"] > 0 for li in prorated) == [False, True]
    assert all(account.domain.endswith(".example") for account in world.accounts)


def test_seats_changed_up_and_down_as_invoices_show(world: World) -> None:
    seats: dict[str, list[int]] = defaultdict(list)
    for row in collections(world)["invoices"][::-1]:
        invoice = row.shape()
        if invoice["billing_reason"].startswith("subscription_c"):
            seats[invoice["customer"]].append(invoice["lines"]["data"][0]["quantity"])
    changes = Counter((b > a) - (b < a) for way in seats.values() for a, b in pairwise(way))
    assert changes[1] >= 5
    assert changes[-1] == 1


# ── the files ────────────────────────────────────────────────────────────────────────────────────


def test_the_files_have_the_documented_columns(world: World, tmp_path: Path) -> None:
    """docs/files.md is what people are told; every file there is written, with its required columns."""
    text = (Path(__file__).parents[2] / "docs/files.md").read_text(encoding="utf-8")
    documented = {}
    for section in text.split("\n## ")[1:]:
        name, _, rest = section.partition(".csv\n")
        header = next((line for line in rest.splitlines() if line.startswith("| ")), None)
        if header and "\n" not in name:
            documented[name] = [cell.strip() for cell in header.strip("|").split("|")]
    write_files(world, tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == set(documented) == set(HEADERS)
    for name, columns in documented.items():
        required = {column for column in columns if not column.startswith("*")}
        known = {column.strip("* ") for column in columns}
        assert required <= set(HEADERS[name].split(",")) <= known, name


def test_files_are_written_again_without_a_trace(world: World, tmp_path: Path) -> None:
    write_files(world, tmp_path / "a" / "b")
    first = {p.name: p.read_bytes() for p in (tmp_path / "a" / "b").iterdir()}
    write_files(world, tmp_path / "a" / "b")
    assert {p.name: p.read_bytes() for p in (tmp_path / "a" / "b").iterdir()} == first
    assert len(first) == 13


def test_the_served_company_is_this_one(world: World, stripe: httpx.Client) -> None:
    names = {c["name"] for c in stripe.get("/v1/customers", params={"limit": 100}).json()["data"]}
    assert names == {account.name for account in world.accounts}
