"""Who is here on which day, who is away, and the hours that leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from agents.figures import Kinds
from agents.formula import Formula, Part, Term, added, leaf
from agents.nouns import Absence, Person
from agents.periods import workdays
from agents.snapshot import Age, Snapshot
from agents.unit import Unit
from agents.wording import plural

WORKDAYS = 5
"""Working days of a week; contracted and allocated hours are spread evenly over them."""
WEEK = timedelta(days=7)
"""Any seven days, whatever day they begin."""


@dataclass(frozen=True, slots=True)
class Share:
    """One person in a period: working days under contract, those of them away, and the absences that
    say so."""

    person: Person
    days: int
    away: int
    absences: tuple[Absence, ...] = ()

    @property
    def contracted(self) -> Decimal:
        """Hours under contract."""
        return self.person.hours * self.days / WORKDAYS

    @property
    def missing(self) -> Decimal:
        """Contracted hours away."""
        return self.person.hours * self.away / WORKDAYS

    @property
    def available(self) -> Decimal:
        """Contracted hours minus absence."""
        return self.contracted - self.missing

    @property
    def allocated(self) -> Decimal:
        """Hours promised to work. An absence does not take the promise away."""
        return self.person.allocated * self.days / WORKDAYS

    @property
    def refs(self) -> tuple[str, ...]:
        """The person and the absences."""
        return (self.person.ref, *(absence.ref for absence in self.absences))


def present(snapshot: Snapshot, day: date) -> list[Person]:
    """Who works here on `day`."""
    return [p for p in snapshot.all(Person) if p.started_on <= day and not _gone(p, day)]


def shares(snapshot: Snapshot, start: date, end: date) -> list[Share]:
    """Everybody who works here on some working day of `[start, end)`."""
    away: dict[tuple[str, str], list[Absence]] = {}
    for absence in snapshot.all(Absence):
        away.setdefault((absence.source, absence.person_id), []).append(absence)
    found = []
    for person in snapshot.all(Person):
        first, last = max(start, person.started_on), min(end, person.left_on or end)
        if days := workdays(first, last):
            own = [
                absence
                for absence in away.get((person.source, person.id), ())
                if absence.starts_on < last and absence.ends_on > first
            ]
            found.append(Share(person, days, _days_away(own, first, last), tuple(own)))
    return found


def absent_in(snapshot: Snapshot, start: date, end: date) -> list[Absence]:
    """Absences that touch `[start, end)`."""
    return [a for a in snapshot.all(Absence) if a.starts_on < end and a.ends_on > start]


def allocated_hours(found: Sequence[Share]) -> Formula:
    """Hours promised to work, by today's allocation."""
    return added(
        "allocated hours", [(share.person, Fraction(share.allocated)) for share in found], Unit.HOURS
    )


def available_hours(found: Sequence[Share]) -> Formula:
    """Contracted hours minus absence."""
    contracted = added("contracted hours", [(s.person, Fraction(s.contracted)) for s in found], Unit.HOURS)
    missing = Term(
        "hours away",
        Unit.HOURS,
        Fraction(sum(share.missing for share in found)),
        read=lambda: (
            Part(share.refs, Fraction(share.missing), plural(share.away, "day"))
            for share in found
            if share.away
        ),
    )
    return contracted - leaf(missing)


def staff_kinds(snapshot: Snapshot) -> Kinds:
    """What hours are made from: people, and absences if there is a source of them."""
    return (Person, Absence) if absences_known(snapshot) else (Person,)


def absences_known(snapshot: Snapshot) -> bool:
    """Whether absences were ever read."""
    return snapshot.freshness(Absence).age is not Age.MISSING


def _gone(person: Person, day: date) -> bool:
    return person.left_on is not None and person.left_on <= day


def _days_away(absences: Iterable[Absence], start: date, end: date) -> int:
    """Working days of `[start, end)` away; a day in two absences is away once."""
    spans = list(absences)
    days = (start + timedelta(n) for n in range((end - start).days)) if spans else ()
    return sum(
        day.weekday() < WORKDAYS and any(a.starts_on <= day < a.ends_on for a in spans) for day in days
    )
