"""The one way out, against a server that behaves as badly as the world does."""

from __future__ import annotations

import gzip
import logging
import socket
import traceback
from datetime import timedelta
from decimal import Decimal

import pytest

from agentos_cli.errors import CredentialRefused, Fatal, RateLimited, Retryable, SourceError
from agentos_cli.http import Http, Response
from agentos_cli.resilience.gate import OpenGate, Outcome
from tests.ground import hostile
from tests.ground.conftest import FAST, NOON, Notebook, Sleeper, SteadyClock
from tests.ground.hostile import Hostile, first, text, value

KEY = "sk_live_canary_51HxyzSECRET"


# ── answers that are passed on ──────────────────────────────────────────────────────────────────────


def test_json_is_read_with_exact_numbers(vendor: Hostile, http: Http) -> None:
    url = vendor.on("/", text(b'{"amount": 19.99, "count": 3, "name": "Z\xc3\xbcrich \\ud83d\\ude00"}'))
    assert http.json("GET", url) == {"amount": Decimal("19.99"), "count": 3, "name": "Zürich 😀"}


def test_parameters_join_the_query_of_the_address_and_are_escaped(vendor: Hostile, http: Http) -> None:
    http.json("GET", vendor.on("/list", value([])) + "?limit=100", params={"name": "a&b é", "page": 2})
    assert vendor.seen["path"] == "/list?limit=100&name=a%26b+%C3%A9&page=2"


def test_a_payload_is_sent_as_json_with_our_headers(vendor: Hostile, http: Http) -> None:
    http.json(
        "POST", vendor.on("/graphql", value({})), headers={"Authorization": KEY}, payload={"query": "{}"}
    )
    assert vendor.bodies == [b'{"query":"{}"}']
    assert vendor.seen["content-type"] == vendor.seen["accept"] == "application/json"
    assert vendor.seen["authorization"] == KEY
    assert vendor.seen["user-agent"].startswith("agentos/")


@pytest.mark.parametrize("status", [200, 204, 304, 400, 404, 409, 422])
def test_an_answer_that_is_no_fault_of_the_source_is_passed_on(
    vendor: Hostile, http: Http, gate: Notebook, status: int
) -> None:
    url = vendor.on("/", text(b"" if status in (204, 304) else b"why", status, X_Odd="1"))
    answer = http.send("GET", url)
    assert (answer.status, answer.headers["x-odd"]) == (status, "1")
    assert gate.outcomes == [Outcome.OK]


def test_a_compressed_answer_is_unpacked(vendor: Hostile, http: Http) -> None:
    body = gzip.compress(b'{"rows": "' + b"x" * 2_000_000 + b'"}')
    found = http.json("GET", vendor.on("/", text(body, Content_Encoding="gzip")))
    assert isinstance(found, dict)
    assert len(found["rows"]) == 2_000_000


# ── failures are retried, told to the gate, and named ───────────────────────────────────────────────

BROKEN = {
    "500": (text(b"oops", 500), "in trouble (500)"),
    "503": (text(b"", 503), "in trouble (503)"),
    "reset": (hostile.reset, "failed"),
    "truncated": (hostile.truncated, "cut off"),
    "cut gzip": (text(gzip.compress(b'{"a": "bcdefgh"}')[:-9], Content_Encoding="gzip"), "cut off"),
    "broken gzip": (text(b"\x1f\x8b no gzip at all", Content_Encoding="gzip"), "damaged"),
    "unknown encoding": (text(b"..", Content_Encoding="br"), "encoding"),
    "web page": (text(b"<!doctype html><title>Log in</title>", Content_Type="text/html"), "a web page"),
    "empty": (text(b""), "empty"),
    "cut JSON": (text(b'{"rows": [1, 2'), "not valid JSON"),
    "NaN": (text(b'{"mrr": NaN}'), "NaN"),
    "Infinity": (text(b"[-Infinity]"), "Infinity"),
    "key twice": (text(b'{"a": 1, "a": 2}'), "one key twice"),
    "5,000 digits": (text(b"[" + b"9" * 5000 + b"]"), "number is too long"),
    "41 digits": (text(b"[" + b"9" * 41 + b"]"), "number is too long"),
    "huge exponent": (text(b"[1e999999999]"), "number is too long"),
    "deep": (text(b"[" * 101 + b"]" * 101), "nested too deeply"),
    "very deep": (text(b'{"a":' * 100_000), "not valid JSON"),
    "half a character": (text(b'["\\ud800"]'), "half a character"),
    "half a key": (text(b'{"\\udc00": 1}'), "half a character"),
    "latin-1": (text(b'["Z\xfcrich"]'), "not UTF-8"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_answer_is_tried_three_times_and_then_named(
    vendor: Hostile, http: Http, gate: Notebook, name: str
) -> None:
    act, words = BROKEN[name]
    with pytest.raises(Retryable) as caught:
        http.json("GET", vendor.on("/", act), params={"key": KEY})
    assert words in caught.value.what
    assert caught.value.what.startswith("stripe ")
    assert "\n" not in caught.value.what
    assert vendor.calls["/"] == 3
    assert gate.outcomes == [Outcome.FAILED] * 3


def test_just_within_the_bounds_is_accepted(vendor: Hostile, http: Http) -> None:
    body = b"[" * 99 + b'[1e40, "\\ud83d\\ude00", ' + b"9" * 40 + b"]" + b"]" * 99
    http.json("GET", vendor.on("/", text(body)))


def test_a_source_that_recovers_is_read(
    vendor: Hostile, http: Http, gate: Notebook, sleeper: Sleeper
) -> None:
    url = vendor.on("/", first(2, text(b"", 502), value({"ok": True})))
    assert http.json("GET", url) == {"ok": True}
    assert gate.outcomes == [Outcome.FAILED, Outcome.FAILED, Outcome.OK]
    assert len(sleeper.slept) == 2
    assert 0 <= sleeper.slept[0] <= 0.5
    assert 0 <= sleeper.slept[1] <= 1


def test_what_might_do_something_twice_is_sent_once(vendor: Hostile, http: Http) -> None:
    url = vendor.on("/", text(b"", 500))
    with pytest.raises(Retryable):
        http.send("POST", url, body=b"{}")
    assert vendor.calls["/"] == 1
    with pytest.raises(Retryable):
        http.send("POST", url, body=b"{}", repeatable=True)
    assert vendor.calls["/"] == 4


def test_nobody_there_is_unreachable_and_says_why(http: Http, gate: Notebook) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        with pytest.raises(Retryable, match="stripe could not be reached: connection refused"):
            http.send("GET", f"http://127.0.0.1:{taken.getsockname()[1]}/v1?key={KEY}")
    assert gate.outcomes == [Outcome.UNREACHABLE] * 3


def test_a_plain_server_where_tls_was_expected_is_unreachable(
    vendor: Hostile, http: Http, gate: Notebook
) -> None:
    with pytest.raises(Retryable, match=r"no secure connection \(TLS\)"):
        http.send("GET", vendor.url("/").replace("http:", "https:"))
    assert gate.outcomes == [Outcome.UNREACHABLE] * 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_not_tried_again(vendor: Hostile, http: Http, gate: Notebook, status: int) -> None:
    with pytest.raises(CredentialRefused, match=f"refused the key .{status}.") as caught:
        http.json("GET", vendor.on("/", text(b"", status)))
    assert caught.value.fix == "agentos connect stripe"
    assert vendor.calls["/"] == 1
    assert gate.outcomes == [Outcome.REFUSED]


@pytest.mark.parametrize("status", [402, 405, 410, 451])
def test_other_refusals_are_final_and_no_illness(
    vendor: Hostile, http: Http, gate: Notebook, status: int
) -> None:
    with pytest.raises(Fatal, match=str(status)):
        http.send("GET", vendor.on("/", text(b"", status)))
    assert vendor.calls["/"] == 1
    assert gate.outcomes == [Outcome.OK]


def test_json_has_nothing_to_give_for_a_refused_request(vendor: Hostile, http: Http) -> None:
    with pytest.raises(Fatal, match=r"stripe refused the request \(404\)"):
        http.json("GET", vendor.on("/", value({"error": "no such customer"}, 404)))


def test_a_redirect_is_not_followed_and_the_key_stays_here(vendor: Hostile, http: Http) -> None:
    vendor.on("/elsewhere", value({}))
    url = vendor.on("/", text(b"", 302, Location=vendor.url("/elsewhere")))
    with pytest.raises(Fatal, match="another address"):
        http.send("GET", url, headers={"X-Api-Key": KEY})
    assert vendor.calls["/elsewhere"] == 0


@pytest.mark.parametrize("header", ["Request-Id", "X-HubSpot-Correlation-Id", "X-Request-Id"])
def test_the_vendors_request_id_is_told(vendor: Hostile, http: Http, header: str) -> None:
    with pytest.raises(Retryable, match=r"\(request req_8f3-A\)"):
        http.send("GET", vendor.on("/", text(b"", 500, **{header.replace("-", "_"): "req_8f3-A"})))


def test_a_request_id_made_to_deceive_is_left_out(vendor: Hostile, http: Http) -> None:
    with pytest.raises(Retryable) as caught:
        http.send("GET", vendor.on("/", text(b"", 500, Request_Id="x) all is well \x1b[31m")))
    assert caught.value.what == "stripe is in trouble (500)"


# ── the connector's own judgement ───────────────────────────────────────────────────────────────────


def _linear(response: Response) -> SourceError | None:
    found = response.json()
    if isinstance(found, dict) and found.get("code") == "RATELIMITED":
        return RateLimited("linear asks us to slow down", not_before=NOON + timedelta(seconds=3))
    return None


def test_a_judge_finds_a_rate_limit_inside_a_400(
    vendor: Hostile, http: Http, gate: Notebook, sleeper: Sleeper
) -> None:
    url = vendor.on("/", first(1, value({"code": "RATELIMITED"}, 400), value({"data": 1})))
    assert http.json("POST", url, payload={}, judge=_linear, repeatable=True) == {"data": 1}
    assert sleeper.slept[0] == 3
    assert Outcome.FAILED not in gate.outcomes


def test_a_judge_that_cannot_read_an_error_page_leaves_it_to_the_status(vendor: Hostile, http: Http) -> None:
    with pytest.raises(Retryable, match="502"):
        http.json("GET", vendor.on("/", text(b"<html>Bad gateway", 502)), judge=_linear)


def test_a_judge_may_call_an_answer_final(vendor: Hostile, http: Http) -> None:
    with pytest.raises(Fatal, match="closed account"):
        http.send("GET", vendor.on("/", text(b"", 500)), judge=lambda _: Fatal("closed account"))
    assert vendor.calls["/"] == 1


# ── nothing leaks ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        "http://api.stripe.com/v1",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "https://user:pw@api.stripe.com/",
        "https:///nothing",
        "http://127.0.0.1.evil.example/",
        "http://localhost@evil.example/",
        "https://api.stripe.com:bad/",
        "",
    ],
)
def test_a_key_goes_to_https_or_this_machine_only(http: Http, gate: Notebook, url: str) -> None:
    with pytest.raises(Fatal, match="only https") as caught:
        http.send("GET", url, headers={"Authorization": KEY})
    assert not url or url not in caught.value.what
    assert gate.told == []


@pytest.mark.parametrize("key", [KEY + "\n", KEY + "\r\nX-Evil: 1", KEY + "é€", KEY + "\0"])
def test_a_key_that_no_header_can_carry_is_final_and_not_shown(
    vendor: Hostile, http: Http, gate: Notebook, key: str
) -> None:
    with pytest.raises(Fatal, match="cannot be sent") as caught:
        http.send("GET", vendor.on("/", value([])), headers={"Authorization": key})
    assert "canary" not in "".join(traceback.format_exception(caught.value))
    assert set(gate.outcomes) == {Outcome.UNSENT}


@pytest.mark.parametrize("name", BROKEN)
def test_neither_errors_nor_logs_hold_a_query_or_a_header(
    vendor: Hostile, http: Http, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SourceError) as caught:
        http.json("GET", vendor.on("/", BROKEN[name][0]), params={"key": KEY}, headers={"Authorization": KEY})
    assert "canary" not in "".join(traceback.format_exception(caught.value)) + caplog.text
    assert "canary" not in repr(caught.value.__context__) + repr(caught.value.__cause__)


def test_this_machine_is_reached_past_any_proxy(
    vendor: Hostile, gate: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with Http("stripe", gate, limits=FAST) as http:
        assert http.json("GET", vendor.on("/", value([1]))) == [1]


def test_the_first_retry_is_told_to_the_person_and_each_to_the_log(
    vendor: Hostile, clock: SteadyClock, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []
    url = vendor.on("/", first(2, text(b"", 500), value([])))
    with (
        caplog.at_level(logging.INFO, "agentos_cli.http"),
        Http(
            "stripe", OpenGate(), title="Stripe", limits=FAST, clock=clock, sleep=lambda _: None,
            notice=heard.append,
        ) as http,
    ):  # fmt: skip
        http.json("GET", url, params={"key": KEY})
    assert len(heard) == 1
    assert heard[0].startswith("Stripe is in trouble (500); trying again in ")
    assert sum("trying again" in line for line in caplog.messages) == 2


def test_importing_the_room_brings_no_http_library() -> None:
    import subprocess
    import sys

    code = "import sys, agentos_cli.http; print({'httpx', 'tenacity', 'asyncio'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
