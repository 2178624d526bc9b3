"""A formula comes to what its text says, and its terms to what their parts do."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from statistics import median

import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from agents.formula import (
    Formula,
    LeftOut,
    Number,
    Part,
    Term,
    added,
    counted,
    given,
    half_up,
    leaf,
    statistic,
    summed,
)
from agents.money import Money
from agents.unit import Unit
from tests.agents import build
from tests.agents.build import usd


def count(name: str, value: Number | None) -> Formula:
    return leaf(Term(name, Unit.COUNT, None if value is None else Fraction(value), how="count"))


def money(name: str, cents: int, currency: str = "USD") -> Formula:
    return summed(name, [(build.invoice(name), Money(cents, currency))], currency)


a, b, c = count("a", 6), count("b", 4), count("c", 3)


@pytest.mark.parametrize(
    ("formula", "text", "value"),
    [
        (a + b - c, "a + b - c", 7),
        (a - (b - c), "a - (b - c)", 5),
        (a - b + c, "a - b + c", 5),
        (a / (a + b), "a / (a + b)", Fraction(3, 5)),
        ((a + b) * c, "(a + b) x c", 30),
        (a / (b * c), "a / (b x c)", Fraction(1, 2)),
        (a / b * c, "a / b x c", Fraction(9, 2)),
        (12 * a, "12 x a", 72),
        (1 - a / b, "1 - a / b", Fraction(-1, 2)),
        (1200 / a, "1,200 / a", 200),
        (a * 30 / 90, "a x 30 / 90", 2),
        (a - -1, "a - (-1)", 7),
        (1 + a, "1 + a", 7),
        ((a / b).rounded() * c, "round(a / b) x c", 6),
    ],
)
def test_the_text_says_what_was_worked_out(formula: Formula, text: str, value: Fraction) -> None:
    assert (formula.text, formula.value) == (text, value)


def test_nothing_to_divide_by_stays_unsaid_through_everything_made_of_it() -> None:
    nothing = a / count("none", 0)
    for formula in (nothing, nothing + 1, 2 * nothing - a, b / nothing, nothing.rounded()):
        assert formula.value is None
        assert formula.money() is None
    assert (nothing + a).text == "a / none + a"
    assert [term.name for term in (nothing + a).terms] == ["a", "none"]


def test_money_stays_money_only_where_it_may() -> None:
    price, cost = money("price", 1001), money("cost", 500)
    assert (price + cost).money() == usd("15.01")
    assert (price / 2).money() == usd("5.01")  # rounded once, half up
    assert (price / cost).currency is None
    assert (12 * price).currency == (price * a).currency == "USD"
    with pytest.raises(ValueError, match="price x cost"):
        price * cost
    for left, sign, right in ((price, "+", a), (price, "-", money("yen", 5, "JPY")), (a, "/", price)):
        with pytest.raises(ValueError, match=r"not of one kind|cannot divide"):
            SIGNS[sign](left, right)
    with pytest.raises(ValueError, match="no money"):
        (price / cost).money()


def test_a_term_is_told_once_and_no_two_share_a_name() -> None:
    assert (a / (a + b)).terms == (*a.terms, *b.terms)
    with pytest.raises(ValueError, match="two terms are called a"):
        a + count("a", 6)


def test_every_kind_of_term_adds_up_from_its_records() -> None:
    bills = [build.invoice(f"i{n}", usd(n)) for n in (1, 2, 4)]
    hours = [(bill, n / 10) for n, bill in enumerate(bills)]

    def middle(values: object) -> Number | None:
        found = list(values)  # type: ignore[call-overload]
        return median(found) if found else None

    left = (LeftOut(("x",), "voided"),)
    made = {
        "count": counted("bills", bills, left),
        "sum": summed("billed", [(bill, bill.total) for bill in bills], "USD", left),
        "added": added("hours", hours, Unit.HOURS),
        "median": statistic("typical", "median", hours, Unit.HOURS, middle, left),
        "none": statistic("typical", "median", [], Unit.HOURS, middle),
    }
    values = {name: formula.value for name, formula in made.items()}
    assert values["count"] == 3 and values["sum"] == 700 and values["none"] is None
    assert values["added"] == pytest.approx(0.3) and values["median"] == pytest.approx(0.1)
    for formula in made.values():
        (term,) = formula.terms
        assert term.adds_up()
        assert set(formula.refs) <= {bill.ref for bill in bills}
    assert [made[name].terms[0].left_out() for name in ("count", "sum", "median")] == [left] * 3


@pytest.mark.parametrize("wrong", [[1, 1], [1, 1, 1, 1], [3.5], []])
def test_a_term_whose_parts_make_something_else_does_not_add_up(wrong: list[Number]) -> None:
    parts = [Part((f"r{n}",), amount) for n, amount in enumerate(wrong)]
    assert not Term("t", Unit.COUNT, Fraction(3), read=lambda: parts).adds_up()
    assert not Term("t", Unit.COUNT, None, read=lambda: parts).adds_up()


def test_parts_are_read_only_when_asked_for() -> None:
    def read() -> list[Part]:
        raise AssertionError("read")

    formula = 12 * leaf(Term("t", Unit.COUNT, Fraction(3), read=read)) / a
    assert formula.value == 6
    with pytest.raises(AssertionError, match="read"):
        assert formula.refs


def test_a_setting_means_the_number_that_was_written() -> None:
    margin = given("margin", 0.8, "policy.gross_margin", Unit.RATIO)
    assert margin.value == Fraction(4, 5)
    (term,) = margin.terms
    assert (term.how, term.why, term.adds_up(), term.parts()) == ("given", "policy.gross_margin", True, ())
    goal = given("goal", usd(10), "policy.mrr_goal")
    assert goal.money() == usd(10)
    assert goal.terms[0].unit is Unit.MONEY


@pytest.mark.parametrize(("half", "whole"), [("1/2", 1), ("-1/2", -1), ("3/2", 2), ("-3/2", -2), ("1/3", 0)])
def test_halves_go_away_from_zero(half: str, whole: int) -> None:
    assert half_up(Fraction(half)) == whole


# ── any formula at all ───────────────────────────────────────────────────────────────────────────

VALUES: tuple[Number, ...] = (0, 1, 2, 5, Fraction(-7, 3))
TERMS = {name: count(name, value) for name, value in zip("pqrst", VALUES, strict=True)}
SIGNS: dict[str, Callable[[Formula, Formula | int], Formula]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "x": lambda left, right: left * right,
    "/": lambda left, right: left / right,
}


def branch(children: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    right: st.SearchStrategy[Formula | int] = st.one_of(children, st.integers(-3, 3))
    return st.builds(
        lambda sign, one, other: SIGNS[sign](one, other), st.sampled_from("+-x/"), children, right
    )


@settings(max_examples=150, deadline=None)
@over(st.recursive(st.sampled_from(list(TERMS.values())), branch, max_leaves=8))
def test_reading_the_text_gives_the_value(formula: Formula) -> None:
    """Whoever works out the text by hand, with the values of the terms, comes to the same."""
    assert formula.value == by_hand(formula.text)


def by_hand(text: str) -> Fraction | None:
    """The value of a formula as written; None where it divides by nothing."""
    try:
        value, rest = _sum(text.replace("(", "( ").replace(")", " )").split())
    except ZeroDivisionError:
        return None
    assert not rest
    return value


def _sum(words: list[str]) -> tuple[Fraction, list[str]]:
    value, words = _product(words)
    while words and words[0] in "+-":
        sign, (other, words) = words[0], _product(words[1:])
        value = value + other if sign == "+" else value - other
    return value, words


def _product(words: list[str]) -> tuple[Fraction, list[str]]:
    value, words = _leaf(words)
    while words and words[0] in "x/":
        sign, (other, words) = words[0], _leaf(words[1:])
        value = value * other if sign == "x" else value / other
    return value, words


def _leaf(words: list[str]) -> tuple[Fraction, list[str]]:
    if words[0] == "(":
        value, rest = _sum(words[1:])
        assert rest[0] == ")"
        return value, rest[1:]
    known = TERMS[words[0]].value if words[0] in TERMS else Fraction(words[0])
    assert known is not None
    return known, words[1:]
