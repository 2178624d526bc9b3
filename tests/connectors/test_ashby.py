"""Ashby: which of our stages theirs are, roles and offers, every page, changes by token, and its refusals."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from agentos_cli.connectors.ashby.streams import step as ours
from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.contract import Batch
from agentos_cli.errors import CredentialRefused, CursorLost, Fatal
from agents.money import Money
from agents.nouns import Candidate, Offer, Role
from tests.connectors.fake_ashby import (
    KEY,
    Ashby,
    Organization,
    application,
    archived,
    at,
    job,
    offer,
    opening,
    small,
    step,
)
from tests.connectors.partly import Partly
from tests.connectors.vendor import NOW, Refusal, Shape, checked, one
from tests.connectors.vendor import read as read_vendor

TODAY = date(2026, 11, 21)


def day(days: int) -> date:
    return TODAY - timedelta(days=days)


def read(vendor: Ashby, **options: str) -> dict[str, Batch]:
    return read_vendor("ashby", vendor.url, key=KEY, **options)


def of(organization: Organization, **options: str) -> dict[str, Batch]:
    with Ashby(organization) as vendor:
        return read(vendor, **options)


def candidate(shape: Shape, *way: Shape) -> Candidate:
    found: Candidate = one(
        of(Organization(applications=[shape], history={shape["id"]: list(way)}))["candidate"], Candidate
    )
    return found


def role(**more: object) -> Role:
    found: Role = one(of(Organization(jobs=[job(**more)]))["role"], Role)  # type: ignore[arg-type]
    return found


# ── what it means ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "title", "stage"),
    [
        ("PreInterviewScreen", "Application Review", "applied"),
        ("Active", "Recruiter Screen", "screen"),
        ("Active", "Phone call", "screen"),
        ("Active", "Introductory chat", "screen"),
        ("Active", "Take-home", "interview"),
        ("Active", "Screenwriting", "interview"),
        ("Active", "Onsite", "final"),
        ("Active", "On-Site Loop", "final"),
        ("Active", "Final phone screen", "final"),
        ("Offer", "Final offer", "offer"),
        ("Hired", "Hired", "hired"),
        ("Lead", "New Lead", None),
        ("Archived", "Archived", None),
    ],
)
def test_which_of_our_stages_theirs_is(kind: str, title: str, stage: str | None) -> None:
    assert ours(kind, title) == stage


def test_a_candidate_on_the_way() -> None:
    way = step("s-review", 20, 0), step("s-phone", 15, 1), step("s-team", 3, 2)
    found = candidate(application("a-1"), *way)
    assert (found.id, found.role_id, found.name) == ("a-1", "job-1", "Person a-1")
    assert (found.stage, found.reached, found.applied_on, found.stage_since) == (
        "interview", "interview", day(20), day(3),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "stage"),
    [
        ("RejectedByOrg", "rejected"),
        ("RejectedByCandidate", "withdrawn"),
        ("Other", "rejected"),
        (None, "rejected"),
    ],
)
def test_who_is_out_reached_the_furthest_stage_before(reason: str | None, stage: str) -> None:
    way = step("s-review", 20, 0), step("s-final", 9, 1), step("s-phone", 8, 2), step("s-archived", 2, 3)
    found = candidate(archived("a-1", reason), *way)
    assert (found.stage, found.reached, found.stage_since) == (stage, "final", day(2))


def test_a_hire_has_reached_all_since_the_day_of_it() -> None:
    found = candidate(application("a-1", "s-hired", "Hired"), step("s-hired", 6, 3))
    assert (found.stage, found.reached, found.stage_since) == ("hired", "hired", day(6))


def test_without_a_way_on_record_somebody_applied() -> None:
    found = candidate(archived("a-1", "RejectedByOrg"))
    assert (found.reached, found.stage_since) == ("applied", day(2))


def test_leads_and_what_was_archived_over_a_year_ago_are_left_out() -> None:
    held = Organization(
        applications=[
            application("lead", "s-lead", "Lead"),
            archived("old", "Other", 400),
            archived("new", "Other", 300),
        ]
    )
    with Ashby(held) as vendor:
        assert one(read(vendor)["candidate"], Candidate).id == "new"
    asked = [call for call in vendor.calls if call.path == "/application.listHistory"]
    assert len(asked) == 1


def test_an_open_job_is_an_open_role() -> None:
    found = role(openings=[opening("Open", "2027-01-31"), opening("Open", "2026-12-31")])
    assert (found.title, found.team, found.opened_on) == ("Engineer", "Engineering", day(30))
    assert (found.target_on, found.filled_on, found.closed_on) == (date(2026, 12, 31), None, None)


@pytest.mark.parametrize("status", ["Closed", "Archived"])
def test_a_closed_job_was_filled_if_an_opening_of_it_was(status: str) -> None:
    filled = role(status=status, closedAt=at(3), openings=[opening("Filled"), opening("Closed")])
    assert (filled.filled_on, filled.closed_on) == (day(3), None)
    closed = role(status=status, closedAt=None, openings=[opening("Filled", isArchived=True)])
    assert (closed.filled_on, closed.closed_on) == (None, day(5))


def test_a_draft_of_a_job_is_no_role_and_a_gone_department_no_failure() -> None:
    held = Organization(jobs=[job("j-1", "Draft"), job("j-2", departmentId="gone")])
    assert one(of(held)["role"], Role).team == "unknown"


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("WaitingOnCandidateResponse", "pending"),
        ("CandidateAccepted", "accepted"),
        ("CandidateRejected", "declined"),
    ],
)
def test_an_offer(status: str, ours: str) -> None:
    held = Organization(
        applications=[application("a-1", "s-offer")],
        offers=[offer("of-1", "a-1", status, decidedAt=at(1))],
    )
    found = one(of(held)["offer"], Offer)
    assert (found.status, found.candidate_id, found.role_id) == (ours, "a-1", "job-1")
    assert (found.sent_on, found.expires_on) == (day(4), day(4) + timedelta(days=30))
    assert found.decided_on == (None if ours == "pending" else day(1))
    assert found.monthly_cost == Money(750_000, "EUR")
    assert one(of(held, offer_days="7")["offer"], Offer).expires_on == day(4) + timedelta(days=7)


@pytest.mark.parametrize("status", ["WaitingOnApprovalStart", "WaitingOnOfferApproval", "OfferCancelled"])
def test_what_was_not_sent_or_was_taken_back_is_no_offer(status: str) -> None:
    held = Organization(applications=[application("a-1")], offers=[offer("of-1", "a-1", status)])
    found = of(held)["offer"]
    assert (found.records, found.skipped) == ((), ())


def test_strange_records_are_skipped_and_told() -> None:
    held = small()
    held.applications += [application("a-3", status="Paused"), archived("a-4", "Bored")]
    held.jobs.append(job("job-2", status="Frozen"))
    held.offers.append(offer("of-2", "a-1", "Signed"))
    told = [(each.where, each.why.partition(",")[0]) for batch in of(held).values() for each in batch.skipped]
    assert told == [
        ("job-2", "status is `Frozen`"),
        ("a-3", "status is `Paused`"),
        ("a-4", "reasonType is `Bored`"),
        ("of-2", "offerStatus is `Signed`"),
    ]


def test_when_no_application_can_be_read_the_format_has_changed() -> None:
    with pytest.raises(Fatal, match="none of 2 candidate records"):
        of(Organization(applications=[application("a-1", job=None), application("a-2", job=None)]))


# ── pages and changes ────────────────────────────────────────────────────────────────────────────


def test_every_page_is_read() -> None:
    held = Organization(applications=[application(f"a-{n}") for n in range(230)])
    held.history = {each["id"]: [step("s-phone", 3, 0)] for each in held.applications}
    assert len(of(held)["candidate"].records) == 230


def test_later_reads_ask_with_the_tokens_of_the_last() -> None:
    held = small()
    with Ashby(held) as vendor:
        source = Partly("ashby", vendor.url, KEY)
        source.read(whole=True)
        held.applications[0].update(currentInterviewStage=step("s-final", 0, 0))
        held.applications[0]["currentInterviewStage"] = application("x", "s-final")["currentInterviewStage"]
        held.history["a-1"].append(step("s-final", 0, 3))
        held.changed = {"a-1"}
        vendor.calls.clear()
        source.read(whole=False)
        bodies = {call.path: json.loads(call.body) for call in vendor.calls}
        assert {path for path, body in bodies.items() if body.get("syncToken") == "token-1"} == {
            "/department.list", "/job.list", "/application.list", "/offer.list",
        }  # fmt: skip
        assert sum(call.path == "/application.listHistory" for call in vendor.calls) == 1
        again = Partly("ashby", vendor.url, KEY)
        again.read(whole=True)
        assert source.nouns() == again.nouns()
        source.read(whole=False)  # the tokens were kept


def test_a_read_that_dies_goes_on_and_still_leaves_every_token() -> None:
    held = small()
    held.applications += [application(f"b-{n}") for n in range(150)]
    with Ashby(held) as vendor:
        source = Partly("ashby", vendor.url, KEY)
        source.read(whole=True, pages=5)
        before = len(source.kept.all().records["applications"])
        source.read(whole=True)
        assert len(source.kept.all().records["applications"]) == 152 >= before
        assert set(source.cursors.values()) == {"token-1"} and len(source.cursors) == 4
        source.read(whole=False)


@pytest.mark.parametrize("token", ["token:jobs", "token:offers"])
def test_a_token_that_has_expired_means_all_over_again(token: str) -> None:
    with Ashby(small()) as vendor:
        source = Partly("ashby", vendor.url, KEY)
        with pytest.raises(CursorLost):
            source.read(whole=False)
        source.read(whole=True)
        source.cursors[token] = "of last year"
        with pytest.raises(CursorLost, match="sync_token_expired"):
            source.read(whole=False)
        source.cursors = {"jobs": "forgotten"}
        with pytest.raises(CursorLost, match="next_cursor_expired"):
            source.read(whole=True)


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [200, 403])
def test_a_missing_permission_is_named(status: int) -> None:
    refused = Refusal(status, {"success": False, "errors": ["missing_endpoint_permission"]}, {})
    with Ashby(small()) as vendor:
        vendor.before = lambda what: refused if what == "offer.list" else None
        with pytest.raises(CredentialRefused, match=r"may not read offer\.list") as caught:
            read(vendor)
    assert caught.value.fix == "agentos connect ashby"


def test_a_refusal_with_status_200_is_one() -> None:
    refused = {"success": False, "errorInfo": {"code": "invalid_input", "message": "secret words"}}
    with Ashby(small()) as vendor:
        vendor.before = lambda what: refused if what == "job.list" else None
        with pytest.raises(Fatal, match=r"refused job\.list \(invalid_input\)"):
            read(vendor)
        vendor.before = lambda what: {"success": True, "items": []} if what == "job.list" else None
        with pytest.raises(Fatal, match="results is not a list"):
            read(vendor)


def test_check_makes_one_call() -> None:
    with Ashby(small()) as vendor:
        assert checked("ashby", vendor.url, key=KEY) == "Ashby accepts the key, and shows jobs"
        assert len(vendor.calls) == 1


def test_no_address_is_made_up() -> None:
    assert CATALOGUE["ashby"].page("candidate", "a-1", {}) is None
    assert at(0) == f"{NOW:%Y-%m-%dT%H:%M:%S.000Z}"
