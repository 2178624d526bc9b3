"""The CEO as an agent like any other: runs the others over the snapshot, and answers with a report."""

from __future__ import annotations

from agents import catalogue
from agents.briefing import BlindSpot, Briefing, Risk
from agents.ceo import counts
from agents.ceo.compose import brief
from agents.ceo.definitions import DEFINITIONS
from agents.figures import number
from agents.formula import Formula
from agents.report import Alert, Health, Metric, Report, Status
from agents.snapshot import Age, Freshness, Snapshot
from agents.unit import Unit
from agents.wording import plural


def analyse(snapshot: Snapshot) -> Report:
    """The whole company as one report: the five numbers and what is to decide, at risk and unseen.

    The agents run one after the other; one that breaks is named in `health` and costs only its own part.
    """
    briefing = brief(snapshot, {name: _run(name, snapshot) for name in catalogue.CATALOGUE})
    return Report(
        "ceo",
        snapshot.as_of,
        _health(briefing),
        (*briefing.numbers, *_counts(snapshot, briefing)),
        tuple(_alert(snapshot, risk) for risk in briefing.risks),
        tuple(decision.recommendation for decision in briefing.decisions),
    )


def _run(name: str, snapshot: Snapshot) -> Report:
    try:
        return catalogue.load(name).analyse(snapshot)
    except Exception as error:  # an agent may break in any way; the others have their say
        return Report.broken(name, snapshot.as_of, f"{type(error).__name__}: {error}".splitlines()[0])


def _health(briefing: Briefing) -> Health:
    failed = tuple(f"{name} failed" for name in briefing.failed)
    reasons = (*failed, *(_said(spot) for spot in briefing.blind_spots))
    if not any(metric.value is not None for metric in briefing.numbers):
        return Health("blind", reasons)
    return Health("degraded" if reasons else "ok", reasons)


def _said(spot: BlindSpot) -> str:
    return f"{spot.source}: {spot.why}"


def _counts(snapshot: Snapshot, briefing: Briefing) -> tuple[Metric, ...]:
    """How much there is; it is only as fresh as everything that could have added to it."""
    freshness = _freshness(snapshot, briefing)
    ours = Freshness(Age.FRESH, (), snapshot.as_of)  # known of itself, whatever the sources say
    unseen = len(briefing.unseen)
    judged = f"{plural(unseen, 'rule')} could not be judged" if unseen else None
    return (
        _count("priorities", counts.priorities(snapshot, briefing), Status.OK, snapshot, freshness),
        _count("risks", counts.risks(snapshot, briefing), _worst(briefing), snapshot, freshness, judged),
        _count("blind_spots", counts.blind_spots(briefing), _watched(briefing), snapshot, ours),
        _count("put_off", counts.put_off(snapshot), Status.OK, snapshot, ours),
    )


def _count(
    key: str,
    counted: Formula,
    status: Status,
    snapshot: Snapshot,
    freshness: Freshness,
    partial: str | None = None,
) -> Metric:
    """Where nothing was ever read, that nothing was found means nothing: "no data", not 0."""
    meant, figure = DEFINITIONS[key], number(counted)
    unknown = not figure.value and freshness.age is Age.MISSING and key in {"priorities", "risks"}
    return Metric(
        key,
        meant.title,
        meant.unit,
        None if unknown else figure.value,
        snapshot.as_of,
        freshness,
        evidence=() if unknown else counted.refs,
        status=Status.NONE if unknown else status,
        good=meant.good,
        absent="no data" if unknown else None,
        partial=partial,
        formula=None if unknown else counted,
    )


def _worst(briefing: Briefing) -> Status:
    found = {risk.status for risk in briefing.risks}
    return next((status for status in (Status.ACT, Status.WATCH) if status in found), Status.OK)


def _watched(briefing: Briefing) -> Status:
    return Status.WATCH if briefing.blind_spots else Status.OK


def _freshness(snapshot: Snapshot, briefing: Briefing) -> Freshness:
    instants = [state.synced_at for state in snapshot.sources if state.synced_at is not None]
    names = tuple(sorted({state.source for state in snapshot.sources}))
    age = Age.STALE if briefing.blind_spots else Age.FRESH
    return Freshness(age if instants else Age.MISSING, names, min(instants, default=None))


def _alert(snapshot: Snapshot, risk: Risk) -> Alert:
    return Alert(
        id=risk.id,
        agent="ceo",
        rule=risk.rule,
        status=risk.status,
        title=risk.title,
        detail=risk.detail,
        unit=Unit.COUNT,
        value=None,
        as_of=snapshot.as_of,
        freshness=risk.freshness,
        evidence=risk.evidence,
    )
