"""What the figures of code mean: roll-outs, their failures, and pull requests."""

from __future__ import annotations

from functools import partial

from agents.figures import by_key
from agents.nouns import Deployment, PullRequest
from agents.report import Definition, Good
from agents.unit import Unit

DORA = "DORA, deployment frequency and lead time for changes: https://dora.dev/guides/dora-metrics-four-keys"
WHEN_BROUGHT = "It is shown only where a source brings it, such as GitHub."
WHERE = (
    "Production are environments whose name begins with prod or live; a repository that has none of these "
    "counts with all of its environments."
)

_rolled_out = partial(Definition, agent="ops", inputs=(Deployment,))
_reviewed = partial(Definition, agent="ops", inputs=(PullRequest,))

DEFINITIONS = by_key(
    _rolled_out(
        "deployments",
        "Deployments",
        Unit.COUNT,
        Good.UP,
        sentence="Roll-outs to production that succeeded in the last 7 days.",
        formula="count of deployments to production that succeeded in the last 7 days",
        source=DORA,
        edge_cases=(WHERE, "A roll-out counts when it ended.", WHEN_BROUGHT),
    ),
    _rolled_out(
        "deployments_failed",
        "Failed deployments",
        Unit.RATIO,
        Good.DOWN,
        sentence="How many of the roll-outs to production did not go through.",
        formula="deployments that failed / deployments that succeeded or failed, in production, over 28 days",
        source="agentos",
        edge_cases=(
            "This is not DORA's change failure rate, which counts changes that went through and then caused "
            "trouble: the records do not tell of those.",
            WHERE,
            "What is still under way, or was never said to be finished, does not count.",
            "n/a when no deployment ended in 28 days.",
            WHEN_BROUGHT,
        ),
    ),
    _reviewed(
        "pull_request_time",
        "Time to merge",
        Unit.DAYS,
        Good.DOWN,
        sentence="How long a pull request takes from being opened to being merged: half take longer, half "
        "less.",
        formula="median of (merged - created) in days, over pull requests merged in the last 28 days",
        source="agentos; a part of DORA's lead time for changes, which goes from the commit to production: "
        "https://dora.dev/guides/dora-metrics-four-keys",
        edge_cases=(
            "Time as a draft counts, too.",
            "Days are calendar days; weekends and holidays count.",
            "n/a when nothing was merged in 28 days.",
            WHEN_BROUGHT,
        ),
    ),
    _reviewed(
        "pull_requests_open",
        "Open pull requests",
        Unit.COUNT,
        Good.DOWN,
        sentence="Pull requests that wait to be merged or closed, and how old the oldest is.",
        formula="count of pull requests that are neither merged nor closed and are no draft",
        source="agentos",
        edge_cases=(
            "Earlier weeks leave out what is a draft today: the records keep no history of that.",
            WHEN_BROUGHT,
        ),
    ),
)
