"""What the bus promises, whatever carries the events and whichever database keeps them."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from agentos_cli.bus.relay import MOST_ATTEMPTS, MOST_CLAIMS
from agentos_cli.errors import DataProblem, LeaseHeld, RateLimited, Retryable, Unconfirmed
from agentos_cli.events import Consumer, Delivery, Priority
from agentos_cli.store.outbox import State
from agentos_cli.store.store import Store
from tests.bus.bench import LEASE, LOG, SLACK, Bench, happened, numbers


def states(bench: Bench, consumer: str = "log") -> dict[str, int]:
    return dict(bench.store.event_log().counts()[consumer])


def drain(bench: Bench, consumer: Consumer = LOG, batch: int = 1) -> list[object]:
    """All that can be delivered now."""
    seen: list[object] = []
    relay = bench.relay(lambda d: seen.append(d.event.payload["number"]), consumer, batch)
    while relay.once():
        pass
    return seen


# ── at least once, and not by two at a time ──────────────────────────────────────────────────────────


def test_every_event_comes_once_where_nothing_goes_wrong(bench: Bench) -> None:
    bench.announce(*(happened(f"a{n % 3}", n) for n in range(25)))
    assert sorted(drain(bench, batch=4)) == list(range(25))  # type: ignore[type-var]
    assert states(bench) == {"done": 25}
    assert drain(bench) == []


@pytest.mark.parametrize("hours", [0, 2])
def test_what_a_dead_worker_held_comes_to_another_with_the_same_key(bench: Bench, hours: int) -> None:
    """Also where the clock was ahead when it was announced, and was put back since."""
    bench.announce(happened("a", 1, at=bench.clock() + timedelta(hours=hours)))
    (died,) = bench.claim()
    assert bench.claim(owner="them") == []
    bench.clock.forward(LEASE + 1)
    bench.outbox.sweep(bench.clock())
    (again,) = bench.claim(owner="them")
    assert (again.key, again.attempts) == (died.key, 2)
    assert again.fence > died.fence


def test_who_was_paused_past_the_lease_may_not_complete(bench: Bench) -> None:
    bench.announce(happened("a", 1))
    (mine,) = bench.claim()
    bench.clock.forward(LEASE + 1)
    bench.outbox.sweep(bench.clock())
    (theirs,) = bench.claim(owner="them")
    with pytest.raises(LeaseHeld):
        bench.outbox.done([mine], bench.clock())
    assert states(bench) == {"claimed": 1}
    bench.outbox.done([theirs], bench.clock())
    assert states(bench) == {"done": 1}


def test_a_relay_that_was_paused_while_delivering_leaves_it_to_the_other(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.announce(happened("a", 1))
    with bench.store.outbox() as second:
        taken: list[Delivery] = []

        def slow(_: Delivery) -> None:
            bench.clock.forward(LEASE + 1)
            second.sweep(bench.clock())
            taken.extend(second.claim("log", bench.clock(), owner="them", seconds=LEASE))

        assert bench.relay(slow).once()
        assert "has run out" in capsys.readouterr().err
        assert states(bench) == {"claimed": 1}
        second.done(taken, bench.clock())
    assert states(bench) == {"done": 1}


def test_a_mark_whose_answer_was_lost_may_be_repeated(bench: Bench) -> None:
    bench.announce(happened("a", 1), happened("b", 2))
    both = bench.claim()
    bench.outbox.done(both[:1], bench.clock())
    bench.outbox.done(both, bench.clock())
    assert states(bench) == {"done": 2}


def test_who_is_interrupted_marks_what_arrived_and_gives_back_the_rest(bench: Bench) -> None:
    bench.announce(*(happened(f"a{n}", n) for n in range(5)))

    def handle(delivery: Delivery) -> None:
        if delivery.event.payload["number"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.relay(handle, batch=5).once()
    assert states(bench) == {"done": 2, "claimed": 1, "waiting": 2}
    assert [d.attempts for d in bench.claim()] == [1, 1]


def test_what_is_not_begun_at_half_of_the_lease_is_given_back(bench: Bench) -> None:
    bench.announce(*(happened(f"a{n}", n) for n in range(5)))
    seen: list[object] = []

    def slow(delivery: Delivery) -> None:
        seen.append(delivery.event.payload["number"])
        bench.clock.forward(LEASE / 4)

    bench.relay(slow, SLACK, batch=5).once()
    assert seen == [0, 1]
    assert states(bench, "slack") == {"done": 2, "waiting": 3}


def test_a_batch_is_claimed_and_marked_together(bench: Bench) -> None:
    bench.announce(*(happened(f"a{n % 2}", n) for n in range(10)))
    held: list[dict[str, int]] = []
    relay = bench.relay(lambda d: held.append(states(bench)), batch=4)
    assert relay.once()
    assert held[0] == {"claimed": 4, "waiting": 6}
    assert states(bench) == {"done": 4, "waiting": 6}


# ── order ────────────────────────────────────────────────────────────────────────────────────────────


def test_events_of_one_aggregate_come_in_order_and_to_one_at_a_time(bench: Bench) -> None:
    bench.announce(*(happened("a", n) for n in range(3)), happened("b", 3))
    with bench.store.outbox() as second:
        first = bench.claim(limit=1)
        other = bench.claim(owner="them", source=bench.source(second) or second)
        assert (numbers(first), numbers(other)) == ([0], [3])
        bench.outbox.done(first, bench.clock())
        assert numbers(bench.claim()) == [1, 2]


def test_a_failure_holds_up_its_own_aggregate_alone(bench: Bench) -> None:
    bench.announce(happened("a", 1), happened("a", 2), happened("b", 3))
    broken = {1}

    def handle(delivery: Delivery) -> None:
        number = delivery.event.payload["number"]
        if number in broken:
            raise Retryable("it is away")
        seen.append(number)

    seen: list[object] = []
    relay = bench.relay(handle, batch=10)
    while relay.once():
        pass
    assert seen == [3]
    broken.clear()
    bench.clock.forward(10)
    while relay.once():
        pass
    assert seen == [3, 1, 2]


def test_what_was_never_tried_is_due_even_where_clocks_disagree(bench: Bench) -> None:
    bench.announce(happened("a", 1, at=bench.clock() + timedelta(hours=2)), happened("a", 2))
    assert numbers(bench.claim()) == [1, 2]


# ── failures ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("jitter", "factor"), [(0.0, 0.8), (1.0, 1.2)])
def test_tries_become_rarer_and_do_not_come_all_at_once(bench: Bench, jitter: float, factor: float) -> None:
    bench.announce(happened("a", 1))
    tries: list[float] = []
    start = bench.clock()

    def handle(_: Delivery) -> None:
        tries.append((bench.clock() - start).total_seconds())
        raise Retryable("it is away")

    relay = bench.relay(handle, jitter=jitter)
    while len(tries) < 4:
        relay.once()
        bench.clock.forward(0.5)
    waits = [later - earlier for earlier, later in pairwise(tries)]
    for waited, asked in zip(waits, (5 * factor, 10 * factor, 20 * factor), strict=True):
        assert asked <= waited <= asked + 0.5


def test_a_poison_event_is_parked_and_the_others_pass(bench: Bench) -> None:
    bench.announce(happened("a", 1), happened("a", 2), happened("b", 3))
    tries: list[int] = []

    def handle(delivery: Delivery) -> None:
        if delivery.event.payload["number"] == 1:
            tries.append(delivery.attempts)
            raise ValueError("it is not what I took it for")
        passed.append(delivery.event.payload["number"])

    passed: list[object] = []
    relay = bench.relay(handle, batch=10)
    for _ in range(MOST_ATTEMPTS + 2):
        relay.once()
        bench.clock.forward(4000)
    assert tries == list(range(1, MOST_ATTEMPTS + 1))
    assert passed == [3, 2]
    log = bench.store.event_log()
    (dead,) = log.deliveries(states=[State.DEAD], consumer="log")
    assert (dead.event.payload, dead.note) == ({"number": 1}, "ValueError: it is not what I took it for")
    outcomes = [each.outcome for each in log.attempts("log", dead.event.number)]
    assert outcomes == ["retry"] * (MOST_ATTEMPTS - 1) + ["dead"]


def test_an_event_that_kills_whoever_handles_it_is_parked_too(bench: Bench) -> None:
    bench.announce(happened("a", 1), happened("a", 2))
    for _ in range(MOST_CLAIMS):
        assert numbers(bench.claim(limit=1)) == [1]
        bench.clock.forward(LEASE + 1)
        bench.outbox.sweep(bench.clock())
    assert drain(bench) == [2]
    assert states(bench) == {"dead": 1, "done": 1}


def test_what_trying_again_does_not_mend_is_parked_at_once(bench: Bench) -> None:
    bench.announce(happened("a", 1))

    def handle(_: Delivery) -> None:
        raise DataProblem("there is no such channel")

    bench.relay(handle).once()
    assert states(bench) == {"dead": 1}


def test_who_asks_for_patience_gets_it(bench: Bench) -> None:
    bench.announce(happened("a", 1))
    then = bench.clock() + timedelta(hours=1)

    def handle(_: Delivery) -> None:
        raise RateLimited("slow down", not_before=then)

    bench.relay(handle).once()
    bench.clock.now = then - timedelta(seconds=1)
    assert bench.claim() == []
    bench.clock.now = then
    assert numbers(bench.claim()) == [1]


@pytest.mark.parametrize(("consumer", "ends"), [(SLACK, "in_doubt"), (LOG, "waiting")])
def test_what_may_have_arrived_is_sent_again_only_where_it_counts_once(
    bench: Bench, consumer: Consumer, ends: str
) -> None:
    bench.announce(happened("a", 1))
    sent: list[str] = []

    def handle(delivery: Delivery) -> None:
        sent.append(delivery.key)
        raise Unconfirmed("the answer was lost")

    relay = bench.relay(handle, consumer)
    relay.once()
    assert states(bench, consumer.name) == {ends: 1}
    bench.clock.forward(30)
    relay.once()
    assert len(sent) == (1 if ends == "in_doubt" else 2)
    assert len(set(sent)) == 1


def test_whoever_died_while_sending_leaves_it_in_doubt_where_it_might_come_twice(bench: Bench) -> None:
    bench.announce(happened("a", 1))
    bench.claim(consumer="slack")
    bench.clock.forward(LEASE + 1)
    bench.outbox.sweep(bench.clock())
    assert states(bench, "slack") == {"in_doubt": 1}
    assert drain(bench, SLACK) == []


# ── groups, replays, tenants ─────────────────────────────────────────────────────────────────────────


def test_every_group_gets_every_event_that_it_asked_for(bench: Bench) -> None:
    urgent = Consumer("urgent", "script", least=Priority.HIGH, confirms=True)
    bench.outbox.subscribe(urgent, bench.clock())
    bench.announce(happened("a", 1), happened("a", 2, Priority.CRITICAL))
    assert drain(bench) == [1, 2]
    assert drain(bench, urgent) == [2]
    assert drain(bench, SLACK) == [1, 2]


def test_events_are_replayed_from_a_point_in_order_with_the_keys_they_had(bench: Bench) -> None:
    bench.announce(*(happened("a", n) for n in range(6)))
    keys: list[str] = []
    relay = bench.relay(lambda d: keys.append(d.key), batch=3)
    while relay.once():
        pass
    later = [e.number for e in bench.store.event_log().events(after=3)]
    assert bench.store.event_log().again("log", later, bench.clock()) == 3
    while relay.once():
        pass
    assert keys[6:] == keys[3:6]
    assert states(bench) == {"done": 6}


def test_a_replay_leaves_alone_what_is_on_its_way(bench: Bench) -> None:
    bench.announce(happened("a", 1), happened("a", 2))
    (held,) = bench.claim(limit=1)
    assert bench.store.event_log().again("log", [1, 2], bench.clock()) == 0
    bench.outbox.done([held], bench.clock())
    assert bench.store.event_log().again("nobody", [1], bench.clock()) == 0


def test_another_tenant_has_a_stream_of_its_own(bench: Bench, store_url: str) -> None:
    charlie = Store(store_url, "charlie")
    with charlie.outbox() as outbox:
        other = Bench(charlie, outbox, bench.valkey)
        bench.announce(happened("a", 1))
        other.announce(happened("a", 2))
        assert drain(other) == [2]
        assert states(bench) == {"waiting": 1}
        assert drain(bench) == [1]
