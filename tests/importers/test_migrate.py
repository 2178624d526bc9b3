"""`agentos migrate` by real processes: what comes over, twice, edited here, taken back, killed."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agentos_cli.store.store import Store
from tests.cli.program import Program
from tests.importers import eras
from tests.importers.building import snapshot

ERAS: dict[str, Callable[[Path], Path]] = {
    "clawdis": eras.clawdis,
    "flat": eras.clawdbot_flat,
    "clawdbot": eras.clawdbot,
    "moltbot": eras.moltbot_split_brain,
    "openclaw": eras.openclaw,
    "sqlite": eras.openclaw_sqlite,
}
KINDS = {
    "document",
    "profile",
    "knowledge",
    "check",
    "schedule",
    "skill",
    "provider",
    "route",
    "idea",
    "session",
}


@pytest.fixture
def agentos(tmp_path: Path) -> Program:
    (tmp_path / "mine").mkdir()
    return Program(tmp_path / "mine")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A home of early 2026 with everything in it; gives what the user would point at."""
    return eras.clawdbot(tmp_path / "theirs")


def migrate(agentos: Program, source: Path, *words: str, code: int = 0) -> Any:
    ran = agentos("migrate", "--from-clawdbot", str(source), "--timezone", "UTC", *words, "--json")
    assert ran.code == code and ran.said_plainly(), ran.err
    return ran.json() if code == 0 else ran.error()


def by_kind(document: Any, *outcomes: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in document["all"]:
        if item["outcome"] in outcomes:
            found[item["kind"]] = found.get(item["kind"], 0) + 1
    return found


def rows(agentos: Program) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(f"file:{agentos.database}?mode=ro", uri=True)) as link:
        tables = [
            row[0]
            for row in link.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            if not row[0].startswith("passage_words")
        ]
        return {name: sorted(link.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}


# ── counts ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("era", ERAS)
def test_every_item_has_one_outcome_and_every_file_an_item(
    agentos: Program, tmp_path: Path, era: str
) -> None:
    source = ERAS[era](tmp_path / "theirs")
    before = snapshot(tmp_path / "theirs")
    document = migrate(agentos, source)
    assert document["done"] == "preview"
    assert document["adds_up"] and document["files"] == document["accounted"]
    assert sum(document["outcomes"].values()) == document["items"] == len(document["all"])
    assert sum(tally["items"] for tally in document["kinds"]) == document["items"]
    keys = [(item["kind"], item["name"]) for item in document["all"]]
    assert len(set(keys)) == len(keys)
    assert not [item for item in document["all"] if item["reason"] == "no reader looked at it"]
    applied = migrate(agentos, source, "--yes")
    assert applied["outcomes"] == document["outcomes"]
    made = [i for i in applied["all"] if i["thing"] and i["outcome"] in {"imported", "redacted", "archived"}]
    assert applied["verified"] == len(made) > 0
    assert snapshot(tmp_path / "theirs") == before


def test_each_kind_comes_over_from_a_whole_home(agentos: Program, source: Path) -> None:
    document = migrate(agentos, source, "--yes")
    assert by_kind(document, "imported", "redacted").keys() >= KINDS
    assert not by_kind(document, "failed")


def test_a_preview_makes_no_database(agentos: Program, source: Path) -> None:
    migrate(agentos, source)
    assert not list(agentos.home.rglob("*.db*"))


def test_the_text_says_how_to_go_on(agentos: Program, source: Path) -> None:
    preview = agentos("migrate", "--from-clawdbot", str(source))
    assert preview.code == 0 and "every one accounted for" in preview.out
    assert preview.out.rstrip().endswith(f"agentos migrate --from-clawdbot {source} --yes")
    applied = agentos("migrate", "--from-clawdbot", str(source), "--yes")
    undo = applied.out.rstrip().splitlines()[-1].partition("agentos ")[2].split()
    assert applied.code == 0 and undo[:2] == ["migrate", "undo"]
    assert agentos(*undo).code == 0


# ── twice ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_run_is_unchanged_in_full_and_writes_no_row(agentos: Program, source: Path) -> None:
    first = migrate(agentos, source, "--yes")
    before = rows(agentos)
    second = migrate(agentos, source, "--yes")
    assert second["outcomes"] == {"unchanged": first["items"]}
    assert second["done"] == "nothing" and rows(agentos) == before


def test_what_was_changed_there_comes_over_and_nothing_else(agentos: Program, source: Path) -> None:
    migrate(agentos, source, "--yes")
    soul = next(source.parent.rglob("SOUL.md"))
    soul.write_text("# Soul\n\nBe brief.\n")
    document = migrate(agentos, source, "--yes")
    assert by_kind(document, "imported") == {"document": 1}
    name = next(item["thing"] for item in document["all"] if item["outcome"] == "imported")
    assert "Be brief." in agentos("workspace", "show", name).out


def test_what_has_another_name_there_has_it_here_too(agentos: Program, source: Path) -> None:
    migrate(agentos, source, "--yes")
    jobs = next(source.rglob("jobs.json"))
    jobs.write_text(jobs.read_text().replace('"Morning brief"', '"First thing"'))
    document = migrate(agentos, source, "--yes")
    assert by_kind(document, "imported", "redacted") == {"schedule": 1}
    names = {one["name"] for one in agentos("schedule", "list", "--json").json()["schedules"]}
    assert "first-thing" in names and "morning-brief" not in names
    third = migrate(agentos, source, "--yes")
    assert third["outcomes"] == {"unchanged": third["items"]}


def test_what_was_changed_here_is_a_conflict_until_it_may_be_overwritten(
    agentos: Program, source: Path
) -> None:
    first = migrate(agentos, source, "--yes")
    name = next(i["thing"] for i in first["all"] if i["kind"] == "document" and i["name"].endswith("SOUL.md"))
    assert agentos("workspace", "put", name, "-", stdin="mine\n").code == 0
    document = migrate(agentos, source, "--yes")
    assert by_kind(document, "conflict") == {"document": 1} and document["done"] == "nothing"
    assert agentos("workspace", "show", name).out == "mine\n"
    document = migrate(agentos, source, "--yes", "--overwrite")
    assert by_kind(document, "imported", "redacted") == {"document": 1}
    assert "mine" not in agentos("workspace", "show", name).out


# ── back ─────────────────────────────────────────────────────────────────────────────────────────────


def test_undo_takes_away_what_was_made_and_nobody_changed(agentos: Program, source: Path) -> None:
    assert agentos("dreams", "add", "An idea of my own").code == 0
    before = rows(agentos)
    first = migrate(agentos, source, "--yes")
    name = next(i["thing"] for i in first["all"] if i["kind"] == "document" and i["name"].endswith("SOUL.md"))
    agentos("workspace", "put", name, "-", stdin="mine\n")
    undone = agentos("migrate", "undo", first["id"], "--json").json()
    assert [item["thing"] for item in undone["kept"]] == [name] and undone["gone"] == []
    assert len(undone["removed"]) == first["verified"] - 1
    after = rows(agentos)
    of_imports = {"import_run", "import_item", "lease"}
    changed = {table for table in after if after[table] != before[table]} - of_imports
    assert changed <= {"document", "passage"}
    assert agentos("workspace", "show", name).out == "mine\n"
    again = agentos("migrate", "undo", first["id"], "--json")
    assert again.code == 2 and "before" in again.error()["message"]


def test_undo_and_import_again_brings_all_of_it(agentos: Program, source: Path) -> None:
    first = migrate(agentos, source, "--yes")
    agentos("migrate", "undo", first["id"])
    again = migrate(agentos, source, "--yes")
    assert again["outcomes"] == first["outcomes"]
    listed = agentos("migrate", "list", "--json").json()["imports"]
    assert [bool(one["undone_at"]) for one in listed] == [False, True]
    shown = agentos("migrate", "show", again["id"], "--json").json()
    assert len(shown["all"]) == again["items"]


# ── nothing becomes active ───────────────────────────────────────────────────────────────────────────


def test_nothing_that_came_over_does_anything(agentos: Program, source: Path) -> None:
    migrate(agentos, source, "--yes")
    schedules = agentos("schedule", "list", "--json").json()["schedules"]
    assert schedules and all(one["paused"] for one in schedules)
    assert agentos("tick").code == 0
    ended = {row for row in rows(agentos)["slot"] if "running" in row or "due" in row}
    assert not ended
    drafts = agentos("heartbeat", "review", "--json").json()["drafts"]
    assert drafts
    skills = agentos("skills", "list", "--all", "--json").json()["skills"]
    registry = [skill for skill in skills if skill["trust"] == "registry"]
    assert registry and not any(skill["enabled"] for skill in registry)


# ── killed ───────────────────────────────────────────────────────────────────────────────────────────


def made(url: str) -> tuple[int, ...]:
    """Imports on record, and how many of everything there are that only an import makes here."""
    store = Store(url, "default")
    items = sum(len(store.imports().items(record.id)) for record in store.imports().all())
    sessions = store.sessions()
    return (
        len(store.imports().all()),
        items,
        len(store.documents().all()),
        store.knowledge().count(),
        len(store.profiles().all()),
        len(store.skills().all()),
        len(store.ideas().all()),
        sessions.count(),
        sum(len(list(sessions.entries(kept.key))) for kept in sessions.all()),
        len(store.schedules().all()),
        len(store.checks().drafts()),
        len(store.models().providers()) + len(store.models().routes()),
        len(store.archives().all()),
        len(store.search("the", limit=1_000)),
    )


def lives(agentos: Program, source: Path, seed: int) -> Iterator[bool]:
    """Killed after a random time, again and again; whether each had finished before."""
    chance = random.Random(seed)
    began = time.monotonic()
    migrate(agentos, source)
    whole = time.monotonic() - began
    for _ in range(12):
        process = agentos.started("migrate", "--from-clawdbot", str(source), "--timezone", "UTC", "--yes")
        time.sleep(chance.uniform(0.4, 2.2) * whole)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        yield process.returncode == 0


def test_killed_at_any_moment_it_holds_nothing_or_all(agentos: Program, source: Path, store_url: str) -> None:
    there = agentos.having(AGENTOS_STORE__URL=store_url)
    nothing, whole = made(store_url), None
    assert set(nothing) == {0}
    for finished in lives(there, source, int.from_bytes(os.urandom(4), "big")):
        found = made(store_url)
        assert not finished or found[0] == 1
        if found[0]:
            whole = whole or found
            assert found == whole and all(found)
        else:
            assert found == nothing
    document = migrate(there, source, "--yes")
    assert document["outcomes"].keys() <= {"unchanged"} or whole is None
    assert there("db", "check").code == 0


# ── asked for ────────────────────────────────────────────────────────────────────────────────────────


def test_only_what_was_asked_for_comes_over(agentos: Program, source: Path) -> None:
    document = migrate(agentos, source, "--only", "skills,schedules", "--yes")
    assert by_kind(document, "imported", "redacted").keys() == {"skill", "skill-file", "schedule"}
    assert document["adds_up"]
    rest = migrate(agentos, source, "--yes")
    assert by_kind(rest, "imported", "redacted").keys() >= KINDS - {"skill", "schedule"}


def test_conversations_can_be_left_behind(agentos: Program, source: Path) -> None:
    document = migrate(agentos, source, "--no-sessions", "--yes")
    assert "session" not in by_kind(document, "imported", "redacted")
    assert any(item["reason"] == "not asked for: --no-sessions" for item in document["all"])


def test_wrong_words_are_one_clear_line(agentos: Program, source: Path, tmp_path: Path) -> None:
    for words, said in (
        (("migrate",), "say where from"),
        (("migrate", "--from-clawdbot", str(source), "--only", "dogs"), "dogs"),
        (("migrate", "--from-clawdbot", str(source), "--timezone", "Berlin"), "no time zone"),
        (("migrate", "--from-clawdbot", str(tmp_path / "none")), "none"),
        (("migrate", "show", "import_1"), "no import"),
        (("migrate", "undo", "import_1"), "no import"),
    ):
        ran = agentos(*words)
        assert ran.code in {2, 7} and said in ran.err and ran.said_plainly(), ran.err


def test_a_package_manifest_is_refused_politely(agentos: Program, tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    manifest = {"name": "clawdbot", "version": "1.0.0", "dependencies": {"left-pad": "1"}}
    (folder / "clawdbot.json").write_text(json.dumps(manifest))
    ran = agentos("migrate", "--from-clawdbot", str(folder))
    assert ran.code == 7 and "clawdbot.json" in ran.err and ran.said_plainly()


def test_the_usual_places_are_looked_at(agentos: Program, tmp_path: Path) -> None:
    eras.clawdbot(agentos.home)
    document = agentos("migrate", "--from-clawdbot", "--json").json()
    assert (
        document["home"] == str(agentos.home / ".clawdbot")
        and document["adds_up"]
        and by_kind(document, "imported", "redacted").keys() >= KINDS
    )


# ── on PostgreSQL ────────────────────────────────────────────────────────────────────────────────────


def test_a_team_on_postgresql_has_the_same(agentos: Program, source: Path, postgres_url: str) -> None:
    theirs = agentos.having(AGENTOS_STORE__URL=postgres_url)
    assert theirs("db", "upgrade").code == 0
    first, ours = migrate(theirs, source, "--yes"), migrate(agentos, source, "--yes")
    assert (first["outcomes"], first["verified"]) == (ours["outcomes"], ours["verified"])
    second = migrate(theirs, source, "--yes")
    assert second["outcomes"] == {"unchanged": first["items"]}
    words = ("search", "invoices", "--json")
    assert theirs(*words).json()["found"] and theirs(*words).code == 0
    undone = theirs("migrate", "undo", first["id"], "--json").json()
    assert len(undone["removed"]) == first["verified"] and not undone["kept"]
    assert theirs(*words).json()["found"] == []


def test_who_watches_sees_how_far_it_is(agentos: Program, source: Path) -> None:
    shown = agentos.on_terminal("migrate", "--from-clawdbot", str(source), "--yes").raw
    assert b"reading" in shown and b"storing" in shown and b"100%" in shown
    assert agentos("migrate", "--from-clawdbot", str(source), "--yes").err == ""
