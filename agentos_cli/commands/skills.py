"""`agentos skills list|show|search|enable|disable`: instructions for models, and which may be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.search import searching
from agentos_cli.commands.table import group, shown

if TYPE_CHECKING:
    from agentos_cli.renderers.skills import SkillsDocument

NAME = typer.Argument(..., metavar="NAME", help="Its name, or its key: workspace/main/invoice-chaser.")


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    skills = group(summary, "agentos skills list", "agentos skills show invoice-chaser")
    app.add_typer(skills, name=name)
    skills.command("list", epilog=shown("agentos skills list --all"))(list_skills)
    skills.command("show", epilog=shown("agentos skills show invoice-chaser --text"))(show_skill)
    skills.command("search", epilog=shown("agentos skills search overdue invoices"))(
        searching("skills", "Search skills and their files.")
    )
    skills.command("enable", epilog=shown("agentos skills enable invoice-chaser"))(enable_skill)
    skills.command("disable", epilog=shown("agentos skills disable invoice-chaser"))(disable_skill)


def list_skills(
    everything: bool = typer.Option(
        False, "--all", help="Those too that another of their name stands before."
    ),
    limit: int = typer.Option(100, min=1, max=10_000, help="How many, by name."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List skills: whether each may be used, where it is from, whether something odd was found in it."""
    from agentos_cli.duties import skills

    _print(skills.listing(App.open(demo=demo, tenant=tenant), everything, limit), json)


def show_skill(
    name: str = NAME,
    text: bool = typer.Option(False, "--text", help="Its whole text too."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Show one skill: what it does and needs, its trust and files, what was found odd. Nothing is run."""
    from agentos_cli.duties import skills
    from agentos_cli.renderers import skills as drawn

    document = skills.show(App.open(demo=demo, tenant=tenant), name, text)
    return say(drawn.shown(document)) if json is None else say_document(document, json)


def enable_skill(
    name: str = NAME,
    despite: bool = typer.Option(False, "--despite-findings", help="Though something odd was found in it."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Let a skill be used."""
    from agentos_cli.duties import skills

    _print(skills.enable(App.open(demo=demo, tenant=tenant), name, despite), json)


def disable_skill(name: str = NAME, json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """Let a skill be used no more."""
    from agentos_cli.duties import skills

    _print(skills.disable(App.open(demo=demo, tenant=tenant), name), json)


def _print(document: SkillsDocument, json: str | None) -> None:
    from agentos_cli.renderers import skills as drawn

    return say(drawn.listed(document)) if json is None else say_document(document, json)
