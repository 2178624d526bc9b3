"""The customers of the demo company: who buys, since when, what, and the part each plays in the story."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agentos_cli.demo.company.marks import add_months, at
from agentos_cli.demo.company.names import HOSTILE_MARKUP, HOSTILE_QUOTES, companies, domain_of, people

NORTHWIND = "Northwind"
NORTHWIND_SHARE = 0.22
ARPA_OTHERS = 26_600  # cents a month; with Northwind at its share, 45 customers come to about $180K a year
NOTICE = timedelta(days=21)
"""Those who leave say so three weeks before the end."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One price of the list: `unit` is cents per seat and `months` months."""

    key: str
    product: str
    currency: str
    months: int
    unit: int


TEAM = Plan("team_monthly", "Team", "usd", 1, 2_900)
TEAM_YEAR = Plan("team_yearly", "Team", "usd", 12, 31_200)
TEAM_EUR = Plan("team_monthly_eur", "Team", "eur", 1, 2_700)
SCALE = Plan("scale_monthly", "Scale", "usd", 1, 3_900)
SCALE_YEAR = Plan("scale_yearly", "Scale", "usd", 12, 39_600)
PLANS = (TEAM, TEAM_YEAR, TEAM_EUR, SCALE, SCALE_YEAR)


@dataclass(frozen=True, slots=True)
class Coupon:
    """A reduction as sold: `percent` or `amount_off` (cents a bill), for ever, once or some months."""

    id: str
    name: str
    percent: float | None
    amount_off: int | None
    duration: str
    months: int | None


FRIENDS = Coupon("FRIENDS20", "Friends of the house, 20% off", 20.0, None, "forever", None)
HALF_YEAR = Coupon("SWITCH15", "Switching credit, $15 off for 12 months", None, 1_500, "repeating", 12)
WELCOME = Coupon("WELCOME50", "Welcome, 50% off the first bill", 50.0, None, "once", None)
COUPONS = (FRIENDS, HALF_YEAR, WELCOME)


@dataclass(frozen=True, slots=True)
class Step:
    """How many seats are paid for from an instant on."""

    at: datetime
    seats: int


@dataclass(frozen=True, slots=True)
class Account:
    """One customer. `role` names its part in the story ("" for none); `onboarding` is the one-off project
    fee in cents; `ended_at` the instant the subscription ended, `leaves_at` the one at which it will, once
    that was asked for; `trial_until` the end of a trial."""

    number: int
    name: str
    domain: str
    given: str
    family: str
    channel: str
    plan: Plan
    steps: tuple[Step, ...]
    signed_at: datetime
    role: str = ""
    ended_at: datetime | None = None
    leaves_at: datetime | None = None
    trial_until: datetime | None = None
    coupon: Coupon | None = None
    by_invoice: bool = False
    onboarding: int = 0

    @property
    def email(self) -> str:
        return f"{self.given}.{self.family}@{self.domain}".lower()

    def seats(self, moment: datetime) -> int:
        """Seats paid for at an instant."""
        return [step.seats for step in self.steps if step.at <= moment or step is self.steps[0]][-1]

    def monthly(self, moment: datetime) -> int:
        """List price per month at an instant, in cents of its currency; 0 before, after and on trial."""
        if not self.signed_at <= moment or (self.ended_at and moment >= self.ended_at) or self.trial_until:
            return 0
        return self.seats(moment) * self.plan.unit // self.plan.months

    @property
    def paying(self) -> bool:
        return self.ended_at is None and self.trial_until is None

    @property
    def asked_at(self) -> datetime | None:
        """When the customer said that they would leave."""
        end = self.ended_at or self.leaves_at
        return None if end is None else max(self.signed_at, end - NOTICE)

    def then(self, moment: datetime) -> Account:
        """The account as it was at an earlier instant, at which it was there."""
        end, asked = self.ended_at or self.leaves_at, self.asked_at
        gone = end is not None and end <= moment
        leaving = asked is not None and asked <= moment and not gone
        steps = tuple(step for step in self.steps if step.at <= moment or step is self.steps[0])
        return replace(self, steps=steps, ended_at=end if gone else None, leaves_at=end if leaving else None)


# The last weeks, newest first, so that every trailing month has new customers and CAC has a shape.
_RECENT_DAYS = (4, 13, 22, 33, 44, 56, 68, 80, 93, 107)
_RECENT_CHANNELS = (
    "paid_search", "paid_social", "organic_search", "paid_search", "referrals",
    "paid_search", "direct_traffic", "paid_social", "organic_search", "paid_search",
)  # fmt: skip
_CHANNELS = (
    "organic_search", "paid_search", "referrals", "direct_traffic", "paid_search", "email_marketing",
    "paid_social", "offline",
)  # fmt: skip

# (days since the end, seats at the end): gross churn creeps up towards its limit.
_CHURNED = ((12, 6), (41, 5), (58, 3), (90, 6), (130, 4), (170, 5), (230, 3), (300, 6), (380, 4))
# (days since the change, share of today's seats before it)
_EXPANDED = ((6, 0.8), (17, 0.75), (38, 0.7), (66, 0.8), (110, 0.7), (160, 0.75), (210, 0.8), (280, 0.6))


def build_accounts(as_of: datetime, seed: int, count: int) -> tuple[Account, ...]:
    """`count` paying customers, and beside them those who left and one on trial."""
    rng = random.Random(f"{seed}:accounts")
    names, faces = companies(rng), people(rng)
    cast = list(_cast(as_of, names, faces))[:count]
    ordinary = list(_ordinary(as_of, rng, names, faces, count - len(cast)))
    paying = _expanded(as_of, _sized(cast + ordinary, rng))
    others = [*_churned(as_of, rng, names, faces, max(1, count // 45)), _trial(as_of, names, faces)]
    return tuple(replace(account, number=n) for n, account in enumerate([*paying, *others]))


def _account(
    name: str, face: tuple[str, str], channel: str, plan: Plan, signed_at: datetime, seats: int = 1
) -> Account:
    steps = (Step(signed_at, seats),)
    return Account(0, name, domain_of(name), face[0], face[1], channel, plan, steps, signed_at)


def _cast(as_of: datetime, names: Iterator[str], faces: Iterator[tuple[str, str]]) -> Iterable[Account]:
    """Those with a part to play, the most important first."""

    def since(days: float, months: int) -> datetime:
        return add_months(as_of - timedelta(days=days, hours=2), -months)

    def one(
        role: str, channel: str, plan: Plan, days: float, months: int, name: str | None = None
    ) -> Account:
        return replace(
            _account(name or next(names), next(faces), channel, plan, since(days, months)), role=role
        )

    renewal = at((as_of + timedelta(days=6)).date(), 15)
    northwind = _account(NORTHWIND, next(faces), "referrals", SCALE_YEAR, add_months(renewal, -24))
    yield replace(northwind, role="northwind", by_invoice=True, onboarding=600_000)
    yield one("past_due", "paid_search", TEAM, 3, 16, HOSTILE_MARKUP)
    yield replace(one("overdue", "organic_search", TEAM, 23, 11, HOSTILE_QUOTES), by_invoice=True)
    yield replace(one("renews", "referrals", TEAM_YEAR, -19, 24), by_invoice=True)
    yield replace(one("renews", "offline", SCALE_YEAR, -33, 12), onboarding=420_000)
    yield one("euro", "organic_search", TEAM_EUR, 11, 14)
    yield one("euro", "referrals", TEAM_EUR, 19, 7)
    yield one("shrunk", "direct_traffic", TEAM, 22, 13)
    leaving = one("leaving", "paid_social", TEAM, -11, 9)
    yield replace(leaving, leaves_at=add_months(leaving.signed_at, 9))
    yield replace(one("", "referrals", TEAM, 15, 19), coupon=FRIENDS)
    yield replace(one("", "paid_search", TEAM, 9, 5), coupon=HALF_YEAR)
    yield replace(one("", "email_marketing", SCALE, 26, 4), coupon=WELCOME)
    yield replace(one("grew", "organic_search", TEAM_YEAR, 8, 9), onboarding=300_000)
    yield replace(one("late_project", "direct_traffic", SCALE, 76, 0), onboarding=350_000)


def _ordinary(
    as_of: datetime, rng: random.Random, names: Iterator[str], faces: Iterator[tuple[str, str]], count: int
) -> Iterable[Account]:
    """Everybody else: the newest at steady steps, a third from before the two years, the rest between."""
    copies = max(1, count // 31)
    recent = min(count, len(_RECENT_DAYS) * copies)
    for n in range(count):
        if n < recent:
            turn = n // copies
            days, channel = _RECENT_DAYS[turn] + rng.random() / 4, _RECENT_CHANNELS[turn]
        else:
            share = (n - recent + 0.5) / (count - recent)
            days = 125 + 780 * share**1.2 + rng.random() * 9
            channel = _CHANNELS[n % len(_CHANNELS)]
        plan = SCALE if n % 7 == 3 else TEAM_YEAR if n % 8 == 6 else TEAM
        account = _account(
            next(names), next(faces), channel, plan, as_of - timedelta(seconds=round(days * 86_400))
        )
        yield replace(
            account,
            by_invoice=n % 9 == 5,
            onboarding=rng.randrange(120, 420, 20) * 1_000 if n % 2 == 0 else 0,
        )


def _sized(accounts: list[Account], rng: random.Random) -> list[Account]:
    """Seats for each, so that the others average ARPA_OTHERS and Northwind has its share of the whole."""
    weights = [rng.lognormvariate(0, 0.55) for _ in accounts]
    goal, scale = ARPA_OTHERS * (len(accounts) - 1), 8.0
    sized = accounts
    for _ in range(6):
        sized = [
            _with_seats(account, max(3, round(weight * scale)))
            for account, weight in zip(accounts, weights, strict=True)
        ]
        total = sum(a.steps[-1].seats * a.plan.unit // a.plan.months for a in sized[1:])
        scale *= goal / total if total else 1
    share = NORTHWIND_SHARE / (1 - NORTHWIND_SHARE)
    seats = round(goal * share * 12 / SCALE_YEAR.unit) or 100
    return [_with_seats(sized[0], seats), *sized[1:]]


def _with_seats(account: Account, seats: int) -> Account:
    return replace(account, steps=(Step(account.signed_at, seats),))


def _expanded(as_of: datetime, accounts: list[Account]) -> list[Account]:
    """The same customers with the past changes of their seats, at billing dates."""
    pending = [change for change in _EXPANDED for _ in range(max(1, len(accounts) // 45))]
    return [_with_past(as_of, account, pending) for account in accounts]


def _with_past(as_of: datetime, account: Account, pending: list[tuple[int, float]]) -> Account:
    """The account with what it paid for before; an ordinary one takes the next of the `pending` changes."""

    def ago(days: float) -> datetime:
        return as_of - timedelta(days=days)

    seats = account.steps[0].seats
    match account.role:
        case "shrunk":
            return _changed(account, ago(22), seats + 3)
        case "northwind":
            return _changed(account, ago(358), round(seats * 0.8))
        case "grew":
            steps = _two_steps(account, ago(117) - timedelta(hours=5), round(seats * 0.7))
            return replace(account, steps=steps)
        case "" if account.plan.months == 1 and pending and account.signed_at < ago(pending[0][0] + 70):
            days, share = pending.pop(0)
            return _changed(account, ago(days), max(1, int(seats * share)))
    return account


def _changed(account: Account, near: datetime, before: int) -> Account:
    """`before` seats until the billing date on or before `near`."""
    turn, moment = 0, account.signed_at
    while (later := add_months(account.signed_at, (turn + 1) * account.plan.months)) <= near:
        turn, moment = turn + 1, later
    return replace(account, steps=_two_steps(account, moment, before)) if turn else account


def _two_steps(account: Account, moment: datetime, before: int) -> tuple[Step, ...]:
    return (Step(account.signed_at, before), Step(moment, account.steps[0].seats))


def _churned(
    as_of: datetime, rng: random.Random, names: Iterator[str], faces: Iterator[tuple[str, str]], copies: int
) -> Iterable[Account]:
    for n, (days, seats) in enumerate(change for change in _CHURNED for _ in range(copies)):
        months = rng.randrange(5, 15)
        signed_at = add_months(as_of - timedelta(days=days, hours=rng.randrange(1, 9)), -months)
        ended_at = add_months(signed_at, months)
        account = _account(
            next(names), next(faces), _CHANNELS[(n * 3) % len(_CHANNELS)], TEAM, signed_at, seats
        )
        yield replace(account, role="churned", ended_at=ended_at)


def _trial(as_of: datetime, names: Iterator[str], faces: Iterator[tuple[str, str]]) -> Account:
    signed_at = as_of - timedelta(days=5, hours=3)
    account = _account(next(names), next(faces), "organic_search", TEAM, signed_at, 8)
    return replace(account, role="trial", trial_until=signed_at + timedelta(days=14))
