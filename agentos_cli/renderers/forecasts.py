"""Forecasts with the record of their methods: documents, and text for the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo

from agentos_cli.renderers import clean, words
from agentos_cli.renderers.page import Page, lead, pad
from agentos_cli.renderers.shapes import Number
from agentos_cli.renderers.style import Style
from agents import quantity
from agents.forecasting.forecast import Forecast, Method
from agents.forecasting.scores import Score, Standing
from agents.money import Money
from agents.unit import Unit

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12

FEW = 3
"""How many subjects of one method are shown unless everything is asked for."""
TONE = {"better": "better", "worse": "worse"}


class ForecastItem(TypedDict):
    """What a method expects of one subject at the end of the day `due_on`. A probability is 0 to 1 (unit
    ratio); money is in minor units of `currency`. `low` to `high` is its interval, null where it has none;
    `baseline` what the simplest method says; `outcome` is null until it is known."""

    method: str
    subject: str
    name: str
    made_on: str
    due_on: str
    unit: str
    currency: str | None
    value: Number
    text: str
    low: Number
    high: Number
    interval_text: str | None
    baseline: Number
    baseline_text: str
    why: str
    outcome: Number
    outcome_text: str | None


class ScoreItem(TypedDict):
    """The record of a method. `forecasts` made on `mornings` mornings are scored; `outcomes` of them do not
    overlap. `measure` is brier or absolute error, `error` the method's mean and `baseline_error` the
    baseline's, money in minor units of `currency`; `skill` is 1 - error / baseline_error. `relative` is the
    mean error as a share of the outcome, `inside` the share of intervals that held it, of `promised`;
    `expected` and `happened` the mean forecast and outcome. `standing`: none, few, better, alike, worse."""

    method: str
    title: str
    measure: str
    currency: str | None
    forecasts: int
    mornings: int
    outcomes: int
    error: Number
    baseline_error: Number
    skill: Number
    relative: Number
    inside: Number
    promised: Number
    expected: Number
    happened: Number
    standing: str
    verdict: str
    text: str


class MethodItem(TypedDict):
    """What a method does, in words. `measure` is how it is scored: brier or absolute error."""

    method: str
    title: str
    unit: str
    measure: str
    event: str
    sentence: str
    formula: str
    horizon: str
    interval: str
    baseline: str
    source: str
    limits: list[str]


class ForecastsDocument(TypedDict):
    """What each method expected last, and its record until `as_of`."""

    schema: str
    as_of: str
    forecasts: list[ForecastItem]
    records: list[ScoreItem]


class ScoresDocument(TypedDict):
    """The record of every method until `as_of`."""

    schema: str
    as_of: str
    scores: list[ScoreItem]


class ForecastMethodsDocument(TypedDict):
    """Every method of forecasting there is."""

    schema: str
    methods: list[MethodItem]


SHAPES: dict[str, type] = {
    "forecasts": ForecastsDocument,
    "scores": ScoresDocument,
    "forecast_methods": ForecastMethodsDocument,
}
"""Document name to its shape."""


# ── documents ────────────────────────────────────────────────────────────────────────────────────


def forecasts_document(
    made: Sequence[tuple[Forecast, float | None]], scores: Sequence[ScoreItem], at: datetime, zone: tzinfo
) -> ForecastsDocument:
    """Forecasts, each with its outcome as far as it is known, and the records of their methods."""
    return {
        "schema": "agentos.forecasts/1",
        "as_of": _instant(at, zone),
        "forecasts": [forecast_item(one, came) for one, came in made],
        "records": list(scores),
    }


def scores_document(scores: Sequence[ScoreItem], at: datetime, zone: tzinfo) -> ScoresDocument:
    """The records of methods."""
    return {"schema": "agentos.scores/1", "as_of": _instant(at, zone), "scores": list(scores)}


def methods_document(methods: Sequence[Method]) -> ForecastMethodsDocument:
    """What methods do."""
    return {"schema": "agentos.forecast_methods/1", "methods": [method_item(one) for one in methods]}


def forecast_item(one: Forecast, outcome: float | None) -> ForecastItem:
    """A forecast as it stands in a document."""
    between = None
    if one.low is not None and one.high is not None:
        between = f"{_text(one, one.low)} to {_text(one, one.high)}"
    return {
        "method": one.method,
        "subject": one.subject,
        "name": str(one.basis.get("name", one.subject)),
        "made_on": one.made_on.isoformat(),
        "due_on": one.due_on.isoformat(),
        "unit": one.unit.value,
        "currency": one.currency,
        "value": _number(one, one.value),
        "text": _text(one, one.value),
        "low": _number(one, one.low),
        "high": _number(one, one.high),
        "interval_text": between,
        "baseline": _number(one, one.baseline),
        "baseline_text": _text(one, one.baseline),
        "why": str(one.basis.get("why", "")),
        "outcome": _number(one, outcome),
        "outcome_text": None if outcome is None else _text(one, outcome),
    }


def score_item(score: Score, method: Method, currency: str) -> ScoreItem:
    """A record as it stands in a document; `currency` is the company's."""
    return {
        "method": score.method,
        "title": method.title,
        "measure": _measure(method),
        "currency": currency if method.unit is Unit.MONEY else None,
        "forecasts": score.forecasts,
        "mornings": score.mornings,
        "outcomes": score.outcomes,
        "error": score.error,
        "baseline_error": score.baseline_error,
        "skill": score.skill,
        "relative": score.relative,
        "inside": score.inside,
        "promised": score.promised,
        "expected": score.expected,
        "happened": score.happened,
        "standing": score.standing.value,
        "verdict": score.verdict,
        "text": "; ".join(_told(score, method, currency)),
    }


def method_item(method: Method) -> MethodItem:
    """A method as it stands in a document."""
    return {
        "method": method.key,
        "title": method.title,
        "unit": method.unit.value,
        "measure": _measure(method),
        "event": method.event,
        "sentence": method.sentence,
        "formula": method.formula,
        "horizon": method.horizon,
        "interval": method.interval,
        "baseline": method.baseline,
        "source": method.source,
        "limits": list(method.limits),
    }


# ── text ─────────────────────────────────────────────────────────────────────────────────────────


def listed(document: ForecastsDocument, titles: Mapping[str, str], style: Style) -> str:
    """What is expected, method by method, each with how its forecasts came out so far."""
    document = clean.tree(document, ascii_only=style.ascii)
    page, today = Page(style.width, ascii_only=style.ascii), date.fromisoformat(document["as_of"][:10])
    for record in document["records"]:
        mine = [item for item in document["forecasts"] if item["method"] == record["method"]]
        if not mine:
            continue
        made = date.fromisoformat(mine[0]["made_on"])
        page.row((titles[record["method"]], "bold"), (f"made {_day(made, today)}", "dim"))
        _subjects(page, mine, today, everything=style.everything)
        page.fact("Record", record["text"], tone=TONE.get(record["standing"], "dim"), indent="  ")
        if record["standing"] == Standing.WORSE and len(mine) == 1:
            better = f"{mine[0]['baseline_text']}, by what has proved better so far"
            page.fact("Baseline", better, indent="  ")
        page.blank()
    return page.paint(color=style.color).rstrip()


def scored(document: ScoresDocument, style: Style) -> str:
    """The record of each method, in full sentences; the worse ones first."""
    document = clean.tree(document, ascii_only=style.ascii)
    page = Page(style.width, ascii_only=style.ascii)
    for record in sorted(document["scores"], key=lambda one: one["standing"] != "worse"):
        page.say((record["title"], "bold"), (f"  {record['method']}", "dim"))
        page.fact("Verdict", record["verdict"], tone=TONE.get(record["standing"], ""), indent="  ")
        if record["forecasts"]:  # the verdict stands above already
            parts = (part for part in record["text"].split("; ") if part != record["verdict"])
            page.fact("Record", "; ".join(parts), indent="  ")
        page.blank()
    page.text("Forecasts of one outcome made on many mornings are not independent: mind the outcomes.")
    return page.paint(color=style.color).rstrip()


def explained(document: ForecastMethodsDocument, style: Style) -> str:
    """What each method does, in named lines."""
    document = clean.tree(document, ascii_only=style.ascii)
    page = Page(style.width, ascii_only=style.ascii)
    for method in document["methods"]:
        page.say((method["title"], "bold"), (f"  {method['method']}", "dim"))
        page.text(method["sentence"])
        for name in ("formula", "horizon", "interval", "baseline", "event", "source"):
            page.fact({"event": "Outcome"}.get(name, name.capitalize()), str(method[name]), indent="  ")
        for place, limit in enumerate(method["limits"]):
            page.fact("" if place else "Note", limit, indent="  ")
        page.blank()
    return page.paint(color=style.color).rstrip()


def _subjects(page: Page, items: list[ForecastItem], today: date, *, everything: bool) -> None:
    """One line a subject, the largest or likeliest first."""
    ranked = sorted(items, key=lambda item: (-(item["value"] or 0), item["name"]))
    shown = ranked if everything else ranked[:FEW]
    width = max(len(item["text"]) for item in shown)
    for item in shown:
        left = f"  {pad(page.cut(item['name'], 28), 28)}  {lead(item['text'], width)}"
        between = f"  {item['interval_text']}" if item["interval_text"] else ""
        page.row((left + between, ""), (f"by {_day(date.fromisoformat(item['due_on']), today)}", "dim"))
        if len(ranked) == 1 or everything:
            page.text(item["why"], indent="    ", tone="dim")
    if len(ranked) > len(shown):
        page.say((f"  and {len(ranked) - len(shown)} more: --all", "dim"))


def _told(score: Score, method: Method, currency: str) -> list[str]:
    """The record in a few phrases: how far off, how often inside, against the baseline, from how many."""
    if not score.forecasts:
        return [score.verdict]
    said = []
    if method.chance:
        said.append(f"Brier {score.error:.3f}, baseline {score.baseline_error:.3f}")
        said.append(f"said {score.expected:.0%} on average, {score.happened:.0%} came true")
    else:
        off = Money(round(score.error or 0), currency).short()
        share = "" if score.relative is None else f" ({score.relative:.1%})"
        said.append(f"off by {off}{share} on average")
    if score.inside is not None:
        said.append(f"{score.inside:.0%} inside the interval ({score.promised:.0%} promised)")
    if score.standing is not Standing.NONE:
        said.append(score.verdict)
    overlap = words.count(score.outcomes, "separate outcome")
    return [
        *said,
        f"{words.count(score.forecasts, 'forecast')} on {words.count(score.mornings, 'morning')}, {overlap}",
    ]


def _measure(method: Method) -> str:
    return "brier" if method.chance else "absolute error"


def _number(one: Forecast, value: float | None) -> Number:
    return value if value is None or one.unit is not Unit.MONEY else round(value)


def _text(one: Forecast, value: float) -> str:
    if one.currency is not None:
        return Money(round(value), one.currency).short()
    return quantity.text(value, one.unit)


def _day(day: date, today: date) -> str:
    """`Mon 23 Nov`, with the year where it is another."""
    year = "" if day.year == today.year else f" {day.year}"
    return f"{words.DAYS[day.weekday()]} {day.day} {words.MONTHS[day.month - 1]}{year}"


def _instant(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds")
