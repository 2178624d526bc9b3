"""A beat raises, holds and resolves over a real store; what breaks is a warning; an idle day is silent."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agentos_cli.app import App
from agentos_cli.bus.relay import Relay
from agentos_cli.config.model import CheckRule, Syncing
from agentos_cli.duties import heartbeat
from agentos_cli.errors import DataProblem, Fatal, UsageProblem
from agentos_cli.events import Consumer, Delivery, Event, SourceSynced
from agentos_cli.heartbeat import beat as beating
from agentos_cli.heartbeat.beat import EVERY, Beat
from agentos_cli.heartbeat.catalogue import FAMILIES, HOUSE, Family
from agentos_cli.heartbeat.check import Check, Result, alert, ok, seen
from agentos_cli.heartbeat.seen import Seen
from agentos_cli.store.check_records import CheckDraft, Standing
from agentos_cli.store.store import Store
from tests.flows.street import MORNING, Street, at, house

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LOOK = Seen(MORNING, ZoneInfo("Europe/Berlin"))
GOOD, BAD = ok(seen("it", None, 1, 2, "it is well")), alert(seen("it", None, 3, 2, "it is not well"))


def family(name: str, *checks: Check) -> Family:
    return Family(name, name, "", "", "", lambda seen: checks)


def says(name: str, result: Result | None) -> Check:
    return Check(name, name.partition(".")[0], lambda: result)


def told(store: Store) -> list[tuple[str, object]]:
    """Every event of an alert so far: its type and its check."""
    return [(e.type, e.payload["check"]) for e in store.event_log().events(limit=10_000)]


def once(store: Store, minutes: int, *checks: Check) -> Beat:
    look = replace(LOOK, at=MORNING + timedelta(minutes=minutes))
    return beating.beat(store.checks(), look, (), (family("odd", *checks),))


# ── on either database ───────────────────────────────────────────────────────────────────────────


def test_a_beat_raises_holds_and_resolves(store: Store) -> None:
    for minutes, result in enumerate((GOOD, BAD, BAD, GOOD, GOOD)):
        once(store, 5 * minutes, says("odd.one", result))
    assert told(store) == [("AlertRaised", "odd.one"), ("AlertResolved", "odd.one")]
    raised, resolved = store.event_log().events()
    (kept,) = store.checks().alerts(resolved=True)
    assert raised.payload["alert"] == resolved.payload["alert"] == kept.id
    assert raised.payload["evidence"] == {**BAD.evidence, "state": "alert", "told": "raised", "was": None}
    assert resolved.payload["minutes"] == 10
    assert [result.state for result in store.checks().history("odd.one")] == ["ok", "alert"]


def test_while_nothing_changes_a_beat_writes_one_line(store: Store) -> None:
    once(store, 0, says("odd.one", GOOD), says("odd.two", BAD))
    before = store.checks().book()
    second = once(store, 5, says("odd.one", GOOD), says("odd.two", BAD))
    after = store.checks().book()
    assert second.changes == ()
    assert second.counts == {"ok": 1, "alert": 1}
    assert {name for name in after.states if after.states[name] != before.states[name]} == {HOUSE}
    assert (after.states[HOUSE].beats, after.states[HOUSE].state) == (2, Standing.SCHEDULED)
    assert after.alerts == before.alerts


def test_a_check_that_breaks_is_a_warning_of_its_own(store: Store) -> None:
    def broken() -> Result:
        raise ZeroDivisionError("oh")

    made = once(store, 0, Check("odd.broken", "odd", broken), says("odd.bad", BAD))
    assert made.counts == {"warn": 1, "alert": 1}
    assert "ZeroDivisionError: oh" in str(store.checks().book().states["odd.broken"].evidence["says"])


def test_checks_of_a_family_that_cannot_be_read_stand_as_they_stood(store: Store) -> None:
    once(store, 0, says("odd.one", BAD))

    def broken(seen: Seen) -> Iterable[Check]:
        raise OSError("away")

    beating.beat(
        store.checks(), replace(LOOK, at=MORNING + EVERY), (), (Family("odd", "", "", "", "", broken),)
    )
    book = store.checks().book()
    assert (book.states["odd.one"].state, book.states["odd"].state) == (Standing.ALERT, Standing.WARN)
    once(store, 10, says("odd.one", BAD))
    assert store.checks().book().states.keys() == {"odd.one", HOUSE}
    assert told(store) == [("AlertRaised", "odd.one"), ("AlertRaised", "odd"), ("AlertResolved", "odd")]


def test_a_check_that_is_gone_resolves_what_it_raised(store: Store) -> None:
    once(store, 0, says("odd.one", BAD), says("odd.two", GOOD))
    gone = once(store, 5)
    assert [(change.check, change.after) for change in gone.changes] == [("odd.one", Standing.OK)]
    assert store.checks().book().states.keys() == {HOUSE}
    assert told(store)[-1] == ("AlertResolved", "odd.one")


def test_a_check_that_says_nothing_stands_as_it_stood(store: Store) -> None:
    once(store, 0, says("odd.one", None), says("odd.two", BAD))
    once(store, 5, says("odd.one", None), says("odd.two", None))
    states = store.checks().book().states
    assert (states["odd.one"].state, states["odd.two"].state) == (Standing.REGISTERED, Standing.ALERT)
    assert store.checks().history("odd.one") == []


def test_what_a_figure_was_when_it_was_first_looked_at_is_no_news(store: Store) -> None:
    once(store, 0, says("metric.mrr", BAD), says("metric.nps", GOOD))
    once(store, 5, says("metric.mrr", BAD), says("metric.nps", BAD))
    raised = [(e.payload["check"], str(e.priority)) for e in store.event_log().events()]
    assert raised == [("metric.mrr", "low"), ("metric.nps", "high")]
    assert {str(one.priority) for one in store.checks().alerts()} == {"high"}


def test_a_poison_event_raises_an_alert_that_says_why(store: Store) -> None:
    def poison(delivery: Delivery) -> str | None:
        raise Fatal("the channel refuses it")

    channel = Consumer("slack", "slack")
    with store.outbox() as outbox:
        outbox.subscribe(channel, MORNING)
        outbox.announce(SourceSynced("stripe", 1, 0, 0).event(MORNING))
        relay = Relay(outbox, channel, poison, lambda: MORNING, "me")
        assert relay.once()
    look = replace(LOOK, machinery=store.watched().machinery())
    for _ in range(3):
        beating.beat(store.checks(), look, (), FAMILIES)
    (raised,) = store.checks().alerts()
    assert raised.check == "outbox.slack"
    assert raised.title == "1 event could not be delivered to slack: the channel refuses it"
    assert told_of(store, "outbox.slack") == ["AlertRaised"]
    (number,) = [s.event.number for s in store.event_log().deliveries(consumer="slack") if s.state == "dead"]
    assert store.event_log().settle("slack", number, MORNING)
    settled = replace(look, at=MORNING + EVERY, machinery=store.watched().machinery())
    beating.beat(store.checks(), settled, (), FAMILIES)
    assert told_of(store, "outbox.slack") == ["AlertRaised", "AlertResolved"]


def test_of_two_beats_at_once_one_raises(store: Store, store_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: once(Store(store_url, "alice"), 0, says("odd.both", BAD)), range(12)))
    assert told(store) == [("AlertRaised", "odd.both")]
    assert len(store.checks().alerts(resolved=True)) == 1
    assert store.checks().book().states[HOUSE].beats == 12


def test_what_lay_there_while_the_machine_slept_is_not_stuck_at_once(store: Store) -> None:
    with store.outbox() as outbox:
        outbox.subscribe(Consumer("slack", "slack"), MORNING)
        outbox.announce(SourceSynced("stripe", 1, 0, 0).event(MORNING))

    def beat(minutes: int) -> list[str]:
        woken = MORNING + 2 * DAY + timedelta(minutes=minutes)
        look = replace(LOOK, at=woken, machinery=store.watched().machinery())
        beating.beat(store.checks(), look, (), FAMILIES)
        return [alert.check for alert in store.checks().alerts()]

    assert [beat(minutes) for minutes in (0, 5, 10, 15)] == [[], [], [], ["outbox.slack"]]


def told_of(store: Store, check: str) -> list[str]:
    return [kind for kind, name in [(e.type, e.payload.get("check")) for e in events(store)] if name == check]


def events(store: Store) -> list[Event]:
    return store.event_log().events(limit=10_000)


# ── a house ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def read(home: Path) -> App:
    """A house in which everything was read at MORNING and stays fresh for some days."""
    made = house(home, MORNING)
    settings = replace(made.loaded.settings, sync=Syncing(rate=made.loaded.settings.sync.rate))
    return replace(made, loaded=replace(made.loaded, settings=settings))


def configured(made: App, **changes: object) -> App:
    settings = replace(made.loaded.settings, **changes)  # type: ignore[arg-type]
    return replace(made, loaded=replace(made.loaded, settings=settings, key=repr(changes)))


def rows(made: App) -> Counter[str]:
    """How many rows every table has."""
    with closing(sqlite3.connect(made.places.database)) as link:
        names = [row[0] for row in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return Counter({n: link.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0] for n in names})


def test_an_idle_day_of_288_beats_says_nothing_and_writes_no_more_rows(read: App) -> None:
    settled = MORNING + HOUR
    for moment in (MORNING, settled):  # the second one warns of a file that was old from the beginning
        heartbeat.run(at(read, moment))
    assert rows(read)["check_state"] > 100
    before, said = rows(read), len(events(read.store))
    changes = sum(heartbeat.beat(at(read, settled + EVERY * n)) for n in range(1, 289))
    assert (changes, len(events(read.store)) - said) == (0, 0)
    assert rows(read) - before == Counter()
    assert read.store.checks().book().states[HOUSE].beats == 290


def test_a_beat_is_due_every_five_minutes_and_after_a_clock_was_put_back(read: App) -> None:
    def beats(minutes: float) -> int:
        heartbeat.beat(at(read, MORNING + timedelta(minutes=minutes)))
        return read.store.checks().book().states[HOUSE].beats

    assert [beats(minutes) for minutes in (0, 1, 4, 4.9, 5, -60, -58, -54)] == [1, 1, 1, 2, 2, 3, 3, 4]


def test_a_source_that_is_no_longer_read_is_warned_of_after_an_hour(read: App, street: Street) -> None:
    heartbeat.run(read)
    for hours in (26.5, 27, 27.6):
        late = at(read, MORNING + hours * HOUR)
        heartbeat.run(late)
    assert {"fresh.stripe", "fresh.hubspot", "fresh.linear"} <= {
        a.check for a in read.store.checks().alerts()
    }
    assert told_of(read.store, "fresh.stripe") == ["AlertRaised"]
    late.sync(["stripe"], force=True)
    heartbeat.run(at(read, MORNING + 28 * HOUR))
    assert told_of(read.store, "fresh.stripe") == ["AlertRaised", "AlertResolved"]


def test_a_key_that_is_gone_is_an_alert(read: App) -> None:
    heartbeat.run(read)
    (read.places.credentials / "default" / "stripe").unlink()
    heartbeat.run(at(read, MORNING + EVERY))
    (raised,) = [a for a in read.store.checks().alerts() if a.check.startswith("credential.")]
    assert (raised.check, str(raised.priority)) == ("credential.stripe", "high")


def test_a_check_of_the_settings_is_made_once_it_held_for_its_hours(read: App) -> None:
    rule = CheckRule("mrr", ">", 0, hours=1, priority="critical")
    made = configured(read, checks={"any": rule})
    for minutes in (0, 55, 60, 65):
        heartbeat.run(at(made, MORNING + timedelta(minutes=minutes)))
    (raised,) = [a for a in read.store.checks().alerts() if a.check == "check.any"]
    assert (raised.raised_at, str(raised.priority)) == (MORNING + HOUR, "critical")


def test_figures_are_worked_out_once_while_nothing_changes(
    read: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat.run(read)
    known = read.store.answer("heartbeat")[1]
    heartbeat.run(at(read, MORNING + EVERY))
    assert read.store.answer("heartbeat")[1] == known
    read.plans.set_energy(10)
    heartbeat.run(at(read, MORNING + 2 * EVERY))
    assert read.store.answer("heartbeat")[1] != known


def test_what_is_switched_off_is_not_made_and_resolves(read: App) -> None:
    heartbeat.run(read)
    opened = {alert.check for alert in read.store.checks().alerts()}
    assert any(name.startswith("metric.") for name in opened)
    off = configured(read, heartbeat=replace(read.loaded.settings.heartbeat, off=["metric", "anomaly"]))
    heartbeat.run(at(off, MORNING + EVERY))
    assert not [a for a in read.store.checks().alerts() if a.check.startswith(("metric.", "anomaly."))]
    assert not [name for name in read.store.checks().book().states if name.startswith("metric.")]


def test_the_pages_of_the_database_are_read_once_a_day(read: App) -> None:
    def looked(hours: float) -> object:
        heartbeat.run(at(read, MORNING + hours * HOUR))
        return read.store.checks().book().states["database"].evidence["at"]

    first = looked(0)
    assert looked(23) == first
    assert looked(24) != first


def test_a_brought_check_is_made_once_it_is_approved(read: App) -> None:
    definition = {"metric": "mrr", "operator": ">", "limit": 0, "priority": "high"}
    for draft in (
        CheckDraft("any_mrr", "shout when there is revenue", definition, "clawdbot", MORNING),
        CheckDraft("odd", "tell me if the mood is low", None, "clawdbot", MORNING),
        CheckDraft("wrong", "x", {**definition, "metric": "morale"}, "clawdbot", MORNING),
    ):
        read.store.checks().bring(draft)
    heartbeat.run(read)
    assert "check.any_mrr" not in read.store.checks().book().states
    assert len(heartbeat.reviewed(read).drafts) == 3
    with pytest.raises(DataProblem):
        heartbeat.decide(read, "odd", True)
    with pytest.raises(UsageProblem, match="no such metric"):
        heartbeat.decide(read, "wrong", True)
    assert heartbeat.decide(read, "any_mrr", True).decision == "approved"
    heartbeat.decide(read, "odd", False)
    heartbeat.run(at(read, MORNING + EVERY))
    assert read.store.checks().book().states["check.any_mrr"].state is Standing.ALERT
    assert [draft.name for draft in heartbeat.reviewed(read).drafts] == ["wrong"]


def test_review_finds_what_is_noisy_and_what_nobody_looked_at(read: App) -> None:
    store = read.store
    sequence: Sequence[Result] = (BAD, GOOD) * 5
    for n, result in enumerate(sequence):
        once(store, 4 * 60 * n, says("odd.noisy", result), says("odd.long", BAD))
    later = at(read, MORNING + 4 * DAY)
    found = heartbeat.reviewed(later)
    assert [(noise.check, noise.raised) for noise in found.noise] == [("odd.noisy", 5)]
    assert [one.check for one in found.unseen] == ["odd.long"]
    heartbeat.ack(later, "odd.long")
    assert heartbeat.reviewed(later).unseen == ()


def test_old_results_are_forgotten_after_the_days_of_the_settings(read: App) -> None:
    for n, result in enumerate((BAD, GOOD, BAD, GOOD)):
        once(read.store, n, says("odd.one", result))
    assert heartbeat.tidy(at(read, MORNING + 89 * DAY)) == 0
    assert heartbeat.tidy(at(read, MORNING + 91 * DAY)) == 5
    assert len(read.store.checks().history("odd.one")) == 1
