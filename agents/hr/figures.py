"""What each figure of hr is: who is here, who comes and goes, how hiring runs, how people feel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from agents import promoters
from agents.figures import Figure, made, number, worth
from agents.formula import Formula, LeftOut, Number, Part, Term, added, counted, leaf, statistic
from agents.hr.hiring import (
    ENDED,
    STAGES,
    YEAR,
    decided,
    furthest,
    hired,
    lapsed_unsaid,
    open_roles,
    pending,
)
from agents.nouns import Candidate, Offer, Person, Role
from agents.ops.staff import present, shares
from agents.periods import median
from agents.snapshot import Snapshot
from agents.unit import Unit
from agents.wording import plural

TURN = timedelta(days=90)
"""How far joiners and leavers look back."""
FORTNIGHT = timedelta(days=14)
"""Ten working days, whatever day it begins."""
SURVEY_DAYS = 180
"""How far eNPS looks back: most companies ask twice a year."""


def headcount(snapshot: Snapshot, at: datetime) -> Figure:
    """People here on the day of `at`."""
    return number(counted("people here", present(snapshot, snapshot.day_of(at))))


def joiners(snapshot: Snapshot, at: datetime) -> Figure:
    """People whose first day was in the last 90 days."""
    day = snapshot.day_of(at)
    new = [p for p in snapshot.all(Person) if day - TURN < p.started_on <= day]
    return number(counted("people who joined", new), "in 90 days")


def leavers(snapshot: Snapshot, at: datetime) -> Figure:
    """People whose first day away for good was in the last 90 days."""
    day = snapshot.day_of(at)
    return number(counted("people who left", _gone(snapshot, day - TURN, day)), "in 90 days")


def attrition(snapshot: Snapshot, at: datetime) -> Figure:
    """Leavers of 365 days over the average headcount of these days."""
    day = snapshot.day_of(at)
    gone = counted("people who left", _gone(snapshot, day - YEAR, day))
    stays = [(p, _days_here(p, day - YEAR, day)) for p in snapshot.all(Person)]
    here = added("person-days", [(p, days) for p, days in stays if days], Unit.DAYS)
    average = here / YEAR.days
    note = "" if average.value is None else f"{gone.value} of {float(average.value):.1f} on average"
    return made(gone / average, note, absent="n/a: nobody was here in a year")


def payroll(snapshot: Snapshot) -> Figure:
    """Monthly cost of everybody here today; pay has no history in the records."""
    here = present(snapshot, snapshot.today)
    return _cost(snapshot, "monthly cost", here, snapshot.today, ("person", "people"))


def open_roles_cost(snapshot: Snapshot, at: datetime) -> Figure:
    """What payroll grows by a month when every open role is filled."""
    day = snapshot.day_of(at)
    return _cost(snapshot, "monthly cost of open roles", open_roles(snapshot, day), day, ("role", "roles"))


def absence_rate(snapshot: Snapshot, at: datetime) -> Figure:
    """Person-days away over person-days under contract, in the ten working days from the day of `at`."""
    day = snapshot.day_of(at)
    found = shares(snapshot, day, day + FORTNIGHT)
    away, days = sum(share.away for share in found), sum(share.days for share in found)
    term = Term(
        "working days away",
        Unit.DAYS,
        Fraction(away),
        read=lambda: (Part(share.refs, share.away) for share in found if share.away),
    )
    contracted = added("working days under contract", [(s.person, s.days) for s in found], Unit.DAYS)
    note = f"{away} of {days} days, next 2 weeks"
    return made(leaf(term) / contracted, note, absent="n/a: nobody is here")


def open_role_count(snapshot: Snapshot, at: datetime) -> Figure:
    """Roles opened and neither filled nor closed."""
    day = snapshot.day_of(at)
    roles = open_roles(snapshot, day)
    late = sum(role.target_on is not None and role.target_on < day for role in roles)
    return number(counted("open roles", roles), f"{late} past target" if late else "")


def open_role_age(snapshot: Snapshot, at: datetime) -> Figure:
    """Median days that open roles have been open."""
    day = snapshot.day_of(at)
    ages = [(role, (day - role.opened_on).days) for role in open_roles(snapshot, day)]
    oldest = max((age for _, age in ages), default=0)
    return made(_median("days open", ages), f"oldest {oldest} d", absent="n/a: no open roles")


def at_stage(snapshot: Snapshot, stage: str) -> Figure:
    """Candidates at `stage` now; the records keep only their present stage."""
    found = [c for c in snapshot.all(Candidate) if c.stage == stage]
    return number(counted(f"candidates at {stage}", found))


def pass_through(snapshot: Snapshot, stage: str) -> Figure:
    """Candidates that advanced beyond `stage` over those decided there."""
    place = STAGES.index(stage)
    advanced = [c for c in snapshot.all(Candidate) if furthest(c) > place]
    out = [c for c in snapshot.all(Candidate) if c.stage in ENDED and furthest(c) == place]
    went_on = counted(f"got beyond {stage}", advanced)
    return made(
        went_on / (went_on + counted(f"out at {stage}", out)),
        f"{len(advanced)} of {len(advanced) + len(out)}",
        absent="n/a: nobody decided",
    )


def time_to_hire(snapshot: Snapshot, at: datetime) -> Figure:
    """Median days from application to acceptance, of hires in the year up to `at`."""
    day = snapshot.day_of(at)
    hires = [hire for hire in hired(snapshot) if day - YEAR < hire.day <= day]
    days = [(hire, (hire.day - hire.candidate.applied_on).days) for hire in hires]
    middle = median(number for _, number in days)
    term = Term(
        "days from application to acceptance",
        Unit.DAYS,
        None if middle is None else Fraction(middle),
        how="median",
        read=lambda: (Part(hire.refs, number) for hire, number in days),
        combine=_middle,
    )
    return made(leaf(term), f"median of {len(days)}", absent="n/a: nobody hired in a year")


def time_to_fill(snapshot: Snapshot, at: datetime) -> Figure:
    """Median days from opening a role to filling it, of roles filled in the year up to `at`."""
    day = snapshot.day_of(at)
    filled = [(r, r.filled_on) for r in snapshot.all(Role) if r.filled_on and day - YEAR < r.filled_on <= day]
    known = [(role, (end - role.opened_on).days) for role, end in filled if end >= role.opened_on]
    wrong = [
        LeftOut((role.ref,), "filled before it was opened") for role, end in filled if end < role.opened_on
    ]
    days = _median("days from opening to filling", known, wrong)
    return made(days, f"median of {len(known)}", absent="n/a: no role filled in a year")


def offer_acceptance(snapshot: Snapshot, at: datetime) -> Figure:
    """Accepted over decided offers, declined and expired included, of the year up to `at`."""
    day = snapshot.day_of(at)
    found, unsaid = decided(snapshot, day), lapsed_unsaid(snapshot, day)
    silent = [LeftOut((o.ref,), f"lapsed {o.expires_on}, no outcome on record") for o in unsaid]
    accepted = counted("accepted", [offer for offer in found if offer.status == "accepted"])
    declined = counted("declined", [offer for offer in found if offer.status == "declined"])
    expired = counted("expired", [offer for offer in found if offer.status == "expired"], silent)
    return made(
        accepted / (accepted + declined + expired),
        f"{accepted.value} of {len(found)}",
        absent="n/a: no offer decided in a year",
        partial=f"{plural(len(unsaid), 'offer')} lapsed without an outcome" if unsaid else None,
    )


def expiring(snapshot: Snapshot, day: date) -> list[Offer]:
    """Pending offers that lapse within the `offer_days` of the policy, soonest first."""
    last = day + timedelta(days=snapshot.policy.offer_days)
    soon = [offer for offer in pending(snapshot, day) if offer.expires_on <= last]
    return sorted(soon, key=lambda offer: (offer.expires_on, offer.ref))


def offers_expiring(snapshot: Snapshot, at: datetime) -> Figure:
    """Pending offers that lapse within the `offer_days` of the policy."""
    soon = counted("offers about to lapse", expiring(snapshot, snapshot.day_of(at)))
    return number(soon, f"in {snapshot.policy.offer_days} days")


def enps(snapshot: Snapshot, at: datetime) -> Figure:
    """Net promoter score of employees, of the answers of 180 days."""
    return promoters.score(snapshot, "enps", SURVEY_DAYS, at)


def _cost(
    snapshot: Snapshot,
    name: str,
    records: Sequence[Person] | Sequence[Role],
    on: date,
    called: tuple[str, str],
) -> Figure:
    """The monthly cost of these, and of how many it is not known."""
    costs, _ = worth(snapshot, name, [(r, r.monthly_cost) for r in records if r.monthly_cost], on)
    (term,) = costs.terms
    unpaid = [LeftOut((r.ref,), "no cost on record") for r in records if not r.monthly_cost]
    known = len(term.parts())
    if records and not known:
        return Figure(None, absent="no data")
    unknown = len(records) - known
    return made(
        leaf(replace(term, omitted=lambda: (*term.left_out(), *unpaid))),
        f"a month, {plural(known, *called)}",
        partial=f"{plural(unknown, *called)} without cost" if unknown else None,
    )


def _gone(snapshot: Snapshot, since: date, day: date) -> list[Person]:
    """Who left after `since` and by `day`."""
    return [p for p in snapshot.all(Person) if p.left_on and since < p.left_on <= day]


def _days_here(person: Person, since: date, day: date) -> int:
    """Days after `since` and up to `day`, that included, on which this person worked here."""
    tomorrow = day + timedelta(days=1)
    first, end = max(person.started_on, since + timedelta(days=1)), min(person.left_on or tomorrow, tomorrow)
    return max(0, (end - first).days)


def _median(name: str, days: Sequence[tuple[Role, int]], left_out: Sequence[LeftOut] = ()) -> Formula:
    return statistic(name, "median", days, Unit.DAYS, _middle, left_out)


def _middle(days: Sequence[Number]) -> float | None:
    return median(map(float, days))
