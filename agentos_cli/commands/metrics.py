"""`agentos metrics list|show|history`: what each figure means and was; `--textfile` for monitoring."""

from __future__ import annotations

import difflib
from pathlib import Path

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Ascii, AsOf, Demo, Json, Tenant, Width, say, say_document, style
from agentos_cli.commands.table import group, refuse_before
from agentos_cli.config.model import Display
from agentos_cli.errors import UsageProblem
from agentos_cli.renderers import definitions

EXAMPLES = (
    "agentos metrics list",
    "agentos metrics show mrr",
    "agentos metrics history mrr --days 90",
    "agentos metrics --textfile /var/lib/node_exporter/agentos.prom",
)


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    metrics = group(summary, *EXAMPLES)
    app.add_typer(metrics, name=name)
    metrics.callback(invoke_without_command=True)(expose)
    metrics.command("list")(list_metrics)
    metrics.command("show")(show_metric)
    metrics.command("history")(history_of)


def expose(
    context: typer.Context,
    textfile: Path | None = typer.Option(
        None,
        "--textfile",
        metavar="PATH",
        help="Write all figures to this file for Prometheus; - prints them.",
    ),
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Write all figures for Prometheus, where no command of the group is named."""
    if context.invoked_subcommand is not None:
        return refuse_before(context)
    if textfile is None:
        raise UsageProblem("say what to do with the metrics", fix="agentos metrics --help")
    from agentos_cli.duties.textfile import measured, write_textfile

    text = measured(App.open(demo=demo, tenant=tenant))
    return say(text) if str(textfile) == "-" else write_textfile(textfile, text)


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


def history_of(
    key: str = typer.Argument(..., metavar="KEY", help="As `agentos metrics list` and --json name it."),
    days: int = typer.Option(56, "--days", min=1, max=3660, help="How many days to show."),
    json: Json = None,
    as_of: AsOf = None,
    demo: Demo = False,
    ascii_only: Ascii = False,
    width: Width = None,
    tenant: Tenant = None,
) -> None:
    """Show a figure day by day, against last week, last month, and what is usual on this weekday."""
    house = App.open(as_of=as_of, demo=demo, tenant=tenant)
    document = house.desk.history(key, days)
    if json is not None:
        return say_document(document, json)
    from agentos_cli.renderers.history import history

    return say(history(document, style(house.loaded.settings.display, width=width, ascii_only=ascii_only)))
