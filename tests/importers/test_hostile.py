"""Homes that mean harm, or have come to some: what is read stays within, stays small, and stays as it was."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentos_cli.importers.clawdbot.place.locate import find_workspace, locate, open_home
from agentos_cli.importers.source.home import Home, Unreadable
from agentos_cli.importers.source.lenient import parse
from tests.cli.program import bound_by_modes, need_modes
from tests.importers import eras
from tests.importers.building import Fifo, Files, Link, Sparse, as_json, snapshot, write
from tests.measured import measured


def home_of(folder: Path, files: Files, label: str = "state") -> Home:
    home = Home("1f00", "clawdbot")
    home.add(label, write(folder, files))
    return home


def problems(home: Home) -> dict[str, str]:
    return {entry.path: entry.problem for entry in home.all() if entry.problem is not None}


def read_all(home: Home) -> Iterator[str]:
    """Reads every entry in every way; gives why some could not be."""
    for entry in home.all():
        try:
            home.read(entry.path)
            home.decoded(entry.path)
            list(home.lines(entry.path, entry.size))
        except Unreadable as problem:
            yield problem.what


# ── links ────────────────────────────────────────────────────────────────────────────────────────────


def test_links_are_told_and_never_followed(tmp_path: Path) -> None:
    write(tmp_path, {"private/key": "not yours", "private/more/key": "not yours"})
    home = home_of(tmp_path / "state", {
        "skills/a/SKILL.md": "inside",
        "out": Link("../private/key"),
        "absolute": Link(tmp_path / "private" / "key"),
        "folder-out": Link("../private"),
        "dangling": Link("nothing-here"),
        "self": Link("self"),
        "a-loop": Link("b-loop"),
        "b-loop": Link("a-loop"),
        "up": Link(".."),
        "round": Link("."),
        "deep/round": Link("../deep"),
        "inside": Link("skills/a/SKILL.md"),
        "folder-inside": Link("skills/a"),
        "through-out": Link("folder-out/key"),
        "passwd": Link("/etc/passwd"),
        "zero": Link("/dev/zero"),
    })  # fmt: skip
    out = "a link that leads out of the home: not followed"
    assert problems(home) == {
        "state/out": out,
        "state/absolute": out,
        "state/folder-out": out,
        "state/dangling": "a link that leads nowhere",
        "state/self": "a link that leads in a circle",
        "state/a-loop": "a link that leads in a circle",
        "state/b-loop": "a link that leads in a circle",
        "state/up": out,
        "state/round": "a link to state",
        "state/deep/round": "a link to state/deep",
        "state/inside": "a link to state/skills/a/SKILL.md",
        "state/folder-inside": "a link to state/skills/a",
        "state/through-out": out,
        "state/passwd": out,
        "state/zero": out,
    }
    assert [entry.path for entry in home.all() if entry.problem is None] == ["state/skills/a/SKILL.md"]
    for path in (*problems(home), "state/folder-out/key", "state/folder-inside/SKILL.md", "state/round/out"):
        with pytest.raises(Unreadable):
            home.read(path)


def test_a_link_to_another_root_says_where_that_is_read(tmp_path: Path) -> None:
    home = home_of(tmp_path / "state", {"notes": Link("../clawd/memory"), "near": Link("../clawd-2/a.md")})
    assert problems(home)["state/notes"] == "a link that leads nowhere"
    write(tmp_path, {"clawd/memory/a.md": "", "clawd-2/a.md": ""})
    home = home_of(tmp_path / "state", {})
    assert problems(home)["state/notes"] == "a link that leads out of the home: not followed"
    home.add("workspace", tmp_path / "clawd")
    assert problems(home) == {
        "state/near": "a link that leads out of the home: not followed",
        "state/notes": "a link to workspace/memory",
    }


@pytest.mark.parametrize(
    "path",
    [
        "state/../private", "state/a/../../private", "state/./a.md", "state//a.md", "state/", "state", "",
        "/etc/passwd", "other/a.md", "state/a.md/", "state/a.md\0", "state/a.md/..", "../state/a.md",
        "state/a.md/x",
    ],
)  # fmt: skip
def test_no_path_leads_out(tmp_path: Path, path: str) -> None:
    write(tmp_path, {"private": "not yours"})
    home = home_of(tmp_path / "state", {"a.md": "x", "a/b": "x"})
    with pytest.raises(Unreadable) as refused:
        home.read(path)
    assert refused.value.what.isprintable()


@pytest.mark.parametrize("swapped", ["memory/a.md", "memory", "."])
def test_what_is_swapped_for_a_link_after_the_walk_is_not_read(tmp_path: Path, swapped: str) -> None:
    write(tmp_path, {"private/a.md": "not yours", "private/memory/a.md": "not yours"})
    home = home_of(tmp_path / "state", {"memory/a.md": "mine"})
    assert home.text("state/memory/a.md") == "mine"
    victim = tmp_path / "state" / swapped
    victim.rename(tmp_path / "away")
    victim.symlink_to(tmp_path / "private" / ("a.md" if swapped == "memory/a.md" else ""))
    for read in (home.read, lambda path: list(home.lines(path, 99))):
        with pytest.raises(Unreadable):
            read("state/memory/a.md")


def test_a_root_that_is_exchanged_for_another_folder_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"other/a.md": "not yours"})
    home = home_of(tmp_path / "state", {"a.md": "mine"})
    (tmp_path / "state").rename(tmp_path / "away")
    (tmp_path / "other").rename(tmp_path / "state")
    with pytest.raises(Unreadable, match="exchanged"):
        home.read("state/a.md")


SWAP = """
import os, sys
os.chdir(sys.argv[1])
while True:
    os.rename("memory", "kept")
    os.symlink("../private", "memory")
    os.unlink("memory")
    os.rename("kept", "memory")
"""


def test_a_folder_that_is_swapped_back_and_forth_never_gives_what_is_outside(tmp_path: Path) -> None:
    """The swap goes on while it is read some thousand times: each time it is the home's own, or a refusal."""
    write(tmp_path, {"private/a.md": "not yours"})
    home, seen = home_of(tmp_path / "state", {"memory/a.md": "mine"}), set()
    swapping = subprocess.Popen([sys.executable, "-c", SWAP, str(tmp_path / "state")])
    try:
        for _ in range(4000):
            try:
                seen.add(home.text("state/memory/a.md"))
            except Unreadable:
                seen.add("refused")
    finally:
        swapping.kill()
        swapping.wait()
    assert seen <= {"mine", "refused"}


# ── what is no file ──────────────────────────────────────────────────────────────────────────────────


def test_pipes_sockets_and_holes_are_told_and_not_opened(tmp_path: Path) -> None:
    files: Files = {"pipe.jsonl": Fifo(), "huge.jsonl": Sparse(5_000_000_000), "a.md": "x"}
    home = home_of(tmp_path / "state", files)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "state" / "exec.sock"))
        home.add("workspace", tmp_path / "none")
        home = Home("1f00", "clawdbot")
        home.add("state", tmp_path / "state")
    assert problems(home) == {
        "state/pipe.jsonl": "a pipe, not a file",
        "state/exec.sock": "a socket, not a file",
        "state/huge.jsonl": "claims 5,000 MB and holds next to none of it: not read",
    }
    for path in ("state/pipe.jsonl", "state/exec.sock"):
        with pytest.raises(Unreadable, match="is not a regular file"):
            home.read(path)
    with pytest.raises(Unreadable, match="is larger than 16 MB"):
        home.read("state/huge.jsonl")


def test_a_pipe_that_waits_for_its_reader_goes_on_waiting(tmp_path: Path) -> None:
    """To open a pipe wakes whoever writes to it; so it is not even opened."""
    home = home_of(tmp_path / "state", {"pipe": Fifo()})
    pipe = tmp_path / "state" / "pipe"
    writer = subprocess.Popen([sys.executable, "-c", f"open({str(pipe)!r}, 'w')"])
    try:
        for _ in range(20):
            with pytest.raises(Unreadable):
                home.read("state/pipe")
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(0.5)
    finally:
        writer.kill()
        writer.wait()


def test_a_file_that_becomes_a_pipe_does_not_stop_the_reading(tmp_path: Path) -> None:
    home = home_of(tmp_path / "state", {"a.md": "x"})
    (tmp_path / "state" / "a.md").unlink()
    os.mkfifo(tmp_path / "state" / "a.md")
    with pytest.raises(Unreadable, match="is not a regular file"):
        home.read("state/a.md")


def test_what_is_gone_or_shorter_by_now_is_one_refusal_or_its_rest(tmp_path: Path) -> None:
    home = home_of(tmp_path / "state", {"a.jsonl": "1\n2\n3\n", "b.md": "x"})
    (tmp_path / "state" / "b.md").unlink()
    (tmp_path / "state" / "a.jsonl").write_text("1\n2")
    with pytest.raises(Unreadable, match=r"state/b\.md: cannot be read: no such file"):
        home.read("state/b.md")
    assert list(home.lines("state/a.jsonl", 6)) == [(b"1", True), (b"2", False)]


BOUND = """
import json, sys
from pathlib import Path
from agentos_cli.importers.source.home import Home, Unreadable

home = Home("1f00", "clawdbot")
home.add("state", Path(sys.argv[1]))
told = {entry.path: entry.problem for entry in home.all()}
try:
    home.read("state/a.md")
except Unreadable as problem:
    told["refused"] = problem.what
print(json.dumps([told, home.text("state/c.md")]))
"""


def test_what_may_not_be_read_is_told_and_costs_itself_alone(tmp_path: Path) -> None:
    need_modes()
    state = write(tmp_path / "state", {"a.md": "x", "closed/b.md": "x", "c.md": "x"})
    (state / "a.md").chmod(0)
    (state / "closed").chmod(0)
    command = (sys.executable, "-c", BOUND, str(state))
    ran = subprocess.run(command, capture_output=True, timeout=100, check=True, preexec_fn=bound_by_modes)
    (state / "closed").chmod(0o700)
    told, text = json.loads(ran.stdout)
    assert told == {
        "state/a.md": None,
        "state/closed": "cannot be looked into: permission denied",
        "state/c.md": None,
        "refused": "state/a.md: cannot be read: permission denied",
    }
    assert text == "x"


# ── copies and depth ─────────────────────────────────────────────────────────────────────────────────


def test_a_home_within_itself_is_one_entry(tmp_path: Path) -> None:
    mara = eras.clawdbot(tmp_path)
    eras.clawdbot(mara / ".clawdbot")
    eras.openclaw(mara / "clawd" / "backups" / "monday")
    at = locate(None, {}, mara)
    home = open_home(at)
    clawd = find_workspace(at, "~/clawd", "main", True)
    assert clawd
    home.add("workspace", clawd)
    copy = "a copy of a home inside the home: not looked into"
    copies = {path: problem for path, problem in problems(home).items() if problem.startswith(copy)}
    files = sum(1 for entry in (mara / ".clawdbot" / ".clawdbot").rglob("*") if entry.is_file())
    assert copies["state/.clawdbot"] == f"{copy} ({files} files)"
    assert set(copies) == {"state/.clawdbot", "workspace/backups/monday/.openclaw"}
    # what lies beside a copy is not part of it
    assert (
        home.get("state/clawd/SOUL.md")
        and home.get("workspace/backups/monday/.openclaw/openclaw.json") is None
    )


def test_a_copy_under_any_name_is_known_by_what_it_holds(tmp_path: Path) -> None:
    home = home_of(tmp_path, {
        "old/clawdbot.json": "{}", "old/agents/main/sessions/x.jsonl": "",
        "project/clawdbot.json": "{}", "project/README.md": "",
        "sessions/notes.md": "", ".openclaw/workspace-state.json": "{}",
    }, "workspace")  # fmt: skip
    assert list(problems(home)) == ["workspace/old"]
    assert home.get("workspace/project/README.md") and home.get("workspace/.openclaw/workspace-state.json")


def test_folders_without_end_end(tmp_path: Path) -> None:
    deep, levels = tmp_path / "state", 400
    deep.mkdir()
    opened = os.open(deep, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=opened)
        inner = os.open("d", os.O_RDONLY, dir_fd=opened)
        os.close(opened)
        opened = inner
    os.close(os.open("bottom.md", os.O_CREAT | os.O_WRONLY, dir_fd=opened))
    os.close(opened)
    home = Home("1f00", "clawdbot")
    home.add("state", deep)
    (entry,) = home.all()
    assert entry.path == "state" + "/d" * 65
    assert (entry.problem or "").startswith("deeper than 64 folders in folders: not looked into")


# ── names ────────────────────────────────────────────────────────────────────────────────────────────

NAMES = (
    "..hidden", "...", "a..b", "..\\..\\up", "bot:dream-weaver", "C:\\x", "new\nline", "tab\there",
    "bell\x07", "\x1b[2J\x1b[31mred", "\x9b31m", "\u202ereversed", "-rf", "a b", "'quoted'", '"',
    "*", "%2e%2e%2f", "~",
    "$HOME", "café", unicodedata.normalize("NFD", "café"), "caf\udce9.md", "\udcff\udcfe", "ａ", "x" * 255,
    "CON", "nul.",
)  # fmt: skip


def test_any_name_is_kept_as_it_is_and_read(tmp_path: Path) -> None:
    files = {f"{name}/{name}": f"in {place}" for place, name in enumerate(NAMES)}
    home = home_of(tmp_path / "state", files)
    assert sorted(entry.path for entry in home.all()) == sorted(f"state/{path}" for path in files)
    assert problems(home) == {}
    for path, text in files.items():
        assert home.text(f"state/{path}") == text
        folder = path.rpartition("/")[0]
        assert [entry.path for entry in home.under(f"state/{folder}")] == [f"state/{path}"]


def test_no_name_steers_a_terminal_from_a_message(tmp_path: Path) -> None:
    home = home_of(tmp_path / "state", {name: Link(name) for name in NAMES})
    told = list(read_all(home))
    assert len(told) == len(NAMES)
    for text in told:
        assert text.isprintable() and text.encode()
    aimed = home_of(tmp_path / "aimed", {"\x1b[2J": "x", "link": Link("\x1b[2J")})
    assert problems(aimed) == {"state/link": "a link to state/\\x1b[2J"}


# ── contents ─────────────────────────────────────────────────────────────────────────────────────────


def test_contents_of_any_kind_are_text_or_refused(tmp_path: Path) -> None:
    files: Files = {
        "bom.json": b'\xef\xbb\xbf{"a": 1}', "utf16.json": '{"a": 1}'.encode("utf-16"),
        "crlf.json": '{\r\n"a": 1\r\n}',
        "latin.json": b'{"a": "\xe9"}', "nul.json": b'{"a": 1}\0', "empty.json": "",
        "zeros.json": bytes(100_000), "deep.json": "[" * 100_000,
        "deep-2.json": '{"a":' * 100_000 + "1" + "}" * 100_000,
        "brackets.json": "[" * 5_000_000, "half.json": '{"a": [1, 2', "odd-utf16.json": b"\xff\xfe{",
    }  # fmt: skip
    home = home_of(tmp_path, files)
    read, refused = {}, set()
    for name in files:
        try:
            read[name] = parse(home.text(f"state/{name}"), f"state/{name}")
        except Unreadable:
            refused.add(name)
    assert read == {
        "bom.json": {"a": 1}, "utf16.json": {"a": 1}, "crlf.json": {"a": 1}, "latin.json": {"a": "\ufffd"},
    }  # fmt: skip
    assert refused == files.keys() - read.keys()


MEASURE = """
import json, sys
from pathlib import Path
from agentos_cli.importers.source.home import Home

home = Home("1f00", "clawdbot")
home.add("state", Path(sys.argv[1]))
(entry,) = home.all()
lines = [(line.decode(), whole) for line, whole in home.lines(entry.path, entry.size)]
print(json.dumps(lines))
"""


def test_a_line_of_200_mb_is_passed_over_in_little_memory(tmp_path: Path) -> None:
    transcript = tmp_path / "state" / "t.jsonl"
    transcript.parent.mkdir()
    with transcript.open("wb") as file:
        file.write(b'{"first":1}\n')
        file.seek(200_000_000, os.SEEK_CUR)
        file.write(b'\n{"second":2}\n{"half":')
    ran = measured([sys.executable, "-c", MEASURE, str(transcript.parent)])
    assert ran.code == 0, ran.err
    assert json.loads(ran.out) == [
        ['{"first":1}', True],
        ["", False],
        ['{"second":2}', True],
        ['{"half":', False],
    ]
    assert 10_000 < ran.kilobytes < 150_000


# ── nothing is touched ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "made", [eras.clawdbot, eras.moltbot_split_brain, eras.openclaw, eras.openclaw_sqlite]
)
def test_a_tree_that_was_read_in_every_way_is_as_it_was(tmp_path: Path, made: object) -> None:
    assert callable(made)
    mara = made(tmp_path / "mara")
    write(mara, {
        "clawd/pipe": Fifo(), "clawd/out": Link("/etc/passwd"), "clawd/huge": Sparse(5_000_000_000),
        "clawd/\x1b[2J": "x", "clawd/.clawdbot/clawdbot.json": as_json({"agents": {}}),
    })  # fmt: skip
    before = snapshot(mara)
    at = locate(mara, {}, tmp_path)
    home = open_home(at)
    home.add("workspace", mara / "clawd")
    told = list(read_all(home))
    assert told and snapshot(mara) == before


def test_the_time_of_the_last_reading_stays_where_the_system_allows_it(tmp_path: Path) -> None:
    home = home_of(tmp_path, {"a.md": "x"})
    os.utime(tmp_path / "a.md", (1_000_000_000, 1_100_000_000))
    home.read("state/a.md")
    list(home.lines("state/a.md", 1))
    if hasattr(os, "O_NOATIME"):
        assert (tmp_path / "a.md").stat().st_atime == 1_000_000_000
