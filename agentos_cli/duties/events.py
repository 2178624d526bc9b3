"""Events on an `App`: what people ask and decide, programs that read them, and what a tick does for those."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from agentos_cli.app import instant
from agentos_cli.clock import sleep
from agentos_cli.errors import AgentosError, Temporary, UsageProblem
from agentos_cli.events import TYPES, Consumer, Delivery, Event
from agentos_cli.store.event_log import Attempt, EventLog, Status
from agentos_cli.store.lease import this_process
from agentos_cli.store.outbox import Outbox, State
from agentos_cli.telemetry import notice, progress

if TYPE_CHECKING:
    from agentos_cli.app import App
    from agentos_cli.bus.redis import Carrier, Stream
    from agentos_cli.renderers.events import DeliveryItem

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
REDIS = Consumer("redis", "redis", confirms=True)
"""The consumer that is there while `[events] redis` is set."""
PARKED = (State.DEAD, State.IN_DOUBT)
PAGE = 500
POLL = 1.0
"""Seconds between two looks for what is new."""
AT_ONCE = 20
LEASE = 60.0
"""Seconds for which a script holds an event that was printed and is not marked yet."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did: how many events go out once more, how many in doubt were left alone."""

    count: int
    left: int


# ── what people ask ──────────────────────────────────────────────────────────────────────────────────


def known_types(names: Sequence[str]) -> tuple[str, ...]:
    """Types of events as they are called. Raises UsageProblem for one that there is not."""
    called = {name.lower(): name for name in TYPES}
    for name in names:
        if name.lower() not in called:
            near = difflib.get_close_matches(name, TYPES, 1, 0.5)
            fix = f"did you mean `{near[0]}`?" if near else f"choose from {', '.join(TYPES)}"
            raise UsageProblem(f"there is no event type `{name[:40]}`", fix=fix)
    return tuple(called[name.lower()] for name in names)


def event(house: App, name: str) -> Event:
    """By its number, its id, or the beginning of that. Raises UsageProblem."""
    log = house.store.event_log()
    if name.isascii() and name.isdigit() and len(name) < 19:
        found = next(iter(log.events(after=int(name) - 1, limit=1)), None)
        found = found if found and found.number == int(name) else None
    else:
        found = log.event(name) if name else None
    if found is None:
        raise UsageProblem(f"there is no one event `{name[:40]}`", fix="agentos events list")
    return found


def deliveries(house: App, found: Event) -> list[DeliveryItem]:
    """How an event stands with every consumer, and every try that tells something."""
    log = house.store.event_log()
    standing = sorted(log.deliveries(event=found.number), key=lambda status: status.consumer)
    return [_item(each, log.attempts(each.consumer, found.number)) for each in standing]


def parked(house: App, name: str | None) -> list[DeliveryItem]:
    """What is dead or in doubt, of all consumers or one: it waits for somebody to decide."""
    log = house.store.event_log()
    chosen = None if name is None else consumer(house, name).name
    found = log.deliveries(states=PARKED, consumer=chosen, limit=1_000)
    return [_item(each, log.attempts(each.consumer, each.event.number)) for each in found]


def consumer(house: App, name: str) -> Consumer:
    """The consumer group of this name. Raises UsageProblem."""
    with house.store.outbox() as outbox:
        found = next((each for each in outbox.consumers() if each.name == name), None)
    if found is None:
        raise UsageProblem(f"there is no consumer `{name[:40]}`", fix="agentos events consumers")
    return found


def consumers(house: App) -> list[Consumer]:
    """Every consumer group, by name."""
    with house.store.outbox() as outbox:
        return outbox.consumers()


# ── what people decide ───────────────────────────────────────────────────────────────────────────────


def chosen(house: App, to: Consumer, origin: str, types: Sequence[str]) -> list[Event]:
    """The events from `origin` on (a number, an id, or an instant) that this consumer asks for."""
    log = house.store.event_log()
    wanted = known_types(types)
    after = _before(house, log, origin)
    return [each for each in _pages(log, after, wanted) if to.wants(each)]


def replay(house: App, to: Consumer, events: Sequence[Event]) -> Replayed:
    """Deliver these once more, with the ids they had. What is in doubt stays so: a person decides on each."""
    log = house.store.event_log()
    doubtful = log.deliveries(states=[State.IN_DOUBT], consumer=to.name, limit=100_000)
    doubted = {each.event.number for each in doubtful}
    numbers = [each.number for each in events if each.number not in doubted]
    count = log.again(to.name, numbers, house.clock())
    return Replayed(count, len(events) - len(numbers))


def retry(house: App, name: str, to: str, *, even_if_it_arrived: bool) -> DeliveryItem:
    """Send a parked event again, as if it had never been tried. Raises UsageProblem where it is not parked,
    or may have arrived and that does not matter was not said."""
    found, status = _parked(house, name, to)
    if status.state is State.IN_DOUBT and not even_if_it_arrived:
        raise UsageProblem(
            f"{found.id} may have reached {to} already, which would then get it twice",
            fix=f"look there; then agentos events settle {found.id} {to}, or retry --even-if-it-arrived",
        )
    house.store.event_log().again(to, [found.number], house.clock())
    return _item(_status(house, found, to), house.store.event_log().attempts(to, found.number))


def settle(house: App, name: str, to: str) -> DeliveryItem:
    """A parked event arrived, or need not. Raises UsageProblem where it is not parked."""
    found, _ = _parked(house, name, to)
    house.store.event_log().settle(to, found.number, house.clock())
    return _item(_status(house, found, to), house.store.event_log().attempts(to, found.number))


def remove(house: App, name: str) -> None:
    """Take away a group that scripts read, with what waits for it. Raises UsageProblem for any other."""
    found = consumer(house, name)
    if found.kind == REDIS.kind:
        raise UsageProblem(f"{name} is there while events.redis is set", fix="agentos config show --origin")
    if found.is_channel:
        raise UsageProblem(f"{name} is a channel", fix=f"agentos notify remove {name}")
    with house.store.outbox() as outbox:
        outbox.unsubscribe(name)


# ── programs that read events ────────────────────────────────────────────────────────────────────────


def tail(
    house: App, tell: Callable[[Event], None], *, types: Sequence[str], since: str | None, follow: bool
) -> None:
    """Tell the last ten events, or all behind `since`; with `follow` whatever comes, until interrupted."""
    log, wanted = house.store.event_log(), known_types(types)
    if since is None:
        last = log.events(limit=1, newest=True)
        after = last[0].number if last else 0
        for each in log.events(limit=10, types=wanted, newest=True):
            tell(each)
    else:
        after = _after(house, since)
    while True:
        for each in _pages(log, after, wanted):
            tell(each)
            after = each.number
        if not follow:
            return
        sleep(POLL)


def consume(
    house: App, group: str, tell: Callable[[Event], None], *, types: Sequence[str], since: str | None,
    follow: bool,
) -> None:  # fmt: skip
    """Tell a group what it has not got yet, marked once it was told. Several at once share it.

    A group that is not there is made: it gets what comes from now on, or what came behind `since`. Who dies
    between telling and marking is followed by somebody who is told the last AT_ONCE again, at most.
    """
    owner = this_process()
    with house.store.outbox() as outbox:
        _join(house, outbox, group, known_types(types), since)
        outbox.sweep(house.clock())
        with _source(house, outbox, follow) as source:
            while True:
                claimed = source.claim(group, house.clock(), owner=owner, seconds=LEASE, limit=AT_ONCE)
                _tell(house, outbox, claimed, tell)
                if not isinstance(source, Outbox):
                    source.finished(claimed)
                if not claimed:
                    if not follow:
                        return
                    outbox.sweep(house.clock())
                    if isinstance(source, Outbox):
                        sleep(POLL)


def _tell(house: App, outbox: Outbox, claimed: Sequence[Delivery], tell: Callable[[Event], None]) -> None:
    """One after the other, marked together; what could not be told, since nobody reads any more, is given
    back."""
    told = 0
    try:
        for delivery in claimed:
            tell(delivery.event)
            told += 1
    finally:
        for some, act in ((claimed[:told], outbox.done), (claimed[told:], outbox.release)):
            if some:
                act(some, house.clock())


def _join(house: App, outbox: Outbox, group: str, types: tuple[str, ...], since: str | None) -> None:
    there = next((each for each in outbox.consumers() if each.name == group), None)
    if there is None:
        if not NAME.fullmatch(group):
            raise UsageProblem(
                f"`{group[:40]}` is no name for a group", fix="lower-case letters, digits, . _ and -"
            )
        new = Consumer(group, "script", types, confirms=True)
        outbox.subscribe(new, house.clock())
        if since is not None:
            log = house.store.event_log()
            events = _pages(log, _after(house, since), types)
            log.again(group, [each.number for each in events], house.clock())
        return
    if there.kind != "script":
        raise UsageProblem(f"{group} is no group of scripts but {there.kind}", fix="choose another name")
    if since is not None:
        fix = f"agentos events replay {group} --from {since}"
        raise UsageProblem(f"the group {group} goes on where it is", fix=fix)
    if types and types != there.types:
        outbox.subscribe(replace(there, types=types), house.clock())


@contextmanager
def _source(house: App, outbox: Outbox, follow: bool) -> Iterator[Outbox | Carrier]:
    """Where a group's events come from: woken by Redis where there is one, else the database is asked."""
    if not (house.loaded.settings.events.redis and follow):
        yield outbox
        return
    from agentos_cli.bus.redis import Carrier

    carrier = Carrier(stream(house), outbox, wait=POLL)
    try:
        yield carrier
    finally:
        carrier.close()


# ── what a tick does ─────────────────────────────────────────────────────────────────────────────────


def tidy(house: App) -> int:
    """Forget the events that are older than `[events] keep` days, with their deliveries: how many. What
    nobody fetched in that time is given up, and what is dead or in doubt is shown for as long again."""
    now = house.clock()
    return house.store.event_log().purge(now - timedelta(days=house.loaded.settings.events.keep), now)


def relay_machines(house: App, deadline: datetime) -> int:
    """Bring what waits to Redis, where the settings name one, and begin nothing new after `deadline`: how
    many events arrived. While Redis is away, or refuses us, everything waits in the database."""
    with house.store.outbox() as outbox:
        there = next((each for each in outbox.consumers() if each.name == REDIS.name), None)
        if not house.loaded.settings.events.redis:
            if there is not None and there.kind == REDIS.kind:
                outbox.unsubscribe(REDIS.name)
            return 0
        if there is None:
            outbox.subscribe(REDIS, house.clock())
        try:
            return _mirror(house, outbox, deadline)
        except AgentosError as problem:
            tell = progress if isinstance(problem, Temporary) else notice  # that mends itself
            tell(f"events wait for Redis in the database: {problem.what}; {problem.fix}")
            return 0


def _mirror(house: App, outbox: Outbox, deadline: datetime) -> int:
    from agentos_cli.bus.redis import Mirror

    line, count = stream(house), 0
    mirror = Mirror(line, house.store.event_log(), REDIS.name)
    try:
        since = house.clock() - timedelta(days=house.loaded.settings.events.keep)
        mirror.catch_up(since, house.clock())
        while house.clock() < deadline and (some := mirror.once(outbox, house.clock, owner=this_process())):
            count += some
    finally:
        line.close()
    return count


def stream(house: App) -> Stream:
    """The tenant's stream on the Redis that the settings name."""
    from agentos_cli.bus.redis import Stream

    settings = house.loaded.settings
    reference = settings.events.redis_password
    password = house.vault.resolve(reference) if reference else None
    return Stream(settings.events.redis, settings.tenant, password)


# ── where to begin ───────────────────────────────────────────────────────────────────────────────────


def _pages(log: EventLog, after: int, types: Sequence[str]) -> Iterator[Event]:
    while found := log.events(after=after, limit=PAGE, types=types):
        yield from found
        after = found[-1].number


def _after(house: App, since: str) -> int:
    """The place behind which to begin: a number, which need not be there any more, or an event's id."""
    return (
        int(since) if since.isascii() and since.isdigit() and len(since) < 19 else event(house, since).number
    )


def _before(house: App, log: EventLog, origin: str) -> int:
    """The place before the first event that counts."""
    if not re.match(r"\d{4}-\d\d-\d\d", origin):
        return _after(house, origin) - 1
    when = instant(f"{origin}T00:00" if len(origin) == len("2026-11-23") else origin, house.zone)
    newest = log.events(limit=1, newest=True)
    first = log.first(since=when)
    return first - 1 if first is not None else (newest[0].number if newest else 0)


def _parked(house: App, name: str, to: str) -> tuple[Event, Status]:
    found = event(house, name)
    status = _status(house, found, consumer(house, to).name)
    if status.state not in PARKED:
        fix = "it goes out by itself; agentos events dead lists what does not"
        if status.state is State.DONE:
            fix = f"agentos events replay {to} --from {found.number}"
        raise UsageProblem(f"{found.id} is {status.state} for {to}", fix=fix)
    return found, status


def _status(house: App, found: Event, to: str) -> Status:
    standing = house.store.event_log().deliveries(event=found.number, consumer=to)
    if not standing:
        raise UsageProblem(f"{found.id} was not meant for {to}", fix=f"agentos events show {found.id}")
    return standing[0]


def _item(status: Status, tries: Sequence[Attempt]) -> DeliveryItem:
    event = status.event
    return {
        "consumer": status.consumer,
        "event": event.id,
        "number": event.number,
        "type": event.type,
        "aggregate": event.aggregate,
        "state": str(status.state),
        "attempts": status.attempts,
        "due_at": status.due_at.isoformat(timespec="seconds"),
        "finished_at": status.finished_at.isoformat(timespec="seconds") if status.finished_at else None,
        "note": status.note,
        "tries": [
            {"at": each.at.isoformat(timespec="seconds"), "outcome": each.outcome, "note": each.note}
            for each in tries
        ],
    }
