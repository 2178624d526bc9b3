"""The issue tracker of the demo company, as a graph of plain nodes with Linear's own field names.

Half a year of finished work gives throughput and cycle times a shape; on top lie the story's own issues: five
promises missed this week after two the week before, one issue that waits for another, a project off track.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agentos_cli.demo.company.accounts import Account
from agentos_cli.demo.company.board import Board, Node
from agentos_cli.demo.company.marks import at, stamp, uuid_of, workday
from agentos_cli.demo.company.staff import Staff
from agentos_cli.demo.company.work import (
    BACKLOG_TITLES,
    MISSED_BY_WEEK,
    SUPPORT_TITLES,
    WORK_TITLES,
    ProjectPlan,
    project_plans,
)

WEEKS = 26
LISTED = (
    "teams", "users", "projects", "cycles", "issues", "issueLabels", "workflowStates", "projectStatuses",
    "customers",
)  # fmt: skip
"""The queries that list nodes."""


@dataclass(frozen=True, slots=True)
class Tracker:
    """The nodes by the name of the query that lists them. Nodes refer to each other directly."""

    nodes: dict[str, list[Node]]
    organization: Node
    viewer: Node


def keep_tracker(
    as_of: datetime, seed: int, accounts: Sequence[Account], staff: Staff, projects: int, now: datetime
) -> Tracker:
    """The tracker with `projects` open projects at `as_of`, looked at `now`, which is then or earlier."""
    board = Board(as_of, seed, staff, now)
    engineering, delivery, support = board.teams
    cycles = _cycles(board, engineering)
    plans = project_plans(as_of, accounts, projects)
    made = [
        _project(board, plan, delivery if plan.delivery else engineering, n) for n, plan in enumerate(plans)
    ]
    _finished(board)
    _under_way(board)
    _promises(board, support, accounts)
    for plan, project in zip(plans, made, strict=True):
        _fill(board, plan, project)
    for project in made:
        project["progress"] = _progress(project["issues"])
        project["scope"] = sum(issue["estimate"] for issue in project["issues"])
    for cycle in cycles:
        cycle["progress"] = _progress(cycle["issues"])
    _date(board, made, cycles)
    nodes = {
        "teams": board.teams,
        "users": board.users,
        "projects": [project for project in made if board.is_here(project)],
        "cycles": cycles,
        "issues": board.issues,
        "issueLabels": board.labels,
        "workflowStates": [state for team in board.teams for state in team["states"]],
        "projectStatuses": list({p["status"]["id"]: p["status"] for p in made if board.is_here(p)}.values()),
        "customers": list(board.customers.values()),
    }
    return Tracker(nodes, board.organization, board.users[0])


def _cycles(board: Board, team: Node) -> list[Node]:
    """Two-week cycles since half a year ago, the present one, and the next."""
    monday = at((board.as_of - timedelta(days=board.as_of.weekday())).date())
    for n in range(-12, 2):
        start = monday + timedelta(weeks=2 * n)
        made, end = start - timedelta(weeks=2), start + timedelta(weeks=2)
        if made > board.now:
            continue
        cycle = board.node(
            "cycle",
            n,
            made,
            number=float(n + 41),
            name=None,
            description=None,
            startsAt=stamp(start),
            endsAt=stamp(end),
            completedAt=stamp(end) if end <= board.now else None,
            progress=0.0,
            isActive=start <= board.now < end,
            isNext=board.now < start,
            isPast=end <= board.now,
            isFuture=start > board.now,
            isPrevious=end <= board.now < end + timedelta(weeks=2),
            team=team,
            issues=[],
            scopeHistory=[],
            completedScopeHistory=[],
        )
        team["cycles"].append(cycle)
        if cycle["isActive"]:
            team["activeCycle"] = cycle
    cycles: list[Node] = team["cycles"]
    return cycles


def _project(board: Board, plan: ProjectPlan, team: Node, n: int) -> Node:
    started = board.as_of - timedelta(days=plan.started)
    ended = board.as_of - timedelta(days=plan.ended) if plan.ended else None
    state = plan.status(board.as_of, board.now)
    health, told_at = plan.told(board.as_of, board.now)
    status = board.node(
        "status",
        state,
        board.as_of - timedelta(days=1200),
        name={"planned": "Planned", "started": "In Progress", "completed": "Completed"}[state],
        type=state,
        color="#f2c94c",
        position=3.0,
        description=None,
        indefinite=False,
    )
    project = board.node(
        "project",
        plan.name,
        started - timedelta(days=12),
        name=plan.name,
        description="",
        slugId=uuid_of(plan.name)[:12],
        color="#5e6ad2",
        icon=None,
        url=f"https://linear.app/fernwick/project/{uuid_of(plan.name)[:12]}",
        state=state,
        status=status,
        health=health,
        healthUpdatedAt=stamp(told_at) if told_at else None,
        progress=0.0,
        scope=0.0,
        priority=2,
        priorityLabel="High",
        sortOrder=float(n),
        startDate=f"{started.date()}",
        targetDate=f"{plan.target(board.as_of)}",
        startedAt=stamp(started) if state != "planned" else None,
        completedAt=stamp(ended) if ended and state == "completed" else None,
        canceledAt=None,
        lead=board.worker(board.workers[n % len(board.workers)]),
        teams=[team],
        members=[user for user in board.workers[:3] if board.is_here(user)],
        issues=[],
        trashed=None,
    )
    if board.is_here(project):
        team["projects"].append(project)
    return project


def _fill(board: Board, plan: ProjectPlan, project: Node) -> None:
    """Issues of a project: so many done, so many in hand, the rest to come."""
    team = project["teams"][0]
    ended = board.as_of - timedelta(days=plan.ended)
    first = board.as_of - timedelta(days=plan.started)
    for n in range(plan.issues):
        title = f"{WORK_TITLES[n % len(WORK_TITLES)]} ({plan.short})"
        due: str | None = None
        if n < plan.done:
            done = workday(first + (ended - first) * ((n + 1) / (plan.done + 1)))
            way = [("In Progress", done - timedelta(days=board.rng.randrange(2, 7))), ("Done", done)]
        elif n < plan.done + plan.started_now:
            way = [("In Progress", workday(board.as_of - timedelta(days=2 + 2 * (n - plan.done), hours=4)))]
            due = f"{(board.as_of - timedelta(days=2)).date()}" if plan.late and n == plan.done else None
        else:
            way = []
        issue = board.issue(team, title, first - timedelta(days=5), way, project=project, dueDate=due)
        if plan.account is not None:
            board.need(issue, plan.account)
        if plan.late and n == plan.done + 1:
            _block(board, issue, team)


def _block(board: Board, issue: Node, team: Node) -> None:
    """`issue` waits for another that nobody has begun."""
    other = board.issue(
        team, "Get the customer's data model signed off", board.as_of - timedelta(days=16), [], priority=2
    )
    since = board.as_of - timedelta(days=9)
    if since > board.now:
        return
    relation = board.node(
        "relation",
        issue["id"],
        since,
        type="blocks",
        issue=other,
        relatedIssue=issue,
    )
    other["relations"].append(relation)
    issue["inverseRelations"].append(relation)
    issue["labels"].append(next(label for label in board.labels if label["name"] == "Blocked"))


def _finished(board: Board) -> None:
    """Work done, week by week: somewhat less of it lately, and it takes somewhat longer."""
    for back in range(WEEKS, 0, -1):
        count = board.rng.randrange(6, 10) - (back <= 3)
        for n in range(count):
            done = workday(board.as_of - timedelta(days=7 * back - 1 - board.rng.random() * 6)).replace(
                microsecond=0
            )
            days = board.rng.choice((2, 4, 5, 6, 7, 8, 9, 12, 15)) * (1.3 if back <= 3 else 1.0)
            begun = done - timedelta(days=days)
            created = begun - timedelta(days=board.rng.randrange(1, 20))
            team = board.teams[0] if n % 3 else board.teams[1]
            way = [("Todo", created + timedelta(hours=5)), ("In Progress", begun)]
            way += (
                [("In Review", done - timedelta(hours=9)), ("Done", done)] if days > 1 else [("Done", done)]
            )
            if board.rng.random() < 0.04:
                way[-1] = ("Canceled", done)
            board.issue(team, WORK_TITLES[(back * 5 + n) % len(WORK_TITLES)], created, way)


def _under_way(board: Board) -> None:
    """Work in hand, one piece of it old, and a backlog."""
    for n, days in enumerate((1, 2, 2, 3, 4, 5, 8, 23)):
        begun = workday(board.as_of - timedelta(days=days, hours=5))
        created = begun - timedelta(days=4 + n)
        way = [("Todo", created + timedelta(hours=3)), ("In Progress", begun)]
        board.issue(board.teams[n % 2], WORK_TITLES[(n * 3) % len(WORK_TITLES)], created, way)
    for n, title in enumerate(BACKLOG_TITLES):
        created = board.as_of - timedelta(days=3 + 6 * n)
        way = [("Todo", created + timedelta(hours=8))] if n % 2 else []
        board.issue(board.teams[n % 2], title, created, way)


def _promises(board: Board, team: Node, accounts: Sequence[Account]) -> None:
    """Support issues with an agreed time to solve: those missed by week, those kept, and two running."""
    paying = [account for account in accounts if account.paying]
    troubled = [account for account in paying if account.role in ("northwind", "renews")]
    for back, missed in enumerate(MISSED_BY_WEEK):
        for n in range(missed):
            breach = board.as_of - timedelta(days=7 * back + 1 + n * 5 / max(1, missed), hours=2)
            closed = breach + timedelta(hours=board.rng.randrange(5, 40)) if back or n > 1 else None
            account = troubled[n % len(troubled)] if back == 0 else board.rng.choice(paying)
            _promise(board, team, account, n + back, breach, closed)
        for n in range(3):
            breach = board.as_of - timedelta(days=7 * back + 1 + n * 2, hours=4)
            kept = breach - timedelta(hours=board.rng.randrange(3, 30))
            _promise(board, team, board.rng.choice(paying), n + 3 * back, breach, kept)
    for hours in (9, 30):
        _promise(board, team, board.rng.choice(paying), hours, board.as_of + timedelta(hours=hours), None)


def _promise(
    board: Board, team: Node, account: Account, n: int, breach: datetime, closed: datetime | None
) -> None:
    breach = breach.replace(microsecond=0)
    created = breach - timedelta(hours=48)
    way = [("In Progress", created + timedelta(hours=3))] + (
        [("Done", closed.replace(microsecond=0))] if closed else []
    )
    title = f"{SUPPORT_TITLES[n % len(SUPPORT_TITLES)]} ({account.name})"
    issue = board.issue(
        team,
        title,
        created,
        way,
        priority=1 if account.role == "northwind" else 2,
        slaStartedAt=stamp(created),
        slaMediumRiskAt=stamp(breach - timedelta(hours=24)),
        slaHighRiskAt=stamp(breach - timedelta(hours=4)),
        slaBreachesAt=stamp(breach),
        slaType="all",
    )
    issue["labels"].append(next(label for label in board.labels if label["name"] == "Bug"))
    board.need(issue, account)


def _date(board: Board, projects: Sequence[Node], cycles: Sequence[Node]) -> None:
    """When each node was last changed: by itself, or by the issues whose progress it tells."""
    now = stamp(board.now)
    for issue in board.issues:
        linked = [*issue["history"], *issue["needs"], *issue["relations"], *issue["inverseRelations"]]
        moments = [issue["createdAt"], issue["archivedAt"], *(node["createdAt"] for node in linked)]
        if issue["cycle"]:
            moments.append(issue["cycle"]["startsAt"])
        if issue["assignee"]:
            moments.append(issue["assignee"]["createdAt"])
        issue["updatedAt"] = max(filter(None, moments))
    for node, names in (
        *((project, ("startedAt", "completedAt", "healthUpdatedAt")) for project in projects),
        *((cycle, ("startsAt", "endsAt")) for cycle in cycles),
    ):
        own = [node[name] for name in names if node[name] and node[name] <= now]
        node["updatedAt"] = max([node["createdAt"], *own, *(issue["updatedAt"] for issue in node["issues"])])


def _progress(issues: Sequence[Node]) -> float:
    """Linear counts what is done whole and what is in hand by a quarter, weighted by estimate."""
    weights = {"completed": 1.0, "started": 0.25}
    live = [issue for issue in issues if issue["state"]["type"] != "canceled"]
    scope = sum(issue["estimate"] for issue in live)
    done = sum(issue["estimate"] * weights.get(issue["state"]["type"], 0.0) for issue in live)
    return round(done / scope, 4) if scope else 0.0
