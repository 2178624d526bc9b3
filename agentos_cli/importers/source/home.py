"""The source on disk: what is in it, read without ever writing, locking, or leaving it.

A home has roots: the state directory, each agent's workspace, further folders of skills. A path within it is
`<label>/<path under the root>`, the same wherever the home lies: `state/cron/jobs.json`, `workspace/SOUL.md`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agentos_cli.importers.source import opening
from agentos_cli.importers.source.decoding import Decoded, decoded
from agentos_cli.importers.source.opening import Unreadable
from agentos_cli.importers.source.walking import Identity, Walk, identity

__all__ = ["MOST", "Entry", "Home", "Unreadable"]

MOST = 16_000_000
"""Bytes of a file that is read whole."""
ENTRIES = 200_000
"""How many entries of all roots are listed; beyond that one entry for each folder says that there is more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that the walk saw: a file, or what is not one. `problem` says why it is not read: a link, a
    pipe, a folder that is not looked into. `size` in bytes, `mtime` in seconds."""

    path: str
    size: int = 0
    mtime: float = 0.0
    problem: str | None = None

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


class Home:
    """A home, and everything in it. Text of paths is as the file system has it, with surrogates for bytes
    that are no UTF-8; who shows or stores it cleans it. `entries` is how many of them are listed at most."""

    def __init__(self, install: str, era: str, *, entries: int = ENTRIES) -> None:
        self.install, self.era = install, era
        self._most = self._room = entries
        self._roots: dict[str, Path] = {}
        self._known: dict[str, Identity | None] = {}
        self._single: dict[str, str] = {}
        self._entries: dict[str, Entry] = {}
        self._links: dict[str, str] = {}
        self._all: list[Entry] | None = None
        self._files: list[Entry] = []
        self._paths: list[str] = []

    @property
    def roots(self) -> dict[str, Path]:
        """The real folder of each label."""
        return dict(self._roots)

    def add(self, label: str, folder: Path) -> str:
        """One more root, walked at once; gives what its paths begin with, which is the label, but for these:
        a folder that is a root already keeps its first label, and one that lies in a root stays part of that.
        Only a workspace (`workspace`, `workspace-ops`) leaves the root that it lies in."""
        real = folder.resolve()
        around = self._around(real)
        if around and (around in self._roots or (not label.startswith("workspace") and self._below(around))):
            return around
        while label in self._roots:
            label = f"{label}-2"
        if around:
            self._forget(self._below(around))
        self._roots[label], self._known[label] = real, identity(real)
        apart = {about for each, about in self._known.items() if about and each != label}
        walk = Walk(real, label, apart, self._most, self._room)
        for seen in walk.entries():
            path = f"{label}/{seen.path}" if seen.path else label
            self._entries[path] = Entry(path, seen.size, seen.mtime, seen.problem)
            if seen.target:
                self._links[path] = seen.target
        self._room, self._all = walk.room, None
        return label

    def add_file(self, label: str, file: Path) -> str:
        """A single file as a root: `<label>/<its name>`."""
        real = file.resolve()
        self._roots[label], self._known[label] = real.parent, identity(real.parent)
        self._single[label] = real.name
        path, about = f"{label}/{real.name}", real.lstat()
        self._entries[path], self._all = Entry(path, about.st_size, about.st_mtime), None
        return label

    def all(self) -> list[Entry]:
        """Every entry, by path."""
        return list(self._listed())

    def get(self, path: str) -> Entry | None:
        """The entry of this path, if it is a file that can be read."""
        self._listed()
        entry = self._entries.get(path)
        return entry if entry and entry.problem is None else None

    def under(self, folder: str, suffix: str = "") -> list[Entry]:
        """Readable files below a folder (`state/cron`, without a slash at the end), by path."""
        self._listed()
        first, end = bisect_left(self._paths, f"{folder}/"), bisect_left(self._paths, f"{folder}0")
        return [entry for entry in self._files[first:end] if entry.path.endswith(suffix)]

    def read(self, path: str, most: int = MOST) -> bytes:
        """The bytes of a file. Raises Unreadable: it is larger than `most`, no file, or not readable."""
        with self._opened(path) as opened:
            return opening.whole(opened, most)

    def decoded(self, path: str, most: int = MOST) -> Decoded:
        """Its text, and what was wrong with the bytes of it. Raises Unreadable."""
        return decoded(self.read(path, most))

    def text(self, path: str, most: int = MOST) -> str:
        """Its text: without a byte order mark, bytes that are no text replaced, line ends as they are. Raises
        Unreadable."""
        return self.decoded(path, most).text

    def lines(self, path: str, size: int, most: int = 32_000_000) -> Iterator[tuple[bytes, bool]]:
        """The lines of the first `size` bytes of a file, without their ends, each with whether it is whole:
        False for one that is longer than `most` (then it is b"") and for a last one without an end. Holds no
        more than one line. Raises Unreadable."""
        with self._opened(path) as opened:
            yield from opening.lines(opened, size, most)

    @contextmanager
    def _opened(self, path: str) -> Iterator[int]:
        label, _, rest = path.partition("/")
        root = self._roots.get(label)
        if root is None or self._single.get(label, rest) != rest:
            raise Unreadable("is no path within the home", path=path)
        try:
            with opening.file(root, rest.split("/"), self._known[label]) as opened:
                yield opened
        except Unreadable as problem:
            raise Unreadable(problem.why, path=path) from None

    def _around(self, real: Path) -> str | None:
        """The path in the home of a real path: below the innermost root that it lies in; None if in none."""
        within = [
            (len(root.parts), label, real.relative_to(root).as_posix())
            for label, root in self._roots.items()
            if label not in self._single and real.is_relative_to(root)
        ]
        if not within:
            return None
        _, label, rest = max(within)
        return label if rest == "." else f"{label}/{rest}"

    def _below(self, folder: str) -> list[str]:
        """The paths of a folder's entries, its own among them if it has one."""
        return [path for path in self._entries if path == folder or path.startswith(f"{folder}/")]

    def _forget(self, gone: list[str]) -> None:
        """Entries that a root of their own will tell."""
        for path in gone:
            del self._entries[path]
            self._links.pop(path, None)
        self._room += len(gone)

    def _listed(self) -> list[Entry]:
        if self._all is None:
            for path, target in self._links.items():
                self._entries[path] = replace(self._entries[path], problem=self._link(target))
            self._all = [self._entries[path] for path in sorted(self._entries)]
            self._files = [entry for entry in self._all if entry.problem is None]
            self._paths = [entry.path for entry in self._files]
        return self._all

    def _link(self, target: str) -> str:
        """What is wrong with a link: what it leads to is read where it lies, or not at all."""
        inside = self._around(Path(target))
        if inside is None:
            return "a link that leads out of the home: not followed"
        return f"a link to {opening.shown(inside)}"
