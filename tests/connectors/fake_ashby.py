"""Ashby's API as it is documented, with an organization that a test fills: cursors, tokens, permissions."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from tests.connectors.vendor import NOW, Always, Call, Refusal, Shape, Vendor

KEY = "ashby-test-key"
ALLOWED = {
    "department.list": {"includeArchived", "cursor", "syncToken", "limit"},
    "job.list": {"expand", "cursor", "syncToken", "limit"},
    "application.list": {"cursor", "syncToken", "limit"},
    "offer.list": {"cursor", "syncToken", "limit"},
    "interviewPlan.list": {"includeArchived", "cursor", "syncToken", "limit"},
    "interviewStage.list": {"interviewPlanId"},
    "application.listHistory": {"applicationId", "cursor", "limit"},
}
"""What each endpoint takes: https://developers.ashbyhq.com/reference."""
STAGES = {
    "s-lead": ("Lead", "New Lead"),
    "s-review": ("PreInterviewScreen", "Application Review"),
    "s-phone": ("Active", "Phone Screen"),
    "s-team": ("Active", "Team Interview"),
    "s-final": ("Active", "Final Round"),
    "s-offer": ("Offer", "Offer"),
    "s-hired": ("Hired", "Hired"),
    "s-archived": ("Archived", "Archived"),
}


def at(days: float) -> str:
    """The instant so many days before NOW, as Ashby writes it."""
    return f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%S.000Z}"


def stage(name: str) -> Shape:
    kind, title = STAGES[name]
    return {"id": name, "title": title, "type": kind, "interviewPlanId": "plan-1", "orderInInterviewPlan": 1}


def job(name: str = "job-1", status: str = "Open", **more: object) -> Shape:
    plain = {"id": name, "title": "Engineer", "status": status, "confidential": False, "departmentId": "d-1"}
    times = {"createdAt": at(40), "openedAt": at(30), "closedAt": None, "updatedAt": at(5)}
    return {**plain, **times, "employmentType": "FullTime", "openings": [], **more}


def opening(state: str, target: str | None = None, **more: object) -> Shape:
    version = {"id": "v-1", "identifier": "R1", **({"targetHireDate": target} if target else {})}
    return {"id": "o-1", "openingState": state, "isArchived": False, "latestVersion": version, **more}


def application(name: str, here: str = "s-team", status: str = "Active", **more: object) -> Shape:
    return {
        "id": name,
        "createdAt": at(20),
        "updatedAt": at(3),
        "status": status,
        "candidate": {"id": f"c-{name}", "name": f"Person {name}"},
        "currentInterviewStage": stage(here),
        "archiveReason": None,
        "job": {"id": "job-1", "title": "Engineer"},
        "hiringTeam": [],
        **more,
    }


def archived(name: str, reason: str | None, days: float = 2, **more: object) -> Shape:
    why = None if reason is None else {"id": "r", "text": "Why", "reasonType": reason, "isArchived": False}
    return application(name, "s-archived", "Archived", archiveReason=why, archivedAt=at(days), **more)


def step(name: str, days: float, number: int) -> Shape:
    entered = {"stageId": name, "title": STAGES[name][1], "enteredStageAt": at(days), "stageNumber": number}
    return {"id": f"h-{number}", "allowedActions": [], **entered}


def offer(name: str, of: str, status: str = "WaitingOnCandidateResponse", **more: object) -> Shape:
    salary = {"currencyCode": "EUR", "value": 90000}
    version = {"id": "v", "createdAt": at(4), "startDate": at(-60), "salary": salary}
    return {
        "id": name, "applicationId": of, "acceptanceStatus": "Created", "offerStatus": status,
        "decidedAt": None, "latestVersion": version, **more,
    }  # fmt: skip


@dataclass
class Organization:
    """What Ashby holds. `changed` are the ids that a token is answered with."""

    jobs: list[Shape] = field(default_factory=list)
    applications: list[Shape] = field(default_factory=list)
    offers: list[Shape] = field(default_factory=list)
    history: dict[str, list[Shape]] = field(default_factory=dict)
    departments: list[Shape] = field(
        default_factory=lambda: [{"id": "d-1", "name": "Engineering", "isArchived": False}]
    )
    changed: set[str] = field(default_factory=set)


def small() -> Organization:
    """One role, somebody on the way, somebody with an offer."""
    way = [step("s-review", 20, 0), step("s-phone", 15, 1), step("s-team", 3, 2)]
    return Organization(
        jobs=[job(openings=[opening("Open", "2026-12-31")])],
        applications=[application("a-1"), application("a-2", "s-offer")],
        offers=[offer("of-1", "a-2")],
        history={"a-1": way, "a-2": [step("s-review", 20, 0), step("s-offer", 4, 1)]},
    )


class Ashby(Vendor):
    """Serves the organization. `before` may answer a call instead."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.most = 100
        self.before: Callable[[str], object | None] = lambda what: None
        super().__init__(Always(self.answer))

    def answer(self, call: Call) -> object:
        what, body = call.path.removeprefix("/"), json.loads(call.body)
        if call.headers.get("Authorization") != f"Basic {b64encode(f'{KEY}:'.encode()).decode()}":
            return Refusal(403, {"success": False, "errors": ["invalid_api_key"]}, {})
        assert set(body) <= ALLOWED[what], (what, body)
        assert body.get("limit", 1) <= 100
        instead = self.before(what)
        return self.found(what, body) if instead is None else instead

    def found(self, what: str, body: Shape) -> object:
        held = self.organization
        if what == "interviewStage.list":
            stages = [stage(name) for name in STAGES] if body["interviewPlanId"] == "plan-1" else []
            return {"success": True, "results": stages, "moreDataAvailable": False}
        rows: dict[str, list[Shape]] = {
            "department.list": held.departments,
            "job.list": held.jobs,
            "application.list": held.applications,
            "offer.list": held.offers,
            "interviewPlan.list": [{"id": "plan-1", "title": "Engineering", "isArchived": False}],
            "application.listHistory": held.history.get(body.get("applicationId", ""), []),
        }
        return self.listed(rows[what], body)

    def listed(self, rows: list[Shape], body: Shape) -> object:
        token, cursor = body.get("syncToken"), body.get("cursor", "at-0")
        if (token is not None and token != "token-1") or not cursor.startswith("at-"):
            code = "sync_token_expired" if token else "next_cursor_expired"
            return {"success": False, "errors": [code], "errorInfo": {"code": code, "message": "..."}}
        if token is not None:
            rows = [row for row in rows if row["id"] in self.organization.changed]
        start, size = int(cursor.removeprefix("at-")), min(body.get("limit", 100), self.most)
        answer: Shape = {"success": True, "results": rows[start : start + size], "moreDataAvailable": False}
        if start + size < len(rows):
            return {**answer, "moreDataAvailable": True, "nextCursor": f"at-{start + size}"}
        return {**answer, "syncToken": "token-1"}
