"""The same question again gets the same answer at once; whatever changes what is known gets a new one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agentos_cli.app import App
from tests.cli.program import Program
from tests.flows.street import MORNING, Street, at

MINUTE = timedelta(minutes=1)


def brief(made: App) -> Any:
    return json.loads(json.dumps(made.desk.brief()))


def runs(made: App) -> int:
    return len(made.store.runs(1_000))


def test_a_brief_given_again_is_the_same_to_the_byte_and_runs_nothing(office: Program, today: Street) -> None:
    first = office("brief", "--json")
    ran = office("runs", "--json").raw
    asked = today.server.counts

    second = office("brief", "--json")

    assert first.code == second.code == 0
    assert second.raw == first.raw
    assert office("runs", "--json").raw == ran
    assert today.server.counts == asked
    assert office("finance", "--json").raw == office("finance", "--json").raw


@pytest.mark.parametrize(("later", "again"), [(4 * MINUTE, True), (6 * MINUTE, False), (-MINUTE, False)])
def test_for_five_minutes_and_not_for_longer(later: timedelta, again: bool, open_house: App) -> None:
    first = brief(open_house)
    second = brief(at(open_house, MORNING + later))

    assert (second == first) is again
    assert (runs(open_house) == 4 + 7) is again


def a_task(made: App) -> None:
    made.plans.add_task("Call the bank", None, None, 30, 50, ())


def a_goal(made: App) -> None:
    made.plans.add_goal("Grow", None, 1.0, ("growth",), made.today)


def energy(made: App) -> None:
    made.plans.set_energy(15)


def a_finding_put_off(made: App) -> None:
    made.plans.snooze(made.desk.brief()["decisions"][0]["id"], MORNING + timedelta(days=2))


def another_company_name(made: App) -> None:
    settings = made.loaded.settings
    renamed = replace(settings, company=replace(settings.company, name="Thornbury"))
    object.__setattr__(made, "loaded", replace(made.loaded, settings=renamed, key=repr(renamed)))


@pytest.mark.parametrize(
    ("change", "shows"),
    [
        (a_task, lambda d: "Call the bank" in json.dumps(d)),
        (a_goal, lambda d: True),
        (energy, lambda d: d["energy"]["level"] == 15 if "energy" in d else True),
        (a_finding_put_off, lambda d: True),
        (another_company_name, lambda d: d["company"] == "Thornbury"),
    ],
)
def test_a_change_is_seen_at_once(
    change: Callable[[App], None], shows: Callable[[Any], bool], open_house: App
) -> None:
    before = brief(open_house)
    change(open_house)

    after = brief(at(open_house, MORNING + MINUTE))

    assert after != before
    assert after["as_of"] != before["as_of"]
    assert shows(after)


def test_a_sync_is_seen_at_once(open_house: App) -> None:
    before = brief(open_house)
    later = at(open_house, MORNING + MINUTE)
    later.sync(None, force=True)

    assert brief(later)["as_of"] != before["as_of"]


def test_an_instant_asked_for_gets_an_answer_of_that_instant(open_house: App) -> None:
    brief(open_house)
    moment = MORNING + MINUTE

    exact = brief(open_house.at(moment.isoformat()))

    assert exact["as_of"] == moment.astimezone(open_house.zone).isoformat(timespec="seconds")


def test_what_was_made_for_an_instant_asked_for_is_not_given_as_the_present(open_house: App) -> None:
    a_task(at(open_house, MORNING + 2 * MINUTE))
    past = brief(open_house.at((MORNING + MINUTE).isoformat()))

    present = brief(at(open_house, MORNING + 3 * MINUTE))

    assert "Call the bank" not in json.dumps(past)
    assert "Call the bank" in json.dumps(present)


def test_an_old_export_is_not_read_again_and_a_changed_one_is(open_house: App, street: Street) -> None:
    soon = at(open_house, MORNING + MINUTE)

    assert soon.sync(None, force=False) == ()
    path = street.folder / "bank.csv"
    before = path.stat()
    try:
        os.utime(path, (MORNING.timestamp(),) * 2)
        (outcome,) = soon.sync(None, force=False)
        assert (outcome.source, outcome.ok) == ("files", True)
        assert soon.sync(None, force=False) == ()
    finally:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_every_run_leaves_one_whole_record(office: Program, today: Street) -> None:
    today.order("linear=status:500")
    office("brief", "--refresh")

    found = office("runs", "--json").json()["runs"]

    (read, thought) = (
        {run["name"]: run for run in reversed(found) if run["work"] == work} for work in ("source", "agent")
    )
    assert set(read) == {"stripe", "hubspot", "linear", "files"}
    assert set(thought) == {"finance", "sales", "ops", "marketing", "hr", "success", "ceo"}
    assert {run["success"] for name, run in (read | thought).items() if name != "linear"} == {True}
    assert "500" in read["linear"]["error"]
    assert read["linear"]["success"] is False
    assert read["stripe"]["metrics"]["records"] > 100
    assert thought["finance"]["metrics"]["mrr"].endswith("USD")
    for run in found:
        assert run["run_id"].startswith("run_")
        assert run["duration_ms"] >= 0
        assert run["started_at"].startswith("20")
        assert (run["error"] is None) is run["success"]
    assert len({run["run_id"] for run in thought.values()}) == 1
    assert office("runs", "--source", "linear", "--json").json()["runs"][0] == read["linear"]
