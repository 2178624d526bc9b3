"""The one way out keeps its bounds: waits, time, memory, pace."""

from __future__ import annotations

import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from agentos_cli.errors import RateLimited, Retryable
from agentos_cli.http import Http, Limits
from agentos_cli.http.gathered import LARGE, Gathered
from agentos_cli.resilience.gate import OpenGate, Outcome
from tests.ground import hostile
from tests.ground.conftest import FAST, NOON, Notebook, Sleeper
from tests.ground.hostile import Hostile, first, text, value

KEY = "sk_live_canary_51HxyzSECRET"


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


def test_many_large_answers_at_once_come_whole_and_in_turn(vendor: Hostile) -> None:
    bodies = {f"/{number}": bytes([65 + number]) * (3 << 20) for number in range(6)}
    for path, body in bodies.items():
        vendor.on(path, text(body))
    limits = Limits(concurrent=6, per_second=1000)
    with Http("stripe", OpenGate(), limits=limits) as http, ThreadPoolExecutor(6) as pool:
        answers = pool.map(lambda path: http.send("GET", vendor.url(path)).body, bodies)
        assert list(answers) == list(bodies.values())


def test_a_large_answer_that_fails_gives_its_turn_back(vendor: Hostile) -> None:
    vendor.on("/cut", text(b"x" * (2 << 20), Content_Length=str(3 << 20), Connection="close"))
    vendor.on("/whole", text(b"y" * (2 << 20)))
    with Http("stripe", OpenGate(), limits=Limits(attempts=1, read=0.5), deadline_seconds=10) as http:
        with pytest.raises(Retryable):
            http.send("GET", vendor.url("/cut"))
        assert len(http.send("GET", vendor.url("/whole")).body) == 2 << 20


def test_a_large_answer_that_waits_for_its_turn_ends_in_time(vendor: Hostile) -> None:
    url, other = vendor.on("/", text(b"y" * (2 << 20))), Gathered(4 << 20)
    begun = time.monotonic()
    assert other.add(bytes(LARGE + 1), 5)
    try:
        with (
            Http("stripe", OpenGate(), deadline_seconds=1.2, limits=FAST) as http,
            pytest.raises(Retryable, match="did not finish within"),
        ):
            http.send("GET", url)
    finally:
        other.close()
    assert time.monotonic() - begun < 2.5
