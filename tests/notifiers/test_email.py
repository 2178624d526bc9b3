"""Mail, as a server on this machine gets it: its parts, its headers, and every way of not arriving."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from agentos_cli.errors import AgentosError, CredentialProblem, Fatal, Temporary, Unconfirmed
from agentos_cli.events import Priority
from agentos_cli.notifiers import email
from agentos_cli.notifiers.catalogue import CHANNELS
from agentos_cli.notifiers.fitting import sound
from agentos_cli.notifiers.message import Message, Target
from tests.notifiers.mailserver import HANG_UP, SILENT, Mailbox, mail_server
from tests.notifiers.samples import MESSAGE, TROUBLE, troubled

TO = "Boss <boss@example.com>, ops@example.com"


def target(port: int, secret: str | None = None, **more: str) -> Target:
    options = {
        "host": "127.0.0.1",
        "port": str(port),
        "security": "none",
        "from": "Acme <briefs@acme.example>",
    }
    return Target({**options, "to": TO, **more}, secret)


def send(box: Mailbox, message: Message = MESSAGE) -> str | None:
    return CHANNELS["email"].send(message, target(box.port))


def failure(box: Mailbox, **more: str) -> AgentosError:
    with pytest.raises(AgentosError) as caught:
        CHANNELS["email"].send(MESSAGE, target(box.port, **more))
    return caught.value


def read(box: Mailbox) -> EmailMessage:
    made = message_from_bytes(box.mails[-1], policy=default)
    assert isinstance(made, EmailMessage)
    return made


def content(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_mail_has_a_plain_text_and_the_same_in_html() -> None:
    with mail_server() as box:
        assert send(box) == "250 2.0.0 queued as 4XyZ"
        mail = read(box)
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert content(mail, "plain") == MESSAGE.text
    assert content(mail, "html").strip() == MESSAGE.html
    assert box.commands[0] == "ehlo acme.example"
    assert box.commands[1:5] == [
        "mail FROM:<briefs@acme.example>",
        "rcpt TO:<boss@example.com>",
        "rcpt TO:<ops@example.com>",
        "data",
    ]


def test_its_headers_say_who_when_what_and_that_a_program_wrote_it() -> None:
    with mail_server() as box:
        send(box, replace(MESSAGE, priority=Priority.HIGH, subject="Zürich ✓ one decision"))
        mail = read(box)
    assert mail["Subject"] == "Zürich ✓ one decision"
    assert mail["From"] == "Acme <briefs@acme.example>"
    assert mail["To"] == TO
    assert mail["Date"] == "Mon, 23 Nov 2026 07:00:06 +0000"
    assert mail["List-Id"] == "agentos <agentos.acme.example>"
    assert (mail["Auto-Submitted"], mail["Importance"]) == ("auto-generated", "high")
    assert b"\nSubject: =?utf-8?" in box.mails[-1]


def test_each_attempt_has_the_same_message_id_and_each_message_its_own() -> None:
    with mail_server() as box:
        for message in (MESSAGE, replace(MESSAGE, subject="x"), replace(MESSAGE, key="evt_2:team")):
            send(box, message)
        first, again, other = (message_from_bytes(mail)["Message-ID"] for mail in box.mails)
    assert first == again != other
    assert first.endswith("@acme.example>")


@pytest.mark.parametrize("trouble", TROUBLE)
def test_text_from_outside_stays_text(trouble: str) -> None:
    with mail_server() as box:
        send(box, troubled(TROUBLE[trouble]))
        mail = read(box)
    assert sorted(mail.keys()) == sorted(read_headers())
    assert not mail.defects
    assert len([each for each in box.commands if each.lower().startswith("mail")]) == 1
    assert all(len(line) <= 1000 for line in box.mails[-1].splitlines(keepends=True))
    assert len(str(mail["Subject"])) <= 200
    assert content(mail, "plain").strip() == sound(TROUBLE[trouble]).strip()


def read_headers() -> list[str]:
    with mail_server() as box:
        send(box)
        return list(read(box).keys())


REFUSALS: list[tuple[dict[str, str], type[AgentosError], str]] = [
    ({"greeting": "421 busy"}, Temporary, "421"),
    ({"greeting": "554 no"}, Fatal, "554"),
    ({"greeting": HANG_UP}, Temporary, "nothing was sent"),
    ({"greeting": "HTTP/1.1 400 Bad Request"}, Temporary, "nothing was sent"),
    ({"MAIL": "451 later"}, Temporary, "451"),
    ({"MAIL": "550 5.7.1 not you"}, Fatal, "not you"),
    ({"RCPT": "450 greylisted"}, Temporary, "greylisted"),
    ({"RCPT": "550 5.1.1 no such user"}, Fatal, "no such user"),
    ({"RCPT": HANG_UP}, Temporary, "nothing was sent"),
    ({"DATA": "451 later"}, Temporary, "451"),
    ({"DATA": "554 no"}, Fatal, "554"),
    ({"body": "452 disk full"}, Temporary, "disk full"),
    ({"body": "554 5.7.1 looks like \x1b[31mspam"}, Fatal, "looks like"),
    ({"body": HANG_UP}, Unconfirmed, "may have arrived"),
]


@pytest.mark.parametrize(("script", "expected", "said"), REFUSALS)
def test_each_failure_has_its_name(script: dict[str, str], expected: type[AgentosError], said: str) -> None:
    with mail_server(**script) as box:
        problem = failure(box)
    assert type(problem) is expected
    assert said in problem.what
    assert problem.what.isprintable()


def test_a_server_that_falls_silent_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email, "SECONDS", 0.3)
    started = time.monotonic()
    for script, expected in (({"body": SILENT}, Unconfirmed), ({"RCPT": SILENT}, Temporary)):
        with mail_server(**script) as box:
            assert type(failure(box)) is expected
    assert time.monotonic() - started < 3


def test_nobody_there_is_safe_to_try_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Temporary, match=r"127\.0\.0\.1: connection refused; nothing was sent"):
        CHANNELS["email"].send(MESSAGE, target(port))


def test_what_the_server_says_after_it_took_the_mail_changes_nothing() -> None:
    for after in (HANG_UP, SILENT, "421 gone"):
        with mail_server(QUIT=after) as box:
            started = time.monotonic()
            assert send(box) == "250 2.0.0 queued as 4XyZ"
            assert time.monotonic() - started < 2


def test_one_wrong_receiver_does_not_keep_it_from_the_others() -> None:
    with mail_server(**{"rcpt TO:<ops@example.com>": "550 no such user"}) as box:
        assert send(box) == "250 2.0.0 queued as 4XyZ; not to ops@example.com (550)"
        assert len(box.mails) == 1


def test_no_password_goes_out_in_the_clear() -> None:
    with mail_server(EHLO="250-mail.test\r\n250 AUTH PLAIN LOGIN") as box:
        with pytest.raises(CredentialProblem, match="without encryption"):
            CHANNELS["email"].send(MESSAGE, target(box.port, "hunter2hunter2"))
        assert not any("AUTH" in command for command in box.commands)


def test_a_server_without_encryption_gets_nothing_unless_that_is_meant() -> None:
    with mail_server() as box:
        assert type(failure(box, security="starttls")) is Temporary
        assert type(failure(box, security="")) is Temporary
        assert box.mails == []


# ── over TLS, with a password, to a real mail server ────────────────────────────────────────────────

SERVE = """
import asyncio, ssl, sys, threading
from email import message_from_bytes
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from agentos_cli.errors import AgentosError
from agentos_cli.notifiers.catalogue import CHANNELS
from agentos_cli.notifiers.message import Target
from tests.notifiers.samples import MESSAGE

implicit, password, host = sys.argv[2] == "tls", sys.argv[3], sys.argv[4]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
got = []

class Handler:
    async def handle_DATA(self, server, session, envelope):
        got.append((envelope, session.authenticated, session.ssl is not None or implicit))
        return "250 2.0.0 taken"

def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=data == LoginPassword(b"briefs", b"right canary"), handled=False)

def talk():
    return SMTP(Handler(), hostname="mail.test", require_starttls=not implicit, authenticator=authenticate,
                tls_context=None if implicit else context, auth_required=True, auth_require_tls=not implicit)

loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()
opening = loop.create_server(talk, "127.0.0.1", 0, ssl=context if implicit else None)
server = asyncio.run_coroutine_threadsafe(opening, loop).result()
options = {"host": host, "port": str(server.sockets[0].getsockname()[1]), "security": sys.argv[2],
           "from": "briefs@acme.example", "to": "boss@example.com", "user": "briefs"}
try:
    print(CHANNELS["email"].send(MESSAGE, Target(options, password)))
    envelope, authenticated, encrypted = got[0]
    print(authenticated, encrypted, envelope.rcpt_tos, message_from_bytes(envelope.content)["Subject"])
except AgentosError as problem:
    print(type(problem).__name__, problem.what, len(got))
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("makes a certificate with openssl")
    folder = tmp_path_factory.mktemp("tls")
    new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    where = ["-addext", "subjectAltName=DNS:localhost", "-keyout", f"{folder}/key", "-out", f"{folder}/crt"]
    subprocess.run(["openssl", *new.split(), *where], check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "key").read_text() + (folder / "crt").read_text())
    return both


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("password", "host", "said"),
    [
        (
            "right canary",
            "localhost",
            "250 2.0.0 taken\nTrue True ['boss@example.com'] Acme: one decision today",
        ),
        ("wrong canary", "localhost", "CredentialRefused localhost refused the password (535) 0"),
        (
            "right canary",
            "127.0.0.1",
            "Temporary 127.0.0.1: its certificate could not be verified; nothing was sent 0",
        ),
    ],
)
def test_the_password_is_given_over_tls_to_who_has_the_names_certificate(
    certificate: Path, security: str, password: str, host: str, said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(certificate), security, password, host],
        env={**os.environ, "SSL_CERT_FILE": str(certificate), "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == said, done.stderr
    assert "canary" not in done.stderr
