"""Every brief of the present records what it expects, once a day; the record is shown beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.cli.program import Program
from tests.cli.test_start import among, modules

METHODS = ["mrr_month_end", "cash_30d", "won_quarter", "deal_won", "deal_won_crm", "churn_30d"]


def test_a_brief_records_forecasts_of_every_method_and_the_list_shows_them(onlooker: Program) -> None:
    document = onlooker("forecast", "list", "--demo", "--json").json()
    assert [record["method"] for record in document["records"]] == METHODS
    assert {item["method"] for item in document["forecasts"]} == set(METHODS)
    text = onlooker("forecast", "list", "--demo").out
    for item in document["forecasts"]:
        if item["method"] in METHODS[:3]:
            assert f"{item['text']}  {item['interval_text']}" in text
            assert item["low"] <= item["value"] <= item["high"]
    assert text.count("Record    nothing scored yet") == len(METHODS)


def test_all_subjects_of_one_method_are_a_word_away(onlooker: Program) -> None:
    few, every = (
        onlooker("forecast", "list", "--demo", "--method", "deal_won", *more) for more in ([], ["--all"])
    )
    count = len(onlooker("forecast", "list", "--demo", "--method", "deal_won", "--json").json()["forecasts"])
    assert count > 3 and f"and {count - 3} more: --all" in few.out
    assert few.out.count(" by ") == 3 and every.out.count(" by ") == count


def test_the_first_forecasts_of_a_day_stand(demo: Program) -> None:
    first = demo("forecast", "list", "--demo", "--json").raw
    assert demo("tasks", "add", "Call", "--demo").code == 0  # so that the brief is made anew
    assert demo("brief", "--demo").code == 0
    assert demo("forecast", "list", "--demo", "--json").raw == first


def test_a_question_about_the_past_records_nothing(office: Program) -> None:
    assert office("brief", "--cached", "--as-of", "2026-01-05").code == 0
    assert office("forecast", "list", "--json").json()["forecasts"] == []
    assert "nothing was forecast yet" in office("forecast", "list").out
    assert office("brief", "--cached").code == 0
    assert office("forecast", "list", "--json").json()["forecasts"] != []
    assert office("forecast", "list", "--json", "--as-of", "2026-01-05").json()["forecasts"] == []


def test_forecasts_that_cannot_be_kept_cost_a_line_and_never_the_brief(demo: Program) -> None:
    (file,) = (demo.home / ".cache").rglob("agentos.db")
    with closing(sqlite3.connect(file)) as store:
        store.execute("DROP TABLE forecast")
    ran = demo("brief", "--demo")
    assert ran.code == 0 and ran.raw
    assert "this morning's forecasts could not be kept" in ran.err
    assert len(ran.err.splitlines()) == 1 and ran.said_plainly()


def test_a_brief_given_again_loads_nothing_of_forecasting(onlooker: Program) -> None:
    assert onlooker("brief", "--demo", "--cached").code == 0
    assert among(modules(onlooker, "brief", "--demo", "--cached"), {"agents.forecasting"}) == []


def test_each_method_says_what_it_does_in_text_as_in_json(program: Program) -> None:
    listed = " ".join(program("forecast", "methods").out.split())
    for method in program("forecast", "methods", "--json").json()["methods"]:
        for part in (
            method["title"],
            method["sentence"],
            method["formula"],
            method["baseline"],
            *method["limits"],
        ):
            assert " ".join(part.split()) in listed


@pytest.mark.parametrize(
    ("word", "fix"), [("cash_30", "--method cash_30d"), ("tea_leaves", "agentos forecast methods")]
)
def test_an_unknown_method_names_the_nearest(program: Program, word: str, fix: str) -> None:
    for command in ("list", "score", "methods"):
        ran = program("forecast", command, "--method", word)
        assert (ran.code, ran.raw) == (2, b"")
        assert f"no method `{word}`" in ran.err and fix in ran.err
