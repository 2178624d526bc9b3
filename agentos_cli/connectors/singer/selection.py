"""Chooses a tap's streams: its catalog as `--discover` prints it, with what the map names selected in it.

How a catalog says that something is selected: https://hub.meltano.com/singer/spec#catalog-files. Older taps
look at `selected` in the schema instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentos_cli.errors import Fatal

Entry = dict[str, Any]
FULL = "FULL_TABLE"


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a tap offers. `entries` are its streams as it described them, by the name its records carry."""

    entries: Mapping[str, Entry]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.entries)

    def fields(self, stream: str) -> frozenset[str]:
        """The fields that a stream says it has; empty where it does not say."""
        schema = self.entries[stream].get("schema")
        properties = schema.get("properties") if isinstance(schema, dict) else None
        return frozenset(properties) if isinstance(properties, dict) else frozenset()

    def changes(self, stream: str) -> bool:
        """Whether the tap can tell what has changed in a stream; a full table comes whole every time."""
        entry = self.entries[stream]
        about = _root(entry)
        method = entry.get("replication_method") or about.get("forced-replication-method")
        keys = entry.get("replication_key") or about.get("valid-replication-keys")
        return method != FULL and bool(keys or method)

    def selecting(self, needs: Mapping[str, frozenset[str]]) -> dict[str, object]:
        """The catalog to give back to the tap: the streams and fields of `needs`, and no others."""
        return {"streams": [_marked(entry, needs.get(name)) for name, entry in self.entries.items()]}


def catalog(printed: bytes, title: str) -> Catalog:
    """What `--discover` printed. Raises Fatal for what is no catalog."""
    try:
        found = json.loads(printed[printed.index(b"{") :])
        entries = {_name(entry): entry for entry in found["streams"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Fatal(f"{title}: what the tap tells of its streams is no Singer catalog") from None
    return Catalog(entries)


def _name(entry: Entry) -> str:
    return str(entry.get("stream_alias") or entry.get("stream") or entry["tap_stream_id"])


def _marked(entry: Entry, fields: frozenset[str] | None) -> Entry:
    """A stream as it is to be read: with these of its fields, or not at all."""
    wanted = fields is not None
    schema = entry.get("schema") if isinstance(entry.get("schema"), dict) else {}
    metadata = [_chosen(each, fields) for each in entry.get("metadata") or []]
    if not any(_crumb(each) == [] for each in metadata):
        metadata.append({"breadcrumb": [], "metadata": {"selected": wanted}})
    return {
        **entry,
        "selected": wanted,
        "schema": {**(schema or {}), "selected": wanted},
        "metadata": metadata,
    }


def _chosen(each: Entry, fields: frozenset[str] | None) -> Entry:
    """One piece of metadata: the stream's own, or a field's. What is within a field goes with it."""
    crumb = _crumb(each)
    chosen = fields is not None and (len(crumb) < 2 or crumb[1] in fields)
    return {**each, "metadata": {**each.get("metadata", {}), "selected": chosen}}


def _root(entry: Entry) -> Mapping[str, Any]:
    return next((each.get("metadata", {}) for each in entry.get("metadata") or [] if _crumb(each) == []), {})


def _crumb(each: Entry) -> list[str]:
    return list(each.get("breadcrumb") or [])
