"""Retries are bounded by more than their number per call: a sick vendor is not asked three times as often."""

from __future__ import annotations

import logging
from itertools import count

import pytest

from agentos_cli.errors import RateLimited, Retryable
from agentos_cli.http import Http, Limits
from agentos_cli.resilience.budget import FLOOR, Budget
from agentos_cli.resilience.gate import OpenGate
from tests.ground import hostile
from tests.ground.conftest import FAST
from tests.ground.hostile import Hostile, text, value


def every(nth: int, act: hostile.Act, otherwise: hostile.Act) -> hostile.Act:
    """`act` for every nth call, whoever makes it."""
    calls = count(1)

    def answer(call: hostile.Caller) -> None:
        (act if next(calls) % nth == 0 else otherwise)(call)

    return answer


def ask(http: Http, url: str, times: int) -> int:
    """How many of so many calls went wrong."""
    lost = 0
    for _ in range(times):
        try:
            http.json("GET", url)
        except Retryable:
            lost += 1
    return lost


def test_a_run_repeats_five_calls_and_then_one_in_ten(vendor: Hostile) -> None:
    url = vendor.on("/", text(b"", 500))
    with Http("stripe", OpenGate(), limits=FAST, sleep=lambda _: None) as http:
        assert ask(http, url, 10) == 10
        assert vendor.calls["/"] == 10 + FLOOR
        assert ask(http, url, 90) == 90
        assert vendor.calls["/"] == 100 + 10


def test_a_vendor_that_stumbles_now_and_then_is_read_to_the_end(vendor: Hostile) -> None:
    url = vendor.on("/", every(15, text(b"", 503), value([])))
    with Http("stripe", OpenGate(), limits=FAST, sleep=lambda _: None) as http:
        assert ask(http, url, 150) == 0
    assert 150 < vendor.calls["/"] <= 165


def test_each_run_has_a_budget_of_its_own(vendor: Hostile) -> None:
    url = vendor.on("/", text(b"", 500))
    http = Http("stripe", OpenGate(), limits=FAST, sleep=lambda _: None)
    for _ in range(2):
        ask(http, url, 4)
        http.close()
    assert vendor.calls["/"] == 2 * (4 + FLOOR)


def test_a_retry_that_is_not_made_is_said_in_the_log(
    vendor: Hostile, caplog: pytest.LogCaptureFixture
) -> None:
    url = vendor.on("/", text(b"", 500))
    with (
        caplog.at_level(logging.INFO, "agentos_cli.http"),
        Http("stripe", OpenGate(), limits=FAST, sleep=lambda _: None) as http,
    ):
        ask(http, url, 4)
    said = [line for line in caplog.messages if "not tried again" in line]
    assert said[0] == "stripe is in trouble (500); not tried again: 5 repeats within 3 calls are enough"


def test_being_told_to_slow_down_costs_nothing(vendor: Hostile) -> None:
    url = vendor.on("/", text(b"", 429, Retry_After="1"))
    with Http("stripe", OpenGate(), limits=Limits(per_second=1000), sleep=lambda _: None) as http:
        for _ in range(4):
            with pytest.raises(RateLimited):
                http.json("GET", url)
    assert vendor.calls["/"] == 12


def test_the_budget_grows_with_the_calls() -> None:
    budget = Budget()
    assert [budget.repeat() for _ in range(FLOOR + 1)] == [True] * FLOOR + [False]
    for _ in range(70):
        budget.called()
    assert [budget.repeat() for _ in range(3)] == [True, True, False]
