"""`Retry-After`, read strictly: what is unclear counts as absent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agentos_cli.resilience.retry_after import retry_after
from tests.ground.conftest import NOON


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("007", 7),
        ("3600", 3600),
        ("3601", 3600),
        ("999999999", 3600),
        ("Mon, 23 Nov 2026 12:02:00 GMT", 120),
        ("Monday, 23-Nov-26 12:02:00 GMT", 120),
        ("Wed, 01 Jan 2020 00:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
    ],
)
def test_what_a_vendor_can_mean(header: str, seconds: int) -> None:
    assert retry_after(header, NOON) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nan",
        "inf",
        "-inf",
        "1e9",
        "-5",
        "+5",
        "1.5",
        "1_000",
        "１２０",
        "٣",
        "9999999999",
        "5, 10",
        "5\n",
        "Mon, 99 Nov 2026 12:02:00 GMT",
        "Mon, 23 Nov 2026 25:02:00 GMT",
        "Mon, 23 Nov 2026 12:02:00 +0100",
        "Mon, 23 Foo 2026 12:02:00 GMT",
        "2026-11-23T12:02:00Z",
        "tomorrow",
    ],
)
def test_what_is_as_good_as_absent(header: str | None) -> None:
    assert retry_after(header, NOON) is None
