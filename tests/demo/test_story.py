"""The story of the demo company, which has to be there whatever day it is told on."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from agentos_cli.demo.company.accounts import NORTHWIND
from agentos_cli.demo.company.world import World, build_world
from agentos_cli.demo.files import write_files
from agentos_cli.demo.stripe.rows import Row, collections

MOMENTS = [
    datetime(2026, 11, 23, 12, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, tzinfo=UTC),
    datetime(2025, 12, 31, 0, 5, tzinfo=UTC),
    datetime(2026, 3, 1, 7, tzinfo=UTC),
    datetime(2027, 7, 31, 16, 30, tzinfo=UTC),
    *(datetime(2026, 8, 3, 6, tzinfo=UTC) + timedelta(days=n) for n in range(7)),
]


@dataclass(frozen=True, slots=True)
class Told:
    """The company on one day: as it is, as its files, and as Stripe would list it."""

    world: World
    folder: Path
    stripe: dict[str, list[Row]]

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(params=MOMENTS, ids=lambda moment: f"{moment:%Y-%m-%dT%H}", scope="module")
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    moment: datetime = request.param
    world, folder = build_world(moment), tmp_path_factory.mktemp("files")
    write_files(world, folder)
    return Told(world, folder, collections(world))


def test_revenue_is_about_180_thousand_a_year_with_northwind_a_fifth(told: Told) -> None:
    now = told.world.as_of
    mrr = sum(account.monthly(now) for account in told.world.accounts)
    assert 170_000_00 < 12 * mrr < 190_000_00
    northwind = told.world.accounts[0]
    assert northwind.name == NORTHWIND
    assert 0.21 < northwind.monthly(now) / mrr < 0.23
    year_ago = sum(account.monthly(now - timedelta(days=365)) for account in told.world.accounts)
    assert year_ago < mrr * 0.7


def test_northwind_renews_in_six_days_troubled(told: Told) -> None:
    now = told.world.as_of
    customer = next(
        r.id for r in told.stripe["customers"] if r.facets["email"].endswith("@northwind.example")
    )
    row = next(r for r in told.stripe["subscriptions"] if r.facets["customer"] == customer)
    end = datetime.fromtimestamp(row.shape()["items"]["data"][0]["current_period_end"], UTC)
    assert (end.date() - now.date()).days in (5, 6)  # 5 when the day of the year does not exist
    company = next(c for c in told.world.crm.objects["companies"] if c.props["name"] == NORTHWIND)
    tickets = [t for t in told.world.crm.objects["tickets"] if t.links["companies"] == [company.id]]
    severe = [
        t for t in tickets
        if t.props["hs_pipeline_stage"] != "4" and t.props["hs_ticket_priority"] in ("HIGH", "URGENT")
    ]  # fmt: skip
    assert len(severe) >= 3
    used: Counter[bool] = Counter()
    for usage in told.rows("usage"):
        age = (now.date() - date.fromisoformat(usage["date"])).days
        if usage["account"] == "northwind.example" and 1 <= age <= 56:
            used[age <= 28] += int(usage["events"])
    assert used[True] < 0.7 * used[False]
    answers = [r for r in told.rows("nps") if r["account"] == "northwind.example"]
    assert int(max(answers, key=lambda r: r["answered_on"])["score"]) <= 6


def test_promises_missed_rise_from_two_to_five(told: Told) -> None:
    now = told.world.as_of
    missed = [0, 0]
    for issue in told.world.tracker.nodes["issues"]:
        due = issue["slaBreachesAt"]
        if due and not (issue["completedAt"] and issue["completedAt"] <= due):
            age = now - datetime.fromisoformat(due)
            if timedelta(0) < age <= timedelta(14):
                missed[age > timedelta(7)] += 1
    assert missed == [5, 2]


def test_two_offers_lapse_within_the_week_and_one_engineer_is_away(told: Told) -> None:
    today = told.world.as_of.date()
    pending = [o for o in told.rows("offers") if o["status"] == "pending"]
    assert len(pending) == 2
    for offer in pending:
        assert offer["sent_on"] < f"{today}" <= offer["expires_on"] <= f"{today + timedelta(days=5)}"
    if today.weekday() < 5:
        assert {date.fromisoformat(offer["expires_on"]).weekday() for offer in pending} == {4}
    open_roles = {r["id"] for r in told.rows("roles") if not r["filled_on"]}
    assert {offer["role_id"] for offer in pending} == open_roles
    team = told.rows("team")
    here = [m for m in team if not m["left_on"]]
    assert 0.93 < sum(int(m["allocated"]) for m in here) / sum(int(m["hours"]) for m in here) < 0.95
    away = [a for a in told.rows("absence") if a["ends_on"] > f"{today}"]
    assert len(away) == 1
    assert 1 <= (date.fromisoformat(away[0]["starts_on"]) - today).days <= 7


def test_what_would_close_exceeds_what_is_free(told: Told) -> None:
    now = told.world.as_of
    staff = told.world.staff.on(now.date())
    free = 6 * sum(member.hours - member.allocated for member in staff)
    weighted = 0.0
    for deal in told.world.crm.objects["deals"]:
        closes = datetime.fromisoformat(str(deal.props["closedate"]))
        if deal.props["hs_is_closed"] == "false" and closes <= now + timedelta(weeks=6):
            probability = float(str(deal.props["hs_deal_stage_probability"]))
            weighted += probability * float(str(deal.props["agentos_effort_hours"]))
    assert weighted > 1.5 * free


def test_two_open_deals_hang_longer_than_won_ones_ever_did(told: Told) -> None:
    now = told.world.as_of
    longest: dict[str, timedelta] = defaultdict(timedelta)
    for deal in told.world.crm.objects["deals"]:
        way = deal.history["dealstage"]
        if way[-1][0] == "closedwon":
            for (stage, entered), (_, left) in pairwise(way):
                longest[stage] = max(longest[stage], left - entered)
    hanging = [
        deal
        for deal in told.world.crm.objects["deals"]
        if deal.props["hs_is_closed"] == "false"
        and now - deal.history["dealstage"][-1][1] > longest[str(deal.props["dealstage"])]
    ]
    assert len(hanging) == 2


def test_a_customer_from_paid_social_costs_far_more_than_one_from_search(told: Told) -> None:
    now = told.world.as_of
    since = now - timedelta(days=90)
    spent: Counter[str] = Counter()
    months = {}
    for spend in told.world.treasury.spends:
        if spend.day > since.date():
            spent[spend.channel] += spend.amount
    for back in (0, 28, 56):
        end = (now - timedelta(days=back)).date()
        months[back] = sum(
            s.amount for s in told.world.treasury.spends if end - timedelta(days=28) < s.day <= end
        )
    won = Counter(
        str(contact.props["hs_analytics_source"]).lower()
        for contact in told.world.crm.objects["contacts"]
        if (bought := contact.props["hs_v2_date_entered_customer"]) and datetime.fromisoformat(bought) > since
    )
    assert won["paid_search"] >= 2 and won["paid_social"] >= 1
    assert spent["paid_social"] / won["paid_social"] > 2.5 * spent["paid_search"] / won["paid_search"]
    assert months[0] > months[28] > months[56]


def test_cash_lasts_nine_to_fourteen_months_and_the_export_is_three_days_old(told: Told) -> None:
    today = told.world.as_of.date()
    bank, balances = told.rows("bank"), told.rows("balances")
    exported = f"{today - timedelta(days=3)}"
    assert max(r["date"] for r in bank) <= exported == max(r["date"] for r in balances)
    age = told.world.as_of.timestamp() - (told.folder / "balances.csv").stat().st_mtime
    assert age == pytest.approx(3 * 86_400)
    assert told.world.as_of.timestamp() - (told.folder / "usage.csv").stat().st_mtime < 86_400
    month = today.replace(day=1)
    start = month
    for _ in range(3):
        start = (start - timedelta(days=1)).replace(day=1)
    burn = -sum(
        float(r["amount"])
        for r in bank
        if f"{start}" <= r["date"] < f"{month}"
        and r["currency"] == "USD"
        and r["category"] not in ("transfer", "funding")
    )
    cash = sum(float(r["balance"]) for r in balances if r["date"] == exported and r["currency"] == "USD")
    assert 9 < cash / (burn / 3) < 14


def test_bills_two_are_overdue_and_one_payment_failed(told: Told) -> None:
    now = told.world.as_of
    books = told.world.books
    overdue = [bill for bill in books.bills if bill.status == "open" and bill.due_at and bill.due_at < now]
    assert sorted(bill.account.role for bill in overdue) == ["late_project", "overdue"]
    unpaid = {bill.id for bill in books.bills if bill.status == "open" and not bill.by_invoice}
    assert {charge.bill.account.role for charge in books.charges if charge.bill.id in unpaid} == {"past_due"}
    assert len(unpaid) == 1


def test_delivery_has_something_blocked_late_and_off_track(told: Told) -> None:
    nodes = told.world.tracker.nodes
    off = [p for p in nodes["projects"] if p["health"] == "offTrack"]
    assert [p["state"] for p in off] == ["started"]
    assert date.fromisoformat(off[0]["targetDate"]) - told.world.as_of.date() == timedelta(days=8)
    blocked = [i for i in nodes["issues"] if any(r["type"] == "blocks" for r in i["inverseRelations"])]
    assert len(blocked) == 1
    assert blocked[0]["inverseRelations"][0]["issue"]["state"]["type"] not in ("completed", "canceled")


def test_nothing_comes_from_the_future(told: Told) -> None:
    now = told.world.as_of
    for listed in told.stripe.values():
        assert all(row.created <= now.timestamp() for row in listed)
    for entities in told.world.crm.objects.values():
        for entity in entities:
            assert entity.created_at <= entity.updated_at <= now
            assert all(moment <= now for way in entity.history.values() for _, moment in way)
    for issue in told.world.tracker.nodes["issues"]:
        for name in ("createdAt", "updatedAt", "startedAt", "completedAt", "canceledAt"):
            assert issue[name] is None or datetime.fromisoformat(issue[name]) <= now, (
                issue["identifier"],
                name,
            )
        steps = [issue[n] for n in ("createdAt", "startedAt", "completedAt") if issue[n]]
        assert steps == sorted(steps), issue["identifier"]
    past = {
        "bank": "date", "balances": "date", "expenses": "date", "fx": "date", "marketing": "date",
        "content": "published_on", "team": "started_on", "nps": "answered_on", "usage": "date",
        "candidates": "stage_since", "offers": "sent_on", "roles": "opened_on",
    }  # fmt: skip
    for name, column in past.items():
        assert max(row[column] for row in told.rows(name)) <= f"{now.date()}", name
