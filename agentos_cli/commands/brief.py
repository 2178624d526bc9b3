"""`agentos brief`: read what is due, then print the morning."""

from __future__ import annotations

from datetime import timedelta

import typer

from agentos_cli import telemetry
from agentos_cli.app import App
from agentos_cli.commands.age import MaxAge, age
from agentos_cli.commands.output import (
    Accessible,
    All,
    Ascii,
    AsOf,
    Demo,
    Json,
    Output,
    Restated,
    Tenant,
    Width,
    asked_again,
    note,
    show,
    style,
)
from agentos_cli.commands.table import shown
from agentos_cli.errors import DataProblem, LeaseHeld, Temporary

EXAMPLES = (
    "agentos brief --demo                  on the built-in company (--refresh makes it anew)",
    "agentos brief                         yours: reads what is due, then prints",
    "agentos brief --refresh               reads everything anew",
    "agentos brief --max-age 15m           reads what is older than that",
    "agentos brief --cached                from the store, no network",
    "agentos brief -o html > brief.html    a page to send",
    "agentos brief --json=verdict,numbers  for a script",
    "agentos brief --as-of 2026-10-01      as it was known then; --restated: as it is known now",
    "0 7 * * 1-5  agentos brief -o md      a crontab line",
)


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(name, help=summary, epilog=shown(*EXAMPLES))
    def brief(
        refresh: bool = typer.Option(False, "--refresh", help="Read every source now, however fresh."),
        cached: bool = typer.Option(False, "--cached", help="Only what is stored; no network."),
        max_age: MaxAge = None,
        strict: bool = typer.Option(
            False, "--strict", help="Exit 3 when something is stale, missing or failed."
        ),
        restated: Restated = False,
        json: Json = None,
        output: Output = None,
        as_of: AsOf = None,
        demo: Demo = False,
        everything: All = False,
        ascii_only: Ascii = False,
        accessible: Accessible = False,
        width: Width = None,
        tenant: Tenant = None,
    ) -> None:
        house = App.demo(as_of) if demo and refresh else App.start(as_of=as_of, demo=demo, tenant=tenant)
        house.ready()
        with telemetry.about(run=telemetry.new_run_id(house.clock())):
            if not (cached or demo or as_of):
                renew(house, force=refresh, max_age=age(max_age))
            document = house.restated() if asked_again(restated, as_of) else house.desk.brief()
        if as_of and not restated:
            tell_if_before_all(house, as_of)
        look = style(
            house.loaded.settings.display,
            width=width,
            ascii_only=ascii_only,
            accessible=accessible,
            everything=everything,
        )
        show(document, json, output, look)
        house.expect()
        if strict and (document["blind_spots"] or document["failed"]):
            raise typer.Exit(3)


def tell_if_before_all(house: App, as_of: str) -> None:
    """One line where the brief knows nothing because no source had been read by then."""
    since = house.store.since()
    if since is not None and house.clock() < since:
        first = f"{since.astimezone(house.zone):%-d %B %Y}"
        note(
            f"nothing was known then: the first sync was on {first}; what is known of that day now:"
            f" agentos brief --as-of {as_of} --restated"
        )


def renew(house: App, *, force: bool, max_age: timedelta | None = None) -> None:
    """Read what is due, or older than `max_age`. Whatever goes wrong with it, the brief comes."""
    try:
        house.sync(None, force=force, max_age=max_age)
    except (LeaseHeld, Temporary, DataProblem) as problem:
        note(f"{problem.what}; this brief is from what is stored")
