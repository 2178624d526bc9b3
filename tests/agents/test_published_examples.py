"""Examples that others published, each with its address: our figures come to the same, or say why not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import pytest

from agents import catalogue
from agents.nouns import Noun, StageEntry
from agents.policy import Policy
from tests.agents import build
from tests.agents.build import ago, back, usd
from tests.agents.explained import assert_explained

CHARTMOGUL = "https://help.chartmogul.com/hc/en-us/articles/"
STRIPE = "https://docs.stripe.com/billing/subscriptions/analytics/glossary"
NPS = "http://www.expertsmind.com/library/calculate-the-net-promoter-score-51305720.aspx"
SUPPORT = "https://support.stripe.com/questions/"
SACKS = "https://lawwu.github.io/transcripts/SjDmtKF4EZA.html"  # David Sacks tells it himself
WILSON = "https://avc.com/2011/12/burn-rate/"
YEARLY = "year"


@dataclass(frozen=True)
class Example:
    """`source` says that such records come to these figures of the agent."""

    source: str
    agent: str
    records: Sequence[Noun]
    figures: dict[str, object]
    policy: Policy = field(default_factory=Policy)


def plans(*sold: tuple[int, int, str]) -> list[Noun]:
    """So many subscriptions, at such a price, for such an interval."""
    return [
        build.subscription(f"{price}-{n}", items=(build.item(price, interval=every),))
        for count, price, every in sold
        for n in range(count)
    ]


def changed(who: str, before: int, after: int) -> list[Noun]:
    """A customer who pays another amount since five days ago; 0 is nothing."""
    found: list[Noun] = []
    if before:
        found.append(build.subscription(f"{who}1", before, account=f"{who}.com", valid_to=ago(5)))
    if after:
        found.append(build.subscription(f"{who}2", after, account=f"{who}.com", valid_from=ago(5)))
    return found


def moved(kept: int, *, new: int = 0, up: int = 0, down: int = 0, gone: int = 0) -> list[Noun]:
    """So much MRR that stays, and what moved in the last days."""
    return [
        build.subscription("kept", kept),
        *(changed("new", 0, new) if new else ()),
        *(changed("up", 1, 1 + up) if up else ()),
        *(changed("down", 1 + down, 1) if down else ()),
        *(changed("gone", gone, 0) if gone else ()),
    ]


def paid(out: int, into: int, month: int = 10) -> list[Noun]:
    """One full month of the bank, and a sign of life in the next."""
    first = date(2026, month, 1)
    return [
        build.bank_transaction("out", -usd(out), first),
        *([build.bank_transaction("in", usd(into), first, category="revenue")] if into else ()),
        build.bank_transaction("now", -usd(1), back(1)),
    ]


def syncalytics(*now: Noun) -> list[Noun]:
    """Four Gold plans of $500 a year since long."""
    return [build.subscription("gold", items=(build.item(2000, interval=YEARLY),), account="s.com"), *now]


def answers(promoters: int, passives: int, detractors: int) -> list[Noun]:
    scores = [10] * promoters + [8] * passives + [3] * detractors
    return [build.survey_answer(f"{number}", score) for number, score in enumerate(scores)]


def deals(open_: int, won: int, lost: int, price: int, days: int) -> list[Noun]:
    """Open deals, and decided ones that took so many days."""
    stages = [
        build.stage("open"),
        build.stage("won", 1, closed=True, won=True),
        build.stage("lost", 0, closed=True),
    ]

    def closed(name: str, stage: str) -> Noun:
        way = (StageEntry("open", ago(days + 10)), StageEntry(stage, ago(10)))
        return build.deal(
            name, usd(price), stage_id=stage, created_at=ago(days + 10), closed_at=ago(10), stages=way
        )

    return [
        *stages,
        *(build.deal(f"o{n}", usd(price), stage_id="open", close_on=back(-5)) for n in range(open_)),
        *(closed(f"w{n}", "won") for n in range(won)),
        *(closed(f"l{n}", "lost") for n in range(lost)),
    ]


def acquired(cost: int, customers: int, monthly: int) -> list[Noun]:
    """What was spent, and the customers who came and pay so much a month."""
    found: list[Noun] = [build.marketing_spend(usd(cost), back(20))]
    for n in range(customers):
        found.append(build.subscription(f"s{n}", monthly, account=f"c{n}.com", valid_from=ago(15)))
        found.append(build.contact(f"{n}", account=f"c{n}.com", created_at=ago(30), customer_at=ago(15)))
    return found


EXAMPLES: Iterable[tuple[str, Example]] = [
    (
        "Stripe: a yearly plan of $1,200 is $100 of MRR",
        Example(SUPPORT + "billing-analytics", "finance", plans((1, 1200, YEARLY)), {"mrr": usd(100)}),
    ),
    (
        # The page's sentence and its result are of $600; the sum between them says 800.
        "Stripe: 100 subscribers of $100 a month and 50 of $600 a year",
        Example(
            STRIPE,
            "finance",
            plans((100, 100, "month"), (50, 600, YEARLY)),
            {"mrr": usd(12_500), "customers": 150},
        ),
    ),
    (
        "Stripe: a coupon of 50 % for good halves the MRR of its subscription",
        Example(
            SUPPORT + "impact-of-discounts-and-coupons-on-monthly-recurring-revenue-mrr-in-billing",
            "finance",
            [build.subscription("s", 50, discounts=(build.discount(percent=50),))],
            {"mrr": usd(25)},
        ),
    ),
    (
        "ChartMogul: four yearly plans of $500 are $166.67 of new business",
        Example(
            f"{CHARTMOGUL}201244842",
            "finance",
            [build.subscription("gold", items=(build.item(2000, interval=YEARLY),), valid_from=ago(5))],
            {"mrr_new": usd("166.67"), "mrr": usd("166.67"), "mrr_expansion": usd(0)},
        ),
    ),
    (
        "ChartMogul: two monthly plans of $30 more are expansion, not new business",
        Example(
            f"{CHARTMOGUL}201244842",
            "finance",
            syncalytics(build.subscription("silver", 60, account="s.com", valid_from=ago(5))),
            {"mrr_expansion": usd(60), "mrr_new": usd(0), "customers": 1},
        ),
    ),
    (
        "ChartMogul: giving them up while another subscription runs is contraction, not churn",
        Example(
            f"{CHARTMOGUL}201244842",
            "finance",
            syncalytics(build.subscription("silver", 60, account="s.com", valid_to=ago(5))),
            {"mrr_contraction": usd(60), "mrr_churn": usd(0), "logo_churn_rate": 0.0},
        ),
    ),
    (
        "ChartMogul: of $100, $10 churned and $10 contracted while one customer grew by $10",
        Example(
            f"{CHARTMOGUL}203359341",
            "finance",
            moved(78, up=10, down=10, gone=10),
            {"mrr_churn_rate": 0.2, "net_mrr_churn_rate": 0.1},
        ),
    ),
    (
        "ChartMogul: ARPA $100 and 5 % churn a month are an LTV of $2,000",
        Example(
            f"{CHARTMOGUL}203359061",
            "finance",
            [build.subscription(f"s{n}", 100, valid_to=ago(5) if n < 15 else None) for n in range(100)],
            {"arpa": usd(100), "ltv": usd(2000)},
        ),
    ),
    (
        "Pitchkit: $20k new and $8k expansion for $5k churned and $3k contracted",
        Example(
            "https://pitchkit.net/resources/glossary/quick-ratio",
            "finance",
            moved(100_000, new=20_000, up=8000, down=3000, gone=5000),
            {"quick_ratio": 3.5},
        ),
    ),
    (
        "dnoise: of $200k, $6k churned, $4k contracted, $20k more",
        Example(
            "https://dnoise.online/en/metrics/nrr-ndr",
            "finance",
            moved(200_000 - 6000 - 4002, up=20_000, down=4000, gone=6000),
            {"nrr": 1.05, "grr": 0.95},
        ),
    ),
    (
        "Maxim: of $50k, $3k churned and $2k contracted",
        Example(
            "https://maximcalculator.com/calculators/gross-revenue-retention-grr.html",
            "finance",
            moved(50_000 - 3000 - 2001, down=2000, gone=3000),
            {"grr": 0.9},
        ),
    ),
    (
        "David Sacks: $3M burned for $1M of new ARR",
        Example(
            SACKS,
            "finance",
            [
                build.subscription("n", items=(build.item(1_000_000, interval=YEARLY),), valid_from=ago(40)),
                *paid(3_000_000, 0),
            ],
            {"burn_multiple": pytest.approx(3, rel=1e-7)},
        ),  # a twelfth of $1M is 4 cents short of it
    ),
    (
        # From bank balances nine months apart; here the same average, from transactions.
        "Fred Wilson: $250,000 left after $750,000 in nine months are three months",
        Example(
            WILSON,
            "finance",
            [
                build.cash_balance(usd(250_000)),
                *(build.bank_transaction(f"{n}", -usd("83333.33"), date(2026, n, 1)) for n in range(2, 11)),
                build.bank_transaction("now", -usd(1), back(1)),
            ],
            {"net_burn": usd("83333.33"), "runway": pytest.approx(3, rel=1e-6)},
            Policy(burn_months=9),
        ),
    ),
    (
        "Frank Pace: 30 % growth and a margin of 25 % are 55",
        Example(
            "https://frankpace.co/growth-profitability",
            "finance",
            [
                build.subscription("old", 100),
                build.subscription("new", 30, valid_from=ago(100)),
                *paid(75, 100),
            ],
            {"rule_of_40": pytest.approx(0.55)},
        ),
    ),
    (
        "Wins Above: 18 deals of $42k, 24 % won, 78 days",
        Example(
            "https://winsabove.pages.dev/glossary/sales-velocity",
            "sales",
            deals(18, 6, 19, 42_000, 78),
            {"win_rate": 0.24, "cycle": 78.0, "velocity": usd("2326.15")},
        ),
    ),
    (
        "Maven: 40 deals of 25,000, 25 % won, 90 days",
        Example(
            "https://www.mavenlb.com/blog/sales-velocity-formula",
            "sales",
            deals(40, 2, 6, 25_000, 90),
            {"velocity": usd("2777.78")},
        ),  # published cut off: 2,777
    ),
    (
        "Calcmastery: CAC $1,200, ARPA $180, margin 75 %",
        Example(
            "https://www.calcmastery.com/cac-payback-gross-margin-adjustment-calculator/",
            "marketing",
            acquired(12_000, 10, 180),
            {"cac": usd(1200), "cac_payback": pytest.approx(1200 / 135)},
            Policy(gross_margin=0.75),
        ),
    ),
    (
        # The page asks, and gives the rule; the answer is ours.
        "Expertsmind: 325 answers from 0 to 10, 132 promoters and 57 detractors",
        Example(NPS, "success", answers(132, 136, 57), {"nps": 23}),
    ),
]


@pytest.mark.parametrize("example", [pytest.param(each, id=name) for name, each in EXAMPLES])
def test_published_examples(example: Example) -> None:
    report = catalogue.load(example.agent).analyse(build.snapshot(*example.records, policy=example.policy))
    found = {key: build.figure(report, key).value for key in example.figures}
    assert found == example.figures, example.source
    assert_explained(report)
