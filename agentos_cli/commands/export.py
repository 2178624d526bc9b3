"""`agentos export`: everything that is known, as tables or as books, for other programs."""

from __future__ import annotations

from pathlib import Path

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import AsOf, Demo, Json, Tenant, note, say, say_document
from agentos_cli.commands.table import shown
from agentos_cli.errors import UsageProblem

EXAMPLES = (
    "agentos export --csv ./company",
    "agentos export --parquet ./company --beancount books.beancount",
    "agentos export --ledger - | hledger -f - balance",
)


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""
    more = "Tables: one file per kind of record, and every figure. Books: the bank, double-entry."
    app.command(name, help=f"{summary} {more}", epilog=shown(*EXAMPLES))(export)


def export(
    csv: Path | None = typer.Option(None, "--csv", metavar="DIR", help="Tables as CSV in this folder."),
    parquet: Path | None = typer.Option(
        None, "--parquet", metavar="DIR", help="Tables as Parquet in this folder (needs pyarrow)."
    ),
    ledger: Path | None = typer.Option(
        None, "--ledger", metavar="FILE", help="Books for ledger and hledger; - is stdout."
    ),
    beancount: Path | None = typer.Option(
        None, "--beancount", metavar="FILE", help="Books for beancount; - is stdout."
    ),
    force: bool = typer.Option(False, "--force", help="Replace files that are there."),
    json: Json = None,
    as_of: AsOf = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Write the ordered forms, all or none, and say what was written."""
    from agentos_cli.export.run import Order
    from agentos_cli.export.run import export as carry_out
    from agentos_cli.renderers.exported import words

    places = {"csv": csv, "parquet": parquet, "ledger": ledger, "beancount": beancount}
    orders = [Order(form, place.expanduser()) for form, place in places.items() if place is not None]
    if json is not None and any(order.place == Path("-") for order in orders):
        raise UsageProblem("--json and books on stdout do not go together", fix="give the books a file")
    house = App.open(as_of=as_of, demo=demo, tenant=tenant)
    done = carry_out(orders, house.snapshot, force)
    if json is not None:
        return say_document(done.document, json)
    if done.text is not None:
        note(words(done.document))
        return say(done.text)
    return say(words(done.document))
