"""What a journal is made of: entries of postings, stated balances, prices, and the accounts they name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from agents.money import Money


@dataclass(frozen=True, slots=True)
class Posting:
    """An amount on an account; `ref` is the record that says so."""

    account: str
    amount: Money
    ref: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction; its postings sum to zero in every currency. `sure` is False where the books had to
    be made to agree."""

    day: date
    payee: str
    text: str
    postings: tuple[Posting, ...]
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an account held at the end of `day`, as stated by the record `ref`."""

    day: date
    account: str
    balance: Money
    ref: str


@dataclass(frozen=True, slots=True)
class Price:
    """One unit of `base` cost `rate` units of `quote`."""

    day: date
    base: str
    quote: str
    rate: Decimal
    ref: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account, from the day of its first posting; `called` is what its source calls it, if one does."""

    name: str
    since: date
    currencies: tuple[str, ...]
    source: str = ""
    called: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """A record that is not in the books, and why."""

    ref: str
    why: str


@dataclass(frozen=True, slots=True)
class Journal:
    """The books, each part by day. `lone_transfers` counts transfers whose other side was not found;
    `unstated` names the accounts of which no balance is known."""

    company: str
    currency: str
    as_of: str
    accounts: tuple[Account, ...]
    entries: tuple[Entry, ...]
    assertions: tuple[Assertion, ...]
    prices: tuple[Price, ...]
    unexplained: tuple[Entry, ...]
    lone_transfers: int
    unstated: tuple[str, ...]
    left_out: tuple[Left, ...]

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency that is named."""
        held = {currency for account in self.accounts for currency in account.currencies}
        return tuple(sorted(held.union(*({price.base, price.quote} for price in self.prices))))

    def totals(self, start: str) -> tuple[Money, ...]:
        """What all accounts under `start` hold, currency by currency."""
        found: Counter[str] = Counter()
        for entry in self.entries:
            for posting in entry.postings:
                if posting.account.startswith(f"{start}:"):
                    found[posting.amount.currency] += posting.amount.amount
        return tuple(Money(found[currency], currency) for currency in sorted(found))
