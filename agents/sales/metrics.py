"""What sales shows, in its order: for each figure its key, title, unit and limits."""

from __future__ import annotations

from functools import partial

from agents.figures import ANY, Grade, below, metric, weekly
from agents.nouns import Deal, Stage
from agents.report import Good, Metric, Status, Unit, Value
from agents.sales import figures
from agents.sales.deals import DealBook
from agents.sales.findings import has_fallen
from agents.wording import slug

BASIS = (Deal, Stage)
"""What every figure of sales is made from."""


def metrics(book: DealBook) -> tuple[Metric, ...]:
    """All figures of sales."""
    goal = book.snapshot.policy.coverage_goal
    show = partial(metric, book.snapshot, reads=BASIS)
    fewer = partial(show, good=Good.DOWN)
    thin = below(goal, min(goal, 1.0))
    covered = show("coverage", "Pipeline coverage", Unit.TIMES, partial(figures.coverage, book), grade=thin)
    filled, weighted = partial(figures.pipeline, book), partial(figures.weighted_pipeline, book)
    won, by_amount = partial(figures.won_this_quarter, book), partial(figures.win_rate_amount, book)
    return (
        show("pipeline", "Pipeline", Unit.MONEY, filled, grade=_pipeline_grade(book, covered)),
        show("weighted_pipeline", "Weighted pipeline", Unit.MONEY, weighted),
        covered,
        show("won_this_quarter", "Won this quarter", Unit.MONEY, won),
        show("win_rate", "Win rate", Unit.RATIO, partial(figures.win_rate, book)),
        show("win_rate_amount", "Win rate by amount", Unit.RATIO, by_amount),
        fewer("cycle", "Sales cycle", Unit.DAYS, partial(figures.cycle, book)),
        show("velocity", "Velocity per day", Unit.MONEY, partial(figures.velocity, book)),
        fewer("stuck_deals", "Stuck deals", Unit.COUNT, partial(figures.stuck_deals, book), grade=ANY),
        *_conversions(book),
    )


def _conversions(book: DealBook) -> tuple[Metric, ...]:
    show = partial(metric, book.snapshot, reads=BASIS)
    return tuple(
        show(key, f"Conversion of {stage.name}", Unit.RATIO, partial(figures.stage_conversion, book, stage))
        for key, stage in _conversion_keys(book).items()
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


def _pipeline_grade(book: DealBook, covered: Metric) -> Grade:
    week_ago = figures.pipeline(book, weekly(book.snapshot)[-2]).value

    def grade(value: Value) -> Status:
        if covered.status in (Status.WATCH, Status.ACT):
            return covered.status
        return Status.WATCH if has_fallen(book, value, week_ago) else Status.OK

    return grade
