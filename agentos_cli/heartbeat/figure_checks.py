"""Checks of figures: beyond their own limits, beyond those of your checks, unlike what they usually are."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from functools import partial

from agentos_cli.config.model import CheckRule
from agentos_cli.events import Priority
from agentos_cli.heartbeat.check import Check, Result, alert, ok, seen, warn
from agentos_cli.heartbeat.seen import FigureSeen, Seen
from agents import quantity
from agents.money import Money
from agents.report import Status, Value
from agents.unit import Unit

TRUSTED = timedelta(hours=26)
"""What was read longer ago than this may raise an alert, but is no ground to say that all is well."""
BEYOND: dict[str, Callable[[Fraction, Fraction], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
URGENT = frozenset({Priority.HIGH, Priority.CRITICAL})
"""The priorities that go out at once: a check of yours with one of them is an alert, any other a warning."""


def metrics(seen: Seen) -> Iterator[Check]:
    """One check for each figure that has a value."""
    for figure in seen.figures:
        if figure.value is not None:
            yield Check(f"metric.{figure.key}", "metric", partial(_metric, seen, figure))


def rules(seen: Seen) -> Iterator[Check]:
    """One check for each check of the user."""
    found = {figure.key: figure for figure in seen.figures}
    for name, rule in seen.bounds.rules.items():
        figure = found.get(rule.metric)
        yield Check(f"check.{name}", "check", partial(_rule, seen, rule, figure), timedelta(hours=rule.hours))


def anomalies(seen: Seen) -> Iterator[Check]:
    """One check for each figure of which enough past is known."""
    for figure in seen.figures:
        if figure.value is not None and figure.usual is not None:
            yield Check(f"anomaly.{figure.key}", "anomaly", partial(_anomaly, seen, figure))


def _metric(now: Seen, figure: FigureSeen) -> Result | None:
    limit = _own_limit(now, figure)
    said = f"{figure.title}: {figure.text}" + (f" ({figure.note})" if figure.note else "")
    evidence = _evidence(figure, limit, said)
    if figure.status is Status.ACT:
        return alert(evidence)
    if figure.status is Status.WATCH:
        return warn(evidence, Priority.LOW)
    return ok(evidence) if _is_trusted(now, figure) else None


def _own_limit(now: Seen, figure: FigureSeen) -> str:
    """The limit that the settings give it, else where its own is written."""
    given = now.bounds.act if figure.status is Status.ACT else now.bounds.watch
    if figure.key in given:
        return _written(given[figure.key], figure)
    return f"its own: agentos metrics show {figure.key}"


def _rule(now: Seen, rule: CheckRule, figure: FigureSeen | None) -> Result | None:
    wanted = f"{rule.operator} {rule.limit:g}"
    if figure is None or figure.major is None:
        why = figure.absent if figure is not None and figure.absent else "no data"
        says = f"{rule.metric} cannot be checked: {why}"
        return warn(seen(rule.metric, None, None, wanted, says, "agentos status"))
    limit = f"{rule.operator} {_written(rule.limit, figure)}"
    beyond = BEYOND[rule.operator](_exactly(figure.major), _exactly(rule.limit))
    if not beyond:
        says = f"{figure.title}: {figure.text}, not {limit}"
        return ok(_evidence(figure, limit, says)) if _is_trusted(now, figure) else None
    priority = Priority(rule.priority)
    evidence = _evidence(figure, limit, f"{figure.title}: {figure.text}, which is {limit}")
    return alert(evidence, priority) if priority in URGENT else warn(evidence, priority)


def _anomaly(now: Seen, figure: FigureSeen) -> Result | None:
    usual = figure.usual
    if usual is None or figure.value is None or not _is_trusted(now, figure) or _is_known(now, figure):
        return None
    off = (figure.value - usual.median) / usual.spread
    middle = _as_text(usual.median, figure)
    limit = f"{now.bounds.anomaly:g} times the usual scatter around {middle}"
    known = usual.steady and usual.low <= figure.value <= usual.high
    if abs(off) <= now.bounds.anomaly or known:
        says = f"{figure.title}: {figure.text}, usually {middle} ({usual.days})"
        return ok(_evidence(figure, limit, says))
    way = "high" if off > 0 else "low"
    says = f"{figure.title}: {figure.text}, unusually {way} (usually {middle}, {usual.days})"
    return warn(_evidence(figure, limit, says))


def _evidence(figure: FigureSeen, limit: str, says: str) -> dict[str, object]:
    fix = f"agentos explain {figure.key}"
    return seen(f"{figure.title} ({figure.key})", figure.synced_at, figure.text, limit, says, fix)


def _is_known(now: Seen, figure: FigureSeen) -> bool:
    """Whether the same value of the same reading was judged already: it is not made usual or unusual by what
    day it is now."""
    last = now.judged.get(f"anomaly.{figure.key}", {})
    return figure.synced_at is not None and (last.get("at"), last.get("value")) == (
        figure.synced_at.isoformat(timespec="seconds"),
        figure.text,
    )


def _is_trusted(now: Seen, figure: FigureSeen) -> bool:
    return figure.synced_at is not None and now.at - figure.synced_at <= TRUSTED


def _written(limit: float, figure: FigureSeen) -> str:
    if figure.currency is not None:
        return Money.of(str(limit), figure.currency).short()
    return quantity.text(limit, figure.unit)


def _as_text(value: float, figure: FigureSeen) -> str:
    like: Value = value
    if figure.currency is not None:
        like = Money(round(value), figure.currency)
    elif figure.unit in {Unit.COUNT, Unit.SCORE} and value == int(value):
        like = int(value)
    return quantity.text(like, figure.unit)


def _exactly(number: float) -> Fraction:
    """As it is written: 0.035 is 35 thousandths."""
    return Fraction(str(number))
