"""Today's company beside the changed one: every figure, the risks across teams, and the months to come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents import catalogue
from agents.briefing import Briefing, Risk
from agents.nouns import NOUNS
from agents.report import Metric, Report
from agents.snapshot import Snapshot
from agents.whatif.applying import apply
from agents.whatif.assuming import assumptions
from agents.whatif.changes import Change
from agents.whatif.projecting import Month, months

CORE = (
    ("finance", "cash"),
    ("finance", "net_burn"),
    ("finance", "runway"),
    ("finance", "mrr"),
    ("ops", "capacity"),
)
"""(agent, key) of the figures that are always shown."""


READS = NOUNS
"""What the agents read, the CEO included: all of it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure today, and as it would be if the changes were in force."""

    agent: str
    today: Metric
    then: Metric

    @property
    def key(self) -> tuple[str, str]:
        """(agent, key)."""
        return self.agent, self.today.key

    @property
    def moved(self) -> bool:
        """Whether anything about its value is another."""
        return (self.today.value, self.today.absent) != (self.then.value, self.then.absent)


@dataclass(frozen=True, slots=True)
class RiskPair:
    """A risk across teams: None on the side on which it is not."""

    today: Risk | None
    then: Risk | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both companies. `figures` are the `CORE`, `others` those that moved beside; `assumptions` say what
    was taken for granted, in plain words."""

    changes: tuple[Change, ...]
    figures: tuple[Pair, ...]
    others: tuple[Pair, ...]
    risks: tuple[RiskPair, ...]
    months: tuple[Month, ...]
    assumptions: tuple[str, ...]
    failed: tuple[str, ...]


def compare(snapshot: Snapshot, changes: Sequence[Change]) -> Comparison:
    """What the changes would do. Nothing is written, and the snapshot stays as it is."""
    changed = apply(snapshot, changes)
    before, after = _briefing(snapshot), _briefing(changed)
    pairs = {pair.key: pair for pair in _pairs(before, after)}
    return Comparison(
        tuple(changes),
        tuple(pairs[key] for key in CORE if key in pairs),
        tuple(pair for key, pair in pairs.items() if pair.moved and key not in CORE),
        tuple(_risks(before, after)),
        months(snapshot, changes),
        assumptions(snapshot, changes),
        tuple(dict.fromkeys((*before.failed, *after.failed))),
    )


def _briefing(snapshot: Snapshot) -> Briefing:
    from agents.ceo import brief

    return brief(snapshot, {name: _report(name, snapshot) for name in catalogue.CATALOGUE})


def _report(name: str, snapshot: Snapshot) -> Report:
    try:
        return catalogue.load(name).analyse(snapshot)
    except Exception as error:  # an agent may break in any way; the others have their say
        return Report.broken(name, snapshot.as_of, f"{type(error).__name__}: {error}".splitlines()[0])


def _pairs(before: Briefing, after: Briefing) -> Iterator[Pair]:
    """Every metric that both sides have, in the order of the agents."""
    then = {(report.agent, metric.key): metric for report in after.reports for metric in report.metrics}
    for report in before.reports:
        for metric in report.metrics:
            if (report.agent, metric.key) in then:
                yield Pair(report.agent, metric, then[report.agent, metric.key])


def _risks(before: Briefing, after: Briefing) -> Iterator[RiskPair]:
    """Those of today first, in their order, then what would be new."""
    today = {risk.id: risk for risk in before.risks}
    then = {risk.id: risk for risk in after.risks}
    yield from (RiskPair(risk, then.get(key)) for key, risk in today.items())
    yield from (RiskPair(None, risk) for key, risk in then.items() if key not in today)
