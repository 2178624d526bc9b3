"""Bank accounts against what their bank stated: what they held at first, and where the two do not agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from agentos_cli.export.accounts import apart
from agentos_cli.export.entries import Assertion, Entry, Posting
from agents.money import Money
from agents.nouns import BankTransaction, CashBalance

BANK, SINCE, UNSTATED = "Assets:Bank", "Assets:Since-Statement", "Assets:Unstated"
OPENING, UNEXPLAINED = "Equity:Opening-Balances", "Equity:Unexplained"

Key = tuple[str, str]
"""An account as its source knows it: (source, holder)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """One bank account: its balances up to `today`, one a day, and all that moved on it, both by day.

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


def holders(
    balances: Sequence[CashBalance], moves: Sequence[BankTransaction], today: date
) -> dict[Key, Holder]:
    """Every bank account there is a word of, as `agents.finance.cash` tells them apart.

    Of several balances of an account on one day the first counts, as there. A balance of a later day is
    one only if transactions reach back to today.
    """
    stated: dict[Key, dict[date, CashBalance]] = {}
    moved: dict[Key, list[BankTransaction]] = {}
    for balance in balances:
        stated.setdefault((balance.source, balance.holder), {}).setdefault(balance.day, balance)
    for move in moves:
        moved.setdefault((move.source, move.holder), []).append(move)
    reach = min((move.day for move in moves), default=None)
    reached = reach is not None and reach <= today + timedelta(days=1)
    keys = sorted(stated.keys() | moved.keys())
    names = apart((key, key[1]) for key in keys)
    return {
        key: _holder(key, names[key], stated.get(key, {}), moved.get(key, []), today, reached) for key in keys
    }


def _holder(
    key: Key,
    name: str,
    stated: Mapping[date, CashBalance],
    moved: Iterable[BankTransaction],
    today: date,
    reached: bool,
) -> Holder:
    known = tuple(stated[day] for day in sorted(stated) if day <= today)
    ahead = stated[min(stated)] if stated and not known and reached else None
    return Holder(key, name, known, ahead, tuple(sorted(moved, key=lambda move: move.day)))


def statement(holder: Holder, today: date) -> Iterator[Entry | Assertion]:
    """What an account held at first, every balance its bank stated, and what is missing between them."""
    first = holder.balances[0] if holder.balances else holder.ahead
    if first is None:
        return
    began = _began(holder, first)
    day = min(first.day, today, *(move.day for move in holder.moves[:1]))
    why = f"held before {day}, from the balance of {first.day}"
    for money in began:
        yield _booked(holder, money, OPENING, day, "Opening balance", why, first.ref)
    yield from _checked(holder, began)


def _began(holder: Holder, first: CashBalance) -> tuple[Money, ...]:
    """What it held before all that is known: its first balance less what moved until then."""
    held = Counter({first.balance.currency: first.balance.amount})
    for move in holder.moves:
        if move.day <= first.day:
            held[move.amount.currency] -= move.amount.amount
    return tuple(Money(held[currency], currency) for currency in sorted(held) if held[currency])


def _checked(holder: Holder, began: Iterable[Money]) -> Iterator[Entry | Assertion]:
    """Every balance; before it, in every currency, the difference to what the transactions come to."""
    held: Counter[str] = Counter({money.currency: money.amount for money in began})
    place, before = 0, None
    for stated in holder.balances:
        while place < len(holder.moves) and holder.moves[place].day <= stated.day:
            moved = holder.moves[place].amount
            held[moved.currency] += moved.amount
            place += 1
        for currency in sorted({*held, stated.balance.currency}):
            own = currency == stated.balance.currency
            off = Money((stated.balance.amount if own else 0) - held[currency], currency)
            if off:
                why = _reason(stated, off, before)
                yield _booked(holder, off, UNEXPLAINED, stated.day, "Unexplained", why, stated.ref)
                held[currency] += off.amount
        yield Assertion(stated.day, f"{BANK}:{holder.name}", stated.balance, stated.ref)
        before = stated.day


def _reason(stated: CashBalance, off: Money, before: date | None) -> str:
    if off.currency != stated.balance.currency:
        return f"{off.currency} moved, but the balance of {stated.day} is in {stated.balance.currency} alone"
    more = "more" if off.amount > 0 else "less"
    since = f"since {before} " if before else ""
    return f"the balance of {stated.day} is {more} than the transactions {since}make it"


def _booked(holder: Holder, money: Money, against: str, day: date, payee: str, why: str, ref: str) -> Entry:
    postings = Posting(f"{BANK}:{holder.name}", money, ref), Posting(against, -money, ref)
    return Entry(day, payee, why, postings, sure=against != UNEXPLAINED)
