"""A large company for measuring, in a real store: customers with five years of subscription versions.

python -m benchmarks.company DATABASE VERSIONS
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from agentos_cli.contract import Connection
from agentos_cli.store.store import Store
from agents.nouns import Customer, Discount, FxRate, Noun, Subscription, SubscriptionItem

EACH = 20
"""Versions of a customer."""
YEARS = 5
PRICES = (900, 1900, 4900, 9900, 19900, 49900)
RATES = YEARS * 53
SOURCE, FILES = "stripe", "files"


def fill(store: Store, versions: int, now: datetime) -> None:
    """Fill a new store with so many versions as a first sync would: through `Records.replace`."""
    chance = random.Random(versions)
    customers = versions // EACH
    nouns: tuple[tuple[str, type[Noun], Iterator[Noun]], ...] = (
        (SOURCE, Customer, (_customer(n, now) for n in range(customers))),
        (SOURCE, Subscription, (v for n in range(customers) for v in _contract(n, chance, now))),
        (FILES, FxRate, (_rate(n, now.date()) for n in range(RATES))),
    )
    with store.unit_of_work() as work:
        for source, noun, records in nouns:
            work.records.replace(source, noun, records, now)
            work.sources.synced(source, noun.kind, now)
        for kind in ("invoice", "payment"):
            work.sources.synced(SOURCE, kind, now)
        for source in (SOURCE, FILES):
            work.connections.put(Connection(source, None, None), now)
        work.commit()


def _customer(number: int, now: datetime) -> Customer:
    since = now - timedelta(days=365 * YEARS)
    return Customer(SOURCE, f"cus_{number}", f"c{number}.example", f"Company {number}", None, since)


def _rate(week: int, today: date) -> FxRate:
    rate = Decimal(10_500 + 7 * (week % 50)) / 10_000
    return FxRate(FILES, f"eur{week}", today - timedelta(weeks=week), "EUR", "USD", rate)


def _contract(number: int, chance: random.Random, now: datetime) -> Iterator[Subscription]:
    """Versions one after another, now and then with a gap; one in eight starts with a discount."""
    span = timedelta(days=365 * YEARS) / EACH
    begins = now - timedelta(days=365 * YEARS) * chance.random() ** 2
    step = (now - begins) / EACH if chance.random() < 0.8 else span / 2
    at, currency = begins, "EUR" if number % 7 == 0 else "USD"
    for version in range(EACH):
        ends = at + step
        last = version == EACH - 1
        gone = chance.random() < 0.04
        yield _version(number, version, currency, chance, at, None if last and not gone else ends)
        at = ends + (step / 2 if gone and not last else timedelta(0))


def _version(
    number: int, version: int, currency: str, chance: random.Random, begins: datetime, ends: datetime | None
) -> Subscription:
    seats = chance.randint(1, 40)
    yearly = chance.random() < 0.2
    price = chance.choice(PRICES) * (10 if yearly else 1)
    every = "year" if yearly else "month"
    item = SubscriptionItem("si", "Plan", every, 1, Decimal(price * seats), seats, False)
    made = Subscription(
        SOURCE, f"sub_{number}@{version:02}", f"sub_{number}", f"cus_{number}", f"c{number}.example",
        "past_due" if ends is None and chance.random() < 0.02 else "active", currency, (item,), (),
        begins, ends, begins, None,
        begins + timedelta(days=2000) if ends is None and chance.random() < 0.01 else None,
        begins + timedelta(days=400) if ends is None and yearly else None,
    )  # fmt: skip
    if version or chance.random() > 1 / 8:
        return made
    off = Discount(Decimal(chance.choice((20, 100))), None, False, None, begins + timedelta(days=14), None)
    return replace(made, discounts=(off,))


if __name__ == "__main__":
    store = Store(f"sqlite:///{sys.argv[1]}", "default")
    store.upgrade()
    fill(store, int(sys.argv[2]), datetime.now(UTC))
