"""What a change moves, by how much, and that it moves nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from agents import nouns as n
from agents.finance import analyse as finance
from agents.money import Money
from agents.policy import Policy
from agents.report import Value
from agents.snapshot import Snapshot
from agents.whatif.applying import apply
from agents.whatif.assuming import assumptions
from agents.whatif.changes import Change, CloseDeal, Hire, LoseCustomer, RaisePrice
from agents.whatif.comparing import Comparison, compare
from agents.whatif.finding import Unknown, customer_called, deal_called, product_called, team_called
from agents.whatif.projecting import Month, months, months_on, out_of_cash
from tests.agents.build import (
    TODAY,
    back,
    bank_transaction,
    cash_balance,
    company,
    customer,
    deal,
    figure,
    fx_rate,
    item,
    person,
    snapshot,
    stage,
    subscription,
    usd,
)

STAGES = (
    stage("proposal"),
    stage("won", 1, closed=True, won=True, position=2),
    stage("renewing", pipeline_id="renewals", pipeline="Renewals"),
    stage("renewed", 1, pipeline_id="renewals", pipeline="Renewals", closed=True, won=True),
)
DEALS = (
    deal("d1", usd(1200), name="Gamma: Pro", account="gamma.example", effort_hours=Decimal(60),
         close_on=back(-20)),
    deal("d2", usd(2400), name="Acme: renewal", account="acme.example", stage_id="renewing"),
    deal("d3", usd(600), name="Acme: more", account="acme.example"),
    deal("d4", None, name="Vague"),
    deal("d5", Money.of(100, "CHF"), name="Swiss"),
    deal("d6", usd(1), name="Over", stage_id="won", closed_at=None),
    deal("d7", usd(1), name="Twin"), deal("d8", usd(1), name="twin "),
)  # fmt: skip
SOLD = (
    subscription("s1", account="acme.example", items=(item(100, product="pro"),)),
    subscription(
        "s2", account="beta.example", items=(item(200, product="team"), item(7, "si_2", metered=True))
    ),
    subscription("s3", account="euro.example", items=(item(50, currency="EUR", product="pro"),),
                 currency="EUR"),
    subscription("s4", account="past.example", status="canceled", ended_at=None),
)  # fmt: skip
PEOPLE = (person("p1"), person("p2"), person("p3", team="Sales", allocated=40))
NAMES = (customer("c1", "acme.example", "Acme Ltd"), company("h1", "beta.example", "Beta GmbH"))
BANK = tuple(
    moved
    for number, day in enumerate((date(2026, 8, 3), date(2026, 9, 3), date(2026, 10, 5)))
    for moved in (
        bank_transaction(f"in{number}", usd(300), day, category="revenue"),
        bank_transaction(f"out{number}", usd(-1000), day),
    )
)
MONEY = (*BANK, bank_transaction("now", usd(-5), back(1)), cash_balance(usd(6000), back(1)))
KNOWN = snapshot(*STAGES, *DEALS, *SOLD, *PEOPLE, *NAMES, *MONEY, fx_rate("EUR", "1.2", back(1)))
"""$360 MRR, $6,000 in cash, $700 burned a month, 60 free hours a week of which 6 weeks are planned."""

PRICE = RaisePrice(Decimal(10), None, TODAY)
LEAVES = LoseCustomer("acme.example", "Acme Ltd", TODAY)
WON = CloseDeal(DEALS[0], TODAY)
HIRES = Hire(2, usd(500), "Delivery", TODAY)
EVERY: tuple[Change, ...] = (PRICE, LEAVES, WON, HIRES)


def values(found: Comparison, side: str = "then") -> dict[str, Value]:
    return {pair.today.key: getattr(pair, side).value for pair in (*found.figures, *found.others)}


def differences(found: Comparison) -> dict[str, Decimal]:
    """By how much the figures with a number moved; money in major units."""
    moved = {}
    for pair in (*found.figures, *found.others):
        today, then = pair.today.value, pair.then.value
        if isinstance(today, Money) and isinstance(then, Money):
            moved[pair.today.key] = (then - today).major
        elif not isinstance(today, Money | None) and not isinstance(then, Money | None):
            moved[pair.today.key] = round(Decimal(str(then)) - Decimal(str(today)), 3)
    return moved


# ── what each change moves ───────────────────────────────────────────────────────────────────────

CASES: dict[str, tuple[Change, dict[str, int | str]]] = {
    "every price": (PRICE, {"mrr": 36, "arr": 432, "mrr_expansion": 36, "cash_in": 36, "net_burn": -36}),
    "one price": (replace(PRICE, product="team"), {"mrr": 20, "net_burn": -20, "mrr_expansion": 20}),
    "a lower price": (
        replace(PRICE, percent=Decimal(-50), product="pro"),
        {"mrr": -80, "net_burn": 80, "mrr_contraction": 80, "cash_in": -80},
    ),
    "a customer leaves": (
        LEAVES, {"mrr": -100, "net_burn": 100, "cash_in": -100, "mrr_churn": 100, "customers": -1},
    ),
    "a deal is won": (
        WON,
        {"mrr": 100, "net_burn": -100, "capacity": -60, "pipeline": -1200, "mrr_new": 100, "customers": 1},
    ),
    "a deal of a customer": (
        CloseDeal(DEALS[2], TODAY), {"mrr": 50, "capacity": -80, "pipeline": -600, "mrr_expansion": 50},
    ),
    "a renewal": (CloseDeal(DEALS[1], TODAY), {"capacity": -80, "pipeline": -2400}),
    "people are hired": (
        HIRES, {"net_burn": 1000, "gross_burn": 1000, "capacity": 480, "headcount": 2, "joiners": 2},
    ),
}  # fmt: skip
NEVER = {
    "mrr": {"a renewal", "people are hired"},
    "capacity": {"every price", "one price", "a lower price", "a customer leaves"},
    "pipeline": {"every price", "one price", "a lower price", "a customer leaves", "people are hired"},
    "headcount": set(CASES) - {"people are hired"},
    "gross_burn": set(CASES) - {"people are hired"},
    "net_burn": {"a renewal"},
    "overdue": set(CASES),
}
"""Figures, and the changes that leave them as they are."""


@pytest.mark.parametrize("case", CASES)
def test_a_change_moves_what_it_should_and_nothing_else(case: str) -> None:
    change, expected = CASES[case]
    wide = replace(KNOWN, policy=Policy(), records={**KNOWN.records, n.Deal: due()})
    found = differences(compare(wide, [change]))
    for key, size in expected.items():
        assert found.get(key) == Decimal(size), key
    for key, cases in NEVER.items():
        assert case not in cases or not found.get(key), key
    assert found["cash"] == 0, "what the bank holds today is what it holds"


def due() -> tuple[n.Deal, ...]:
    """The deals, all expected within the quarter, so that the pipeline holds them."""
    return tuple(replace(each, close_on=back(-20)) for each in DEALS)


def test_runway_follows_from_the_new_burn() -> None:
    found = compare(KNOWN, [HIRES])
    assert values(found, "today")["runway"] == pytest.approx(6000 / 700)
    assert values(found)["runway"] == pytest.approx(6000 / 1700)


def test_a_company_that_stops_burning_is_profitable() -> None:
    runway = next(p for p in compare(KNOWN, [replace(PRICE, percent=Decimal(200))]).figures
                  if p.today.key == "runway")  # fmt: skip
    assert (runway.then.value, runway.then.absent) == (None, "n/a: profitable")
    assert runway.moved


def test_more_is_lost_than_came_in_and_burn_is_still_exact() -> None:
    rich = snapshot(*SOLD, *MONEY, subscription("s9", 900, account="big.example"))
    found = compare(rich, [LoseCustomer("big.example", "Big", TODAY)])
    assert differences(found)["net_burn"] == 900
    assert values(found)["cash_in"] == usd(0)


def test_without_a_full_month_burn_stays_unknown() -> None:
    young = snapshot(*SOLD, cash_balance(usd(10)))
    found = compare(young, [LEAVES])
    assert values(found)["net_burn"] is None and all(month.then.cash is None for month in found.months)
    assert any("No full month" in said for said in found.assumptions)


def test_risks_across_teams_are_judged_anew() -> None:
    role = n.Role("files", "r1", "Engineer", "Delivery", back(30), None, None, None, None)
    full = (person("p1", allocated=40),)
    busy = replace(KNOWN, records={**KNOWN.records, n.Person: full, n.Role: (role,)})
    found = compare(busy, [replace(HIRES, people=1)])
    gone = [pair.today.rule for pair in found.risks if pair.today and pair.then is None]
    assert "overload_with_open_roles" in gone
    back_again = compare(busy, [CloseDeal(DEALS[0], TODAY)])
    assert "overload_with_open_roles" in [pair.then.rule for pair in back_again.risks if pair.then]


# ── combining ────────────────────────────────────────────────────────────────────────────────────


def test_the_order_in_which_changes_are_given_is_no_matter() -> None:
    told = set()
    for order in permutations(EVERY):
        found = compare(KNOWN, order)
        told.add(repr((sorted(values(found).items(), key=str), [(p.then and p.then.id) for p in found.risks],
                       found.months)))  # fmt: skip
    assert len(told) == 1


def test_changes_add_up_where_they_do_not_touch_each_other() -> None:
    apart = [differences(compare(KNOWN, [change]))["net_burn"] for change in (LEAVES, WON, HIRES)]
    assert differences(compare(KNOWN, [LEAVES, WON, HIRES]))["net_burn"] == sum(apart)


def test_a_customer_who_leaves_pays_no_higher_price_and_two_rises_multiply() -> None:
    assert differences(compare(KNOWN, [PRICE, LEAVES]))["mrr"] == Decimal(-100) + 26
    assert differences(compare(KNOWN, [PRICE, PRICE]))["mrr"] == Decimal("75.60")


def test_two_hires_are_two_people_each_in_their_team() -> None:
    changed = apply(KNOWN, [HIRES, replace(HIRES, people=1, team="Sales")])
    hired = [each for each in changed.all(n.Person) if each.source == "what-if"]
    assert [each.team for each in hired] == ["Delivery", "Delivery", "Sales"]
    assert len({each.id for each in hired}) == 3


def test_the_snapshot_itself_stays_as_it_is() -> None:
    before = dict(KNOWN.records)
    compare(KNOWN, EVERY)
    assert KNOWN.records == before and figure(finance(KNOWN), "mrr").value == usd(360)


def test_what_was_before_today_is_not_rewritten() -> None:
    """MRR of a week ago, and all movements until then, are those of today's company."""
    changed, as_it_is = finance(apply(KNOWN, [PRICE, LEAVES])), finance(KNOWN)
    assert figure(changed, "mrr").series[:-1] == figure(as_it_is, "mrr").series[:-1]
    assert figure(changed, "mrr").value != figure(as_it_is, "mrr").value


# ── the months to come ───────────────────────────────────────────────────────────────────────────


def cash(found: tuple[Month, ...], side: str = "then") -> list[Decimal]:
    return [getattr(month, side).cash.major for month in found]


def test_as_it_is_every_month_costs_its_net_burn() -> None:
    found = months(KNOWN, [HIRES])
    assert cash(found, "today")[:3] == [5300, 4600, 3900]
    assert {month.today.mrr for month in found} == {usd(360)}
    assert [month.end for month in found][:2] == [date(2026, 12, 23), date(2027, 1, 23)]
    assert out_of_cash(found, lambda month: month.today) == date(2027, 8, 23)


def test_a_change_counts_from_its_day_by_the_share_of_its_month() -> None:
    later = replace(HIRES, on=TODAY + timedelta(15))  # half of the 30 days to 23 December
    found = months(KNOWN, [later])
    assert cash(found)[:3] == [4800, 3100, 1400]
    assert months(KNOWN, [replace(HIRES, on=date(2027, 1, 23))])[1].then.cash == usd(4600)
    assert out_of_cash(found, lambda month: month.then) == date(2027, 3, 23)


def test_mrr_grows_when_the_deal_is_won_and_its_work_passes() -> None:
    found = months(KNOWN, [replace(WON, on=date(2027, 1, 1))])
    assert [month.then.mrr for month in found][:2] == [usd(360), usd(460)]
    free = [round((month.today.capacity or 0) - (month.then.capacity or 0), 2) for month in found]
    assert free[0] == round(60 * 33 / 42, 2), "its six weeks begin nine days after 23 December"
    assert free[1] == round(60 * 20 / 42, 2) and free[3:] == [0] * 9


def test_a_hire_brings_hours_from_the_first_day() -> None:
    found = months(KNOWN, [replace(HIRES, on=date(2027, 1, 23))])
    free = [(month.then.capacity or 0) - (month.today.capacity or 0) for month in found]
    assert 0 < free[0] < 480 and free[1] == 480


def test_runway_ends_at_nothing_and_is_none_without_burning() -> None:
    found = months(KNOWN, [HIRES])
    assert found[-1].then.runway == 0 and found[-1].then.cash == usd(6000 - 12 * 1700)
    rich = months(KNOWN, [replace(PRICE, percent=Decimal(200))])
    assert (rich[0].then.burning, rich[0].then.runway, rich[0].then.cash) == (False, None, usd(6020))


@pytest.mark.parametrize(
    ("day", "count", "end"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2027, 1, 31), 2, date(2027, 3, 31)),
        (date(2026, 11, 23), 12, date(2027, 11, 23)),
        (date(2027, 12, 1), 1, date(2028, 1, 1)),
    ],
)
def test_a_month_on_is_the_same_day(day: date, count: int, end: date) -> None:
    assert months_on(day, count) == end


# ── names ────────────────────────────────────────────────────────────────────────────────────────


def test_names_and_ids_are_found_in_any_case() -> None:
    assert deal_called(KNOWN, "d1") == deal_called(KNOWN, " gamma: PRO") == DEALS[0]
    assert customer_called(KNOWN, "ACME ltd") == ("acme.example", "Acme Ltd")
    assert customer_called(KNOWN, "beta.example") == ("beta.example", "Beta GmbH")
    assert product_called(KNOWN, "Team") == "team"
    assert team_called(KNOWN, "sales") == "Sales" and team_called(KNOWN, None) == "Delivery"


def missing(ask: str, word: str, seen: Snapshot = KNOWN) -> Unknown:
    finders = {"deal": deal_called, "customer": customer_called, "product": product_called,
               "team": team_called}  # fmt: skip
    with pytest.raises(Unknown) as problem:
        finders[ask](seen, word)
    return problem.value


@pytest.mark.parametrize(
    ("ask", "word", "what", "near"),
    [
        ("deal", "Gama: Pro", "no open deal `Gama: Pro`", "Gamma: Pro"),
        ("deal", "gamma", "no open deal `gamma`", "Gamma: Pro"),
        ("deal", "zzz", "no open deal `zzz`", None),
        ("deal", "over", "Over is won already", None),
        ("deal", "vague", "Vague has no amount", None),
        ("deal", "swiss", "no rate for CHF", None),
        ("deal", "twin", "2 open deals are called `twin`: say which by its id: d7, d8", None),
        ("customer", "acme", "no customer `acme`", "Acme Ltd"),
        ("customer", "past.example", "no customer `past.example`", None),
        ("product", "prp", "no product `prp`", "pro"),
        ("team", "delivry", "no team `delivry`", "Delivery"),
    ],
)
def test_what_is_not_known_is_refused_with_the_nearest(
    ask: str, word: str, what: str, near: str | None
) -> None:
    problem = missing(ask, word)
    assert what in problem.what
    assert near is None or problem.near == near


def test_a_customer_who_left_has_nothing_to_lose() -> None:
    gone = replace(KNOWN, records={**KNOWN.records, n.Subscription: ()})
    assert "Acme Ltd has no running subscription" in missing("customer", "Acme Ltd", gone).what


def test_a_deal_cannot_be_won_where_nothing_means_won() -> None:
    bare = replace(KNOWN, records={**KNOWN.records, n.Stage: STAGES[:1]})
    assert "no stage is known" in missing("deal", "d1", bare).what
    empty = replace(KNOWN, records={**KNOWN.records, n.Person: ()})
    with pytest.raises(Unknown, match="nobody is known"):
        team_called(empty, None)


def test_what_is_taken_for_granted_is_said() -> None:
    said = " ".join(assumptions(KNOWN, [*EVERY, CloseDeal(DEALS[1], TODAY), CloseDeal(DEALS[2], TODAY)]))
    for words in (
        "$1,200.00 is the price of a year, so a twelfth of it is MRR",
        "60 h of work over its first 6 weeks (the CRM's word)",
        "80 h of work over its first 6 weeks (policy.hours_per_deal)",
        "Acme: renewal: it is in a pipeline of renewals, so it keeps MRR and adds none",
        "Acme: more: it comes on top of what acme.example pays already",
        "Acme Ltd: all running subscriptions end",
        "40 h a week, the usual here",
        "Nobody leaves because of a price",
        "the 2 months that burn is averaged over",
    ):
        assert words in said, words
