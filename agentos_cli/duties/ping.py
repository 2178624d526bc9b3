"""The dead-man's switch: somebody elsewhere hears of every tick, and speaks up when none comes any more."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentos_cli import telemetry
from agentos_cli.clock import monotonic
from agentos_cli.errors import AgentosError
from agentos_cli.redaction import redact

if TYPE_CHECKING:
    from agentos_cli.app import App

LOG = logging.getLogger(__name__)

BEGIN_SECONDS = 5.0
END_SECONDS = 10.0
"""The most that a tick waits for the switch, what is left of its beginning included."""
INTERRUPTED_SECONDS = 2.0
"""The same for a tick that was told to end: whoever told it does not wait long."""
TRIES = 2
MOST_BYTES = 10_000
"""As much of a failure's last lines as every such service keeps."""


@dataclass(slots=True)
class Told:
    """What goes along with the end of a tick: lines, and whether it failed though nothing was raised."""

    lines: deque[str] = field(default_factory=lambda: deque(maxlen=200))
    failed: bool = False

    def say(self, line: str) -> None:
        """One more line, for whoever has to find out what happened."""
        self.lines.append(line)

    def fail(self, why: str) -> None:
        """The tick went on to its end, and yet something in it failed."""
        self.failed = True
        self.say(why)


@contextmanager
def pinged(house: App, stop: threading.Event | None = None) -> Iterator[Told]:
    """Tell the address of `[schedule] ping` that a tick begins (`/start`), and how it ended: the address
    itself, or `/fail` with the last lines that were logged, when the block raises or says `told.fail(why)`.

    The beginning is told beside the block and delays nothing; the end takes END_SECONDS at most, and
    INTERRUPTED_SECONDS once `stop` is set. Nothing is raised but what the block raises. Works with
    Healthchecks and whatever takes the same three addresses: https://healthchecks.io/docs/http_api
    """
    told, url = Told(), house.loaded.settings.schedule.ping.rstrip("/")
    if not url:
        yield told
        return
    begin = threading.Thread(target=_send, args=(f"{url}/start", "", BEGIN_SECONDS), daemon=True)
    begin.start()
    interrupted = False
    try:
        with _listening(told.lines):
            yield told
    except BaseException as error:
        told.fail(f"{type(error).__name__}: {error}")
        interrupted = not isinstance(error, Exception)
        raise
    finally:
        hurry = interrupted or (stop is not None and stop.is_set())
        seconds = INTERRUPTED_SECONDS if hurry else END_SECONDS
        until = monotonic() + seconds
        begin.join(seconds / 2)
        address = f"{url}/fail" if told.failed else url
        _send(address, body(told.lines) if told.failed else "", until - monotonic())


def report_failure(house: App, lines: Iterable[str]) -> bool:
    """Tell of a tick that cannot tell it itself, since it was ended or never began. Whether it was heard."""
    url = house.loaded.settings.schedule.ping.rstrip("/")
    return bool(url) and _send(f"{url}/fail", body(lines), END_SECONDS)


def body(lines: Iterable[str]) -> str:
    """The last lines that fit into MOST_BYTES, without secrets."""
    whole = redact("\n".join(lines)).encode(errors="replace")
    return whole[-MOST_BYTES:].decode(errors="ignore")


@contextmanager
def _listening(lines: deque[str]) -> Iterator[None]:
    """Keep a copy of what is logged meanwhile."""

    class Copy(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")

    telemetry.quiet_logging()  # or our handler would count as the one that prints
    copy, root = Copy(), logging.getLogger()
    root.addHandler(copy)
    try:
        yield
    finally:
        root.removeHandler(copy)


def _send(url: str, text: str, seconds: float) -> bool:
    """Whether the switch took it. What goes wrong is logged and no more: silence is what it listens for."""
    from agentos_cli.http import Http, Limits
    from agentos_cli.resilience.gate import OpenGate

    limits = Limits(connect=seconds / 2, read=seconds / 2, attempts=TRIES, max_bytes=64 * 1024)
    try:
        with Http(
            "ping", OpenGate(), title="the dead-man's switch", deadline_seconds=seconds, limits=limits
        ) as http:
            answer = http.send("POST", url, body=text.encode(), repeatable=True)
    except AgentosError as problem:
        LOG.info("%s", problem)
        return False
    if answer.status >= 300:
        LOG.warning("the dead-man's switch does not know the address of [schedule] ping (%d)", answer.status)
    return answer.status < 300
