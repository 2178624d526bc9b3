"""What each figure of recurring revenue means: in words, as a formula, at its edges."""

from __future__ import annotations

from functools import partial

from agents.finance.sources import (
    CHARTMOGUL,
    CHURN,
    COHORTS,
    ENDS,
    HAMID,
    MOVEMENTS,
    ONE_RATE,
    RATES,
    SKOK,
    STRIPE,
)
from agents.nouns import FxRate, Subscription
from agents.report import Definition, Good
from agents.unit import Unit

BILLED = (Subscription, FxRate)

_define = partial(Definition, agent="finance")
_movement = partial(_define, unit=Unit.MONEY, inputs=BILLED, source=MOVEMENTS)

REVENUE = (
    # ── what is paid, how that moved, and by whom ────────────────────────────────────────────────
    _define(
        "mrr",
        "MRR",
        Unit.MONEY,
        Good.UP,
        sentence="What all subscriptions in force come to in a month, after discounts and without tax.",
        formula="sum over subscription items of price x quantity brought to a month (a year / 12, a quarter "
        "/ 3, a week x 52 / 12, a day x 365 / 12), less the discounts in force, rounded once an item",
        inputs=BILLED,
        source=f"ChartMogul, Monthly Recurring Revenue: {CHARTMOGUL}203299812; {STRIPE}",
        edge_cases=(
            "Active and past-due subscriptions count; past-due ones only while policy.count_past_due (true).",
            "Trials and subscriptions that are paused, unpaid, incomplete or canceled do not count.",
            "Metered items do not count: what they will bill is not known before they are used. How many "
            "there are is told beside the figure.",
            "A discount of a single bill does not count, one that ends counts until it ends; a fixed amount "
            "is spread over the items by their size.",
            "Stripe's own analytics can leave recurring discounts out of it; here all in force count.",
            "A subscription that is set to end counts until it ends.",
            "A pause begins when what was paid for is over. One that has ended leaves no trace in Stripe: it "
            "counts again.",
            RATES,
        ),
    ),
    _movement(
        "mrr_new",
        "New MRR (30d)",
        good=Good.UP,
        sentence="MRR of customers who pay now, paid nothing 30 days ago, and had never paid before.",
        formula="sum of MRR now, over customers with none 30 days ago nor ever before",
        edge_cases=(
            "A customer is one account: several subscriptions of one company are one customer.",
            ENDS,
            ONE_RATE,
        ),
    ),
    _movement(
        "mrr_expansion",
        "Expansion (30d)",
        good=Good.UP,
        sentence="How much more is paid by customers who already had a subscription 30 days ago.",
        formula="sum of (MRR now - MRR 30 days ago), over customers for whom it is above 0",
        edge_cases=(
            "A customer back from a full discount, who had paid before it, expands: they never left.",
            ONE_RATE,
        ),
    ),
    _movement(
        "mrr_contraction",
        "Contraction (30d)",
        good=Good.DOWN,
        sentence="How much less is paid by customers who had a subscription 30 days ago and still have one.",
        formula="sum of (MRR 30 days ago - MRR now), over customers who pay less and have a subscription",
        edge_cases=("Falling to nothing under a full discount is contraction, not churn.", ONE_RATE),
    ),
    _movement(
        "mrr_churn",
        "Churned MRR (30d)",
        good=Good.DOWN,
        sentence="What was paid 30 days ago by customers who have no subscription left that counts.",
        formula="sum of MRR 30 days ago, over customers who have no counting subscription now",
        edge_cases=(
            "A subscription that becomes unpaid or paused no longer counts from that day on.",
            "A customer who gives up one of several subscriptions contracts and does not churn.",
            ONE_RATE,
        ),
    ),
    _movement(
        "mrr_reactivation",
        "Reactivation (30d)",
        good=Good.UP,
        sentence="MRR of customers who had paid once, had no subscription 30 days ago, and are back.",
        formula="sum of MRR now, over customers without a subscription 30 days ago who had paid before then",
        edge_cases=(ENDS, ONE_RATE),
    ),
    _movement(
        "net_new_mrr",
        "Net new MRR (30d)",
        good=Good.UP,
        sentence="How much MRR grew in 30 days, all movements together.",
        formula="new + reactivation + expansion - contraction - churned MRR",
        edge_cases=("What exchange rates did to MRR is told beside the figure and is not part of it.",),
    ),
    _define(
        "quick_ratio",
        "Quick ratio (30d)",
        Unit.TIMES,
        Good.UP,
        sentence="How much MRR was gained in 30 days for each unit of it that was lost.",
        formula="(new + expansion + reactivation) / (contraction + churned MRR)",
        inputs=BILLED,
        source=HAMID,
        edge_cases=(
            "Reactivation counts as gained; publications that know no reactivation call it new.",
            "n/a when nothing was lost in 30 days.",
            ENDS,
            ONE_RATE,
        ),
    ),
    _define(
        "arr",
        "ARR",
        Unit.MONEY,
        Good.UP,
        sentence="What a year would bring if MRR stayed as it is.",
        formula="12 x MRR",
        inputs=BILLED,
        source="ChartMogul, Annual Run Rate",
        edge_cases=("All that holds for MRR holds here.",),
    ),
    _define(
        "customers",
        "Paying customers",
        Unit.COUNT,
        Good.UP,
        sentence="How many customers pay something a month.",
        formula="number of customers whose MRR is above 0",
        inputs=BILLED,
        source=STRIPE,
        edge_cases=(
            "A customer is one account: several subscriptions of one company are one customer.",
            "A customer who pays nothing under a full discount is not counted, nor is a trial.",
            RATES,
        ),
    ),
    _define(
        "arpa",
        "ARPA",
        Unit.MONEY,
        Good.UP,
        sentence="What the average paying customer pays a month.",
        formula="MRR / customers whose MRR is above 0",
        inputs=BILLED,
        source="ChartMogul, Average Revenue Per Account",
        edge_cases=(
            "A customer who pays nothing under a full discount is not counted.",
            "n/a without a paying customer.",
        ),
    ),
    _define(
        "ltv",
        "Lifetime value",
        Unit.MONEY,
        Good.UP,
        sentence="What a customer brings before leaving, if customers go on leaving as in the last 90 days.",
        formula="MRR / paying customers x policy.gross_margin (1) / (customers lost in 90 days / "
        "paying customers at their start x 30 / 90)",
        inputs=BILLED,
        source=SKOK,
        edge_cases=(
            "A margin of 1 means that no cost is deducted, and the figure says so.",
            "ChartMogul averages the churn of six months and deducts no cost; here it is that of 90 days.",
            "n/a when nobody left in 90 days, or nobody paid 90 days ago.",
        ),
    ),
    _define(
        "concentration",
        "Largest customer",
        Unit.RATIO,
        Good.DOWN,
        sentence="The largest customer's share of MRR.",
        formula="MRR of the customer who pays most / MRR",
        inputs=BILLED,
        source="agentos",
        edge_cases=(
            "n/a without MRR.",
            "ACT above policy.concentration_limit (0.2), watched above three quarters of it.",
        ),
    ),
    # ── what is lost and what stays ──────────────────────────────────────────────────────────────
    _define(
        "mrr_churn_rate",
        "Churn (30d)",
        Unit.RATIO,
        Good.DOWN,
        sentence="The share of the MRR of 30 days ago that was lost since, by leaving or by paying less.",
        formula="(churned MRR + contraction) / MRR 30 days ago",
        inputs=BILLED,
        source=CHURN,
        edge_cases=(
            "What other customers pay more is not set against it.",
            "n/a without MRR 30 days ago.",
            "ACT above policy.churn_limit (0.02), watched above three quarters of it.",
        ),
    ),
    _define(
        "net_mrr_churn_rate",
        "Net churn (30d)",
        Unit.RATIO,
        Good.DOWN,
        sentence="The share of the MRR of 30 days ago that was lost since, less what others pay more.",
        formula="(churned MRR + contraction - expansion - reactivation) / MRR 30 days ago",
        inputs=BILLED,
        source=CHURN,
        edge_cases=(
            "Negative when customers grew by more than was lost.",
            "New customers never count.",
            "n/a without MRR 30 days ago.",
            ONE_RATE,
        ),
    ),
    _define(
        "logo_churn_rate",
        "Customer churn (30d)",
        Unit.RATIO,
        Good.DOWN,
        sentence="The share of customers who paid 30 days ago and have no subscription left that counts.",
        formula="customers lost in 30 days / customers who paid 30 days ago",
        inputs=BILLED,
        source=SKOK,
        edge_cases=(
            "Stripe divides by those at the start and the new ones together; here by those at the start.",
            "Whoever falls to nothing under a full discount is not lost.",
            "A subscription that becomes unpaid or paused no longer counts: its customer is lost that day.",
            "n/a without a paying customer 30 days ago.",
            ENDS,
        ),
    ),
    _define(
        "nrr",
        "NRR (12 mo)",
        Unit.RATIO,
        Good.UP,
        sentence="Of what customers paid a month 365 days ago, how much the same customers pay now.",
        formula="(opening MRR + expansion - contraction - churned MRR) / opening MRR, over 365 days",
        inputs=BILLED,
        source=f"ChartMogul, Cohort MRR Net Retention: {CHARTMOGUL}203359411; Bessemer, net dollar retention",
        edge_cases=(
            "New customers never count, nor do those who had left before the year began and came back.",
            "A customer who left and came back within the year counts with what they pay now.",
            "A customer at nothing under a full discount when the year began was there: what they pay now "
            "is expansion.",
            "n/a without MRR 365 days ago.",
        ),
    ),
    _define(
        "grr",
        "GRR (12 mo)",
        Unit.RATIO,
        Good.UP,
        sentence="Of what customers paid a month 365 days ago, how much was not lost; growth does not count.",
        formula="(opening MRR - contraction - churned MRR) / opening MRR, over 365 days",
        inputs=BILLED,
        source="ChartMogul, Gross MRR Retention; Bessemer, gross dollar retention",
        edge_cases=("Never above 100 %.", "n/a without MRR 365 days ago."),
    ),
    _define(
        "retention_<n>m",
        "Retention after <n> mo",
        Unit.RATIO,
        Good.UP,
        sentence="The share of customers who still pay so many months after the month in which they started.",
        formula="customers who have MRR at the end of the n-th month after their start month / customers who "
        "started, over every start month that is old enough",
        inputs=BILLED,
        source=COHORTS,
        edge_cases=(
            "A start month is the calendar month, in the company's time zone, of the first instant with MRR: "
            "a trial starts when it converts.",
            "Whoever left and is back at the end of the n-th month is counted, and nobody is left out who "
            "left within the start month.",
            "No exchange rate is needed: whoever pays in any currency is counted.",
            "n/a while no start month is old enough.",
        ),
    ),
    _define(
        "scheduled_churn",
        "Scheduled churn",
        Unit.MONEY,
        Good.DOWN,
        sentence="MRR that still counts but is set to end.",
        formula="sum of MRR over subscriptions in force that have a day of cancellation",
        inputs=BILLED,
        source="agentos",
        edge_cases=(
            "Known of today only, so it has no past: billing systems do not tell since when an end was set.",
            RATES,
        ),
    ),
)
