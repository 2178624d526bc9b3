"""A loopback server that behaves as badly as the world does, one behaviour per path."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Act = Callable[["Caller"], None]


class Caller(BaseHTTPRequestHandler):
    """One request. `acts` maps a path to what happens to it; `calls` counts; `seen` are the last headers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or header and body would be 40 ms apart
    acts: dict[str, Act]
    calls: Counter[str]
    seen: dict[str, str]
    bodies: list[bytes]

    def answer_call(self) -> None:
        path = urlsplit(self.path).path
        self.calls[path] += 1
        self.seen.clear()
        self.seen.update({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
        self.bodies.append(self.rfile.read(int(self.headers.get("content-length", 0))))
        try:
            self.acts[path](self)
        except OSError:
            self.close_connection = True  # the client had enough

    do_GET = do_POST = answer_call  # noqa: N815

    def say(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def count(self) -> int:
        return self.calls[urlsplit(self.path).path]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return None


class Hostile:
    """The running server: `on(path, act)` orders a behaviour; `url(path)` is where to meet it."""

    def __init__(self, server: ThreadingHTTPServer, handler: type[Caller]) -> None:
        self._port = server.server_address[1]
        self.acts, self.calls = handler.acts, handler.calls
        self.seen, self.bodies = handler.seen, handler.bodies

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._port}{path}"

    def on(self, path: str, act: Act) -> str:
        self.acts[path] = act
        return self.url(path)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        return None


@contextmanager
def hostile_server() -> Iterator[Hostile]:
    handler = type(
        "Handler", (Caller,), {"acts": {}, "calls": Counter[str](), "seen": {}, "bodies": list[bytes]()}
    )
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Hostile(server, handler)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def text(body: bytes, status: int = 200, **headers: str) -> Act:
    """Answers with exactly this."""
    return lambda call: call.say(body, status, **headers)


def value(found: object, status: int = 200, **headers: str) -> Act:
    return text(json.dumps(found).encode(), status, **headers)


def first(times: int, act: Act, then: Act) -> Act:
    """`act` for the first so many calls on this path, `then` for the rest."""
    return lambda call: (act if call.count() <= times else then)(call)


def reset(call: Caller) -> None:
    """Closes with a TCP reset in the middle of the answer."""
    call.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    call.connection.close()
    call.close_connection = True


def truncated(call: Caller) -> None:
    """Promises 1,000 bytes, sends 9, hangs up."""
    call.say(b'{"rows": [', Content_Length="1000", Connection="close")
    call.close_connection = True


def drip_body(call: Caller) -> None:
    """One byte every 50 ms, never silent for long enough to be a timeout."""
    call.send_response(200)
    call.send_header("Content-Length", "1000")
    call.end_headers()
    _drip(call)


def drip_headers(call: Caller) -> None:
    call.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    _drip(call)


def _drip(call: Caller) -> None:
    for _ in range(1000):
        call.wfile.write(b"a")
        call.wfile.flush()
        time.sleep(0.05)


def silent(call: Caller) -> None:
    """Takes the request and says nothing."""
    time.sleep(3)
    call.close_connection = True


def bomb(call: Caller) -> None:
    """200 kB that become 200 MB."""
    call.say(_BOMB, Content_Encoding="gzip")


_BOMB = gzip.compress(bytes(200_000_000), compresslevel=1)
