"""The documents of `agentos notify`: channels, how they stand, and the record of what was delivered."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class ChannelItem(TypedDict):
    """A channel. `types` are the events that it gets (none: all) from `least` priority on; `credential` is a
    reference, never the secret; `confirms`: what is sent twice counts once there. Then how many deliveries
    are on their way, held by quiet hours, given up, and in doubt."""

    name: str
    kind: str
    types: list[str]
    least: str
    options: dict[str, str]
    credential: str | None
    confirms: bool
    last_delivered: str | None
    waiting: int
    held: int
    dead: int
    in_doubt: int


class ChannelsDocument(TypedDict):
    """All channels, by name."""

    schema: str
    channels: list[ChannelItem]


class ChannelDocument(TypedDict):
    """A channel that was added, changed, tested or removed (`done`), and what is to be said of it."""

    schema: str
    name: str
    done: str
    said: str


class TryItem(TypedDict):
    """One try to deliver: `outcome` is done, retry, dead or in_doubt; `note` what the receiver answered, or
    what went wrong."""

    at: str
    outcome: str
    note: str | None


class SentItem(TypedDict):
    """One event on its way to one channel. `state`: waiting, held, claimed, done, dead or in_doubt; `due_at`:
    from when on it is tried (again)."""

    channel: str
    event: str
    type: str
    subject: str
    announced_at: str
    state: str
    attempts: int
    due_at: str
    finished_at: str | None
    note: str | None
    tries: list[TryItem]


class SentDocument(TypedDict):
    """The record of deliveries, newest first."""

    schema: str
    deliveries: list[SentItem]


SHAPES: dict[str, type] = {"channels": ChannelsDocument, "channel": ChannelDocument, "sent": SentDocument}
"""Document name to its shape."""
