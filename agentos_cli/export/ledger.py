"""The books in the syntax that ledger and hledger share (https://ledger-cli.org, https://hledger.org).

A stated balance is an entry of nothing at the end of its day that asserts it. In comments, what could be
read as a date, a tag or an end of line is percent-encoded, so that every reference stays whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from urllib.parse import quote

from agentos_cli.export.beancount import amount
from agentos_cli.export.entries import Account, Assertion, Entry, Journal
from agents.money import Money, exponent

TAGS = ("agentos", "payee", "company", "source", "called")
"""What stands in comments: `agentos` is the record that says so."""

PLAIN = "".join(chr(code) for code in range(32, 127) if chr(code) not in '%[];,"\\')
"""ASCII that stands for itself in a comment."""


def lines(books: Journal) -> Iterator[str]:
    """The whole file, line by line, without line ends."""
    yield f"; Made by agentos from what was known at {books.as_of}. docs/export.md tells the rules."
    yield f"; company: {_comment(books.company)}"
    yield ""
    for currency in books.currencies:
        yield from _commodity(currency)
    yield from (f"tag {tag}" for tag in TAGS)
    for account in books.accounts:
        yield from _account(account)
    yield ""
    for price in books.prices:
        yield f"P {price.day} {price.base} {price.rate:f} {price.quote}"
    days: dict[date, list[Iterator[str]]] = {}
    for entry in books.entries:
        days.setdefault(entry.day, []).append(_entry(entry))
    for assertion in books.assertions:  # a day's balance stands after all that moved on it
        days.setdefault(assertion.day, []).append(_balance(assertion))
    for day in sorted(days):
        for written in days[day]:
            yield from ("", *written)


def _commodity(currency: str) -> Iterator[str]:
    """With its digits, so that prices add none. Of whole units alone: the two programs differ on how."""
    yield f"commodity {currency}"
    if digits := exponent(currency):
        yield f"    format 1000.{'0' * digits} {currency}"


def _account(account: Account) -> Iterator[str]:
    yield f"account {account.name}"
    if account.source:
        yield f"    ; source: {_comment(account.source)}"
        yield f"    ; called: {_comment(account.called)}"


def _entry(entry: Entry) -> Iterator[str]:
    mark = "*" if entry.sure else "!"
    yield f"{entry.day} {mark} {_title(entry.payee, entry.text)}"
    if entry.payee:
        yield f"    ; payee: {_comment(entry.payee)}"
    for posting in entry.postings:
        yield f"    {posting.account}  {amount(posting.amount)}"
        yield f"    ; agentos: {_comment(posting.ref)}"


def _balance(assertion: Assertion) -> Iterator[str]:
    nothing = Money.zero(assertion.balance.currency)
    yield f"{assertion.day} * Balance"
    yield f"    {assertion.account}  {amount(nothing)} = {amount(assertion.balance)}"
    yield f"    ; agentos: {_comment(assertion.ref)}"


def _title(payee: str, text: str) -> str:
    """Payee and text for people: one line of letters, digits and harmless signs."""
    joined = f"{payee}: {text}" if payee and text else payee or text
    kept = "".join(c if c.isalnum() or c in "-.,:'&+/_#" else " " for c in joined)
    return " ".join(kept.split()).lstrip(" -.,:'&+/_#") or "no name"


def _comment(text: str) -> str:
    """Text that nothing in a comment is read into: see the module. `urllib.parse.unquote` undoes it."""
    return "".join(c if _harmless(c) else quote(c, safe="") for c in text)


def _harmless(char: str) -> bool:
    return char in PLAIN or (not char.isascii() and char.isprintable())
