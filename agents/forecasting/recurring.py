"""MRR at the end of the month, from how it moved over the same last days of earlier months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

from agents.forecasting.forecast import Forecast, Method, whole
from agents.forecasting.scene import DAY, Scene
from agents.money import Money
from agents.nouns import FxRate, Subscription
from agents.periods import median, month_start
from agents.unit import Unit
from agents.wording import plural

MONTHS, FEWEST = 9, 3
"""How many earlier months are looked at, and how few of them there may be."""
TREND = 90
"""Days over which the baseline looks at how MRR moves."""
LEAST = 0.005
"""The interval reaches at least so far to both sides, as a share of today's MRR."""


def predict(scene: Scene) -> Iterator[Forecast]:
    """One forecast: of the month that is running. None before three months with MRR."""
    snapshot, today = scene.snapshot, scene.today
    last = month_start(today, back=-1) - DAY
    if not scene.has(Subscription):
        return
    book, changes = scene.ledger.book(snapshot.as_of), _changes(scene, (last - today).days)
    middle = median(changes)
    if len(changes) < FEWEST or middle is None or not book.total:
        return
    least = book.total * LEAST
    change = Money(int(whole(middle)), snapshot.currency)
    basis: dict[str, str | int | float] = {
        "name": f"{last:%Y-%m}",
        "why": f"today's MRR {change.full() if middle < 0 else '+' + change.full()}: the median change over"
        f" the last {plural((last - today).days, 'day')} of {plural(len(changes), 'month')}",
        "now": book.total,
        "months": len(changes),
        "partial": book.partial or "",
    }
    yield Forecast(
        method="mrr_month_end",
        subject=f"{last:%Y-%m}",
        made_on=today,
        due_on=last,
        unit=Unit.MONEY,
        currency=snapshot.currency,
        value=book.total + whole(middle),
        low=book.total + whole(min(*changes, middle - least)),
        high=book.total + whole(max(*changes, middle + least)),
        baseline=book.total + whole(_trend(scene, book.total) * (last - today).days),
        basis=basis,
    )


def outcome(scene: Scene, forecast: Forecast) -> float | None:
    """MRR at the last instant of the month. None if another part of it has no exchange rate than had then."""
    end = scene.end_of(forecast.due_on)
    if not scene.knows(Subscription, end):
        return None
    book = scene.ledger.book(end)
    return None if bool(book.partial) != bool(forecast.basis.get("partial")) else float(book.total)


def _changes(scene: Scene, days: int) -> list[float]:
    """By how much MRR moved over the last `days` of each earlier month, at today's exchange rates."""
    found = []
    for back in range(MONTHS):
        last = month_start(scene.today, back) - DAY
        start = scene.ledger.book(scene.same_time(last - timedelta(days=days)), scene.today).total
        if start:
            found.append(float(scene.ledger.book(scene.end_of(last), scene.today).total - start))
    return found


def _trend(scene: Scene, now: int) -> Fraction:
    """What MRR moved by on an average day of late, at today's exchange rates."""
    before = scene.ledger.book(scene.same_time(scene.today - timedelta(days=TREND)), scene.today).total
    return Fraction(now - before, TREND)


METHOD = Method(
    key="mrr_month_end",
    title="MRR at month end",
    unit=Unit.MONEY,
    chance=False,
    event="MRR at the last instant of the month, in the company's zone",
    sentence="Where MRR will stand when the month ends, if its last days go as they usually go.",
    formula=f"today's MRR + median change of MRR over the same last days of the {MONTHS} months before",
    horizon="to the end of the running month",
    interval=f"today's MRR + the smallest to the largest of the {MONTHS} changes, which holds the next with"
    f" probability ({MONTHS} - 1) / ({MONTHS} + 1) = 80 % if months are alike; at least"
    f" {LEAST:.1%} of MRR to both sides",
    baseline=f"MRR moves on as in the last {TREND} days",
    source="Seasonal naive method, and the drift method as its baseline: Hyndman, Athanasopoulos,"
    " Forecasting: Principles and Practice, 3rd ed., 5.2, https://otexts.com/fpp3/simple-methods.html",
    limits=(
        f"Months without MRR are left out; with fewer than {FEWEST} left there is no forecast, and with fewer"
        f" than {MONTHS} the interval promises less than 80 %.",
        "The baseline is no flat line: that would be beaten by anything that knows that a company grows.",
        "Earlier changes are at today's exchange rates; what rates do until month end is part of the error.",
        "Amounts without a rate are in neither; if that has changed by month end, it is not scored.",
    ),
    reads=(Subscription, FxRate),
    predict=predict,
    outcome=outcome,
)
