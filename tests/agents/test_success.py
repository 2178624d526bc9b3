"""Success tells how customers fare, who may leave and why, and what renews."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from agents import promoters
from agents.nouns import Noun, Payment, SurveyAnswer, Ticket, UsageDay
from agents.policy import Policy
from agents.report import Alert, Metric, Recommendation, Report, Status
from agents.snapshot import Age
from agents.success import AGENT, analyse, signals
from agents.success.churn import ChurnBook, ChurnRisk, monthly_base
from agents.success.renewals import renewals
from agents.success.tenure import base_rate
from tests.agents import build
from tests.agents.build import TODAY, ago, back, usd


def report(*records: Noun) -> Report:
    return analyse(build.snapshot(*records))


def figure(key: str, *records: Noun) -> Metric:
    found = report(*records).metric(key)
    assert found is not None
    return found


def alerts(rule: str, *records: Noun) -> list[Alert]:
    return [a for a in report(*records).alerts if a.rule == rule]


def recommendations(rule: str, *records: Noun) -> list[Recommendation]:
    return [r for r in report(*records).recommendations if r.rule == rule]


def used(account: str, before: int, now: int) -> list[UsageDay]:
    """So many events a day in the 28 days before the last 28, and in the last 28."""
    return [build.usage_day(account, back(d), now if d <= 28 else before) for d in range(1, 57)]


def risk(*records: Noun, account: str = "a.com") -> ChurnRisk:
    found = ChurnBook.of(build.snapshot(*records)).risk(account, build.AS_OF)
    assert found is not None
    return found


TROUBLED = (
    build.subscription("s", 1000, account="a.com"),
    build.company("1", "a.com", "Northwind"),
    build.ticket("t1", account="a.com", severity=1),
    build.ticket("t2", account="a.com", severity=2),
    build.ticket("t3", account="a.com", severity=2),
    build.survey_answer("n", 3, account="a.com"),
    *used("a.com", 100, 58),
)


# ── NPS ──────────────────────────────────────────────────────────────────────────────────────────


def answers(*scores: int) -> list[SurveyAnswer]:
    return [build.survey_answer(f"{n:03}", score) for n, score in enumerate(scores)]


def test_nps_of_a_hundred_answers() -> None:  # worked example 13
    found = figure("nps", *answers(*[9, 10] * 30, *[7, 8] * 12, 7, *[0, 3, 6] * 5))
    assert (found.value, found.note, found.status) == (45, "n=100, ±15", Status.OK)
    assert len(found.evidence) == 100


@pytest.mark.parametrize(
    ("scores", "value", "status"),
    [
        ((10, 6), 0, Status.WATCH),
        ((6,), -100, Status.ACT),
        ((9,), 100, Status.OK),
        ((9, 8, 8), 33, Status.OK),
    ],
)
def test_few_answers_are_said_to_be_few(scores: tuple[int, ...], value: int, status: Status) -> None:
    found = figure("nps", *answers(*scores))
    assert (found.value, found.status) == (value, status)
    assert found.note == f"n={len(scores)}, few answers"


def test_half_points_round_away_from_zero() -> None:
    assert promoters.nps(Counter({9: 1, 7: 199})) == promoters.Nps(1, 200, 1)
    assert promoters.nps(Counter({0: 1, 7: 199})) == promoters.Nps(-1, 200, 1)


def test_only_customers_of_the_last_ninety_days_are_heard() -> None:
    found = figure(
        "nps",
        build.survey_answer("a", 10, answered_on=back(89)),
        build.survey_answer("b", 0, answered_on=back(90)),
        build.survey_answer("c", 0, survey="enps"),
        build.survey_answer("d", 0, answered_on=back(-1)),
    )
    assert found.value == 100
    assert figure("nps").absent == "n/a: no answer in 90 days"


# ── tickets ──────────────────────────────────────────────────────────────────────────────────────


def test_open_and_severe_tickets_now_and_a_week_ago() -> None:
    records = (
        build.ticket("a", severity=1, created_at=ago(10)),
        build.ticket("b", severity=3, created_at=ago(3)),
        build.ticket("c", severity=2, created_at=ago(20), open=False, closed_at=ago(2)),
        build.ticket("d", severity=2, created_at=ago(20), open=False),
    )
    tickets, severe = figure("open_tickets", *records), figure("severe_tickets", *records)
    assert (tickets.value, tickets.previous) == (2, 2)
    assert (severe.value, severe.previous, severe.status) == (1, 2, Status.WATCH)
    assert severe.evidence == ("hubspot:ticket:a",)


def at(day: int, hour: int) -> datetime:
    """An instant of November 2026 by the clock of New York."""
    return datetime(2026, 11, day, hour, tzinfo=build.NEW_YORK).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (at(18, 10), at(18, 12), 2),
        (at(18, 16), at(19, 10), 2),
        (at(20, 16), at(23, 10), 2),  # over a weekend
        (at(21, 10), at(22, 20), 0),
        (at(18, 6), at(18, 20), 8),
    ],
)
def test_response_time_counts_business_hours(start: datetime, end: datetime, hours: float) -> None:
    ticket = build.ticket("t", created_at=start, first_response_at=end)
    assert signals.business_hours(build.snapshot(), start, end) == pytest.approx(hours)
    if end <= build.AS_OF:
        assert figure("first_response", ticket).value == pytest.approx(hours)


def test_first_response_is_a_median_and_tells_who_waits() -> None:
    tickets = [
        build.ticket(f"t{n}", created_at=at(18, 9), first_response_at=at(18, 9) + timedelta(hours=n))
        for n in (1, 3, 7)
    ]
    waiting = build.ticket("w", created_at=at(19, 9))
    old = build.ticket("o", created_at=ago(29), first_response_at=ago(1))
    found = figure("first_response", *tickets, waiting, old)
    assert found.value == pytest.approx(3)
    assert (found.note, found.status) == ("business hours, 1 waiting", Status.OK)
    assert figure("first_response", waiting).absent == "n/a: no ticket answered in 28 days"


@pytest.mark.parametrize(("hours", "status"), [(8, Status.OK), (12, Status.WATCH), (17, Status.ACT)])
def test_slow_answers_are_watched(hours: int, status: Status) -> None:
    days, rest = divmod(hours, 8)
    ticket = build.ticket("t", created_at=at(16, 9), first_response_at=at(16 + days, 9 + rest))
    assert figure("first_response", ticket).status is status


def test_resolution_time_of_tickets_closed_lately() -> None:
    closed = build.ticket("t", created_at=at(18, 9), closed_at=at(18, 15), open=False)
    assert figure("resolution_time", closed).value == pytest.approx(6)


# ── usage ────────────────────────────────────────────────────────────────────────────────────────


def test_usage_of_everyone_against_the_month_before() -> None:
    found = figure("usage_trend", *used("a.com", 100, 50), *used("b.com", 100, 130))
    assert found.value == pytest.approx(-0.1)
    assert found.status is Status.WATCH
    assert len(found.evidence) == 112


def test_two_months_on_record_are_needed() -> None:
    short = used("a.com", 100, 50)[:55]
    assert figure("usage_trend", *short).absent == "n/a: fewer than 56 days of usage"
    assert figure("accounts_fading", *short).value is None


def test_days_that_were_not_read_are_not_days_of_no_use() -> None:
    until = [build.usage_day("a.com", back(d), 100) for d in range(15, 80)]
    assert figure("usage_trend", *until).value == pytest.approx(0)


def test_only_present_customers_fade() -> None:
    records = (
        build.subscription("s", account="a.com"),
        build.subscription("g", account="gone.com", valid_to=ago(3)),
        *used("a.com", 100, 70),
        *used("gone.com", 100, 0),
    )
    assert figure("accounts_fading", *records).value == 1
    (raised,) = alerts("fading", *records)
    assert (raised.account, raised.title) == ("a.com", "a.com: usage -30%")
    assert figure("accounts_fading", *records[:2], *used("a.com", 100, 71)).value == 0


# ── churn risk ───────────────────────────────────────────────────────────────────────────────────


def test_without_history_or_factors_the_risk_is_the_prior() -> None:
    assert risk(build.subscription("s", account="a.com", valid_from=ago(9))).probability == pytest.approx(0.1)


def test_the_companys_own_rate_is_that_of_twelve_full_months() -> None:
    stayed = [build.subscription(f"k{n}", account=f"k{n}.com") for n in range(35)]
    lost = [build.subscription(f"l{n}", account=f"l{n}.com", valid_to=ago(100)) for n in range(5)]
    company = build.snapshot(*stayed, *lost)
    assert ChurnBook.of(company).base(build.AS_OF) == pytest.approx(6 / 50) == pytest.approx(base_rate(5, 40))
    assert monthly_base(company) == pytest.approx(1 - (1 - 6 / 50) ** (30 / 365))
    figure_ = figure("churn_risk", *stayed, *lost)
    assert (figure_.value, figure_.note) == (0, "base 12% a year")


def test_reasons_come_in_order_of_weight() -> None:
    found = risk(*TROUBLED)
    assert found.reasons == ("usage -42%", "3 severe tickets", "detractor")
    odds = found.base / (1 - found.base) * 4 * 2.5 * 2.5
    assert found.probability == pytest.approx(odds / (1 + odds))
    assert (found.name, found.yearly) == ("Northwind", usd(12000))
    assert {"stripe:subscription:s", "hubspot:ticket:t1", "files:survey_answer:n"} <= set(found.evidence)


@pytest.mark.parametrize(
    ("clue", "odds", "reasons"),
    [
        ([build.ticket("t", account="a.com", severity=2)], 1.5, ("1 severe ticket",)),
        ([build.ticket("t", account="a.com", severity=3)], 1, ()),
        ([build.ticket("t", account="b.com", severity=1)], 1, ()),
        ([build.survey_answer("n", 10, account="a.com")], 0.5, ()),
        ([build.survey_answer("n", 8, account="a.com")], 1, ()),
        ([build.payment("p", account="a.com", status="failed")], 2.5, ("payment failed",)),
        (used("a.com", 100, 40), 8, ("usage -60%",)),
        (used("a.com", 100, 71), 2, ("usage -29%",)),
        (used("a.com", 100, 86), 1, ()),
    ],
)
def test_each_factor_moves_the_odds(clue: list[Noun], odds: float, reasons: tuple[str, ...]) -> None:
    found = risk(build.subscription("s", account="a.com", valid_from=ago(90)), *clue)
    expected = odds / 9
    assert found.probability == pytest.approx(expected / (1 + expected))
    assert found.reasons == reasons


def test_the_newest_answer_speaks_for_a_customer() -> None:
    found = risk(
        build.subscription("s", account="a.com"),
        build.survey_answer("1", 2, account="a.com", answered_on=back(50)),
        build.survey_answer("2", 8, account="a.com", answered_on=back(5)),
    )
    assert found.reasons == ()


def test_who_has_cancelled_is_nearly_certain_to_leave() -> None:
    found = risk(build.subscription("s", account="a.com", cancel_at=ago(-20)))
    assert found.probability > 0.9
    assert (found.reasons, found.leaving) == (("set to cancel",), True)


def test_a_customer_at_risk_is_a_call_to_make() -> None:
    raised, advice = alerts("churn_risk", *TROUBLED), recommendations("churn_risk", *TROUBLED)
    assert [(a.account, a.status) for a in raised] == [("a.com", Status.ACT)]
    (call,) = advice
    assert call.title.startswith("Call Northwind: ")
    assert call.why == "$12k a year, usage -42%, 3 severe tickets, detractor"
    assert (call.impact, call.account) == (usd(12000), "a.com")
    assert "retention" in call.tags
    found = figure("churn_risk", *TROUBLED)
    assert (found.value, found.previous, found.note) == (1, 0, "base 9% a year")


def test_one_decision_for_one_customer() -> None:
    leaving = build.subscription("s", account="a.com", cancel_at=ago(-20))
    assert alerts("churn_risk", leaving) and not recommendations("churn_risk", leaving)
    terms = build.subscription(
        "s", account="a.com", items=(build.item(48000, interval="year"),), renews_at=ago(-6)
    )
    found = report(*TROUBLED[1:], terms).recommendations
    assert [r.rule for r in found] == ["renewal"]
    assert "usage -42%" in found[0].why


def test_a_worth_without_a_rate_is_not_known() -> None:
    found = risk(build.subscription("s", account="a.com", currency="CHF"))
    assert found.yearly is None


# ── renewals ─────────────────────────────────────────────────────────────────────────────────────


def test_yearly_contracts_that_renew_within_the_horizon() -> None:
    def contract(name: str, days: float, interval: str = "year", count: int = 1, **ends: datetime) -> Noun:
        line = build.item(48000, interval=interval, interval_count=count)
        return build.subscription(
            name, account=f"{name}.com", items=(line,), renews_at=ago(-days), cancel_at=ends.get("cancel_at")
        )

    records = (
        contract("later", 46),
        contract("edge", 45),
        contract("soon", 6),
        contract("monthly", 6, "month"),
        contract("twelve", 10, "month", 12),
        contract("quitting", 6, cancel_at=ago(-6)),
        build.ticket("t", account="soon.com", severity=2),
        build.company("1", "soon.com", "Northwind"),
    )
    found = renewals(build.snapshot(*records))
    assert [r.account for r in found] == ["soon.com", "twelve.com", "edge.com"]
    first = found[0]
    assert (first.name, first.renews_on, first.yearly, first.severe) == ("Northwind", back(-6), usd(48000), 1)
    assert first.evidence == ("stripe:subscription:soon", "hubspot:ticket:t")
    due = figure("renewals_due", *records)
    assert (due.value, due.note) == (usd(144000), "3 contracts")
    decision = recommendations("renewal", *records)[0]
    assert decision.title == "Northwind renewal: decide the offer"
    assert decision.why == "$48k a year, renews in 6 days; 1 severe ticket"
    assert (decision.due_on, decision.impact) == (TODAY, usd(48000))


# ── the agent ────────────────────────────────────────────────────────────────────────────────────


def test_nothing_ever_read_is_no_data_and_never_zero() -> None:
    found = analyse(build.snapshot(sources=()))
    assert found.health.state == "blind"
    assert {(m.value, m.absent) for m in found.metrics} == {(None, "no data")}
    assert not found.alerts and not found.recommendations


def test_what_is_missing_adds_nothing_and_what_is_old_is_said() -> None:
    sources = build.sources(missing=(UsageDay, SurveyAnswer), stale=(Ticket, Payment))
    kept = tuple(record for record in TROUBLED if not isinstance(record, UsageDay | SurveyAnswer))
    found = analyse(build.snapshot(*kept, sources=sources, policy=Policy(churn_risk_act=0.1)))
    at_risk, nps = found.metric("churn_risk"), found.metric("nps")
    assert at_risk is not None and nps is not None
    assert (at_risk.value, at_risk.freshness.age) == (1, Age.STALE)
    assert nps.absent == "no data"
    assert {a.freshness.age for a in found.alerts} == {Age.STALE}
    assert found.health.state == "degraded" == AGENT.health(build.snapshot(sources=sources)).state


def test_severe_tickets_are_told_by_customer() -> None:
    (raised,) = alerts("severe_tickets", *TROUBLED)
    assert (raised.title, raised.status, raised.value) == ("Northwind: 3 severe tickets open", Status.ACT, 3)
    watched = alerts("severe_tickets", build.ticket("t", account="a.com", severity=2))
    assert [a.status for a in watched] == [Status.WATCH]


def test_what_is_found_fits_a_briefing_line_whatever_the_name() -> None:
    long = build.company("0", "a.com", "An Extraordinarily Long Company Name With Many Words, Incorporated")
    renewing = build.subscription(
        "r", account="a.com", items=(build.item(9999999, interval="year"),), renews_at=ago(-40)
    )
    for extra in ((), (renewing,)):
        found = report(long, *TROUBLED, *extra, build.payment("p", account="a.com", status="failed"))
        titles = [a.title for a in found.alerts] + [r.title for r in found.recommendations]
        assert max(map(len, titles)) <= 60
        assert max(len(r.why) for r in found.recommendations) <= 75
