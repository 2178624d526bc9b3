"""`agentos goals add|list|close`: the quarter's goals. A decision that serves one is ranked higher."""

from __future__ import annotations

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.table import group, shown
from agentos_cli.renderers.listings import GoalItem, rows
from agents.snapshot import Goal


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    goals = group(summary, "agentos goals add 'Keep every top-ten customer' --weight 3 --tag retention")
    app.add_typer(goals, name=name)
    goals.command("add", epilog=shown("agentos goals add 'Grow new business' --weight 2 --tag growth"))(
        add_goal
    )
    goals.command("list")(list_goals)
    goals.command("close", epilog=shown("agentos goals close G7KQ2"))(close_goal)


def add_goal(
    title: str = typer.Argument(..., help="What you want to reach."),
    weight: float = typer.Option(1.0, min=0.1, max=100, help="How much it matters beside the others."),
    tag: list[str] = typer.Option(
        [], "--tag", help="What serves it: growth, retention, cash, delivery, hiring, efficiency."
    ),
    quarter: str | None = typer.Option(None, help="Such as 2026-Q4. This quarter by default."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Set a goal."""
    house = App.open(demo=demo, tenant=tenant)
    goal = house.plans.add_goal(title, quarter, weight, tag, house.today)
    _print([goal], json, f"goal {goal.id} set for {goal.quarter}: {goal.title}")


def list_goals(json: Json = None, demo: Demo = False, tenant: Tenant = None) -> None:
    """List goals, closed ones included."""
    _print(list(App.open(demo=demo, tenant=tenant).plans.goals()), json, None)


def close_goal(
    goal: str = typer.Argument(..., metavar="ID"),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Close a goal: it no longer ranks anything."""
    closed = App.open(demo=demo, tenant=tenant).plans.close_goal(goal)
    _print([closed], json, f"goal {closed.id} closed: {closed.title}")


def _print(goals: list[Goal], json: str | None, line: str | None) -> None:
    if json is not None:
        return say_document({"schema": "agentos.goals/1", "goals": [_item(g) for g in goals]}, json)
    if line is not None:
        return say(line)
    if not goals:
        return say("no goals set: agentos goals add 'What you want to reach' --tag growth")
    body = [
        (g.id, g.quarter, f"{g.weight:g}", "open" if g.open else "closed", g.title, " ".join(g.tags))
        for g in goals
    ]
    return say(rows(("id", "quarter", "weight", "state", "goal", "tags"), body))


def _item(goal: Goal) -> GoalItem:
    return {
        "id": goal.id,
        "title": goal.title,
        "quarter": goal.quarter,
        "weight": goal.weight,
        "tags": list(goal.tags),
        "open": goal.open,
    }
