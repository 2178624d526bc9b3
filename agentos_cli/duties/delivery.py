"""Builds what delivers to people, and does what `agentos notify` and `agentos brief --send` ask for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING

from agentos_cli.app import App
from agentos_cli.briefing.desk import Sending
from agentos_cli.briefing.notices import due_at
from agentos_cli.delivery.courier import Courier, Send, Stopped
from agentos_cli.delivery.messages import Writer
from agentos_cli.errors import DataProblem, UsageProblem
from agentos_cli.events import BriefingReady, Consumer, Event
from agentos_cli.notifiers.catalogue import CHANNELS
from agentos_cli.notifiers.message import Message
from agentos_cli.quiet import QuietHours

if TYPE_CHECKING:
    from agentos_cli.renderers.shapes import BriefDocument
    from agentos_cli.store.event_log import Status

AT_ONCE = timedelta(seconds=30)
"""For so long `agentos brief --send` begins to deliver; what is left then is brought by the next tick."""


def deliver(
    house: App, until: datetime, only: Collection[str] | None = None, stopped: Stopped = lambda: False
) -> int:
    """Bring what is due to all channels, or to `only` these; begin nothing new after `until`, or once
    `stopped`. How many deliveries arrived. Raises nothing for a channel that is broken: that is in the
    record."""
    return courier(house).deliver(until, only, stopped)


def courier(house: App) -> Courier:
    """What delivers for this house."""
    hours = QuietHours.of(house.loaded.settings.quiet, house.zone)
    writer = Writer(house.store, house.zone)
    return Courier(house.store, house.vault, house.clock, writer, _way, hours.held)


def _way(channel: Consumer) -> Send:
    if channel.kind not in CHANNELS:
        raise DataProblem(f"there is no kind of channel `{channel.kind}`", fix="agentos notify list")
    return CHANNELS[channel.kind].send


def channels(house: App) -> list[Consumer]:
    """The channels to people, by name."""
    with house.store.outbox() as outbox:
        return [consumer for consumer in outbox.consumers() if consumer.is_channel]


def channel(house: App, name: str) -> Consumer:
    """The channel of this name. Raises UsageProblem, with the nearest name."""
    known = {each.name: each for each in channels(house)}
    if name in known:
        return known[name]
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else "agentos notify list"
    raise UsageProblem(f"there is no channel `{name[:40]}`", fix=hint)


# ── the brief ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Posting:
    """A brief on its way. `to` is the one channel that it is for, None for all that take briefs."""

    house: App
    to: str | None

    def document(self) -> tuple[BriefDocument, str]:
        """The brief, announced for its channels, and the id of that event."""
        return self.house.desk.send(Sending(self.to), due_at(self.house.environ))

    def deliver(self, event: str) -> list[Status]:
        """Deliver now what can be; how that event stands with each channel, by name."""
        deliver(self.house, self.house.clock() + AT_ONCE, None if self.to is None else [self.to])
        log = self.house.store.event_log()
        announced = log.event(event) if event else None
        found = [] if announced is None else log.deliveries(event=announced.number)
        people = {each.name for each in channels(self.house)}
        return sorted((one for one in found if one.consumer in people), key=lambda one: one.consumer)


def posting(house: App, to: str | None) -> Posting:
    """For `agentos brief --send`. Raises UsageProblem where no channel would get it."""
    if to is not None:
        return Posting(house, channel(house, to).name)
    found = channels(house)
    ready = BriefingReady("", "", "", send=True).event(house.clock())
    if not found:
        raise UsageProblem("there is no channel to send it to", fix="agentos notify add NAME --kind KIND")
    if not any(each.wants(ready) for each in found):
        fix = "agentos notify add NAME --kind KIND --for briefings"
        raise UsageProblem("no channel takes briefs", fix=fix)
    return Posting(house, None)


# ── trying it out ────────────────────────────────────────────────────────────────────────────────


def test_message(house: App, name: str) -> str:
    """Send a message to a channel now, past the outbox; gives what the receiver answered. Raises what the
    channel raises."""
    found, now = channel(house, name), house.clock()
    event = Event("Test", f"channel:{name}", now, {"channel": name})
    return courier(house).send(found, _test(event))


def _test(event: Event) -> Message:
    from agentos_cli.delivery.forms import Words, html, markdown, plain

    said = Words("A test from agentos", ("If you can read this, the channel works.",))
    facts = {"id": event.id, "type": event.type, "version": event.version, "aggregate": event.aggregate}
    return Message(
        f"{event.id}:test", event.type, said.subject, plain(said), markdown(said), html(said), event.at,
        facts={**facts, "payload": dict(event.payload)},
    )  # fmt: skip
