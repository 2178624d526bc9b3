"""What each figure of finance means: title, unit and direction, in words, as a formula, at its edges."""

from __future__ import annotations

from agents.figures import by_key
from agents.finance.cash_definitions import CASH
from agents.finance.revenue_definitions import REVENUE

DEFINITIONS = by_key(*REVENUE, *CASH)
