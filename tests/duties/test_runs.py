"""What ran is forgotten in time, what a past morning needs is not, and beats are logged."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agentos_cli import logbook, telemetry
from agentos_cli.app import App
from agentos_cli.config.model import Beats
from agentos_cli.duties import heartbeat, runs
from agentos_cli.store.records import SavedBriefing
from agentos_cli.telemetry import RunRecord
from tests.flows.street import MORNING, house


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setattr(telemetry, "_log", telemetry._Log())
    made = house(tmp_path, MORNING)
    made.ready()
    greedy = replace(made.loaded.settings, heartbeat=Beats(disk_mb=10**9))
    return replace(made, loaded=replace(made.loaded, settings=greedy))


def test_runs_go_after_as_many_days_as_events_and_briefings_stay(made: App) -> None:
    keep = timedelta(days=made.loaded.settings.events.keep)
    for number, age in enumerate((keep + timedelta(days=2), keep + timedelta(days=1), keep / 2)):
        record = RunRecord(f"run_{number}", "agent", "ceo", MORNING - age, 5, True)
        made.store.record([record], SavedBriefing(record.run_id, record.started_at, "{}"))
    assert runs.tidy(made) == 2
    assert [run.run_id for run in made.store.runs()] == ["run_2"]
    assert runs.tidy(made) == 0
    assert made.store.last_briefing(MORNING - keep) is not None


def test_a_beat_that_changes_something_leaves_lines_and_a_silent_one_none(made: App) -> None:
    path = made.places.log(made.store.tenant)
    first = heartbeat.run(made)
    assert first.changes
    found = [line for line in logbook.lines(path) if line["logger"] == "agentos.work.heartbeat"]
    assert [line["check"] for line in found] == [change.check for change in first.changes]
    assert heartbeat.run(made).changes == ()
    again = [line for line in logbook.lines(path) if line["logger"] == "agentos.work.heartbeat"]
    assert again == found
