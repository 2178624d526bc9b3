"""Builds the JSON documents. Every form for people is drawn from them, so all say the same.

To add one: a TypedDict in `shapes`, a line in `schemas`, and a builder here or beside the command
that needs it, ending in `clean.tree`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from agentos_cli.renderers import clean, words
from agents import quantity
from agents.briefing import Appointment, BlindSpot, Briefing, Decision, Risk
from agents.figures import clip
from agents.money import Money
from agents.report import Alert, Good, Metric, Recommendation, Report, Value
from agents.restating import Restatement, restatements
from agents.snapshot import Freshness
from agents.unit import Unit

if TYPE_CHECKING:
    from agentos_cli.renderers.shapes import (
        AgentItem,
        AlertItem,
        BlindSpotItem,
        BriefDocument,
        DecisionDocument,
        DecisionItem,
        FactorItem,
        FindingDocument,
        FreshnessItem,
        MeetingItem,
        MoneyItem,
        Number,
        NumberItem,
        RecommendationItem,
        ReportDocument,
        RestatedFigure,
        RestatedItem,
        RiskItem,
    )


MEETING = 60
"""How much of a meeting's title a line shows."""
CITED = 100
"""The most records that a figure or finding lists; `records` says how many there are."""


def as_json(document: Mapping[str, object], *, ascii_only: bool = False) -> str:
    """Two-space indented JSON, the same bytes for the same document; not-a-number is refused."""
    return json.dumps(document, indent=2, ensure_ascii=ascii_only, allow_nan=False)


def brief_document(briefing: Briefing, notices: Iterable[str] = ()) -> BriefDocument:
    """Everything in the briefing, in its order; `notices` are what is to be said of the brief itself."""
    zone = briefing.zone
    local = briefing.as_of.astimezone(zone)
    document: BriefDocument = {
        "schema": "agentos.brief/1",
        "company": briefing.company,
        "tenant": briefing.tenant,
        "date": local.date().isoformat(),
        "as_of": local.isoformat(timespec="seconds"),
        "clock": words.clock(local),
        "zone": str(zone),
        "currency": briefing.currency,
        "status": briefing.status.value,
        "verdict": briefing.verdict,
        "decisions": [_decision(d, local) for d in briefing.decisions],
        "numbers": [_number(m, local) for m in briefing.numbers],
        "risks": [_risk(r, local) for r in briefing.risks],
        "alerts": [_alert(a, local) for a in _ranked_alerts(briefing.reports)],
        "blind_spots": [_blind_spot(b, local) for b in briefing.blind_spots],
        "reports": [_agent(r) for r in briefing.reports],
        "failed": list(briefing.failed),
        "quiet": briefing.quiet,
        "unseen": list(briefing.unseen),
        "restated": None,
        "today": None if briefing.agenda is None else [_meeting(each, local) for each in briefing.agenda],
        "notices": list(notices),
    }
    return clean.tree(document)


def restated_document(then: Briefing, now: Briefing, known_at: datetime) -> BriefDocument:
    """The briefing of a past day as it is known now, with every figure that was known otherwise then."""
    local = known_at.astimezone(now.zone)
    figures = [_restated(one) for one in restatements(then.reports, now.reports)]
    restated: RestatedItem = {
        "known_at": local.isoformat(timespec="seconds"),
        "known_text": f"{words.weekday(local.date().isoformat())} {words.clock(local)}",
        "figures": clean.tree(figures),
    }
    return {**brief_document(now), "restated": restated}


def _restated(one: Restatement) -> RestatedFigure:
    then, now = (quantity.text(value, one.unit) for value in (one.then, one.now))
    if then == now:  # they differ where a short text does not reach
        then, now = (quantity.exact(value, one.unit) for value in (one.then, one.now))
    said = quantity.change(one.now, one.then, one.unit) or ""
    change = f" ({said})" if any(digit in said for digit in "123456789") else ""
    return {
        "agent": one.agent,
        "key": one.key,
        "title": one.title,
        "unit": one.unit.value,
        "currency": _currency(one.then, one.now),
        "then": _raw(one.then),
        "now": _raw(one.now),
        "then_text": then,
        "now_text": now,
        "text": f"{one.title}: {then} then, {now} now{change}",
    }


def decision_document(whole: BriefDocument) -> DecisionDocument:
    """The first decision of a brief alone, and what the reader must know to trust it."""
    return {
        "schema": "agentos.next/1",
        "company": whole["company"],
        "tenant": whole["tenant"],
        "date": whole["date"],
        "as_of": whole["as_of"],
        "clock": whole["clock"],
        "zone": whole["zone"],
        "verdict": whole["verdict"],
        "decision": whole["decisions"][0] if whole["decisions"] else None,
        "more": max(0, len(whole["decisions"]) - 1),
        "blind_spots": whole["blind_spots"],
        "failed": whole["failed"],
    }


def finding_document(briefing: Briefing, finding_id: str) -> FindingDocument | None:
    """The decision, risk, alert or recommendation with this id (any case); None if there is none."""
    whole, wanted = brief_document(briefing), finding_id.strip().casefold()
    decision = next((d for d in whole["decisions"] if d["id"].casefold() == wanted), None)
    risk = next((r for r in whole["risks"] if r["id"].casefold() == wanted), None)
    alert = next((a for a in whole["alerts"] if a["id"].casefold() == wanted), None)
    merged = None if decision or risk or alert else _unranked(briefing, wanted)
    found = decision or risk or alert or merged
    if found is None:
        return None
    return {
        "schema": "agentos.finding/1",
        "company": whole["company"],
        "tenant": whole["tenant"],
        "date": whole["date"],
        "as_of": whole["as_of"],
        "clock": whole["clock"],
        "zone": whole["zone"],
        "id": found["id"],
        "kind": "decision" if decision else "risk" if risk else "alert" if alert else "recommendation",
        "decision": decision,
        "risk": None if decision else risk,
        "alert": None if decision or risk else alert,
        "recommendation": merged,
    }


def _unranked(briefing: Briefing, wanted: str) -> RecommendationItem | None:
    """What a report recommends without a rank of its own in this briefing."""
    local = briefing.as_of.astimezone(briefing.zone)
    said = (item for report in briefing.reports for item in report.recommendations)
    found = next((item for item in said if item.id.casefold() == wanted), None)
    return None if found is None else clean.tree(_recommendation(found, local))


def report_document(report: Report, zone: tzinfo) -> ReportDocument:
    """One agent's answer, in its order."""
    local = report.as_of.astimezone(zone)
    document: ReportDocument = {
        "schema": "agentos.report/1",
        "agent": report.agent,
        "date": local.date().isoformat(),
        "as_of": local.isoformat(timespec="seconds"),
        "clock": words.clock(local),
        "zone": str(zone),
        "health": "failed" if report.error else report.health.state,
        "reasons": list(report.health.reasons),
        "error": report.error,
        "metrics": [_number(m, local) for m in report.metrics],
        "alerts": [_alert(a, local) for a in report.alerts],
        "recommendations": [_recommendation(r, local) for r in report.recommendations],
    }
    return clean.tree(document)


def _ranked_alerts(reports: Iterable[Report]) -> list[Alert]:
    found = [alert for report in reports for alert in report.alerts]
    return sorted(found, key=lambda alert: alert.status.value)  # "act" before "watch"; else as reported


def _number(metric: Metric, now: datetime) -> NumberItem:
    change, direction, judgement = _change(metric)
    return {
        "key": metric.key,
        "title": metric.title,
        "value": _raw(metric.value),
        "unit": metric.unit.value,
        "currency": _currency(metric.value, metric.previous, *metric.series),
        "text": _text(metric),
        "change": change,
        "direction": direction,
        "judgement": judgement,
        "previous": _raw(metric.previous),
        "previous_text": None if metric.previous is None else quantity.text(metric.previous, metric.unit),
        "series": [_raw(point) for point in metric.series],
        "trend": words.trend([None if p is None else quantity.text(p, metric.unit) for p in metric.series]),
        "good": metric.good.value,
        "status": metric.status.value,
        "note": metric.note,
        "absent": (metric.absent or "n/a") if metric.value is None else None,
        "partial": metric.partial,
        "evidence": list(metric.evidence[:CITED]),
        "records": len(metric.evidence),
        "as_of": _instant(metric.as_of, now),
        "freshness": freshness_item(metric.freshness, now),
    }


def _text(metric: Metric) -> str:
    """`no data` and `n/a` are different words; what follows their colon is told beside the figure."""
    if metric.value is None:
        return (metric.absent or "n/a").partition(":")[0].strip() or "n/a"
    return quantity.text(metric.value, metric.unit)


def _change(metric: Metric) -> tuple[str | None, str | None, str | None]:
    """The change as text, its direction, and whether it is better or worse. A change that rounds to
    nothing is flat and has no sign."""
    said = quantity.change(metric.value, metric.previous, metric.unit)
    if said is None:
        return None, None, None
    if not any(digit in said for digit in "123456789"):
        return said.lstrip("+-"), "flat", None
    up = said.startswith("+")
    if metric.good is Good.NEITHER:
        return said, "up" if up else "down", None
    return said, "up" if up else "down", "better" if up is (metric.good is Good.UP) else "worse"


def _recommendation(item: Recommendation, now: datetime) -> RecommendationItem:
    return {
        "id": item.id,
        "rule": item.rule,
        "title": item.title,
        "why": item.why,
        "related": list(item.related),
        "due": item.due_on.isoformat() if item.due_on else None,
        "due_text": words.due(item.due_on, now.date()) if item.due_on else None,
        "minutes": item.minutes,
        "impact": _money(item.impact),
        "agents": list(item.agents or (item.agent,)),
        "account": item.account,
        "evidence": list(item.evidence[:CITED]),
        "records": len(item.evidence),
        "as_of": _instant(item.as_of, now),
        "freshness": freshness_item(item.freshness, now),
    }


def _decision(decision: Decision, now: datetime) -> DecisionItem:
    factors: list[FactorItem] = [
        {
            "name": factor.name,
            "value": round(factor.value, 2),
            "weight": factor.weight,
            "points": round(factor.value * factor.weight, 2),
            "why": factor.why,
        }
        for factor in decision.factors
    ]
    return {
        **_recommendation(decision.recommendation, now),
        "rank": decision.rank,
        "score": round(decision.score, 2),
        "factors": factors,
        "command": decision.command,
    }


def _risk(risk: Risk, now: datetime) -> RiskItem:
    return {
        "id": risk.id,
        "rule": risk.rule,
        "source": risk.source,
        "status": risk.status.value,
        "title": risk.title,
        "detail": risk.detail,
        "chain": list(risk.chain),
        "evidence": list(risk.evidence[:CITED]),
        "records": len(risk.evidence),
        "freshness": freshness_item(risk.freshness, now),
        "command": risk.command,
    }


def _alert(alert: Alert, now: datetime) -> AlertItem:
    return {
        "id": alert.id,
        "agent": alert.agent,
        "rule": alert.rule,
        "status": alert.status.value,
        "title": alert.title,
        "detail": alert.detail,
        "value": _raw(alert.value),
        "unit": alert.unit.value,
        "currency": _currency(alert.value),
        "text": quantity.text(alert.value, alert.unit),
        "account": alert.account,
        "evidence": list(alert.evidence[:CITED]),
        "records": len(alert.evidence),
        "as_of": _instant(alert.as_of, now),
        "freshness": freshness_item(alert.freshness, now),
    }


def _blind_spot(spot: BlindSpot, now: datetime) -> BlindSpotItem:
    age = words.age(now, spot.since) if spot.since else None
    return {
        "source": spot.source,
        "agents": list(spot.agents),
        "since": _instant(spot.since, now) if spot.since else None,
        "age": age,
        "text": _unseen_part(spot, age),
        "why": spot.why.rstrip(". "),
        "fix": spot.fix,
        "partial": spot.partial,
    }


def _unseen_part(spot: BlindSpot, age: str | None) -> str:
    """`finance data is 24h old`: one or two agents are named, of more the source that they share. Data that
    is fresh as far as it could be read is not old but incomplete."""
    who = " and ".join(spot.agents) if 0 < len(spot.agents) <= 2 else spot.source
    if spot.partial:
        return f"{who} data is incomplete"
    if age is not None:
        return f"{who} data is {age} old"
    return spot.source if " " in spot.source else f"no data from {spot.source}"  # "not connected"


def _meeting(each: Appointment, now: datetime) -> MeetingItem:
    one = each.meeting
    time = "all day" if one.all_day else f"{one.starts_at.astimezone(now.tzinfo):%H:%M}"
    people = f" ({one.people} people)" if one.people > 1 else ""
    who = each.name if each.name and each.name.casefold() not in one.title.casefold() else ""
    about = ": ".join(part for part in (who, ", ".join(each.matters)) if part)
    return {
        "title": one.title,
        "starts_at": _instant(one.starts_at, now),
        "ends_at": _instant(one.ends_at, now),
        "time": time,
        "all_day": one.all_day,
        "place": one.place,
        "people": one.people,
        "account": one.account,
        "name": each.name,
        "matters": list(each.matters),
        "ref": one.ref,
        "text": f"{time} {clip(one.title, MEETING)}{people}{f'; {about}' if about else ''}",
    }


def _agent(report: Report) -> AgentItem:
    return {
        "agent": report.agent,
        "health": "failed" if report.error else report.health.state,
        "reasons": list(report.health.reasons),
        "error": report.error,
        "metrics": len(report.metrics),
        "alerts": len(report.alerts),
        "recommendations": len(report.recommendations),
    }


def freshness_item(fresh: Freshness, now: datetime) -> FreshnessItem:
    """The age of data as it stands in a document; `now` is in the company's zone."""
    return {
        "state": fresh.age.value,
        "sources": list(fresh.sources),
        "synced_at": _instant(fresh.synced_at, now) if fresh.synced_at else None,
        "age": words.age(now, fresh.synced_at) if fresh.synced_at else None,
        "problem": fresh.problem,
        "fix": fresh.fix,
    }


def _instant(instant: datetime, now: datetime) -> str:
    return instant.astimezone(now.tzinfo).isoformat(timespec="seconds")


def _money(money: Money | None) -> MoneyItem | None:
    if money is None:
        return None
    return {
        "amount": money.amount,
        "currency": money.currency,
        "text": quantity.text(money, Unit.MONEY),
    }


def _raw(value: Value) -> Number:
    if isinstance(value, Money):
        return value.amount
    return round(value, 6) if isinstance(value, float) else value


def _currency(*values: Value) -> str | None:
    return next((value.currency for value in values if isinstance(value, Money)), None)
