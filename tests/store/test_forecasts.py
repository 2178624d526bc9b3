"""Forecasts are kept as they were first made, and scored once, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from agentos_cli.store.store import Store
from agents.forecasting.forecast import Forecast
from agents.unit import Unit
from tests.store.samples import NAME, NOW

DAY = timedelta(days=1)
MADE, DUE = date(2026, 11, 23), date(2026, 12, 23)
CASH = Forecast(
    "cash_30d", "cash", MADE, DUE, Unit.MONEY, "JPY", float(2**53 - 1), -5.0, 7.0, 0.0, {"name": NAME, "n": 3}
)
CHANCE = Forecast("deal_won", "hubspot:deal:1", MADE, DUE, Unit.RATIO, None, 0.1, None, None, 1 / 3, {})


def test_a_forecast_comes_back_as_it_was(store: Store) -> None:
    store.forecasts().keep([CHANCE, CASH], [], NOW)
    found = store.forecasts().newest(NOW)
    assert [(kept.forecast, kept.made_at, kept.outcome) for kept in found] == [
        (CASH, NOW, None),
        (CHANCE, NOW, None),
    ]
    assert [repr(kept.forecast) for kept in found] == [repr(CASH), repr(CHANCE)]


def test_the_first_of_a_day_stands(store: Store) -> None:
    kept = store.forecasts()
    assert not kept.made(MADE)
    kept.keep([CASH], [], NOW)
    kept.keep([replace(CASH, value=1.0), CHANCE], [], NOW + timedelta(hours=1))
    assert kept.made(MADE) and not kept.made(MADE + DAY)
    assert [one.forecast for one in kept.newest(NOW + DAY)] == [CASH, CHANCE]


def test_it_is_scored_once_and_then_no_longer_open(store: Store) -> None:
    kept = store.forecasts()
    kept.keep([CASH, CHANCE], [], NOW)
    kept.keep([], [(CASH, 4.0)], NOW + DAY)
    kept.keep([], [(CASH, 5.0)], NOW + 2 * DAY)
    assert [one.forecast for one in kept.open(MADE)] == [CHANCE]
    assert [(one.outcome, one.scored_at) for one in kept.scored(NOW + 9 * DAY)] == [(4.0, NOW + DAY)]


def test_what_is_long_past_its_day_is_not_asked_again(store: Store) -> None:
    store.forecasts().keep([CASH], [], NOW)
    assert len(store.forecasts().open(DUE)) == 1
    assert store.forecasts().open(DUE + DAY) == ()


def test_an_earlier_instant_knows_no_later_forecast_and_no_later_score(store: Store) -> None:
    kept, later = store.forecasts(), replace(CASH, made_on=MADE + DAY, due_on=DUE + DAY)
    kept.keep([CASH], [], NOW)
    kept.keep([later], [(CASH, 4.0)], NOW + DAY)

    def seen(at: datetime) -> list[tuple[Forecast, float | None]]:
        return [(one.forecast, one.outcome) for one in kept.newest(at)]

    kept.keep([replace(CASH, subject="reserve")], [], NOW + timedelta(hours=23, minutes=1))
    assert seen(NOW - DAY) == []
    assert seen(NOW) == seen(NOW + timedelta(hours=23)) == [(CASH, None)]
    assert seen(NOW + DAY) == [(later, None)]
    assert kept.scored(NOW) == ()
    assert [one.forecast for one in kept.scored(NOW + DAY)] == [CASH]


def test_each_method_answers_with_its_own_last_morning(store: Store) -> None:
    later = replace(CASH, made_on=MADE + DAY)
    store.forecasts().keep([CASH, CHANCE], [], NOW)
    store.forecasts().keep([later], [], NOW + DAY)
    assert [one.forecast for one in store.forecasts().newest(NOW + DAY)] == [CHANCE, later]


def test_nothing_is_kept_of_a_morning_that_fails_half_way(store: Store) -> None:
    store.forecasts().keep([CASH], [], NOW)
    broken = replace(CHANCE, basis={"why": object()})  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        store.forecasts().keep([replace(CASH, made_on=MADE + DAY), broken], [(CASH, 4.0)], NOW + DAY)
    assert not store.forecasts().made(MADE + DAY)
    assert store.forecasts().scored(NOW + 9 * DAY) == ()


def test_another_tenant_neither_sees_nor_scores_them(store_url: str) -> None:
    alice, bob = Store(store_url, "alice").forecasts(), Store(store_url, "bob").forecasts()
    alice.keep([CASH], [], NOW)
    bob.keep([replace(CASH, value=2.0)], [(CASH, 9.0)], NOW)
    assert not Store(store_url, "charlie").forecasts().made(MADE)
    assert [(one.forecast.value, one.outcome) for one in alice.newest(NOW)] == [(CASH.value, None)]
    assert [one.forecast.value for one in bob.newest(NOW)] == [2.0]
