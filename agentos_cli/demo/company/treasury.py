"""Money outside Stripe: bank accounts, balances, costs, advertising and exchange rates.

What comes in is what Stripe paid out, what goes out is what the team and the tools cost; the closing
balance is chosen so that cash lasts about eleven months.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from agentos_cli.demo.company.ledger import Books
from agentos_cli.demo.company.staff import Staff

EXPORTED_DAYS_AGO = 3
HISTORY_DAYS = 730
RUNWAY_MONTHS = 11.4
OPERATING, RESERVE, EURO = "Operating", "Reserve", "Euro account"
CURRENCY = {OPERATING: "USD", RESERVE: "USD", EURO: "EUR"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One bank transaction in cents; negative went out."""

    day: date
    holder: str
    amount: int
    category: str
    party: str


@dataclass(frozen=True, slots=True)
class Holding:
    """What an account held at the end of a day, in cents."""

    day: date
    holder: str
    amount: int


@dataclass(frozen=True, slots=True)
class Cost:
    """A booked cost in cents."""

    day: date
    category: str
    vendor: str
    amount: int


@dataclass(frozen=True, slots=True)
class Spend:
    """A week's advertising on one channel in cents, dated on its Monday."""

    day: date
    channel: str
    amount: int


@dataclass(frozen=True, slots=True)
class Treasury:
    """Everything a bank and a bookkeeper would export; the bank did so last at `exported_at`."""

    exported_at: datetime
    entries: tuple[Entry, ...]
    holdings: tuple[Holding, ...]
    costs: tuple[Cost, ...]
    spends: tuple[Spend, ...]
    rates: tuple[tuple[date, float], ...]


def keep_treasury(as_of: datetime, seed: int, books: Books, staff: Staff) -> Treasury:
    """Two years up to the last bank export, three days ago."""
    today = as_of.date()
    rng = random.Random(f"{seed}:treasury")
    first, last = today - timedelta(days=HISTORY_DAYS), today - timedelta(days=EXPORTED_DAYS_AGO)
    spends = tuple(_advertising(today, rng))
    costs = tuple(_costs(first, today, rng, staff))
    flows = [entry for entry in _flows(books, costs, spends) if first <= entry.day <= last]
    entries, opening = _with_funding(first, last, today, flows)
    holdings = tuple(_holdings(today, entries, opening))
    exported_at = as_of - timedelta(days=EXPORTED_DAYS_AGO)
    return Treasury(exported_at, tuple(entries), holdings, costs, spends, tuple(_rates(first, today, rng)))


def treasury_then(treasury: Treasury, moment: datetime) -> Treasury:
    """The same at an earlier instant. The bank is exported once a week, so it was up to a week old."""
    weeks = max(0, math.ceil((treasury.exported_at - moment) / timedelta(weeks=1)))
    exported_at, today = treasury.exported_at - timedelta(weeks=weeks), moment.date()
    return Treasury(
        exported_at,
        entries=tuple(entry for entry in treasury.entries if entry.day <= exported_at.date()),
        holdings=tuple(holding for holding in treasury.holdings if holding.day <= exported_at.date()),
        costs=tuple(cost for cost in treasury.costs if cost.day <= today),
        spends=tuple(spend for spend in treasury.spends if spend.day <= today),
        rates=tuple((day, rate) for day, rate in treasury.rates if day < today),
    )


def _advertising(today: date, rng: random.Random) -> Iterator[Spend]:
    """Search stays level; banners in social networks have grown fourfold in ten weeks."""
    monday = today - timedelta(days=today.weekday())
    for back in range(HISTORY_DAYS // 7, -1, -1):
        day = monday - timedelta(weeks=back)
        ramp = max(0, 11 - back)
        for channel, base in (
            ("paid_search", 19_000),
            ("paid_social", 24_000 + ramp * 7_500),
            ("offline", 6_000),
        ):
            yield Spend(day, channel, round(base * rng.uniform(0.9, 1.1) / 100) * 100)


def _costs(first: date, today: date, rng: random.Random, staff: Staff) -> Iterator[Cost]:
    month = first.replace(day=1)
    while month <= today:
        heads = staff.on(month)
        payday = month.replace(day=25)
        payroll = sum(member.cost for member in staff.on(payday))
        rows = [
            Cost(month, "rent", "Quayside Lofts", 280_000),
            Cost(month.replace(day=5), "hosting", "Cirrus Cloud", 62_000 + 4_500 * len(heads)),
            Cost(month.replace(day=8), "software", "Toolshed", 9_500 * len(heads)),
            Cost(month.replace(day=14), "contractors", "Studio Halvorsen", rng.randrange(80, 220) * 1_000),
            Cost(month.replace(day=18), "travel", "Waypoint Travel", rng.randrange(20, 95) * 1_000),
            Cost(payday, "payroll", "Payroll", payroll),
        ]
        if month.month % 3 == 1:
            rows.append(Cost(month.replace(day=11), "insurance", "Harbourside Mutual", 182_000))
        yield from (row for row in rows if first <= row.day <= today)
        month = (month + timedelta(days=32)).replace(day=1)


def _flows(books: Books, costs: Sequence[Cost], spends: Sequence[Spend]) -> Iterator[Entry]:
    """Payouts in; costs out on the day they were booked; advertising on the 3rd of the month after."""
    for sent in books.payouts:
        holder = EURO if sent.currency == "eur" else OPERATING
        yield Entry(sent.arrives_at.date(), holder, sent.amount, "revenue", "Stripe")
    for cost in costs:
        yield Entry(cost.day, OPERATING, -cost.amount, cost.category, cost.vendor)
    months: dict[date, int] = {}
    for spend in spends:
        paid = (spend.day.replace(day=1) + timedelta(days=32)).replace(day=3)
        months[paid] = months.get(paid, 0) + spend.amount
    for paid, amount in months.items():
        yield Entry(paid, OPERATING, -amount, "marketing", "Adhouse")


def _with_funding(
    first: date, last: date, today: date, flows: list[Entry]
) -> tuple[list[Entry], dict[str, int]]:
    """The flows with the seed round and the top-ups from the reserve, and what each account began with."""
    month = today.replace(day=1)
    start = _months_before(month, 3)
    recent = sum(e.amount for e in flows if start <= e.day < month and e.holder == OPERATING)
    whole = sum(e.amount for e in flows if e.holder == OPERATING)
    closing = round(max(RUNWAY_MONTHS * -recent / 3, 30_000_000))
    funding = max(0, round(-whole * 0.95 / 5_000_000) * 5_000_000)
    opening = closing - whole - funding
    held = {OPERATING: min(9_000_000, opening), EURO: 412_000}
    held[RESERVE] = opening - held[OPERATING]
    began = dict(held)
    if funding:
        day = last - timedelta(days=430)
        flows = [*flows, Entry(day, OPERATING, funding, "funding", "Halden Seed Partners")]
    entries: list[Entry] = []
    by_day: dict[date, list[Entry]] = {}
    for entry in flows:
        by_day.setdefault(entry.day, []).append(entry)
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        for entry in by_day.get(day, ()):
            held[entry.holder] += entry.amount
            entries.append(entry)
        move = _top_up(day, held)
        if move:
            held[OPERATING] += move
            held[RESERVE] -= move
            entries.append(Entry(day, OPERATING, move, "transfer", RESERVE))
            entries.append(Entry(day, RESERVE, -move, "transfer", OPERATING))
    return entries, began


def _top_up(day: date, held: dict[str, int]) -> int:
    """On the 22nd what payroll needs comes from the reserve; what is not needed soon goes there."""
    if held[OPERATING] > 20_000_000:
        return -(held[OPERATING] - 12_000_000)
    if day.day == 22 and held[OPERATING] < 9_000_000:
        return min(held[RESERVE], 12_000_000 - held[OPERATING])
    return 0


def _months_before(month: date, count: int) -> date:
    for _ in range(count):
        month = (month - timedelta(days=1)).replace(day=1)
    return month


def _holdings(today: date, entries: Sequence[Entry], began: dict[str, int]) -> Iterator[Holding]:
    """The balance of every account, once a week, the last at the export."""
    days = [today - timedelta(days=EXPORTED_DAYS_AGO + 7 * back) for back in range(103, -1, -1)]
    for holder in CURRENCY:
        own = [entry for entry in entries if entry.holder == holder]
        amount, n = began[holder], 0
        for day in days:
            while n < len(own) and own[n].day <= day:
                amount += own[n].amount
                n += 1
            yield Holding(day, holder, amount)


def _rates(first: date, today: date, rng: random.Random) -> Iterator[tuple[date, float]]:
    """Dollars for a euro, every working day up to yesterday."""
    rate = 1.09
    for n in range((today - first).days):
        day = first + timedelta(days=n)
        rate += (1.09 - rate) * 0.02 + rng.uniform(-0.003, 0.003)
        if day.weekday() < 5:
            yield day, round(rate, 4)
