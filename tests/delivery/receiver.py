"""Somebody who takes messages by HTTP on this machine: well, or not at all, or without saying so."""

from __future__ import annotations

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.cli.program import Program, Ran

SECRET = "a-signing-secret-that-nobody-may-see"


class Receiver:
    """Keeps every message that came. `mood` is `well` (200), `away` (503), `cut` (takes it and hangs up) or
    `mute` (takes it and says nothing until it is told to go on)."""

    def __init__(self) -> None:
        self.mood = "well"
        self.came: list[dict[str, Any]] = []
        self.keys: Counter[str] = Counter()
        self.heard, self.go_on = threading.Event(), threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def channel(self, program: Program, name: str, *words: str, keyed: bool = True) -> Ran:
        """`agentos notify add` a webhook that leads here."""
        option = () if keyed else ("--option", "keyed=no")
        return program(
            "notify", "add", name, "--kind", "webhook", "--option", f"address={self.address}", "--private",
            "--keep-in", "file", *option, *words, stdin=SECRET,
        )  # fmt: skip

    def briefs(self) -> list[dict[str, Any]]:
        return [message for message in self.came if message["type"] == "BriefingReady"]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if receiver.mood == "away":
                    return self._answer(503)
                receiver.came.append(message)
                receiver.keys[self.headers["webhook-id"]] += 1
                receiver.heard.set()
                if receiver.mood == "mute":
                    receiver.go_on.wait(60)
                if receiver.mood != "well":
                    self.close_connection = True
                    return None
                return self._answer(200)

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.send_header("X-Request-Id", "req-7")
                self.end_headers()

            def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - its name there
                """Nothing: the test looks at what came."""

        return Handler
