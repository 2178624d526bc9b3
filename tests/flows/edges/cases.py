"""The table of edge cases: what the vendors send, and what every figure then has to say.

An expectation is a value in minor units, a reason ("n/a: ..."), or `Says` where there is more to be said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.connectors.stripe_shapes import (
    at,
    charge,
    customer,
    discount,
    invoice,
    item,
    line,
    price,
    subscription,
    unit,
)
from tests.connectors.vendor import Shape
from tests.flows.edges.company import NOW, STALE_FILES, Company, in_test_mode

FRANC = "not converted: 1 item (CHF)"
NOTHING_LOST = "n/a: nothing was lost in 30 days"


@dataclass(frozen=True)
class Says:
    """A value and what has to stand beside it; `state` is the age of its data."""

    value: int | float | str | None
    partial: str | None = None
    note: str | None = None
    state: str = "fresh"


Expected = Mapping[str, "int | float | str | Says"]


@dataclass(frozen=True)
class Case:
    """One company and what is said of it."""

    company: Company
    says: Expected


def plan(
    cents: int, *, seats: int = 1, key: str = "si_1", currency: str = "usd", every: str = "month"
) -> Shape:
    """An item of so much per seat."""
    cost = price(currency=currency, recurring={"interval": every}) | unit(cents)
    return item(key, 1, cost)


def sold(*items: Shape, key: str = "sub_1", since: str = "2025-01-01", **more: Any) -> Shape:
    return subscription(*items, key=key, **{"start_date": at(since), **more})


def bill(key: str, start: str, end: str, cents: int, **more: Any) -> Shape:
    return invoice(key, line(start, end, cents), **more)


def paid_out(text: str) -> str:
    return "date,account,amount,category\n" + text


ADA, BEN = customer("cus_1"), customer("cus_2", email="ben@bolt.example")
MONTHLY = sold(plan(10000))
RATE_DAY = (NOW.date() - timedelta(days=3)).isoformat()
OLD_DAY = (NOW.date() - timedelta(days=8)).isoformat()
FRANCS = sold(plan(5000, key="si_2", currency="chf"), key="sub_2", currency="chf")
FRANC_DEBT = invoice(
    "in_9",
    status="open",
    currency="chf",
    total=7000,
    amount_remaining=7000,
    due_date=at("2026-11-01"),
    created=at("2026-10-01"),
)
FRANC_FAILED = charge("ch_9", status="failed", currency="chf", amount=7000, created=at("2026-11-19"))
NO_MONTH = "n/a: no full month of transactions"


def francs(rates: str | None) -> Company:
    """One customer who pays $100 and 50 francs a month, owes francs and could not pay some."""
    files = {"balances": "date,account,balance,currency\n2026-11-20,main,9,CHF"}
    return Company(
        {
            "customers": [ADA],
            "subscriptions": [MONTHLY, FRANCS],
            "invoices": [FRANC_DEBT],
            "charges": [FRANC_FAILED],
        },
        files=files if rates is None else files | {"fx": "date,base,quote,rate\n" + rates},
    )


UNCONVERTED: Expected = {
    "mrr": Says(10000, FRANC),
    "arr": Says(120000, FRANC),
    "arpa": Says(10000, FRANC),
    "customers": Says(1, FRANC),
    "net_new_mrr": Says(0, FRANC),
    "overdue": Says(0, FRANC),
    "overdue_1_30": Says(0, FRANC),
    "failed_payments": Says(0, FRANC),
    "cash": Says(0, FRANC),
    "mrr_churn_rate": Says(0.0, FRANC),
}


def switched() -> Company:
    """$1,200 a year, since 10 November $120 a month instead, on an item of its own."""
    credit = line("2026-11-10", "2027-01-01", -17000, proration=True)
    change = invoice("in_2", credit, line("2026-11-10", "2026-12-10", 12000, key="si_2"))
    now = sold(plan(12000, key="si_2"), since="2026-01-01")
    bills = [bill("in_1", "2026-01-01", "2027-01-01", 120000), change]
    return Company({"customers": [ADA], "subscriptions": [now], "invoices": bills})


def trial(began: str, ends: str, state: str = "active") -> Company:
    terms: Shape = {"status": state, "trial_start": at(began), "trial_end": at(ends)}
    tried = sold(plan(10000), since=began, **terms)
    return Company({"customers": [ADA], "subscriptions": [tried]})


def coupon(*others: Shape) -> Company:
    """All of it off since 10 November, for a customer who had paid before."""
    free = [discount(start="2026-11-10", percent_off=100)]
    subscriptions = [sold(plan(10000), discounts=free), *others]
    return Company({"customers": [ADA, BEN], "subscriptions": subscriptions})


def paused(*bills: Shape, over: bool = False) -> Company:
    pause = None if over else {"behavior": "void", "resumes_at": None}
    terms = sold(plan(10000), since="2026-08-01", pause_collection=pause)
    return Company({"customers": [ADA], "subscriptions": [terms], "invoices": bills})


UNTIL_OCTOBER = [
    bill("in_1", "2026-08-01", "2026-09-01", 10000),
    bill("in_2", "2026-09-01", "2026-10-01", 10000),
    bill("in_3", "2026-10-01", "2026-11-01", 10000),
]
VOIDED = bill("in_4", "2026-11-01", "2026-12-01", 10000, status="void")


def in_currency(code: str, yearly: int) -> Company:
    """A company that keeps its books in `code`, with one subscription of so much a year in Stripe's units."""
    sale = sold(plan(yearly, currency=code.lower(), every="year"), currency=code.lower())
    return Company({"customers": [ADA], "subscriptions": [sale]}, currency=code)


MIXED = Company(
    {
        "customers": [in_test_mode(customer("cus_9", email="tess@test.example")), ADA],
        "subscriptions": [in_test_mode(sold(plan(99900), key="sub_9", customer="cus_9")), MONTHLY],
        "invoices": [in_test_mode(FRANC_DEBT)],
        "charges": [in_test_mode(FRANC_FAILED)],
    }
)
ALL_TEST = Company(
    {"customers": [in_test_mode(ADA)], "subscriptions": [in_test_mode(MONTHLY)]}, key="rk_test_edges"
)
STRANGE = {kind: f"1 {kind} record not read" for kind in ("subscription", "invoice", "payment")}
OCTOBER = paid_out("2026-10-01,main,-1,rent\n2026-10-31,main,100,revenue\n2026-10-31,main,-130,refunds\n"
                   "2026-11-18,main,-1,rent")  # fmt: skip
RUNWAY = round(1000 / 31, 6)
HELD = "date,account,balance\n2026-11-18,main,1000"

HEADERS = {
    "balances": "date,account,balance",
    "bank": paid_out(""),
    "roles": "id,title,team,opened_on",
    "nps": "survey,score,answered_on",
    "marketing": "date,channel,amount",
}

CASES: dict[str, Case] = {
    "zero customers": Case(
        Company(hubspot={}),
        {
            **dict.fromkeys(("mrr", "arr", "customers", "net_new_mrr", "mrr_churn", "overdue"), 0),
            "failed_payments": 0,
            "arpa": "n/a: no paying customer",
            "ltv": "n/a: no paying customer now",
            "quick_ratio": NOTHING_LOST,
            "concentration": "n/a: no MRR",
            **dict.fromkeys(("mrr_churn_rate", "net_mrr_churn_rate"), "n/a: no MRR 30 days ago"),
            "logo_churn_rate": "n/a: no paying customer 30 days ago",
            **dict.fromkeys(("nrr", "grr"), "n/a: no MRR 365 days ago"),
            "retention_1m": "n/a: nobody started 1 full month ago",
            **dict.fromkeys(("pipeline", "won_this_quarter", "stuck_deals", "leads", "open_tickets"), 0),
            "win_rate": "n/a: nothing decided in 180 days",
            **dict.fromkeys(("cycle", "velocity"), "n/a: no deals won in 180 days"),
            "conversion": "n/a: no leads 90 to 180 days ago",
            "first_response": "n/a: no ticket answered in 28 days",
            "churn_risk": 0,
        },
    ),
    "the first month": Case(
        Company(
            {"customers": [ADA], "subscriptions": [sold(plan(10000), since="2026-11-10")]},
            files={"balances": HELD, "bank": paid_out("2026-11-15,main,-800,payroll")},
        ),
        {
            "mrr": 10000,
            "mrr_new": 10000,
            "customers": 1,
            "mrr_churn_rate": "n/a: no MRR 30 days ago",
            "nrr": "n/a: no MRR 365 days ago",
            "ltv": "n/a: no paying customer 90 days ago",
            "retention_1m": "n/a: nobody started 1 full month ago",
            "cash": Says(100000, note="runway not known"),
            **dict.fromkeys(("cash_in", "gross_burn", "net_burn", "runway", "burn_multiple"), NO_MONTH),
            "spend_growth": "n/a: too few full months",
            "rule_of_40": NO_MONTH,
        },
    ),
    "files that hold a header and nothing else": Case(
        Company(files=HEADERS),
        {
            "cash": "n/a: no balance known",
            "runway": "n/a: no balance known",
            "net_burn": NO_MONTH,
            "open_roles": 0,
            "spend": 0,
            "nps": "n/a: no answer in 90 days",
            "headcount": Says("no data", state="missing"),
            "pipeline": Says("no data", state="missing"),
        },
    ),
    "a missing rate": Case(francs(None), UNCONVERTED),
    "a rate that is too old": Case(francs(f"{OLD_DAY},CHF,USD,1.25"), UNCONVERTED),
    "a customer with two currencies": Case(
        francs(f"{RATE_DAY},CHF,USD,1.25"),
        {
            "mrr": 16250,
            "arr": 195000,
            "customers": 1,
            "arpa": 16250,
            "net_new_mrr": 0,
            "overdue": 8750,
            "overdue_1_30": 8750,
            "failed_payments": 8750,
            "cash": 1125,
        },
    ),
    "a refund larger than its charge": Case(
        Company(
            {
                "customers": [ADA],
                "charges": [
                    charge("ch_1", amount=10000, amount_refunded=13000, created=at("2026-11-19")),
                    charge("ch_2", amount=4000, status="failed", created=at("2026-11-19")),
                ],
            }
        ),
        {"failed_payments": Says(4000, STRANGE["payment"], "1 failed, 0 recovered"), "overdue": 0},
    ),
    "a refund larger than its sale at the bank": Case(
        Company(files={"bank": OCTOBER, "balances": HELD}),
        {"cash_in": 10000, "gross_burn": 13100, "net_burn": 3100, "runway": RUNWAY, "cash": 100000},
    ),
    "test-mode ids among live ones": Case(
        MIXED,
        {
            "mrr": Says(10000, STRANGE["subscription"]),
            "customers": Says(1, STRANGE["subscription"]),
            "overdue": Says(0, STRANGE["invoice"]),
            "failed_payments": Says(0, f"{STRANGE['invoice']}; {STRANGE['payment']}"),
        },
    ),
    "nothing but test mode": Case(
        ALL_TEST, {"mrr": Says(10000, state="stale"), "overdue": Says(0, state="stale")}
    ),
    "annual to monthly in mid-period": Case(
        switched(),
        {
            "mrr": 12000,
            "mrr_expansion": Says(2000, note="1 customer"),
            **dict.fromkeys(("mrr_new", "mrr_contraction", "mrr_churn", "mrr_reactivation"), 0),
            "net_new_mrr": 2000,
            "logo_churn_rate": 0.0,
            "quick_ratio": NOTHING_LOST,
        },
    ),
    "a coupon of 100 %, and nobody else pays": Case(
        coupon(),
        {
            **dict.fromkeys(("mrr", "arr", "customers", "mrr_churn"), 0),
            "arpa": "n/a: no paying customer",
            "ltv": "n/a: no paying customer now",
            "concentration": "n/a: no MRR",
            "mrr_contraction": 10000,
            "logo_churn_rate": 0.0,
            "mrr_churn_rate": 1.0,
        },
    ),
    "a coupon of 100 % beside one who pays": Case(
        coupon(sold(plan(6000, key="si_2"), key="sub_2", customer="cus_2")),
        {"mrr": 6000, "customers": 1, "arpa": 6000, "mrr_churn": 0, "mrr_contraction": 10000},
    ),
    "a trial that runs": Case(
        trial("2026-11-10", "2026-12-10", "trialing"),
        {**dict.fromkeys(("mrr", "mrr_new", "customers"), 0), "arpa": "n/a: no paying customer"},
    ),
    "a trial that converted": Case(
        trial("2026-10-10", "2026-11-10"),
        {
            "mrr": 10000,
            "mrr_new": 10000,
            "mrr_expansion": 0,
            "mrr_reactivation": 0,
            "customers": 1,
            "logo_churn_rate": "n/a: no paying customer 30 days ago",
        },
    ),
    "a pause": Case(
        paused(*UNTIL_OCTOBER, VOIDED),
        {"mrr": 0, "mrr_churn": 10000, "customers": 0, "arpa": "n/a: no paying customer"},
    ),
    "a pause that is over": Case(
        paused(*UNTIL_OCTOBER, VOIDED, over=True),
        {"mrr": 10000, "mrr_churn": 0, "mrr_reactivation": 0, "customers": 1},
    ),
    "yen, which have no minor unit": Case(in_currency("JPY", 12000), {"mrr": 1000, "arr": 12000}),
    "dinars, which have a thousand": Case(in_currency("KWD", 12_000_000), {"mrr": 1_000_000}),
    "krónur, which Stripe writes with two zeros": Case(in_currency("ISK", 1_200_000), {"mrr": 1000}),
    "shillings, which Stripe writes with two zeros": Case(in_currency("UGX", 1_200_000), {"mrr": 1000}),
    "ariary, of which Stripe knows no hundredths": Case(in_currency("MGA", 12000), {"mrr": 100_000}),
    "forints, which have hundredths in Stripe": Case(in_currency("HUF", 1_200_000), {"mrr": 100_000}),
    "files of three days ago": Case(
        Company(files={"bank": OCTOBER, "balances": HELD}, written=STALE_FILES),
        {"cash": Says(100000, state="stale"), "runway": Says(RUNWAY, state="stale"), "mrr": 0},
    ),
}
