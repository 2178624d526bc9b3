"""Any one agent breaks, in any way: the briefing comes, names it, and the others are whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentos_cli.app import App
from agentos_cli.renderers import draw
from agentos_cli.renderers.style import Style
from agents.catalogue import CATALOGUE

Plant = Callable[[str, str], str]

RAISES = """
from dataclasses import replace
from {module} import AGENT as REAL
def analyse(snapshot):
    raise ZeroDivisionError("planted")
AGENT = replace(REAL, analyse=analyse)
"""
SAYS_NOTHING = RAISES.replace('raise ZeroDivisionError("planted")', "return None")
SPEAKS_FOR_ANOTHER = RAISES.replace(
    'raise ZeroDivisionError("planted")', 'return replace(REAL.analyse(snapshot), agent="somebody")'
)
CANNOT_BE_IMPORTED = 'raise ImportError("planted")'
IS_NO_AGENT = "AGENT = 7"

WAYS = {
    "raises": (RAISES, "ZeroDivisionError: planted"),
    "says nothing": (SAYS_NOTHING, "TypeError"),
    "speaks for another": (SPEAKS_FOR_ANOTHER, "TypeError"),
    "cannot be imported": (CANNOT_BE_IMPORTED, "ImportError: planted"),
    "is no agent": (IS_NO_AGENT, "TypeError"),
}


def break_agent(name: str, way: str, plant: Plant, patch: pytest.MonkeyPatch) -> str:
    """Put a broken module in the agent's place; gives what its error is called."""
    code, told = WAYS[way]
    patch.setitem(CATALOGUE, name, plant(f"broken_{name}", code.format(module=CATALOGUE[name])))
    return told


@pytest.mark.parametrize("way", ["raises", "cannot be imported"])
@pytest.mark.parametrize("name", list(CATALOGUE))
def test_the_briefing_comes_without_it(
    name: str, way: str, open_house: App, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = {r["agent"]: r for r in open_house.desk.brief()["reports"]}
    told = break_agent(name, way, plant, monkeypatch)
    open_house.plans.set_energy(50)  # something changed, so that the briefing is made anew

    document = open_house.desk.brief()

    found = {r["agent"]: r for r in document["reports"]}
    broken = found.pop(name)
    assert document["failed"] == [name]
    assert broken["health"] == "failed"
    assert told in str(broken["error"])
    assert found == {agent: report for agent, report in sound.items() if agent != name}
    assert name in document["verdict"] or f"{name} failed" in draw(document, "text", Style())


@pytest.mark.parametrize("way", WAYS)
def test_its_run_says_why_and_nothing_of_it_is_remembered(
    way: str, open_house: App, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        told = break_agent("sales", way, plant, patch)
        assert open_house.desk.brief()["failed"] == ["sales"]
        assert open_house.desk.report("sales")["health"] == "failed"
        runs = open_house.store.runs(50, "agent", "sales")
        states = {item["name"]: item["health"] for item in open_house.agents()}

    mended = open_house.desk.brief()

    assert [(run.success, told in str(run.error), dict(run.metrics)) for run in runs] == [
        (False, True, {})
    ] * 2
    assert states["sales"] == "failed"
    assert "failed" not in {states[name] for name in states if name != "sales"}
    assert mended["failed"] == []
    assert open_house.desk.report("sales")["error"] is None
    assert open_house.store.runs(1, "agent", "sales")[0].success


def test_what_rests_on_a_broken_agent_is_not_nought_but_absent(
    open_house: App, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_agent("finance", "raises", plant, monkeypatch)

    numbers = {n["key"]: n for n in open_house.desk.brief()["numbers"]}

    assert {(numbers[key]["value"], numbers[key]["absent"]) for key in ("mrr", "cash")} == {
        (None, "finance failed")
    }
    assert numbers["pipeline"]["value"] is not None


def test_all_six_may_break_at_once(open_house: App, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(CATALOGUE):
        break_agent(name, "raises", plant, monkeypatch)

    document = open_house.desk.brief()

    assert document["failed"] == list(CATALOGUE)
    assert all(n["value"] is None for n in document["numbers"])


@pytest.mark.parametrize("form", ["text", "plain", "md", "html"])
def test_the_ceo_itself_may_break(form: str, open_house: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ArithmeticError("planted")

    with monkeypatch.context() as patch:
        patch.setattr("agents.ceo.brief", broken)
        document = open_house.desk.brief()
        shown = draw(document, form, Style())
        run = open_house.store.runs(1, "agent", "ceo")[0]

    assert document["failed"] == ["ceo"]
    assert [report["error"] for report in document["reports"]] == [None] * len(CATALOGUE)
    assert "CEO agent failed" in shown
    assert (run.success, run.error) == (False, "ArithmeticError: planted")
    assert open_house.desk.brief()["failed"] == []
