"""The rest of the settings: kept whole and redacted beside the report, with a word on every key.

Code is never run nor copied. What would act by itself (channels, bindings, hooks, the gateway) is not set up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from agentos_cli.belongings import Archive
from agentos_cli.importers.clawdbot.settings.setup import Setup
from agentos_cli.importers.clawdbot.settings.shape import REFERENCE, block, digest, plain_url
from agentos_cli.importers.clawdbot.skills.folders import plugin_roots
from agentos_cli.importers.piece import Piece, brought, failed, skipped
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Home, Unreadable
from agentos_cli.store.import_records import Outcome
from agentos_cli.store.values import clean

NAME = "source-config.redacted.json"
HELD = "[REDACTED:env]"
BROUGHT = frozenset({"meta", "agents", "models", "auth", "skills", "cron", "$schema"})
"""Keys that other readers bring over; what of them has no place is in the archive all the same."""
WHY = {
    "bindings": "noted with each agent; nothing here answers messages",
    "broadcast": "nothing here answers messages",
    "browser": "no browser is driven here",
    "canvasHost": "nothing here serves a canvas",
    "channels": "accounts are connected anew: agentos notify add; two programs on one account break both",
    "discovery": "nothing here announces itself on a network",
    "env": "variables with their values are not copied; set those that are needed again",
    "gateway": "nothing here listens on a network",
    "hooks": "code is never run or copied",
    "logging": "agentos keeps its own log",
    "messages": "nothing here answers messages",
    "plugins": "code is never run or copied",
    "talk": "nothing here speaks",
    "tools": "agents here use no tools",
    "ui": "settings of a window that is not here",
    "update": "agentos is updated by what installed it",
    "wizard": "the record of a set-up that is over",
}
UNKNOWN = "nothing here corresponds to it"
LATER = frozenset({
    "acp", "approvals", "audio", "commands", "diagnostics", "media", "memory", "nodeHost", "secrets",
    "session", "web",
})  # fmt: skip
"""Keys of the source program that need no word of their own."""
STRANGE = "not a key of the source program; kept, and nothing here corresponds to it"
FOLDERS = {
    "hooks": "code is never run or copied",
    "extensions": "code is never run or copied",
    "plugins": "a catalogue of plugins; code is never run or copied",
    "mpm": "a catalogue of plugins; code is never run or copied",
}
"""Folders of the state directory, and why nothing of them comes over."""
BACKUP = re.compile(r"state/(?:openclaw|clawdbot|moltbot|moldbot|clawdis|warelay)\.json\.bak(?:\.\d+)?")
ENVIRONMENTS = (("env",), ("env", "vars"))


def read(home: Home, setup: Setup, redactor: Redactor) -> Iterator[Piece]:
    """The settings as an archive, a piece for each key that nothing else brings over, and the files beside
    them of which nothing does."""
    if setup.config is not None:
        try:
            yield from _settings(setup.raw, setup.config, redactor)
        except (Unreadable, ValueError, RecursionError):
            yield failed(setup.config, "the settings could not be put into an archive")
    plugins = tuple(f"{root}/" for root in plugin_roots(home))
    for entry in home.under("state"):
        folder, _, inside = entry.path.removeprefix("state/").partition("/")
        if BACKUP.fullmatch(entry.path):
            yield skipped(entry.path, "an older copy of the settings")
        elif inside and folder in FOLDERS and not entry.path.startswith(plugins):
            yield skipped(entry.path, FOLDERS[folder])


def _settings(raw: Mapping[str, object], path: str, redactor: Redactor) -> Iterator[Piece]:
    found: dict[str, int] = {}
    safe = block(redactor.tree(_without_environment(raw, found), found))
    told = json.dumps(safe, indent=2, sort_keys=True, ensure_ascii=False, default=dict)
    # the digest is of what is kept: one of the settings themselves would let a short password be guessed
    yield brought(Archive(NAME, clean(told) + "\n"), path, digest(safe), redacted=found)
    for key in sorted(raw.keys() - BROUGHT):
        kept: dict[str, int] = {}
        inside = redactor.tree(_without_environment({key: raw[key]}, kept), kept)
        name = clean(redactor.clean(key).text)[:200]
        yield Piece(
            "setting", name, path, digest(inside), outcome=Outcome.ARCHIVED, reason=_why(key), redacted=kept
        )


def _why(key: str) -> str:
    return f"{WHY.get(key) or (UNKNOWN if key in LATER else STRANGE)}; in {NAME}"


def _without_environment(raw: Mapping[str, object], found: dict[str, int]) -> dict[str, object]:
    """The settings without the values of variables and of HTTP headers, whatever these look like, and
    without what may be a secret in addresses. References to variables stay."""
    whole = dict(raw)
    if isinstance(raw.get("env"), Mapping):
        whole["env"] = _held(raw["env"], found)
    skills = block(raw, "skills", "entries")
    if skills:
        entries = {name: _part(each, "env", found) for name, each in skills.items()}
        whole["skills"] = {**block(raw, "skills"), "entries": entries}
    providers = block(raw, "models", "providers")
    if providers:
        named = {name: _addressed(_part(each, "headers", found), found) for name, each in providers.items()}
        whole["models"] = {**block(raw, "models"), "providers": named}
    return whole


def _part(value: object, key: str, found: dict[str, int]) -> object:
    """An object with all texts under one of its keys taken out."""
    return {**value, key: _held(value[key], found)} if isinstance(value, Mapping) and key in value else value


def _addressed(provider: object, found: dict[str, int]) -> object:
    """A provider whose address holds no secret."""
    address = block(provider).get("baseUrl")
    if not isinstance(address, str) or plain_url(address) == address:
        return provider
    found["url"] = found.get("url", 0) + 1
    return {**block(provider), "baseUrl": plain_url(address)}


def _held(value: object, found: dict[str, int]) -> object:
    """A value with all texts in it taken out."""
    if isinstance(value, Mapping):
        return {key: _held(each, found) for key, each in value.items()}
    if isinstance(value, list):
        return [_held(each, found) for each in value]
    if not isinstance(value, str) or not value or REFERENCE.fullmatch(value):
        return value
    found["env"] = found.get("env", 0) + 1
    return HELD
