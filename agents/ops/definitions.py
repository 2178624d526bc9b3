"""What each figure of ops means: title, unit and direction, in words, as a formula, at its edges."""

from __future__ import annotations

from functools import partial

from agents.figures import by_key
from agents.nouns import Absence, Issue, Person, Project
from agents.ops.code_definitions import DEFINITIONS as CODE
from agents.report import Definition, Good
from agents.unit import Unit

KANBAN = "Daniel Vacanti, Actionable Agile Metrics; the Kanban Guide: https://kanbanguides.org"
LITTLE = (
    "John Little, A Proof for the Queuing Formula L = lambda W: https://doi.org/10.1287/opre.9.3.383; Vacanti"
)
SLA = "Linear, SLAs: https://linear.app/docs/sla"
TODAY_ONLY = "It is of today and has no past: the records keep none."
CALENDAR = "Days are calendar days; weekends and holidays count."

_work = partial(Definition, agent="ops", inputs=(Issue,))
_hours = partial(Definition, agent="ops", inputs=(Person, Absence), source="agentos")

OWN = by_key(
    _work(
        "sla_misses",
        "SLA misses",
        Unit.COUNT,
        Good.DOWN,
        sentence="Promises whose last moment passed unmet in the last 7 days.",
        formula="count of issues whose SLA instant is of the last 7 days and that were neither completed nor "
        "canceled by then",
        source=SLA,
        edge_cases=(
            "An issue that is done late is still a miss.",
            "Earlier weeks use today's SLA instants: the tracker keeps no history of them.",
            "ACT from policy.sla_limit (3) on, watched at one fewer.",
        ),
    ),
    _work(
        "throughput",
        "Throughput",
        Unit.COUNT,
        Good.UP,
        sentence="Issues completed in the last 7 days.",
        formula="count of issues completed in the last 7 days",
        source=KANBAN,
        edge_cases=("Issues count alike, whatever their size; canceled ones do not count.",),
    ),
    _work(
        "cycle_time",
        "Cycle time",
        Unit.DAYS,
        Good.DOWN,
        sentence="How long work takes from its start to its completion: half takes longer, half less.",
        formula="median of (completed - started) in days, over issues completed in the last 90 days",
        source=KANBAN,
        edge_cases=(
            "The 85th and 95th percentile are told beside it.",
            "Issues that were never started are left out.",
            CALENDAR,
            "n/a when nothing was completed in 90 days.",
        ),
    ),
    _work(
        "cycle_time_p85",
        "Cycle time, 85 %",
        Unit.DAYS,
        Good.DOWN,
        sentence="The days within which 85 of 100 pieces of work are done once they are started.",
        formula="85th percentile of (completed - started) in days, over issues completed in the last 90 days",
        source=KANBAN,
        edge_cases=(
            "Between two issues it is interpolated in a straight line.",
            "Issues that were never started are left out.",
            CALENDAR,
            "n/a when nothing was completed in 90 days.",
        ),
    ),
    _work(
        "cycle_time_p95",
        "Cycle time, 95 %",
        Unit.DAYS,
        Good.DOWN,
        sentence="The days within which 95 of 100 pieces of work are done once they are started.",
        formula="95th percentile of (completed - started) in days, over issues completed in the last 90 days",
        source=KANBAN,
        edge_cases=(
            "Between two issues it is interpolated in a straight line.",
            "Issues that were never started are left out.",
            CALENDAR,
            "n/a when nothing was completed in 90 days.",
        ),
    ),
    _work(
        "lead_time",
        "Lead time",
        Unit.DAYS,
        Good.DOWN,
        sentence="How long it takes from asking to having: half takes longer, half less.",
        formula="median of (completed - created) in days, over issues completed in the last 90 days",
        source=KANBAN,
        edge_cases=(
            "The 85th and 95th percentile are told beside it.",
            CALENDAR,
            "n/a when nothing was completed in 90 days.",
        ),
    ),
    _work(
        "lead_time_p85",
        "Lead time, 85 %",
        Unit.DAYS,
        Good.DOWN,
        sentence="The days within which 85 of 100 pieces of work are done once they are asked for.",
        formula="85th percentile of (completed - created) in days, over issues completed in the last 90 days",
        source=KANBAN,
        edge_cases=(
            "Between two issues it is interpolated in a straight line.",
            CALENDAR,
            "n/a when nothing was completed in 90 days.",
        ),
    ),
    _work(
        "wip",
        "Work in progress",
        Unit.COUNT,
        Good.DOWN,
        sentence="Issues that were started and are neither completed nor canceled.",
        formula="count of issues in a started state",
        source=KANBAN,
        edge_cases=(
            "Watched above policy.wip_per_person (3) for each person who holds one of them.",
            "Earlier weeks are worked out from the moves of each issue.",
        ),
    ),
    _work(
        "wip_age",
        "Ageing work",
        Unit.COUNT,
        Good.DOWN,
        sentence="Started issues that are older by now than most issues ever get.",
        formula="count of started issues whose age since the start exceeds the 85th percentile of cycle time",
        source=KANBAN,
        edge_cases=("One is enough to be watched.", "n/a when nothing was completed in 90 days."),
    ),
    _work(
        "littles_law",
        "Flow check",
        Unit.TIMES,
        Good.NEITHER,
        sentence="Whether the work under way agrees with what gets done and how long that takes: about 1 "
        "when it does.",
        formula="average work in progress / (issues completed a day x average cycle time), over 90 days",
        source=LITTLE,
        edge_cases=(
            "Average work in progress is the days that each issue was in a started state, / 90.",
            "What went back is in progress only while it was started; its cycle time runs on.",
            "Above 1.33: more is started than finished. Below 0.75: old work is finished, little is started.",
            "Work that is completed without a start on record is left out.",
            "n/a when nothing was completed in 90 days.",
        ),
    ),
    _work(
        "blocked",
        "Blocked work",
        Unit.COUNT,
        Good.DOWN,
        sentence="Issues that the tracker marks as blocked now and that are not over.",
        formula="count of issues marked as blocked, neither completed nor canceled",
        source="agentos",
        edge_cases=(TODAY_ONLY, "One is enough to be watched."),
    ),
    _work(
        "blocked_time",
        "Blocked without a move",
        Unit.DAYS,
        Good.DOWN,
        sentence="How long nothing has happened to the work that is blocked now: half for longer, half for "
        "less.",
        formula="median of (now - last change of state) in days, over issues marked as blocked",
        source="agentos; blocked time in Daniel Vacanti, Actionable Agile Metrics",
        edge_cases=(
            "The tracker does not say when a block began, so this is no sum of hours blocked.",
            "An issue that never moved counts from its start or its creation.",
            TODAY_ONLY,
            "n/a when nothing is blocked.",
        ),
    ),
    _work(
        "overdue_work",
        "Overdue work",
        Unit.COUNT,
        Good.DOWN,
        sentence="Issues whose due day is over and that are neither completed nor canceled.",
        formula="count of issues due before today in the company's zone that are not over",
        source="agentos",
        edge_cases=(
            "What is due today is not overdue.",
            "Earlier weeks use today's due dates: the tracker keeps no history of them.",
            "One is enough to be watched.",
        ),
    ),
    _hours(
        "utilisation",
        "Utilisation",
        Unit.RATIO,
        Good.DOWN,
        sentence="How much of the hours that people have in the next 7 days is promised to work already.",
        formula="allocated hours / (contracted hours - absence), over the next 7 days",
        edge_cases=(
            "An absence takes hours away but not what was promised, so it raises the figure.",
            "Above 100 % means that more is promised than there are hours for.",
            "Without a source of absences it is worked out without them, and that is said.",
            TODAY_ONLY,
            "Watched above policy.utilisation_limit (0.9), ACT above 100 % or the limit, if that is higher.",
            "n/a when nobody is available.",
        ),
    ),
    _hours(
        "capacity",
        "Free capacity",
        Unit.HOURS,
        Good.UP,
        sentence="The hours that are not promised to anything yet, over the weeks that are planned ahead.",
        formula="contracted hours - absence - allocated hours, over the next policy.capacity_weeks (6) weeks",
        edge_cases=(
            "Negative, and ACT, when more is promised than there are hours for.",
            "Without a source of absences it is worked out without them, and that is said.",
            TODAY_ONLY,
        ),
    ),
    Definition(
        "projects_at_risk",
        "Projects at risk",
        Unit.COUNT,
        Good.DOWN,
        agent="ops",
        sentence="Projects under way that are late or behind, or that their lead calls at risk or off track.",
        formula="count of planned, started or paused projects past their target day, or with progress more "
        "than 20 points below the share of their time that is gone, or called at risk or off track",
        inputs=(Project,),
        source="agentos",
        edge_cases=(
            "ACT when one is past its target day or called off track, else watched.",
            "A project without a start or a target day cannot be behind.",
            TODAY_ONLY,
        ),
    ),
)
DEFINITIONS = {**OWN, **CODE}
"""All of them, in the order in which they are shown."""
