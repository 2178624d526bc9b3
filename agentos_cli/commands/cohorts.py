"""`agentos cohorts`: of the customers who started in a month, how many still pay months later."""

from __future__ import annotations

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import AsOf, Demo, Json, Tenant, say, say_document
from agentos_cli.commands.table import shown

EXAMPLES = (
    "agentos cohorts                 the customers of the last 12 start months",
    "agentos cohorts --mrr           what they pay, against the end of their start month",
    "agentos cohorts --months 24 --json",
)


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(name, help=summary, epilog=shown(*EXAMPLES))
    def cohorts(
        months: int = typer.Option(12, min=1, max=240, help="How many start months, the newest ones."),
        mrr: bool = typer.Option(False, "--mrr", help="Share of MRR instead of customers."),
        json: Json = None,
        as_of: AsOf = None,
        demo: Demo = False,
        tenant: Tenant = None,
    ) -> None:
        from agentos_cli.briefing.cohorts import cohorts as made
        from agentos_cli.renderers.cohorts import cohorts_text

        document = made(App.open(as_of=as_of, demo=demo, tenant=tenant).snapshot, months)
        if json is not None:
            return say_document(document, json)
        return say(cohorts_text(document, mrr=mrr))
