"""The tree that the entries of a transcript are: which comes after which, and which are on the main line.

It is kept in a few bytes an entry, since a transcript may have hundreds of thousands.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from agentos_cli.importers.clawdbot.sessions.lines import UNSAID


@dataclass(frozen=True, slots=True)
class Shape:
    """By line number (from 1): the line of the parent, 0 for a root, and whether the line is on the main
    line, on which an entry that repeats the id of another never is."""

    parents: array[int]
    live: bytearray

    def __len__(self) -> int:
        return len(self.parents)


class Tree:
    """Takes entries in the order of the file. One that names no parent, or one that is nowhere, comes after
    the entry before it: that is how what a gateway wrote, and what stands after a broken line, stay part of
    the conversation. The main line goes from the last entry to the root."""

    def __init__(self) -> None:
        self.entries = 0
        self._ids: dict[str, int] = {}
        self._parents = array("i", [0])
        self._later: dict[int, tuple[str, int]] = {}
        self._before = 0

    def skip(self) -> None:
        """A line that is no entry."""
        self._parents.append(0)

    def add(self, name: str | None, parent: object) -> bool:
        """The next line is this entry; False if one of its id was there before."""
        at = len(self._parents)
        first = self._ids.get(name, at) if name else at
        self._parents.append(self._parent(at, name, parent))
        self._before = first
        self.entries += 1
        if name:
            self._ids.setdefault(name, at)
        return first == at

    def _parent(self, at: int, name: str | None, parent: object) -> int:
        if parent is None:
            return 0
        if parent is UNSAID or parent == name or not isinstance(parent, str):
            return self._before
        known = self._ids.get(parent)
        if known is None:
            self._later[at] = (parent, self._before)
            return self._before
        return known

    def shape(self) -> Shape:
        """The tree as it is once all lines are there. Those that go round in circles end where they would
        begin again."""
        for at, (parent, before) in self._later.items():
            self._parents[at] = self._ids.get(parent, before)
        live = bytearray(len(self._parents))
        at = self._before
        while at and not live[at]:
            live[at] = 1
            at = self._parents[at]
        return Shape(self._parents, live)
