"""What hr shows, in its order: for each figure its key, what it needs, and its limits."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from agents.figures import Grade, above, below, metric, undated_metric
from agents.hr import figures
from agents.hr.definitions import DEFINITIONS
from agents.hr.findings import LONG_OPEN
from agents.hr.hiring import STAGES
from agents.nouns import Absence, Candidate, Offer, Person, Role, SurveyAnswer
from agents.promoters import FEW_ANSWERS, answers
from agents.report import Metric, Status, Value
from agents.snapshot import Snapshot

LOWEST = -100
"""The lowest eNPS there is: few answers are watched, and never ACT."""
URGENT = timedelta(days=2)
"""An offer that lapses so soon is ACT."""


def metrics(snapshot: Snapshot) -> tuple[Metric, ...]:
    """All figures of hr."""
    return (*_people(snapshot), *_hiring(snapshot), *_stages(snapshot))


def _people(snapshot: Snapshot) -> tuple[Metric, ...]:
    limit = snapshot.policy.absence_limit
    show = partial(metric, snapshot, DEFINITIONS)
    away, mood = partial(figures.absence_rate, snapshot), partial(figures.enps, snapshot)
    return (
        show("headcount", partial(figures.headcount, snapshot), reads=(Person,)),
        show("joiners", partial(figures.joiners, snapshot), reads=(Person,)),
        show("leavers", partial(figures.leavers, snapshot), reads=(Person,)),
        show("attrition", partial(figures.attrition, snapshot), reads=(Person,)),
        undated_metric(snapshot, DEFINITIONS, "payroll", figures.payroll(snapshot), reads=(Person,)),
        show("absence_rate", away, reads=(Person, Absence), grade=above(limit, 2 * limit)),
        show("enps", mood, reads=(SurveyAnswer,), grade=_enps_grade(snapshot)),
    )


def _hiring(snapshot: Snapshot) -> tuple[Metric, ...]:
    show = partial(metric, snapshot, DEFINITIONS)
    age, hired = partial(figures.open_role_age, snapshot), partial(figures.time_to_hire, snapshot)
    lapsing, lapse = partial(figures.offers_expiring, snapshot), _lapse_grade(snapshot)
    return (
        show("open_roles", partial(figures.open_role_count, snapshot), reads=(Role,)),
        show("open_roles_cost", partial(figures.open_roles_cost, snapshot), reads=(Role,)),
        show("open_role_age", age, reads=(Role,), grade=above(LONG_OPEN, 2 * LONG_OPEN)),
        show("time_to_hire", hired, reads=(Candidate, Offer)),
        show("time_to_fill", partial(figures.time_to_fill, snapshot), reads=(Role,)),
        show("offer_acceptance", partial(figures.offer_acceptance, snapshot), reads=(Offer,)),
        show("offers_expiring", lapsing, reads=(Offer,), grade=lapse),
    )


def _stages(snapshot: Snapshot) -> tuple[Metric, ...]:
    """Candidates at each stage and how many pass it, both as of now: records keep the present stage only."""
    show = partial(undated_metric, snapshot, DEFINITIONS, reads=(Candidate,))
    return (
        *(show(f"stage_{at}", figures.at_stage(snapshot, at), word=at) for at in STAGES[:-1]),
        *(show(f"pass_through_{at}", figures.pass_through(snapshot, at), word=at) for at in STAGES[:-1]),
    )


def _enps_grade(snapshot: Snapshot) -> Grade:
    few = len(answers(snapshot, "enps", figures.SURVEY_DAYS, snapshot.as_of)) < FEW_ANSWERS
    return below(0, LOWEST if few else 0)


def _lapse_grade(snapshot: Snapshot) -> Grade:
    first = next(iter(figures.expiring(snapshot, snapshot.today)), None)
    urgent = first is not None and first.expires_on <= snapshot.today + URGENT

    def grade(value: Value) -> Status:
        return Status.OK if not value else Status.ACT if urgent else Status.WATCH

    return grade
