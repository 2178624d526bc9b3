"""One contract for every kind of channel: what each way of failing is called, and that no secret is told."""

from __future__ import annotations

import ast
import logging
import socket
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from agentos_cli.errors import (
    AgentosError,
    CredentialProblem,
    CredentialRefused,
    Fatal,
    RateLimited,
    Temporary,
    Unconfirmed,
)
from agentos_cli.notifiers.catalogue import CHANNELS
from agentos_cli.notifiers.message import Message, Target
from tests.ground import hostile
from tests.ground.hostile import Act, Hostile, text
from tests.notifiers.conftest import PATHS, SECRETS, WEB, leading
from tests.notifiers.samples import MESSAGE, TROUBLE, troubled
from tests.notifiers.vendors import ANSWERS, JUDGES, sent

FAILURES: dict[str, tuple[Act, type[AgentosError]]] = {
    "500": (text(b"", 500), Unconfirmed),
    "502": (text(b"", 502), Unconfirmed),
    "reset": (hostile.reset, Unconfirmed),
    "400": (text(b"bad", 400), Fatal),
    "404": (text(b"no_service", 404), Fatal),
    "410": (text(b"channel_is_archived", 410), Fatal),
    "401": (text(b"", 401), CredentialRefused),
    "403": (text(b"", 403), CredentialRefused),
    "429": (text(b"", 429, Retry_After="30"), RateLimited),
    "301": (text(b"", 301, Location="https://elsewhere.example"), Fatal),
}
RECEIPTS = {
    "slack": None,
    "slack_bot": "ts 1700000000.000100",
    "discord": "id 1184209",
    "telegram": "message_id 77",
    "ntfy": "id xE73Iyuabi",
    "webhook": "request req_1",
}


def send(kind: str, server: Hostile, message: Message = MESSAGE, **more: str) -> str | None:
    return CHANNELS[kind].send(message, leading(kind, server.url(""), **more))


def test_every_kind_is_put_to_the_test() -> None:
    assert set(CHANNELS) == {*WEB, "terminal", "file", "email", "apprise"}
    assert set(WEB) == set(ANSWERS) == set(RECEIPTS)


@pytest.mark.parametrize("kind", WEB)
def test_an_ordinary_message_is_taken_and_its_receipt_kept(receiver: Hostile, kind: str) -> None:
    receiver.on(PATHS[kind], ANSWERS[kind])
    assert send(kind, receiver) == RECEIPTS[kind]
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize("trouble", TROUBLE)
@pytest.mark.parametrize("kind", WEB)
def test_no_text_from_outside_is_refused_by_a_receiver(receiver: Hostile, kind: str, trouble: str) -> None:
    receiver.on(PATHS[kind], ANSWERS[kind])
    send(kind, receiver, troubled(TROUBLE[trouble]))
    if kind in JUDGES:
        assert JUDGES[kind](sent(receiver)) is None


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("kind", WEB)
def test_each_failure_has_its_name(receiver: Hostile, kind: str, failure: str) -> None:
    act, expected = FAILURES[failure]
    receiver.on(PATHS[kind], act)
    with pytest.raises(AgentosError) as caught:
        send(kind, receiver)
    assert type(caught.value) is expected
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize("kind", WEB)
def test_nobody_there_is_safe_to_try_again(kind: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Temporary, match="nothing was sent"):
        CHANNELS[kind].send(MESSAGE, leading(kind, base))


@pytest.mark.parametrize("kind", WEB)
def test_this_machine_gets_nothing_unless_that_is_meant(receiver: Hostile, kind: str) -> None:
    receiver.on(PATHS[kind], ANSWERS[kind])
    with pytest.raises(Fatal):
        send(kind, receiver, private="no")
    assert receiver.bodies == []


@pytest.mark.parametrize("failure", [*FAILURES, "echo"])
@pytest.mark.parametrize("kind", WEB)
def test_no_secret_is_told(
    receiver: Hostile, kind: str, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    echo: Act = lambda call: call.say(f"{call.path} {dict(call.headers)}".encode(), 400)  # noqa: E731
    receiver.on(PATHS[kind], FAILURES[failure][0] if failure in FAILURES else echo)
    with pytest.raises(AgentosError) as caught:
        send(kind, receiver)
    problem = caught.value
    told = f"{problem} {problem.fix} {problem.detail} {caplog.text} {traceback.format_exception(problem)}"
    assert SECRETS[kind].replace("/", ":").rpartition(":")[2] not in told
    assert SECRETS[kind] not in told
    assert SECRETS[kind] not in repr(leading(kind, "http://x"))


@pytest.mark.parametrize("kind", [k for k, channel in CHANNELS.items() if channel.needs_secret])
def test_a_missing_secret_is_said(kind: str) -> None:
    for secret in (None, "", " \n"):
        with pytest.raises(CredentialProblem):
            CHANNELS[kind].send(MESSAGE, Target({"private": "yes", "address": "http://127.0.0.1:9/"}, secret))


def test_the_catalogue_brings_no_channel_and_no_http_client() -> None:
    look = (
        "import sys, agentos_cli.notifiers.catalogue as c; assert c.CHANNELS;"
        "print([m for m in sys.modules if m in ('httpx', 'smtplib', 'apprise')"
        " or m.startswith('agentos_cli.notifiers.') and m.split('.')[-1] in c.CHANNELS])"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_channel_names_where_its_facts_come_from() -> None:
    for kind in WEB:
        path = Path(__file__).parents[2] / f"agentos_cli/notifiers/{kind}.py"
        assert "https://" in (ast.get_docstring(ast.parse(path.read_text())) or ""), kind
