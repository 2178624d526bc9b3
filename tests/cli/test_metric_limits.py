"""`[metrics.<key>]`: a goal and limits on any figure, given in a file or the environment."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.program import Program

MISTAKES = {
    "[metrics.throughptu]\ngoal = 1\n": ("line 1", "metrics.throughptu", "did you mean `throughput`?"),
    "[metrics.qqqqqqqq]\ngoal = 1\n": ("line 1", "there is no such metric", "agentos metrics list"),
    "[metrics.mrr]\ngaol = 1\n": ("line 2", "unknown key `gaol`", "did you mean `goal`?"),
    "[metrics]\nmrr = 3\n": ("line 2", "is a section, written as [metrics.mrr]"),
    '[metrics.mrr]\nwatch = "low"\n': ("line 2", "metrics.mrr.watch: must be a valid number"),
    "[metrics.mrr]\ngoal = inf\n": ("line 2", "metrics.mrr.goal: must be a number"),
    "[metrics.mrr]\nwatch = 1\nact = 2\n": ("line 3", "must not be above watch, since up is good here"),
    "[metrics.runway]\nwatch = 1\n\n[metrics.wip]\nwatch = 9\nact = 8\n": (
        "line 6",
        "must not be below watch",
    ),
}
"""A file, and what its error says: where, and what would be right."""


def figure(program: Program, agent: str, key: str, **environment: str) -> dict[str, Any]:
    ran = program(agent, "--json", env=environment)
    assert ran.code == 0, ran.err
    return next(dict(item) for item in ran.json()["metrics"] if item["key"] == key)


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_one_line_with_what_would_be_right(program: Program, text: str) -> None:
    program.configure(text)
    for words in (("config", "validate"), ("ops",)):
        ran = program(*words)
        assert (ran.code, ran.raw) == (7, b"")
        assert ran.said_plainly()
        (line,) = (line for line in ran.err.splitlines() if line.startswith("error: "))
        for part in (str(program.config), *MISTAKES[text]):
            assert part in line


def test_what_is_given_is_shown_with_its_origin(program: Program) -> None:
    program.configure('[metrics.mrr]\ngoal = 20000\n\n[metrics."cac_<channel>"]\nwatch = 900\n')
    shown = program("config", "show", "--json", env={"AGENTOS_METRICS__WIP__ACT": "12"}).json()["settings"]
    found = {item["key"]: (item["value"], item["origin"]) for item in shown}
    assert found["metrics.mrr.goal"] == (20_000, str(program.config))
    assert found["metrics.mrr.act"] == (None, "default")
    assert found["metrics.cac_<channel>.watch"] == (900, str(program.config))
    assert found["metrics.wip.act"] == (12, "environment")
    again = program("config", "show", env={"AGENTOS_METRICS__WIP__ACT": "12"}).out
    assert "metrics.mrr.goal" in again, "read from the cache of settings"


def test_a_limit_grades_the_figure_and_its_goal_stands_beside_it(office: Program) -> None:
    before = figure(office, "ops", "throughput")
    assert (before["status"], "goal" in before["note"]) == ("ok", False)
    office.configure("[metrics.throughput]\ngoal = 100\nwatch = 1000\nact = 999\n")
    after = figure(office, "ops", "throughput")
    assert (after["status"], after["note"]) == ("act", f"goal 100; {before['note']}")
    assert after["value"] == before["value"]
    relaxed = figure(office, "ops", "throughput", AGENTOS_METRICS__THROUGHPUT__ACT="0")
    assert relaxed["status"] == "watch", "the environment wins over the file"


def test_money_is_given_in_major_units(office: Program) -> None:
    pay = figure(office, "hr", "payroll")
    most = pay["value"] // 100
    office.configure(f"[metrics.payroll]\nact = {most + 1}\n")
    assert figure(office, "hr", "payroll")["status"] == "ok"
    office.configure(f"[metrics.payroll]\nact = {most - 1}\n")
    assert figure(office, "hr", "payroll")["status"] == "act"


def test_the_limit_of_a_figure_wins_over_the_setting_that_says_the_same(office: Program) -> None:
    office.configure("[policy]\nutilisation_limit = 0.5\n\n[metrics.utilisation]\nwatch = 5\nact = 6\n")
    used = figure(office, "ops", "utilisation")
    assert (used["status"], used["note"]) == ("ok", "limit 500%, next 7 days")
    assert "overload" not in {alert["rule"] for alert in office("ops", "--json").json()["alerts"]}
    office.configure("[policy]\nmrr_goal = 1000\n\n[metrics.mrr]\ngoal = 16000\n")
    assert "goal $16k" in figure(office, "finance", "mrr")["note"]
    assert "goal $1k" not in figure(office, "finance", "mrr")["note"]
