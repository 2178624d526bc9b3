"""What customers tell us without being asked twice: usage, tickets and survey answers, at any instant."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate

from agents import promoters
from agents.figures import refs
from agents.nouns import SurveyAnswer, Ticket, UsageDay
from agents.snapshot import Snapshot

WINDOW = timedelta(days=28)
"""Usage of one such span is set against the span before."""
FEW_EVENTS = 20
"""Below this use in the earlier span, a change says nothing."""
NPS_DAYS = 90
"""How far back NPS answers count."""
SEVERE = 2
"""Tickets of this severity or worse are severe."""


# ── usage ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Trend:
    """Events of the last 28 days and of the 28 before, with the records of each, newest first."""

    now: int
    before: int
    recent: tuple[UsageDay, ...]
    earlier: tuple[UsageDay, ...]

    @property
    def change(self) -> float | None:
        """-0.42 is a fall of 42 %; None where there was too little before."""
        return None if self.before < FEW_EVENTS else self.now / self.before - 1

    @property
    def evidence(self) -> tuple[str, ...]:
        """The records of both spans, oldest span first."""
        return refs((*self.earlier, *self.recent))

    def fell(self, share: float) -> bool:
        """Whether use fell by so large a share at least."""
        return self.change is not None and self.change <= -share


@dataclass(frozen=True, slots=True)
class History:
    """All use by one account, newest day first: `ages` are days counted backwards, so that they rise;
    `sums[n]` is what the first n of the `days` add up to."""

    ages: list[int]
    sums: list[int]
    days: tuple[UsageDay, ...]

    @classmethod
    def of(cls, records: list[UsageDay]) -> History:
        """The history that these records of one account make."""
        newest = tuple(sorted(records, key=lambda used: used.day, reverse=True))
        ages = [-used.day.toordinal() for used in newest]
        return cls(ages, [0, *accumulate(used.events for used in newest)], newest)

    def trend(self, end: date) -> Trend:
        """The two spans before the day `end`."""
        newest = 1 - end.toordinal()
        first, middle, last = (bisect_left(self.ages, newest + n * WINDOW.days) for n in range(3))
        return Trend(
            self.sums[middle] - self.sums[first],
            self.sums[last] - self.sums[middle],
            self.days[first:middle],
            self.days[middle:last],
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage by account, asked for any instant; what was worked out once is kept."""

    snapshot: Snapshot
    _histories: dict[str, History] = field(default_factory=dict)
    _trends: dict[date, dict[str, Trend]] = field(default_factory=dict)

    def trends(self, at: datetime) -> dict[str, Trend]:
        """By account, over full days before that of `at`; none until 56 days are on record. Where
        records stop earlier, the spans end with them: days that were not read are not days of no use."""
        day = self.snapshot.day_of(at)
        if day not in self._trends:
            self._trends[day] = self._worked_out(day)
        return self._trends[day]

    def _worked_out(self, day: date) -> dict[str, Trend]:
        histories = self._by_account()
        if not histories:
            return {}
        newest = date.fromordinal(-min(history.ages[0] for history in histories.values()))
        oldest = date.fromordinal(-max(history.ages[-1] for history in histories.values()))
        end = min(day, newest + timedelta(days=1))
        if oldest > end - 2 * WINDOW:
            return {}
        return {account: history.trend(end) for account, history in histories.items()}

    def _by_account(self) -> dict[str, History]:
        if not self._histories:
            records: dict[str, list[UsageDay]] = {}
            for used in self.snapshot.all(UsageDay):
                records.setdefault(used.account, []).append(used)
            self._histories.update((account, History.of(found)) for account, found in records.items())
        return self._histories


# ── tickets ──────────────────────────────────────────────────────────────────────────────────────


def open_tickets(snapshot: Snapshot, at: datetime) -> tuple[Ticket, ...]:
    """Tickets that were open at an instant. A closed one without a closing time was not."""
    return tuple(
        ticket
        for ticket in snapshot.all(Ticket)
        if ticket.created_at <= at
        and (ticket.open or (ticket.closed_at is not None and ticket.closed_at > at))
    )


def severe_tickets(snapshot: Snapshot, at: datetime) -> dict[str, tuple[Ticket, ...]]:
    """Open severe tickets by account."""
    found: dict[str, tuple[Ticket, ...]] = {}
    for ticket in open_tickets(snapshot, at):
        if ticket.account and ticket.severity <= SEVERE:
            found[ticket.account] = (*found.get(ticket.account, ()), ticket)
    return found


def business_hours(snapshot: Snapshot, start: datetime, end: datetime) -> float:
    """Hours between two instants that fall in the policy's business day, Monday to Friday."""
    first, last = snapshot.day_of(start), snapshot.day_of(end)
    hours = snapshot.policy.workday_start, snapshot.policy.workday_end
    seconds = 0.0
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        if day.weekday() < 5:
            opens, closes = (_instant(snapshot, day, hour) for hour in hours)
            seconds += max(0.0, (min(end, closes) - max(start, opens)).total_seconds())
    return seconds / 3600


def _instant(snapshot: Snapshot, day: date, hour: float) -> datetime:
    """What the clock on the company's wall shows as this hour: 8.5 is half past eight, 24 is midnight."""
    wall = datetime.combine(day, time()) + timedelta(hours=hour)
    return wall.replace(tzinfo=snapshot.zone).astimezone(UTC)


# ── survey answers ───────────────────────────────────────────────────────────────────────────────


def latest_scores(snapshot: Snapshot, at: datetime) -> dict[str, SurveyAnswer]:
    """The newest NPS answer of 90 days of each account; of several on one day, the lowest."""
    found: dict[str, SurveyAnswer] = {}
    for answer in promoters.answers(snapshot, "nps", NPS_DAYS, at):
        known = found.get(answer.account or "")
        newer = known is None or (answer.answered_on, -answer.score) > (known.answered_on, -known.score)
        if answer.account and newer:
            found[answer.account] = answer
    return found
