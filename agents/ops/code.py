"""How code gets to customers: roll-outs and how many of them fail, and how long changes wait to be merged.

Definitions: DORA's, as far as the records go; see `definitions`. Which of a repository's environments is
production is known by its name; of a repository with none of these names every environment counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from agents.figures import Figure, made, number
from agents.formula import Number, counted, statistic
from agents.nouns import Deployment, PullRequest
from agents.ops.staff import WEEK
from agents.ops.work import DAY
from agents.periods import median
from agents.snapshot import Snapshot
from agents.unit import Unit
from agents.wording import plural

MONTH = timedelta(days=28)
"""Four whole weeks: how far the share of failures and the time to merge look back."""
PRODUCTION = ("prod", "production", "live")
"""How the name of an environment begins that customers use, in any case: prod-eu is one, too."""


def deployments(snapshot: Snapshot, at: datetime) -> Figure:
    """Roll-outs to production that succeeded in the last 7 days."""
    done = [each for each in _finished(snapshot, at - WEEK, at) if each.state == "succeeded"]
    return number(counted("deployments that succeeded", done), "in 7 days")


def deployments_failed(snapshot: Snapshot, at: datetime) -> Figure:
    """Roll-outs to production that failed over those that ended, in 28 days."""
    ended = _finished(snapshot, at - MONTH, at)
    failed = [each for each in ended if each.state == "failed"]
    share = counted("deployments that failed", failed) / counted("deployments that ended", ended)
    return made(share, f"{len(failed)} of {len(ended)} in 28 days", absent="n/a: nothing deployed in 28 days")


def pull_request_time(snapshot: Snapshot, at: datetime) -> Figure:
    """Median days from created to merged, of pull requests merged in the last 28 days."""
    times = [
        (each, (each.merged_at - each.created_at) / DAY)
        for each in snapshot.all(PullRequest)
        if each.merged_at is not None and at - MONTH < each.merged_at <= at
    ]
    days = statistic("days from creation to merge", "median", times, Unit.DAYS, _median)
    return made(days, plural(len(times), "merge") + " in 28 days", absent="n/a: nothing merged in 28 days")


def pull_requests_open(snapshot: Snapshot, at: datetime) -> Figure:
    """Pull requests that were neither merged nor closed, drafts left out, and how old the oldest was."""
    waiting = [each for each in snapshot.all(PullRequest) if not each.draft and _is_open(each, at)]
    oldest = max(((at - each.created_at) / DAY for each in waiting), default=None)
    note = "" if oldest is None else f"oldest {oldest:.1f} d"
    return number(counted("pull requests that wait", waiting), note)


def _finished(snapshot: Snapshot, since: datetime, at: datetime) -> list[Deployment]:
    """Roll-outs to production that ended after `since` and by `at`."""
    customers = {each.repository for each in snapshot.all(Deployment) if _is_production(each)}
    return [
        each
        for each in snapshot.all(Deployment)
        if each.state != "pending"
        and since < (each.finished_at or each.created_at) <= at
        and (_is_production(each) or each.repository not in customers)
    ]


def _is_production(deployment: Deployment) -> bool:
    return deployment.environment.lower().startswith(PRODUCTION)


def _is_open(pull: PullRequest, at: datetime) -> bool:
    ended = [when for when in (pull.merged_at, pull.closed_at) if when is not None]
    return pull.created_at <= at and not any(when <= at for when in ended)


def _median(days: Sequence[Number]) -> float | None:
    return median(map(float, days))
