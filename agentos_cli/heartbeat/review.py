"""What asks for a decision: checks brought from elsewhere, noisy checks, alerts nobody looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agentos_cli.store.check_records import FLAPPING, Alert, CheckDraft

LOOKED_BACK = timedelta(days=30)
OFTEN = 5
"""So many alerts of one check in `LOOKED_BACK` are noise."""
ALWAYS = 3
"""So many that were all acknowledged, and none acted on before it was over: perhaps its limit is wrong."""
UNSEEN = timedelta(days=3)
"""An alert that is open for so long without a word from anybody."""


@dataclass(frozen=True, slots=True)
class Noise:
    """A check that is told of too often: how many alerts it raised, and what is wrong with that."""

    check: str
    raised: int
    why: str


@dataclass(frozen=True, slots=True)
class Review:
    """All that asks for a decision."""

    drafts: tuple[CheckDraft, ...]
    noise: tuple[Noise, ...]
    unseen: tuple[Alert, ...]


def review(drafts: Iterable[CheckDraft], alerts: Iterable[Alert], now: datetime) -> Review:
    """`alerts` are the open ones and those raised in the last `LOOKED_BACK`."""
    known = list(alerts)
    by_check: dict[str, list[Alert]] = defaultdict(list)
    for alert in known:
        if now - alert.raised_at <= LOOKED_BACK:
            by_check[alert.check].append(alert)
    noise = [
        Noise(name, len(raised), why) for name, raised in sorted(by_check.items()) if (why := _why(raised))
    ]
    return Review(
        tuple(draft for draft in drafts if draft.decision is None),
        tuple(noise),
        tuple(alert for alert in known if _is_unseen(alert, now)),
    )


def _why(raised: list[Alert]) -> str:
    if any(alert.state == FLAPPING for alert in raised):
        return "it flaps: give it hours, or another limit"
    if len(raised) >= OFTEN:
        return f"raised {len(raised)} times in {LOOKED_BACK.days} days: give it hours, or another limit"
    if len(raised) >= ALWAYS and all(alert.acked_at for alert in raised):
        return "always acknowledged: perhaps its limit is not what you want to hear of"
    return ""


def _is_unseen(alert: Alert, now: datetime) -> bool:
    asleep = alert.snoozed_until is not None and now < alert.snoozed_until
    return (
        alert.resolved_at is None
        and alert.acked_at is None
        and not asleep
        and now - alert.raised_at >= UNSEEN
    )
