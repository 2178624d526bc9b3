"""How old data may be, as it is written on the command line: 15m, 2h, 1d."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

import typer

from agentos_cli.errors import UsageProblem

MaxAge = Annotated[
    str | None,
    typer.Option("--max-age", metavar="AGE", help="Read what is older than that: 15m, 2h, 1d."),
]
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def age(text: str | None, option: str = "--max-age") -> timedelta | None:
    """`2h` as a span of time; None where nothing is said. Raises UsageProblem for anything else."""
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text.strip())
    if found is None:
        raise UsageProblem(f"`{text[:40]}` is no age", fix=f"{option} 15m, 2h or 1d")
    return timedelta(seconds=int(found[1]) * UNITS[found[2]])
