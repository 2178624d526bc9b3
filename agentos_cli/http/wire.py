"""One attempt over the network: connect, send, read under a clock and a size cap. Alone in using httpx."""

from __future__ import annotations

import logging
import socket
import ssl
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentos_cli.clock import monotonic
from agentos_cli.http.answer import Response
from agentos_cli.http.crew import Crew, LateError
from agentos_cli.http.gathered import Gathered, TurnNotCome

if TYPE_CHECKING:
    import httpx

_PIECE = 256 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class BrokenError(Exception):
    """An attempt that brought no whole answer; the words quote nothing that was sent or received."""


class UnreachableError(BrokenError):
    """No connection came about."""


class UnsendableError(BrokenError):
    """The request itself cannot be sent."""


class TooLateError(BrokenError):
    """The overall deadline came first."""


class TooLargeError(BrokenError):
    """The answer is larger than the cap."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect and to wait for the next bytes; attempts per call; calls per second; calls at
    once; how many bytes an answer may have once decompressed; from how many seconds on it counts as slow."""

    connect: float = 5.0
    read: float = 10.0
    attempts: int = 3
    per_second: float = 20.0
    concurrent: int = 4
    max_bytes: int = 32 * 1024 * 1024
    slow: float = 8.0


def allowed(url: str) -> bool:
    """Whether we send a key there: https anywhere, http on this machine only, no name or password in it."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if not host or parts.fragment or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


@cache
def tls() -> ssl.SSLContext:
    """Whose certificates we believe: the usual ones, or those of SSL_CERT_FILE."""
    import httpx  # 80 ms that only a command which calls out should pay

    return httpx.create_ssl_context()  # reading the certificates takes 30 ms: once, not per source


class Wire:
    """The connections of one source. Thread-safe.

    Proxy settings of the environment (HTTPS_PROXY, NO_PROXY) and SSL_CERT_FILE are honoured, except
    that this machine is always reached directly. Redirects are never followed.
    """

    def __init__(self, name: str, limits: Limits, deadline: float) -> None:
        import httpx

        for chatty in ("httpx", "httpcore"):
            logging.getLogger(chatty).setLevel(logging.WARNING)  # at INFO they print whole URLs
        self._limits = limits
        self._deadline = deadline
        self._crew = Crew(f"call-{name}")
        self._client = httpx.Client(
            verify=tls(),
            follow_redirects=False,
            limits=httpx.Limits(max_connections=limits.concurrent),
            mounts={f"all://{f'[{host}]' if ':' in host else host}": None for host in _LOOPBACK},
        )

    def attempt(
        self, source: str, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Response:
        """Sends once and reads the whole answer. Raises BrokenError or one of its kinds.

        The work is done by a thread of the crew, which is left behind at the deadline.
        """
        try:
            return self._crew.call(
                lambda: self._exchange(source, method, url, headers, body), self._deadline - monotonic()
            )
        except LateError:
            raise TooLateError from None

    def close(self) -> None:
        """Gives the connections back, and lets the crew go."""
        self._crew.close()
        self._client.close()

    def _exchange(
        self, source: str, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Response:
        import httpx

        try:
            with self._client.stream(
                method,
                url,
                headers={**headers, "Accept-Encoding": "gzip"},  # what we decode ourselves, with a cap
                content=body,
                timeout=self._timeout(),
            ) as answer:
                return Response(answer.status_code, dict(answer.headers), self._read(answer), source)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
            if monotonic() >= self._deadline:
                raise TooLateError from None
            raise _plain(problem) from None  # its own text may quote a URL or a header

    def _timeout(self) -> httpx.Timeout:
        import httpx

        left = self._deadline - monotonic()
        if left <= 0:
            raise TooLateError
        limits = self._limits
        return httpx.Timeout(min(limits.read, left), connect=min(limits.connect, left))

    def _read(self, answer: httpx.Response) -> bytes:
        """The body, decompressed, as long as the clock and the cap allow."""
        body = Gathered(self._limits.max_bytes)
        try:
            for piece in _decoded(answer.iter_raw(), answer.headers.get("content-encoding", "")):
                if not body.add(piece, self._deadline - monotonic()):
                    raise TooLargeError(f"an answer of more than {self._limits.max_bytes >> 20} MiB")
                if monotonic() >= self._deadline:
                    raise TooLateError
            return body.whole()
        except TurnNotCome:
            raise TooLateError from None
        finally:
            body.close()


def _decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Undoes gzip in small pieces, so that a bomb meets the cap before it meets the memory."""
    if encoding.lower() in ("", "identity"):
        yield from chunks
        return
    if encoding.lower() not in ("gzip", "x-gzip"):
        raise BrokenError("an answer in an encoding we did not ask for")
    inflate = zlib.decompressobj(wbits=31)
    begun = False  # an answer without a body may still be labelled gzip
    try:
        for chunk in chunks:
            begun = True
            yield inflate.decompress(chunk, _PIECE)
            while inflate.unconsumed_tail:
                yield inflate.decompress(inflate.unconsumed_tail, _PIECE)
            if inflate.eof:
                return
        yield inflate.flush()
    except zlib.error:
        raise BrokenError("a damaged answer") from None
    if begun and not inflate.eof:
        raise BrokenError("an answer that was cut off")


def _plain(problem: Exception) -> BrokenError:
    """What went wrong in our own words, by kind."""
    import httpx

    if isinstance(problem, httpx.ConnectTimeout):
        return UnreachableError("no connection in time")
    if isinstance(problem, httpx.ConnectError | httpx.ProxyError):
        return UnreachableError(why_unreachable(problem))
    if isinstance(problem, httpx.TimeoutException):
        return BrokenError("no answer in time")
    if isinstance(problem, httpx.RemoteProtocolError):
        return BrokenError("an answer that was cut off or is not HTTP")
    if isinstance(problem, httpx.NetworkError | OSError):
        return BrokenError("the connection was reset")
    return UnsendableError(
        "the request cannot be sent: its address or a header (the key?) has a character too many"
    )


def why_unreachable(problem: BaseException) -> str:
    """Why no connection came about, in a few words of ours."""
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "its name was not found (DNS)"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "its certificate could not be verified"
        if isinstance(cause, ssl.SSLError):
            return "no secure connection (TLS)"
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        cause = cause.__cause__ or cause.__context__
    return "a proxy refused" if type(problem).__name__ == "ProxyError" else "no connection"
