"""Skills are kept with their files, found by their words, and used only where a person says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from agentos_cli.belongings import Skill, SkillFile
from agentos_cli.store.link import Database, transaction
from agentos_cli.store.skills import KeptSkill, SkillShelf
from agentos_cli.store.store import Store
from agentos_cli.store.values import clean

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
ORIGIN = "clawdbot:abc/workspace/skills/chaser/SKILL.md"
SKILL = Skill(
    agent="main",
    place="workspace",
    name="invoice-chaser",
    description="Chase overdue invoices",
    text="# Chaser\nWrite to late payers.",
    path="workspace/skills/chaser/SKILL.md",
    metadata={"requires": {"bins": ["himalaya"]}},
    files=(SkillFile("logo.png", 9, None, "not text"), SkillFile("run.sh", 12, "echo Zwiebel\n")),
    trust="registry",
    source={"registry": "https://clawdhub.com", "version": None},
    findings=("run.sh:1 fetches a program and runs it at once",),
)


def database(store: Store) -> Database:
    return store._database


def put(store: Store, *skills: Skill) -> None:
    with transaction(database(store), write=True) as link:
        for skill in skills:
            SkillShelf(link, store.tenant).put(skill, ORIGIN, NOW)


def digest(store: Store, key: str = SKILL.key) -> str | None:
    with transaction(database(store)) as link:
        return SkillShelf(link, store.tenant).digest(key)


def test_what_is_put_away_is_read_back_as_it_was(store: Store) -> None:
    put(store, SKILL)
    assert store.skills().get(SKILL.key) == KeptSkill(SKILL, ORIGIN, NOW)
    (listed,) = store.skills().all()
    assert listed.skill == replace(SKILL, text="", files=()), "a list costs no texts"
    assert store.skills().get("workspace/main/nothing") is None


def test_what_cannot_be_kept_as_it_is_is_made_so_that_it_can(store: Store) -> None:
    odd = replace(SKILL, name="a\0b\udcff", text="\0", files=(SkillFile("\udcff", 1, "\0"),))
    put(store, odd)
    kept = store.skills().get(odd.key)
    assert kept is not None
    told = (kept.skill.name, kept.skill.text, kept.skill.files[0].path, kept.skill.files[0].text)
    assert told == (clean("a\0b\udcff"), "\ufffd", clean("\udcff"), "\ufffd")
    assert digest(store, odd.key) is not None


def test_the_next_one_of_its_key_takes_its_place(store: Store) -> None:
    put(store, SKILL, replace(SKILL, text="other", files=()))
    kept = store.skills().get(SKILL.key)
    assert kept is not None and (kept.skill.text, kept.skill.files) == ("other", ())
    assert store.search("Zwiebel") == []


def test_skills_are_listed_by_name_and_then_by_who_counts(store: Store) -> None:
    managed = replace(SKILL, place="managed", agent="", shadowed_by=SKILL.key)
    put(store, replace(SKILL, name="zebra"), managed, replace(managed, place="plugin"), SKILL)
    assert [kept.skill.key for kept in store.skills().all()] == [
        "workspace/main/invoice-chaser",
        "managed/invoice-chaser",
        "plugin/invoice-chaser",
        "workspace/main/zebra",
    ]


def test_a_digest_tells_whatever_a_person_or_an_import_could_change(store: Store) -> None:
    put(store, SKILL)
    seen = {digest(store)}
    put(store, SKILL)
    assert {digest(store)} == seen
    changes = (
        replace(SKILL, text="x"),
        replace(SKILL, enabled=True),
        replace(SKILL, findings=()),
        replace(SKILL, shadowed_by="managed/x"),
        replace(SKILL, metadata={}),
        replace(SKILL, files=SKILL.files[:1]),
        replace(SKILL, description="y"),
    )
    for changed in changes:
        put(store, changed)
        seen.add(digest(store))
    assert len(seen) == len(changes) + 1
    put(store, SKILL)
    before = digest(store)
    assert store.skills().enable(SKILL.key, True)
    assert digest(store) != before
    assert store.skills().enable(SKILL.key, False)
    assert digest(store) == before


def test_removed_it_leaves_nothing(store: Store) -> None:
    put(store, SKILL)
    with transaction(database(store), write=True) as link:
        SkillShelf(link, store.tenant).remove(SKILL.key)
        assert tuple(link.rows("SELECT count(*) FROM skill_file")[0]) == (0,)
    assert (store.skills().all(), store.search("invoices"), digest(store)) == ([], [], None)
    assert not store.skills().enable(SKILL.key, True)


def test_a_skill_is_found_by_what_it_and_its_files_say(store: Store) -> None:
    put(store, SKILL, replace(SKILL, name="other", files=()))
    assert {found.thing for found in store.search("late payers")} == {
        SKILL.key,
        "workspace/main/other",
    }
    (found,) = store.search("zwiebel")
    assert (found.thing, found.title) == (SKILL.key, "run.sh")
    assert len(store.search("payers", limit=1)) == 1


def test_another_tenant_sees_and_changes_nothing(store: Store, store_url: str) -> None:
    put(store, SKILL)
    theirs = Store(store_url, "charlie")
    assert (theirs.skills().all(), theirs.skills().get(SKILL.key)) == ([], None)
    assert theirs.search("payers") == []
    assert not theirs.skills().enable(SKILL.key, True)
    put(theirs, replace(SKILL, text="theirs"))
    kept = store.skills().get(SKILL.key)
    assert kept is not None and kept.skill == SKILL
