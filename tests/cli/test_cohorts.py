"""Retention by start month, through the program."""

from __future__ import annotations

from tests.cli.program import Program


def test_the_table_and_the_figure_of_retention_agree(onlooker: Program) -> None:
    document = onlooker("cohorts", "--demo", "--months", "240", "--json").json()
    assert document["schema"] == "agentos.cohorts/1"
    old = [cohort for cohort in document["cohorts"] if len(cohort["customers"]) > 3]
    share = sum(c["customers"][3] for c in old) / sum(c["size"] for c in old)
    report = onlooker("finance", "--demo", "--json").json()
    figure = next(metric for metric in report["metrics"] if metric["key"] == "retention_3m")
    assert round(share, 6) == figure["value"]
    assert len(old) > 12


def test_the_newest_months_are_shown_as_shares(onlooker: Program) -> None:
    lines = onlooker("cohorts", "--demo", "--months", "3").out.splitlines()
    assert len(lines) == 5 and lines[1].split()[:3] == ["started", "size", "0"]
    assert all("%" in line for line in lines[2:])
    assert onlooker("cohorts", "--demo", "--mrr").out.startswith("MRR, of that at the end")


def test_without_subscriptions_it_says_no_data(program: Program) -> None:
    assert program("cohorts").out == "no data: no subscriptions were ever read\n"
