"""Runs a tap: a process of its own with a scrubbed environment, held to a deadline and to memory.

Its output is read as it comes, so that a tap is never faster than the store; its log goes to ours.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import subprocess
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from agentos_cli.clock import monotonic
from agentos_cli.errors import Fatal, Retryable, SourceError
from agentos_cli.redaction import redact

LOG = logging.getLogger(__name__)

PASSED_ON = frozenset({
    "PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
})  # fmt: skip
"""What a tap sees of our environment: nothing in which a key of ours could be."""
LONGEST_LINE = 8 * 1024 * 1024
CHUNK = 64 * 1024
LAST_LINES = 20
LONGEST_LOG_LINE = 2_000
QUIET = 1.0
"""Seconds without output after which a tap that has ended, and left its pipes to others, is over."""
WRONG_USE = frozenset({2, 126, 127})
"""Exit codes that say the same at every try: wrong options, nothing to run."""


@dataclass(frozen=True, slots=True)
class Tap:
    """How one tap is run: `title` is what messages call it, `seconds` what all its runs may take together
    from `began` on (on the monotonic clock)."""

    title: str
    executable: str
    seconds: float
    began: float

    def lines(self, words: Sequence[str], room: Path) -> Iterator[bytes | None]:
        """Each line that the tap prints, run with `words` in the directory `room`; None for one of more than
        8 MB. Whoever stops reading ends the tap.

        Raises Retryable when it fails or is not done at the deadline, Fatal when it cannot be run.
        """
        process = self._started(words, room)
        told: deque[str] = deque(maxlen=LAST_LINES)
        try:
            yield from self._output(process, told)
            left = max(QUIET, self.began + self.seconds - monotonic())
            if (code := process.wait(left)) != 0:
                raise self._failed(code, told)
        except subprocess.TimeoutExpired:
            raise self._late() from None
        finally:
            _end(process)

    def printed(self, words: Sequence[str], room: Path) -> bytes:
        """All that the tap prints. Raises as `lines` does, and Fatal for a line of more than 8 MB."""
        found: list[bytes] = []
        for line in self.lines(words, room):
            if line is None:
                raise Fatal(f"{self.title}: it prints more than can be read")
            found.append(line)
        return b"\n".join(found)

    def _started(self, words: Sequence[str], room: Path) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if name in PASSED_ON}
        try:
            return subprocess.Popen(
                (self.executable, *words),
                env={**environment, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"},
                cwd=room,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as problem:
            raise Fatal(
                f"{self.title}: cannot run {self.executable}: {problem.strerror}",
                fix="agentos connect singer TAP --install",
            ) from None

    def _output(self, process: subprocess.Popen[bytes], told: deque[str]) -> Iterator[bytes | None]:
        out, log = _Lines(), _Lines(longest=CHUNK)
        with selectors.DefaultSelector() as pipes:
            for stream, lines in ((process.stdout, out), (process.stderr, log)):
                os.set_blocking(cast("IO[bytes]", stream).fileno(), False)
                pipes.register(cast("IO[bytes]", stream), selectors.EVENT_READ, lines)
            heard = monotonic()
            while pipes.get_map():
                if monotonic() > self.began + self.seconds:
                    raise self._late()
                for key, _ in pipes.select(QUIET / 4):
                    heard = monotonic()
                    chunk = cast("IO[bytes]", key.fileobj).read(CHUNK)
                    if chunk == b"":
                        pipes.unregister(key.fileobj)
                    if key.data is out:
                        yield from out.take(chunk or b"", last=chunk == b"")
                    else:
                        self._log(log.take(chunk or b"", last=chunk == b""), told)
                if process.poll() is not None and monotonic() - heard > QUIET:
                    break

    def _log(self, lines: Iterator[bytes | None], told: deque[str]) -> None:
        for line in lines:
            if text := (line or b"").decode("utf-8", "replace").strip()[:LONGEST_LOG_LINE]:
                told.append(text)
                LOG.info("%s: %s", self.title, redact(text))

    def _failed(self, code: int, told: Sequence[str]) -> SourceError:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        why = f": {redact(told[-1])[:300]}" if told else ", and said nothing"
        kind = Fatal if code in WRONG_USE else Retryable
        return kind(f"{self.title}: the tap {how}{why}", fix="agentos -v sync shows its log")

    def _late(self) -> Retryable:
        return Retryable(f"{self.title}: the tap was not done within {self.seconds:g} s")


class _Lines:
    """Puts chunks together to lines, and drops what is longer than a line may be."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._rest = bytearray()
        self._dropping = False

    def take(self, chunk: bytes, *, last: bool) -> Iterator[bytes | None]:
        """The lines that are whole now, without their ends; None for one that is too long."""
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            self._rest += part
            yield self._line()
        self._rest += rest
        if len(self._rest) > self._longest:
            self._rest.clear()
            self._dropping = True
        if last and (self._rest or self._dropping):
            yield self._line()

    def _line(self) -> bytes | None:
        line = None if self._dropping or len(self._rest) > self._longest else bytes(self._rest)
        self._rest.clear()
        self._dropping = False
        return line


def _end(process: subprocess.Popen[bytes]) -> None:
    """The tap and all that it started; then what is left of it here."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        cast("IO[bytes]", stream).close()


def flags(tap: Tap, room: Path) -> frozenset[str]:
    """Which of the protocol's options the tap takes, by what it says of itself; older ones differ.

    A tap whose help cannot be had is held to be one that takes the specification's own.
    """
    try:
        text = tap.printed(("--help",), room).decode("utf-8", "replace")
    except SourceError:
        return frozenset({"--catalog", "--discover", "--state"})
    return frozenset(each for each in ("--catalog", "--properties", "--discover", "--state") if each in text)
