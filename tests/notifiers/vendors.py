"""Receivers on this machine that check what they get as the vendors' documents say, and answer as they do.

Slack: https://docs.slack.dev/reference/block-kit/blocks and /messaging/formatting-message-text
Discord: https://docs.discord.com/developers/resources/webhook#execute-webhook
         https://docs.discord.com/developers/resources/message#embed-object-embed-limits
Telegram: https://core.telegram.org/bots/api#sendmessage, #html-style
ntfy: https://docs.ntfy.sh/publish/
Webhook: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from tests.ground.hostile import Act, Caller, Hostile

Judge = Callable[[dict[str, Any]], str | None]
"""What is wrong with a payload; None if the vendor would take it."""


def sent(server: Hostile, number: int = -1) -> dict[str, Any]:
    """The JSON object that a caller sent."""
    read = json.loads(server.bodies[number].decode("utf-8"))
    assert isinstance(read, dict)
    return read


def visible(text: str) -> bool:
    """Without control characters but line ends and tabs, and without halves of characters."""
    return not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]", text)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


# ── Slack ───────────────────────────────────────────────────────────────────────────────────────────

SLACK_COMMAND = re.compile(r"<(?!https://[^\s<>|]+\|[^<>|]+>)|&(?!amp;|lt;|gt;)")
"""A control character that is neither escaped nor a link with a label."""


def slack(document: dict[str, Any]) -> str | None:
    """The string that Slack answers with status 400, or None."""
    blocks = document.get("blocks", [])
    if not document.get("text"):
        return "no_text"
    if len(blocks) > 50 or sum(len(json.dumps(b, ensure_ascii=False)) for b in blocks) > 13_000:
        return "msg_blocks_too_long"
    problem = next((why for block in blocks if (why := _slack_block(block))), None)
    return problem or (None if visible(json.dumps(document, ensure_ascii=False)) else "invalid_text")


def _slack_block(block: dict[str, Any]) -> str | None:
    if block["type"] == "header":
        text = block["text"]
        fine = text["type"] == "plain_text" and 0 < units(text["text"]) <= 150 and "\n" not in text["text"]
        return None if fine else "invalid_blocks: header"
    texts = [block["text"]] if block["type"] == "section" else block["elements"]
    for text in texts:
        if text["type"] != "mrkdwn" or not 0 < units(text["text"]) <= 3000:
            return "invalid_blocks: length"
        if SLACK_COMMAND.search(text["text"]):
            return f"invalid_blocks: {SLACK_COMMAND.findall(text['text'])}"
    return None


def slack_hook(call: Caller) -> None:
    why = slack(_document(call))
    call.say((why or "ok").encode(), 400 if why else 200)


def slack_api(call: Caller) -> None:
    document = _document(call)
    why = None if call.headers["authorization"] == "Bearer xoxb-canary-1" else "invalid_auth"
    why = why or (None if document.get("channel") == "C012" else "channel_not_found") or slack(document)
    said = {"ok": False, "error": why} if why else {"ok": True, "ts": "1700000000.000100", "channel": "C012"}
    call.say(json.dumps(said).encode())


# ── Discord ─────────────────────────────────────────────────────────────────────────────────────────


def discord(document: dict[str, Any]) -> str | None:
    """What Discord would call a bad request."""
    content, embeds = document.get("content", ""), document.get("embeds", [])
    texts = [part for embed in embeds for part in (embed.get("title", ""), embed.get("description", ""))]
    if not content.strip() and not embeds:
        return "Cannot send an empty message"
    if units(content) > 2000 or len(embeds) > 10 or sum(map(units, texts)) > 6000:
        return "too long"
    if any(units(e.get("title", "")) > 256 or not 0 < units(e["description"]) <= 4096 for e in embeds):
        return "embed"
    if document.get("allowed_mentions") != {"parse": []}:
        return "calls people"
    return None if visible(json.dumps(document, ensure_ascii=False)) else "invisible"


def discord_hook(call: Caller) -> None:
    why = discord(_document(call))
    if "wait=true" not in call.path:
        call.say(b"", 204)
    elif why:
        call.say(json.dumps({"message": why, "code": 50006}).encode(), 400)
    else:
        call.say(b'{"id": "1184209", "type": 0}')


# ── Telegram ────────────────────────────────────────────────────────────────────────────────────────


class _TelegramHtml(HTMLParser):
    """The few tags there are, each closed in order; the text that is left."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""
        self.why: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag not in {"b", "i", "u", "s", "code", "pre", "a", "blockquote"}:
            self.why = f"Unsupported start tag {tag}"
        if tag == "a" and not str(dict(attrs).get("href")).startswith("https://"):
            self.why = "strange link"

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.why = f"Unexpected end tag {tag}"

    def handle_data(self, data: str) -> None:
        self.text += data


def telegram(document: dict[str, Any]) -> str | None:
    """Telegram's description of what is wrong."""
    reader = _TelegramHtml()
    reader.feed(document["text"])
    reader.close()
    if document.get("parse_mode") != "HTML" or "chat_id" not in document:
        return "Bad Request: chat not found"
    if re.search(r"&(?!amp;|lt;|gt;|quot;)", document["text"]):
        return "Bad Request: can't parse entities"
    if reader.why or reader.open:
        return f"Bad Request: can't parse entities: {reader.why or reader.open}"
    if not 0 < units(reader.text.strip()) <= 4096:
        return "Bad Request: message is too long or empty"
    return None if visible(document["text"]) else "Bad Request: strings must be encoded in UTF-8"


def telegram_bot(call: Caller) -> None:
    why = telegram(_document(call))
    if why:
        call.say(json.dumps({"ok": False, "error_code": 400, "description": why}).encode(), 400)
    else:
        call.say(b'{"ok": true, "result": {"message_id": 77, "chat": {"id": -100}}}')


# ── ntfy ────────────────────────────────────────────────────────────────────────────────────────────


def ntfy(document: dict[str, Any]) -> str | None:
    """What ntfy would answer, or do other than show the message."""
    known = {"topic", "title", "message", "priority", "tags", "click", "sequence_id"}
    if set(document) - known or not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", document.get("topic", "")):
        return "invalid request: topic"
    if document["priority"] not in range(1, 6) or not isinstance(document["tags"], list):
        return "invalid request: priority"
    if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", document["sequence_id"]):
        return "invalid request: sequence ID"
    if not document["message"].strip() or len(document["message"].encode()) > 4096:
        return "would be `triggered`, or an attached file"
    fine = visible(document["title"] + document["message"]) and "\n" not in document["title"]
    return None if fine else "invalid request: text"


def ntfy_server(call: Caller) -> None:
    why = ntfy(_document(call))
    if why:
        call.say(json.dumps({"code": 40024, "http": 400, "error": why}).encode(), 400)
    else:
        call.say(b'{"id": "xE73Iyuabi", "event": "message"}')


# ── Webhook ─────────────────────────────────────────────────────────────────────────────────────────


def signed(headers: dict[str, str], body: bytes, secret: str, now: float) -> str | None:
    """What is wrong with the signature, worked out from the specification alone; None if it is right."""
    name, stamp = headers["webhook-id"], headers["webhook-timestamp"]
    if not re.fullmatch(r"[A-Za-z0-9_:-]+", name) or not stamp.isdigit():
        return "the id must not hold a full stop"
    if abs(int(stamp) - now) > 300:
        return "too old"
    key = base64.b64decode(secret[len("whsec_") :]) if secret.startswith("whsec_") else secret.encode()
    right = base64.b64encode(hmac.digest(key, f"{name}.{stamp}.".encode() + body, "sha256")).decode()
    for each in headers["webhook-signature"].split(" "):
        version, _, value = each.partition(",")
        if version == "v1" and hmac.compare_digest(value, right):
            return None
    return "no signature matches"


def hook(call: Caller) -> None:
    document = _document(call)
    fine = {"type", "timestamp", "data"} == set(document)
    call.say(b"" if fine else b"what?", 204 if fine else 400, X_Request_Id="req_1")


def _document(call: Caller) -> dict[str, Any]:
    assert call.headers["content-type"].startswith("application/json")
    read = json.loads(call.bodies[-1].decode("utf-8"))
    assert isinstance(read, dict)
    return read


ANSWERS: dict[str, Act] = {
    "slack": slack_hook,
    "slack_bot": slack_api,
    "discord": discord_hook,
    "telegram": telegram_bot,
    "ntfy": ntfy_server,
    "webhook": hook,
}
JUDGES: dict[str, Judge] = {
    "slack": slack,
    "slack_bot": slack,
    "discord": discord,
    "telegram": telegram,
    "ntfy": ntfy,
}
