"""`agentos events list|show|tail|replay|dead|retry|settle|...`: what was announced, and how it arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, json_line, say, say_document
from agentos_cli.commands.table import group, shown
from agentos_cli.errors import UsageProblem

if TYPE_CHECKING:
    from agentos_cli.events import Event
    from agentos_cli.renderers.events import DeliveryItem

Types = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="TYPE", help="Only this type, such as AlertRaised; repeat it."),
]
Name = Annotated[str, typer.Argument(metavar="EVENT", help="Its id, the beginning of that, or its number.")]
To = Annotated[
    str, typer.Argument(metavar="CONSUMER", help="A channel or a group: agentos events consumers.")
]
EXAMPLES = {
    "list": ("agentos events list", "agentos events list --type SourceFailed --limit 5 --json"),
    "show": ("agentos events show 42", "agentos events show evt_5c0f1e"),
    "tail": (
        "agentos events tail --follow",
        "agentos events tail --since 120 --json",
        "agentos events tail --group billing --type SourceSynced --follow --json",
    ),
    "replay": (
        "agentos events replay billing --from 2026-11-20",
        "agentos events replay billing --from 120 --type SourceSynced",
    ),
    "dead": ("agentos events dead", "agentos events dead --consumer slack --json"),
    "retry": ("agentos events retry 42 slack",),
    "settle": ("agentos events settle 42 slack",),
    "consumers": ("agentos events consumers", "agentos events consumers --remove billing"),
    "purge": ("agentos events purge",),
}


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    events = group(summary, "agentos events list", "agentos events dead", "agentos events tail --follow")
    app.add_typer(events, name=name)
    for word, command in (
        ("list", list_events), ("show", show), ("tail", tail), ("replay", replay), ("dead", dead),
        ("retry", retry), ("settle", settle), ("consumers", consumers), ("purge", purge),
    ):  # fmt: skip
        events.command(word, epilog=shown(*EXAMPLES[word]))(command)


def list_events(
    types: Types = None,
    limit: int = typer.Option(20, min=1, max=10_000, help="How many, the newest."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List what was announced, the newest last."""
    from agentos_cli.duties import events as duty
    from agentos_cli.renderers.events import event_item, event_table

    house = App.open(demo=demo, tenant=tenant)
    log = house.store.event_log()
    found = log.events(limit=limit, types=duty.known_types(types or ()), newest=True)
    if json is not None:
        items = [event_item(each) for each in found]
        return say_document({"schema": "agentos.events/1", "events": items}, json)
    return say(event_table(found, house.zone) if found else "nothing was announced yet: agentos sync")


def show(name: Name, json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """Show one event, what it says, and how its delivery went: every try and what came of it."""
    from agentos_cli.duties import events as duty
    from agentos_cli.renderers.events import event_item, event_page

    house = App.open(demo=demo, tenant=tenant)
    found = duty.event(house, name)
    items = duty.deliveries(house, found)
    if json is not None:
        document = {"schema": "agentos.event/1", "event": event_item(found), "deliveries": items}
        return say_document(document, json)
    return say(event_page(found, items, house.zone))


def tail(
    follow: bool = typer.Option(False, "--follow", "-f", help="Go on with what comes, until interrupted."),
    since: str | None = typer.Option(None, metavar="EVENT", help="What came after this number or id."),
    types: Types = None,
    group: str | None = typer.Option(
        None, metavar="NAME", help="As this group: what it has not got yet, each marked once it is printed."
    ),
    json: Json = None,
    tenant: Tenant = None,
) -> None:
    """Print the last events, or what comes: for eyes, and for scripts that must miss nothing. With --json a
    line for each."""
    from agentos_cli.duties import events as duty
    from agentos_cli.renderers.events import announced, event_line

    house, wanted = App.open(tenant=tenant), tuple(types or ())

    def tell(each: Event) -> None:
        say(event_line(each, house.zone) if json is None else json_line(announced(each), json))

    if group is None:
        return duty.tail(house, tell, types=wanted, since=since, follow=follow)
    return duty.consume(house, group, tell, types=wanted, since=since, follow=follow)


def replay(
    name: To,
    origin: str = typer.Option(..., "--from", metavar="WHERE", help="A number, an id, a day or an instant."),
    types: Types = None,
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
    json: Json = None,
    tenant: Tenant = None,
) -> None:
    """Deliver events once more to one consumer, from a point on, with the ids they had."""
    from agentos_cli.duties import events as duty
    from agentos_cli.setup import agreed

    house = App.open(tenant=tenant)
    to = duty.consumer(house, name)
    events = duty.chosen(house, to, origin, types or ())
    if events and to.is_channel and not agreed(yes, f"Send {len(events)} events to {to.name} once more?"):
        fix = f"agentos events replay {to.name} --from {origin} --yes"
        raise UsageProblem(f"{len(events)} events would go to {to.name} once more", fix=fix)
    done = duty.replay(house, to, events)
    _moved("replayed", to.name, done.count, done.left, json)


def dead(
    consumer: str | None = typer.Option(None, help="Only this consumer."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List what was given up (dead) or may have arrived (in doubt), and why. It waits for your decision."""
    from agentos_cli.duties import events as duty
    from agentos_cli.renderers.events import delivery_table

    house = App.open(demo=demo, tenant=tenant)
    items = duty.parked(house, consumer)
    if json is not None:
        return say_document({"schema": "agentos.deliveries/1", "deliveries": items}, json)
    if not items:
        return say("everything arrived, or is on its way")
    return say(f"{delivery_table(items)}\n\nagentos events retry EVENT CONSUMER, or settle")


def retry(
    name: Name,
    to: To,
    even: bool = typer.Option(
        False, "--even-if-it-arrived", help="Also what is in doubt, which may then come twice."
    ),
    json: Json = None,
    tenant: Tenant = None,
) -> None:
    """Send again what was given up; what may have arrived only with --even-if-it-arrived."""
    from agentos_cli.duties import events as duty

    item = duty.retry(App.open(tenant=tenant), name, to, even_if_it_arrived=even)
    _stands(item, "goes out with the next tick", json)


def settle(name: Name, to: To, json: Json = None, tenant: Tenant = None) -> None:
    """Say that an event which is dead or in doubt arrived, or need not any more."""
    from agentos_cli.duties import events as duty

    item = duty.settle(App.open(tenant=tenant), name, to)
    _stands(item, "is settled", json)


def consumers(
    remove: str | None = typer.Option(None, metavar="GROUP", help="Take away a group of scripts."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List who gets which events, and how much is on its way: channels, Redis, groups of scripts."""
    from agentos_cli.duties import events as duty
    from agentos_cli.renderers.events import consumer_item, consumer_table

    house = App.open(demo=demo, tenant=tenant)
    if remove is not None:
        duty.remove(house, remove)
    log = house.store.event_log()
    counts, since = log.counts(), log.oldest()
    items = [consumer_item(c, counts[c.name], since.get(c.name)) for c in duty.consumers(house)]
    if json is not None:
        return say_document({"schema": "agentos.consumers/1", "consumers": items}, json)
    return say(consumer_table(items) if items else "nobody asked for events yet: agentos notify add")


def purge(json: Json = None, tenant: Tenant = None) -> None:
    """Forget what is older than `[events] keep` days and finished; every tick does the same."""
    from agentos_cli.duties import events as duty

    _moved("purged", None, duty.tidy(App.open(tenant=tenant)), 0, json)


def _moved(done: str, consumer: str | None, events: int, left: int, json: str | None) -> None:
    if json is not None:
        document = {"done": done, "consumer": consumer, "events": events, "left": left}
        return say_document({"schema": "agentos.moved/1", **document}, json)
    rest = f"; {left} in doubt were left alone: agentos events dead" if left else ""
    to = f" to {consumer}" if consumer else ""
    return say(f"{done}{to}: {events} events{rest}")


def _stands(item: DeliveryItem, words: str, json: str | None) -> None:
    if json is not None:
        return say_document({"schema": "agentos.deliveries/1", "deliveries": [item]}, json)
    return say(f"{item['event']} {words} for {item['consumer']}")
