"""What each figure of hr means: title, unit and direction, in words, as a formula, at its edges."""

from __future__ import annotations

from functools import partial

from agents.figures import by_key
from agents.nouns import Absence, Candidate, FxRate, Offer, Person, Role, SurveyAnswer
from agents.report import Definition, Good
from agents.unit import Unit

BAIN = "Bain, Net Promoter Score: https://nps.bain.com/about/measuring-your-net-promoter-score/"
TURNOVER = (
    "CIPD, Employee turnover: https://www.cipd.org/en/knowledge/factsheets/turnover-retention-factsheet/"
)
FILLING = (
    "SHRM, Time to fill: https://www.shrm.org/topics-tools/news/talent-acquisition/"
    "staffing-metrics-time-to-fill-can-kill-prospects-landing-top-talent"
)
RECRUITING = "Common recruiting practice"
TODAY_ONLY = "It is of today and has no past: the records keep the present stage only."

_people = partial(Definition, agent="hr", unit=Unit.COUNT, inputs=(Person,), source="agentos")
_define = partial(Definition, agent="hr")

DEFINITIONS = by_key(
    # ── people ───────────────────────────────────────────────────────────────────────────────────
    _people(
        "headcount",
        "Headcount",
        good=Good.UP,
        sentence="People who work here today.",
        formula="count of people who have started and have not left",
        edge_cases=("The day somebody left is the first day they no longer count.",),
    ),
    _people(
        "joiners",
        "Joiners",
        good=Good.UP,
        sentence="People whose first day was in the last 90 days.",
        formula="count of people who started in the last 90 days",
        edge_cases=("Someone who started and left again within the 90 days is a joiner and a leaver.",),
    ),
    _people(
        "leavers",
        "Leavers",
        good=Good.DOWN,
        sentence="People who left in the last 90 days.",
        formula="count of people whose first day away for good was in the last 90 days",
        edge_cases=("Someone who has given notice but is still here does not count.",),
    ),
    _define(
        "attrition",
        "Attrition",
        Unit.RATIO,
        Good.DOWN,
        sentence="The share of people who left in the last 365 days.",
        formula="people who left in the last 365 days / average headcount of these days",
        inputs=(Person,),
        source=TURNOVER,
        edge_cases=(
            "Everybody who left counts, whoever decided it.",
            "The average headcount is the days that people were here, summed, / 365.",
            "A company younger than a year had a small average headcount, so its share is high.",
            "n/a when nobody was here in a year.",
        ),
    ),
    _define(
        "payroll",
        "Payroll",
        Unit.MONEY,
        Good.NEITHER,
        sentence="What everybody who works here today costs a month.",
        formula="sum of the monthly cost of people who are here today",
        inputs=(Person, FxRate),
        source="agentos",
        edge_cases=(
            "People without a cost, or without an exchange rate for it, are left out, and that is said.",
            "It is of today and has no past: the records keep no history of pay.",
        ),
    ),
    _define(
        "absence_rate",
        "Absence",
        Unit.RATIO,
        Good.DOWN,
        sentence="The share of working days that people will be away in the next two weeks.",
        formula="working days away / working days under contract, over the 14 days from today on",
        inputs=(Person, Absence),
        source="agentos",
        edge_cases=(
            "Monday to Friday are working days; public holidays are not known.",
            "A day in two absences is away once.",
            "ACT above twice policy.absence_limit (0.15), watched above it.",
            "n/a when nobody is here.",
        ),
    ),
    _define(
        "enps",
        "eNPS",
        Unit.SCORE,
        Good.UP,
        sentence="How readily people would recommend working here, from -100 to 100.",
        formula="% of answers 9 and 10 - % of answers 0 to 6, of the last 180 days, rounded to whole",
        inputs=(SurveyAnswer,),
        source=f"{BAIN}; asked of employees",
        edge_cases=(
            "The number of answers and the 95 % interval are told beside it; under 10 answers: few answers.",
            "ACT below 0; with under 10 answers only watched.",
            "n/a without an answer in 180 days.",
        ),
    ),
    # ── hiring ───────────────────────────────────────────────────────────────────────────────────
    _define(
        "open_roles",
        "Open roles",
        Unit.COUNT,
        Good.NEITHER,
        sentence="Roles that were opened and are neither filled nor closed.",
        formula="count of roles opened by today that are neither filled nor closed",
        inputs=(Role,),
        source="agentos",
        edge_cases=("How many are past their target day is told beside it.",),
    ),
    _define(
        "open_roles_cost",
        "Cost of open roles",
        Unit.MONEY,
        Good.NEITHER,
        sentence="What payroll grows by a month when every open role is filled.",
        formula="sum of the monthly cost of open roles",
        inputs=(Role, FxRate),
        source="agentos",
        edge_cases=(
            "Roles without a cost, or without an exchange rate for it, are left out, and that is said.",
            "Earlier weeks use today's costs: the records keep no history of them.",
            "0 without open roles; no data when no open role has a cost.",
        ),
    ),
    _define(
        "open_role_age",
        "Age of open roles",
        Unit.DAYS,
        Good.DOWN,
        sentence="How long the open roles have been open: half for longer, half for less.",
        formula="median of (today - opened) in days, over open roles",
        inputs=(Role,),
        source="agentos",
        edge_cases=("Watched above 60 days, ACT above 120.", "n/a without open roles."),
    ),
    _define(
        "time_to_hire",
        "Time to hire",
        Unit.DAYS,
        Good.DOWN,
        sentence="How long it took from applying to accepting: half took longer, half less.",
        formula="median of (accepted - applied) in days, over the hires of the last 365 days",
        inputs=(Candidate, Offer),
        source=RECRUITING,
        edge_cases=(
            "Someone hired without an offer on record counts up to the day they became hired.",
            "n/a when nobody was hired in a year.",
        ),
    ),
    _define(
        "time_to_fill",
        "Time to fill",
        Unit.DAYS,
        Good.DOWN,
        sentence="How long it took from opening a role to filling it: half took longer, half less.",
        formula="median of (filled - opened) in days, over roles filled in the last 365 days",
        inputs=(Role,),
        source=FILLING,
        edge_cases=(
            "Roles that were closed without a hire do not count, nor those still open.",
            "Days are calendar days.",
            "n/a when no role was filled in a year.",
        ),
    ),
    _define(
        "offer_acceptance",
        "Offer acceptance",
        Unit.RATIO,
        Good.UP,
        sentence="Of the offers that were decided in the last year, the share that was accepted.",
        formula="accepted / (accepted + declined + expired) offers decided in the last 365 days",
        inputs=(Offer,),
        source=RECRUITING,
        edge_cases=(
            "An offer past its last day that is still called pending is left out, and that is said.",
            "n/a when no offer was decided in a year.",
        ),
    ),
    _define(
        "offers_expiring",
        "Offers expiring",
        Unit.COUNT,
        Good.DOWN,
        sentence="Offers without an answer that lapse within days.",
        formula="count of pending offers whose last day is within policy.offer_days (5) days",
        inputs=(Offer,),
        source="agentos",
        edge_cases=(
            "An offer holds to the end of its last day.",
            "One is watched; ACT within 2 days of the end.",
        ),
    ),
    _define(
        "stage_<stage>",
        "Candidates at <stage>",
        Unit.COUNT,
        Good.NEITHER,
        sentence="Candidates who are at this stage of hiring now.",
        formula="count of candidates whose present stage it is",
        inputs=(Candidate,),
        source="agentos",
        edge_cases=("The stages are applied, screen, interview, final and offer.", TODAY_ONLY),
    ),
    _define(
        "pass_through_<stage>",
        "Pass-through at <stage>",
        Unit.RATIO,
        Good.UP,
        sentence="Of the candidates for whom this stage was decided, the share that went on from it.",
        formula="candidates who got beyond the stage / (those + candidates rejected or withdrawn at it)",
        inputs=(Candidate,),
        source=RECRUITING,
        edge_cases=(
            "Candidates who are at the stage now are not decided and do not count.",
            "All candidates on record count, however long ago they applied.",
            TODAY_ONLY,
            "n/a when nobody was decided there.",
        ),
    ),
)
