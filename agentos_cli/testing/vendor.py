"""A vendor on this machine for a connector's tests: answers each path with what the test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

Query = Mapping[str, str]
Answer = object | Callable[[Query], object]
"""The JSON of an answer, or what makes it of the parameters."""


@contextmanager
def serving(routes: Mapping[str, Answer], *, key: str = "") -> Iterator[str]:
    """The address of a vendor that answers GET and POST of these paths; any other is a 404. With a `key`, a
    request that does not carry it in its Authorization header is a 401."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            allowed = key in (self.headers.get("Authorization") or "").split(" ")[-1:] or not key
            if not allowed:
                return self._answer(401, {"error": "unauthorized"})
            if parts.path not in routes:
                return self._answer(404, {"error": "not found"})
            found = routes[parts.path]
            return self._answer(200, found(query) if callable(found) else found)

        do_POST = do_GET  # noqa: N815

        def _answer(self, status: int, found: object) -> None:
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
