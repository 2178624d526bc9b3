"""All tables of an export, in their order: records, then what was worked out from them."""

from __future__ import annotations

from collections.abc import Iterator

from agentos_cli.export.derived import figures, movements
from agentos_cli.export.sheets import Sheet, name_of, records
from agents.nouns import NOUNS
from agents.snapshot import Snapshot


def sheets(snapshot: Snapshot) -> Iterator[Sheet]:
    """Every table."""
    yield from records(snapshot)
    yield figures(snapshot)
    yield movements(snapshot)


def names() -> tuple[str, ...]:
    """What they are called."""
    return (*(name_of(noun) for noun in NOUNS), "figures", "movements")
