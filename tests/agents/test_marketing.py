"""The marketing agent on leads, customers, spend and content whose figures are known by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from agents.marketing import AGENT
from agents.money import Money
from agents.nouns import Contact, ContentPiece, MailCampaign, MarketingSpend, Noun, Subscription, TrafficDay
from agents.policy import Policy
from agents.report import Report, Status
from agents.unit import Unit
from tests.agents.build import (
    AS_OF,
    TODAY,
    ago,
    back,
    contact,
    content_piece,
    figure,
    fx_rate,
    marketing_spend,
    snapshot,
    sources,
    subscription,
    usd,
)
from tests.agents.explained import assert_explained

POLICY = Policy()


def report(*records: Noun, policy: Policy = POLICY, as_of: datetime = AS_OF) -> Report:
    return AGENT.analyse(snapshot(*records, policy=policy, as_of=as_of))


def buyers(channel: str, count: int, days: float = 5) -> list[Contact]:
    """New customers of one channel, each a company of its own."""
    return [
        contact(
            f"{channel}{n}",
            account=f"{channel}{n}.example",
            channel=channel,
            created_at=ago(days + 10),
            customer_at=ago(days),
        )
        for n in range(count)
    ]


# ── leads ────────────────────────────────────────────────────────────────────────────────────────


def test_leads_of_28_days_fall_into_one_window_each() -> None:
    found = report(
        contact("a", created_at=ago(0)),
        contact("b", created_at=ago(27.9)),
        contact("c", created_at=ago(28)),
        contact("d", created_at=ago(-1)),
    )
    metric = figure(found, "leads")
    assert (metric.value, metric.note) == (2, "1 in the 28 days before")
    assert metric.evidence == ("hubspot:contact:a", "hubspot:contact:b")
    assert metric.previous == 2  # b and c


@pytest.mark.parametrize(("now", "fell"), [(15, False), (14, True), (25, False)])
def test_falling_leads_are_raised(now: int, fell: bool) -> None:
    before = [contact(f"b{n}", created_at=ago(40), channel="search") for n in range(20)]
    found = report(*before, *(contact(f"n{n}", created_at=ago(3)) for n in range(now)))
    assert [a.rule for a in found.alerts] == (["leads_falling"] if fell else [])
    assert figure(found, "leads").status is (Status.WATCH if fell else Status.OK)
    if fell:
        (todo,) = found.recommendations
        assert todo.title == "Win back leads from search"
        assert todo.why == "14 leads in 28 d, 20 before; search lost 20"


@pytest.mark.parametrize(("before", "fell"), [(9, False), (10, True)])
def test_a_fall_from_a_few_leads_says_nothing(before: int, fell: bool) -> None:
    found = report(*(contact(f"b{n}", created_at=ago(40)) for n in range(before)))
    assert ("leads_falling" in {a.rule for a in found.alerts}) is fell
    assert ("refill_leads" in {r.rule for r in found.recommendations}) is fell


@pytest.mark.parametrize(
    ("created", "bought", "rate"),
    [
        (ago(100), ago(20), 1.0),  # 80 days later
        (ago(100), ago(9), 0.0),  # 91 days later
        (ago(100), None, 0.0),
        (ago(89), ago(80), None),  # too young to judge
        (ago(180), ago(170), None),  # too old
        (ago(100), ago(101), None),  # was a customer already
    ],
)
def test_conversion_is_of_the_cohort_that_had_its_time(
    created: datetime, bought: datetime | None, rate: float | None
) -> None:
    metric = figure(report(contact("a", created_at=created, customer_at=bought)), "conversion")
    assert metric.value == rate
    assert metric.absent == (None if rate is not None else "n/a: no leads 90 to 180 days ago")


def test_conversion_uses_the_days_of_the_policy() -> None:
    metric = figure(
        report(contact("a", created_at=ago(40), customer_at=ago(20)), policy=Policy(lead_days=30)),
        "conversion",
    )
    assert (metric.value, metric.note) == (1.0, "1 of 1 within 30 d")


# ── cost ─────────────────────────────────────────────────────────────────────────────────────────


def paying(channel: str, count: int, monthly: int, days: float = 5) -> list[Subscription]:
    """What the `buyers` of a channel pay a month, since so many days ago."""
    names = (f"{channel}{n}" for n in range(count))
    return [subscription(n, monthly, account=f"{n}.example", valid_from=ago(days)) for n in names]


def test_worked_example_9() -> None:
    """$50,000 and 25 new customers: CAC $2,000; at ARPA $250 and a margin of 80 %, payback 10 months."""
    found = report(
        marketing_spend(usd(50_000), back(30)),
        *buyers("search", 25),
        *paying("search", 25, 250),
        policy=Policy(gross_margin=0.8),
    )
    assert figure(found, "cac").value == usd(2000)
    assert figure(found, "cac_search").value == usd(2000)
    assert len(figure(found, "cac").evidence) == 26
    assert figure(found, "cac_payback").value == figure(found, "payback_search").value == 10.0
    assert figure(found, "cac_payback").note == "margin 80%; channel spend only"
    formula = figure(found, "cac_payback").formula
    assert formula is not None
    assert formula.text == (
        "spend in 90 days / customers won in 90 days"
        " / (MRR of new customers / new paying customers x gross margin)"
    )
    assert len(figure(found, "cac_payback").evidence) == 51
    assert_explained(found)


def test_a_margin_that_is_not_deducted_is_said() -> None:
    found = report(marketing_spend(usd(900)), *buyers("search", 3), *paying("search", 3, 100))
    assert figure(found, "cac_payback").value == 3.0
    assert figure(found, "cac_payback").note == "margin not deducted; channel spend only"


def test_the_payback_of_a_channel_is_of_its_own_customers() -> None:
    found = report(
        marketing_spend(usd(600), channel="search"),
        marketing_spend(usd(900), channel="display"),
        marketing_spend(usd(50), channel="fairs"),
        *buyers("search", 2),
        *buyers("display", 3),
        *buyers("fairs", 1),
        *paying("search", 2, 100),
        *paying("display", 1, 600),
    )
    assert figure(found, "payback_search").value == 3.0
    assert figure(found, "payback_display").value == 0.5
    assert figure(found, "payback_fairs").absent == "n/a: no new customer pays yet"
    assert figure(found, "payback_search").note == "margin not deducted; first touch"


@pytest.mark.parametrize("days", [91, 400])
def test_who_pays_for_longer_is_no_new_customer(days: int) -> None:
    found = report(marketing_spend(usd(5)), *buyers("search", 1), *paying("search", 1, 100, days))
    assert figure(found, "cac_payback").absent == "n/a: no new customer pays yet"


def test_ltv_over_cac() -> None:
    """ARPA $100, margin 80 %, 3 of 50 lost in 90 days (2 % a month): LTV $4,000; CAC $1,000."""
    stayed = [subscription(f"s{n}", 100, account=f"s{n}.example") for n in range(47)]
    lost = [
        replace(subscription(f"l{n}", 100, account=f"l{n}.example"), valid_to=ago(20), ended_at=ago(20))
        for n in range(3)
    ]
    records = (marketing_spend(usd(2000)), *buyers("search", 2), *stayed, *lost)
    found = report(*records, policy=Policy(gross_margin=0.8))
    assert (figure(found, "ltv_cac").value, figure(found, "ltv_cac").note) == (
        4.0,
        "margin 80%; channel spend only",
    )
    assert_explained(found)
    never = report(*records[:3], *stayed)
    assert figure(never, "ltv_cac").absent == "n/a: no customer lost in 90 days"
    assert figure(report(*stayed, *lost), "ltv_cac").absent == "n/a: no new customers in 90 days"


def test_without_billing_what_a_customer_brings_is_no_data() -> None:
    records = (marketing_spend(usd(2000)), *buyers("search", 2))
    found = AGENT.analyse(snapshot(*records, sources=sources(missing=[Subscription])))
    for key in ("ltv_cac", "cac_payback", "payback_search"):
        assert figure(found, key).absent == "no data"
    assert figure(found, "cac").value == usd(1000)


def test_a_channel_called_payback_takes_no_other_metrics_place() -> None:
    found = report(marketing_spend(usd(10), channel="Payback"), *buyers("payback", 1))
    assert figure(found, "cac_payback").unit is Unit.MONTHS
    assert figure(found, "cac_payback_channel").value == usd(10)


@pytest.mark.parametrize(
    ("goal", "status", "raised"),
    [
        (None, Status.OK, False),
        (500, Status.OK, False),
        (400, Status.WATCH, True),
        (399, Status.ACT, True),
    ],
)
def test_cac_against_its_goal(goal: float | None, status: Status, raised: bool) -> None:
    found = report(marketing_spend(usd(500)), *buyers("search", 1), policy=Policy(cac_goal=goal))
    assert figure(found, "cac").status is status
    assert [a.rule for a in found.alerts] == (["cac_over_goal"] if raised else [])


def test_a_company_with_three_contacts_is_one_customer_of_the_first_touch() -> None:
    found = report(
        marketing_spend(usd(100), channel="search"),
        contact("late", account="x.example", channel="display", created_at=ago(9), customer_at=ago(4)),
        contact("first", account="x.example", channel="Search", created_at=ago(60)),
        contact("other", account="x.example", channel="display", created_at=ago(8), customer_at=ago(3)),
    )
    assert figure(found, "cac").value == usd(100)
    assert figure(found, "cac_search").value == usd(100)
    assert figure(found, "cac_search").note == "$100 for 1, first touch"


def test_people_without_a_company_are_customers_of_their_own() -> None:
    found = report(
        marketing_spend(usd(100)),
        contact("a", created_at=ago(20), customer_at=ago(1)),
        contact("b", created_at=ago(20), customer_at=ago(1)),
    )
    assert figure(found, "cac").value == usd(50)


def test_channels_join_whatever_their_spelling() -> None:
    found = report(
        marketing_spend(usd(60), back(1), channel="Paid Search"),
        marketing_spend(usd(40), back(2), channel="paid_search"),
        *buyers("PAID-SEARCH", 2),
    )
    assert figure(found, "cac_paid_search").value == usd(50)
    assert figure(found, "spend_paid_search").value == usd(100)


def test_a_monthly_row_counts_on_its_own_day() -> None:
    rows = [marketing_spend(usd(100), date(2026, month, 1)) for month in (8, 9, 10, 11)]
    found = report(*rows, *buyers("search", 1))
    assert figure(found, "spend").value == usd(100)  # November's, begun 22 days ago
    assert figure(found, "cac").value == usd(300)  # August's is 114 days old


def test_spend_of_today_counts_and_of_tomorrow_does_not() -> None:
    found = report(marketing_spend(usd(7), TODAY), marketing_spend(usd(9), back(-1)))
    assert figure(found, "spend").value == usd(7)


def test_spend_without_a_rate_is_left_out_and_said() -> None:
    rows = (marketing_spend(Money.of(10, "EUR"), back(1)), marketing_spend(Money.of(10, "GBP"), back(2)))
    metric = figure(report(*rows, fx_rate("EUR", "1.5", back(1))), "spend")
    assert metric.value == usd(15)
    assert metric.partial == "1 row without exchange rate"
    assert metric.formula is not None
    (term,) = metric.formula.terms
    assert [part.note for part in term.parts()] == ["€10.00 converted"]
    assert [left.why for left in term.left_out()] == ["£10.00: no rate for GBP"]


@pytest.mark.parametrize(
    ("records", "key", "absent"),
    [
        ([marketing_spend(usd(5))], "cac", "n/a: no new customers in 90 days"),
        ([marketing_spend(usd(5))], "cac_search", "n/a: no new customers in 90 days"),
        ([marketing_spend(usd(5))], "cost_per_lead", "n/a: no leads in 28 days"),
        (buyers("search", 1), "cac", "n/a: no spend in 90 days"),
        (buyers("search", 1), "cost_per_lead", "n/a: no spend in 28 days"),
        ([], "content_best", "n/a: no piece with 100 visits"),
    ],
)
def test_nothing_to_divide_by_is_not_zero(records: list[Noun], key: str, absent: str) -> None:
    metric = figure(report(*records), key)
    assert (metric.value, metric.absent, metric.status) == (None, absent, Status.NONE)


def test_cost_per_lead() -> None:
    found = report(marketing_spend(usd(100)), *(contact(f"c{n}") for n in range(3)))
    assert figure(found, "cost_per_lead").value == usd("33.33")


def test_an_unspent_channel_has_no_line() -> None:
    found = report(marketing_spend(usd(5), back(100), channel="fairs"), *buyers("organic", 1))
    keys = {m.key for m in found.metrics if m.key.startswith(("cac_", "spend_", "payback_"))}
    assert keys == {"cac_payback"}


# ── budget ───────────────────────────────────────────────────────────────────────────────────────


def test_the_budget_moves_from_the_dearest_channel_to_the_best() -> None:
    found = report(
        marketing_spend(usd(1648), channel="display"),
        marketing_spend(usd(924), channel="search"),
        *buyers("display", 4),
        *buyers("search", 4),
        policy=Policy(cac_goal=280),
    )
    assert_explained(found)
    todo = next(r for r in found.recommendations if r.rule == "move_budget")
    assert todo.formula is not None
    assert todo.formula.text == (
        "(spend on the dearest - spend on the cheapest / its customers x customers of the dearest) x 365 / 90"
    )
    assert todo.title == "Move display budget to search"
    assert todo.why == "CAC $412 vs $280 target; search is at $231"
    assert todo.impact == usd("2936.22")  # 724 saved in 90 days
    assert todo.due_on == date(2026, 11, 30)
    assert set(todo.evidence) > {"files:marketing_spend:display-2026-11-23", "hubspot:contact:search3"}


@pytest.mark.parametrize(
    ("display", "won", "goal", "moved"),
    [
        (300, 1, None, True),
        (149, 1, None, False),  # less than half as dear again
        (300, 1, 300, False),
        (300, 1, 299, True),
        (300, 0, 299, True),
        (30, 0, 299, False),  # too little spent to know
    ],
)
def test_when_the_budget_moves(display: int, won: int, goal: float | None, moved: bool) -> None:
    found = report(
        marketing_spend(usd(display), channel="display"),
        marketing_spend(usd(100), channel="search"),
        *buyers("display", won),
        *buyers("search", 1),
        policy=Policy(cac_goal=goal),
    )
    assert ("move_budget" in {r.rule for r in found.recommendations}) is moved
    assert ("channel_without_customers" in {a.rule for a in found.alerts}) is (won == 0)


def test_channels_are_named_as_people_say_them_and_keyed_by_their_slug() -> None:
    found = report(
        *(contact(f"b{n}", created_at=ago(40), channel="paid_social") for n in range(10)),
        marketing_spend(usd(900), channel="paid_social"),
        marketing_spend(usd(100), channel="search"),
        *buyers("search", 1),
    )
    assert figure(found, "cac_paid_social").title == "CAC of paid social"
    assert figure(found, "spend_paid_social").title == "Spend on paid social (28d)"
    (barren,) = (alert for alert in found.alerts if alert.rule == "channel_without_customers")
    assert barren.title == "paid social: $900 spent, no new customer"
    todo = {one.rule: one for one in found.recommendations}
    assert todo["move_budget"].title == "Move paid social budget to search"
    assert todo["refill_leads"].title == "Win back leads from paid social"
    assert "paid social lost 10" in todo["refill_leads"].why


def test_one_channel_alone_has_nowhere_to_move() -> None:
    found = report(marketing_spend(usd(999)), *buyers("search", 1), policy=Policy(cac_goal=1))
    assert "move_budget" not in {r.rule for r in found.recommendations}


def test_channels_are_not_judged_without_a_crm() -> None:
    blind = snapshot(marketing_spend(usd(999)), sources=sources(missing=[Contact]))
    found = AGENT.analyse(blind)
    assert (found.alerts, found.recommendations) == ((), ())
    assert figure(found, "cac").absent == figure(found, "leads").absent == "no data"
    assert figure(found, "spend").value == usd(999)
    assert found.health.state == "degraded"


# ── content ──────────────────────────────────────────────────────────────────────────────────────


def test_content_counts_what_is_out() -> None:
    found = report(
        content_piece("a", "Guide", visits=200, leads=10, deals=2),
        content_piece("b", "Essay", visits=100, leads=8),
        content_piece("c", "Lucky", visits=1, leads=1),
        content_piece("d", "Draft", visits=0, published_on=TODAY + timedelta(1)),
    )
    best = figure(found, "content_best")
    assert (best.value, best.note, best.evidence) == (0.08, "Essay", ("files:content_piece:b",))
    assert figure(found, "content_visits").value == 301
    assert (figure(found, "content_leads").value, figure(found, "content_leads").note) == (
        19,
        "2 deals assisted",
    )
    assert best.series == ()
    assert (figure(found, "content_deals").value, figure(found, "content_deals").note) == (2, "1 piece")
    assert best.formula is not None
    whys = {left.refs[0][-1]: left.why for term in best.formula.terms for left in term.left_out()}
    assert whys == {"a": "10 leads of 200 visits", "c": "1 lead of 1 visit"}
    visits = figure(found, "content_visits").formula
    assert visits is not None
    assert [left.why for left in visits.terms[0].left_out()] == ["published only on 2026-11-24"]


# ── nothing there ────────────────────────────────────────────────────────────────────────────────


def test_an_empty_company_has_true_zeros() -> None:
    found = report()
    assert (figure(found, "leads").value, figure(found, "spend").value) == (0, usd(0))
    assert figure(found, "content_visits").value == 0
    assert (found.alerts, found.recommendations) == ((), ())


def test_what_was_never_read_is_no_data() -> None:
    missing = sources(missing=[Contact, MarketingSpend, ContentPiece, TrafficDay, MailCampaign])
    found = AGENT.analyse(snapshot(sources=missing))
    assert found.health.state == "blind"
    assert {m.absent for m in found.metrics} == {"no data"}


def test_every_line_fits_the_brief() -> None:
    long, other = "An endless channel " * 5, "Another endless channel " * 5
    found = report(
        marketing_spend(usd(98_765_432), channel=long),
        marketing_spend(usd(5), channel=other),
        marketing_spend(usd(7_654_321), channel=f"third {long}"),
        *buyers(long, 1),
        *buyers(other, 1),
        *(contact(f"x{n}", channel=long, created_at=ago(40)) for n in range(99)),
        policy=Policy(cac_goal=1234),
    )
    assert {r.rule for r in found.recommendations} == {"move_budget", "refill_leads"}
    titles = [a.title for a in found.alerts] + [r.title for r in found.recommendations]
    assert max(len(title) for title in titles) <= 60
    assert max(len(r.why) for r in found.recommendations) <= 75
