"""What the store knows of what was sent: announced once, and whether anybody got it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agentos_cli.briefing.notices import late_by, notices
from agentos_cli.events import BriefingReady, Consumer, Delivery, Event, SourceFailed
from agentos_cli.store.outbox import Outbox, State
from agentos_cli.store.store import Store

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
End = Callable[[Outbox, Delivery], None]


def brief(run: str, at: datetime = NOW) -> Event:
    return BriefingReady(run, at.isoformat(), "All is well.", send=True).event(at)


def done(outbox: Outbox, delivery: Delivery) -> None:
    outbox.done([delivery], NOW, "ok")


def dead(outbox: Outbox, delivery: Delivery) -> None:
    outbox.park(delivery, State.DEAD, "it is gone.", NOW)


def doubted(outbox: Outbox, delivery: Delivery) -> None:
    outbox.park(delivery, State.IN_DOUBT, "cut", NOW)


def away(outbox: Outbox, delivery: Delivery) -> None:
    outbox.retry(delivery, NOW + DAY, "HTTP 503", NOW)


def held(outbox: Outbox, delivery: Delivery) -> None:
    outbox.hold([delivery], NOW + DAY)


def untried(outbox: Outbox, delivery: Delivery) -> None:
    outbox.release([delivery], NOW)


def came_of(store: Store, event: Event, **ends: End) -> None:
    """Announce an event to the channels that are named, and let each try end."""
    with store.outbox() as outbox:
        for name in ends:
            outbox.subscribe(Consumer(name, "slack"), NOW)
        outbox.announce(event)
        for name, end in ends.items():
            (delivery,) = outbox.claim(name, NOW, owner="me", seconds=60)
            end(outbox, delivery)


def said(store: Store) -> list[str]:
    return notices(store.unarrived(), NOW + DAY, BERLIN, None)


def test_an_event_is_announced_once_even_by_several_at_once(store: Store) -> None:
    with store.outbox() as outbox:
        outbox.subscribe(Consumer("a", "file"), NOW)
        outbox.subscribe(Consumer("b", "file", ("AlertRaised",)), NOW)
    event = brief("run_1")
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: store.announce_once(event), range(4))) == [False] * 3 + [True]
    log = store.event_log()
    (kept,) = log.events()
    assert [one.consumer for one in log.deliveries(event=kept.number)] == ["a"]
    assert store.announce_once(brief("run_2"), only="b")
    assert [one.consumer for one in log.deliveries(event=2)] == ["b"]


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ({"a": done}, []),
        ({"a": away, "b": done}, []),
        ({"a": away, "b": held}, []),
        ({"a": untried}, []),
        ({"a": away}, ["The brief of Mon 07:00 reached nobody (a: HTTP 503)."]),
        ({"a": dead, "b": away}, ["The brief of Mon 07:00 reached nobody (a: it is gone, and 1 more)."]),
        ({"a": dead, "b": done},
         ["1 message to a could not be delivered (it is gone): agentos events dead."]),
        ({"a": doubted}, ["1 message to a may or may not have arrived: agentos events dead."]),
        ({"a": doubted, "b": dead},
         ["1 message to a may or may not have arrived: agentos events dead.",
          "1 message to b could not be delivered (it is gone): agentos events dead."]),
    ],
)  # fmt: skip
def test_what_is_said_of_a_brief_that_was_sent(store: Store, ends: dict[str, End], words: list[str]) -> None:
    came_of(store, brief("run_1"), **ends)
    assert said(store) == words


def test_of_other_events_only_what_waits_for_a_person_is_said(store: Store) -> None:
    came_of(store, SourceFailed("stripe", "x", None).event(NOW), a=away)
    assert said(store) == []
    came_of(store, SourceFailed("linear", "x", None).event(NOW), a=dead)
    came_of(store, SourceFailed("hubspot", "x", None).event(NOW), a=dead)
    assert said(store) == ["2 messages to a could not be delivered (it is gone): agentos events dead."]


def test_of_several_briefs_the_newest_is_named(store: Store) -> None:
    came_of(store, brief("run_1", NOW - DAY), a=dead)
    came_of(store, brief("run_2", NOW), a=away)
    assert said(store) == ["The last 2 briefs reached nobody, the newest that of Mon 07:00 (a: HTTP 503)."]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 min"), (3599, "59 min"), (3600, "1 h"), (3 * 3600 + 59, "3 h"), (48 * 3600, "2 days")],
)
def test_how_late_is_said_in_one_unit(seconds: int, words: str) -> None:
    assert late_by(seconds) == words


def test_an_older_day_is_named_by_its_date(store: Store) -> None:
    came_of(store, brief("run_1", NOW - 9 * DAY), a=away)
    assert said(store) == ["The brief of 2026-11-14 07:00 reached nobody (a: HTTP 503)."]
