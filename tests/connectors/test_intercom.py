"""Intercom: what a conversation means, whose it is, every page, changes only; in the vendor's own words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.connectors.intercom import STREAMS
from agentos_cli.contract import Batch
from agentos_cli.errors import CursorLost, Fatal, RateLimited
from agents.nouns import SurveyAnswer, Ticket
from tests.connectors.fake_intercom import (
    KEY,
    Intercom,
    contact,
    conversation,
    rated,
    seconds,
    small,
    spec,
    statistics,
)
from tests.connectors.partly import Partly
from tests.connectors.vendor import NOW, Refusal, Shape, checked, one, reaching
from tests.connectors.vendor import read as read_vendor


def read(vendor: Intercom) -> dict[str, Batch]:
    found = read_vendor("intercom", vendor.url, key=KEY)
    assert vendor.problems == []
    return found


def of(*conversations: Shape, strange: bool = False) -> dict[str, Batch]:
    with Intercom(list(conversations), strange=strange) as vendor:
        return read(vendor)


def ticket(**more: object) -> Ticket:
    found: Ticket = one(of(conversation(7, **more))["ticket"], Ticket)  # type: ignore[arg-type]
    return found


# ── the vendor's own description ─────────────────────────────────────────────────────────────────


def declared(fields: Mapping[str, object], schema: Shape, at: str = "") -> Iterator[str]:
    """Each declared field that the schema does not have."""
    known = properties(schema)
    for name, inner in fields.items():
        plain = name.rstrip("?")
        if plain not in known:
            yield f"{at}{plain}"
            continue
        nested = inner[0] if isinstance(inner, list) else inner
        below = known[plain] if not isinstance(inner, list) else items(known[plain])
        if isinstance(nested, Mapping):
            yield from declared(nested, below, f"{at}{plain}.")
        elif isinstance(inner, tuple):
            assert set(resolved(below)["enum"]) == set(inner)


def resolved(schema: Any) -> Shape:
    """Behind references and what may be null."""
    while True:
        if "$ref" in schema:
            schema = spec()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        elif "anyOf" in schema:
            schema = schema["anyOf"][0]
        else:
            found: Shape = schema
            return found


def properties(schema: Shape) -> Shape:
    found: Shape = resolved(schema).get("properties", {})
    return found


def items(schema: Shape) -> Shape:
    found: Shape = resolved(schema)["items"]
    return found


@pytest.mark.parametrize(
    ("stream", "schema"), [("conversations", "conversation_list_item"), ("contacts", "contact")]
)
def test_every_field_that_is_read_is_one_that_intercom_describes(stream: str, schema: str) -> None:
    assert list(declared(STREAMS[stream].fields, spec()["components"]["schemas"][schema])) == []


def test_intercom_s_own_example_can_be_read() -> None:
    answer = spec()["paths"]["/conversations/search"]["post"]["responses"]["200"]
    (shape,) = answer["content"]["application/json"]["examples"]["successful"]["value"]["conversations"]
    with Intercom([shape], [contact("6762f14a1bb69f9f2193bbb3", "x@globex.com")], strange=True) as vendor:
        found = read(vendor)
    assert found["ticket"].skipped == found["survey_answer"].skipped == ()
    assert found["ticket"].records == ()  # a message of ours that nobody answered


# ── what it means ────────────────────────────────────────────────────────────────────────────────


def test_a_conversation_is_a_ticket_and_its_rating_an_answer() -> None:
    with Intercom(small()) as vendor:
        found = read(vendor)
    first, second = found["ticket"].records
    assert isinstance(first, Ticket) and isinstance(second, Ticket)
    assert (first.id, first.account, first.subject, first.open) == (
        "1",
        "globex.com",
        "Conversation 1",
        False,
    )
    assert first.first_response_at == NOW - timedelta(days=5.5)
    assert first.closed_at == NOW - timedelta(days=4)
    assert (second.subject, second.severity, second.open, second.closed_at) == ("It burns", 1, True, None)
    rating = one(found["survey_answer"], SurveyAnswer)
    assert (rating.survey, rating.score, rating.account) == ("csat", 4, "globex.com")
    assert (rating.id, rating.answered_on) == ("1", date(2026, 11, 20))


@pytest.mark.parametrize(
    ("priority", "severity"), [("urgent", 1), ("high", 2), ("medium", 3), ("low", 4), ("none", 4)]
)
def test_severity_is_the_priority(priority: str, severity: int) -> None:
    assert ticket(priority=priority).severity == severity


@pytest.mark.parametrize(("state", "is_open"), [("open", True), ("snoozed", True), ("closed", False)])
def test_only_a_closed_conversation_is_over(state: str, is_open: bool) -> None:
    found = ticket(state=state, statistics=statistics(3, 2))
    assert (found.open, found.closed_at is None) == (is_open, is_open)


@pytest.mark.parametrize(
    ("who", "company", "account"),
    [
        ("c1", None, "globex.com"),
        ("c1", {"type": "company", "website": "https://other.example"}, "globex.com"),
        ("c2", {"type": "company", "website": "https://www.initech.com/us"}, "initech.com"),
        ("c2", None, "bob@gmail.com"),
        ("c3", {"type": "company", "website": "initech.com"}, "initech.com"),
        ("c3", None, None),
        ("merged", None, None),
    ],
)
def test_whose_conversation_it_is(who: str, company: Shape | None, account: str | None) -> None:
    assert ticket(who=who, company=company).account == account


def test_a_message_that_nobody_answered_is_no_ticket() -> None:
    ours = {"type": "conversation", "delivered_as": "admin_initiated"}
    unheard = conversation(1, first_contact_reply=None, source=ours)
    heard = conversation(2, source=ours)
    assert one(of(unheard, heard)["ticket"], Ticket).id == "2"


def test_the_subject_of_an_e_mail_is_its_subject_and_markup_is_none() -> None:
    mail = {"type": "email", "delivered_as": "customer_initiated", "subject": "Invoice 12"}
    assert ticket(source=mail).subject == "Invoice 12"
    assert ticket(source={**mail, "subject": "<p>Hello</p>"}).subject == "Conversation 7"


def test_a_rating_that_was_asked_for_and_not_given_is_no_answer() -> None:
    assert of(conversation(1, conversation_rating=rated(None)))["survey_answer"].records == ()


def test_strange_conversations_are_skipped_and_told() -> None:
    strange = [
        conversation(2, priority="blazing"),
        conversation(3, state="archived"),
        conversation(4, created_at="whenever"),
        conversation(5, conversation_rating=rated(11)),
    ]
    found = of(conversation(1, conversation_rating=rated(5)), *strange, strange=True)
    assert [(each.where, each.why.split(" is ")[0]) for each in found["ticket"].skipped] == [
        ("2", "priority"), ("3", "state"), ("4", "created_at"),
    ]  # fmt: skip
    assert [(each.where, each.why) for each in found["survey_answer"].skipped] == [
        ("5", "rating is 11, not 1 to 5")
    ]


def test_when_no_conversation_can_be_read_the_format_has_changed() -> None:
    with pytest.raises(Fatal, match="none of 2 ticket records"):
        of(conversation(1, state=None), conversation(2, state="gone"), strange=True)


# ── pages and changes ────────────────────────────────────────────────────────────────────────────


def test_every_page_is_read_and_everybody_looked_up() -> None:
    many = [conversation(n, 5, f"p{n}") for n in range(1, 321)]
    with Intercom(many, [contact(f"p{n}", f"x@c{n}.com") for n in range(1, 321)]) as vendor:
        found = read(vendor)["ticket"].records
        assert [each.account for each in found if isinstance(each, Ticket)] == [
            f"c{n}.com" for n in range(1, 321)
        ]
        named = [json.loads(c.body)["query"]["value"] for c in vendor.calls if c.path == "/contacts/search"]
        assert max(len(ids) for ids in named) == 50


def test_later_reads_bring_what_changed_and_no_more() -> None:
    old = [conversation(n, 60) for n in range(100, 400)]
    with Intercom([*small(), conversation(50, 1), *old]) as vendor:
        source = Partly("intercom", vendor.url, KEY)
        source.read(whole=True)
        vendor.conversations[1].update(state="closed", statistics=statistics(0.1, 0), updated_at=seconds(0))
        vendor.conversations.append(conversation(3, 0, "c3"))
        vendor.calls.clear()
        pages = source.read(whole=False, now=NOW + timedelta(hours=1))
        found = [raw for page in pages if page.stream == "conversations" for raw in page.records]
        assert [each["id"] for each in found if isinstance(each, dict)] == ["2", "3"]
        assert len(vendor.calls) == 2
        again = Partly("intercom", vendor.url, KEY)
        again.read(whole=True)
        assert source.nouns() == again.nouns()


def test_a_read_that_dies_goes_on_behind_its_last_page() -> None:
    with Intercom([conversation(n, 60) for n in range(1, 501)]) as vendor:
        source = Partly("intercom", vendor.url, KEY)
        source.read(whole=True, pages=4)
        vendor.calls.clear()
        source.read(whole=True)
        searches = [json.loads(call.body) for call in vendor.calls if call.path == "/conversations/search"]
        assert [each["pagination"]["starting_after"] for each in searches] == ["at-300", "at-450"]
        assert len(source.nouns()["ticket"][0]) == 500


def test_a_cursor_that_intercom_has_forgotten_means_all_over_again() -> None:
    with Intercom(small()) as vendor:
        source = Partly("intercom", vendor.url, KEY)
        with pytest.raises(CursorLost):
            source.read(whole=False)
        source.cursors = {"conversations": "forgotten"}
        with pytest.raises(CursorLost):
            source.read(whole=True)


# ── refusals and the account ─────────────────────────────────────────────────────────────────────


def test_a_limit_says_when_it_is_over() -> None:
    reset = int((datetime.now(UTC) + timedelta(minutes=20)).timestamp())
    with Intercom(small()) as vendor:
        vendor.before = lambda call: Refusal(429, {}, {"X-RateLimit-Reset": str(reset)})
        with pytest.raises(RateLimited) as caught:
            read(vendor)
    assert caught.value.not_before <= datetime.fromtimestamp(reset, UTC)


def test_an_answer_without_its_list_is_a_changed_format() -> None:
    with Intercom(small()) as vendor:
        vendor.before = lambda call: Refusal(200, {"type": "conversation.list", "items": []}, {})
        with pytest.raises(Fatal, match="conversations is not a list"):
            read(vendor)


def test_check_and_account_tell_the_workspace() -> None:
    with Intercom([]) as vendor:
        assert checked("intercom", vendor.url, key=KEY) == "Intercom workspace Acme"
        with reaching("intercom", vendor.url, key=KEY) as access:
            assert CATALOGUE["intercom"].account()(access) == {"app": "abc123", "region": "EU"}
        assert vendor.problems == []


@pytest.mark.parametrize(
    ("kind", "record", "options", "page"),
    [
        ("ticket", "12", {"app": "abc1"}, "https://app.intercom.com/a/inbox/abc1/inbox/conversation/12"),
        (
            "survey_answer",
            "12",
            {"app": "abc1", "region": "EU"},
            "https://app.eu.intercom.com/a/inbox/abc1/inbox/conversation/12",
        ),
        ("ticket", "12", {}, None),
        ("ticket", "12/../13", {"app": "abc1"}, None),
        ("ticket", "12", {"app": "abc/1"}, None),
        ("ticket", "12", {"app": "abc1", "region": "evil.example"}, None),
        ("contact", "12", {"app": "abc1"}, None),
    ],
)
def test_the_page_of_a_record(kind: str, record: str, options: dict[str, str], page: str | None) -> None:
    assert CATALOGUE["intercom"].page(kind, record, options) == page
