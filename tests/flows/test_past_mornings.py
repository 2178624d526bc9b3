"""Any past morning can be seen again as it was, whatever came, changed or went since; old data says so."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agentos_cli.app import App
from agentos_cli.connectors.catalogue import CATALOGUE as SOURCES
from agentos_cli.demo.company.world import build_world
from agentos_cli.renderers import draw
from agentos_cli.renderers.style import Style
from agents.catalogue import CATALOGUE as AGENTS
from agents.nouns import Customer, Deal, Invoice, Noun, SurveyAnswer
from tests.cli.program import Program
from tests.flows.street import MORNING, VENDORS, Street, at, house

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NEXT_MORNING = MORNING + DAY


@pytest.fixture(scope="module")
def other_street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """Quite another company, a day later: all is new, other or gone."""
    world = build_world(NEXT_MORNING, seed=11, customers=6, deals=3, projects=1, team=4)
    street = Street.of(world, tmp_path_factory.mktemp("other"))
    with street.server:
        yield street


def told(made: App) -> list[str]:
    """Everything a morning says, as bytes would compare: the brief, every report, one text."""
    brief = made.desk.brief()
    reports = [json.dumps(made.desk.report(name)) for name in (*AGENTS, "ceo")]
    return [json.dumps(brief), draw(brief, "text", Style(everything=True)), *reports]


def spot(made: App, source: str) -> Any:
    return next((s for s in made.desk.brief()["blind_spots"] if s["source"] == source), None)


def ids(made: App, noun: type[Noun], moment: datetime) -> set[str]:
    return {record.id for record in made.store.read(moment, [noun]).records[noun]}


def test_a_past_morning_reads_the_same_to_the_byte(open_house: App, other_street: Street) -> None:
    then = [told(at(open_house, moment)) for moment in (MORNING, MORNING + 3 * HOUR)]
    later = at(open_house, NEXT_MORNING)
    other_street.connect(later).sync(None, force=True)
    now = told(later)
    later.plans.add_task("Call the bank", None, None, 30, 50, ())

    again = [told(open_house.at(moment.isoformat())) for moment in (MORNING, MORNING + 3 * HOUR)]

    assert again == then
    assert told(open_house.at(NEXT_MORNING.isoformat())) != now, "the task of that instant is missing"
    assert then[0] != then[1] != now


def test_what_changed_and_what_is_gone_is_known_by_its_day(open_house: App, other_street: Street) -> None:
    before = ids(open_house, Customer, MORNING)
    other_street.connect(at(open_house, NEXT_MORNING)).sync(list(VENDORS), force=True)

    after = ids(open_house, Customer, NEXT_MORNING)

    assert ids(open_house, Customer, NEXT_MORNING - timedelta(microseconds=1)) == before
    assert before - after and after
    assert ids(open_house, Deal, MORNING) != ids(open_house, Deal, NEXT_MORNING)
    changed = {i.id for i in open_house.store.read(MORNING, [Invoice]).records[Invoice]}
    assert changed and not ids(open_house, Invoice, MORNING - HOUR)


def test_a_row_taken_out_of_a_file_is_gone_from_then_on(
    open_house: App, tmp_path: Path, street: Street
) -> None:
    mine = replace(street, folder=shutil.copytree(street.folder, tmp_path / "files"))
    path = mine.folder / "nps.csv"
    before = ids(open_house, SurveyAnswer, MORNING)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), encoding="utf-8")
    (outcome,) = mine.connect(at(open_house, NEXT_MORNING), "files").sync(["files"], force=True)

    assert outcome.ok
    assert len(ids(open_house, SurveyAnswer, NEXT_MORNING)) == len(before) - 1
    assert ids(open_house, SurveyAnswer, MORNING) == before


def test_an_old_export_says_since_when(tmp_path: Path, street: Street) -> None:
    mine = replace(street, folder=shutil.copytree(street.folder, tmp_path / "files"))
    long_ago = datetime(2025, 12, 30, 12, tzinfo=MORNING.tzinfo).timestamp()
    for path in mine.folder.iterdir():
        os.utime(path, (MORNING.timestamp(), MORNING.timestamp()))
    os.utime(mine.folder / "nps.csv", (long_ago, long_ago))
    made = mine.connect(house(tmp_path, MORNING), "files")
    made.sync(None, force=True)

    found = spot(made, "files")
    everything = spot(at(made, MORNING + 3 * DAY), "files")

    assert (found["why"], found["fix"]) == (
        "not exported since 30 Dec 2025 (survey answer)",
        "agentos sync files",
    )
    assert found["since"].startswith("2025-12-30")
    assert "not exported since Mon 23 Nov" in everything["why"]
    line = next(
        row
        for row in draw(made.desk.brief(), "text", Style(width=120, everything=True)).splitlines()
        if "agentos sync files" in row
    )
    assert "not exported since 30 Dec 2025" in line


def test_a_file_that_vanishes_leaves_what_it_said_with_its_age(
    open_house: App, tmp_path: Path, street: Street
) -> None:
    mine = replace(street, folder=shutil.copytree(street.folder, tmp_path / "files"))
    (mine.folder / "nps.csv").unlink()
    later = at(open_house, MORNING + 2 * DAY)
    for path in mine.folder.iterdir():
        os.utime(path, (later.clock().timestamp(),) * 2)
    mine.connect(later, "files").sync(["files"], force=True)

    assert spot(later, "files")["why"] == "not exported since Mon 23 Nov (survey answer)"
    assert ids(later, SurveyAnswer, later.clock()) == ids(later, SurveyAnswer, MORNING) != set()


def test_a_folder_that_vanishes_is_told_and_its_data_stays(
    open_house: App, tmp_path: Path, street: Street
) -> None:
    mine = replace(street, folder=shutil.copytree(street.folder, tmp_path / "files"))
    mine.connect(open_house, "files")
    shutil.rmtree(mine.folder)
    cash = open_house.desk.report("finance")

    later = at(open_house, MORNING + HOUR)
    (outcome,) = later.sync(["files"], force=True)

    assert not outcome.ok
    assert spot(later, "files")["fix"] == "agentos connect files --folder PATH"
    found = {m["key"]: m["value"] for m in later.desk.report("finance")["metrics"]}
    assert found["cash"] == {m["key"]: m["value"] for m in cash["metrics"]}["cash"] is not None


def test_a_source_connected_or_removed_later_changes_no_morning_before(
    tmp_path: Path, street: Street
) -> None:
    made = street.connect(house(tmp_path, MORNING), "stripe", "linear")
    made.sync(None, force=True)
    then = told(made)
    assert spot(made, "hubspot")["why"].startswith("not connected")
    later = street.connect(at(made, MORNING + HOUR), "hubspot", "files")
    later.sync(["hubspot"], force=True)
    later.sources.disconnect(SOURCES["stripe"])
    afterwards = told(later)

    assert told(open_at(made, MORNING)) == then
    assert spot(later, "files")["why"].startswith("never read")
    at(later, NEXT_MORNING).sources.disconnect(SOURCES["files"])
    assert told(open_at(made, MORNING + HOUR)) == afterwards != then


def open_at(made: App, moment: datetime) -> App:
    return made.at(moment.isoformat())


def test_a_source_that_was_removed_says_so_once_its_data_is_old(open_house: App) -> None:
    open_house.sources.disconnect(SOURCES["stripe"])

    assert spot(open_house, "stripe") is None
    later = spot(at(open_house, MORNING + 2 * HOUR), "stripe")
    assert (later["why"], later["fix"]) == ("no longer connected", "agentos connect stripe")
    listed = {c["source"]: (c["state"], c["fix"]) for c in at(open_house, MORNING + 2 * HOUR).connectors()}
    assert listed["stripe"] == ("not connected", "agentos connect stripe")


def test_of_a_day_before_all_knowledge_one_line_says_so(office: Program) -> None:
    ran = office("brief", "--as-of", "2020-02-03")
    assert ran.code == 0
    (line,) = (line for line in ran.err.splitlines() if "nothing was known then" in line)
    assert "the first sync was on" in line and line.endswith("agentos brief --as-of 2020-02-03 --restated")
    again = office("brief", "--as-of", "2020-02-03", "--restated")
    assert again.code == 0 and "nothing was known" not in again.err
    assert "nothing was known" not in office("brief", "--cached").err
