"""Run the agents side by side over one snapshot, and record each run.

A broken agent is one line of the brief, never its end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from agentos_cli.clock import monotonic
from agentos_cli.errors import UsageProblem
from agentos_cli.redaction import redact
from agentos_cli.telemetry import Figure, RunRecord, about
from agents import catalogue
from agents.briefing import Briefing
from agents.money import Money
from agents.nouns import Meeting, Noun
from agents.report import Agent, Report, Status, Value
from agents.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Morning:
    """A briefing with the record of every agent run that made it."""

    briefing: Briefing
    runs: tuple[RunRecord, ...]


CEO = "ceo"
See = Callable[[Collection[type[Noun]]], Snapshot]
"""Gives the snapshot of the nouns that are asked for."""


def agent_called(name: str) -> Agent:
    """One of the seven agents; one that cannot be loaded answers with what is wrong with it.

    Raises UsageProblem for a name that none of them has.
    """
    if name == CEO:
        from agents.ceo import AGENT

        return AGENT
    if name not in catalogue.CATALOGUE:
        raise UsageProblem(f"there is no agent `{name[:40]}`", fix="agentos agents list")
    return _loaded(name)


def morning(see: See, run_id: str, now: datetime) -> Morning:
    """All agents side by side, then the CEO. Never raises because of an agent, not even one that
    cannot be imported."""
    agents = [_loaded(name) for name in catalogue.CATALOGUE]
    snapshot = see({Meeting, *(noun for agent in agents for noun in agent.reads)})
    with ThreadPoolExecutor(max_workers=len(agents)) as pool:
        done = list(pool.map(lambda agent: analyse(agent, snapshot, run_id, now), agents))
    briefing, ceo = _composed(snapshot, [report for report, _ in done], run_id, now)
    return Morning(briefing, (*(run for _, run in done), ceo))


def _composed(
    snapshot: Snapshot, reports: Sequence[Report], run_id: str, now: datetime
) -> tuple[Briefing, RunRecord]:
    """The CEO's briefing. Should the CEO break, the bare reports, unranked, with that said first."""
    started, error = monotonic(), None
    try:
        from agents.ceo import brief

        briefing = brief(snapshot, {report.agent: report for report in reports})
    except Exception as problem:
        error = _told(problem)
        briefing = _unranked(snapshot, reports)
    figures: dict[str, Figure] = {
        "decisions": len(briefing.decisions),
        "risks": len(briefing.risks),
        "blind_spots": len(briefing.blind_spots),
    }
    return briefing, RunRecord(run_id, "agent", CEO, now, _ms(started), error is None, figures, error)


def _unranked(snapshot: Snapshot, reports: Sequence[Report]) -> Briefing:
    return Briefing(
        tenant=snapshot.tenant,
        company=snapshot.company,
        as_of=snapshot.as_of,
        zone=snapshot.zone,
        currency=snapshot.currency,
        verdict="The CEO agent failed: nothing is ranked today, each team's own report is whole.",
        status=Status.ACT,
        blind_spots=(),
        decisions=(),
        numbers=(),
        risks=(),
        reports=tuple(reports),
        failed=(*(report.agent for report in reports if report.error is not None), CEO),
        quiet=0,
        unseen=(),
    )


def analyse(agent: Agent, snapshot: Snapshot, run_id: str, now: datetime) -> tuple[Report, RunRecord]:
    """One agent's report and the record of its run; an exception becomes a broken report."""
    started = monotonic()
    try:
        with about(run=run_id, agent=agent.name):
            report = agent.analyse(snapshot)
        if not isinstance(report, Report) or report.agent != agent.name:
            raise TypeError(f"{agent.name} gave no report of its own")
        figures = _figures(report)
    except Exception as error:  # an agent may break in any way; the morning goes on
        report, figures = Report.broken(agent.name, snapshot.as_of, _told(error)), {}
    return report, RunRecord(
        run_id, "agent", agent.name, now, _ms(started), report.error is None, figures, report.error
    )


def _loaded(name: str) -> Agent:
    try:
        return catalogue.load(name)
    except Exception as error:  # a broken module is a broken agent, no more
        told = _told(error)
        return Agent(name, name, (), (), lambda seen: Report.broken(name, seen.as_of, told))


def _told(error: Exception) -> str:
    return redact(f"{type(error).__name__}: {error}".splitlines()[0])[:300]


def _figures(report: Report) -> dict[str, Figure]:
    return {metric.key: _plain(metric.value) for metric in report.metrics}


def _plain(value: Value) -> Figure:
    return f"{value.amount} {value.currency}" if isinstance(value, Money) else value


def _ms(started: float) -> int:
    return round((monotonic() - started) * 1000)
