"""What holds of finance whatever happens: movements add up, parts make sums, order is nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.figures import worth
from agents.finance import AGENT
from agents.finance.cash import CashBook
from agents.finance.ledger import Ledger
from agents.money import Money, allocate
from agents.nouns import BankTransaction, CashBalance, Noun, Subscription
from agents.snapshot import Snapshot
from tests.agents import build
from tests.agents.build import AS_OF, ago, back
from tests.agents.explained import assert_explained, assert_says

FEW = settings(max_examples=25, deadline=None)
MANY = settings(max_examples=100, deadline=None)

# ── what can happen to subscriptions ─────────────────────────────────────────────────────────────

STATUSES = ("active", "active", "active", "past_due", "trialing", "paused", "unpaid")
Change = Callable[[Subscription], Subscription]


def _priced(cents: int, interval: str) -> Change:
    item = build.item(Decimal(cents) / 100, interval=interval)
    return lambda now: replace(now, items=(item,))


def _stands(status: str) -> Change:
    return lambda now: replace(now, status=status)


def _coupon(percent: int) -> Change:
    return lambda now: replace(now, discounts=(build.discount(percent=percent),) if percent else ())


CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(_priced, st.integers(0, 50_000), st.sampled_from(["month", "year", "week"])),
    st.builds(_stands, st.sampled_from(STATUSES)),
    st.builds(_coupon, st.sampled_from([0, 25, 100])),
)


def contract(
    number: int, account: str, currency: str, begins: int, changes: list[tuple[int, Change]], ends: bool
) -> list[Subscription]:
    """The versions of one contract: it begins so many days ago, and after so many days each time it changes;
    with `ends` the last change ends it."""
    name = f"{number:06}"
    now = build.subscription(f"{name}-0", account=account, currency=currency, valid_from=ago(begins))
    versions, at = [], ago(begins)
    for days, change in changes:
        until = at + timedelta(days=days)
        versions.append(replace(now, valid_to=until))
        now, at = replace(change(now), id=f"{name}-{len(versions)}", valid_from=until), until
    return versions if ends and versions else [*versions, now]


CONTRACTS = st.builds(
    contract,
    st.integers(0, 999_999),
    st.sampled_from(["a.com", "b.com", "c.com", "d.com"]),
    st.sampled_from(["USD", "USD", "EUR", "CHF"]),
    st.integers(0, 420),
    st.lists(st.tuples(st.integers(1, 90), CHANGES), max_size=5),
    st.booleans(),
)
HISTORIES = st.lists(CONTRACTS, max_size=6, unique_by=lambda versions: versions[0].id[:6]).map(
    lambda found: [version for versions in found for version in versions]
)
RATES = (build.fx_rate("EUR", "1.1"), build.fx_rate("EUR", "1.3", back(30)))


def arrived(records: Sequence[Noun], chance: random.Random) -> Snapshot:
    """The snapshot after these came in any order, some of them twice: a record is known once by its ref."""
    again = [*records, *(record for record in records if chance.random() < 0.3)]
    chance.shuffle(again)
    return build.snapshot(*{record.ref: record for record in again}.values(), *RATES)


@MANY
@given(HISTORIES, st.integers(1, 400), st.randoms(use_true_random=False))
def test_movements_add_up_over_any_sequence_of_events_in_any_order_of_arrival(
    history: list[Subscription], days: int, chance: random.Random
) -> None:
    ledger = Ledger(arrived(history, chance))
    period = ledger.period(AS_OF, days)
    moved = {name: ledger.moved(name, period).value or Fraction(0) for name in _NAMES}
    opening = ledger.mrr("opening", period.start, ledger.snapshot.today).value
    closing = ledger.mrr("closing", period.end).value
    gained = moved["new"] + moved["reactivation"] + moved["expansion"]
    assert opening is not None
    assert opening + gained - moved["contraction"] - moved["churn"] == closing
    assert min(moved.values()) >= 0
    assert moved["contraction"] + moved["churn"] <= opening
    whole = [who for movers in period.customers.values() for who, _ in movers]
    assert len(whole) == len(set(whole)), "one customer makes one movement"


_NAMES = ("new", "expansion", "contraction", "churn", "reactivation")


@FEW
@given(HISTORIES)
def test_two_halves_of_a_period_net_to_the_whole(history: list[Subscription]) -> None:
    """Whatever the movements of each half are called, together they come to what the whole came to."""
    ledger = Ledger(build.snapshot(*(v for v in history if v.currency == "USD")))
    middle = ledger.period(AS_OF - timedelta(days=30), 30)
    late, whole = ledger.period(AS_OF, 30), ledger.period(AS_OF, 60)
    assert middle.movements.net_new + late.movements.net_new == whole.movements.net_new


# ── a whole company ──────────────────────────────────────────────────────────────────────────────

CENTS = st.integers(1, 10**7)
CURRENCIES = st.sampled_from(["USD", "EUR", "CHF", "JPY", "KWD"])
MONEYS = st.builds(Money, CENTS, CURRENCIES)
DAYS = st.integers(0, 150)


def _bank(number: int, money: Money, days: int, category: str, sign: int) -> Noun:
    return build.bank_transaction(
        f"t{number}", Money(sign * money.amount, money.currency), back(days), category=category
    )


def _bill(number: int, money: Money, days: int, status: str) -> Noun:
    paid = ago(days // 2) if status == "paid" else None
    return build.invoice(
        f"i{number}",
        money,
        account=f"{number % 3}.com",
        status=status,
        created_at=ago(days + 30),
        due_at=ago(days),
        paid_at=paid,
    )


NUMBERS = st.integers(0, 10**9)
OTHERS = st.one_of(
    st.builds(
        _bank,
        NUMBERS,
        MONEYS,
        DAYS,
        st.sampled_from(["payroll", "revenue", "Loan", "transfer"]),
        st.sampled_from([-1, 1]),
    ),
    st.builds(_bill, NUMBERS, MONEYS, DAYS, st.sampled_from(["open", "paid", "void", "draft"])),
    st.builds(
        lambda n, money, days: build.payment(f"p{n}", money, status="failed", created_at=ago(days)),
        NUMBERS,
        MONEYS,
        DAYS,
    ),
    st.builds(
        lambda money, days, bank: build.cash_balance(
            money, back(days), holder=bank, id=f"{bank}-{days}-{money.currency}"
        ),
        MONEYS,
        DAYS,
        st.sampled_from(["one", "two"]),
    ),
)
COMPANIES = st.builds(lambda history, others: [*history, *others], HISTORIES, st.lists(OTHERS, max_size=15))


@FEW
@given(COMPANIES, st.randoms(use_true_random=False))
def test_every_figure_is_the_sum_of_its_parts_in_any_order_of_the_records(
    records: list[Noun], chance: random.Random
) -> None:
    snapshot = arrived(records, chance)
    report = AGENT.analyse(snapshot)
    assert_explained(report)
    shuffled = {kind: tuple(chance.sample(found, len(found))) for kind, found in snapshot.records.items()}
    again = AGENT.analyse(replace(snapshot, records=shuffled))
    for one, other in zip(report.metrics, again.metrics, strict=True):
        assert (one.key, one.value, one.previous, one.series) == (
            other.key,
            other.value,
            other.previous,
            other.series,
        )
        assert set(one.evidence) == set(other.evidence), one.key
        assert (one.absent, one.partial) == (other.absent, other.partial), one.key
    assert {alert.id for alert in report.alerts} == {alert.id for alert in again.alerts}


# ── accounts of several currencies ───────────────────────────────────────────────────────────────

DAILY = [
    build.fx_rate(currency, rate, back(days))
    for currency, rate in (("EUR", "1.1"), ("JPY", "0.0067"), ("KWD", "3.25"))
    for days in range(0, 60, 7)
]
ACCOUNTS = st.sampled_from(["one", "two"])
BANKED = st.one_of(
    st.builds(
        lambda money, days, bank: build.cash_balance(money, back(days), holder=bank, id="balance"),
        MONEYS,
        st.integers(0, 60),
        ACCOUNTS,
    ),
    st.builds(
        lambda money, days, bank: build.bank_transaction("move", money, back(days), holder=bank),
        MONEYS,
        st.integers(0, 60),
        ACCOUNTS,
    ),
)


@st.composite
def banked(draw: st.DrawFn) -> list[CashBalance | BankTransaction]:
    """Balances and transactions of two accounts, in any of five currencies, one of them without a rate."""
    return [replace(each, id=f"{n}") for n, each in enumerate(draw(st.lists(BANKED, max_size=14)))]


def single(records: Sequence[CashBalance | BankTransaction]) -> list[Noun]:
    """The same money, each balance in an account of its own: nothing of it is in two currencies."""
    known: dict[str, set[str]] = {}
    for each in records:
        if isinstance(each, CashBalance):
            known.setdefault(each.holder, set()).add(each.balance.currency)
    found: list[Noun] = []
    for each in records:
        own = each.balance if isinstance(each, CashBalance) else each.amount
        stated = known.get(each.holder, {own.currency})
        place = own.currency if own.currency in stated else min(stated)
        found.append(replace(each, holder=f"{each.holder} {place}"))
    return found


@MANY
@given(banked())
def test_an_account_of_several_currencies_is_worth_as_many_accounts_of_one(
    records: list[CashBalance | BankTransaction],
) -> None:
    one = CashBook(build.snapshot(*DAILY, *records))
    other = CashBook(build.snapshot(*DAILY, *single(records)))
    for days in range(0, 64, 4):
        together, split = one.cash(ago(days)), other.cash(ago(days))
        assert together.value == split.value
        if together.formula is None or split.formula is None:
            assert together.formula is split.formula
            continue
        assert set(together.formula.refs) == set(split.formula.refs)
        assert_says("cash", together.formula, together.value)
        told = {ref for term in together.formula.terms for part in term.left_out() for ref in part.refs}
        told |= set(together.formula.refs)
        held = {(each.holder, each.balance.currency): set[str]() for each in stated_in(records)}
        for each in stated_in(records):
            held[each.holder, each.balance.currency].add(each.ref)
        assert all(refs & told for refs in held.values()), "a balance of which nothing is said"


def stated_in(records: Sequence[CashBalance | BankTransaction]) -> list[CashBalance]:
    return [each for each in records if isinstance(each, CashBalance)]


@MANY
@given(st.lists(MONEYS, max_size=12))
def test_converting_loses_nothing(amounts: list[Money]) -> None:
    """Every amount is in the sum or is named as left out; what is in it is off by half a cent at most."""
    bills = [build.invoice(f"i{n}", money) for n, money in enumerate(amounts)]
    rates = [build.fx_rate("EUR", "1.1"), build.fx_rate("JPY", "0.0067"), build.fx_rate("KWD", "3.25")]
    formula, partial = worth(build.snapshot(*rates), "billed", [(b, b.total) for b in bills], build.TODAY)
    (term,) = formula.terms
    told = [ref for part in term.parts() for ref in part.refs] + [
        ref for left in term.left_out() for ref in left.refs
    ]
    assert sorted(told) == sorted(bill.ref for bill in bills)
    francs = sum(money.currency == "CHF" for money in amounts)
    assert len(term.left_out()) == francs
    assert (partial is None) is (francs == 0)
    times = {"USD": Fraction(1), "EUR": Fraction("1.1"), "JPY": Fraction("0.67"), "KWD": Fraction("0.325")}
    exact = sum(money.amount * times[money.currency] for money in amounts if money.currency in times)
    assert formula.value is not None
    assert abs(formula.value - exact) <= Fraction(len(amounts), 2)
    assert term.adds_up()


@MANY
@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_allocating_loses_nothing_and_is_nowhere_off_by_a_whole_unit(amount: int, weights: list[int]) -> None:
    parts = allocate(amount, weights)
    assert sum(parts) == amount
    shares = weights if sum(weights) else [1] * len(weights)
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - Fraction(amount * share, sum(shares))) < 1


@MANY
@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=5), st.lists(st.integers(1, 10**6), max_size=3))
def test_fixed_discounts_come_off_the_items_exactly(prices: list[int], discounts: list[int]) -> None:
    """MRR is what is billed, whatever number of items a discount is spread over."""
    items = tuple(build.item(Decimal(cents) / 100, f"i{n}") for n, cents in enumerate(prices))
    off = tuple(build.discount(amount_off=Money(cents, "USD")) for cents in discounts)
    ledger = Ledger(build.snapshot(build.subscription("s", items=items, discounts=off)))
    assert ledger.mrr("MRR", AS_OF).value == max(0, sum(prices) - sum(discounts))
