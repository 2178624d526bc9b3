"""How things stand: sources and agents, each in one row, from the store alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from agentos_cli.connectors.catalogue import Spec
from agentos_cli.contract import Connection
from agentos_cli.renderers.connector import BreakerItem, ConnectorDocument, CursorItem, KindItem
from agentos_cli.renderers.listings import AgentStateItem, ConnectorItem, RunItem
from agentos_cli.renderers.logged import run_item
from agentos_cli.resilience.breaker import BreakerState, describe
from agentos_cli.resilience.state import due_at
from agentos_cli.store.records import SourceRow
from agentos_cli.store.standing import Standing
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


RUNS = 20
"""How many of its last runs a source is shown with."""


def connector(store: Store, spec: Spec, life: timedelta, rate: float, now: datetime) -> ConnectorDocument:
    """All that is kept of one source besides its records; `rate` is how many calls a second it gets."""
    connection = next((c for c in store.connections() if c.source == spec.name), None)
    rows = [row for row in store.read(now, ()).sources if row.source == spec.name]
    kept = store.standing(spec.name)
    item = _connector(spec, connection, rows, kept.breaker, life, now)
    return {
        "schema": "agentos.connector/1",
        "source": spec.name,
        "title": spec.title,
        "connected": item["connected"],
        "connected_at": _text(kept.connected_at),
        "credential": item["credential"],
        "address": (connection.base_url if connection else None) or spec.base_url or None,
        "state": item["state"],
        "life_minutes": item["life_minutes"],
        "kinds": _kinds(spec, rows, now),
        "skipped": item["skipped"],
        "whole_at": _text(kept.whole_at),
        "reading_since": _text(kept.reading_since),
        "cursors": _cursors(kept),
        "per_second": rate,
        "spoken_for_seconds": kept.spoken_for,
        "breaker": _breaker(kept, item["breaker"]),
        "runs": _runs(store, spec.name),
        "problem": item["problem"],
        "fix": item["fix"],
    }


def _kinds(spec: Spec, rows: list[SourceRow], now: datetime) -> list[KindItem]:
    """The kinds of a source in its own order, those that never came included."""
    seen = {row.kind: row for row in rows}
    never = SourceRow(spec.name, "", None, None, None, None, 0)
    return [
        {
            "kind": kind,
            "synced_at": _text(row.synced_at),
            "age_minutes": int((now - row.synced_at).total_seconds() // 60) if row.synced_at else None,
            "problem": row.problem,
            "skipped": row.partial,
        }
        for kind, row in ((kind, seen.get(kind, never)) for kind in spec.kinds)
    ]


def _cursors(kept: Standing) -> list[CursorItem]:
    ways = ((True, kept.lasting), (False, kept.passing))
    return [
        {"name": name, "value": value, "lasting": lasting}
        for lasting, found in ways
        for name, value in found.items()
    ]


def _breaker(kept: Standing, says: str) -> BreakerItem:
    state = kept.breaker or BreakerState()
    return {
        "state": state.state,
        "says": says,
        "since": _text(state.since),
        "opened": state.open_count,
        "failure": state.failure or None,
        "failed_at": _text(state.failed_at),
        "until": _text(max(filter(None, (state.not_before, due_at(state))), default=None)),
        "history": [
            {"at": event.at.isoformat(timespec="seconds"), "state": event.state, "reason": event.reason}
            for event in kept.history
        ],
    }


def _runs(store: Store, source: str) -> list[RunItem]:
    return [run_item(run) for run in store.runs(RUNS, "source", source)]


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat(timespec="seconds") if instant else None


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
