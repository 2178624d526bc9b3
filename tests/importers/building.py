"""Writes a home from a mapping of paths to contents, and tells afterwards whether anything touched it."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

AT = 1_769_430_000
"""When every file of a written home was last changed, in seconds: 2026-01-26 12:20 UTC. No lock is fresh."""


@dataclass(frozen=True)
class Link:
    """A symbolic link; `to` is written as it is."""

    to: str | Path


@dataclass(frozen=True)
class Sparse:
    """A file of this many bytes that takes no room."""

    size: int


@dataclass(frozen=True)
class Fifo:
    """A pipe with a name; who opens it to read waits for ever."""


@dataclass(frozen=True)
class Folder:
    """A directory with nothing in it."""


Content = str | bytes | Link | Sparse | Fifo | Folder
Files = Mapping[str, Content]


def write(folder: Path, files: Files, at: int = AT) -> Path:
    """Writes each content below `folder` and gives it and its directories one time; returns `folder`. A name
    may hold anything but NUL; bytes that are no UTF-8 are surrogates, as os.fsdecode makes them."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content)
    for found, folders, names in os.walk(folder, topdown=False):
        for name in [*folders, *names]:
            os.utime(Path(found) / name, (at, at), follow_symlinks=False)
    return folder


def _write(path: Path, content: Content) -> None:
    match content:
        case str():
            path.write_bytes(content.encode())
        case bytes():
            path.write_bytes(content)
        case Link(to):
            path.symlink_to(to)
        case Sparse(size):
            with path.open("wb") as file:
                file.truncate(size)
        case Fifo():
            os.mkfifo(path)
        case Folder():
            path.mkdir(exist_ok=True)


def below(prefix: str, files: Files) -> dict[str, Content]:
    """The same files, one directory further down."""
    return {f"{prefix}/{name}": content for name, content in files.items()}


def as_json(value: object) -> str:
    """JSON as the program writes it."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def as_lines(values: Iterable[object]) -> str:
    """JSON Lines."""
    return "".join(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n" for value in values)


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything about a tree that a reader must leave as it is: kind and mode, size, links, the time of the
    last change, and the content; directories too. The contents of huge files are not read."""
    told: dict[str, tuple[object, ...]] = {}
    for found, folders, names in os.walk(folder):
        for name in [".", *folders, *names]:
            path = Path(found) / name
            about = path.lstat()
            content = _content(path, about)
            told[str(path)] = (about.st_mode, about.st_size, about.st_nlink, about.st_mtime_ns, content)
    return told


def _content(path: Path, about: os.stat_result) -> str:
    if stat.S_ISLNK(about.st_mode):
        return os.readlink(path)  # noqa: PTH115  # the text of it, whatever it is
    if stat.S_ISREG(about.st_mode) and about.st_size < 500_000_000 and os.access(path, os.R_OK):
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return ""
