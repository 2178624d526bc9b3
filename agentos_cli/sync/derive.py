"""Makes nouns of staged records, some groups at a time, and knows which group made which."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby

import msgspec

from agentos_cli.connectors.catalogue import Spec
from agentos_cli.contract import Access, Batch, Found, Raw, Skipped
from agentos_cli.store.publication import Made
from agentos_cli.store.records import Said
from agentos_cli.store.staging import SHARED
from agentos_cli.store.staging import Raw as Kept
from agentos_cli.store.values import clean
from agentos_cli.sync.job import sound
from agents.nouns import Noun

_decode = msgspec.json.Decoder(float_hook=Decimal).decode


class Maker:
    """The nouns of one source. `said` is, by kind, what its batches say beside their records."""

    def __init__(self, spec: Spec, access: Access, shared: Sequence[Kept]) -> None:
        self._spec, self._access, self._derive = spec, access, spec.derive()
        self._streams = tuple(spec.streams() or ())
        self._shared = self._by_stream(sorted(shared))
        self.said: dict[str, Said] = {}

    def first(self) -> Made:
        """What the shared streams come to."""
        gathered = _Gathered({SHARED})
        gathered.take(self._batches(self._shared, first=True), _always(SHARED))
        return gathered.made()

    def made(self, chunk: Sequence[Kept]) -> Made:
        """What some whole groups come to: all at once where it is plain from the ids which group made what,
        else one by one."""
        rows = sorted(chunk)
        owners = _owners(rows)
        batches = self._batches(self._by_stream(rows))
        gathered = _Gathered({kept.part for kept in rows})
        if all(name in owners for batch in batches for name in _names(batch)):
            gathered.take(batches, owners.__getitem__)
            return gathered.made()
        for part, group in groupby(rows, key=lambda kept: kept.part):
            gathered.take(self._batches(self._by_stream(list(group))), _always(part))
        return gathered.made()

    def _batches(self, records: Mapping[str, Sequence[Raw]], *, first: bool = False) -> list[Batch]:
        found = Found(records, self._shared, first)
        batches = [sound(self._spec, batch) for batch in self._derive(found, self._access)]
        for batch in batches:
            if batch.noun.kind not in self.said or batch.caution or batch.observed_at:
                self.said[batch.noun.kind] = Said(batch.observed_at, batch.caution)
        return batches

    def _by_stream(self, rows: Sequence[Kept]) -> dict[str, list[Raw]]:
        found: dict[str, list[Raw]] = {name: [] for name in self._streams}
        for kept, raw in zip(rows, _decode(f"[{','.join(kept.body for kept in rows)}]"), strict=True):
            if kept.stream in found:  # else the connector does not read it any more, and it is soon gone
                found[kept.stream].append(raw)
        return found


class _Gathered:
    """What several calls of `derive` brought of these groups."""

    def __init__(self, parts: Iterable[str]) -> None:
        self._nouns: dict[type[Noun], list[Noun]] = {}
        self._parts: dict[str, dict[str, list[str]]] = {part: {} for part in sorted(parts)}
        self._skipped: list[tuple[str, Skipped]] = []

    def take(self, batches: Iterable[Batch], whose: Callable[[str], str]) -> None:
        """`whose` gives the group that made the noun, or could not be read into one, of this id."""
        for batch in batches:
            self._nouns.setdefault(batch.noun, []).extend(batch.records)
            kind = batch.noun.kind
            for record in batch.records:
                self._parts[whose(record.id)].setdefault(kind, []).append(clean(record.id))
            self._skipped += ((whose(one.where), one) for one in batch.skipped)

    def made(self) -> Made:
        return Made(self._nouns, self._parts, self._skipped)


def _owners(rows: Iterable[Kept]) -> dict[str, str]:
    """By id of a record, the group that it is in; those left out that two groups have a record of."""
    owners: dict[str, str] = {}
    unclear = {kept.id for kept in rows if owners.setdefault(kept.id, kept.part) != kept.part}
    return {name: part for name, part in owners.items() if name not in unclear}


def _always(part: str) -> Callable[[str], str]:
    return lambda name: part


def _names(batch: Batch) -> Iterable[str]:
    yield from (record.id for record in batch.records)
    yield from (one.where for one in batch.skipped)
