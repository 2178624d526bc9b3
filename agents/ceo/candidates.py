"""What could be decided today: every agent's recommendations, the user's own tasks, and the gravest risks.

What several agents say about one customer, or about one matter, becomes one decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from agents.accounts import names
from agents.ceo.view import united
from agents.figures import CUT
from agents.money import Money
from agents.report import Recommendation, Report
from agents.snapshot import Age, Freshness, Snapshot, Task
from agents.wording import plural

OWNER = "you"
"""The agent named for the user's own tasks."""

Group = tuple[str, ...]


def gather(
    snapshot: Snapshot,
    reports: Mapping[str, Report],
    risks: Sequence[Recommendation],
    topics: Mapping[str, tuple[str, ...]],
) -> tuple[Recommendation, ...]:
    """Every candidate, what is about the same customer or matter merged, without what the user put off.

    `risks` are the cross-team risks that need a decision; `topics` maps a cross-team rule to the rules of
    single agents that ask for the same. Putting off a decision puts off all that is merged into it,
    until something weightier about the same customer or matter comes up.
    """
    said = [r for name in sorted(reports) for r in reports[name].recommendations]
    groups: dict[Group, list[Recommendation]] = {}
    for item in said:
        groups.setdefault(_group(item, said), []).append(item)
    for item in risks:
        groups.setdefault(_group_of_risk(item, groups, topics), []).append(item)
    called = names(snapshot) if any(len(found) > 1 for found in groups.values()) else {}
    merged = [_merge(snapshot, found, called) for found in groups.values()]
    own = [_from_task(snapshot, task) for task in snapshot.tasks if not task.done]
    return tuple(item for item in (*merged, *own) if item.id not in snapshot.muted)


def _group(item: Recommendation, said: Sequence[Recommendation]) -> Group:
    """By customer; without one, by rule if several agents ask for it; else it stands alone."""
    if item.account is not None:
        return ("account", item.account)
    others = {other.agent for other in said if other.account is None and other.rule == item.rule}
    return ("rule", item.rule) if len(others) > 1 else ("alone", item.agent, item.id)


def _group_of_risk(
    item: Recommendation, groups: Mapping[Group, list[Recommendation]], topics: Mapping[str, tuple[str, ...]]
) -> Group:
    if item.account is not None:
        return ("account", item.account)
    wanted = topics.get(item.rule, ())
    for group, members in groups.items():
        if any(member.rule in wanted and member.account is None for member in members):
            return group
    return ("alone", item.agent, item.id)


def _merge(snapshot: Snapshot, items: Sequence[Recommendation], called: Mapping[str, str]) -> Recommendation:
    """One decision of several: worded by the weightiest, due with the earliest, on all evidence; the
    others are `related`. `called` are the names of customers by account."""
    ordered = sorted(items, key=lambda item: _weight(snapshot, item))
    lead = ordered[0]
    largest = _largest(snapshot, ordered)
    dues = [item.due_on for item in items if item.due_on is not None]
    return replace(
        lead,
        impact=largest.impact if largest else None,
        formula=largest.formula if largest else None,
        due_on=min(dues, default=None),
        minutes=max(item.minutes for item in items),
        demand=max(item.demand for item in items),
        tags=united(item.tags for item in ordered),
        freshness=_oldest(item.freshness for item in ordered),
        evidence=united(item.evidence for item in ordered),
        agents=united(item.agents or (item.agent,) for item in ordered),
        related=_related(ordered, called.get(lead.account or "", "")),
    )


def _weight(snapshot: Snapshot, item: Recommendation) -> tuple[bool, int, date, str]:
    """Agents before cross-team risks, since their advice is the more concrete; then the most money,
    then the earliest date."""
    return (item.agent == "ceo", -_amount(snapshot, item.impact), item.due_on or date.max, item.id)


def _amount(snapshot: Snapshot, impact: Money | None) -> int:
    converted = None if impact is None else snapshot.convert(impact, snapshot.today)
    return abs(converted.amount) if converted else 0


def _largest(snapshot: Snapshot, items: Sequence[Recommendation]) -> Recommendation | None:
    named = [item for item in items if item.impact is not None]
    return max(named, key=lambda item: _amount(snapshot, item.impact), default=None)


def _related(ordered: Sequence[Recommendation], name: str) -> tuple[str, ...]:
    """What else there is to do, each once, without the customer's `name`, which the lead has said."""
    lead, *others = (_without_name(item.title, name) for item in ordered)
    return tuple(title for title in dict.fromkeys(others) if title != lead)


def _without_name(title: str, name: str) -> str:
    """`Northwind: fix it` gives `Fix it`, also where the name was clipped; other titles stay as they are."""
    head, cut, rest = title.partition(CUT)
    if not (cut and head and name.startswith(head)):
        rest = title.removeprefix(name) if name else title
    begins = len(rest) < len(title) and rest[:1] in (":", " ")
    bare = rest.lstrip(": ") if begins else ""
    return bare[:1].upper() + bare[1:] if bare else title


def _oldest(parts: Iterable[Freshness]) -> Freshness:
    known = list(parts)
    worst = max(known, key=lambda fresh: list(Age).index(fresh.age))
    instants = [fresh.synced_at for fresh in known if fresh.synced_at is not None]
    sources = tuple(sorted(united(fresh.sources for fresh in known)))
    return replace(worst, sources=sources, synced_at=min(instants, default=None))


def _from_task(snapshot: Snapshot, task: Task) -> Recommendation:
    days = (snapshot.today - snapshot.day_of(task.created_at)).days
    return Recommendation(
        id=task.id,
        agent=OWNER,
        rule="task",
        title=task.title,
        why=f"your own task, set {plural(days, 'day')} ago" if days > 0 else "your own task, set today",
        impact=task.impact,
        due_on=task.due_on,
        minutes=task.minutes,
        demand=task.demand,
        tags=task.tags,
        as_of=snapshot.as_of,
        freshness=Freshness(Age.FRESH, (), task.created_at),
        evidence=(),
        agents=(OWNER,),
    )
