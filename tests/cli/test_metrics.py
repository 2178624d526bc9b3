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


def test_a_figure_is_shown_day_by_day_against_its_own_past(onlooker: Program) -> None:
    told = onlooker("metrics", "history", "Throughput", "--demo", "--days", "57", "--json").json()
    assert (told["schema"], told["key"], len(told["points"])) == ("agentos.history/1", "throughput", 57)
    values = [point["value"] for point in told["points"]]
    assert values[-1] == told["value"]
    assert told["points"][-1]["date"] == told["as_of"][:10]
    week, month, weekday = told["comparisons"]
    assert week["previous"] == values[-8]
    assert weekday["previous"] == sum(values[-8::-7]) / 8
    assert month["label"] == "a month ago" and month["previous"] in values
    assert told["baseline"]["points"] == 12 and told["no_past"] is None
    report = onlooker("ops", "--demo", "--json").json()
    (number,) = (item for item in report["metrics"] if item["key"] == "throughput")
    assert number["series"] == [values[-1 - 7 * n] for n in range(6, -1, -1)]


def test_the_text_of_a_history_says_what_its_document_says(onlooker: Program) -> None:
    words = ("metrics", "history", "mrr", "--demo", "--days", "9", "--width", "80")
    told, shown = onlooker(*words, "--json").json(), onlooker(*words).out
    assert len(told["points"]) == 9
    for point in told["points"]:
        (line,) = (line for line in shown.splitlines() if f"{point['date']} " in line and "──" not in line)
        assert point["text"] in line and (point["change"] or "") in line
    for one in told["comparisons"]:
        assert one["label"] in shown and one["previous_text"] in shown
    for text in (told["title"], told["text"], told["baseline"]["verdict"], told["baseline"]["sentence"]):
        assert text in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert onlooker(*words, "--ascii").raw.isascii()


def test_a_figure_without_a_past_says_so(onlooker: Program, program: Program) -> None:
    told = onlooker("metrics", "history", "capacity", "--demo", "--json").json()
    assert (told["points"], told["comparisons"], told["baseline"]) == ([], [], None)
    assert told["no_past"] == "the records keep no past of it"
    assert "No history: no data." in program("metrics", "history", "mrr").out


@pytest.mark.parametrize(
    ("words", "fix"),
    [(("mrrr",), "mrr"), (("cac_<channel>",), "cac_"), (("mrr", "--days", "0"), "")],
)
def test_a_history_of_nothing_is_an_error(onlooker: Program, words: tuple[str, ...], fix: str) -> None:
    ran = onlooker("metrics", "history", *words, "--demo")
    assert (ran.code, ran.raw) == (2, b"")
    assert ran.said_plainly() and fix in ran.err
