"""What customers tell us without being asked twice: usage, tickets and survey answers, at any instant."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from agents.nouns import SurveyAnswer, Ticket, UsageDay
from agents.snapshot import Snapshot

WINDOW = timedelta(days=28)
"""Usage of one such span is set against the span before."""
FEW_EVENTS = 20
"""Below this use in the earlier span, a change says nothing."""
NPS_DAYS = timedelta(days=90)
"""How far back survey answers count."""
SEVERE = 2
"""Tickets of this severity or worse are severe."""
OPENS, CLOSES = time(9), time(17)
"""The business day, Monday to Friday, in the company's zone."""


# ── usage ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Trend:
    """Events of the last 28 days and of the 28 before, with the records behind them."""

    now: int
    before: int
    evidence: tuple[str, ...]

    @property
    def change(self) -> float | None:
        """-0.42 is a fall of 42 %; None where there was too little before."""
        return None if self.before < FEW_EVENTS else self.now / self.before - 1


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage by account and day, asked for any instant."""

    snapshot: Snapshot
    _days: dict[str, dict[date, list[UsageDay]]] = field(default_factory=dict)
    _trends: dict[date, dict[str, Trend]] = field(default_factory=dict)

    def trends(self, at: datetime) -> dict[str, Trend]:
        """By account, over full days before that of `at`; none until 56 days are on record. Where
        records stop earlier, the spans end with them: days that were not read are not days of no use."""
        day = self.snapshot.day_of(at)
        if day not in self._trends:
            self._trends[day] = self._worked_out(day)
        return self._trends[day]

    def _worked_out(self, day: date) -> dict[str, Trend]:
        days = self._by_account()
        known = {used for found in days.values() for used in found}
        end = min(day, max(known, default=date.min) + timedelta(days=1))
        if not known or min(known) > end - 2 * WINDOW:
            return {}
        return {account: _trend(found, end) for account, found in days.items()}

    def _by_account(self) -> dict[str, dict[date, list[UsageDay]]]:
        if not self._days:
            for used in self.snapshot.all(UsageDay):
                self._days.setdefault(used.account, {}).setdefault(used.day, []).append(used)
        return self._days


def _trend(days: dict[date, list[UsageDay]], end: date) -> Trend:
    span = [end - timedelta(days=back) for back in range(1, 2 * WINDOW.days + 1)]
    now, before = ([used for day in part for used in days.get(day, ())] for part in (span[:28], span[28:]))
    refs = tuple(used.ref for used in (*before, *now))
    return Trend(sum(used.events for used in now), sum(used.events for used in before), refs)


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
    """Hours between two instants that fall in the business day, 9 to 17, Monday to Friday."""
    first, last = snapshot.day_of(start), snapshot.day_of(end)
    seconds = 0.0
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        if day.weekday() < 5:
            opens, closes = (datetime.combine(day, hour, snapshot.zone) for hour in (OPENS, CLOSES))
            seconds += max(0.0, (min(end, closes) - max(start, opens)).total_seconds())
    return seconds / 3600


# ── survey answers ───────────────────────────────────────────────────────────────────────────────


def nps_answers(snapshot: Snapshot, at: datetime) -> tuple[SurveyAnswer, ...]:
    """Customers' NPS answers of the 90 days up to an instant."""
    today = snapshot.day_of(at)
    return tuple(
        answer
        for answer in snapshot.all(SurveyAnswer)
        if answer.survey == "nps" and today - NPS_DAYS < answer.answered_on <= today
    )


def latest_scores(snapshot: Snapshot, at: datetime) -> dict[str, SurveyAnswer]:
    """The newest of those answers of each account; of several on one day, the lowest."""
    found: dict[str, SurveyAnswer] = {}
    for answer in nps_answers(snapshot, at):
        known = found.get(answer.account or "")
        newer = known is None or (answer.answered_on, -answer.score) > (known.answered_on, -known.score)
        if answer.account and newer:
            found[answer.account] = answer
    return found


@dataclass(frozen=True, slots=True)
class Nps:
    """A net promoter score, -100 to 100, from `count` answers; `margin` is half its 95 % interval."""

    score: int
    count: int
    margin: int


def nps(scores: Counter[int]) -> Nps | None:
    """% of 9 and 10 minus % of 0 to 6, rounded to whole, half away from zero; None without answers."""
    count = scores.total()
    if not count:
        return None
    promoters = sum(n for score, n in scores.items() if score >= 9)
    detractors = sum(n for score, n in scores.items() if score <= 6)
    mean = (promoters - detractors) / count
    variance = (promoters + detractors) / count - mean**2
    margin = round(196 * (max(0.0, variance) / count) ** 0.5)
    doubled = 200 * (promoters - detractors)
    size = (abs(doubled) + count) // (2 * count)
    return Nps(size if doubled >= 0 else -size, count, margin)
