"""What each figure of finance means: title, unit and direction, in words, as a formula, at its edges."""

from __future__ import annotations

from functools import partial

from agents.figures import by_key
from agents.nouns import BankTransaction, CashBalance, FxRate, Invoice, Payment, Subscription
from agents.report import Definition, Good
from agents.unit import Unit

CHARTMOGUL = "https://help.chartmogul.com/hc/en-us/articles/"
MOVEMENTS = f"ChartMogul, MRR movements: {CHARTMOGUL}4416682609426"
STRIPE = (
    "Stripe, billing metric definitions: https://docs.stripe.com/billing/subscriptions/analytics/glossary"
)
SKOK = "David Skok, SaaS Metrics 2.0: https://www.forentrepreneurs.com/saas-metrics-2/"
WILSON = "Fred Wilson, Burn Rate: https://avc.com/2011/12/burn-rate/"

BILLED, BANKED = (Subscription, FxRate), (BankTransaction, FxRate)

RATES = (
    "Other currencies are converted at the newest rate of the day or the 7 days before; what has no rate is "
    "left out, and that is said."
)
ENDS = "Only the two ends are compared: a customer who came and left in between is not seen."
ONE_RATE = "Both ends are converted at the rates of the last day, so that no exchange rate makes a movement."
FULL_MONTHS = (
    "Fewer months are averaged when the records do not reach back as far; n/a without one full month. A "
    "month counts as full when its transactions reach to within 7 days of its end."
)
NOT_BURN = (
    "Transfers between own accounts, funding and loans are left out: they are neither income nor spend."
)

_define = partial(Definition, agent="finance")
_movement = partial(_define, unit=Unit.MONEY, inputs=BILLED, source=MOVEMENTS)

DEFINITIONS = by_key(
    # ── recurring revenue ────────────────────────────────────────────────────────────────────────
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
            "Metered items do not count; how many there are is told beside the figure.",
            "A discount of a single bill does not count, one that ends counts until it ends; a fixed amount "
            "is spread over the items by their size.",
            "A subscription that is set to end counts until it ends.",
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
        "mrr_churn_rate",
        "Churn (30d)",
        Unit.RATIO,
        Good.DOWN,
        sentence="The share of the MRR of 30 days ago that was lost since, by leaving or by paying less.",
        formula="(churned MRR + contraction) / MRR 30 days ago",
        inputs=BILLED,
        source="ChartMogul, Gross MRR Churn Rate",
        edge_cases=(
            "What other customers pay more is not set against it.",
            "n/a without MRR 30 days ago.",
            "ACT above policy.churn_limit (0.02), watched above three quarters of it.",
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
        formula="ARPA x policy.gross_margin (1) / (customers lost in 90 days / paying customers at their "
        "start x 30 / 90)",
        inputs=BILLED,
        source=SKOK,
        edge_cases=(
            "A margin of 1 means that no cost is deducted, and the figure says so.",
            "n/a when nobody left in 90 days, or nobody paid 90 days ago.",
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
        source="ChartMogul, Net MRR Retention; Bessemer, net dollar retention",
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
    # ── cash ─────────────────────────────────────────────────────────────────────────────────────
    _define(
        "cash",
        "Cash",
        Unit.MONEY,
        Good.UP,
        sentence="What all bank accounts hold together, each by its newest balance.",
        formula="sum over accounts of the newest balance",
        inputs=(CashBalance, *BANKED),
        source="agentos",
        edge_cases=(
            "A balance that is older than 7 days is used, and named with its day.",
            "For days before an account's first balance, its transactions since are taken back from it.",
            "Its status is that of runway.",
            RATES,
        ),
    ),
    _define(
        "gross_burn",
        "Gross burn",
        Unit.MONEY,
        Good.DOWN,
        sentence="What is paid out in an average month.",
        formula="money out over the last policy.burn_months (3) full months / their number",
        inputs=BANKED,
        source=WILSON,
        edge_cases=(NOT_BURN, FULL_MONTHS, RATES),
    ),
    _define(
        "net_burn",
        "Net burn",
        Unit.MONEY,
        Good.DOWN,
        sentence="How much more is paid out than comes in, in an average month.",
        formula="(money out - money in) over the last policy.burn_months (3) full months / their number",
        inputs=BANKED,
        source=WILSON,
        edge_cases=("Negative when more came in than went out.", NOT_BURN, FULL_MONTHS, RATES),
    ),
    _define(
        "runway",
        "Runway",
        Unit.MONTHS,
        Good.UP,
        sentence="How many months the cash lasts if money goes on leaving as in the last full months.",
        formula="cash / net burn",
        inputs=(CashBalance, *BANKED),
        source=WILSON,
        edge_cases=(
            "Says profitable, and no number, unless net burn is above 0.",
            "Watched below policy.runway_watch (12) months, ACT below policy.runway_act (6).",
        ),
    ),
    _define(
        "spend_growth",
        "Spend growth",
        Unit.RATIO,
        Good.DOWN,
        sentence="How much more was paid out in the last full month than in an average month before it.",
        formula="money out in the last full month / average money out of the policy.burn_months (3) full "
        "months before it, minus 1",
        inputs=BANKED,
        source="agentos",
        edge_cases=(
            "The category of spend that rose most is named beside it.",
            "n/a without two full months, or when nothing was paid out before.",
            NOT_BURN,
        ),
    ),
    # ── what customers owe ───────────────────────────────────────────────────────────────────────
    _define(
        "overdue",
        "Overdue",
        Unit.MONEY,
        Good.DOWN,
        sentence="What is still to be paid of open invoices whose due day is over.",
        formula="sum of what remains on open invoices due before today",
        inputs=(Invoice, FxRate),
        source="agentos",
        edge_cases=(
            "An invoice due today is not overdue; drafts and what was voided or written off never are.",
            "Told by age beside it: 1-30, 31-60, 61-90 and more than 90 days.",
            "For earlier weeks an invoice paid since counts with its total: part payments have no history.",
            "Any amount is watched.",
            RATES,
        ),
    ),
    _define(
        "failed_payments",
        "Failed payments",
        Unit.MONEY,
        Good.DOWN,
        sentence="Money that could not be collected: the last attempt, of the last 30 days, failed.",
        formula="sum over unpaid bills of the last attempt of the last 30 days, if that one failed",
        inputs=(Payment, Invoice, FxRate),
        source="agentos",
        edge_cases=(
            "Several attempts for one invoice count once; a payment without an invoice stands for itself.",
            "What failed first and was paid after all is counted beside it as recovered.",
            "Invoices that were voided or written off do not count.",
            "Any amount is watched.",
            RATES,
        ),
    ),
)
