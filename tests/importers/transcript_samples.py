"""Transcripts of every version with every trap in them: written out, and made up by chance."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from agentos_cli.belongings import Session
from agentos_cli.importers.clawdbot.sessions.transcripts import About, Transcript, session_of
from agentos_cli.importers.secrets.redactor import Redactor

BEGIN = datetime(2026, 1, 26, 9, tzinfo=UTC)
ROLES = ("user", "assistant", "toolResult", "bashExecution", "custom", "branchSummary", "compactionSummary")
USAGE = {"input": 12, "output": 40, "cacheRead": 9000, "cacheWrite": 300, "cost": {"total": 0.004461}}


def at(second: int) -> str:
    return (BEGIN + timedelta(seconds=second)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def header(version: int = 3) -> dict[str, Any]:
    return {"type": "session", "version": version, "id": "8a1c2f7e", "timestamp": at(0), "cwd": "/home/u"}


def entry(number: int, parent: int | None, kind: str = "message", **more: Any) -> dict[str, Any]:
    """An entry of versions 2 and 3, by number: `entry(2, 1)` comes after `entry(1, None)`."""
    told = None if parent is None else f"aa{parent:06x}"
    return {"type": kind, "id": f"aa{number:06x}", "parentId": told, "timestamp": at(number), **more}


def said(role: str, content: object, **more: Any) -> dict[str, Any]:
    return {"message": {"role": role, "content": content, **more}}


def reply(text: str = "done", **more: Any) -> dict[str, Any]:
    """What a model answered."""
    told = {"provider": "anthropic", "model": "claude-sonnet-4-5", "usage": USAGE, "stopReason": "stop"}
    return said("assistant", [{"type": "text", "text": text}], **{**told, **more})


def mirror(text: str = "done") -> dict[str, Any]:
    """Its copy, made for delivery."""
    nothing = {"input": 0, "output": 0, "totalTokens": 0}
    return reply(text, provider="moltbot", model="delivery-mirror", usage=nothing)


def injected(number: int, text: str = "status ok") -> dict[str, Any]:
    """What a gateway wrote into the conversation, with nothing to say after what."""
    told = said("assistant", [{"type": "text", "text": text}], stopReason="injected", usage={"input": 0})
    return {key: value for key, value in entry(number, None, **told).items() if key != "parentId"}


def lines_of(entries: Sequence[object], end: bytes = b"\n") -> bytes:
    """As they stand in a file; a `str` or `bytes` is a line as it is."""
    shown = (
        one.encode() if isinstance(one, str) else one if isinstance(one, bytes) else json.dumps(one).encode()
        for one in entries
    )
    return b"\n".join(shown) + end


def reading(data: bytes) -> Callable[[], Iterator[tuple[bytes, bool]]]:
    """Gives the lines of a file as `Home.lines` does."""

    def lines() -> Iterator[tuple[bytes, bool]]:
        for line in data.splitlines(keepends=True):
            yield line.rstrip(b"\r\n"), line.endswith(b"\n")

    return lines


def transcript(data: bytes, redactor: Redactor | None = None, about: About | None = None) -> Transcript:
    return session_of(
        reading(data), about or About("main", "8a1c2f7e", "state/8a1c2f7e.jsonl"), redactor or Redactor()
    )


def session(*entries: object) -> Session:
    """The session that these lines are."""
    return transcript(lines_of(entries)).session


def by_chance(seed: int) -> bytes:
    """A transcript of any version, with branches, mirrors, broken lines and what else is found in homes."""
    chance = random.Random(seed)
    version = chance.choice((1, 2, 3, 3, 3))
    lines: list[object] = [header(version)] if chance.random() < 0.8 else []
    last: int | None = None
    for number in range(1, chance.randint(2, 120)):
        if chance.random() < 0.03:
            lines.append(chance.choice(("{broken", "[1, 2]", '"text"', "{}", b"\xff\xfe{", "", "   ")))
            continue
        made = _made_up(chance, number, _parent(chance, number, last))
        if version == 1:
            made = {key: value for key, value in made.items() if key not in {"id", "parentId"}}
        lines.append(made)
        last = number
        if chance.random() < 0.03:
            lines.append(made)  # the same entry once more
    data = lines_of(lines)
    return data[: -chance.randint(1, 40)] if chance.random() < 0.3 else data


def _parent(chance: random.Random, number: int, last: int | None) -> int | None:
    throw = chance.random()
    if throw < 0.12:
        return chance.randint(1, number)  # a branch, of itself where it is the number
    if throw < 0.15:
        return number + chance.randint(1, 5)  # comes later, or never
    return None if throw < 0.16 else last


def _made_up(chance: random.Random, number: int, parent: int | None) -> dict[str, Any]:
    throw = chance.random()
    if throw < 0.05:
        return injected(number)
    if throw < 0.10:
        return entry(number, parent, **mirror())
    if throw < 0.14:
        return entry(number, parent, "compaction", summary="so far", tokensBefore=1)
    if throw < 0.20:
        kind = chance.choice(
            ("label", "custom", "session_info", "branch_summary", "model_change", "new_kind")
        )
        return entry(number, parent, kind, summary="left", name="Named", customType="x", data={"a": 1.5})
    if throw < 0.60:
        usage = {
            name: chance.choice((0, chance.randint(0, 9_999)))
            for name in ("input", "output", "cacheRead", "cacheWrite")
        }
        cost = (
            {"cost": {"total": round(chance.random(), chance.randint(1, 9))}} if chance.random() < 0.8 else {}
        )
        return entry(number, parent, **reply(str(number), usage={**usage, **cost}))
    role = chance.choice(ROLES)
    told = said(role, chance.choice(("text", [{"type": "text", "text": "block"}], None)))
    return entry(number, parent, **told)
