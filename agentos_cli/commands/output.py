"""What every command shares: its options, how it looks at the terminal, and how it prints."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentos_cli.config.model import Display
from agentos_cli.errors import DataProblem, UsageProblem
from agentos_cli.renderers import clean
from agentos_cli.renderers.style import Style

if TYPE_CHECKING:
    from agentos_cli.renderers import Drawable


class Form(StrEnum):
    """The forms that a briefing or report can be printed in."""

    text = "text"
    plain = "plain"
    md = "md"
    html = "html"
    json = "json"
    svg = "svg"


Json = Annotated[
    str | None,
    typer.Option(
        "--json", metavar="[=FIELDS]", help="Print JSON: everything, or --json=a,b for some fields."
    ),
]
Output = Annotated[Form | None, typer.Option("-o", "--output", help="Form of the output.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="WHEN", help="As known then: 2026-11-23T07:00 in your zone, or a day (its end)."
    ),
]
Demo = Annotated[
    bool, typer.Option("--demo", help="On the built-in demo company; your own data is not touched.")
]
Restated = Annotated[
    bool, typer.Option("--restated", help="With --as-of: that day as it is known now, and what changed.")
]
All = Annotated[bool, typer.Option("--all", help="Everything, not only the top few.")]
Ascii = Annotated[bool, typer.Option("--ascii", help="Plain ASCII only.")]
Accessible = Annotated[bool, typer.Option("--accessible", help="Linear sentences, for screen readers.")]
Tenant = Annotated[str | None, typer.Option("--tenant", help="Whose data, on a store that several share.")]
Width = Annotated[int | None, typer.Option("--width", min=40, max=240, help="Columns to fill.")]


def asked_again(restated: bool, as_of: str | None) -> bool:
    """Whether a past day is asked for as it is known now; today cannot be restated."""
    if restated and as_of is None:
        raise UsageProblem("--restated needs the day", fix="--as-of 2026-10-01 --restated")
    return restated


def style(
    display: Display,
    *,
    width: int | None = None,
    ascii_only: bool = False,
    accessible: bool = False,
    everything: bool = False,
) -> Style:
    """How to print here: flags, then settings, then what the environment and the terminal say."""
    environ = os.environ
    dumb = environ.get("TERM") == "dumb"
    wanted = environ.get("FORCE_COLOR") or environ.get("CLICOLOR_FORCE")
    refused = environ.get("NO_COLOR") or environ.get("AGENTOS_NO_COLOR") or dumb
    return Style(
        width=width or min(120, shutil.get_terminal_size((80, 24)).columns),
        color=bool(wanted) or (sys.stdout.isatty() and not refused),
        ascii=ascii_only or display.ascii or not _unicode(),
        accessible=accessible or display.accessible or dumb or bool(environ.get("AGENTOS_ACCESSIBLE")),
        everything=everything,
    )


def show(document: Drawable, fields: str | None, output: Form | None, look: Style) -> None:
    """Print a briefing, report or finding: `--json` wins, then `-o`, then text."""
    if fields is not None:
        return say_document(document, fields)
    from agentos_cli.renderers import draw

    return say(draw(document, str(output or "text"), look))


def say(text: str) -> None:
    """Print the product: stdout, and only the product. What the terminal cannot show becomes ASCII."""
    shown = text if _unicode() else clean.plain_ascii(text)
    try:
        sys.stdout.write(shown if shown.endswith("\n") else shown + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise typer.Exit from None  # the reader has seen enough; Typer itself would call that a failure
    except OSError as error:
        raise DataProblem(f"cannot write the output: {error.strerror}") from None


def note(text: str) -> None:
    """Tell something beside the product: stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def say_document(document: Mapping[str, Any], fields: str | None = "*") -> None:
    """Print a document as JSON: all of it, or the top-level fields named in `fields`."""
    say(json.dumps(clean.tree(select(document, fields)), indent=2, ensure_ascii=not _unicode()))


def json_line(document: Mapping[str, Any], fields: str | None = "*") -> str:
    """A document, or the fields of it that are named, as one line of JSON."""
    return json.dumps(clean.tree(select(document, fields)), ensure_ascii=not _unicode())


def say_done(done: str, places: Sequence[object], words: str, json: str | None) -> None:
    """Print what was done to files, folders or stores: `words` for people, else a document."""
    if json is None:
        return say(words)
    return say_document({"schema": "agentos.done/1", "done": done, "places": list(map(str, places))}, json)


def select(document: Mapping[str, Any], fields: str | None) -> Mapping[str, Any]:
    """The named top-level fields of a document, `schema` always; raises UsageProblem for one it lacks."""
    if fields in {None, "*", ""}:
        return document
    names = [name.strip() for name in str(fields).split(",") if name.strip()]
    if missing := [name for name in names if name not in document]:
        raise UsageProblem(
            f"no field `{missing[0]}` in this output", fix=f"choose from {', '.join(sorted(document))}"
        )
    return {"schema": document["schema"], **{name: document[name] for name in names}}


def _unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
