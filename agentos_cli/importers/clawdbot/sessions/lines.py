"""One line of a transcript: what it says, redacted, and where it belongs in the tree.

The shapes are those of https://github.com/badlogic/pi-mono/blob/main/packages/coding-agent/docs/session.md
(versions 1 to 3), with what gateways added to them. Every line stands for itself: one that nobody can read
costs that line alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import reduce
from typing import Any

import msgspec

from agentos_cli.belongings import EXACT, Tokens
from agentos_cli.importers.secrets.redactor import Redactor

UNSAID = object()
"""The parent of an entry that names none, which is another thing than naming that it has none."""
MIRROR = "delivery-mirror"
"""What gateways call the model of a copy that was made for delivery."""
ROLES = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "toolResult": "tool_result",
    "bashExecution": "bash",
    "custom": "custom",
    "hookMessage": "custom",
    "branchSummary": "branch_summary",
    "compactionSummary": "compaction_summary",
}
OTHER = "other"
HEADER = "session"
SILENT = (HEADER, "model_change")
PLAIN = {
    "compaction": "summary",
    "branch_summary": "summary",
    "thinking_level_change": "thinkingLevel",
    "label": "label",
    "session_info": "name",
}
"""Types of entries that say nothing, and those that say one text, by the name of the field that has it."""
MOST_TEXT = 2_000_000
"""Characters of one entry that are kept; a longer one says how many were left out."""
PLAIN_ID = re.compile(r"[0-9a-f]{8}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HALF_PAIR = re.compile("[\ud800-\udfff]")
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
MOST_TOKENS = 2**53
MEMORY = 2_000
"""Short words that are remembered once they are clean: names of models, tools and types."""


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


_DECODER = msgspec.json.Decoder(float_hook=_number)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Line(msgspec.Struct):
    """One entry. `parent` is an id, None for a root, UNSAID if nothing is said of it. `turn`: a model read or
    wrote tokens for it. `id` and `parent` are as they stand there, for finding each other only; `name` is the
    id as it may be kept."""

    type: str
    id: str | None = None
    parent: object = UNSAID
    name: str | None = None
    role: str | None = None
    at: datetime | None = None
    provider: str | None = None
    model: str | None = None
    tool: str | None = None
    tokens: Tokens | None = None
    stop: str | None = None
    mirror: bool = False
    turn: bool = False
    text: str = ""


class LineReader:
    """Reads lines; `found` says what was taken out of them so far, by type, and `touched` how often a text
    was not left as it was. Without a redactor nothing is: for lines that are known to hold nothing."""

    def __init__(self, redactor: Redactor | None) -> None:
        self.found: dict[str, int] = {}
        self.touched = 0
        self._redactor = redactor
        self._words: dict[str, str] = {}

    def read(self, raw: bytes) -> Line | None:
        """What a line says; None for one that cannot be read."""
        value = decoded(raw)
        if value is None:
            return None
        try:
            return self._line(value)
        except RecursionError:  # lists in lists, as deep as only malice writes them
            return None

    def _name(self, value: object) -> str | None:
        """An id as it may be kept; those of the usual shapes hold no secret."""
        if not isinstance(value, str) or not value:
            return None
        return value if PLAIN_ID.fullmatch(value) else self.clean(value[:200])

    def clean(self, text: str) -> str:
        """The text without secrets, which are counted; cut where it is longer than anybody reads."""
        if len(text) > MOST_TEXT:
            return f"{self.clean(text[:MOST_TEXT])}{_left_out(text)}"
        if self._redactor is None:
            return text
        told = self._redactor.clean(text)
        if told.text != text:
            self.touched += 1
        for kind, count in told.found.items():
            self.found[kind] = self.found.get(kind, 0) + count
        return told.text

    def _word(self, value: object) -> str | None:
        """A short word, such as the name of a model."""
        if not isinstance(value, str) or not value:
            return None
        known = self._words.get(value)
        if known is None:
            known = self.clean(value[:200])
            if known == value and len(self._words) < MEMORY:
                self._words[value] = known
        return known

    def _line(self, value: dict[str, Any]) -> Line | None:
        kind = value.get("type")
        if kind is None and "role" in value:
            value, kind = {"message": value, "timestamp": value.get("timestamp")}, "message"
        if not isinstance(kind, str):
            return None
        parent = value.get("parentId", UNSAID)
        line = Line(
            self._word(kind) or OTHER,
            _text(value.get("id")),
            parent if parent is UNSAID or isinstance(parent, str) else None,
            self._name(value.get("id")),
            at=instant(value.get("timestamp")),
        )
        if kind == "message":
            message = value.get("message")
            return self._message(line, message) if isinstance(message, dict) else None
        line.text = self._other(line, value)
        return line

    def _message(self, line: Line, message: dict[str, Any]) -> Line:
        line.role = ROLES.get(_text(message.get("role")) or "", OTHER)
        line.at = line.at or instant(message.get("timestamp"))
        line.provider, line.model = self._word(message.get("provider")), self._word(message.get("model"))
        line.stop = self._word(message.get("stopReason"))
        line.mirror = line.model == MIRROR
        if line.role == "assistant":
            line.tokens = tokens(message.get("usage"))
            line.turn = not line.mirror and _paid(line.tokens)
        elif line.role == "tool_result":
            line.tool = self._word(message.get("toolName"))
            line.stop = "error" if message.get("isError") is True else line.stop
        line.text = self._said(line, message)
        return line

    def _said(self, line: Line, message: dict[str, Any]) -> str:
        if line.role == "bash":
            line.tool = "bash"
            told = f"$ {_text(message.get('command')) or ''}\n{_text(message.get('output')) or ''}"
            code = message.get("exitCode")
            return self.clean(f"{told}\n[exit {code}]" if isinstance(code, int) and code else told)
        if line.role == "custom":
            line.tool = self._word(message.get("customType"))
        content = message.get("content", message.get("summary"))
        return self._content(line, content)

    def _content(self, line: Line, content: object) -> str:
        if isinstance(content, str):
            return self.clean(content)
        if not isinstance(content, list):
            return "" if content is None else self._json(content)
        if len(content) == 1:
            return self._block(line, content[0])
        return _bound("\n".join(filter(None, (self._block(line, block) for block in content))))

    def _block(self, line: Line, block: object) -> str:
        if not isinstance(block, dict):
            return self.clean(block) if isinstance(block, str) else self._json(block)
        kind = block.get("type")
        if kind == "text":
            return self.clean(_text(block.get("text")) or "")
        if kind == "thinking":
            return "[thinking] " + self.clean(_text(block.get("thinking")) or "")
        if kind == "image":
            return self._image(block)
        if kind == "toolCall":
            name = self._word(block.get("name")) or "?"
            if name not in (line.tool or "").split(", "):
                line.tool = f"{line.tool}, {name}"[:200] if line.tool else name
            return f"[call {name}] {self._json(block.get('arguments'))}"
        return f"[{self._word(kind) or 'block'}] {self._json(_rest(block, 'type'))}"

    def _image(self, block: Mapping[str, Any]) -> str:
        data = block.get("data")
        if data is None and isinstance(source := block.get("source"), dict):  # as the vendor's own API has it
            data = source.get("data")
        size = f", {max(1, len(data) * 3 // 4_000):,} kB" if isinstance(data, str) else ""
        return f"[image {self._word(block.get('mimeType')) or 'of no type'}{size}]"

    def _other(self, line: Line, value: dict[str, Any]) -> str:
        """What an entry says that is no message."""
        if line.type == "model_change":
            line.provider, line.model = self._word(value.get("provider")), self._word(value.get("modelId"))
        if line.type in SILENT:
            return ""
        if line.type in PLAIN:
            return self.clean(_text(value.get(PLAIN[line.type])) or "")
        line.tool = self._word(value.get("customType"))
        if line.type == "custom_message":
            return self._content(line, value.get("content"))
        return self._json(_rest(value, "type", "id", "parentId", "timestamp", "customType"))

    def _json(self, value: object) -> str:
        """A value as JSON, every text in it redacted before it is written as JSON hides it."""
        told = value if self._redactor is None else self._redactor.tree(value, self.found)
        if told is not value and told != value:
            self.touched += 1
        return _bound(_ENCODER.encode(told).decode("utf-8", "replace"))


def decoded(raw: bytes) -> dict[str, Any] | None:
    """The object that a line is, fractions to the last digit; None if it is none. What a strict reader
    refuses, as half of a surrogate pair or a byte that is no UTF-8, gets a second, patient one."""
    try:
        value = _DECODER.decode(raw)
    except (ValueError, RecursionError):
        try:
            value = json.loads(raw.decode("utf-8-sig", "replace"), parse_float=_number, strict=False)
        except (ValueError, RecursionError):
            return None
        value = _mended(value)
    return value if isinstance(value, dict) else None


def instant(value: object) -> datetime | None:
    """ISO text or milliseconds since 1970, aware; None for anything else and for years before 2000 or after
    2099, which are no time of a conversation."""
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            at = datetime.fromtimestamp(int(value) / 1_000, UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError, ArithmeticError):
        return None
    return at if EARLIEST <= at < LATEST else None


def tokens(usage: object) -> Tokens | None:
    """What a model read and wrote, and what that is said to have cost; None if nothing is said."""
    if not isinstance(usage, dict):
        return None
    return Tokens(
        _count(usage.get("input")),
        _count(usage.get("output")),
        _count(usage.get("cacheRead")),
        _count(usage.get("cacheWrite")),
        _cost(usage.get("cost")),
    )


def _count(value: object) -> int:
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return value if 0 <= value < MOST_TOKENS else 0


def _cost(cost: object) -> Decimal | None:
    """The total, or what its parts add up to."""
    if not isinstance(cost, dict):
        return _amount(cost)
    total = _amount(cost.get("total"))
    parts = (_amount(cost.get(name)) for name in ("input", "output", "cacheRead", "cacheWrite"))
    known = [part for part in parts if part is not None]
    return reduce(EXACT.add, known) if total is None and known else total


def _amount(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    amount = Decimal(value)
    if not amount.is_finite() or len(amount.as_tuple().digits) > 30 or abs(amount.adjusted()) > 30:
        return None
    return amount


def _paid(told: Tokens | None) -> bool:
    """Whether a model read or wrote anything; what a gateway wrote into a conversation cost nothing."""
    return told is not None and bool(told.input or told.output or told.cache_read or told.cache_write)


def _bound(text: str) -> str:
    return f"{text[:MOST_TEXT]}{_left_out(text)}" if len(text) > MOST_TEXT else text


def _left_out(text: str) -> str:
    return f"\n[... {len(text) - MOST_TEXT:,} more characters left out]"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _rest(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: each for key, each in value.items() if key not in names}


def _mended(value: Any) -> Any:
    """The same with half surrogate pairs replaced, which no encoder takes."""
    if isinstance(value, str):
        return HALF_PAIR.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_mended(key): _mended(each) for key, each in value.items()}
    return [_mended(each) for each in value] if isinstance(value, list) else value
