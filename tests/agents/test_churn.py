"""Who leaves within 30 days: the rate of customers of the same tenure, moved by what is known of each."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agents.nouns import Noun, Subscription
from agents.snapshot import Snapshot
from agents.success.churn import ChurnBook, ChurnRisk, monthly_base, monthly_risks
from agents.success.tenure import Tenures, in_a_year, within
from tests.agents import build
from tests.agents.build import AS_OF, ago


def month(months: int, year: int = 2026) -> datetime:
    """Noon of the second day of a month, which may be of an earlier year: month(0) is December before."""
    years, number = divmod(months - 1, 12)
    return datetime(year + years, number + 1, 2, 17, tzinfo=UTC)


def customer(name: str, since: int, until: int | None = None, monthly: int = 100) -> Subscription:
    """Paying from the second of one month until the second of another."""
    ends = None if until is None else month(until)
    return build.subscription(name, monthly, account=f"{name}.com", valid_from=month(since), valid_to=ends)


def book(*records: Noun) -> ChurnBook:
    return ChurnBook.of(build.snapshot(*records))


def risk(company: Snapshot, who: str) -> ChurnRisk:
    found = ChurnBook.of(company).risk(who, AS_OF)
    assert found is not None
    return found


NEW = [
    customer(f"n{n}", 9, 10 if n < 4 else None) for n in range(10)
]  # seen in October, four gone by November
OLD = [customer(f"o{n}", -20) for n in range(20)]


def test_rates_are_those_of_a_tenure() -> None:
    tenures: Tenures = book(*NEW, *OLD).tenures
    prior = within(30, 1 / (20 + 10))
    new, middle, old = tenures.rates(AS_OF)
    # ten newcomers were there at the start of October; six stayed through it
    assert new == pytest.approx((4 + 120 * prior) / (10 * 31 / 30 + 120))
    assert middle == pytest.approx(prior)  # nobody was ever there
    assert old == pytest.approx((0 + 120 * prior) / (20 * 365 / 30 + 120))
    assert new > middle > old


@pytest.mark.parametrize(
    ("since", "tenure"),
    [
        (11, "under 3 months"),
        (9, "under 3 months"),
        (8, "3 to 12 months"),
        (0, "3 to 12 months"),
        (-1, "over 12 months"),
    ],
)
def test_tenure_is_counted_in_calendar_months_from_the_first_payment(since: int, tenure: str) -> None:
    assert risk(build.snapshot(customer("a", since)), "a.com").tenure == tenure


def test_tenure_goes_on_through_a_change_of_plan() -> None:
    first, second = customer("a", -20, 10), customer("b", 10, monthly=300)
    moved = build.subscription("a2", 300, account="a.com", valid_from=month(10))
    assert risk(build.snapshot(first, moved, second), "a.com").tenure == "over 12 months"


def test_a_month_without_pay_is_no_loss_until_the_subscription_ends() -> None:
    free = build.discount(percent=100, starts_at=month(6), ends_at=month(8))
    stayed = build.subscription("a", 100, account="a.com", valid_from=month(-20), discounts=(free,))
    (*_, rate) = book(stayed).tenures.rates(AS_OF)
    paid = 365 - 31 - 31  # all but July and August, of which the first days were free
    assert rate == pytest.approx(120 * within(30, 1 / 11) / (paid / 30 + 120))


def test_without_history_everyone_starts_from_one_in_ten_a_year() -> None:
    company = build.snapshot(customer("a", 11))
    assert monthly_base(company) == pytest.approx(1 - 0.9 ** (30 / 365))
    assert monthly_risks(company) == {"a.com": pytest.approx(monthly_base(company))}
    assert monthly_risks(build.snapshot()) == {}


def test_a_year_and_thirty_days_are_one_probability() -> None:
    found = risk(build.snapshot(customer("a", -20), build.ticket("t", account="a.com", severity=1)), "a.com")
    assert found.probability_30d == pytest.approx(1 - (1 - found.probability) ** (30 / 365))
    assert found.probability > found.base
    assert in_a_year(within(30, 0.3)) == pytest.approx(0.3)


@pytest.mark.parametrize(("days", "near"), [(20, True), (60, False)])
def test_an_end_that_is_set_counts_when_it_comes(days: int, near: bool) -> None:
    leaving = build.subscription("a", account="a.com", cancel_at=ago(-days))
    found = risk(build.snapshot(leaving), "a.com")
    assert found.probability > 0.9
    expected = found.probability if near else within(30, found.base)
    assert found.probability_30d == monthly_risks(build.snapshot(leaving))["a.com"] == pytest.approx(expected)


def test_whoever_keeps_anything_is_not_leaving() -> None:
    kept = build.subscription("k", account="a.com")
    ending = build.subscription("e", account="a.com", cancel_at=ago(-10))
    assert not risk(build.snapshot(kept, ending), "a.com").leaving
    assert risk(build.snapshot(ending), "a.com").leaving


def test_everyone_who_pays_has_a_risk_and_nobody_else() -> None:
    company = build.snapshot(
        *NEW,
        *OLD,
        build.subscription("free", 0, account="free.com"),
        build.subscription("chf", account="chf.com", currency="CHF"),
        build.ticket("t", account="o1.com", severity=1),
        build.ticket("u", account="nobody.com", severity=1),
        build.survey_answer("s", 10, account="o2.com"),
    )
    found = monthly_risks(company)
    assert set(found) == {f"o{n}.com" for n in range(20)} | {f"n{n}.com" for n in range(4, 10)}
    assert found["o1.com"] > found["o3.com"] > found["o2.com"]
    assert found["n5.com"] == pytest.approx(book(*NEW, *OLD).tenures.rates(AS_OF)[0])
    for who in ("o1.com", "o2.com", "o3.com", "n5.com"):
        assert found[who] == pytest.approx(risk(company, who).probability_30d)


def test_where_a_tenure_alone_is_beyond_the_limit_all_of_it_is_at_risk() -> None:
    churn = book(*NEW, *OLD)
    new, _, old = (in_a_year(rate) for rate in churn.tenures.rates(AS_OF))
    assert set(churn.above((new + old) / 2, AS_OF)) == {f"n{n}.com" for n in range(4, 10)}
    assert len(churn.above(old, AS_OF)) == 26
    assert churn.above(new * 1.01, AS_OF) == ()


def test_a_rate_that_lapsed_makes_nobody_leave() -> None:
    euro = build.subscription("e", account="e.com", currency="EUR", valid_from=month(-20))
    rates = [build.fx_rate("EUR", "1.1", month(m).date()) for m in range(-1, 9)]
    assert book(euro, *rates).base(AS_OF) == pytest.approx(1 / 10)
    assert book(euro, *rates, build.fx_rate("EUR", "1.1")).base(AS_OF) == pytest.approx(1 / 11)


def test_how_a_probability_is_made_is_the_odds_of_the_tenure_times_each_sign() -> None:
    company = build.snapshot(
        customer("a", -20),
        build.ticket("t", account="a.com", severity=1),
        build.survey_answer("s", 9, account="a.com"),
    )
    found = risk(company, "a.com")
    assert found.formula.text == "odds / (1 + odds)"
    assert float(found.formula.value or 0) == pytest.approx(found.probability)
    (odds,) = found.formula.terms
    assert odds.adds_up()
    assert [(part.amount, part.note) for part in odds.parts()][1:] == [
        (1.5, "1 severe ticket"),
        (0.5, "promoter"),
    ]
