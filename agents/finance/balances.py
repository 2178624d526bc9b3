"""Whose money is whose: an account has one balance in every currency it holds, a transaction changes one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agents.nouns import BankTransaction, CashBalance

Key = tuple[str, str, str]
"""One balance, as it is told from others: (source, holder, currency)."""


def key_of(balance: CashBalance) -> Key:
    """Which balance it is one day's state of."""
    return balance.source, balance.holder, balance.balance.currency


@dataclass(frozen=True, slots=True)
class Held:
    """The currencies, sorted, of which every account (source, holder) was ever stated to hold something."""

    currencies: Mapping[tuple[str, str], tuple[str, ...]]

    @classmethod
    def stated(cls, balances: Iterable[CashBalance]) -> Held:
        """As these balances state it."""
        found: dict[tuple[str, str], set[str]] = {}
        for source, holder, currency in map(key_of, balances):
            found.setdefault((source, holder), set()).add(currency)
        return cls({account: tuple(sorted(currencies)) for account, currencies in found.items()})

    def whose(self, moved: BankTransaction) -> Key:
        """The balance that a transaction changes: that of its currency. Where its account has none, the
        account's only balance, or of several the one with the smallest currency code; where no balance
        of the account is known at all, it would be that of its currency."""
        own, known = moved.amount.currency, self.currencies.get((moved.source, moved.holder), ())
        return moved.source, moved.holder, own if own in known or not known else known[0]

    def is_guess(self, moved: BankTransaction) -> bool:
        """Whether that balance could as well be another one of the account."""
        known = self.currencies.get((moved.source, moved.holder), ())
        return len(known) > 1 and moved.amount.currency not in known

    def name(self, key: Key) -> str:
        """What to call a balance: `Main`, or `Main EUR` where the account holds more than that."""
        source, holder, currency = key
        return f"{holder} {currency}" if len(self.currencies.get((source, holder), ())) > 1 else holder
