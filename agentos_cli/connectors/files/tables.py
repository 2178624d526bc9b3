"""The CSV files we read: name, columns, how a row becomes a noun. docs/files.md shows each with an example.

A column holds one field of the noun (see `agents.nouns`). An amount is in major units ("1250.00"), and its
currency in the column `currency`; without one it is the company's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agentos_cli.connectors.reading import (
    Raw,
    Unreadable,
    count,
    currency,
    day,
    ident,
    maybe,
    number,
    one_of,
    text,
    whole,
)
from agents import nouns
from agents.accounts import account_key
from agents.money import Money
from agents.nouns import Noun

STAGES = ("applied", "screen", "interview", "final", "offer", "hired", "rejected", "withdrawn")
ENDED = ("rejected", "withdrawn")
OFFERS = ("pending", "accepted", "declined", "expired")
SURVEYS = {"nps": (0, 10), "enps": (0, 10), "csat": (1, 5)}
"""The surveys and their scales."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by column, the id it was given, the company's currency, and whose record it is."""

    cells: Raw
    id: str
    currency: str
    source: str

    def money(self, key: str) -> Money:
        code = maybe(currency, self.cells, "currency") or self.currency
        return Money.of(number(self.cells, key), code)

    def maybe_money(self, key: str) -> Money | None:
        return self.money(key) if self.cells.get(key) else None

    def count(self, key: str) -> int:
        return count(self.cells, key)

    def account(self) -> str | None:
        return account_key(maybe(text, self.cells, "account"))


@dataclass(frozen=True, slots=True)
class Table:
    """One file. `needed` columns must be in its header, `known` ones may be; others are left alone."""

    file: str
    noun: type[Noun]
    needed: tuple[str, ...]
    known: tuple[str, ...]
    parse: Callable[[Row], Noun]


def _balance(row: Row) -> Noun:
    c = row.cells
    return nouns.CashBalance(row.source, row.id, text(c, "account"), day(c, "date"), row.money("balance"))


def _bank(row: Row) -> Noun:
    c = row.cells
    return nouns.BankTransaction(
        row.source,
        row.id,
        holder=text(c, "account"),
        day=day(c, "date"),
        amount=row.money("amount"),
        category=text(c, "category").lower(),
        counterparty=maybe(text, c, "counterparty"),
    )


def _expense(row: Row) -> Noun:
    c = row.cells
    return nouns.Expense(
        row.source,
        row.id,
        day(c, "date"),
        text(c, "category").lower(),
        maybe(text, c, "vendor"),
        row.money("amount"),
    )


def _rate(row: Row) -> Noun:
    c = row.cells
    rate = number(c, "rate")
    if rate <= 0:
        raise Unreadable(f"rate is {rate}, not more than zero")
    return nouns.FxRate(row.source, row.id, day(c, "date"), currency(c, "base"), currency(c, "quote"), rate)


def _spend(row: Row) -> Noun:
    c = row.cells
    return nouns.MarketingSpend(
        row.source, row.id, day(c, "date"), text(c, "channel").lower(), row.money("amount")
    )


def _content(row: Row) -> Noun:
    c = row.cells
    return nouns.ContentPiece(
        row.source,
        row.id,
        title=text(c, "title"),
        channel=text(c, "channel").lower(),
        published_on=day(c, "published_on"),
        visits=row.count("visits"),
        leads=row.count("leads"),
        deals=row.count("deals"),
    )


def _person(row: Row) -> Noun:
    c = row.cells
    hours, allocated = number(c, "hours"), number(c, "allocated")
    if not (0 <= hours <= 168 and 0 <= allocated <= 168):
        raise Unreadable("hours and allocated are hours a week, 0 to 168")
    return nouns.Person(
        row.source,
        row.id,
        name=text(c, "name"),
        team=text(c, "team"),
        role=text(c, "role"),
        started_on=day(c, "started_on"),
        left_on=maybe(day, c, "left_on"),
        hours=hours,
        allocated=allocated,
        monthly_cost=row.maybe_money("monthly_cost"),
    )


def _absence(row: Row) -> Noun:
    c = row.cells
    starts, ends = day(c, "starts_on"), day(c, "ends_on")
    if ends <= starts:
        raise Unreadable(f"ends_on {ends} is not after starts_on {starts}; it is the first day back")
    return nouns.Absence(row.source, row.id, ident(c, "person_id"), text(c, "reason").lower(), starts, ends)


def _role(row: Row) -> Noun:
    c = row.cells
    return nouns.Role(
        row.source,
        row.id,
        title=text(c, "title"),
        team=text(c, "team"),
        opened_on=day(c, "opened_on"),
        target_on=maybe(day, c, "target_on"),
        monthly_cost=row.maybe_money("monthly_cost"),
        filled_on=maybe(day, c, "filled_on"),
        closed_on=maybe(day, c, "closed_on"),
    )


def _candidate(row: Row) -> Noun:
    c = row.cells
    stage = one_of(STAGES, c, "stage")
    reached = one_of(STAGES, c, "reached") if c.get("reached") else STAGES[0] if stage in ENDED else stage
    return nouns.Candidate(
        row.source,
        row.id,
        role_id=ident(c, "role_id"),
        name=text(c, "name"),
        stage=stage,
        applied_on=day(c, "applied_on"),
        stage_since=day(c, "stage_since"),
        reached=reached,
    )


def _offer(row: Row) -> Noun:
    c = row.cells
    return nouns.Offer(
        row.source,
        row.id,
        candidate_id=ident(c, "candidate_id"),
        role_id=ident(c, "role_id"),
        sent_on=day(c, "sent_on"),
        expires_on=day(c, "expires_on"),
        status=one_of(OFFERS, c, "status"),
        decided_on=maybe(day, c, "decided_on"),
        monthly_cost=row.maybe_money("monthly_cost"),
    )


def _answer(row: Row) -> Noun:
    c = row.cells
    score, survey = whole(c, "score"), one_of(SURVEYS, c, "survey")
    least, most = SURVEYS[survey]
    if not least <= score <= most:
        raise Unreadable(f"score is {score}, not {least} to {most}")
    return nouns.SurveyAnswer(row.source, row.id, survey, row.account(), score, day(c, "answered_on"))


def _usage(row: Row) -> Noun:
    c = row.cells
    account = row.account()
    if account is None:
        raise Unreadable("account is missing")
    return nouns.UsageDay(
        row.source, row.id, account, day(c, "date"), row.count("events"), row.count("active_users")
    )


def _table(file: str, noun: type[Noun], needed: str, known: str, parse: Callable[[Row], Noun]) -> Table:
    return Table(file, noun, tuple(needed.split()), tuple(known.split()), parse)


TABLES: tuple[Table, ...] = (
    _table("balances.csv", nouns.CashBalance, "date account balance", "id currency", _balance),
    _table(
        "bank.csv", nouns.BankTransaction, "date account amount category", "id currency counterparty", _bank
    ),
    _table("expenses.csv", nouns.Expense, "date category amount", "id currency vendor", _expense),
    _table("fx.csv", nouns.FxRate, "date base quote rate", "id", _rate),
    _table("marketing.csv", nouns.MarketingSpend, "date channel amount", "id currency", _spend),
    _table(
        "content.csv", nouns.ContentPiece, "title channel published_on visits leads deals", "id", _content
    ),
    _table(
        "team.csv",
        nouns.Person,
        "id name team role started_on hours allocated",
        "left_on monthly_cost currency",
        _person,
    ),
    _table("absence.csv", nouns.Absence, "person_id reason starts_on ends_on", "id", _absence),
    _table(
        "roles.csv",
        nouns.Role,
        "id title team opened_on",
        "target_on monthly_cost currency filled_on closed_on",
        _role,
    ),
    _table(
        "candidates.csv",
        nouns.Candidate,
        "id role_id name stage applied_on stage_since",
        "reached",
        _candidate,
    ),
    _table(
        "offers.csv",
        nouns.Offer,
        "candidate_id role_id sent_on expires_on status",
        "id decided_on monthly_cost currency",
        _offer,
    ),
    _table("nps.csv", nouns.SurveyAnswer, "survey score answered_on", "id account", _answer),
    _table("usage.csv", nouns.UsageDay, "date account events active_users", "id", _usage),
)
