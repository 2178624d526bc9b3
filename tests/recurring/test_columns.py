"""Columns say what subscriptions gone through one by one say, to the cent, the name and the record."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentos_cli.recurring import layout
from agentos_cli.recurring.columns import Columns
from agentos_cli.recurring.layout import Entry, Packed
from agents.accounts import customer_key
from agents.finance.ledger import Ledger
from agents.finance.recurring import History, Recurring, Worth
from agents.finance.revenue import spans
from agents.money import Money
from agents.nouns import FxRate, Subscription, SubscriptionItem
from agents.policy import Policy
from agents.snapshot import Snapshot
from tests.agents import build
from tests.agents.build import AS_OF, ago, back, discount, item, subscription

LONG_AGO, FOREVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def packed(versions: Iterable[Subscription]) -> list[Packed]:
    """As the store keeps them, every version known since long ago."""
    found: dict[tuple[str, str, str], list[Entry]] = {}
    for version in versions:
        entries = [layout.entry(span, version.id, LONG_AGO, FOREVER) for span in spans(version)]
        if entries:
            key = version.source, customer_key(version), version.currency
            found.setdefault(key, []).extend(entries)
    return [Packed(*key, *layout.joined(entries)) for key, entries in found.items()]


def company(versions: Iterable[Subscription], past_due: bool, rates: Sequence[FxRate] = ()) -> Snapshot:
    return build.snapshot(*versions, *rates, policy=Policy(count_past_due=past_due))


DAYS = st.integers(-5, 100)
PRICES = st.decimals(-20, 1000, places=2)


@st.composite
def versions(draw: st.DrawFn) -> Subscription:
    start, length = draw(DAYS), draw(st.integers(0, 100))
    prices = draw(st.lists(st.tuples(PRICES, st.booleans()), max_size=3))
    return subscription(
        f"s{draw(st.integers(0, 30))}",
        source=draw(st.sampled_from(["stripe", "stripe2", "files"])),
        account=draw(st.sampled_from(["a.com", "b.com", "ü.com", None])),
        customer_id=draw(st.sampled_from(["c1", "c2"])),
        currency=draw(st.sampled_from(["USD", "EUR", "CHF", "JPY"])),
        status=draw(st.sampled_from(["active", "active", "past_due", "trialing", "unpaid", "canceled"])),
        items=tuple(
            item(price, f"i{place}", metered=metered, quantity=place * 7)
            for place, (price, metered) in enumerate(prices)
        ),
        discounts=tuple(
            discount(percent=share, starts_at=ago(begin), ends_at=None if end > 80 else ago(end))
            for share, begin, end in draw(
                st.lists(st.tuples(st.sampled_from([20, 33, 100]), DAYS, DAYS), max_size=2)
            )
        ),
        valid_from=ago(start),
        valid_to=None if length == 100 else ago(start - length),
        ended_at=None if length < 80 else ago(start - 90),
        cancel_at=draw(st.sampled_from([None, ago(-3)])),
        renews_at=draw(st.sampled_from([None, ago(-9, 0.123456)])),
    )


RATES = [
    FxRate("files", "eur", back(40), "EUR", "USD", Decimal("1.0837")),
    FxRate("files", "eur2", back(2), "EUR", "USD", Decimal("1.15")),
    FxRate("files", "jpy", back(2), "USD", "JPY", Decimal("151.3")),
]


def said(recurring: Recurring, instants: Sequence[datetime], worths: Sequence[Worth]) -> list[object]:
    """Every answer there is."""
    found: list[object] = [dict(recurring.first_paid()), recurring.currencies()]
    for at in instants:
        found += [recurring.lines(at), dict(recurring.refs(at)), list(recurring.uncounted(at))]
        found += [recurring.tally(at), recurring.payers(at), recurring.leaving(at)]
        found += [recurring.held("a.com", at), recurring.held("nobody.com", at)]
        found += [recurring.renewing(at, ago(20), ago(-20))]
        asked = dict.fromkeys(["a.com", "b.com", "stripe:customer:c1"], at)
        found += [recurring.paid_with(asked), recurring.paid_at(asked)]
        for worth in worths:
            book = recurring.book(at, worth)
            found += [list(book.amounts.items()), book.partial, book.total, book.paying, book.largest]
    for start, end in pairwise(sorted(instants)):
        for moved in (recurring.moved(start, end, worth) for worth in worths):
            found += [moved.movements, Counter(moved.counts), dict(moved.customers)]
    return found


@settings(max_examples=150, deadline=None)
@given(st.lists(versions(), max_size=14), st.booleans(), st.lists(DAYS, min_size=2, max_size=4), st.randoms())
def test_columns_and_subscriptions_say_the_same(
    found: list[Subscription], past_due: bool, days: list[int], chance: random.Random
) -> None:
    once = list({(version.source, version.id): version for version in found}.values())
    snapshot = company(once, past_due, RATES)
    instants = [ago(day) for day in days]
    worths: list[Worth] = [
        lambda money: snapshot.convert(money, back(0)),
        lambda money: snapshot.convert(money, back(38)),
        lambda money: money if money.currency == "EUR" else None,
    ]
    pieces = packed(once)
    chance.shuffle(pieces)
    columns, history = Columns.of(pieces, AS_OF, past_due), History.of(once, past_due)
    assert said(columns, instants, worths) == said(history, instants, worths)
    for customer in ("a.com", "nobody.com"):
        assert said(columns.only(customer), instants, worths) == said(
            history.only(customer), instants, worths
        )


@settings(max_examples=60, deadline=None)
@given(st.lists(versions(), max_size=14), st.booleans(), st.lists(DAYS, min_size=2, max_size=5, unique=True))
def test_movements_of_columns_add_up(found: list[Subscription], past_due: bool, days: list[int]) -> None:
    once = list({(version.source, version.id): version for version in found}.values())
    snapshot = replace(company(once, past_due, RATES), recurring=Columns.of(packed(once), AS_OF, past_due))
    ledger = Ledger(snapshot)
    for start, end in pairwise(ago(day) for day in sorted(days, reverse=True)):
        period = ledger.between(start, end)
        assert ledger.book(start).total + period.fx == period.movements.opening
        assert period.movements.closing == ledger.book(end).total


def test_what_was_corrected_later_was_not_known_before() -> None:
    before, after = subscription("s", 10, account="a.com"), subscription("s", 30, account="a.com")
    (old,), (new,) = spans(before), spans(after)
    entries = [layout.entry(old, "s", LONG_AGO, ago(10)), layout.entry(new, "s", ago(10), FOREVER)]
    piece = Packed("stripe", "a.com", "USD", *layout.joined(entries))
    mrr = [
        Columns.of([piece], known).book(ago(20), lambda money: money).amounts
        for known in (ago(11), ago(10), AS_OF)
    ]
    assert mrr == [{"a.com": 1000}, {"a.com": 3000}, {"a.com": 3000}]


@pytest.mark.parametrize("price", [Decimal(2**55), Decimal(2**62) / 100])
def test_sums_beyond_64_bits_are_exact(price: Decimal) -> None:
    many = [subscription(f"s{n}", price, account="a.com", currency="EUR") for n in range(40)]
    worth: Worth = lambda money: Money(money.amount * 3, "USD")  # noqa: E731
    columns, history = Columns.of(packed(many), AS_OF), History.of(many)
    assert columns.book(AS_OF, worth).amounts == history.book(AS_OF, worth).amounts
    moved, wanted = columns.moved(ago(500), AS_OF, worth), history.moved(ago(500), AS_OF, worth)
    assert (moved.movements, dict(moved.customers)) == (wanted.movements, wanted.customers)
    assert columns.book(AS_OF, worth).total > 2**62


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(-(2**62), 2**62) | st.integers(-5000, 5000), min_size=1, max_size=40),
    st.decimals("0.0000001", 30_000, places=7)
    | st.sampled_from([Decimal("0.5"), Decimal("1.05"), Decimal("0.125")]),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_every_amount_is_exchanged_as_it_would_be_by_itself(
    amounts: list[int], rate: Decimal, code: str
) -> None:
    def worth(money: Money) -> Money:
        return Money.of(money.major * rate, "USD")

    many = [
        replace(subscription(f"s{n}", account=f"{n}.com", currency=code), items=(_item(amount),))
        for n, amount in enumerate(amounts)
    ]
    found, wanted = Columns.of(packed(many), AS_OF).book(AS_OF, worth), History.of(many).book(AS_OF, worth)
    assert (dict(found.amounts), found.total) == (dict(wanted.amounts), wanted.total)


def _item(amount: int) -> SubscriptionItem:
    return SubscriptionItem("si", "Plan", "month", 1, Decimal(amount), 1, False)


def test_a_company_without_subscriptions_has_none_in_columns_either() -> None:
    columns = Columns.of([], AS_OF)
    assert said(columns, [ago(9), AS_OF], [lambda money: money]) == said(
        History.of([]), [ago(9), AS_OF], [lambda money: money]
    )
