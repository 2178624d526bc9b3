"""`agentos tasks add|done|list`: your own tasks, ranked among the company's decisions."""

from __future__ import annotations

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Demo, Json, Tenant, say, say_document
from agentos_cli.commands.table import group, shown
from agentos_cli.renderers.listings import TaskItem, rows
from agents.snapshot import Task


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    example = (
        "agentos tasks add 'Close the Acme deal' --impact 50k --due 2026-11-27 --energy high --tag growth"
    )
    tasks = group(summary, example, "agentos tasks list", "agentos tasks done T7KQ2")
    app.add_typer(tasks, name=name)
    tasks.command("add", epilog=shown(example))(add_task)
    tasks.command("list")(list_tasks)
    tasks.command("done", epilog=shown("agentos tasks done T7KQ2"))(finish_task)


def add_task(
    title: str = typer.Argument(..., help="What to do."),
    impact: str | None = typer.Option(None, help="Money at stake in a year, such as 50000, 50k or 1.2M."),
    due: str | None = typer.Option(None, help="2026-11-27, today, tomorrow, or 3d."),
    minutes: int = typer.Option(30, min=1, max=10_000, help="How long it takes."),
    energy: str = typer.Option("medium", help="What it takes of you: low, medium, high, or 0 to 100."),
    tag: list[str] = typer.Option([], "--tag", help="Goals it serves, by their tags."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Add a task."""
    from agentos_cli import plans

    house = App.open(demo=demo, tenant=tenant)
    money = plans.amount(impact, house.loaded.settings.company.currency)
    due_on = plans.day(due, house.today)
    task = house.plans.add_task(title, money, due_on, minutes, plans.level(energy), tag)
    _print([task], json, f"task {task.id} added: {task.title}")


def list_tasks(
    everything: bool = typer.Option(False, "--all", help="Done ones too."),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """List open tasks."""
    tasks = App.open(demo=demo, tenant=tenant).plans.tasks()
    _print([t for t in tasks if everything or json is not None or not t.done], json, None)


def finish_task(
    task: str = typer.Argument(..., metavar="ID"),
    json: Json = None,
    demo: Demo = False,
    tenant: Tenant = None,
) -> None:
    """Mark a task as done."""
    done = App.open(demo=demo, tenant=tenant).plans.finish_task(task)
    _print([done], json, f"task {done.id} done: {done.title}")


def _print(tasks: list[Task], json: str | None, line: str | None) -> None:
    if json is not None:
        return say_document({"schema": "agentos.tasks/1", "tasks": [_item(t) for t in tasks]}, json)
    if line is not None:
        return say(line)
    if not tasks:
        return say("no open tasks: agentos tasks add 'What to do' --due tomorrow")
    body = [
        (
            t.id,
            "done" if t.done else "open",
            t.due_on.isoformat() if t.due_on else "-",
            f"{t.minutes} min",
            t.impact.short() if t.impact else "-",
            t.title,
        )
        for t in tasks
    ]
    return say(rows(("id", "state", "due", "time", "impact", "task"), body))


def _item(task: Task) -> TaskItem:
    return {
        "id": task.id,
        "title": task.title,
        "impact": task.impact.amount if task.impact else None,
        "currency": task.impact.currency if task.impact else None,
        "due": task.due_on.isoformat() if task.due_on else None,
        "minutes": task.minutes,
        "demand": task.demand,
        "tags": list(task.tags),
        "done": task.done,
    }
