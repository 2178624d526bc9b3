"""`agentos movements`: how MRR went from month to month, in a table that adds up."""

from __future__ import annotations

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import AsOf, Demo, Json, Tenant, say, say_document
from agentos_cli.commands.table import shown

EXAMPLES = (
    "agentos movements                        the last 12 months, in every currency and converted",
    "agentos movements --months 24 --currency EUR",
    'agentos movements --customer "Acme Inc"  one customer, by name or by domain',
    "agentos movements --json                 for a script, in minor units",
)


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(name, help=summary, epilog=shown(*EXAMPLES))
    def movements(
        months: int = typer.Option(12, min=1, max=240, help="How many, the running month included."),
        currency: str | None = typer.Option(None, help="Only what is billed in it, not converted."),
        customer: str | None = typer.Option(None, help="Only this customer, by name or domain."),
        json: Json = None,
        as_of: AsOf = None,
        demo: Demo = False,
        tenant: Tenant = None,
    ) -> None:
        from agentos_cli.briefing.movements import movements as made
        from agentos_cli.renderers.movements import movements_text

        house = App.open(as_of=as_of, demo=demo, tenant=tenant)
        document = made(house.snapshot, months, currency, customer)
        if json is not None:
            return say_document(document, json)
        return say(movements_text(document))
