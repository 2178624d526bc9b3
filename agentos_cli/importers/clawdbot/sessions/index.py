"""The index of an agent's sessions, `sessions.json`: what each conversation was called and where it was had.

It names the current session of each key only, and nothing that was before: transcripts are looked for in the
folder, and the index is asked for what it knows of them. Shapes and legacy keys are those of
https://github.com/openclaw/openclaw: src/config/sessions/types.ts and src/infra/state-migrations.ts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from agentos_cli.importers.clawdbot.sessions.lines import decoded
from agentos_cli.importers.source import lenient
from agentos_cli.importers.source.home import Home, Unreadable

WHOLE = 32_000_000
"""Bytes of an index that is parsed in one piece; a larger one is read entry by entry, as it is printed."""
LONGEST = 8_000_000
"""Bytes of one entry of a large index."""
OPENS = re.compile(rb'  "((?:[^"\\]|\\.)*)": \{\s*')
CLOSES = re.compile(rb"  \},?\s*")


@dataclass(frozen=True, slots=True)
class Named:
    """One entry of an index, as it stands there, not redacted. `key` and `spawned_by` are canonical; `file`
    is the name of its transcript."""

    key: str
    session: str
    file: str | None = None
    title: str | None = None
    channel: str | None = None
    model: str | None = None
    label: str | None = None
    spawned_by: str | None = None


def read_index(home: Home, path: str, agent: str, main: str = "main") -> list[Named]:
    """The entries of an agent's index. Raises Unreadable for one that is no index, or too large to be read;
    entries that are none are left out."""
    found = (_named(key, value, agent, main) for key, value in _table(home, path))
    return [named for named in found if named is not None]


def canonical(key: str, agent: str, main: str = "main") -> str:
    """A session's key as later versions write it: `agent:<id>:...`; `global` and `unknown` stay."""
    key = key.strip()
    lower = key.lower()
    if lower in {"", "global", "unknown"}:
        return lower
    if lower.startswith("agent:"):
        return key
    if lower == main.lower() or lower == "main":
        return f"agent:{agent}:{main}"
    if "@g.us" in lower and not (":group:" in lower or ":channel:" in lower):
        return f"agent:{agent}:whatsapp:group:{re.sub('^(?:whatsapp:)?(?:group:)?', '', key, flags=re.I)}"
    if lower.startswith("group:"):
        return f"agent:{agent}:unknown:{key}"
    return f"agent:{agent}:{key}"


def _table(home: Home, path: str) -> Iterable[tuple[str, Mapping[str, object]]]:
    entry = home.get(path)
    if entry is not None and entry.size > WHOLE:
        return _printed(home, path, entry.size)
    data = home.read(path, WHOLE)
    if not data.strip():
        raise Unreadable("is empty", path=path)
    try:
        raws = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):
        return _patiently(data, path)
    found = ((key, decoded(bytes(raw))) for key, raw in raws.items())
    return ((key, value) for key, value in found if value is not None)


def _patiently(data: bytes, path: str) -> list[tuple[str, Mapping[str, object]]]:
    table = lenient.parse(data.decode("utf-8-sig", "replace"), path)
    if not isinstance(table, dict):
        raise Unreadable("is no table of sessions", path=path)
    return [(str(key), value) for key, value in table.items() if isinstance(value, dict)]


def _printed(home: Home, path: str, size: int) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The entries of an index that was printed with an indent of two, as its writer does. Only the entry at
    hand is in memory: the rest may be a hundred megabytes of prompts."""
    key, lines, length, any_found = None, [b"{"], 0, False
    for line, whole in home.lines(path, size):
        if key is None and (opens := OPENS.fullmatch(line)):
            key, lines, length = opens[1], [b"{"], 0
        elif key is not None and CLOSES.fullmatch(line):
            name = decoded(b'{"key":"' + key + b'"}') or {}
            value = decoded(b"\n".join([*lines, b"}"])) if length <= LONGEST else None
            if value is not None and isinstance(name.get("key"), str):
                any_found = True
                yield name["key"], value
            key = None
        elif key is not None:
            length += len(line) + 1 if whole else LONGEST + 1
            if length <= LONGEST:
                lines.append(line)
    if not any_found:
        raise Unreadable(f"is larger than {WHOLE // 1_000_000} MB, and not printed entry by entry", path=path)


def _named(key: str, value: Mapping[str, object], agent: str, main: str) -> Named | None:
    session = _text(value, "sessionId")
    if session is None:
        return None
    file = _text(value, "sessionFile")
    spawned_by = _text(value, "spawnedBy")
    return Named(
        canonical(key, agent, main),
        session,
        re.split(r"[/\\]", file)[-1] if file else None,
        _text(value, "displayName", "subject"),
        _channel(value),
        _text(value, "model"),
        _text(value, "label"),
        canonical(spawned_by, agent, main) if spawned_by else None,
    )


def _channel(value: Mapping[str, object]) -> str | None:
    """Where it was had last; the older names of the fields are `provider` and `lastProvider`."""
    told = _text(value, "lastChannel", "channel", "lastProvider", "provider")
    for name, field in (("deliveryContext", "channel"), ("origin", "provider")):
        inner = value.get(name)
        if told is None and isinstance(inner, dict):
            told = _text(inner, field)
    return told


def _text(value: Mapping[str, object], *names: str) -> str | None:
    """The first of these fields that is a text with something in it."""
    for name in names:
        found = value.get(name)
        if isinstance(found, str) and found.strip():
            return found.strip()
    return None
