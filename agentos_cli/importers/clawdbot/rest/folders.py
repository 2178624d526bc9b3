"""Which folders of a home somebody made for a purpose of their own, without a format that is published."""

from __future__ import annotations

NAMED = frozenset({"pulse-v3", "heartbeat-v2", "enriched-spawn"})
KNOWN_IN_STATE = frozenset(
    {
        "agent", "agents", "bin", "browser", "cache", "canvas", "completions", "credentials", "cron",
        "delivery-queue", "devices", "dns", "dreams", "exec-approvals", "extensions", "flows", "gateway",
        "hooks", "idea-vault", "identity", "inbox", "locks", "logs", "media", "memory", "mpm", "nodes",
        "oauth", "outbox", "plugin-skills", "plugins", "presence", "providers", "qqbot", "remote-cache",
        "run", "sandbox", "sandboxes", "sessions", "settings", "skills", "skills-cache", "state",
        "subagents", "tasks", "telegram", "temp", "tls", "tmp", "tools", "voice", "wacli", "web",
        "whatsapp", "workspace",
    }
)  # fmt: skip
"""Folders of the state directory that the program itself makes; any other is somebody's own."""


def is_custom(path: str) -> bool:
    """Whether a path of the home (`state/bot:dream-weaver/garden.json`) lies in such a folder."""
    label, *below = path.split("/")
    folders = below[:-1]
    if any(folder in NAMED or folder.startswith("bot:") for folder in folders):
        return True
    first = folders[0] if folders else ""
    return label == "state" and bool(first) and not first.startswith(".") and first not in KNOWN_IN_STATE
