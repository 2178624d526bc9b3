"""Events and how they were delivered, as documents and as lines for people; see `shapes` for the rules."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from agentos_cli.events import Consumer, Event
from agentos_cli.renderers import clean
from agentos_cli.renderers.listings import rows

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12

WIDEST = 60
"""Columns of a payload or a note in a list."""


class EventItem(TypedDict):
    """Something that was announced. `id` is what to know it by, `number` its place in the stream; events of
    one `aggregate` are delivered in that order. `payload` has the fields of its `type` and `version`."""

    id: str
    number: int
    type: str
    version: int
    aggregate: str
    priority: str
    at: str
    payload: dict[str, object]


class EventsDocument(TypedDict):
    """Events, oldest first."""

    schema: str
    events: list[EventItem]


class AnnouncedDocument(EventItem):
    """One line of `agentos events tail --json`: an event."""

    schema: str


class AttemptItem(TypedDict):
    """One try to deliver; `outcome` is done, retry, dead or in_doubt."""

    at: str
    outcome: str
    note: str | None


class DeliveryItem(TypedDict):
    """How one event stands with one consumer: `state` is waiting, held, claimed, done, dead or in_doubt;
    `note` says why, or what the receiver said. `due_at`: not before then."""

    consumer: str
    event: str
    number: int
    type: str
    aggregate: str
    state: str
    attempts: int
    due_at: str
    finished_at: str | None
    note: str | None
    tries: list[AttemptItem]


class EventDocument(TypedDict):
    """One event, and how it stands with everybody it is meant for."""

    schema: str
    event: EventItem
    deliveries: list[DeliveryItem]


class DeliveriesDocument(TypedDict):
    """How deliveries stand, newest first."""

    schema: str
    deliveries: list[DeliveryItem]


class ConsumerItem(TypedDict):
    """A consumer group: how it is reached, what it gets, and how many deliveries stand how. `waiting_since`:
    since when the oldest one could have gone out. `confirms`: what is sent to it twice counts once."""

    name: str
    kind: str
    types: list[str]
    least: str
    confirms: bool
    states: dict[str, int]
    waiting_since: str | None


class ConsumersDocument(TypedDict):
    """All consumer groups."""

    schema: str
    consumers: list[ConsumerItem]


class MovedDocument(TypedDict):
    """Events that were `replayed` to a consumer, or `purged`; `left` were in doubt and left alone."""

    schema: str
    done: str
    consumer: str | None
    events: int
    left: int


SHAPES: dict[str, type] = {
    "events": EventsDocument,
    "event": EventDocument,
    "announced": AnnouncedDocument,
    "deliveries": DeliveriesDocument,
    "consumers": ConsumersDocument,
    "moved": MovedDocument,
}
"""Document name to its shape."""


def event_item(event: Event) -> EventItem:
    """One event as it is listed."""
    return {
        "id": event.id,
        "number": event.number,
        "type": event.type,
        "version": event.version,
        "aggregate": event.aggregate,
        "priority": str(event.priority),
        "at": event.at.isoformat(timespec="seconds"),
        "payload": dict(event.payload),
    }


def consumer_item(consumer: Consumer, states: Counter[str], since: datetime | None) -> ConsumerItem:
    """One consumer as it is listed, with how its deliveries stand. `since`: since when the oldest waits."""
    return {
        "name": consumer.name,
        "kind": consumer.kind,
        "types": list(consumer.types),
        "least": str(consumer.least),
        "confirms": consumer.confirms,
        "states": {name: states[name] for name in sorted(states)},
        "waiting_since": since.isoformat(timespec="seconds") if since else None,
    }


def announced(event: Event) -> AnnouncedDocument:
    """An event as a document of its own."""
    return {"schema": "agentos.announced/1", **event_item(event)}


def event_line(event: Event, zone: tzinfo) -> str:
    """An event as one line for people, its place first, so that `--since` can go on from it."""
    at = event.at.astimezone(zone)
    head = f"{event.number:>6}  {at:%Y-%m-%d %H:%M:%S}  {event.type:<15}  {event.aggregate}"
    return clean.line(f"{head}  {_short(event.payload)}")


def event_table(events: Sequence[Event], zone: tzinfo) -> str:
    """Events as a table, oldest first, in `zone`."""
    body = [
        (
            str(event.number),
            f"{event.at.astimezone(zone):%Y-%m-%d %H:%M:%S}",
            event.type,
            event.aggregate,
            str(event.priority),
            event.id,
        )
        for event in events
    ]
    return rows(("number", "at", "type", "about", "priority", "id"), body)


def event_page(event: Event, deliveries: Sequence[DeliveryItem], zone: tzinfo) -> str:
    """One event with its payload, and how it stands with each consumer, every try told."""
    head = f"{event.type} {event.version}, number {event.number}, {event.id}"
    at = f"{event.at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    lines = [head, f"about {event.aggregate} at {at}, priority {event.priority}", ""]
    told = [f"  {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in event.payload.items()]
    lines += [clean.line(line) for line in told] + [""]
    if not deliveries:
        return "\n".join([*map(clean.line, lines), "no consumer asked for it"])
    for item in deliveries:
        lines.append(f"{item['consumer']}: {item['state']}, {_tries(item)}{_note(item)}")
        lines += [f"  {each['at']}  {each['outcome']}  {each['note'] or ''}" for each in item["tries"]]
    return "\n".join(clean.line(line) for line in lines)


def delivery_table(items: Sequence[DeliveryItem]) -> str:
    """Deliveries as a table, with what went wrong."""
    body = [
        (
            item["event"],
            item["consumer"],
            item["type"],
            item["state"],
            str(item["attempts"]),
            item["note"] or "",
        )
        for item in items
    ]
    return rows(("event", "consumer", "type", "state", "tries", "why"), body)


def consumer_table(items: Sequence[ConsumerItem]) -> str:
    """Consumers as a table."""
    open_states = ("waiting", "claimed", "held", "dead", "in_doubt")
    body = [
        (
            item["name"],
            item["kind"],
            ", ".join(item["types"]) or "all",
            item["least"],
            *(str(item["states"].get(state, 0)) for state in open_states),
            (item["waiting_since"] or "-")[:16],
        )
        for item in items
    ]
    return rows(("consumer", "kind", "types", "from", *open_states, "waiting since"), body)


def _tries(item: DeliveryItem) -> str:
    return f"{item['attempts']} {'try' if item['attempts'] == 1 else 'tries'}"


def _note(item: DeliveryItem) -> str:
    return f": {item['note']}" if item["note"] else ""


def _short(payload: Mapping[str, object]) -> str:
    text = ", ".join(f"{key} {value}" for key, value in payload.items())
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
