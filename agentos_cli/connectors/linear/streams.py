"""What is read of Linear: its lists and the fields of each, as the queries ask for them."""

from __future__ import annotations

from agentos_cli.connectors.reading import ident
from agentos_cli.contract import Fields, Stream

_ID = {"id": "text"}
_STATE = {"type": "text"}
_CHANGE = {"createdAt": "instant", "fromState?": _STATE, "toState?": _STATE}

_TEAM: Fields = {**_ID, "archivedAt?": "instant", "name": "text"}
_PROJECT: Fields = {
    **_ID,
    "archivedAt?": "instant",
    "trashed?": "flag",
    "name": "text",
    "status": _STATE,
    "health?": ("onTrack", "atRisk", "offTrack"),
    "progress": "number",
    "targetDate?": "instant",
    "startedAt?": "instant",
    "completedAt?": "instant",
}
_CYCLE: Fields = {
    **_ID,
    "archivedAt?": "instant",
    "number": "number",
    "startsAt": "instant",
    "endsAt": "instant",
    "completedAt?": "instant",
    "progress": "number",
    "team": _ID,
}
_ISSUE: Fields = {
    **_ID,
    "identifier": "text",
    "archivedAt?": "instant",
    "trashed?": "flag",
    "title?": "text",
    "priority": "number",
    "estimate?": "number",
    "createdAt": "instant",
    "startedAt?": "instant",
    "completedAt?": "instant",
    "canceledAt?": "instant",
    "dueDate?": "instant",
    "slaBreachesAt?": "instant",
    "state": _STATE,
    "team": _ID,
    "project?": _ID,
    "cycle?": _ID,
    "assignee?": {"name": "text"},
    "labels": {"nodes": [{"name": "text"}]},
    "inverseRelations": {"nodes": [{"type": "text", "issue": {"state": _STATE}}]},
    "needs": {"nodes": [{"customer?": {"domains": ["text"]}}]},
    "history": {"nodes": [_CHANGE], "pageInfo": {"hasNextPage": "flag", "endCursor?": "text"}},
}

STREAMS: dict[str, Stream] = {
    "teams": Stream(_TEAM, group=ident),
    "projects": Stream(_PROJECT, group=ident),
    "cycles": Stream(_CYCLE, group=ident),
    "issues": Stream(_ISSUE, group=ident),
}
