"""What the tests of the channels share: a receiver, and for each kind a target that leads to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from agentos_cli.notifiers.message import Target
from tests.ground.hostile import Hostile, hostile_server

SECRETS = {
    "slack": "T0CANARY/B0CANARY/slackcanary",
    "discord": "11842/discordcanary",
    "slack_bot": "xoxb-canary-1",
    "telegram": "123456:telegramcanary_AAE",
    "ntfy": "tk_ntfycanary123",
    "webhook": "whsec_d2ViaG9va2NhbmFyeS13ZWJob29rY2FuYXJ5",
}
"""In each there is something that must be seen nowhere."""

PATHS = {
    "slack": f"/services/{SECRETS['slack']}",
    "discord": f"/api/webhooks/{SECRETS['discord']}",
    "slack_bot": "/api/chat.postMessage",
    "telegram": f"/bot{SECRETS['telegram']}/sendMessage",
    "ntfy": "/",
    "webhook": "/hook",
}
OPTIONS: dict[str, dict[str, str]] = {
    "slack": {},
    "discord": {},
    "slack_bot": {"channel": "C012"},
    "telegram": {"chat": "-100123"},
    "ntfy": {"topic": "acme-briefs"},
    "webhook": {},
}
WEB = tuple(PATHS)
"""The kinds that are one POST."""

Lead = Callable[[str, str], Target]


@pytest.fixture
def receiver() -> Iterator[Hostile]:
    with hostile_server() as server:
        yield server


def leading(kind: str, base: str, **more: str) -> Target:
    """A target of this kind whose receiver is at `base`, like http://127.0.0.1:8000."""
    options = {"private": "yes", **OPTIONS[kind], **more}
    if kind in {"slack", "discord"}:
        return Target(options, base + PATHS[kind])
    options["address" if kind == "webhook" else "server"] = base + ("/hook" if kind == "webhook" else "")
    return Target(options, SECRETS[kind])
