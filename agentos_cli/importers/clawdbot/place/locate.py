"""Where the home is: what the user named, or the places where the program has kept it over the years."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agentos_cli.clock import utc_now
from agentos_cli.errors import DataProblem
from agentos_cli.importers.clawdbot.place import workspaces
from agentos_cli.importers.clawdbot.place.era import Era, era_of, era_of_workspace
from agentos_cli.importers.clawdbot.place.places import STATE_NAMES, is_state, is_workspace, names_in, profile
from agentos_cli.importers.clawdbot.place.settings_file import Settings, settings_in, settings_of
from agentos_cli.importers.source import opening
from agentos_cli.importers.source.home import Home
from agentos_cli.importers.source.opening import Unreadable, shown

STATE_VARIABLES = ("OPENCLAW_STATE_DIR", "MOLTBOT_STATE_DIR", "CLAWDBOT_STATE_DIR")
CONFIG_VARIABLES = ("OPENCLAW_CONFIG_PATH", "MOLTBOT_CONFIG_PATH", "CLAWDBOT_CONFIG_PATH")
FRESH = 600
"""Seconds for which a lock says that the old program runs."""
COMMAND = "agentos migrate --from-clawdbot"


@dataclass(frozen=True, slots=True)
class Located:
    """A home, found. All paths are real ones, without links.

    `state` is None where a workspace alone was given. `config` is the settings file; see `config_path` for
    its path in the Home. `workspace` is the default agent's, where the user named it (else None: ask
    `find_workspace`; for `--workspace`, `dataclasses.replace(located, workspace=...)`). `home` is where `~`
    of the settings leads: the directory that holds the state directory. `version` wrote the settings last.
    `install` is 16 hex digits: of the device's id where the home has one, so that a copy of it is the same
    installation wherever it lies, else of the real path. `others` are further homes beside it, which were
    not chosen. `running`: a fresh lock says that the old program is at work.
    """

    state: Path | None
    config: Path | None
    workspace: Path | None
    home: Path
    era: Era
    version: str | None
    install: str
    others: tuple[Path, ...] = ()
    running: bool = False
    given: Path | None = None

    @property
    def config_path(self) -> str | None:
        """The settings' path in the Home: `state/clawdbot.json`, or `config/<name>` if they lie elsewhere."""
        if self.config is None:
            return None
        if self.state and self.config.is_relative_to(self.state):
            return f"state/{self.config.relative_to(self.state).as_posix()}"
        return f"config/{self.config.name}"


def locate(given: Path | None, environ: Mapping[str, str], home_dir: Path) -> Located:
    """Finds the home. `given` may be the state directory, its settings file, the user's home, a workspace
    alone, or a backup that holds both; without it the variables of the old program count, then `home_dir` is
    searched. Of several homes the newest name is taken, as the old program does; the rest are `others`.

    Raises DataProblem: there is none, or a file named like its settings is something else.
    """
    home_dir = home_dir.resolve()
    if given is not None:
        return _given(given, home_dir)
    looked = [*_named_in(environ, home_dir), *_usual(home_dir)]
    found = _real(looked)
    if found:
        return _first(found, home_dir, None, _explicit_settings(environ, home_dir))
    places = ", ".join(_short(path, home_dir) for path in looked)
    raise DataProblem(f"no Clawdbot home is at {places}", fix=f"{COMMAND} HOME")


def find_workspace(
    located: Located, configured: str | None, agent: str, is_default: bool = False
) -> Path | None:
    """The directory of an agent's workspace, real; None if it is nowhere, and then the user has to say
    (`--workspace`). `configured` is the path in the settings, which may be from another machine: it is
    looked for where the home lies now."""
    if is_default and located.workspace:
        return located.workspace
    if located.state is None:
        return None
    wanted = workspaces.candidates(located.home, located.state, configured, None if is_default else agent)
    return workspaces.first(wanted, located.home)


def open_home(located: Located) -> Home:
    """The Home of what was found, with the root `state`, and `config` where the settings lie outside it.
    Workspaces are added by who has read the settings."""
    home = Home(located.install, str(located.era))
    if located.state:
        home.add("state", located.state)
    if located.config and located.config_path == f"config/{located.config.name}":
        home.add_file("config", located.config)
    return home


def _given(given: Path, home_dir: Path) -> Located:
    path = home_dir / str(given)[2:] if str(given).startswith("~/") else given
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise DataProblem(f"{shown(str(given))}: there is no such directory", fix=f"{COMMAND} HOME") from None
    if not real.is_dir():
        return _given_file(real, given)
    inside, refused = names_in(real), None
    if is_state(real.name, inside):
        try:
            return _located(real, settings_in(real), real.parent, _real(_usual(real.parent)), given)
        except DataProblem as problem:
            refused = problem
    found = _real(_usual(real, plain=True))
    found = found if real == home_dir else [state for state in found if state.is_relative_to(real)]
    if found:
        return _first(found, real, given)
    if refused:
        raise refused
    if is_workspace(inside):
        return _workspace_alone(real, given)
    raise DataProblem(
        f"{shown(str(given))} holds no Clawdbot home: no settings such as clawdbot.json, no directory such as"
        " .clawdbot, no document such as AGENTS.md",
        fix=f"{COMMAND} HOME, or without HOME to search the usual places",
    )


def _first(
    found: list[Path], home: Path, given: Path | None, settings: Settings | None = None
) -> Located:  # fmt: skip
    """The first home whose settings are settings. Raises DataProblem, of the first, if none are."""
    refused: list[DataProblem] = []
    for state in found:
        try:
            return _located(state, settings or settings_in(state), home, found, given)
        except DataProblem as problem:
            refused.append(problem)
    raise refused[0]


def _given_file(real: Path, given: Path) -> Located:
    if real.suffix not in (".json", ".json5"):
        what = f"{shown(str(given))} is a file, not a directory; a packed backup must be unpacked first"
        raise DataProblem(what, fix=f"{COMMAND} HOME")
    state = real.parent
    return _located(state, settings_of(real), state.parent, _real(_usual(state.parent)), given)


def _workspace_alone(real: Path, given: Path) -> Located:
    near = _real([*_usual(real.parent), real.parent])
    others = tuple(state for state in near if state != real)
    era = era_of_workspace(real)
    return Located(None, None, real, real.parent, era, None, _hash(str(real)), others, given=given)


def _located(
    state: Path, settings: Settings, home: Path, found: Iterable[Path], given: Path | None
) -> Located:  # fmt: skip
    era = era_of(state, settings.path.name if settings.path else None, settings.version)
    others = tuple(other for other in found if other != state)
    install, running = _install(state), _is_running(state)
    return Located(
        state, settings.path, None, home, era, settings.version, install, others, running, given
    )  # fmt: skip


def _named_in(environ: Mapping[str, str], home_dir: Path) -> Iterator[Path]:
    for variable in STATE_VARIABLES:
        said = environ.get(variable, "").strip()
        if said:
            yield home_dir / said[2:] if said.startswith("~/") else Path(said).absolute()


def _explicit_settings(environ: Mapping[str, str], home_dir: Path) -> Settings | None:
    """Settings that the old program was told of by a variable; they count for the first home found."""
    for variable in CONFIG_VARIABLES:
        said = environ.get(variable, "").strip()
        path = home_dir / said[2:] if said.startswith("~/") else Path(said)
        if said and path.is_file():
            return settings_of(path.resolve())
    return None


def _usual(home: Path, plain: bool = False) -> Iterator[Path]:
    """Where a home may be below a person's own directory; `plain` also without the dot, as in backups."""
    yield from (home / name for name in STATE_NAMES)
    names = sorted(names_in(home))
    if plain:
        yield from (home / name for name in names if f".{name}" in STATE_NAMES)
    yield from (home / name for name in names if profile(name) and (plain or name.startswith(".")))


def _real(candidates: Iterable[Path]) -> list[Path]:
    """Those that are state directories, resolved, each once: one may be a link to another."""
    found: dict[Path, None] = {}
    for path in candidates:
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            continue
        inside = names_in(real)
        if is_state(path.name, inside) or is_state(real.name, inside):
            found[real] = None
    return list(found)


class _Device(msgspec.Struct):
    """Of a device's identity its public name alone; the private key beside it is never made a value."""

    deviceId: str = ""  # noqa: N815  # as it is spelled there


def _install(state: Path) -> str:
    try:
        with opening.file(state, ["identity", "device.json"]) as opened:
            device = msgspec.json.decode(opening.whole(opened, 100_000), type=_Device).deviceId
    except (Unreadable, ValueError, RecursionError):
        device = ""
    return _hash(device.strip() or str(state))


def _hash(of: str) -> str:
    return hashlib.sha256(b"clawdbot home\0" + of.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _is_running(state: Path) -> bool:
    """Whether a lock is fresh. Locks of transcripts are written anew with every turn."""
    now, folders = utc_now().timestamp(), [state, state / "sessions", state / "cron"]
    agents = state / "agents"
    folders += [agents / name / "sessions" for name in names_in(agents)]
    for folder in folders:
        for name in names_in(folder):
            if name.endswith(".lock") and _touched(folder / name) > now - FRESH:
                return True
    return False


def _touched(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0


def _short(path: Path, home_dir: Path) -> str:
    near = path.is_relative_to(home_dir)
    return shown(f"~/{path.relative_to(home_dir)}" if near else str(path))
