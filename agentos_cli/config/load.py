"""Read the settings: a validated copy from the cache when nothing changed, else files and environment anew.

Importing pydantic-settings takes longer than a whole cached brief, so it only happens when a file,
the environment or the version differs from the last time. Settings hold no secrets, nor does the cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agentos_cli import __version__
from agentos_cli.config.model import (
    Beats,
    CheckRule,
    Company,
    Display,
    EnergyCurve,
    Events,
    Quiet,
    Scheduling,
    Settings,
    Storage,
    Syncing,
)
from agentos_cli.config.places import Places
from agentos_cli.errors import DataProblem
from agents.limits import Limit
from agents.policy import HealthWeights, Policy, PriorityWeights


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force. `origins` maps a dotted key to where its value came from (a file or
    `environment`); keys that are not in it have their default. `files` are those that were read,
    `key` changes with anything that settings came from."""

    settings: Settings
    origins: Mapping[str, str]
    files: tuple[Path, ...]
    key: str = ""


def files(places: Places, environ: Mapping[str, str], project: Path) -> tuple[Path, ...]:
    """The configuration files that exist, weakest first. A file named by `AGENTOS_CONFIG` must exist."""
    named = environ.get("AGENTOS_CONFIG")
    if named:
        if not Path(named).is_file():
            raise DataProblem(
                f"the file that AGENTOS_CONFIG names is not there: {named}", fix="unset AGENTOS_CONFIG"
            )
        return (Path(named),)
    return tuple(f for f in (places.user_file, project / "agentos.toml") if f.is_file())


def load(places: Places, environ: Mapping[str, str], project: Path, sources: Collection[str] = ()) -> Loaded:
    """The settings in force; `sources` are the names of the sources there are.

    Raises DataProblem (exit 7) naming file, line and the nearest valid key.
    """
    found = files(places, environ, project)
    texts = {path: _read(path) for path in found}
    ours = {k: v for k, v in sorted(environ.items()) if k.startswith("AGENTOS_") and "__" in k}
    if tenant := environ.get("AGENTOS_TENANT"):
        ours["AGENTOS_TENANT"] = tenant
    if not texts and not ours:
        return Loaded(Settings(), {}, ())
    key = _fingerprint(texts, ours)
    cache = places.cache / "settings.json"
    if (kept := _cached(cache, key)) is not None:
        return Loaded(hydrate(kept["settings"]), kept["origins"], found, key)
    from agentos_cli.config.validate import validated

    settings, origins = validated(texts, ours, sources)
    _keep(cache, {"key": key, "settings": asdict(settings), "origins": origins})
    return Loaded(settings, origins, found, key)


def hydrate(data: Mapping[str, Any]) -> Settings:
    """Settings from the nested dictionary that `dataclasses.asdict` made of valid ones."""
    policy = dict(data["policy"])
    weights, health = PriorityWeights(**policy.pop("weights")), HealthWeights(**policy.pop("health"))
    return Settings(
        tenant=data["tenant"],
        company=Company(**data["company"]),
        store=Storage(**data["store"]),
        sync=Syncing(**data["sync"]),
        display=Display(**data["display"]),
        energy=EnergyCurve(**data["energy"]),
        quiet=Quiet(**data["quiet"]),
        events=Events(**data["events"]),
        schedule=Scheduling(**data["schedule"]),
        heartbeat=Beats(**data["heartbeat"]),
        checks={name: CheckRule(**rule) for name, rule in data["checks"].items()},
        policy=Policy(**policy, weights=weights, health=health),
        metrics={key: Limit(**limit) for key, limit in data["metrics"].items()},
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataProblem(f"cannot read the configuration {path}: {error}", fix=f"check {path}") from error


def _fingerprint(texts: Mapping[Path, str], environ: Mapping[str, str]) -> str:
    parts = [__version__, *(f"{path}\0{text}" for path, text in texts.items())]
    parts += [f"{name}={value}" for name, value in environ.items()]
    return hashlib.sha256("\0\0".join(parts).encode(errors="surrogateescape")).hexdigest()


def _cached(path: Path, key: str) -> dict[str, Any] | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return kept if kept["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(path: Path, content: Mapping[str, Any]) -> None:
    """Write whole or not at all; a cache that cannot be written is only slower."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".settings")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file)
        Path(name).replace(path)
    except OSError:
        return
