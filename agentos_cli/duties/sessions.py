"""Conversations that were brought over: listed, shown, and priced anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches

from agentos_cli.app import App
from agentos_cli.belongings import Entry, Tokens
from agentos_cli.errors import UsageProblem
from agentos_cli.prices import reprice, table
from agentos_cli.renderers.sessions import (
    CostItem,
    CostRow,
    CountsItem,
    SessionCostsDocument,
    SessionDocument,
    SessionEntryItem,
    SessionItem,
    SessionsDocument,
    TokensItem,
)
from agentos_cli.store.sessions import KeptSession, KeptTurn

MOST_CHILDREN = 1_000
SNIPPET, LEAD = 160, 40
"""Characters of a piece of text, and those before the word that was looked for."""
NO_TIME = "no time"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries of a session are asked for: the newest so many, of these roles or types, of the abandoned
    branches too."""

    newest: int = 20
    roles: tuple[str, ...] = ()
    branches: bool = False


def listed(house: App, limit: int, agent: str | None, since: datetime | None) -> SessionsDocument:
    """The newest sessions: of one agent, that ended since an instant."""
    found = house.store.sessions().all(limit, agent=agent, since=since)
    total = house.store.sessions().count(agent=agent, since=since)
    return {"schema": "agentos.sessions/1", "total": total, "sessions": [_item(kept) for kept in found]}


def show(house: App, key: str, wanted: Wanted) -> SessionDocument:
    """One session, named by its key, its id or a beginning of either. Raises UsageProblem for none and for
    several."""
    sessions = house.store.sessions()
    kept = sessions.get(_key(house, key))
    assert kept is not None
    entries = sessions.entries(
        kept.key, live_only=not wanted.branches, roles=wanted.roles, newest=wanted.newest
    )
    children = sessions.all(MOST_CHILDREN, parent=kept.key)
    return {
        "schema": "agentos.session/1",
        "session": _item(kept),
        "file": kept.file,
        "origin": kept.origin,
        "task": kept.task,
        "counts": _counts(kept),
        "cost": _cost(sessions.turns(key=kept.key)),
        "prices": table(),
        "children": [_item(child) for child in children],
        "entries": [_entry(entry) for entry in entries],
    }


def costs(house: App, by: str, agent: str | None, since: datetime | None) -> SessionCostsDocument:
    """What all turns cost, by model, agent or month, the dearest first; months in their order."""
    turns = house.store.sessions().turns(agent=agent, since=since)
    names: dict[str, Callable[[KeptTurn], str]] = {
        "model": lambda turn: "/".join(filter(None, (turn.provider, turn.model))) or "no model named",
        "agent": lambda turn: turn.agent,
        "month": lambda turn: f"{turn.at.astimezone(house.zone):%Y-%m}" if turn.at else NO_TIME,
    }
    heaps: defaultdict[str, list[KeptTurn]] = defaultdict(list)
    for turn in turns:
        heaps[names[by](turn)].append(turn)
    found = [_row(name, some) for name, some in heaps.items()]
    found.sort(key=_dearness)
    if by == "month":
        found.sort(key=lambda row: row["name"])
    return {
        "schema": "agentos.session_costs/1",
        "by": by,
        "rows": found,
        "total": _row("total", turns),
        "prices": table(),
    }


def _key(house: App, asked: str) -> str:
    """The key of the one session that is meant."""
    keys = house.store.sessions().keys()
    if any(key == asked for key, _ in keys):
        return asked
    tests: tuple[Callable[[str, str | None], bool], ...] = (
        lambda key, name: asked in (key.partition("/")[2], name),
        lambda key, name: key.startswith(asked) or key.partition("/")[2].startswith(asked),
    )
    for test in tests:
        meant = [key for key, name in keys if test(key, name)]
        if len(meant) == 1:
            return meant[0]
        if meant:
            shown = ", ".join(meant[:3]) + (", ..." if len(meant) > 3 else "")
            what = f"{len(meant)} sessions are called `{asked[:40]}`: {shown}"
            raise UsageProblem(what, fix=f"agentos sessions show {meant[0]}")
    near = get_close_matches(asked, [key for key, _ in keys], 1, 0.5) if asked else []
    fix = f"agentos sessions show {near[0]}" if near else "agentos sessions list"
    raise UsageProblem(f"there is no session `{asked[:40]}`", fix=fix)


def _dearness(row: CostRow) -> tuple[Decimal, int, str]:
    return -Decimal(row["cost"]["amount"] or 0), -row["turns"], row["name"]


def _row(name: str, turns: list[KeptTurn]) -> CostRow:
    told = sum((turn.tokens for turn in turns), Tokens())
    return {"name": name, "turns": len(turns), "tokens": _tokens(told), "cost": _cost(turns)}


def _cost(turns: Sequence[KeptTurn]) -> CostItem:
    told = sum((turn.tokens for turn in turns), Tokens())
    priced = reprice((turn.provider, turn.model, turn.tokens, turn.at) for turn in turns)
    return {
        "amount": None if priced.amount is None else f"{priced.amount:f}",
        "priced": priced.priced,
        "unpriced": dict(priced.unpriced),
        "reported": None if told.reported_cost is None else f"{told.reported_cost:f}",
    }


def _item(kept: KeptSession) -> SessionItem:
    told = kept.counts.tokens
    return {
        "key": kept.key,
        "agent": kept.agent,
        "name": kept.name,
        "title": kept.title,
        "channel": kept.channel,
        "model": kept.model,
        "began_at": _when(kept.began_at),
        "ended_at": _when(kept.ended_at),
        "parent": kept.parent,
        "label": kept.label,
        "messages": sum(kept.counts.messages.values()),
        "turns": kept.counts.turns,
        "tokens": _tokens(told),
        "reported_cost": None if told.reported_cost is None else f"{told.reported_cost:f}",
    }


def _counts(kept: KeptSession) -> CountsItem:
    counts = kept.counts
    return {
        "messages": dict(counts.messages),
        "tool_results": counts.tool_results,
        "compactions": counts.compactions,
        "abandoned": counts.abandoned,
        "mirrors": counts.mirrors,
        "unreadable": counts.unreadable,
    }


def _entry(entry: Entry) -> SessionEntryItem:
    return {
        "seq": entry.seq,
        "parent": entry.parent,
        "type": entry.type,
        "role": entry.role,
        "at": _when(entry.at),
        "provider": entry.provider,
        "model": entry.model,
        "tool": entry.tool,
        "tokens": _tokens(entry.tokens) if entry.tokens else None,
        "stop": entry.stop,
        "mirror": entry.mirror,
        "live": entry.live,
        "lines": entry.text.splitlines(),
    }


def _tokens(told: Tokens) -> TokensItem:
    return {
        "input": told.input,
        "output": told.output,
        "cache_read": told.cache_read,
        "cache_write": told.cache_write,
    }


def _when(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
