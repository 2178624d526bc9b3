"""The outbox keeps what was announced until it has arrived, and lets nobody finish what is not theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from agentos_cli.errors import LeaseHeld
from agentos_cli.events import Consumer, Event, Priority, SourceFailed, SourceSynced
from agentos_cli.store.outbox import Outbox, State
from agentos_cli.store.store import Store
from tests.store.samples import NOW

LOG = Consumer("log", "script", confirms=True)
SLACK = Consumer("slack", "slack")
A_WHILE = timedelta(minutes=5)


@pytest.fixture
def outbox(store: Store) -> Iterator[Outbox]:
    with store.outbox() as outbox:
        outbox.subscribe(LOG, NOW)
        yield outbox


def happened(about: str, number: int = 0, priority: Priority = Priority.NORMAL) -> Event:
    return Event("Happened", about, NOW, {"number": number}, priority)


def claimed(outbox: Outbox, limit: int = 10, consumer: str = "log", owner: str = "me") -> list[object]:
    return [
        d.event.payload["number"] for d in outbox.claim(consumer, NOW, owner=owner, seconds=60, limit=limit)
    ]


def test_an_event_is_there_if_and_only_if_its_change_is(store: Store, outbox: Outbox) -> None:
    event = SourceSynced("stripe", 220, 3, 0).event(NOW)
    with store.unit_of_work() as work:
        work.announce(event)
    assert store.event_log().events() == []
    with store.unit_of_work() as work:
        work.announce(event, SourceFailed("hubspot", "it is away", None).event(NOW))
        work.commit()
    kept = store.event_log().events()
    assert [(e.number, e.type, e.aggregate) for e in kept] == [
        (1, "SourceSynced", "source:stripe"), (2, "SourceFailed", "source:hubspot"),
    ]  # fmt: skip
    assert kept[0].payload == {"source": "stripe", "records": 220, "changed": 3, "skipped": 0}
    assert len(outbox.claim("log", NOW, owner="me", seconds=60, limit=10)) == 2


def test_of_one_aggregate_the_older_comes_first_and_alone(outbox: Outbox) -> None:
    outbox.announce(happened("a", 1), happened("a", 2), happened("b", 3))
    assert claimed(outbox, limit=1) == [1]
    assert claimed(outbox) == [3]
    assert claimed(outbox) == []


def test_a_whole_batch_of_one_aggregate_may_go_to_one_worker(outbox: Outbox) -> None:
    outbox.announce(*(happened("a", number) for number in range(5)))
    assert claimed(outbox, limit=3) == [0, 1, 2]
    assert claimed(outbox) == []


def test_what_waits_for_its_next_try_holds_up_its_own_aggregate_alone(outbox: Outbox) -> None:
    outbox.announce(happened("a", 1), happened("a", 2), happened("b", 3))
    (first,) = outbox.claim("log", NOW, owner="me", seconds=60)
    outbox.retry(first, NOW + A_WHILE, "it is away", NOW)
    assert claimed(outbox) == [3]
    later = outbox.claim("log", NOW + A_WHILE, owner="me", seconds=60, limit=10)
    assert [(d.event.payload["number"], d.attempts) for d in later] == [(1, 2), (2, 1)]
    assert later[0].key == first.key


def test_who_slept_past_the_lease_may_not_finish(store: Store, outbox: Outbox) -> None:
    outbox.announce(happened("a", 1))
    (mine,) = outbox.claim("log", NOW, owner="me", seconds=60)
    assert outbox.sweep(NOW + timedelta(seconds=59)) == Counter()
    assert outbox.sweep(NOW + A_WHILE) == {"waiting": 1}
    (theirs,) = outbox.claim("log", NOW + A_WHILE, owner="them", seconds=60)
    late: list[Callable[[], object]] = [
        lambda: outbox.done([mine], NOW),
        lambda: outbox.retry(mine, NOW, "late", NOW),
        lambda: outbox.park(mine, State.DEAD, "late", NOW),
        lambda: outbox.release([mine], NOW),
    ]
    for act in late:
        with pytest.raises(LeaseHeld):
            act()
    outbox.done([theirs], NOW)
    assert store.event_log().counts()["log"] == {"done": 1}


def test_what_may_have_been_sent_is_in_doubt_and_never_sent_again(store: Store, outbox: Outbox) -> None:
    outbox.subscribe(SLACK, NOW)
    outbox.announce(happened("a", 1), happened("a", 2))
    outbox.claim("slack", NOW, owner="me", seconds=60)
    assert outbox.sweep(NOW + A_WHILE)["in_doubt"] == 1
    (doubt,) = store.event_log().deliveries(states=[State.IN_DOUBT])
    assert doubt.event.payload == {"number": 1}
    assert claimed(outbox, consumer="slack") == [2]
    assert store.event_log().settle("slack", doubt.event.number, NOW)
    assert store.event_log().deliveries(states=[State.IN_DOUBT]) == []


def test_a_consumer_gets_what_it_asked_for(outbox: Outbox) -> None:
    outbox.subscribe(Consumer("urgent", "script", least=Priority.HIGH), NOW)
    outbox.subscribe(Consumer("syncs", "script", types=("SourceSynced",)), NOW)
    outbox.announce(
        happened("a", 1), happened("b", 2, Priority.CRITICAL), SourceSynced("x", 1, 0, 0).event(NOW)
    )
    assert claimed(outbox, consumer="urgent") == [2]
    (synced,) = outbox.claim("syncs", NOW, owner="me", seconds=60, limit=10)
    assert synced.event.type == "SourceSynced"


def test_what_was_held_comes_as_one_digest(store: Store, outbox: Outbox) -> None:
    outbox.announce(happened("a", 1), happened("b", 2), happened("c", 3))
    outbox.hold(outbox.claim("log", NOW, owner="me", seconds=60, limit=2), NOW + A_WHILE)
    assert outbox.sweep(NOW) == Counter()
    assert outbox.sweep(NOW + A_WHILE) == {"digest": 1}
    third, digest = outbox.claim("log", NOW + A_WHILE, owner="me", seconds=60, limit=10)
    held = [e.id for e in store.event_log().events() if e.payload.get("number") in {1, 2}]
    assert third.event.payload == {"number": 3}
    assert digest.event.payload == {"consumer": "log", "events": held}


def test_one_event_that_was_held_comes_as_it_is(outbox: Outbox) -> None:
    outbox.announce(happened("a", 1))
    outbox.hold(outbox.claim("log", NOW, owner="me", seconds=60), NOW + A_WHILE)
    outbox.sweep(NOW + A_WHILE)
    (only,) = outbox.claim("log", NOW + A_WHILE, owner="me", seconds=60)
    assert (only.event.payload, only.attempts) == ({"number": 1}, 1)


def test_events_can_be_delivered_again(store: Store, outbox: Outbox) -> None:
    outbox.announce(happened("a", 1), happened("b", 2))
    outbox.done(outbox.claim("log", NOW, owner="me", seconds=60, limit=10), NOW)
    assert store.event_log().again("log", [1, 2, 99], NOW) == 2
    assert claimed(outbox) == [1, 2]


def test_old_events_go_and_their_numbers_never_come_back(store: Store, outbox: Outbox) -> None:
    outbox.announce(happened("a", 1), happened("b", 2), happened("c", 3))
    outbox.done(outbox.claim("log", NOW, owner="me", seconds=60, limit=2), NOW)
    outbox.done(outbox.claim("log", NOW, owner="me", seconds=60), NOW)
    assert store.event_log().purge(NOW + A_WHILE) == 2
    outbox.announce(happened("d", 4))
    assert [e.number for e in store.event_log().events()] == [3, 4]


def test_another_tenant_sees_nothing(store: Store, outbox: Outbox, store_url: str) -> None:
    outbox.announce(happened("a", 1))
    charlie = Store(store_url, "charlie")
    with charlie.outbox() as other:
        assert other.consumers() == []
        assert other.claim("log", NOW, owner="them", seconds=60) == []
    assert charlie.event_log().events() == []
    assert charlie.event_log().counts() == {}
