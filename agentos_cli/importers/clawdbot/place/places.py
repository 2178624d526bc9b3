"""The names that the program's directories and files have had, and how a directory is known to be one."""

from __future__ import annotations

import os
import re
from collections.abc import Set
from pathlib import Path

STATE_NAMES = (".openclaw", ".clawdbot", ".moltbot", ".moldbot", ".clawdis", ".warelay")
"""State directories, in the order in which they are looked for; `.moldbot` is a slip that shipped."""
CONFIG_NAMES = (
    "openclaw.json", "clawdbot.json", "moltbot.json", "moldbot.json", "clawdis.json", "warelay.json",
)  # fmt: skip
"""Settings within whatever state directory, in the order in which they are looked for."""
DOCUMENT_NAMES = frozenset({
    "AGENTS.md", "SOUL.md", "TOOLS.md", "IDENTITY.md", "USER.md", "HEARTBEAT.md", "BOOT.md", "BOOTSTRAP.md",
    "MEMORY.md", "memory.md",
})  # fmt: skip
"""What the root of a workspace holds."""

_PROFILE = re.compile(r"\.?(openclaw|clawdbot|moltbot)-(?P<profile>[A-Za-z0-9][A-Za-z0-9_-]{0,63})")
_PLAIN = frozenset(name.removeprefix(".") for name in STATE_NAMES)
_PARTS = frozenset({"agents", "sessions", "credentials", "cron", "identity", "subagents"})


def profile(name: str) -> str | None:
    """`work` for a state directory named `.clawdbot-work`."""
    found = _PROFILE.fullmatch(name)
    return found["profile"] if found else None


def named_as_state(name: str) -> bool:
    """Whether a directory has the name of a state directory, with or without its dot."""
    return name.removeprefix(".") in _PLAIN or profile(name) is not None


def has_parts(inside: Set[str]) -> bool:
    """Whether a directory that holds these names holds any of what the program writes beside its settings."""
    return bool(inside & _PARTS)


def is_state(name: str, inside: Set[str]) -> bool:
    """Whether a directory of this name that holds these names is a state directory. A workspace that has
    folders of such names is none."""
    parts = inside & _PARTS
    if any(config in inside for config in CONFIG_NAMES):
        return True
    if named_as_state(name) and parts:
        return True
    return len(parts) > 1 and not inside & DOCUMENT_NAMES


def is_copy(name: str, inside: Set[str]) -> bool:
    """Whether a directory within a home is one more home: narrower than `is_state`, since a folder of notes
    may well be called `sessions`, and a workspace has an `.openclaw` of its own."""
    has_config = any(config in inside for config in CONFIG_NAMES)
    if named_as_state(name):
        return has_config or bool(inside & _PARTS)
    return has_config and bool(inside & _PARTS)


def is_workspace(inside: Set[str]) -> bool:
    """Whether a directory that holds these names is a workspace."""
    return bool(inside & DOCUMENT_NAMES)


def names_in(folder: Path) -> frozenset[str]:
    """What a directory holds; nothing if it is none or may not be looked into."""
    try:
        return frozenset(os.listdir(folder))  # noqa: PTH208  # names are wanted, not paths
    except OSError:
        return frozenset()
