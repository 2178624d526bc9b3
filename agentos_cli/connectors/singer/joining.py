"""What it takes to make a tap a source: its program, its map, its settings, and what they say together."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from agentos_cli.connectors.catalogue import CATALOGUE, LIFE, Spec
from agentos_cli.connectors.singer.mapping import plan
from agentos_cli.connectors.singer.run import mapped, running
from agentos_cli.connectors.singer.settings import kept, settings
from agentos_cli.errors import CredentialProblem, DataProblem, UsageProblem

MODULE = "agentos_cli.connectors.singer"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
LARGEST_MAP = 64 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """A tap ready to be connected. `secret` is its settings as one line; `said` what it told of itself."""

    spec: Spec
    secret: str
    options: dict[str, str]
    said: str


def source_name(name: str | None, tap: str) -> str:
    """What the source is to be called: `name`, else as the tap's program or package. Raises UsageProblem for
    a name that is taken by a connector, or is none."""
    found = name or Path(tap.partition("==")[0].partition("[")[0]).name.lower()
    if not NAME.fullmatch(found) or found in CATALOGUE or found == "singer":
        taken = "is a source already" if found in CATALOGUE else "is no name for a source"
        raise UsageProblem(f"`{found[:40]}` {taken}", fix="--name NAME (small letters, digits, - and _)")
    return found


def program(tap: str) -> Path:
    """The tap's program: a path, or a name on PATH. Raises UsageProblem when there is none."""
    found = shutil.which(os.path.expanduser(tap))  # noqa: PTH111 - a Path would make PATH's `x` of `./x`
    if found is None:
        raise UsageProblem(
            f"there is no program `{tap[:60]}`", fix=f"agentos connect singer {tap} --install, or its path"
        )
    return Path(found).absolute()


def shipped() -> dict[str, str]:
    """The maps that come with us, by the name of the tap's program."""
    return {
        each.name.removesuffix(".toml"): each.read_text(encoding="utf-8")
        for each in files(MODULE).joinpath("maps").iterdir()
        if each.name.endswith(".toml")
    }


def map_text(path: Path | None, tap: str) -> str:
    """The map in a file, or the shipped one for the tap's program. Raises DataProblem and UsageProblem."""
    if path is None:
        maps = shipped()
        if tap not in maps:
            raise UsageProblem(
                f"there is no map for {tap}: which of its streams is what?",
                fix=f"--map FILE (see docs/singer.md); maps are shipped for {', '.join(sorted(maps))}",
            )
        return maps[tap]
    text = _read(path, LARGEST_MAP)
    plan(text, path.name)
    return text


def settings_line(path: Path, name: str) -> str:
    """A file of settings as one line for the vault. Raises CredentialProblem."""
    try:
        text = _read(path, 2 * LARGEST_MAP)
    except DataProblem as problem:
        raise CredentialProblem(problem.what, fix="--config FILE") from None
    return kept(settings(text, path.name), name)


def joined(name: str, executable: Path, text: str, secret: str, seconds: float | None) -> Source:
    """The source that a tap makes with a map and settings. It is asked which of the map's streams it has, in
    at most `seconds`; None: it is not, and all of the map counts. Raises SourceErrors, as reading it does."""
    options = {"executable": str(executable), "map": text}
    said = "not checked"
    if seconds is not None:
        with running(name, secret, options, seconds) as run:
            options["streams"], said = run.found()
    kinds = tuple(noun.kind for noun in mapped(options).nouns)
    if not kinds:
        raise DataProblem("the map makes nothing of the tap's streams", fix="--map FILE")
    return Source(replace(_spec(name), kinds=kinds), secret, options, said)


def environment(name: str) -> Path:
    """Where a tap that we install lives: the user's data directory."""
    home, given = Path(os.environ.get("HOME") or Path.home()), os.environ.get("XDG_DATA_HOME", "")
    return (Path(given) if given.startswith("/") else home / ".local/share") / "agentos" / "taps" / name


def _spec(name: str) -> Spec:
    return Spec(
        name=name,
        title=name,
        module=MODULE,
        kinds=(),
        life=LIFE,
        asks="nothing",
        base_url="",
        help="a Singer tap: agentos connect singer TAP --config FILE",
    )


def _read(path: Path, largest: int) -> str:
    try:
        with path.expanduser().open("rb") as file:
            content = file.read(largest + 1)
        if len(content) > largest:
            raise DataProblem(f"{path} is larger than {largest // 1024} KB")
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
        raise DataProblem(f"cannot read {path}: {why}") from None
