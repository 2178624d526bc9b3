"""What no other reader takes is named with a reason; of custom folders texts come over, and no program."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from pathlib import Path

import pytest

from agentos_cli.belongings import Document
from agentos_cli.importers.clawdbot.ideas import reader as ideas
from agentos_cli.importers.clawdbot.rest import reader as custom
from agentos_cli.importers.clawdbot.rest import unread
from agentos_cli.importers.clawdbot.rest.folders import is_custom
from agentos_cli.importers.piece import Piece
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.store.import_records import Outcome
from tests.importers.building import Fifo, Files, Link, Sparse, as_json, as_lines, snapshot
from tests.importers.skill_samples import MAIN, OPS, home_of, setup_of

SECRET = "inventedSecret0042"


def read(tmp_path: Path, files: Files, root: str = "state", taken: Collection[str] = ()) -> dict[str, Piece]:
    home = home_of(tmp_path / "home", {root: files})
    before = snapshot(tmp_path / "home")
    found = list(custom.read(home, setup_of(OPS, MAIN), Redactor([(SECRET, "key")]), taken))
    assert snapshot(tmp_path / "home") == before
    assert len(found) == len({piece.path for piece in found}), "one piece for each"
    assert {piece.path for piece in found} == {entry.path for entry in home.all()} - set(taken)
    return {piece.path: piece for piece in found}


@pytest.mark.parametrize("root", ["state", "workspace"])
@pytest.mark.parametrize(
    "folder", ["pulse-v3", "heartbeat-v2", "bot:dream-weaver", "enriched-spawn", "bot:x/y"]
)
def test_texts_of_a_custom_folder_come_over_as_notes_of_the_default_agent(
    tmp_path: Path, root: str, folder: str
) -> None:
    found = read(tmp_path, {f"{folder}/notes.md": f"# Hm\n{SECRET}\n"}, root)
    piece = found[f"{root}/{folder}/notes.md"]
    assert isinstance(piece.thing, Document)
    assert (piece.thing.agent, piece.thing.name, piece.thing.role) == ("main", piece.path, "notes")
    assert "# Hm" in piece.thing.text and SECRET not in repr(piece) and piece.redacted
    assert piece.digest == sha256(f"# Hm\n{SECRET}\n".encode()).hexdigest(), "of what it is there"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("pulse.json", as_json({"beats": 1, "last": 2}), "JSON of no known shape (an object of 2)"),
        ("list.json", "[1, 2, 3]", "JSON of no known shape (a list of 3)"),
        ("state", '{"a": 1}', "JSON of no known shape (an object of 1)"),
        ("broken.json", "{", "JSON that cannot be read"),
        ("deep.json", "[" * 100_000, "JSON that cannot be read"),
        ("spawn.jsonl", as_lines([{"a": 1}]), "lines of JSON, of no known shape"),
        ("garden.db", b"SQLite format 3\0rest", "an SQLite database, not opened"),
        ("run", "#!/bin/sh\nrm -rf /\n", "a script, never run or kept"),
        ("run.py", "print()\n", "a script, never run or kept"),
        ("beat", b"\x7fELF\x02\x01", "a program, never run or kept"),
        ("notes.md.bin", b"a\0b", "data of an unknown kind"),
        ("readme.txt", "hello\n", "text, of no known shape"),
        ("nothing", "", "empty"),
    ],
)
def test_the_rest_of_a_custom_folder_is_named_with_size_and_hash(
    tmp_path: Path, name: str, content: str | bytes, kind: str
) -> None:
    raw = content.encode() if isinstance(content, str) else content
    piece = read(tmp_path, {f"pulse-v3/{name}": content})[f"state/pulse-v3/{name}"]
    digest = sha256(raw).hexdigest()
    assert piece.outcome is Outcome.SKIPPED and piece.thing is None
    assert piece.reason == f"not understood: {kind}; {len(raw)} bytes, SHA-256 {digest[:16]}"
    assert piece.digest == digest


def test_a_folder_that_the_program_never_made_is_custom_too(tmp_path: Path) -> None:
    found = read(tmp_path, {"my-own/plan.md": "# Plan\n", "my-own/x.json": "1", "loose.md": "# Loose\n"})
    assert isinstance(found["state/my-own/plan.md"].thing, Document)
    assert (found["state/my-own/x.json"].reason or "").startswith("not understood: JSON of no known shape")
    assert isinstance(found["state/loose.md"].thing, Document)


def test_ideas_of_a_custom_folder_come_with_the_ideas(tmp_path: Path) -> None:
    files: Files = {
        "bot:dream-weaver/garden.json": as_json({"dreams": {"a": {"title": "A", "essence": "x"}}}),
        "bot:dream-weaver/pulse.json": as_json({"beats": 1}),
    }
    home = home_of(tmp_path, {"state": files})
    first = list(ideas.read(home, setup_of(), Redactor()))
    assert [piece.path for piece in first] == ["state/bot:dream-weaver/garden.json"]
    rest = list(custom.read(home, setup_of(), Redactor(), {piece.path for piece in first}))
    assert [piece.path for piece in rest] == ["state/bot:dream-weaver/pulse.json"]


def test_what_is_taken_is_left_alone(tmp_path: Path) -> None:
    files: Files = {"pulse-v3/a.md": "# A\n", "pulse-v3/b.md": "# B\n"}
    assert set(read(tmp_path, files, taken=["state/pulse-v3/a.md"])) == {"state/pulse-v3/b.md"}


def test_hostile_entries_are_named_and_not_opened(tmp_path: Path) -> None:
    files: Files = {
        "bot:x/pipe": Fifo(),
        "bot:x/out": Link("/etc/passwd"),
        "bot:x/loop": Link("."),
        "bot:x/huge.md": Sparse(5_000_000_000),
        "bot:x/huge.bin": Sparse(40_000_000),
        "bot:x/.env": f"K={SECRET}",
        "bot:x/id_rsa": SECRET,
        "bot:x/credentials.json": SECRET,
        "bot:x/caf\udce9.md": b"caf\xe9 \x1b[31m",
        "bot:x/empty.md": " \n",
    }
    found = read(tmp_path, files)
    assert SECRET not in repr(found)
    assert all(piece.reason for piece in found.values() if piece.thing is None)
    for name in (
        "pipe",
        "out",
        "loop",
        "huge.bin",
        ".env",
        "id_rsa",
        "credentials.json",
        "empty.md",
        "huge.md",
    ):
        assert found[f"state/bot:x/{name}"].thing is None, name
    odd = found["state/bot:x/caf\udce9.md"].thing
    assert isinstance(odd, Document)
    (odd.name + odd.text).encode()  # nothing that cannot be kept


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("state/memory/main.sqlite", "made anew"),
        ("state/memory/main.sqlite-wal", "database beside it"),
        ("state/agents/main/agent/models.json", "repeats keys"),
        ("state/agents/main/agent/auth-profiles.json", "never read"),
        ("state/agents/main/sessions/x.jsonl.lock", "a lock"),
        ("state/media/inbound/a.ogg", "media"),
        ("state/browser/work/user-data/Cookies", "cookies"),
        ("state/logs/gateway.jsonl", "logs"),
        ("state/tools/x/run", "never run"),
        ("state/sandbox/containers.json", "never run"),
        ("state/sandboxes/a/b", "never run"),
        ("state/hooks/a/handler.ts", "never run"),
        ("state/extensions/a/index.js", "never run"),
        ("state/plugins/catalog.json", "never run"),
        ("state/settings/tts.json", "speech"),
        ("state/telegram/update-offset-a.json", "channel"),
        ("state/restart-sentinel.json", "next start"),
        ("state/update-check.json", "updates"),
        ("state/identity/device.json", "never read"),
        ("state/gateway/tls/key", "never read"),
        ("state/cron/jobs.json.bak", "copy"),
        ("state/clawdbot.json.bak.2", "copy"),
        ("workspace/canvas/index.html", "window"),
        ("workspace-ops/projects/a/menu.txt", "your own file"),
        ("workspace/.git/HEAD", "git"),
        ("workspace/.DS_Store", "file system"),
        ("skills-1/a/node_modules/x.js", "packages"),
    ],
)
def test_what_stays_behind_is_said_in_a_word(tmp_path: Path, path: str, part: str) -> None:
    assert part in (unread.reason(path) or "")
    root, _, rest = path.partition("/")
    found = read(tmp_path, {rest: "x"}, root)
    assert found and {piece.outcome for piece in found.values()} == {Outcome.SKIPPED}


def test_only_folders_of_somebodys_own_are_custom() -> None:
    known = ("agents", "credentials", "cron", "media", "memory", "skills", "logs", "browser")
    assert not any(is_custom(f"state/{name}/x") for name in known)
    assert not is_custom("state/clawdbot.json") and not is_custom("workspace/projects/x.md")
    assert not is_custom("state/.git/config") and not is_custom("state")
    assert is_custom("workspace/deep/down/bot:x/y") and is_custom("state/anything/x")
