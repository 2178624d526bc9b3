"""An account that holds several currencies: each is cash, is worked back, and is never silently guessed."""

from __future__ import annotations

from datetime import date

import pytest

from agents.figures import Figure
from agents.finance import AGENT
from agents.money import Money
from agents.nouns import Noun
from agents.report import Metric, Report
from tests.agents import build
from tests.agents.build import TODAY, ago, back, usd
from tests.agents.explained import assert_explained


def report(*records: Noun) -> Report:
    found = AGENT.analyse(build.snapshot(*records))
    assert_explained(found)
    return found


def figure(key: str, *records: Noun) -> Metric:
    return build.figure(report(*records), key)


def euros(major: int) -> Money:
    return Money.of(major, "EUR")


EUROS = tuple(build.fx_rate("EUR", "1.20", back(days)) for days in range(0, 50, 7))


def test_an_account_that_holds_two_currencies_counts_both() -> None:
    """As Wise and Revolut export them: two balances of one account on one day."""
    records = (
        *EUROS,
        build.cash_balance(euros(50), back(8), id="e1"),
        build.cash_balance(usd(100), back(8), id="u1"),
        build.cash_balance(euros(60), back(1), id="e2"),
        build.cash_balance(usd(90), back(1), id="u2"),
    )
    found = figure("cash", *records)
    assert (found.value, found.previous, found.partial) == (usd(162), usd(160), None)
    assert set(found.evidence) == {"files:cash_balance:e2", "files:cash_balance:u2"}
    old = figure("cash", *records[:-1])
    assert (old.value, old.partial) == (usd(172), f"main USD balance is of {back(8)}")


def test_each_currency_of_an_account_is_taken_back_from_its_own_first_balance() -> None:
    records = (
        *EUROS,
        build.cash_balance(usd(100), back(15), id="u"),
        build.cash_balance(euros(50), back(1), id="e"),
        build.bank_transaction("after it", usd(-7), back(3)),
        build.bank_transaction("in it", euros(10), back(3)),
        build.bank_transaction("early", usd(30), back(16)),
        build.bank_transaction("first", euros(5), back(22)),
    )
    found = figure("cash", *records)
    # 100 and 50 x 1.20; the 10 euros came on the 3rd day back; the 30 dollars within the dollars' first
    assert found.series == (None, None, None, usd(70 + 48), usd(100 + 48), usd(100 + 48), usd(100 + 60))
    unknown = figure("cash", *records[:-4])
    assert (unknown.previous, unknown.value) == (usd(100), usd(160))
    assert unknown.before is not None
    (held,) = unknown.before.terms
    assert [left.why for left in held.left_out()] == [f"main EUR: first known on {back(1)}"]


def test_a_currency_of_which_an_account_has_no_balance_goes_to_its_only_one() -> None:
    records = (
        *EUROS,
        build.cash_balance(usd(100), back(1)),
        build.bank_transaction("abroad", euros(-10), back(3)),
        build.bank_transaction("old", usd(1), back(40)),
    )
    found = figure("cash", *records)
    assert (found.value, found.previous, found.partial) == (usd(100), usd(112), None)


def test_of_several_balances_it_goes_to_the_smallest_currency_code_and_that_is_said() -> None:
    francs = [build.bank_transaction(f"f{n}", Money.of(n, "CHF"), back(3)) for n in (10, 20)]
    records = (
        *EUROS,
        *(build.fx_rate("CHF", "1.10", back(days)) for days in (0, 7)),
        build.cash_balance(usd(100), back(1), id="u"),
        build.bank_transaction("old", usd(1), back(40)),
        *francs,
    )
    later = report(*records, build.cash_balance(euros(50), back(1), id="e"))
    before = cash_a_week_ago(later)
    assert before.value == usd(160 - 33) and before.partial == "2 CHF transactions counted to main EUR"
    known = report(*records, build.cash_balance(euros(50), back(7), id="e"))
    before = cash_a_week_ago(known)
    assert before.value == usd(160), "the balance in euros was known by then, and is not touched"
    assert before.partial == "2 CHF transactions counted to main EUR" and before.formula is not None
    _, since = before.formula.terms
    assert [left.why for left in since.left_out()] == [
        f"CHF {n}.00: counted to main EUR, not taken back" for n in (10, 20)
    ]


def cash_a_week_ago(found: Report) -> Figure:
    metric = build.figure(found, "cash")
    assert metric.at is not None
    return metric.at(ago(7))


def test_burn_is_of_every_currency_of_an_account() -> None:
    months = [date(2026, month, 5) for month in (8, 9, 10)]
    rates = [build.fx_rate("EUR", "1.20", day) for day in (*months, TODAY)]
    moves = [build.bank_transaction(f"u{day}", usd(-100), day) for day in (date(2026, 8, 1), *months[1:])]
    records = (
        *rates,
        *moves,
        *(build.bank_transaction(f"e{day}", euros(-50), day) for day in months),
        build.cash_balance(usd(840), id="u"),
        build.cash_balance(euros(1000), id="e"),
    )
    assert figure("net_burn", *records).value == usd(160)
    assert figure("runway", *records).value == pytest.approx((840 + 1200) / 160)
