"""What is read of Ashby, and what it means: roles, candidates and offers. Every rule: docs/connectors.md.

An application is one candidate for one role, so its id names the candidate. A company names its stages as it
likes; Ashby's type of a stage and words in its title say which of ours it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from agentos_cli.connectors.reading import (
    Raw,
    as_object,
    child,
    currency,
    day,
    ident,
    instant,
    maybe,
    number,
    objects,
    one_of,
    part,
    text,
)
from agentos_cli.contract import Access, Batch, Fields, Found, Stream
from agents.money import Money
from agents.nouns import Candidate, Offer, Role

OFFER_DAYS = "offer_days"
"""The option that says how many days an offer is good for, which Ashby does not know; 30 without it."""
MONTHS = 12
WAY = ("applied", "screen", "interview", "final", "offer", "hired")
TYPES = {
    "Lead": None, "Archived": None,
    "PreInterviewScreen": "applied", "Active": "interview", "Offer": "offer", "Hired": "hired",
}  # fmt: skip
"""https://developers.ashbyhq.com/reference/interviewstagelist; the first two are no steps of the way."""
FINAL = re.compile(r"\b(final|on-?site|panel|last)\b", re.IGNORECASE)
SCREEN = re.compile(r"\b(screen(ing)?|phone|recruiter|intro(ductory)?)\b", re.IGNORECASE)
OUT = {"RejectedByCandidate": "withdrawn", "RejectedByOrg": "rejected", "Other": "rejected"}
OFFERED = {
    "WaitingOnCandidateResponse": "pending", "CandidateAccepted": "accepted", "CandidateRejected": "declined",
    "WaitingOnApprovalStart": None, "WaitingOnOfferApproval": None, "WaitingOnApprovalDefinition": None,
    "OfferCancelled": None,
}  # fmt: skip
"""What was not sent yet, or was taken back, is no offer."""
OVER = ("Closed", "Archived")

_NAMED: Fields = {"id": "text"}
_DEPARTMENT: Fields = {"id": "text", "name": "text"}
_STAGE: Fields = {"id": "text", "title": "text", "type": tuple(TYPES)}
_OPENING: Fields = {
    "openingState": "text",
    "isArchived": "flag",
    "latestVersion?": {"targetHireDate?": "text"},
}
_JOB: Fields = {
    "id": "text",
    "title": "text",
    "status": ("Draft", "Open", *OVER),
    "departmentId?": "text",
    "createdAt?": "instant",
    "openedAt?": "instant",
    "closedAt?": "instant",
    "updatedAt": "instant",
    "openings?": [_OPENING],
}
_APPLICATION: Fields = {
    "id": "text",
    "createdAt": "instant",
    "archivedAt?": "instant",
    "status": ("Active", "Hired", "Archived", "Lead"),
    "candidate": {"name": "text"},
    "job": _NAMED,
    "currentInterviewStage": {"title": "text", "type": tuple(TYPES)},
    "archiveReason?": {"reasonType": tuple(OUT)},
    "history": [{"stageId": "text", "enteredStageAt": "instant", "stageNumber": "number"}],
}
_OFFER: Fields = {
    "id": "text",
    "applicationId": "text",
    "offerStatus": tuple(OFFERED),
    "decidedAt?": "instant",
    "latestVersion": {
        "createdAt": "instant",
        "salary?": {"value?": "number", "currencyCode?": "text"},
    },
}

STREAMS: dict[str, Stream] = {
    "departments": Stream(_DEPARTMENT, group=None),
    "stages": Stream(_STAGE, group=None),
    "jobs": Stream(_JOB, group=ident),
    "applications": Stream(_APPLICATION, group=ident),
    "offers": Stream(_OFFER, group=lambda raw: ident(raw, "applicationId")),
}


def derive(found: Found, access: Access) -> Iterator[Batch]:
    """The nouns of some jobs and applications, an offer with its application."""
    means = _Means(found, access)
    yield part(Role, found.records.get("jobs", ()), means.role)
    yield part(Candidate, found.records.get("applications", ()), means.candidate)
    yield part(Offer, found.records.get("offers", ()), means.offer)


def step(kind: str, title: str) -> str | None:
    """Which of our stages one of theirs is; None for one that is no step of the way."""
    plain = TYPES[kind]
    if kind != "Active":
        return plain
    return "final" if FINAL.search(title) else "screen" if SCREEN.search(title) else plain


class _Means:
    """What the records mean, each looked at with what it names."""

    def __init__(self, found: Found, access: Access) -> None:
        self._source, self._zone = access.source, access.zone
        self._teams = {str(raw.get("id")): raw for raw in found.shared.get("departments", ())}
        self._stages = {str(raw.get("id")): raw for raw in found.shared.get("stages", ())}
        self._roles = {str(raw.get("id")): raw.get("job") for raw in found.records.get("applications", ())}
        days = access.options.get(OFFER_DAYS, "")
        self._good = timedelta(days=int(days) if re.fullmatch(r"[0-9]{1,3}", days) else 30)

    def role(self, raw: Raw) -> Role | tuple[()]:
        """A job; nothing for a draft. https://developers.ashbyhq.com/reference/joblist"""
        status = one_of(("Draft", "Open", *OVER), raw, "status")
        if status == "Draft":
            return ()
        openings = [
            each for each in maybe(objects, raw, "openings") or () if each.get("isArchived") is not True
        ]
        filled = any(each.get("openingState") == "Filled" for each in openings)
        ended = (self._day(raw, "closedAt") or self._of(raw, "updatedAt")) if status in OVER else None
        targets = [
            maybe(day, maybe(child, each, "latestVersion") or {}, "targetHireDate") for each in openings
        ]
        return Role(
            self._source,
            ident(raw),
            title=text(raw, "title"),
            team=self._team(raw),
            opened_on=self._day(raw, "openedAt") or self._of(raw, "createdAt"),
            target_on=min((each for each in targets if each), default=None),
            monthly_cost=None,
            filled_on=ended if filled else None,
            closed_on=None if filled else ended,
        )

    def candidate(self, raw: Raw) -> Candidate:
        """An application. https://developers.ashbyhq.com/reference/applicationlist"""
        history, stage = self._history(raw), self._stage(raw)
        way = [step for _, step in history if step]
        began = self._of(raw, "createdAt")
        out = self._day(raw, "archivedAt") if stage in OUT.values() else None
        return Candidate(
            self._source,
            ident(raw),
            role_id=ident(child(raw, "job")),
            name=text(child(raw, "candidate"), "name"),
            stage=stage,
            applied_on=began,
            stage_since=out or max((at for at, _ in history), default=began),
            reached=max([*way, *([stage] if stage in WAY else []), WAY[0]], key=WAY.index),
        )

    def offer(self, raw: Raw) -> Offer | tuple[()]:
        """An offer; nothing for one that was not sent, or whose application is too old to be read.
        https://developers.ashbyhq.com/reference/offerlist"""
        status, name = OFFERED[one_of(OFFERED, raw, "offerStatus")], ident(raw, "applicationId")
        if status is None or name not in self._roles:
            return ()
        version = child(raw, "latestVersion")
        sent = self._of(version, "createdAt")
        return Offer(
            self._source,
            ident(raw),
            candidate_id=name,
            role_id=ident(as_object(self._roles[name])),
            sent_on=sent,
            expires_on=sent + self._good,
            status=status,
            decided_on=None if status == "pending" else self._day(raw, "decidedAt"),
            monthly_cost=_monthly(version),
        )

    def _stage(self, raw: Raw) -> str:
        """Where it is now. An application that was archived for no said reason was rejected."""
        status = one_of(("Active", "Hired", "Archived"), raw, "status")
        if status == "Hired":
            return "hired"
        if status == "Archived":
            reason = maybe(child, raw, "archiveReason")
            return "rejected" if reason is None else OUT[one_of(OUT, reason, "reasonType")]
        return _step(child(raw, "currentInterviewStage")) or WAY[0]

    def _history(self, raw: Raw) -> list[tuple[date, str | None]]:
        """The day on which each stage was entered, and which of ours it is: None for one that is no step, or
        whose plan is not listed any more."""
        found = []
        for each in objects(raw, "history"):
            stage = self._stages.get(ident(each, "stageId"))
            found.append((self._of(each, "enteredStageAt"), None if stage is None else _step(stage)))
        return found

    def _team(self, raw: Raw) -> str:
        team = self._teams.get(maybe(ident, raw, "departmentId") or "")
        return "unknown" if team is None else text(team, "name")

    def _of(self, raw: Raw, key: str) -> date:
        """The day of an instant in the company's zone."""
        return instant(raw, key).astimezone(self._zone).date()

    def _day(self, raw: Raw, key: str) -> date | None:
        return maybe(self._of, raw, key)


def _step(stage: Raw) -> str | None:
    return step(one_of(TYPES, stage, "type"), text(stage, "title"))


def _monthly(version: Raw) -> Money | None:
    """A twelfth of the salary, which Ashby gives without saying for how long: as for a year."""
    salary = maybe(child, version, "salary") or {}
    value = maybe(number, salary, "value")
    return None if value is None else Money.of(value / MONTHS, currency(salary, "currencyCode"))
