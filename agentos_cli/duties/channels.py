"""Adds, lists and removes the channels to people, and tells what was delivered to them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

from agentos_cli.app import App
from agentos_cli.delivery.said import said
from agentos_cli.duties.delivery import channel, channels
from agentos_cli.errors import UsageProblem
from agentos_cli.events import MACHINES, TYPES, Consumer, Priority
from agentos_cli.notifiers.catalogue import CHANNELS, Channel
from agentos_cli.store.outbox import State

if TYPE_CHECKING:
    from agentos_cli.renderers.notify import ChannelItem, SentItem
    from agentos_cli.store.event_log import EventLog, Status

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
ROUTES: dict[str, tuple[str, ...]] = {
    "briefings": ("BriefingReady",),
    "alerts": ("AlertRaised", "AlertResolved", "SourceFailed", "ScheduleMissed", "ScheduleFailed"),
    "all": (),
}
"""Words for groups of types."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A channel as somebody asks for it. `secret` is to be kept, `reference` says where one is."""

    name: str
    kind: str
    options: Mapping[str, str]
    route: str = "all"
    least: str | None = None
    secret: str | None = None
    reference: str | None = None


def kind_called(kind: str) -> Channel:
    """A kind of channel. Raises UsageProblem with the list, and the nearest name."""
    if kind in CHANNELS:
        return CHANNELS[kind]
    raise UsageProblem(f"there is no kind of channel `{kind[:40]}`", fix=_nearest(kind, list(CHANNELS)))


def add(house: App, wanted: Wanted, keep_in: str) -> str:
    """Add a channel, or change the one of this name; gives which of both: `added` or `changed`. Raises
    UsageProblem for options that make no sense, CredentialProblem for a secret that cannot be kept."""
    kind = kind_called(wanted.kind)
    if not NAME.fullmatch(wanted.name) or wanted.name in MACHINES:
        raise UsageProblem(
            "a channel's name has lower-case letters, digits, - and _ only, 40 at most, and is not"
            f" {' or '.join(sorted(MACHINES))}",
            fix="ops-slack",
        )
    given = wanted.secret is not None or wanted.reference is not None
    if problems := kind.problems(wanted.options, secret=given):
        raise UsageProblem(f"{wanted.kind}: {problems[0]}", detail="\n".join(problems[1:]))
    types, least = route(wanted.route, wanted.least)
    with house.store.outbox() as outbox:
        before = next((c for c in outbox.consumers() if c.name == wanted.name), None)
        if before is not None and not before.is_channel:
            raise UsageProblem(f"`{wanted.name}` is a program that reads events", fix="choose another name")
        confirms, options = kind.honours_key(wanted.options), dict(wanted.options)
        credential = _credential(house, wanted, keep_in)
        consumer = Consumer(wanted.name, wanted.kind, types, least, confirms, credential, options)
        outbox.subscribe(consumer, house.clock())
    if before is not None and before.credential != credential:
        _forget(house, before)
    return "added" if before is None else "changed"


def remove(house: App, name: str) -> str:
    """Forget a channel, its kept secret and what was on its way to it; gives a sentence."""
    found = channel(house, name)
    counts: Mapping[str, int] = house.store.event_log().counts().get(name) or {}
    left = sum(counts.get(str(state), 0) for state in State if state is not State.DONE)
    with house.store.outbox() as outbox:
        outbox.unsubscribe(name)
    _forget(house, found)
    return f"{left} that had not arrived are forgotten with it" if left else "nothing was on its way to it"


def route(words: str, least: str | None) -> tuple[tuple[str, ...], Priority]:
    """Types and least priority from `briefings`, `alerts`, `all` or types between commas. What is named by
    its type comes whatever its priority, unless that is said."""
    names = [word.strip() for word in words.split(",") if word.strip()]
    types: list[str] = []
    for word in names:
        if word not in ROUTES and word not in TYPES:
            raise UsageProblem(
                f"there is no type of event `{word[:40]}`", fix=_nearest(word, [*ROUTES, *TYPES])
            )
        types += ROUTES.get(word, (word,))
    if not names or "all" in names:
        types = []
    if least is not None and least not in list(Priority):
        raise UsageProblem(f"`{least[:40]}` is no priority", fix=f"choose from {', '.join(Priority)}")
    usual = Priority.LOW if set(names) & set(TYPES) else Priority.NORMAL
    return tuple(dict.fromkeys(types)), Priority(least) if least else usual


def listing(house: App) -> list[ChannelItem]:
    """Every channel and how it stands."""
    log = house.store.event_log()
    counts = log.counts()
    return [_channel_item(house, log, each, counts.get(each.name, {})) for each in channels(house)]


def history(house: App, name: str | None, limit: int) -> list[SentItem]:
    """The newest deliveries to channels, or to this one, each with its tries."""
    log = house.store.event_log()
    if name is not None:
        channel(house, name)
    people = {each.name for each in channels(house)}
    found = [one for one in log.deliveries(consumer=name, limit=limit) if one.consumer in people]
    return [_sent_item(house, log, one) for one in found]


def _channel_item(house: App, log: EventLog, one: Consumer, counts: Mapping[str, int]) -> ChannelItem:
    done = log.deliveries(states=[State.DONE], consumer=one.name, limit=1)
    return {
        "name": one.name,
        "kind": one.kind,
        "types": list(one.types),
        "least": str(one.least),
        "options": dict(one.options),
        "credential": one.credential,
        "confirms": one.confirms,
        "last_delivered": _instant(house, done[0].finished_at) if done else None,
        "waiting": counts.get("waiting", 0) + counts.get("claimed", 0),
        "held": counts.get("held", 0),
        "dead": counts.get("dead", 0),
        "in_doubt": counts.get("in_doubt", 0),
    }


def _sent_item(house: App, log: EventLog, one: Status) -> SentItem:
    tries = log.attempts(one.consumer, one.event.number)
    return {
        "channel": one.consumer,
        "event": one.event.id,
        "type": one.event.type,
        "subject": said(one.event, house.zone).harmless().subject,
        "announced_at": _instant(house, one.event.at) or "",
        "state": str(one.state),
        "attempts": one.attempts,
        "due_at": _instant(house, one.due_at) or "",
        "finished_at": _instant(house, one.finished_at),
        "note": one.note,
        "tries": [
            {"at": _instant(house, each.at) or "", "outcome": each.outcome, "note": each.note}
            for each in tries
        ],
    }


def _credential(house: App, wanted: Wanted, keep_in: str) -> str | None:
    if wanted.secret is not None:
        return house.vault.keep(_kept_as(wanted.name), wanted.secret, keep_in)
    if wanted.reference is not None:
        house.vault.exists(wanted.reference)  # refuses what is no reference
    return wanted.reference


def _forget(house: App, one: Consumer) -> None:
    """Remove the secret if it was kept for this channel; one that was only referred to stays."""
    if one.credential is not None and one.credential.partition(":")[2] == _kept_as(one.name):
        house.vault.forget(one.credential)


def _kept_as(name: str) -> str:
    return f"notify.{name}"


def _instant(house: App, moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(house.zone).isoformat(timespec="seconds")


def _nearest(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, 1)
    return f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}"
