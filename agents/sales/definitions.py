"""What each figure of sales means: title, unit and direction, in words, as a formula, at its edges."""

from __future__ import annotations

from functools import partial

from agents.figures import by_key
from agents.nouns import Deal, FxRate, Stage
from agents.report import Definition, Good
from agents.unit import Unit

HISTORY = (
    "Earlier weeks use the amounts and close dates of then (today's, where the CRM kept none of a deal) "
    "and today's exchange rates, so that a trend shows deals and not currencies."
)
UNCOUNTED = "Deals without an amount, or without an exchange rate for it, are left out, and that is said."
UNDATED = "Deals without a close date, or with one before this quarter, are left out, and that is said."
LOOK_BACK = "policy.win_rate_days (180)"
DECIDED = f"n/a when nothing was decided in {LOOK_BACK} days."
VELOCITY = "The sales velocity equation: https://www.mavenlb.com/blog/sales-velocity-formula"
WEIGHTED = "Weighted pipeline: https://www.revopsdictionary.com/term/weighted-pipeline"

_define = partial(Definition, agent="sales", inputs=(Deal, Stage))
_money = partial(Definition, agent="sales", unit=Unit.MONEY, good=Good.UP, inputs=(Deal, Stage, FxRate))

DEFINITIONS = by_key(
    _money(
        "pipeline",
        "Pipeline",
        sentence="What the open deals are worth that are expected to close this quarter or the next.",
        formula="sum of the amounts of open deals with a close date in this calendar quarter or the next",
        source="Common sales practice; the two quarters are our choice",
        edge_cases=(
            UNDATED,
            UNCOUNTED,
            HISTORY,
            "Its status is that of coverage; watched, too, when it fell by more than a fifth in a week.",
        ),
    ),
    _money(
        "weighted_pipeline",
        "Weighted pipeline",
        sentence="The pipeline, each deal counted with the chance that the CRM gives its stage.",
        formula="sum of amount x probability of the stage, over the deals of the pipeline",
        source=f"{WEIGHTED}; the probabilities are the CRM's own",
        edge_cases=(
            "A deal at a stage that the CRM no longer knows is left out, and that is said.",
            UNDATED,
            UNCOUNTED,
            HISTORY,
        ),
    ),
    _money(
        "weighted_measured",
        "Weighted by our win rate",
        sentence="The pipeline, each deal counted with the share that we won of those that had been at its "
        "stage.",
        formula="sum over stages of amounts of the pipeline at the stage x won / (won + lost), of the deals "
        f"that had been at the stage and were closed in the last {LOOK_BACK} days",
        source=f"{WEIGHTED}, with probabilities measured on past deals",
        edge_cases=(
            "By our own win rates, not by the CRM's; what the CRM's chances give is told beside it.",
            "A deal at a stage that fewer than 10 decided deals had been at is left out, and that is said.",
            "n/a when that leaves no deal of the pipeline.",
            "Every deal that was ever at the stage counts as having been there, in whatever order.",
            UNDATED,
            UNCOUNTED,
            HISTORY,
        ),
    ),
    _define(
        "coverage",
        "Pipeline coverage",
        Unit.TIMES,
        Good.UP,
        sentence="How many times over this quarter's open deals would fill what is still to be won in it.",
        formula="sum of the amounts of open deals with a close date in this quarter / (policy.quarter_target "
        "(none) - won this quarter)",
        inputs=(Deal, Stage, FxRate),
        source="The pipeline coverage ratio of common sales practice",
        edge_cases=(
            "n/a without a target, and once the target is reached.",
            "Deals expected in the next quarter do not count: they cannot fill this one.",
            "Watched below policy.coverage_goal (3); ACT below 1, or below the goal if that is lower.",
        ),
    ),
    _money(
        "won_this_quarter",
        "Won this quarter",
        sentence="What the deals are worth that were won since the calendar quarter began.",
        formula="sum of the amounts of deals won since the first day of the quarter in the company's zone",
        source="Common sales practice",
        edge_cases=(UNCOUNTED, "A deal that was reopened is open, and no longer won."),
    ),
    _define(
        "win_rate",
        "Win rate",
        Unit.RATIO,
        Good.UP,
        sentence="Of the deals that were decided lately, the share that was won.",
        formula=f"won / (won + lost) deals closed in the last {LOOK_BACK} days",
        source="Common sales practice",
        edge_cases=(
            DECIDED,
            "A deal closed at a stage that the CRM no longer knows is neither; that is said.",
        ),
    ),
    _define(
        "win_rate_amount",
        "Win rate by amount",
        Unit.RATIO,
        Good.UP,
        sentence="Of the money that was decided lately, the share that was won.",
        formula=f"amount won / (amount won + amount lost) of deals closed in the last {LOOK_BACK} days",
        inputs=(Deal, Stage, FxRate),
        source="Common sales practice",
        edge_cases=(UNCOUNTED, f"n/a when no amount was decided in {LOOK_BACK} days."),
    ),
    _define(
        "cycle",
        "Sales cycle",
        Unit.DAYS,
        Good.DOWN,
        sentence="How long a deal takes from its first day to being won: half take longer, half less.",
        formula=f"median of (won - created) in days, over deals won in the last {LOOK_BACK} days",
        source="Common sales practice",
        edge_cases=(f"n/a when no deal was won in {LOOK_BACK} days.", "Lost deals do not count."),
    ),
    _money(
        "velocity",
        "Velocity per day",
        sentence="What the deals now open should bring a day, going by the deals of late.",
        formula="open deals x win rate x average amount won / sales cycle in days",
        source=VELOCITY,
        edge_cases=(
            "Every open deal counts, whatever its close date.",
            "The average is of the won deals that have an amount, in the company currency.",
            f"n/a when no deal with an amount was won in {LOOK_BACK} days, or when all took no time.",
            UNCOUNTED,
        ),
    ),
    _define(
        "stuck_deals",
        "Stuck deals",
        Unit.COUNT,
        Good.DOWN,
        sentence="Open deals that have been at their stage for longer than most won deals ever were.",
        formula="count of open deals whose days at their stage exceed the 80th percentile of the days that "
        "won deals spent there",
        inputs=(Deal, Stage, FxRate),
        source="agentos",
        edge_cases=(
            "While fewer than 5 won deals passed a stage, policy.stuck_days (30) is the limit there.",
            "Their worth is told beside it.",
            "One is enough to be watched.",
        ),
    ),
    _define(
        "conversion_<stage>",
        "Conversion of <stage>",
        Unit.RATIO,
        Good.UP,
        sentence="Of the deals that came to this stage lately, the share that went on from it.",
        formula="deals that later reached a further stage or were won / deals that first entered the stage "
        f"in the last {LOOK_BACK} days",
        source="Common sales practice, by cohort of entry",
        edge_cases=(
            "There is one for every open stage of every pipeline.",
            "Deals that are still at the stage count as not gone on, so the newest pull it down.",
            "n/a when no deal entered the stage.",
        ),
    ),
)
