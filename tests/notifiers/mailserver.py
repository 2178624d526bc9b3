"""A mail server on this machine that follows a script: what it says to each command, and when it hangs up."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

HANG_UP = "-"
SILENT = "..."

USUAL = {
    "greeting": "220 mail.test ESMTP",
    "EHLO": "250-mail.test\r\n250 8BITMIME",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go ahead",
    "body": "250 2.0.0 queued as 4XyZ",
    "QUIT": "221 bye",
}


class Mailbox:
    """What came in: the commands, and the mails as they were sent."""

    def __init__(self, script: dict[str, str]) -> None:
        self.script = USUAL | script
        self.commands: list[str] = []
        self.mails: list[bytes] = []
        self.port = 0


class _Talk(socketserver.StreamRequestHandler):
    box: Mailbox

    def handle(self) -> None:
        try:
            self._talk()
        except OSError:
            return

    def _talk(self) -> None:
        if not self._say("greeting"):
            return
        while line := self.rfile.readline():
            command = line.decode("latin-1").strip()
            self.box.commands.append(command)
            verb = command.split(" ")[0].upper()
            name = command if command in self.box.script else verb
            if not self._say(name):
                return
            if verb == "DATA" and self.box.script["DATA"].startswith("354"):
                self.box.mails.append(self._body())
                if not self._say("body"):
                    return

    def _body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, name: str) -> bool:
        said = self.box.script.get(name, "500 what?")
        if said == SILENT:
            threading.Event().wait(3)
        if said in (HANG_UP, SILENT):
            return False
        self.wfile.write(said.encode() + b"\r\n")
        return True


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        return None


@contextmanager
def mail_server(**script: str) -> Iterator[Mailbox]:
    """`script`: what it says instead, by command (`RCPT`), whole command, `greeting` or `body`."""
    box = Mailbox(script)
    handler = type("Handler", (_Talk,), {"box": box})
    with _Server(("127.0.0.1", 0), handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
