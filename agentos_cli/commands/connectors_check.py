"""`agentos connectors check SOURCE`: compare a live sample with what is read of it, and say what drifted."""

from __future__ import annotations

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Json, Tenant, note, say, say_document
from agentos_cli.connectors.catalogue import Spec
from agentos_cli.connectors.drift import drift
from agentos_cli.errors import DataProblem, UsageProblem
from agentos_cli.renderers.drifted import DriftDocument, DriftItem, text

CHECKS = (
    "agentos connectors check stripe",
    "agentos connectors check hubspot --json   for a monitor: exit code 7 when something is lost",
)


def check_connector(source: str, json: Json = None, tenant: Tenant = None) -> None:
    """Compare what a source sends now with what is read of it: fields that are gone, renamed or changed.

    Takes the first page of each list, whatever the source's breaker says, and stores nothing. The exit
    code is 7 when something is lost by what has changed, else 0.
    """
    from agentos_cli.sources import spec

    house = App.open(tenant=tenant)
    found = spec(source, house.store.connections())
    note(f"contacting {found.title} ...")
    document = _document(house, found)
    if json is not None:
        say_document(document, json)
    else:
        say(text(document))
    if not document["ok"]:
        raise typer.Exit(DataProblem.exit_code)


def _document(house: App, source: Spec) -> DriftDocument:
    fields = source.fields()
    if not fields:
        raise UsageProblem(f"{source.title} does not say which fields it reads", fix="docs/connectors.md")
    sample = house.sources.sample(source)
    drifts: list[DriftItem] = [
        {
            "stream": stream, "path": each.path, "what": each.what, "says": each.says, "count": each.count,
            "of": each.of, "example": each.example, "loses": each.loses,
        }
        for stream, declared in fields.items()
        for each in drift(sample.get(stream, ()), declared)
    ]  # fmt: skip
    return {
        "schema": "agentos.drift/1",
        "source": source.name,
        "title": source.title,
        "ok": not any(each["loses"] for each in drifts),
        "samples": [{"stream": each, "records": len(sample.get(each, ()))} for each in fields],
        "drifts": drifts,
    }
