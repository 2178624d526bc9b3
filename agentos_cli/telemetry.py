"""What is recorded and said: one record per agent run and source sync, and a log without secrets."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from agentos_cli.redaction import redact

if TYPE_CHECKING:
    import logging

Figure = int | float | str | bool | None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One agent run or one source sync, as it is stored and listed by `agentos runs`.

    `run_id` is shared by everything that one command did. `work` is `agent`, `source` or `brief`;
    `name` which one. `metrics` are a few figures (records read, value of a metric); `error` is one
    redacted line, None on success.
    """

    run_id: str
    work: str
    name: str
    started_at: datetime
    duration_ms: int
    success: bool
    metrics: Mapping[str, Figure] = field(default_factory=dict)
    error: str | None = None


def new_run_id(now: datetime) -> str:
    """`run_20261123T120000_4f2a9c`: sorts by time, unique enough for one machine."""
    return f"run_{now:%Y%m%dT%H%M%S}_{os.urandom(3).hex()}"


_about: ContextVar[Mapping[str, str] | None] = ContextVar("about", default=None)
_always: Mapping[str, str] = {}


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """What is logged in the block by this thread carries these ids: `run`, `agent`, `source`, `schedule`."""
    before = _about.set({**(_about.get() or {}), **ids})
    try:
        yield
    finally:
        _about.reset(before)


def about_all(**ids: str) -> None:
    """From now on whatever any thread logs carries these ids, unless an `about` says otherwise."""
    global _always  # noqa: PLW0603 - it is of the whole process
    _always = {**_always, **ids}


def this_run(now: datetime) -> str:
    """The id of the run that `about` names, so that all of one command shares it; else a new one."""
    return _subject().get("run") or new_run_id(now)


def _subject() -> Mapping[str, str]:
    return {**_always, **(_about.get() or {})}


# ── what the person is told ───────────────────────────────────────────────────────────────────────────

_standing = threading.Event()
"""Set while a line stands on the terminal that the next one takes the place of."""
_WIPE = "\r\x1b[K"


def status(text: str) -> None:
    """One line on the terminal that stands until the next one takes its place; "" takes it away. Nothing
    where stderr is no terminal."""
    if sys.stderr.isatty() and (text or _standing.is_set()):
        width = shutil.get_terminal_size((80, 24)).columns - 1
        sys.stderr.write(_WIPE + _plain(redact(text))[:width])
        sys.stderr.flush()
        (_standing.set if text else _standing.clear)()


def notice(text: str) -> None:
    """One line for the person, on stderr; a warning of the log."""
    if _standing.is_set():
        status("")
    if not _log.as_json:
        sys.stderr.write(_one_line(text) + "\n")
    _keep_said("warning", text)


def progress(text: str) -> None:
    """The same, but only where somebody is watching (a terminal, or `-v`): a cron job's mail stays empty
    while all is well."""
    if not _log.as_json and (sys.stderr.isatty() or _log.verbosity):
        if _standing.is_set():
            status("")
        sys.stderr.write(_one_line(text) + "\n")
    _keep_said("info", text)


# ── the log ──────────────────────────────────────────────────────────────────────────────────────────

RUNS, WORK, SAID = "agentos.run", "agentos.work.", "agentos.said"
"""The loggers of run records, of other work (by its name), and of what was said to the person anyway."""
CHATTY = ("httpx", "httpcore", "alembic", "stripe", "apscheduler")
"""Below a warning these print whole URLs and headers, or each of their steps."""
CALLS = "agentos_cli.http"
"""Logs every call to a source, which is more than a log of bounded size is for."""


@dataclass(slots=True)
class _Log:
    """How this process logs: to `kept`, and as JSON or as text with more or less of it."""

    kept: Path | None = None
    configured: bool = False
    as_json: bool = False
    verbosity: int = 0


_log = _Log()


def configure_logging(verbosity: int, stream: TextIO) -> None:
    """Log to `stream`: warnings; with 1 (`-v`) also what is done, with 2 everything, with level and name.

    Every line passes `redact`, those of other libraries too. The chatty ones stay at warnings, since
    below that they print whole URLs and headers.
    """
    import logging

    class Redacted(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return _plain(redact(super().format(record)))

    handler = logging.StreamHandler(stream)
    handler.setFormatter(Redacted("%(levelname)s %(name)s: %(message)s" if verbosity else "%(message)s"))
    handler.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)])
    handler.addFilter(lambda record: record.name != SAID and (verbosity > 0 or not _is_of_work(record)))
    _log.as_json, _log.verbosity, _log.configured = False, verbosity, True
    _put(handler, "agentos")


def configure_json_logging(stream: TextIO, verbosity: int = 0) -> None:
    """Log to `stream` as JSON lines: every run, what is done, warnings; with 1 every call to a source too,
    with 2 everything. What would be said on stderr for people becomes such a line as well.

    A line has `ts` (UTC), `level`, `logger`, `message`, the ids of what it is `about`, a run's fields, and
    `exception` (type and message). It holds no secret, no newline, no terminal escape: it is plain ASCII.
    """
    import logging

    handler = logging.StreamHandler(stream)
    handler.setFormatter(_json_lines())
    handler.setLevel(logging.DEBUG if verbosity > 1 else logging.INFO)
    _log.as_json, _log.verbosity, _log.configured = True, verbosity, True
    _put(handler, "agentos")


def keep_log(path: Path) -> None:
    """From now on what is logged at `info` and above is kept at `path`, too: see `logbook`. It costs nothing
    before something is."""
    _log.kept = path
    if "logging" in sys.modules:
        _attach()


def quiet_logging() -> None:
    """Unless logging was configured, let only warnings through, redacted."""
    import logging

    if all(handler.name == "agentos.kept" for handler in logging.getLogger().handlers):
        configure_logging(0, sys.stderr)
    _attach()


def log_runs(runs: Iterable[RunRecord]) -> None:
    """One line for each run, with all that its record holds: a warning where it failed."""
    if not _is_listening():
        return
    import logging

    _attach()
    logger = logging.getLogger(RUNS)
    for run in runs:
        how = f"ran in {run.duration_ms} ms" if run.success else f"failed: {run.error}"
        fields = {
            "work": run.work, "name": run.name, "timestamp": run.started_at.isoformat(),
            "duration_ms": run.duration_ms, "success": run.success, "metrics": run.metrics,
            "error": run.error,
        }  # fmt: skip
        subject = {run.work: run.name} if run.work in {"agent", "source"} else {}
        with about(run=run.run_id, **subject):
            level = logging.INFO if run.success else logging.WARNING
            logger.log(level, "%s %s %s", run.work, run.name, how, extra={"fields": fields})


def log_work(name: str, text: str, *, failed: bool = False, **fields: Figure) -> None:
    """One line of what the house did by itself: `name` is what did it (tick, heartbeat, relay). It is not
    said to the person."""
    _log_line(f"{WORK}{name}", "warning" if failed else "info", text, fields)


def log_failure(what: str, code: str) -> None:
    """That a command ended with an error, which is told to the person elsewhere."""
    _log_line(SAID, "error", what, {"code": code})


def _keep_said(level: str, text: str) -> None:
    """Keep what was said to the person; on a stream of JSON lines it is said by this."""
    _log_line(SAID, level, text, {})


def _log_line(logger: str, level: str, text: str, fields: Mapping[str, Figure]) -> None:
    if not _is_listening():
        return
    import logging

    _attach()
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.getLogger(logger).log(number, "%s", text, extra={"fields": fields})


def _is_of_work(record: logging.LogRecord) -> bool:
    """Whether it is of what was done, which people hear of otherwise unless they asked for more."""
    return record.name == RUNS or record.name.startswith(WORK)


def logs_json() -> bool:
    """Whether stderr is a stream of JSON lines."""
    return _log.as_json


def _is_listening() -> bool:
    return _log.configured or _log.kept is not None


def _attach() -> None:
    """Keep what is logged, if it is to be kept."""
    import logging

    root = logging.getLogger()
    if _log.kept is None or any(handler.name == "agentos.kept" for handler in root.handlers):
        return
    from agentos_cli.logbook.handlers import Keeper

    handler = Keeper(lambda: _log.kept)
    handler.setFormatter(_json_lines())
    _put(handler, "agentos.kept")


def _json_lines() -> logging.Formatter:
    from agentos_cli.logbook.handlers import JsonLines

    return JsonLines(_one_line, _subject)


def _put(handler: logging.Handler, name: str) -> None:
    """Put a handler in the place of the one of that name, and let as much through as ours ask for."""
    import logging

    root, handler.name = logging.getLogger(), name
    for old in [each for each in root.handlers if each.name == name]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(min(each.level for each in root.handlers if (each.name or "").startswith("agentos")))
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger(CALLS).setLevel(logging.NOTSET if _log.verbosity else logging.WARNING)
    _attach()


def _plain(text: str) -> str:
    """Without terminal escapes and other control characters: messages may quote what came from outside."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\ufffd" for sign in text)


def _one_line(text: str) -> str:
    """Without secrets and control characters, on one line."""
    return _plain(redact(text)).replace("\n", " ").replace("\t", " ")
