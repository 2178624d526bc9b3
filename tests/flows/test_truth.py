"""The figures are true: what the brief says is what the served company is, worked out here a second time.

Nothing of the connectors or agents is used: the expectation comes from the demo company's own plan of
itself, before any vendor's protocol has told it. Assertions name plain values only: a company's repr is long.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from agentos_cli.app import App
from agentos_cli.demo.company.accounts import Account
from agentos_cli.demo.company.deals import OPEN_STAGES
from agentos_cli.demo.company.world import World
from tests.flows.street import MORNING, Street

TODAY = MORNING.date()


@pytest.fixture
def world(street: Street) -> World:
    return street.world


def figures(app: App, agent: str) -> Mapping[str, Any]:
    """Key to value, in minor units where it is money."""
    return {item["key"]: item["value"] for item in app.desk.report(agent)["metrics"]}


def rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def eur_to_usd(world: World) -> Decimal:
    """The newest rate that the company's own file has for today."""
    return Decimal(str(max((day, rate) for day, rate in world.treasury.rates if day <= TODAY)[1]))


def monthly(account: Account) -> Decimal:
    """What an account pays a month, in cents of its plan's currency, discounts taken off."""
    per_bill = Decimal(account.seats(MORNING) * account.plan.unit)
    coupon = account.coupon
    if coupon is not None and coupon.percent is not None and coupon.duration == "forever":
        per_bill *= 1 - Decimal(str(coupon.percent)) / 100
    if coupon is not None and coupon.amount_off is not None and coupon.months is not None:
        ends = account.signed_at + timedelta(days=365 * coupon.months / 12)
        per_bill -= coupon.amount_off if ends > MORNING else 0
    return per_bill / account.plan.months


def test_mrr_is_what_the_customers_agreed_to_pay(open_house: App, world: World) -> None:
    paying = [account for account in world.accounts if account.paying]
    cents = 0
    for account in paying:
        own = rounded(monthly(account))
        cents += own if account.plan.currency == "usd" else rounded(own * eur_to_usd(world))
    found = figures(open_house, "finance")
    assert found["mrr"] == cents
    assert found["arr"] == 12 * cents
    assert found["arpa"] == rounded(Decimal(cents) / len(paying))


def test_movements_lead_from_last_months_mrr_to_todays(open_house: App) -> None:
    found = figures(open_house, "finance")
    gained = found["mrr_new"] + found["mrr_expansion"] + found["mrr_reactivation"]
    assert found["net_new_mrr"] == gained - found["mrr_contraction"] - found["mrr_churn"]


def test_cash_is_the_newest_balance_of_every_account(open_house: App, world: World) -> None:
    newest: dict[str, tuple[date, int]] = {}
    for holding in world.treasury.holdings:
        newest[holding.holder] = max(newest.get(holding.holder, (date.min, 0)), (holding.day, holding.amount))
    euros = newest.pop("Euro account")[1]
    cents = sum(amount for _, amount in newest.values()) + rounded(euros * eur_to_usd(world))
    assert figures(open_house, "finance")["cash"] == cents


def test_overdue_is_every_open_bill_past_its_day(open_house: App, world: World) -> None:
    late = [b for b in world.books.bills if b.status == "open" and b.due_at and b.due_at < MORNING]
    currencies = {bill.account.plan.currency for bill in late}
    assert currencies == {"usd"}, "the story has overdue bills, all in dollars"
    owed = sum(bill.total for bill in late)
    assert figures(open_house, "finance")["overdue"] == owed


def test_the_team_is_who_is_here(open_house: App, world: World) -> None:
    here = [
        m for m in world.staff.members if m.started_on <= TODAY and not (m.left_on and m.left_on <= TODAY)
    ]
    wanted = sum(opening.filled_on is None for opening in world.staff.openings)
    found = figures(open_house, "hr")
    assert (found["headcount"], found["open_roles"]) == (len(here), wanted)


def test_the_pipeline_is_every_open_deal_due_by_next_quarters_end(open_house: App, world: World) -> None:
    open_deals = [d.props for d in world.crm.objects["deals"] if d.props["dealstage"] in OPEN_STAGES]
    due = [d for d in open_deals if str(d["closedate"])[:10] < "2027-04-01"]
    cents = sum(rounded(Decimal(str(d["amount"])) * 100) for d in due)
    assert figures(open_house, "sales")["pipeline"] == cents


def test_nps_is_promoters_less_detractors_of_ninety_days(open_house: App, world: World) -> None:
    since = TODAY - timedelta(days=90)
    scores = [a.score for a in world.answers if a.survey == "nps" and since < a.day <= TODAY]
    points = sum(s >= 9 for s in scores) - sum(s <= 6 for s in scores)
    assert figures(open_house, "success")["nps"] == rounded(Decimal(points * 100) / len(scores))
