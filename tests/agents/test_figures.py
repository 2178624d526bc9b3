"""A metric's value, past and status come from one definition; findings keep their ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agents.figures import Figure, Finding, above, below, by_key, clip, metric, number, weekly, worth
from agents.formula import added
from agents.money import Money
from agents.nouns import Invoice, Payment
from agents.report import Definition, Good, Metric, Status
from agents.snapshot import Age, Snapshot
from agents.unit import Unit
from tests.agents import build
from tests.agents.build import AS_OF, TODAY, back, usd


def test_the_weeks_keep_the_wall_time_across_a_clock_change() -> None:
    instants = weekly(build.snapshot())
    assert instants[-1] == AS_OF
    assert [i.astimezone(build.NEW_YORK).hour for i in instants] == [7] * 7
    assert instants[0] == datetime(2026, 10, 12, 11, tzinfo=UTC)  # still summer time


DEFINED = by_key(
    Definition("days", "Days ahead", Unit.DAYS, Good.DOWN, "none", "Days.", "now - then", (), "agentos"),
    Definition("days_<span>", "Days of <span>", Unit.COUNT, Good.UP, "none", "Days.", "n", (), "agentos"),
)


def days_ahead(snapshot: Snapshot, at: datetime) -> Figure:
    """How many days `at` lies after the oldest point; the oldest itself is not known."""
    days = (at - weekly(snapshot)[0]).days
    if not days:
        return Figure(None, absent="n/a: too early")
    invoice = build.invoice(f"d{days}", usd(1))
    return number(added("days", [(invoice, days)], Unit.DAYS), "a note")


def shown(snapshot: Snapshot) -> Metric:
    return metric(
        snapshot,
        DEFINED,
        "days",
        lambda at: days_ahead(snapshot, at),
        reads=(Invoice, Payment),
        grade=above(30, 40),
    )


def test_title_unit_and_direction_come_from_the_definition_of_the_key() -> None:
    found = shown(build.snapshot())
    assert (found.title, found.unit, found.good) == ("Days ahead", Unit.DAYS, Good.DOWN)
    of_a_week = metric(
        build.snapshot(), DEFINED, "days_of_week", lambda at: Figure(1), reads=(Invoice,), word=r"\1 week"
    )
    assert (of_a_week.title, of_a_week.unit) == (r"Days of \1 week", Unit.COUNT)


def test_a_figure_without_a_definition_is_not_shown() -> None:
    with pytest.raises(KeyError, match="no definition of hours"):
        metric(build.snapshot(), DEFINED, "hours", lambda at: Figure(1), reads=(Invoice,))


def test_a_metric_with_its_past() -> None:
    found = shown(build.snapshot())
    assert found.series == (None, 7, 14, 21, 28, 35, 42)
    assert (found.value, found.previous, found.status) == (42, 35, Status.ACT)
    assert (found.evidence, found.note, found.absent) == (("stripe:invoice:d42",), "a note", None)


def test_one_missing_noun_is_no_data() -> None:
    found = shown(build.snapshot(sources=build.sources(missing=[Payment])))
    assert (found.value, found.absent, found.status) == (None, "no data", Status.NONE)
    assert (found.series, found.freshness.age) == ((), Age.MISSING)


def test_one_stale_noun_keeps_the_figure_and_says_so() -> None:
    found = shown(build.snapshot(sources=build.sources(stale=[Payment])))
    assert (found.value, found.freshness.age, found.freshness.problem) == (42, Age.STALE, "key expired")


def test_a_value_that_is_not_there_has_no_status() -> None:
    snapshot = build.snapshot()
    none = Figure(None, absent="n/a: none")
    found = metric(snapshot, DEFINED, "days", lambda _: none, reads=(), grade=above(0, 0))
    assert (found.status, found.absent) == (Status.NONE, "no data")  # nothing is read: nothing is known
    known = metric(snapshot, DEFINED, "days", lambda _: none, reads=(Invoice,), grade=above(0, 0))
    assert (known.status, known.absent) == (Status.NONE, "n/a: none")


@pytest.mark.parametrize(
    ("value", "high", "low"),
    [
        (1, Status.OK, Status.ACT),
        (2, Status.OK, Status.WATCH),
        (3, Status.WATCH, Status.OK),
        (5, Status.ACT, Status.OK),
    ],
)
def test_a_limit_itself_is_still_within(value: int, high: Status, low: Status) -> None:
    assert above(2, 4)(value) is high
    assert below(3, 2)(value) is low
    assert above(2, 4)(Money(value, "USD")) is high


def test_converting_says_what_is_left_out() -> None:
    snapshot = build.snapshot(build.fx_rate("EUR", "1.1"))
    amounts = [usd(1), Money.of(10, "EUR"), Money.of(1, "CHF"), Money.of(1, "CHF"), Money.of(1, "NOK")]
    pairs = [(build.bank_transaction(f"t{n}", money), money) for n, money in enumerate(amounts)]
    sum_, left = worth(snapshot, "all", pairs, TODAY)
    assert (sum_.money(), left) == (usd(12), "not converted: 3 items (CHF, NOK)")
    assert [one.refs[0][-2:] for one in sum_.terms[0].left_out()] == ["t2", "t3", "t4"]
    sum_, left = worth(snapshot, "all", pairs[:1], back(900))
    assert (sum_.money(), left) == (usd(1), None)


def test_a_finding_has_one_id_for_its_subject() -> None:
    def finding(account: str | None, subject: str = "", days: int = 0) -> Finding:
        snapshot = build.snapshot(as_of=AS_OF + timedelta(days=days))
        return Finding(snapshot, "finance", "overdue", (Invoice,), ("ref",), account, subject)

    def name(found: Finding) -> str:
        return found.alert(Status.ACT, "title", "detail", 1, Unit.COUNT).id

    assert name(finding("a.com")) == name(finding("a.com", days=1))
    assert len({name(finding("a.com")), name(finding("b.com")), name(finding("a.com", "x"))}) == 3
    advice = finding("a.com").recommend(
        "title", "why", impact=None, due_on=None, minutes=5, demand=5, tags=()
    )
    assert (advice.id[0], name(finding("a.com"))[0], advice.account) == ("R", "A", "a.com")


def test_clipping_keeps_the_width() -> None:
    assert clip("short", 5) == "short"
    assert clip("a longer name", 9) == "a longer…"
    assert len(clip("x" * 99, 30)) == 30
