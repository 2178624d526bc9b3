"""Which customers will have left in 30 days: the churn risk that success works out, put to the test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from agents.accounts import names
from agents.forecasting.forecast import Forecast, Method
from agents.forecasting.scene import Scene
from agents.nouns import FxRate, Invoice, Payment, Subscription, SurveyAnswer, Ticket, UsageDay
from agents.success.churn import monthly_base, monthly_risks
from agents.unit import Unit

HORIZON = timedelta(days=30)
LARGEST = 25
"""So many customers are recorded for what they pay, however safe they look."""
RISKY = 1.25
"""From how many times the company's base rate on a customer is recorded for the risk."""
MOST = 200
"""How many are recorded at most, the likeliest to leave first; the largest come on top."""


def predict(scene: Scene) -> Iterator[Forecast]:
    """One forecast for each customer that is at risk or among the largest."""
    if not scene.has(Subscription):
        return
    base, risks = monthly_base(scene.snapshot), monthly_risks(scene.snapshot)
    called = names(scene.snapshot)
    paid = scene.ledger.book(scene.snapshot.as_of).amounts
    for who in _chosen(risks, paid, base):
        times = risks[who] / base if base else 0.0
        yield Forecast(
            method="churn_30d",
            subject=who,
            made_on=scene.today,
            due_on=scene.today + HORIZON,
            unit=Unit.RATIO,
            currency=None,
            value=risks[who],
            low=None,
            high=None,
            baseline=base,
            basis={
                "name": called.get(who, who),
                "why": f"{times:.1f} times the company's base rate of {base:.1%}",
                "mrr": paid.get(who, 0),
            },
        )


def outcome(scene: Scene, forecast: Forecast) -> float | None:
    """1 if the customer has no subscription that counts at the end of the day, else 0."""
    end = scene.end_of(forecast.due_on)
    if not scene.knows(Subscription, end):
        return None
    return 0.0 if forecast.subject in scene.paying(end) else 1.0


def _chosen(risks: Mapping[str, float], paid: Mapping[str, int], base: float) -> list[str]:
    """The customers to record, in the order of their keys."""
    risky = sorted((who for who in risks if risks[who] >= RISKY * base), key=lambda who: (-risks[who], who))
    largest = sorted(risks, key=lambda who: (-paid.get(who, 0), who))
    return sorted({*risky[:MOST], *largest[:LARGEST]})


METHOD = Method(
    key="churn_30d",
    title="Customer leaves within 30 days",
    unit=Unit.RATIO,
    chance=True,
    event="1 for a customer without any subscription that counts 30 days later, 0 for one who has one",
    sentence="How likely a customer is to have left in 30 days, from how long such customers stay and from"
    " what speaks for or against this one.",
    formula="the monthly churn risk of the customer's cohort, moved by its clues (see the metric churn_risk)",
    horizon="30 days",
    interval="none: it is a probability",
    baseline="every customer at the company-wide base rate",
    source="Survival by cohort: Kaplan, Meier (1958), Nonparametric estimation from incomplete observations,"
    " https://doi.org/10.1080/01621459.1958.10501452",
    limits=(
        f"Recorded are customers at {RISKY:g} times the base rate or more ({MOST} at most, the likeliest"
        f" first) and the {LARGEST} largest by MRR: the score is theirs, not that of all customers.",
        "A customer who leaves and is back within the 30 days has not left.",
    ),
    reads=(Subscription, UsageDay, Ticket, SurveyAnswer, Payment, Invoice, FxRate),
    predict=predict,
    outcome=outcome,
)
