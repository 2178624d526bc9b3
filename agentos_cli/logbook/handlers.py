"""How a log record becomes one line of JSON, and how such lines are kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

from agentos_cli import logbook

LONGEST, MANY, DEEP = 2_000, 100, 4
"""So many characters of a text, so many parts of a list, and so many levels of it are kept."""

Told = Callable[[str], str]
"""A text without secrets, terminal escapes and newlines."""


class JsonLines(logging.Formatter):
    """One object on one line: ts, level, logger, message, then what it is `about` (run, agent, source,
    schedule), the record's own `fields`, and an exception's type and message, never what its frames held."""

    def __init__(self, told: Told, about: Callable[[], Mapping[str, str]]) -> None:
        super().__init__()
        self._told, self._about = told, about

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "ts": moment.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **self._about(),
        }
        line |= {key: value for key, value in getattr(record, "fields", {}).items() if key not in line}
        if record.exc_info and (error := record.exc_info[1]) is not None:
            line["exception"] = {"type": type(error).__name__, "message": str(error)}
        return json.dumps(self._plain(line), separators=(",", ":"))

    def _plain(self, value: object, depth: int = 0) -> object:
        """As JSON holds it, every text of it made fit to be shown."""
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return value if isfinite(value) else str(value)
        if isinstance(value, Mapping) and depth < DEEP:
            some = list(value.items())[:MANY]
            return {self._text(key): self._plain(part, depth + 1) for key, part in some}
        if isinstance(value, list | tuple) and depth < DEEP:
            return [self._plain(part, depth + 1) for part in value[:MANY]]
        return self._text(value)

    def _text(self, value: object) -> str:
        text = self._told(str(value))
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


class Keeper(logging.Handler):
    """Appends every record to the file that `path` names by then. A log that cannot be written costs nothing
    but the log. Of libraries only warnings are kept."""

    def __init__(self, path: Callable[[], Path | None]) -> None:
        super().__init__(logging.INFO)
        self._path = path

    def emit(self, record: logging.LogRecord) -> None:
        path = self._path()
        if path is None or (record.levelno < logging.WARNING and not is_ours(record)):
            return
        try:
            logbook.append(path, self.format(record))
        except OSError:
            return


def is_ours(record: logging.LogRecord) -> bool:
    """Whether it is from this program, not from a library."""
    return record.name.partition(".")[0] in {"agentos", "agentos_cli"}


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # its values do not fit its text
        return f"{record.msg} {record.args}"
