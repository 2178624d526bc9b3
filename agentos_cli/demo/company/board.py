"""Builds the graph of the demo's issue tracker: teams with their states, people, issues and their history."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from agentos_cli.demo.company.accounts import Account
from agentos_cli.demo.company.marks import at, stamp, uuid_of
from agentos_cli.demo.company.names import COMPANY, DOMAIN
from agentos_cli.demo.company.staff import Member, Staff
from agentos_cli.demo.company.work import LABELS, STATES, TEAMS

Node = dict[str, Any]
PRIORITIES = ("No priority", "Urgent", "High", "Medium", "Low")
ARCHIVED_AFTER = timedelta(days=170)
ASSIGNED_AFTER = timedelta(minutes=20)

_NO_ISSUE_YET = """description autoArchivedAt autoClosedAt triagedAt startedTriageAt dueDate slaStartedAt
    slaMediumRiskAt slaHighRiskAt slaBreachesAt slaType snoozedUntilAt trashed project cycle parent"""
_ISSUE_LISTS = ("children", "labels", "relations", "inverseRelations", "needs", "subscribers")
_CHANGES = """actor actorId fromStateId toStateId fromState toState fromAssignee toAssignee fromAssigneeId
    toAssigneeId fromPriority toPriority fromEstimate toEstimate fromDueDate toDueDate fromCycle toCycle
    fromProject toProject archived trashed"""


def _blank(names: str) -> Node:
    return dict.fromkeys(names.split())


class Board:
    """Builds the graph: teams with their states first, then what lies in them.

    `as_of` is the instant from which the story is told, `now` the one at which the tracker is looked at: what
    came later is made too, so that chance and numbers stay the same, and not placed.
    """

    def __init__(self, as_of: datetime, seed: int, staff: Staff, now: datetime) -> None:
        self.as_of = as_of
        self.now = now
        self.seed = seed
        self.rng = random.Random(f"{seed}:tracker")
        self.organization = _organization(as_of)
        everyone = [(self._user(member), member) for member in staff.members]
        self.users = [user for user, _ in everyone if self.is_here(user)]
        self.workers = [
            user
            for user, member in everyone
            if member.left_on is None and member.team in ("Engineering", "Delivery", "Support")
        ] or self.users[:1]
        self.teams = [self._team(key, name) for key, name in TEAMS]
        self.labels = [self._label(name) for name in LABELS]
        self.issues: list[Node] = []
        self.customers: dict[str, Node] = {}
        self._numbers = Counter[str]()

    def is_here(self, node: Node) -> bool:
        """Whether it was there by now."""
        return bool(node["createdAt"] <= stamp(self.now))

    def worker(self, user: Node) -> Node:
        """Who does the work of `user`: somebody else until they came."""
        return user if self.is_here(user) else self.workers[0]

    def node(self, kind: str, mark: object, created: datetime, /, **fields: Any) -> Node:
        moment = stamp(created)
        id_ = uuid_of(self.seed, kind, mark)
        return {"id": id_, "createdAt": moment, "updatedAt": moment, "archivedAt": None, **fields}

    def _user(self, member: Member) -> Node:
        return self.node(
            "user",
            member.id,
            at(member.started_on, 9),
            name=member.name,
            displayName=member.given.lower(),
            email=member.email,
            title=member.role,
            active=member.left_on is None or self.now.date() < member.left_on,
            admin=member.role.startswith("Founder"),
            guest=False,
            isMe=False,
            timezone="America/New_York",
            url=f"https://linear.app/fernwick/profiles/{member.given.lower()}",
            assignedIssues=[],
            teams=[],
            organization=self.organization,
        )

    def _team(self, key: str, name: str) -> Node:
        made = self.as_of - timedelta(days=1200)
        team = self.node(
            "team",
            key,
            made,
            key=key,
            name=name,
            displayName=name,
            description=None,
            color="#26b5ce",
            timezone="America/New_York",
            cyclesEnabled=key == "ENG",
            cycleDuration=2.0,
            cycleStartDay=1.0,
            issueEstimationType="fibonacci",
            triageEnabled=key == "SUP",
            members=[user for user in self.workers if self.is_here(user)],
            issues=[],
            cycles=[],
            projects=[],
            labels=[],
            activeCycle=None,
            organization=self.organization,
        )
        team["states"] = [
            self.node(
                "state",
                f"{key}:{label}",
                made,
                name=label,
                type=kind,
                color="#bec2c8",
                position=float(n),
                description=None,
                team=team,
                issues=[],
            )
            for n, (label, kind) in enumerate(STATES)
        ]
        return team

    def _label(self, name: str) -> Node:
        made = self.as_of - timedelta(days=1200)
        return self.node(
            "label", name, made, name=name, color="#eb5757", description=None, isGroup=False, team=None
        )

    def customer(self, account: Account) -> Node:
        """The customer as Linear knows it; its domains join it with the CRM."""
        if account.domain not in self.customers:
            self.customers[account.domain] = self.node(
                "customer",
                account.domain,
                account.signed_at,
                name=account.name,
                domains=[account.domain],
                externalIds=[],
                slugId=uuid_of(account.domain)[:12],
                revenue=account.monthly(self.now) * 12 // 100,
                size=float(account.seats(self.now)),
                approximateNeedCount=1.0,
                url="https://linear.app/fernwick/customers",
            )
        return self.customers[account.domain]

    def state(self, team: Node, name: str) -> Node:
        return next(state for state in team["states"] if state["name"] == name)

    def issue(
        self, team: Node, title: str, created: datetime, way: Sequence[tuple[str, datetime]], **more: Any
    ) -> Node:
        """An issue that went along `way` (state name, instant) after it was created in the backlog."""
        self._numbers[team["key"]] += 1
        number = self._numbers[team["key"]]
        moved = any(moment <= self.as_of for _, moment in way)
        way = [(name, moment) for name, moment in way if moment <= self.now]
        state = self.state(team, way[-1][0] if way else "Backlog")
        moments = dict(reversed(way))
        done, dropped = moments.get("Done"), moments.get("Canceled")
        started = next((m for name, m in way if name in ("In Progress", "In Review")), None)
        priority = int(more.pop("priority", self.rng.choice((2, 3, 3, 3, 4))))
        worked = self.worker(self.rng.choice(self.workers)) if moved else None
        assigned_at = created + ASSIGNED_AFTER
        fields: Node = _blank(_NO_ISSUE_YET) | {
            "number": float(number),
            "identifier": f"{team['key']}-{number}",
            "title": title,
            "priority": float(priority),
            "priorityLabel": PRIORITIES[priority],
            "estimate": float(self.rng.choice((1, 2, 2, 3, 3, 5))),
            "sortOrder": float(-number),
            "url": f"https://linear.app/fernwick/issue/{team['key']}-{number}",
            "branchName": f"{team['key'].lower()}-{number}",
            "startedAt": stamp(started) if started else None,
            "completedAt": stamp(done) if done else None,
            "canceledAt": stamp(dropped) if dropped else None,
            "customerTicketCount": 0,
            "state": state,
            "team": team,
            "assignee": worked if assigned_at <= self.now else None,
            "creator": self.workers[0],
        }
        fields |= {name: [] for name in _ISSUE_LISTS}
        issue = self.node("issue", f"{team['key']}:{number}", created, **(fields | more))
        if done and self.now - done > ARCHIVED_AFTER:
            issue["archivedAt"] = issue["autoArchivedAt"] = stamp(done + ARCHIVED_AFTER)
        issue["history"] = self._history(issue, assigned_at, way)
        if self.is_here(issue):
            self._place(issue)
        return issue

    def _place(self, issue: Node) -> None:
        """Make the issue findable from everything that it names."""
        self.issues.append(issue)
        issue["team"]["issues"].append(issue)
        issue["state"]["issues"].append(issue)
        if issue["assignee"]:
            issue["assignee"]["assignedIssues"].append(issue)
        if issue["project"]:
            issue["project"]["issues"].append(issue)
        for cycle in issue["team"]["cycles"]:
            touched = issue["completedAt"] or issue["startedAt"]
            open_now = issue["startedAt"] and not issue["completedAt"] and cycle["isActive"]
            if open_now or (issue["completedAt"] and cycle["startsAt"] <= touched < cycle["endsAt"]):
                issue["cycle"] = cycle
                cycle["issues"].append(issue)

    def _history(self, issue: Node, assigned_at: datetime, way: Sequence[tuple[str, datetime]]) -> list[Node]:
        """Changes of state, and one of the assignee, which names no state. Newest first, as Linear lists."""
        blank = _blank(_CHANGES)
        entries = []
        before = self.state(issue["team"], "Backlog")
        for name, moment in way:
            after = self.state(issue["team"], name)
            change = {
                "issue": issue,
                "actor": issue["assignee"],
                "fromState": before,
                "fromStateId": before["id"],
                "toState": after,
                "toStateId": after["id"],
            }
            entries.append(self.node("history", f"{issue['id']}:{name}", moment, **(blank | change)))
            before = after
        if issue["assignee"]:
            change = {
                "issue": issue,
                "toAssignee": issue["assignee"],
                "toAssigneeId": issue["assignee"]["id"],
            }
            entries.insert(
                0, self.node("history", f"{issue['id']}:assignee", assigned_at, **(blank | change))
            )
        return entries[::-1]

    def need(self, issue: Node, account: Account) -> None:
        """Say which customer an issue is for, once both are there."""
        since = max(datetime.fromisoformat(issue["createdAt"]), account.signed_at)
        if since > self.now:
            return
        need = self.node(
            "need",
            issue["id"],
            since,
            body=None,
            priority=1.0,
            customer=self.customer(account),
            issue=issue,
            project=None,
        )
        issue["needs"].append(need)
        issue["customerTicketCount"] = 1


def _organization(as_of: datetime) -> Node:
    moment = stamp(as_of - timedelta(days=1300))
    return {
        "id": uuid_of("organization", DOMAIN),
        "name": COMPANY,
        "urlKey": COMPANY.lower(),
        "createdAt": moment,
        "updatedAt": moment,
        "archivedAt": None,
        "createdIssueCount": 0,
        "userCount": 0,
        "customerCount": 0,
    }
