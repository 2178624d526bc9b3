"""What hr raises and proposes: offers about to lapse, roles that stay open, people away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agents.figures import RAISED, TITLE, WHY, Figure, Finding, clip, number, refs
from agents.formula import statistic
from agents.hr.figures import expiring
from agents.hr.hiring import applicants, in_process, open_roles, pending
from agents.nouns import Absence, Candidate, Offer, Person, Role, SurveyAnswer
from agents.quantity import text
from agents.report import Alert, Metric, Recommendation, Status
from agents.snapshot import Age, Snapshot
from agents.unit import Unit
from agents.wording import day_name, in_words, joined, plural

LONG_OPEN = 60
"""Days after which an open role is raised."""
STALE = 14
"""Days without a move of any candidate after which hiring for a role has stalled."""


def alerts(snapshot: Snapshot, figures: Mapping[str, Metric]) -> tuple[Alert, ...]:
    """Everything wrong with people and hiring, in the order of the rules."""
    return (
        *_offers_alert(snapshot, figures["offers_expiring"]),
        *_roles_alert(snapshot),
        *_absence_alert(snapshot, figures["absence_rate"]),
        *_enps_alert(snapshot, figures["enps"]),
    )


def recommendations(snapshot: Snapshot) -> tuple[Recommendation, ...]:
    """Offers to decide, role by role, then roles for which hiring stands still."""
    by_role: dict[tuple[str, str], list[Offer]] = {}
    for offer in expiring(snapshot, snapshot.today):
        by_role.setdefault((offer.source, offer.role_id), []).append(offer)
    decisions = (_decide(snapshot, key, offers) for key, offers in by_role.items())
    return (*decisions, *_restart(snapshot))


def _offers_alert(snapshot: Snapshot, metric: Metric) -> Iterator[Alert]:
    first = next(iter(expiring(snapshot, snapshot.today)), None)
    if metric.status in RAISED and first is not None:
        count = len(metric.evidence)
        yield Finding(snapshot, "hr", "offers_expiring", (Offer,), metric.evidence).alert(
            metric.status,
            f"{plural(count, 'offer')} {'lapses' if count == 1 else 'lapse'} within days",
            f"first {day_name(first.expires_on, snapshot.today)}",
            Figure(metric.value, formula=metric.formula),
            Unit.COUNT,
        )


def _roles_alert(snapshot: Snapshot) -> Iterator[Alert]:
    today = snapshot.today
    aged = sorted(open_roles(snapshot, today), key=lambda role: (role.opened_on, role.ref))
    old = [role for role in aged if (today - role.opened_on).days > LONG_OPEN]
    if old:
        ages = [(role, (today - role.opened_on).days) for role in old]
        age = ages[0][1]
        yield Finding(snapshot, "hr", "roles_open_long", (Role,), refs(old)).alert(
            Status.WATCH,
            f"{plural(len(old), 'role')} open for over {LONG_OPEN} days",
            f"oldest {clip(old[0].title, 40)}, {age} d",
            number(statistic("days open", "longest", ages, Unit.DAYS, max)),
            Unit.DAYS,
        )


def _absence_alert(snapshot: Snapshot, metric: Metric) -> Iterator[Alert]:
    if metric.status in RAISED:
        limit = f"limit {snapshot.policy.absence_limit:.0%}; {metric.note}"
        yield Finding(snapshot, "hr", "absence_high", (Person, Absence), metric.evidence).alert(
            metric.status,
            f"{text(metric.value, Unit.RATIO)} of working days away",
            limit,
            Figure(metric.value, formula=metric.formula),
            Unit.RATIO,
        )


def _enps_alert(snapshot: Snapshot, metric: Metric) -> Iterator[Alert]:
    if metric.status in RAISED:
        yield Finding(snapshot, "hr", "enps_negative", (SurveyAnswer,), metric.evidence).alert(
            metric.status,
            f"eNPS is {text(metric.value, Unit.SCORE)}",
            metric.note,
            Figure(metric.value, formula=metric.formula),
            Unit.SCORE,
        )


def _decide(snapshot: Snapshot, key: tuple[str, str], offers: list[Offer]) -> Recommendation:
    """One decision for all offers of a role that lapse soon; `offers` come soonest first."""
    today, first = snapshot.today, offers[0].expires_on
    role = next((r for r in snapshot.all(Role) if (r.source, r.id) == key), None)
    one_day = all(offer.expires_on == first for offer in offers)
    verb = "offer expires" if len(offers) == 1 else "offers expire"
    rest = f"{in_words(len(offers))} {verb} {'' if one_day else 'from '}{day_name(first, today)}"
    title = f"{clip(role.title, TITLE - len(rest) - 7)} hire: {rest}" if role else f"Hire: {rest}"
    offered = {offer.candidate_id for offer in offers}
    others = [c for c in applicants(snapshot, role) if in_process(c) and c.id not in offered] if role else []
    why = joined(
        f"sent {plural((today - offers[0].sent_on).days, 'day')} ago",
        f"role open {(today - role.opened_on).days} d" if role else "",
        f"{plural(len(others), 'other candidate')} in process" if others else "",
    )
    evidence = refs([*offers, *([role] if role else [])])
    return Finding(snapshot, "hr", "decide_offers", (Offer,), evidence, subject=":".join(key)).recommend(
        title,
        clip(why or "", WHY),
        impact=None,
        due_on=first,
        minutes=15,
        demand=50,
        tags=("hiring",),
    )


def _restart(snapshot: Snapshot) -> Iterator[Recommendation]:
    """Open roles where no candidate moved for two weeks and no offer is out."""
    if snapshot.freshness(Candidate).age is Age.MISSING:
        return
    today = snapshot.today
    offered = {(offer.source, offer.role_id) for offer in pending(snapshot, today)}
    for role in open_roles(snapshot, today):
        people = applicants(snapshot, role)
        last = max([role.opened_on, *(c.stage_since for c in people)])
        if (role.source, role.id) in offered or (today - last).days <= STALE:
            continue
        active = [c for c in people if in_process(c)]
        yield Finding(
            snapshot, "hr", "restart_hiring", (Role, Candidate), refs([role, *active]), subject=role.ref
        ).recommend(
            f"Restart hiring: {clip(role.title, TITLE - 16)}",
            f"open {(today - role.opened_on).days} d; {plural(len(active), 'candidate')} in process, "
            f"nothing moved in {(today - last).days} d",
            impact=None,
            due_on=role.target_on if role.target_on and role.target_on >= today else None,
            minutes=30,
            demand=50,
            tags=("hiring",),
        )
