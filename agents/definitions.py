"""What every metric means, of all agents together; an agent at work loads only its own."""

from __future__ import annotations

from agents.ceo.definitions import DEFINITIONS as CEO
from agents.figures import Definitions, definition_in
from agents.finance.definitions import DEFINITIONS as FINANCE
from agents.hr.definitions import DEFINITIONS as HR
from agents.marketing.definitions import DEFINITIONS as MARKETING
from agents.ops.definitions import DEFINITIONS as OPS
from agents.report import Definition
from agents.sales.definitions import DEFINITIONS as SALES
from agents.success.definitions import DEFINITIONS as SUCCESS

CATALOGUE: Definitions = {**FINANCE, **SALES, **OPS, **MARKETING, **HR, **SUCCESS, **CEO}
"""By key, in the order in which agents and their metrics are listed."""


def definition_of(key: str) -> Definition | None:
    """The definition of a metric (of `cac_paid_search` that of its family, `cac_<channel>`), or None."""
    return definition_in(CATALOGUE, key)
