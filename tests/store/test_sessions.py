"""Sessions are kept on either database as they were read, found by their words, and go without a trace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from agentos_cli.belongings import Belonging, Entry, Session, Tokens
from agentos_cli.errors import DataProblem
from agentos_cli.store.link import transaction
from agentos_cli.store.sessions import SessionShelf
from agentos_cli.store.shelves import shelf
from agentos_cli.store.store import Store
from agentos_cli.store.values import clean
from tests.importers.transcript_samples import (
    BEGIN,
    by_chance,
    entry,
    injected,
    mirror,
    reply,
    said,
    session,
    transcript,
)

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
ORIGIN = "clawdbot:1f00/state/agents/main/sessions/8a1c2f7e.jsonl"
TALK = session(
    entry(1, None, **said("user", "send the invoice to Acme")),
    entry(2, 1, **reply("left behind")),
    entry(
        3, 1, **said("assistant", [{"type": "toolCall", "name": "exec", "arguments": {"command": "mail"}}])
    ),
    entry(4, 3, **said("toolResult", "queued \x1b[31m\0", toolName="exec")),
    entry(5, 4, **reply("sent", model="unheard-of", provider="litellm")),
    entry(6, 5, **mirror("sent")),
    injected(7),
)


def put(store: Store, *those: Session, origin: str = ORIGIN) -> None:
    with transaction(store._database, write=True) as link:
        for one in those:
            shelf(Belonging.SESSION, link, store.tenant).put(one, origin, NOW)


def rows_left(store: Store) -> list[int]:
    with transaction(store._database) as link:
        tables = ("session", "session_entry", "passage")
        return [link.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables]


def test_what_is_put_away_is_read_back_as_it_was(store: Store) -> None:
    about = {
        "name": "agent:main:main",
        "channel": "telegram",
        "parent": "main/1",
        "label": "x",
        "task": "find",
    }
    one = replace(TALK, title="Grüße \ud800", **about)  # type: ignore[arg-type]
    put(store, one)
    kept = store.sessions().get("main/8a1c2f7e")
    assert kept is not None and kept.title == clean("Grüße \ud800")
    for field in (
        "agent",
        "name",
        "channel",
        "model",
        "file",
        "began_at",
        "ended_at",
        "parent",
        "label",
        "task",
    ):
        assert getattr(kept, field) == getattr(one, field), field
    assert (kept.counts, kept.digest, kept.origin, kept.created_at) == (one.counts, one.digest, ORIGIN, NOW)
    read = store.sessions().entries("main/8a1c2f7e", live_only=False)
    assert read == [replace(e, text=e.text.replace("\0", "�")) for e in one.entries()]


def test_transcripts_made_up_by_chance_survive_the_store(store: Store) -> None:
    for seed in range(25):
        one = replace(transcript(by_chance(seed)).session, id=str(seed))
        put(store, one)
        kept = store.sessions().get(one.key)
        assert kept is not None and kept.counts == one.counts
        assert store.sessions().entries(one.key, live_only=False) == list(one.entries())
        turns = store.sessions().turns(key=one.key)
        assert len(turns) == one.counts.turns
        assert sum((turn.tokens for turn in turns), Tokens()) == one.counts.tokens or not turns


def test_entries_are_narrowed_to_the_main_line_to_roles_and_to_the_newest(store: Store) -> None:
    put(store, TALK)

    def seqs(**narrow: object) -> list[int]:
        found = store.sessions().entries("main/8a1c2f7e", **narrow)  # type: ignore[arg-type]
        return [e.seq for e in found]

    assert seqs() == [1, 3, 4, 5, 6, 7]
    assert seqs(live_only=False) == [1, 2, 3, 4, 5, 6, 7]
    assert seqs(roles=("user", "tool_result")) == [1, 4]
    assert seqs(newest=2) == [6, 7]
    assert seqs(newest=0) == []
    assert store.sessions().entries("main/none") == []


def test_turns_are_replies_that_were_paid_for_once_each(store: Store) -> None:
    twice = entry(2, 1, **reply())
    put(store, TALK, replace(session(entry(1, None, **said("user", "a")), twice, twice), id="2", agent="ops"))
    turns = store.sessions().turns()
    assert [(t.session, t.provider, t.model) for t in turns] == [
        ("main/8a1c2f7e", "anthropic", "claude-sonnet-4-5"),
        ("main/8a1c2f7e", "litellm", "unheard-of"),
        ("ops/2", "anthropic", "claude-sonnet-4-5"),
    ]
    assert turns[0].tokens == Tokens(12, 40, 9_000, 300, Decimal("0.004461"))
    assert turns[0].at == BEGIN + timedelta(seconds=2)
    assert [t.session for t in store.sessions().turns(agent="ops")] == ["ops/2"]
    assert [
        t.at for t in store.sessions().turns(key="main/8a1c2f7e", since=BEGIN + timedelta(seconds=5))
    ] == [BEGIN + timedelta(seconds=5)]


def test_sessions_are_listed_newest_first_and_narrowed(store: Store) -> None:
    def talk(name: str, day: int | None, **more: str) -> Session:
        began = None if day is None else BEGIN + timedelta(days=day)
        one = replace(TALK, id=name, began_at=began, ended_at=began)
        return replace(one, **more)  # type: ignore[arg-type]

    put(store, talk("a", 1), talk("b", 3, agent="ops"), talk("c", None), talk("d", 2, parent="main/a"))
    sessions = store.sessions()
    assert [kept.key for kept in sessions.all()] == ["ops/b", "main/d", "main/a", "main/c"]
    assert [kept.key for kept in sessions.all(1)] == ["ops/b"]
    assert [kept.key for kept in sessions.all(agent="main")] == ["main/d", "main/a", "main/c"]
    assert [kept.key for kept in sessions.all(since=BEGIN + timedelta(days=2))] == ["ops/b", "main/d"]
    assert [kept.key for kept in sessions.all(parent="main/a")] == ["main/d"]
    assert (sessions.count(), sessions.count(agent="ops")) == (4, 1)
    assert dict(sessions.keys()) == dict.fromkeys(("main/a", "main/c", "main/d", "ops/b"))


def test_what_was_said_is_found_and_says_where_it_is(store: Store) -> None:
    put(store, TALK)
    (found,) = store.search("acme invoice", ["session"])
    assert (found.thing, found.part, found.title) == ("main/8a1c2f7e", 1, "user")
    assert [one.part for one in store.search("queued", ["session"])] == [4]


def test_putting_it_again_replaces_it_and_removing_it_leaves_nothing(store: Store) -> None:
    put(store, TALK)
    before = rows_left(store)
    put(store, TALK)
    assert rows_left(store) == before == [1, 7, 7]
    shorter = session(entry(1, None, **said("user", "something else")))
    put(store, shorter)
    assert rows_left(store) == [1, 1, 1]
    assert store.search("acme", ["session"]) == []
    with transaction(store._database, write=True) as link:
        place = SessionShelf(link, "alice")
        assert place.digest("main/8a1c2f7e") == shorter.digest
        place.remove("main/8a1c2f7e")
        assert place.digest("main/8a1c2f7e") is None
        place.remove("main/8a1c2f7e")
    assert rows_left(store) == [0, 0, 0]
    assert store.search("something", ["session"]) == []


def test_a_source_that_breaks_half_way_leaves_nothing(store: Store) -> None:
    def broken() -> Iterator[Entry]:
        yield from list(TALK.entries())[:3]
        raise DataProblem("a transcript changed while it was read")

    with pytest.raises(DataProblem, match="changed"):
        put(store, replace(TALK, entries=broken))
    assert rows_left(store) == [0, 0, 0]


def test_many_entries_are_written_in_parts_and_none_is_lost(store: Store) -> None:
    lines = [entry(n, n - 1 or None, **said("user", f"word{n}")) for n in range(1, 2_502)]
    put(store, session(*lines))
    found = store.sessions().entries("main/8a1c2f7e")
    assert [(e.seq, e.parent, e.text) for e in found] == [
        (n, n - 1 or None, f"word{n}") for n in range(1, 2_502)
    ]
    assert [one.part for one in store.search("word2501", ["session"])] == [2_501]


def test_another_tenant_sees_nothing_of_it(store: Store, store_url: str) -> None:
    put(store, TALK)
    charlie = Store(store_url, "charlie")
    sessions = charlie.sessions()
    assert not (sessions.all() or sessions.turns() or sessions.keys() or sessions.count())
    assert sessions.get("main/8a1c2f7e") is None and sessions.entries("main/8a1c2f7e") == []
    assert charlie.search("acme") == []
    put(charlie, replace(TALK, title="mine"))
    assert [kept.title for kept in store.sessions().all()] == [TALK.title]
