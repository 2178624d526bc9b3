"""The books in beancount's syntax (v3, https://beancount.github.io/docs/beancount_language_syntax.html).

A balance there holds at the beginning of its day; ours at the end, so it is asserted on the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from agentos_cli.export.entries import Account, Assertion, Entry, Journal, Posting, Price
from agents.money import Money


def lines(books: Journal) -> Iterator[str]:
    """The whole file, line by line, without line ends."""
    yield ";; -*- mode: beancount; coding: utf-8 -*-"
    yield f"; Made by agentos from what was known at {books.as_of}. docs/export.md tells the rules."
    yield f'option "title" {quoted(books.company)}'
    yield f'option "operating_currency" "{books.currency}"'
    yield ""
    for account in books.accounts:
        yield from _open(account)
    yield ""
    for price in books.prices:
        yield from _price(price)
    for entry in books.entries:
        yield from ("", *_entry(entry))
    yield ""
    for assertion in books.assertions:
        yield from _balance(assertion)


def quoted(text: str) -> str:
    """A string of beancount, on one line whatever is in it."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    plain = plain.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return f'"{"".join(c if ord(c) >= 32 and ord(c) != 127 else " " for c in plain)}"'


def amount(money: Money) -> str:
    """`-1250.00 USD`, with the digits of its currency."""
    return f"{money.major:f} {money.currency}"


def _open(account: Account) -> Iterator[str]:
    yield f"{account.since} open {account.name} {','.join(account.currencies)}"
    if account.source:
        yield f"  source: {quoted(account.source)}"
        yield f"  called: {quoted(account.called)}"


def _price(price: Price) -> Iterator[str]:
    yield f"{price.day} price {price.base} {price.rate:f} {price.quote}"
    yield f"  agentos: {quoted(price.ref)}"


def _entry(entry: Entry) -> Iterator[str]:
    yield f"{entry.day} {'*' if entry.sure else '!'} {quoted(entry.payee)} {quoted(entry.text)}"
    for posting in entry.postings:
        yield from _posting(posting)


def _posting(posting: Posting) -> Iterator[str]:
    yield f"  {posting.account}  {amount(posting.amount)}"
    yield f"    agentos: {quoted(posting.ref)}"


def _balance(assertion: Assertion) -> Iterator[str]:
    next_day: date = assertion.day + timedelta(days=1)
    money = assertion.balance
    yield f"{next_day} balance {assertion.account}  {money.major:f} ~ 0 {money.currency}"
    yield f"  agentos: {quoted(assertion.ref)}"
