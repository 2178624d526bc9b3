"""What was exported: the shape of the document (a folder's manifest too), and the words for people."""

from __future__ import annotations

import sys

from agentos_cli.renderers import clean
from agentos_cli.renderers.shapes import MoneyItem
from agents.money import Money

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class FileItem(TypedDict):
    """One file: how many rows (of books: entries, balances and prices), its size, and its SHA-256."""

    name: str
    kind: str
    rows: int
    bytes: int
    sha256: str


class UnexplainedItem(TypedDict):
    """By how much the balance of an account differs from its transactions; in minor units."""

    day: str
    account: str
    why: str
    amount: int
    currency: str
    text: str


class LeftItem(TypedDict):
    """A record that the books do not hold, and why."""

    ref: str
    why: str


class BooksItem(TypedDict):
    """What the books hold. `cash` is what all `Assets:Bank` accounts hold, currency by currency: the cash
    of `agentos finance`. `lone_transfers` counts transfers whose other side was not found; `unstated` are
    accounts of which no balance is known."""

    transactions: int
    balances: int
    prices: int
    cash: list[MoneyItem]
    unexplained: list[UnexplainedItem]
    lone_transfers: int
    unstated: list[str]
    left_out: list[LeftItem]


class ExportedItem(TypedDict):
    """One form and where it was written; `books` of ledger and beancount only."""

    form: str
    place: str
    files: list[FileItem]
    rows: int
    books: BooksItem | None


class ExportDocument(TypedDict):
    """All that one export wrote. In the manifest of a folder, its own part, with `.` as the place."""

    schema: str
    company: str
    tenant: str
    as_of: str
    exports: list[ExportedItem]


def money_item(money: Money) -> MoneyItem:
    """An amount with every digit in its text."""
    return {"amount": money.amount, "currency": money.currency, "text": money.full()}


def words(document: ExportDocument) -> str:
    """What was written and where, and what to know about it: a few lines for people."""
    return "\n".join(line for item in clean.tree(document)["exports"] for line in _lines(item))


def _lines(item: ExportedItem) -> list[str]:
    books = item["books"]
    if books is None:
        return [f"{item['form']}: {len(item['files'])} tables, {item['rows']:,} rows in {item['place']}"]
    counts = f"{books['transactions']:,} transactions, {books['balances']:,} balances"
    found = [f"{item['form']}: {counts} in {item['place']}", f"cash {_cash(books['cash'])}"]
    if books["unexplained"]:
        found.append(f"unexplained {len(books['unexplained'])}: see Equity:Unexplained")
    if books["lone_transfers"]:
        found.append(f"transfers with one side only {books['lone_transfers']}: see Equity:Transfers")
    if books["unstated"]:
        found.append(f"no balance known of {', '.join(books['unstated'])}: not in the cash")
    if books["left_out"]:
        found.append(f"left out {len(books['left_out'])} records dated after today")
    return [found[0], *(f"  {line}" for line in found[1:])]


def _cash(amounts: list[MoneyItem]) -> str:
    return ", ".join(item["text"] for item in amounts) or "n/a: no balance known"
