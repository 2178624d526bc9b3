"""Files that get their names at once, when all of them are whole: for their owner's eyes alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import mkstemp
from types import TracebackType

from agentos_cli.errors import DataProblem


class Drafts:
    """`with Drafts() as drafts: path = drafts.new(target); ...; drafts.settle()`.

    Every draft lies beside its target, mode 0600. What is not settled is removed.
    """

    def __init__(self) -> None:
        self._drafts: dict[Path, Path] = {}

    def __enter__(self) -> Drafts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for draft in self._drafts.values():
            draft.unlink(missing_ok=True)
        if isinstance(error, OSError):
            where = error.filename or "the export"
            raise DataProblem(f"cannot write {where}: {error.strerror}", fix="choose another place") from None

    def new(self, target: Path) -> Path:
        """An empty file that will be `target`; the folder is made if it is not there."""
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(handle)
        self._drafts[target] = Path(name)
        return Path(name)

    def settle(self) -> None:
        """Give every draft its name, in the order they were begun, replacing what was there."""
        for draft in self._drafts.values():
            _sync(draft)
        for target in tuple(self._drafts):
            self._drafts.pop(target).replace(target)


def refuse_what_is_there(targets: Iterable[Path], force: bool) -> None:
    """Raises DataProblem for a target that cannot be made, or that would replace a file without `force`."""
    for target in targets:
        if target.parent.exists() and not target.parent.is_dir():
            raise DataProblem(f"{target.parent} is not a folder", fix="choose another place")
        if target.exists() and not target.is_file():
            kind = "a folder" if target.is_dir() else "no ordinary file"
            raise DataProblem(f"{target} is {kind}", fix="choose another place")
        if target.exists() and not force:
            raise DataProblem(f"{target} is there already", fix="--force replaces it")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
