"""The demo company on earlier days: one company that grows older, not another one each day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentos_cli.demo.company.marks import stamp
from agentos_cli.demo.company.signals import USAGE_DAYS
from agentos_cli.demo.company.staff import staff_then
from agentos_cli.demo.company.world import REACH, World, build_world
from agentos_cli.demo.files import HEADERS, exported_at, tables, write_files
from agentos_cli.demo.stripe.rows import collections
from tests.demo.conftest import AS_OF

DAY = timedelta(days=1)
Fact = tuple[object, ...]
STORY = build_world(AS_OF)
SMALL = build_world(AS_OF, customers=14, deals=6, projects=4, team=6)

PAST_DAYS = {
    "bank": "date", "balances": "date", "expenses": "date", "fx": "date", "marketing": "date",
    "content": "published_on", "team": "started_on left_on", "nps": "answered_on", "usage": "date",
    "candidates": "applied_on stage_since", "offers": "sent_on decided_on", "roles": "opened_on filled_on",
}  # fmt: skip
FIXED = (
    "createdAt", "name", "number", "title", "priority", "estimate", "slaBreachesAt", "dueDate", "targetDate",
    "startsAt", "endsAt", "identifier",
)  # fmt: skip
INSTANTS = st.integers(0, int(REACH.total_seconds()) - 1).map(lambda back: AS_OF - timedelta(seconds=back))


def shapes(world: World, name: str) -> list[dict[str, Any]]:
    """What the world's Stripe would list."""
    return [row.shape() for row in collections(world)[name]]


def stripe_facts(world: World) -> Iterator[Fact]:
    """What Stripe never takes back."""
    for name, fields in (
        ("customers", "name email created"),
        ("subscriptions", "customer currency start_date created"),
        ("invoices", "customer total subtotal created due_date billing_reason"),
        ("charges", "amount created status failure_code"),
        ("refunds", "amount created charge"),
        ("payouts", "amount created arrival_date"),
        ("balance_transactions", "amount fee net created source"),
    ):
        for shape in shapes(world, name):
            yield (name, shape["id"], *(shape[field] for field in fields.split()))
            if name == "invoices":
                lines = [(line["id"], line["amount"], line["quantity"]) for line in shape["lines"]["data"]]
                yield ("lines", shape["id"], *lines)
            if shape.get("status") == "paid" and name == "invoices":
                yield ("paid", shape["id"], shape["status_transitions"]["paid_at"], shape["number"])
            if name == "subscriptions" and shape["canceled_at"]:
                yield ("leaves", shape["id"], shape["canceled_at"], shape["cancel_at"])


def crm_facts(world: World) -> Iterator[Fact]:
    """What the CRM never forgets: the objects, and every value that a property had."""
    for kind, entities in world.crm.objects.items():
        for entity in entities:
            yield (kind, entity.id, entity.created_at, entity.props.get("dealname"))
            for name, way in entity.history.items():
                yield from ((kind, entity.id, name, n, step) for n, step in enumerate(way))
            if entity.props.get("closed_date"):
                yield (kind, entity.id, "closed", entity.props["closed_date"])


def tracker_facts(world: World) -> Iterator[Fact]:
    """What the issue tracker never forgets."""
    for name in ("users", "projects", "cycles", "issues"):
        for node in world.tracker.nodes[name]:
            yield (name, node["id"], *(node.get(field) for field in FIXED))
            for field in ("startedAt", "completedAt", "canceledAt"):
                if node.get(field):
                    yield (name, node["id"], field, node[field])
    for issue in world.tracker.nodes["issues"]:
        for step in issue["history"]:
            if step["toState"]:
                yield ("move", issue["id"], step["createdAt"], step["toState"]["name"])


def file_facts(world: World, usage_since: date) -> Iterator[Fact]:
    """The rows that no later export lacks. Of usage only so many days are ever exported."""
    rows = {name: [tuple(row) for row in found] for name, found in tables(world).items()}
    for name in ("bank", "balances", "expenses", "fx", "marketing", "nps", "absence"):
        yield from ((name, *row) for row in rows[name])
    yield from (("usage", *row) for row in rows["usage"] if row[0] >= usage_since)  # type: ignore[operator]
    for name, fixed in (("team", 5), ("roles", 5), ("content", 3)):
        yield from ((name, *row[:fixed]) for row in rows[name])
    yield from (("candidate", row[0], row[1], row[2], row[4]) for row in rows["candidates"])
    yield from (("offer", *row[:5]) for row in rows["offers"])
    yield from (("decided", row[0], row[5], row[6]) for row in rows["offers"] if row[6])
    yield from (("filled", row[0], row[7]) for row in rows["roles"] if row[7])


def facts(world: World, usage_since: date) -> set[Fact]:
    """All that a company can never unsay."""
    return {
        *stripe_facts(world), *crm_facts(world), *tracker_facts(world), *file_facts(world, usage_since)
    }  # fmt: skip


@given(INSTANTS, INSTANTS)
@settings(max_examples=20, deadline=None)
def test_what_was_once_seen_is_never_unsaid(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    since = later.date() - timedelta(days=USAGE_DAYS)
    lost = facts(SMALL.seen(earlier), since) - facts(SMALL.seen(later), since)
    assert not lost, sorted(map(str, lost))[:5]


@given(INSTANTS)
@settings(max_examples=20, deadline=None)
def test_nothing_is_seen_before_it_happens(moment: datetime) -> None:
    world = SMALL.seen(moment)
    now, today = moment.timestamp(), moment.date()
    for name, rows in collections(world).items():
        assert all(row.created <= now for row in rows), name
    for shape in shapes(world, "invoices"):
        assert (shape["status_transitions"]["paid_at"] or 0) <= now
        assert shape["status"] == "paid" or not shape["amount_paid"]
    for shape in shapes(world, "subscriptions"):
        assert max(shape["canceled_at"] or 0, shape["ended_at"] or 0) <= now
    for entities in world.crm.objects.values():
        for entity in entities:
            assert entity.created_at <= entity.updated_at <= moment
            assert all(since <= moment for way in entity.history.values() for _, since in way)
            past = ("closed_date", "first_agent_reply_date", "hs_v2_date_entered_customer")
            assert all((entity.props.get(name) or "") <= stamp(moment) for name in past)
    for nodes in world.tracker.nodes.values():
        for node in nodes:
            for name in (
                "createdAt",
                "updatedAt",
                "startedAt",
                "completedAt",
                "canceledAt",
                "healthUpdatedAt",
            ):
                assert (node.get(name) or "") <= stamp(moment), (node["id"], name)
    for name, found in tables(world).items():
        places = [HEADERS[name].split(",").index(column) for column in PAST_DAYS.get(name, "").split()]
        days = [row[place] for row in found for place in places]
        assert all(day is None or day <= today for day in days), name  # type: ignore[operator]


def test_seen_at_its_own_instant_it_is_the_company_itself(tmp_path: Path) -> None:
    again = STORY.seen(AS_OF)
    same = again == STORY  # outside of the assertions: a company's repr is long
    assert same
    same = served(again, tmp_path / "again") == served(STORY, tmp_path / "story")
    assert same
    same = STORY.seen(AS_OF - 30 * DAY).seen(AS_OF - 40 * DAY) == STORY.seen(AS_OF - 40 * DAY)
    assert same


def served(world: World, folder: Path) -> list[str]:
    """All that connectors read: the files with their age, and everything that the vendors know."""
    write_files(world, folder)
    found = [f"{path.stat().st_mtime} {path.read_text()}" for path in sorted(folder.iterdir())]
    found += [str(shapes(world, name)) for name in collections(world)]
    found += [str(flat(node)) for nodes in world.tracker.nodes.values() for node in nodes]
    return [*found, str(world.crm)]


def flat(node: dict[str, Any]) -> dict[str, Any]:
    """A node of the tracker with the ids of its neighbours in their place."""
    return {
        name: [each["id"] for each in value]
        if isinstance(value, list) and value and isinstance(value[0], dict)
        else value["id"]
        if isinstance(value, dict)
        else value
        for name, value in node.items()
    }


def test_a_naive_a_later_or_a_far_earlier_instant_is_refused() -> None:
    for moment in (AS_OF + DAY, AS_OF - REACH - DAY):
        with pytest.raises(ValueError, match="can be seen"):
            STORY.seen(moment)
    with pytest.raises(ValueError, match="aware"):
        STORY.seen(AS_OF.replace(tzinfo=None))


# ── it grows older as a company does ─────────────────────────────────────────────────────────────


def state_of(role: str, moment: datetime) -> dict[str, Any]:
    """The subscription of the customer with this part in the story."""
    world = STORY.seen(moment)
    email = next(account.email for account in world.accounts if account.role == role)
    customer = next(shape["id"] for shape in shapes(world, "customers") if shape["email"] == email)
    return next(shape for shape in shapes(world, "subscriptions") if shape["customer"] == customer)


def test_who_leaves_is_not_known_before_they_say_so() -> None:
    before, after = state_of("leaving", AS_OF - 12 * DAY), state_of("leaving", AS_OF - 8 * DAY)
    assert (before["cancel_at"], before["cancel_at_period_end"], before["canceled_at"]) == (None, False, None)
    assert after["cancel_at_period_end"] and after["cancel_at"] and after["status"] == "active"


def test_a_bill_is_late_only_once_it_is() -> None:
    states = [
        state_of(role, AS_OF - back * DAY)["status"]
        for role in ("past_due", "overdue")
        for back in (0, 5, 30)
    ]
    assert states == ["past_due", "active", "active", "past_due", "past_due", "active"]


def test_who_left_was_a_customer_before() -> None:
    left = next(
        account for account in STORY.accounts if account.ended_at and account.ended_at > AS_OF - 45 * DAY
    )
    assert left.ended_at is not None
    then = next(a for a in STORY.seen(left.ended_at - DAY).accounts if a.number == left.number)
    assert then.paying and then.leaves_at == left.ended_at
    earlier = next(a for a in STORY.seen(left.ended_at - 22 * DAY).accounts if a.number == left.number)
    assert earlier.paying and earlier.leaves_at is None


def test_the_bank_is_exported_once_a_week() -> None:
    ages = [
        (world.as_of - exported_at(world, "bank")).days
        for world in (STORY.seen(AS_OF - n * DAY) for n in range(9))
    ]
    assert ages == [3, 2, 1, 0, 6, 5, 4, 3, 2]


def test_projects_come_along_and_get_into_trouble() -> None:
    told = {}
    for back in (65, 50, 30, 11, 0):
        projects = STORY.seen(AS_OF - back * DAY).tracker.nodes["projects"]
        found = next(p for p in projects if p["name"] == "Reporting rebuild")
        told[back] = (found["status"]["type"], found["health"], found["progress"])
    assert [state for state, _, _ in told.values()] == ["planned", "started", "started", "started", "started"]
    assert [health for _, health, _ in told.values()] == [None, "onTrack", "onTrack", "atRisk", "offTrack"]
    progress = [done for _, _, done in told.values()]
    assert progress == sorted(progress) and progress[0] == 0 < progress[-1]


def test_a_deal_stood_where_its_history_says() -> None:
    won = next(
        d
        for d in STORY.crm.objects["deals"]
        if d.props["dealstage"] == "closedwon" and d.updated_at > AS_OF - 60 * DAY
    )
    way = won.history["dealstage"]
    for (stage, since), (_, until) in pairwise(way):
        middle = since + (until - since) / 2
        then = next(d for d in STORY.seen(middle).crm.objects["deals"] if d.id == won.id)
        assert (then.props["dealstage"], then.props["hs_is_closed"]) == (stage, "false")
        assert then.updated_at <= middle


def test_hiring_went_step_by_step() -> None:
    hired = next(
        c for c in STORY.staff.applicants if c.stage == "hired" and c.stage_since > AS_OF.date() - 100 * DAY
    )
    days = [hired.applied_on + n * DAY for n in range((hired.stage_since - hired.applied_on).days + 1)]
    stages = [
        next(c.stage for c in staff_then(STORY.staff, day).applicants if c.id == hired.id) for day in days
    ]
    assert list(dict.fromkeys(stages)) == ["applied", "screen", "interview", "final", "offer", "hired"]
    joined = next(m for m in STORY.staff.members if m.name == hired.name)
    assert joined.id not in {m.id for m in staff_then(STORY.staff, hired.stage_since).members}
