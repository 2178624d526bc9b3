"""What monitoring reads of the house: one text, written where the collector looks for it."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import mkstemp

from agentos_cli import __version__
from agentos_cli.app import App
from agentos_cli.errors import DataProblem
from agentos_cli.exposition import Scene, exposition, sources_by_name


def measured(house: App) -> str:
    """How the house and its figures stand, as Prometheus reads it. Nothing is read from a source for it, and
    no agent runs."""
    now = house.clock()
    names = [connection.source for connection in house.store.connections()]
    rows = house.store.read(now, ()).sources
    return exposition(Scene(house.store.gauges(), sources_by_name(names, rows), __version__, now))


def write_textfile(path: Path, text: str) -> None:
    """Put `text` in the place of the file at `path` at once, so that no reader sees half of it; readable by
    all, as the collector is another user. Raises DataProblem where it cannot be written."""
    try:
        handle, name = mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        fix = "give a file in a folder that is there and that you may write to"
        raise DataProblem(f"cannot write {path}: {error.strerror}", fix=fix) from None
