"""How code gets to customers: figures known by hand, and shown only where a source brings the records."""

from __future__ import annotations

import pytest

from agents.nouns import Deployment, Noun, PullRequest, Release
from agents.ops import AGENT
from agents.report import Report
from tests.agents.build import ago, deployment, figure, issue, pull_request, snapshot, sources
from tests.agents.explained import assert_explained

KEYS = ("deployments", "deployments_failed", "pull_request_time", "pull_requests_open")


def report(*records: Noun) -> Report:
    found = AGENT.analyse(snapshot(*records))
    assert_explained(found)
    return found


def rolled_out(name: str, days: float, state: str = "succeeded", where: str = "production") -> Deployment:
    return deployment(name, state=state, environment=where, created_at=ago(days + 1), finished_at=ago(days))


def merged(name: str, opened: float, days: float) -> PullRequest:
    return pull_request(
        name, state="merged", created_at=ago(opened), merged_at=ago(days), closed_at=ago(days)
    )


def test_deployments_count_when_they_succeed_and_end() -> None:
    found = report(
        rolled_out("a", 1),
        rolled_out("b", 6.9),
        rolled_out("c", 7),  # the week before
        rolled_out("d", 2, "failed"),
        deployment("e", state="pending"),
        deployment("f", created_at=ago(3)),  # nobody said when it ended
    )
    metric = figure(found, "deployments")
    assert (metric.value, metric.previous) == (3, 1)
    assert metric.evidence == ("github:deployment:a", "github:deployment:b", "github:deployment:f")


def test_the_share_that_failed_is_of_those_that_ended_in_four_weeks() -> None:
    ended = [rolled_out("a", 1), rolled_out("b", 9, "failed"), rolled_out("c", 20), rolled_out("d", 27)]
    left = [rolled_out("old", 28, "failed"), deployment("open", state="pending")]
    metric = figure(report(*ended, *left), "deployments_failed")
    assert (metric.value, metric.note) == (0.25, "1 of 4 in 28 days")
    assert figure(report(*left), "deployments_failed").absent == "n/a: nothing deployed in 28 days"


@pytest.mark.parametrize(
    ("environments", "counted"),
    [
        (("production", "staging", "Preview"), 1),
        (("Prod-EU", "prod-us", "staging"), 2),
        (("live", "test"), 1),
        (("blue", "green"), 2),
    ],
)
def test_production_is_known_by_its_name(environments: tuple[str, ...], counted: int) -> None:
    found = report(*(rolled_out(where, 1, where=where) for where in environments))
    assert figure(found, "deployments").value == counted


def test_each_repository_has_its_own_production() -> None:
    site = deployment("site", repository="acme/site", environment="pages")
    found = report(rolled_out("a", 1), rolled_out("b", 1, where="staging"), site)
    assert figure(found, "deployments").evidence == ("github:deployment:a", "github:deployment:site")


def test_time_to_merge_is_the_median_of_what_was_merged_in_four_weeks() -> None:
    found = report(merged("a", 3, 2), merged("b", 9, 5), merged("c", 30, 20), merged("old", 90, 28))
    metric = figure(found, "pull_request_time")
    assert (metric.value, metric.note) == (4.0, "3 merges in 28 days")
    assert (
        figure(report(merged("old", 90, 28)), "pull_request_time").absent == "n/a: nothing merged in 28 days"
    )


def test_open_pull_requests_wait_and_the_oldest_is_told() -> None:
    found = report(
        pull_request("a", created_at=ago(2)),
        pull_request("b", created_at=ago(12)),
        pull_request("draft", draft=True),
        pull_request("closed", state="closed", created_at=ago(20), closed_at=ago(3)),
        merged("merged", 9, 1),
    )
    metric = figure(found, "pull_requests_open")
    assert (metric.value, metric.note) == (2, "oldest 12.0 d")
    assert metric.previous == 3  # a week ago: b, and what was closed and merged since
    assert (figure(report(), "pull_requests_open").value, figure(report(), "pull_requests_open").note) == (
        0,
        "",
    )


def test_without_a_source_of_code_nothing_of_it_is_said() -> None:
    states = sources()
    without = tuple(
        state for state in states if not {"pull_request", "deployment", "release"} & set(state.kinds)
    )
    found = AGENT.analyse(snapshot(issue("a"), sources=without))
    assert not {metric.key for metric in found.metrics} & set(KEYS)
    assert found.health.state == "ok"


def test_a_source_that_was_never_read_says_no_data_and_makes_nobody_blind() -> None:
    states = sources(missing=(PullRequest, Deployment, Release))
    found = AGENT.analyse(snapshot(issue("a"), sources=states))
    assert {key: figure(found, key).absent for key in KEYS} == dict.fromkeys(KEYS, "no data")
    assert found.health.state == "ok"
