"""What is given to the commands that connect something: a secret, where it is kept, options."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from agentos_cli.app import App
from agentos_cli.errors import CredentialProblem, UsageProblem

LONGEST = 10_000


def secret_given(file: Path | None, question: str, fix: str) -> str:
    """From a file, a pipe or a hidden prompt; "" where none is given. Raises CredentialProblem for a file
    that cannot be read."""
    if file is not None:
        try:
            found = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CredentialProblem(f"cannot read {file}: {error}", fix=fix) from None
    elif sys.stdin.isatty():
        found = typer.prompt(question, default="", show_default=False, hide_input=True, err=True)
    else:
        found = sys.stdin.read(LONGEST)
    return found.strip()


def place_for_it(house: App, chosen: str | None, fix: str) -> str:
    """Where a secret is kept: in the keyring where that works, in a file only where somebody says so."""
    if chosen is not None:
        return chosen
    if house.vault.has_keyring():
        return "keyring"
    if sys.stdin.isatty() and typer.confirm(
        "There is no keyring here. Keep it in a file that only you can read?", default=True, err=True
    ):
        return "file"
    raise CredentialProblem("there is no keyring here to keep it in", fix=fix)


def options_given(pairs: list[str], example: str) -> dict[str, str]:
    """`NAME=VALUE` pairs. Raises UsageProblem for what is none, with the `example`."""
    for pair in pairs:
        if "=" not in pair:
            raise UsageProblem(f"`{pair[:40]}` is not NAME=VALUE", fix=f"--option {example}")
    return dict(pair.split("=", 1) for pair in pairs)
