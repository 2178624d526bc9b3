"""A what-if as a document: every figure today and then, the risks, the months to come, what is assumed."""

from __future__ import annotations

import sys
from datetime import date

from agentos_cli.renderers import clean
from agentos_cli.renderers.shapes import Number
from agents import quantity
from agents.briefing import Risk
from agents.money import Money
from agents.report import Good, Metric, Value
from agents.snapshot import Snapshot
from agents.unit import Unit
from agents.whatif.changes import Change, CloseDeal, Hire, LoseCustomer, RaisePrice
from agents.whatif.comparing import Comparison, Pair, RiskPair
from agents.whatif.projecting import Month, State, out_of_cash

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class ChangeItem(TypedDict):
    """One change. `kind` is close-deal, lose-customer, hire or raise-price; it holds from the day `on`."""

    kind: str
    text: str
    on: str


class ComparedItem(TypedDict):
    """One figure on both sides, in `unit`; money in minor units of `currency`. `difference` is then minus
    today, null where one of them is missing; `judgement` says whether that is better or worse."""

    agent: str
    key: str
    title: str
    unit: str
    currency: str | None
    today: Number
    today_text: str
    then: Number
    then_text: str
    difference: Number
    difference_text: str | None
    judgement: str | None
    status_today: str
    status_then: str


class ComparedRiskItem(TypedDict):
    """A risk across teams. `change` is new, gone, same, or changed (another status or title)."""

    id: str
    rule: str
    change: str
    status_today: str | None
    status_then: str | None
    title: str
    detail: str


class StateItem(TypedDict):
    """The company at one month's end. Money is in minor units of `currency`. `burning` false: it earns more
    than it spends, so there is no runway to tell."""

    mrr: int
    cash: int | None
    burning: bool | None
    runway: float | None
    capacity: float | None


class MonthItem(TypedDict):
    """One month's end as it is and as it would be."""

    end: str
    today: StateItem
    then: StateItem


class WhatIfDocument(TypedDict):
    """Today beside what would be. `figures` are always there, `others` moved beside them; `out_of_cash` is
    the first of the month's ends at which no cash would be left."""

    schema: str
    company: str
    tenant: str
    date: str
    as_of: str
    currency: str
    changes: list[ChangeItem]
    figures: list[ComparedItem]
    others: list[ComparedItem]
    risks: list[ComparedRiskItem]
    months: list[MonthItem]
    out_of_cash_today: str | None
    out_of_cash_then: str | None
    assumptions: list[str]
    failed: list[str]


def document(snapshot: Snapshot, found: Comparison) -> WhatIfDocument:
    """The comparison as a document."""
    today, then = (out_of_cash(found.months, side) for side in (lambda m: m.today, lambda m: m.then))
    made: WhatIfDocument = {
        "schema": "agentos.what_if/1",
        "company": snapshot.company,
        "tenant": snapshot.tenant,
        "date": snapshot.today.isoformat(),
        "as_of": snapshot.as_of.astimezone(snapshot.zone).isoformat(timespec="seconds"),
        "currency": snapshot.currency,
        "changes": [_change(change) for change in found.changes],
        "figures": [_compared(pair) for pair in found.figures],
        "others": [_compared(pair) for pair in found.others],
        "risks": [_risk(pair) for pair in found.risks],
        "months": [_month(month) for month in found.months],
        "out_of_cash_today": _day(today),
        "out_of_cash_then": _day(then),
        "assumptions": list(found.assumptions),
        "failed": list(found.failed),
    }
    return clean.tree(made)


def _change(change: Change) -> ChangeItem:
    match change:
        case CloseDeal():
            kind, text = "close-deal", f"{change.deal.name} is won"
        case LoseCustomer():
            kind, text = "lose-customer", f"{change.name} leaves"
        case Hire():
            who = "1 person" if change.people == 1 else f"{change.people} people"
            kind, text = "hire", f"{who} for {change.team} at {change.cost.full()} a month each"
        case RaisePrice():
            what = "every price" if change.product is None else f"the price of {change.product}"
            kind, text = "raise-price", f"{what} {change.percent:+f}%"
    return {"kind": kind, "text": text, "on": change.on.isoformat()}


def _compared(pair: Pair) -> ComparedItem:
    today, then = pair.today, pair.then
    difference, said = _difference(today.value, then.value, today.unit)
    return {
        "agent": pair.agent,
        "key": today.key,
        "title": today.title,
        "unit": today.unit.value,
        "currency": next((v.currency for v in (today.value, then.value) if isinstance(v, Money)), None),
        "today": _raw(today.value),
        "today_text": _text(today),
        "then": _raw(then.value),
        "then_text": _text(then),
        "difference": difference,
        "difference_text": said,
        "judgement": _judgement(difference, today.good),
        "status_today": today.status.value,
        "status_then": then.status.value,
    }


def _difference(today: Value, then: Value, unit: Unit) -> tuple[Number, str | None]:
    """Then minus today, as a number and in words; nothing where one side is missing."""
    if today is None or then is None:
        return None, None
    if isinstance(today, Money) and isinstance(then, Money):
        off = then - today
        return off.amount, ("+" if off.amount > 0 else "") + off.short() if off else "="
    if isinstance(today, Money) or isinstance(then, Money):
        return None, None
    change = round(then - today, 6)
    return change, quantity.change(then, today, unit) if change else "="


def _judgement(difference: Number, good: Good) -> str | None:
    if not difference or good is Good.NEITHER:
        return None
    return "better" if (difference > 0) is (good is Good.UP) else "worse"


def _text(metric: Metric) -> str:
    """Its value; where there is none, why, in a word or two: `profitable` for a runway without an end."""
    if metric.value is not None:
        return quantity.text(metric.value, metric.unit)
    word, _, why = (metric.absent or "n/a").partition(":")
    return why.strip() if why.strip() == "profitable" else word.strip() or "n/a"


def _raw(value: Value) -> Number:
    if isinstance(value, Money):
        return value.amount
    return round(value, 6) if isinstance(value, float) else value


def _risk(pair: RiskPair) -> ComparedRiskItem:
    shown = pair.then or pair.today
    assert shown is not None, "a pair has at least one side"
    return {
        "id": shown.id,
        "rule": shown.rule,
        "change": _how(pair.today, pair.then),
        "status_today": pair.today.status.value if pair.today else None,
        "status_then": pair.then.status.value if pair.then else None,
        "title": shown.title,
        "detail": shown.detail,
    }


def _how(today: Risk | None, then: Risk | None) -> str:
    if today is None or then is None:
        return "new" if today is None else "gone"
    return "same" if (today.status, today.title) == (then.status, then.title) else "changed"


def _month(month: Month) -> MonthItem:
    return {"end": month.end.isoformat(), "today": _state(month.today), "then": _state(month.then)}


def _state(state: State) -> StateItem:
    return {
        "mrr": state.mrr.amount,
        "cash": None if state.cash is None else state.cash.amount,
        "burning": state.burning,
        "runway": None if state.runway is None else round(state.runway, 6),
        "capacity": None if state.capacity is None else round(state.capacity, 6),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
