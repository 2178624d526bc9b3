"""Discord, by a webhook: the subject as the message, everything else in an embed below it.

Limits: 2,000 characters of content, 256 and 4,096 of an embed's title and description, 6,000 together.
`allowed_mentions` without any keeps a name like @everyone from calling everyone.
Sources: https://docs.discord.com/developers/resources/webhook#execute-webhook
         https://docs.discord.com/developers/resources/message#embed-object-embed-limits
         https://docs.discord.com/developers/topics/rate-limits (429 with `retry_after`)
"""

from __future__ import annotations

import re

from agentos_cli.events import Priority
from agentos_cli.notifiers.fitting import one_line, utf16
from agentos_cli.notifiers.lines import Look, Span, around, body, fitted, tame
from agentos_cli.notifiers.message import Message, Target
from agentos_cli.notifiers.web import post_json, receipt, secret_of

CONTENT, DESCRIPTION = 300, 4096
COLOURS = {
    Priority.LOW: 0x8A8F98,
    Priority.NORMAL: 0x2F6FDE,
    Priority.HIGH: 0xD98A00,
    Priority.CRITICAL: 0xC62828,
}
_SIGN = re.compile(r"([\\*_~`|<>\[\]()#:])")


def send(message: Message, target: Target) -> str | None:
    """`id 42`: the message's id, since Discord is asked to wait until it is stored."""
    address = secret_of(target, "the address of the Discord webhook")
    wait = "&wait=true" if "?" in address else "?wait=true"
    return receipt(post_json(address + wait, payload(message), target), "id")


def payload(message: Message) -> dict[str, object]:
    """As Discord takes it."""
    parts = fitted(body(message), draw, message, each=DESCRIPTION, whole=DESCRIPTION - 2, size=utf16)
    title = escape(one_line(message.subject, CONTENT // 2, utf16)) or message.kind
    embed = {
        "description": "\n".join(parts),
        "color": COLOURS[message.priority],
        "timestamp": message.at.isoformat(),
        "footer": {"text": "agentos"},
    }
    return {
        "content": f"**{title}**",
        "embeds": [embed] if parts else [],
        "allowed_mentions": {"parse": []},
    }


def draw(span: Span) -> str:
    """Discord's Markdown."""
    if span.look is Look.CODE and span.text.strip():
        return f"`{span.text.replace('`', '')}`"
    text = escape(span.text)
    if span.link:
        return f"[{text}]({span.link})"
    return around(text, "**") if span.look is Look.BOLD else text


def escape(text: str) -> str:
    """Text in which nothing is markup, a mention or a link."""
    return _SIGN.sub(r"\\\1", tame(text))
