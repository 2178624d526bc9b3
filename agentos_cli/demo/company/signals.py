"""What customers and employees say and do: survey answers, product usage, and the content they read."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from agentos_cli.demo.company.accounts import Account
from agentos_cli.demo.company.staff import Staff

USAGE_DAYS = 126
_SCORES = (10, 9, 9, 10, 8, 7, 9, 8, 6, 10, 9, 7, 5, 8, 9, 10, 4, 8, 9, 7)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer from 0 to 10; no account for employees."""

    survey: str
    account: str
    score: int
    day: date


@dataclass(frozen=True, slots=True)
class Usage:
    """One customer's day in the product."""

    account: str
    day: date
    events: int
    users: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Something published, and what came of it."""

    title: str
    channel: str
    day: date
    visits: int
    leads: int
    deals: int


def survey(as_of: datetime, seed: int, accounts: Sequence[Account], staff: Staff) -> Iterator[Answer]:
    """Quarterly answers of two years; Northwind's last one is a 3."""
    rng = random.Random(f"{seed}:survey")
    for back in range(7, -1, -1):
        end = as_of - timedelta(days=91 * back)
        for account in accounts:
            if account.monthly(end) == 0 or account.signed_at > end - timedelta(days=75):
                continue
            score = rng.choice(_SCORES)
            day = (end - timedelta(days=2 + rng.randrange(70))).date()
            if account.role == "northwind":
                score, day = (3 if back == 0 else 8 - (back == 1)), (end - timedelta(days=9)).date()
            if account.role == "past_due":
                score = max(score, 8)
            if account.role == "northwind" or rng.random() < 0.6:
                yield Answer("nps", account.domain, score, day)
        for member in staff.on(end.date()):
            if (end.date() - member.started_on).days > 30:
                day = (end - timedelta(days=20 + rng.randrange(5))).date()
                yield Answer("enps", "", rng.choice((10, 9, 9, 8, 8, 7, 9, 6)) - (back == 0), day)


def usage(as_of: datetime, seed: int, accounts: Sequence[Account]) -> Iterator[Usage]:
    """Events a day up to yesterday. Northwind and one more are fading, those who left faded too."""
    for account in accounts:
        rng = random.Random(f"{seed}:usage:{account.number}")
        habit = _Habit(rng.uniform(5.0, 9.0), rng.uniform(-0.0006, 0.0024))
        for back in range(USAGE_DAYS, 0, -1):
            if _used(account, as_of - timedelta(days=back)):
                yield _day(account, as_of, back, habit, rng.uniform(0.85, 1.15))


def usage_then(
    whole: Sequence[Usage], as_of: datetime, seed: int, accounts: Sequence[Account], moment: datetime
) -> tuple[Usage, ...]:
    """What was exported at an earlier instant: as many days as ever, so those before the `whole` too."""
    longer = (as_of.date() - moment.date()).days
    before: dict[str, list[Usage]] = {}
    for account in accounts:
        rng = random.Random(f"{seed}:usage:{account.number}")
        habit = _Habit(rng.uniform(5.0, 9.0), rng.uniform(-0.0006, 0.0024))
        rng = random.Random(f"{seed}:usage:{account.number}:before")
        # newest first, so that a day is the same however far back one looks
        for back in range(USAGE_DAYS + 1, USAGE_DAYS + longer + 1):
            noise = rng.uniform(0.85, 1.15)
            if back > longer and _used(account, as_of - timedelta(days=back)):
                before.setdefault(account.domain, []).append(_day(account, as_of, back, habit, noise))
    known: dict[str, list[Usage]] = {}
    for row in whole:
        if row.day < moment.date():
            known.setdefault(row.account, []).append(row)
    domains = [account.domain for account in accounts]
    return tuple(row for d in domains for row in (*before.get(d, [])[::-1], *known.get(d, [])))


@dataclass(frozen=True, slots=True)
class _Habit:
    """How much a seat does on a working day, and how that grows from day to day."""

    lively: float
    drift: float


def _used(account: Account, moment: datetime) -> bool:
    return account.signed_at <= moment and not (account.ended_at and moment >= account.ended_at)


def _day(account: Account, as_of: datetime, back: int, habit: _Habit, noise: float) -> Usage:
    day, moment = as_of.date() - timedelta(days=back), as_of - timedelta(days=back)
    seats = account.seats(moment)
    trend = (1 + habit.drift) ** (USAGE_DAYS - back) * _fading(account, back, moment)
    calm = 0.12 if day.weekday() > 4 else 1.0
    events = round(seats * habit.lively * trend * calm * noise)
    users = min(seats, round(seats * min(1.0, 0.8 * trend) * (0.2 if calm < 1 else 1)))
    return Usage(account.domain, day, events, users if events else 0)


def _fading(account: Account, back: int, moment: datetime) -> float:
    """How much of the usual usage is left, 1.0 for all."""
    if account.role == "northwind":
        return 1.0 if back > 31 else 0.3 + 0.5 * back / 31
    if account.role == "leaving":
        return 1.0 if back > 30 else 0.35 + 0.3 * back / 30
    if account.ended_at:
        left = (account.ended_at - moment).days
        return 1.0 if left > 60 else 0.3 + 0.7 * left / 60
    return 1.0


_PIECES = (
    ("Onboarding in a week: a checklist", "organic_search", 610, 8_420, 96, 7),
    ("Switching from spreadsheets", "organic_search", 520, 5_310, 61, 4),
    ("What a missed handover costs", "email_marketing", 430, 2_140, 22, 2),
    ("Webinar: planning for small teams", "email_marketing", 300, 910, 48, 3),
    ("Security at Fernwick", "direct_traffic", 260, 1_730, 6, 3),
    ("How Northwind runs four sites", "referrals", 210, 2_680, 34, 3),
    ("Capacity planning, explained", "organic_search", 150, 4_060, 39, 2),
    ("Ten questions before you buy", "organic_search", 88, 2_290, 31, 1),
    ("Launch: shared calendars", "paid_social", 41, 1_120, 9, 0),
    ("Banner series: plan better", "paid_social", 24, 6_950, 5, 0),
)


def content(as_of: datetime) -> Iterator[Piece]:
    """Ten pieces, the oldest first; the banners bring visits and hardly a lead."""
    for title, channel, days, visits, leads, deals in _PIECES:
        yield Piece(title, channel, (as_of - timedelta(days=days)).date(), visits, leads, deals)


def content_then(pieces: Sequence[Piece], as_of: datetime, moment: datetime) -> tuple[Piece, ...]:
    """What was published by an earlier instant, with the visits so far: most come in the first weeks."""
    out = [piece for piece in pieces if piece.day <= moment.date()]
    shares = [_share(piece.day, as_of.date(), moment.date()) for piece in out]
    return tuple(
        replace(
            piece,
            visits=int(piece.visits * share),
            leads=int(piece.leads * share),
            deals=int(piece.deals * share),
        )
        for piece, share in zip(out, shares, strict=True)
    )


def _share(published: date, today: date, day: date) -> float:
    """How much of today's visits a piece had on an earlier day: it grows with the square root of its age."""
    return 1.0 if day == today else math.sqrt((day - published).days / (today - published).days)
