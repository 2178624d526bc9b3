"""Reads how much of its rate limit a vendor says is left, so that we wait before we are told to.

GitHub: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api (reset in seconds)
HubSpot: https://developers.hubspot.com/changelog/2018-11-06-rate-limit-information-headers-will-be-included-in-http-responses
         (the length of its rolling window)
Linear: https://linear.app/developers/rate-limiting (reset in milliseconds)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

_WHOLE = re.compile(r"[0-9]{1,15}", re.ASCII)
_MILLISECONDS_FROM = 10**11  # as seconds this is the year 5138, as milliseconds 1973
_RESETS = {
    "x-ratelimit-remaining": "x-ratelimit-reset",
    "x-ratelimit-requests-remaining": "x-ratelimit-requests-reset",
    "x-ratelimit-complexity-remaining": "x-ratelimit-complexity-reset",
}
"""What is left, and the instant at which there is more again, as a Unix time."""
_HUBSPOT = "x-hubspot-ratelimit-remaining"
_HUBSPOT_WINDOW = "x-hubspot-ratelimit-interval-milliseconds"


def used_up(headers: Mapping[str, str], now: datetime) -> float:
    """For how many seconds the vendor has nothing left for us; 0 where there is some left, or nothing said.

    Header names are lower case. A limit that was over before `now`, or is unclear, is none.
    """
    waits = [
        _instant(headers.get(reset)) - now.timestamp()
        for left, reset in _RESETS.items()
        if headers.get(left) == "0"
    ]
    if headers.get(_HUBSPOT) == "0":
        waits.append(_number(headers.get(_HUBSPOT_WINDOW)) / 1000)
    return max((0.0, *waits))


def _instant(text: str | None) -> float:
    number = _number(text)
    return number / 1000 if number >= _MILLISECONDS_FROM else number


def _number(text: str | None) -> float:
    return float(text) if text is not None and _WHOLE.fullmatch(text) else 0.0
