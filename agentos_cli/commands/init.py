"""`agentos init`: company, currency, zone, database. Asks only on a terminal; every answer is also a flag."""

from __future__ import annotations

import sys

import typer

from agentos_cli.app import App
from agentos_cli.commands.output import Json, note, say_done
from agentos_cli.commands.table import shown
from agentos_cli.errors import UsageProblem


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""
    example = "agentos init --company 'Acme' --currency EUR --timezone Europe/Berlin --yes"

    @app.command(name, help=summary, epilog=shown("agentos init", example))
    def init(
        company: str | None = typer.Option(None, help="The name in the title of the brief."),
        currency: str | None = typer.Option(None, help="ISO code that totals are given in, such as USD."),
        timezone: str | None = typer.Option(None, help="IANA zone, such as Europe/Berlin."),
        store: str | None = typer.Option(None, help="sqlite:///PATH or postgresql://USER@HOST/NAME."),
        yes: bool = typer.Option(False, "--yes", help="Do not ask; flags and defaults decide."),
        no_input: bool = typer.Option(False, "--no-input", help="The same as --yes."),
        json: Json = None,
    ) -> None:
        from agentos_cli import setup

        house, given = App.start(), setup.Answers(company, currency, timezone, store)
        answers = setup.sound(given.over(house.loaded.settings, str(house.zone)), house.loaded.settings)
        if sys.stdin.isatty() and not (yes or no_input):
            answers = setup.ask(answers)
        target = house.places.user_file
        note(f"about to write {target}:\n\n{setup.preview(target, answers)}")
        if not setup.agreed(yes or no_input or not sys.stdin.isatty(), "Write it?"):
            raise UsageProblem("nothing was written", fix="agentos init --yes")
        setup.write_settings(target, answers)
        made = App.open()
        words = f"ready: {target}, {made.url}\nnext: agentos connect stripe, or agentos brief --demo"
        say_done("ready", [target, made.url], words, json)
