"""Checks of what the house does by itself: schedules, who wakes it, and what is on its way to channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import takewhile

from agentos_cli.heartbeat.check import Check, Result, alert, ok, seen, warn
from agentos_cli.heartbeat.seen import Seen
from agentos_cli.store.watched import ConsumerSeen, ScheduleSeen, SlotSeen

BAD = frozenset({"failed", "missed"})
"""The ends of a due time that are none to be content with."""
IN_A_ROW = 3
"""So many bad ones in a row are an alert; the first was announced when it happened."""
AWAKE = timedelta(hours=1)
"""A waker comes every few minutes; one that was not there for this long is gone."""
BY_HAND = "hand"
"""The waker that is a person, whom nobody can rely on at night."""
STUCK = timedelta(minutes=30)
"""So long after it was due a delivery should have been tried."""
WAKING = timedelta(minutes=12)
"""What lay there while the machine slept goes out with the first tick after; that takes a moment."""


def schedules(seen: Seen) -> Iterator[Check]:
    """One check for each schedule that is not paused and was due at least once."""
    for schedule in seen.machinery.schedules:
        if schedule.ended:
            yield Check(f"schedule.{schedule.name}", "schedule", partial(_schedule, seen, schedule))


def waker(seen: Seen) -> Iterator[Check]:
    """Whether anything wakes the house, where there are schedules."""
    if seen.machinery.schedules:
        yield Check("waker", "waker", partial(_waker, seen))


def outbox(seen: Seen) -> Iterator[Check]:
    """One check for each consumer: is anything stuck on its way, parked, or in doubt."""
    for consumer in seen.machinery.consumers:
        yield Check(f"outbox.{consumer.name}", "outbox", partial(_outbox, seen, consumer))


def _schedule(now: Seen, schedule: ScheduleSeen) -> Result:
    bad = list(takewhile(lambda slot: slot.state in BAD, schedule.ended))
    last: SlotSeen = schedule.ended[0]
    read, fix = f"the last due times of {schedule.name}", f"agentos schedule show {schedule.name}"
    due = last.due_at.astimezone(now.zone)
    what = f"{due:%a} {due.day} {due:%b %H:%M} was {last.state.replace('_', ' ')}"
    evidence = seen(read, last.due_at, len(bad), f"{IN_A_ROW} in a row", f"{schedule.name}: {what}", fix)
    if not bad:
        return ok(evidence)
    why = f": {last.why}" if last.why else ""
    if len(bad) < IN_A_ROW:
        return warn({**evidence, "says": f"{schedule.name}: {what}{why}"})
    return alert({**evidence, "says": f"{schedule.name} did not run {len(bad)} times in a row, {what}{why}"})


def _waker(now: Seen) -> Result:
    wakers = [waker for waker in now.machinery.wakers if waker.name != BY_HAND]
    read, fix = "who wakes the house", "agentos schedule install"
    limit = f"{AWAKE.total_seconds() // 3600:g} h"
    last = max(wakers, key=lambda waker: waker.at, default=None)
    began = min(schedule.created_at for schedule in now.machinery.schedules)
    if last is None:
        evidence = seen(read, None, None, limit, "nothing wakes the house, so no schedule runs", fix)
        return alert(evidence) if now.at - began > AWAKE else ok({**evidence, "says": "schedules are new"})
    if now.at - last.at <= AWAKE:
        return ok(seen(read, None, last.name, limit, f"{last.name} wakes the house"))
    local = last.at.astimezone(now.zone)
    says = f"nothing has woken the house since {local:%a} {local.day} {local:%b %H:%M} ({last.name})"
    return alert(seen(read, last.at, last.name, limit, says, fix))


def _outbox(now: Seen, consumer: ConsumerSeen) -> Result:
    read, name = f"deliveries to {consumer.name}", consumer.name
    parked = consumer.dead + consumer.in_doubt
    fix = "agentos events dead"
    why = f": {consumer.note}" if consumer.note else ""
    if consumer.dead:
        says = f"{_many(parked)} could not be delivered to {name}{why}"
        return alert(seen(read, None, parked, 0, says, fix))
    if consumer.in_doubt:
        says = f"of {_many(consumer.in_doubt)} nobody can say whether it reached {name}{why}"
        return alert(seen(read, None, parked, 0, says, fix))
    limit = f"{STUCK.total_seconds() // 60:g} min"
    if consumer.oldest is not None and now.at - consumer.oldest > STUCK:
        since = consumer.oldest.astimezone(now.zone)
        says = f"nothing has gone out to {name} since {since:%a} {since.day} {since:%b %H:%M}"
        stuck = alert(seen(read, consumer.oldest, consumer.waiting, limit, says, "agentos tick"))
        return replace(stuck, patience=WAKING)
    return ok(seen(read, None, 0, limit, f"all that was due has reached {name}"))


def _many(count: int) -> str:
    return "1 event" if count == 1 else f"{count} events"
