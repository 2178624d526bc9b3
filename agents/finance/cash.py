"""Cash, burn and runway from bank balances and transactions.

Burn is what running the company costs: the categories `transfer`, `funding` and `loan` are left out of it,
so that a round of capital does not look like a profitable month.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from agents.figures import Figure, Grade, below, converted, not_converted
from agents.money import Money, round_half_up
from agents.nouns import BankTransaction, CashBalance
from agents.periods import month_start
from agents.report import Status
from agents.snapshot import Snapshot

NOT_BURN = frozenset({"transfer", "funding", "loan"})
"""Categories that are neither income nor spend, whichever way they move: money between own accounts,
capital from investors, and what is borrowed or paid back."""
OLD_BALANCE = timedelta(days=7)
"""A balance older than this is said to be old."""

QUIET_DAYS = timedelta(days=7)
"""How long before the end of a month the transactions may stop for the month still to count as full."""


@dataclass(frozen=True, slots=True)
class Burn:
    """What was paid out and came in over `months` full months from `start` on, in the company's minor
    units, without what is `NOT_BURN`."""

    start: date
    out: int
    into: int
    months: int
    by_category: Counter[str]
    evidence: tuple[str, ...]
    partial: str | None

    @property
    def gross(self) -> int:
        """Paid out in an average month."""
        return round_half_up(Decimal(self.out) / self.months)

    @property
    def net(self) -> int:
        """Paid out minus come in, in an average month; negative means that cash grew."""
        return round_half_up(Decimal(self.out - self.into) / self.months)


@dataclass(frozen=True, slots=True)
class CashBook:
    """Balances and transactions of a snapshot, asked for any instant; what was worked out once is kept."""

    snapshot: Snapshot
    _held: dict[date, Figure] = field(default_factory=dict)
    _burns: dict[tuple[date, int], Burn | None] = field(default_factory=dict)

    def cash(self, at: datetime) -> Figure:
        """What all accounts held: each its newest balance by that day, or, for days before its first
        balance, the first one with the transactions since taken back."""
        day = self.snapshot.day_of(at)
        if day not in self._held:
            self._held[day] = self._cash(day)
        return self._held[day]

    def _cash(self, day: date) -> Figure:
        held: list[Money] = []
        evidence: list[str] = []
        old: list[str] = []
        for balance in self._balances(day):
            if balance.day > day:
                held.append(self._taken_back(balance, day))
            else:
                held.append(balance.balance)
                if day - balance.day > OLD_BALANCE:
                    old.append(f"{balance.holder} balance is of {balance.day}")
            evidence.append(balance.ref)
        if not held:
            return Figure(None, absent="n/a: no balance known")
        amount, left = converted(self.snapshot, held, day)
        partial = "; ".join(part for part in (left, *old) if part)
        return Figure(amount, tuple(evidence), partial=partial or None)

    def gross_burn(self, at: datetime) -> Figure:
        """Paid out in an average month, of the last `policy.burn_months` full ones."""
        burn = self.burn(at)
        return self._figure(burn, burn.gross if burn else None)

    def net_burn(self, at: datetime) -> Figure:
        """Paid out minus come in, in an average month; negative when cash grew."""
        burn = self.burn(at)
        return self._figure(burn, burn.net if burn else None)

    def spend_growth(self, at: datetime) -> Figure:
        """Paid out in the last full month over the average of the `policy.burn_months` before, minus 1."""
        last, usual = self._recent(at)
        if last is None or usual is None or not usual.out:
            return Figure(None, absent="n/a: too few full months")
        found = self.fastest(at)
        return Figure(
            last.out * usual.months / usual.out - 1,
            (*last.evidence, *usual.evidence),
            note=f"{found[0]} +{found[1].short()}" if found else "",
            partial=last.partial or usual.partial,
        )

    def fastest(self, at: datetime) -> tuple[str, Money] | None:
        """The category whose spend rose most in the last full month over its average, and by how much."""
        last, usual = self._recent(at)
        if last is None or usual is None:
            return None
        rises = {
            name: spent - round_half_up(Decimal(usual.by_category[name]) / usual.months)
            for name, spent in last.by_category.items()
        }
        name = max(sorted(rises), key=rises.__getitem__, default=None)
        return (name, Money(rises[name], self.snapshot.currency)) if name and rises[name] > 0 else None

    def _recent(self, at: datetime) -> tuple[Burn | None, Burn | None]:
        """The last full month, and the months before it."""
        last = self._burn(month_start(self.snapshot.day_of(at)), 1)
        usual = self._burn(last.start, self.snapshot.policy.burn_months) if last else None
        return last, usual

    def runway(self, at: datetime) -> Figure:
        """Months that the cash lasts at the average net burn: cash x months / net paid out in them."""
        cash, burn = self.cash(at), self.burn(at)
        if not isinstance(cash.value, Money):
            return cash
        if burn is None:
            return Figure(None, absent="n/a: no full month of transactions")
        evidence = (*cash.evidence, *burn.evidence)
        if burn.out <= burn.into:
            return Figure(None, evidence, absent="n/a: profitable")
        months = cash.value.amount * burn.months / (burn.out - burn.into)
        return Figure(months, evidence, partial=cash.partial or burn.partial)

    def grade(self) -> Grade:
        """Runway in months against the limits of the policy."""
        return below(self.snapshot.policy.runway_watch, self.snapshot.policy.runway_act)

    def runway_status(self) -> Status:
        """What runway asks of the reader now; ok when profitable or not known."""
        months = self.runway(self.snapshot.as_of).value
        return Status.OK if months is None else self.grade()(months)

    def burn(self, at: datetime) -> Burn | None:
        """The last full months before an instant; None when the transactions do not cover even one."""
        return self._burn(month_start(self.snapshot.day_of(at)), self.snapshot.policy.burn_months)

    def _burn(self, end: date, most: int) -> Burn | None:
        if (end, most) not in self._burns:
            self._burns[end, most] = self._worked_out(end, most)
        return self._burns[end, most]

    def _worked_out(self, end: date, most: int) -> Burn | None:
        every = self.snapshot.all(BankTransaction)
        days = [moved.day for moved in every] or [end]
        oldest, end = min(days), min(end, month_start(max(days) + QUIET_DAYS))
        months = sum(month_start(end, back) >= oldest for back in range(1, most + 1))
        if not months:
            return None
        start = month_start(end, back=months)
        out = into = 0
        by_category: Counter[str] = Counter()
        evidence, left = [], []
        for moved in every:
            if not start <= moved.day < end or moved.category.strip().lower() in NOT_BURN:
                continue
            known = self.snapshot.convert(moved.amount, moved.day)
            if known is None:
                left.append(moved.amount.currency)
                continue
            evidence.append(moved.ref)
            if known.amount < 0:
                out -= known.amount
                by_category[moved.category] -= known.amount
            else:
                into += known.amount
        return Burn(start, out, into, months, by_category, tuple(evidence), not_converted(left))

    def _figure(self, burn: Burn | None, amount: int | None) -> Figure:
        if burn is None or amount is None:
            return Figure(None, absent="n/a: no full month of transactions")
        note = f"average of {burn.months} mo" if burn.months > 1 else "1 month"
        return Figure(Money(amount, self.snapshot.currency), burn.evidence, note, partial=burn.partial)

    def _balances(self, day: date) -> list[CashBalance]:
        """One per account: the newest by `day`, else its first one if transactions reach back that far."""
        reach = min((t.day for t in self.snapshot.all(BankTransaction)), default=None)
        newest: dict[tuple[str, str], CashBalance] = {}
        first: dict[tuple[str, str], CashBalance] = {}
        for balance in self.snapshot.all(CashBalance):
            key = (balance.source, balance.holder)
            if balance.day <= day and (key not in newest or newest[key].day < balance.day):
                newest[key] = balance
            if key not in first or balance.day < first[key].day:
                first[key] = balance
        known = reach is not None and reach <= day + timedelta(days=1)
        return [newest[k] if k in newest else first[k] for k in sorted(first) if k in newest or known]

    def _taken_back(self, balance: CashBalance, day: date) -> Money:
        """The balance of an account at the end of an earlier day."""
        since = sum(
            moved.amount.amount
            for moved in self.snapshot.all(BankTransaction)
            if (moved.source, moved.holder) == (balance.source, balance.holder)
            and day < moved.day <= balance.day
            and moved.amount.currency == balance.balance.currency
        )
        return Money(balance.balance.amount - since, balance.balance.currency)
