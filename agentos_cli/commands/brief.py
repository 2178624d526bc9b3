"""`agentos brief`: read what is due, then print the morning, and send it where that is asked for."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import typer

from agentos_cli import telemetry
from agentos_cli.app import App
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
from agentos_cli.commands.spans import MaxAge, age
from agentos_cli.commands.table import shown
from agentos_cli.errors import DataProblem, LeaseHeld, Temporary, UsageProblem
from agentos_cli.renderers import clean

if TYPE_CHECKING:
    from agentos_cli.duties.delivery import Posting
    from agentos_cli.renderers.shapes import BriefDocument
    from agentos_cli.store.event_log import Status

EXAMPLES = (
    "agentos brief --demo                  on the built-in company (--refresh makes it anew)",
    "agentos brief                         yours: reads what is due, then prints",
    "agentos brief --refresh               reads everything anew",
    "agentos brief --max-age 15m           reads what is older than that",
    "agentos brief --cached                from the store, no network",
    "agentos brief -o html > brief.html    a page to send",
    "agentos brief --json=verdict,numbers  for a script",
    "agentos brief --as-of 2026-10-01      as it was known then; --restated: as it is known now",
    "agentos brief --send                  to your channels as well: agentos notify",
    "0 7 * * 1-5  agentos brief --send     a crontab line",
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
        send: bool = typer.Option(False, "--send", help="Send it to the channels that take briefs, too."),
        to: str | None = typer.Option(None, "--to", metavar="NAME", help="Send it to this channel alone."),
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
        post = posting(house, to, now=not (demo or as_of)) if send or to else None
        with telemetry.about(run=telemetry.new_run_id(house.clock())):
            if not (cached or demo or as_of):
                renew(house, force=refresh, max_age=age(max_age))
            document, event = made(house, post, restated=asked_again(restated, as_of))
        if as_of and not restated:
            tell_if_before_all(house, as_of)
        look = style(
            house.loaded.settings.display, width=width, ascii_only=ascii_only, accessible=accessible,
            everything=everything,
        )  # fmt: skip
        show(document, json, output, look)
        house.expect()
        if post is not None:
            deliver(post, event)
        if strict and (document["blind_spots"] or document["failed"]):
            raise typer.Exit(3)


def posting(house: App, to: str | None, *, now: bool) -> Posting:
    """To whom the brief goes: all channels that take briefs, or `to`. Raises UsageProblem for none."""
    from agentos_cli.duties import delivery

    if not now:
        raise UsageProblem("only the brief of now is sent", fix="agentos brief --send")
    return delivery.posting(house, to)


def made(house: App, post: Posting | None, *, restated: bool) -> tuple[BriefDocument, str]:
    """The brief, and the id of the event by which it is sent; "" if it is not."""
    if restated:
        return house.restated(), ""
    if post is not None:
        return post.document()
    return house.desk.brief(_due(house)), ""


def _due(house: App) -> datetime | None:
    """When it was due, where a schedule runs it."""
    if "AGENTOS_DUE_AT" not in house.environ:
        return None
    from agentos_cli.briefing.notices import due_at

    return due_at(house.environ)


def deliver(post: Posting, event: str) -> None:
    """Bring the brief out now, and say how that went, a line for each channel. Exit 75 if none was reached:
    then it is tried again by `agentos tick`."""
    found = post.deliver(event)
    for one in found:
        note(_outcome(one, post.house.zone))
    if not any(str(one.state) in {"done", "held"} for one in found):
        note("no channel could be reached; it is in `agentos notify history`")
        raise typer.Exit(75)


def _outcome(one: Status, zone: tzinfo) -> str:
    at, due = ((one.finished_at or one.due_at).astimezone(zone), one.due_at.astimezone(zone))
    why = clean.line(one.note or "")
    match str(one.state):
        case "done":
            return f"delivered {at:%H:%M:%S} to {one.consumer}"
        case "held":
            return f"{one.consumer}: kept back until {due:%H:%M}, quiet hours"
        case "waiting" if one.attempts:
            return f"{one.consumer}: not delivered, tried again from {due:%H:%M:%S} on: {why}"
        case "dead":
            return f"{one.consumer}: could not be delivered: {why}"
        case "in_doubt":
            return f"{one.consumer}: may or may not have arrived, and is not sent again: {why}"
    return f"{one.consumer}: on its way, the next `agentos tick` brings it"


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
