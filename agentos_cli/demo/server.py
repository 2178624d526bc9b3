"""The demo company on loopback: one small HTTP/1.1 server that answers as Stripe, HubSpot and Linear.

/stripe/v1/...   /hubspot/crm/v3/...   /linear/graphql
GET /_demo/counts   requests answered or refused, by source
GET, POST, DELETE /_demo/faults   faults in force, ordered ({"stripe": "status:503"}), taken back
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from agentos_cli.clock import sleep
from agentos_cli.demo import damage
from agentos_cli.demo.company.world import World
from agentos_cli.demo.exchange import Reply, Request, Vendor
from agentos_cli.demo.faults import SOURCES, Fault, Faults
from agentos_cli.demo.hubspot.api import HubspotSide
from agentos_cli.demo.linear.api import LinearSide
from agentos_cli.demo.stripe.api import StripeSide
from agentos_cli.errors import UsageProblem

KEYS = {
    "stripe": "demo_fernwick",
    "hubspot": "pat-na1-demo-fernwick",
    "linear": "lin_api_demo_fernwick",
}
LARGEST_BODY = 1 << 20
LOGIN_PAGE = b"<!doctype html><html><head><title>Log in</title></head><body><h1>Log in</h1></body></html>"
OWN_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


class DemoServer:
    """Serves `world` from a thread while the `with` block lasts.

    `urls` are the base addresses to which connectors append /v1/..., /crm/v3/... and /graphql; `keys` what
    they authenticate with. `latency` seconds delay every answer. `port` 0 takes a free one.
    """

    def __init__(
        self, world: World, *, port: int = 0, faults: Faults | None = None, latency: float = 0.0
    ) -> None:
        self.keys = dict(KEYS)
        self.latency = latency
        self.vendors: dict[str, Vendor] = {}
        self.show(world)
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(SOURCES, 0)
        self._faults: dict[str, Fault] = dict(faults.orders) if faults else {}
        self.shift = damage.Shift()
        self._http = _Listener(("127.0.0.1", port), _Handler)
        self._http.demo = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def show(self, world: World) -> None:
        """From the next request on the vendors tell of `world`."""
        self.vendors.update(
            stripe=StripeSide(world, KEYS["stripe"]),
            hubspot=HubspotSide(world, KEYS["hubspot"]),
            linear=LinearSide(world, KEYS["linear"]),
        )

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def urls(self) -> dict[str, str]:
        return {source: f"http://127.0.0.1:{self.port}/{source}" for source in SOURCES}

    @property
    def counts(self) -> dict[str, int]:
        """Requests so far by source, those that were made to fail included."""
        with self._lock:
            return dict(self._counts)

    def order(self, faults: Faults) -> None:
        """Put faults in force; other sources keep theirs."""
        with self._lock:
            self._faults.update(faults.orders)

    def recover(self) -> None:
        """Take all faults back."""
        with self._lock:
            self._faults.clear()

    def in_force(self) -> dict[str, Fault]:
        """The faults that the next requests will meet."""
        with self._lock:
            return dict(self._faults)

    def next(self, source: str, path: str, body: bytes) -> tuple[int, Fault | None]:
        """Count one request of a source, and use up one turn of the fault it meets."""
        with self._lock:
            self._counts[source] += 1
            number, fault = self._counts[source], self._faults.get(source)
            if fault is None or not fault.strikes(number, path, body):
                return number, None
            if fault.times is not None and fault.times > 1:
                self._faults[source] = replace(fault, times=fault.times - 1)
            elif fault.times is not None:
                del self._faults[source]
            return number, fault


def serving(world: World, *, port: int = 0, faults: Faults | None = None, latency: float = 0.0) -> DemoServer:
    """`with serving(world) as demo:` the same as `DemoServer(...)`, and reads as a sentence."""
    return DemoServer(world, port=port, faults=faults, latency=latency)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    demo: DemoServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is its own business."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: _Listener

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: stdout and stderr belong to the command."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            return self._send(Reply(413, {"error": "body too large"}))
        body = self.rfile.read(int(length))
        host = self.headers.get("Host", "").rsplit(":", 1)[0]
        if host not in OWN_HOSTS:
            return self._send(Reply(403, {"error": "only for this machine"}))
        parts = urlsplit(self.path)
        source, _, path = parts.path.lstrip("/").partition("/")
        if source == "_demo":
            return self._send(self._control(path, body))
        if source not in self.server.demo.vendors:
            return self._send(Reply(404, {"error": "nothing here; see /stripe, /hubspot, /linear"}))
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = parse_qs(parts.query, keep_blank_values=True)
        self._vendor(source, Request(self.command, f"/{path}", query, headers, body))
        return None

    def _vendor(self, source: str, request: Request) -> None:
        demo = self.server.demo
        number, fault = demo.next(source, request.path, request.body)
        if demo.latency:
            sleep(demo.latency)
        vendor = demo.vendors[source]
        if fault is None:
            return self._send(vendor.answer(request, number))
        match fault.kind:
            case "latency":
                sleep(fault.value or 0)
                self._send(vendor.answer(request, number))
            case "status" | "dead":
                self._send(vendor.refusal("status", number, status=int(fault.value or 500)))
            case "ratelimit":
                self._send(vendor.refusal("ratelimit", number, wait=int(fault.value or 2)))
            case "ratelimit-bare":
                self._send(vendor.refusal("ratelimit", number))
            case "unauthorized" | "expired":
                self._send(vendor.refusal(fault.kind, number, status=401))
            case "loop":
                looping = Request(
                    request.method, request.path, request.query, request.headers, request.body, loop=True
                )
                self._send(vendor.answer(looping, number))
            case "html":
                self._write(200, LOGIN_PAGE, {"Content-Type": "text/html; charset=utf-8"})
            case "truncate":
                self._truncate(vendor.answer(request, number))
            case "timeout" | "reset" | "down":
                self._hang_up(fault.kind)
            case _:
                self._damaged(fault.kind, request.path, vendor.answer(request, number))
        return None

    def _damaged(self, kind: str, path: str, reply: Reply) -> None:
        """The right answer, but for what is wrong with it."""
        changes: dict[str, damage.Change] = {
            "duplicate": damage.twice,
            "enum": damage.unheard_of,
            "shift": self.server.demo.shift.at(path),
        }
        headers = {"Content-Type": "application/json"}
        if kind in changes:
            self._send(damage.changed(reply, changes[kind]))
        elif kind == "gzip-bomb":
            self._write(200, damage.bomb(), headers | {"Content-Encoding": "gzip"})
        else:
            self._write(reply.status, damage.odd(kind, reply), headers | dict(reply.headers))

    def _hang_up(self, kind: str) -> None:
        """`timeout` keeps silent until the client gives up, `reset` and `down` close at once."""
        self.close_connection = True
        if kind == "timeout":
            self.server.demo.closing.wait(60)
        elif kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _control(self, path: str, body: bytes) -> Reply:
        demo = self.server.demo
        match self.command, path:
            case "GET", "counts":
                return Reply(200, demo.counts)
            case "GET", "faults":
                return Reply(200, {name: str(fault) for name, fault in demo.in_force().items()})
            case "DELETE", "faults":
                demo.recover()
                return Reply(200, {})
            case "POST", "faults":
                try:
                    demo.order(Faults.of(_orders(body)))
                except (UsageProblem, ValueError) as problem:
                    return Reply(400, {"error": str(problem)})
                return Reply(200, {name: str(fault) for name, fault in demo.in_force().items()})
        return Reply(404, {"error": "GET counts; GET, POST or DELETE faults"})

    def _send(self, reply: Reply) -> None:
        self._write(
            reply.status, damage.encoded(reply), {"Content-Type": "application/json"} | dict(reply.headers)
        )

    def _truncate(self, reply: Reply) -> None:
        body = json.dumps(reply.body).encode()
        self.close_connection = True
        self._write(
            reply.status, body[: len(body) // 2], {"Content-Type": "application/json"}, promised=len(body)
        )

    def _write(
        self, status: int, body: bytes, headers: Mapping[str, str], promised: int | None = None
    ) -> None:
        """Head and body in one packet: two would wait for each other's acknowledgement."""
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('',))[0]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines.append(f"Date: {formatdate(usegmt=True)}")
        lines.append(f"Content-Length: {len(body) if promised is None else promised}")
        if self.close_connection:
            lines.append("Connection: close")
        self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


def _orders(body: bytes) -> dict[str, str]:
    orders = json.loads(body or b"{}")
    if not isinstance(orders, dict) or not all(isinstance(value, str) for value in orders.values()):
        raise ValueError('expected an object such as {"stripe": "status:503"}')
    return orders
