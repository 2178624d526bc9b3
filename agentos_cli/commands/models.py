"""`agentos models list|show|search|prices`: where models are reached, how one is chosen, what they cost."""

from __future__ import annotations

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.table import group, refuse_before, shown

EXAMPLES = (
    "agentos models",
    "agentos models show anthropic",
    "agentos models search sonnet",
    "agentos models prices anthropic/claude-sonnet-4-5",
)


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app; without a command it lists."""
    models = group(summary, *EXAMPLES)
    app.add_typer(models, name=name)
    models.callback(invoke_without_command=True)(bare)
    models.command("list", epilog=shown("agentos models list --json"))(list_models)
    models.command("show", epilog=shown("agentos models show default"))(show_model)
    models.command("search", epilog=shown("agentos models search haiku"))(search)
    models.command("prices", epilog=shown("agentos models prices openai/gpt-5.2"))(prices)


Limit = typer.Option(100, min=1, max=100_000, help="How many of each.")


def bare(
    context: typer.Context,
    limit: int = Limit,
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List providers and chains, where no command of the group is named."""
    if context.invoked_subcommand is not None:
        return refuse_before(context)
    return list_models(limit, json, demo, tenant)


def list_models(limit: int = Limit, json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """List providers and whether there is a key for each, chains with their fallbacks, and aliases."""
    from agentos_cli.duties import models
    from agentos_cli.renderers.models import models_text

    document = models.listed(App.open(demo=demo, tenant=tenant), limit)
    return say(models_text(document)) if json is None else say_document(document, json)


def show_model(
    name: str = typer.Argument(..., metavar="NAME", help="A provider, a chain or an alias."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Show a provider with its models, or a chain, and what names it."""
    from agentos_cli.duties import models
    from agentos_cli.renderers.models import model_text

    document = models.show(App.open(demo=demo, tenant=tenant), name)
    return say(model_text(document)) if json is None else say_document(document, json)


def search(
    words: list[str] = typer.Argument(..., help="Parts of names, all of which must be there."),
    limit: int = typer.Option(20, min=1, max=1_000, help="How many."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Find providers, models, chains and aliases by their names."""
    from agentos_cli.duties import models
    from agentos_cli.renderers.models import found_text

    document = models.search(App.open(demo=demo, tenant=tenant), " ".join(words), limit)
    return say(found_text(document)) if json is None else say_document(document, json)


def prices(
    model: str = typer.Argument(..., metavar="MODEL", help="provider/model as in a chain, or an alias."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """What a model costs at list prices, from the table that comes with the program."""
    from agentos_cli.duties import models
    from agentos_cli.renderers.models import prices_text

    document = models.prices(App.open(demo=demo, tenant=tenant), model)
    return say(prices_text(document)) if json is None else say_document(document, json)
