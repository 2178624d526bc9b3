"""A dead-man's switch on this machine: keeps what it is told, and can be slow or deaf."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Switch:
    """`heard` are pairs of path and body in the order in which they came."""

    url: str = ""
    heard: list[tuple[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    delay: threading.Event | None = None

    def paths(self) -> list[str]:
        return [path for path, _ in self.heard]

    def wait(self, count: int, seconds: float = 30) -> None:
        """Until it has heard so many."""
        until = time.monotonic() + seconds
        while len(self.heard) < count:
            assert time.monotonic() < until, f"heard only {self.heard}"
            time.sleep(0.02)


@contextmanager
def switch() -> Iterator[Switch]:
    """A switch that listens; `statuses` are what it answers next, 200 after them."""
    kept = Switch()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            kept.heard.append((self.path, text))
            if kept.delay is not None:
                kept.delay.wait(60)
            self.send_response(kept.statuses.pop(0) if kept.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        kept.url = f"http://127.0.0.1:{server.server_port}/ping/abc"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield kept
        if kept.delay is not None:
            kept.delay.set()
        server.shutdown()
