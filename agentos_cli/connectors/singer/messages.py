"""Reads what a tap writes: one message a line, as the Singer specification has them.

SCHEMA, RECORD and STATE: https://hub.meltano.com/singer/spec. ACTIVATE_VERSION, of which many taps make use:
https://github.com/meltano/sdk/issues/18. BATCH, records in files: https://sdk.meltano.com/en/latest/batch.html.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from agentos_cli.contract import Raw
from agentos_cli.http.strict import NotJsonError, strict_json


@dataclass(frozen=True, slots=True)
class Schema:
    """From here on the records of `stream` are known by these fields; none: by all they hold."""

    stream: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One record of `stream`."""

    stream: str
    raw: Raw


@dataclass(frozen=True, slots=True)
class State:
    """All records before this one are told of by `value`, which is JSON and the tap's own affair."""

    value: str


@dataclass(frozen=True, slots=True)
class Files:
    """Records of `stream` in files of JSON lines on this machine, `gzip`ped or not."""

    stream: str
    paths: tuple[str, ...]
    gzip: bool


@dataclass(frozen=True, slots=True)
class Damaged:
    """A line that was meant as a message and cannot be read."""

    why: str


@dataclass(frozen=True, slots=True)
class Other:
    """A line that is nothing to us. `message`: it is one of the protocol, though (ACTIVATE_VERSION)."""

    message: bool


Message = Schema | Record | State | Files | Damaged | Other


def read(line: bytes) -> Message:
    """The message of one line. Nothing is raised: what a tap prints beside its messages is `Other`."""
    if not line.lstrip().startswith(b"{"):
        return Other(message=False)
    try:
        found = strict_json(line)
    except NotJsonError as problem:
        return Damaged(str(problem))
    if not isinstance(found, Mapping) or not isinstance(found.get("type"), str):
        return Other(message=False)
    reader = READERS.get(found["type"].upper())
    return reader(found) if reader else Other(message=True)


def _schema(raw: Raw) -> Message:
    keys = raw.get("key_properties") or []
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        return Damaged("its key_properties are no list of names")
    return Schema(stream, tuple(keys)) if (stream := _stream(raw)) else Damaged("it names no stream")


def _record(raw: Raw) -> Message:
    stream, record = _stream(raw), raw.get("record")
    if not stream or not isinstance(record, Mapping):
        return Damaged("it has no stream or no record")
    return Record(stream, record)


def _state(raw: Raw) -> Message:
    value = raw.get("value")
    if not isinstance(value, Mapping):
        return Damaged("its value is no object")
    return State(json.dumps(value, default=float, ensure_ascii=True, separators=(",", ":")))


def _batch(raw: Raw) -> Message:
    stream, encoding, manifest = _stream(raw), raw.get("encoding"), raw.get("manifest")
    form = encoding.get("format") if isinstance(encoding, Mapping) else None
    packing = encoding.get("compression") if isinstance(encoding, Mapping) else None
    if (
        not stream
        or not isinstance(manifest, list)
        or form != "jsonl"
        or packing not in (None, "none", "gzip")
    ):
        return Damaged("its files are not JSON lines")
    if not all(isinstance(each, str) and urlsplit(each).scheme in ("", "file") for each in manifest):
        return Damaged("its files are not on this machine")
    paths = tuple(unquote(each.removeprefix("file://")) for each in manifest)
    return Files(stream, paths, packing == "gzip")


def _stream(raw: Raw) -> str:
    name = raw.get("stream")
    return name if isinstance(name, str) else ""


READERS: Mapping[str, Callable[[Raw], Message]] = {
    "SCHEMA": _schema,
    "RECORD": _record,
    "STATE": _state,
    "BATCH": _batch,
}
