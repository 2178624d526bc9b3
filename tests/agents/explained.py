"""What every number must be able to say of itself: its formula, the terms of it, the records of each."""

from __future__ import annotations

from agents.formula import Formula, half_up
from agents.money import Money
from agents.report import Report, Value


def assert_explained(report: Report) -> None:
    """Every metric with a value has a formula that comes to it, and whose terms add up from records; so
    has what an alert or a recommendation says, where it carries a formula."""
    assert report.error is None, report.error
    for metric in report.metrics:
        name = f"{report.agent} {metric.key}"
        if metric.value is not None:
            assert metric.formula is not None, f"{name} = {metric.value} has no formula"
            assert_says(name, metric.formula, metric.value)
            assert set(metric.evidence) == set(metric.formula.refs), (
                f"{name}: other evidence than its formula"
            )
        if metric.before is not None and metric.previous is not None:
            assert_says(f"{name} a week ago", metric.before, metric.previous)
    for alert in report.alerts:
        if alert.formula is not None:
            assert_says(f"{alert.id} {alert.title}", alert.formula, alert.value)
    for recommendation in report.recommendations:
        if recommendation.formula is not None:
            name = f"{recommendation.id} {recommendation.title}"
            assert_says(name, recommendation.formula, recommendation.impact)


def assert_says(name: str, formula: Formula, value: Value) -> None:
    """The formula comes to exactly this value, and its terms to theirs."""
    assert _same(formula, value), f"{name} = {value}, but {formula.text} = {formula.value}"
    assert any(term.how != "given" for term in formula.terms), f"{name}: {formula.text} has no records"
    for term in formula.terms:
        parts = term.parts()
        assert term.adds_up(), f"{name}: {term.name} = {term.value}, but its parts are {parts}"
        cited = [ref for part in parts for ref in part.refs]
        assert set(term.refs()) == set(cited), f"{name}: {term.name} cites other records than its parts"
        assert term.how != "given" or term.why, f"{name}: nothing says why {term.name} is {term.value}"
        assert all(part.refs for part in parts), f"{name}: {term.name} has a part without a record"
        assert all(left.refs and left.why for left in term.left_out()), f"{name}: {term.name}, left out"


def _same(formula: Formula, value: Value) -> bool:
    if formula.value is None or value is None:
        return formula.value is None and value is None
    if isinstance(value, Money):
        return formula.money() == value
    if isinstance(value, int):
        return formula.currency is None and half_up(formula.value) == value
    return formula.currency is None and float(formula.value) == value
