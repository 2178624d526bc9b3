"""One figure looked at closely: which agent makes it, and everything it is made of."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, tzinfo

from agentos_cli.briefing.morning import See, agent_called
from agentos_cli.connectors.catalogue import Spec, known
from agentos_cli.contract import Connection
from agentos_cli.errors import DataProblem, UsageProblem
from agentos_cli.renderers.explain import RecordItem, Subject
from agentos_cli.store.records import Origin, SourceRow
from agents.accounts import names
from agents.briefing import Briefing, Risk
from agents.definitions import CATALOGUE, definition_of
from agents.figures import Figure, made
from agents.nouns import Company, Customer, Issue, Noun
from agents.report import Alert, Metric, Recommendation
from agents.snapshot import Snapshot
from agents.unit import Unit

ID = re.compile(r"[RAXT][0-9A-Z]{4}", re.IGNORECASE)
"""What `agents.report.short_id` makes."""
NAMED = (Customer, Company)
"""The nouns that customers' names come from."""
NAMES = ("name", "title", "subject", "number", "counterparty", "holder", "category", "key", "survey")
"""The fields that hold what people call a record, the best first."""


def metric_called(key: str, see: See) -> Metric:
    """The metric with this key, worked out by its own agent on what `see` shows.

    Raises UsageProblem for a key that no metric has, DataProblem when its agent is broken.
    """
    wanted = key.strip().lower()
    definition = definition_of(wanted)
    if definition is None:
        raise unknown(key.strip(), tuple(CATALOGUE))
    agent = agent_called(definition.agent)
    report = agent.analyse(see(agent.reads))
    if report.error is not None:
        raise DataProblem(f"{agent.name} failed: {report.error}", fix=f"agentos agents check {agent.name}")
    found = report.metric(wanted)
    if found is None:  # a family has no figure of its own
        raise unknown(key.strip(), tuple(metric.key for metric in report.metrics))
    return found


def is_id(text: str) -> bool:
    """Whether this looks like the id of a finding (`R7KQ2`) and not like the key of a metric."""
    return ID.fullmatch(text.strip()) is not None


def unknown(wanted: str, known: tuple[str, ...]) -> UsageProblem:
    """No figure is called so; the fix names the nearest."""
    near = difflib.get_close_matches(wanted.lower(), known, 1, cutoff=0.5)
    fix = f"agentos explain {near[0]}" if near else "agentos metrics list"
    return UsageProblem(f"there is no figure `{wanted[:40]}` now", fix=fix)


# ── what is explained ────────────────────────────────────────────────────────────────────────────


def of_metric(metric: Metric) -> Subject:
    """A metric, with the same figure a week before."""
    definition = definition_of(metric.key)
    return Subject(
        key=metric.key,
        title=metric.title,
        agent=definition.agent if definition else "",
        value=metric.value,
        unit=metric.unit,
        as_of=metric.as_of,
        freshness=metric.freshness,
        formula=metric.formula,
        previous=metric.previous,
        before=metric.before,
        absent=metric.absent,
        note=metric.note,
        partial=metric.partial,
        definition=definition,
    )


def of_finding(briefing: Briefing, wanted: str) -> Subject | None:
    """The number of a decision, recommendation, alert or risk of this briefing, by its id in any case."""
    wanted = wanted.strip().casefold()
    ranked = [decision.recommendation for decision in briefing.decisions]
    said = [item for report in briefing.reports for item in report.recommendations]
    advice = next((item for item in (*ranked, *said) if item.id.casefold() == wanted), None)
    if advice is not None:
        return _of_advice(advice)
    alerts = (alert for report in briefing.reports for alert in report.alerts)
    alert = next((alert for alert in alerts if alert.id.casefold() == wanted), None)
    if alert is not None:
        return _of_alert(alert)
    risk = next((risk for risk in briefing.risks if risk.id.casefold() == wanted), None)
    return None if risk is None else _of_risk(risk, briefing.as_of)


def _of_advice(item: Recommendation) -> Subject:
    absent = None if item.impact else "n/a: no money is at stake that could be counted"
    return Subject(
        item.id, item.title, item.agent, item.impact, Unit.MONEY, item.as_of, item.freshness, item.formula,
        absent=absent, note=item.why,
    )  # fmt: skip


def _of_alert(alert: Alert) -> Subject:
    return Subject(
        alert.id, alert.title, alert.agent, alert.value, alert.unit, alert.as_of, alert.freshness,
        alert.formula, absent=None if alert.value is not None else "n/a", note=alert.detail,
    )  # fmt: skip


def _of_risk(risk: Risk, as_of: datetime) -> Subject:
    formula = risk.formula
    figure = made(formula) if formula else Figure(None, absent="n/a: this risk leads with no number")
    single = formula.terms[0].unit if formula and len(formula.terms) == 1 else Unit.RATIO
    unit = Unit.MONEY if formula and formula.currency else single
    return Subject(
        risk.id, risk.title, "ceo", figure.value, unit, as_of, risk.freshness, formula,
        absent=figure.absent, note=risk.detail,
    )  # fmt: skip


def refs_of(subject: Subject) -> frozenset[str]:
    """Every evidence id that its explanation names."""
    formulas = [formula for formula in (subject.formula, subject.before) if formula]
    terms = [term for formula in formulas for term in formula.terms]
    made = (ref for term in terms for part in term.parts() for ref in part.refs)
    left = (ref for term in terms for part in term.left_out() for ref in part.refs)
    return frozenset((*made, *left))


# ── where its records come from ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Provenance:
    """Says of any evidence id what it is called, when it was learned, and where to see it."""

    origins: Mapping[str, Origin]
    synced: Mapping[tuple[str, str], datetime | None]
    options: Mapping[str, Mapping[str, str]]
    specs: Mapping[str, Spec]
    names: Mapping[str, str]
    zone: tzinfo

    @classmethod
    def of(
        cls,
        seen: Snapshot,
        origins: Mapping[str, Origin],
        sources: tuple[SourceRow, ...],
        connections: tuple[Connection, ...],
    ) -> Provenance:
        """What is known of the records, their sources, how these are connected, and customers' names."""
        synced = {(row.source, row.kind): row.synced_at for row in sources}
        options = {c.source: c.options for c in connections}
        return cls(origins, synced, options, known(connections), names(seen), seen.zone)

    def called(self, about: str) -> str:
        """A customer by the name that people know; anything else as it is."""
        return self.names.get(about, about)

    def record(self, ref: str) -> RecordItem:
        """A record by its evidence id; one that the store does not know has its id alone."""
        source, _, rest = ref.partition(":")
        kind, _, record_id = rest.partition(":")
        origin = self.origins.get(ref)
        spec = self.specs.get(source)
        shown_as = origin.record.key if origin and isinstance(origin.record, Issue) else record_id
        return {
            "ref": ref,
            "source": source,
            "kind": kind,
            "id": record_id,
            "name": self.called(name_of(origin.record)) if origin else "",
            "learned_at": self._local(origin.learned_at if origin else None),
            "synced_at": self._local(self.synced.get((source, kind))),
            "page": spec.page(kind, shown_as, self.options.get(source, {})) if spec else None,
        }

    def _local(self, instant: datetime | None) -> str | None:
        return None if instant is None else instant.astimezone(self.zone).isoformat(timespec="seconds")


def name_of(record: Noun) -> str:
    """What people call a record: its name, title or number, and the day where that tells it from others."""
    known = {field.name for field in fields(record)}
    said = (getattr(record, name) for name in NAMES if name in known)
    name = next((text.strip() for text in said if isinstance(text, str) and text.strip()), "")
    day = getattr(record, "day", None)
    account = "" if name else getattr(record, "account", None) or ""
    return " ".join(part for part in (name or account, str(day) if day else "") if part)
