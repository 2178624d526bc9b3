"""The hr agent: who is here, how hiring runs, what waits for an answer, how people feel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from agents.figures import Figure, Grade, Kinds, above, below, fine, metric
from agents.hiring import STAGES
from agents.hr_figures import (
    FEW,
    absence_rate,
    at_stage,
    enps,
    expiring,
    headcount,
    joiners,
    leavers,
    offer_acceptance,
    offers_expiring,
    open_role_age,
    open_role_count,
    pass_through,
    payroll,
    time_to_hire,
)
from agents.hr_findings import LONG_OPEN, alerts, recommendations
from agents.nouns import Absence, Candidate, Offer, Person, Role, SurveyAnswer
from agents.report import Agent, Good, Metric, Report, Status, Unit, Value, health
from agents.snapshot import Snapshot
from agents.undated import undated_metric

READS = (Person, Absence, Role, Candidate, Offer, SurveyAnswer)
NEEDS = (Person, Role)
NPS_FLOOR = -100
"""The lowest score there is: few answers are watched, and never ACT."""
URGENT = timedelta(days=2)
"""An offer that lapses so soon is ACT."""

Past = Callable[[Snapshot, datetime], Figure]


def analyse(snapshot: Snapshot) -> Report:
    """What people and hiring look like at `as_of`."""
    figures = (*_people(snapshot), *_hiring(snapshot), *_stages(snapshot))
    return Report(
        "hr",
        snapshot.as_of,
        health(snapshot, READS, NEEDS),
        figures,
        alerts(snapshot, {m.key: m for m in figures}),
        recommendations(snapshot),
    )


AGENT = Agent("hr", "People", READS, NEEDS, analyse)


def _people(snapshot: Snapshot) -> tuple[Metric, ...]:
    limit = snapshot.policy.absence_limit
    away = above(limit, 2 * limit)
    few = len(enps(snapshot, snapshot.as_of).evidence) < FEW
    mood = below(0, NPS_FLOOR if few else 0)
    return (
        _one(snapshot, "headcount", "Headcount", Unit.COUNT, headcount, (Person,)),
        _one(snapshot, "joiners", "Joiners", Unit.COUNT, joiners, (Person,)),
        _one(snapshot, "leavers", "Leavers", Unit.COUNT, leavers, (Person,), good=Good.DOWN),
        undated_metric(
            snapshot,
            "payroll",
            "Payroll",
            Unit.MONEY,
            payroll(snapshot),
            reads=(Person,),
            good=Good.NEITHER,
        ),
        _one(
            snapshot,
            "absence_rate",
            "Absence",
            Unit.RATIO,
            absence_rate,
            (Person, Absence),
            grade=away,
            good=Good.DOWN,
        ),
        _one(snapshot, "enps", "eNPS", Unit.SCORE, enps, (SurveyAnswer,), grade=mood),
    )


def _hiring(snapshot: Snapshot) -> tuple[Metric, ...]:
    slow = above(LONG_OPEN, 2 * LONG_OPEN)
    first = next(iter(expiring(snapshot, snapshot.today)), None)
    urgent = first is not None and first.expires_on <= snapshot.today + URGENT

    def lapse(value: Value) -> Status:
        return Status.OK if not value else Status.ACT if urgent else Status.WATCH

    return (
        _one(snapshot, "open_roles", "Open roles", Unit.COUNT, open_role_count, (Role,), good=Good.NEITHER),
        _one(
            snapshot,
            "open_role_age",
            "Age of open roles",
            Unit.DAYS,
            open_role_age,
            (Role,),
            grade=slow,
            good=Good.DOWN,
        ),
        _one(
            snapshot,
            "time_to_hire",
            "Time to hire",
            Unit.DAYS,
            time_to_hire,
            (Candidate, Offer),
            good=Good.DOWN,
        ),
        _one(snapshot, "offer_acceptance", "Offer acceptance", Unit.RATIO, offer_acceptance, (Offer,)),
        _one(
            snapshot,
            "offers_expiring",
            "Offers expiring",
            Unit.COUNT,
            offers_expiring,
            (Offer,),
            grade=lapse,
            good=Good.DOWN,
        ),
    )


def _stages(snapshot: Snapshot) -> tuple[Metric, ...]:
    """Candidates at each stage and how many pass it, both as of now: records keep the present stage only."""
    counts = (
        undated_metric(
            snapshot,
            f"stage_{stage}",
            f"Candidates at {stage}",
            Unit.COUNT,
            at_stage(snapshot, stage),
            reads=(Candidate,),
            good=Good.NEITHER,
        )
        for stage in STAGES[:-1]
    )
    passing = (
        undated_metric(
            snapshot,
            f"pass_through_{stage}",
            f"Pass-through at {stage}",
            Unit.RATIO,
            pass_through(snapshot, stage),
            reads=(Candidate,),
        )
        for stage in STAGES[:-1]
    )
    return (*counts, *passing)


def _one(
    snapshot: Snapshot,
    key: str,
    title: str,
    unit: Unit,
    figure: Past,
    reads: Kinds,
    *,
    grade: Grade = fine,
    good: Good = Good.UP,
) -> Metric:
    return metric(
        snapshot, key, title, unit, lambda at: figure(snapshot, at), reads=reads, good=good, grade=grade
    )
