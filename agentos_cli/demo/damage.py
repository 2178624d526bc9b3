"""Right answers made wrong, in ways that each vendor has shown: what `faults` orders of an answer's body."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from agentos_cli.demo.exchange import Reply

DEEP = 5_000
DIGITS = 5_000
BOMB = 100 << 20

ODD: dict[str, str] = {
    "nan": '"odd":NaN,',
    "bigint": f'"odd":{"9" * DIGITS},',
    "dupkey": '"odd":1,"odd":2,',
    "deep": f'"odd":{"[" * DEEP}{"]" * DEEP},',
    "surrogate": '"odd":"\\ud800",',
}
"""What is put at the beginning of the answer's object."""
CHOICES = frozenset(
    ("status", "state", "type", "stage", "dealstage", "lifecyclestage", "hs_ticket_priority", "interval")
)
UNKNOWN = "from_the_future"

Records = list[Any]
Change = Callable[[str, Records], Records]
"""What becomes of a list of records that has this name."""


def odd(kind: str, reply: Reply) -> bytes:
    """The answer's JSON with one thing in it that is no JSON, or that no reader expects."""
    body = encoded(reply)
    return body[:1] + ODD[kind].encode() + body[1:] if body.startswith(b"{") else body


def encoded(reply: Reply) -> bytes:
    """The answer's JSON as it is sent."""
    return json.dumps(reply.body, separators=(",", ":"), ensure_ascii=False).encode()


def changed(reply: Reply, change: Change) -> Reply:
    """The answer with each list of records changed."""
    body = json.loads(encoded(reply))
    for name, holder, key in _lists(body):
        holder[key] = change(name, holder[key])
    return replace(reply, body=body)


def twice(_: str, records: Records) -> Records:
    """Every record comes twice."""
    return [record for record in records for _ in range(2)]


def unheard_of(_: str, records: Records) -> Records:
    """Every word that is one of a few is a new one."""
    return [_unheard_of(record) for record in records]


class Shift:
    """Pages that move while they are read: each begins with the record that the last one of its list, at its
    path, ended with."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], Any] = {}

    def at(self, path: str) -> Change:
        """What becomes of the lists of an answer from this path."""
        return lambda name, records: self._moved((path, name), records)

    def _moved(self, place: tuple[str, str], records: Records) -> Records:
        before = [self._last[place]] if place in self._last else []
        if records:
            self._last[place] = records[-1]
        return before + records


@cache
def bomb() -> bytes:
    """Half a megabyte that becomes a hundred."""
    return gzip.compress(bytes(BOMB), compresslevel=1)


def _lists(body: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The lists of records of an answer: a name, the object that holds one, and under which key. Stripe's are
    under `data`, HubSpot's under `results`, Linear's under `data.NAME.nodes`."""
    if not isinstance(body, dict):
        return
    for key in ("data", "results"):
        if isinstance(body.get(key), list):
            yield key, body, key
    for name, part in body["data"].items() if isinstance(body.get("data"), dict) else ():
        if isinstance(part, dict) and isinstance(part.get("nodes"), list):
            yield name, part, "nodes"


def _unheard_of(part: Any) -> Any:
    if isinstance(part, list):
        return [_unheard_of(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: UNKNOWN if key in CHOICES and isinstance(value, str) else _unheard_of(value)
        for key, value in part.items()
    }
