"""What is worked out as tables: every figure of every agent, and the movements of MRR month by month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from agentos_cli.export.sheets import Field, Row, Sheet
from agentos_cli.store.values import Kind
from agentos_cli.telemetry import notice
from agents import catalogue
from agents.finance.ledger import Ledger
from agents.finance.monthly import Month, monthly
from agents.money import Money
from agents.quantity import text
from agents.report import Metric, Report, Value
from agents.snapshot import Snapshot

FIGURES = (
    Field("key", Kind.TEXT, False),
    Field("agent", Kind.TEXT, False),
    Field("title", Kind.TEXT, False),
    Field("value", Kind.DECIMAL, True),
    Field("unit", Kind.TEXT, False),
    Field("currency", Kind.CURRENCY, True),
    Field("text", Kind.TEXT, False),
    Field("previous", Kind.DECIMAL, True),
    Field("as_of", Kind.INSTANT, False),
    Field("absent", Kind.TEXT, True),
    Field("partial", Kind.TEXT, True),
)
"""`value` is in `unit`, money in minor units; `previous` is of a week before; `absent` says why there is
no value."""


def figures(snapshot: Snapshot) -> Sheet:
    """Every metric of every agent, in their order; an agent that breaks has none."""
    found = [_figure(report.agent, metric) for report in _reports(snapshot) for metric in report.metrics]
    return Sheet("figures", "figure", FIGURES, lambda: iter(found))


def _reports(snapshot: Snapshot) -> Iterator[Report]:
    from agents import ceo

    for name in catalogue.CATALOGUE:
        try:
            yield catalogue.load(name).analyse(snapshot)
        except Exception as error:  # a broken agent costs its own figures, no more
            notice(f"no figures of {name}: {type(error).__name__}")
    yield ceo.AGENT.analyse(snapshot)


def _figure(agent: str, metric: Metric) -> Row:
    return (
        metric.key,
        agent,
        metric.title,
        _digits(metric.value),
        metric.unit.value,
        next((v.currency for v in (metric.value, metric.previous) if isinstance(v, Money)), None),
        text(metric.value, metric.unit),
        _digits(metric.previous),
        metric.as_of,
        metric.absent,
        metric.partial,
    )


def _digits(value: Value) -> str | None:
    """Ratios and times to six places, as every document has them."""
    if value is None:
        return None
    if isinstance(value, Money):
        return str(value.amount)
    return f"{Decimal(str(round(value, 6))):f}"


# ── movements ────────────────────────────────────────────────────────────────────────────────────

PARTS = ("opening", "fx", "new", "expansion", "contraction", "churn", "reactivation", "closing")
MOVEMENTS = (
    Field("month", Kind.DAY, False),
    Field("currency", Kind.CURRENCY, False),
    Field("converted", Kind.FLAG, False),
    Field("running", Kind.FLAG, False),
    *(Field(part, Kind.AMOUNT, False) for part in PARTS),
    Field("partial", Kind.TEXT, True),
)
"""By the first day of the month, in minor units: opening + fx + new + expansion - contraction - churn +
reactivation = closing. Not `converted`: what is billed in that currency alone; `converted`: everything."""

MOST_MONTHS = 120


def movements(snapshot: Snapshot) -> Sheet:
    """Every month since somebody first paid, the last ten years at most; each currency apart, then all."""
    ledger = Ledger(snapshot)
    began = min(ledger.recurring.first_paid().values(), default=None)
    count = 0 if began is None else min(_months(snapshot.day_of(began), snapshot.today), MOST_MONTHS)
    kept = [
        _movement(month, currency or snapshot.currency, currency is None)
        for currency in (*ledger.recurring.currencies(), None)
        for month in (monthly(snapshot, ledger.recurring, count, currency) if count else ())
    ]
    return Sheet("movements", "movement", MOVEMENTS, lambda: iter(kept))


def _months(first: date, last: date) -> int:
    """How many calendar months two days span, both counted."""
    return (last.year - first.year) * 12 + last.month - first.month + 1


def _movement(month: Month, currency: str, converted: bool) -> Row:
    moved = month.movements
    amounts = (moved.new, moved.expansion, moved.contraction, moved.churn, moved.reactivation)
    known = (month.opening, month.fx, *amounts, month.closing)
    return (month.first, currency, converted, month.running, *known, month.partial)
