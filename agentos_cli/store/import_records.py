"""What is kept of imports: plain frozen records, no table class among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """What became of one item of a source; each has exactly one. `redacted` is imported with secrets taken
    out, `conflict` left alone since it was changed here."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    REDACTED = "redacted"
    ARCHIVED = "archived"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ImportItem:
    """One item of a source and what became of it; see the columns of `import_item`."""

    kind: str
    name: str
    path: str
    outcome: Outcome
    reason: str | None = None
    line: int | None = None
    source_digest: str | None = None
    thing: str | None = None
    target_digest: str | None = None
    redacted: Mapping[str, int] = field(default_factory=dict)
    asks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import: of which installation, from where, when, and what was said of it."""

    id: str
    install: str
    home: str
    era: str
    at: datetime
    report: Mapping[str, object] = field(default_factory=dict)
    undone_at: datetime | None = None
