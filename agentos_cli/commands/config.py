"""`agentos config show|validate|path|example`: the settings in force and where they come from."""

from __future__ import annotations

import json as json_module
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, say, say_document, say_done
from agentos_cli.commands.table import group
from agentos_cli.renderers.listings import SettingItem, rows


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    config = group(
        summary, "agentos config show --origin", "agentos config validate", "agentos config example"
    )
    app.add_typer(config, name=name)
    config.command("show")(show)
    config.command("validate")(validate)
    config.command("path")(path)
    config.command("example")(example)


def show(
    origin: bool = typer.Option(False, "--origin", help="Where each value comes from."),
    changed: bool = typer.Option(False, "--changed", help="Only what differs from the defaults' origin."),
    json: Json = None,
    demo: Demo = False,
) -> None:
    """Show every setting in force."""
    loaded = App.start(demo=demo).loaded
    items = [
        SettingItem(key=key, value=value, origin=loaded.origins.get(key, "default"))
        for key, value in _flat(asdict(loaded.settings))
    ]
    items = [item for item in items if not changed or item["origin"] != "default"]
    if json is not None:
        files = [str(file) for file in loaded.files]
        return say_document({"schema": "agentos.config/1", "files": files, "settings": items}, json)
    body = [(i["key"], json_module.dumps(i["value"]), *([i["origin"]] if origin else [])) for i in items]
    return say(rows(("setting", "value", *(["origin"] if origin else [])), body))


def validate(json: Json = None) -> None:
    """Check the settings; exit 7 with file, line and nearest key when something is wrong."""
    files = App.start().loaded.files
    words = f"valid: {', '.join(map(str, files)) or 'no file, defaults in force'}"
    say_done("valid", files, words, json)


def path(json: Json = None) -> None:
    """Print where your own configuration file is, or would be."""
    from agentos_cli.config.places import places

    file = places(os.environ).user_file  # also when what it says is wrong
    say_done("located", [file], str(file), json)


def example(
    write: Path | None = typer.Option(
        None, "--write", help="Write it to this new file instead of printing it."
    ),
    json: Json = None,
) -> None:
    """Print a commented file with every setting and its default."""
    from agentos_cli.config.example import example as text

    if write is None:
        return say(text())
    from agentos_cli.setup import write_new

    write_new(write, text())
    return say_done("written", [write], f"written: {write}", json)


def _flat(data: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in data.items():
        if isinstance(value, dict) and f"{prefix}{key}" not in {"sync.life", "energy.curve"}:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
