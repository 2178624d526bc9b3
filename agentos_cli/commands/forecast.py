"""`agentos forecast list|score|methods`: what each morning expects, and how its expectations came out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import All, AsOf, Demo, Json, Tenant, say, say_document, style
from agentos_cli.commands.table import group, shown
from agentos_cli.config.model import Display

if TYPE_CHECKING:
    from agentos_cli.renderers.forecasts import ScoreItem

Only = Annotated[
    str | None,
    typer.Option("--method", metavar="METHOD", help="Only this one, as `agentos forecast methods` names it."),
]


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    examples = ("agentos forecast list", "agentos forecast score", "agentos forecast methods")
    forecast = group(summary, *examples)
    app.add_typer(forecast, name=name)
    forecast.command("list", epilog=shown("agentos forecast list --method deal_won --all"))(list_forecasts)
    forecast.command("score", epilog=shown("agentos forecast score --as-of 2026-10-01"))(score_forecasts)
    forecast.command("methods", epilog=shown("agentos forecast methods --method churn_30d"))(show_methods)


def list_forecasts(
    method: Only = None,
    json: Json = None,
    as_of: AsOf = None,
    demo: Demo = False,
    everything: All = False,
    tenant: Tenant = None,
) -> None:
    """List what is expected, each with its interval and the record of its method so far."""
    from agentos_cli import forecasts
    from agentos_cli.renderers import forecasts as forms

    house = App.open(as_of=as_of, demo=demo, tenant=tenant)
    methods = {one.key: one.title for one in forecasts.chosen(method)}
    found = forecasts.newest(house.store, house.clock(), methods)
    made = [(kept.forecast, kept.outcome) for kept in found]
    document = forms.forecasts_document(made, _records(house, method), house.clock(), house.zone)
    if json is not None:
        return say_document(document, json)
    if not found:
        return say("nothing was forecast yet: agentos brief does it every morning, once there is history")
    look = style(house.loaded.settings.display, everything=everything)
    return say(forms.listed(document, methods, look))


def score_forecasts(
    method: Only = None,
    json: Json = None,
    as_of: AsOf = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Say how each method's forecasts came out, beside its baseline; one that is worse says so."""
    from agentos_cli.renderers import forecasts as forms

    house = App.open(as_of=as_of, demo=demo, tenant=tenant)
    document = forms.scores_document(_records(house, method), house.clock(), house.zone)
    if json is not None:
        return say_document(document, json)
    return say(forms.scored(document, style(house.loaded.settings.display)))


def show_methods(method: Only = None, json: Json = None) -> None:
    """Say what each method does: formula, horizon, interval, baseline, source."""
    from agentos_cli import forecasts
    from agentos_cli.renderers import forecasts as forms

    document = forms.methods_document(forecasts.chosen(method))
    if json is not None:
        return say_document(document, json)
    return say(forms.explained(document, style(Display())))


def _records(house: App, method: str | None) -> list[ScoreItem]:
    from agentos_cli import forecasts
    from agentos_cli.renderers.forecasts import score_item

    methods = forecasts.chosen(method)
    currency = house.loaded.settings.company.currency
    scores = forecasts.records(house.store, house.clock(), methods)
    return [score_item(score, one, currency) for score, one in zip(scores, methods, strict=True)]
