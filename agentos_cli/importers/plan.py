"""Decides what is to become of each piece: new, unchanged, changed there, or changed here since.

What was changed here is a conflict and left alone, unless the user wants it overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from agentos_cli.importers.piece import Piece
from agentos_cli.store.import_records import ImportItem, Outcome
from agentos_cli.store.imports import Name, Step
from agentos_cli.store.values import clean

TAKEN = "there is something of this name here that did not come from this installation"
EDITED = "it was changed here since it was imported"
REMOVED = "it was taken away here since it was imported"


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier imports of this installation made of each piece, and the digests of what stands now."""

    kept: Mapping[Name, ImportItem]
    standing: Mapping[Name, str]


def wanted(pieces: Iterable[Piece], kept: Mapping[Name, ImportItem]) -> list[Name]:
    """The kinds and keys whose standing has to be known before `steps` can decide."""
    found = {(piece.kind, clean(piece.thing.key)) for piece in pieces if piece.thing is not None}
    return sorted(found | {(item.kind, item.thing) for item in kept.values() if item.thing})


def unique(pieces: Iterable[Piece]) -> list[Piece]:
    """Every piece with a natural key of its own; of several with one key the first one counts."""
    seen: set[Name] = set()
    found = []
    for piece in pieces:
        one = replace(piece, name=clean(piece.name))
        if (one.kind, one.name) in seen:
            one = _second(one, seen)
        seen.add((one.kind, one.name))
        found.append(one)
    return found


def _second(piece: Piece, seen: set[Name]) -> Piece:
    """The same piece under a name that none has yet; nothing comes over of it."""
    name = f"{piece.name} at {clean(piece.path)}" + (f":{piece.line}" if piece.line else "")
    while (piece.kind, name) in seen:
        name += " again"
    reason = f"there is another {piece.kind} of this name, which was taken"
    return replace(piece, name=name, thing=None, outcome=Outcome.SKIPPED, reason=reason)


def steps(pieces: Sequence[Piece], known: Known, *, overwrite: bool) -> list[Step]:
    """What an import would record and put away, piece by piece."""
    return [_step(piece, known, overwrite) for piece in pieces]


def writes(planned: Iterable[Step]) -> bool:
    """Whether anything would be put away; if not, nothing is written at all."""
    return any(step.thing is not None for step in planned)


def _step(piece: Piece, known: Known, overwrite: bool) -> Step:
    before = known.kept.get((piece.kind, piece.name))
    if piece.thing is None:
        return Step(_left(piece, before))
    former = (before and before.thing) or piece.thing.key
    stood, now = (known.standing.get((piece.kind, key)) for key in (former, piece.thing.key))
    why = _conflict(before, stood) or (TAKEN if former != piece.thing.key and now is not None else None)
    if why and not overwrite:
        return Step(_item(piece, Outcome.CONFLICT, why))
    if not why and before and stood is not None and before.source_digest == piece.digest:
        return Step(replace(before, outcome=Outcome.UNCHANGED, reason=None, path=piece.path, line=piece.line))
    outcome = piece.outcome or (Outcome.REDACTED if piece.redacted else Outcome.IMPORTED)
    item = _item(piece, outcome, "changed there since the last import" if before else None)
    moved = former if former != piece.thing.key and stood is not None else None
    return Step(replace(item, thing=piece.thing.key), piece.thing, now, moved)


def _conflict(before: ImportItem | None, now: str | None) -> str | None:
    if before is None or before.thing is None:
        return None if now is None else TAKEN
    if now is None:
        return REMOVED
    return None if now == before.target_digest else EDITED


def _left(piece: Piece, before: ImportItem | None) -> ImportItem:
    """What nothing comes over of: unchanged if an earlier import said the same of it."""
    outcome = piece.outcome or Outcome.SKIPPED
    now = _item(piece, outcome, piece.reason)
    same = before and (before.outcome, before.reason) == (outcome, now.reason)
    if same and before and before.source_digest == now.source_digest:
        return replace(now, outcome=Outcome.UNCHANGED, reason=f"still {outcome}: {now.reason}")
    return now


def _item(piece: Piece, outcome: Outcome, reason: str | None) -> ImportItem:
    return ImportItem(
        piece.kind,
        piece.name,
        clean(piece.path),
        outcome,
        None if reason is None else clean(reason),
        piece.line,
        piece.digest or None,
        redacted=dict(piece.redacted),
        asks=tuple(map(clean, piece.asks)),
    )
