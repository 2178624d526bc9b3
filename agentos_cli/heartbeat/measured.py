"""What the agents' figures are and usually are: read from a snapshot, and kept as JSON until it changes.

What is usual follows the robust score of Boris Iglewicz and David Hoaglin, How to Detect and Handle Outliers,
ASQC Basic References in Quality Control 16, 1993: the median, and as spread the median absolute deviation x
1.4826 (also https://www.itl.nist.gov/div898/handbook/eda/section3/eda35h.htm).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from fractions import Fraction
from statistics import median

from agentos_cli.heartbeat.seen import FigureSeen, Usual
from agents import quantity
from agents.catalogue import CATALOGUE, load
from agents.comparisons import DEVIATION, floor
from agents.money import Money
from agents.nouns import Noun
from agents.report import Agent, Metric, Status, Value
from agents.snapshot import Snapshot
from agents.unit import Unit

See = Callable[[Collection[type[Noun]]], Snapshot]
"""Gives the snapshot of the nouns that are asked for."""

WEEKS, FEWEST_WEEKS = 12, 6
"""So many past values of the same weekday are looked at, and needed."""
DAYS, FEWEST_DAYS = 28, 14
"""The same of all days, where there are too few of the weekday."""
LEAST_SHARE = Fraction(1, 20)
"""The spread is never taken for less than this share of the median: an alert asks for more than a glance."""


def figures(see: See, wanted: Collection[str]) -> tuple[list[FigureSeen], list[str]]:
    """Every agent's figures, the CEO's only where one of its keys is `wanted`, and what broke on the way."""
    from agents.ceo import AGENT as FIRST

    agents, broken = [], []
    for name in CATALOGUE:
        try:
            agents.append(load(name))
        except Exception as problem:  # a broken module is a broken agent, no more
            broken.append(f"{name}: {type(problem).__name__}")
    from agents.ceo.definitions import DEFINITIONS

    agents += [FIRST] if set(wanted) & set(DEFINITIONS) else []
    snapshot = see({noun for agent in agents for noun in agent.reads})
    found: list[FigureSeen] = []
    for agent in agents:
        try:
            found += _of(agent, snapshot)
        except Exception as problem:  # an agent may break in any way; the beat goes on
            broken.append(f"{agent.name}: {type(problem).__name__}")
    return found, broken


def to_json(found: Iterable[FigureSeen]) -> str:
    """One line; `from_json` gives the same figures back."""
    return json.dumps([asdict(figure) for figure in found], default=datetime.isoformat, ensure_ascii=False)


def from_json(text: str) -> list[FigureSeen]:
    """What `to_json` wrote."""
    return [_read(kept) for kept in json.loads(text)]


def _read(kept: dict[str, object]) -> FigureSeen:
    usual, synced = kept.pop("usual"), kept.pop("synced_at")
    made: dict[str, object] = {
        **kept,
        "unit": Unit(str(kept["unit"])),
        "status": Status(str(kept["status"])),
        "as_of": datetime.fromisoformat(str(kept["as_of"])),
        "synced_at": None if synced is None else datetime.fromisoformat(str(synced)),
        "usual": Usual(**usual) if isinstance(usual, dict) else None,
    }
    return FigureSeen(**made)  # type: ignore[arg-type]  # written by `to_json`


def _of(agent: Agent, snapshot: Snapshot) -> list[FigureSeen]:
    report = agent.analyse(snapshot)
    if report.error is not None:
        raise RuntimeError(report.error)
    return [_seen(metric, snapshot) for metric in report.metrics]


def _seen(metric: Metric, snapshot: Snapshot) -> FigureSeen:
    value = metric.value
    return FigureSeen(
        key=metric.key,
        title=metric.title,
        unit=metric.unit,
        value=value.amount if isinstance(value, Money) else value,
        major=float(value.major) if isinstance(value, Money) else value,
        currency=value.currency if isinstance(value, Money) else None,
        text=quantity.text(value, metric.unit),
        status=metric.status,
        note=metric.note,
        absent=metric.absent if value is None else None,
        as_of=metric.as_of,
        synced_at=metric.freshness.synced_at,
        usual=_usual(metric, snapshot),
    )


def _usual(metric: Metric, snapshot: Snapshot) -> Usual | None:
    """What the figure is on this weekday, else on any day; None where too little of its past is known."""
    if metric.at is None or metric.value is None:
        return None
    weeks = _past(metric, snapshot, 7, WEEKS)
    if len(weeks) >= FEWEST_WEEKS:
        day = snapshot.as_of.astimezone(snapshot.zone)
        return usual(weeks, metric.unit, metric.value, f"{day:%A}s of {len(weeks)} weeks")
    days = _past(metric, snapshot, 1, DAYS)
    return usual(days, metric.unit, metric.value, f"{len(days)} days") if len(days) >= FEWEST_DAYS else None


def _past(metric: Metric, snapshot: Snapshot, step: int, count: int) -> list[Fraction]:
    """The figure at the same time of earlier days, newest first. The zeros before its first other value are
    no past: nothing was known then."""
    local = snapshot.as_of.astimezone(snapshot.zone)
    values: list[Fraction] = []
    for back in range(1, count + 1):
        day = local.date() - timedelta(days=step * back)
        instant = datetime.combine(day, local.time(), snapshot.zone)
        assert metric.at is not None
        value = metric.at(instant.astimezone(snapshot.as_of.tzinfo)).value
        if value is None or isinstance(value, Money) is not isinstance(metric.value, Money):
            break  # before that its records say nothing
        values.append(_number(value))
    while values and not values[-1]:
        values.pop()
    return values


def usual(past: Sequence[Fraction], unit: Unit, like: Value, days: str) -> Usual:
    """Median and robust spread of past values. A series that hardly ever moves has a least spread, lest it
    cry at its first unit: `LEAST_SHARE` of the median, and what `comparisons.floor` says."""
    middle = median(past)
    scatter = median([abs(value - middle) for value in past]) * DEVIATION
    least = max(floor(middle, unit, like), abs(middle) * LEAST_SHARE)
    return Usual(
        median=float(middle),
        spread=float(max(scatter, least)),
        points=len(past),
        days=days,
        steady=scatter <= least,
        low=float(min(past)),
        high=float(max(past)),
    )


def _number(value: Value) -> Fraction:
    """Exactly as it is written; money in minor units."""
    assert value is not None
    if isinstance(value, Money):
        return Fraction(value.amount)
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)
