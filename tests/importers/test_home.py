"""The home as readers see it: what is listed, under which path, and what reading gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentos_cli.importers.source.home import Home, Unreadable
from tests.importers.building import AT, Files, write


def home_of(folder: Path, files: Files, label: str = "state", **options: int) -> Home:
    home = Home("1f00", "clawdbot", **options)
    home.add(label, write(folder, files))
    return home


def told(home: Home) -> dict[str, str | None]:
    return {entry.path: entry.problem for entry in home.all()}


def test_every_file_is_listed_once_with_its_size_and_time(tmp_path: Path) -> None:
    home = home_of(tmp_path, {"b.json": "{}", "a/x/deep.md": "text", "a/.hidden": "", "c": b"\0\0\0"})
    listed = [(entry.path, entry.name, entry.size, entry.mtime, entry.problem) for entry in home.all()]
    assert listed == [
        ("state/a/.hidden", ".hidden", 0, AT, None),
        ("state/a/x/deep.md", "deep.md", 4, AT, None),
        ("state/b.json", "b.json", 2, AT, None),
        ("state/c", "c", 3, AT, None),
    ]


def test_below_a_folder_means_in_it_and_not_beside_it(tmp_path: Path) -> None:
    files = {
        "cron/jobs.json": "",
        "cron/runs/a.jsonl": "",
        "cron.json": "",
        "cron-2/x.json": "",
        "cron0": "",
        "d": "",
    }
    home = home_of(tmp_path, dict.fromkeys(files, ""))
    assert [entry.path for entry in home.under("state/cron")] == [
        "state/cron/jobs.json",
        "state/cron/runs/a.jsonl",
    ]
    assert [entry.path for entry in home.under("state/cron", ".jsonl")] == ["state/cron/runs/a.jsonl"]
    assert home.under("state/none") == home.under("") == []
    assert len(home.under("state")) == len(files)


def test_only_what_can_be_read_is_got(tmp_path: Path) -> None:
    home = home_of(tmp_path, {"a.md": "", ".git/HEAD": "ref"})
    assert home.get("state/a.md") is not None
    assert home.get("state/.git") is None and home.get("state/b.md") is None and home.get("state") is None


def test_a_workspace_within_the_state_directory_has_a_label_of_its_own(tmp_path: Path) -> None:
    home = home_of(tmp_path, {"openclaw.json": "{}", "workspace/SOUL.md": "x", "workspace-ops/SOUL.md": "y"})
    assert home.add("workspace", tmp_path / "workspace") == "workspace"
    assert home.add("workspace-ops", tmp_path / "workspace-ops") == "workspace-ops"
    assert set(told(home)) == {"state/openclaw.json", "workspace/SOUL.md", "workspace-ops/SOUL.md"}
    assert home.text("workspace-ops/SOUL.md") == "y"


def test_a_folder_is_a_root_once_whoever_names_it(tmp_path: Path) -> None:
    home = home_of(tmp_path / "clawd", {"SOUL.md": "x"}, "workspace")
    (tmp_path / "again").symlink_to("clawd")
    assert home.add("workspace-ops", tmp_path / "clawd") == "workspace"
    assert home.add("workspace-dev", tmp_path / "again") == "workspace"
    assert set(told(home)) == {"workspace/SOUL.md"}
    assert home.roots == {"workspace": tmp_path / "clawd"}


def test_a_folder_of_skills_within_a_root_stays_part_of_it(tmp_path: Path) -> None:
    home = home_of(tmp_path, {"skills/a/SKILL.md": "x"}, "workspace")
    assert home.add("skills-1", tmp_path / "skills") == "workspace/skills"
    assert set(told(home)) == {"workspace/skills/a/SKILL.md"}


def test_a_workspace_around_the_state_directory_does_not_tell_it_again(tmp_path: Path) -> None:
    write(tmp_path, {".clawdbot/clawdbot.json": "{}", ".clawdbot/cron/jobs.json": "{}", "SOUL.md": "x"})
    home = Home("1f00", "clawdbot")
    home.add("state", tmp_path / ".clawdbot")
    home.add("workspace", tmp_path)
    assert set(told(home)) == {"state/clawdbot.json", "state/cron/jobs.json", "workspace/SOUL.md"}


def test_a_label_that_is_taken_is_not_taken_twice(tmp_path: Path) -> None:
    write(tmp_path, {"a/x": "1", "b/x": "2"})
    home = Home("1f00", "clawdbot")
    assert home.add("skills-1", tmp_path / "a") == "skills-1"
    assert home.add("skills-1", tmp_path / "b") == "skills-1-2"
    assert (home.text("skills-1/x"), home.text("skills-1-2/x")) == ("1", "2")


def test_a_single_file_is_a_root_that_holds_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, {"config.json": "{}", "private.json": "{}"})
    home = Home("1f00", "clawdbot")
    home.add_file("config", tmp_path / "config.json")
    assert list(told(home)) == ["config/config.json"]
    assert home.text("config/config.json") == "{}"
    with pytest.raises(Unreadable):
        home.read("config/private.json")


def test_folders_that_are_not_looked_into_are_one_entry_with_reason_and_count(tmp_path: Path) -> None:
    left = "browser/a/Cookies browser/b media/inbound/x.jpg logs/a.jsonl tools/x/y canvas/x.html sandboxes/a"
    files = f"{left} gateway/tls/key.pem memory/main.sqlite memory/main.sqlite-wal gateway/a.json memory/a.md"
    home = home_of(tmp_path / "state", dict.fromkeys(files.split(), ""))
    left = ".git/HEAD .git/objects/aa/bb node_modules/a/README.md app/.venv/x.md app/__pycache__/x.pyc"
    files = f"{left} logs/why-it-failed.md media/list.md tools/how.md"
    home.add("workspace", write(tmp_path / "clawd", dict.fromkeys(files.split(), "")))
    problems = told(home)
    assert {path for path, problem in problems.items() if problem is None} == {
        "state/gateway/a.json", "state/memory/a.md", "workspace/logs/why-it-failed.md",
        "workspace/media/list.md", "workspace/tools/how.md",
    }  # fmt: skip
    assert problems["state/browser"] == "a browser with its logins, which is never read (2 files)"
    assert problems["workspace/.git"] == "the history of versions; the files themselves are read (2 files)"
    assert problems["workspace/app/__pycache__"] == "a cache of tools (1 file)"
    assert problems["state/memory/main.sqlite-wal"] == "an index for searching, which is made anew here"
    assert len(problems) == 18


def test_a_root_that_is_not_there_is_an_entry_of_its_own(tmp_path: Path) -> None:
    home = Home("1f00", "clawdbot")
    home.add("workspace", tmp_path / "gone")
    assert told(home) == {"workspace": "cannot be looked into: no such file or directory"}


def test_more_entries_than_are_listed_are_said_to_be_there(tmp_path: Path) -> None:
    files = {f"a/b/{name}": "" for name in "12345"} | {f"c/{name}": "" for name in "12"}
    home = home_of(tmp_path, files, entries=3)
    assert told(home) == {
        "state/a/b/1": None, "state/a/b/2": None, "state/a/b/3": None,
        "state/a/b": "more than 3 files in all: the rest of it is not told",
        "state": "more than 3 files in all: the rest of it is not told",
    }  # fmt: skip


def test_exactly_as_many_as_are_listed_are_no_problem(tmp_path: Path) -> None:
    home = home_of(tmp_path, dict.fromkeys(("a/1", "a/2", "b/3"), ""), entries=3)
    assert list(told(home).values()) == [None] * 3


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_above_the_limit_is_listed_and_not_read(tmp_path: Path) -> None:
    home = home_of(tmp_path, {"big": b"x" * 2_000_001})
    assert home.get("state/big") is not None
    with pytest.raises(Unreadable, match="state/big: is larger than 2 MB"):
        home.read("state/big", 2_000_000)
    assert len(home.read("state/big", 2_000_001)) == 2_000_001


@pytest.mark.parametrize(
    ("raw", "text", "flaws"),
    [
        (b"a\r\nb\n", "a\r\nb\n", ()),
        (b"\xef\xbb\xbf# T\xc3\xa4glich", "# Täglich", ()),
        ("\ufeffgrüße".encode("utf-16-le"), "grüße", ("is UTF-16",)),
        ("\ufeffgrüße".encode("utf-16-be"), "grüße", ("is UTF-16",)),
        (b"caf\xe9 and \xff", "caf\ufffd and \ufffd", ("2 places that are no text",)),
        ("it says \ufffd itself".encode(), "it says \ufffd itself", ()),
        (
            b"\xef\xbf\xbd \xe9",
            "\ufffd \ufffd",
            ("a place that is no text",),
        ),
        (b"", "", ()),
    ],
)
def test_text_is_text_and_its_flaws_are_told(
    tmp_path: Path, raw: bytes, text: str, flaws: tuple[str, ...]
) -> None:  # fmt: skip
    home = home_of(tmp_path, {"a.md": raw})
    assert home.text("state/a.md") == text
    assert home.decoded("state/a.md").flaws == flaws


LINES = b'{"a":1}\n{"b":2}\r\n\nlast'


@pytest.mark.parametrize(
    ("size", "found"),
    [
        (99, [(b'{"a":1}', True), (b'{"b":2}', True), (b"", True), (b"last", False)]),
        (len(LINES) - 4, [(b'{"a":1}', True), (b'{"b":2}', True), (b"", True)]),
        (10, [(b'{"a":1}', True), (b'{"', False)]),
        (8, [(b'{"a":1}', True)]),
        (0, []),
    ],
)
def test_lines_end_where_the_file_ended_when_it_was_seen(
    tmp_path: Path, size: int, found: list[tuple[bytes, bool]]
) -> None:  # fmt: skip
    assert list(home_of(tmp_path, {"t.jsonl": LINES}).lines("state/t.jsonl", size)) == found


@pytest.mark.parametrize("length", [9, 10, 11, 3_000_000])
def test_a_line_that_is_too_long_is_left_out_and_the_next_ones_are_not(tmp_path: Path, length: int) -> None:
    home = home_of(tmp_path, {"t.jsonl": b"one\n" + b"x" * length + b"\ntwo\n" + b"y" * length})
    long = [(b"x" * length, True), (b"two", True), (b"y" * length, False)]
    cut = [(b"", False), (b"two", True), (b"", False)]
    found = list(home.lines("state/t.jsonl", 99_000_000, most=10))
    assert found == [(b"one", True), *(long if length <= 10 else cut)]


def test_a_line_at_a_time_is_enough(tmp_path: Path) -> None:
    lines = home_of(tmp_path, {"t.jsonl": LINES}).lines("state/t.jsonl", 99)
    assert next(lines) == (b'{"a":1}', True)
    del lines  # and the file is closed, or a warning would fail this
