"""What becomes a decision: merged by customer and matter, with own tasks, without what was put off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.briefing import Decision
from agents.ceo import brief
from agents.figures import clip
from agents.report import Recommendation
from agents.snapshot import Snapshot
from tests.agents.build import AS_OF, ago, company, role, snapshot, task, usd
from tests.agents.ceo.desk import NAMES, in_days, metric, recommendation, saying

RENEWAL = recommendation(
    "R1", "success", impact=usd(48_000), due_on=in_days(6), account="northwind.com", evidence=("a", "b")
)
DISCOUNT = recommendation(
    "R2",
    "sales",
    title="Approve the discount",
    impact=usd(9_000),
    due_on=in_days(2),
    minutes=25,
    demand=80,
    account="northwind.com",
    evidence=("b", "c"),
)
OTHER = recommendation("R3", "finance", account="initech.com")


def ids(company: Snapshot, *made: Recommendation) -> list[str]:
    return sorted(d.recommendation.id for d in brief(company, saying(*made)).decisions)


def first(company: Snapshot, *made: Recommendation) -> Decision:
    return brief(company, saying(*made)).decisions[0]


def test_what_several_agents_say_about_one_customer_is_one_decision() -> None:
    (one, other) = brief(snapshot(), saying(RENEWAL, DISCOUNT, OTHER)).decisions
    merged = one.recommendation
    assert (merged.id, merged.agents, merged.evidence) == ("R1", ("success", "sales"), ("a", "b", "c"))
    assert (merged.impact, merged.due_on, merged.minutes) == (usd(48_000), in_days(2), 25)
    assert (merged.why, merged.related) == ("because of R1", ("Approve the discount",))
    assert (other.recommendation.agents, other.recommendation.related) == (("finance",), ())


LONG = "Northwind Trading and Shipping Company of the North"


@pytest.mark.parametrize(
    ("name", "title", "related"),
    [
        ("Northwind", "Northwind: fix severe tickets", ("Fix severe tickets",)),
        ("Northwind", "Northwind cancels: win back or let go", ("Cancels: win back or let go",)),
        ("Northwind", "Chase Northwind: $3.5k overdue", ("Chase Northwind: $3.5k overdue",)),
        ("North", "Northwind: fix severe tickets", ("Northwind: fix severe tickets",)),
        ("Northwind", "Northwind: ", ("Northwind: ",)),
        (LONG, f"{clip(LONG, 24)}: fix severe tickets", ("Fix severe tickets",)),
        (LONG, f"{clip('Another ' + LONG, 24)}: fix it", (f"{clip('Another ' + LONG, 24)}: fix it",)),
        ("Northwind", "Renew the contract", ()),  # the lead's own title says no more than it does
    ],
)
def test_what_is_related_does_not_repeat_the_customer(
    name: str, title: str, related: tuple[str, ...]
) -> None:
    known = snapshot(company("c1", "northwind.com", name))
    lead = recommendation("R1", title="Renew the contract", impact=usd(9), account="northwind.com")
    second = recommendation("R2", "ops", title=title, account="northwind.com")
    third = recommendation("R3", "success", title=title, account="northwind.com")
    assert first(known, lead, second, third).recommendation.related == related


def test_two_agents_asking_for_the_same_without_a_customer_are_one_decision() -> None:
    hire, backfill = (
        recommendation("R1", "hr", rule="overload", impact=usd(1)),
        recommendation("R2", "ops", rule="overload"),
    )
    assert first(snapshot(), hire, backfill).recommendation.agents == ("hr", "ops")


def test_one_agent_s_findings_about_different_things_stay_apart() -> None:
    assert ids(
        snapshot(),
        recommendation("R1", "hr", rule="offers_expiring"),
        recommendation("R2", "hr", rule="offers_expiring"),
    ) == ["R1", "R2"]


def test_own_tasks_compete_until_they_are_done() -> None:
    tasks = (
        task("T1", "Board letter", impact=usd(5), minutes=45, created_at=ago(days=3)),
        task("T2", done=True),
        task("T3", created_at=AS_OF),
    )
    made = {d.recommendation.id: d.recommendation for d in brief(snapshot(tasks=tasks), saying()).decisions}
    assert sorted(made) == ["T1", "T3"]
    assert (made["T1"].title, made["T1"].minutes, made["T1"].agents) == ("Board letter", 45, ("you",))
    assert (made["T1"].why, made["T3"].why) == ("your own task, set 3 days ago", "your own task, set today")


def test_what_is_put_off_is_left_out() -> None:
    company = snapshot(muted=frozenset({"R3", "T1"}), tasks=(task("T1"),))
    assert ids(company, RENEWAL, OTHER) == ["R1"]


def test_putting_off_a_merged_decision_puts_off_all_of_it_until_something_weightier_comes() -> None:
    company = snapshot(muted=frozenset({"R1"}))
    assert ids(company, RENEWAL, DISCOUNT) == []
    worse = recommendation("R8", "ops", impact=usd(99_000), account="northwind.com")
    assert ids(company, RENEWAL, DISCOUNT, worse) == ["R8"]


def test_putting_off_a_part_leaves_the_decision() -> None:
    assert ids(snapshot(muted=frozenset({"R2"})), RENEWAL, DISCOUNT) == ["R1"]


OVERLOAD = {"ops": [metric("utilisation", 0.97)], "hr": [metric("open_roles", 3)]}


def test_a_grave_risk_that_no_agent_covers_becomes_a_decision_of_its_own() -> None:
    (decision,) = brief(snapshot(role("r1")), saying(**OVERLOAD)).decisions
    assert decision.recommendation.rule == "overload_with_open_roles"
    assert decision.recommendation.agents == ("hr", "ops")
    assert decision.command == f"agentos show {decision.recommendation.id}"


def test_a_grave_risk_that_an_agent_covers_joins_that_agent_s_advice() -> None:
    advice = recommendation("R1", "ops", rule="lighten_load", title="Drop a project")
    (decision,) = brief(snapshot(role("r1")), saying(advice, **OVERLOAD)).decisions
    assert (decision.recommendation.id, decision.recommendation.title) == ("R1", "Drop a project")
    assert decision.recommendation.agents == ("ops", "hr")
    assert decision.recommendation.why == "because of R1"
    assert decision.recommendation.related == ("Take work off the team until the roles are filled",)


def test_a_grave_risk_that_is_put_off_asks_for_nothing() -> None:
    (risk,) = brief(snapshot(role("r1")), saying(**OVERLOAD)).risks
    quiet = brief(snapshot(role("r1"), muted=frozenset({risk.id})), saying(**OVERLOAD))
    assert (quiet.risks, quiet.decisions) == ((), ())


ADVICE = st.builds(
    lambda n, agent, account, impact, due: recommendation(
        f"R{n}",
        agent,
        rule=f"rule_{n % 3}",
        account=account,
        impact=None if impact is None else usd(impact),
        due_on=None if due is None else in_days(due),
        evidence=(f"files:deal:{n}",),
    ),
    st.integers(0, 999),
    st.sampled_from(NAMES),
    st.sampled_from([None, "northwind.com", "initech.com"]),
    st.none() | st.integers(0, 10**6),
    st.none() | st.integers(-5, 60),
)


@given(st.lists(ADVICE, max_size=12, unique_by=lambda item: item.id))
def test_nothing_is_lost_doubled_or_out_of_order_by_merging(made: list[Recommendation]) -> None:
    decisions = brief(snapshot(), saying(*made)).decisions
    kept = [ref for d in decisions for ref in d.recommendation.evidence]
    assert sorted(kept) == sorted(ref for item in made for ref in item.evidence)
    accounts = [d.recommendation.account for d in decisions if d.recommendation.account]
    assert len(accounts) == len(set(accounts))
    scores = [d.score for d in decisions]
    assert scores == sorted(scores, reverse=True)
    assert [d.rank for d in decisions] == list(range(1, len(decisions) + 1))
    assert all(0 <= f.value <= 100 and f.why for d in decisions for f in d.factors)
    shuffled = brief(snapshot(), saying(*reversed(made))).decisions
    assert [d.recommendation.id for d in shuffled] == [d.recommendation.id for d in decisions]
