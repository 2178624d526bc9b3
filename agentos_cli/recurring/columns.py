"""Recurring revenue of a large company, asked of whole columns at once: `agents.finance.recurring` by numpy.

Sums are exact: 64-bit integers, and Python's own where those could overflow. Rows are sorted by customer,
so what one customer pays is the sum of one stretch of a column.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from datetime import datetime
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from agentos_cli.recurring.layout import FIELDS, NEVER, STATUSES, Packed, instant, ticks
from agents.figures import not_converted
from agents.finance import revenue
from agents.finance.recurring import Book, Moved, Worth
from agents.finance.revenue import Line, Movements
from agents.formula import LeftOut
from agents.money import Money
from agents.nouns import Subscription

Column = NDArray[Any]
V = TypeVar("V")

ROW = np.dtype(
    [(name, "<i8") for name in FIELDS]
    + [("seats", "<u4"), ("metered", "<u2"), ("status", "u1"), ("yearly", "?")]
)
"""A span as `layout.SPAN` packs it."""
COUNTED = [revenue.counted(status, count_past_due=False) for status in STATUSES]
WITH_PAST_DUE = [revenue.counted(status) for status in STATUSES]
PAST_DUE = STATUSES.index("past_due")
KEPT = 32
"""How many answers to `_worths` are kept: each has a place for every customer there is."""
PROBE, SURE, CLOSE = 10**15, 10**11, 1e-3
"""An amount that shows a rate to 15 digits; so many minor units times it are right within CLOSE."""
ROOM = 2**62
"""Amounts whose number times the largest of them stays below this can be added in 64 bits."""


class Piece(NamedTuple):
    """Whose a stretch of rows is: one customer in one currency from one source. They hold the ids of its rows
    as they were packed, and the number of its first row."""

    source: str
    customer: str
    currency: str
    ids: bytes
    first: int


class Worths(NamedTuple):
    """What each customer pays at an instant, by customer number, and who has a line at all."""

    amounts: Column
    there: Column
    left: Sequence[str]
    """The currency of every line that no rate was known for."""


class Columns:
    """`Recurring` over `rows`, of which those count that `live` says were known then."""

    def __init__(self, pieces: Sequence[Piece], rows: Column, live: Column, count_past_due: bool) -> None:
        self._pieces, self._rows, self._live, self._past_due = pieces, rows, live, count_past_due
        firsts = np.array([*(piece.first for piece in pieces), len(rows)], dtype=np.int64)
        self._piece = np.repeat(np.arange(len(pieces), dtype=np.int32), np.diff(firsts))
        self._names = np.array(list(dict.fromkeys(piece.customer for piece in pieces)), dtype=object)
        self._codes = sorted({piece.currency for piece in pieces})
        self._number = {name: place for place, name in enumerate(self._names.tolist())}
        whose = np.array([self._number[piece.customer] for piece in pieces], dtype=np.int32)
        money = np.array([self._codes.index(piece.currency) for piece in pieces], dtype=np.int16)
        counted = np.array(WITH_PAST_DUE if count_past_due else COUNTED)[rows["status"]]
        self._others = np.flatnonzero(live & ~counted)
        self._counted = np.flatnonzero(live & counted)
        # what every question goes through, each in one stretch of memory
        self._who, self._money = whose[self._piece[self._counted]], money[self._piece[self._counted]]
        self._starts, self._ends, self._mrr = (
            np.ascontiguousarray(rows[name])[self._counted] for name in ("starts", "ends", "mrr")
        )
        self._found: dict[datetime, Column] = {}
        # one period ends where the next begins, so the last few answers are asked for again
        self._worths = lru_cache(maxsize=KEPT)(self._worked_out)
        self._lines: dict[int, Line] = {}
        self._refs: dict[datetime, dict[str, tuple[str, ...]]] = {}
        self._first: list[Column] = []
        self._first_paid: dict[str, datetime] = {}

    @classmethod
    def of(
        cls,
        packed: Sequence[Packed],
        known_at: datetime,
        count_past_due: bool = True,
        begun_by: datetime | None = None,
    ) -> Columns:
        """What was known at an instant; with `begun_by` only of what had begun by then."""
        ordered = sorted(packed, key=lambda one: (one.customer, one.currency, f"{one.source}:"))
        edges = list(accumulate((len(one.spans) // ROW.itemsize for one in ordered), initial=0))
        rows = np.frombuffer(b"".join(one.spans for one in ordered), ROW)
        at = ticks(known_at)
        live = (rows["recorded"] <= at) & (at < rows["superseded"])
        if begun_by is not None:
            live &= rows["starts"] <= ticks(begun_by)
        sources, customers, currencies, _, ids = zip(*ordered, strict=True) if ordered else ((),) * 5
        pieces = list(map(Piece._make, zip(sources, customers, currencies, ids, edges, strict=False)))
        return cls(pieces, rows, live, count_past_due)

    # ── what `Recurring` asks ────────────────────────────────────────────────────────────────────

    def lines(self, at: datetime) -> tuple[Line, ...]:
        return self._told(self._counted[self._at(at)])

    def held(self, customer: str, at: datetime) -> tuple[Line, ...]:
        number, now = self._number.get(customer, -1), ticks(at)
        both = np.array([number, number + 1], dtype=self._who.dtype)  # else the whole column is converted
        first, end = np.searchsorted(self._who, both)
        mine = slice(int(first), int(end))
        return self._told(self._counted[mine][(self._starts[mine] <= now) & (now < self._ends[mine])])

    def leaving(self, at: datetime) -> tuple[Line, ...]:
        rows = self._counted[self._at(at)]
        return self._told(rows[self._rows["cancel_at"][rows] != NEVER])

    def renewing(self, at: datetime, start: datetime, end: datetime) -> tuple[Line, ...]:
        rows = self._counted[self._at(at)]
        yearly = rows[self._rows["yearly"][rows]]
        renews = self._rows["renews_at"][yearly]
        return self._told(yearly[(ticks(start) <= renews) & (renews < ticks(end))])

    def refs(self, at: datetime) -> Mapping[str, tuple[str, ...]]:
        if at not in self._refs:
            self._refs[at] = self._grouped(self._at(at))
        return self._refs[at]

    def uncounted(self, at: datetime) -> Iterator[LeftOut]:
        rows, now = self._rows[self._others], ticks(at)
        found = self._others[(rows["starts"] <= now) & (now < rows["ends"])]
        for row, ref in zip(found.tolist(), self._evidence(found), strict=True):
            why = revenue.uncounted(STATUSES[self._rows["status"][row]], count_past_due=False)
            if why is not None:
                yield LeftOut((ref,), why)

    def tally(self, at: datetime) -> tuple[int, int]:
        rows = self._counted[self._at(at)]
        late = np.count_nonzero(self._rows["status"][rows] == PAST_DUE)
        return int(late), int(self._rows["metered"][rows].sum(dtype=np.int64))

    def book(self, at: datetime, worth: Worth) -> Book:
        found = self._worths(at, worth)
        amounts = Later(lambda: dict(zip(*self._named(found), strict=True)))
        total, paying = _sum(found.amounts), int(np.count_nonzero(found.amounts > 0))
        names, sizes = self._names[found.there], found.amounts[found.there]
        largest = str(names[np.argmax(sizes)]) if len(sizes) else None
        return Book(amounts, not_converted(found.left), total, paying, largest)

    def moved(self, start: datetime, end: datetime, worth: Worth) -> Moved:
        before, after = self._worths(start, worth), self._worths(end, worth)
        change = after.amounts - before.amounts
        new = (change > 0) & (before.amounts == 0) & (self._first_ticks() >= ticks(start))
        more, less = (change > 0) & ~new, change < 0
        found = {
            "new": new,
            "expansion": more & before.there,
            "contraction": less & after.there,
            "churn": less & ~after.there,
            "reactivation": more & ~before.there,
        }
        sizes = {name: abs(_sum(change[who])) for name, who in found.items()}
        return Moved(
            Movements(opening=_sum(before.amounts), **sizes),
            {name: int(np.count_nonzero(who)) for name, who in found.items()},
            Later(lambda: {name: self._movers(who, change) for name, who in found.items() if who.any()}),
        )

    def first_paid(self) -> Mapping[str, datetime]:
        if not self._first_paid:
            firsts = zip(self._names.tolist(), map(instant, self._first_ticks().tolist()), strict=True)
            self._first_paid.update((name, first) for name, first in firsts if first is not None)
        return self._first_paid

    def payers(self, at: datetime) -> tuple[str, ...]:
        found = self._at(at)
        return tuple(self._names[np.unique(self._who[found[self._mrr[found] != 0]])].tolist())

    def paid_at(self, instants: Mapping[str, datetime]) -> tuple[str, ...]:
        return tuple(self._names[np.unique(self._who[self._paid(instants)])].tolist())

    def paid_with(self, instants: Mapping[str, datetime]) -> dict[str, tuple[str, ...]]:
        return self._grouped(self._paid(instants))

    def currencies(self) -> tuple[str, ...]:
        return tuple(self._codes[number] for number in np.unique(self._money))

    def only(self, customer: str) -> Columns:
        mine = [number for number, piece in enumerate(self._pieces) if piece.customer == customer]
        rows = np.flatnonzero(np.isin(self._piece, mine))
        first, end = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 0)
        pieces = [self._pieces[number] for number in mine]
        moved = [piece._replace(first=piece.first - first) for piece in pieces]
        return Columns(moved, self._rows[first:end], self._live[first:end], self._past_due)

    # ── columns ──────────────────────────────────────────────────────────────────────────────────

    def _at(self, at: datetime) -> Column:
        """Which of the rows that count hold at an instant."""
        if at not in self._found:
            now = ticks(at)
            self._found[at] = np.flatnonzero((self._starts <= now) & (now < self._ends)).astype(np.int32)
        return self._found[at]

    def _paid(self, instants: Mapping[str, datetime]) -> Column:
        """Which of the rows that count had any MRR at the instant of their customer."""
        told = {at: ticks(at) for at in set(instants.values())}  # many customers, few instants
        each = [told[instants[name]] if name in instants else NEVER for name in self._names.tolist()]
        when = np.array(each, dtype=np.int64)[self._who]
        held = (self._starts <= when) & (when < self._ends)
        return np.flatnonzero(held & (self._mrr != 0) & (when != NEVER))

    def _worked_out(self, at: datetime, worth: Worth) -> Worths:
        found = self._at(at)
        amounts, known, left = self._converted(self._mrr[found], self._money[found], worth)
        who = self._who[found][known]
        firsts = _firsts(who)
        sums = np.add.reduceat(amounts, firsts) if len(firsts) else amounts
        whole = np.zeros(len(self._names), dtype=sums.dtype)
        whole[who[firsts]] = sums
        there = np.zeros(len(self._names), dtype=bool)
        there[who[firsts]] = True
        return Worths(whole, there, left)

    def _converted(
        self, amounts: Column, money: Column, worth: Worth
    ) -> tuple[Column, Column | slice, list[str]]:
        """The amounts that have a rate, which of all they are, and the currencies of the others."""
        left: list[str] = []
        known: Column | slice = slice(None)
        billed = amounts
        for number in np.flatnonzero(np.bincount(money)).tolist():
            code, mine = self._codes[number], money == number
            one = worth(Money(1, code))
            if one is None:
                left += [code] * int(np.count_nonzero(mine))
                known = ~mine if isinstance(known, slice) else known & ~mine
            elif one.currency != code:
                exchanged = _exchanged(billed[mine], code, worth)
                amounts = amounts.astype(np.result_type(amounts, exchanged))
                amounts[mine] = exchanged
        return _addable(amounts[known]), known, left

    def _first_ticks(self) -> Column:
        """When each customer first had any MRR."""
        if not self._first:
            paid = np.flatnonzero(self._mrr)
            who = self._who[paid]
            firsts = _firsts(who)
            first = np.full(len(self._names), NEVER, dtype=np.int64)
            if len(firsts):
                first[who[firsts]] = np.minimum.reduceat(self._starts[paid], firsts)
            self._first.append(first)
        return self._first[0]

    def _movers(self, who: Column, change: Column) -> tuple[tuple[str, int], ...]:
        numbers = np.flatnonzero(who)
        sizes = abs(change[numbers])
        order = np.argsort(-sizes, kind="stable")
        return tuple(zip(self._names[numbers[order]].tolist(), sizes[order].tolist(), strict=True))

    # ── records ──────────────────────────────────────────────────────────────────────────────────

    def _grouped(self, found: Column) -> dict[str, tuple[str, ...]]:
        """The evidence of these of the rows that count, by customer."""
        refs = self._evidence(self._counted[found])
        who = self._who[found]
        firsts = _firsts(who)
        names, starts = self._names[who[firsts]].tolist(), firsts.tolist()
        ends = [*starts, len(refs)][1:]
        return {name: tuple(refs[a:b]) for name, a, b in zip(names, starts, ends, strict=True)}

    def _evidence(self, rows: Column) -> list[str]:
        found = []
        for row, place in zip(rows.tolist(), self._piece[rows].tolist(), strict=True):
            piece = self._pieces[place]
            before = row - piece.first
            record = piece.ids.split(b"\0", before + 1)[before].decode()
            found.append(f"{piece.source}:{Subscription.kind}:{record}")
        return found

    def _told(self, rows: Column) -> tuple[Line, ...]:
        """The lines of these rows, each made once: it is the same at every instant."""
        numbers = rows.tolist()
        self._read([number for number in numbers if number not in self._lines])
        return tuple(map(self._lines.__getitem__, numbers))

    def _read(self, numbers: list[int]) -> None:
        rows = np.array(numbers, dtype=np.int64)
        found = zip(
            numbers, self._piece[rows].tolist(), self._evidence(rows), self._rows[rows].tolist(), strict=True
        )
        for number, place, ref, row in found:
            piece = self._pieces[place]
            _, _, _, _, mrr, cancel_at, renews_at, seats, metered, status, yearly = row
            self._lines[number] = Line(
                piece.customer,
                ref,
                Money(mrr, piece.currency),
                STATUSES[status],
                metered,
                yearly,
                instant(cancel_at),
                instant(renews_at),
                seats,
            )

    def _named(self, found: Worths) -> tuple[list[str], list[int]]:
        return self._names[found.there].tolist(), found.amounts[found.there].tolist()


class Later(Mapping[str, V]):
    """A mapping that is made when somebody looks into it: most are asked for their sum alone."""

    def __init__(self, make: Callable[[], dict[str, V]]) -> None:
        self._made = cache(make)

    def __getitem__(self, key: str) -> V:
        return self._made()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made())

    def __len__(self) -> int:
        return len(self._made())

    def keys(self) -> KeysView[str]:
        return self._made().keys()

    def values(self) -> ValuesView[V]:
        return self._made().values()

    def items(self) -> ItemsView[str, V]:
        return self._made().items()


def _firsts(who: Column) -> Column:
    """Where each stretch of equal numbers begins."""
    return np.flatnonzero(np.concatenate(([True], who[1:] != who[:-1]))) if len(who) else np.arange(0)


def _exchanged(amounts: Column, code: str, worth: Worth) -> Column:
    """Amounts, all in `code`, exchanged as `worth` would one by one.

    A product in floating point says where an amount rounds to, unless that is close to a half or too large
    to tell: those are asked for, equal ones once.
    """
    probe = worth(Money(PROBE, code))
    rate = 0.0 if probe is None else probe.amount / PROBE
    exact = np.abs(amounts.astype(np.float64)) * rate
    doubtful = (np.abs(exact % 1 - 0.5) < CLOSE) | (exact > SURE) | (np.abs(amounts) > SURE)
    asked = {one: worth(Money(one, code)) for one in np.unique(amounts[doubtful]).tolist()}
    found = _whole([0 if money is None else money.amount for money in asked.values()])
    rounded = np.where(doubtful, 0, np.copysign(np.floor(exact + 0.5), amounts)).astype(np.int64)
    exchanged = rounded.astype(found.dtype)
    exchanged[doubtful] = found[np.searchsorted(np.array(list(asked)), amounts[doubtful])] if asked else 0
    return exchanged


def _sum(amounts: Column) -> int:
    return int(_addable(amounts).sum())


def _whole(numbers: list[int]) -> Column:
    """Whole numbers of any size."""
    fits = all(-ROOM < number < ROOM for number in numbers)
    return np.array(numbers, dtype=np.int64 if fits else object)


def _addable(amounts: Column) -> Column:
    """The same amounts, such that no sum of them can overflow."""
    if amounts.dtype == object or not len(amounts):
        return amounts
    largest = max(abs(int(amounts.max())), abs(int(amounts.min())))
    return amounts if largest * len(amounts) < ROOM else amounts.astype(object)
