"""Money: whole minor units of one ISO 4217 currency. Never a float, never two currencies at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

ZERO_DECIMAL = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split())  # noqa: SIM905
THREE_DECIMAL = frozenset("BHD IQD JOD KWD LYD OMR TND".split())  # noqa: SIM905
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def exponent(currency: str) -> int:
    """Digits after the decimal point of `currency` (ISO 4217): 0, 2 or 3."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def round_half_up(value: Decimal) -> int:
    """The one rounding of this project: half away from zero, to a whole number."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` is in minor units (cents for USD, yen for JPY); `currency` is upper-case ISO 4217."""

    amount: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @classmethod
    def of(cls, major: Decimal | int | str, currency: str) -> Money:
        """From major units: `Money.of("12.34", "USD")` is 1234 cents. Rounds half up once."""
        return cls(round_half_up(Decimal(major).scaleb(exponent(currency))), currency)

    @property
    def major(self) -> Decimal:
        return Decimal(self.amount).scaleb(-exponent(self.currency))

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __bool__(self) -> bool:
        return self.amount != 0

    def times(self, factor: Decimal | int) -> Money:
        """Scaled by an exact factor, rounded half up once."""
        return Money(round_half_up(self.amount * Decimal(factor)), self.currency)

    def full(self) -> str:
        """`$1,240,000.00`, `-€5.00`, `CHF 12.30`: every digit, for tables and evidence."""
        digits = exponent(self.currency)
        return _signed(self, f"{abs(self.major):,.{digits}f}")

    def short(self) -> str:
        """`$1.24M`, `$86.4k`, `$412`: three significant digits, for a briefing line."""
        return _signed(self, _abbreviate(abs(self.major)))

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot combine {self.currency} with {other.currency} without a rate")


def _signed(money: Money, digits: str) -> str:
    symbol = SYMBOLS.get(money.currency, f"{money.currency} ")
    return f"{'-' if money.amount < 0 else ''}{symbol}{digits}"


def _abbreviate(value: Decimal) -> str:
    for limit, unit in ((Decimal(10**9), "B"), (Decimal(10**6), "M"), (Decimal(10**3), "k")):
        if value >= limit * Decimal("0.9995"):
            scaled = value / limit
            places = 2 if scaled < Decimal("9.995") else 1 if scaled < Decimal("99.95") else 0
            text = f"{scaled.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)}"
            return (text.rstrip("0").rstrip(".") if "." in text else text) + unit
    return f"{value.quantize(Decimal(1), ROUND_HALF_UP)}"


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of amounts that are all in `currency` already; zero of it for none."""
    return sum(amounts, Money.zero(currency))


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` minor units by `weights`, largest remainder first; the parts sum to `amount`.

    All-zero weights split evenly. Ties go to the earlier part, so the result is reproducible.
    """
    if not weights:
        return []
    shares = list(weights) if sum(weights) else [1] * len(weights)
    whole = sum(shares)
    parts = [amount * share // whole for share in shares]
    order = sorted(range(len(shares)), key=lambda i: (-(amount * shares[i] % whole), i))
    for i in order[: amount - sum(parts)]:
        parts[i] += 1
    return parts
