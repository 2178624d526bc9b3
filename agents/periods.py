"""Half-open periods of the calendar, and the small statistics that agents share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta


def month_start(day: date, back: int = 0) -> date:
    """The first of the month of `day`, or of the month `back` months before."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def quarter_start(day: date, ahead: int = 0) -> date:
    """The first day of the calendar quarter of `day`, or of one `ahead` quarters later."""
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return month_start(first, back=-3 * ahead)


def quarter_name(day: date) -> str:
    """`2026-Q4`."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def workdays(start: date, end: date) -> int:
    """Monday to Friday days in `[start, end)`."""
    return sum((start + timedelta(n)).weekday() < 5 for n in range(max(0, (end - start).days)))


def percentile(values: Iterable[float], share: float) -> float | None:
    """The value at `share` (0 to 1) by linear interpolation between ranks; None for no values."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def median(values: Iterable[float]) -> float | None:
    """The middle value; None for no values."""
    return percentile(values, 0.5)


def ratio(part: float, whole: float) -> float | None:
    """`part / whole`, or None (said as "n/a") when there is nothing to divide by."""
    return part / whole if whole else None


def week_ends(as_of_day: date, count: int = 7) -> Sequence[date]:
    """`count` days a week apart, oldest first, ending with `as_of_day`: the points of a sparkline."""
    return [as_of_day - timedelta(weeks=back) for back in range(count - 1, -1, -1)]
