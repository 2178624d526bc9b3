"""Every channel is served by itself: one that is broken, slow or quiet holds up no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest

from agentos_cli.config.model import Quiet
from agentos_cli.delivery.courier import Courier, Send, Stopped
from agentos_cli.delivery.messages import Writer
from agentos_cli.errors import Fatal, Temporary, Unconfirmed
from agentos_cli.events import AlertRaised, BriefingReady, Consumer, Event, Priority, SourceFailed
from agentos_cli.notifiers.message import Message, Target
from agentos_cli.quiet import QuietHours
from agentos_cli.store.store import Store
from agentos_cli.vault import Vault

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SOON = timedelta(minutes=1)


@dataclass
class Street:
    """Channels by name, what came to each, and what they do when something comes."""

    store: Store
    vault: Vault
    now: datetime = NOW
    quiet: Quiet = field(default_factory=Quiet)
    came: dict[str, list[tuple[Message, Target]]] = field(default_factory=dict)
    does: dict[str, Callable[[], str | None]] = field(default_factory=dict)

    def open(self, *channels: Consumer) -> None:
        with self.store.outbox() as outbox:
            for each in channels:
                outbox.subscribe(each, NOW)

    def announce(self, *events: Event) -> None:
        with self.store.outbox() as outbox:
            outbox.announce(*events)

    def deliver(self, only: list[str] | None = None, stopped: Stopped = lambda: False) -> int:
        hours, writer = QuietHours.of(self.quiet, UTC), Writer(self.store, UTC)
        courier = Courier(self.store, self.vault, lambda: self.now, writer, self._way, hours.held)
        return courier.deliver(self.now + SOON, only, stopped)

    def states(self) -> dict[str, dict[str, int]]:
        return {name: dict(counts) for name, counts in self.store.event_log().counts().items()}

    def _way(self, channel: Consumer) -> Send:
        def send(message: Message, target: Target) -> str | None:
            self.came.setdefault(channel.name, []).append((message, target))
            return self.does.get(channel.name, lambda: "ok")()

        return send


@pytest.fixture
def street(store: Store, tmp_path: Path) -> Street:
    return Street(store, Vault(tmp_path / "keys", "alice", {"KEY": "s3cret-value"}))


def failed(name: str = "stripe") -> Event:
    return SourceFailed(name, "it is away", None).event(NOW)


def breaking(problem: Exception) -> Callable[[], str | None]:
    def act() -> str | None:
        raise problem

    return act


def test_a_broken_channel_does_not_stop_the_others(street: Street) -> None:
    street.open(*(Consumer(name, "file") for name in ("good", "away", "refused", "bug", "lost")))
    street.does = {
        "away": breaking(Temporary("it is away")),
        "refused": breaking(Fatal("it is gone for good")),
        "bug": breaking(ValueError("oops")),
        "lost": breaking(Unconfirmed("the answer was lost")),
    }
    street.announce(failed("stripe"), failed("hubspot"))
    assert street.deliver() == 2
    assert street.states() == {
        "away": {"waiting": 2},
        "bug": {"waiting": 2},
        "good": {"done": 2},
        "lost": {"in_doubt": 2},
        "refused": {"dead": 2},
    }
    assert [message.key.partition(":")[2] for message, _ in street.came["good"]] == ["good", "good"]


def test_channels_are_served_side_by_side(street: Street) -> None:
    both = Barrier(2, timeout=20)
    street.open(Consumer("one", "file"), Consumer("two", "file"))
    street.does = dict.fromkeys(("one", "two"), lambda: str(both.wait()))
    street.announce(failed())
    assert street.deliver() == 2


def test_every_try_has_the_same_key_and_a_channel_that_recovers_gets_it(street: Street) -> None:
    street.open(Consumer("team", "file"))
    street.does["team"] = breaking(Temporary("it is away"))
    street.announce(failed())
    assert street.deliver() == street.deliver() == 0
    street.now += timedelta(minutes=1)
    street.does.clear()
    assert street.deliver() == 1
    first, second = (message for message, _ in street.came["team"])
    assert first == second and first.key


def test_a_secret_is_looked_up_when_something_is_sent_and_for_its_channel_alone(street: Street) -> None:
    street.open(
        Consumer("good", "file", credential="env:KEY", options={"a": "b"}),
        Consumer("poor", "file", credential="env:MISSING"),
        Consumer("open", "file"),
    )
    street.announce(failed())
    assert street.deliver() == 2
    assert street.came["good"][0][1] == Target({"a": "b"}, "s3cret-value")
    assert street.came["open"][0][1].secret is None
    assert street.states()["poor"] == {"dead": 1}
    log = street.store.event_log()
    (tried,) = log.attempts("poor", log.events()[0].number)
    assert "MISSING" in str(tried.note)


def test_quiet_hours_keep_all_but_the_critical_and_release_one_digest(street: Street) -> None:
    street.quiet = Quiet("11:00", "14:00")
    street.open(Consumer("team", "file"))
    disk = AlertRaised("alt_1", "disk", "The disk is full", "critical", {}).event(NOW)
    street.announce(failed("stripe"), failed("hubspot"), disk)
    assert street.deliver() == 1
    assert [message.subject for message, _ in street.came["team"]] == ["The disk is full"]
    assert street.states()["team"] == {"held": 2, "done": 1}
    street.now = NOW.replace(hour=14)
    assert street.deliver() == 1
    last, _ = street.came["team"][-1]
    assert last.kind == "DigestReady" and last.priority is Priority.NORMAL
    assert "stripe could not be read" in last.text and "hubspot could not be read" in last.text


def test_a_brief_comes_when_it_was_asked_for_in_quiet_hours_too(street: Street) -> None:
    street.quiet = Quiet("11:00", "14:00")
    street.open(Consumer("team", "file"))
    street.announce(BriefingReady("run_1", "", "All is well.", send=True).event(NOW), failed())
    assert street.deliver() == 1
    assert [message.kind for message, _ in street.came["team"]] == ["BriefingReady"]


def test_once_it_is_to_stop_nothing_is_begun(street: Street) -> None:
    street.open(Consumer("team", "file"))
    street.announce(failed())
    assert street.deliver(stopped=lambda: True) == 0
    assert street.states()["team"] == {"waiting": 1}


def test_routes_decide_who_gets_what(street: Street) -> None:
    street.open(
        Consumer("alerts", "file", ("AlertRaised",), Priority.HIGH),
        Consumer("sources", "file", ("SourceFailed",)),
        Consumer("script", "script"),
    )
    low, high = (AlertRaised(f"alt_{p}", p, p, p, {}).event(NOW) for p in ("low", "high"))
    street.announce(low, high, failed())
    assert street.deliver(["alerts"]) == 1
    assert street.deliver() == 1
    assert [message.subject for message, _ in street.came["alerts"]] == ["high"]
    assert "script" not in street.came


def test_nothing_new_is_begun_after_the_deadline(street: Street) -> None:
    def slow() -> str:
        street.now += timedelta(seconds=50)
        return "ok"

    street.open(Consumer("team", "file"))
    street.does["team"] = slow
    street.announce(*(failed(str(number)) for number in range(5)))
    assert street.deliver() == 2
    assert street.states()["team"] == {"done": 2, "waiting": 3}
