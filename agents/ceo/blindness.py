"""What could not be seen this morning, one line per source: since when, why, and what mends it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from agents import catalogue
from agents.briefing import BlindSpot
from agents.nouns import Noun
from agents.report import Agent
from agents.snapshot import Age, Snapshot, SourceState
from agents.wording import plural

PARTIAL = "partial"
UNCONNECTED = "not connected"


def blind_spots(snapshot: Snapshot) -> tuple[BlindSpot, ...]:
    """Sources that are late, failing, never read or only partly readable, those with no data at all first."""
    agents = tuple(agent for name in catalogue.CATALOGUE if (agent := _load(name)) is not None)
    groups: dict[tuple[str, str], list[SourceState]] = {}
    for state in snapshot.sources:
        trouble = _trouble(snapshot, state)
        if trouble is not None:
            groups.setdefault((state.source, trouble), []).append(state)
    order = (Age.STALE, Age.MISSING, PARTIAL)  # what was seen until lately is news; what never was is known
    sizes = Counter(state.source for state in snapshot.sources)
    ranked = sorted(groups.items(), key=lambda group: (order.index(group[0][1]), group[0][0]))
    spots = [
        _spot(source, trouble, states, agents, sizes[source] == len(states))
        for (source, trouble), states in ranked
    ]
    return (*_nobody_brings(snapshot, agents), *spots)


def _trouble(snapshot: Snapshot, state: SourceState) -> str | None:
    if state.synced_at is None:
        return Age.MISSING
    if state.problem or snapshot.as_of - state.synced_at > state.life:
        return Age.STALE
    return PARTIAL if state.partial else None


def _spot(
    source: str, trouble: str, states: list[SourceState], agents: tuple[Agent, ...], whole: bool
) -> BlindSpot:
    instants = [state.synced_at for state in states if state.synced_at is not None]
    kinds = {kind for state in states for kind in state.kinds}
    fixes = [state.fix for state in states if state.fix]
    return BlindSpot(
        source=source,
        agents=_readers(agents, kinds),
        since=min(instants, default=None),
        why=_why(trouble, states, whole),
        fix=fixes[0] if fixes else _fix(source, trouble),
        partial=sum(state.partial for state in states) if trouble == PARTIAL else 0,
    )


def _why(trouble: str, states: list[SourceState], whole: bool) -> str:
    """The source's own words, or what is the matter; with names if it is only a part of the source."""
    problems = list(dict.fromkeys(state.problem for state in states if state.problem))
    skipped = sum(state.partial for state in states)
    if skipped:
        problems.append(f"{plural(skipped, 'record')} could not be read")
    said = "; ".join(problems) or ("never read" if trouble == Age.MISSING else "no newer sync")
    return said if whole else f"{said} ({_words(kind for state in states for kind in state.kinds)})"


def _words(kinds: Iterable[str]) -> str:
    return ", ".join(sorted(kind.replace("_", " ") for kind in kinds))


def _fix(source: str, trouble: str) -> str:
    if trouble == PARTIAL:
        return f"agentos connectors skipped {source}"
    return f"agentos {'connect' if trouble == Age.MISSING else 'sync'} {source}"


def _nobody_brings(snapshot: Snapshot, agents: tuple[Agent, ...]) -> Iterable[BlindSpot]:
    """What agents need and no source brings, connected or not: one line for all of it."""
    brought = {kind for state in snapshot.sources for kind in state.kinds}
    needed = {noun.kind for agent in agents for noun in agent.needs}
    if missing := needed - brought:
        yield BlindSpot(
            UNCONNECTED,
            _needers(agents, missing),
            None,
            f"no source brings {_words(missing)}",
            "agentos connectors list",
        )


def _readers(agents: tuple[Agent, ...], kinds: set[str]) -> tuple[str, ...]:
    return tuple(agent.name for agent in agents if kinds & _kinds(agent.reads))


def _needers(agents: tuple[Agent, ...], kinds: set[str]) -> tuple[str, ...]:
    return tuple(agent.name for agent in agents if kinds & _kinds(agent.needs))


def _kinds(nouns: Iterable[type[Noun]]) -> set[str]:
    return {noun.kind for noun in nouns}


def _load(name: str) -> Agent | None:
    """An agent that cannot even be loaded is reported as failed by whoever runs it, not here."""
    try:
        return catalogue.load(name)
    except Exception:
        return None
