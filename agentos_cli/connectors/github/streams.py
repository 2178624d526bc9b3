"""What is read of GitHub, and what it means. Every field and rule: docs/connectors.md.

GitHub's ids are numbers that name nothing and lead to no page, so the feed gives each record one that does
(acme/app#12), and its `repository` (acme/app). An issue has no state but open and closed: an open one is
started once somebody is assigned or a label says so. Since when is not known, so only its creation and its
closing are moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from agentos_cli.connectors.reading import (
    Raw,
    Unreadable,
    child,
    clean,
    flag,
    ident,
    instant,
    maybe,
    objects,
    one_of,
    part,
    text,
    whole,
)
from agentos_cli.contract import Access, Batch, Fields, Found, Stream
from agents.accounts import account_key
from agents.nouns import Deployment, Issue, Move, PullRequest, Release

ACCOUNT = "account:"
BLOCKED = frozenset({"blocked"})
STARTED = frozenset({"in progress", "doing", "started", "wip", "work in progress"})
PRIORITY = {
    "p0": 1, "p1": 2, "p2": 3, "p3": 4,
    "priority: urgent": 1, "priority: critical": 1, "priority: high": 2, "priority: medium": 3,
    "priority: low": 4,
}  # fmt: skip
CLOSED = {"completed": "completed", "not_planned": "canceled", "duplicate": "canceled"}
DEPLOYED = {
    "success": "succeeded", "inactive": "succeeded",
    "failure": "failed", "error": "failed",
    "pending": "pending", "queued": "pending", "in_progress": "pending", "waiting": "pending",
}  # fmt: skip
"""https://docs.github.com/en/rest/deployments/statuses; only what had succeeded becomes inactive."""
REPLACED = "inactive"

_OURS: Fields = {"id": "text", "repository": "text"}
_NUMBERED: Fields = {
    **_OURS,
    "number": "number",
    "title?": "text",
    "state": ("open", "closed"),
    "created_at": "instant",
    "closed_at?": "instant",
}
_PERSON: Fields = {"login": "text"}
_ISSUE: Fields = {
    **_NUMBERED,
    "state_reason?": "text",
    "assignees?": [_PERSON],
    "labels?": [{"name?": "text"}],
}
_PULL: Fields = {**_NUMBERED, "draft?": "flag", "merged_at?": "instant", "user?": _PERSON}
_RELEASE: Fields = {
    **_OURS,
    "tag_name": "text",
    "name?": "text",
    "draft": "flag",
    "prerelease": "flag",
    "published_at?": "instant",
}
_DEPLOYMENT: Fields = {
    **_OURS,
    "environment": "text",
    "created_at": "instant",
    "statuses": [{"state": "text", "created_at": "instant"}],
}


STREAMS: dict[str, Stream] = {
    "issues": Stream(_ISSUE, group=ident),
    "pulls": Stream(_PULL, group=ident),
    "releases": Stream(_RELEASE, group=ident),
    "deployments": Stream(_DEPLOYMENT, group=ident),
}


def derive(found: Found, access: Access) -> Iterator[Batch]:
    """The nouns of some records; each stands for itself."""
    source, records = access.source, found.records
    yield part(Issue, records.get("issues", ()), lambda raw: issue(source, raw))
    yield part(PullRequest, records.get("pulls", ()), lambda raw: _pull(source, raw))
    yield part(Release, records.get("releases", ()), lambda raw: _release(source, raw))
    yield part(Deployment, records.get("deployments", ()), lambda raw: _deployment(source, raw))


def named(stream: str, repository: str, raw: Raw) -> Raw:
    """A record with its repository, and an id that names it; its own id where it has no number to be seen."""
    try:
        if stream == "releases":
            name = f"{repository}@{text(raw, 'tag_name')}"
        elif stream == "deployments":
            name = f"{repository}/deployments/{whole(raw, 'id')}"
        else:
            name = f"{repository}#{whole(raw, 'number')}"
    except Unreadable:
        name = f"{repository}?{clean(str(raw.get('id')))[:40]}"
    return {**raw, "id": name, "repository": repository}


def issue(source: str, raw: Raw) -> Issue:
    """https://docs.github.com/en/rest/issues/issues#list-repository-issues"""
    labels = _labels(raw)
    holders = [text(each, "login") for each in (objects(raw, "assignees") if raw.get("assignees") else ())]
    state = _state(raw, labels, bool(holders))
    created, closed = instant(raw, "created_at"), maybe(instant, raw, "closed_at")
    over = closed if state in CLOSED.values() else None
    plain = {label.lower() for label in labels}
    return Issue(
        source,
        ident(raw),
        key=_short(raw),
        title=maybe(text, raw, "title") or _short(raw),
        team_id=ident(raw, "repository"),
        project_id=None,
        cycle_id=None,
        assignee=holders[0] if holders else None,
        state=state,
        priority=min((PRIORITY[word] for word in plain if word in PRIORITY), default=0),
        estimate=None,
        blocked=bool(BLOCKED & plain),
        labels=labels,
        account=_account(labels),
        created_at=created,
        started_at=None,
        completed_at=over if state == "completed" else None,
        canceled_at=over if state == "canceled" else None,
        due_on=None,
        sla_breaches_at=None,
        moves=() if over is None else (Move(None, "unstarted", created), Move("unstarted", state, over)),
    )


def _state(raw: Raw, labels: tuple[str, ...], held: bool) -> str:
    """One closed without a reason, as all were before 2022, was completed."""
    if one_of(("open", "closed"), raw, "state") == "closed":
        return CLOSED[one_of(CLOSED, raw, "state_reason")] if raw.get("state_reason") else "completed"
    said = {re.sub(r"[-_ ]+", " ", label.lower().removeprefix("status:")).strip() for label in labels}
    return "started" if held or STARTED & said else "unstarted"


def _labels(raw: Raw) -> tuple[str, ...]:
    """Their names; a label is an object or, as GitHub documents it, a mere text."""
    found = raw.get("labels") or []
    if not isinstance(found, list):
        raise Unreadable("labels is not a list")
    names = (each.get("name") if isinstance(each, Mapping) else each for each in found)
    return tuple(kept for name in names if isinstance(name, str) and (kept := clean(name)))


def _account(labels: tuple[str, ...]) -> str | None:
    named = (label for label in labels if label.lower().startswith(ACCOUNT))
    return next((account_key(label[len(ACCOUNT) :]) for label in named), None)


def _short(raw: Raw) -> str:
    """app#12, as people say it."""
    return ident(raw).rsplit("/", 1)[-1]


def _pull(source: str, raw: Raw) -> PullRequest:
    """https://docs.github.com/en/rest/pulls/pulls#list-pull-requests"""
    author, merged = maybe(child, raw, "user"), maybe(instant, raw, "merged_at")
    return PullRequest(
        source,
        ident(raw),
        repository=ident(raw, "repository"),
        key=_short(raw),
        title=maybe(text, raw, "title") or _short(raw),
        author=None if author is None else text(author, "login"),
        state="merged" if merged else one_of(("open", "closed"), raw, "state"),
        draft=maybe(flag, raw, "draft") or False,
        created_at=instant(raw, "created_at"),
        merged_at=merged,
        closed_at=maybe(instant, raw, "closed_at"),
    )


def _release(source: str, raw: Raw) -> Release | tuple[()]:
    """Nothing for a draft, which is not published.
    https://docs.github.com/en/rest/releases/releases#list-releases"""
    if flag(raw, "draft"):
        return ()
    return Release(
        source,
        ident(raw),
        repository=ident(raw, "repository"),
        title=maybe(text, raw, "name") or text(raw, "tag_name"),
        prerelease=flag(raw, "prerelease"),
        published_at=instant(raw, "published_at"),
    )


def _deployment(source: str, raw: Raw) -> Deployment:
    """What its newest status says, or the one before it was replaced by a later deployment.
    https://docs.github.com/en/rest/deployments/deployments#list-deployments"""
    told = [
        (instant(each, "created_at"), one_of(DEPLOYED, each, "state")) for each in objects(raw, "statuses")
    ]
    lived = [each for each in told if each[1] != REPLACED]
    at, word = max(lived or told, default=(None, "pending"))
    state = DEPLOYED[word]
    return Deployment(
        source,
        ident(raw),
        repository=ident(raw, "repository"),
        environment=text(raw, "environment"),
        state=state,
        created_at=instant(raw, "created_at"),
        finished_at=None if state == "pending" or word == REPLACED else at,
    )
