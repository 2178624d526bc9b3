"""What each figure of hr is: who is here, who comes and goes, how hiring runs, how people feel."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from agents import promoters
from agents.figures import Figure, refs
from agents.hr.hiring import (
    ENDED,
    STAGES,
    YEAR,
    decided,
    furthest,
    hired_on,
    lapsed_unsaid,
    open_roles,
    pending,
)
from agents.money import total
from agents.nouns import Candidate, Offer, Person
from agents.ops.staff import absent_in, present, shares
from agents.periods import median, ratio
from agents.snapshot import Snapshot
from agents.wording import plural

TURN = timedelta(days=90)
"""How far joiners and leavers look back."""
FORTNIGHT = timedelta(days=14)
"""Ten working days, whatever day it begins."""
SURVEY_DAYS = 180
"""How far eNPS looks back: most companies ask twice a year."""


def headcount(snapshot: Snapshot, at: datetime) -> Figure:
    """People here on the day of `at`."""
    here = present(snapshot, snapshot.day_of(at))
    return Figure(len(here), refs(here))


def joiners(snapshot: Snapshot, at: datetime) -> Figure:
    """People whose first day was in the last 90 days."""
    day = snapshot.day_of(at)
    new = [p for p in snapshot.all(Person) if day - TURN < p.started_on <= day]
    return Figure(len(new), refs(new), note="in 90 days")


def leavers(snapshot: Snapshot, at: datetime) -> Figure:
    """People whose first day away for good was in the last 90 days."""
    day = snapshot.day_of(at)
    gone = [p for p in snapshot.all(Person) if p.left_on and day - TURN < p.left_on <= day]
    return Figure(len(gone), refs(gone), note="in 90 days")


def payroll(snapshot: Snapshot) -> Figure:
    """Monthly cost of everybody here today; pay has no history in the records."""
    here = present(snapshot, snapshot.today)
    costs = [(p, snapshot.convert(p.monthly_cost, snapshot.today)) for p in here if p.monthly_cost]
    known = [(p, cost) for p, cost in costs if cost is not None]
    if here and not known:
        return Figure(None, absent="no data")
    unknown = len(here) - len(known)
    return Figure(
        total((cost for _, cost in known), snapshot.currency),
        tuple(p.ref for p, _ in known),
        note=f"a month, {plural(len(known), 'person', 'people')}",
        partial=f"{plural(unknown, 'person', 'people')} without cost" if unknown else None,
    )


def absence_rate(snapshot: Snapshot, at: datetime) -> Figure:
    """Person-days away over person-days under contract, in the ten working days from the day of `at`."""
    day = snapshot.day_of(at)
    found = shares(snapshot, day, day + FORTNIGHT)
    away, days = sum(s.away for s in found), sum(s.days for s in found)
    refs = (*(s.person.ref for s in found), *(a.ref for a in absent_in(snapshot, day, day + FORTNIGHT)))
    absent = None if days else "n/a: nobody is here"
    return Figure(ratio(away, days), refs, f"{away} of {days} days, next 2 weeks", absent=absent)


def open_role_count(snapshot: Snapshot, at: datetime) -> Figure:
    """Roles opened and neither filled nor closed."""
    day = snapshot.day_of(at)
    roles = open_roles(snapshot, day)
    late = sum(role.target_on is not None and role.target_on < day for role in roles)
    return Figure(len(roles), refs(roles), note=f"{late} past target" if late else "")


def open_role_age(snapshot: Snapshot, at: datetime) -> Figure:
    """Median days that open roles have been open."""
    day = snapshot.day_of(at)
    roles = open_roles(snapshot, day)
    ages = [(day - role.opened_on).days for role in roles]
    if not ages:
        return Figure(None, absent="n/a: no open roles")
    return Figure(median(ages), refs(roles), note=f"oldest {max(ages)} d")


def at_stage(snapshot: Snapshot, stage: str) -> Figure:
    """Candidates at `stage` now; the records keep only their present stage."""
    found = [c for c in snapshot.all(Candidate) if c.stage == stage]
    return Figure(len(found), refs(found))


def pass_through(snapshot: Snapshot, stage: str) -> Figure:
    """Candidates that advanced beyond `stage` over those decided there."""
    place = STAGES.index(stage)
    advanced = [c for c in snapshot.all(Candidate) if furthest(c) > place]
    out = [c for c in snapshot.all(Candidate) if c.stage in ENDED and furthest(c) == place]
    decisions = [*advanced, *out]
    return Figure(
        ratio(len(advanced), len(decisions)),
        refs(decisions),
        note=f"{len(advanced)} of {len(decisions)}",
        absent=None if decisions else "n/a: nobody decided",
    )


def time_to_hire(snapshot: Snapshot, at: datetime) -> Figure:
    """Median days from application to acceptance, of hires in the year up to `at`."""
    day = snapshot.day_of(at)
    applied = {c.ref: c.applied_on for c in snapshot.all(Candidate)}
    hired = {ref: when for ref, when in hired_on(snapshot).items() if day - YEAR < when <= day}
    days = median((when - applied[ref]).days for ref, when in hired.items())
    absent = None if hired else "n/a: nobody hired in a year"
    return Figure(days, tuple(hired), f"median of {len(hired)}", absent=absent)


def offer_acceptance(snapshot: Snapshot, at: datetime) -> Figure:
    """Accepted over decided offers, declined and expired included, of the year up to `at`."""
    day = snapshot.day_of(at)
    found = decided(snapshot, day)
    accepted = sum(offer.status == "accepted" for offer in found)
    unsaid = len(lapsed_unsaid(snapshot, day))
    return Figure(
        ratio(accepted, len(found)),
        refs(found),
        note=f"{accepted} of {len(found)}",
        absent=None if found else "n/a: no offer decided in a year",
        partial=f"{plural(unsaid, 'offer')} lapsed without an outcome" if unsaid else None,
    )


def expiring(snapshot: Snapshot, day: date) -> list[Offer]:
    """Pending offers that lapse within the `offer_days` of the policy, soonest first."""
    last = day + timedelta(days=snapshot.policy.offer_days)
    soon = [offer for offer in pending(snapshot, day) if offer.expires_on <= last]
    return sorted(soon, key=lambda offer: (offer.expires_on, offer.ref))


def offers_expiring(snapshot: Snapshot, at: datetime) -> Figure:
    """Pending offers that lapse within the `offer_days` of the policy."""
    soon = expiring(snapshot, snapshot.day_of(at))
    return Figure(len(soon), refs(soon), note=f"in {snapshot.policy.offer_days} days")


def enps(snapshot: Snapshot, at: datetime) -> Figure:
    """Net promoter score of employees, of the answers of 180 days."""
    return promoters.score(snapshot, "enps", SURVEY_DAYS, at)
