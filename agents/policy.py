"""What the owner decides: targets, limits, weights. Every default is here, shown by `agentos config show`.

The `[policy]` section of the configuration is this class, so a setting exists once. Ratios are fractions
(0.9 is 90 %); amounts are major units of the company currency, as people write them in a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class PriorityWeights:
    """How the four factors of a priority are weighed. They are used as given and should sum to 1."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    revenue_impact: float = 0.40
    """Weight of the money at stake."""
    urgency: float = 0.25
    """Weight of how soon it is due."""
    energy_alignment: float = 0.15
    """Weight of how well it fits the energy of this hour."""
    strategic_alignment: float = 0.20
    """Weight of how much it serves the quarter's goals."""


@dataclass(frozen=True, slots=True)
class HealthWeights:
    """How the parts of a customer's health are weighed. They should sum to 1; what is not known of a customer
    is left out, and the rest weighs the more."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    usage: float = 0.30
    """Weight of how their use of the product changed."""
    tickets: float = 0.20
    """Weight of the tickets they have open."""
    payment: float = 0.20
    """Weight of payments that failed and invoices that are overdue."""
    nps: float = 0.10
    """Weight of their newest NPS answer."""
    seats: float = 0.10
    """Weight of how many of the seats they pay for are used."""
    contact: float = 0.10
    """Weight of how long ago they last wrote or answered."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Targets and limits that turn a number into ok, watch or ACT."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    # revenue and cash
    count_past_due: bool = True
    """Count past-due subscriptions in MRR until they are canceled or unpaid (Stripe's own treatment)."""
    gross_margin: float = 1.0
    """Gross margin used for lifetime value and payback. 1.0 means: not deducted, and said so."""
    mrr_goal: float | None = None
    """MRR to reach, in major units. Shown beside MRR."""
    churn_limit: float = 0.02
    """Gross MRR churn over 30 days above which churn is ACT; above three quarters of it, watch."""
    runway_watch: float = 12.0
    """Months of runway below which cash is watched."""
    runway_act: float = 6.0
    """Months of runway below which cash is ACT."""
    burn_months: int = 3
    """Full months averaged for net burn."""
    concentration_limit: float = 0.20
    """Share of MRR in one customer that is a risk."""

    # sales
    quarter_target: float | None = None
    """What sales should win this quarter, in major units. Needed for coverage."""
    coverage_goal: float = 3.0
    """Open pipeline over what is still to be won."""
    win_rate_days: int = 180
    """Days of closed deals that win rate, cycle and velocity look back on."""
    stuck_days: int = 30
    """Days in one stage that count as stuck while fewer than 5 won deals passed that stage."""

    # delivery
    utilisation_limit: float = 0.90
    """Allocated over available hours above which people are overloaded."""
    capacity_weeks: int = 6
    """Weeks ahead over which capacity is set against the pipeline that would close."""
    hours_per_deal: float = 80.0
    """Delivery hours a won deal brings when the CRM does not say."""
    sla_limit: int = 3
    """SLA misses a week that are ACT; one miss fewer than that is watched."""
    wip_per_person: float = 3.0
    """Started work per person above which work in progress is watched."""

    # marketing
    cac_goal: float | None = None
    """What a new customer may cost, in major units."""
    lead_days: int = 90
    """Days within which a lead that becomes a customer counts as converted."""

    # people
    offer_days: int = 5
    """Days before an offer lapses at which it becomes a decision."""
    absence_limit: float = 0.15
    """Share of working hours away over the next two weeks that is watched."""

    # customers
    nps_goal: int = 30
    """NPS below which it is watched; below 0 is ACT."""
    response_hours: float = 8.0
    """Median first response, in hours, above which it is watched; above twice that, ACT."""
    workday_start: float = 9.0
    """Hour at which the business day begins, Monday to Friday; 8.5 is half past eight."""
    workday_end: float = 17.0
    """Hour at which the business day ends."""
    renewal_days: int = 45
    """How far ahead renewals are looked at."""
    usage_drop: float = 0.30
    """Fall of 28-day usage that marks a customer as fading."""
    churn_risk_act: float = 0.50
    """Probability of churn at which a customer becomes a decision."""
    health_limit: int = 50
    """Health, from 0 to 100, below which a customer counts as unwell."""
    health: HealthWeights = field(default_factory=HealthWeights)
    """How the health of a customer is weighed."""

    weights: PriorityWeights = field(default_factory=PriorityWeights)
    """How priorities are ranked."""
