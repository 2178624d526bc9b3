"""What each figure of marketing means: title, unit and direction, in words, as a formula, at its edges."""

from __future__ import annotations

from functools import partial

from agents.figures import by_key
from agents.marketing.reach_definitions import DEFINITIONS as REACH
from agents.nouns import Contact, ContentPiece, FxRate, MarketingSpend, Subscription
from agents.report import Definition, Good
from agents.unit import Unit

SKOK = "David Skok, SaaS Metrics 2.0: https://www.forentrepreneurs.com/saas-metrics-2/"
COST = (Contact, MarketingSpend, FxRate)
CHANNEL_ONLY = "Only what was spent on channels counts: salaries and tools are not in these records."
BY_DAY = "A row of spend counts whole on its own day, also when it stands for a month."
RATES = "Rows in a currency without an exchange rate are left out, and that is said."
CUSTOMERS = "A customer counts once, however many contacts it has, from the day the first of them bought."
FIRST_TOUCH = (
    "A customer belongs to the channel of its earliest contact: first touch, since a contact carries the "
    "channel it first came from and no other."
)
MARGIN = "policy.gross_margin (1); at 1 the margin is not deducted, and that is said."
GOAL = "ACT above 1.25 times policy.cac_goal (none), watched above it; without a goal always ok."
SO_FAR = "Counted up to now, without a past: the records keep no history of it."

_spent = partial(Definition, agent="marketing", unit=Unit.MONEY, good=Good.NEITHER, source="agentos")
_cost = partial(Definition, agent="marketing", unit=Unit.MONEY, good=Good.DOWN, inputs=COST)
_return = partial(Definition, agent="marketing", inputs=(*COST, Subscription), source=SKOK)
_content = partial(Definition, agent="marketing", good=Good.UP, inputs=(ContentPiece,), source="agentos")

OWN = by_key(
    Definition(
        "leads",
        "Leads (28d)",
        Unit.COUNT,
        Good.UP,
        agent="marketing",
        sentence="Contacts that came into the CRM in the last 28 days.",
        formula="count of contacts created in the last 28 days",
        inputs=(Contact,),
        source="agentos",
        edge_cases=(
            "Every new contact counts, whatever its lifecycle.",
            "Watched when more than a quarter below the 28 days before, if those had 10 or more.",
        ),
    ),
    Definition(
        "conversion",
        "Lead to customer",
        Unit.RATIO,
        Good.UP,
        agent="marketing",
        sentence="Of the leads that have had their time to decide, the share that became customers in it.",
        formula="leads that bought within policy.lead_days (90) days / leads created between two and one "
        "times as many days ago",
        inputs=(Contact,),
        source="Common marketing practice, by cohort of the lead's first day",
        edge_cases=(
            "Newer leads do not count yet: they still have time.",
            "A contact that bought before it came into the CRM was never a lead.",
            "n/a without leads in those days.",
        ),
    ),
    _cost(
        "cac",
        "CAC",
        sentence="What it cost to win a customer, over the last 90 days.",
        formula="marketing spend of the last 90 days / customers won in the last 90 days",
        source=f"{SKOK}; there with salaries",
        edge_cases=(
            CHANNEL_ONLY,
            CUSTOMERS,
            BY_DAY,
            RATES,
            "n/a without spend or without a new customer.",
            GOAL,
        ),
    ),
    _spent(
        "spend",
        "Marketing spend (28d)",
        sentence="What was spent on all channels in the last 28 days.",
        formula="sum of the rows of spend of the last 28 days",
        inputs=(MarketingSpend, FxRate),
        edge_cases=(BY_DAY, RATES),
    ),
    _cost(
        "cost_per_lead",
        "Cost per lead",
        sentence="What it cost to win a lead, over the last 28 days.",
        formula="marketing spend of the last 28 days / contacts created in the last 28 days",
        source="Common marketing practice",
        edge_cases=(CHANNEL_ONLY, BY_DAY, RATES, "n/a without spend or without leads."),
    ),
    _return(
        "ltv_cac",
        "LTV:CAC",
        Unit.TIMES,
        Good.UP,
        sentence="How many times over a customer brings back what it cost to win one, in all their time.",
        formula="LTV / CAC: MRR / paying customers x gross margin / customers lost a month as a share, over "
        "marketing spend / customers won, both of the last 90 days",
        edge_cases=(
            "The rule of thumb there: 3 or more is healthy.",
            MARGIN,
            CHANNEL_ONLY,
            "n/a where LTV or CAC is, for the same reason.",
        ),
    ),
    _return(
        "cac_payback",
        "CAC payback",
        Unit.MONTHS,
        Good.DOWN,
        sentence="How many months a new customer takes to earn what it cost to win one.",
        formula="CAC / (MRR of customers new in the last 90 days / how many x gross margin)",
        edge_cases=(
            "New in billing: without a subscription 90 days ago, never paid before, with MRR now.",
            "The rule of thumb there: below 12 months.",
            MARGIN,
            CHANNEL_ONLY,
            "n/a without a CAC, and while no new customer pays.",
        ),
    ),
    _return(
        "payback_<channel>",
        "Payback of <channel>",
        Unit.MONTHS,
        Good.DOWN,
        sentence="How many months a new customer of this channel takes to earn what it cost to win one.",
        formula="CAC of the channel / (MRR of its customers of the last 90 days / how many x gross margin)",
        edge_cases=(
            "There is one for every channel with spend in the last 90 days, the most expensive first.",
            "A customer of the CRM and one of billing are the same if they are of one account.",
            FIRST_TOUCH,
            MARGIN,
            CHANNEL_ONLY,
            "n/a without a CAC, and while none of the channel's new customers pays.",
        ),
    ),
    _cost(
        "cac_<channel>",
        "CAC of <channel>",
        sentence="What it cost to win a customer through this channel, over the last 90 days.",
        formula="spend on the channel / customers won through it, both of the last 90 days",
        source=f"{SKOK}; there with salaries",
        edge_cases=(
            "There is one for every channel with spend in the last 90 days, the most expensive first.",
            FIRST_TOUCH,
            CHANNEL_ONLY,
            CUSTOMERS,
            "n/a without spend or without a new customer.",
            GOAL,
        ),
    ),
    _spent(
        "spend_<channel>",
        "Spend on <channel> (28d)",
        sentence="What was spent on this channel in the last 28 days.",
        formula="sum of the channel's rows of spend of the last 28 days",
        inputs=(MarketingSpend, FxRate),
        edge_cases=("There is one for every channel with spend in the last 90 days.", BY_DAY, RATES),
    ),
    _content(
        "content_best",
        "Best content, leads per visit",
        Unit.RATIO,
        sentence="How many of its visitors the best piece of content turned into leads.",
        formula="highest leads / visits of any published piece with 100 visits or more",
        edge_cases=("The piece is named beside it.", "n/a when no piece has 100 visits.", SO_FAR),
    ),
    _content(
        "content_visits",
        "Content visits",
        Unit.COUNT,
        sentence="Visits of everything published, so far.",
        formula="sum of the visits of all published pieces",
        edge_cases=("What is published later than today does not count.", SO_FAR),
    ),
    _content(
        "content_leads",
        "Content leads",
        Unit.COUNT,
        sentence="Leads that came of everything published, so far.",
        formula="sum of the leads of all published pieces",
        edge_cases=("The deals that content helped with are told beside it.", SO_FAR),
    ),
    _content(
        "content_deals",
        "Deals assisted by content",
        Unit.COUNT,
        sentence="Deals that something published helped with, so far.",
        formula="sum of the deals of all published pieces",
        edge_cases=(
            "As the records count them; a deal that two pieces helped with counts twice.",
            SO_FAR,
        ),
    ),
)
DEFINITIONS = {**OWN, **REACH}
"""All of them, in the order in which they are shown."""
