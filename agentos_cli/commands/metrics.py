"""`agentos metrics list|show`: what each figure means, how it is worked out, and from what."""

from __future__ import annotations

import difflib

import typer

from agentos_cli.commands.output import Json, say, say_document, style
from agentos_cli.commands.table import group
from agentos_cli.config.model import Display
from agentos_cli.errors import UsageProblem
from agentos_cli.renderers import definitions


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    examples = ("agentos metrics list", "agentos metrics show mrr", "agentos metrics show runway --json")
    metrics = group(summary, *examples)
    app.add_typer(metrics, name=name)
    metrics.command("list")(list_metrics)
    metrics.command("show")(show_metric)


def list_metrics(json: Json = None) -> None:
    """List every metric: its title, its agent, its unit, and which way is better."""
    from agents.definitions import CATALOGUE

    items = [definitions.item(definition) for definition in CATALOGUE.values()]
    if json is not None:
        return say_document({"schema": "agentos.metrics/1", "metrics": items}, json)
    return say(definitions.table(items))


def show_metric(
    key: str = typer.Argument(..., metavar="KEY", help="As `agentos metrics list` and --json name it."),
    json: Json = None,
) -> None:
    """Say what one metric means: in a sentence, as a formula, from what, after whom, and at its edges."""
    from agents.definitions import CATALOGUE, definition_of

    found = definition_of(key.strip().lower())
    if found is None:
        near = difflib.get_close_matches(key.lower(), CATALOGUE, 1)
        fix = f"agentos metrics show {near[0]}" if near else "agentos metrics list"
        raise UsageProblem(f"there is no metric `{key[:40]}`", fix=fix)
    item = definitions.item(found)
    if json is not None:
        return say_document({"schema": "agentos.metrics/1", "metrics": [item]}, json)
    return say(definitions.in_full(item, style(Display())))
