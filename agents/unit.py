"""What a figure is counted in."""

from __future__ import annotations

from enum import StrEnum


class Unit(StrEnum):
    """What a value is counted in. Ratios are fractions: 0.9 is 90 %."""

    MONEY = "money"
    COUNT = "count"
    RATIO = "ratio"
    TIMES = "times"  # 2.3x
    DAYS = "days"
    HOURS = "hours"
    MONTHS = "months"
    SCORE = "score"  # NPS, priorities
