"""How a value is written for people. One place, so that text, Markdown, HTML and JSON say the same."""

from __future__ import annotations

from agents.money import Money
from agents.report import Value
from agents.unit import Unit

SPANS = {Unit.DAYS: " d", Unit.HOURS: " h", Unit.MONTHS: " mo"}


def text(value: Value, unit: Unit) -> str:
    """`$86.4k`, `1.9%`, `2.3x`, `14 mo`, `5`. None gives `n/a`; callers say "no data" where they know."""
    if value is None:
        return "n/a"
    if isinstance(value, Money):
        return value.short()
    match unit:
        case Unit.RATIO:
            return f"{value * 100:.1f}%"
        case Unit.TIMES:
            return f"{value:.1f}x"
        case _:
            return _trim(value) + SPANS.get(unit, "")


def exact(value: Value, unit: Unit) -> str:
    """The same with every digit that matters: `$15,004.09`, `1.83%`, `11.84 mo`."""
    if isinstance(value, Money):
        return value.full()
    if isinstance(value, float) and unit is Unit.RATIO:
        return f"{value:.2%}"
    if isinstance(value, float):
        trimmed = f"{value:,.2f}".rstrip("0").rstrip(".")
        return trimmed + ("x" if unit is Unit.TIMES else SPANS.get(unit, ""))
    return text(value, unit)


def change(now: Value, before: Value, unit: Unit) -> str | None:
    """The change in words: `+1.8%` for money, `+0.3pt` for ratios, `+3` for counts; None if unknown."""
    if now is None or before is None:
        return None
    if isinstance(now, Money) and isinstance(before, Money):
        if now.currency != before.currency or not before.amount:
            return None
        return f"{(now.amount - before.amount) / abs(before.amount) * 100:+.1f}%"
    if isinstance(now, Money) or isinstance(before, Money):
        return None
    if unit is Unit.RATIO:
        return f"{(now - before) * 100:+.1f}pt"
    sign = "+" if now >= before else "-"
    return f"{sign}{_trim(abs(now - before))}"


def _trim(value: int | float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}".removesuffix(".0")
