"""Ninety mornings of forecasts are scored, and a method that loses to its baseline says so.

The scores are worked out again from the rows alone.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import Program

CHANCES = {"deal_won", "deal_won_crm", "churn_30d"}
Rows = list[dict[str, Any]]


@pytest.fixture
def lived(ninety_mornings: Path) -> Program:
    """The program where the demo company lived through ninety briefs."""
    return Program(ninety_mornings)


@pytest.fixture
def rows(ninety_mornings: Path) -> Rows:
    """Every forecast as it is kept."""
    (file,) = (ninety_mornings / ".cache").rglob("agentos.db")
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        store.row_factory = sqlite3.Row
        return [dict(row) for row in store.execute("SELECT * FROM forecast")]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def recomputed(scored: Rows, chance: bool) -> dict[str, float | None]:
    """A record from the rows, by the published formulas and nothing of the program."""
    said, naive, came = ([row[name] for row in scored] for name in ("value", "baseline", "outcome"))
    power = 2 if chance else 1
    error = mean([abs(p - o) ** power for p, o in zip(said, came, strict=True)])
    before = mean([abs(p - o) ** power for p, o in zip(naive, came, strict=True)])
    inside = None if chance else mean([float(r["low"] <= r["outcome"] <= r["high"]) for r in scored])
    return {
        "error": error,
        "baseline_error": before,
        "skill": 1 - error / before,
        "inside": inside,
        "expected": mean(said),
        "happened": mean(came),
    }


def test_every_method_is_scored_and_the_scores_are_those_of_the_rows(lived: Program, rows: Rows) -> None:
    document = lived("forecast", "score", "--demo", "--json").json()
    assert len({row["made_on"] for row in rows}) == 90
    for record in document["scores"]:
        mine = [r for r in rows if r["method"] == record["method"] and r["outcome"] is not None]
        assert record["forecasts"] == len(mine) >= 10, record["method"]
        assert record["mornings"] == len({row["made_on"] for row in mine})
        for name, value in recomputed(mine, record["method"] in CHANCES).items():
            assert record[name] == (None if value is None else pytest.approx(value)), (record["method"], name)


def test_at_least_one_method_loses_to_its_baseline_and_says_so(lived: Program) -> None:
    scores = lived("forecast", "score", "--demo", "--json").json()["scores"]
    losing = [record for record in scores if record["skill"] <= -0.01]
    assert losing and [r["method"] for r in scores if r["standing"] == "worse"] == [
        r["method"] for r in losing
    ]
    text = " ".join(lived("forecast", "score", "--demo").out.split())
    listed = " ".join(lived("forecast", "list", "--demo").out.split())
    for record in losing:
        assert record["verdict"].startswith("WORSE than its baseline by") and "prefer" in record["verdict"]
        assert record["verdict"] in text and record["verdict"] in listed
    assert text.startswith(losing[0]["title"])  # the worse ones come first


def test_outcomes_are_what_the_company_itself_says_afterwards(lived: Program, rows: Rows) -> None:
    """Each month end that was foretold, as the brief of that day shows it with what is known now."""
    ends = {r["due_on"]: r["outcome"] for r in rows if r["method"] == "mrr_month_end" and r["outcome"]}
    assert len(ends) >= 2
    for day, outcome in ends.items():
        asked = ("brief", "--demo", "--json", "--restated", "--as-of", f"{day}T23:59:59")
        numbers = {number["key"]: number["value"] for number in lived(*asked).json()["numbers"]}
        assert numbers["mrr"] == outcome


def test_a_forecast_is_made_before_its_day_and_scored_after_it(rows: Rows) -> None:
    for row in rows:
        assert row["made_on"] <= row["due_on"] and row["made_at"][:10] >= row["made_on"]
        if row["outcome"] is not None:
            assert row["scored_at"] > row["made_at"]
            if row["method"] in {"deal_won", "deal_won_crm"}:
                continue  # known as soon as the deal is closed
            assert date.fromisoformat(row["scored_at"][:10]) > date.fromisoformat(row["due_on"])
    assert all("why" in json.loads(row["basis"]) for row in rows)


def test_a_past_day_shows_the_record_as_it_was_then(lived: Program, rows: Rows) -> None:
    days = sorted({row["made_on"] for row in rows})
    then = days[45]
    document = lived("forecast", "list", "--demo", "--json", "--as-of", then).json()
    assert {item["made_on"] for item in document["forecasts"]} == {then}
    for record in document["records"]:
        assert record["forecasts"] == sum(
            row["method"] == record["method"] and (row["scored_at"] or "9") <= f"{then}T23:59" for row in rows
        )
