"""Which open deals this quarter will win, by base rates of their stage, and what that comes to in money."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import sqrt

from agents.forecasting.forecast import Forecast, Method, Z, whole
from agents.forecasting.scene import DAY, MOMENT, Scene
from agents.nouns import Deal, FxRate, Stage
from agents.periods import quarter_name, quarter_start
from agents.sales.deals import Key
from agents.unit import Unit
from agents.wording import plural

PRIOR = 5
"""How many deals the company's own win rate weighs beside those that passed the stage."""
FEWEST = 5
"""How many deals must have been decided before there is any forecast."""
MOST = 200
"""How many open deals are forecast one by one, the largest amounts first."""


@dataclass(frozen=True, slots=True)
class Chance:
    """That an open deal is won by the end of the quarter: `won` of `passed` were, the prior included."""

    deal: Deal
    stage: str
    passed: int
    won: int
    probability: float

    def interval(self) -> tuple[float, float]:
        """Wilson's interval at 80 % of the rate that the chance is."""
        n, p = self.passed + PRIOR, self.probability
        middle, half = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        return max(0.0, (middle - half) / (1 + Z * Z / n)), min(1.0, (middle + half) / (1 + Z * Z / n))


def predict_deals(scene: Scene) -> Iterator[Forecast]:
    """One forecast for each open deal, of which at most `MOST`."""
    base = _win_rate(scene)
    if base is None:
        return
    for chance in sorted(_chances(scene, base), key=lambda c: (-_amount(scene, c.deal), c.deal.ref))[:MOST]:
        low, high = chance.interval()
        why = f"{chance.won} of {plural(chance.passed, 'deal')} that came to {chance.stage} were won as soon"
        basis: dict[str, str | int | float] = {
            "name": chance.deal.name,
            "why": why,
            "stage": chance.stage,
            "passed": chance.passed,
            "won": chance.won,
            "amount": int(_amount(scene, chance.deal)),
        }
        yield Forecast(
            method="deal_won",
            subject=chance.deal.ref,
            made_on=scene.today,
            due_on=_last_day(scene.today),
            unit=Unit.RATIO,
            currency=None,
            value=chance.probability,
            low=low,
            high=high,
            baseline=base,
            basis=basis,
        )


def predict_sum(scene: Scene) -> Iterator[Forecast]:
    """One forecast: what the quarter will have won, the deals that are already won included."""
    base, today = _win_rate(scene), scene.today
    if base is None:
        return
    sure = _won_in(scene, today)
    worth = [(c.probability, _amount(scene, c.deal)) for c in _chances(scene, base)]
    value = sure + sum(p * amount for p, amount in worth)
    spread = Z * sqrt(sum(p * (1 - p) * amount * amount for p, amount in worth))
    basis: dict[str, str | int | float] = {
        "name": quarter_name(today),
        "why": f"what is won so far + {plural(len(worth), 'open deal')}, each times its chance",
        "won": int(sure),
        "open": len(worth),
    }
    yield Forecast(
        method="won_quarter",
        subject=quarter_name(today),
        made_on=today,
        due_on=_last_day(today),
        unit=Unit.MONEY,
        currency=scene.snapshot.currency,
        value=whole(value),
        low=whole(max(sure, value - spread)),
        high=whole(min(sure + sum(amount for _, amount in worth), value + spread)),
        baseline=whole(sure + base * sum(amount for _, amount in worth)),
        basis=basis,
    )


def outcome_deal(scene: Scene, forecast: Forecast) -> float | None:
    """1 once it is won in the quarter, 0 once it is lost or the quarter is over; None while neither, and for
    a deal that the CRM no longer has."""
    deal, end = scene.deal(forecast.subject), scene.end_of(forecast.due_on)
    if deal is None:
        return None
    closed = scene.deals.closed_at(deal)
    if closed is None or closed > end:
        return 0.0 if scene.knows(Deal, end) else None
    return 1.0 if scene.deals.is_won(deal) else 0.0


def outcome_sum(scene: Scene, forecast: Forecast) -> float | None:
    """What was won in the quarter, once it is over, at the rates of the day on which it is scored."""
    if not scene.knows(Deal, scene.end_of(forecast.due_on)):
        return None
    return _won_in(scene, forecast.due_on)


def _chances(scene: Scene, base: float) -> Iterator[Chance]:
    """Every open deal with its chance: deals that came to its stage, early enough for it to be known, and
    were won within as many days as the quarter has left."""
    now = scene.snapshot.as_of
    span = scene.end_of(_last_day(scene.today)) + MOMENT - now
    rates = _rates(scene, span)
    for deal in scene.deals.open(now):
        stay = scene.deals.way(deal)[-1].stage
        stage = scene.deals.stages.get(stay)
        passed, won = rates.get(stay, (0, 0))
        probability = (won + PRIOR * base) / (passed + PRIOR)
        yield Chance(deal, stage.name if stage else "its stage", passed, won, probability)


def _rates(scene: Scene, span: timedelta) -> dict[Key, tuple[int, int]]:
    """By stage, of how many deals it is known what became of them within `span` of coming there, and how
    many of these were won by then."""
    found: dict[Key, tuple[int, int]] = {}
    for deal in scene.snapshot.all(Deal):
        first: dict[Key, datetime] = {}
        for stay in scene.deals.way(deal):
            first.setdefault(stay.stage, stay.entered)
        won_at = scene.deals.closed_at(deal) if scene.deals.is_won(deal) else None
        for stage, entered in first.items():
            if entered + span <= scene.snapshot.as_of:
                passed, won = found.get(stage, (0, 0))
                found[stage] = passed + 1, won + (won_at is not None and won_at <= entered + span)
    return found


def _win_rate(scene: Scene) -> float | None:
    """Won over decided deals of the last `policy.win_rate_days`; None while too few were decided."""
    if not scene.has(Deal, Stage):
        return None
    now = scene.snapshot.as_of
    since = now - scene.snapshot.policy.win_rate_days * DAY
    won, lost = len(scene.deals.won(since, now)), len(scene.deals.lost(since, now))
    return won / (won + lost) if won + lost >= FEWEST else None


def _won_in(scene: Scene, day: date) -> float:
    """What the quarter of a day has won."""
    first, end = quarter_start(day), scene.end_of(_last_day(day))
    return sum(_amount(scene, deal) for deal in scene.deals.won(scene.snapshot.start_of(first), end))


def _amount(scene: Scene, deal: Deal) -> float:
    """In minor units of the company's currency at today's rate; nothing where it is not known."""
    known = None if deal.amount is None else scene.snapshot.convert(deal.amount, scene.today)
    return float(known.amount) if known else 0.0


def _last_day(day: date) -> date:
    return quarter_start(day, ahead=1) - DAY


BASELINE = "every deal at the company's own win rate"
DEAL_WON = Method(
    key="deal_won",
    title="Deal won this quarter",
    unit=Unit.RATIO,
    chance=True,
    event="1 for a deal that was won by the end of the quarter, 0 for one that was not",
    sentence="How likely each open deal is to be won before the quarter ends, from what became of the deals"
    " that came to the same stage.",
    formula=f"(won + {PRIOR} x win rate) / (came + {PRIOR}); came = deals that came to the stage at least as"
    " many days ago as the quarter has left; won = those of them won within so many days of coming there",
    horizon="to the end of the running quarter",
    interval="of the rate, after Wilson, at 80 %: how sure the rate is, not how the deal ends",
    baseline=BASELINE,
    source="Base rates as reference forecast: Brier (1950), Verification of forecasts expressed in terms of"
    " probability, https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
    limits=(
        f"With fewer than {FEWEST} deals decided in policy.win_rate_days (180) there is no forecast.",
        f"At most {MOST} open deals are recorded, the largest first.",
        "Scored when the deal is closed or the quarter is over. One that the CRM lost is never scored.",
    ),
    reads=(Deal, Stage, FxRate),
    predict=predict_deals,
    outcome=outcome_deal,
    early=True,
)
WON_QUARTER = Method(
    key="won_quarter",
    title="Won this quarter",
    unit=Unit.MONEY,
    chance=False,
    event="the amounts of all deals won in the quarter",
    sentence="What the quarter will have won when it ends: what is won already, and the open deals, each"
    " times its chance.",
    formula="won so far + sum over open deals of amount x chance (see deal_won)",
    horizon="to the end of the running quarter",
    interval=f"the point plus and minus {Z:.2f} x root of the sum of chance x (1 - chance) x amount squared:"
    " 80 % if deals are decided apart from each other; never less than won so far, nor more than that and all"
    " open ones",
    baseline=BASELINE,
    source="agentos; the sum of independent chances with a normal interval: Hyndman, Athanasopoulos,"
    " Forecasting: Principles and Practice, 3rd ed., 5.5, https://otexts.com/fpp3/prediction-intervals.html",
    limits=(
        "Deals that are yet to be created are not in it, so early in a quarter it is low.",
        "Deals without an amount or a rate count as nothing; amounts are those of the day.",
    ),
    reads=(Deal, Stage, FxRate),
    predict=predict_sum,
    outcome=outcome_sum,
)
