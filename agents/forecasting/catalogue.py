"""Every method of forecasting there is, and what all of them say of one snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agents.forecasting import cash, churn, pipeline, recurring
from agents.forecasting.forecast import Forecast, Method
from agents.forecasting.scene import Scene
from agents.nouns import Company, Customer, Noun
from agents.snapshot import Snapshot

METHODS: dict[str, Method] = {
    method.key: method
    for method in (
        recurring.METHOD,
        cash.METHOD,
        pipeline.WON_QUARTER,
        pipeline.DEAL_WON,
        pipeline.BY_CRM,
        churn.METHOD,
    )
}
"""Key to method, in the order in which they are shown."""

READS: frozenset[type[Noun]] = frozenset({
    Customer, Company, *(noun for method in METHODS.values() for noun in method.reads)
})  # fmt: skip
"""What a snapshot must hold for all of them."""


def predict(snapshot: Snapshot) -> tuple[Forecast, ...]:
    """What every method expects, by method and subject. The same snapshot gives the same forecasts."""
    scene = Scene(snapshot)
    return tuple(forecast for method in METHODS.values() for forecast in method.predict(scene))


def outcome(snapshot: Snapshot, forecast: Forecast) -> float | None:
    """What came of a forecast, in its unit; None while it is not known, or where it cannot be."""
    return next((came for _, came in outcomes(snapshot, [forecast])), None)


def outcomes(snapshot: Snapshot, forecasts: Iterable[Forecast]) -> Iterator[tuple[Forecast, float]]:
    """Those of the forecasts whose outcome is known by now, with it. A method that is no more scores none."""
    scene = Scene(snapshot)
    for forecast in forecasts:
        method = METHODS.get(forecast.method)
        if method is None or not (method.early or forecast.due_on < scene.today):
            continue
        came = method.outcome(scene, forecast)
        if came is not None:
            yield forecast, came
