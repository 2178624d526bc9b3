"""What each role and offer was on any day, and how far each candidate came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from agents.nouns import Candidate, Offer, Role
from agents.snapshot import Snapshot

STAGES = ("applied", "screen", "interview", "final", "offer", "hired")
"""The way of a candidate. `rejected` and `withdrawn` end it at the stage that was `reached`."""
ENDED = frozenset({"rejected", "withdrawn"})
YEAR = timedelta(days=365)
"""How far time to hire and offer acceptance look back."""


def open_roles(snapshot: Snapshot, day: date) -> list[Role]:
    """Opened by `day` and neither filled nor closed by then."""
    ends = [(role, [end for end in (role.filled_on, role.closed_on) if end]) for role in snapshot.all(Role)]
    return [role for role, days in ends if role.opened_on <= day and not any(end <= day for end in days)]


def in_process(candidate: Candidate) -> bool:
    """Neither hired nor out."""
    return candidate.stage in STAGES[:-1]


def applicants(snapshot: Snapshot, role: Role) -> list[Candidate]:
    """Everybody who ever applied for `role`."""
    key = (role.source, role.id)
    return [c for c in snapshot.all(Candidate) if (c.source, c.role_id) == key]


def furthest(candidate: Candidate) -> int:
    """Index in STAGES of the furthest stage reached; -1 for a stage that is not among them."""
    places = [STAGES.index(stage) for stage in (candidate.stage, candidate.reached) if stage in STAGES]
    return max(places, default=-1)


def decided_on(offer: Offer) -> date | None:
    """The day an answer came or the offer lapsed; None while pending, or if nobody wrote it down."""
    if offer.status == "expired":
        return offer.decided_on or offer.expires_on + timedelta(days=1)
    return None if offer.status == "pending" else offer.decided_on


def pending(snapshot: Snapshot, day: date) -> list[Offer]:
    """Offers sent by `day` that had no answer then and had not lapsed."""
    return [
        offer
        for offer in snapshot.all(Offer)
        if offer.sent_on <= day <= offer.expires_on and _open_on(offer, day)
    ]


def decided(snapshot: Snapshot, day: date) -> list[Offer]:
    """Offers answered or lapsed in the year up to `day`."""
    ends = ((offer, decided_on(offer)) for offer in snapshot.all(Offer))
    return [offer for offer, end in ends if end is not None and day - YEAR < end <= day]


def lapsed_unsaid(snapshot: Snapshot, day: date) -> list[Offer]:
    """Offers still called pending after their last day: nobody wrote down what became of them."""
    return [o for o in snapshot.all(Offer) if o.status == "pending" and o.expires_on < day]


@dataclass(frozen=True, slots=True)
class Hire:
    """A candidate who said yes, on which day, and by which offer, if one is on record."""

    candidate: Candidate
    day: date
    offer: Offer | None

    @property
    def refs(self) -> tuple[str, ...]:
        """The candidate and the offer."""
        return (self.candidate.ref, self.offer.ref) if self.offer else (self.candidate.ref,)


def hired(snapshot: Snapshot) -> list[Hire]:
    """Everybody who was hired, on the day they accepted; without an offer, when they became hired."""
    accepted = {
        (offer.source, offer.candidate_id): offer
        for offer in sorted(snapshot.all(Offer), key=lambda offer: offer.ref)
        if offer.status == "accepted" and offer.decided_on
    }
    found = []
    for candidate in snapshot.all(Candidate):
        offer = accepted.get((candidate.source, candidate.id))
        if offer is not None and offer.decided_on is not None:
            found.append(Hire(candidate, offer.decided_on, offer))
        elif candidate.stage == "hired":
            found.append(Hire(candidate, candidate.stage_since, None))
    return found


def _open_on(offer: Offer, day: date) -> bool:
    end = decided_on(offer)
    return offer.status == "pending" or (end is not None and end > day)
