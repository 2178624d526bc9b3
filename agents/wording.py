"""How counts, days and keys are worded in titles and reasons."""

from __future__ import annotations

import re
from datetime import date

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 deal`, `3 deals`; `many` for a plural that is not made with s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def in_words(count: int) -> str:
    """`two`; digits from ten on."""
    return WORDS[count] if 0 <= count < len(WORDS) else str(count)


def day_name(day: date, today: date) -> str:
    """`today`, `tomorrow`, `Friday` within the week, else the date as `2026-12-04`."""
    ahead = (day - today).days
    if ahead in (0, 1):
        return ("today", "tomorrow")[ahead]
    return f"{day:%A}" if 1 < ahead < 7 else day.isoformat()


def slug(text: str) -> str:
    """The part of a metric key made from a name: `Paid Search` gives `paid_search`; `other` for nothing."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "other"


def spoken(key: str) -> str:
    """A vendor's key as people say it: `paid social` for `paid_social`."""
    return " ".join(key.replace("_", " ").split())


def joined(*parts: str) -> str | None:
    """The parts that say something, as one line; None when none does."""
    return "; ".join(part for part in parts if part) or None
