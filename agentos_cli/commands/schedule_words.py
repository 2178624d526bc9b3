"""What a schedule is to do, as it is typed: the words of another command, tried before they are kept."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import typer
from typer.main import get_command

from agentos_cli.commands import TABLE
from agentos_cli.commands.table import application
from agentos_cli.errors import UsageProblem

REFUSED = {"tick": "it is what does the schedules", "schedule": "schedules are changed by people"}
DEFAULTS = {"brief": ("brief", "--send")}
"""What a schedule does that is named like a command and given no words, where the name alone is not it."""
HEARD = ("--help", "-h")


def chosen(name: str, words: Sequence[str]) -> tuple[str, ...]:
    """The words after `agentos` that the schedule `name` runs: those given, or the command it is named after.

    Raises UsageProblem unless the program understands them now, rather than at seven in the morning.
    """
    wanted = tuple(words) or DEFAULTS.get(name) or ((name,) if name in TABLE else ())
    if wanted[:1] == ("agentos",):
        wanted = wanted[1:]
    if not wanted:
        raise UsageProblem("say what is to be done", fix=f"agentos schedule add {name} ... -- brief --send")
    command = wanted[0]
    if command not in TABLE:
        near = difflib.get_close_matches(command, TABLE, 1, 0.5)
        fix = f"-- {near[0]}" if near else "agentos --help lists what there is"
        raise UsageProblem(f"`{command[:40]}` is no command of agentos, and nothing else is run", fix=fix)
    if command in REFUSED:
        raise UsageProblem(f"`{command}` cannot be scheduled: {REFUSED[command]}", fix="-- brief --send")
    _understood(wanted)
    return wanted


def _understood(words: tuple[str, ...]) -> None:
    """Have the words read as they will be, without doing anything."""
    typed = [word for word in words if word not in HEARD and not word.startswith("--json")]
    command, name, rest, above = get_command(application(typed[0])), "agentos", typed, None
    try:
        while True:
            context = command.make_context(name, list(rest), parent=above)
            if not hasattr(command, "resolve_command"):
                return
            if not rest:
                raise UsageProblem(f"`{name}` is several commands", fix=f"agentos {' '.join(words)} --help")
            found, below, left = command.resolve_command(context, rest)
            if below is None:
                return
            command, name, rest, above = below, found or "", left, context
    except typer.TyperException as problem:
        told = " ".join(("agentos", *words))
        what = f"`{told[:80]}` cannot be run: {problem.format_message()}"
        raise UsageProblem(what, fix=f"agentos {words[0]} --help") from None
    except typer.Exit:
        return
