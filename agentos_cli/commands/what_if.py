"""`agentos what-if`: try changes on the company as it is known, beside today. Nothing is written."""

from __future__ import annotations

import sys

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import (
    Accessible,
    All,
    Ascii,
    AsOf,
    Demo,
    Json,
    Tenant,
    Width,
    say,
    say_document,
    style,
)
from agentos_cli.commands.table import shown

EXAMPLES = (
    "agentos what-if --lose-customer Acme",
    "agentos what-if --hire 2 --cost 9k --from 2027-01-01 --team Delivery",
    "agentos what-if --close-deal 'Acme: Scale plan' --on 30d --raise-price 10 --product pro",
)
MORE = "Changes can be repeated and combined; --on, --from, --cost, --team and --product follow theirs."


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""
    app.command(name, help=f"{summary} {MORE}", epilog=shown(*EXAMPLES))(what_if)


def what_if(
    close_deal: list[str] = typer.Option([], "--close-deal", metavar="ID|NAME", help="An open deal is won."),
    lose_customer: list[str] = typer.Option(
        [], "--lose-customer", metavar="NAME|KEY", help="A customer's subscriptions end."
    ),
    hire: list[str] = typer.Option([], "--hire", metavar="N", help="So many people join; needs --cost."),
    raise_price: list[str] = typer.Option(
        [], "--raise-price", metavar="PERCENT", help="Prices rise; below 0 they fall."
    ),
    on: list[str] = typer.Option([], "--on", metavar="DATE", help="When a deal is won or a customer leaves."),
    since: list[str] = typer.Option(
        [], "--from", metavar="DATE", help="When people join or a price changes: 2026-11-27, tomorrow, 30d."
    ),
    cost: list[str] = typer.Option([], "--cost", metavar="AMOUNT", help="What a hire costs a month: 9k."),
    team: list[str] = typer.Option([], "--team", help="The team of a hire; the largest, if not said."),
    product: list[str] = typer.Option([], "--product", help="Whose price; every one, if not said."),
    json: Json = None,
    as_of: AsOf = None,
    demo: Demo = False,
    everything: All = False,
    ascii_only: Ascii = False,
    accessible: Accessible = False,
    width: Width = None,
    tenant: Tenant = None,
) -> None:
    """Compare today with the changes in force, and twelve months on."""
    from agentos_cli.commands.changes import changes, wishes
    from agentos_cli.renderers import what_if as renderer
    from agentos_cli.renderers.what_if_document import document
    from agents.whatif.comparing import READS, compare

    written = wishes(sys.argv[1:])
    house = App.open(as_of=as_of, demo=demo, tenant=tenant)
    snapshot = house.snapshot(READS)
    made = document(snapshot, compare(snapshot, changes(written, snapshot)))
    if json is not None:
        return say_document(made, json)
    look = style(
        house.loaded.settings.display, width=width, ascii_only=ascii_only,
        accessible=accessible, everything=everything,
    )  # fmt: skip
    return say(renderer.text(made, look))
