"""A figure day by day: the document `agentos.history/1`, and the same for the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime

from agentos_cli.renderers import clean, words
from agentos_cli.renderers.detail import data
from agentos_cli.renderers.documents import freshness_item
from agentos_cli.renderers.page import Page, lead, pad
from agentos_cli.renderers.shapes import FreshnessItem, Number
from agentos_cli.renderers.style import Style
from agents import comparisons, quantity
from agents.comparisons import Baseline, Comparison, Points
from agents.money import Money
from agents.report import Metric, Value
from agents.unit import Unit

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12

TONES = {"as usual": "ok", "unusually high": "watch", "unusually low": "watch"}
NO_PAST = "the records keep no past of it"


class PointItem(TypedDict):
    """What the figure was on one day; `change` is that since the day before."""

    date: str
    value: Number
    text: str
    change: str | None


class ComparisonItem(TypedDict):
    """The value beside an earlier one, which is null where it is not known."""

    label: str
    previous: Number
    previous_text: str | None
    change: str | None


class BaselineItem(TypedDict):
    """What is usual on this weekday: median, and the spread that the score counts in, over so many earlier
    `points`. `verdict` is as usual, unusually high, unusually low, too little history, or no value."""

    median: Number
    spread: Number
    points: int
    score: float | None
    verdict: str
    sentence: str


class HistoryDocument(TypedDict):
    """One figure day by day, oldest first, as the records tell it now, against its own past. Without a
    past, `no_past` says why, and there are no points."""

    schema: str
    key: str
    title: str
    as_of: str
    zone: str
    unit: str
    currency: str | None
    good: str
    value: Number
    text: str
    absent: str | None
    note: str
    no_past: str | None
    points: list[PointItem]
    comparisons: list[ComparisonItem]
    baseline: BaselineItem | None
    freshness: FreshnessItem


def history_document(metric: Metric, local: datetime, days: int) -> HistoryDocument:
    """The last `days` days of a figure; `local` is its instant in the company's zone."""
    past = _past(metric, local, days)
    document: HistoryDocument = {
        "schema": "agentos.history/1",
        "key": metric.key,
        "title": metric.title,
        "as_of": local.isoformat(timespec="seconds"),
        "zone": str(local.tzinfo),
        "unit": metric.unit.value,
        "currency": metric.value.currency if isinstance(metric.value, Money) else None,
        "good": metric.good.value,
        "value": _raw(metric.value),
        "text": quantity.exact(metric.value, metric.unit) if metric.value is not None else _said(metric),
        "absent": metric.absent if metric.value is None else None,
        "note": metric.note,
        "no_past": None if past else "no data" if metric.absent == "no data" else NO_PAST,
        "points": list(_points(past[-days:], metric.unit)),
        "comparisons": [_comparison(one, metric.unit) for one in comparisons.compare(past, metric.unit)]
        if past
        else [],
        "baseline": _baseline(comparisons.baseline(past, metric.unit)) if past else None,
        "freshness": freshness_item(metric.freshness, local),
    }
    return clean.tree(document)


def _past(metric: Metric, local: datetime, days: int) -> Points:
    if metric.at is None or local.tzinfo is None:
        return ()
    reach = max(days, comparisons.REACH)
    return comparisons.history(metric.at, metric.as_of, local.tzinfo, reach)


def _said(metric: Metric) -> str:
    return (metric.absent or "n/a").partition(":")[0]


def _points(past: Points, unit: Unit) -> Iterator[PointItem]:
    before: Value = None
    for day, value in past:
        yield {
            "date": day.isoformat(),
            "value": _raw(value),
            "text": quantity.exact(value, unit),
            "change": comparisons.changed(value, before, unit),
        }
        before = value


def _comparison(one: Comparison, unit: Unit) -> ComparisonItem:
    return {
        "label": one.label,
        "previous": _raw(one.previous),
        "previous_text": None if one.previous is None else quantity.exact(one.previous, unit),
        "change": one.change,
    }


def _baseline(found: Baseline) -> BaselineItem:
    return {
        "median": _raw(found.median),
        "spread": _raw(found.spread),
        "points": found.points,
        "score": None if found.score is None else round(found.score, 2),
        "verdict": found.verdict.value,
        "sentence": found.sentence,
    }


def _raw(value: Value) -> Number:
    if isinstance(value, Money):
        return value.amount
    return round(value, 6) if isinstance(value, float) else value


# ── for the terminal ─────────────────────────────────────────────────────────────────────────────


def history(document: HistoryDocument, style: Style) -> str:
    """A line of the trend, a row for each day, then the comparisons and what is usual."""
    document = clean.tree(document, ascii_only=style.ascii)
    page = Page(style.width, ascii_only=style.ascii)
    page.row((document["title"], "bold"), (document["text"], "bold"))
    if document["no_past"] is not None:
        page.text(f"No history: {document['no_past']}.")
    else:
        _days(page, document)
        _against(page, document)
    data(page, document["freshness"])
    return page.paint(color=style.color)


def _days(page: Page, document: HistoryDocument) -> None:
    points = document["points"]
    bars = words.ASCII_BARS if page.ascii else words.BARS
    page.say((words.spark([point["value"] for point in points][-page.width :], bars), "dim"))
    page.blank()
    heights = words.spark([point["value"] for point in points], bars) or " " * len(points)
    width = max(len(point["text"]) for point in points)
    moved = max(len(point["change"] or "") for point in points)
    for point, bar in zip(points, heights, strict=True):
        value, change = lead(point["text"], width), lead(point["change"] or "", moved)
        page.say((words.dated(point["date"]), "dim"), (f"  {value}  {change}  ", ""), (bar, "dim"))


def _against(page: Page, document: HistoryDocument) -> None:
    page.blank()
    page.rule(f"{document['text']} on {words.dated(document['points'][-1]['date'])}")
    rows = document["comparisons"]
    label = max(len(row["label"]) for row in rows)
    width = max(len(row["previous_text"] or "n/a") for row in rows)
    for row in rows:
        then, change = lead(row["previous_text"] or "n/a", width), row["change"] or ""
        page.say((f"{pad(row['label'], label)}  {then}  {change}", ""))
    usual = document["baseline"]
    if usual is not None:
        score = "" if usual["score"] is None else f"score {usual['score']:g}, unusual beyond 3.5"
        page.row((usual["verdict"], TONES.get(usual["verdict"], "")), (score, "dim"))
        page.text(usual["sentence"])
    page.blank()
