"""Reads a source that can be read in parts as one: every page, then all its nouns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agentos_cli.connectors.fields import keeper
from agentos_cli.connectors.reading import none_read
from agentos_cli.contract import Access, Batch, Derive, Feed, Found, Raw, Stream


def at_once(
    title: str, streams: Mapping[str, Stream], feed: Feed, derive: Derive, access: Access
) -> Iterator[Batch]:
    """Every record. Raises SourceErrors; Fatal where of a kind not one record could be read."""
    kept: dict[str, dict[object, Raw]] = {name: {} for name in streams}
    keep = {name: keeper(stream.fields) for name, stream in streams.items()}
    for page in feed(access, {}, True):
        for raw in page.records:
            if isinstance(raw, Mapping):
                kept[page.stream][raw.get(streams[page.stream].key)] = keep[page.stream](raw)
    records = {name: list(found.values()) for name, found in kept.items()}
    shared = {name: records[name] for name, stream in streams.items() if stream.group is None}
    for batch in derive(Found(records, shared, True), access):
        unread = [each for each in batch.skipped if not each.aside]
        if unread and not batch.records:
            raise none_read(title, batch.noun.kind, len(unread), unread[0])
        yield batch
