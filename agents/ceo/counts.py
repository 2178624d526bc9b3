"""How much there is to decide, at risk, unseen and put off: the CEO's own four figures, each thing a part.

What they count are no records of a source but findings of ours, named `agentos:risk:X7KQ2`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from agents.briefing import Briefing, Decision
from agents.ceo.candidates import OWNER
from agents.formula import Formula, LeftOut, Part, Term, leaf
from agents.snapshot import Snapshot
from agents.unit import Unit

Named = tuple[str, str, str]
"""What sort of thing it is, its own name, and what is to be said of it."""


def priorities(snapshot: Snapshot, briefing: Briefing) -> Formula:
    """The decisions that wait, by who asks for them."""
    own = [d for d in briefing.decisions if d.recommendation.agent == OWNER]
    risks = [d for d in briefing.decisions if d.recommendation.agent == "ceo"]
    asked = [d for d in briefing.decisions if d not in own and d not in risks]
    return (
        _count("recommendations", _decisions("recommendation", asked), _put_off(snapshot, "R"))
        + _count("your open tasks", _decisions("task", own), _put_off(snapshot, "T"))
        + _count("risks to decide on", _decisions("risk", risks))
    )


def risks(snapshot: Snapshot, briefing: Briefing) -> Formula:
    """What the cross-team rules found. A rule that could not be judged is left out, not quiet."""
    found = [("risk", risk.id, risk.title) for risk in briefing.risks]
    unseen = [LeftOut((_ref("rule", rule),), "lacks data to be judged") for rule in briefing.unseen]
    return _count("cross-team risks", found, [*_put_off(snapshot, "X"), *unseen])


def blind_spots(briefing: Briefing) -> Formula:
    """What could not be seen, by source."""
    return _count("blind spots", [("source", spot.source, spot.why) for spot in briefing.blind_spots])


def put_off(snapshot: Snapshot) -> Formula:
    """What the user does not want to see for now."""
    return _count("snoozes in force", [("snooze", muted, "") for muted in sorted(snapshot.muted)])


def _decisions(kind: str, found: Iterable[Decision]) -> list[Named]:
    return [(kind, one.recommendation.id, one.recommendation.title) for one in found]


def _put_off(snapshot: Snapshot, letter: str) -> list[LeftOut]:
    """What is put off and has an id of this sort, see `report.short_id`."""
    muted = sorted(one for one in snapshot.muted if one.startswith(letter))
    return [LeftOut((_ref("snooze", one),), "put off") for one in muted]


def _count(name: str, found: Sequence[Named], left_out: Sequence[LeftOut] = ()) -> Formula:
    parts = [Part((_ref(kind, own),), 1, said, own) for kind, own, said in found]
    return leaf(
        Term(
            name,
            Unit.COUNT,
            Fraction(len(parts)),
            how="count",
            read=lambda: parts,
            omitted=lambda: left_out,
        )
    )


def _ref(kind: str, name: str) -> str:
    return f"agentos:{kind}:{name.replace(' ', '_')}"
