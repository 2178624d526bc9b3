"""The sales pipeline: HubSpot's default stages, and the deals that are open in the story."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

CLOSED_WON, CLOSED_LOST = "closedwon", "closedlost"


@dataclass(frozen=True, slots=True)
class StageOf:
    """One stage of the pipeline, with the probability that HubSpot gives it."""

    label: str
    probability: str
    closed: bool = False


# https://developers.hubspot.com/docs/api/crm/pipelines: the default deal pipeline of every account.
STAGES: dict[str, StageOf] = {
    "appointmentscheduled": StageOf("Appointment Scheduled", "0.2"),
    "qualifiedtobuy": StageOf("Qualified To Buy", "0.4"),
    "presentationscheduled": StageOf("Presentation Scheduled", "0.6"),
    "decisionmakerboughtin": StageOf("Decision Maker Bought-In", "0.8"),
    "contractsent": StageOf("Contract Sent", "0.9"),
    CLOSED_WON: StageOf("Closed Won", "1.0", True),
    CLOSED_LOST: StageOf("Closed Lost", "0.0", True),
}
OPEN_STAGES = tuple(key for key, stage in STAGES.items() if not stage.closed)


@dataclass(frozen=True, slots=True)
class OpenDeal:
    """A deal in the making: dollars, days in its stage, days until it should close, hours to deliver it."""

    what: str
    stage: str
    amount: int
    waiting: int
    closes_in: int
    effort: int

    def path(self, as_of: datetime) -> list[tuple[str, datetime]]:
        """The stages so far, some ten days in each before this one."""
        here = OPEN_STAGES.index(self.stage)
        entered = as_of - timedelta(days=self.waiting, hours=3)
        return [
            (stage, entered - timedelta(days=9 * (here - n) + (here - n) ** 2 if n < here else 0))
            for n, stage in enumerate(OPEN_STAGES[: here + 1])
        ]


# What would close within six weeks brings far more hours than the team has free; the two stuck ones hang
# in their stage for many times as long as deals that were won.
OPEN_DEALS = (
    OpenDeal("Scale plan and rollout", "contractsent", 18_600, 3, 9, 120),
    OpenDeal("Scale plan, two sites", "decisionmakerboughtin", 24_000, 6, 18, 160),
    OpenDeal("Team plan and migration", "presentationscheduled", 14_400, 8, 30, 90),
    OpenDeal("Team plan", "contractsent", 9_600, 5, 14, 60),
    OpenDeal("Team plan and onboarding", "decisionmakerboughtin", 11_200, 7, 24, 80),
    OpenDeal("Team plan", "presentationscheduled", 7_800, 4, 38, 70),
    OpenDeal("Scale plan, group deal", "decisionmakerboughtin", 16_000, 52, 20, 110),
    OpenDeal("Team plan and training", "presentationscheduled", 10_500, 67, 33, 90),
    OpenDeal("Scale plan", "qualifiedtobuy", 12_000, 8, 55, 80),
    OpenDeal("Team plan", "appointmentscheduled", 5_400, 2, 70, 40),
    OpenDeal("Team plan", "qualifiedtobuy", 8_800, 7, 62, 50),
    OpenDeal("Team plan", "appointmentscheduled", 6_900, 5, 75, 40),
)


def steady_path(
    rng: random.Random, first: datetime, last: datetime, end: str, through: int = len(OPEN_STAGES)
) -> list[tuple[str, datetime]]:
    """From `first` through so many open stages, at an uneven pace, to `end` at `last`."""
    weights = [rng.uniform(0.6, 1.4) for _ in range(through)]
    path, moment = [], first
    for stage, weight in zip(OPEN_STAGES, weights, strict=False):
        path.append((stage, moment))
        moment += timedelta(seconds=round((last - first).total_seconds() * weight / sum(weights)))
    return [*path, (end, last)]
