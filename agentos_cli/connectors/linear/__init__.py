"""Linear: teams, projects, cycles, and issues with their changes of state. Fields: docs/connectors.md.

An issue is `blocked` when an issue that is not done blocks it, or it carries the label "blocked". Its
`account` is the domain of the customer who asked for it (Linear's customer requests), else what a label
`account:DOMAIN` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from agentos_cli.connectors.linear.api import Api
from agentos_cli.connectors.linear.feed import OVER, feed, sample
from agentos_cli.connectors.linear.queries import VIEWER
from agentos_cli.connectors.linear.streams import STREAMS
from agentos_cli.connectors.reading import (
    Raw,
    Unreadable,
    child,
    clean,
    day,
    ident,
    instant,
    maybe,
    number,
    objects,
    one_of,
    part,
    text,
    whole,
)
from agentos_cli.contract import Access, Batch, Found
from agentos_cli.errors import Fatal
from agents.accounts import account_key
from agents.nouns import Cycle, Issue, Move, Project, Team

__all__ = ["STREAMS", "account", "check", "derive", "feed", "page", "sample"]

SOURCE = "linear"
BLOCKED = "blocked"
ACCOUNT = "account:"
_KEY = re.compile(r"[A-Z0-9]+-[0-9]+")
_WORKSPACE = re.compile(r"[a-z0-9-]+")
STATES = {
    "triage": "triage",
    "backlog": "backlog",
    "unstarted": "unstarted",
    "started": "started",
    "completed": "completed",
    "canceled": "canceled",
    "duplicate": "canceled",
}
PROJECT_STATES = ("backlog", "planned", "started", "paused", "completed", "canceled")
HEALTH = {"onTrack": "on_track", "atRisk": "at_risk", "offTrack": "off_track"}


def derive(found: Found, access: Access) -> Iterator[Batch]:
    """The records of the four kinds; each stands for itself."""
    yield part(Team, found.records.get("teams", ()), _team)
    yield part(Project, found.records.get("projects", ()), _project)
    yield part(Cycle, found.records.get("cycles", ()), _cycle)
    yield part(Issue, found.records.get("issues", ()), _issue)


def check(access: Access) -> str:
    """Whose key it is, in which workspace."""
    data = Api(access).ask(VIEWER)
    try:
        workspace, person = child(data, "organization"), child(data, "viewer")
        return f"Linear workspace {text(workspace, 'name')}, as {text(person, 'name')}"
    except Unreadable as problem:
        raise Fatal(f"Linear does not say whose key this is: {problem}") from None


def account(access: Access) -> Mapping[str, str]:
    """What links into the workspace need: its name in web addresses."""
    try:
        return {"workspace": text(child(Api(access).ask(VIEWER), "organization"), "urlKey")}
    except Unreadable:
        return {}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """An issue's page in Linear, by its `key` (ENG-12), since addresses are made of that and not of its id;
    None for all else, or while the workspace is unknown."""
    workspace = options.get("workspace", "")
    if kind != "issue" or not _KEY.fullmatch(record_id) or not _WORKSPACE.fullmatch(workspace):
        return None
    return f"https://linear.app/{workspace}/issue/{record_id}"


def _team(raw: Raw) -> Team:
    return Team(SOURCE, ident(raw), text(raw, "name"))


def _project(raw: Raw) -> Project:
    health = maybe(text, raw, "health")
    return Project(
        SOURCE,
        ident(raw),
        name=text(raw, "name"),
        state=one_of(PROJECT_STATES, child(raw, "status"), "type"),
        health=None if health is None else HEALTH[one_of(HEALTH, raw, "health")],
        progress=number(raw, "progress"),
        target_on=maybe(day, raw, "targetDate"),
        started_at=maybe(instant, raw, "startedAt"),
        completed_at=maybe(instant, raw, "completedAt"),
    )


def _cycle(raw: Raw) -> Cycle:
    return Cycle(
        SOURCE,
        ident(raw),
        team_id=ident(child(raw, "team")),
        number=whole(raw, "number"),
        starts_at=instant(raw, "startsAt"),
        ends_at=instant(raw, "endsAt"),
        progress=number(raw, "progress"),
    )


def _issue(raw: Raw) -> Issue:
    labels = tuple(text(row, "name") for row in objects(child(raw, "labels"), "nodes"))
    assignee = maybe(child, raw, "assignee")
    return Issue(
        SOURCE,
        ident(raw),
        key=text(raw, "identifier"),
        title=maybe(text, raw, "title") or text(raw, "identifier"),
        team_id=ident(child(raw, "team")),
        project_id=_id_of(raw, "project"),
        cycle_id=_id_of(raw, "cycle"),
        assignee=None if assignee is None else text(assignee, "name"),
        state=_state(child(raw, "state")),
        priority=whole(raw, "priority"),
        estimate=maybe(number, raw, "estimate"),
        blocked=_blocked(raw, labels),
        labels=labels,
        account=_account(raw, labels),
        created_at=instant(raw, "createdAt"),
        started_at=maybe(instant, raw, "startedAt"),
        completed_at=maybe(instant, raw, "completedAt"),
        canceled_at=maybe(instant, raw, "canceledAt"),
        due_on=maybe(day, raw, "dueDate"),
        sla_breaches_at=maybe(instant, raw, "slaBreachesAt"),
        moves=_moves(raw),
    )


def _id_of(raw: Raw, key: str) -> str | None:
    found = maybe(child, raw, key)
    return None if found is None else ident(found)


def _state(raw: Raw) -> str:
    """A state's type; a duplicate is work that will not be done, so it counts as canceled."""
    return STATES[one_of(STATES, raw, "type")]


def _blocked(raw: Raw, labels: tuple[str, ...]) -> bool:
    if any(label.lower() == BLOCKED for label in labels):
        return True
    relations = objects(child(raw, "inverseRelations"), "nodes")
    blockers = (child(row, "issue") for row in relations if row.get("type") == "blocks")
    return any(child(blocker, "state").get("type") not in OVER for blocker in blockers)


def _account(raw: Raw, labels: tuple[str, ...]) -> str | None:
    for need in objects(child(raw, "needs"), "nodes"):
        domains = (maybe(child, need, "customer") or {}).get("domains")
        if isinstance(domains, list) and domains and isinstance(domains[0], str):
            return account_key(clean(domains[0]))
    named = (label for label in labels if label.lower().startswith(ACCOUNT))
    return next((account_key(label[len(ACCOUNT) :]) for label in named), None)


def _moves(raw: Raw) -> tuple[Move, ...]:
    """The changes of state, oldest first; entries about anything else are left out."""
    moves = []
    for row in objects(child(raw, "history"), "nodes"):
        before, after = maybe(child, row, "fromState"), maybe(child, row, "toState")
        if after is not None:
            moves.append(
                Move(None if before is None else _state(before), _state(after), instant(row, "createdAt"))
            )
    return tuple(sorted(moves, key=lambda move: move.at))
