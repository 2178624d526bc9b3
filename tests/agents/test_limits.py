"""A goal and limits on any figure: how they grade it, what they leave to it, which rules follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from agents import catalogue
from agents.ceo import AGENT as CEO
from agents.definitions import CATALOGUE
from agents.figures import above, fine, limited
from agents.limits import TWINS, Limit, under
from agents.policy import Policy
from agents.report import Agent, Good, Metric, Status
from agents.snapshot import Snapshot
from tests.agents.build import absence, back, figure, issue, person, snapshot, usd
from tests.agents.test_work_explained import COMPANY

OK, WATCH, ACT = Status.OK, Status.WATCH, Status.ACT
AGENTS = (*(catalogue.load(name) for name in catalogue.CATALOGUE), CEO)


@pytest.mark.parametrize(
    ("limit", "good", "statuses"),
    [
        (Limit(watch=10, act=5), Good.UP, [ACT, WATCH, WATCH, OK, OK]),
        (Limit(watch=5, act=10), Good.DOWN, [OK, OK, WATCH, WATCH, ACT]),
        (Limit(watch=5, act=10), Good.NEITHER, [OK, OK, WATCH, WATCH, ACT]),
        (Limit(watch=10), Good.UP, [WATCH, WATCH, WATCH, OK, OK]),
        (Limit(act=10), Good.UP, [ACT, ACT, ACT, OK, OK]),
        (Limit(act=5, watch=5), Good.DOWN, [OK, OK, ACT, ACT, ACT]),
        (Limit(goal=7), Good.UP, [OK, OK, OK, OK, OK]),
    ],
)
def test_beyond_is_below_where_up_is_good_else_above(
    limit: Limit, good: Good, statuses: list[Status]
) -> None:
    grade = limited(limit, good, None, fine)
    assert [grade(value) for value in (4, 5, 9.99, 10, 11)] == statuses


def test_the_half_that_is_not_given_stays_as_it_was() -> None:
    own = above(10, 20)
    watched = limited(Limit(watch=5), Good.DOWN, None, own)
    acted = limited(Limit(act=15), Good.DOWN, None, own)
    relaxed = limited(Limit(act=30), Good.DOWN, None, own)
    assert [watched(value) for value in (5, 6, 11, 21)] == [OK, WATCH, WATCH, ACT]
    assert [acted(value) for value in (9, 11, 16, 21)] == [OK, WATCH, ACT, ACT]
    assert [relaxed(value) for value in (9, 11, 21, 31)] == [OK, WATCH, WATCH, ACT]


@pytest.mark.parametrize(("currency", "amount"), [("USD", 1_000_001), ("JPY", 10_001), ("KWD", 10_000_001)])
def test_money_is_limited_in_major_units(currency: str, amount: int) -> None:
    cost = replace(usd(0), amount=amount, currency=currency)
    grade = limited(Limit(act=10_000), Good.NEITHER, currency, fine)
    assert grade(cost) is ACT
    assert grade(replace(cost, amount=amount - 1)) is OK


def limits(company: Snapshot, **given: Limit) -> Snapshot:
    """The company with these limits, as the store's reader hands them over."""
    return replace(company, limits=given, policy=under(company.policy, given))


def of(agent: Agent, company: Snapshot, key: str) -> Metric:
    return figure(agent.analyse(company), key)


def called(name: str) -> Agent:
    return catalogue.load(name)


def test_the_goal_stands_before_the_note() -> None:
    company = snapshot(person("a", monthly_cost=usd(5000)), person("b"))
    asked = limits(company, headcount=Limit(goal=3), payroll=Limit(goal=16_000, act=4_000))
    assert of(called("hr"), asked, "headcount").note == "goal 3"
    payroll = of(called("hr"), asked, "payroll")
    assert (payroll.note, payroll.status) == ("goal $16k; a month, 1 person", ACT)
    assert of(called("hr"), limits(snapshot(), time_to_hire=Limit(goal=30)), "time_to_hire").note == ""


def test_a_figure_without_a_value_has_no_status() -> None:
    asked = limits(snapshot(), time_to_hire=Limit(watch=-1, act=-1))
    assert of(called("hr"), asked, "time_to_hire").status is Status.NONE


def test_a_family_is_limited_as_one_unless_a_member_is_named() -> None:
    given = {"stage_<stage>": Limit(watch=-1), "stage_screen": Limit(goal=4)}
    company = replace(snapshot(), limits=given)
    assert of(called("hr"), company, "stage_applied").status is WATCH
    assert of(called("hr"), company, "stage_screen").status is OK


def test_rules_follow_a_limit_that_says_what_a_setting_says() -> None:
    away = snapshot(person("a"), person("b"), absence("x", "a", back(0), back(-3)))
    (alert,) = called("hr").analyse(limits(away, absence_rate=Limit(watch=0.1))).alerts
    assert alert.detail.startswith("limit 10%")
    load = [issue(f"i{n}", assignee="Pia") for n in range(3)]
    (alert,) = called("ops").analyse(limits(snapshot(*load), wip=Limit(watch=2))).alerts
    assert (alert.title, alert.detail) == ("3.0 started issues per person", "limit 2")


def test_every_twin_changes_its_own_setting_and_no_other() -> None:
    for (key, part), changed in TWINS.items():
        assert key in CATALOGUE and part in ("goal", "watch", "act")
        policy = changed(Policy(), 77.0)
        assert policy == under(Policy(), {key: Limit(**{part: 77.0})})
        (name,) = differing(policy)
        assert getattr(policy, name) == 77 and type(getattr(policy, name)) in (int, float)
        assert isinstance(getattr(policy, name), int) is isinstance(getattr(Policy(), name), int)


def differing(policy: Policy) -> Iterator[str]:
    return (name for name in Policy.__slots__ if getattr(policy, name) != getattr(Policy(), name))


@pytest.mark.parametrize("bound", [-1e12, 1e12])
@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
def test_no_limit_breaks_an_agent(agent: Agent, bound: float) -> None:
    """Everything is ACT, or nothing is; rules that go by a status must stand both, whatever there is."""
    given = {key: Limit(bound, bound, bound) for key in CATALOGUE}
    for records in (COMPANY, ()):
        report = agent.analyse(replace(snapshot(*records), limits=given))
        assert report.error is None
