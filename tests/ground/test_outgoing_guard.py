"""Where nothing is sent, however the address is spelled, and whatever the name means by then."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest

from agentos_cli.errors import Fatal, Temporary
from agentos_cli.http.guard import Machine, forbidden, place
from agentos_cli.http.outgoing import look_up, post
from tests.ground.hostile import Hostile, text

SPELLED_BADLY = [
    "http://receiver.example/x",
    "ftp://receiver.example/x",
    "file:///etc/passwd",
    "//receiver.example/x",
    "receiver.example/x",
    "https://",
    "https:///x",
    "https://user:pw@receiver.example/x",
    "https://user@receiver.example/x",
    "https://receiver.example:pw@127.0.0.1/x",
    "https://receiver.example\\@127.0.0.1/x",
    "https://receiver.example /x",
    "https://receiver.example/\r\nX-Evil: 1",
    "https://receiver\t.example/",
    "https://receiver.example:22/x",
    "https://receiver.example:25/x",
    "https://receiver.example:0/x",
    "https://receiver.example:99999/x",
    "https://receiver.example:x/x",
    "https://localhost/x",
    "https://metadata/x",
    "https://2130706433/x",
    "https://017700000001/x",
    "https://0x7f000001/x",
    "https://0x7f.1/x",
    "https://127.1/x",
    "https://127.0.1/x",
    "https://0177.0.0.1/x",
    "https://127.0.0.0x1/x",
    "https://127.0.0.1./x",
    "https://receiver.example./x",
    "https://receiver..example/x",
    "https://-receiver.example/x",
    "https://127.0.0.%31/x",
    "https://\uff11\uff12\uff17.0.0.1/x",
    "https://127\u30020\u30020\u30021/x",
    "https://\u2460\u2461\u2466.0.0.1/x",
    "https://[::1%25lo]/x",
    "https://[fe80::1%lo]/x",
    "https://[127.0.0.1]/x",
    "https://[v1.a]/x",
    "https://[::1/x",
]
NOT_FOR_US = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "0.0.0.0",
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "4000::1",
]
NEVER = [
    "169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fe80::1",
    "0.0.0.0", "::", "224.0.0.1", "ff02::1", "::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::a9fe:a9fe",
    "240.0.0.1", "0.1.2.3",
]  # fmt: skip


class Names:
    """A name server of our own: each question takes the next answer, the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Sequence[Machine]:
        self.asked.append((host, port))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [ip_address(each) for each in answer]


@pytest.mark.parametrize("address", SPELLED_BADLY)
def test_an_address_of_an_odd_spelling_is_refused_before_anything_is_looked_up(address: str) -> None:
    names = Names(["127.0.0.1"])
    with pytest.raises(Fatal) as refused:
        post(address, b"{}", {}, resolve=names)
    assert names.asked == []
    assert "/x" not in refused.value.what
    assert "pw" not in refused.value.what


@pytest.mark.parametrize("found", NOT_FOR_US)
def test_a_name_that_means_a_special_machine_is_refused(found: str) -> None:
    with pytest.raises(Fatal, match=r"receiver\.example is .*nothing is sent"):
        post("https://receiver.example/x", b"{}", {}, resolve=Names([found]))


@pytest.mark.parametrize("found", NOT_FOR_US)
def test_so_is_the_machine_itself(found: str) -> None:
    host = f"[{found}]" if ":" in found else found
    with pytest.raises(Fatal):
        post(f"https://{host}/x", b"{}", {})


def test_one_private_machine_among_public_ones_is_enough() -> None:
    with pytest.raises(Fatal, match="a private address"):
        post("https://receiver.example/x", b"{}", {}, resolve=Names(["93.184.216.34", "10.0.0.1"]))


@pytest.mark.parametrize("found", NEVER)
def test_what_is_nobodys_business_stays_so_when_private_ones_are_allowed(found: str) -> None:
    with pytest.raises(Fatal, match="nothing is sent"):
        post("https://receiver.example/x", b"{}", {}, resolve=Names([found]), allow_private=True)


def test_plain_http_goes_no_further_than_the_local_network() -> None:
    with pytest.raises(Fatal, match="without https"):
        post("http://receiver.example/x", b"", {}, resolve=Names(["93.184.216.34"]), allow_private=True)


@pytest.mark.parametrize("found", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_a_public_machine_is_let_through(found: str) -> None:
    assert forbidden(ip_address(found)) is None
    host = f"[{found}]" if ":" in found else found
    assert place(f"https://{host}:8443/x?y").authority == f"{host}:8443"


def test_a_name_that_changes_its_mind_is_checked_at_every_send(vendor: Hostile) -> None:
    vendor.on("/x", text(b"ok"))
    port = vendor.url("/").rsplit(":", 1)[1].strip("/")
    names = Names(["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"])
    address = f"http://receiver.test:{port}/x"
    post(address, b"1", {}, resolve=names, allow_private=True)
    with pytest.raises(Fatal, match="metadata"):
        post(address, b"2", {}, resolve=names, allow_private=True)
    assert vendor.bodies == [b"1"]


def test_the_connection_goes_to_the_machine_that_was_checked_under_the_name(vendor: Hostile) -> None:
    """The name exists nowhere but in our one answer: a second look-up would find nothing."""
    vendor.on("/x", text(b"ok"))
    port = vendor.url("/").rsplit(":", 1)[1].strip("/")
    names = Names(["127.0.0.1"])
    assert (
        post(f"http://receiver.test:{port}/x?a=b%20c", b"1", {}, resolve=names, allow_private=True).body
        == b"ok"
    )
    assert names.asked == [("receiver.test", int(port))]
    assert vendor.seen["host"] == f"receiver.test:{port}"
    assert vendor.seen["path"] == "/x?a=b%20c"


def test_the_next_machine_of_a_name_is_tried_when_the_first_is_not_there(vendor: Hostile) -> None:
    vendor.on("/x", text(b"ok"))
    port = vendor.url("/").rsplit(":", 1)[1].strip("/")
    names = Names(["127.0.0.2", "::1", "127.0.0.1"])
    assert post(f"http://receiver.test:{port}/x", b"1", {}, resolve=names, allow_private=True).status == 200
    assert len(vendor.bodies) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(vendor: Hostile, status: int) -> None:
    target = vendor.on("/inside", text(b"secret"))
    address = vendor.on("/x", text(b"", status, Location=target))
    with pytest.raises(Fatal, match="points to another address"):
        post(address, b"{}", {}, allow_private=True)
    assert vendor.calls["/inside"] == 0


def test_a_proxy_of_the_environment_is_not_used(vendor: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert post(vendor.on("/x", text(b"ok")), b"", {}, allow_private=True).body == b"ok"


def test_a_name_that_is_not_found_is_tried_again_later() -> None:
    def nowhere(host: str, port: int) -> Sequence[Machine]:
        raise OSError("no such name")

    with pytest.raises(Temporary, match=r"its name was not found \(DNS\); nothing was sent"):
        post("https://receiver.example/secret", b"", {}, resolve=nowhere)


def test_the_system_is_asked_for_names() -> None:
    assert ip_address("127.0.0.1") in look_up("localhost", 443)


# ── the name, not the machine, is what TLS is about ──────────────────────────────────────────────────

SEND = """
import json, sys
from ipaddress import ip_address
from agentos_cli.errors import AgentosError
from agentos_cli.http.outgoing import post
try:
    to = lambda host, port: [ip_address("127.0.0.1")]
    print(post(sys.argv[1], b"{}", {}, allow_private=True, resolve=to).body.decode())
except AgentosError as problem:
    print(type(problem).__name__, problem.what)
"""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        return None


class _Says(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        names = getattr(self.server, "names", [])
        said = json.dumps({"host": self.headers["host"], "sni": names[-1]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return None


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[int]:
    """A server whose certificate is for receiver.test alone, and its port."""
    if shutil.which("openssl") is None:
        pytest.skip("makes a certificate with openssl")
    new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=receiver.test"
    where = ["-addext", "subjectAltName=DNS:receiver.test", "-keyout", str(tmp_path / "key")]
    where += ["-out", str(tmp_path / "crt")]
    subprocess.run(["openssl", *new.split(), *where], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    server = _Quiet(("127.0.0.1", 0), _Says)
    names: list[str | None] = []
    server.names = names  # type: ignore[attr-defined]
    context.sni_callback = lambda sock, name, _: names.append(name)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("host", "said"),
    [("receiver.test", '"sni": "receiver.test"'), ("other.test", "Temporary other.test: its certificate")],
)
def test_the_certificate_must_be_the_names(secure: int, tmp_path: Path, host: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SEND, f"https://{host}:{secure}/"],
        env={**os.environ, "SSL_CERT_FILE": str(tmp_path / "crt")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said in done.stdout
    assert ("receiver.test:" in done.stdout) == (host == "receiver.test")
