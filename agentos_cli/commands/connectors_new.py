"""`agentos connectors new NAME`: a package for a source of one's own, to be filled in."""

from __future__ import annotations

from pathlib import Path

import typer

from agentos_cli.commands.output import Json, say_done
from agentos_cli.errors import DataProblem, UsageProblem

SCAFFOLDS = (
    "agentos connectors new acme                   a package in ./agentos-acme, read whole each time",
    "agentos connectors new acme --parts           for a large source that can say what has changed",
    "agentos connectors new acme --folder ~/acme   elsewhere",
)


def new_connector(
    name: str = typer.Argument(..., help="What the source will be called, such as acme."),
    folder: Path | None = typer.Option(None, "--folder", help="Where to; by default ./agentos-NAME."),
    parts: bool = typer.Option(False, "--parts", help="Read it in parts, and later only what has changed."),
    json: Json = None,
) -> None:
    """Write a package for a source of your own: a connector that works, one fixture, a contract test.

    Nothing there is overwritten. docs/write-a-connector.md takes it from there.
    """
    from agentos_cli.connectors.catalogue import CATALOGUE
    from agentos_cli.connectors.scaffold import package

    if name in CATALOGUE:
        raise UsageProblem(f"there is a source {name} already", fix=f"agentos connect {name}")
    texts, place = package(name, parts=parts), (folder or Path(f"agentos-{name}")).expanduser()
    written = _written(place, texts)
    words = (
        f"wrote {len(written)} files to {place}. Next: pip install -e {place}, then agentos connect {name}"
    )
    say_done("written", written, words, json)


def _written(place: Path, texts: dict[str, str]) -> list[Path]:
    """All files, or none where there is something already."""
    paths = {place / name: text for name, text in texts.items()}
    if there := [path for path in paths if path.exists()]:
        raise UsageProblem(f"{there[0]} is there already", fix="--folder PATH")
    try:
        for path, text in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataProblem(f"cannot write to {place}: {error.strerror}") from None
    return list(paths)
