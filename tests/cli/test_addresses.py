"""Sources that are an address: a calendar's is as secret as a key, a sheet's is not, and both are read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from agentos_cli.clock import utc_now
from tests.cli.program import Program
from tests.connectors.test_calendar import calendar, entry
from tests.connectors.test_sheet import EXPENSES, csv
from tests.connectors.vendor import Call, Refusal, Vendor

SECRET = "/calendar/private-7f3a9c1be2d84455/basic.ics"
WHEN = {"AGENTOS_COMPANY__TIMEZONE": "UTC"}


def week() -> str:
    """A calendar with something on every day around today."""
    starts = f"DTSTART:{utc_now() - timedelta(days=3):%Y%m%d}T110000Z"
    daily = entry("RRULE:FREQ=DAILY;COUNT=6", "DURATION:PT30M", starts=starts)
    return calendar(daily, head="X-WR-CALNAME:ana@fernwick.com")


@pytest.fixture
def addresses() -> Iterator[Vendor]:
    def ics(call: Call) -> Refusal:
        return Refusal(200, week().encode(), {"Content-Type": "text/calendar"})

    hidden = Refusal(200, b"<html>Sign in</html>", {"Content-Type": "text/html"})
    routes = {SECRET: ics, "/costs.csv": lambda call: csv(EXPENSES), "/hidden": lambda call: hidden}
    with Vendor(routes) as vendor:
        yield vendor


def test_the_address_of_a_calendar_is_asked_hidden_and_kept_as_a_key_is(
    program: Program, addresses: Vendor
) -> None:
    address = f"{addresses.url}{SECRET}?token=c0ffee1234567890"
    ran = program.on_terminal(
        "connect", "calendar", "--keep-in", "file", answers=[("Calendar address", f"{address}\n")], env=WHEN
    )
    assert ran.code == 0
    assert b"1 meeting" in ran.raw or b"meetings in the next two weeks" in ran.raw
    loud = program("-vv", "sync", "calendar", env=WHEN)
    told = [ran.raw.decode(errors="replace"), loud.out, loud.err, program("connectors", "list").out]
    assert loud.code == 0
    kept = [path for path in program.home.rglob("*") if path.is_file() and "credentials" not in path.parts]
    told += [path.read_bytes().decode(errors="replace") for path in kept]
    assert not [text for text in told if "7f3a9c1be2d84455" in text or "c0ffee1234567890" in text]


def test_the_brief_has_the_day_s_meetings_in_every_form(program: Program, tmp_path: Path) -> None:
    (program.home / "mine.ics").write_text(week(), encoding="utf-8")
    ran = program("connect", "calendar", "--option", "file=mine.ics", env=WHEN)
    assert ran.code == 0, ran.err
    document = program("brief", "--json", env=WHEN).json()
    (meeting,) = document["today"]
    assert (meeting["time"], meeting["title"], meeting["text"]) == ("11:00", "Sync", "11:00 Sync")
    for words in ((), ("-o", "md"), ("-o", "html"), ("-o", "plain")):
        shown = program("brief", *words, env=WHEN).out
        assert "Today" in shown and "11:00 Sync" in shown, words


def test_without_a_calendar_there_is_no_word_of_it(office: Program) -> None:
    document = office("brief", "--json").json()
    assert document["today"] is None
    assert "Today" not in office("brief").out


@pytest.mark.parametrize("given", ["", "no/such/file.ics", "ftp://example.com/x"])
def test_an_address_that_is_none_is_refused_and_nothing_is_kept(program: Program, given: str) -> None:
    ran = program("connect", "calendar", "--keep-in", "file", stdin=given)
    assert ran.code in (4, 7)
    assert ran.said_plainly()
    assert program("connectors", "list", "--json").json()["connectors"]
    assert "no/such/file" not in ran.err


def test_an_option_that_is_needed_is_asked_for_before_the_key(program: Program) -> None:
    ran = program("connect", "plausible")
    assert ran.code == 2
    assert "has to be told its site" in ran.err
    assert "agentos connect plausible --option site=example.com" in ran.err


def test_a_sheet_brings_its_kind_and_misses_no_other(program: Program, addresses: Vendor) -> None:
    ran = program("connect", "sheet", "--base-url", f"{addresses.url}/costs.csv", "--option", "kind=expense")
    assert ran.code == 0, ran.err
    assert "sheets of expense" in ran.out
    document = program("brief", "--json").json()
    assert not [spot for spot in document["blind_spots"] if spot["source"] == "sheet"]


def test_a_sheet_that_is_not_shared_is_not_kept(program: Program, addresses: Vendor) -> None:
    ran = program("connect", "sheet", "--base-url", f"{addresses.url}/hidden", "--option", "kind=expense")
    assert ran.code == 7
    assert "cannot be seen" in ran.err and "whoever has the link" in ran.err
    assert program("connectors", "test", "sheet").code == 2
