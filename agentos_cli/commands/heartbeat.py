"""`agentos heartbeat run|list|history|alerts|ack|snooze|review`: what is watched, and what was raised."""

from __future__ import annotations

from collections.abc import Callable

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.spans import span
from agentos_cli.commands.table import group, shown
from agentos_cli.duties import heartbeat
from agentos_cli.errors import UsageProblem
from agentos_cli.heartbeat import documents
from agentos_cli.renderers import heartbeat as drawn

EXAMPLES = {
    "run": ("agentos heartbeat run", "agentos heartbeat run --strict || echo 'something is wrong'"),
    "list": ("agentos heartbeat list", "agentos heartbeat list --json=checks"),
    "history": ("agentos heartbeat history", "agentos heartbeat history metric.runway"),
    "alerts": ("agentos heartbeat alerts", "agentos heartbeat alerts --all"),
    "ack": ("agentos heartbeat ack H7KQ2A4M", "agentos heartbeat ack fresh.stripe"),
    "snooze": (
        "agentos heartbeat snooze H7KQ2A4M --for 2h",
        "agentos heartbeat snooze metric.runway --until 2026-11-27T09:00",
    ),
    "review": ("agentos heartbeat review", "agentos heartbeat review --approve low_cash"),
}
ALERT = typer.Argument(..., metavar="ALERT", help="Its id, or the name of its check.")


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    heart = group(summary, "agentos heartbeat run", "agentos heartbeat alerts")
    app.add_typer(heart, name=name)
    commands: dict[str, Callable[..., None]] = {
        "run": run_beat,
        "list": list_checks,
        "history": history_of,
        "alerts": list_alerts,
        "ack": ack_alert,
        "snooze": snooze_alert,
        "review": review_checks,
    }
    for word, command in commands.items():
        heart.command(word, epilog=shown(*EXAMPLES[word]))(command)


def run_beat(
    strict: bool = typer.Option(False, "--strict", help="Exit 3 when a check stands at alert."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Make every check now, and print what changed."""
    document = documents.beat_document(heartbeat.run(App.open(demo=demo, tenant=tenant)))
    if json is not None:
        say_document(document, json)
    else:
        say(drawn.beat_text(document))
    if strict and document["alert"]:
        raise typer.Exit(3)


def list_checks(json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """List every check: how it stands, since when, and why."""
    house = App.open(demo=demo, tenant=tenant)
    document = documents.checks_document(heartbeat.book(house))
    if json is not None:
        return say_document(document, json)
    return say(drawn.checks_text(document, house.zone))


def history_of(
    check: str | None = typer.Argument(None, metavar="CHECK", help="Only this check."),
    limit: int = typer.Option(50, min=1, max=10_000, help="How many, newest first."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List how checks changed, newest first."""
    house = App.open(demo=demo, tenant=tenant)
    document = documents.history_document(heartbeat.history(house, check, limit))
    if json is not None:
        return say_document(document, json)
    return say(drawn.history_text(document, house.zone))


def list_alerts(
    everything: bool = typer.Option(False, "--all", help="Resolved ones too."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List open alerts, newest first."""
    house = App.open(demo=demo, tenant=tenant)
    _print(house, documents.alerts_document(heartbeat.alerts(house, everything)), json, None)


def ack_alert(
    alert: str = ALERT,
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Say that you know of an alert: it is told again only when it gets worse, or is over."""
    house = App.open(demo=demo, tenant=tenant)
    found = heartbeat.ack(house, alert)
    _print(house, documents.alerts_document([found]), json, f"{found.id} is acknowledged: {found.title}")


def snooze_alert(
    alert: str = ALERT,
    length: str | None = typer.Option(None, "--for", metavar="SPAN", help="Such as 30m, 2h or 3d."),
    until: str | None = typer.Option(None, "--until", metavar="WHEN", help="2026-11-23T07:00 in your zone."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Hear nothing of an alert for a while; if it still holds then, it is told again."""
    house = App.open(demo=demo, tenant=tenant)
    found = heartbeat.snooze(house, alert, None if length is None else span(length, "--for"), until)
    end = (found.snoozed_until or house.clock()).astimezone(house.zone)
    line = f"{found.id} is snoozed until {end:%Y-%m-%d %H:%M}: {found.title}"
    _print(house, documents.alerts_document([found]), json, line)


def review_checks(
    approve: str | None = typer.Option(None, metavar="NAME", help="Make this check from now on."),
    reject: str | None = typer.Option(None, metavar="NAME", help="Never make this check."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Show what asks for a decision: checks brought from elsewhere, noisy ones, alerts nobody looked at."""
    if approve is not None and reject is not None:
        raise UsageProblem("approve or reject, one at a time")
    house, name = App.open(demo=demo, tenant=tenant), approve or reject
    decided = None if name is None else heartbeat.decide(house, name, approve is not None)
    document = documents.review_document(heartbeat.reviewed(house), decided)
    if json is not None:
        return say_document(document, json)
    return say(drawn.review_text(document, house.zone) if decided is None else f"{name}: {decided.decision}")


def _print(house: App, document: drawn.AlertsDocument, json: str | None, line: str | None) -> None:
    if json is not None:
        return say_document(document, json)
    return say(line or drawn.alerts_text(document["alerts"], house.zone))
