"""From an event to the message that goes out, in all forms at once; the same for every attempt."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, cast

from agentos_cli.delivery import forms
from agentos_cli.delivery.digest import digest
from agentos_cli.delivery.said import said
from agentos_cli.events import BriefingReady, DigestReady, Event
from agentos_cli.notifiers.message import Message
from agentos_cli.renderers import clean, draw, words
from agentos_cli.renderers.style import Style
from agentos_cli.store.store import Store

if TYPE_CHECKING:
    from agentos_cli.renderers.shapes import BriefDocument

TOP = 3
"""How many decisions and risks of a brief are among its facts for programs."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the messages of one tenant; times are said in `zone`."""

    store: Store
    zone: tzinfo

    def message(self, event: Event, key: str) -> Message:
        """The event in every form. `key` is its idempotency key."""
        if event.type == BriefingReady.__name__:
            kept = self.store.briefing(str(event.payload.get("briefing")))
            if kept is not None:
                return _brief(event, key, json.loads(kept.body))
        if event.type == DigestReady.__name__:
            held = self._held(event)
            return _short(event, key, digest(held, self.zone), held)
        return _short(event, key, said(event, self.zone))

    def _held(self, event: Event) -> list[Event]:
        """The events that a digest names, oldest first; in the place of a digest in it, what that names."""
        log, found, wanted = self.store.event_log(), [], _named(event)
        seen = {event.id}
        while wanted:
            one = log.event(wanted.pop(0))
            if one is None or one.id in seen:
                continue
            seen.add(one.id)
            if one.type == DigestReady.__name__:
                wanted += _named(one)
            else:
                found.append(one)
        return sorted(found, key=lambda each: each.number)


def _named(event: Event) -> list[str]:
    return [str(name) for name in cast("Sequence[object]", event.payload.get("events") or ())]


def _brief(event: Event, key: str, document: BriefDocument) -> Message:
    """The brief as it was kept, drawn as `agentos brief` draws it."""
    look = Style()
    return Message(
        key,
        event.type,
        forms.subject(f"Brief {words.dated(document['date'])}: {document['verdict']}"),
        draw(document, "plain", look),
        draw(document, "md", look),
        draw(document, "html", look),
        event.at,
        event.priority,
        {**_facts(event), "brief": clean.tree(_top(document))},
    )


def _top(document: BriefDocument) -> dict[str, object]:
    decisions, risks = document["decisions"][:TOP], document["risks"][:TOP]
    return {
        **{name: document[name] for name in ("company", "date", "as_of", "status", "verdict")},
        "decisions": [{"id": d["id"], "title": d["title"], "command": d["command"]} for d in decisions],
        "numbers": {n["key"]: n["text"] for n in document["numbers"]},
        "risks": [{"id": r["id"], "title": r["title"], "status": r["status"]} for r in risks],
        "blind_spots": [spot["text"] for spot in document["blind_spots"]],
        "notices": list(document.get("notices") or ()),
    }


def _short(event: Event, key: str, told: forms.Words, held: Sequence[Event] = ()) -> Message:
    priority = max((event.priority, *(one.priority for one in held)), key=lambda each: each.rank)
    return Message(
        key,
        event.type,
        forms.subject(told.subject),
        forms.plain(told),
        forms.markdown(told),
        forms.html(told),
        event.at,
        priority,
        _facts(event),
    )


def _facts(event: Event) -> Mapping[str, object]:
    """For programs: the event as it is announced."""
    told = {"id": event.id, "type": event.type, "version": event.version, "aggregate": event.aggregate}
    return clean.tree({**told, "payload": dict(event.payload)})
