"""What a reader finds in a source: one piece for each thing, and for each file of which nothing comes over.

Every file that the walk saw is the `path` of at least one piece; that is how nothing is dropped silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agentos_cli.belongings import KIND_OF, Archive, Thing
from agentos_cli.store.import_records import Outcome


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing in the source, and what is to become of it.

    `kind` and `name` are its natural key within one installation: the same in every run, wherever the home
    lies. `path` is where it was found (`state/cron/jobs.json`), `line` from 1. `digest` is of what it is in
    the source *before* redaction. `thing` is what comes over, already redacted; None if nothing does, and
    then `outcome` says why, with a `reason`: archived, skipped, failed, or imported as part of other things.
    An archive is archived anyway. `redacted`: by type, how many secrets were taken out of it. `asks`: what
    the user has to decide, one line each.
    """

    kind: str
    name: str
    path: str
    digest: str = ""
    thing: Thing | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    line: int | None = None
    redacted: Mapping[str, int] = field(default_factory=dict)
    asks: tuple[str, ...] = ()


def brought(
    thing: Thing, path: str, digest: str, *, name: str | None = None, line: int | None = None,
    redacted: Mapping[str, int] | None = None, asks: Iterable[str] = (),
) -> Piece:  # fmt: skip
    """A piece that comes over; its natural key is the thing's own, unless `name` says otherwise."""
    kind = str(KIND_OF[type(thing)])
    outcome = Outcome.ARCHIVED if isinstance(thing, Archive) else None
    found, told = redacted or {}, tuple(asks)
    return Piece(kind, name or thing.key, path, digest, thing, outcome, None, line, found, told)


def part(
    path: str, of: str, *, kind: str = "file", name: str | None = None, digest: str = "",
    redacted: Mapping[str, int] | None = None,
) -> Piece:  # fmt: skip
    """What it says came over as part of other things: `of` says of which."""
    outcome = Outcome.REDACTED if redacted else Outcome.IMPORTED
    return Piece(kind, name or path, path, digest, outcome=outcome, reason=of, redacted=redacted or {})


def skipped(path: str, reason: str, *, kind: str = "file", name: str | None = None) -> Piece:
    """Nothing comes over, on purpose."""
    return Piece(kind, name or path, path, outcome=Outcome.SKIPPED, reason=reason)


def failed(path: str, reason: str, *, kind: str = "file", name: str | None = None) -> Piece:
    """Nothing comes over, since it could not be read or understood."""
    return Piece(kind, name or path, path, outcome=Outcome.FAILED, reason=reason)
