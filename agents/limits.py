"""What the owner wants of single figures: a goal to reach, and limits beyond which it asks for attention.

The `[metrics]` section of the configuration is made of these. Some settings of the policy say the same
of one figure, and whole rules go by them: a limit takes their place, so that every rule follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from agents.policy import Policy


@dataclass(frozen=True, slots=True)
class Limit:
    """What one figure should be: in major units for money, as a fraction for a ratio."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    goal: float | None = None
    """What it should reach. Shown beside the figure."""
    watch: float | None = None
    """Watched beyond it: below where up is good, else above. Not given: the figure's own limit holds."""
    act: float | None = None
    """ACT beyond it. Not given: the figure's own limit holds."""


Limits = Mapping[str, Limit]
"""By the key of the metric, or of its family (`cac_<channel>`)."""

TWINS: Mapping[tuple[str, str], Callable[[Policy, float], Policy]] = {
    ("mrr", "goal"): lambda policy, value: replace(policy, mrr_goal=value),
    ("mrr_churn_rate", "act"): lambda policy, value: replace(policy, churn_limit=value),
    ("runway", "watch"): lambda policy, value: replace(policy, runway_watch=value),
    ("runway", "act"): lambda policy, value: replace(policy, runway_act=value),
    ("concentration", "act"): lambda policy, value: replace(policy, concentration_limit=value),
    ("coverage", "goal"): lambda policy, value: replace(policy, coverage_goal=value),
    ("utilisation", "watch"): lambda policy, value: replace(policy, utilisation_limit=value),
    ("sla_misses", "act"): lambda policy, value: replace(policy, sla_limit=int(value)),
    ("cac", "goal"): lambda policy, value: replace(policy, cac_goal=value),
    ("absence_rate", "watch"): lambda policy, value: replace(policy, absence_limit=value),
    ("nps", "watch"): lambda policy, value: replace(policy, nps_goal=int(value)),
    ("first_response", "watch"): lambda policy, value: replace(policy, response_hours=value),
}
"""The settings of the policy that a part of a figure's limit stands for."""


def under(policy: Policy, limits: Limits) -> Policy:
    """The policy with what `limits` say in place of the settings that say the same."""
    for (key, part), changed in TWINS.items():
        value = getattr(limits.get(key), part, None)
        if value is not None:
            policy = changed(policy, value)
    return policy
