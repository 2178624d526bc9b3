"""Ideas are kept as they came, added, laid aside, and found by their words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agentos_cli.belongings import Idea
from agentos_cli.store.ideas import IdeaShelf, KeptIdea
from agentos_cli.store.link import transaction
from agentos_cli.store.store import Store
from agentos_cli.store.values import clean

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
ORIGIN = "clawdbot:abc/workspace/state/dreams.json"
IDEA = Idea(
    id="d1",
    title="Prepaid plans",
    essence="Customers pay a year ahead",
    context="Asked for by three",
    stage="growing",
    strength=55,
    tags=("pricing", "cash"),
    connections=("d2", "gone"),
    source="manual",
    trail=("began as a remark",),
    claims=({"text": "a third would", "type": "hypothesis", "source": "survey"},),
    created_at=NOW - timedelta(days=9),
    changed_at=NOW - timedelta(days=1),
)


def put(store: Store, *ideas: Idea) -> None:
    with transaction(store._database, write=True) as link:
        for idea in ideas:
            IdeaShelf(link, store.tenant).put(idea, ORIGIN, NOW)


def digest(store: Store, key: str = IDEA.key) -> str | None:
    with transaction(store._database) as link:
        return IdeaShelf(link, store.tenant).digest(key)


def test_what_is_put_away_is_read_back_as_it_was(store: Store) -> None:
    put(store, IDEA)
    assert store.ideas().get("d1") == KeptIdea(IDEA, ORIGIN)
    assert store.ideas().all() == [KeptIdea(IDEA, ORIGIN)]
    assert store.ideas().get("d2") is None


def test_an_idea_without_dates_is_of_when_it_came(store: Store) -> None:
    put(store, replace(IDEA, created_at=None, changed_at=None))
    kept = store.ideas().get("d1")
    assert kept is not None and (kept.idea.created_at, kept.idea.changed_at) == (NOW, NOW)


def test_the_strongest_comes_first_and_then_what_changed_last(store: Store) -> None:
    old = replace(IDEA, id="d0", changed_at=NOW - timedelta(days=2))
    put(store, old, replace(IDEA, id="weak", strength=1), IDEA, replace(IDEA, id="strong", strength=99))
    assert [kept.idea.id for kept in store.ideas().all()] == ["strong", "d1", "d0", "weak"]


def test_one_that_is_added_is_of_nowhere_and_does_not_replace_another(store: Store) -> None:
    put(store, IDEA)
    assert not store.ideas().add(Idea("d1", "x", ""), NOW)
    assert store.ideas().add(Idea("d9", "New", "yes"), NOW)
    kept = store.ideas().get("d9")
    assert kept == KeptIdea(Idea("d9", "New", "yes", created_at=NOW, changed_at=NOW), None)
    before = store.ideas().get("d1")
    assert before is not None and before.idea == IDEA


def test_laid_aside_it_says_so_once(store: Store) -> None:
    put(store, IDEA)
    before = digest(store)
    assert store.ideas().archive("d1", "archived on a Monday", NOW)
    assert store.ideas().archive("d1", "archived on a Tuesday", NOW + timedelta(days=1))
    kept = store.ideas().get("d1")
    assert kept is not None and (kept.idea.stage, kept.idea.changed_at) == ("archived", NOW)
    assert kept.idea.trail == ("began as a remark", "archived on a Monday")
    assert digest(store) != before
    assert not store.ideas().archive("d2", "x", NOW)


def test_a_digest_tells_whatever_can_change(store: Store) -> None:
    put(store, IDEA)
    seen = {digest(store)}
    put(store, replace(IDEA, created_at=NOW, changed_at=NOW))
    assert {digest(store)} == seen, "when it was kept is no change"
    changes = (
        replace(IDEA, title="x"),
        replace(IDEA, stage="seed"),
        replace(IDEA, tags=("x",)),
        replace(IDEA, claims=()),
        replace(IDEA, strength=3),
    )
    for changed in changes:
        put(store, changed)
        seen.add(digest(store))
    assert len(seen) == 6
    assert digest(store, "d2") is None


def test_an_idea_is_found_by_what_it_says_and_by_nobody_else(store: Store, store_url: str) -> None:
    put(store, IDEA, replace(IDEA, id="d3", title="Other", essence="Zwiebel", claims=(), tags=()))
    for words in ("prepaid", "year ahead", "third would", "pricing"):
        assert [found.thing for found in store.search(words)] == ["d1"], words
    theirs = Store(store_url, "charlie")
    assert (theirs.ideas().all(), theirs.ideas().get("d1"), theirs.search("prepaid")) == (
        [],
        None,
        [],
    )
    assert not theirs.ideas().archive("d1", "x", NOW)
    with transaction(store._database, write=True) as link:
        IdeaShelf(link, store.tenant).remove("d1")
    assert store.search("prepaid") == [] and store.ideas().get("d1") is None


def test_an_idea_with_text_that_cannot_be_kept_is_kept_as_far_as_it_can(store: Store) -> None:
    odd = Idea("a\0", "b\udcff", "\0", tags=("\0",), trail=("\udcff",), claims=({"text": "\0"},))
    put(store, odd)
    kept = store.ideas().get("a\0")
    assert kept is not None and (kept.idea.title, kept.idea.essence) == (clean("b\udcff"), "\ufffd")
