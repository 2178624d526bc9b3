"""Every figure that an agent shows is defined in words, and the words say what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields

import pytest

from agentos_cli.app import App
from agents import catalogue
from agents.ceo import AGENT as CEO
from agents.ceo.compose import HEADLINES
from agents.definitions import CATALOGUE, definition_of
from agents.money import Money
from agents.nouns import NOUNS
from agents.policy import Policy
from agents.report import Agent, Definition, Metric
from agents.snapshot import Snapshot
from agents.unit import Unit
from tests.agents import build

AGENTS = (*(catalogue.load(name) for name in catalogue.CATALOGUE), CEO)
WHOLE = {Unit.COUNT, Unit.SCORE}
SETTING = re.compile(r"policy\.(\w+)(?: \((\w[\w.]*)\))?")
Shown = Mapping[str, tuple[tuple[Agent, Metric], ...]]


def figures_of(snapshot: Snapshot) -> tuple[tuple[Agent, Metric], ...]:
    return tuple((agent, metric) for agent in AGENTS for metric in agent.analyse(snapshot).metrics)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """Everything that the agents show: of the demo company, of one without records, of one never read."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CONFIG", "STATE", "CACHE", "DATA"):
            patch.setenv(f"XDG_{name}_HOME", str(tmp_path_factory.getbasetemp() / "xdg" / name))
        demo = App.demo("2026-11-23T07:00").snapshot(set(NOUNS))
    yield {
        "demo": figures_of(demo),
        "empty": figures_of(build.snapshot()),
        "never read": figures_of(build.snapshot(sources=())),
    }


def test_every_figure_has_a_definition_and_says_what_it_says(shown: Shown) -> None:
    for agent, metric in (one for found in shown.values() for one in found):
        definition = definition_of(metric.key)
        assert definition is not None, metric.key
        assert agent.name in (definition.agent, "ceo"), metric.key
        assert (metric.unit, metric.good) == (definition.unit, definition.good), metric.key
        title = re.sub(r"<\w+>", ".+", re.escape(definition.title).replace(r"\<", "<").replace(r"\>", ">"))
        assert re.fullmatch(title, metric.title) and "<" not in metric.title, metric.title


def test_every_definition_is_of_a_figure_that_is_shown(shown: Shown) -> None:
    made = {metric.key for name in ("demo", "empty") for _, metric in shown[name]}
    found = {definition.key for key in made if (definition := definition_of(key)) is not None}
    assert found == set(CATALOGUE)


def test_the_value_of_a_figure_is_of_its_unit(shown: Shown) -> None:
    for _, metric in shown["demo"]:
        for value in (metric.value, metric.previous, *metric.series):
            if value is None:
                continue
            assert isinstance(value, Money) is (metric.unit is Unit.MONEY), metric.key
            assert metric.unit not in WHOLE or type(value) is int, metric.key


def test_a_figure_is_made_from_its_inputs_and_from_nothing_else(shown: Shown) -> None:
    for found in shown.values():
        for _, metric in found:
            kinds = inputs(definition_of(metric.key))
            made_from = {ref.split(":")[1] for ref in metric.evidence}
            assert made_from <= kinds, metric.key
    for _, metric in shown["empty"]:
        needs = set(metric.freshness.sources)  # there, a source is called like the one noun that it brings
        kinds = inputs(definition_of(metric.key))
        assert needs <= kinds or not kinds & {noun.kind for noun in NOUNS}, metric.key


def inputs(definition: Definition | None) -> set[str]:
    assert definition is not None
    return {noun if isinstance(noun, str) else noun.kind for noun in definition.inputs}


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
def test_an_agent_reads_all_that_its_figures_are_made_from(agent: Agent) -> None:
    own = (definition for definition in CATALOGUE.values() if definition.agent == agent.name)
    nouns = {noun for definition in own for noun in definition.inputs if not isinstance(noun, str)}
    assert nouns <= set(agent.reads)


@pytest.mark.parametrize("definition", CATALOGUE.values(), ids=lambda definition: definition.key)
def test_a_definition_is_whole_and_names_settings_as_they_are(definition: Definition) -> None:
    assert definition.sentence[0].isupper() or definition.sentence.startswith("MRR")
    for line in (definition.sentence, *definition.edge_cases):
        assert line.endswith(".") and line.isascii(), line
    assert definition.formula and not definition.formula.endswith(".")
    assert definition.inputs and definition.source
    defaults = {field.name: getattr(Policy(), field.name) for field in fields(Policy)}
    for name, said in SETTING.findall(" ".join((definition.formula, *definition.edge_cases))):
        assert name in defaults, name
        assert said in ("", written(defaults[name])), f"policy.{name} is {defaults[name]}"


def written(default: object) -> str:
    if default is None or isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, int | float) else ""


def test_keys_are_found_by_themselves_before_their_family() -> None:
    found = {
        key: definition_of(key) for key in ("spend", "spend_growth", "spend_paid_search", "cac_x", "cac_")
    }
    keys = [definition.key if definition else None for definition in found.values()]
    assert keys == ["spend", "spend_growth", "spend_<channel>", "cac_<channel>", None]
    assert definition_of("cac_<channel>") is CATALOGUE["cac_<channel>"]
    assert definition_of("nonsense") is None


def test_the_headlines_of_a_morning_without_figures_are_those_of_every_other() -> None:
    for agent, key, *said in HEADLINES:
        definition = CATALOGUE[key]
        assert [definition.agent, definition.title, definition.unit, definition.good] == [agent, *said]


def test_nothing_is_defined_twice() -> None:
    assert len({d.title for d in CATALOGUE.values()}) == len(CATALOGUE)
    sizes = [
        len(vars(__import__(f"agents.{a.name}.definitions", fromlist=["_"]))["DEFINITIONS"]) for a in AGENTS
    ]
    assert sum(sizes) == len(CATALOGUE)
