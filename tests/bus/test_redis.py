"""Redis is a mirror: what it hands out is checked in the database, and what it forgets is found there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from agentos_cli.bus import redis as room
from agentos_cli.bus.redis import Carrier, Stream, number_of
from agentos_cli.errors import CredentialProblem, DataProblem, Temporary
from agentos_cli.events import Delivery
from agentos_cli.store.store import Store
from tests.bus.bench import LEASE, Bench, happened, numbers
from tests.bus.valkey import Valkey
from tests.store.samples import NOW

KEY = "agentos:alice:events"


@dataclass
class Seconds:
    """A stopwatch in the hand."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def redis(sqlite_store_url: str, valkey: Valkey) -> Iterator[Bench]:
    store = Store(sqlite_store_url, "alice")
    with store.outbox() as outbox:
        yield Bench(store, outbox, valkey)


@pytest.fixture
def own() -> Iterator[Valkey]:
    """A server of the test's own, to be killed."""
    server = Valkey().start()
    yield server
    server.kill()
    shutil.rmtree(server.folder, ignore_errors=True)


def carrier(bench: Bench, seconds: Seconds, wait: float = 0.05) -> Carrier:
    """A worker that waits for Redis and has asked the database just now: it sees what Redis tells alone."""
    assert bench.valkey is not None
    stream = Stream(bench.valkey.url, "alice")
    made = Carrier(stream, bench.outbox, wait=wait, seconds=seconds, pause=lambda _: None)
    assert bench.claim(source=made) == []
    return made


def entries(valkey: Valkey) -> list[dict[str, str]]:
    with valkey.client() as client:
        return [fields for _, fields in client.xrange(KEY)]


def in_hand(valkey: Valkey) -> int:
    """How many entries the group holds as not finished."""
    with valkey.client() as client:
        return int(client.xpending(KEY, "log")["pending"])


# ── what others read ─────────────────────────────────────────────────────────────────────────────────


def test_others_read_every_event_with_all_that_it_says(redis: Bench, valkey: Valkey) -> None:
    redis.announce(happened("a", 7))
    (event,) = redis.store.event_log().events()
    (entry,) = entries(valkey)
    assert json.loads(entry.pop("payload")) == {"number": 7}
    assert entry == {
        "id": event.id, "number": "1", "type": "Happened", "version": "1", "aggregate": "a",
        "priority": "normal", "at": NOW.isoformat(),
    }  # fmt: skip


def test_the_stream_is_bounded(redis: Bench, valkey: Valkey) -> None:
    redis.outbox.announce(*(happened("a", n) for n in range(600)))
    redis.mirror(most=50)
    kept = [json.loads(each["payload"])["number"] for each in entries(valkey)]
    assert len(kept) < 300
    assert kept == list(range(600 - len(kept), 600))


def test_a_redis_that_was_emptied_is_filled_again_with_the_same_ids(redis: Bench, valkey: Valkey) -> None:
    redis.announce(*(happened("a", n) for n in range(5)))
    before = [each["id"] for each in entries(valkey)]
    assert redis.mirror() == 0
    with valkey.client() as client:
        client.flushall()
    assert redis.mirror() == 5
    assert [each["id"] for each in entries(valkey)] == before
    assert redis.mirror() == 0


def test_what_came_before_anybody_noticed_does_not_hide_what_is_gone(redis: Bench, valkey: Valkey) -> None:
    redis.announce(happened("a", 1), happened("a", 2))
    with valkey.client() as client:
        client.flushall()
        client.xadd(KEY, {"number": "3"})  # a relay was at work when it happened
    redis.outbox.announce(happened("a", 3))
    assert redis.mirror() == 2


def test_a_stream_that_was_deleted_alone_is_filled_again(redis: Bench, valkey: Valkey) -> None:
    redis.announce(*(happened("a", n) for n in range(3)))
    with valkey.client() as client:
        client.delete(KEY)
    assert redis.mirror() == 3
    assert len(entries(valkey)) == 3


def test_only_what_is_kept_is_mirrored_again(redis: Bench, valkey: Valkey) -> None:
    redis.announce(happened("a", 1), happened("a", 2))
    with valkey.client() as client:
        client.flushall()
    redis.outbox.announce(happened("a", 3))
    assert redis.mirror(most=2) == 1, "one of the newest two had been there"
    assert [json.loads(each["payload"])["number"] for each in entries(valkey)] == [2, 3]


def test_what_a_killed_redis_had_not_written_down_is_mirrored_again(redis: Bench, own: Valkey) -> None:
    bench = Bench(redis.store, redis.outbox, own)
    bench.announce(*(happened("a", n) for n in range(3)))
    with own.client() as client:
        client.config_set("appendonly", "no")  # from here on it writes nothing down
    bench.announce(*(happened("a", n) for n in range(3, 6)))
    own.kill()
    own.start()
    assert len(entries(own)) == 3
    assert bench.mirror() == 3
    assert [json.loads(each["payload"])["number"] for each in entries(own)] == list(range(6))


def test_whoever_was_killed_while_filling_is_followed_by_one_who_fills(
    redis: Bench, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis.announce(*(happened("a", n) for n in range(3)))
    with valkey.client() as client:
        client.flushall()
    assert redis.stream is not None
    real = redis.stream.call

    def dies(*command: str | int) -> object:
        if command[0] == "SET":
            raise KeyboardInterrupt
        return real(*command)

    monkeypatch.setattr(redis.stream, "call", dies)
    with pytest.raises(KeyboardInterrupt):
        redis.mirror()
    monkeypatch.undo()
    redis.mirror()
    assert len(entries(valkey)) == 3


def test_no_event_is_given_up_whatever_redis_says(redis: Bench, valkey: Valkey) -> None:
    redis.announce(happened("a", 1))
    with valkey.client() as client:
        client.delete(KEY)
        client.set(KEY, "mine")
    redis.outbox.announce(happened("a", 2))
    for _ in range(10):
        with pytest.raises(DataProblem, match="WRONGTYPE"):
            redis.mirror()
    assert redis.store.event_log().counts()["redis"] == {"done": 1, "waiting": 1}
    with valkey.client() as client:
        client.delete(KEY)
    redis.mirror()
    assert len(entries(valkey)) == 2


# ── what our workers read ────────────────────────────────────────────────────────────────────────────


def test_a_worker_hears_of_events_from_redis(redis: Bench, valkey: Valkey) -> None:
    worker = carrier(redis, Seconds())
    redis.outbox.announce(happened("a", 1))
    assert redis.claim(source=worker) == [], "Redis does not know of it yet"
    redis.mirror()
    claimed = redis.claim(source=worker)
    assert numbers(claimed) == [1]
    assert in_hand(valkey) == 1
    redis.outbox.done(claimed, NOW)
    worker.finished(claimed)
    assert in_hand(valkey) == 0


def test_what_redis_forgot_is_found_in_the_database(redis: Bench, valkey: Valkey) -> None:
    seconds = Seconds()
    worker = carrier(redis, seconds)
    redis.announce(happened("a", 1), happened("b", 2))
    with valkey.client() as client:
        client.flushall()
    assert redis.claim(source=worker) == []
    seconds.now += room.SECONDS
    assert numbers(redis.claim(source=worker)) == [1, 2]


def test_a_backlog_that_redis_forgot_is_worked_off_without_a_pause(redis: Bench, valkey: Valkey) -> None:
    seconds = Seconds()
    worker = carrier(redis, seconds)
    redis.announce(*(happened(f"a{n}", n) for n in range(5)))
    with valkey.client() as client:
        client.flushall()
    seconds.now += room.SECONDS
    assert [len(redis.claim(limit=2, source=worker)) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize("limit", [1, 2])
def test_what_redis_forgot_is_found_however_much_it_hands_out(
    redis: Bench, valkey: Valkey, limit: int
) -> None:
    seconds = Seconds()
    worker = carrier(redis, seconds)
    redis.announce(*(happened(f"a{n}", n) for n in range(20)))
    with valkey.client() as client:
        client.xdel(KEY, client.xrange(KEY)[0][0])
    seconds.now += room.SECONDS
    assert numbers(redis.claim(limit=limit, source=worker))[0] == 0


def test_what_redis_forgot_is_not_overtaken_by_what_it_knows(redis: Bench, valkey: Valkey) -> None:
    seconds = Seconds()
    worker = carrier(redis, seconds)
    redis.announce(happened("a", 1), happened("a", 2), happened("b", 3))
    with valkey.client() as client:
        client.xdel(KEY, client.xrange(KEY)[0][0])
    first = redis.claim(source=worker)
    assert numbers(first) == [3]
    redis.outbox.done(first, NOW)
    seconds.now += room.SECONDS
    assert numbers(redis.claim(source=worker)) == [1, 2]


def test_what_is_done_already_is_acknowledged_and_skipped(redis: Bench, valkey: Valkey) -> None:
    worker = carrier(redis, Seconds())
    redis.announce(happened("a", 1))
    redis.outbox.done(redis.outbox.claim("log", NOW, owner="them", seconds=LEASE), NOW)
    assert redis.claim(source=worker) == []
    assert in_hand(valkey) == 0


def test_what_a_dead_worker_had_read_comes_to_another(
    redis: Bench, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = Seconds()
    worker = carrier(redis, seconds)
    redis.announce(happened("a", 1))
    assert numbers(redis.claim(source=worker)) == [1]
    redis.clock.forward(LEASE + 1)
    redis.outbox.sweep(redis.clock())
    redis.outbox.done(redis.outbox.claim("log", redis.clock(), owner="them", seconds=LEASE), NOW)
    with valkey.client() as client:  # as if the lease had gone by for Redis, too
        (entry,) = client.xpending_range(KEY, "log", "-", "+", 10)
        client.xclaim(KEY, "log", "me", 0, [entry["message_id"]], idle=int(LEASE * 1000) + 1000)
    other = carrier(redis, seconds)
    assert redis.claim(source=other, owner="other") == []
    assert in_hand(valkey) == 0, "it was found done, and acknowledged"


def test_stalled_entries_are_looked_through_in_parts(redis: Bench, valkey: Valkey) -> None:
    """XAUTOCLAIM looks at ten times as many as asked for, and may find none of them idle for long enough."""
    seconds = Seconds()
    worker = carrier(redis, seconds)
    redis.announce(*(happened(f"a{n}", n) for n in range(30)))
    redis.outbox.done(redis.claim(limit=30, source=worker), NOW)
    with valkey.client() as client:
        last = client.xpending_range(KEY, "log", "-", "+", 100)[-1]
        client.xclaim(KEY, "log", "me", 0, [last["message_id"]], idle=int(LEASE * 1000) + 1000)
    for _ in range(4):
        seconds.now += room.SECONDS
        assert redis.claim(limit=1, source=worker) == redis.claim(limit=1, source=worker) == []
    assert in_hand(valkey) == 29


def test_entries_of_others_are_passed_over(redis: Bench, valkey: Valkey) -> None:
    worker = carrier(redis, Seconds())
    with valkey.client() as client:
        client.xadd(KEY, {"hello": "world"})
        client.xadd(KEY, {"number": "-1"})
        client.xadd(KEY, {"number": "9" * 30})
    redis.announce(happened("a", 1))
    assert numbers(redis.claim(source=worker)) == [1]
    assert in_hand(valkey) == 1


def test_the_database_does_alone_while_redis_is_away_and_says_so_once(
    redis: Bench, own: Valkey, capsys: pytest.CaptureFixture[str]
) -> None:
    bench, seconds = Bench(redis.store, redis.outbox, own), Seconds()
    worker = carrier(bench, seconds)
    own.kill()
    redis.outbox.announce(*(happened(f"a{n}", n) for n in range(3)))
    for n in range(3):
        (claimed,) = bench.claim(limit=1, source=worker)
        assert claimed.event.payload == {"number": n}
        redis.outbox.done([claimed], NOW)
        worker.finished([claimed])
        seconds.now += room.SECONDS + 1
    told = capsys.readouterr().err
    assert told.count("Redis cannot be reached") == 1
    own.start()
    bench.announce(happened("b", 4))
    seconds.now += room.SECONDS + 1
    assert numbers(bench.claim(source=worker)) == [4]
    assert capsys.readouterr().err == ""


def test_a_worker_that_leaves_takes_its_name_along(redis: Bench, valkey: Valkey) -> None:
    worker = carrier(redis, Seconds())
    with valkey.client() as client:
        assert [each["name"] for each in client.xinfo_consumers(KEY, "log")] == ["me"]
        worker.close()
        assert client.xinfo_consumers(KEY, "log") == []


# ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────


def test_errors_are_clear_and_hold_no_secret(own: Valkey, tmp_path: object) -> None:
    own.kill()
    own.password = "opensesame-3141"
    own.start()
    with pytest.raises(CredentialProblem, match="refuses the password"):
        Stream(own.url, "alice").call("PING")
    with pytest.raises(CredentialProblem) as refused:
        Stream(own.url, "alice", "wrong-2718").call("PING")
    assert "2718" not in refused.value.what + str(refused.value.detail)
    assert Stream(own.url, "alice", own.password).call("PING")
    with pytest.raises(Temporary):
        Stream(f"unix://{tmp_path}/nobody", "alice").call("PING")


def test_a_key_that_is_something_else_is_no_stream(redis: Bench, valkey: Valkey) -> None:
    with valkey.client() as client:
        client.set(KEY, "mine")
    with pytest.raises(DataProblem, match="WRONGTYPE"):
        redis.announce(happened("a", 1))
        redis.mirror()


def test_a_number_is_a_number_of_ours() -> None:
    assert number_of(("1-0", {"number": "12"})) == 12
    for fields in (None, {}, {"number": ""}, {"number": "-1"}, {"number": "١٢"}, {"number": "9" * 30}):
        assert number_of(("1-0", fields)) is None


def test_only_what_was_delivered_is_forgotten_by_redis(redis: Bench, valkey: Valkey) -> None:
    def handle(delivery: Delivery) -> None:
        if delivery.event.payload["number"] == 1:
            raise ValueError("not now")

    redis.claim(source=redis.source())  # the group is there
    redis.announce(happened("a", 1), happened("b", 2))
    redis.relay(handle, batch=2).once()
    assert in_hand(valkey) == 1
