"""Cash in 30 days, which is what the runway rests on and what can be checked, from the average net burn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

from agents.finance.balances import Held, Key, key_of
from agents.finance.burn import NOT_BURN
from agents.forecasting.forecast import Forecast, Method, whole
from agents.forecasting.scene import Scene
from agents.money import Money
from agents.nouns import BankTransaction, CashBalance, FxRate
from agents.unit import Unit
from agents.wording import plural

HORIZON = timedelta(days=30)
SPANS, FEWEST = 9, 3
"""How many past spans of days are looked at for the interval, and how few there may be."""
LEAST = 0.005
"""The interval reaches at least so far to both sides, as a share of cash."""
MONTHS_A_DAY = Fraction(12, 365)


def predict(scene: Scene) -> Iterator[Forecast]:
    """One forecast: of all accounts together in 30 days. None without balances, or without three spans."""
    if not scene.has(CashBalance, BankTransaction):
        return
    known, due = _known_until(scene, scene.today), scene.today + HORIZON
    held = scene.cash.cash(scene.snapshot.as_of).value
    burn = scene.cash.net_burn(scene.snapshot.as_of).value
    if known is None or not isinstance(held, Money) or not isinstance(burn, Money):
        return
    days = (due - known).days
    flows = _flows(scene, known, days)
    if len(flows) < FEWEST:
        return
    expected = -burn.amount * days * MONTHS_A_DAY
    least = abs(held.amount) * LEAST
    value = held.amount + whole(expected)
    basis: dict[str, str | int | float] = {
        "name": "all accounts",
        "why": _why(held, burn, days, value),
        "now": held.amount,
        "net_burn": burn.amount,
        "known_until": known.isoformat(),
        "spans": len(flows),
    }
    yield Forecast(
        method="cash_30d",
        subject="cash",
        made_on=scene.today,
        due_on=due,
        unit=Unit.MONEY,
        currency=scene.snapshot.currency,
        value=value,
        low=held.amount + whole(min(*flows, float(expected) - least)),
        high=held.amount + whole(max(*flows, float(expected) + least)),
        baseline=held.amount + whole(flows[0]),
        basis=basis,
    )


def outcome(scene: Scene, forecast: Forecast) -> float | None:
    """What all accounts held at the end of the day, once each has a balance of that day or a later one:
    its first such balance, what moved since taken back. None also where a rate is missing."""
    day = forecast.due_on
    if not scene.has(CashBalance, BankTransaction):
        return None
    known = _known_until(scene, scene.today)
    if known is None or known < day:
        return None
    held = Held.stated(scene.snapshot.all(CashBalance))
    amounts = [_at_end_of(scene, held, balance, day) for balance in _first_since(scene, day)]
    there = [amount for amount in amounts if amount is not None]
    return float(sum(there)) if there and len(there) == len(amounts) else None


def _why(held: Money, burn: Money, days: int, value: float) -> str:
    then = f"; runway then {value / burn.amount:.1f} months" if burn.amount > 0 < value else ""
    spent = f"{burn.full()} a month of net burn" if burn.amount > 0 else "no net burn"
    return f"{held.full()} now, {spent}, {plural(days, 'day')} from the last balance on{then}"


def _known_until(scene: Scene, today: date) -> date | None:
    """The day up to which every account's balance is known, in each of its currencies."""
    newest: dict[Key, date] = {}
    for balance in scene.snapshot.all(CashBalance):
        if balance.day <= today:
            key = key_of(balance)
            newest[key] = max(balance.day, newest.get(key, balance.day))
    return min(newest.values(), default=None)


def _first_since(scene: Scene, day: date) -> list[CashBalance]:
    """By account and currency, its first balance of this day or later."""
    first: dict[Key, CashBalance] = {}
    for balance in scene.snapshot.all(CashBalance):
        key = key_of(balance)
        if balance.day >= day and (key not in first or balance.day < first[key].day):
            first[key] = balance
    return [first[key] for key in sorted(first)]


def _at_end_of(scene: Scene, held: Held, balance: CashBalance, day: date) -> int | None:
    """What a balance was on an earlier day, in the company's minor units; None where a rate is missing."""
    since = [
        moved.amount
        for moved in scene.snapshot.all(BankTransaction)
        if day < moved.day <= balance.day and held.whose(moved) == key_of(balance)
    ]
    known = [scene.snapshot.convert(money, day) for money in (balance.balance, *(-one for one in since))]
    amounts = [money.amount for money in known if money is not None]
    return sum(amounts) if len(amounts) == len(known) else None


def _flows(scene: Scene, until: date, days: int) -> list[float]:
    """What came in minus what went out, without what is no burn, in each span of `days` back from a day,
    the last span first."""
    moves = scene.snapshot.all(BankTransaction)
    oldest = min((moved.day for moved in moves), default=until)
    full = min(SPANS, (until - oldest).days // days)
    sums = [0.0] * full
    for moved in moves:
        place = (until - moved.day).days // days
        if moved.day > until or place >= full or moved.category.strip().lower() in NOT_BURN:
            continue
        known = scene.snapshot.convert(moved.amount, moved.day)
        sums[place] += 0 if known is None else known.amount
    return sums


METHOD = Method(
    key="cash_30d",
    title="Cash in 30 days",
    unit=Unit.MONEY,
    chance=False,
    event="what all accounts held at the end of the day",
    sentence="What all accounts will hold in 30 days if the company burns on average as it did: the sum that"
    " the runway rests on, and the part of it that a bank statement can prove or refute.",
    formula="cash now - average net burn a month x days from the last balance until then x 12 / 365",
    horizon="30 days",
    interval=f"cash now + the smallest to the largest net flow of the last {SPANS} spans of as many days,"
    f" which holds the next with probability ({SPANS} - 1) / ({SPANS} + 1) = 80 % if spans are alike;"
    f" the point itself, and at least {LEAST:.1%} of cash to both sides",
    baseline="the last days again",
    source="Mean of the past, and its last value as baseline (naive method): Hyndman, Athanasopoulos,"
    " Forecasting: Principles and Practice, 3rd ed., 5.2, https://otexts.com/fpp3/simple-methods.html",
    limits=(
        "Net burn is the metric net_burn: policy.burn_months (3) full months, transfers, funding and loans"
        " left out. A round of funding within the 30 days is a miss.",
        f"Without a full month, or with fewer than {FEWEST} spans of transactions, there is no forecast.",
        "The baseline repeats the net flow of as many days before the last balance.",
        "It is scored once every account has a balance of that day or later, which may be days after.",
    ),
    reads=(CashBalance, BankTransaction, FxRate),
    predict=predict,
    outcome=outcome,
)
