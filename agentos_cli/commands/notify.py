"""`agentos notify`: the channels by which people hear of things. A secret is never an argument."""

from __future__ import annotations

from pathlib import Path

import typer

from agentos_cli.app import App
from agentos_cli.commands.given import options_given, place_for_it, secret_given
from agentos_cli.commands.output import Json, Tenant, note, say, say_document
from agentos_cli.commands.table import group, shown
from agentos_cli.duties import channels, delivery
from agentos_cli.errors import CredentialProblem, UsageProblem
from agentos_cli.notifiers.catalogue import Channel
from agentos_cli.renderers.listings import rows

ADDS = (
    "agentos notify add log --kind file --option path=~/briefs.md",
    "agentos notify add team --kind slack               asks for the address of the webhook, hidden",
    "agentos notify add team --kind slack < webhook.txt  reads it from stdin",
    "agentos notify add me --kind ntfy --option topic=fernwick-7f3a --for alerts --least high",
    "agentos notify add mail --kind email --option host=smtp.example.com --option from=a@example.com"
    " --option to=b@example.com --secret-from env:SMTP_PASSWORD --for briefings",
    "agentos notify add hook --kind webhook --option address=https://example.com/agentos",
)
MARKS = {"done": "delivered", "dead": "given up", "in_doubt": "in doubt"}
KEEPING = "--keep-in file (0600), or --secret-from env:NAME"


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    notify = group(summary, ADDS[0], "agentos notify test log", "agentos brief --send")
    app.add_typer(notify, name=name)
    notify.command("add", epilog=shown(*ADDS))(add_channel)
    notify.command("list", epilog=shown("agentos notify list", "agentos notify list --json"))(list_channels)
    notify.command("test", epilog=shown("agentos notify test team"))(test_channel)
    notify.command("remove", epilog=shown("agentos notify remove team"))(remove_channel)
    notify.command("history", epilog=shown("agentos notify history", "agentos notify history team"))(
        show_history
    )


def add_channel(
    name: str = typer.Argument(..., help="What you call it."),
    kind: str = typer.Option(..., "--kind", help="file, slack, email ...: docs/delivery.md has all."),
    option: list[str] = typer.Option([], "--option", metavar="NAME=VALUE", help="See docs/delivery.md."),
    route: str = typer.Option(
        "all", "--for", metavar="WHAT", help="briefings, alerts, all, or types of events between commas."
    ),
    least: str | None = typer.Option(
        None, "--least", help="low, normal (the default), high or critical, and what is above."
    ),
    secret_from: str | None = typer.Option(
        None, "--secret-from", metavar="REF", help="Keep only a reference: env:NAME, credential:NAME."
    ),
    secret_file: Path | None = typer.Option(None, "--secret-file", help="Read the secret from this file."),
    keep_in: str | None = typer.Option(
        None, "--keep-in", metavar="PLACE", help="keyring (the default where there is one) or file (0600)."
    ),
    private: bool = typer.Option(False, "--private", help="It may be on this machine or the local network."),
    json: Json = None,
    tenant: Tenant = None,
) -> None:
    """Add a channel, or change the one of this name. What is announced from now on goes there."""
    house, found = App.open(tenant=tenant), channels.kind_called(kind)
    given = {**options_given(option, "path=~/briefs.md"), **({"private": "yes"} if private else {})}
    if problems := found.problems(given, secret=found.needs_secret):
        raise UsageProblem(f"{kind}: {problems[0]}", detail="\n".join(problems[1:]))
    secret = None if secret_from or found.secret is None else _secret(found, secret_file)
    place = place_for_it(house, keep_in, KEEPING) if secret is not None else ""
    wanted = channels.Wanted(name, kind, given, route, least, secret, secret_from)
    done = channels.add(house, wanted, place)
    _told(name, done, f"try it: agentos notify test {name}", json)


def list_channels(json: Json = None, tenant: Tenant = None) -> None:
    """List the channels and how they stand: last delivered, on the way, held, given up, in doubt."""
    items = channels.listing(App.open(tenant=tenant))
    if json is not None:
        return say_document({"schema": "agentos.channels/1", "channels": items}, json)
    if not items:
        return say("there is no channel yet: agentos notify add NAME --kind KIND")
    head = ("name", "kind", "for", "last delivered", "waiting", "held", "given up", "in doubt")
    body = [
        (
            *(i["name"], i["kind"], f"{', '.join(i['types']) or 'all'}, {i['least']} and above"),
            (i["last_delivered"] or "never")[:16],
            *(str(i[count]) for count in ("waiting", "held", "dead", "in_doubt")),
        )
        for i in items
    ]
    return say(rows(head, body))


def test_channel(name: str, json: Json = None, tenant: Tenant = None) -> None:
    """Send a test message now, and say what the receiver answered."""
    house = App.open(tenant=tenant)
    note(f"sending a test to {name} ...")
    _told(name, "tested", delivery.test_message(house, name), json)


def remove_channel(name: str, json: Json = None, tenant: Tenant = None) -> None:
    """Forget a channel, its kept secret and what was on its way to it."""
    _told(name, "removed", channels.remove(App.open(tenant=tenant), name), json)


def show_history(
    name: str | None = typer.Argument(None, help="Only this channel."),
    limit: int = typer.Option(20, min=1, max=1000, help="How many, newest first."),
    json: Json = None,
    tenant: Tenant = None,
) -> None:
    """Show what was delivered, when, after how many tries, and what went wrong."""
    items = channels.history(App.open(tenant=tenant), name, limit)
    if json is not None:
        return say_document({"schema": "agentos.sent/1", "deliveries": items}, json)
    if not items:
        return say("nothing was announced to a channel yet")
    lines: list[tuple[str, ...]] = []
    for i in items:
        state = MARKS.get(i["state"], i["state"])
        lines.append((i["announced_at"][:16], i["channel"], state, i["event"], i["subject"]))
        lines += [(t["at"][:19], "", f"- {t['outcome']}", "", t["note"] or "") for t in i["tries"]]
    return say(rows(("announced", "channel", "state", "event", "what"), lines))


def _told(name: str, done: str, said: str, json: str | None) -> None:
    if json is None:
        return say(f"{name} is {done}: {said}")
    return say_document({"schema": "agentos.channel/1", "name": name, "done": done, "said": said}, json)


def _secret(kind: Channel, file: Path | None) -> str | None:
    """From a file, a pipe or a hidden prompt; None where none is given and none is needed."""
    optional = "" if kind.needs_secret else "; Enter for none"
    found = secret_given(file, f"{kind.title}: {kind.secret}{optional}", "--secret-file FILE")
    if kind.needs_secret and not found:
        raise CredentialProblem(
            f"a secret is needed: {kind.secret}", fix="give it on stdin, or with --secret-from env:NAME"
        )
    return found or None
