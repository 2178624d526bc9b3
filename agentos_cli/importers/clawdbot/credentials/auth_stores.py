"""Reads the files in which a home keeps credentials of model providers: profiles by id, never shown."""

from __future__ import annotations

import json
from collections.abc import Mapping

from agentos_cli.importers.source.home import Home, Unreadable


def profiles(home: Home, path: str) -> dict[str, Mapping[str, object]]:
    """The credentials of an `auth-profiles.json`, `auth.json` or `oauth.json`, by id. Raises Unreadable for
    what is none of these."""
    try:
        whole = json.loads(home.text(path))
    except (ValueError, RecursionError):
        raise Unreadable("not the JSON that it should be") from None
    if not isinstance(whole, dict):
        raise Unreadable("not a set of credentials")
    inside = whole.get("profiles", whole)
    if not isinstance(inside, dict):
        raise Unreadable("not a set of credentials")
    return {name: each for name, each in inside.items() if isinstance(each, dict) and _is_one(each)}


def provider_of(name: str, profile: Mapping[str, object]) -> str:
    """The provider of a credential: what it says, else what its id begins with (`anthropic:default`)."""
    provider = profile.get("provider")
    return provider if isinstance(provider, str) and provider.strip() else name.partition(":")[0]


def secret_of(profile: Mapping[str, object]) -> str:
    """The secret of a credential; "" if it holds none."""
    for key in ("key", "token", "apiKey", "access", "refresh"):
        value = profile.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def agent_of(path: str) -> str:
    """The agent whose credentials a file holds: `main` for one from before there were agents."""
    parts = path.split("/")
    return parts[2] if parts[1] == "agents" and len(parts) > 3 else "main"


def stores(home: Home) -> list[str]:
    """The paths of all files that hold credentials of model providers."""
    return [
        entry.path
        for entry in home.under("state")
        if entry.name in ("auth-profiles.json", "auth.json", "oauth.json")
        and ("/agent/" in entry.path or entry.path.startswith("state/credentials/"))
    ]


def _is_one(profile: Mapping[str, object]) -> bool:
    return any(key in profile for key in ("type", "key", "token", "access", "refresh", "apiKey"))
