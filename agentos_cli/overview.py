"""How things stand: sources and agents, each in one row, from the store alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from agentos_cli.connectors.catalogue import Spec
from agentos_cli.contract import Connection
from agentos_cli.renderers.listings import AgentStateItem, ConnectorItem
from agentos_cli.resilience.breaker import BreakerState, describe
from agentos_cli.store.records import SourceRow
from agentos_cli.store.store import Store
from agents.report import Agent
from agents.snapshot import Snapshot


def connectors(
    store: Store, specs: Iterable[Spec], lives: Mapping[str, timedelta], now: datetime
) -> list[ConnectorItem]:
    """Every connector: connected or not, how old its data is, what its breaker would do now."""
    connections = {c.source: c for c in store.connections()}
    known = store.read(now, ()).sources
    return [
        _connector(
            spec,
            connections.get(spec.name),
            [row for row in known if row.source == spec.name],
            store.breaker(spec.name).peek(),
            lives.get(spec.name, spec.life),
            now,
        )
        for spec in specs
    ]


def _connector(
    spec: Spec,
    connection: Connection | None,
    rows: list[SourceRow],
    breaker: BreakerState | None,
    life: timedelta,
    now: datetime,
) -> ConnectorItem:
    synced = min((row.synced_at for row in rows if row.synced_at), default=None)
    problem = next((row for row in rows if row.problem), None) if connection else None
    late = synced is not None and now - synced > life
    state, fix = _state(spec.name, connection is not None, synced is not None, late, problem)
    return {
        "source": spec.name,
        "title": spec.title,
        "connected": connection is not None,
        "credential": connection.credential if connection else None,
        "state": state,
        "synced_at": synced.isoformat(timespec="seconds") if synced else None,
        "life_minutes": int(life.total_seconds() // 60),
        "skipped": sum(row.partial for row in rows),
        "breaker": describe(breaker, now) if breaker else "closed" if connection else "-",
        "problem": problem.problem if problem else None,
        "fix": fix,
    }


def _state(
    source: str, connected: bool, read: bool, late: bool, problem: SourceRow | None
) -> tuple[str, str | None]:
    """How the source stands in one word, and the command that mends it."""
    if not connected:
        return "not connected", f"agentos connect {source}"
    if problem is not None:
        return "failing" if problem.problem_at else "stale", problem.fix
    if not read or late:
        return "stale" if read else "never read", f"agentos sync {source}"
    return "fresh", None


def agents(store: Store, snapshot: Snapshot, which: Iterable[Agent]) -> list[AgentStateItem]:
    """The health of each agent over this snapshot, and its last run."""
    return [_agent(agent, snapshot, store) for agent in which]


def _agent(agent: Agent, snapshot: Snapshot, store: Store) -> AgentStateItem:
    health = agent.health(snapshot)
    last = next(iter(store.runs(1, "agent", agent.name)), None)
    failed = last is not None and not last.success
    return {
        "name": agent.name,
        "title": agent.title,
        "reads": [noun.kind for noun in agent.reads],
        "health": "failed" if failed else health.state,
        "reasons": [f"its last run failed: {last.error}"] if last and failed else list(health.reasons),
        "last_run": last.started_at.isoformat(timespec="seconds") if last else None,
        "last_ms": last.duration_ms if last else None,
        "last_ok": last.success if last else None,
    }
