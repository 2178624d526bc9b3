"""A vendor on loopback whose answers a test writes, and the way to it: real sockets, real HTTP path."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.contract import Access, Batch
from agentos_cli.http import Http
from agentos_cli.resilience.gate import OpenGate
from agents.nouns import Noun

NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
Shape = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived; `query` has the last value of each parameter."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is not 200."""

    status: int
    body: object
    headers: Mapping[str, str]


Answer = Callable[[Call], object]


class Vendor:
    """Answers each path with what its function gives; an unknown path is a 404. `calls` is what came."""

    def __init__(self, routes: Mapping[str, Answer]) -> None:
        self.calls: list[Call] = []
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                vendor._answer(self, routes)

            do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def _answer(self, handler: BaseHTTPRequestHandler, routes: Mapping[str, Answer]) -> None:
        parts = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        call = Call(parts.path, query, dict(handler.headers.items()), body)
        self.calls.append(call)
        route = routes.get(parts.path)
        found = route(call) if route else Refusal(404, {"error": {"type": "invalid_request_error"}}, {})
        reply = found if isinstance(found, Refusal) else Refusal(200, found, {})
        payload = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        handler.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(payload)))
        handler.end_headers()
        handler.wfile.write(payload)


@contextmanager
def reaching(name: str, url: str, *, key: str = "key", **options: str) -> Iterator[Access]:
    """Access to the source `name` at `url`."""
    with Http(name, OpenGate(), sleep=lambda _: None) as http:
        yield Access(http, key, url, options, NOW, "USD")


def read(name: str, url: str, *, key: str = "key", **options: str) -> dict[str, Batch]:
    """Everything the connector `name` brings from `url`, by kind."""
    with reaching(name, url, key=key, **options) as access:
        return {found.noun.kind: found for found in CATALOGUE[name].fetch()(access)}


def checked(name: str, url: str, *, key: str = "key", **options: str) -> str:
    """What the connector `name` says of its account."""
    with reaching(name, url, key=key, **options) as access:
        return CATALOGUE[name].check()(access)


def one(found: Batch, noun: type[Noun]) -> Any:
    """The only record of a batch."""
    assert found.noun is noun
    (record,) = found.records
    return record
