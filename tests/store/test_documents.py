"""Every version of a document is kept; what was imported and what a person wrote are told apart."""

from __future__ import annotations

from datetime import timedelta

from agentos_cli.belongings import Belonging, Document
from agentos_cli.store.link import transaction
from agentos_cli.store.shelves import shelf
from agentos_cli.store.store import Store
from tests.store.samples import NAME, NOW

ORIGIN = "clawdbot:f00d/workspace/SOUL.md"
SOUL = Document("main", "SOUL.md", "persona", f"Dry and quick.\r\n{NAME}\n")
NOTE = Document("main", "docs/plan.md", "notes", "The river plan")


def put(store: Store, *documents: Document) -> None:
    with transaction(store._database, write=True) as link:
        for document in documents:
            shelf(Belonging.DOCUMENT, link, store.tenant).put(document, ORIGIN, NOW)


def digest(store: Store, key: str = SOUL.key) -> str | None:
    with transaction(store._database) as link:
        return shelf(Belonging.DOCUMENT, link, store.tenant).digest(key)


def remove(store: Store, key: str = SOUL.key) -> None:
    with transaction(store._database, write=True) as link:
        shelf(Belonging.DOCUMENT, link, store.tenant).remove(key)


def changed(text: str) -> Document:
    return Document("main", "SOUL.md", "persona", text)


def found(store: Store, words: str) -> list[tuple[str, int]]:
    return [(one.thing, one.part) for one in store.search(words, ["document"])]


def test_what_is_put_away_is_there_as_it_was(store: Store) -> None:
    put(store, SOUL, NOTE)
    assert [version.key for version in store.documents().all()] == ["main/SOUL.md", "main/docs/plan.md"]
    kept = store.documents().get("main", "SOUL.md")
    assert kept is not None
    assert kept.text == SOUL.text
    about = kept.about
    assert (about.version, about.role, about.origin, about.at) == (1, "persona", ORIGIN, NOW)
    assert about.size == len(SOUL.text)
    assert store.documents().get("main", "docs") is None


def test_the_same_again_is_no_version_another_text_is_one(store: Store) -> None:
    put(store, SOUL, SOUL)
    first = digest(store)
    put(store, changed("Warm and slow."), SOUL)
    versions = store.documents().versions("main", "SOUL.md")
    assert [version.version for version in versions] == [3, 2, 1]
    assert digest(store) == first, "it says what it said"
    second = store.documents().get("main", "SOUL.md", 2)
    assert second is not None and second.text == "Warm and slow."
    assert store.documents().get("main", "SOUL.md", 4) is None


def test_what_a_person_writes_is_another_thing_even_with_the_same_words(store: Store) -> None:
    put(store, SOUL)
    before = digest(store)
    later = NOW + timedelta(days=1)
    assert store.documents().put("main", "SOUL.md", SOUL.text, later) == 1, "nothing was changed"
    assert digest(store) == before
    assert store.documents().put("main", "SOUL.md", "Mine", later) == 2
    assert store.documents().put("main", "SOUL.md", SOUL.text, later) == 3
    assert digest(store) not in {before, None}
    assert store.documents().put("main", "TOOLS.md", "Mine", later) == 1
    about = store.documents().versions("main", "TOOLS.md")[0]
    assert (about.role, about.origin, about.at) == ("notes", None, later)


def test_only_the_newest_version_is_found(store: Store) -> None:
    put(store, SOUL, NOTE)
    put(store, changed("Warm as a river"))
    assert found(store, "dry") == []
    assert sorted(found(store, "river")) == [("main/SOUL.md", 2), ("main/docs/plan.md", 1)]
    assert found(store, "plan.md") == [("main/docs/plan.md", 1)], "by its name as well"


def test_what_is_taken_away_leaves_nothing(store: Store) -> None:
    put(store, SOUL, changed("Second"), NOTE)
    remove(store)
    assert (digest(store), store.documents().versions("main", "SOUL.md"), found(store, "second")) == (
        None,
        [],
        [],
    )
    assert store.documents().remove("main", "docs/plan.md") == 1
    assert (store.documents().all(), found(store, "river")) == ([], [])


def test_taking_an_import_back_leaves_what_a_person_wrote_before(store: Store) -> None:
    put(store, SOUL)
    store.documents().put("main", "SOUL.md", "Mine", NOW)
    mine = digest(store)
    put(store, changed("Overwritten"))
    remove(store)
    assert digest(store) == mine
    assert [version.version for version in store.documents().versions("main", "SOUL.md")] == [2, 1]
    assert (found(store, "mine"), found(store, "overwritten")) == ([("main/SOUL.md", 2)], [])


def test_another_tenant_has_documents_of_its_own(store: Store, store_url: str) -> None:
    put(store, SOUL)
    charlie = Store(store_url, "charlie")
    assert (charlie.documents().all(), digest(charlie), found(charlie, "dry")) == ([], None, [])
    assert charlie.documents().get("main", "SOUL.md") is None
    assert charlie.documents().put("main", "SOUL.md", "Mine", NOW) == 1
    assert charlie.documents().remove("main", "SOUL.md") == 1
    remove(charlie)
    assert found(store, "dry") == [("main/SOUL.md", 1)]
