"""Cash, burn and runway from bank balances and transactions, for any instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from agents.figures import Figure, Grade, below, made, worth
from agents.finance.balances import Held, Key, key_of
from agents.finance.burn import Burn, burn_until
from agents.finance.terms import leaving_out
from agents.formula import Formula, LeftOut, half_up
from agents.money import Money
from agents.nouns import BankTransaction, CashBalance
from agents.periods import month_start
from agents.quantity import text
from agents.report import Status
from agents.snapshot import Snapshot
from agents.unit import Unit
from agents.wording import plural

OLD_BALANCE = timedelta(days=7)
"""A balance older than this is said to be old."""
NO_MONTH = "n/a: no full month of transactions"


@dataclass(frozen=True, slots=True)
class CashBook:
    """Balances and transactions of a snapshot, asked for any instant; what was worked out once is kept."""

    snapshot: Snapshot
    _held: dict[date, Figure] = field(default_factory=dict)
    _burns: dict[tuple[date, int], Burn | None] = field(default_factory=dict)

    # ── what there is ────────────────────────────────────────────────────────────────────────────

    def cash(self, at: datetime) -> Figure:
        """What all accounts held, in each of their currencies: the newest balance by that day, or, for days
        before the first balance in it, that one with the transactions since taken back."""
        day = self.snapshot.day_of(at)
        if day not in self._held:
            self._held[day] = self._cash(day)
        return self._held[day]

    def _cash(self, day: date) -> Figure:
        balances = self._balances(day)
        if not balances:
            return Figure(None, absent="n/a: no balance known")
        accounts = Held.stated(self.snapshot.all(CashBalance))
        held, left = worth(self.snapshot, "account balances", [(b, b.balance) for b in balances], day)
        later = {key_of(balance): balance.day for balance in balances if balance.day > day}
        total = self._with_unknown(held, balances, accounts)
        missing = [left]
        if later:
            taken_back, said = self._taken_back(accounts, later, day)
            total, missing = total - taken_back, [left, *said]
        old = [balance for balance in balances if day - balance.day > OLD_BALANCE]
        missing += [f"{accounts.name(key_of(balance))} balance is of {balance.day}" for balance in old]
        return made(total, partial="; ".join(part for part in missing if part) or None)

    def _balances(self, day: date) -> list[CashBalance]:
        """One per account and currency: the newest by `day`, else its first one if transactions reach back
        that far."""
        reach = min((t.day for t in self.snapshot.all(BankTransaction)), default=None)
        newest: dict[Key, CashBalance] = {}
        first: dict[Key, CashBalance] = {}
        for balance in self.snapshot.all(CashBalance):
            key = key_of(balance)
            if balance.day <= day and (key not in newest or newest[key].day < balance.day):
                newest[key] = balance
            if key not in first or balance.day < first[key].day:
                first[key] = balance
        known = reach is not None and reach <= day + timedelta(days=1)
        return [newest[k] if k in newest else first[k] for k in sorted(first) if k in newest or known]

    def _with_unknown(self, held: Formula, balances: list[CashBalance], accounts: Held) -> Formula:
        """The same term, which also names the accounts of which nothing was known by then."""

        def unknown() -> Iterator[LeftOut]:
            told = set(map(key_of, balances))
            for balance in self.snapshot.all(CashBalance):
                if (key := key_of(balance)) not in told:
                    yield LeftOut((balance.ref,), f"{accounts.name(key)}: first known on {balance.day}")

        return leaving_out(held, unknown)

    def _taken_back(
        self, accounts: Held, later: Mapping[Key, date], day: date
    ) -> tuple[Formula, tuple[str | None, ...]]:
        """The term of what moved after an earlier day, up to the day of the balance that it changed; and
        what to say of it."""
        ends: dict[tuple[str, str], date] = {}
        for (source, holder, _), end in later.items():
            ends[source, holder] = max(end, ends.get((source, holder), end))
        moves = self.snapshot.all(BankTransaction)
        near = [moved for moved in moves if day < moved.day <= ends.get((moved.source, moved.holder), day)]
        since = [moved for moved in near if moved.day <= later.get(accounts.whose(moved), day)]
        amounts = [(moved, moved.amount) for moved in since]
        taken_back, left = worth(self.snapshot, "transactions since", amounts, day)

        def elsewhere() -> Iterator[LeftOut]:
            for moved in near:
                if accounts.is_guess(moved) and moved.day > later.get(whose := accounts.whose(moved), day):
                    why = f"{moved.amount.full()}: counted to {accounts.name(whose)}, not taken back"
                    yield LeftOut((moved.ref,), why)

        return leaving_out(taken_back, elsewhere), (left, *_guesses(accounts, near))

    # ── what goes ────────────────────────────────────────────────────────────────────────────────

    def burn(self, at: datetime) -> Burn | None:
        """The last full months before an instant; None when the transactions do not cover even one."""
        return self._burn(month_start(self.snapshot.day_of(at)), self.snapshot.policy.burn_months)

    def _burn(self, end: date, most: int) -> Burn | None:
        if (end, most) not in self._burns:
            self._burns[end, most] = burn_until(self.snapshot, end, most)
        return self._burns[end, most]

    def gross_burn(self, at: datetime) -> Figure:
        """Paid out in an average month, of the last `policy.burn_months` full ones."""
        burn = self.burn(at)
        return Figure(None, absent=NO_MONTH) if burn is None else _average(burn, burn.paid_out())

    def cash_in(self, at: datetime) -> Figure:
        """Come in in an average month of the same."""
        burn = self.burn(at)
        return Figure(None, absent=NO_MONTH) if burn is None else _average(burn, burn.came_in())

    def net_burn(self, at: datetime) -> Figure:
        """Paid out minus come in, in an average month; negative when cash grew."""
        burn = self.burn(at)
        if burn is None:
            return Figure(None, absent=NO_MONTH)
        return _average(burn, burn.paid_out() - burn.came_in())

    def runway(self, at: datetime) -> Figure:
        """Months that the cash lasts at the average net burn: cash x months / net paid out in them."""
        cash, burn = self.cash(at), self.burn(at)
        if cash.formula is None:
            return cash
        if burn is None:
            return Figure(None, absent=NO_MONTH)
        if burn.out <= burn.into:
            return Figure(None, absent="n/a: profitable")
        lasts = cash.formula * burn.length() / (burn.paid_out() - burn.came_in())
        return made(lasts, partial=cash.partial or burn.partial)

    def grade(self) -> Grade:
        """Runway in months against the limits of the policy."""
        return below(self.snapshot.policy.runway_watch, self.snapshot.policy.runway_act)

    def runway_status(self) -> Status:
        """What runway asks of the reader now; ok when profitable or not known."""
        months = self.runway(self.snapshot.as_of).value
        return Status.OK if months is None else self.grade()(months)

    # ── how spending grows ───────────────────────────────────────────────────────────────────────

    def spend_growth(self, at: datetime) -> Figure:
        """Paid out in the last full month over the average of the `policy.burn_months` before, minus 1."""
        last, usual = self._recent(at)
        if last is None or usual is None or not usual.out:
            return Figure(None, absent="n/a: too few full months")
        spent, before = last.paid_out("paid out in the last month"), usual.paid_out("paid out before")
        found = self.fastest(at)
        return made(
            spent / (before / usual.length("full months before")) - 1,
            note=f"{found[0]} +{found[1].short()}" if found else "",
            partial=last.partial or usual.partial,
        )

    def fastest(self, at: datetime) -> tuple[str, Money] | None:
        """The category whose spend rose most in the last full month over its average, and by how much."""
        last, usual = self._recent(at)
        if last is None or usual is None:
            return None
        before = usual.by_category()
        rises = {
            name: spent - half_up(Fraction(before[name], usual.months))
            for name, spent in last.by_category().items()
        }
        name = max(sorted(rises), key=rises.__getitem__, default=None)
        return (name, Money(rises[name], self.snapshot.currency)) if name and rises[name] > 0 else None

    def _recent(self, at: datetime) -> tuple[Burn | None, Burn | None]:
        """The last full month, and the months before it."""
        last = self._burn(month_start(self.snapshot.day_of(at)), 1)
        usual = self._burn(last.start, self.snapshot.policy.burn_months) if last else None
        return last, usual


def _guesses(accounts: Held, moves: Iterable[BankTransaction]) -> Iterator[str]:
    """What is said of the transactions that no record ties to one balance of their account."""
    guessed = filter(accounts.is_guess, moves)
    found = Counter((accounts.whose(moved), moved.amount.currency) for moved in guessed)
    for (key, currency), many in sorted(found.items()):
        yield f"{plural(many, f'{currency} transaction')} counted to {accounts.name(key)}"


def _average(burn: Burn, moved: Formula) -> Figure:
    note = f"average of {burn.months} mo" if burn.months > 1 else "1 month"
    return made(moved / burn.length(), note, partial=burn.partial)


def with_runway(cash: CashBook, at: datetime) -> Figure:
    """What all accounts held, and in the note how long that lasts."""
    held, runway = cash.cash(at), cash.runway(at)
    if isinstance(runway.value, float):
        note = f"runway {text(runway.value, Unit.MONTHS)}"
    else:
        note = "profitable" if runway.absent == "n/a: profitable" else "runway not known"
    return replace(held, note=note)
