"""Plausible: days by channel, whole lists, the site that has to be named, rows that cannot be read."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.errors import CredentialRefused, Fatal, Retryable
from agents.nouns import TrafficDay
from tests.connectors.vendor import NOW, Call, Refusal, Shape, Vendor, checked, read

KEY = "plausible-key"
SITE = "fernwick.com"


def row(back: int, channel: str, *metrics: Any) -> Shape:
    return {"dimensions": [str(NOW.date() - timedelta(days=back)), channel], "metrics": list(metrics)}


class Stats(Vendor):
    """Plausible with these rows for the one site; a page has at most `page` of them."""

    def __init__(self, rows: list[Shape], page: int = 10_000) -> None:
        self.rows, self.page = rows, page
        super().__init__({"/api/v2/query": self._query})

    @property
    def asked(self) -> list[Shape]:
        return [json.loads(call.body) for call in self.calls]

    def _query(self, call: Call) -> object:
        query = json.loads(call.body)
        if call.headers.get("Authorization") != f"Bearer {KEY}" or query["site_id"] != SITE:
            told = "Invalid API key or site ID. Please make sure you're using a valid API key with access."
            return Refusal(401, {"error": told}, {})
        first, last = query["date_range"]
        known = [each for each in self.rows if first <= str(each["dimensions"][0]) <= last]
        start = query["pagination"]["offset"]
        size = min(self.page, query["pagination"]["limit"])
        meta = {"total_rows": len(known)} if query["include"]["total_rows"] else {}
        return {"results": known[start : start + size], "meta": meta, "query": query}


def test_a_row_is_a_day_of_a_channel() -> None:
    with Stats([row(1, "Organic Search", 12, 15, 40)]) as vendor:
        found = read("plausible", vendor.url, key=KEY, site=SITE)["traffic_day"]
    yesterday = NOW.date() - timedelta(days=1)
    assert found.records == (
        TrafficDay("plausible", f"{yesterday}:organic_search", yesterday, "organic_search", 12, 15, 40),
    )


def test_four_hundred_days_are_asked_for_at_once_with_what_is_read() -> None:
    with Stats([row(399, "Direct", 1, 1, 1), row(400, "Direct", 1, 1, 1)]) as vendor:
        found = read("plausible", vendor.url, key=KEY, site=SITE)["traffic_day"]
        (asked,) = vendor.asked
    assert [one.id for one in found.records] == ["2025-10-18:direct"]
    assert asked["date_range"] == ["2025-10-18", "2026-11-21"]
    assert (asked["metrics"], asked["dimensions"]) == (
        ["visitors", "visits", "pageviews"], ["time:day", "visit:channel"]
    )  # fmt: skip
    assert asked["order_by"], "pages of rows in no order would shift"


def test_a_long_answer_is_read_to_its_end() -> None:
    rows = [row(back, "Direct", 1, 1, 1) for back in range(7)]
    with Stats(rows, page=3) as vendor:
        found = read("plausible", vendor.url, key=KEY, site=SITE)["traffic_day"]
        offsets = [asked["pagination"]["offset"] for asked in vendor.asked]
    assert (len(found.records), offsets) == (7, [0, 3, 6])


def test_rows_that_are_promised_and_do_not_come_are_not_given_up() -> None:
    lying = {"results": [], "meta": {"total_rows": 4}}
    with (
        Vendor({"/api/v2/query": lambda call: lying}) as vendor,
        pytest.raises(Retryable, match="more follow"),
    ):
        read("plausible", vendor.url, key=KEY, site=SITE)


def test_a_site_has_to_be_named_and_one_of_ones_own() -> None:
    with Stats([]) as vendor:
        with pytest.raises(Fatal, match="which site") as caught:
            read("plausible", vendor.url, key=KEY)
        with pytest.raises(CredentialRefused):
            read("plausible", vendor.url, key=KEY, site="other.example")
    assert caught.value.fix == "agentos connect plausible --option site=example.com"
    assert CATALOGUE["plausible"].needs == {"site": "example.com"}


@pytest.mark.parametrize(
    "strange",
    [
        {"dimensions": ["2026-11-20"], "metrics": [1, 1, 1]},
        {"dimensions": ["2026-11-20", ""], "metrics": [1, 1, 1]},
        {"dimensions": ["soon", "Direct"], "metrics": [1, 1, 1]},
        {"dimensions": ["2026-11-20", "Direct"], "metrics": [1, 1]},
        {"dimensions": ["2026-11-20", "Direct"], "metrics": [1, -1, 1]},
        {"dimensions": ["2026-11-20", "Direct"], "metrics": [1, None, 1]},
        {"metrics": [1, 1, 1]},
        "a text",
    ],
)
def test_a_strange_row_is_left_out_and_told(strange: Shape) -> None:
    answer = {"results": [row(1, "Direct", 1, 1, 1), strange], "meta": {"total_rows": 2}}
    with Vendor({"/api/v2/query": lambda call: answer}) as vendor:
        found = read("plausible", vendor.url, key=KEY, site=SITE)["traffic_day"]
    assert (len(found.records), len(found.skipped)) == (1, 1)


def test_check_says_how_many_came_lately_and_a_day_has_a_page() -> None:
    with Stats([row(1, "Direct", 5, 6, 9), row(2, "Email", 1, 1, 1), row(30, "Email", 9, 9, 9)]) as vendor:
        assert checked("plausible", vendor.url, key=KEY, site=SITE) == "fernwick.com with 7 visits in 7 days"
    page = CATALOGUE["plausible"].page
    day = date(2026, 11, 20)
    assert page("traffic_day", f"{day}:direct", {"site": SITE}) == (
        "https://plausible.io/fernwick.com?period=day&date=2026-11-20"
    )
    assert page("traffic_day", f"{day}:direct", {}) is None
