"""What is sent: one message in the forms that channels take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agentos_cli.events import Priority


@dataclass(frozen=True, slots=True)
class Message:
    """The same said in several forms; a channel takes the one that suits it.

    `key` is the idempotency key, the same for every attempt; `kind` the type of the event; `subject` one
    line; `text` reads well aloud and in a mail; `markdown` and `html` are the same; `facts` is for programs.
    All of it holds text from outside that the sender has made harmless for its form.
    """

    key: str
    kind: str
    subject: str
    text: str
    markdown: str
    html: str
    at: datetime
    priority: Priority = Priority.NORMAL
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """Where one channel leads: its `options` as they were given, and its `secret` (an address that is one, a
    token, a password), None where it needs none."""

    options: Mapping[str, str] = field(default_factory=dict)
    secret: str | None = field(default=None, repr=False)
