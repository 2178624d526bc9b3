"""What the demo company works on: teams, states, titles, the projects of the story, and misses by week."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import cycle

from agentos_cli.demo.company.accounts import Account

TEAMS = (("ENG", "Engineering"), ("DEL", "Delivery"), ("SUP", "Support"))
STATES = (
    ("Triage", "triage"),
    ("Backlog", "backlog"),
    ("Todo", "unstarted"),
    ("In Progress", "started"),
    ("In Review", "started"),
    ("Done", "completed"),
    ("Canceled", "canceled"),
)
LABELS = ("Bug", "Feature", "Blocked", "Customer")

MISSED_BY_WEEK = (5, 2, 2, 1, 2, 0, 1, 1, 0, 1)
"""Promises missed in the last seven days, in the seven before, and so on."""

WORK_TITLES = (
    "Import customers from a sheet",
    "Speed up the weekly view",
    "Audit log for admins",
    "Round totals once",
    "Calendar sync: recurring shifts",
    "Export to CSV with totals",
    "Roles for site managers",
    "Retry failed webhooks",
    "Keyboard shortcuts in the planner",
    "Holiday rules per country",
    "Configure single sign-on",
    "Migrate the old schedules",
    "Train the site leads",
    "Check the data import",
    "Set up notifications",
    "Sign-off with the customer",
)
BACKLOG_TITLES = (
    "Dark theme for the planner",
    "Bulk edit of shifts",
    "Public API for schedules",
    "Print view",
    "Swap requests between people",
    "Budget per site",
    "Forecast from last year",
    "Mobile sign-in by code",
    "Archive old sites",
    "Undo in the planner",
    "Slack reminders",
    "Overtime warnings",
)
SUPPORT_TITLES = (
    "Board does not load",
    "Export misses overtime",
    "Sign-on loop after update",
    "Duplicate shifts after import",
    "Mail reminders come twice",
    "Totals differ from payroll",
    "Cannot invite people",
)


FIRST_UPDATE = timedelta(days=3)
"""How long ago every project's last update was written; one comes each week."""
_TROUBLE = {
    "atRisk": ("atRisk", "atRisk", "atRisk"),
    "offTrack": ("offTrack", "offTrack", "atRisk", "atRisk"),
}
"""What the updates of a project in trouble said, the newest first; those before said that all is well."""


@dataclass(frozen=True, slots=True)
class ProjectPlan:
    """A project: days since it began, days to its target, and its issues by state. `ended` days ago."""

    name: str
    short: str
    health: str | None
    started: int
    target_in: int
    issues: int
    done: int
    started_now: int
    delivery: bool = True
    late: bool = False
    ended: int = 0
    account: Account | None = None

    def status(self, as_of: datetime, now: datetime) -> str:
        """Where it stands at `now`, in Linear's words."""
        if self.ended and as_of - timedelta(days=self.ended) <= now:
            return "completed"
        return "started" if as_of - timedelta(days=self.started) <= now else "planned"

    def told(self, as_of: datetime, now: datetime) -> tuple[str | None, datetime | None]:
        """Its health in the last weekly update by `now`, and when that was: trouble took weeks to grow. None
        before the first update, and when the project is over."""
        if self.status(as_of, now) != "started":
            return None, None
        newest = as_of - FIRST_UPDATE
        weeks = max(0, math.ceil((newest - now) / timedelta(weeks=1)))
        updated_at = newest - timedelta(weeks=weeks)
        if updated_at < as_of - timedelta(days=self.started):
            return None, None
        way = _TROUBLE.get(self.health or "", ())
        return way[weeks] if weeks < len(way) else "onTrack", updated_at

    def target(self, as_of: datetime) -> date:
        return (as_of + timedelta(days=self.target_in)).date()


_OPEN = (
    ProjectPlan("Northwind: fourth site", "Northwind", "atRisk", 46, 24, 12, 6, 2),
    ProjectPlan("Reporting rebuild", "reporting", "offTrack", 62, 8, 13, 4, 3, delivery=False, late=True),
    ProjectPlan("Onboarding", "", "onTrack", 12, 31, 8, 2, 2),
    ProjectPlan("Self-service sign-up", "sign-up", "onTrack", 40, 60, 14, 6, 2, delivery=False),
)
_PAST = (
    ProjectPlan("Onboarding", "", None, 150, -92, 7, 7, 0, ended=95),
    ProjectPlan("Onboarding", "", None, 110, -50, 8, 8, 0, ended=44),
)


def project_plans(as_of: datetime, accounts: Sequence[Account], count: int) -> list[ProjectPlan]:
    """`count` open projects, the story's first, and two that are done; onboardings name their customer."""
    buyers = [a for a in accounts if a.paying and a.onboarding and a.role != "northwind"] or list(
        accounts[:1]
    )
    newest = sorted(buyers, key=lambda account: account.signed_at, reverse=True)
    plans = [*(_OPEN[n] if n < len(_OPEN) else _OPEN[2] for n in range(count)), *_PAST]
    buyer = cycle(newest)
    made = [_for_customer(plan, accounts[0], buyer) for plan in plans]
    names = Counter[str]()
    for n, plan in enumerate(made):
        names[plan.name] += 1
        if names[plan.name] > 1:
            made[n] = replace(plan, name=f"{plan.name} {names[plan.name]}")
    return made


def _for_customer(plan: ProjectPlan, northwind: Account, buyer: Iterator[Account]) -> ProjectPlan:
    """The plan with the customer that it is for, if it is for one."""
    if plan.short == "Northwind":
        return replace(plan, account=northwind)
    if plan.name != "Onboarding":
        return plan
    account = next(buyer)
    return replace(plan, name=f"Onboarding {account.name}", short=account.name, account=account)
