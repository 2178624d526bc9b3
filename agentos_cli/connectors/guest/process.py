"""Runs a guest: a process of its own for code that others wrote, with little given and nothing trusted.

For each line on its stdin it answers with lines on stdout. It has a scrubbed environment, a process group of
its own, limits of memory and processor time (which it sets before it imports anything), and an end: at the
deadline, or when it is not needed any more, the whole group is killed.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import TracebackType

from agentos_cli.clock import monotonic
from agentos_cli.errors import Fatal, Retryable

LOG = logging.getLogger(__name__)

LONGEST_LINE = 8 * 1024 * 1024
PIECE = 64 * 1024
MOST_SAID = 20_000
"""How many characters of a guest's stderr reach the log."""
PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONUTF8",
    "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "all_proxy",
    "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""What a guest sees of our environment: where things are, and how the network is reached. No AGENTOS_...,
and no variable that a key may be kept in."""


class Guest:
    """One guest at work. `close`, or leaving the `with`, ends it and all that it started."""

    def __init__(self, title: str) -> None:
        self._title, self._said, self._rest, self._closed = title, 0, bytearray(), False
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "agentos_cli.connectors.guest"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(os.environ),
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._in, self._out, self._err = (
            stream.fileno() for stream in (self._process.stdin, self._process.stdout, self._process.stderr)
        )
        os.set_blocking(self._in, False)

    def __enter__(self) -> Guest:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it; a second time there is nothing to do, and its number may be another's."""
        if self._closed:
            return
        self._closed = True
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with suppress(OSError):
                assert stream
                stream.close()

    def lines(self, request: bytes, seconds: float, most: int) -> Iterator[bytes]:
        """What the guest answers, line by line, until nobody asks on or it has left. Raises Retryable after
        so many `seconds`, Fatal for a line that is too long or an answer of more than `most` bytes."""
        total = 0
        for part in self._parts(request, seconds):
            total += len(part)
            self._rest += part
            *whole, tail = self._rest.split(b"\n")
            self._rest = tail
            yield from map(bytes, whole)
            if len(self._rest) > LONGEST_LINE:
                raise Fatal(f"the {self._title} connector broke: it sent a line of more than 8 MB")
            if total > most:
                raise Fatal(f"the {self._title} connector broke: it sent more than {most // 1024**2} MB")

    def how_it_ended(self) -> str:
        """Of a guest that has no more to say: how it left, in words."""
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return "it closed its answer before it was done"
        if code >= 0:
            return f"it ended the process with exit code {code} before it was done"
        if -code == signal.SIGXCPU:
            return "it used up its processor time"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return f"its process was ended by {name}"

    def _parts(self, request: bytes, seconds: float) -> Iterator[bytes]:
        """Pieces of stdout as they come, while the request goes in and stderr goes to the log."""
        waiting, deadline, poll = memoryview(request), monotonic() + seconds, select.poll()
        poll.register(self._in, select.POLLOUT)
        for each in (self._out, self._err):
            poll.register(each, select.POLLIN)
        while True:
            left = deadline - monotonic()
            ready = poll.poll(max(0.0, left) * 1000) if left > 0 else []
            if not ready:
                raise Retryable(f"{self._title} did not finish within {seconds:g} s")
            for handle, _ in ready:
                if handle == self._in:
                    waiting = self._hand_in(waiting)
                    if not waiting:
                        poll.unregister(self._in)  # it stays open: its end tells the guest that we are gone
                    continue
                part = os.read(handle, PIECE)
                if handle == self._err:
                    self._log(part)
                    if not part:
                        poll.unregister(self._err)
                elif part:
                    yield part
                else:
                    return

    def _hand_in(self, waiting: memoryview) -> memoryview:
        try:
            return waiting[os.write(self._in, waiting[:PIECE]) :]
        except BlockingIOError:
            return waiting
        except OSError:  # it is gone; its answer, or the lack of one, will tell
            return waiting[:0]

    def _log(self, part: bytes) -> None:
        text = part.decode("utf-8", "replace").strip()
        if text and self._said < MOST_SAID:
            self._said += len(text)
            LOG.info("%s says: %s", self._title, text[:MOST_SAID])


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """What a guest sees of our environment."""
    kept = {name: ours[name] for name in PASSED_ON if name in ours}
    return {**kept, "MALLOC_ARENA_MAX": "2", "PYTHONDONTWRITEBYTECODE": "1"}
