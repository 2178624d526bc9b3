"""Every number of the demo's morning can be explained, and the records listed make the number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest

from agentos_cli.app import App
from agentos_cli.briefing.explaining import of_finding, of_metric
from agentos_cli.briefing.morning import CEO, agent_called
from agentos_cli.renderers.explain import ExplainDocument, TermItem
from agentos_cli.renderers.explained import explained
from agentos_cli.renderers.style import Style
from agents.catalogue import CATALOGUE as AGENTS
from agents.money import Money

COMBINE = {"sum": sum, "count": sum}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The demo company as a user has it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
            patch.delenv(name, raising=False)
        yield App.open(demo=True, as_of="2026-11-23T07:00")


@pytest.fixture(scope="module")
def figures(demo: App) -> tuple[ExplainDocument, ...]:
    """Every metric of every agent that has a value, explained."""
    reports = [agent_called(name).analyse(demo.snapshot(agent_called(name).reads)) for name in (*AGENTS, CEO)]
    metrics = [metric for report in reports for metric in report.metrics if metric.value is not None]
    return tuple(demo.desk.explained(of_metric(metric)) for metric in metrics)


@pytest.fixture(scope="module")
def findings(demo: App) -> tuple[ExplainDocument, ...]:
    """Every decision, alert and risk of the brief that has a number, explained."""
    brief = demo.desk.brief()
    ids = [item["id"] for item in brief["decisions"] if item["impact"] is not None]
    ids += [alert["id"] for alert in brief["alerts"] if alert["value"] is not None]
    briefing = demo.desk.briefing()
    ids += [risk.id for risk in briefing.risks if risk.formula is not None]
    subjects = [of_finding(briefing, name) for name in ids]
    return tuple(demo.desk.explained(subject) for subject in subjects if subject is not None)


def test_every_figure_is_made_of_the_records_that_it_lists(figures: tuple[ExplainDocument, ...]) -> None:
    assert [told["figure"] for told in figures if not whole(told)] == []
    assert len(figures) > 80


def test_every_number_of_a_finding_is_made_of_the_records_that_it_lists(
    findings: tuple[ExplainDocument, ...],
) -> None:
    assert [told["figure"] for told in findings if not whole(told)] == []
    assert len(findings) > 20


def whole(told: ExplainDocument) -> bool:
    """Checked here again from the document alone: parts make terms, and some term has records."""
    made_of_records = any(term["parts"] for term in told["terms"]) or told["value"] == 0
    return told["adds_up"] and made_of_records and all(map(sums, told["terms"]))


def sums(term: TermItem) -> bool:
    if term["how"] not in COMBINE:
        return term["adds_up"]
    parts = sum((Fraction(str(part["amount"] or 0)) for part in term["parts"]), Fraction(0))
    return abs(parts - Fraction(str(term["value"]))) <= Fraction(len(term["parts"]) + 1, 10**6)


def test_what_moved_since_last_week_makes_the_change(demo: App) -> None:
    told = demo.desk.explain("mrr")
    assert isinstance(told["value"], int) and isinstance(told["previous"], int)
    assert sum(move["change"] or 0 for move in told["moves"]) == told["value"] - told["previous"] != 0


def test_every_record_says_where_it_comes_from(demo: App) -> None:
    for key in ("mrr", "cash", "pipeline", "sla_misses", "headcount", "open_tickets"):
        for term in demo.desk.explain(key)["terms"]:
            for part in term["parts"]:
                for record in part["records"]:
                    assert record["name"] and record["learned_at"] and record["synced_at"], (key, record)
    page = demo.desk.explain("mrr")["terms"][0]["parts"][0]["records"][0]["page"]
    assert page is not None and page.startswith("https://dashboard.stripe.com/")


def test_the_text_fits_and_says_that_it_adds_up(figures: tuple[ExplainDocument, ...]) -> None:
    for told in figures:
        drawn = explained(told, Style(width=80))
        assert all(len(line) <= 80 for line in drawn.splitlines()), told["figure"]
        assert "does not say how it was made" not in drawn and "do NOT" not in drawn, told["figure"]


def test_a_figure_that_is_tampered_with_does_not_add_up(demo: App) -> None:
    metric = demo.desk.metric("mrr")
    assert isinstance(metric.value, Money)
    wrong = replace(metric, value=metric.value + Money(1, metric.value.currency))
    told = demo.desk.explained(of_metric(wrong))
    assert not told["adds_up"]
    assert "do NOT make this figure" in explained(told, Style(width=80))
