"""`agentos status`: where things stand, offline and at once. Exit 1 when nothing is set up yet."""

from __future__ import annotations

import typer

from agentos_cli import __version__
from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.table import shown
from agentos_cli.renderers.listings import StatusDocument


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(name, help=summary, epilog=shown("agentos status", "agentos status || agentos init"))
    def status(json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
        document = _document(App.start(demo=demo, tenant=tenant))
        if json is not None:
            say_document(document, json)
        else:
            say(_text(document))
        if document["database"] != "current" or not document["connected"]:
            raise typer.Exit(1)


def _document(house: App) -> StatusDocument:
    from agentos_cli.duties.daemon_state import daemon_document

    state = house.store.check_schema()
    usable = state == "current"
    last = house.store.last_briefing() if usable else None
    woken = house.store.schedules().wakers()[:1] if usable else []
    return {
        "schema": "agentos.status/1",
        "version": __version__,
        "tenant": house.loaded.settings.tenant,
        "store": house.url,
        "database": state.value,
        "connected": [c.source for c in house.store.connections()] if usable else [],
        "last_brief": last.as_of.astimezone(house.zone).isoformat(timespec="seconds") if last else None,
        "zone": str(house.zone),
        "daemon": daemon_document(house)["state"],
        "woken_by": woken[0].name if woken else None,
        "woken_at": woken[0].at.astimezone(house.zone).isoformat(timespec="seconds") if woken else None,
    }


def _text(document: StatusDocument) -> str:
    return "\n".join(
        (
            f"agentos {document['version']}, zone {document['zone']}",
            f"store:     {document['store']} ({document['database']})",
            f"connected: {', '.join(document['connected']) or 'nothing yet (agentos connect stripe)'}",
            f"last brief: {document['last_brief'] or 'none yet (agentos brief)'}",
            f"woken:     {_woken(document)}",
        )
    )


def _woken(document: StatusDocument) -> str:
    running = "" if document["daemon"] == "stopped" else f"; the daemon is {document['daemon']}"
    if document["woken_by"] is None:
        return f"never yet (agentos schedule install){running}"
    return f"{document['woken_at']}, by {document['woken_by']}{running}"
