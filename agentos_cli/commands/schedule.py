"""`agentos schedule add|list|show|pause|test|install|...`: what is done when, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Json, Tenant, say, say_document
from agentos_cli.commands.schedule_install import INSTALLS, failed_unit, install_schedule
from agentos_cli.commands.schedule_run import RUNS, run_schedule
from agentos_cli.commands.spans import up_to_a_year
from agentos_cli.commands.table import group, shown
from agentos_cli.store.slots import CatchUp
from agentos_cli.telemetry import progress, status

if TYPE_CHECKING:
    from agentos_cli.renderers.schedules import ScheduleDocument, ScheduleItem, SchedulesDocument

Name = Annotated[str, typer.Argument(metavar="NAME")]
Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="-- COMMAND", help="What to run: the words after `agentos`. By default NAME."),
]
At = Annotated[str | None, typer.Option("--at", metavar="HH:MM", help="At this time of day.")]
On = Annotated[
    str | None, typer.Option("--on", metavar="DAYS", help="With --at: mon-fri, tue,thu, weekends.")
]
Cron = Annotated[
    str | None,
    typer.Option("--cron", metavar="EXPRESSION", help="Minute, hour, day, month, weekday (1-5: Mon to Fri)."),
]
Every = Annotated[
    str | None, typer.Option("--every", metavar="SPAN", help="Again and again: 15m, 2h, 1d from now on.")
]
Once = Annotated[
    str | None, typer.Option("--once", metavar="TIME", help="At one time: 2026-12-01T08:00, in the zone.")
]
Zone = Annotated[str | None, typer.Option("--zone", help="IANA time zone. The company's by default.")]
Policy = Annotated[
    CatchUp, typer.Option("--catch-up", help="What to make up of due times that passed unnoticed.")
]
Late = Annotated[str, typer.Option("--late", metavar="SPAN", help="How late it may still be begun.")]
Patience = Annotated[str, typer.Option("--patience", metavar="SPAN", help="How long it may take.")]
Wait = Annotated[str, typer.Option("--wait", metavar="SPAN", help="How long to wait to be woken.")]
Now = Annotated[bool, typer.Option("--now", help="Run it here and now, without waiting to be woken.")]
ADDS = (
    "agentos schedule add brief --at 07:00",
    "agentos schedule add brief --at 07:00 --on mon-fri --zone Europe/Berlin -- brief --send",
    'agentos schedule add sync --cron "*/30 8-18 * * 1-5" --catch-up none -- sync --due',
    "agentos schedule add figures --every 6h -- metrics --textfile figures.prom",
    "agentos schedule add board --once 2026-12-01T08:00 -- brief --send",
)
TESTS = ("agentos schedule test brief", "agentos schedule test brief --now")
WELL = {"ran", "caught_up"}


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    schedule = group(summary, ADDS[0], "agentos schedule install", "agentos schedule list")
    app.add_typer(schedule, name=name)
    schedule.command("add", epilog=shown(*ADDS))(add_schedule)
    schedule.command("list")(list_schedules)
    schedule.command("search", epilog=shown("agentos schedule search invoice"))(search_schedules)
    schedule.command("show", epilog=shown("agentos schedule show brief"))(show_schedule)
    schedule.command("remove")(remove_schedule)
    schedule.command("pause")(pause_schedule)
    schedule.command("resume")(resume_schedule)
    schedule.command("test", epilog=shown(*TESTS))(test_schedule)
    schedule.command("install", epilog=shown(*INSTALLS))(install_schedule)
    schedule.command("run", epilog=shown(*RUNS))(run_schedule)
    schedule.command("failed-unit", hidden=True)(failed_unit)


def add_schedule(
    name: Name,
    words: Words = None,
    at: At = None,
    on: On = None,
    cron: Cron = None,
    every: Every = None,
    once: Once = None,
    zone: Zone = None,
    catch_up: Policy = CatchUp.LATEST,
    late: Late = "12h",
    patience: Patience = "15m",
    json: Json = None,
    tenant: Tenant = None,
) -> None:
    """Have a command of agentos run at certain times, or change that: what is due begins anew from now.

    With a NAME there is already and no time, the time stays as it is.
    """
    from agentos_cli.commands.schedule_words import chosen
    from agentos_cli.duties.schedule import Wish, put

    house = App.open(tenant=tenant)
    spans = up_to_a_year(late, "--late"), up_to_a_year(patience, "--patience")
    length = None if every is None else up_to_a_year(every, "--every")
    does = chosen(name, words or ())
    done = put(house, Wish(name, does, at, on, cron, length, once, zone, catch_up, *spans))
    _print(house, done, (name,), json)


def list_schedules(json: Json = None, tenant: Tenant = None) -> None:
    """List what is scheduled: in which zone, when next, how it went last, and who wakes the house."""
    _print(App.open(tenant=tenant), None, (), json)


def search_schedules(
    words: Annotated[list[str], typer.Argument(metavar="WORDS", help="All of them, in any case.")],
    json: Json = None,
    tenant: Tenant = None,
) -> None:
    """Find schedules by what they are called, what they do, and the words they came with."""
    from agentos_cli.duties import schedule as duty

    house = App.open(tenant=tenant)
    _say(house, None, duty.search(house, words), json)


def show_schedule(
    name: Name,
    limit: int = typer.Option(20, min=1, max=10_000, help="How many due times, newest first."),
    json: Json = None,
    tenant: Tenant = None,
) -> None:
    """Show one schedule, and what came of its due times, with why."""
    from agentos_cli.duties import schedule as duty
    from agentos_cli.renderers import schedules

    house = App.open(tenant=tenant)
    duty.named(house, name)
    (item,) = duty.items(house, (name,))
    document: ScheduleDocument = {
        "schema": "agentos.schedule/1",
        "schedule": item,
        "slots": duty.slot_items(house, name, limit),
        "wakers": duty.waker_items(house),
    }
    if json is not None:
        return say_document(document, json)
    return say(schedules.shown(document, house.clock()))


def remove_schedule(name: Name, json: Json = None, tenant: Tenant = None) -> None:
    """Forget a schedule, and what came of it."""
    from agentos_cli.duties import schedule as duty

    house = App.open(tenant=tenant)
    duty.remove(house, name)
    if json is None:
        return say(f"{name} removed")
    return _print(house, "removed", (), json)


def pause_schedule(name: Name, json: Json = None, tenant: Tenant = None) -> None:
    """Let a schedule rest: what falls due is skipped, and that is written down."""
    from agentos_cli.duties import schedule as duty

    house = App.open(tenant=tenant)
    duty.pause(house, name, True)
    _print(house, "paused", (name,), json)


def resume_schedule(name: Name, json: Json = None, tenant: Tenant = None) -> None:
    """Let a schedule go on from now."""
    from agentos_cli.duties import schedule as duty

    house = App.open(tenant=tenant)
    duty.pause(house, name, False)
    _print(house, "resumed", (name,), json)


def test_schedule(
    name: Name, now: Now = False, wait: Wait = "3m", json: Json = None, tenant: Tenant = None
) -> None:
    """Make a schedule due at once and wait for what comes of it: whether the house is woken, and the rest."""
    from agentos_cli.duties import schedule as duty
    from agentos_cli.renderers import schedules

    house, patience = App.open(tenant=tenant), up_to_a_year(wait, "--wait")
    slot = duty.try_here(house, name, progress) if now else duty.try_waiting(house, name, patience, status)
    status("")
    item = duty.slot_item(slot)
    if json is not None:
        say_document({"schema": "agentos.tried/1", "name": name, "slot": item}, json)
    else:
        say(schedules.tried({"schema": "agentos.tried/1", "name": name, "slot": item}))
    raise typer.Exit(0 if item["state"] in WELL else 1)


def _print(house: App, done: str | None, names: tuple[str, ...], json: str | None) -> None:
    """All schedules, or those something was done to."""
    from agentos_cli.duties import schedule as duty

    _say(house, done, duty.items(house, names), json)


def _say(house: App, done: str | None, items: list[ScheduleItem], json: str | None) -> None:
    from agentos_cli.duties import schedule as duty
    from agentos_cli.renderers import schedules

    document: SchedulesDocument = {
        "schema": "agentos.schedules/1",
        "done": done,
        "schedules": items,
        "wakers": duty.waker_items(house),
    }
    if json is not None:
        return say_document(document, json)
    if done is not None:
        return say("\n".join(schedules.done_line(done, item) for item in document["schedules"]))
    return say(schedules.listed(document, house.clock()))
