"""Over real TLS: a certificate nobody vouches for is refused, one that is trusted is read."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agentos_cli.errors import Retryable
from agentos_cli.http import Http, Limits
from agentos_cli.resilience.gate import OpenGate

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")

READ = """
import sys
from agentos_cli.http import Http
from agentos_cli.resilience.gate import OpenGate
print(Http("stripe", OpenGate()).json("GET", sys.argv[1]))
"""


class _Secure(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        return None  # a client that hangs up at the certificate is what we came for


class _Says(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"live": true}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return None


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    made = folder / "both.pem"
    new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    where: list[str | Path] = [
        "-addext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1",
        "-keyout",
        folder / "key",
        "-out",
        folder / "crt",
    ]
    subprocess.run(["openssl", *new.split(), *where], check=True, capture_output=True)
    made.write_text((folder / "key").read_text() + (folder / "crt").read_text())
    return made


@pytest.fixture
def secure(certificate: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = _Secure(("127.0.0.1", 0), _Says)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"https://localhost:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_certificate_nobody_vouches_for_is_refused(secure: str) -> None:
    with (
        Http("stripe", OpenGate(), limits=Limits(attempts=1)) as http,
        pytest.raises(Retryable, match="its certificate could not be verified"),
    ):
        http.json("GET", secure)


def test_a_trusted_certificate_is_read(secure: str, certificate: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", READ, secure],
        env={**os.environ, "SSL_CERT_FILE": str(certificate)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == "{'live': True}\n", run.stderr
