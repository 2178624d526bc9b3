"""The bank as double-entry books: what moved, where it came from or went, and what the bank stated.

Form-neutral: `beancount` and `ledger` only write it down. The books follow `agents.finance.cash`, so that
the balances of `Assets:Bank` are the cash of `agentos finance`, currency by currency:

    Assets:Bank:<Holder>              up to the newest balance that the bank stated
    Assets:Since-Statement:<Holder>   what moved after it
    Assets:Unstated:<Holder>          accounts of which no balance is known
    Income:* Expenses:*               by category, in and out
    Equity:Opening-Balances           what an account held before its first transaction
    Equity:Transfers                  one side of a transfer whose other side was not found
    Equity:Funding Liabilities:Loans  capital
    Equity:Unexplained                where balances and transactions do not agree
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TypeVar

from agentos_cli.export.accounts import apart
from agentos_cli.export.entries import Account, Assertion, Entry, Journal, Left, Posting, Price
from agentos_cli.export.statements import Banks, Holding, banks, statement
from agents.nouns import BankTransaction, CashBalance, FxRate
from agents.snapshot import Snapshot

Dated = TypeVar("Dated", BankTransaction, CashBalance, FxRate)

READS = (BankTransaction, CashBalance, FxRate)
"""The nouns that the books are made of."""

TRANSFER = "transfer"
CAPITAL = {"funding": "Equity:Funding", "loan": "Liabilities:Loans"}
TRANSFERS = "Equity:Transfers"

FIRST, LAST = date(1000, 1, 1), date(2999, 12, 30)
"""The days that beancount can write, the next one included."""


def journal(snapshot: Snapshot) -> Journal:
    """The books of everything that the banks told up to the day of the snapshot."""
    left: list[Left] = []
    moves = _within(snapshot, BankTransaction, left)
    known = banks(*_writable(snapshot), snapshot.today)
    pairs, rest = _transfers(moves)
    stated = [part for each in known.holdings.values() for part in statement(each, snapshot.today)]
    assertions = sorted((part for part in stated if isinstance(part, Assertion)), key=lambda a: a.day)
    made = [part for part in stated if isinstance(part, Entry)]
    entries = [entry for entry in made if entry.sure]
    entries += [_between(known, gone, came) for gone, came in pairs]
    entries += _entries(known, rest)
    entries += [entry for entry in made if not entry.sure]
    entries.sort(key=lambda entry: entry.day)  # within a day: openings, what moved, what is unexplained
    return Journal(
        company=snapshot.company,
        currency=snapshot.currency,
        as_of=snapshot.as_of.isoformat(),
        accounts=tuple(_accounts(entries, assertions, known.holdings.values())),
        entries=tuple(entries),
        assertions=tuple(assertions),
        prices=tuple(_prices(_within(snapshot, FxRate, left))),
        unexplained=tuple(entry for entry in entries if not entry.sure),
        lone_transfers=sum(_category(move) == TRANSFER for move in rest),
        unstated=known.unstated,
        left_out=tuple(left),
    )


def _within(snapshot: Snapshot, noun: type[Dated], left: list[Left]) -> list[Dated]:
    """The records up to today, by day; the others are told in `left`."""
    found = []
    for record in snapshot.all(noun):
        if FIRST <= record.day <= min(snapshot.today, LAST):
            found.append(record)
        else:
            left.append(Left(record.ref, f"dated {record.day}"))
    return sorted(found, key=lambda record: record.day)


def _writable(snapshot: Snapshot) -> tuple[list[CashBalance], list[BankTransaction]]:
    """All that can be dated. Later days are kept: what an account holds today may follow from a later
    balance."""
    balances = [each for each in snapshot.all(CashBalance) if FIRST <= each.day <= LAST]
    return balances, [each for each in snapshot.all(BankTransaction) if FIRST <= each.day <= LAST]


def _category(move: BankTransaction) -> str:
    return move.category.strip().lower()


# ── transfers ────────────────────────────────────────────────────────────────────────────────────

Pair = tuple[BankTransaction, BankTransaction]
"""Both sides of one transfer: what went, what came."""


def _transfers(moves: Sequence[BankTransaction]) -> tuple[list[Pair], list[BankTransaction]]:
    """The transfers whose sides are of one day, amount and currency; and everything else."""
    waiting: dict[tuple[date, str, int], list[BankTransaction]] = {}
    for move in moves:
        if _category(move) == TRANSFER and move.amount.amount > 0:
            waiting.setdefault((move.day, move.amount.currency, move.amount.amount), []).append(move)
    pairs: list[Pair] = []
    for move in moves:
        if _category(move) == TRANSFER and move.amount.amount < 0:
            there = waiting.get((move.day, move.amount.currency, -move.amount.amount), [])
            came = min((m for m in there if _apart(move, m)), key=lambda m: -_named(move, m), default=None)
            if came is not None:
                there.remove(came)
                pairs.append((move, came))
    paired = {each.ref for pair in pairs for each in pair}
    return pairs, [move for move in moves if move.ref not in paired]


def _apart(gone: BankTransaction, came: BankTransaction) -> bool:
    return (gone.source, gone.holder) != (came.source, came.holder)


def _named(gone: BankTransaction, came: BankTransaction) -> int:
    """How many sides name the other: what tells equal transfers of one day apart."""
    return (gone.counterparty == came.holder) + (came.counterparty == gone.holder)


# ── entries ──────────────────────────────────────────────────────────────────────────────────────


def _own(known: Banks, move: BankTransaction) -> Posting:
    return Posting(known.account(move), move.amount, move.ref)


def _between(known: Banks, gone: BankTransaction, came: BankTransaction) -> Entry:
    return Entry(gone.day, came.holder, TRANSFER, (_own(known, gone), _own(known, came)))


def _entries(known: Banks, moves: Sequence[BankTransaction]) -> Iterator[Entry]:
    categories = sorted({_category(move) for move in moves})
    names = apart((category, category) for category in categories)
    for move in moves:
        other = Posting(_against(move, names), -move.amount, move.ref)
        yield Entry(move.day, move.counterparty or "", move.category, (_own(known, move), other))


def _against(move: BankTransaction, names: Mapping[str, str]) -> str:
    """Where money came from or went to. In and out are apart, as in burn: what comes back of a cost is
    income of its category."""
    category = _category(move)
    if category == TRANSFER:
        return TRANSFERS
    if category in CAPITAL:
        return CAPITAL[category]
    return f"{'Expenses' if move.amount.amount < 0 else 'Income'}:{names[category]}"


def _prices(rates: Iterable[FxRate]) -> Iterator[Price]:
    """By day; of several of one day the highest last, since that one is used, here as in `Snapshot`."""
    for rate in sorted(rates, key=lambda r: (r.day, r.base, r.quote, r.rate)):
        if rate.base != rate.quote:
            yield Price(rate.day, rate.base, rate.quote, rate.rate, rate.ref)


def _accounts(
    entries: Iterable[Entry], assertions: Iterable[Assertion], known: Iterable[Holding]
) -> Iterator[Account]:
    """Every account from the day on which it is first named."""
    since: dict[str, date] = {}
    currencies: dict[str, set[str]] = {}
    used = [(entry.day, posting.account, posting.amount) for entry in entries for posting in entry.postings]
    for day, name, money in (*used, *((each.day, each.account, each.balance) for each in assertions)):
        since[name] = min(day, since.get(name, day))
        currencies.setdefault(name, set()).add(money.currency)
    own = {each.name: each.key[:2] for each in known}
    for name in sorted(since):
        source, called = own[name.split(":")[-1]] if name.startswith("Assets:") else ("", "")
        yield Account(name, since[name], tuple(sorted(currencies[name])), source, called)
