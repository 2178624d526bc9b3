"""What the CEO's own figures mean: how much there is to decide, at risk, unseen and put off."""

from __future__ import annotations

from functools import partial

from agents.figures import by_key
from agents.report import Definition, Good
from agents.unit import Unit

_count = partial(Definition, agent="ceo", unit=Unit.COUNT, good=Good.DOWN, source="agentos")

DEFINITIONS = by_key(
    _count(
        "priorities",
        "Priorities",
        sentence="Decisions that wait, ranked.",
        formula="recommendations of all agents, one for each customer or matter, + your open tasks + "
        "cross-team risks that are ACT and that no agent covers - what you put off",
        inputs=("recommendation", "task", "risk"),
        edge_cases=(
            "Ranked by revenue impact x 0.40 + urgency x 0.25 + energy alignment x 0.15 + strategic "
            "alignment x 0.20, each 0 to 100; the weights are policy.weights.",
        ),
    ),
    _count(
        "risks",
        "Cross-team risks",
        sentence="Risks that no single agent can see, found by rules that join what several of them know.",
        formula="count of what the cross-team rules found - what you put off",
        inputs=("risk",),
        edge_cases=(
            "Its status is that of the worst of them.",
            "A rule that lacks data is not quiet but unseen, and is named.",
        ),
    ),
    _count(
        "blind_spots",
        "Blind spots",
        sentence="Sources that are late, failing, never read, or only partly readable.",
        formula="count of sources, by what is the matter with them; what no source brings is one more",
        inputs=("source",),
        edge_cases=("One is enough to be watched.",),
    ),
    _count(
        "put_off",
        "Put off",
        sentence="Decisions, risks and alerts that you put off and that have not come back yet.",
        formula="count of snoozes in force",
        inputs=("snooze",),
        edge_cases=("What is put off counts neither as a priority nor as a risk.",),
    ),
)
