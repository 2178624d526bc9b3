"""A past day told again with what is known today: what was there then, and which figures that changes.

A late or corrected record changes the past. `--as-of` alone shows what was known on the day; restated, the
records known now are looked at as far as they had come to be by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from agents.nouns import (
    BankTransaction,
    Candidate,
    CashBalance,
    Company,
    Contact,
    ContentPiece,
    Customer,
    Deal,
    Expense,
    FxRate,
    Invoice,
    Issue,
    MailCampaign,
    MarketingSpend,
    Noun,
    Offer,
    Payment,
    Role,
    Subscription,
    SurveyAnswer,
    Ticket,
    TrafficDay,
    UsageDay,
)
from agents.report import Report, Value
from agents.unit import Unit

BORN: Mapping[type[Noun], str] = {
    Customer: "created_at",
    Subscription: "valid_from",
    Invoice: "created_at",
    Payment: "created_at",
    CashBalance: "day",
    BankTransaction: "day",
    Expense: "day",
    FxRate: "day",
    Deal: "created_at",
    Company: "created_at",
    Contact: "created_at",
    MarketingSpend: "day",
    TrafficDay: "day",
    MailCampaign: "sent_at",
    ContentPiece: "published_on",
    Issue: "created_at",
    Role: "opened_on",
    Candidate: "applied_on",
    Offer: "sent_on",
    Ticket: "created_at",
    SurveyAnswer: "answered_on",
    UsageDay: "day",
}
"""The field that says since when a record has been there. The other nouns (people, projects, stages) are
planned ahead or have no such day: they are taken as they are known now."""


@dataclass(frozen=True, slots=True)
class Restatement:
    """A figure that is known otherwise today than it was on the day."""

    agent: str
    key: str
    title: str
    unit: Unit
    then: Value
    now: Value


def there_by(
    records: Mapping[type[Noun], tuple[Noun, ...]], at: datetime, zone: tzinfo
) -> dict[type[Noun], tuple[Noun, ...]]:
    """Those of the records that had come to be by an instant; days are those of `zone`."""
    day = at.astimezone(zone).date()
    return {
        noun: tuple(one for one in found if _there(one, BORN[noun], at, day)) if noun in BORN else found
        for noun, found in records.items()
    }


def restatements(then: Iterable[Report], now: Iterable[Report]) -> tuple[Restatement, ...]:
    """Every figure whose value differs between two tellings of one day, in the order of the reports."""
    before = {(report.agent, metric.key): metric for report in then for metric in report.metrics}
    found = []
    for report in now:
        for metric in report.metrics:
            old = before.get((report.agent, metric.key))
            value = old.value if old else None
            if metric.value != value:
                found.append(
                    Restatement(report.agent, metric.key, metric.title, metric.unit, value, metric.value)
                )
    return tuple(found)


def _there(record: Noun, field: str, at: datetime, day: date) -> bool:
    born = getattr(record, field)
    return bool(born <= at if isinstance(born, datetime) else born <= day)
