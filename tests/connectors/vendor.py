"""A vendor on loopback whose answers a test writes, and the way to it: real sockets, real HTTP path."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from agentos_cli.connectors.catalogue import CATALOGUE, Spec
from agentos_cli.connectors.fields import keeper
from agentos_cli.connectors.reading import none_read
from agentos_cli.contract import Access, Batch, Found, Page, Raw, Skipped
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


class Always(dict[str, Answer]):
    """Routes that lead every path to one function."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def get(self, key: str, default: object = None) -> Answer:
        return self._answer


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
        yield Access(http, key, url, options, NOW, "USD", source=name)


def read(name: str, url: str, *, key: str = "key", **options: str) -> dict[str, Batch]:
    """Everything the connector `name` brings from `url`, by kind."""
    spec = CATALOGUE[name]
    with reaching(name, url, key=key, **options) as access:
        if spec.streams() is None:
            return {found.noun.kind: found for found in spec.fetch()(access)}
        kept = Kept(spec)
        for page in spec.feed()(access, {}, True):
            kept.take(page)
        found = together(spec.derive()(kept.all(), access))
        apart = together(each for part in kept.parts() for each in spec.derive()(part, access))
        for kind, each in found.items():
            unread = [skipped for skipped in each.skipped if not skipped.aside]
            if unread and not each.records:
                raise none_read(spec.title, kind, len(unread), unread[0])
        assert {kind: ids(each) for kind, each in apart.items()} == {k: ids(e) for k, e in found.items()}
        return found


class Kept:
    """What the pages of a feed leave behind, as the store keeps it: declared fields alone, the last of each
    id, by group."""

    def __init__(self, spec: Spec) -> None:
        self.streams = spec.streams() or {}
        self._records: dict[tuple[str, str], tuple[str, Raw]] = {}
        self._keepers = {name: keeper(stream.fields) for name, stream in self.streams.items()}

    def take(self, page: Page) -> None:
        stream = self.streams[page.stream]
        for raw in page.records:
            assert isinstance(raw, Mapping)
            record = self._keepers[page.stream](raw)
            name = str(record[stream.key])
            group = "" if stream.group is None else stream.group(record) or name
            self._records[page.stream, name] = (group, record)
        for name in page.gone:
            self._records.pop((page.stream, name), None)

    def all(self) -> Found:
        """Everything as one part."""
        return Found(self._of(lambda group: True), self._shared(), True)

    def parts(self) -> Iterator[Found]:
        """Each group alone, the shared streams first."""
        groups = dict.fromkeys(group for group, _ in self._records.values() if group)
        yield Found(self._shared(), self._shared(), True)
        for group in groups:
            yield Found(self._of(group.__eq__), self._shared(), False)

    def _shared(self) -> dict[str, list[Raw]]:
        found = self._of(lambda group: group == "")
        return {name: found[name] for name, stream in self.streams.items() if stream.group is None}

    def _of(self, wanted: Callable[[str], bool]) -> dict[str, list[Raw]]:
        made: dict[str, list[Raw]] = {name: [] for name in self.streams}
        for (stream, _), (group, raw) in self._records.items():
            if wanted(group):
                made[stream].append(raw)
        return made


def together(batches: Iterable[Batch]) -> dict[str, Batch]:
    """By kind, what several parts brought."""
    found: dict[str, Batch] = {}
    for each in batches:
        before = found.get(each.noun.kind, Batch(each.noun, ()))
        found[each.noun.kind] = replace(
            each, records=before.records + each.records, skipped=before.skipped + each.skipped
        )
    return found


def ids(found: Batch) -> tuple[list[str], list[Skipped]]:
    """What is compared of two ways to the same records."""
    return sorted(map(repr, found.records)), sorted(found.skipped, key=repr)


def checked(name: str, url: str, *, key: str = "key", **options: str) -> str:
    """What the connector `name` says of its account."""
    with reaching(name, url, key=key, **options) as access:
        return CATALOGUE[name].check()(access)


def one(found: Batch, noun: type[Noun]) -> Any:
    """The only record of a batch."""
    assert found.noun is noun
    (record,) = found.records
    return record
