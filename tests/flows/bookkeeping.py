"""Reads exported books as other programs do: beancount itself, and a strict reader of ledger's syntax."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import unquote

from beancount import loader
from beancount.core import amount as amounts
from beancount.core import data

from agents.nouns import BankTransaction, CashBalance
from agents.snapshot import Snapshot

Held = dict[tuple[str, str], Decimal]
"""(account, currency) to what it holds, in major units; nothing where it is empty."""

NUMBER = r"-?\d+(?:\.\d+)?"
HEAD = re.compile(r"(\d{4}-\d\d-\d\d) [*!] \S.*")
POSTING = re.compile(rf"    ([^\s;][^\s;]*)  ({NUMBER}) ([A-Z]{{3}})(?: = ({NUMBER}) ([A-Z]{{3}}))?")
COMMENT = re.compile(r"    ; (\w+): (.*)")
OTHER = re.compile(
    rf"|; .*|tag \w+|commodity [A-Z]{{3}}|    format [\d.]+ [A-Z]{{3}}|account \S+"
    rf"|P \d{{4}}-\d\d-\d\d [A-Z]{{3}} {NUMBER} [A-Z]{{3}}"
)


@dataclass(frozen=True)
class Books:
    """What a program makes of the books: what accounts hold, and which records it can trace them to."""

    held: Held
    refs: set[str]

    def bank(self) -> dict[str, Decimal]:
        """What all bank accounts hold, by currency."""
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for (account, currency), amount in self.held.items():
            if account.startswith("Assets:Bank:"):
                sums[currency] += amount
        return {currency: amount for currency, amount in sums.items() if amount}


def by_beancount(text: str) -> Books:
    """Loaded by beancount, which must find no error: every entry balances, every stated balance holds."""
    entries, errors, _ = loader.load_string(text)
    told = [str(error.message) for error in errors]
    assert not told, told
    held: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    refs: set[str] = set()
    for entry in entries:
        refs.update(_refs(entry))
        for posting in entry.postings if isinstance(entry, data.Transaction) else ():
            assert isinstance(posting.units, amounts.Amount) and posting.units.number is not None
            held[posting.account, posting.units.currency] += posting.units.number
            assert _refs(posting), "a posting that cannot be traced"
            refs.update(_refs(posting))
    return Books({key: amount for key, amount in held.items() if amount}, refs)


def _refs(part: data.Directive | data.Posting) -> Iterable[str]:
    return [str((part.meta or {})["agentos"])] if "agentos" in (part.meta or {}) else []


def by_reader(text: str) -> Books:
    """Read line by line as ledger and hledger do: nothing that is not understood, every entry sums to zero
    in every currency, every assertion holds where it stands, days never go back."""
    held: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    books, day = Books({}, set()), date.min
    for line in text.splitlines():
        if head := HEAD.fullmatch(line):
            assert date.fromisoformat(head[1]) >= day, line
            day = date.fromisoformat(head[1])
        elif posting := POSTING.fullmatch(line):
            account, amount, currency, stated, same = posting.groups()
            held[account, currency] += Decimal(amount)
            sums[currency] += Decimal(amount)
            if stated is not None:
                assert same == currency and held[account, currency] == Decimal(stated), line
        elif comment := COMMENT.fullmatch(line):
            if comment[1] == "agentos":
                books.refs.add(unquote(comment[2]))
        else:
            assert OTHER.fullmatch(line), f"not understood: {line!r}"
            assert not any(sums.values()), f"does not balance before {line!r}: {sums}"
            sums.clear()
    books.held.update((key, amount) for key, amount in held.items() if amount)
    return books


def stated_cash(snapshot: Snapshot) -> dict[str, Decimal]:
    """Cash by currency, worked out from the balances a second time: of every account and currency the
    newest one by today; of one that has only later ones the first, less what moved in between, if all that
    moved since today is known."""
    accounts: dict[tuple[str, str], dict[str, list[CashBalance]]] = {}
    for balance in snapshot.all(CashBalance):
        account = accounts.setdefault((balance.source, balance.holder), {})
        account.setdefault(balance.balance.currency, []).append(balance)
    moves = snapshot.all(BankTransaction)
    cash: dict[str, Decimal] = {}
    for (source, holder), account in accounts.items():
        own = [move for move in moves if (move.source, move.holder) == (source, holder)]
        for currency, balances in account.items():
            strays = {move.amount.currency for move in own} - account.keys()
            counted = {currency} | (strays if currency == min(account) else set())
            known = [balance for balance in balances if balance.day <= snapshot.today]
            chosen = max(known, key=lambda b: b.day) if known else min(balances, key=lambda b: b.day)
            if not known and not any(move.day <= snapshot.today + timedelta(days=1) for move in moves):
                continue
            since = [
                move.amount
                for move in own
                if snapshot.today < move.day <= chosen.day and move.amount.currency in counted
            ]
            for money, sign in [(chosen.balance, 1), *((money, -1) for money in since)]:
                cash[money.currency] = cash.get(money.currency, Decimal(0)) + sign * money.major
    return {currency: amount for currency, amount in cash.items() if amount}
