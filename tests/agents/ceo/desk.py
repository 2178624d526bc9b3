"""Reports in one line each, and what became of one rule in a briefing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from agents.ceo import brief
from agents.money import Money
from agents.report import Alert, Health, Metric, Recommendation, Report, Status, Value
from agents.snapshot import Age, Freshness, Snapshot
from agents.unit import Unit
from tests.agents.build import AS_OF, TODAY, usd

FRESH = Freshness(Age.FRESH, ("files",), AS_OF)
NAMES = ("finance", "sales", "ops", "marketing", "hr", "success")
HEADLINES = {"finance": ("cash", "mrr", "mrr_churn_rate"), "sales": ("pipeline",), "ops": ("sla_misses",)}


def metric(
    key: str,
    value: Value,
    *,
    before: Value = None,  # what it was four weeks ago, if that is known
    title: str | None = None,
    status: Status = Status.OK,
    evidence: tuple[str, ...] = (),
) -> Metric:
    series = () if before is None else (before, before, before, value, value, value, value)
    unit = Unit.MONEY if isinstance(value, Money) else Unit.COUNT
    return Metric(
        key,
        title or key,
        unit,
        value,
        AS_OF,
        FRESH,
        evidence=evidence,
        status=status,
        series=series,
        absent="n/a" if value is None else None,
    )


def report(
    agent: str,
    *metrics: Metric,
    alerts: tuple[Alert, ...] = (),
    recommendations: tuple[Recommendation, ...] = (),
    error: str | None = None,
) -> Report:
    return Report(agent, AS_OF, Health("ok"), metrics, alerts, recommendations, error)


def reports(**metrics: Sequence[Metric]) -> dict[str, Report]:
    """All six agents, with these metrics and nothing else."""
    return {name: report(name, *metrics.get(name, ())) for name in NAMES}


def saying(*recommendations: Recommendation, **metrics: Sequence[Metric]) -> dict[str, Report]:
    """All six agents, each with its own of these recommendations."""
    return {
        name: report(
            name,
            *metrics.get(name, ()),
            recommendations=tuple(r for r in recommendations if r.agent == name),
        )
        for name in NAMES
    }


def healthy() -> dict[str, Report]:
    """All six agents, with the five headline numbers in order."""
    return reports(**{name: [metric(key, usd(1000)) for key in keys] for name, keys in HEADLINES.items()})


def recommendation(
    id: str,  # noqa: A002 - named for the field it fills
    agent: str = "sales",
    *,
    rule: str | None = None,
    title: str = "Northwind renewal: approve 8% discount?",
    why: str | None = None,
    impact: Money | None = None,
    due_on: date | None = None,
    minutes: int = 10,
    demand: int = 50,
    tags: tuple[str, ...] = (),
    account: str | None = None,
    evidence: tuple[str, ...] = (),
) -> Recommendation:
    return Recommendation(
        id,
        agent,
        rule or f"rule_{id}",
        title,
        why or f"because of {id}",
        impact,
        due_on,
        minutes,
        demand,
        tags,
        AS_OF,
        FRESH,
        evidence,
        account,
    )


def alert(id: str, status: Status, agent: str = "finance") -> Alert:  # noqa: A002
    return Alert(id, agent, "rule", status, "title", "detail", Unit.COUNT, 1, AS_OF, FRESH, ())


def outcome(rule: str, snapshot: Snapshot, made: dict[str, Report]) -> str:
    """What became of a rule: `act`, `watch`, `quiet` or `unseen`."""
    briefing = brief(snapshot, made)
    fired = [risk.status.value for risk in briefing.risks if risk.rule == rule]
    return fired[0] if fired else "unseen" if rule in briefing.unseen else "quiet"


def without(made: dict[str, Report], agent: str) -> dict[str, Report]:
    """The same reports, one agent having failed."""
    return made | {agent: report(agent, error="ValueError: planted")}


def in_days(days: int) -> date:
    return date.fromordinal(TODAY.toordinal() + days)
