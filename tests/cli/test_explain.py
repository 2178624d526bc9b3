"""`agentos explain` through the program: what it prints, and what it says to what it does not know."""

from __future__ import annotations

import pytest

from tests.cli.program import Program


def test_a_figure_is_explained_down_to_its_records(onlooker: Program) -> None:
    drawn = onlooker("explain", "MRR", "--demo").out
    assert "sum of 45 records" in drawn and "A week ago" in drawn and "left out, trialing" in drawn
    assert "and 33 more: --all" in drawn
    assert "more: --all" not in onlooker("explain", "mrr", "--demo", "--all").out


def test_the_number_of_a_decision_is_explained_by_its_id(onlooker: Program) -> None:
    decision = onlooker("brief", "--demo", "--cached", "--json").json()["decisions"][0]
    told = onlooker("explain", decision["id"].lower(), "--demo", "--json").json()
    assert (told["value"], told["adds_up"]) == (decision["impact"]["amount"], True)


def test_a_figure_without_data_says_so_and_nothing_else(program: Program) -> None:
    ran = program("explain", "mrr")
    assert ran.code == 0 and "no data" in ran.out and "agentos connect stripe" in ran.out
    assert "NOT" not in ran.out and "report it" not in ran.out


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        ("mmr", "agentos explain mrr"),
        ("RZZZZ", "agentos metrics list"),
        ("cac_nothing", "agentos explain cac_"),
        ("cac_<channel>", "agentos explain cac_"),
    ],
)
def test_what_there_is_not_names_the_nearest(onlooker: Program, words: str, fix: str) -> None:
    ran = onlooker("explain", words, "--demo")
    assert (ran.code, ran.raw) == (2, b"")
    assert f"no figure `{words}`" in ran.err and fix in ran.err
