"""Reads in parts as a sync does, without a store: pages are kept, nouns made of groups of records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType

from agentos_cli.connectors.fields import keeper
from agentos_cli.contract import Access, Batch, Found, Page, Raw, Stream
from agents.nouns import Noun

Kept = dict[tuple[str, str], tuple[str, Raw]]
"""By stream and id, the group of a record and what is kept of it."""


def read_in_parts(module: ModuleType, access: Access) -> list[Batch]:
    """All batches; checks that every group alone gives the same as all at once, and that `derive` does not
    ask the vendor anything."""
    streams: Mapping[str, Stream] = module.STREAMS
    kept: Kept = {}
    for page in module.feed(access, {}, True):
        assert isinstance(page, Page), f"`feed` gave a {type(page).__name__}, not a Page"
        assert page.stream in streams, f"`feed` gave a page of {page.stream}, which is not in STREAMS"
        _keep(kept, page, streams[page.stream])
    shared = {name: _of(kept, name, "") for name, each in streams.items() if each.group is None}
    everything = {name: [raw for (of, _), (_, raw) in kept.items() if of == name] for name in streams}
    whole = list(module.derive(Found(everything, shared, True), access))
    apart = [each for part in _parts(kept, streams, shared) for each in module.derive(part, access)]
    assert _refs(whole) == _refs(apart), "`derive` gives something else for each group than for all at once"
    return whole


def _keep(kept: Kept, page: Page, stream: Stream) -> None:
    keep = keeper(stream.fields)
    for raw in page.records:
        assert isinstance(raw, Mapping), f"{page.stream} has a record that is no object"
        record = keep(raw)
        name = str(record.get(stream.key))
        kept[page.stream, name] = ("" if stream.group is None else _group(stream, record, name), record)
    for name in page.gone:
        kept.pop((page.stream, name), None)


def _group(stream: Stream, record: Raw, name: str) -> str:
    assert stream.group is not None
    try:
        return stream.group(record) or name
    except Exception:  # as the contract says: whatever it raises makes the record a group alone
        return name


def _parts(kept: Kept, streams: Mapping[str, Stream], shared: Mapping[str, Sequence[Raw]]) -> Iterator[Found]:
    yield Found({**{name: [] for name in streams}, **shared}, shared, True)
    for group in dict.fromkeys(group for group, _ in kept.values() if group):
        yield Found({name: _of(kept, name, group) for name in streams}, shared, False)


def _of(kept: Kept, stream: str, group: str) -> list[Raw]:
    return [raw for (of, _), (where, raw) in kept.items() if of == stream and where == group]


def _refs(batches: Sequence[Batch]) -> list[tuple[str, Noun]]:
    return sorted(((each.ref, each) for batch in batches for each in batch.records), key=lambda one: one[0])
