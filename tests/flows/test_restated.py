"""What came late changes the past visibly: the day as it was known stays, and the day restated says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentos_cli.app import App
from agentos_cli.renderers import FORMS, draw
from agentos_cli.renderers.style import Style
from agents.nouns import BankTransaction, CashBalance, Invoice, Payment, Subscription, UsageDay
from tests.agents import build
from tests.flows.street import at, house

DAY = timedelta(days=1)
THEN = datetime(2026, 11, 2, 7, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
KEPT = build.subscription("kept", 100, account="kept.com", valid_from=THEN - 100 * DAY)
LATE = build.subscription("late", 40, account="late.com", valid_from=THEN - 10 * DAY)
FUTURE = build.subscription("new", 900, account="new.com", valid_from=THEN + 5 * DAY)


def learn(made: App, *subscriptions: Subscription) -> None:
    """Stripe says now that there are these."""
    now = made.clock()
    with made.store.unit_of_work() as work:
        work.records.replace("stripe", Subscription, subscriptions, now)
        for kind in (Subscription.kind, Invoice.kind, Payment.kind):
            work.sources.synced("stripe", kind, now)
        for kind in (CashBalance.kind, BankTransaction.kind, UsageDay.kind):
            work.sources.synced("files", kind, now)
        work.commit()


@pytest.fixture
def past(tmp_path: Path) -> App:
    """A house that stands at THEN over a store that has learned more since."""
    made = house(tmp_path / "home", THEN)
    learn(made, KEPT)
    learn(at(made, NOW), KEPT, LATE, FUTURE)
    return App(made.loaded, made.places, made.environ, lambda: THEN, True, lambda: NOW)


def test_the_day_as_it_was_known_knows_nothing_of_what_came_later(past: App) -> None:
    brief = past.desk.brief()
    assert next(n for n in brief["numbers"] if n["key"] == "mrr")["text"] == "$100"
    assert brief["restated"] is None


def test_the_day_restated_counts_what_was_there_and_not_what_came_to_be_later(past: App) -> None:
    brief = past.restated()
    assert next(n for n in brief["numbers"] if n["key"] == "mrr")["text"] == "$140"
    assert brief["restated"] is not None
    changed = {figure["key"]: figure for figure in brief["restated"]["figures"]}
    assert (changed["mrr"]["then"], changed["mrr"]["now"]) == (10_000, 14_000)
    assert changed["mrr"]["text"] == "MRR: $100 then, $140 now (+40.0%)"
    assert brief["as_of"].startswith("2026-11-02") and brief["restated"]["known_at"].startswith("2026-11-20")


def test_a_day_that_nothing_changed_says_so(tmp_path: Path) -> None:
    made = house(tmp_path / "home", THEN)
    learn(made, KEPT)
    learn(at(made, NOW), KEPT, FUTURE)
    past = App(made.loaded, made.places, made.environ, lambda: THEN, True, lambda: NOW)
    brief = past.restated()
    assert brief["restated"] is not None and brief["restated"]["figures"] == []
    assert "No figure is known otherwise now." in draw(brief, "text", Style())


@pytest.mark.parametrize("form", [form for form in FORMS if form != "svg"])
def test_every_form_tells_what_was_restated(past: App, form: str) -> None:
    drawn = draw(past.restated(), form, Style())
    assert "$100 then" in drawn.replace("\\", "") and "$140 now" in drawn.replace("\\", "")


def test_a_difference_that_a_short_text_hides_is_told_to_the_cent(tmp_path: Path) -> None:
    made = house(tmp_path / "home", THEN)
    large = build.subscription("large", 100_000, account="large.com", valid_from=THEN - 100 * DAY)
    learn(made, large)
    penny = build.subscription("penny", "0.01", account="penny.com", valid_from=THEN - 10 * DAY)
    learn(at(made, NOW), large, penny)
    brief = App(made.loaded, made.places, made.environ, lambda: THEN, True, lambda: NOW).restated()
    drawn = draw(brief, "text", Style())
    assert "MRR: $100,000.00 then, $100,000.01 now\n" in drawn
    assert brief["restated"] is not None
    hidden = {f["key"] for f in brief["restated"]["figures"] if f["then_text"] == f["now_text"]}
    assert "concentration" in hidden and "Largest customer:" not in drawn


def test_a_restated_figure_is_explained_by_the_records_known_now(past: App) -> None:
    then, now = past.desk.explain("mrr"), past.hindsight.explain("mrr")
    assert (then["value"], now["value"]) == (10_000, 14_000)
    (term,) = now["terms"]
    records = [record for part in term["parts"] for record in part["records"]]
    assert now["adds_up"] and {record["id"] for record in records} == {"kept", "late"}
    assert {record["learned_at"][:10] for record in records if record["learned_at"]} == {
        "2026-11-02",
        "2026-11-20",
    }
