"""How ages, days and trends are said: one wording for every form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.-=*#%@"


def age(now: datetime, then: datetime) -> str:
    """`5m`, `24h`, `3d`: how long ago, rounded down; hours up to two days."""
    minutes = max(0, int((now - then).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // (24 * 60)}d"


def due(day: date, today: date) -> str:
    """`today`, `tomorrow`, `Thu`, `Mon 14 Dec`, `Mon 4 Jan 2027`, `3 days overdue`."""
    away = (day - today).days
    if away < 0:
        return "1 day overdue" if away == -1 else f"{-away} days overdue"
    if away < 7:
        return {0: "today", 1: "tomorrow"}.get(away, DAYS[day.weekday()])
    year = "" if day.year == today.year else f" {day.year}"
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}{year}"


def effort(minutes: int) -> str:
    """`~10 min`, `~2 h`; nothing for no minutes."""
    if minutes <= 0:
        return ""
    hours = f"{minutes / 60:.1f}".removesuffix(".0")
    return f"~{minutes} min" if minutes < 120 else f"~{hours} h"


def clock(local: datetime) -> str:
    """`07:00 EST`; zones without a name of their own say their offset, `07:00 UTC-03`."""
    name = local.tzname() or ""
    return f"{local:%H:%M} {'UTC' + name if name[:1] in '+-' else name}".rstrip()


def weekday(iso_day: str) -> str:
    """`Mon, ISO week 48 2026-11-23` from `2026-11-23`."""
    day = date.fromisoformat(iso_day)
    return f"{DAYS[day.weekday()]}, ISO week {day.isocalendar().week} {iso_day}"


def dated(iso_day: str) -> str:
    """`Mon 2026-11-23` from `2026-11-23`."""
    return f"{DAYS[date.fromisoformat(iso_day).weekday()]} {iso_day}"


def spark(series: Sequence[float | None], bars: str = BARS, gap: str = " ") -> str:
    """One character a point, lowest to highest; `gap` for a point that is not known."""
    known = [point for point in series if point is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    top = len(bars) - 1
    scale = [(point - low) / (high - low) if high > low else 0.5 for point in known]
    heights = iter(bars[int(share * top + 0.5)] for share in scale)
    return "".join(gap if point is None else next(heights) for point in series)


def trend(texts: Sequence[str | None]) -> str:
    """A sparkline for people who hear it: `from $82k to $86.4k over 7 weeks`."""
    known = [text for text in texts if text is not None]
    return f"from {known[0]} to {known[-1]} over {len(texts)} weeks" if len(known) > 1 else ""


def count(number: int, noun: str) -> str:
    """`1 check`, `4 checks`, `2 priorities`."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def agent(name: str) -> str:
    """An agent's name as a title: `Finance`, `HR`, `CEO`."""
    return name.upper() if name in {"hr", "ceo"} else name.capitalize()
