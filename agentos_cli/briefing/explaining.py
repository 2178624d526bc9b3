"""One figure looked at closely: which agent makes it, and everything it is made of."""

from __future__ import annotations

import difflib

from agentos_cli.briefing.morning import See, agent_called
from agentos_cli.errors import DataProblem, UsageProblem
from agents.definitions import CATALOGUE, definition_of
from agents.report import Metric, Report


def metric_called(key: str, see: See) -> Metric:
    """The metric with this key, worked out by its own agent on what `see` shows.

    Raises UsageProblem for a key that no metric has, DataProblem when its agent is broken.
    """
    wanted = key.strip().lower()
    definition = definition_of(wanted)
    if definition is None:
        raise _unknown(wanted, tuple(CATALOGUE))
    agent = agent_called(definition.agent)
    report = agent.analyse(see(agent.reads))
    if report.error is not None:
        raise DataProblem(f"{agent.name} failed: {report.error}", fix=f"agentos agents check {agent.name}")
    return report.metric(wanted) or _nearest(wanted, report)


def _nearest(wanted: str, report: Report) -> Metric:
    """A family has no figure of its own; say which of its members there are."""
    raise _unknown(wanted, tuple(metric.key for metric in report.metrics))


def _unknown(wanted: str, known: tuple[str, ...]) -> UsageProblem:
    near = difflib.get_close_matches(wanted, known, 1, cutoff=0.5)
    fix = f"agentos explain {near[0]}" if near else "agentos metrics list"
    return UsageProblem(f"there is no figure `{wanted[:40]}` now", fix=fix)
