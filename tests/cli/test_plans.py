"""What the user decides, energy, goals, tasks, putting off: each changes the ranking as it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.program import Program


def decisions(program: Program, *words: str, **environment: str) -> list[Any]:
    ran = program("brief", "--cached", "--json", *words, env=environment)
    assert ran.code == 0, ran.err
    found: list[Any] = ran.json()["decisions"]
    return found


def ids(program: Program, *words: str) -> list[str]:
    return [decision["id"] for decision in decisions(program, *words)]


def factor(decision: Any, name: str) -> Any:
    return next(factor for factor in decision["factors"] if factor["name"].startswith(name))


def task(program: Program, title: str, *words: str) -> str:
    ran = program("tasks", "add", title, "--json", *words)
    assert ran.code == 0, ran.err
    made: str = ran.json()["tasks"][0]["id"]
    return made


def test_a_score_is_the_sum_of_its_factors(office: Program) -> None:
    found = decisions(office)
    assert len(found) > 3
    for decision in found:
        weights = [factor["weight"] for factor in decision["factors"]]
        assert weights == [0.40, 0.25, 0.15, 0.20]
        assert decision["score"] == pytest.approx(
            sum(f["value"] * f["weight"] for f in decision["factors"]), abs=0.06
        )
        assert all(0 <= factor["value"] <= 100 and factor["why"] for factor in decision["factors"])
    assert [d["score"] for d in found] == sorted((d["score"] for d in found), reverse=True)
    assert [d["rank"] for d in found] == list(range(1, len(found) + 1))


def test_weights_are_a_setting(office: Program) -> None:
    only_urgency = {
        "AGENTOS_POLICY__WEIGHTS__REVENUE_IMPACT": "0",
        "AGENTOS_POLICY__WEIGHTS__URGENCY": "1",
        "AGENTOS_POLICY__WEIGHTS__ENERGY_ALIGNMENT": "0",
        "AGENTOS_POLICY__WEIGHTS__STRATEGIC_ALIGNMENT": "0",
    }
    for decision in decisions(office, **only_urgency):
        assert decision["score"] == pytest.approx(factor(decision, "urgency")["value"], abs=0.06)


def test_energy_lifts_what_fits_it(office: Program) -> None:
    easy = task(office, "File the receipts", "--energy", "low", "--due", "3d", "--impact", "5k")
    hard = task(office, "Write the strategy", "--energy", "high", "--due", "3d", "--impact", "5k")
    order = {}
    for level, number in (("low", 20), ("high", 85)):
        assert office("energy", level).code == 0
        shown = office("energy", "--json").json()
        assert shown["level"] == number
        assert "set by you" in shown["origin"]
        found = decisions(office)
        order[level] = [d["id"] for d in found if d["id"] in {easy, hard}]
        for decision in found:
            fit = factor(decision, "energy")
            assert fit["why"].startswith("takes ")
            demand = int(fit["why"].split()[1].rstrip(","))
            assert fit["value"] == 100 - abs(number - demand)
    assert order == {"low": [easy, hard], "high": [hard, easy]}


def test_energy_follows_the_curve_of_the_day_until_it_is_set(office: Program) -> None:
    office.configure('[energy]\ncurve = { "00:00" = 37 }\n')
    assert office("energy", "--json").json() == {
        "schema": "agentos.energy/1", "level": 37, "origin": "daily curve from 00:00",
    }  # fmt: skip
    assert office("energy", "90").code == 0
    assert office("energy", "--json").json()["level"] == 90
    office.configure('[energy]\ncurve = { "00:00" = 37 }\nhours = 0\n')
    assert office("energy", "--json").json()["level"] == 37


def test_a_goal_lifts_what_serves_it(office: Program) -> None:
    serving = task(office, "Call the ten best prospects", "--tag", "growth")
    other = task(office, "Sort the archive", "--tag", "tidiness")

    def alignment() -> tuple[float, float]:
        found = {decision["id"]: factor(decision, "strategic")["value"] for decision in decisions(office)}
        return found[serving], found[other]

    assert alignment() == (50, 50)
    first = office("goals", "add", "Grow", "--tag", "growth", "--weight", "1", "--json").json()
    assert alignment() == (100, 20)
    office("goals", "add", "Keep customers", "--tag", "retention", "--weight", "4")
    assert alignment() == (25, 20)
    assert office("goals", "add", "Grow", "--tag", "growth").code == 2, "the same goal twice"
    assert office("goals", "close", first["goals"][0]["id"]).code == 0
    assert alignment() == (20, 20)
    listed = office("goals", "list", "--json").json()["goals"]
    assert {goal["title"]: goal["open"] for goal in listed} == {"Grow": False, "Keep customers": True}


def test_a_goal_of_another_quarter_ranks_nothing(office: Program) -> None:
    serving = task(office, "Call the ten best prospects", "--tag", "growth")
    assert office("goals", "add", "Grow", "--tag", "growth", "--quarter", "2019-Q1").code == 0
    found = next(decision for decision in decisions(office) if decision["id"] == serving)
    assert factor(found, "strategic")["value"] == 50


def test_a_task_is_ranked_among_the_decisions_until_it_is_done(office: Program) -> None:
    before = ids(office)
    made = task(office, "Sign the lease", "--due", "today", "--impact", "900k", "--minutes", "15")
    found = decisions(office)
    assert {d["id"] for d in found} == {*before, made}
    mine = next(decision for decision in found if decision["id"] == made)
    assert (mine["title"], mine["minutes"], mine["due_text"]) == ("Sign the lease", 15, "today")
    assert mine["impact"]["amount"] == 90_000_000
    assert factor(mine, "urgency")["value"] == 100
    assert mine["command"] == f"agentos tasks done {made}"
    assert office(*mine["command"].split()[1:]).code == 0
    assert ids(office) == before
    assert "Sign the lease" not in office("tasks", "list").out
    assert "Sign the lease" in office("tasks", "list", "--all").out


def test_a_decision_that_was_put_off_is_gone_until_it_is_woken(office: Program) -> None:
    before = ids(office)
    assert office("snooze", before[0].lower(), "--days", "3").code == 0
    assert ids(office) == before[1:]
    assert office("next", "--json").json()["decision"]["id"] == before[1]
    assert office("show", before[0]).code == 0, "what was put off can still be looked at"
    assert office("snooze", before[0], "--wake").code == 0
    assert ids(office) == before


def test_a_risk_or_alert_that_was_put_off_is_gone_until_it_is_woken(office: Program) -> None:
    before = office("brief", "--cached", "--json").json()
    risk, alert = before["risks"][0]["id"], before["alerts"][0]["id"]
    for wanted in (risk, alert):
        assert office("snooze", wanted).code == 0
    after = office("brief", "--cached", "--json").json()
    assert [r["id"] for r in after["risks"]] == [r["id"] for r in before["risks"][1:]]
    assert alert not in [a["id"] for a in after["alerts"]]
    for wanted in (risk, alert):
        assert office("snooze", wanted, "--wake").code == 0
    again = office("brief", "--cached", "--json").json()
    for kind in ("risks", "alerts"):
        assert [item["id"] for item in again[kind]] == [item["id"] for item in before[kind]]


def test_what_was_put_off_comes_back_by_itself(office: Program) -> None:
    made = task(office, "Call the bank", "--impact", "900k")
    until = datetime.fromisoformat(office("snooze", made, "--days", "2", "--json").json()["until"])
    assert until - datetime.now(UTC) > timedelta(days=1, hours=23)
    assert made not in ids(office)
    assert made not in ids(office, "--as-of", (until - timedelta(hours=1)).isoformat())
    assert made in ids(office, "--as-of", (until + timedelta(minutes=1)).isoformat())


def test_the_past_does_not_know_what_was_planned_later(office: Program) -> None:
    moment = datetime.now(UTC).isoformat()
    made = task(office, "Call the bank", "--impact", "900k")
    assert made in ids(office)
    assert made not in ids(office, "--as-of", moment)


def test_plans_for_the_demo_stay_in_the_demo(demo: Program) -> None:
    words = ("--impact", "9M", "--due", "today", "--energy", "low", "--tag", "retention")
    assert demo("tasks", "add", "Only for the demo", "--demo", *words).code == 0
    assert demo("energy", "11", "--demo").code == 0
    assert demo("energy", "--demo", "--json").json()["level"] == 11
    assert demo("next", "--demo", "--json").json()["decision"]["title"] == "Only for the demo"
    assert demo("tasks", "list", "--json").json()["tasks"] == []
    assert demo("energy", "--json").json()["level"] != 11


def test_what_was_planned_for_the_demo_stays_until_it_is_made_anew(demo: Program) -> None:
    assert demo("tasks", "add", "Water the plants", "--demo").code == 0
    assert "Water the plants" in demo("brief", "--demo", "--json").out
    again = demo("brief", "--demo", "--refresh", "--json")
    assert (again.code, "Water the plants" in again.out) == (0, False)
