"""Finance tells what the company earns, holds and is owed, and what to do about it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from agents.finance import AGENT, analyse
from agents.money import Money
from agents.nouns import BankTransaction, CashBalance, Invoice, Noun, Subscription
from agents.policy import Policy
from agents.report import Alert, Metric, Recommendation, Report, Status
from agents.snapshot import Age
from tests.agents import build
from tests.agents.build import AS_OF, TODAY, ago, back, usd


def report(*records: Noun, policy: Policy = build.POLICY) -> Report:
    return analyse(build.snapshot(*records, policy=policy))


def figure(key: str, *records: Noun, policy: Policy = build.POLICY) -> Metric:
    found = report(*records, policy=policy).metric(key)
    assert found is not None
    return found


def recommendations(rule: str, *records: Noun) -> list[Recommendation]:
    return [r for r in report(*records).recommendations if r.rule == rule]


def alerts(rule: str, *records: Noun, policy: Policy = build.POLICY) -> list[Alert]:
    return [a for a in report(*records, policy=policy).alerts if a.rule == rule]


def months_of(*nets: int | str, holder: str = "main") -> list[BankTransaction]:
    """One payment out at the start of each of the last full months, oldest first; minus means in."""
    firsts = [date(2026, 10, 1), date(2026, 9, 1), date(2026, 8, 1), date(2026, 7, 1)]
    moved = [
        build.bank_transaction(f"m{day}", -usd(net), day, holder=holder)
        for net, day in zip(reversed(nets), firsts, strict=False)
    ]
    return [*moved, build.bank_transaction("now", -usd(1), back(1), holder=holder)]


# ── recurring revenue ────────────────────────────────────────────────────────────────────────────


def test_mrr_with_its_past_and_its_evidence() -> None:
    old = build.subscription("a", 100, valid_from=ago(400), valid_to=ago(10))
    new = build.subscription("b", 150, valid_from=ago(10))
    found = figure("mrr", old, new, policy=Policy(mrr_goal=88000))
    assert (found.value, found.previous) == (usd(150), usd(150))
    assert found.series == (usd(100),) * 5 + (usd(150),) * 2
    assert found.evidence == ("stripe:subscription:b",)
    assert (found.note, found.status, found.absent) == ("goal $88k", Status.OK, None)


def test_the_movements_of_a_month_add_up() -> None:
    found = report(
        build.subscription("keep", 100),
        build.subscription("new", 10, valid_from=ago(5)),
        build.subscription("gone", 20, valid_to=ago(5)),
        build.subscription("up1", 50, account="up.com", valid_to=ago(5)),
        build.subscription("up2", 80, account="up.com", valid_from=ago(5)),
        build.subscription("down1", 50, account="down.com", valid_to=ago(5)),
        build.subscription("down2", 45, account="down.com", valid_from=ago(5)),
        build.subscription("back1", 5, account="back.com", valid_to=ago(90)),
        build.subscription("back2", 6, account="back.com", valid_from=ago(5)),
    )
    values = {m.key: m.value for m in found.metrics}
    assert values["mrr_new"] == usd(10)
    assert values["mrr_churn"] == usd(20)
    assert values["mrr_expansion"] == usd(30)
    assert values["mrr_contraction"] == usd(5)
    assert values["mrr_reactivation"] == usd(6)
    assert values["net_new_mrr"] == usd(21)
    assert values["mrr"] == usd(241)
    assert values["mrr_churn_rate"] == pytest.approx(25 / 220)
    assert values["arr"] == usd(241 * 12)
    assert values["arpa"] == usd("48.20")
    churned = found.metric("mrr_churn")
    assert churned is not None and churned.evidence == ("stripe:subscription:gone",)


@pytest.mark.parametrize(
    ("lost", "status"),
    [(14, Status.OK), (15, Status.OK), (16, Status.WATCH), (20, Status.WATCH), (21, Status.ACT)],
)
def test_churn_is_held_against_its_limit(lost: int, status: Status) -> None:
    records = (build.subscription("a", 1000 - lost), build.subscription("b", lost, valid_to=ago(1)))
    found = figure("mrr_churn_rate", *records)
    assert (found.status, found.note, found.title) == (status, "limit 2.0%", "Churn (30d)")
    raised = alerts("churn", *records)
    assert [a.status for a in raised] == ([] if status is Status.OK else [status])


def test_a_churn_alert_names_who_left() -> None:
    (raised,) = alerts(
        "churn",
        build.subscription("a", 100),
        build.subscription("b", 40, account="globex.com", valid_to=ago(1)),
        build.company("1", "globex.com", "Globex"),
    )
    assert "Globex $40" in raised.detail
    assert raised.evidence == ("stripe:subscription:b",)


def test_retention_looks_back_a_year() -> None:
    records = (
        build.subscription("a", 100),
        build.subscription("b1", 100, account="b.com", valid_to=ago(100)),
        build.subscription("b2", 180, account="b.com", valid_from=ago(100)),
        build.subscription("c", 50, valid_to=ago(60)),
        build.subscription("d", 500, valid_from=ago(20)),
    )
    assert figure("nrr", *records).value == pytest.approx(280 / 250)
    assert figure("grr", *records).value == pytest.approx(200 / 250)


def test_what_has_nothing_to_divide_by_is_not_a_number() -> None:
    found = report(build.subscription("a", 100, valid_from=ago(1)))
    for key in ("mrr_churn_rate", "nrr", "grr", "ltv", "runway"):
        shown = found.metric(key)
        assert shown is not None
        assert (shown.value, shown.status) == (None, Status.NONE)
        assert shown.absent is not None and shown.absent.startswith("n/a: ")


def test_lifetime_value_from_three_months_of_churn() -> None:
    kept = [build.subscription(f"k{n}", 100) for n in range(9)]
    found = figure(
        "ltv", *kept, build.subscription("gone", 100, valid_to=ago(5)), policy=Policy(gross_margin=0.8)
    )
    assert found.value == usd(2400)  # 100 x 0.8 / (1/10 a quarter = 1/30 a month)
    assert found.note == "margin 80%"


def test_the_largest_customer_by_name() -> None:
    records = (
        build.subscription("a", 30, account="northwind.com"),
        *(build.subscription(f"b{n}", 10) for n in range(7)),
        build.customer("c1", "northwind.com", "NW Billing"),
        build.company("1", "northwind.com", "Northwind"),
    )
    found = figure("concentration", *records)
    assert found.value == pytest.approx(0.3)
    assert (found.note, found.status) == ("Northwind", Status.ACT)


def test_an_amount_without_a_rate_is_left_out_and_said() -> None:
    records = (
        build.subscription("a", 100),
        build.subscription("b", 100, currency="EUR"),
        build.subscription("c", 100, currency="CHF"),
        build.fx_rate("EUR", "1.10"),
    )
    found = figure("mrr", *records)
    assert (found.value, found.partial) == (usd(210), "not converted: 1 item (CHF)")


def test_a_changed_rate_is_no_movement() -> None:
    found = report(
        build.subscription("a", 100, currency="EUR"),
        build.fx_rate("EUR", "1.00", back(30)),
        build.fx_rate("EUR", "1.20", TODAY),
    )
    net = found.metric("net_new_mrr")
    assert net is not None
    assert (net.value, net.note) == (usd(0), "exchange rates $20 apart")


# ── cash ─────────────────────────────────────────────────────────────────────────────────────────


def test_runway_of_three_months_burn() -> None:  # worked example 10
    records = (build.cash_balance(usd(1200000)), *months_of(90000, 110000, 100000))
    assert figure("net_burn", *records).value == usd(100000)
    assert figure("runway", *records).value == pytest.approx(12.0)
    cash = figure("cash", *records)
    assert (cash.value, cash.note, cash.status) == (usd(1200000), "runway 12 mo", Status.OK)


@pytest.mark.parametrize("category", ["funding", "Loan", "transfer"])
@pytest.mark.parametrize("amount", [5_000, -5_000])
def test_capital_and_transfers_are_neither_income_nor_spend(category: str, amount: int) -> None:
    moved = build.bank_transaction("moved", usd(amount), date(2026, 10, 5), category=category)
    records = (*months_of(100, 100, 100), build.cash_balance(usd(6_000), TODAY), moved)
    assert figure("gross_burn", *records).value == figure("net_burn", *records).value == usd(100)
    assert figure("runway", *records).value == 60.0
    assert moved.ref not in figure("net_burn", *records).evidence


def test_burn_counts_what_went_out_and_came_in_but_no_transfers() -> None:
    records = (
        *months_of(100, 100, 100),
        build.bank_transaction("in", usd(60), date(2026, 10, 31), category="revenue"),
        build.bank_transaction("t1", -usd(500), date(2026, 10, 5), category="transfer"),
        build.bank_transaction("t2", usd(700), date(2026, 10, 5), category="Transfer"),
        build.bank_transaction("later", -usd(900), date(2026, 11, 1)),
    )
    assert figure("gross_burn", *records).value == usd(100)
    assert figure("net_burn", *records).value == usd(80)


def test_only_full_months_with_transactions_count() -> None:
    found = figure("net_burn", *months_of(100, 200))
    assert (found.value, found.note) == (usd(150), "average of 2 mo")
    old = (
        build.bank_transaction("a", -usd(90), date(2026, 6, 1)),
        build.bank_transaction("b", -usd(1), date(2026, 8, 3)),
    )
    stopped = figure("net_burn", *old)  # nothing was read of August to October: that is no burn of 0
    assert stopped.value == usd(45)


def test_no_full_month_gives_no_burn() -> None:
    found = figure("net_burn", build.bank_transaction("a", -usd(10), back(3)))
    assert (found.value, found.absent) == (None, "n/a: no full month of transactions")


def test_a_profitable_company_has_no_runway() -> None:
    records = (build.cash_balance(usd(1000)), *months_of(-10, -10, -10))
    found = figure("runway", *records)
    assert (found.value, found.absent, found.status) == (None, "n/a: profitable", Status.NONE)
    cash = figure("cash", *records)
    assert (cash.note, cash.status) == ("profitable", Status.OK)
    assert not alerts("runway", *records)


@pytest.mark.parametrize(
    ("held", "status", "note"), [(119, Status.WATCH, "runway 11.9 mo"), (59, Status.ACT, "runway 5.9 mo")]
)
def test_a_short_runway_asks_to_cut_burn(held: int, status: Status, note: str) -> None:
    records = (build.cash_balance(usd(held)), *months_of(10, 10, 10))
    cash = figure("cash", *records)
    assert (cash.status, cash.note) == (status, note)
    assert [a.status for a in alerts("runway", *records)] == [status]
    (cut,) = recommendations("runway", *records)
    spare = Decimal(10) - Decimal(held) / 12
    assert cut.impact is not None and abs(cut.impact.major - spare * 12) < 1
    assert len(cut.title) <= 60 and len(cut.why) <= 75


def test_the_newest_balance_of_each_account_by_the_day() -> None:
    records = (
        build.cash_balance(usd(5), back(9)),
        build.cash_balance(usd(7), back(1)),
        build.cash_balance(usd(100), back(8), holder="savings"),
    )
    found = figure("cash", *records)
    assert (found.value, found.previous) == (usd(107), usd(105))
    assert found.partial == f"savings balance is of {back(8)}"
    assert len(found.evidence) == 2


def test_cash_before_the_first_balance_is_worked_back_from_transactions() -> None:
    records = (
        build.cash_balance(usd(100), back(1)),
        build.bank_transaction("a", -usd(30), back(3)),
        build.bank_transaction("that day", -usd(5), back(7)),
        build.bank_transaction("b", usd(10), back(10)),
        build.bank_transaction("old", -usd(1), back(20)),
        build.bank_transaction("elsewhere", -usd(999), back(3), holder="other"),
    )
    found = figure("cash", *records)
    assert found.series == (None, None, None, usd(126), usd(125), usd(130), usd(100))


def test_spend_growth_names_the_category() -> None:
    extra = build.bank_transaction("s", -usd(50), date(2026, 10, 9), category="software")
    found = figure("spend_growth", *months_of(100, 100, 100, 100), extra)
    assert found.value == pytest.approx(0.5)
    assert found.note == "software +$50"


def test_spend_growth_sets_the_last_month_on_record_against_those_before_it() -> None:
    """Nothing was exported since September: that is the last month, and no part of the average."""
    stopped = [r for r in months_of(100, 100, 200, 0) if r.day < date(2026, 10, 1)]
    last = build.bank_transaction("last", usd(1), date(2026, 9, 30), category="transfer")
    assert figure("spend_growth", *stopped, last).value == pytest.approx(1.0)


# ── receivables ──────────────────────────────────────────────────────────────────────────────────


def test_overdue_by_age() -> None:
    bills = [build.invoice(f"i{days}", usd(days), due_at=ago(days)) for days in (1, 30, 31, 60, 61, 90, 91)]
    fine = (
        build.invoice("today", due_at=ago(hours=3)),
        build.invoice("undated"),
        build.invoice("paid", status="paid", due_at=ago(50), paid_at=ago(45)),
        build.invoice("void", status="void", due_at=ago(50)),
    )
    found = figure("overdue", *bills, *fine)
    assert found.value == usd(364)
    assert found.note == "1-30 d $31, 31-60 d $91, 61-90 d $151, 90+ d $91"
    assert (found.status, len(found.evidence)) == (Status.WATCH, 7)
    assert figure("overdue", *fine).status is Status.OK


def test_a_bill_paid_since_was_overdue_last_week() -> None:
    bill = build.invoice("i", usd(10), status="paid", created_at=ago(40), due_at=ago(20), paid_at=ago(2))
    found = figure("overdue", bill)
    assert (found.value, found.previous) == (usd(0), usd(10))


def test_the_largest_debts_are_chased_today() -> None:
    bills = [
        build.invoice(f"i{n}", usd(n), account=f"c{n}.com", due_at=ago(10 * n)) for n in (1, 2, 3, 4, 5, 6, 7)
    ]
    found = recommendations("overdue", *bills, build.company("x", "c7.com", "Seventh"))
    assert [r.impact for r in found] == [usd(7), usd(6), usd(5)]
    first = found[0]
    assert first.title == "Chase Seventh: $7 overdue 70 days"
    assert (first.account, first.due_on, first.evidence) == ("c7.com", TODAY, ("stripe:invoice:i7",))
    assert [(a.account, a.status) for a in alerts("overdue", *bills)] == [
        ("c7.com", Status.ACT),
        ("c6.com", Status.WATCH),
        ("c5.com", Status.WATCH),
        ("c4.com", Status.WATCH),
    ]


def test_a_debt_in_a_currency_without_a_rate_is_still_chased() -> None:
    (found,) = recommendations("overdue", build.invoice("i", Money.of(90, "CHF"), due_at=ago(5)))
    assert "CHF 90 overdue 5 days" in found.title
    assert found.impact is None


def test_a_failed_payment_is_at_risk_until_the_bill_is_paid() -> None:
    bills = [build.invoice(name, account=f"{name}.com") for name in ("open", "retried")]
    paid = build.invoice("paid", status="paid", paid_at=ago(1))
    tries = (
        build.payment(
            "p1",
            usd(10),
            invoice_id="open",
            status="failed",
            created_at=ago(4),
            account="open.com",
            failure="card_declined",
        ),
        build.payment(
            "p2",
            usd(10),
            invoice_id="open",
            status="failed",
            created_at=ago(2),
            account="open.com",
            failure="card_declined",
        ),
        build.payment("p3", usd(20), invoice_id="retried", status="failed", created_at=ago(4)),
        build.payment("p4", usd(20), invoice_id="retried", created_at=ago(2)),
        build.payment("p5", usd(30), invoice_id="paid", status="failed", created_at=ago(3)),
        build.payment("p6", usd(40), status="failed", created_at=ago(31)),
        build.payment("p7", usd(50), created_at=ago(3)),
    )
    found = figure("failed_payments", *bills, paid, *tries)
    assert (found.value, found.evidence) == (usd(10), ("stripe:payment:p2",))
    assert found.note == "1 failed, 2 recovered"
    (advice,) = recommendations("failed_payment", *bills, paid, *tries)
    assert (advice.account, advice.impact) == ("open.com", usd(10))
    assert "card_declined" in advice.why


def test_a_dispute_is_an_alert_while_it_is_new() -> None:
    contested = [build.payment(f"p{d}", account="a.com", disputed=True, created_at=ago(d)) for d in (5, 61)]
    (raised,) = alerts("dispute", *contested)
    assert (raised.status, raised.account, raised.value) == (Status.ACT, "a.com", usd(100))
    assert raised.evidence == ("stripe:payment:p5",)


def test_a_customer_set_to_cancel_is_a_decision_and_still_counted() -> None:
    records = (
        build.subscription("a", 100, account="globex.com", cancel_at=ago(-20)),
        build.subscription("b", 50),
        build.company("1", "globex.com", "Globex"),
    )
    assert figure("mrr", *records).value == usd(150)
    scheduled = figure("scheduled_churn", *records)
    assert (scheduled.value, scheduled.series) == (
        usd(100),
        (None,) * 6 + (usd(100),),
    )  # no record of since when
    (raised,) = alerts("cancelling", *records)
    assert (raised.status, raised.account, raised.value) == (Status.WATCH, "globex.com", usd(1200))
    (advice,) = recommendations("cancelling", *records)
    assert (advice.title, advice.impact) == ("Globex cancels: win back or let go", usd(1200))
    assert advice.due_on == TODAY + timedelta(days=7)


# ── the agent ────────────────────────────────────────────────────────────────────────────────────


def test_nothing_ever_read_is_no_data_and_never_zero() -> None:
    blind = build.snapshot(sources=())
    found = analyse(blind)
    assert found.health.state == "blind" == AGENT.health(blind).state
    assert {(m.value, m.absent, m.status) for m in found.metrics} == {(None, "no data", Status.NONE)}
    assert not found.alerts and not found.recommendations


def test_a_missing_bank_leaves_revenue_standing() -> None:
    sources = build.sources(missing=(CashBalance, BankTransaction), stale=(Subscription,))
    found = analyse(build.snapshot(build.subscription("a", 100), sources=sources))
    mrr, cash = found.metric("mrr"), found.metric("cash")
    assert mrr is not None and cash is not None
    assert (mrr.value, mrr.freshness.age) == (usd(100), Age.STALE)
    assert (cash.value, cash.absent) == (None, "no data")
    assert found.health.state == "degraded"


def test_fresh_and_empty_is_a_true_zero() -> None:
    assert figure("mrr").value == usd(0)
    assert figure("overdue").value == usd(0)


def test_what_is_found_fits_a_briefing_line_whatever_the_name() -> None:
    long = "An Extraordinarily Long Company Name With Many Words, Incorporated and Partners"
    found = report(
        build.company("1", "a.com", long),
        build.subscription("s", 4000000, account="a.com", cancel_at=ago(-5)),
        build.subscription("t", 99, account="a.com", valid_to=ago(4)),
        build.subscription("u", 99, account="b.com", valid_to=ago(4)),
        build.invoice("i", usd(999999), account="a.com", due_at=ago(400)),
        build.payment("p", usd(999999), account="a.com", status="failed", failure="x" * 200),
        build.payment("d", usd(999999), account="a.com", disputed=True),
        build.cash_balance(usd(999)),
        *months_of(999999, 999999, 999999),
    )
    assert {r.rule for r in found.recommendations} == {"runway", "overdue", "failed_payment", "cancelling"}
    assert "dispute" in {a.rule for a in found.alerts}
    titles = [one.title for one in found.recommendations] + [one.title for one in found.alerts]
    assert max(map(len, titles)) <= 60
    assert max(len(one.why) for one in found.recommendations) <= 75
    ids = [one.id for one in found.recommendations] + [one.id for one in found.alerts]
    assert len(ids) == len(set(ids))


def test_the_same_records_give_the_same_report_tomorrow_morning() -> None:
    bill = build.invoice("i", due_at=ago(5), account="a.com")
    again = analyse(build.snapshot(bill, as_of=AS_OF + timedelta(days=1)))
    assert again.recommendations[0].id == report(bill).recommendations[0].id
    assert {Invoice, Subscription} <= set(AGENT.reads)
