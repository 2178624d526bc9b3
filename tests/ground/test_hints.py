"""What a vendor says is left of its limit slows us down before it has to."""

from __future__ import annotations

import pytest

from agentos_cli.http import Http
from agentos_cli.resilience.gate import OpenGate
from agentos_cli.resilience.hints import used_up
from tests.ground.conftest import FAST, NOON, Sleeper
from tests.ground.hostile import Hostile, value

NOW = int(NOON.timestamp())
USED_UP = {
    "GitHub": ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOW + 4)}, 4),
    "Linear": ({"x-ratelimit-requests-remaining": "0", "x-ratelimit-requests-reset": f"{NOW + 4}000"}, 4),
    "Linear's complexity": (
        {"x-ratelimit-complexity-remaining": "0", "x-ratelimit-complexity-reset": f"{NOW + 5}000"},
        5,
    ),
    "HubSpot": (
        {
            "x-hubspot-ratelimit-remaining": "0",
            "x-hubspot-ratelimit-interval-milliseconds": "10000",
        },
        10,
    ),
    "some left": ({"x-ratelimit-remaining": "1", "x-ratelimit-reset": str(NOW + 4)}, 0),
    "nothing said": ({}, 0),
    "no reset": ({"x-ratelimit-remaining": "0"}, 0),
    "reset in the past": ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(NOW - 4)}, 0),
    "unclear": ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "nan"}, 0),
    "full-width": ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "１２０"}, 0),
}


@pytest.mark.parametrize("name", USED_UP)
def test_what_a_vendor_says_of_its_limit(name: str) -> None:
    headers, wait = USED_UP[name]
    assert used_up(headers, NOON) == wait


@pytest.mark.parametrize(("reset", "waits"), [(NOW + 4, True), (NOW + 3600, False)])
def test_the_next_call_waits_for_a_limit_that_is_used_up_unless_that_takes_too_long(
    vendor: Hostile, sleeper: Sleeper, reset: int, waits: bool
) -> None:
    url = vendor.on("/", value([], X_RateLimit_Remaining="0", X_RateLimit_Reset=str(reset)))
    with Http("github", OpenGate(), limits=FAST, clock=lambda: NOON, sleep=sleeper) as http:
        http.json("GET", url)
        http.json("GET", url)
    assert [round(seconds) for seconds in sleeper.slept] == ([4] if waits else [])
