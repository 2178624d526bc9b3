"""Entries of knowledge keep their day and the line they came from, and are found by their words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from agentos_cli.belongings import Belonging, Knowledge, Note
from agentos_cli.store.knowledge import KeptNote
from agentos_cli.store.link import transaction
from agentos_cli.store.shelves import shelf
from agentos_cli.store.store import Store
from tests.store.samples import NAME, NOW, TODAY

ORIGIN = "clawdbot:f00d/workspace/memory/2026-01-16.md"
DAY = date(2026, 1, 16)
DAILY = Knowledge(
    "main",
    "memory/2026-01-16.md",
    (Note(1, "", f"{NAME}\n", DAY), Note(3, "Invoices", "## Invoices\nNorthwind pays late.\n", DAY)),
    session="main/8a1c",
)
LONG = Knowledge("ops", "MEMORY.md", (Note(1, "Owner", "# Owner\nLikes rivers.", None),))


def put(store: Store, *files: Knowledge) -> None:
    with transaction(store._database, write=True) as link:
        for file in files:
            shelf(Belonging.KNOWLEDGE, link, store.tenant).put(file, ORIGIN, NOW)


def digest(store: Store, key: str = DAILY.key) -> str | None:
    with transaction(store._database) as link:
        return shelf(Belonging.KNOWLEDGE, link, store.tenant).digest(key)


def found(store: Store, words: str) -> list[tuple[str, int]]:
    return [(one.thing, one.part) for one in store.search(words, ["knowledge"])]


def keys(entries: list[KeptNote]) -> list[str]:
    return [entry.key for entry in entries]


def test_entries_are_there_as_they_were_newest_day_first(store: Store) -> None:
    put(store, LONG, DAILY)
    first, second, last = store.knowledge().all()
    assert first == KeptNote("main", DAILY.path, 1, "", f"{NAME}\n", DAY, "private", "main/8a1c", ORIGIN, NOW)
    assert [second.key, last.key] == ["main/memory/2026-01-16.md:3", "ops/MEMORY.md:1"]
    assert (second.day, last.day, last.session) == (DAY, None, None)
    assert keys(store.knowledge().all(limit=1)) == [first.key]
    assert keys(store.knowledge().all(agent="ops")) == [last.key]
    assert keys(store.knowledge().all(since=DAY)) == [first.key, second.key]
    assert store.knowledge().all(since=TODAY) == []
    assert store.knowledge().files() == [("main", DAILY.path, 2), ("ops", "MEMORY.md", 1)]


def test_an_entry_is_found_by_any_of_its_lines(store: Store) -> None:
    put(store, DAILY)
    get = store.knowledge().get
    assert keys(get("main", DAILY.path)) == [f"main/{DAILY.path}:1", f"main/{DAILY.path}:3"]
    assert keys(get("main", DAILY.path, 2)) == [f"main/{DAILY.path}:1"]
    assert keys(get("main", DAILY.path, 99)) == [f"main/{DAILY.path}:3"]
    assert get("main", "MEMORY.md", 1) == []
    assert found(store, "northwind") == [("main/memory/2026-01-16.md", 3)]


def test_a_file_that_is_put_again_holds_what_it_says_now(store: Store) -> None:
    put(store, DAILY)
    before = digest(store)
    put(store, DAILY)
    assert digest(store) == before
    put(store, replace(DAILY, notes=DAILY.notes[:1]))
    assert digest(store) not in {before, None}
    assert found(store, "northwind") == []
    with transaction(store._database, write=True) as link:
        shelf(Belonging.KNOWLEDGE, link, store.tenant).remove(DAILY.key)
    assert (digest(store), store.knowledge().all()) == (None, [])


def test_what_a_person_takes_away_changes_what_stands(store: Store) -> None:
    put(store, DAILY)
    before = digest(store)
    assert store.knowledge().remove("main", DAILY.path, 2) == 0, "no entry begins there"
    assert digest(store) == before
    assert store.knowledge().remove("main", DAILY.path, 3) == 1
    assert digest(store) not in {before, None}
    assert (found(store, "northwind"), keys(store.knowledge().all())) == ([], [f"main/{DAILY.path}:1"])
    assert store.knowledge().remove("main", DAILY.path) == 1
    assert digest(store) is None


def test_a_person_writes_entries_one_below_the_other(store: Store) -> None:
    add = store.knowledge().add
    one = add("Fernwick moves in May\nand in June", "Office", TODAY, NOW)
    two = add("Ask about the lease", "", TODAY, NOW)
    assert [one.key, two.key] == ["own/2026-11-23.md:1", "own/2026-11-23.md:3"]
    assert (two.origin, two.day, two.text) == (None, TODAY, "Ask about the lease\n")
    assert found(store, "office") == [("own/2026-11-23.md", 1)]
    assert found(store, "lease") == [("own/2026-11-23.md", 3)]
    assert store.knowledge().get("own", "2026-11-23.md") == [one, two]


def test_another_tenant_knows_nothing_of_it(store: Store, store_url: str) -> None:
    put(store, DAILY)
    charlie = Store(store_url, "charlie")
    theirs = charlie.knowledge()
    assert (theirs.all(), theirs.files(), digest(charlie), found(charlie, "northwind")) == ([], [], None, [])
    assert theirs.remove("main", DAILY.path) == 0
    put(charlie, replace(DAILY, notes=DAILY.notes[:1]))
    assert len(store.knowledge().all()) == 2
