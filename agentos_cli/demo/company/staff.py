"""The team: who works here, who is away, which roles are open and how hiring goes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from agentos_cli.demo.company.names import DOMAIN, people

UTILISATION = 0.94


@dataclass(frozen=True, slots=True)
class Member:
    """One person. `cost` is cents a month; `left_on` the first day that they are gone."""

    id: str
    given: str
    family: str
    team: str
    role: str
    started_on: date
    left_on: date | None
    hours: int
    allocated: int
    cost: int

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def email(self) -> str:
        return f"{self.given}.{self.family}@{DOMAIN}".lower()

    def here(self, day: date) -> bool:
        return self.started_on <= day and (self.left_on is None or day < self.left_on)


@dataclass(frozen=True, slots=True)
class Leave:
    """Days away, `ends_on` not included."""

    member: Member
    reason: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Opening:
    """A role to fill."""

    id: str
    title: str
    team: str
    opened_on: date
    target_on: date
    cost: int
    filled_on: date | None


@dataclass(frozen=True, slots=True)
class Applicant:
    """Someone who applied. `reached` is the furthest stage they came to."""

    id: str
    opening: Opening
    name: str
    stage: str
    applied_on: date
    stage_since: date
    reached: str


@dataclass(frozen=True, slots=True)
class OfferMade:
    """An offer, and what became of it."""

    id: str
    applicant: Applicant
    sent_on: date
    expires_on: date
    status: str
    decided_on: date | None


@dataclass(frozen=True, slots=True)
class Staff:
    """Everything about people. `members` holds those who left too."""

    members: tuple[Member, ...]
    leaves: tuple[Leave, ...]
    openings: tuple[Opening, ...]
    applicants: tuple[Applicant, ...]
    offers: tuple[OfferMade, ...]

    def on(self, day: date) -> tuple[Member, ...]:
        """Who worked here on a day."""
        return tuple(member for member in self.members if member.here(day))


_PLANNED = timedelta(days=14)
"""How long before it begins time off is known; nobody plans to be ill."""
_LADDER = ("applied", "screen", "interview", "final", "offer", "hired")


def staff_then(staff: Staff, day: date) -> Staff:
    """The people as they were known on an earlier day."""
    members = {m.id: _member_then(m, day) for m in staff.members if m.started_on <= day}
    openings = {r.id: _opening_then(r, day) for r in staff.openings if r.opened_on <= day}
    sent = {offer.applicant.id: offer.sent_on for offer in staff.offers}
    applicants = {
        c.id: _applicant_then(c, openings[c.opening.id], sent.get(c.id), day)
        for c in staff.applicants
        if c.applied_on <= day and c.opening.id in openings
    }
    leaves = (
        replace(leave, member=members[leave.member.id])
        for leave in staff.leaves
        if leave.member.id in members
        and leave.starts_on - (timedelta(0) if leave.reason == "sick" else _PLANNED) <= day
    )
    offers = (
        _offer_then(offer, applicants[offer.applicant.id], day)
        for offer in staff.offers
        if offer.sent_on <= day
    )
    return Staff(
        tuple(members.values()), tuple(leaves), tuple(openings.values()), tuple(applicants.values()),
        tuple(offers),
    )  # fmt: skip


def _member_then(member: Member, day: date) -> Member:
    return replace(member, left_on=None) if member.left_on and day < member.left_on else member


def _opening_then(opening: Opening, day: date) -> Opening:
    return replace(opening, filled_on=None) if opening.filled_on and day < opening.filled_on else opening


def _applicant_then(applicant: Applicant, opening: Opening, offered: date | None, day: date) -> Applicant:
    """Up the ladder at even steps, the offer on its own day, to where the applicant stands at the end."""
    if applicant.stage_since <= day:
        return replace(applicant, opening=opening)
    if offered is not None and offered <= day:
        return replace(applicant, opening=opening, stage="offer", stage_since=offered, reached="offer")
    last = _LADDER.index(applicant.stage if applicant.stage in _LADDER else applicant.reached)
    climbed = applicant.stage in _LADDER or offered is not None
    steps = max(1, last if climbed else last + 1)
    until = offered or applicant.stage_since
    length = until - applicant.applied_on
    days = [applicant.applied_on + length * n / steps for n in range(steps)]
    n = max(n for n, since in enumerate(days) if since <= day)
    return replace(applicant, opening=opening, stage=_LADDER[n], stage_since=days[n], reached=_LADDER[n])


def _offer_then(offer: OfferMade, applicant: Applicant, day: date) -> OfferMade:
    if offer.decided_on is None or offer.decided_on <= day:
        return replace(offer, applicant=applicant)
    return replace(offer, applicant=applicant, status="pending", decided_on=None)


# (team, role, days since the start, cents a month)
_SEATS = (
    ("Leadership", "Founder and CEO", 1_500, 620_000),
    ("Engineering", "Founder and CTO", 1_500, 620_000),
    ("Engineering", "Backend engineer", 1_020, 560_000),
    ("Delivery", "Onboarding lead", 910, 480_000),
    ("Sales", "Account executive", 820, 470_000),
    ("Success", "Customer success manager", 640, 420_000),
    ("Engineering", "Frontend engineer", 560, 520_000),
    ("Support", "Support engineer", 470, 380_000),
    ("Delivery", "Onboarding consultant", 380, 410_000),
    ("Marketing", "Marketing manager", 300, 430_000),
    ("Engineering", "Platform engineer", 190, 540_000),
    ("Support", "Support engineer", 75, 360_000),
)
_LEFT = ("Sales", "Sales development", 700, 205, 350_000)
_BACKEND = ("Backend engineer", "Backend engineer, integrations")
_ASSIGNED = (38, 39, 39, 40, 36, 38, 39, 37, 38, 34, 36, 37)


def hire(as_of: datetime, seed: int, count: int) -> Staff:
    """`count` people at work today, two open roles, and the hiring that led here."""
    rng = random.Random(f"{seed}:staff")
    faces = people(rng)
    today = as_of.date()
    members = [_member(today, n, next(faces)) for n in range(count)]
    team, role, days, gone, cost = _LEFT
    given, family = next(faces)
    members.append(
        Member(
            f"p{count + 1:02d}", given, family, team, role, today - timedelta(days=days),
            today - timedelta(days=gone), 40, 38, cost,
        )
    )  # fmt: skip
    openings, applicants, offers = _hiring(today, rng, faces, members)
    return Staff(tuple(members), tuple(_leaves(today, rng, members)), openings, applicants, offers)


def _member(today: date, n: int, face: tuple[str, str]) -> Member:
    team, role, days, cost = _SEATS[n % len(_SEATS)]
    started_on = today - timedelta(days=days + n // len(_SEATS) * 11)
    while started_on.weekday() > 4:
        started_on += timedelta(days=1)
    return Member(
        f"p{n + 1:02d}", face[0], face[1], team, role, started_on, None, 40, _ASSIGNED[n % 12], cost
    )


def _leaves(today: date, rng: random.Random, members: list[Member]) -> Iterator[Leave]:
    """One engineer is away all of next week; the rest lies in the past."""
    monday = today + timedelta(days=7 - today.weekday())
    away = next((m for m in members if m.role == "Backend engineer"), members[0])
    yield Leave(away, "holiday", monday, monday + timedelta(days=5))
    for member in members:
        for back, length, reason in ((60, 5, "holiday"), (150, 2, "sick"), (260, 10, "holiday")):
            starts_on = today - timedelta(days=back + rng.randrange(40))
            starts_on -= timedelta(days=starts_on.weekday())
            if member.here(starts_on):
                yield Leave(member, reason, starts_on, starts_on + timedelta(days=length))


def _hiring(
    today: date, rng: random.Random, faces: Iterator[tuple[str, str]], members: list[Member]
) -> tuple[tuple[Opening, ...], tuple[Applicant, ...], tuple[OfferMade, ...]]:
    """Filled roles for everybody who came within two years, then the two that are open."""
    openings: list[Opening] = []
    applicants: list[Applicant] = []
    offers: list[OfferMade] = []

    def apply(opening: Opening, name: str, stage: str, applied: date, since: date, reached: str) -> Applicant:
        applicants.append(
            Applicant(f"c{len(applicants) + 1:03d}", opening, name, stage, applied, since, reached)
        )
        return applicants[-1]

    def offer(to: Applicant, sent: date, expires: date, status: str, decided: date | None) -> None:
        offers.append(OfferMade(f"o{len(offers) + 1:02d}", to, sent, expires, status, decided))

    recent = [m for m in members if (today - m.started_on).days < 720]
    for member in sorted(recent, key=lambda m: m.started_on):
        accepted = member.started_on - timedelta(days=21)
        opened = accepted - timedelta(days=38 + rng.randrange(20))
        role = Opening(
            f"r{len(openings) + 1:02d}", member.role, member.team, opened, opened + timedelta(days=60),
            member.cost, accepted,
        )  # fmt: skip
        openings.append(role)
        applied = opened + timedelta(days=4 + rng.randrange(9))
        hired = apply(role, member.name, "hired", applied, accepted, "hired")
        offer(hired, accepted - timedelta(days=5), accepted + timedelta(days=2), "accepted", accepted)
        if len(openings) == 3:
            refused = apply(role, " ".join(next(faces)), "withdrawn", applied, accepted, "offer")
            sent = accepted - timedelta(days=15)
            offer(refused, sent, sent + timedelta(days=7), "declined", sent + timedelta(days=6))
        for reached in ("applied", "applied", "screen", "screen", "interview", "final"):
            since = applied + timedelta(days=3 + rng.randrange(14))
            apply(role, " ".join(next(faces)), "rejected", applied, since, reached)
    expires_on = today + timedelta(days=min(5, (4 - today.weekday()) % 7))
    for title, days, goal in zip(_BACKEND, (62, 48), (20, 35), strict=True):
        opened = today - timedelta(days=days)
        role = Opening(
            f"r{len(openings) + 1:02d}", title, "Engineering", opened, today + timedelta(days=goal),
            550_000, None,
        )  # fmt: skip
        openings.append(role)
        sent = today - timedelta(days=3)
        chosen = apply(role, " ".join(next(faces)), "offer", opened + timedelta(days=6), sent, "offer")
        offer(chosen, sent, expires_on, "pending", None)
        for stage, back in (("final", 6), ("interview", 9), ("interview", 4), ("screen", 5), ("applied", 2)):
            since = today - timedelta(days=back)
            apply(role, " ".join(next(faces)), stage, since - timedelta(days=back + 5), since, stage)
        for reached in ("applied", "screen", "interview"):
            since = opened + timedelta(days=20)
            apply(role, " ".join(next(faces)), "rejected", opened + timedelta(days=8), since, reached)
    return tuple(openings), tuple(applicants), tuple(offers)
