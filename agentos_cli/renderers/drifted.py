"""`agentos connectors check`: what of a source is not as it is read, as a document and as text."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby

from agentos_cli.renderers import clean

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class DriftItem(TypedDict):
    """One field that is not as it is read. `what` is missing, renamed, empty, null, type, word, shape or
    scale; `count` of the `of` records that were looked at have it so. `loses`: something is not read."""

    stream: str
    path: str
    what: str
    says: str
    count: int
    of: int
    example: str | None
    loses: bool


class SampleItem(TypedDict):
    """One list of the source, and how many of its records were looked at."""

    stream: str
    records: int


class DriftDocument(TypedDict):
    """What a live sample of a source looks like, beside what is read of it. `ok`: nothing is lost."""

    schema: str
    source: str
    title: str
    ok: bool
    samples: list[SampleItem]
    drifts: list[DriftItem]


def text(document: DriftDocument) -> str:
    """A line for each field that has drifted, then what merely happens to be missing."""
    samples = document["samples"]
    looked = ", ".join(f"{each['records']} {each['stream']}" for each in samples) or "nothing"
    lost = [each for each in document["drifts"] if each["loses"]]
    verdict = f"{len(lost)} of the fields that are read have drifted" if lost else "all as it is read"
    lines = [f"{document['title']}: {verdict}", f"looked at {looked}", *map(_line, lost)]
    return "\n".join([*lines, *_notes(document["drifts"])])


def _line(drift: DriftItem) -> str:
    shown = f", such as `{clean.line(drift['example'])}`" if drift["example"] else ""
    where = f"{drift['stream']}  {clean.line(drift['path'])}".rstrip()
    return f"! {where} {clean.line(drift['says'])} ({drift['count']} of {drift['of']}{shown})"


def _notes(drifts: list[DriftItem]) -> Iterator[str]:
    """What loses nothing: fields that may be missing in one line a stream, the rest each in its own."""
    notes = [each for each in drifts if not each["loses"]]
    for stream, found in groupby([each for each in notes if each["what"] == "empty"], lambda e: e["stream"]):
        yield f"  {stream}: nowhere a {', '.join(clean.line(each['path']) for each in found)}; it may be"
    yield from ("  " + _line(each).removeprefix("! ") for each in notes if each["what"] != "empty")
