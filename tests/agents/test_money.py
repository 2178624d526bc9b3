"""Money is whole minor units of one currency, and no cent is lost or made."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.money import Money, allocate, round_half_up, total
from tests.agents.build import usd


@pytest.mark.parametrize(
    ("major", "currency", "amount"),
    [
        ("12.34", "USD", 1234),
        ("12.345", "USD", 1235),
        ("-12.345", "USD", -1235),
        ("12.5", "JPY", 13),
        ("1.2345", "KWD", 1235),
        (3, "EUR", 300),
    ],
)
def test_from_major_units_with_the_digits_of_the_currency(
    major: str | int, currency: str, amount: int
) -> None:
    assert Money.of(major, currency) == Money(amount, currency)


@pytest.mark.parametrize(("value", "rounded"), [("0.5", 1), ("-0.5", -1), ("2.5", 3), ("0.49", 0)])
def test_halves_round_away_from_zero(value: str, rounded: int) -> None:
    assert round_half_up(Decimal(value)) == rounded


def test_arithmetic_within_one_currency() -> None:
    assert usd(1) + usd(2) - usd(5) == -usd(2)
    assert usd(1) < usd(2)
    assert total([usd(1), usd(2)], "USD") == usd(3)
    assert total([], "USD") == usd(0)
    assert usd(10).times(Decimal("0.333")) == usd("3.33")
    assert not usd(0) and usd("0.01")


def test_two_currencies_are_never_combined() -> None:
    for combine in (Money.__add__, Money.__sub__, Money.__lt__):
        with pytest.raises(ValueError, match="without a rate"):
            combine(usd(1), Money.of(1, "EUR"))


@pytest.mark.parametrize(
    ("money", "full", "short"),
    [
        (usd(1240000), "$1,240,000.00", "$1.24M"),
        (usd(86400), "$86,400.00", "$86.4k"),
        (usd("412.40"), "$412.40", "$412"),
        (usd("999.60"), "$999.60", "$1k"),
        (usd(-5), "-$5.00", "-$5"),
        (Money(1230, "CHF"), "CHF 12.30", "CHF 12"),
        (Money(12000, "JPY"), "¥12,000", "¥12k"),
        (Money(1234, "KWD"), "KWD 1.234", "KWD 1"),
        (usd(2000000000), "$2,000,000,000.00", "$2B"),
    ],
)
def test_how_money_is_written(money: Money, full: str, short: str) -> None:
    assert (money.full(), money.short()) == (full, short)


def test_the_largest_remainder_gets_the_last_cent() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(600, [10000, 2000]) == [500, 100]
    assert allocate(5, [0, 0]) == [3, 2]
    assert allocate(5, []) == []


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_the_parts_always_sum_to_the_whole(amount: int, weights: list[int]) -> None:
    parts = allocate(amount, weights)
    assert sum(parts) == amount
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        if whole:
            assert abs(part * whole - amount * weight) < whole
