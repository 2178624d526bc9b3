"""The sales agent on deals whose figures are known by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agents.formula import Term
from agents.money import Money
from agents.nouns import Deal, DealTerms, Noun, Stage, StageEntry
from agents.policy import Policy
from agents.report import Report, Status
from agents.sales import AGENT
from agents.snapshot import Snapshot
from tests.agents.build import (
    AS_OF,
    TODAY,
    ago,
    back,
    deal,
    figure,
    fx_rate,
    owner,
    snapshot,
    sources,
    stage,
    usd,
)

STAGES = (
    stage("talk", "0.2", name="First talk", position=1),
    stage("proposal", "0.5", name="Proposal", position=2),
    stage("won", 1, name="Won", position=3, closed=True, won=True),
    stage("lost", 0, name="Lost", position=4, closed=True),
)
SOON = date(2026, 12, 10)


def report(*records: Noun, policy: Policy | None = None, as_of: datetime = AS_OF) -> Report:
    return AGENT.analyse(snapshot(*STAGES, *records, policy=policy or Policy(), as_of=as_of))


def closed(name: str, amount: Money | None, stage_id: str, created: float, ended: float) -> Deal:
    """Created and closed so many days ago, straight from the proposal."""
    way = (StageEntry("proposal", ago(created)), StageEntry(stage_id, ago(ended)))
    return deal(
        name,
        amount,
        stage_id=stage_id,
        created_at=ago(created),
        closed_at=ago(ended),
        stages=way,
        close_on=SOON,
    )


# ── what is counted ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("close_on", "counted"),
    [
        (date(2026, 9, 30), False),
        (date(2026, 10, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 3, 31), True),
        (date(2027, 4, 1), False),
        (None, False),
    ],
)
def test_pipeline_holds_what_closes_this_quarter_or_the_next(close_on: date | None, counted: bool) -> None:
    metric = figure(report(deal("a", usd(500), close_on=close_on)), "pipeline")
    assert metric.value == usd(500 if counted else 0)
    assert metric.evidence == (("hubspot:deal:a",) if counted else ())


def test_the_quarter_turns_at_midnight_of_the_company() -> None:
    """04:30 UTC on 1 January is still 31 December in New York, and the first quarter in Berlin."""
    at = datetime(2027, 1, 1, 4, 30, tzinfo=UTC)
    sold = replace(closed("a", usd(900), "won", 10, 1), closed_at=datetime(2026, 12, 30, tzinfo=UTC))
    here = AGENT.analyse(snapshot(*STAGES, sold, as_of=at))
    there = AGENT.analyse(snapshot(*STAGES, sold, as_of=at, zone=ZoneInfo("Europe/Berlin")))
    assert figure(here, "won_this_quarter").value == usd(900)
    assert figure(there, "won_this_quarter").value == usd(0)


def test_what_cannot_be_counted_is_said() -> None:
    found = report(
        deal("a", usd(100), close_on=SOON),
        deal("b", None, close_on=SOON),
        deal("c", usd(100)),
        deal("d", Money.of(100, "EUR"), close_on=SOON),
        deal("e", usd(100), close_on=date(2026, 9, 1)),
    )
    metric = figure(found, "pipeline")
    assert metric.value == usd(100)
    assert metric.partial == (
        "1 deal without amount; 1 deal without exchange rate; "
        "1 deal without close date; 1 deal due before this quarter"
    )


def test_foreign_deals_are_converted_at_todays_rate_in_every_week() -> None:
    found = report(deal("a", Money.of(100, "EUR"), close_on=SOON, created_at=ago(60)), fx_rate("EUR", "1.10"))
    metric = figure(found, "pipeline")
    assert metric.value == usd(110)
    assert metric.series == (usd(110),) * 7


def test_a_deal_worth_nothing_is_counted_as_worth_nothing() -> None:
    metric = figure(report(deal("a", usd(0), close_on=SOON)), "pipeline")
    assert (metric.value, metric.partial, metric.note) == (usd(0), None, "1 deal")


def test_weighted_uses_the_stage_of_that_week() -> None:
    way = (StageEntry("talk", ago(20)), StageEntry("proposal", ago(3)))
    metric = figure(
        report(deal("a", usd(1000), close_on=SOON, created_at=ago(20), stages=way)), "weighted_pipeline"
    )
    assert metric.value == usd(500)
    assert metric.previous == usd(200)
    assert "CRM" in metric.note


def test_weighted_leaves_out_a_stage_that_the_crm_forgot() -> None:
    metric = figure(report(deal("a", usd(1000), stage_id="gone", close_on=SOON)), "weighted_pipeline")
    assert metric.value == usd(0)
    assert metric.partial == "1 deal at an unknown stage"


def test_the_past_of_the_pipeline_is_rebuilt_from_creation_and_closing() -> None:
    found = report(
        deal("old", usd(100), close_on=SOON, created_at=ago(100)),
        deal("new", usd(10), close_on=SOON, created_at=ago(3)),
        closed("gone", usd(1000), "lost", 50, 10),
    )
    metric = figure(found, "pipeline")
    assert metric.value == usd(110)
    assert metric.previous == usd(100)
    assert metric.series == tuple(usd(n) for n in (1100, 1100, 1100, 1100, 1100, 100, 110))


def term(found: Report, key: str, name: str) -> Term:
    """One term of a figure's formula."""
    formula = figure(found, key).formula
    assert formula is not None
    return next(term for term in formula.terms if term.name == name)


def left_out(found: Report, key: str) -> dict[str, str]:
    """Every record that a figure left out, and why."""
    formula = figure(found, key).formula
    assert formula is not None
    return {ref: left.why for term in formula.terms for left in term.left_out() for ref in left.refs}


def test_a_past_pipeline_has_the_amounts_and_dates_of_then() -> None:
    grown = deal(
        "grown", usd(500), close_on=SOON, created_at=ago(60),
        terms=(DealTerms(ago(60), usd(100), SOON), DealTerms(ago(10), usd(500), SOON)),
    )  # fmt: skip
    late = deal(
        "late", usd(20), close_on=date(2027, 6, 1), created_at=ago(60),
        terms=(DealTerms(ago(60), usd(20), SOON), DealTerms(ago(3), usd(20), date(2027, 6, 1))),
    )  # fmt: skip
    bare = deal(
        "bare", usd(3), close_on=SOON, created_at=ago(60),
        terms=(DealTerms(ago(60), None, None), DealTerms(ago(1), usd(3), SOON)),
    )  # fmt: skip
    found = report(grown, late, bare)
    pipeline = figure(found, "pipeline")
    assert pipeline.series == tuple(usd(n) for n in (120, 120, 120, 120, 120, 520, 503))
    assert figure(found, "weighted_pipeline").previous == usd(260)
    assert left_out(found, "pipeline") == {"hubspot:deal:late": "due 2027-06-01, after the next quarter"}
    assert pipeline.before is not None
    (before,) = pipeline.before.terms
    assert [left.why for left in before.left_out()] == ["without a close date"]


def test_a_won_deal_counts_with_the_amount_it_was_won_with() -> None:
    """Asked about a past day with what is known today, a later change of the amount does not count."""
    sold = replace(
        closed("a", usd(900), "won", 60, 20),
        terms=(DealTerms(ago(60), usd(500), SOON), DealTerms(ago(2), usd(900), SOON)),
    )
    assert figure(report(sold), "won_this_quarter").value == usd(900)
    assert figure(report(sold), "won_this_quarter").previous == usd(500)
    assert figure(report(sold, as_of=ago(5)), "won_this_quarter").value == usd(500)


def test_findings_go_by_the_terms_of_the_day() -> None:
    moved = deal(
        "a", usd(9), close_on=back(-3), created_at=ago(5),
        terms=(DealTerms(ago(5), usd(5), back(2)), DealTerms(ago(0.5), usd(9), back(-3))),
    )  # fmt: skip
    today, yesterday = report(moved), report(moved, as_of=ago(1))
    assert {r.rule: r.impact for r in today.recommendations} == {"closing_soon": usd(9)}
    assert {r.rule for r in yesterday.recommendations} == {"redate_deals"}


# ── ratios ───────────────────────────────────────────────────────────────────────────────────────


def test_worked_example_12() -> None:
    """40 open deals, win rate 25 %, average $12,000, cycle 60 days: $2,000 a day."""
    opened = [deal(f"o{n}", usd(1), close_on=SOON) for n in range(40)]
    won = [closed(f"w{n}", usd(12_000), "won", 70, 10) for n in range(5)]
    lost = [closed(f"l{n}", usd(7), "lost", 70, 10) for n in range(15)]
    found = report(*opened, *won, *lost)
    assert figure(found, "velocity").value == usd(2000)
    assert figure(found, "win_rate").value == 0.25
    assert figure(found, "cycle").value == 60.0
    assert len(figure(found, "velocity").evidence) == 60
    formula = figure(found, "velocity").formula
    assert formula is not None
    assert formula.text == (
        "open deals x won / (won + lost) x amount won / won with an amount / days from created to won"
    )
    assert [(t.name, t.how, int(t.value or 0)) for t in formula.terms] == [
        ("open deals", "count", 40),
        ("won", "count", 5),
        ("lost", "count", 15),
        ("amount won", "sum", 6_000_000),
        ("won with an amount", "count", 5),
        ("days from created to won", "median", 60),
    ]


def test_win_rate_by_amount() -> None:
    found = report(closed("w", usd(300), "won", 70, 10), closed("l", usd(900), "lost", 70, 10))
    assert figure(found, "win_rate_amount").value == 0.25
    assert figure(found, "win_rate_amount").note == "$300 won, $900 lost"


def test_win_rate_forgets_what_is_older_than_its_window() -> None:
    found = report(closed("w", usd(1), "won", 300, 181), closed("l", usd(1), "lost", 300, 179))
    assert figure(found, "win_rate").value == 0.0


def test_a_deal_closed_at_an_unknown_stage_is_neither_won_nor_lost() -> None:
    found = report(closed("w", usd(1), "won", 30, 9), closed("x", usd(1), "gone", 30, 9))
    assert figure(found, "win_rate").value == 1.0
    assert figure(found, "win_rate").partial == "1 closed deal at an unknown stage"


@pytest.mark.parametrize(
    ("target", "won", "value", "absent", "status"),
    [
        (None, 0, None, "n/a: no quarter target set", Status.NONE),
        (1000, 0, 2.0, None, Status.WATCH),
        (1000, 400, 2000 / 600, None, Status.OK),
        (1000, 1000, None, "n/a: target reached", Status.NONE),
        (4000, 0, 0.5, None, Status.ACT),
    ],
)
def test_coverage(
    target: float | None, won: int, value: float | None, absent: str | None, status: Status
) -> None:
    found = report(
        deal("a", usd(2000), close_on=SOON),
        closed("w", usd(won), "won", 30, 5),
        policy=Policy(quarter_target=target),
    )
    metric = figure(found, "coverage")
    assert metric.evidence == (("hubspot:deal:a", "hubspot:deal:w") if value else ())
    assert (metric.value, metric.absent, metric.status) == (value, absent, status)
    assert ("coverage_low" in {a.rule for a in found.alerts}) is (status in (Status.WATCH, Status.ACT))


def test_the_pipeline_notes_its_cover() -> None:
    found = report(deal("a", usd(2300), close_on=SOON), policy=Policy(quarter_target=1000))
    assert figure(found, "pipeline").note == "2.3x cover"
    assert figure(found, "pipeline").status is Status.WATCH


def test_what_closes_in_the_next_quarter_does_not_cover_this_one() -> None:
    deals = deal("now", usd(1500), close_on=SOON), deal("next", usd(9000), close_on=date(2027, 1, 4))
    found = report(*deals, policy=Policy(quarter_target=1000))
    assert figure(found, "pipeline").value == usd(10_500)
    assert (figure(found, "coverage").value, figure(found, "pipeline").note) == (1.5, "1.5x cover")
    assert figure(found, "coverage").evidence == ("hubspot:deal:now",)


@pytest.mark.parametrize("key", ["win_rate", "win_rate_amount", "cycle", "velocity"])
def test_nothing_decided_is_not_zero(key: str) -> None:
    metric = figure(report(deal("a", usd(1), close_on=SOON)), key)
    assert metric.value is None
    assert metric.absent is not None and metric.absent.startswith("n/a: no")
    assert metric.status is Status.NONE


def test_a_crm_without_deals_has_an_empty_pipeline() -> None:
    found = report()
    assert figure(found, "pipeline").value == usd(0)
    assert figure(found, "stuck_deals").value == 0
    assert (found.alerts, found.recommendations) == ((), ())


def test_a_crm_never_read_has_no_data() -> None:
    unread = snapshot(sources=sources(missing=[Deal, Stage]))
    found = AGENT.analyse(unread)
    assert found.health.state == "blind"
    assert {m.absent for m in found.metrics} == {"no data"}
    assert all(m.value is None and m.series == () for m in found.metrics)
    assert (found.alerts, found.recommendations) == ((), ())


def test_stage_conversion_counts_what_went_forward() -> None:
    found = report(
        closed("w", usd(1), "won", 30, 5),
        closed("l", usd(1), "lost", 30, 5),
        deal("still", usd(1), created_at=ago(9)),
        deal(
            "back",
            usd(1),
            stage_id="talk",
            stages=(StageEntry("proposal", ago(9)), StageEntry("talk", ago(2))),
        ),
    )
    proposal = figure(found, "conversion_proposal")
    assert (proposal.value, proposal.note) == (0.25, "1 of 4 deals")
    assert figure(found, "conversion_first_talk").note == "0 of 1 deals"
    assert found.metric("conversion_won") is None


def test_stages_of_one_name_in_two_pipelines_both_show() -> None:
    other = stage("p2", "0.5", name="Proposal", pipeline_id="partners", pipeline="Partners")
    keys = {m.key for m in report(other).metrics}
    assert {"conversion_proposal", "conversion_default_proposal"} <= keys


# ── stuck ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("days", "stuck"), [(29, 0), (31, 1)])
def test_stuck_by_the_setting_while_few_deals_were_won(days: int, stuck: int) -> None:
    won = [closed(f"w{n}", usd(1), "won", 20, 10) for n in range(4)]
    found = report(*won, deal("a", usd(1), created_at=ago(days), close_on=SOON))
    assert figure(found, "stuck_deals").value == stuck


@pytest.mark.parametrize(("days", "stuck"), [(9, 0), (11, 1)])
def test_stuck_by_the_80th_percentile_of_won_deals(days: int, stuck: int) -> None:
    spent = (2, 4, 6, 8, 10, 12)  # 80th percentile: 10 days
    won = [closed(f"w{n}", usd(1), "won", 20 + n, 20) for n in spent]
    found = report(*won, deal("a", usd(1), created_at=ago(days), close_on=SOON))
    assert figure(found, "stuck_deals").value == stuck


def test_moving_on_starts_the_clock_again() -> None:
    way = (StageEntry("talk", ago(90)), StageEntry("proposal", ago(2)))
    found = report(deal("a", usd(1), created_at=ago(90), stages=way, close_on=SOON))
    assert figure(found, "stuck_deals").value == 0
    assert figure(found, "stuck_deals").previous == 1


# ── alerts and recommendations ───────────────────────────────────────────────────────────────────


def troubled() -> Report:
    return report(
        owner("o1", "Olga"),
        deal(
            "big",
            usd(48_000),
            name="Northwind renewal",
            account="northwind.example",
            owner_id="o1",
            created_at=ago(41),
            close_on=SOON,
        ),
        deal("small", usd(1_000), created_at=ago(50), close_on=back(10)),
        deal("soon", usd(9_000), created_at=ago(2), close_on=back(-4), name="Contoso"),
        deal("bare", None, created_at=ago(2)),
        closed("gone", usd(90_000), "lost", 60, 3),
    )


def test_alerts_name_what_hangs_and_what_fell() -> None:
    alerts = {a.rule: a for a in troubled().alerts}
    assert set(alerts) == {"stuck_deals", "close_date_passed", "pipeline_fell"}
    assert alerts["stuck_deals"].title == "2 deals stuck, $49k of pipeline"
    assert alerts["close_date_passed"].evidence == ("hubspot:deal:small",)
    assert alerts["pipeline_fell"].title == "Pipeline fell 58% in a week"


@pytest.mark.parametrize(("day", "fell"), [(7, False), (8, True)])
def test_the_pipelines_of_two_quarters_are_not_compared(day: int, fell: bool) -> None:
    """On 7 October the pipeline of a week ago was still that of the third quarter and the fourth."""
    now = datetime(2026, 10, day, 12, tzinfo=UTC)
    lost = (StageEntry("talk", now - timedelta(60)), StageEntry("lost", now - timedelta(3)))
    gone = deal("gone", usd(90_000), stage_id="lost", created_at=lost[0].entered_at, stages=lost,
                closed_at=lost[1].entered_at, close_on=SOON)  # fmt: skip
    found = report(gone, deal("a", usd(10_000), created_at=ago(90), close_on=SOON), as_of=now)
    assert ("pipeline_fell" in {a.rule for a in found.alerts}) is fell
    assert figure(found, "pipeline").status is (Status.WATCH if fell else Status.OK)


def test_recommendations_carry_money_date_and_reason() -> None:
    found = {r.rule: r for r in troubled().recommendations}
    assert set(found) == {"move_stuck_deal", "closing_soon", "redate_deals", "complete_deals"}
    largest = found["move_stuck_deal"]
    assert (largest.title, largest.impact) == ("Northwind renewal: move or close", usd(48_000))
    assert largest.why == "$48k; 41 d in Proposal, long is over 30 d; Olga's deal"
    assert (largest.account, largest.due_on) == ("northwind.example", SOON)
    assert found["closing_soon"].title == "Contoso: close Friday"
    assert found["closing_soon"].due_on == back(-4)
    assert found["complete_deals"].why == "of 4 open: 1 without amount, 1 without close date"


@pytest.mark.parametrize(("ahead", "soon"), [(-1, False), (0, True), (7, True), (8, False)])
def test_closing_soon_is_today_to_a_week_from_now(ahead: int, soon: bool) -> None:
    found = report(deal("a", usd(5), created_at=ago(2), close_on=TODAY + timedelta(days=ahead)))
    assert ("closing_soon" in {r.rule for r in found.recommendations}) is soon


def titles(found: Report) -> list[str]:
    return [r.title for r in found.recommendations] + [a.title for a in found.alerts]


def test_every_line_fits_the_brief() -> None:
    long = deal("x", usd(123_456_789), name="A very long name " * 9, created_at=ago(99), close_on=back(-3))
    found = report(long, replace(long, id="y", amount=usd(5)), replace(long, id="z", close_on=back(5)))
    assert {r.rule for r in found.recommendations} == {"move_stuck_deal", "closing_soon", "redate_deals"}
    assert max(len(title) for title in titles(found)) <= 60
    assert all(len(r.why) <= 75 and "\n" not in r.why for r in found.recommendations)


def test_ids_are_the_same_tomorrow() -> None:
    def ids(world: Snapshot) -> set[str]:
        found = AGENT.analyse(world)
        return {r.id for r in found.recommendations} | {a.id for a in found.alerts}

    stuck = deal("a", usd(5), created_at=ago(99), close_on=SOON)
    today, tomorrow = (snapshot(*STAGES, stuck, as_of=AS_OF + timedelta(days=n)) for n in (0, 1))
    assert ids(today) == ids(tomorrow) != set()
