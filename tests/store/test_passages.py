"""Texts are found by their words, the same ones on either database, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest

from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.passages import Found, Passages
from agentos_cli.store.store import Store
from agentos_cli.store.values import Primitive

HOSTILE = (
    "",
    " ",
    '"',
    '""',
    "'",
    "*",
    "a*b",
    "-",
    "--",
    "-a",
    '-"',
    "NEAR(a b)",
    "title:river",
    "{title text}: a",
    "((((",
    "a AND",
    "OR",
    "NOT",
    "a OR NOT b",
    "^a",
    "a + b",
    "a & | ! <-> :*",
    "\\",
    "'a' \\'",
    "%s ? %",
    "🦐",
    "🦐🦐 river",
    "\x00\x1b[31m",
    "\ud800",
    "½ ² Ⅷ",
    "请求书",
    "-请求",
    "e\u0301\u0327\u0308",
    "x" * 10_000,
    "word " * 2_000,
    '"' * 10_000,
    "-a " * 3_333,
)


class Watched(Link):
    """A link that tells which parts were written."""

    def __init__(self, link: Link, tell: Callable[[Iterable[Primitive]], None]) -> None:
        super().__init__(link._connection, link.dialect)
        self._tell = tell

    def many(self, sql: str, rows: Sequence[Sequence[Primitive]]) -> int:
        self._tell([row[3] for row in rows if len(row) > 3])
        return super().many(sql, rows)


def database(store: Store) -> Database:
    return store._database


def put(store: Store, room: str, thing: str, *texts: tuple[str, str]) -> int:
    with transaction(database(store), write=True) as link:
        parts = ((n, title, text) for n, (title, text) in enumerate(texts))
        return Passages(link, store.tenant).put(room, thing, parts)


def found(store: Store, words: str, *rooms: str, limit: int = 20, like: str | None = None) -> list[Found]:
    with transaction(database(store)) as link:
        return Passages(link, store.tenant).search(words, rooms, limit, like)


def things(store: Store, words: str, *rooms: str, like: str | None = None) -> set[str]:
    return {one.thing for one in found(store, words, *rooms, like=like)}


@pytest.fixture
def library(store: Store) -> Store:
    put(store, "document", "main/AGENTS.md", ("Rules", "Never touch the river. Ask owner@example.test."))
    put(
        store,
        "knowledge",
        "main/MEMORY.md",
        ("River", "The Éclair café pays late: /home/u/clawd/notes_old"),
    )
    put(store, "session", "ops/1", ("", "the river is long, the riverbank longer"), ("", "請求書を送る"))
    return store


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("river", {"main/AGENTS.md", "main/MEMORY.md", "ops/1"}),
        ("RIVER", {"main/AGENTS.md", "main/MEMORY.md", "ops/1"}),
        ("riverb", {"ops/1"}),
        ("riverb long", set()),  # only the last word may go on
        ("eclair", {"main/MEMORY.md"}),
        ("ÉCLAIR Café", {"main/MEMORY.md"}),
        ("example", {"main/AGENTS.md"}),
        ("owner@example.test", {"main/AGENTS.md"}),
        ("clawd", {"main/MEMORY.md"}),
        ("home/u/clawd/notes", {"main/MEMORY.md"}),
        ("river late", {"main/MEMORY.md"}),
        ('"the river"', {"main/AGENTS.md", "ops/1"}),
        ('"river the"', set()),
        ("river -long", {"main/AGENTS.md", "main/MEMORY.md"}),
        ('river -"the river"', {"main/MEMORY.md"}),
        ("-river", set()),
        ("請求", {"ops/1"}),
        ("river 請求", set()),
        ("請求 -river", {"ops/1"}),
        ("求書 -送る", set()),
        ("nothing", set()),
    ],
)
def test_words_find_the_same_on_either_database(library: Store, words: str, expected: set[str]) -> None:
    assert things(library, words) == expected


def test_rooms_and_keys_narrow_a_search(library: Store) -> None:
    assert things(library, "river", "session", "document") == {"main/AGENTS.md", "ops/1"}
    assert things(library, "river", like="main/%") == {"main/AGENTS.md", "main/MEMORY.md"}
    assert things(library, "river", like="%/agents.md") == set()
    assert things(library, "river", like="main_AGENTS*") == set()


def test_a_title_counts_for_more_and_the_best_come_first(library: Store) -> None:
    first, *_ = answer = found(library, "river")
    assert (first.thing, first.title, first.part) == ("main/MEMORY.md", "River", 0)
    assert [one.score for one in answer] == sorted((one.score for one in answer), reverse=True)
    assert found(library, "river", limit=1) == answer[:1]


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_is_typed_is_refused_or_understood_as_a_query(sqlite_library: Store, words: str) -> None:
    assert isinstance(found(sqlite_library, words), list)


@pytest.fixture
def sqlite_library(sqlite_store_url: str) -> Store:
    store = Store(sqlite_store_url, "alice")
    put(store, "document", "a", ("River", "the river a b 請求書"))
    return store


def test_nor_on_postgresql(postgres_store_url: str) -> None:
    store = Store(postgres_store_url, "alice")
    put(store, "document", "a", ("River", "the river a b 請求書"))
    for words in HOSTILE:
        assert isinstance(found(store, words), list), words
    assert things(store, "🦐🦐 river") == {"a"}


def test_what_is_put_again_or_removed_is_found_as_it_is_now(library: Store) -> None:
    assert put(library, "session", "ops/1", ("", "dry land")) == 1
    assert things(library, "river") == {"main/AGENTS.md", "main/MEMORY.md"}
    assert things(library, "dry") == {"ops/1"}
    with transaction(database(library), write=True) as link:
        passages = Passages(link, "alice")
        assert passages.texts("session", "ops/1") == {0: "dry land"}
        passages.remove("session", "ops/1")
        assert passages.texts("session", "ops/1") == {}
    assert things(library, "dry") == set()


def test_texts_come_back_whole_and_by_part(library: Store) -> None:
    odd = "a\x00b\ud800 \r\n\x1b[31m🦉"
    put(library, "idea", "x", *[("", f"{n} {odd}") for n in range(1_200)])
    with transaction(database(library)) as link:
        texts = Passages(link, "alice").texts
        assert texts("idea", "x", (3, 1_199, 5_000)).keys() == {3, 1_199}
        assert texts("idea", "x", range(1_200))[7] == "7 a\ufffdb\ufffd\ufffd\ufffd \r\n\x1b[31m🦉"
        assert len(texts("idea", "x")) == 1_200


def test_another_tenant_finds_and_takes_nothing(library: Store, store_url: str) -> None:
    charlie = Store(store_url, "charlie")
    put(charlie, "document", "main/AGENTS.md", ("Mine", "a river of my own"))
    assert [one.title for one in found(charlie, "river")] == ["Mine"]
    assert [one.title for one in found(charlie, "river", limit=1)] == ["Mine"], "hers take no place of his"
    assert [one.title for one in found(charlie, "請求")] == []
    assert "Mine" not in {one.title for one in found(library, "river")}
    with transaction(database(charlie), write=True) as link:
        Passages(link, "charlie").remove("session", "ops/1")
        assert Passages(link, "charlie").texts("session", "ops/1") == {}
    assert "ops/1" in things(library, "river")


def test_a_very_long_thing_streams_through(store: Store) -> None:
    most = 0
    alive: set[int] = set()

    def written(parts: Iterable[Primitive]) -> None:
        alive.difference_update(part for part in parts if isinstance(part, int))

    def parts() -> Iterator[tuple[int, str, str]]:
        nonlocal most
        for n in range(300):
            text = f"needle{n} " + "hay " * 25_000
            alive.add(n)
            most = max(most, len(alive))
            yield n, "", text

    with transaction(database(store), write=True) as link:
        assert Passages(Watched(link, written), store.tenant).put("session", "x", parts()) == 300
        assert most < 60, "so many texts were in hand at once"
        assert Passages(link, store.tenant).texts("session", "x", [299])[299].startswith("needle299 ")
    assert [one.part for one in found(store, "needle299")] == [299]
