"""`agentos connectors list|show|test|open|reset|...`: the sources, how they fare, and how to mend them."""

from __future__ import annotations

import typer

from agentos_cli.app import App
from agentos_cli.commands.connectors_check import CHECKS, check_connector
from agentos_cli.commands.connectors_new import SCAFFOLDS, new_connector
from agentos_cli.commands.output import Demo, Json, Tenant, note, say, say_document
from agentos_cli.commands.table import group, shown
from agentos_cli.errors import UsageProblem
from agentos_cli.renderers.listings import SkippedItem, rows


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    connectors = group(summary, "agentos connectors list", "agentos connectors test stripe")
    app.add_typer(connectors, name=name)
    connectors.command("list")(list_connectors)
    connectors.command("show")(show_connector)
    connectors.command("skipped")(list_skipped)
    connectors.command("test")(test_connector)
    connectors.command("open")(open_connector)
    connectors.command("reset")(reset_connector)
    connectors.command("remove")(remove_connector)
    connectors.command("check", epilog=shown(*CHECKS))(check_connector)
    connectors.command("new", epilog=shown(*SCAFFOLDS))(new_connector)


def list_connectors(json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """List all sources: connected or not, how old their data is, what is wrong."""
    items = App.open(demo=demo, tenant=tenant).connectors()
    if json is not None:
        return say_document({"schema": "agentos.connectors/1", "connectors": items}, json)
    body = [
        (
            i["source"],
            i["state"],
            (i["synced_at"] or "-")[:16],
            str(i["skipped"]),
            i["breaker"],
            i["fix"] or "",
        )
        for i in items
    ]
    return say(rows(("source", "state", "synced at", "skipped", "circuit breaker", "to fix it"), body))


def show_connector(source: str, json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """Show how one source stands: its data, its limits, its last runs, and what its breaker remembers."""
    from agentos_cli.renderers.connector import draw
    from agentos_cli.sources import spec

    house = App.open(demo=demo, tenant=tenant)
    document = house.connector(spec(source, house.store.connections()))
    if json is not None:
        return say_document(document, json)
    return say(draw(document, house.clock(), house.zone))


def list_skipped(
    source: str | None = typer.Argument(None, help="Only this source."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List the records that could not be read and were left out: which, where, why."""
    from agentos_cli.sources import spec

    store = App.open(demo=demo, tenant=tenant).store
    wanted = spec(source, store.connections()).name if source else None
    found = store.skipped()
    items = [
        SkippedItem(source=name, kind=record.kind, where=record.where, why=record.why)
        for name, record in found
        if wanted in {None, name}
    ]
    if json is not None:
        return say_document({"schema": "agentos.skipped/1", "skipped": items}, json)
    if not items:
        return say("nothing was left out")
    body = [(i["source"], i["kind"], i["where"], i["why"]) for i in items]
    return say(rows(("source", "kind", "where", "why"), body))


def test_connector(source: str, json: Json = None, tenant: Tenant = None) -> None:
    """Make one cheap call to a connected source, whatever its breaker says."""
    from agentos_cli.sources import spec

    house = App.open(tenant=tenant)
    found = spec(source, house.store.connections())
    note(f"contacting {found.title} ...")
    _done(source, "tested", house.sources.test(found), f"{found.title} works: ", json)


def open_connector(source: str, json: Json = None, tenant: Tenant = None) -> None:
    """Leave a source alone until it is reset: open its circuit breaker by hand."""
    from agentos_cli.sources import spec

    house = App.open(tenant=tenant)
    found = spec(source, house.store.connections())
    house.breaker(found).force_open()
    said = f"it is not called until: agentos connectors reset {found.name}"
    _done(source, "opened", said, f"{found.title} is left alone: ", json)


def reset_connector(source: str, json: Json = None, tenant: Tenant = None) -> None:
    """Forget a source's failures: close its circuit breaker, so that the next sync calls it."""
    from agentos_cli.sources import spec

    house = App.open(tenant=tenant)
    found = spec(source, house.store.connections())
    house.store.breaker(found.name).clear()
    _done(source, "reset", "it will be called at the next sync", f"{found.title} is reset: ", json)


def remove_connector(source: str, json: Json = None, tenant: Tenant = None) -> None:
    """Forget a connection and its kept key. What was learned from it stays."""
    from agentos_cli.sources import spec

    house = App.open(tenant=tenant)
    found = spec(source, house.store.connections())
    if not house.sources.disconnect(found):
        raise UsageProblem(f"{found.title} is not connected", fix="agentos connectors list")
    _done(source, "removed", "its records stay", f"{found.title} is no longer connected: ", json)


def _done(source: str, done: str, said: str, words: str, json: str | None) -> None:
    if json is None:
        return say(f"{words}{said}")
    document = {
        "schema": "agentos.connected/1",
        "source": source,
        "done": done,
        "said": said,
        "credential": None,
    }
    return say_document(document, json)
