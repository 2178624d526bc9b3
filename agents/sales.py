"""The sales agent: the pipeline, how fast it turns into money, and the deals that hang."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from agents.deals import DealBook, deal_book
from agents.figures import Figure, Grade, below, fine, metric, weekly
from agents.nouns import Deal, Owner, Stage
from agents.report import Agent, Good, Metric, Report, Status, Unit, Value, health
from agents.sales_figures import (
    coverage,
    cycle,
    pipeline,
    stage_conversion,
    stuck_deals,
    velocity,
    weighted_pipeline,
    win_rate,
    win_rate_amount,
    won_this_quarter,
)
from agents.sales_findings import alerts, has_fallen, recommendations
from agents.snapshot import Snapshot
from agents.wording import slug

READS = (Deal, Stage, Owner)
NEEDS = (Deal, Stage)


def analyse(snapshot: Snapshot) -> Report:
    """What sales looks like at `as_of`."""
    book = deal_book(snapshot)
    figures = metrics(book)
    return Report(
        "sales",
        snapshot.as_of,
        health(snapshot, READS, NEEDS),
        figures,
        alerts(book, {m.key: m for m in figures}),
        recommendations(book),
    )


AGENT = Agent("sales", "Sales", READS, NEEDS, analyse)


def metrics(book: DealBook) -> tuple[Metric, ...]:
    """Every figure of sales, in the order in which they are shown."""

    def one(
        key: str,
        title: str,
        unit: Unit,
        figure: Callable[[DealBook, datetime], Figure],
        grade: Grade = fine,
        good: Good = Good.UP,
    ) -> Metric:
        return metric(
            book.snapshot, key, title, unit, lambda at: figure(book, at), reads=NEEDS, good=good, grade=grade
        )

    goal = book.snapshot.policy.coverage_goal
    short = below(goal, min(goal, 1.0))
    covered = one("coverage", "Pipeline coverage", Unit.TIMES, coverage, short)
    return (
        one("pipeline", "Pipeline", Unit.MONEY, pipeline, _pipeline_grade(book, covered)),
        one("weighted_pipeline", "Weighted pipeline", Unit.MONEY, weighted_pipeline),
        covered,
        one("won_this_quarter", "Won this quarter", Unit.MONEY, won_this_quarter),
        one("win_rate", "Win rate", Unit.RATIO, win_rate),
        one("win_rate_amount", "Win rate by amount", Unit.RATIO, win_rate_amount),
        one("cycle", "Sales cycle", Unit.DAYS, cycle, good=Good.DOWN),
        one("velocity", "Velocity per day", Unit.MONEY, velocity),
        one("stuck_deals", "Stuck deals", Unit.COUNT, stuck_deals, _watch_any, Good.DOWN),
        *(_conversion_metric(book, stage, key) for key, stage in _conversion_keys(book).items()),
    )


def _conversion_keys(book: DealBook) -> dict[str, Stage]:
    """A key for every open stage; stages of one name in several pipelines carry the pipeline's name too."""
    keys: dict[str, Stage] = {}
    for stage in sorted(book.stages.values(), key=lambda s: (s.pipeline, s.position, s.id)):
        if not stage.closed:
            name = slug(stage.name)
            unique = name if f"conversion_{name}" not in keys else f"{slug(stage.pipeline_id)}_{name}"
            keys.setdefault(f"conversion_{unique}", stage)
    return keys


def _conversion_metric(book: DealBook, stage: Stage, key: str) -> Metric:
    title = f"Conversion of {stage.name}"
    return metric(
        book.snapshot, key, title, Unit.RATIO, lambda at: stage_conversion(book, stage, at), reads=NEEDS
    )


def _pipeline_grade(book: DealBook, covered: Metric) -> Grade:
    week_ago = pipeline(book, weekly(book.snapshot)[-2]).value

    def grade(value: Value) -> Status:
        if covered.status in (Status.WATCH, Status.ACT):
            return covered.status
        return Status.WATCH if has_fallen(value, week_ago) else Status.OK

    return grade


def _watch_any(value: Value) -> Status:
    return Status.WATCH if value else Status.OK
