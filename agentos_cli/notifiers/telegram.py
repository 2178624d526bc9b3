"""Telegram, by a bot: one message in its HTML, cut where it would be too long.

Limit: 4,096 characters once the markup is taken away; the markup is counted too here, to be sure. It is never
more than one message, so that no half of one can be missing.
Sources: https://core.telegram.org/bots/api#sendmessage, #html-style
         https://core.telegram.org/bots/api#making-requests (`description`, `parameters.retry_after`)
"""

from __future__ import annotations

import re
from html import escape

from agentos_cli.errors import CredentialProblem
from agentos_cli.events import Priority
from agentos_cli.notifiers.fitting import one_line, utf16
from agentos_cli.notifiers.lines import Look, Span, body, fitted, tame
from agentos_cli.notifiers.message import Message, Target
from agentos_cli.notifiers.web import at, post_json, secret_of
from agentos_cli.redaction import register_secret

WHOLE, SUBJECT = 4096, 200
_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{4,100}", re.ASCII)


def send(message: Message, target: Target) -> str | None:
    """`message_id 42`."""
    token = secret_of(target, "the token of the Telegram bot")
    if not _TOKEN.fullmatch(token):
        raise CredentialProblem("the secret is no token of a Telegram bot: 123456:ABC...")
    register_secret(token.partition(":")[2])
    options = target.options
    document: dict[str, object] = {
        "chat_id": options["chat"],
        "text": text(message),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "disable_notification": message.priority is Priority.LOW,
    }
    if options.get("thread"):
        document["message_thread_id"] = int(options["thread"])
    answer = post_json(at(target, "https://api.telegram.org", f"/bot{token}/sendMessage"), document, target)
    result = answer.json().get("result")
    number = result.get("message_id") if isinstance(result, dict) else None
    return f"message_id {number}" if isinstance(number, int) else None


def text(message: Message) -> str:
    """The subject in bold, and what follows."""
    head = f"<b>{_safe(one_line(message.subject, SUBJECT, utf16)) or message.kind}</b>\n\n"
    room = WHOLE - utf16(head) - 2
    parts = fitted(body(message, quote="&gt; "), draw, message, each=room // 2, whole=room, size=utf16)
    return (head + "\n".join(parts)).rstrip()


def draw(span: Span) -> str:
    """The few tags that Telegram knows."""
    if span.look is Look.CODE and span.text.strip():
        return f"<code>{escape(span.text, quote=False)}</code>"
    safe = _safe(span.text)
    if span.link:
        return f'<a href="{escape(span.link)}">{safe}</a>'
    return f"<b>{safe}</b>" if span.look is Look.BOLD and safe.strip() else safe


def _safe(text: str) -> str:
    return escape(tame(text), quote=False)
