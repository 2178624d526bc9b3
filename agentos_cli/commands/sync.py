"""`agentos sync [SOURCE]`: read sources now, side by side."""

from __future__ import annotations

from dataclasses import asdict

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Json, Tenant, say, say_document
from agentos_cli.commands.spans import MaxAge, age
from agentos_cli.commands.table import shown
from agentos_cli.errors import UsageProblem
from agentos_cli.renderers.listings import rows
from agentos_cli.sync import SyncOutcome


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(
        name,
        help=summary,
        epilog=shown(
            "agentos sync",
            "agentos sync stripe",
            "agentos sync --due",
            "agentos sync --max-age 15m",
            "agentos sync stripe --full           whole, not only what has changed",
        ),
    )
    def sync(
        source: str | None = typer.Argument(None, help="Only this one."),
        due: bool = typer.Option(False, "--due", help="Only sources whose data is older than its life."),
        max_age: MaxAge = None,
        full: bool = typer.Option(False, "--full", help="Read whole what could be read in parts."),
        json: Json = None,
        tenant: Tenant = None,
    ) -> None:
        oldest = age(max_age)
        house = App.open(tenant=tenant)
        names, force = [_known(house, source)] if source else None, not due and oldest is None
        outcomes = house.sync(names, force=force, patient=True, full=full, max_age=oldest)
        if json is not None:
            say_document({"schema": "agentos.sync/1", "sources": [_item(o) for o in outcomes]}, json)
        else:
            say(_text(outcomes))
        if failed := [o for o in outcomes if not o.ok]:
            raise typer.Exit(failed[0].exit_code)


def _known(house: App, source: str) -> str:
    from agentos_cli.sources import spec

    found = spec(source, house.store.connections())
    if house.sources.connection(found) is None:
        raise UsageProblem(f"{found.title} is not connected", fix=f"agentos connect {source}")
    return source


def _text(outcomes: tuple[SyncOutcome, ...]) -> str:
    if not outcomes:
        return "nothing to read: no source is connected, or none is due (agentos connectors list)"
    body = [
        (
            o.source,
            "ok" if o.ok else "FAILED",
            f"{o.records:,}",
            f"{o.changed:,}",
            f"{o.skipped:,}",
            _how(o),
            f"{o.duration_ms} ms",
            _remark(o),
        )
        for o in outcomes
    ]
    return rows(("source", "result", "records", "changed", "skipped", "read", "time", ""), body)


def _how(outcome: SyncOutcome) -> str:
    """How it was read, and in how many pages."""
    pages = f" ({outcome.pages:,} {'page' if outcome.pages == 1 else 'pages'})" if outcome.pages else ""
    return f"{outcome.how or ''}{pages}".strip()


def _remark(outcome: SyncOutcome) -> str:
    """What there is to do about one source, if anything."""
    if not outcome.ok:
        return f"{outcome.problem} ({outcome.fix})"
    return f"agentos connectors skipped {outcome.source}" if outcome.skipped else ""


def _item(outcome: SyncOutcome) -> dict[str, object]:
    item = asdict(outcome)
    del item["exit_code"]
    return item
