"""What a figure means can be asked for by the key that every document gives it."""

from __future__ import annotations

import pytest

from agents.definitions import CATALOGUE
from tests.cli.program import Program


def test_every_metric_is_listed_and_shown_in_text_as_in_json(program: Program) -> None:
    listed = program("metrics", "list").out
    assert all(f"{key} " in listed for key in CATALOGUE)
    assert len(program("metrics", "list", "--json").json()["metrics"]) == len(CATALOGUE)
    shown = program("metrics", "show", "Runway").out
    (item,) = program("metrics", "show", "runway", "--json").json()["metrics"]
    for text in (item["title"], item["sentence"], item["formula"], item["source"], *item["edge_cases"]):
        assert text in " ".join(shown.split())


def test_a_figure_of_a_family_is_explained_by_the_family(program: Program) -> None:
    (item,) = program("metrics", "show", "cac_paid_search", "--json").json()["metrics"]
    assert item["key"] == "cac_<channel>"


@pytest.mark.parametrize(
    ("key", "fix"), [("runaway", "agentos metrics show runway"), ("qqqq", "agentos metrics list")]
)
def test_an_unknown_key_names_the_nearest(program: Program, key: str, fix: str) -> None:
    ran = program("metrics", "show", key)
    assert (ran.code, ran.raw) == (2, b"")
    assert f"no metric `{key}`" in ran.err and fix in ran.err
