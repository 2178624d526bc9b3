"""What each figure of cash means, and of what customers owe: in words, as a formula, at its edges."""

from __future__ import annotations

from functools import partial

from agents.finance.sources import FELD, FULL_MONTHS, NOT_BURN, ONE_RATE, RATES, SACKS, WILSON
from agents.nouns import BankTransaction, CashBalance, FxRate, Invoice, Payment, Subscription
from agents.report import Definition, Good
from agents.unit import Unit

BANKED = (BankTransaction, FxRate)

_define = partial(Definition, agent="finance")

CASH = (
    _define(
        "cash",
        "Cash",
        Unit.MONEY,
        Good.UP,
        sentence="What all bank accounts hold together, each by its newest balance.",
        formula="sum over accounts and their currencies of the newest balance; for earlier days of the first "
        "balance, less the transactions since",
        inputs=(CashBalance, *BANKED),
        source="agentos",
        edge_cases=(
            "A balance that is older than 7 days is used, and named with its day.",
            "For days before an account's first balance, its transactions since are taken back from it.",
            "An account that holds several currencies has a balance in each. What moved in a currency without"
            " one changes the account's balance, of several the one with the smallest currency code; that is"
            " said.",
            "Its status is that of runway.",
            RATES,
        ),
    ),
    _define(
        "cash_in",
        "Cash in",
        Unit.MONEY,
        Good.UP,
        sentence="What comes in in an average month.",
        formula="money in over the last policy.burn_months (3) full months / their number",
        inputs=BANKED,
        source=WILSON,
        edge_cases=(
            "A refund to a customer is money out, and not less money in.",
            NOT_BURN,
            FULL_MONTHS,
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
    _define(
        "burn_multiple",
        "Burn multiple",
        Unit.TIMES,
        Good.DOWN,
        sentence="How much cash was burned for each unit of yearly revenue that was added.",
        formula="(money out - money in) / (12 x net new MRR), both over the last policy.burn_months (3) full "
        "months",
        inputs=(Subscription, *BANKED),
        source=SACKS,
        edge_cases=(
            "Says profitable, and no number, unless more went out than came in.",
            "n/a when ARR did not grow in these months.",
            NOT_BURN,
            FULL_MONTHS,
            ONE_RATE,
        ),
    ),
    _define(
        "rule_of_40",
        "Rule of 40",
        Unit.RATIO,
        Good.UP,
        sentence="Yearly growth and margin together; a sound software company comes to 40 % or more.",
        formula="(ARR / ARR 365 days ago - 1) + (money in - money out) / money in, the margin over the last "
        "policy.burn_months (3) full months",
        inputs=(Subscription, *BANKED),
        source=FELD,
        edge_cases=(
            "The margin is one of cash, from the bank, not of booked profit; both shares are told beside it.",
            "n/a without MRR 365 days ago, or when nothing came in.",
            NOT_BURN,
            FULL_MONTHS,
            ONE_RATE,
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
        "overdue_<age>",
        "Overdue <age>",
        Unit.MONEY,
        Good.DOWN,
        sentence="What is still to be paid of open invoices whose due day is this long over.",
        formula="sum of what remains on open invoices that are 1 to 30, 31 to 60, 61 to 90, or more than 90 "
        "days past due",
        inputs=(Invoice, FxRate),
        source="agentos",
        edge_cases=("The four of them make up Overdue.", "Any amount is watched.", RATES),
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
