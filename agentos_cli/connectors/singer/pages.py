"""Puts a tap's messages together to pages, each with the last state that came before its end."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agentos_cli.connectors.reading import LONGEST_ID
from agentos_cli.connectors.singer import messages
from agentos_cli.connectors.singer.mapping import Plan, group_of
from agentos_cli.connectors.singer.tap import LONGEST_LINE
from agentos_cli.contract import Page, Raw
from agentos_cli.errors import Fatal
from agentos_cli.http.strict import NotJsonError, strict_json

LOG = logging.getLogger(__name__)

ALL = "records"
"""The one stream that all records are kept in."""
STATE, ROUND = "state", "round"
"""The cursors: from where changes are asked for, and where a whole read goes on."""
AT_ONCE = 100
BYTES_AT_ONCE = 1024 * 1024


@dataclass(slots=True)
class Pages:
    """What has come of a read so far. `whole`: of all there is; `changes`: the tap can tell what changed, so
    that its state is worth keeping."""

    plan: Plan
    title: str
    whole: bool
    changes: bool
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    records: list[object] = field(default_factory=list)
    size: int = 0
    state: str | None = None
    said: str | None = None
    understood: int = 0
    noise: int = 0
    damaged: int = 0

    def take(self, line: bytes | None) -> Iterator[Page]:
        """One line of the tap; a page when enough has come together."""
        found = messages.Damaged("it is longer than 8 MB") if line is None else messages.read(line)
        self._count(found)
        match found:
            case messages.Schema(stream, keys):
                self.keys[stream] = keys
            case messages.Record(stream, raw):
                self._add(stream, raw, len(line or b""))
            case messages.State(value):
                self.state = value
            case messages.Files(stream, paths, packed):
                for path in paths:
                    for raw, size in _from_file(path, packed, self.title):
                        self._add(stream, raw, size)
                        yield from self._page_if_full()
            case messages.Damaged(why):
                name = f"message-{hashlib.sha256(line or b'').hexdigest()[:16]}"
                self.records.append({"id": name, "stream": "", "group": name, "why": why})
        yield from self._page_if_full()

    def rest(self) -> Iterator[Page]:
        """What is left at the end. Raises Fatal for a tap that spoke another language all the time."""
        if not self.understood and (self.noise or self.damaged):
            raise Fatal(f"{self.title}: of {self.noise + self.damaged} lines none is a Singer message")
        if self.noise:
            LOG.warning("%s: %d lines beside the messages were left out", self.title, self.noise)
        yield from self.held()

    def held(self) -> Iterator[Page]:
        """What has not been handed on yet."""
        if self.records or self.state != self.said:
            yield self._page()

    def _count(self, found: messages.Message) -> None:
        if isinstance(found, messages.Damaged):
            self.damaged += 1
        elif isinstance(found, messages.Other) and not found.message:
            self.noise += 1
        else:
            self.understood += 1

    def _add(self, stream: str, raw: Raw, size: int) -> None:
        if stream not in self.plan.needs:
            return
        name = f"{stream}/{_key(raw, self.keys.get(stream, ()))}"
        kept = {field: value for field, value in raw.items() if field in self.plan.needs[stream]}
        group = group_of(self.plan.joined, stream, raw, name)[:LONGEST_ID]
        self.records.append({"id": name, "stream": stream, "group": group, "record": kept})
        self.size += size

    def _page_if_full(self) -> Iterator[Page]:
        if len(self.records) >= AT_ONCE or self.size >= BYTES_AT_ONCE:
            yield self._page()

    def _page(self) -> Page:
        records, self.records, self.size, self.said = self.records, [], 0, self.state
        if self.state is None or not self.changes:
            return Page(ALL, records)
        cursors = {ROUND: self.state} if self.whole else {}
        return Page(ALL, records, cursors=cursors, lasting={STATE: self.state})


def _key(raw: Raw, keys: Sequence[str]) -> str:
    """What tells a record from others of its stream: its key, or all that it holds."""
    values = [raw.get(key) for key in keys]
    if values and all(isinstance(value, str | int) for value in values):
        name = "/".join(map(str, values))
        if len(name) < LONGEST_ID // 2 and name.isprintable():
            return name
    text = json.dumps(values if values and None not in values else raw, sort_keys=True, default=str)
    return f"#{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _from_file(path: str, packed: bool, title: str) -> Iterator[tuple[Raw, int]]:
    """The records of a file of JSON lines, and how long each is."""
    try:
        with gzip.open(path) if packed else Path(path).open("rb") as file:
            while line := file.readline(LONGEST_LINE + 1):
                found = strict_json(line)
                if not isinstance(found, Mapping) or len(line) > LONGEST_LINE:
                    raise Fatal(f"{title}: a file of records holds something else")
                yield found, len(line)
    except (OSError, EOFError, NotJsonError) as problem:
        raise Fatal(f"{title}: a file of records cannot be read: {problem}") from None
