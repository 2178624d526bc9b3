"""The one way out, against a server that behaves as badly as the world does."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
import traceback
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from agentos_cli.errors import CredentialRefused, Fatal, RateLimited, Retryable, SourceError
from agentos_cli.http import Http, Limits, Response
from agentos_cli.resilience.gate import OpenGate, Outcome
from tests.ground import hostile
from tests.ground.conftest import NOON, SteadyClock
from tests.ground.hostile import Hostile, first, text, value

KEY = "sk_live_canary_51HxyzSECRET"
FAST = Limits(connect=0.5, read=0.5, per_second=1000)


class Notebook:
    """A gate that admits everything and writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Outcome, datetime | None]] = []

    def admit(self) -> None:
        return None

    def record(self, outcome: Outcome, *, until: datetime | None = None) -> None:
        self.told.append((outcome, until))

    @property
    def outcomes(self) -> list[Outcome]:
        return [outcome for outcome, _ in self.told]


class Sleeper:
    """Sleeps at once, and remembers for how long it was asked to."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def gate() -> Notebook:
    return Notebook()


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@pytest.fixture
def http(gate: Notebook, sleeper: Sleeper) -> Iterator[Http]:
    with Http("stripe", gate, deadline_seconds=20, limits=FAST, clock=lambda: NOON, sleep=sleeper) as made:
        yield made


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


# ── 429 ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("header", ["3", "Mon, 23 Nov 2026 12:00:03 GMT"])
def test_a_short_wait_is_sat_out(
    vendor: Hostile, http: Http, gate: Notebook, sleeper: Sleeper, header: str
) -> None:
    url = vendor.on("/", first(1, text(b"", 429, Retry_After=header), value([1])))
    assert http.json("GET", url) == [1]
    assert sleeper.slept[0] == 3
    assert gate.outcomes == [Outcome.UNSENT, Outcome.OK]


def test_a_long_wait_is_told_to_the_gate_and_raised_at_once(
    vendor: Hostile, http: Http, gate: Notebook, sleeper: Sleeper
) -> None:
    with pytest.raises(RateLimited) as caught:
        http.json("GET", vendor.on("/", text(b"", 429, Retry_After="600")))
    assert caught.value.not_before == NOON + timedelta(seconds=600)
    assert gate.told[-1] == (Outcome.LIMITED, NOON + timedelta(seconds=600))
    assert (vendor.calls["/"], sleeper.slept) == (1, [])


@pytest.mark.parametrize("header", ["nan", "inf", "1e9", "-5", "1.5", "soon", "0x10", "", "+3", "1_0"])
def test_an_unclear_retry_after_is_as_good_as_none(
    vendor: Hostile, http: Http, gate: Notebook, sleeper: Sleeper, header: str
) -> None:
    with pytest.raises(RateLimited) as caught:
        http.json("GET", vendor.on("/", text(b"", 429, Retry_After=header)))
    assert vendor.calls["/"] == 3
    assert caught.value.not_before == NOON + timedelta(seconds=60)
    assert all(2 <= seconds <= 6 for seconds in sleeper.slept)
    assert gate.outcomes.count(Outcome.LIMITED) == 1


def test_no_vendor_sends_us_away_for_longer_than_an_hour(vendor: Hostile, http: Http) -> None:
    with pytest.raises(RateLimited) as caught:
        http.json("GET", vendor.on("/", text(b"", 429, Retry_After="999999999")))
    assert caught.value.not_before == NOON + timedelta(hours=1)


def test_an_unavailable_source_with_a_long_wait_is_not_hammered(vendor: Hostile, http: Http) -> None:
    with pytest.raises(Retryable):
        http.send("GET", vendor.on("/", text(b"", 503, Retry_After="3600")))
    assert vendor.calls["/"] == 1


def test_one_threads_429_makes_the_others_wait(vendor: Hostile) -> None:
    arrived: list[float] = []

    def act(call: hostile.Caller) -> None:
        arrived.append(time.monotonic())
        first(1, text(b"", 429, Retry_After="1"), value([]))(call)

    url = vendor.on("/", act)
    with Http("stripe", OpenGate(), limits=FAST) as http, ThreadPoolExecutor(4) as pool:
        held = pool.submit(http.json, "GET", url)
        while not arrived:
            time.sleep(0.01)
        time.sleep(0.2)
        later = [pool.submit(http.json, "GET", url) for _ in range(3)]
        for call in [held, *later]:
            call.result()
    assert len(arrived) == 5
    assert all(moment - arrived[0] >= 1 for moment in arrived[1:])


# ── bounded in time and memory ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("act", [hostile.drip_body, hostile.drip_headers, hostile.silent])
def test_nothing_outlasts_the_deadline(vendor: Hostile, gate: Notebook, act: hostile.Act) -> None:
    url = vendor.on("/", act)
    begun = time.monotonic()
    with (
        Http("stripe", gate, deadline_seconds=1.2, limits=Limits()) as http,
        pytest.raises(Retryable, match=r"did not finish within 1\.2 s"),
    ):
        http.send("GET", url)
    assert time.monotonic() - begun < 2.2
    assert gate.outcomes == [Outcome.FAILED]


def test_the_deadline_is_one_for_all_calls_and_retries(vendor: Hostile) -> None:
    url = vendor.on("/", text(b"", 500, Retry_After="1"))
    begun = time.monotonic()
    with Http("stripe", OpenGate(), deadline_seconds=1.5, limits=FAST) as http:
        for _ in range(4):
            with pytest.raises(Retryable):
                http.send("GET", url)
    assert time.monotonic() - begun < 2.5
    assert vendor.calls["/"] <= 6


def test_a_wait_that_the_deadline_would_cut_is_not_begun(vendor: Hostile) -> None:
    begun = time.monotonic()
    with (
        Http("stripe", OpenGate(), deadline_seconds=1.5, limits=FAST) as http,
        pytest.raises(Retryable, match="500"),
    ):
        http.send("GET", vendor.on("/", text(b"", 500, Retry_After="5")))
    assert time.monotonic() - begun < 1
    assert vendor.calls["/"] == 1


def test_a_good_answer_that_took_long_is_told_as_slow(vendor: Hostile, gate: Notebook) -> None:
    def late(call: hostile.Caller) -> None:
        time.sleep(0.1)
        call.say(b"[]")

    with Http("stripe", gate, limits=Limits(slow=0.1)) as http:
        assert http.json("GET", vendor.on("/", late)) == []
    assert gate.outcomes == [Outcome.SLOW]


def test_what_was_never_sent_is_not_held_against_the_source(vendor: Hostile, gate: Notebook) -> None:
    url = vendor.on("/", value([]))
    with Http("stripe", gate, deadline_seconds=0.2, limits=FAST) as http:
        http.send("GET", url)
        time.sleep(0.3)
        with pytest.raises(Retryable, match="did not finish"):
            http.send("GET", url)
    assert gate.outcomes == [Outcome.OK, Outcome.UNSENT]


def test_a_silent_source_is_a_timeout_long_before_the_deadline(vendor: Hostile, gate: Notebook) -> None:
    limits = Limits(read=0.2, attempts=2)
    with (
        Http("stripe", gate, deadline_seconds=30, limits=limits, sleep=lambda _: None) as http,
        pytest.raises(Retryable, match="no answer in time"),
    ):
        http.send("GET", vendor.on("/", hostile.silent))
    assert gate.outcomes == [Outcome.FAILED] * 2


def test_a_gzip_bomb_meets_the_cap_before_the_memory(vendor: Hostile) -> None:
    url = vendor.on("/", hostile.bomb)
    with Http("stripe", OpenGate(), limits=Limits(max_bytes=8 << 20, per_second=1000)) as http:
        tracemalloc.start()
        try:
            with pytest.raises(Retryable, match="more than 8 MiB"):
                http.send("GET", url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 32 << 20
    assert vendor.calls["/"] == 1


def test_calls_keep_the_pace(vendor: Hostile) -> None:
    url = vendor.on("/", value([]))
    begun = time.monotonic()
    with Http("stripe", OpenGate(), limits=Limits(per_second=10)) as http, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: http.send("GET", url), range(15)))
    assert time.monotonic() - begun >= 0.45  # ten at once, then one every 100 ms


def test_no_more_than_so_many_calls_at_once(vendor: Hostile) -> None:
    lock, inside, most = threading.Lock(), [0], [0]

    def slow(call: hostile.Caller) -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        time.sleep(0.05)
        with lock:
            inside[0] -= 1
        call.say(b"[]")

    url = vendor.on("/", slow)
    limits = Limits(concurrent=3, per_second=1000)
    with Http("stripe", OpenGate(), limits=limits) as http, ThreadPoolExecutor(9) as pool:
        list(pool.map(lambda _: http.json("GET", url), range(18)))
    assert most[0] == 3


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


def test_retries_are_told_to_the_person(vendor: Hostile, clock: SteadyClock) -> None:
    heard: list[str] = []
    url = vendor.on("/", first(1, text(b"", 500), value([])))
    with Http(
        "stripe", OpenGate(), limits=FAST, clock=clock, sleep=lambda _: None, notice=heard.append
    ) as http:
        http.json("GET", url, params={"key": KEY})
    assert len(heard) == 1
    assert heard[0].startswith("stripe is in trouble (500); trying again in ")


def test_importing_the_room_brings_no_http_library() -> None:
    import subprocess
    import sys

    code = "import sys, agentos_cli.http; print({'httpx', 'tenacity', 'asyncio'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
