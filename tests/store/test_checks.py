"""Checks, alerts and drafts are kept on either database; an alert is announced as it is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from agentos_cli.events import AlertRaised, Consumer, Priority, SourceSynced
from agentos_cli.resilience.state import BreakerState
from agentos_cli.store.check_records import (
    Alert,
    Book,
    CheckDraft,
    CheckResult,
    CheckState,
    Entries,
    Standing,
)
from agentos_cli.store.outbox import State
from agentos_cli.store.schema import SchemaState
from agentos_cli.store.store import Store
from tests.store.samples import NAME, NOW

DAY = timedelta(days=1)
EVIDENCE = {"read": NAME, "at": None, "value": 3, "limit": 2.5, "says": NAME, "fix": None}
STATE = CheckState("metric.mrr", Standing.ALERT, NOW, NOW, NOW, 7, EVIDENCE, (NOW - DAY, NOW))
ALERT = Alert("HAAAAAAA", "metric.mrr", Priority.HIGH, "alert", NAME, EVIDENCE, NOW, NOW, told=1)
RAISED = AlertRaised("HAAAAAAA", "metric.mrr", NAME, "high", EVIDENCE).event(NOW)
DRAFT = CheckDraft("low_cash", "tell me when cash is low", {"metric": "cash"}, "clawdbot", NOW)


def write(store: Store, entries: Entries) -> Book:
    """Write them; gives what stood before."""
    return store.checks().update(lambda book: (entries, book))


def test_what_is_written_is_read_back_as_it_was(store: Store) -> None:
    assert write(store, Entries([STATE], (), (), [ALERT])) == Book({}, {})
    assert store.checks().book() == Book({"metric.mrr": STATE}, {"metric.mrr": ALERT})
    other = replace(STATE, state=Standing.OK, pending_since=None, flaps=())
    write(store, Entries([other]))
    assert store.checks().book().states == {"metric.mrr": other}
    write(store, Entries(gone=["metric.mrr"]))
    assert store.checks().book().states == {}


def test_an_alert_is_there_if_and_only_if_it_is_announced(store: Store) -> None:
    def broken(book: Book) -> tuple[Entries, None]:
        return Entries([STATE], (), (), [ALERT], [RAISED, "no event"]), None  # type: ignore[list-item]

    with pytest.raises(TypeError):
        store.checks().update(broken)
    assert (store.checks().book(), store.event_log().events()) == (Book({}, {}), [])
    write(store, Entries([STATE], (), (), [ALERT], [RAISED]))
    (event,) = store.event_log().events()
    assert (event.type, event.priority, event.payload["alert"]) == ("AlertRaised", Priority.HIGH, "HAAAAAAA")
    assert store.checks().alerts() == [ALERT]


def test_one_alert_is_open_for_a_check_at_most(store: Store) -> None:
    write(store, Entries(alerts=[ALERT]))
    with pytest.raises(Exception, match=r"(?i)unique|alert"):
        write(store, Entries(alerts=[replace(ALERT, id="HBBBBBBB")]))
    over = replace(ALERT, resolved_at=NOW + DAY)
    second = replace(ALERT, id="HBBBBBBB", raised_at=NOW + DAY)
    write(store, Entries(alerts=[second, over]))  # whatever their order
    assert store.checks().alerts() == [second]
    assert store.checks().alerts(resolved=True) == [second, over]
    assert store.checks().alerts(resolved=True, since=NOW + DAY) == [second]


def test_an_open_alert_is_acknowledged_and_snoozed_a_resolved_one_is_not(store: Store) -> None:
    write(store, Entries(alerts=[ALERT]))
    checks = store.checks()
    assert checks.ack("HAAAAAAA", NOW)
    assert checks.snooze("HAAAAAAA", NOW + DAY)
    assert checks.alerts() == [replace(ALERT, acked_at=NOW, snoozed_until=NOW + DAY)]
    write(store, Entries(alerts=[replace(ALERT, resolved_at=NOW)]))
    assert not checks.ack("HAAAAAAA", NOW)
    assert not checks.snooze("HZZZZZZZ", NOW)


def test_history_is_newest_first_and_of_one_check_or_all(store: Store) -> None:
    results = [
        CheckResult("a", NOW, Standing.OK, {"says": "a"}),
        CheckResult("b", NOW + DAY, Standing.WARN, {"says": "b"}),
        CheckResult("a", NOW + 2 * DAY, Standing.ALERT, {"says": "c"}),
    ]
    write(store, Entries(results=results))
    assert store.checks().history() == results[::-1]
    assert store.checks().history("a") == [results[2], results[0]]
    assert store.checks().history(limit=1) == [results[2]]


def test_what_is_old_goes_but_the_last_result_and_open_alerts_stay(store: Store) -> None:
    results = [CheckResult("a", NOW + n * DAY, Standing.OK, {}) for n in range(3)]
    old = replace(ALERT, resolved_at=NOW)
    write(store, Entries(results=results, alerts=[old, replace(ALERT, id="HB", check="disk")]))
    assert store.checks().purge(NOW + 100 * DAY) == 3
    assert store.checks().history() == results[2:]
    assert [alert.id for alert in store.checks().alerts(resolved=True)] == ["HB"]
    assert store.checks().purge(NOW + 100 * DAY) == 0


def test_a_draft_waits_until_it_is_decided_on(store: Store) -> None:
    checks = store.checks()
    checks.bring(DRAFT)
    vague = CheckDraft("mood", NAME, None, "clawdbot", NOW)
    checks.bring(vague)
    assert checks.drafts() == [DRAFT, vague]
    assert checks.decide("low_cash", "approved")
    assert not checks.decide("nothing", "approved")
    checks.bring(DRAFT)
    assert checks.drafts()[0].decision == "approved", "brought again as it was, it is decided on"
    checks.bring(replace(DRAFT, text="tell me when cash is very low"))
    assert checks.drafts()[0].decision is None, "another one is another decision"


def test_another_tenant_sees_nothing(store: Store, store_url: str) -> None:
    write(store, Entries([STATE], [CheckResult("a", NOW, Standing.OK, {})], (), [ALERT]))
    store.checks().bring(DRAFT)
    charlie = Store(store_url, "charlie")
    theirs = charlie.checks()
    assert (theirs.book(), theirs.history(), theirs.alerts(resolved=True)) == (Book({}, {}), [], [])
    assert theirs.drafts() == []
    assert not theirs.ack("HAAAAAAA", NOW)
    write(charlie, Entries([STATE], (), (), [ALERT]))  # the same names do not meet
    assert theirs.purge(NOW + DAY) == 0


def test_what_is_on_its_way_is_seen(store: Store) -> None:
    with store.outbox() as outbox:
        for name in ("log", "slack", "idle"):
            outbox.subscribe(Consumer(name, "script", confirms=True), NOW)
        outbox.announce(*(SourceSynced(f"s{n}", 1, 0, 0).event(NOW + n * DAY) for n in range(3)))
        first, second = outbox.claim("slack", NOW + DAY, owner="me", seconds=60, limit=2)
        outbox.park(first, State.DEAD, "410 gone", NOW)
        outbox.park(second, State.IN_DOUBT, "cut off", NOW)
        for delivery in outbox.claim("idle", NOW + 3 * DAY, owner="me", seconds=60, limit=9):
            outbox.done([delivery], NOW)
    seen = {consumer.name: consumer for consumer in store.watched().machinery().consumers}
    assert (seen["slack"].dead, seen["slack"].in_doubt, seen["slack"].note) == (1, 1, "410 gone")
    assert (seen["slack"].waiting, seen["slack"].oldest) == (1, NOW + 2 * DAY)
    assert (seen["log"].dead, seen["log"].waiting, seen["log"].oldest) == (0, 3, NOW)
    assert (seen["idle"].waiting, seen["idle"].oldest, seen["idle"].note) == (0, None, None)


def test_breakers_and_the_database_are_seen(store: Store) -> None:
    store.breaker("stripe").update(lambda state: (BreakerState("auth_broken", reason="401"), None))
    watched = store.watched()
    assert watched.machinery().breakers["stripe"].state == "auth_broken"
    thorough, quick = watched.database(thorough=True), watched.database(thorough=False)
    assert (thorough.schema, thorough.sound, quick.sound) == (SchemaState.CURRENT, "ok", None)
    assert 0 <= quick.megabytes < 100
