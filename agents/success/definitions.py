"""What each figure of success means: title, unit and direction, in words, as a formula, at its edges."""

from __future__ import annotations

from functools import partial

from agents.figures import by_key
from agents.nouns import FxRate, Invoice, Payment, Subscription, SurveyAnswer, Ticket, UsageDay
from agents.report import Definition, Good
from agents.unit import Unit

BAIN = "Bain, Net Promoter Score: https://nps.bain.com/about/measuring-your-net-promoter-score/"
CSAT = "Qualtrics, CSAT: https://www.qualtrics.com/experience-management/customer/what-is-csat/"
ZENDESK = "Zendesk, time duration metrics: https://support.zendesk.com/hc/en-us/articles/4408834848154"
HOURS = (
    "Business hours are Monday to Friday, policy.workday_start (9) to policy.workday_end (17), in the "
    "company's zone; public holidays are not known."
)
SPANS = (
    "The spans are 28 full days each; where the records stop earlier they end with them, since days that "
    "were not read are not days of no use."
)
FEW = "n/a until 56 days are on record."

_define = partial(Definition, agent="success")
_tickets = partial(Definition, agent="success", inputs=(Ticket,), good=Good.DOWN)

DEFINITIONS = by_key(
    _define(
        "nps",
        "NPS",
        Unit.SCORE,
        Good.UP,
        sentence="How readily customers would recommend us, from -100 to 100.",
        formula="100 x (promoters - detractors) / answers of the last 90 days, rounded to whole; promoters "
        "are answers 9 and 10, detractors 0 to 6",
        inputs=(SurveyAnswer,),
        source=BAIN,
        edge_cases=(
            "The number of answers and the 95 % interval are told beside it; under 10 answers: few answers.",
            "The interval is the normal approximation: 1.96 standard errors of the mean, where a promoter is "
            "+100, a detractor -100, and any other 0.",
            "A customer who answered twice counts twice.",
            "Watched below policy.nps_goal (30), ACT below 0.",
            "n/a without an answer in 90 days.",
        ),
    ),
    _define(
        "csat",
        "CSAT",
        Unit.RATIO,
        Good.UP,
        sentence="The share of customers who were satisfied when they were asked.",
        formula="answers 4 and 5 / answers, of the last 90 days, to the survey csat, which is from 1 to 5",
        inputs=(SurveyAnswer,),
        source=CSAT,
        edge_cases=(
            "The number of answers is told beside it; under 10 answers: few answers.",
            "n/a without an answer in 90 days.",
        ),
    ),
    _tickets(
        "open_tickets",
        "Open tickets",
        Unit.COUNT,
        sentence="Tickets that are not closed yet.",
        formula="count of open tickets",
        source="agentos",
        edge_cases=("A closed ticket without a time of closing was never open for this.",),
    ),
    _tickets(
        "severe_tickets",
        "Severe tickets",
        Unit.COUNT,
        sentence="Open tickets of the two worst severities.",
        formula="count of open tickets of severity 1 or 2",
        source="agentos",
        edge_cases=("One is enough to be watched.",),
    ),
    _tickets(
        "first_response",
        "First response",
        Unit.HOURS,
        sentence="How long customers wait for a first answer: half longer, half less.",
        formula="median of business hours from creation to first answer, over tickets created in the last "
        "28 days",
        source=ZENDESK,
        edge_cases=(
            HOURS,
            "Tickets without an answer yet have no time; how many wait is told beside it.",
            "Watched above policy.response_hours (8), ACT above twice that.",
            "n/a when no ticket was answered in 28 days.",
        ),
    ),
    _tickets(
        "resolution_time",
        "Resolution time",
        Unit.HOURS,
        sentence="How long it takes to close a ticket: half take longer, half less.",
        formula="median of business hours from creation to closing, over tickets closed in the last 28 days",
        source=ZENDESK,
        edge_cases=(HOURS, "n/a when no ticket was closed in 28 days."),
    ),
    _define(
        "usage_trend",
        "Usage (28d)",
        Unit.RATIO,
        Good.UP,
        sentence="How much more or less all customers used the product than four weeks before.",
        formula="events of the last 28 days / events of the 28 days before, minus 1",
        inputs=(UsageDay,),
        source="agentos",
        edge_cases=(
            SPANS,
            FEW,
            "n/a with fewer than 20 events in the earlier span.",
            "Watched below 0, ACT below minus policy.usage_drop (0.3).",
        ),
    ),
    _define(
        "accounts_fading",
        "Fading accounts",
        Unit.COUNT,
        Good.DOWN,
        sentence="Paying customers who use the product far less than four weeks before.",
        formula="count of customers with a subscription in force whose 28-day usage fell by "
        "policy.usage_drop (0.3) or more",
        inputs=(UsageDay, Subscription),
        source="agentos",
        edge_cases=(
            SPANS,
            "A customer with fewer than 20 events in the earlier span is not judged.",
            FEW,
            "One is enough to be watched.",
        ),
    ),
    _define(
        "churn_risk",
        "Customers at risk",
        Unit.COUNT,
        Good.DOWN,
        sentence="Customers who are likely to leave within a year, as far as the signs tell.",
        formula="count of customers with a probability of policy.churn_risk_act (0.5) or more; its odds are "
        "those of customers of the same tenure times one factor for each sign",
        inputs=(Subscription, UsageDay, Ticket, SurveyAnswer, Payment, Invoice),
        source="agentos",
        edge_cases=(
            "Base rate of the company a year: (customers lost in the last 12 full months + 1) / (customers "
            "at their start + 10).",
            "Rate of a tenure (under 3, 3 to 12, over 12 months since the first payment) in 30 days: "
            "(customers lost in those months + 120 x base rate in 30 days) / (customers x days / 30 + 120).",
            "In 30 days instead of a year: 1 - (1 - p)^(30/365); only an end that is set is not spread, but "
            "counts in full once it is 30 days off.",
            "Signs and their factors: usage fell by half of policy.usage_drop (0.3): 2, by all of it: 4, by "
            "twice that: 8; one severe ticket open: 1.5, more: 2.5; newest NPS answer of 90 days is 0 to 6: "
            "2.5, is 9 or 10: 0.5; a failed payment still open: 2.5; set to cancel: 100.",
            "The factors are a stated judgement, not fitted. A source that was never read adds nothing.",
            "One is enough to be watched.",
        ),
    ),
    _define(
        "health_low",
        "Unwell customers",
        Unit.COUNT,
        Good.DOWN,
        sentence="Paying customers whose health is low, as far as it is known.",
        formula="count of customers with a health below policy.health_limit (50); health is usage x 0.30 + "
        "tickets x 0.20 + payment x 0.20 + NPS x 0.10 + seats x 0.10 + contact x 0.10, each 0 to 100",
        inputs=(Subscription, UsageDay, Ticket, SurveyAnswer, Payment, Invoice),
        source="agentos",
        edge_cases=(
            "The weights are policy.health. A part that is not known of a customer is left out, and the "
            "other weights share its place.",
            "Usage: 100 where it did not fall, 0 at a fall of twice policy.usage_drop (0.3).",
            "Tickets: 100 - 40 for each severe one open - 10 for each other.",
            "Payment: 0 with a failed payment open or an invoice over 30 days overdue, 50 with any other "
            "overdue, else 100.",
            "NPS: ten times the newest answer of 90 days.",
            "Seats: users on the busiest of 28 days / seats paid for. One seat is a flat price and says "
            "nothing.",
            "Contact: 100 for a ticket or an answer within 30 days, falling to 0 at 180.",
            "One is enough to be watched.",
        ),
    ),
    _define(
        "renewals_due",
        "Renewals (<days>d)",
        Unit.MONEY,
        Good.NEITHER,
        sentence="What the contracts are worth a year that come up for renewal soon.",
        formula="12 x MRR of contracts of a year or longer that renew within policy.renewal_days (45) days",
        inputs=(Subscription, FxRate),
        source="agentos",
        edge_cases=(
            "Shorter contracts do not count: a monthly renewal is no event.",
            "What is set to cancel does not renew.",
            "Contracts without an exchange rate are left out, and that is said.",
        ),
    ),
)
