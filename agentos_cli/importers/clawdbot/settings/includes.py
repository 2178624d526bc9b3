"""Puts the files into the settings that these name by `$include`, as the source program does.

At any level; a list of files is merged in its order; objects merge, lists are put one after the other, what
stands beside `$include` wins. See src/config/includes.ts of openclaw/openclaw. What that program may read, we
may not: a file outside the home is named, and read only if the user wants it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path

from agentos_cli.importers.piece import Piece, failed, skipped
from agentos_cli.importers.source import lenient
from agentos_cli.importers.source.home import Home, Unreadable
from agentos_cli.importers.source.opening import shown

KEY = "$include"
DEEPEST = 10
"""Files within files."""
MOST = 100
"""Files in all: each may name many."""
LEVELS = 100
"""Objects within objects, all files together."""
STATE, LABEL = "state", "include-"
"""The root in which a file may be named freely, and what the roots of other files are called."""
OUTSIDE = "it lies outside the home: --allow-external-includes reads it"


class Includes:
    """Expands the settings of one home. `pieces` tells of every file that was asked for."""

    def __init__(self, home: Home, *, external: bool) -> None:
        self._home, self._external = home, external
        self._pieces: dict[tuple[str, str], Piece] = {}
        self._read = 0

    @property
    def pieces(self) -> list[Piece]:
        """One for each file, or for each mention of one that could not be read."""
        return list(self._pieces.values())

    def expand(self, value: object, path: str) -> object:
        """The settings that stand in the file of this path, with all that they include."""
        return self._expand(value, (path,), 0)

    def _expand(self, value: object, chain: tuple[str, ...], level: int) -> object:
        if level > LEVELS:
            self._failed(chain[-1], KEY, "settings are nested too deeply")
            return {}
        if isinstance(value, list):
            return [self._expand(each, chain, level + 1) for each in value]
        if not isinstance(value, Mapping):
            return value
        beside = {str(key): self._expand(each, chain, level + 1) for key, each in value.items() if key != KEY}
        return self._with(value[KEY], beside, chain, level) if KEY in value else beside

    def _with(self, named: object, beside: dict[str, object], chain: tuple[str, ...], level: int) -> object:
        """What is named, merged with what stands beside it."""
        names = named if isinstance(named, list) else [named]
        found = [self._load(name, chain, level) for name in names]
        if not beside and len(found) == 1:
            return found[0]
        merged: object = {}
        for each in (*found, beside):
            if isinstance(each, Mapping):
                merged = _merged(merged, each)
            else:
                self._failed(chain[-1], KEY, "what it includes is no object, and other keys stand beside it")
        return merged

    def _load(self, name: object, chain: tuple[str, ...], level: int) -> object:
        """One file with all that it includes in turn; an empty object if it cannot be had."""
        told = name if isinstance(name, str) else KEY
        try:
            path = self._path(name, chain[-1])
            if path in chain:
                raise Unreadable("it includes itself")
            if len(chain) > DEEPEST:
                raise Unreadable(f"more than {DEEPEST} files include one another")
            self._read += 1
            if self._read > MOST:
                raise Unreadable(f"more than {MOST} files are included")
            parsed = lenient.parse(self._home.text(path), path)
        except Unreadable as problem:
            self._failed(chain[-1], told, problem.why)
            return {}
        self._pieces["file", path] = skipped(path, "a part of the settings, read with them")
        return self._expand(parsed, (*chain, path), level)

    def _path(self, name: object, within: str) -> str:
        """The Home path of a file that another one includes. Raises Unreadable."""
        if not isinstance(name, str) or not name.strip() or "\0" in name or len(name) > 4_096:
            raise Unreadable("it names no file")
        label, _, inside = within.partition("/")
        root = self._home.roots[label]
        wanted = posixpath.normpath(posixpath.join(root.as_posix(), posixpath.dirname(inside), name))
        state = self._home.roots.get(STATE)
        if state is not None and Path(wanted).is_relative_to(state):
            return f"{STATE}/{Path(wanted).relative_to(state).as_posix()}"
        if not self._external:
            raise Unreadable(OUTSIDE)
        return self._outside(Path(wanted))

    def _outside(self, wanted: Path) -> str:
        """A file outside the home, as one more root of it. Raises Unreadable."""
        try:
            real = wanted.resolve(strict=True)
            if not real.is_file():
                raise Unreadable("it is not a regular file")
            for label, folder in self._home.roots.items():
                if (
                    label.startswith(LABEL)
                    and self._home.get(f"{label}/{real.name}")
                    and folder == real.parent
                ):
                    return f"{label}/{real.name}"
            label = self._home.add_file(f"{LABEL}{len(self._home.roots)}", real)
        except (OSError, ValueError, RuntimeError):
            raise Unreadable("it cannot be found") from None
        return f"{label}/{real.name}"

    def _failed(self, path: str, name: str, reason: str) -> None:
        told = f"{KEY} {shown(name)[:200]}" if name != KEY else KEY
        self._pieces[path, told] = failed(path, reason, kind="include", name=f"{path} {told}")


def _merged(low: object, high: object) -> object:
    """Objects merged, lists one after the other, else what is higher."""
    if isinstance(low, list) and isinstance(high, list):
        return [*low, *high]
    if not (isinstance(low, Mapping) and isinstance(high, Mapping)):
        return high
    both = dict(low)
    for key, value in high.items():
        both[key] = _merged(both[key], value) if key in both else value
    return both
