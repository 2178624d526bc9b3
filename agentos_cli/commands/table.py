"""Build the Typer application around the one command that was asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

import typer

from agentos_cli.commands import TABLE
from agentos_cli.errors import UsageProblem


class CommandModule(Protocol):
    """What every command module offers: `add(app, name, help)` puts its command, or group, on the app."""

    def add(self, app: typer.Typer, name: str, summary: str) -> None: ...


def application(asked: str | None) -> typer.Typer:
    """The application with the command `asked` in full and every other one as a stand-in."""
    app = typer.Typer(
        name="agentos",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    for name, row in TABLE.items():
        if name == asked:
            cast("CommandModule", import_module(row.module)).add(app, name, row.help)
        else:
            app.command(name, help=row.help)(_stand_in)
    return app


def group(summary: str, *examples: str) -> typer.Typer:
    """A command with commands of its own."""
    return typer.Typer(
        help=summary,
        epilog=shown(*examples),
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["--help", "-h"]},
    )


def refuse_before(context: typer.Context) -> None:
    """Raises UsageProblem where an option stands before the command of a group that also works without one:
    there it would mean nothing."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UsageProblem(
                f"`--{name}` stands before `{context.invoked_subcommand}`",
                fix=f"{context.command_path} {context.invoked_subcommand} --{name}",
            )


def shown(*examples: str) -> str | None:
    """Examples for the end of a command's `--help`, one a line, as they are typed."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in examples) if examples else None


def _stand_in() -> None:
    """Never runs: the table imports the real command when its name is the first word."""
