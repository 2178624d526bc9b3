"""What each method expects of a small company worked out by hand, what came of it, and how it is scored."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import nouns as n
from agents.catalogue import CATALOGUE, load
from agents.forecasting.catalogue import METHODS, READS, outcome, outcomes, predict
from agents.forecasting.forecast import Forecast
from agents.forecasting.scores import Standing, score, separate
from agents.money import Money
from agents.snapshot import Snapshot
from agents.success.churn import monthly_base
from agents.unit import Unit
from tests.agents.build import (
    TODAY,
    ago,
    back,
    bank_transaction,
    cash_balance,
    customer,
    deal,
    fx_rate,
    invoice,
    payment,
    snapshot,
    sources,
    stage,
    subscription,
    usd,
)

MONTHS = tuple(date(2026, month, 28) for month in range(2, 11))
"""The 28th of the nine months before this one."""


def midday(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def only(seen: Snapshot, method: str) -> Forecast:
    (found,) = [one for one in predict(seen) if one.method == method]
    return found


def moved(seen: Snapshot, as_of: datetime) -> Snapshot:
    """The same company later, read just then."""
    return replace(seen, as_of=as_of, sources=sources(as_of=as_of))


# ── MRR at month end ─────────────────────────────────────────────────────────────────────────────


def growing(*sizes: int) -> list[n.Noun]:
    """$10,000 for ever, and in the last days of the months before this one a new customer each."""
    base = subscription("base", 10_000, account="base.test", valid_from=ago(500))
    late = [
        subscription(f"late{k}", size, account=f"late{k}.test", valid_from=midday(day))
        for k, (size, day) in enumerate(zip(sizes, MONTHS[-len(sizes) :], strict=True))
    ]
    return [base, *late]


def test_month_end_mrr_is_todays_and_the_median_change_of_the_same_last_days() -> None:
    found = only(snapshot(*growing(90, 80, 70, 60, 50, 40, 30, 500, 200)), "mrr_month_end")
    now = 10_000 + 1_120
    assert (found.subject, found.due_on, found.made_on) == ("2026-11", date(2026, 11, 30), TODAY)
    assert found.value == (now + 70) * 100
    assert found.baseline == now * 100 + round(730_00 * 7 / 90)  # three came in 90 days; 7 are left
    assert (found.low, found.high) == ((now + 70) * 100 - round(now * 0.5), (now + 500) * 100)
    assert (found.unit, found.currency) == (Unit.MONEY, "USD")


def test_the_interval_is_from_the_smallest_to_the_largest_change() -> None:
    found = only(snapshot(*growing(900, 800, 700, 600, 500, 400, 300, 200, 100)), "mrr_month_end")
    assert (found.low, found.high) == (14_500_00 + 100_00, 14_500_00 + 900_00)


def test_what_moved_earlier_in_a_month_than_today_is_no_part_of_it() -> None:
    early = [
        subscription(f"e{day}", 100, account=f"{day}.test", valid_from=midday(day.replace(day=9)))
        for day in MONTHS
    ]
    base = subscription("base", 10_000, account="base.test", valid_from=ago(500))
    found = only(snapshot(base, *early), "mrr_month_end")
    assert found.value == 10_900_00


def test_a_month_lasts_until_midnight_in_the_companys_zone() -> None:
    evenings = [datetime(2026, month, 1, 3, 30, tzinfo=UTC) for month in range(3, 12)]
    late = [subscription(f"e{at:%m}", 100, account=f"{at:%m}.test", valid_from=at) for at in evenings]
    base = subscription("base", 10_000, account="base.test", valid_from=ago(500))
    assert only(snapshot(base, *late), "mrr_month_end").value == 10_900_00 + 100_00


def test_month_end_mrr_is_not_scored_where_another_part_of_it_has_a_rate_than_had_then() -> None:
    swiss = subscription("ch", 5, account="ch.test", currency="CHF", valid_from=ago(500))
    made = only(snapshot(*growing(10, 10, 10), swiss), "mrr_month_end")
    later = ago(-10)
    rate = fx_rate("CHF", "1.1", date(2026, 11, 29))
    assert outcome(moved(snapshot(*growing(10, 10, 10), swiss), later), made) == 10_030_00
    assert outcome(moved(snapshot(*growing(10, 10, 10), swiss, rate), later), made) is None


def test_fewer_than_three_months_with_mrr_foretell_nothing() -> None:
    young = subscription("s", 100, account="a.test", valid_from=midday(date(2026, 9, 2)))
    assert not [one for one in predict(snapshot(young)) if one.method == "mrr_month_end"]
    older = subscription("s", 100, account="a.test", valid_from=midday(date(2026, 8, 2)))
    assert only(snapshot(older), "mrr_month_end").value == 100_00


def test_month_end_mrr_is_known_once_the_source_was_read_after_the_month() -> None:
    seen = snapshot(*growing(10, 10, 10), subscription("dec", 7, valid_from=midday(date(2026, 12, 1))))
    made = only(seen, "mrr_month_end")
    on_the_day = moved(seen, datetime(2026, 12, 1, 4, 59, tzinfo=UTC))  # 23:59 in New York
    after = moved(seen, datetime(2026, 12, 1, 13, 0, tzinfo=UTC))
    unread = replace(after, sources=sources(stale=[n.Subscription], as_of=after.as_of))
    assert outcome(on_the_day, made) is None
    assert outcome(unread, made) is None
    assert outcome(after, made) == 10_030_00


def test_a_subscription_that_starts_with_the_next_month_is_not_in_it() -> None:
    midnight = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)  # in New York
    seen = snapshot(*growing(10, 10, 10), subscription("dec", 999, account="d.test", valid_from=midnight))
    assert outcome(moved(seen, ago(-10)), only(seen, "mrr_month_end")) == 10_030_00


# ── cash in 30 days ──────────────────────────────────────────────────────────────────────────────


def spending(known: int = 3, days: int = 400) -> list[n.Noun]:
    """$100 out each day until the last balance, which is some days old: $50,000."""
    paid = [bank_transaction(f"t{back_:03}", usd(-100), back(back_)) for back_ in range(known, days)]
    return [cash_balance(usd(50_000), back(known)), *paid]


def test_cash_in_30_days_is_cash_less_the_average_burn_since_the_last_balance() -> None:
    found = only(snapshot(*spending()), "cash_30d")
    burn = 3_066_67  # of 92 days from August to October, a month
    expected = round(burn * 33 * 12 / 365)  # the last balance is three days old
    assert found.value == 50_000_00 - expected
    assert (found.baseline, found.due_on) == (50_000_00 - 33 * 100_00, back(-30))
    assert (found.low, found.high) == (found.value - 250_00, found.value + 250_00)  # spans were all alike


def test_the_interval_of_cash_holds_every_span_there_was() -> None:
    """A tax bill in one of the past spans may come again; so may one sale."""
    bill, sale = (
        bank_transaction("tax", usd(-9_000), back(60)),
        bank_transaction("sale", usd(5_000), back(200)),
    )
    found = only(snapshot(*spending(), bill, sale), "cash_30d")
    assert (found.low, found.high) == (50_000_00 - 3_300_00 - 9_000_00, 50_000_00 - 3_300_00 + 5_000_00)


def test_capital_is_no_burn_and_widens_nothing() -> None:
    round_ = bank_transaction("round", usd(1_000_000), back(200), category="funding")
    plain, funded = (only(snapshot(*spending(), *more), "cash_30d") for more in ([], [round_]))
    assert funded == plain


def test_cash_is_known_once_every_account_has_a_balance_of_the_day_or_a_later_one() -> None:
    made = only(snapshot(*spending()), "cash_30d")
    due = made.due_on
    since = [bank_transaction("a", usd(-7), due), bank_transaction("b", usd(-30), due + timedelta(days=2))]
    held = [cash_balance(usd(46_000), due + timedelta(days=5)), *since]
    later = moved(snapshot(*spending(), *held), ago(-40))
    other = cash_balance(usd(1), back(3), holder="reserve")
    assert outcome(moved(snapshot(*spending()), ago(-40)), made) is None
    assert outcome(moved(snapshot(*spending(), *held, other), ago(-40)), made) is None
    assert outcome(later, made) == 46_030_00


def test_every_currency_of_an_account_is_scored() -> None:
    made = only(snapshot(*spending()), "cash_30d")
    due = made.due_on
    rate = fx_rate("EUR", "1.10", day=due)
    both = [cash_balance(usd(46_000), due), cash_balance(Money(1_000_00, "EUR"), due)]
    assert outcome(moved(snapshot(*spending(), *both, rate), ago(-40)), made) == 46_000_00 + 1_100_00


def test_a_missing_rate_leaves_cash_unscored() -> None:
    made = only(snapshot(*spending()), "cash_30d")
    held = [
        cash_balance(usd(46_000), made.due_on),
        cash_balance(Money(5, "CHF"), made.due_on, holder="swiss"),
    ]
    assert outcome(moved(snapshot(*spending(), *held), ago(-40)), made) is None


# ── deals of the quarter ─────────────────────────────────────────────────────────────────────────

STAGES = (
    stage("demo"),
    stage("proposal", "0.6"),
    stage("won", closed=True, won=True),
    stage("lost", closed=True),
)


def past(id_: str, end: str, *, came: float, took: float, demo: float | None = None) -> n.Deal:
    """A deal that came to the proposal some days ago and ended so many days after; to a demo before."""
    entered, closed = ago(came), ago(came - took)
    first = () if demo is None else (n.StageEntry("demo", ago(demo)),)
    way = (*first, n.StageEntry("proposal", entered), n.StageEntry(end, closed))
    created = way[0].entered_at
    return deal(id_, usd(100), stage_id=end, created_at=created, closed_at=closed, stages=way)


def history() -> list[n.Noun]:
    """Six came to the proposal so long ago that 38 days more are known, three of them won by then; four came
    to a demo, none of them won so soon. Two came too lately to count."""
    return [
        *STAGES,
        *(past(f"quick{k}", "won", came=100, took=10, demo=None if k else 140) for k in range(3)),
        past("slow", "won", came=100, took=60, demo=150),
        *(past(f"lost{k}", "lost", came=90, took=5, demo=95) for k in range(2)),
        past("recent", "won", came=20, took=2),
        past("gone", "lost", came=20, took=2),
    ]


def test_a_deal_is_won_as_often_as_those_that_came_to_its_stage_in_time() -> None:
    seen = snapshot(*history(), deal("open", usd(1_000)))
    found = only(seen, "deal_won")
    base = 3 / 10
    assert found.baseline == base
    assert found.value == pytest.approx((3 + 5 * base) / (6 + 5))
    assert (found.subject, found.due_on) == ("hubspot:deal:open", date(2026, 12, 31))
    assert found.low is not None and found.high is not None
    assert 0 < found.low < found.value < found.high < 1


def test_the_quarter_is_what_is_won_and_every_open_deal_times_its_chance() -> None:
    seen = snapshot(*history(), deal("a", usd(1_000)), deal("b", usd(3_000)), deal("bare"))
    chance = next(one.value for one in predict(seen) if one.method == "deal_won")
    found = only(seen, "won_quarter")
    won = 200  # slow was won 40 days ago, recent 18; the quick ones in the quarter before
    assert found.value == pytest.approx((won + 4_000 * chance) * 100, abs=1)
    assert found.baseline == pytest.approx((won + 4_000 * 3 / 10) * 100, abs=1)
    assert found.low is not None and found.high is not None
    assert won * 100 <= found.low < found.value < found.high <= (won + 4_000) * 100


def test_a_deal_is_scored_when_it_closes_or_the_quarter_does() -> None:
    made = only(snapshot(*history(), deal("open", usd(1_000))), "deal_won")
    soon, late = ago(-5), ago(-45)

    def came(end: str | None, closed: datetime | None, at: datetime) -> float | None:
        there = deal("open", usd(1_000), stage_id=end or "proposal", closed_at=closed)
        return outcome(moved(snapshot(*history(), there), at), made)

    assert came(None, None, soon) is None
    assert came(None, None, late) == 0.0
    assert came("won", ago(-2), soon) == 1.0
    assert came("lost", ago(-2), soon) == 0.0
    assert came("won", ago(-42), late) == 0.0  # in January
    assert outcome(moved(snapshot(*history()), late), made) is None  # the CRM has it no longer


def test_of_very_many_open_deals_the_largest_are_recorded() -> None:
    many = [deal(f"o{k:03}", usd(k)) for k in range(230)]
    found = {one.subject for one in predict(snapshot(*history(), *many)) if one.method == "deal_won"}
    assert found == {f"hubspot:deal:o{k:03}" for k in range(30, 230)}


def test_by_the_crm_a_deal_has_the_chance_of_its_stage_if_it_is_to_close_in_time() -> None:
    deals = [
        deal("timely", usd(3), close_on=date(2026, 12, 31)),
        deal("late", usd(2), close_on=date(2027, 1, 1)),
        deal("undated", usd(1)),
    ]
    found = {one.subject[-6:]: one for one in predict(snapshot(*history(), *deals)) if "crm" in one.method}
    assert {who: one.value for who, one in found.items()} == {"timely": 0.6, "l:late": 0.0}
    assert {one.baseline for one in found.values()} == {3 / 10}
    seen = moved(snapshot(*history(), deal("timely", stage_id="won", closed_at=ago(-2))), ago(-5))
    assert outcome(seen, found["timely"]) == 1.0


def test_too_few_earlier_deals_foretell_nothing() -> None:
    few = [*STAGES, *(past(f"w{k}", "won", came=100, took=10) for k in range(9)), deal("open", usd(1))]
    assert not [one for one in predict(snapshot(*few)) if "won" in one.method]
    enough = [*few, past("w9", "lost", came=100, took=10)]
    assert only(snapshot(*enough), "deal_won").baseline == 9 / 10


# ── all of them ──────────────────────────────────────────────────────────────────────────────────


def company() -> list[n.Noun]:
    return [
        *growing(90, 80, 70, 60, 50, 40, 30, 500, 200),
        *(customer(f"c{k}", f"late{k}.test") for k in range(9)),
        *spending(),
        *history(),
        *(deal(f"open{k}", usd(k * 100), close_on=TODAY) for k in range(5)),
    ]


def test_the_same_company_gives_the_same_forecasts_whatever_the_order_of_its_records() -> None:
    records = company()
    first = predict(snapshot(*records))
    random.Random(7).shuffle(records)
    assert repr(predict(snapshot(*records))) == repr(first)
    assert {one.method for one in first} == METHODS.keys()


def test_what_was_never_read_is_not_foretold() -> None:
    nothing = replace(snapshot(*company()), sources=sources(missing=n.NOUNS))
    assert predict(nothing) == ()
    assert predict(snapshot()) == ()


def test_a_method_says_what_it_reads_and_keeps_its_promises_in_words() -> None:
    for method in METHODS.values():
        assert set(method.reads) <= READS
        assert all((method.sentence, method.formula, method.interval, method.baseline, method.source))
        assert "https://" in method.source


def test_the_snapshot_of_a_morning_has_all_that_they_read_so_that_nothing_is_read_twice() -> None:
    assert {noun for name in CATALOGUE for noun in load(name).reads} >= READS


def test_money_is_whole_and_a_chance_is_one() -> None:
    for one in predict(snapshot(*company())):
        if one.unit is Unit.MONEY:
            assert all(float(v).is_integer() for v in (one.value, one.low, one.high, one.baseline) if v)
        else:
            assert 0 <= one.value <= 1 and 0 <= one.baseline <= 1


def test_nothing_is_scored_before_its_day_but_what_is_known_early() -> None:
    seen = snapshot(*company())
    assert list(outcomes(seen, predict(seen))) == []
    unknown = replace(predict(seen)[0], method="tea_leaves", due_on=back(30))
    assert list(outcomes(seen, [unknown])) == []


# ── scores ───────────────────────────────────────────────────────────────────────────────────────


def said(
    value: float,
    baseline: float,
    *,
    day: int = 0,
    method: str = "deal_won",
    subject: str = "a",
    due: int = 30,
) -> Forecast:
    chance = METHODS[method].chance
    return Forecast(
        method, subject, TODAY + timedelta(days=day), TODAY + timedelta(days=day + due),
        Unit.RATIO if chance else Unit.MONEY, None if chance else "USD", value,
        None if chance else value - 10, None if chance else value + 10, baseline, {},
    )  # fmt: skip


def test_chances_are_scored_by_brier_beside_the_baseline() -> None:
    pairs = [(said(0.8, 0.5), 1.0), (said(0.4, 0.5), 0.0)] * 5
    found = score(METHODS["deal_won"], pairs)
    assert found.error == pytest.approx((0.04 + 0.16) / 2)
    assert found.baseline_error == pytest.approx(0.25)
    assert found.skill == pytest.approx(1 - 0.1 / 0.25)
    assert found.expected == pytest.approx(0.6) and found.happened == 0.5
    assert (found.standing, found.verdict) == (Standing.BETTER, "beats its baseline by 60%")


def test_values_are_scored_by_error_and_by_how_often_the_interval_held() -> None:
    pairs = [
        (said(100, 100, method="cash_30d"), 120.0),  # 20 off, outside
        (said(205, 180, method="cash_30d"), 200.0),  # 5 off, inside; baseline 20 off
    ] * 5
    found = score(METHODS["cash_30d"], pairs)
    assert (found.error, found.baseline_error, found.inside) == (12.5, 20, 0.5)
    assert found.relative == pytest.approx((20 / 120 + 5 / 200) / 2)
    assert found.skill == pytest.approx(0.375)


def test_a_method_that_is_worse_says_so_and_names_what_to_prefer() -> None:
    found = score(METHODS["cash_30d"], [(said(90, 95, method="cash_30d"), 100.0)] * 10)
    assert found.standing is Standing.WORSE
    assert found.verdict == "WORSE than its baseline by 100%: prefer `the last days again`"
    exact = score(METHODS["cash_30d"], [(said(90, 100, method="cash_30d"), 100.0)] * 10)
    assert exact.verdict == "WORSE than its baseline: prefer `the last days again`"


def test_few_are_not_judged_and_as_good_as_the_baseline_is_no_better() -> None:
    assert score(METHODS["deal_won"], []).verdict == "nothing scored yet"
    nine = score(METHODS["deal_won"], [(said(0.9, 0.5), 1.0)] * 9)
    assert (nine.standing, nine.verdict) == (Standing.FEW, "too few to judge (9 forecasts scored)")
    same = score(METHODS["deal_won"], [(said(0.5, 0.5), 1.0)] * 10)
    assert (same.standing, same.verdict) == (Standing.ALIKE, "no better than its baseline")


def test_the_forecasts_of_other_methods_are_passed_over() -> None:
    pairs = [(said(0.9, 0.5), 1.0), (said(100, 100, method="cash_30d"), 100.0)]
    assert score(METHODS["deal_won"], pairs).forecasts == 1


def test_many_mornings_that_foretell_one_month_end_are_one_outcome() -> None:
    month = [said(1, 1, day=day, due=30 - day, method="mrr_month_end") for day in range(31)]
    assert separate(month) == 1
    rolling = [said(1, 1, day=day, method="cash_30d") for day in range(90)]
    assert separate(rolling) == 3
    assert separate([*rolling, said(1, 1, subject="b")]) == 4


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30), st.sampled_from("abc")), max_size=12))
def test_separate_outcomes_are_never_more_than_forecasts_nor_fewer_than_subjects(
    windows: list[tuple[int, int, str]],
) -> None:
    made = [said(0.5, 0.5, day=day, due=due, subject=who) for day, due, who in windows]
    assert len({who for *_, who in windows}) <= separate(made) <= len(made)
    assert separate(reversed(made)) == separate(made)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.booleans()), min_size=10, max_size=40))
def test_skill_is_above_nothing_exactly_where_the_error_is_below_the_baselines(
    triples: list[tuple[float, float, bool]],
) -> None:
    found = score(METHODS["deal_won"], [(said(p, q), float(came)) for p, q, came in triples])
    assert found.error is not None and found.baseline_error is not None
    assert 0 <= found.error <= 1
    if found.skill is not None:
        assert (found.skill > 0) is (found.error < found.baseline_error)
    swapped = score(METHODS["deal_won"], [(said(q, p), float(came)) for p, q, came in triples])
    assert {found.standing, swapped.standing} != {Standing.BETTER}


# ── customers who leave ──────────────────────────────────────────────────────────────────────────


def customers(count: int = 40) -> list[n.Noun]:
    """Customers who pay $1 more each, the first with a payment that failed."""
    paying = [
        subscription(f"s{k:02}", 100 + k, account=f"c{k:02}.test", valid_from=ago(400)) for k in range(count)
    ]
    gone = subscription(
        "gone", 50, account="gone.test", valid_from=ago(400), valid_to=ago(100), ended_at=ago(100)
    )
    failed = payment("p", account="c00.test", status="failed", invoice_id="in")
    return [*paying, gone, invoice("in", account="c00.test"), failed]


def leaving(seen: Snapshot) -> dict[str, Forecast]:
    return {one.subject: one for one in predict(seen) if one.method == "churn_30d"}


def test_the_largest_customers_are_recorded_and_those_at_risk_however_small() -> None:
    found = leaving(snapshot(*customers()))
    assert found.keys() == {"c00.test", *(f"c{k:02}.test" for k in range(15, 40))}
    base = monthly_base(snapshot(*customers()))
    assert {one.baseline for one in found.values()} == {base}
    assert found["c00.test"].value >= 1.25 * base > found["c39.test"].value > 0
    assert found["c00.test"].due_on == back(-30)


def test_who_has_no_subscription_that_counts_thirty_days_later_has_left() -> None:
    made = leaving(snapshot(*customers()))["c39.test"]

    def came(ended: datetime | None, status: str = "active", days: float = 32) -> float | None:
        theirs = subscription(
            "s39", 139, account="c39.test", status=status, valid_from=ago(400), valid_to=ended, ended_at=ended
        )
        return outcome(moved(snapshot(*customers(39), theirs), ago(-days)), made)

    assert came(None) == 0.0
    assert came(ago(-20)) == 1.0
    assert came(ago(-31)) == 0.0  # left the day after
    assert came(None, "unpaid") == 1.0
    assert came(ago(-20), days=30) is None  # the day is not over
