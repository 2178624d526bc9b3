"""`agentos connect singer TAP`: make a Singer tap a source. Called by `connect`, which parses the line."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import note, say, say_document
from agentos_cli.errors import UsageProblem

EXAMPLES = (
    "agentos connect singer tap-github --config github.json --install  any Singer tap: docs/singer.md",
    "agentos connect singer ~/taps/bin/tap-erp --config erp.json --map erp.toml  with a map of your own",
)


Tap = Annotated[str | None, typer.Argument(help="With `singer`: the tap, its path, or its package.")]
Config = Annotated[Path | None, typer.Option("--config", help="The tap's settings, as JSON.")]
Map = Annotated[Path | None, typer.Option("--map", help="Which of the tap's streams is what, as TOML.")]
Name = Annotated[str | None, typer.Option("--name", help="What to call the tap; by default as its program.")]
Install = Annotated[bool, typer.Option("--install", help="Install the tap, apart from agentos.")]
Yes = Annotated[bool, typer.Option("--yes", help="Install it without asking.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says of a tap: `tap` is a program, its path or, with `install`, a package."""

    tap: str
    config: Path
    map: Path | None
    name: str | None
    install: bool
    yes: bool


def asked(
    source: str, tap: str | None, config: Path | None, tap_map: Path | None, name: str | None, *,
    install: bool, yes: bool,
) -> Asked | None:  # fmt: skip
    """What is asked of a tap; None where another source is meant. Raises UsageProblem for half of it."""
    if source != "singer":
        if tap or config or tap_map or name or install:
            raise UsageProblem(f"{source[:40]} is no tap", fix="agentos connect singer TAP --config FILE")
        return None
    if tap is None:
        raise UsageProblem("which tap?", fix="agentos connect singer TAP --config FILE")
    if config is None:
        fix = f"agentos connect singer {tap[:60]} --config FILE"
        raise UsageProblem(f"{tap[:60]} needs its settings", fix=fix)
    return Asked(tap, config, tap_map, name, install, yes)


def connect_tap(
    asked: Asked, tenant: str | None, options: Mapping[str, str], keep_in: str | None, *,
    check: bool, json: str | None,
) -> None:  # fmt: skip
    """Find or install the tap, ask it what it has, and keep it as a source; then say so."""
    from agentos_cli.connectors.singer import joining

    house, name = App.open(tenant=tenant), joining.source_name(asked.name, asked.tap)
    secret = joining.settings_line(asked.config, name)
    mapped = joining.map_text(asked.map, "") if asked.map else None
    program = _program(name, asked)
    text = mapped or joining.map_text(None, program.name)
    note(f"asking {name} what it has ...")
    source = joining.joined(
        name, program, text, secret, house.loaded.settings.sync.deadline if check else None
    )
    connection, _ = house.sources.connect(
        source.spec, secret=source.secret, reference=None, keep_in=keep_in or "file", base_url=None,
        options={**options, **source.options}, check=False,
    )  # fmt: skip
    if json is None:
        return say(f"{name} is connected: {source.said}. Next: agentos sync {name}")
    document = {"schema": "agentos.connected/1", "source": name, "done": "connected", "said": source.said}
    return say_document({**document, "credential": connection.credential}, json)


def _program(name: str, asked: Asked) -> Path:
    from agentos_cli.connectors.singer import joining

    return _installed(name, asked.tap, yes=asked.yes) if asked.install else joining.program(asked.tap)


def _installed(name: str, package: str, *, yes: bool) -> Path:
    """The program of a tap that is installed now, after saying where and asking whether."""
    from agentos_cli.connectors.singer import joining
    from agentos_cli.connectors.singer.install import install, package_name

    package_name(package)
    place = joining.environment(name)
    note(f"This installs {package} and what it needs from your package index into {place}.")
    note("It stays apart from agentos, but runs with your rights.")
    if not yes:
        if not sys.stdin.isatty():
            raise UsageProblem("nobody is here to agree to the installation", fix="--yes")
        if not typer.confirm("Install it?", default=True, err=True):
            raise typer.Exit(1)
    note(f"installing {package} ...")
    return install(package, place)
