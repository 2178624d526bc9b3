"""Run the agents side by side over one snapshot, and record each run.

A broken agent is one line of the brief, never its end.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from agentos_cli.clock import monotonic
from agentos_cli.telemetry import Figure, RunRecord, redact
from agents import catalogue
from agents.briefing import Briefing
from agents.money import Money
from agents.report import Report, Value
from agents.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Morning:
    """A briefing with the record of every agent run that made it."""

    briefing: Briefing
    runs: tuple[RunRecord, ...]


Load = Callable[[str], "catalogue.Agent"]
"""How an agent is found by name; the catalogue's own `load` unless a test plants a broken one."""


def morning(snapshot: Snapshot, run_id: str, now: datetime, load: Load = catalogue.load) -> Morning:
    """All agents, then the CEO. Never raises because of an agent."""
    from agents.ceo import brief

    names = list(catalogue.CATALOGUE)
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        done = list(pool.map(lambda name: analyse(name, snapshot, run_id, now, load), names))
    started = monotonic()
    briefing = brief(snapshot, {report.agent: report for report, _ in done})
    figures: dict[str, Figure] = {
        "decisions": len(briefing.decisions),
        "risks": len(briefing.risks),
        "blind_spots": len(briefing.blind_spots),
    }
    ceo = RunRecord(run_id, "agent", "ceo", now, _ms(started), True, figures)
    return Morning(briefing, (*(run for _, run in done), ceo))


def analyse(
    name: str, snapshot: Snapshot, run_id: str, now: datetime, load: Load = catalogue.load
) -> tuple[Report, RunRecord]:
    """One agent's report and the record of its run; an exception becomes a failed report."""
    started = monotonic()
    try:
        report = load(name).analyse(snapshot)
    except Exception as error:  # an agent may break in any way; the morning goes on
        what = redact(f"{type(error).__name__}: {error}".splitlines()[0])[:300]
        report = Report.broken(name, snapshot.as_of, what)
    return report, RunRecord(
        run_id, "agent", name, now, _ms(started), report.error is None, _figures(report), report.error
    )


def _figures(report: Report) -> dict[str, Figure]:
    return {metric.key: _plain(metric.value) for metric in report.metrics}


def _plain(value: Value) -> Figure:
    return f"{value.amount} {value.currency}" if isinstance(value, Money) else value


def _ms(started: float) -> int:
    return round((monotonic() - started) * 1000)
