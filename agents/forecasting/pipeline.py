"""Which open deals this quarter will win, by base rates of their stage, and what that comes to in money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import sqrt

from agents.forecasting.forecast import Forecast, Method, Z, whole
from agents.forecasting.scene import DAY, MOMENT, Scene
from agents.nouns import Deal, FxRate, Stage
from agents.periods import quarter_name, quarter_start
from agents.sales.deals import Key
from agents.unit import Unit
from agents.wording import plural

PRIOR = 5
"""How many deals the rate of all stages weighs beside those that came to the deal's own."""
FEWEST = 10
"""How often deals must have come to a stage, early enough, before there is any forecast."""
MOST = 200
"""How many open deals are forecast one by one, the largest amounts first."""


@dataclass(frozen=True, slots=True)
class Past:
    """By stage, of how many deals it is known what became of them within as many days of coming there as the
    quarter has left, and how many were won by then."""

    came: Counter[Key]
    won: Counter[Key]

    @property
    def rate(self) -> float:
        """The share of them that was won, whatever the stage."""
        return self.won.total() / self.came.total()


@dataclass(frozen=True, slots=True)
class Chance:
    """That an open deal is won by the end of the quarter: of `came` to its stage `won` were as soon."""

    deal: Deal
    stage: str
    came: int
    won: int
    probability: float

    def interval(self) -> tuple[float, float]:
        """Wilson's interval at 80 % of the rate that the chance is."""
        n, p = self.came + PRIOR, self.probability
        middle, half = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        return max(0.0, (middle - half) / (1 + Z * Z / n)), min(1.0, (middle + half) / (1 + Z * Z / n))


def predict_deals(scene: Scene) -> Iterator[Forecast]:
    """One forecast for each open deal, of which at most `MOST`."""
    past = _past(scene)
    if past is None:
        return
    for chance in sorted(_chances(scene, past), key=lambda c: (-_amount(scene, c.deal), c.deal.ref))[:MOST]:
        low, high = chance.interval()
        why = f"{chance.won} of {plural(chance.came, 'deal')} that came to {chance.stage} were won as soon"
        basis: dict[str, str | int | float] = {
            "name": chance.deal.name,
            "why": why,
            "stage": chance.stage,
            "came": chance.came,
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
            baseline=past.rate,
            basis=basis,
        )


def predict_by_crm(scene: Scene) -> Iterator[Forecast]:
    """The same deals by the CRM's own word: the probability of the stage, where the close date is in time."""
    last = _last_day(scene.today)
    stages = scene.deals.stages
    for one in predict_deals(scene):
        deal = scene.deal(one.subject)
        stage = stages.get((deal.source, deal.stage_id)) if deal else None
        if deal is None or stage is None or deal.close_on is None:
            continue
        timely = deal.close_on <= last
        yield replace(
            one,
            method="deal_won_crm",
            value=float(stage.probability) if timely else 0.0,
            low=None,
            high=None,
            basis={
                "name": deal.name,
                "why": f"{stage.probability:.0%} at {stage.name}, to close on {deal.close_on}",
                "stage": stage.name,
                "probability": float(stage.probability),
                "close_on": deal.close_on.isoformat(),
            },
        )


def predict_sum(scene: Scene) -> Iterator[Forecast]:
    """One forecast: what the quarter will have won, the deals that are already won included."""
    past, today = _past(scene), scene.today
    if past is None:
        return
    sure = _won_in(scene, today)
    worth = [(c.probability, _amount(scene, c.deal)) for c in _chances(scene, past)]
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
        baseline=whole(sure + past.rate * sum(amount for _, amount in worth)),
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


def _chances(scene: Scene, past: Past) -> Iterator[Chance]:
    """Every open deal with its chance."""
    for deal in scene.deals.open(scene.snapshot.as_of):
        stay = scene.deals.way(deal)[-1].stage
        stage = scene.deals.stages.get(stay)
        came, won = past.came.get(stay, 0), past.won.get(stay, 0)
        probability = (won + PRIOR * past.rate) / (came + PRIOR)
        yield Chance(deal, stage.name if stage else "its stage", came, won, probability)


def _past(scene: Scene) -> Past | None:
    """What became of earlier deals; None while too few of them came early enough for it to be known."""
    if not scene.has(Deal, Stage):
        return None
    now = scene.snapshot.as_of
    span = scene.end_of(_last_day(scene.today)) + MOMENT - now
    came: Counter[Key] = Counter()
    won: Counter[Key] = Counter()
    for deal in scene.snapshot.all(Deal):
        first: dict[Key, datetime] = {}
        for stay in scene.deals.way(deal):
            stage = scene.deals.stages.get(stay.stage)
            if stage is None or not stage.closed:
                first.setdefault(stay.stage, stay.entered)
        won_at = scene.deals.closed_at(deal) if scene.deals.is_won(deal) else None
        for key, entered in first.items():
            if entered + span <= now:
                came[key] += 1
                won[key] += won_at is not None and won_at <= entered + span
    return Past(came, won) if came.total() >= FEWEST else None


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


BASELINE = "every deal at the rate of all stages together"
DEAL_WON = Method(
    key="deal_won",
    title="Deal won this quarter",
    unit=Unit.RATIO,
    chance=True,
    event="1 for a deal that was won by the end of the quarter, 0 for one that was not",
    sentence="How likely each open deal is to be won before the quarter ends, from what became of the deals"
    " that came to the same stage.",
    formula=f"(won + {PRIOR} x rate of all stages) / (came + {PRIOR}); came = deals that came to the stage,"
    " as many days ago at least as the quarter has left; won = those of them won within so many days",
    horizon="to the end of the running quarter",
    interval="of the rate, after Wilson, at 80 %: how sure the rate is, not how the deal ends",
    baseline=BASELINE,
    source="Base rates as reference forecast: Brier (1950), Verification of forecasts expressed in terms of"
    " probability, https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
    limits=(
        "The rate of all stages together is the baseline: it knows how much time is left and not how far a"
        " deal has come, so that skill is what the stage tells.",
        f"Before deals have come to a stage {FEWEST} times, early enough, there is no forecast.",
        f"At most {MOST} open deals are recorded, the largest first.",
        "Scored when the deal is closed or the quarter is over, so within a quarter the record knows only of"
        " deals that were decided early. One that the CRM has no longer is never scored.",
    ),
    reads=(Deal, Stage, FxRate),
    predict=predict_deals,
    outcome=outcome_deal,
    early=True,
)
BY_CRM = Method(
    key="deal_won_crm",
    title="Deal won this quarter, says the CRM",
    unit=Unit.RATIO,
    chance=True,
    event=DEAL_WON.event,
    sentence="The same deals by the word of the CRM, on which a weighted pipeline usually rests: whether that"
    " word is worth more than a plain rate.",
    formula="the probability that the CRM gives the stage, if the expected close date is in the quarter;"
    " else 0",
    horizon=DEAL_WON.horizon,
    interval="none: it is a probability",
    baseline=BASELINE,
    source="HubSpot, Pipelines: the probability of a stage, https://developers.hubspot.com/docs/api/crm/pipelines",
    limits=(
        "The deals that deal_won foretells, less those without a close date or at an unknown stage.",
        "Scored as deal_won.",
    ),
    reads=(Deal, Stage, FxRate),
    predict=predict_by_crm,
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
