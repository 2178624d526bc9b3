"""How well a customer is: each part by itself, what is not known left out, and who is unwell."""

from __future__ import annotations

import pytest

from agents.nouns import Invoice, Noun, Payment, Ticket, UsageDay
from agents.policy import HealthWeights, Policy
from agents.success import analyse
from agents.success.vitals import Health, health
from tests.agents import build
from tests.agents.build import ago, back

SEATS = (build.item(100, quantity=10),)


def of(*records: Noun, policy: Policy = build.POLICY, missing: tuple[type[Noun], ...] = ()) -> Health:
    company = build.snapshot(
        build.subscription("s", account="a.com", items=SEATS),
        *records,
        policy=policy,
        sources=build.sources(missing=missing),
    )
    found = health(company, "a.com")
    assert found is not None
    return found


def used(before: int, now: int, users: int = 10) -> list[Noun]:
    return [
        build.usage_day("a.com", back(d), now if d <= 28 else before, active_users=users)
        for d in range(1, 57)
    ]


def test_of_whom_nothing_is_open_two_parts_are_known() -> None:
    found = of()
    assert (found.value, found.reasons) == (100, ())
    assert [(part.name, part.weight) for part in found.parts] == [("tickets", 0.5), ("payment", 0.5)]
    assert found.unknown == ("usage", "nps", "seats", "contact")


@pytest.mark.parametrize(
    ("name", "records", "value", "why"),
    [
        ("usage", used(100, 120), 100, "usage +20%"),
        ("usage", used(100, 70), 50, "usage -30%"),
        ("usage", used(100, 20), 0, "usage -80%"),
        ("tickets", [build.ticket("t", account="a.com", severity=3)], 90, "1 ticket open"),
        ("tickets", [build.ticket("t", account="a.com", severity=1)], 60, "1 severe ticket"),
        (
            "tickets",
            [build.ticket(f"t{n}", account="a.com", severity=2) for n in range(3)],
            0,
            "3 severe tickets",
        ),
        ("tickets", [build.ticket("t", account="b.com", severity=1)], 100, "no ticket open"),
        ("payment", [build.invoice("i", account="a.com", due_at=ago(10))], 50, "overdue for 10 days"),
        ("payment", [build.invoice("i", account="a.com", due_at=ago(31))], 0, "overdue for 31 days"),
        ("payment", [build.payment("p", account="a.com", status="failed")], 0, "payment failed"),
        ("nps", [build.survey_answer("n", 7, account="a.com")], 70, "NPS answer 7"),
        ("seats", used(100, 100, users=4), 40, "4 of 10 seats used"),
        ("seats", used(100, 100, users=12), 100, "12 of 10 seats used"),
        (
            "contact",
            [build.ticket("t", account="a.com", created_at=ago(105))],
            50,
            "last heard of 105 days ago",
        ),
        (
            "contact",
            [build.survey_answer("n", 7, account="a.com", answered_on=back(200))],
            0,
            "last heard of 200 days ago",
        ),
    ],
)
def test_each_part_has_its_points_and_its_reason(
    name: str, records: list[Noun], value: float, why: str
) -> None:
    (part,) = [part for part in of(*records).parts if part.name == name]
    assert part.value == pytest.approx(value)
    assert part.why == why


def test_all_that_is_known_is_weighed() -> None:
    found = of(
        *used(100, 70, users=5),
        build.ticket("t", account="a.com", severity=1),
        build.survey_answer("n", 2, account="a.com"),
    )
    assert found.unknown == ()
    assert [part.weight for part in found.parts] == pytest.approx([0.30, 0.20, 0.20, 0.10, 0.10, 0.10])
    assert found.value == pytest.approx(0.3 * 50 + 0.2 * 60 + 0.2 * 100 + 0.1 * 20 + 0.1 * 50 + 0.1 * 100)
    assert found.reasons == ("usage -30%", "1 severe ticket", "NPS answer 2", "5 of 10 seats used")
    assert found.formula.terms[0].adds_up() and float(found.formula.value or 0) == pytest.approx(found.value)
    assert all(part.refs for part in found.formula.terms[0].parts())


def test_weights_are_a_setting() -> None:
    only = Policy(health=HealthWeights(0, 0, 0, 1, 0, 0))
    assert of(build.survey_answer("n", 3, account="a.com"), policy=only).value == pytest.approx(30)


def test_what_was_never_read_is_not_known() -> None:
    assert of(missing=(Ticket,)).unknown == ("usage", "tickets", "nps", "seats", "contact")
    company = build.snapshot(
        build.subscription("s", account="a.com"),
        sources=build.sources(missing=(Ticket, Payment, Invoice, UsageDay)),
    )
    assert health(company, "a.com") is None
    assert health(build.snapshot(), "a.com") is None


def test_one_seat_is_a_flat_price() -> None:
    company = build.snapshot(build.subscription("s", account="a.com"), *used(100, 100))
    found = health(company, "a.com")
    assert found is not None and "seats" in found.unknown


def test_who_is_unwell_is_counted_now_and_a_week_ago() -> None:
    records = (
        build.subscription("s", account="a.com"),
        build.subscription("w", account="well.com"),
        build.subscription("g", account="gone.com", valid_to=ago(20)),
        *[
            build.ticket(f"t{n}", account=who, severity=1, created_at=ago(3))
            for n, who in enumerate(["a.com", "gone.com"] * 3)
        ],
        build.payment("p", account="a.com", status="failed"),
        build.ticket("mild", account="well.com", severity=4),
    )
    found = build.figure(analyse(build.snapshot(*records)), "health_low")
    assert (found.value, found.previous, found.note) == (1, 0, "below 50")
    assert found.formula is not None
    (part,) = found.formula.terms[0].parts()
    assert (part.about, part.note) == (
        "a.com",
        "health 20, 3 severe tickets, payment failed",
    )
    assert {"stripe:subscription:s", "hubspot:ticket:t0", "stripe:payment:p"} <= set(part.refs)
