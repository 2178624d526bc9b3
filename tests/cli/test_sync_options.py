"""`agentos sync`: whole or by age, how it was read, and what whoever is watching sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest

from agentos_cli.clock import utc_now
from tests.cli.program import Program
from tests.flows.shop import ROOT, Shop
from tests.flows.street import house


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    made.sells(2)
    with made.open():
        yield made


@pytest.fixture
def reader(shop: Shop, tmp_path: Path) -> Program:
    made = Program(tmp_path / "home", {"PYTHONPATH": str(ROOT)})
    shop.connect(house(made.home, utc_now))
    return made


def test_it_says_how_each_source_was_read(reader: Program, shop: Shop) -> None:
    first = reader("sync", "--json").json()
    assert first["schema"] == "agentos.sync/1"
    assert [(s["how"], s["pages"], s["records"]) for s in first["sources"]] == [("whole", 5, 7)]

    assert "changes (1 page)" in reader("sync").out
    shop.drop("customers", "c00000", told=False)
    whole = reader("sync", "shop", "--full")
    assert "whole (5 pages)" in whole.out
    assert whole.err == "", "nobody is watching"


def test_only_what_is_older_than_that_is_read(reader: Program, shop: Shop) -> None:
    assert reader("sync").code == 0
    shop.asked.clear()

    assert "nothing to read" in reader("sync", "--max-age", "15m").out
    assert reader("brief", "--max-age", "1h").code == 0
    assert shop.asked == []

    assert reader("sync", "--max-age", "0s", "--json").json()["sources"][0]["how"] == "changes"
    assert reader("brief", "--max-age", "0s").code == 0
    assert shop.asked == ["/changes"] * 2


@pytest.mark.parametrize("text", ["soon", "15", "-1h", "1.5h", ""])
def test_an_age_that_is_none_is_refused(reader: Program, text: str) -> None:
    ran = reader("sync", f"--max-age={text}")
    assert ran.code == 2
    assert "--max-age 15m, 2h or 1d" in ran.err


def test_whoever_waits_longer_than_a_moment_sees_how_far_it_is(reader: Program, shop: Shop) -> None:
    shop.before = lambda: sleep(0.35)
    ran = reader.on_terminal("sync", "shop")
    assert ran.code == 0
    shown = ran.raw.decode()
    lines = [line for line in shown.split("\r\x1b[K") if line.startswith("The shop: ")]
    assert lines, shown
    told = [line for line in lines if "storing" not in line]
    assert told and all("records, " in line and "/s" in line for line in told)
    assert any(" of " in line and " left" in line for line in lines), "the shop told how many there are"
    assert "\n" not in "".join(lines[:-1]), "it is one line that is rewritten"
    assert shown.rstrip().endswith("ms"), "the line is gone when the table comes"


def test_a_source_that_falls_silent_is_left_behind_and_goes_on_later(reader: Program, shop: Shop) -> None:
    shop.before = lambda: sleep(4) if len(shop.asked) == 4 else None
    ran = reader("sync", "--json", env={"AGENTOS_SYNC__DEADLINE": "1"})
    assert ran.code == 75
    assert ran.json()["sources"][0]["problem"] == "The shop gave no sign for 1 s"

    shop.before = lambda: None
    assert reader("sync", "--json").json()["sources"][0]["records"] == 7
