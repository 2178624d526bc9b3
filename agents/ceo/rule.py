"""What a cross-team rule is, and how one is judged: it fires, it is quiet, or it cannot be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from agents.briefing import Risk
from agents.ceo.view import UnseenError, View
from agents.figures import TITLE, clip
from agents.formula import Formula
from agents.money import Money
from agents.nouns import Noun
from agents.report import Recommendation, Status, short_id
from agents.snapshot import Age, Snapshot


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule saw. `title` has at most 60 characters, `detail` is one line with the figures, `advice`
    what to do about it. `stake` is the yearly money it concerns, made by a formula; `said` how the number
    was made that the title leads with, if there is one; `account` the customer, if it is one."""

    status: Status
    title: str
    detail: str
    advice: str
    evidence: tuple[str, ...]
    account: str | None = None
    stake: Formula | None = None
    due_on: date | None = None
    said: Formula | None = None

    @property
    def money(self) -> Money | None:
        """The stake as money."""
        return self.stake.money() if self.stake else None


@dataclass(frozen=True, slots=True)
class Rule:
    """A question that no single agent can answer.

    `chain` names the agents it needs, in the order of cause and effect; `reads` the nouns without which
    it is unseen; `source` is a published reference, or "agentos". `find` gives what it saw, worst first.
    `topics` are the rules of single agents that ask for the same decision; `tags`, `minutes` and `demand`
    describe the decision itself.
    """

    name: str
    chain: tuple[str, ...]
    reads: tuple[type[Noun], ...]
    source: str
    find: Callable[[View], tuple[Found, ...]]
    tags: tuple[str, ...]
    topics: tuple[str, ...] = ()
    minutes: int = 30
    demand: int = 60


def judge(view: View, rule: Rule) -> tuple[Found, ...] | None:
    """What the rule found, nothing if all is quiet, None if it cannot be seen.

    A rule that breaks counts as unseen, by name: one wrong rule must not cost the morning's briefing.
    """
    try:
        for agent in rule.chain:
            view.report(agent)
        for noun in rule.reads:
            if view.snapshot.freshness(noun).age is Age.MISSING:
                raise UnseenError(f"no {noun.kind} was ever read")
        return rule.find(view)
    except Exception:  # UnseenError, or a rule that is wrong
        return None


def risk(snapshot: Snapshot, rule: Rule, found: Found) -> Risk:
    """The finding as the briefing shows it, with the same id every morning."""
    name = short_id("X", rule.name, found.account or "")
    return Risk(
        id=name,
        rule=rule.name,
        source=rule.source,
        status=found.status,
        title=clip(found.title, TITLE),
        detail=found.detail,
        chain=rule.chain,
        evidence=found.evidence,
        freshness=snapshot.freshness(*rule.reads),
        command=f"agentos show {name}",
        formula=found.said or found.stake,
    )


def decision(snapshot: Snapshot, rule: Rule, found: Found) -> Recommendation:
    """The finding as something to decide."""
    return Recommendation(
        id=short_id("R", "ceo", rule.name, found.account or ""),
        agent="ceo",
        rule=rule.name,
        title=found.advice,
        why=found.detail,
        impact=found.money,
        due_on=found.due_on,
        minutes=rule.minutes,
        demand=rule.demand,
        tags=rule.tags,
        as_of=snapshot.as_of,
        freshness=snapshot.freshness(*rule.reads),
        evidence=found.evidence,
        account=found.account,
        agents=rule.chain,
        formula=found.stake,
    )
