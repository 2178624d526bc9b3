"""`agentos completion SHELL`: prints the script; installing it is one line of yours."""

from __future__ import annotations

from enum import StrEnum

import typer

from agentos_cli.commands.output import say
from agentos_cli.commands.table import shown


class Shell(StrEnum):
    """The shells that can complete."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""
    examples = (
        "agentos completion bash >> ~/.bashrc",
        "agentos completion fish > ~/.config/fish/completions/agentos.fish",
    )

    @app.command(name, help=summary, epilog=shown(*examples))
    def completion(shell: Shell) -> None:
        from typer._completion_shared import get_completion_script

        say(get_completion_script(prog_name="agentos", complete_var="_AGENTOS_COMPLETE", shell=shell.value))
