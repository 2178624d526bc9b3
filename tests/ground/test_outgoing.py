"""What each way of failing to send means: safe to repeat, refused for good, or nobody knows."""

from __future__ import annotations

import logging
import socket
import threading
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from agentos_cli.errors import (
    AgentosError,
    CredentialRefused,
    Fatal,
    RateLimited,
    Temporary,
    Unconfirmed,
)
from agentos_cli.http.guard import Machine
from agentos_cli.http.outgoing import MOST_BYTES, Answer, post
from agentos_cli.redaction import register_secret
from tests.ground import hostile
from tests.ground.hostile import Act, Caller, Hostile, text, value

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECRET = "T0CANARY0B0CANARY"


def send(address: str, body: bytes = b"{}", *, deadline: float = 5.0) -> Answer:
    return post(address, body, {}, allow_private=True, deadline=deadline, clock=lambda: NOON)


def failure(address: str, *, deadline: float = 5.0) -> AgentosError:
    with pytest.raises(AgentosError) as caught:
        send(address, deadline=deadline)
    return caught.value


# ── it arrived ──────────────────────────────────────────────────────────────────────────────────────


def test_body_and_headers_arrive_as_they_are_and_the_answer_comes_back(vendor: Hostile) -> None:
    address = vendor.on("/hook", value({"id": "42"}, 201, X_Request_Id="r1"))
    answer = post(address, b'{"a":1}', {"Content-Type": "application/json", "X-Key": "k"}, allow_private=True)
    assert (answer.status, answer.json(), answer.headers["x-request-id"]) == (201, {"id": "42"}, "r1")
    assert vendor.bodies == [b'{"a":1}']
    assert vendor.seen["content-type"] == "application/json"
    assert vendor.seen["x-key"] == "k"
    assert vendor.seen["user-agent"].startswith("agentos/")


@pytest.mark.parametrize("body", [b"ok", b"", b"[1]", b"{", b'{"a": NaN}', b"\xff"])
def test_an_answer_that_is_no_object_is_still_an_answer(vendor: Hostile, body: bytes) -> None:
    assert send(vendor.on("/hook", text(body))).json() == {}


def test_of_a_huge_answer_the_beginning_is_kept(vendor: Hostile) -> None:
    assert len(send(vendor.on("/hook", text(b"x" * 5_000_000))).body) == MOST_BYTES


def test_no_compressed_answer_is_asked_for_or_unpacked(vendor: Hostile) -> None:
    answer = send(vendor.on("/hook", hostile.bomb))
    assert vendor.seen["accept-encoding"] == "identity"
    assert len(answer.body) <= MOST_BYTES


def test_the_status_is_enough_when_the_rest_comes_drop_by_drop_or_never(vendor: Hostile) -> None:
    started = time.monotonic()
    assert send(vendor.on("/drip", hostile.drip_body), deadline=0.4).status == 200
    assert time.monotonic() - started < 3
    assert send(vendor.on("/cut", hostile.truncated)).status == 200


# ── nobody knows whether it arrived ─────────────────────────────────────────────────────────────────


def hang_up(call: Caller) -> None:
    call.close_connection = True


def half_a_status(call: Caller) -> None:
    call.wfile.write(b"HTTP/1.1 2")
    call.close_connection = True


def no_http(call: Caller) -> None:
    call.wfile.write(b"220 mail.example ESMTP\r\n")
    call.close_connection = True


@pytest.mark.parametrize(
    "act",
    [
        hang_up,
        half_a_status,
        no_http,
        hostile.reset,
        *(text(b"", status) for status in (500, 502, 503, 504, 599)),
    ],
)
def test_once_it_was_sent_only_an_answer_tells(vendor: Hostile, act: Act) -> None:
    problem = failure(vendor.on("/hook", act))
    assert type(problem) is Unconfirmed
    assert "may have arrived" in problem.what
    assert problem.fix
    assert len(vendor.bodies) == 1


@pytest.mark.parametrize("act", [hostile.silent, hostile.drip_headers])
def test_a_silent_or_slow_receiver_is_left_at_the_deadline(vendor: Hostile, act: Act) -> None:
    started = time.monotonic()
    assert type(failure(vendor.on("/hook", act), deadline=0.3)) is Unconfirmed
    assert time.monotonic() - started < 2.5


# ── nothing was sent ────────────────────────────────────────────────────────────────────────────────


def test_a_refused_connection_may_be_tried_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    problem = failure(f"http://127.0.0.1:{port}/{SECRET}")
    assert type(problem) is Temporary
    assert problem.what == "127.0.0.1: connection refused; nothing was sent"


def test_a_receiver_that_speaks_no_tls_got_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def greet() -> None:
            with plain.accept()[0] as caller:
                caller.sendall(b"hello, no TLS here\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        assert type(failure(f"https://127.0.0.1:{plain.getsockname()[1]}/")) is Temporary
        thread.join()


def test_who_is_given_up_before_it_was_sent_does_not_send_later(vendor: Hostile) -> None:
    """A slow name server: by the time it answers, the caller was told that nothing was sent."""
    address = vendor.on("/hook", text(b"ok")).replace("127.0.0.1", "receiver.test")
    asked, done = threading.Event(), threading.Event()

    def slow(host: str, port: int) -> Sequence[Machine]:
        from ipaddress import ip_address

        asked.wait(5)
        done.set()
        return [ip_address("127.0.0.1")]

    with pytest.raises(Temporary, match="nothing was sent"):
        post(address, b"late", {}, allow_private=True, deadline=0.2, resolve=slow)
    asked.set()
    assert done.wait(5)
    for each in threading.enumerate():
        if each.name == "sending":
            each.join(5)
    assert vendor.bodies == []


@pytest.mark.parametrize("headers", [{"X-A": "a\r\nX-Evil: 1"}, {"X-A": "é"}, {"X-A": "\0"}])
def test_a_header_that_would_be_two_is_refused(vendor: Hostile, headers: dict[str, str]) -> None:
    with pytest.raises(Fatal, match="X-A"):
        post(vendor.on("/hook", text(b"ok")), b"", headers, allow_private=True)
    assert vendor.bodies == []


# ── the receiver said no ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [400, 404, 405, 409, 410, 413, 415, 422])
def test_what_is_refused_for_good_is_quoted(vendor: Hostile, status: int) -> None:
    problem = failure(vendor.on("/hook", text(b"invalid_blocks", status)))
    assert type(problem) is Fatal
    assert problem.what == f"127.0.0.1 refused the message ({status}): invalid_blocks"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_secret_is_said(vendor: Hostile, status: int) -> None:
    problem = failure(vendor.on("/hook", value({"message": "Invalid Webhook Token"}, status)))
    assert type(problem) is CredentialRefused
    assert "Invalid Webhook Token" in problem.what


@pytest.mark.parametrize("status", [408, 425])
def test_not_yet_is_later(vendor: Hostile, status: int) -> None:
    assert type(failure(vendor.on("/hook", text(b"", status)))) is Temporary


WAITS: list[tuple[Act, float]] = [
    (text(b"", 429, Retry_After="30"), 30),
    (text(b"", 429, Retry_After="Sat, 21 Nov 2026 12:02:00 GMT"), 120),
    (value({"retry_after": 0.65, "global": False}, 429), 0.65),
    (value({"ok": False, "parameters": {"retry_after": 35}}, 429), 35),
    (value({"retry_after": -5}, 429), 60),
    (value({"retry_after": True}, 429), 60),
    (value({"retry_after": 10**9}, 429), 3600),
    (text(b"slow down", 429), 60),
    (text(b"", 429, Retry_After="nan"), 60),
    (text(b"", 503, Retry_After="7"), 7),
]


@pytest.mark.parametrize(("act", "seconds"), WAITS)
def test_who_asks_us_to_wait_is_waited_for(vendor: Hostile, act: Act, seconds: float) -> None:
    problem = failure(vendor.on("/hook", act))
    assert isinstance(problem, RateLimited)
    assert problem.not_before == NOON + timedelta(seconds=seconds)


# ── nothing secret is said ──────────────────────────────────────────────────────────────────────────


def echo(status: int) -> Act:
    return lambda call: call.say(f"no such hook: {call.path} \x1b[31m\u202eevil\r\nline".encode(), status)


@pytest.mark.parametrize(
    "act",
    [echo(404), echo(401), echo(500), echo(302), text(b"", 429), hostile.reset, hang_up, hostile.silent],
)
def test_no_error_and_no_log_tells_more_than_the_host(
    vendor: Hostile, act: Act, caplog: pytest.LogCaptureFixture
) -> None:
    register_secret(SECRET)
    caplog.set_level(logging.DEBUG)
    address = vendor.on(f"/services/{SECRET}", act)
    with pytest.raises(AgentosError) as caught:
        send(f"{address}?token={SECRET}", deadline=0.5)
    told = "".join(traceback.format_exception(caught.value)) + str(caught.value.fix) + caplog.text
    assert SECRET not in told.replace("address = ", "")
    assert "127.0.0.1" in caught.value.what
    assert caught.value.what.isprintable()


def test_an_answer_shows_no_body_by_accident(vendor: Hostile) -> None:
    assert SECRET not in repr(send(vendor.on("/hook", text(SECRET.encode()))))
