"""Slack, by an incoming webhook: a header, sections of text, a line below.

Limits: 50 blocks a message, 150 characters a header, 3,000 a section; of all blocks together Slack takes
about 13,000 characters in practice.
Sources: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
         https://docs.slack.dev/reference/block-kit/blocks/section-block (and header-block, context-block)
         https://docs.slack.dev/messaging/formatting-message-text (which characters to escape)
         https://github.com/slackapi/bolt-js/issues/2509 (what all blocks together may have)
Its errors: https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks
"""

from __future__ import annotations

from agentos_cli.notifiers.fitting import one_line, utf16
from agentos_cli.notifiers.lines import Look, Span, around, body, fitted
from agentos_cli.notifiers.message import Message, Target
from agentos_cli.notifiers.web import post_json, secret_of

HEADER, SECTION, WHOLE = 150, 3000, 11_000
FALLBACK = 300


def send(message: Message, target: Target) -> str | None:
    """Slack says nothing but `ok`, so there is no receipt."""
    post_json(secret_of(target, "the address of the Slack webhook"), payload(message), target)
    return None


def payload(message: Message) -> dict[str, object]:
    """As Slack takes it: `text` is what a notification and a screen reader say."""
    sections = fitted(body(message), draw, message, each=SECTION, whole=WHOLE, size=utf16)
    title = one_line(message.subject, HEADER, utf16) or message.kind
    header = {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}
    below = f"agentos, {message.at:%Y-%m-%d %H:%M} UTC"
    return {
        "text": escape(one_line(message.subject, FALLBACK, utf16)) or message.kind,
        "blocks": [
            header,
            *({"type": "section", "text": _text(each)} for each in sections),
            {"type": "context", "elements": [_text(below)]},
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def draw(span: Span) -> str:
    """Slack's own markup. What would end a bold or code piece early is left out of it."""
    text = escape(span.text)
    if span.link:
        return f"<{escape(span.link.replace('|', '%7C'))}|{text.replace('|', '/')}>"
    if span.look is Look.BOLD and text.strip():
        return around(text.replace("*", ""), "*")
    if span.look is Look.CODE and text.strip():
        return f"`{text.replace('`', '')}`"
    return text


def escape(text: str) -> str:
    """Text in which nothing is a mention, a link or a command."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _text(text: str) -> dict[str, object]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
