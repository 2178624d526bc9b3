"""Customers are followed from the month in which they first paid."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from agents.finance import AGENT
from agents.finance.cohorts import Cohort, Cohorts, cohorts
from agents.finance.ledger import Ledger
from agents.nouns import Noun
from agents.report import Metric
from tests.agents import build
from tests.agents.build import usd

JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


def noon(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def retention(months: int, *records: Noun, as_of: datetime = build.AS_OF) -> Metric:
    return build.figure(AGENT.analyse(build.snapshot(*records, as_of=as_of)), f"retention_{months}m")


def test_the_table_follows_every_start_month() -> None:
    started = {"a": JAN, "b": JAN, "c": FEB, "later": date(2026, 4, 1)}
    months = [(JAN, {"a": 100, "b": 50}), (FEB, {"a": 120, "c": 10}), (MAR, {"b": 50, "c": 10, "later": 5})]
    assert cohorts(started, months) == (
        Cohort(JAN, 2, (2, 1, 1), (150, 120, 50)),
        Cohort(FEB, 1, (1, 1), (10, 10)),
    )
    assert cohorts({}, []) == cohorts(started, []) == ()


def test_a_start_month_without_customers_has_no_row_and_whoever_left_within_theirs_has() -> None:
    months = [(JAN, {"a": 1}), (FEB, {}), (MAR, {})]
    assert [one.start for one in cohorts({"a": JAN, "brief": MAR}, months)] == [JAN, MAR]
    assert cohorts({"brief": JAN}, months) == (Cohort(JAN, 1, (0, 0, 0), (0, 0, 0)),)


def test_retention_is_over_every_start_month_that_is_old_enough() -> None:
    records = [
        build.subscription("a", valid_from=noon(8, 5)),
        build.subscription("b", valid_from=noon(8, 9), valid_to=noon(9, 20)),
        build.subscription("c", valid_from=noon(9, 9), valid_to=noon(10, 30)),
        build.subscription("young", valid_from=noon(10, 9), valid_to=noon(11, 1)),
    ]
    after_one, after_three = retention(1, *records), retention(3, *records)
    assert (after_one.value, after_one.note) == (1 / 3, "1 of 3")
    assert after_three.absent == "n/a: nobody started 3 full months ago"
    assert retention(3, *records, as_of=noon(12, 1)).note == "1 of 2"
    assert after_one.previous == 1 / 3
    assert after_one.series[0] == 1 / 2  # in mid-October only August was old enough


def test_a_month_ends_at_midnight_where_the_company_is() -> None:
    """Someone who leaves at 23:30 of the last of September in Tokyo does not pay at its end."""
    tokyo = ZoneInfo("Asia/Tokyo")
    leaving = datetime(2026, 9, 30, 23, 30, tzinfo=tokyo)
    first = datetime(2026, 8, 1, 0, 30, tzinfo=tokyo)  # still July in UTC
    kept = build.subscription("a", valid_from=first, valid_to=leaving)
    for zone, said in ((tokyo, (1, 0, 0)), (ZoneInfo("UTC"), (1, 1, 0, 0))):
        (row,) = Cohorts(Ledger(build.snapshot(kept, zone=zone))).table()
        assert (row.start, row.customers) == (date(2026, 8 if zone is tokyo else 7, 1), said)


def test_a_customer_in_a_currency_without_a_rate_still_counts_as_kept() -> None:
    """Whoever pays is kept, whatever they pay with; only the money cannot be summed."""
    found = Cohorts(
        Ledger(
            build.snapshot(
                build.subscription("a", 30, currency="CHF", valid_from=noon(9, 9)),
                build.subscription("b", 10, valid_from=noon(9, 9)),
            )
        )
    )
    (row,) = found.table()
    assert (row.customers, row.mrr) == ((2, 2), (1000, 1000))


def test_whoever_came_back_by_then_is_kept_and_stays_in_their_first_month() -> None:
    records = [
        build.subscription("a1", 10, account="a.com", valid_from=noon(8, 5), valid_to=noon(8, 20)),
        build.subscription("a2", 30, account="a.com", valid_from=noon(9, 5)),
    ]
    (row,) = Cohorts(Ledger(build.snapshot(*records))).table()
    assert row == Cohort(date(2026, 8, 1), 1, (0, 1, 1), (0, usd(30).amount, usd(30).amount))
    found = retention(1, *records)
    assert found.value == 1.0
    assert found.evidence == ("stripe:subscription:a2", "stripe:subscription:a1")


def test_nobody_ever_paid() -> None:
    assert retention(1).absent == "n/a: nobody started 1 full month ago"
    free = build.subscription("f", discounts=(build.discount(percent=100),))
    assert Cohorts(Ledger(build.snapshot(free))).table() == ()
