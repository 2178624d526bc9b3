"""Spans of time as they are written on the command line: 90s, 15m, 2h, 1d."""

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
SHAPE = re.compile(r"([0-9]{1,8})\s*(s|m|min|h|d)")
SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400}
LONGEST = timedelta(days=99_999)
"""Longer ones lead out of the calendar."""
YEAR = timedelta(days=366)


def span(text: str, option: str) -> timedelta:
    """`90s`, `15m`, `2h` or `1d` as a span of time. Raises UsageProblem for anything else."""
    found = SHAPE.fullmatch(text.strip().lower())
    length = timedelta(seconds=int(found[1]) * SECONDS[found[2]]) if found else None
    if length is None or length > LONGEST:
        raise UsageProblem(f"`{text[:40]}` is no span of time", fix=f"{option} 15m, 2h or 1d")
    return length


def up_to_a_year(text: str, option: str) -> timedelta:
    """The same, but more than nothing and a year at most. Raises UsageProblem."""
    length = span(text, option)
    if not timedelta() < length <= YEAR:
        raise UsageProblem(f"`{text[:40]}` is no span of time up to a year", fix=f"{option} 15m, 2h or 1d")
    return length


def age(text: str | None, option: str = "--max-age") -> timedelta | None:
    """How old something may be; None where nothing is said. Raises UsageProblem."""
    return None if text is None else span(text, option)
