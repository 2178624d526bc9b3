"""Every type of event reads well in every form, and nothing from outside gets through as more than text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from agentos_cli.delivery import forms
from agentos_cli.delivery.digest import digest
from agentos_cli.delivery.messages import Writer
from agentos_cli.delivery.said import SAID, said
from agentos_cli.events import (
    TYPES,
    AlertRaised,
    AlertResolved,
    BriefingReady,
    DigestReady,
    Event,
    Priority,
    ScheduleFailed,
    ScheduleMissed,
    SourceFailed,
    SourceSynced,
)
from agentos_cli.renderers import draw
from agentos_cli.renderers.documents import as_json, brief_document
from agentos_cli.renderers.style import Style
from agentos_cli.store.records import SavedBriefing
from agentos_cli.store.store import Store
from tests.renderers import sample

NIGHT = datetime(2026, 11, 23, 2, 10, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
EVIDENCE = {
    "read": "cash", "at": "2026-11-23T01:00:00+00:00", "value": "$180k", "limit": "< $250k",
    "says": "Cash is $180k, below $250k", "fix": "agentos explain cash", "state": "alert", "was": None,
    "told": "raised",
}  # fmt: skip
RAISED = AlertRaised("alt_1", "low_cash", "Cash is below its limit", "high", EVIDENCE).event(NIGHT)
RESOLVED = AlertResolved("alt_1", "low_cash", "Cash is below its limit", "high", 90).event(
    NIGHT + timedelta(minutes=90)
)
HOSTILE = st.text(st.sampled_from("ab |*_`[]()<>&\"'#-!/:.\x1b\x00\n\u202e\u200b日"), max_size=80)


def told(event: Event) -> str:
    return forms.plain(said(event, ZONE))


def test_every_type_of_event_has_words_of_its_own() -> None:
    assert set(SAID) == set(TYPES)


def test_an_alert_says_what_since_when_the_value_its_limit_and_what_to_do() -> None:
    assert told(RAISED).splitlines() == [
        "Cash is below its limit.",
        "Cash is $180k, below $250k.",
        "State: alert.",
        "Since: Mon 2026-11-23 03:10 CET.",
        "Value: $180k.",
        "Limit: < $250k.",
        "Read: cash, as of Mon 2026-11-23 02:00 CET.",
        "Run: agentos explain cash",
        "Run: agentos heartbeat ack alt_1",
        "Run: agentos heartbeat history low_cash",
    ]
    assert told(RESOLVED).startswith("Over: Cash is below its limit, after 90 min.\n")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (SourceFailed("stripe", "the key is refused", "agentos connect stripe"),
         ["stripe could not be read: the key is refused", "Run: agentos connect stripe"]),
        (SourceFailed("stripe", "it is away", "wait"), ["To mend it: wait"]),
        (SourceSynced("stripe", 220, 3, 1), ["3 of 220 records", "Could not be read: 1"]),
        (ScheduleMissed("brief", "2026-11-23T06:00:00+00:00", "the machine was off"),
         ["brief was not done", "Due: Mon 2026-11-23 07:00 CET", "Why: the machine was off"]),
        (ScheduleFailed("brief", "soon", 7, "no database"),
         ["brief failed: no database", "Due: soon", "Exit code: 7", "Run: agentos schedule show brief"]),
    ],
)  # fmt: skip
def test_what_happened_and_what_to_do_are_said(event: SourceFailed, words: list[str]) -> None:
    text = told(event.event(NIGHT))
    assert [word for word in words if word not in text] == []


def test_an_event_of_a_newer_program_is_readable_all_the_same() -> None:
    event = Event("InvoicePaid", "invoice:7", NIGHT, {"amount": 1200, "from": {"name": "Acme"}})
    lines = told(event).splitlines()
    assert lines[0] == "Invoice paid: invoice:7."
    assert {"Amount: 1200.", 'From: {"name": "Acme"}.'} <= set(lines)
    assert lines[-1] == f"Run: agentos events show {event.id}"


@pytest.mark.parametrize("name", TYPES)
def test_a_payload_that_is_not_as_it_should_be_still_says_something(name: str) -> None:
    assert told(Event(name, "x:1", NIGHT, {}))


class Tags(HTMLParser):
    """The tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)


OURS = {"html", "head", "meta", "title", "style", "body", "div", "h1", "h2", "p", "ul", "li", "code"}


@examples(max_examples=60, deadline=None)
@given(text=HOSTILE)
def test_text_from_outside_stays_text_in_every_form(text: str) -> None:
    text = f"x{text}[a](https://x.test)<img src=x>"
    events = [
        SourceFailed(text, text, text).event(NIGHT),
        replace(RAISED, payload={**RAISED.payload, "title": text, "evidence": {"value": text, text: text}}),
        Event("Odd", text, NIGHT, {text: [text]}),
    ]
    for words in (*(said(event, ZONE) for event in events), digest(events, ZONE)):
        tags = Tags()
        tags.feed(forms.html(words))
        assert tags.seen <= OURS
        md = forms.markdown(words)
        assert "<img" not in md and "](" not in md.replace("\\](", "")
        for form in (forms.plain(words), md, forms.html(words)):
            assert all(char.isprintable() for char in form.replace("\n", ""))
        assert len(forms.subject(words.subject)) <= forms.SUBJECT


def test_a_digest_groups_and_says_in_one_line_what_came_and_went() -> None:
    other = replace(RAISED, payload={**RAISED.payload, "alert": "alt_2", "title": "Disk is full"})
    failed = SourceFailed("stripe", "it is away", None).event(NIGHT + timedelta(minutes=5))
    words = digest([RAISED, failed, other, RESOLVED], ZONE)
    assert words.subject == "While it was quiet: 4 messages since Mon 03:10"
    assert [(s.title, s.lines) for s in words.sections] == [
        ("Alerts", ("03:10 Cash is below its limit: over at 04:40, after 90 min", "03:10 Disk is full")),
        ("Sources", ("03:15 stripe could not be read: it is away",)),
    ]


def test_a_digest_is_made_of_the_events_it_names_and_as_urgent_as_they_are(store: Store) -> None:
    first = DigestReady("team", (RAISED.id,)).event(NIGHT)
    with store.outbox() as outbox:
        outbox.announce(RAISED, RESOLVED, first)
    whole = DigestReady("team", (RESOLVED.id, first.id, "evt_gone")).event(NIGHT)
    message = Writer(store, ZONE).message(whole, "key")
    assert (message.key, message.priority) == ("key", Priority.HIGH)
    assert "Cash is below its limit: over at 04:40, after 90 min" in message.text


def test_a_brief_is_sent_as_it_was_kept(store: Store) -> None:
    kept = as_json(brief_document(sample.HARD, ["The brief of Fri 07:00 reached nobody (team: away)."]))
    store.record([], SavedBriefing("run_1", NIGHT, kept))
    ready = BriefingReady("run_1", NIGHT.isoformat(), sample.HARD.verdict, send=True).event(NIGHT)
    message = Writer(store, ZONE).message(ready, "key")
    assert message.subject.startswith("Brief Mon 2026-11-23: ")
    assert message.text.startswith("Brief for 2026-11-23, as of 07:00")
    assert message.markdown.startswith("# Brief for ") and message.html.startswith("<!doctype html>")
    for form in (message.text, message.markdown, message.html):
        assert "The brief of Fri 07:00 reached nobody" in form
    brief = message.facts["brief"]
    assert isinstance(brief, dict) and len(brief["decisions"]) == 3

    gone = replace(ready, payload={**ready.payload, "briefing": "run_2"})
    assert "not kept any more" in Writer(store, ZONE).message(gone, "key").text


GOLDEN = Path(__file__).parents[1] / "renderers" / "golden"
NOTICES = ["Late by 3 h: due 07:00.", "A second one."]


def test_what_a_brief_says_of_itself_takes_one_line_of_the_screen() -> None:
    document = brief_document(sample.ORDINARY, NOTICES)
    text = draw(document, "text", Style())
    before = (GOLDEN / "ordinary-80.txt").read_text().splitlines()
    (added,) = (line for line in text.splitlines() if line not in before)
    assert added.startswith("! Late by 3 h: due 07:00.  ")
    assert added.endswith("1 more: agentos brief --all")
    assert len(text.splitlines()) <= 23
    for form in ("text", "plain", "md", "html"):
        assert all(said in draw(document, form, Style(everything=True)) for said in NOTICES)
    quiet = draw(brief_document(sample.QUIET, NOTICES), "text", Style())
    assert len(quiet.splitlines()) == 3
