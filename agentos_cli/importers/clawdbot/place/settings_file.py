"""Which file of a directory is the program's settings, and whether it is that and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agentos_cli.errors import DataProblem
from agentos_cli.importers.clawdbot.place.places import CONFIG_NAMES, has_parts, names_in
from agentos_cli.importers.source import lenient, opening
from agentos_cli.importers.source.decoding import decoded
from agentos_cli.importers.source.opening import Unreadable, shown

_KNOWN = frozenset({
    "meta", "auth", "env", "wizard", "diagnostics", "logging", "update", "browser", "ui", "skills",
    "plugins", "models", "nodeHost", "agents", "tools", "bindings", "broadcast", "audio", "messages",
    "commands", "approvals", "session", "web", "channels", "cron", "hooks", "discovery", "canvasHost",
    "talk", "gateway", "agent", "identity", "routing", "inbound", "heartbeat", "whatsapp", "telegram",
    "discord", "slack", "signal", "imessage", "msteams", "$include",
})  # fmt: skip
"""Keys at the top of the settings, of all eras."""
_VERSION = re.compile(r"lastTouchedVersion[\"']?\s*:\s*[\"'](v?\d[\w.+-]{0,40})[\"']")
_FIX = "name the directory that holds the home: agentos migrate --from-clawdbot DIRECTORY"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings file of a home, None if it has none; `version` of the program wrote it last."""

    path: Path | None = None
    version: str | None = None


def settings_in(state: Path) -> Settings:
    """The settings of a state directory: the first file with one of their names that is readable, or else
    the first that is broken. Raises DataProblem if there are such files and all are something else."""
    names = names_in(state)
    broken: Settings | None = None
    refused: DataProblem | None = None
    for name in (name for name in CONFIG_NAMES if name in names):
        real = (state / name).resolve()
        if not real.is_relative_to(state) or not real.is_file():
            continue  # a link that leads out, or to nowhere; the Home lists it
        try:
            return settings_of(real, sure=has_parts(names))
        except Unreadable as problem:
            broken = broken or Settings(real, _touched(real))
            refused = refused or problem
        except DataProblem as problem:
            refused = refused or problem
    if broken and has_parts(names):
        return broken
    if refused:
        raise refused
    return Settings()


def settings_of(path: Path, sure: bool = False) -> Settings:
    """A file that should be settings. `sure`: it lies among the other files of a home, so keys that nobody
    knows do not make it something else. Raises Unreadable if it is broken, DataProblem if it is no such file.
    """
    value = lenient.parse(_text(path), str(path))
    kind = _strange(value, sure)
    if kind:
        raise DataProblem(f"{shown(str(path))} is not the settings of Clawdbot but {kind}", fix=_FIX)
    meta = value.get("meta") if isinstance(value, Mapping) else None
    version = meta.get("lastTouchedVersion") if isinstance(meta, Mapping) else None
    return Settings(path, version if isinstance(version, str) and len(version) <= 40 else None)


def _strange(value: object, sure: bool) -> str | None:
    """What the value is, if it is no settings: these never have a name and a version of their own."""
    if not isinstance(value, Mapping):
        return "a list or a single value"
    if isinstance(value.get("name"), str) and "meta" not in value:
        of_package = [
            key for key in ("version", "dependencies", "devDependencies", "scripts") if key in value
        ]
        if of_package:
            return f"the manifest of a package (it has name and {', '.join(of_package)})"
    if value and not sure and not _KNOWN & value.keys():
        return "a file with none of their keys"
    return None


def _text(path: Path) -> str:
    try:
        with opening.file(path.parent, [path.name]) as opened:
            return decoded(opening.whole(opened, lenient.MOST)).text
    except Unreadable as problem:
        raise Unreadable(problem.why, path=str(path)) from None


def _touched(path: Path) -> str | None:
    """The version in settings that are broken, if it can be seen."""
    try:
        found = _VERSION.search(_text(path))
    except Unreadable:
        return None
    return found[1] if found else None
