"""What becomes of a home's credentials: none is stored, each is named, and said how to give it anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

from agentos_cli.importers.clawdbot.auth_stores import profiles, provider_of, stores
from agentos_cli.importers.clawdbot.provider_keys import reference_in, usual_name
from agentos_cli.importers.clawdbot.setup import Setup
from agentos_cli.importers.home import Home, Unreadable
from agentos_cli.importers.piece import Piece, skipped
from agentos_cli.importers.redactor import Redactor

_SET = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Z_][A-Z0-9_]{0,63})[ \t]*=", re.MULTILINE | re.ASCII)


class Keep(Protocol):
    """Where secrets are put that the user wants brought over: `put` gives the reference of what it took.
    The same name may come again with the same secret."""

    def put(self, name: str, secret: str) -> str: ...


def read(home: Home, setup: Setup, redactor: Redactor, keep: Keep | None = None) -> Iterator[Piece]:
    """One piece for each credential, and one for each file that holds some."""
    for path in stores(home):
        yield skipped(path, "credentials are not copied")


def references(home: Home, setup: Setup) -> dict[str, str]:
    """The reference of each provider that the home names anywhere: in its settings, in the credentials of an
    agent, or before the slash of a model. What a setting itself refers to (`${NAME}`) wins; else the usual
    variable of the provider, of several the one that the home sets."""
    known = _set_names(home, setup.raw)
    told = {name: f"env:{usual_name(name, known)}" for name in sorted(_named(home, setup.raw))}
    for name, provider in _block(setup.raw, "models", "providers").items():
        if isinstance(provider, Mapping):
            reference = reference_in(provider.get("apiKey"))
            told[name] = reference or told.get(name, f"env:{usual_name(name, known)}")
    return told


def _named(home: Home, raw: Mapping[str, object]) -> set[str]:
    found = set(_block(raw, "models", "providers"))
    for name, profile in _block(raw, "auth", "profiles").items():
        found.add(provider_of(name, profile if isinstance(profile, Mapping) else {}))
    found.update(_of_models(_block(raw, "agents")))
    for path in stores(home):
        try:
            found.update(provider_of(name, each) for name, each in profiles(home, path).items())
        except Unreadable:
            continue  # the reader of credentials says so
    return {name for name in found if name.strip()}


def _of_models(value: object, depth: int = 0) -> Iterator[str]:
    """What stands before the slash of every text under `model`, `models`, `primary` or `fallbacks`."""
    if not isinstance(value, Mapping) or depth > 8:
        for each in value if isinstance(value, list) and depth <= 8 else ():
            yield from _of_models(each, depth + 1)
        return
    for key, inside in value.items():
        texts = inside if isinstance(inside, list) else [inside]
        if key in ("model", "primary", "fallbacks"):
            yield from (_before_slash(text) for text in texts if isinstance(text, str) and "/" in text)
        if key == "models" and isinstance(inside, Mapping):
            yield from (_before_slash(name) for name in inside if "/" in name)
        yield from _of_models(inside, depth + 1)


def _before_slash(model: str) -> str:
    return model.partition("/")[0].strip()


def _set_names(home: Home, raw: Mapping[str, object]) -> set[str]:
    """Names (never values) of the variables that the home sets: its `env` block and its `.env` files."""
    names = {name for name, value in _block(raw, "env").items() if isinstance(value, str)}
    names.update(_block(raw, "env", "vars"))
    for entry in home.all():
        if entry.name == ".env" and entry.problem is None:
            try:
                names.update(_SET.findall(home.text(entry.path, 1_000_000)))
            except Unreadable:
                continue
    return names


def _block(raw: Mapping[str, object], *path: str) -> Mapping[str, object]:
    found: object = raw
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
