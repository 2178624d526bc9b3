"""One source as a page and a document: how it is reached, its data's age, what its breaker remembers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, tzinfo

from agentos_cli.renderers import clean
from agentos_cli.renderers.listings import RunItem

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12

SHOWN = 5
"""How many runs and changes of state a page shows; a document has all that are kept."""
LONGEST = 40


class KindItem(TypedDict):
    """One kind of record of a source: when it last came, what is wrong now, how many were left out."""

    kind: str
    synced_at: str | None
    age_minutes: int | None
    problem: str | None
    skipped: int


class CursorItem(TypedDict):
    """From where a source goes on: `lasting` ones ask for changes, the others end with a read."""

    name: str
    value: str
    lasting: bool


class BreakerEventItem(TypedDict):
    """A change of the breaker's state: open, half_open, closed, auth_broken or waiting."""

    at: str
    state: str
    reason: str


class BreakerItem(TypedDict):
    """The circuit breaker: `state` as in its history, `says` in words; `since` when it first opened in this
    row, `opened` how often; `failure` what failed last; `until` when a call is let through again."""

    state: str
    says: str
    since: str | None
    opened: int
    failure: str | None
    failed_at: str | None
    until: str | None
    history: list[BreakerEventItem]


class ConnectorDocument(TypedDict):
    """All that is kept of one source besides its records. `state` as in the list of sources, `fix` the
    command that mends it; `per_second` is its rate limit over all runs, and how far it is spoken for."""

    schema: str
    source: str
    title: str
    connected: bool
    connected_at: str | None
    credential: str | None
    address: str | None
    state: str
    life_minutes: int
    kinds: list[KindItem]
    skipped: int
    whole_at: str | None
    reading_since: str | None
    cursors: list[CursorItem]
    per_second: float
    spoken_for_seconds: float
    breaker: BreakerItem
    runs: list[RunItem]
    problem: str | None
    fix: str | None


def draw(document: ConnectorDocument, now: datetime, zone: tzinfo) -> str:
    """The page of one source: a heading, then a label and what there is to say on each line."""
    page = _Page(now, zone)
    lines = [("", f"{document['title']}: {document['state']}")]
    for label, said in page.sections(document):
        lines += [(label if number == 0 else "", line) for number, line in enumerate(said)]
    width = max(len(label) for label, _ in lines)
    heading, *rest = (clean.line(said) for _, said in lines)
    labels = [label for label, _ in lines[1:]]
    return "\n".join(
        [heading, *(f"{label:{width}}  {said}" for label, said in zip(labels, rest, strict=True))]
    )


class _Page:
    """Says instants as people do, here and now."""

    def __init__(self, now: datetime, zone: tzinfo) -> None:
        self._now, self._zone = now, zone

    def sections(self, d: ConnectorDocument) -> Iterator[tuple[str, list[str]]]:
        yield "connected", [self._connected(d)]
        yield "data", self._data(d)
        if d["whole_at"] or d["reading_since"] or d["cursors"]:
            yield "read", self._read(d)
        yield "left out", [_left_out(d)]
        yield "calls", [_calls(d)]
        yield "breaker", self._breaker(d["breaker"])
        yield "last runs", [self._run(run) for run in d["runs"][:SHOWN]] or ["none yet"]
        yield "to do", [d["fix"] or "nothing"]

    def _connected(self, d: ConnectorDocument) -> str:
        if not d["connected"]:
            return "no"
        since = f"since {self._at(d['connected_at'])}" if d["connected_at"] else "yes"
        key = f", key {d['credential']}" if d["credential"] else ""
        return f"{since}{key}" + (f", at {d['address']}" if d["address"] else "")

    def _data(self, d: ConnectorDocument) -> list[str]:
        """Kinds that came together and fare alike share a line."""
        alike: dict[tuple[str, str], list[str]] = {}
        for item in d["kinds"]:
            came = f"{self._ago(item['synced_at'])} old" if item["synced_at"] else "never came"
            alike.setdefault((came, item["problem"] or ""), []).append(item["kind"])
        lines = [
            f"{', '.join(kinds)}: {came}" + (f"; {problem}" if problem else "")
            for (came, problem), kinds in alike.items()
        ]
        return [*lines, f"counts as fresh for {d['life_minutes']} min"]

    def _read(self, d: ConnectorDocument) -> list[str]:
        lines = [f"whole {self._at(d['whole_at'])}"] if d["whole_at"] else []
        if d["reading_since"]:
            lines.append(f"a whole read is under way since {self._at(d['reading_since'])}")
        lasting = [c for c in d["cursors"] if c["lasting"]]
        lines += [f"changes: on from {c['name']} {_short(c['value'])}" for c in lasting]
        more = len(d["cursors"]) - len(lasting)
        return [*lines, *([f"this read: on at {more} places"] if more else [])]

    def _breaker(self, item: BreakerItem) -> list[str]:
        events = [f"{self._at(e['at'])}  {e['state']}: {e['reason']}" for e in item["history"][:SHOWN]]
        return [item["says"], *events]

    def _run(self, run: RunItem) -> str:
        when, took = self._at(run["started_at"]), f"{run['duration_ms'] / 1000:.1f} s"
        if not run["success"]:
            return f"{when}  failed after {took}: {run['error']}"
        found = run["metrics"]
        return f"{when}  ok in {took}: {found.get('records', 0)} records, {found.get('changed', 0)} changed"

    def _at(self, instant: str | None) -> str:
        """`14:02`, with the day where it is another one."""
        if instant is None:
            return "-"
        local, here = datetime.fromisoformat(instant).astimezone(self._zone), self._now.astimezone(self._zone)
        return f"{local:%H:%M}" if local.date() == here.date() else f"{local:%Y-%m-%d %H:%M}"

    def _ago(self, instant: str) -> str:
        minutes = max(0, int(-self._seconds_to(instant) // 60))
        if minutes < 100:
            return f"{minutes} min"
        return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"

    def _seconds_to(self, instant: str) -> float:
        return (datetime.fromisoformat(instant) - self._now).total_seconds()


def _left_out(d: ConnectorDocument) -> str:
    if not d["skipped"]:
        return "nothing"
    return f"{d['skipped']} records: agentos connectors skipped {d['source']}"


def _calls(d: ConnectorDocument) -> str:
    ahead = d["spoken_for_seconds"]
    taken = f"spoken for up to {ahead:.1f} s from now" if ahead else "none is spoken for"
    return f"at most {d['per_second']:g} a second, over all runs; {taken}"


def _short(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}..."
