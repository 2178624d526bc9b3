"""Bank accounts against what their bank stated: what they held at first, and where the two do not agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from agentos_cli.export.accounts import apart
from agentos_cli.export.entries import Assertion, Entry, Posting
from agents.finance.balances import Held, Key, key_of
from agents.money import Money
from agents.nouns import BankTransaction, CashBalance

BANK, SINCE, UNSTATED = "Assets:Bank", "Assets:Since-Statement", "Assets:Unstated"
OPENING, UNEXPLAINED = "Equity:Opening-Balances", "Equity:Unexplained"


@dataclass(frozen=True, slots=True)
class Holding:
    """One currency of a bank account: its balances up to `today`, one a day, and all that changed it, both
    by day. `name` is the account's, which its holdings share.

    Where its first balance is of a later day, that one is in `ahead`, and what it held before follows
    from it.
    """

    key: Key
    name: str
    balances: tuple[CashBalance, ...]
    ahead: CashBalance | None
    moves: tuple[BankTransaction, ...]

    @property
    def stated(self) -> bool:
        """Whether its bank ever said what it holds."""
        return bool(self.balances) or self.ahead is not None

    def account(self, day: date) -> str:
        """Where what moved on a day is booked."""
        if not self.stated:
            return f"{UNSTATED}:{self.name}"
        late = self.balances and day > self.balances[-1].day
        return f"{SINCE if late else BANK}:{self.name}"


@dataclass(frozen=True, slots=True)
class Banks:
    """Every holding there is a word of, as `agents.finance.cash` tells them apart."""

    accounts: Held
    holdings: Mapping[Key, Holding]

    def account(self, move: BankTransaction) -> str:
        """Where a transaction is booked."""
        return self.holdings[self.accounts.whose(move)].account(move.day)

    @property
    def unstated(self) -> tuple[str, ...]:
        """What the accounts are called of which no balance is known in any currency."""
        known = {each.key[:2] for each in self.holdings.values() if each.stated}
        accounts = dict.fromkeys(key[:2] for key in self.holdings)
        return tuple(holder for source, holder in accounts if (source, holder) not in known)


def banks(balances: Sequence[CashBalance], moves: Sequence[BankTransaction], today: date) -> Banks:
    """The holdings by source, holder and currency.

    Of several balances of one on one day the first counts, as in finance. A balance of a later day is one
    only if transactions reach back to today.
    """
    accounts = Held.stated(balances)
    stated: dict[Key, dict[date, CashBalance]] = {}
    moved: dict[Key, list[BankTransaction]] = {}
    for balance in balances:
        stated.setdefault(key_of(balance), {}).setdefault(balance.day, balance)
    for move in moves:
        moved.setdefault(accounts.whose(move), []).append(move)
    reach = min((move.day for move in moves), default=None)
    reached = reach is not None and reach <= today + timedelta(days=1)
    keys = sorted(stated.keys() | moved.keys())
    names = apart((account, account[1]) for account in dict.fromkeys(key[:2] for key in keys))
    found = (
        _holding(key, names[key[:2]], stated.get(key, {}), moved.get(key, []), today, reached) for key in keys
    )
    return Banks(accounts, {each.key: each for each in found})


def _holding(
    key: Key,
    name: str,
    stated: Mapping[date, CashBalance],
    moved: Iterable[BankTransaction],
    today: date,
    reached: bool,
) -> Holding:
    known = tuple(stated[day] for day in sorted(stated) if day <= today)
    ahead = stated[min(stated)] if stated and not known and reached else None
    return Holding(key, name, known, ahead, tuple(sorted(moved, key=lambda move: move.day)))


def statement(holding: Holding, today: date) -> Iterator[Entry | Assertion]:
    """What a holding was at first, every balance its bank stated, and what is missing between them."""
    first = holding.balances[0] if holding.balances else holding.ahead
    if first is None:
        return
    began = _began(holding, first)
    day = min(first.day, today, *(move.day for move in holding.moves[:1]))
    why = f"held before {day}, from the balance of {first.day}"
    for money in began:
        yield _booked(holding, money, OPENING, day, "Opening balance", why, first.ref)
    yield from _checked(holding, began)


def _began(holding: Holding, first: CashBalance) -> tuple[Money, ...]:
    """What it held before all that is known: its first balance less what moved until then."""
    held = Counter({first.balance.currency: first.balance.amount})
    for move in holding.moves:
        if move.day <= first.day:
            held[move.amount.currency] -= move.amount.amount
    return tuple(Money(held[currency], currency) for currency in sorted(held) if held[currency])


def _checked(holding: Holding, began: Iterable[Money]) -> Iterator[Entry | Assertion]:
    """Every balance; before it, in every currency, the difference to what the transactions come to."""
    held: Counter[str] = Counter({money.currency: money.amount for money in began})
    place, before = 0, None
    for stated in holding.balances:
        while place < len(holding.moves) and holding.moves[place].day <= stated.day:
            moved = holding.moves[place].amount
            held[moved.currency] += moved.amount
            place += 1
        for currency in sorted({*held, stated.balance.currency}):
            own = currency == stated.balance.currency
            off = Money((stated.balance.amount if own else 0) - held[currency], currency)
            if off:
                why = _reason(stated, off, before)
                yield _booked(holding, off, UNEXPLAINED, stated.day, "Unexplained", why, stated.ref)
                held[currency] += off.amount
        yield Assertion(stated.day, f"{BANK}:{holding.name}", stated.balance, stated.ref)
        before = stated.day


def _reason(stated: CashBalance, off: Money, before: date | None) -> str:
    if off.currency != stated.balance.currency:
        own = stated.balance.currency
        return f"{off.currency} moved, of which no balance is known: booked to that of {stated.day} in {own}"
    more = "more" if off.amount > 0 else "less"
    since = f"since {before} " if before else ""
    return f"the balance of {stated.day} is {more} than the transactions {since}make it"


def _booked(holding: Holding, money: Money, against: str, day: date, payee: str, why: str, ref: str) -> Entry:
    postings = Posting(f"{BANK}:{holding.name}", money, ref), Posting(against, -money, ref)
    return Entry(day, payee, why, postings, sure=against != UNEXPLAINED)
