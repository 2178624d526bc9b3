"""A large company is told the same as a small one: from columns, its subscriptions only when asked for."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import timedelta

import pytest

from agentos_cli.app import App
from agentos_cli.briefing import knowledge
from agentos_cli.briefing.morning import morning
from agentos_cli.briefing.movements import movements
from agentos_cli.renderers.documents import brief_document, report_document
from agents.nouns import Noun, Subscription
from agents.report import Report
from agents.snapshot import Snapshot
from tests.flows.street import MORNING


def everything(made: App) -> dict[str, object]:
    """The brief, every report, and every figure with all its parts."""
    found = morning(made.snapshot, "run", MORNING).briefing
    reports = {report.agent: report_document(report, found.zone) for report in found.reports}
    parts = {f"{report.agent} {key}": said for report in found.reports for key, said in explained(report)}
    months = movements(made.snapshot, 6, None, None)
    return {"brief": brief_document(found), "reports": reports, "parts": parts, "movements": months}


def explained(report: Report) -> list[tuple[str, object]]:
    return [
        (f"{metric.key} {term.name}", (term.value, term.parts(), term.left_out(), tuple(term.refs())))
        for metric in report.metrics
        if metric.formula is not None
        for term in metric.formula.terms
    ]


def test_columns_tell_everything_as_records_do(open_house: App, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    for many in (10**9, 1):
        monkeypatch.setattr(knowledge, "MANY", many)
        seen = open_house.snapshot((Subscription,))
        assert (seen.recurring is None) is (many > 1)
        told.append(everything(open_house))
    records, columns = told
    assert columns["parts"] == records["parts"]
    assert json.dumps(columns, default=str) == json.dumps(records, default=str)
    assert "MRR" in json.dumps(records, default=str)


def test_a_past_day_and_a_restated_one_come_from_columns_too(
    open_house: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = MORNING - timedelta(days=20)
    told = []
    for many in (10**9, 1):
        monkeypatch.setattr(knowledge, "MANY", many)

        def see(nouns: Collection[type[Noun]]) -> Snapshot:
            settings, zone = open_house.loaded.settings, open_house.zone
            return knowledge.snapshot(open_house.store, settings, zone, earlier, nouns, MORNING)

        found = morning(see, "run", earlier).briefing
        told.append([explained(report) for report in found.reports])
    assert told[0] == told[1] and any(told[0])


def test_subscriptions_are_there_for_whoever_asks(open_house: App, monkeypatch: pytest.MonkeyPatch) -> None:
    few = open_house.snapshot((Subscription,))
    monkeypatch.setattr(knowledge, "MANY", 1)
    many = open_house.snapshot((Subscription,))
    assert Subscription in many.records and set(many.records) == set(few.records)
    assert many.all(Subscription) == few.all(Subscription) != ()
