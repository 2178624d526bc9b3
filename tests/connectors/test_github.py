"""GitHub: what its records mean, links to the end, changes only, its limits, and no more than it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.contract import Batch, Page
from agentos_cli.errors import CredentialRefused, CursorLost, Fatal, RateLimited
from agents.nouns import Deployment, Issue, PullRequest, Release
from tests.connectors.fake_github import (
    ACME,
    KEY,
    GitHub,
    Repository,
    as_issue,
    at,
    deployment,
    issue,
    pull,
    release,
    small,
    status,
)
from tests.connectors.partly import Partly
from tests.connectors.vendor import NOW, Call, Refusal, Shape, checked, one, reaching
from tests.connectors.vendor import read as read_vendor


@pytest.fixture
def vendor() -> Iterator[GitHub]:
    with GitHub({ACME: small()}) as github:
        yield github


def read(github: GitHub, repositories: str = ACME) -> dict[str, Batch]:
    return read_vendor("github", github.url, key=KEY, repositories=repositories)


def of(**lists: list[Shape]) -> dict[str, Batch]:
    """What is made of a repository with these."""
    with GitHub({ACME: Repository(**lists)}) as github:  # type: ignore[arg-type]
        return read(github)


def limited(status: int, body: str, **headers: str) -> Callable[[Call], Refusal]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda call: Refusal(status, {"message": body}, named)


# ── what the records mean ────────────────────────────────────────────────────────────────────────


def test_a_repository_becomes_issues_pull_requests_releases_and_deployments(vendor: GitHub) -> None:
    found = read(vendor)
    assert {kind: [each.id for each in batch.records] for kind, batch in found.items()} == {
        "issue": ["acme/app#2", "acme/app#1"],
        "pull_request": ["acme/app#3", "acme/app#4"],
        "release": ["acme/app@v1.0"],
        "deployment": ["acme/app/deployments/51", "acme/app/deployments/50"],
    }
    assert not any(batch.skipped for batch in found.values())


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({}, "unstarted"),
        ({"assignees": [{"login": "ada"}]}, "started"),
        ({"labels": [{"name": "In-Progress"}]}, "started"),
        ({"labels": [{"name": "status: in progress"}]}, "started"),
        ({"labels": ["wip"]}, "started"),
        ({"state": "closed", "state_reason": "completed", "closed_at": at(1)}, "completed"),
        ({"state": "closed", "state_reason": None, "closed_at": at(1)}, "completed"),
        ({"state": "closed", "state_reason": "not_planned", "closed_at": at(1)}, "canceled"),
        ({"state": "closed", "state_reason": "duplicate", "closed_at": at(1)}, "canceled"),
        ({"state": "open", "state_reason": "reopened"}, "unstarted"),
    ],
)
def test_the_state_of_an_issue(more: Shape, state: str) -> None:
    assert one(of(issues=[issue(7, **more)])["issue"], Issue).state == state


def test_an_issue_in_full() -> None:
    labels = [{"name": "P1"}, {"name": "Blocked"}, {"name": "account:Globex.com"}]
    shape = issue(7, 12, labels=labels, state="closed", state_reason="completed", closed_at=at(2))
    found = one(of(issues=[shape])["issue"], Issue)
    assert (found.key, found.title, found.team_id) == ("app#7", "Number 7", ACME)
    assert (found.priority, found.blocked, found.account) == (2, True, "globex.com")
    assert (found.labels, found.assignee) == (("P1", "Blocked", "account:Globex.com"), None)
    assert (found.completed_at, found.canceled_at, found.started_at) == (NOW - timedelta(days=2), None, None)
    moves = [(move.from_state, move.to_state, move.at) for move in found.moves]
    assert moves == [
        (None, "unstarted", NOW - timedelta(days=12)),
        ("unstarted", "completed", NOW - timedelta(days=2)),
    ]


def test_a_pull_request_in_full() -> None:
    shape = pull(3, 6, state="closed", merged_at=at(4), closed_at=at(4))
    found = one(of(pulls=[shape])["pull_request"], PullRequest)
    assert (found.key, found.repository, found.author, found.state) == ("app#3", ACME, "mona", "merged")
    assert (found.merged_at, found.draft) == (NOW - timedelta(days=4), False)
    ghost = pull(4, state="closed", closed_at=at(1), user=None)
    assert one(of(pulls=[ghost])["pull_request"], PullRequest).state == "closed"


def test_a_draft_of_a_release_is_none() -> None:
    found = of(releases=[release("v2", name=""), release("v3", draft=True, published_at=None)])["release"]
    assert (one(found, Release).title, found.skipped) == ("v2", ())


@pytest.mark.parametrize(
    ("statuses", "state", "finished"),
    [
        ([], "pending", None),
        ([status("in_progress", 2)], "pending", None),
        ([status("success", 2)], "succeeded", NOW - timedelta(days=2)),
        ([status("error", 2), status("in_progress", 2.5)], "failed", NOW - timedelta(days=2)),
        ([status("inactive", 1), status("success", 2)], "succeeded", NOW - timedelta(days=2)),
        ([status("inactive", 1)], "succeeded", None),
    ],
)
def test_a_deployment_is_what_its_latest_status_says(
    statuses: list[Shape], state: str, finished: datetime | None
) -> None:
    held = Repository(deployments=[deployment(5, 3, "prod")], statuses={5: statuses})
    with GitHub({ACME: held}) as github:
        found = one(read(github)["deployment"], Deployment)
    assert (found.state, found.finished_at, found.environment) == (state, finished, "prod")


def test_strange_records_are_skipped_and_told_by_name() -> None:
    good = issue(1)
    found = of(
        issues=[good, issue(2, state="archived"), issue(3, state="closed", state_reason="lost")],
        pulls=[pull(8), pull(9, created_at="soon")],
    )
    told = [(each.where, each.why) for kind in ("issue", "pull_request") for each in found[kind].skipped]
    assert told == [
        ("acme/app#2", "state is `archived`, not one of closed, open"),
        ("acme/app#3", "state_reason is `lost`, not one of completed, duplicate, not_planned"),
        ("acme/app#9", "created_at is `soon`, not an instant"),
    ]


def test_when_no_record_can_be_read_the_format_has_changed() -> None:
    with pytest.raises(Fatal, match="none of 2 pull_request records could be read"):
        of(pulls=[pull(8, created_at=None), pull(9, created_at=7.5)])


# ── pages ────────────────────────────────────────────────────────────────────────────────────────


def test_every_page_of_several_repositories_is_read_along_its_links() -> None:
    many = Repository(issues=[issue(n, 300 - n) for n in range(1, 251)])
    other = Repository(pulls=[pull(n, 300 - n) for n in range(1, 231)], number=7)
    with GitHub({ACME: many, "acme/site": other}) as github:
        found = read(github, "acme/app, acme/site")
    assert [each.id for each in found["issue"].records] == [f"acme/app#{n}" for n in range(1, 251)]
    assert len(found["pull_request"].records) == 230
    paths = {call.path for call in github.calls}
    assert {"/repositories/1296269/issues", "/repositories/7/pulls"} <= paths


def test_a_link_elsewhere_is_not_followed(vendor: GitHub) -> None:
    elsewhere = {"Link": '<https://evil.example/issues?page=2>; rel="next"'}
    vendor.before = lambda call: Refusal(200, [issue(1)], elsewhere) if call.path.endswith("issues") else None
    with pytest.raises(Fatal, match="another address"):
        read(vendor)


def test_deployments_are_read_90_days_back() -> None:
    held = Repository(deployments=[deployment(n, n) for n in range(1, 131)])
    with GitHub({ACME: held}) as github:
        assert len(read(github)["deployment"].records) == 90
    asked = [call for call in github.calls if call.path.endswith("/statuses")]
    assert len(asked) == 90


# ── changes ──────────────────────────────────────────────────────────────────────────────────────


def partly(github: GitHub, repositories: str = ACME) -> Partly:
    return Partly("github", github.url, KEY, {"repositories": repositories})


def kept(pages: list[Page]) -> list[str]:
    return sorted(str(raw["id"]) for page in pages for raw in page.records if isinstance(raw, dict))


def test_later_reads_bring_what_changed_and_nothing_else() -> None:
    held = small()
    held.issues += [issue(n, 400 - n) for n in range(100, 350)]
    with GitHub({ACME: held}) as github:
        source = partly(github)
        source.read(whole=True)
        soon = NOW + timedelta(hours=1)
        held.issues[0].update(
            state="closed", state_reason="completed", closed_at=at(-0.04), updated_at=at(-0.04)
        )
        held.issues.append(issue(500, -0.03))
        held.pulls[1].update(draft=False, updated_at=at(-0.02))
        held.releases.append(release("v1.1", -0.01))
        held.deployments.append(deployment(52, -0.01))
        held.statuses[52] = [status("queued", -0.01)]
        github.calls.clear()
        assert kept(source.read(whole=False, now=soon)) == [
            "acme/app#1", "acme/app#4", "acme/app#500",
            "acme/app/deployments/52", "acme/app@v1.0", "acme/app@v1.1",
        ]  # fmt: skip
        assert len(github.calls) == 5  # four lists and the statuses of one deployment
        again = partly(github)
        again.read(whole=True)
        assert source.nouns() == again.nouns()


def test_a_list_that_is_as_it_was_costs_nothing() -> None:
    with GitHub({ACME: small()}) as github:
        source = partly(github)
        source.read(whole=True)
        source.read(whole=False)
        github.calls.clear()
        assert kept(source.read(whole=False)) == []
        assert [call.headers.get("If-None-Match", "")[:3] for call in github.calls] == ['W/"'] * 4


def test_a_deployment_that_was_not_finished_is_asked_for_again() -> None:
    held = small()
    held.deployments.append(deployment(49, 5))
    held.statuses[49] = [status("waiting", 5)]
    with GitHub({ACME: held}) as github:
        source = partly(github)
        source.read(whole=True)
        source.read(whole=False)
        held.statuses[49].insert(0, status("success", 0))
        assert "acme/app/deployments/49" in kept(source.read(whole=False))
        (nouns, _) = source.nouns()["deployment"]
        assert sum("state='succeeded'" in each for each in nouns) == 2
        assert kept(source.read(whole=False)) == []


def test_a_read_that_dies_goes_on_behind_its_last_page() -> None:
    held = Repository(issues=[issue(n, 300 - n) for n in range(1, 251)], pulls=[pull(900)])
    with GitHub({ACME: held}) as github:
        source = partly(github)
        source.read(whole=True, pages=4)
        before = len(github.calls)
        source.read(whole=True)
        whole = partly(github)
        at_once = len(github.calls)
        whole.read(whole=True)
        assert source.nouns() == whole.nouns()
        assert at_once - before < len(github.calls) - at_once  # not everything once more


@pytest.mark.parametrize("now", ["acme/app,acme/site", "acme/site"])
def test_other_repositories_are_read_whole(now: str) -> None:
    with GitHub({ACME: small(), "acme/site": Repository(number=7)}) as github:
        source = partly(github)
        with pytest.raises(CursorLost):
            source.read(whole=False)
        source.read(whole=True)
        source.options = {"repositories": now}
        with pytest.raises(CursorLost):
            source.read(whole=False)


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────


def soon() -> str:
    return str(int((datetime.now(UTC) + timedelta(minutes=30)).timestamp()))


@pytest.mark.parametrize(
    ("status", "headers", "minutes"),
    [
        (403, {"Retry_After": "1200"}, 20),
        (429, {"Retry_After": "1200"}, 20),
        (403, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "soon"}, 30),
        (429, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "soon"}, 30),
        (403, {}, 1),
    ],
)
def test_a_limit_is_no_refused_key(
    vendor: GitHub, status: int, headers: Mapping[str, str], minutes: int
) -> None:
    told = {name: soon() if value == "soon" else value for name, value in headers.items()}
    vendor.before = limited(status, "You have exceeded a secondary rate limit", **told)
    with pytest.raises(RateLimited) as caught:
        read(vendor)
    assert caught.value.not_before - datetime.now(UTC) == pytest.approx(
        timedelta(minutes=minutes), abs=timedelta(seconds=20)
    )


@pytest.mark.parametrize("message", ["Resource not accessible by personal access token", "Forbidden"])
def test_a_key_that_may_not_is_refused(vendor: GitHub, message: str) -> None:
    vendor.before = lambda call: (
        Refusal(403, {"message": message}, {}) if "deployments" in call.path else None
    )
    with pytest.raises(CredentialRefused) as caught:
        read(vendor)
    assert caught.value.fix == "agentos connect github"


@pytest.mark.parametrize("named", ["", "acme", "acme/app,../user", "acme/app,https://x.example/y"])
def test_without_clear_repositories_nothing_is_asked(vendor: GitHub, named: str) -> None:
    with pytest.raises(Fatal, match="which repositories") as caught:
        read(vendor, named)
    assert "--option repositories=" in str(caught.value.fix)
    assert not vendor.calls


def test_a_repository_that_the_key_does_not_see_is_told(vendor: GitHub) -> None:
    with pytest.raises(Fatal, match="acme/gone"):
        read(vendor, "acme/app,acme/gone")


def test_a_list_that_is_switched_off_is_empty(vendor: GitHub) -> None:
    gone = Refusal(410, {"message": "Issues are disabled for this repo"}, {})
    vendor.before = lambda call: gone if call.path.endswith("/issues") else None
    source = partly(vendor)
    source.read(whole=True)
    source.read(whole=False)
    assert source.nouns()["issue"] == ([], [])
    assert len(source.nouns()["pull_request"][0]) == 2


def test_check_tells_who_and_how_many(vendor: GitHub) -> None:
    def said(names: str) -> str:
        return checked("github", vendor.url, key=KEY, repositories=names)

    assert said(ACME) == "GitHub as octocat: acme/app"
    assert said("acme/app,acme/gone") == "GitHub as octocat: 1 of 2 repositories, not acme/gone"
    with pytest.raises(Fatal, match="sees none of acme/gone"):
        said("acme/gone")


def test_an_answer_that_is_no_list_is_a_changed_format(vendor: GitHub) -> None:
    vendor.before = lambda call: Refusal(200, {"items": []}, {}) if "releases" in call.path else None
    with pytest.raises(Fatal, match="not a list"):
        read(vendor)


def test_pages_know_their_host() -> None:
    with GitHub({}) as github, reaching("github", github.url, key=KEY, repositories=ACME) as access:
        assert CATALOGUE["github"].account()(access) == {"web": "github.com"}


@pytest.mark.parametrize(
    ("kind", "record", "options", "page"),
    [
        ("issue", "acme/app#12", {}, "https://github.com/acme/app/issues/12"),
        ("issue", "app#12", {"repositories": "acme/app,acme/site"}, "https://github.com/acme/app/issues/12"),
        ("issue", "app#12", {"repositories": "acme/app,other/app"}, None),
        ("issue", "app#12", {}, None),
        ("pull_request", "acme/app#3", {"web": "git.acme.com"}, "https://git.acme.com/acme/app/pull/3"),
        ("pull_request", "acme/app#3", {"web": "evil.example/x?"}, None),
        ("pull_request", "acme/app#3/../4", {}, None),
        ("release", "acme/app@rel/1.0", {}, "https://github.com/acme/app/releases/tag/rel%2F1.0"),
        ("release", "acme/app@a b", {}, None),
        ("deployment", "acme/app/deployments/5", {}, "https://github.com/acme/app/deployments"),
        ("team", "acme/app", {}, None),
    ],
)
def test_the_page_of_a_record(kind: str, record: str, options: dict[str, str], page: str | None) -> None:
    assert CATALOGUE["github"].page(kind, record, options) == page


def test_the_sample_is_what_is_kept(vendor: GitHub) -> None:
    vendor.repositories[ACME].issues.insert(0, as_issue(pull(99, 30)))
    with reaching("github", vendor.url, key=KEY, repositories=ACME) as access:
        found = CATALOGUE["github"].sample()(access)
    assert {stream: len(raws) for stream, raws in found.items()} == {
        "issues": 2, "pulls": 2, "releases": 1, "deployments": 2,
    }  # fmt: skip
    assert json.dumps(found["deployments"]).count("statuses") == 2
