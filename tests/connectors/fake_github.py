"""GitHub's REST API as it is documented, with repositories that a test fills: order, links, tags."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from tests.connectors.vendor import NOW, Always, Call, Refusal, Shape, Vendor

KEY = "github_pat_test"
ACME = "acme/app"


def at(days: float) -> str:
    """The instant so many days before NOW, as GitHub writes it."""
    return f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def numbered(number: int, made: float, **more: object) -> Shape:
    """What issues and pull requests have in common."""
    plain = {
        "id": 9_000_000 + number,
        "node_id": f"I_{number}",
        "number": number,
        "title": f"Number {number}",
        "state": "open",
        "created_at": at(made),
        "updated_at": at(made),
        "closed_at": None,
        "user": {"login": "mona", "id": 1},
    }
    return {**plain, **more}


def issue(number: int, made: float = 10, **more: object) -> Shape:
    return numbered(number, made, **{"state_reason": None, "assignees": [], "labels": [], **more})


def pull(number: int, made: float = 10, **more: object) -> Shape:
    return numbered(number, made, **{"draft": False, "merged_at": None, **more})


def as_issue(shape: Shape) -> Shape:
    """A pull request as the list of issues has it."""
    return {**shape, "assignees": [], "labels": [], "pull_request": {"url": "https://api.github.com/x"}}


def release(tag: str, made: float = 5, **more: object) -> Shape:
    plain = {"id": 70, "tag_name": tag, "name": f"Version {tag}", "draft": False, "prerelease": False}
    return {**plain, "created_at": at(made), "published_at": at(made), **more}


def deployment(number: int, made: float = 3, environment: str = "production") -> Shape:
    return {"id": number, "environment": environment, "created_at": at(made), "updated_at": at(made)}


def status(state: str, made: float) -> Shape:
    return {"id": 1, "state": state, "created_at": at(made)}


@dataclass
class Repository:
    """What a repository holds; `statuses` by deployment, newest first. `number` is how links name it."""

    issues: list[Shape] = field(default_factory=list)
    pulls: list[Shape] = field(default_factory=list)
    releases: list[Shape] = field(default_factory=list)
    deployments: list[Shape] = field(default_factory=list)
    statuses: dict[int, list[Shape]] = field(default_factory=dict)
    number: int = 1296269


def small() -> Repository:
    """One of each, and something more."""
    merged = pull(3, 6, state="closed", merged_at=at(4), closed_at=at(4))
    done = issue(2, 20, state="closed", state_reason="completed", closed_at=at(9))
    return Repository(
        issues=[issue(1, assignees=[{"login": "ada"}]), done, as_issue(merged)],
        pulls=[merged, pull(4, 2, draft=True)],
        releases=[release("v1.0")],
        deployments=[deployment(51, 3), deployment(50, 8)],
        statuses={51: [status("success", 2.9)], 50: [status("failure", 7.9)]},
    )


class GitHub(Vendor):
    """Serves the repositories. `before` may answer a call instead."""

    def __init__(self, repositories: dict[str, Repository], most: int = 100) -> None:
        self.repositories = repositories
        self.most = most
        self.before: Callable[[Call], Refusal | None] = lambda call: None
        super().__init__(Always(self.answer))

    def answer(self, call: Call) -> object:
        if call.headers.get("Authorization") != f"Bearer {KEY}":
            return Refusal(401, {"message": "Bad credentials"}, {})
        assert call.headers["X-GitHub-Api-Version"] == "2026-03-10"
        assert call.headers["Accept"] == "application/vnd.github+json"
        return self.before(call) or self.found(call)

    def found(self, call: Call) -> object:
        if call.path == "/user":
            return {"login": "octocat", "html_url": "https://github.com/octocat"}
        shape = re.fullmatch(r"/(?:repos/(\w+/[\w.-]+)|repositories/(\d+))(?:/(.+))?", call.path)
        named = self.repositories.items()
        name = next((n for n, r in named if shape and (n == shape[1] or str(r.number) == shape[2])), "")
        if not shape or not name:
            return Refusal(404, {"message": "Not Found"}, {})
        held, what = self.repositories[name], shape[3]
        if what is None:
            return {"full_name": name, "private": True}
        if told := re.fullmatch(r"deployments/(\d+)/statuses", what):
            return held.statuses.get(int(told[1]), [])[: int(call.query["per_page"])]
        return self.listed(call, held, what)

    def listed(self, call: Call, held: Repository, what: str) -> object:
        rows: list[Shape] = list(getattr(held, what))
        if what in ("issues", "pulls"):
            assert call.query["state"] == "all"
            by = f"{call.query['sort']}_at"
            rows.sort(key=lambda row: str(row[by]), reverse=call.query["direction"] == "desc")
        else:
            rows.sort(key=lambda row: str(row["created_at"]), reverse=True)
        size = min(int(call.query["per_page"]), self.most)
        number = int(call.query.get("page", 1))
        body = rows[(number - 1) * size : number * size]
        tag = f'W/"{hashlib.sha256(json.dumps(body).encode()).hexdigest()}"'
        if call.headers.get("If-None-Match") == tag:
            return Refusal(304, b"", {"ETag": tag})
        headers = {"ETag": tag}
        if number * size < len(rows):
            more = urlencode({**call.query, "page": number + 1})
            first = f'<{self.url}/repositories/{held.number}/{what}?page=1>; rel="first"'
            headers["Link"] = f'{first}, <{self.url}/repositories/{held.number}/{what}?{more}>; rel="next"'
        return Refusal(200, body, headers)
