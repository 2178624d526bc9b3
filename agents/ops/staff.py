"""Who is here on which day, who is away, and the hours that leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from agents.figures import Kinds
from agents.nouns import Absence, Person
from agents.periods import ratio, workdays
from agents.snapshot import Age, Snapshot

WORKDAYS = 5
"""Working days of a week; contracted and allocated hours are spread evenly over them."""
WEEK = timedelta(days=7)
"""Any seven days, whatever day they begin."""


@dataclass(frozen=True, slots=True)
class Share:
    """One person in a period: working days under contract, and those of them away."""

    person: Person
    days: int
    away: int

    @property
    def available(self) -> Decimal:
        """Contracted hours minus absence."""
        return self.person.hours * (self.days - self.away) / WORKDAYS

    @property
    def allocated(self) -> Decimal:
        """Hours promised to work. An absence does not take the promise away."""
        return self.person.allocated * self.days / WORKDAYS


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
            absences = away.get((person.source, person.id), ())
            found.append(Share(person, days, _days_away(absences, first, last)))
    return found


def absent_in(snapshot: Snapshot, start: date, end: date) -> list[Absence]:
    """Absences that touch `[start, end)`."""
    return [a for a in snapshot.all(Absence) if a.starts_on < end and a.ends_on > start]


def available_hours(snapshot: Snapshot, start: date, end: date) -> float:
    """Contracted hours minus absence of everybody who is here, in `[start, end)`."""
    return float(sum(share.available for share in shares(snapshot, start, end)))


def allocated_hours(snapshot: Snapshot, start: date, end: date) -> float:
    """Hours promised to work in `[start, end)`, by today's allocation."""
    return float(sum(share.allocated for share in shares(snapshot, start, end)))


def free_hours(snapshot: Snapshot, start: date, end: date) -> float:
    """Available minus allocated hours in `[start, end)`; negative when too much is promised."""
    return available_hours(snapshot, start, end) - allocated_hours(snapshot, start, end)


def utilisation(snapshot: Snapshot, day: date) -> float | None:
    """Allocated over available hours of the 7 days from `day` on; None when nobody is available."""
    available = available_hours(snapshot, day, day + WEEK)
    return ratio(allocated_hours(snapshot, day, day + WEEK), available)


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
