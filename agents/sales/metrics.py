"""What sales shows, in its order: for each figure its key, what it needs, and its limits."""

from __future__ import annotations

from functools import partial

from agents.figures import ANY, Grade, below, metric, weekly
from agents.nouns import Deal, Stage
from agents.report import Metric, Status, Value
from agents.sales import figures
from agents.sales.deals import DealBook
from agents.sales.definitions import DEFINITIONS
from agents.sales.findings import has_fallen
from agents.sales.measured import weighted_measured
from agents.wording import slug

BASIS = (Deal, Stage)
"""What every figure of sales is made from."""


def metrics(book: DealBook) -> tuple[Metric, ...]:
    """All figures of sales."""
    goal = book.snapshot.policy.coverage_goal
    show = partial(metric, book.snapshot, DEFINITIONS, reads=BASIS)
    covered = show("coverage", partial(figures.coverage, book), grade=below(goal, min(goal, 1.0)))
    return (
        show("pipeline", partial(figures.pipeline, book), grade=_pipeline_grade(book, covered)),
        show("weighted_pipeline", partial(figures.weighted_pipeline, book)),
        show("weighted_measured", partial(weighted_measured, book)),
        covered,
        show("won_this_quarter", partial(figures.won_this_quarter, book)),
        show("win_rate", partial(figures.win_rate, book)),
        show("win_rate_amount", partial(figures.win_rate_amount, book)),
        show("cycle", partial(figures.cycle, book)),
        show("velocity", partial(figures.velocity, book)),
        show("stuck_deals", partial(figures.stuck_deals, book), grade=ANY),
        *_conversions(book),
    )


def _conversions(book: DealBook) -> tuple[Metric, ...]:
    show = partial(metric, book.snapshot, DEFINITIONS, reads=BASIS)
    return tuple(
        show(key, partial(figures.stage_conversion, book, stage), word=stage.name)
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
