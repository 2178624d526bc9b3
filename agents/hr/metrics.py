"""What hr shows, in its order: for each figure its key, title, unit and limits."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from agents.figures import Grade, above, below, metric, undated_metric
from agents.hr import figures
from agents.hr.findings import LONG_OPEN
from agents.hr.hiring import STAGES
from agents.nouns import Absence, Candidate, Offer, Person, Role, SurveyAnswer
from agents.promoters import FEW_ANSWERS
from agents.report import Good, Metric, Status, Unit, Value
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
    staff = partial(metric, snapshot, reads=(Person,))
    today = partial(undated_metric, snapshot, reads=(Person,), good=Good.NEITHER)
    away = partial(metric, snapshot, reads=(Person, Absence), good=Good.DOWN, grade=above(limit, 2 * limit))
    mood = partial(metric, snapshot, reads=(SurveyAnswer,), grade=_enps_grade(snapshot))
    gone = partial(figures.leavers, snapshot)
    return (
        staff("headcount", "Headcount", Unit.COUNT, partial(figures.headcount, snapshot)),
        staff("joiners", "Joiners", Unit.COUNT, partial(figures.joiners, snapshot)),
        staff("leavers", "Leavers", Unit.COUNT, gone, good=Good.DOWN),
        today("payroll", "Payroll", Unit.MONEY, figures.payroll(snapshot)),
        away("absence_rate", "Absence", Unit.RATIO, partial(figures.absence_rate, snapshot)),
        mood("enps", "eNPS", Unit.SCORE, partial(figures.enps, snapshot)),
    )


def _hiring(snapshot: Snapshot) -> tuple[Metric, ...]:
    opened, age = partial(figures.open_role_count, snapshot), partial(figures.open_role_age, snapshot)
    roles = partial(metric, snapshot, reads=(Role,))
    hired = partial(metric, snapshot, reads=(Candidate, Offer), good=Good.DOWN)
    offers = partial(metric, snapshot, reads=(Offer,))
    lapsing, lapse = partial(figures.offers_expiring, snapshot), _lapse_grade(snapshot)
    slow, accepted = above(LONG_OPEN, 2 * LONG_OPEN), partial(figures.offer_acceptance, snapshot)
    return (
        roles("open_roles", "Open roles", Unit.COUNT, opened, good=Good.NEITHER),
        roles("open_role_age", "Age of open roles", Unit.DAYS, age, good=Good.DOWN, grade=slow),
        hired("time_to_hire", "Time to hire", Unit.DAYS, partial(figures.time_to_hire, snapshot)),
        offers("offer_acceptance", "Offer acceptance", Unit.RATIO, accepted),
        offers("offers_expiring", "Offers expiring", Unit.COUNT, lapsing, good=Good.DOWN, grade=lapse),
    )


def _stages(snapshot: Snapshot) -> tuple[Metric, ...]:
    """Candidates at each stage and how many pass it, both as of now: records keep the present stage only."""
    passing = partial(undated_metric, snapshot, reads=(Candidate,))
    waiting = partial(passing, good=Good.NEITHER)
    here = {stage: figures.at_stage(snapshot, stage) for stage in STAGES[:-1]}
    passed = {stage: figures.pass_through(snapshot, stage) for stage in STAGES[:-1]}
    return (
        *(waiting(f"stage_{at}", f"Candidates at {at}", Unit.COUNT, found) for at, found in here.items()),
        *(
            passing(f"pass_through_{at}", f"Pass-through at {at}", Unit.RATIO, found)
            for at, found in passed.items()
        ),
    )


def _enps_grade(snapshot: Snapshot) -> Grade:
    few = len(figures.enps(snapshot, snapshot.as_of).evidence) < FEW_ANSWERS
    return below(0, LOWEST if few else 0)


def _lapse_grade(snapshot: Snapshot) -> Grade:
    first = next(iter(figures.expiring(snapshot, snapshot.today)), None)
    urgent = first is not None and first.expires_on <= snapshot.today + URGENT

    def grade(value: Value) -> Status:
        return Status.OK if not value else Status.ACT if urgent else Status.WATCH

    return grade
