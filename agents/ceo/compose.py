"""Put the morning together: risks across teams, ranked decisions, numbers, blind spots, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from agents import catalogue
from agents.briefing import Briefing, Risk
from agents.ceo import verdict
from agents.ceo.agenda import agenda
from agents.ceo.blindness import blind_spots
from agents.ceo.candidates import gather
from agents.ceo.priorities import rank
from agents.ceo.rule import Found, Rule, decision, judge, risk
from agents.ceo.rules import RULES
from agents.ceo.view import View
from agents.money import Money
from agents.report import Good, Metric, Recommendation, Report, Status
from agents.snapshot import Age, Freshness, Snapshot
from agents.unit import Unit

HEADLINES: tuple[tuple[str, str, str, Unit, Good], ...] = (
    ("finance", "cash", "Cash", Unit.MONEY, Good.UP),
    ("finance", "mrr", "MRR", Unit.MONEY, Good.UP),
    ("sales", "pipeline", "Pipeline", Unit.MONEY, Good.UP),
    ("finance", "mrr_churn_rate", "Churn (30d)", Unit.RATIO, Good.DOWN),
    ("ops", "sla_misses", "SLA misses", Unit.COUNT, Good.DOWN),
)
"""The five numbers of every day, in the order of every day. The words are for mornings without the figure."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of all rules: pairs of rule and finding, worst first, and the names of the rest."""

    fired: tuple[tuple[Rule, Found], ...]
    quiet: tuple[str, ...]
    unseen: tuple[str, ...]


def brief(snapshot: Snapshot, reports: Mapping[str, Report]) -> Briefing:
    """The briefing of one morning, ranked and complete, from the agents' reports by agent name."""
    judged = judge_all(View(snapshot, reports))
    shown = [(risk(snapshot, rule, found), rule, found) for rule, found in judged.fired]
    shown = [one for one in shown if one[0].id not in snapshot.muted]
    ordered = tuple(_without_muted(reports[name], snapshot.muted) for name in _names(reports))
    draft = Briefing(
        tenant=snapshot.tenant,
        company=snapshot.company,
        as_of=snapshot.as_of,
        zone=snapshot.zone,
        currency=snapshot.currency,
        verdict="",
        status=Status.OK,
        blind_spots=blind_spots(snapshot),
        decisions=rank(snapshot, _candidates(snapshot, reports, shown), _arr(reports)),
        numbers=tuple(_number(snapshot, reports, *headline) for headline in HEADLINES),
        risks=tuple(one[0] for one in shown),
        reports=ordered,
        failed=tuple(report.agent for report in ordered if report.error is not None),
        quiet=len(judged.quiet) + _quiet_figures(ordered),
        unseen=judged.unseen,
        agenda=agenda(snapshot, ordered),
    )
    return replace(draft, verdict=verdict.verdict(draft), status=verdict.worst(draft))


def judge_all(view: View) -> Judged:
    """Every rule judged once. The gravest come first, the worst finding of each rule before any second."""
    fired: list[tuple[int, int, Rule, Found]] = []
    quiet, unseen = [], []
    for place, rule in enumerate(RULES):
        found = judge(view, rule)
        if found is None:
            unseen.append(rule.name)
        elif not found:
            quiet.append(rule.name)
        else:
            fired += [(nth, place, rule, one) for nth, one in enumerate(found)]
    fired.sort(key=lambda one: (one[3].status is not Status.ACT, one[0], -_stake(one[3]), one[1]))
    return Judged(tuple((rule, one) for *_, rule, one in fired), tuple(quiet), tuple(unseen))


def _stake(found: Found) -> int:
    return found.money.amount if found.money else 0


def _candidates(
    snapshot: Snapshot, reports: Mapping[str, Report], shown: list[tuple[Risk, Rule, Found]]
) -> tuple[Recommendation, ...]:
    grave = [decision(snapshot, rule, found) for _, rule, found in shown if found.status is Status.ACT]
    return gather(snapshot, reports, grave, {rule.name: rule.topics for rule in RULES})


def _names(reports: Mapping[str, Report]) -> list[str]:
    """The catalogue's order, then whatever else there is by name."""
    known = [name for name in catalogue.CATALOGUE if name in reports]
    return known + sorted(name for name in reports if name not in catalogue.CATALOGUE)


def _without_muted(report: Report, muted: frozenset[str]) -> Report:
    """The report without the alerts that the user put off."""
    return replace(report, alerts=tuple(alert for alert in report.alerts if alert.id not in muted))


def _arr(reports: Mapping[str, Report]) -> Money | None:
    metric = reports["finance"].metric("arr") if "finance" in reports else None
    return metric.value if metric is not None and isinstance(metric.value, Money) else None


def _number(
    snapshot: Snapshot,
    reports: Mapping[str, Report],
    agent: str,
    key: str,
    title: str,
    unit: Unit,
    good: Good,
) -> Metric:
    report = reports.get(agent)
    metric = report.metric(key) if report else None
    if metric is not None:
        return metric
    absent = f"{agent} failed" if report and report.error else "no data"
    unknown = Freshness(Age.MISSING, (), None, report.error if report else None)
    return Metric(
        key, title, unit, None, snapshot.as_of, unknown, status=Status.NONE, good=good, absent=absent
    )


def _quiet_figures(reports: tuple[Report, ...]) -> int:
    return sum(metric.status is Status.OK for report in reports for metric in report.metrics)
