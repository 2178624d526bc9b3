"""ntfy: a push to phones and desktops, as JSON, so that any character arrives.

Limit: 4,096 bytes of message; a longer one would become an attached file. Priorities are 1 to 5. With one
`sequence_id` a newer server shows a message that comes twice as one; an older one does not know it, so it is
no promise.
Source: https://docs.ntfy.sh/publish/ (publish as JSON, message priority, updating notifications, limitations)
"""

from __future__ import annotations

import base64

from agentos_cli.events import Priority
from agentos_cli.notifiers.fitting import cut, one_line, sound, token, utf8
from agentos_cli.notifiers.message import Message, Target
from agentos_cli.notifiers.web import at, post_json, receipt

MESSAGE, TITLE = 4000, 200
PRIORITIES = {Priority.LOW: 2, Priority.NORMAL: 3, Priority.HIGH: 4, Priority.CRITICAL: 5}
TAGS = {Priority.HIGH: ["warning"], Priority.CRITICAL: ["rotating_light"]}


def send(message: Message, target: Target) -> str | None:
    """`id xE73Iyuabi`: the message's id at the server."""
    return receipt(
        post_json(at(target, "https://ntfy.sh", "/"), payload(message, target), target, _login(target)), "id"
    )


def payload(message: Message, target: Target) -> dict[str, object]:
    """As ntfy takes it; a message must not be empty, or it would say "triggered"."""
    title = one_line(message.subject, TITLE) or message.kind
    document: dict[str, object] = {
        "topic": target.options["topic"],
        "title": title,
        "message": cut(sound(message.text).strip(), MESSAGE, message, utf8) or title,
        "priority": PRIORITIES[message.priority],
        "tags": TAGS.get(message.priority, []),
        "sequence_id": token(message),
    }
    if target.options.get("click"):
        document["click"] = target.options["click"]
    return document


def _login(target: Target) -> dict[str, str]:
    secret = (target.secret or "").strip()
    if not secret:
        return {}
    if ":" in secret:
        return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
    return {"Authorization": f"Bearer {secret}"}
