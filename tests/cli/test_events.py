"""`agentos events`: what was announced is seen, followed by scripts that miss nothing, and decided on."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from agentos_cli.app import App
from agentos_cli.clock import utc_now
from agentos_cli.duties import events as duty
from agentos_cli.events import Consumer, Event, SourceFailed, SourceSynced
from agentos_cli.store.outbox import State
from agentos_cli.store.store import Store
from tests.bus.valkey import Valkey
from tests.cli.program import Program

SLACK = Consumer("slack", "slack")


@pytest.fixture
def store(program: Program) -> Store:
    """The store of the program, with three things that happened."""
    program("status")
    store = Store(f"sqlite:///{program.database}", "default")
    store.upgrade()
    announce(store, synced("stripe"), synced("hubspot"), SourceFailed("stripe", "it is away\x1b[2J", None))
    return store


def synced(source: str) -> SourceSynced:
    return SourceSynced(source, 10, 1, 0)


def announce(store: Store, *happened: SourceSynced | SourceFailed) -> list[Event]:
    events = [each.event(utc_now()) for each in happened]
    with store.outbox() as outbox:
        outbox.announce(*events)
    return events


def lines(text: str) -> list[int]:
    return [json.loads(line)["number"] for line in text.splitlines()]


# ── looking ──────────────────────────────────────────────────────────────────────────────────────


def test_events_are_listed_and_shown_with_their_payload(program: Program, store: Store) -> None:
    listed = program("events", "list", "--type", "sourcesynced", "--json").json()["events"]
    assert [each["payload"]["source"] for each in listed] == ["stripe", "hubspot"]
    text = program("events", "list").out
    assert "SourceFailed" in text and "source:stripe" in text
    (event,) = store.event_log().events(limit=1)
    for name in ("1", event.id, event.id[:12]):
        shown = program("events", "show", name, "--json").json()
        assert shown["event"]["id"] == event.id
    shown = program("events", "show", "3").out
    assert "it is away" in shown and "\x1b" not in shown
    assert "no consumer asked for it" in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "99"), "no one event"),
        (("show", "evt_"), "no one event"),
        (("list", "--type", "SourceSync"), "did you mean `SourceSynced`"),
        (("replay", "nobody", "--from", "1"), "no consumer `nobody`"),
        (("retry", "1", "nobody"), "no consumer `nobody`"),
        (("tail", "--group", "No Way"), "no name for a group"),
    ],
)
def test_what_is_not_there_is_said_plainly(
    program: Program, store: Store, words: tuple[str, ...], told: str
) -> None:
    ran = program("events", *words)
    assert (ran.code, ran.raw) == (2, b"")
    assert told in ran.err and ran.said_plainly()


def test_tail_prints_the_last_or_what_came_after(program: Program, store: Store) -> None:
    assert lines(program("events", "tail", "--json").out) == [1, 2, 3]
    assert lines(program("events", "tail", "--since", "1", "--json").out) == [2, 3]
    first = store.event_log().events(limit=1)[0].id
    assert lines(program("events", "tail", "--since", first, "--type", "SourceFailed", "--json").out) == [3]
    assert program("events", "tail").out.splitlines()[0].split()[0] == "1"


def test_tail_follows_what_comes_until_interrupted(program: Program, store: Store) -> None:
    running = program.started("events", "tail", "--follow", "--json", "--since", "3")
    try:
        announce(store, synced("linear"))
        assert running.stdout is not None
        assert json.loads(running.stdout.readline())["number"] == 4
        announce(store, synced("linear"))
        assert json.loads(running.stdout.readline())["number"] == 5
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 130
    finally:
        running.kill()
        running.communicate()


# ── groups of scripts ────────────────────────────────────────────────────────────────────────────


def test_a_group_gets_every_event_once_over_many_runs(program: Program, store: Store) -> None:
    words = ("events", "tail", "--group", "billing", "--json")
    assert program(*words, "--since", "1").out.count("\n") == 2
    assert program(*words).out == ""
    announce(store, synced("stripe"))
    assert lines(program(*words).out) == [4]
    refused = program(*words, "--since", "1")
    assert refused.code == 2 and "events replay billing --from 1" in refused.err
    replayed = program("events", "replay", "billing", "--from", "3", "--json").json()
    assert (replayed["events"], replayed["left"]) == (2, 0)
    assert lines(program(*words).out) == [3, 4]
    item = program("events", "consumers", "--json").json()["consumers"][0]
    assert (item["name"], item["kind"], item["states"]) == ("billing", "script", {"done": 3})
    program("events", "consumers", "--remove", "billing")
    assert program("events", "consumers", "--json").json()["consumers"] == []


def test_what_nobody_read_to_its_end_comes_again(program: Program, store: Store) -> None:
    announce(store, *(synced(f"source{n}") for n in range(1_000)))
    words = "agentos events tail --group billing --since 0 --json"
    first = program.shell(f"{words} | head -n 2; true")
    assert lines(first.out) == [1, 2]
    rest = lines(program("events", "tail", "--group", "billing", "--json").out)
    assert rest[-1] == 1_003
    assert rest == list(range(rest[0], 1_004)), "it goes on without a gap"


def test_two_of_a_group_share_the_events(program: Program, store: Store) -> None:
    program("events", "tail", "--group", "billing")
    words = ("events", "tail", "--group", "billing", "--follow", "--json")
    both = [program.started(*words) for _ in range(2)]
    try:
        announce(store, *(synced(f"source{n}") for n in range(60)))
        until = time.monotonic() + 60
        while store.event_log().counts()["billing"]["done"] < 60:
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        for each in both:
            each.send_signal(signal.SIGINT)
        told = [each.communicate(timeout=30)[0].decode() for each in both]
    assert sorted(lines(told[0]) + lines(told[1])) == list(range(4, 64))


# ── deciding ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def parked(store: Store) -> tuple[Event, Event]:
    """One event that is dead for slack, and one in doubt."""
    with store.outbox() as outbox:
        outbox.subscribe(SLACK, utc_now())
        announce(store, synced("a"), synced("b"))
        dead, doubt = outbox.claim("slack", utc_now(), owner="me", seconds=60, limit=2)
        outbox.park(dead, State.DEAD, "the channel is gone", utc_now())
        outbox.park(doubt, State.IN_DOUBT, "the answer was lost", utc_now())
    return dead.event, doubt.event


def test_what_is_parked_is_listed_with_its_reason(program: Program, parked: tuple[Event, Event]) -> None:
    found = program("events", "dead", "--json").json()["deliveries"]
    assert [(each["state"], each["note"]) for each in found] == [
        ("in_doubt", "the answer was lost"), ("dead", "the channel is gone"),
    ]  # fmt: skip
    assert [each["tries"][0]["outcome"] for each in found] == ["in_doubt", "dead"]
    text = program("events", "dead", "--consumer", "slack").out
    assert "the channel is gone" in text and "agentos events retry" in text


def test_what_is_dead_is_sent_again_and_what_is_in_doubt_only_if_that_is_meant(
    program: Program, store: Store, parked: tuple[Event, Event]
) -> None:
    dead, doubt = parked
    (item,) = program("events", "retry", dead.id, "slack", "--json").json()["deliveries"]
    assert (item["state"], item["attempts"]) == ("waiting", 0)
    refused = program("events", "retry", doubt.id, "slack")
    assert refused.code == 2 and "may have reached slack" in refused.err
    assert program("events", "retry", doubt.id, "slack", "--even-if-it-arrived").code == 0
    assert store.event_log().counts()["slack"] == {"waiting": 2}
    refused = program("events", "retry", dead.id, "slack")
    assert refused.code == 2 and "is waiting for slack" in refused.err


def test_what_is_in_doubt_can_be_settled(program: Program, store: Store, parked: tuple[Event, Event]) -> None:
    _, doubt = parked
    assert "is settled" in program("events", "settle", str(doubt.number), "slack").out
    assert store.event_log().counts()["slack"] == {"dead": 1, "done": 1}
    refused = program("events", "settle", doubt.id, "slack")
    assert refused.code == 2 and "is done for slack" in refused.err


def test_a_replay_asks_before_people_get_it_and_leaves_alone_what_is_in_doubt(
    program: Program, parked: tuple[Event, Event]
) -> None:
    refused = program("events", "replay", "slack", "--from", "1")
    assert refused.code == 2 and "--yes" in refused.err
    today = f"{utc_now() - timedelta(days=1):%Y-%m-%d}"
    done = program("events", "replay", "slack", "--from", today, "--yes")
    assert "4 events; 1 in doubt were left alone" in done.out


# ── what a tick does ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def redis() -> Iterator[Valkey]:
    server = Valkey(password="opensesame-3141").start()
    yield server
    server.kill()


def test_a_tick_brings_events_to_redis_and_takes_the_consumer_away_with_the_setting(
    program: Program, store: Store, redis: Valkey, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("HOME", str(program.home))
    monkeypatch.setenv("AGENTOS_EVENTS__REDIS", redis.url)
    monkeypatch.setenv("AGENTOS_EVENTS__REDIS_PASSWORD", "env:REDIS_SECRET")
    monkeypatch.setenv("REDIS_SECRET", "opensesame-3141")
    soon = utc_now() + timedelta(minutes=1)
    assert duty.relay_machines(App.open(), soon) == 3, "also what was there before Redis was"
    announce(store, synced("stripe"))
    assert duty.relay_machines(App.open(), soon) == 1
    with redis.client() as client:
        types = [fields["type"] for _, fields in client.xrange("agentos:default:events")]
    assert types == ["SourceSynced", "SourceSynced", "SourceFailed", "SourceSynced"]
    redis.kill()
    announce(store, synced("stripe"))
    assert duty.relay_machines(App.open(), soon) == 0
    assert store.event_log().counts()["redis"]["waiting"] == 1
    assert "opensesame" not in capsys.readouterr().err
    monkeypatch.setenv("AGENTOS_EVENTS__REDIS", "")
    assert duty.relay_machines(App.open(), soon) == 0
    assert duty.consumers(App.open()) == []


def test_a_script_hears_of_events_from_redis(program: Program, store: Store, redis: Valkey) -> None:
    woken = program.having(
        AGENTOS_EVENTS__REDIS=redis.url, AGENTOS_EVENTS__REDIS_PASSWORD="env:S", S="opensesame-3141"
    )
    running = woken.started("events", "tail", "--group", "billing", "--follow", "--json", "--since", "2")
    try:
        assert running.stdout is not None
        assert json.loads(running.stdout.readline())["number"] == 3
        with redis.client() as client:  # what a tick would put there
            (event,) = announce(store, synced("stripe"))
            client.xadd("agentos:default:events", {"id": event.id, "number": 4})
            assert json.loads(running.stdout.readline())["number"] == 4
            (group,) = client.xinfo_groups("agentos:default:events")
            assert (group["name"], group["last-delivered-id"] > "0-0") == ("billing", True)
    finally:
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert running.returncode == 130, err


def test_old_events_are_forgotten(program: Program, store: Store) -> None:
    with store.outbox() as outbox:
        outbox.announce(Event("SourceSynced", "source:x", utc_now() - timedelta(days=100), {}))
        outbox.announce(Event("SourceSynced", "source:x", utc_now(), {}))
    assert program("events", "purge", "--json").json()["events"] == 1
    assert lines(program("events", "tail", "--json").out) == [1, 2, 3, 5]
