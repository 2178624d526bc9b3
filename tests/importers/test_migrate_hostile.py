"""Homes that mean harm, through the whole of `agentos migrate`: they do none, and all of it is told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import AGENTOS, Program
from tests.importers import eras
from tests.importers.building import Content, Fifo, Link, Sparse, snapshot, write
from tests.measured import measured

SESSIONS = ".clawdbot/agents/main/sessions"
ESCAPE = "\x1b]0;owned\x07\x1b[31m"
DEEP = 100_000
HOSTILE: dict[str, Content] = {
    ".clawdbot/out": Link("/etc"),
    "clawd/passwd.md": Link("/etc/passwd"),
    "clawd/loop": Link("."),
    "clawd/a": Link("b"),
    "clawd/b": Link("a"),
    "clawd/memory/out.md": Link("../../outside.md"),
    "clawd/pipe.md": Fifo(),
    "clawd/memory/2026-01-17.md": Fifo(),
    "clawd/memory/huge.md": Sparse(5_000_000_000),
    f"{SESSIONS}/sparse.jsonl": Sparse(5_000_000_000),
    "clawd/memory/..hidden..md": "# Not above\n",
    "clawd/memory/2026-01-18:late.md": "# A colon\n",
    f"clawd/memory/{ESCAPE}.md": f"# {ESCAPE}title\n",
    "clawd/memory/two\nlines.md": "# Two lines\n",
    os.fsdecode(b"clawd/memory/latin-\xe9.md"): "Latin caf\u00e9\n".encode("latin-1"),
    "clawd/memory/bom.md": b"\xef\xbb\xbf# Marked\r\n\r\nand with CRLF\r\n",
    "clawd/memory/zero.md": b"# Zero\0byte\n",
    "clawd/memory/utf16.md": "# Wide\n".encode("utf-16"),
    f"{SESSIONS}/half.jsonl": (
        '{"type":"session","version":3,"id":"half","timestamp":"2026-01-26T09:00:00.000Z"}\n'
        '{"type":"message","id":"a1","parentId":null,"message":{"role":"user","content":"whole"}}\n'
        '{"type":"message","id":"a2","pare'
    ),
    f"{SESSIONS}/deep.jsonl": '{"type":"message","message":' + "[" * DEEP + "]" * DEEP + "}\n",
    ".clawdbot/cron/jobs.json": '{"version":1,"jobs":' + "[" * DEEP + "]" * DEEP + "}",
    ".clawdbot/subagents/runs.json": "{" * DEEP,
    ".clawdbot/skills/deep/SKILL.md": f"---\nname: {ESCAPE}deep\ndescription: {'[' * DEEP}\n---\nRead.\n",
    ".clawdbot/skills/bomb/SKILL.md": (
        "---\nname: bomb\ndescription: boom\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\nRead.\n"
    ),
    ".clawdbot/state/dreams.json": '{"dreams":{"../../x":{"title":"'
    + ESCAPE.replace("\x1b", "\\u001b").replace("\x07", "\\u0007")
    + '"},"n":null}}',
}


@pytest.fixture
def agentos(tmp_path: Path) -> Program:
    (tmp_path / "mine").mkdir()
    return Program(tmp_path / "mine")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A whole home with every nastiness in it, and a file beside it that is none of our business."""
    source = eras.clawdbot(tmp_path / "theirs")
    (tmp_path / "outside.md").write_text("# outside-canary\n")
    for name in HOSTILE:
        (source / name).unlink(missing_ok=True)
    write(source, HOSTILE)
    inner = source / ".clawdbot" / ".clawdbot"
    eras.clawdbot(inner)
    settings = source / ".clawdbot" / "clawdbot.json"
    held = json.loads(settings.read_text()) if settings.read_text().startswith('{\n  "') else None
    if held is not None:
        settings.write_text(json.dumps({**held, "$include": "../../outside.md"}))
    return source


def everything(agentos: Program) -> bytes:
    """All that was written."""
    return b"".join(path.read_bytes() for path in sorted(agentos.home.rglob("*")) if path.is_file())


def test_it_does_no_harm_and_says_what_became_of_everything(
    agentos: Program, hostile: Path, tmp_path: Path
) -> None:
    before = snapshot(hostile)
    ran = agentos("migrate", "--from-clawdbot", str(hostile), "--yes", "--json")
    assert ran.code == 0 and ran.said_plainly(), ran.err
    document = ran.json()
    assert document["adds_up"] and not [i for i in document["all"] if i["reason"] == "no reader looked at it"]
    assert snapshot(hostile) == before
    kept = everything(agentos)
    assert b"outside-canary" not in kept and b"root:x:0" not in kept
    paths = {item["path"] for item in document["all"]}
    for name in ("clawd/passwd.md", "clawd/loop", "clawd/a", "clawd/pipe.md", "clawd/memory/huge.md"):
        assert any(path.endswith(name.removeprefix("clawd/")) for path in paths), name
    for words in (
        ("migrate", "show", document["id"]),
        ("knowledge", "list"),
        ("dreams", "list"),
        ("skills", "list", "--all"),
        ("sessions", "list"),
        ("schedule", "list"),
        ("search", "title"),
    ):
        shown = agentos(*words)
        assert shown.code == 0 and shown.said_plainly(), (words, shown.err)
        assert b"\x1b" not in shown.raw and b"\x07" not in shown.raw, words
    text = agentos("migrate", "--from-clawdbot", str(hostile))
    assert text.code == 0 and b"\x1b" not in text.raw
    again = agentos("migrate", "--from-clawdbot", str(hostile), "--yes", "--json").json()
    assert again["outcomes"] == {"unchanged": again["items"]}


def test_what_was_odd_but_readable_came_over(agentos: Program, hostile: Path) -> None:
    document = agentos("migrate", "--from-clawdbot", str(hostile), "--yes", "--json").json()
    came = {i["path"].rpartition("/")[2] for i in document["all"] if i["outcome"] in {"imported", "redacted"}}
    odd = {"2026-01-18:late.md", "..hidden..md", "bom.md", "utf16.md", "half.jsonl", "two lines.md"}
    assert odd <= came
    found = agentos("search", "whole", "--json").json()
    assert any("half" in json.dumps(hit) for hit in found["found"])


def big(folder: Path, lines: int, size: int) -> Path:
    """A home with one transcript of `lines` lines of `size` bytes."""
    source = eras.clawdbot(folder)
    path = source / SESSIONS / "big.jsonl"
    word = "lorem ipsum dolor sit amet " * (size // 27)
    with path.open("w") as file:
        for number in range(lines):
            entry: dict[str, Any] = {
                "type": "message",
                "id": f"{number:08x}",
                "parentId": f"{number - 1:08x}" if number else None,
                "timestamp": "2026-01-26T09:00:00.000Z",
                "message": {"role": "user" if number % 2 else "assistant", "content": f"{number} {word}"},
            }
            file.write(json.dumps(entry) + "\n")
    return source


@pytest.mark.parametrize(("lines", "size"), [(200_000, 900), (1, 200_000_000)])
def test_a_transcript_of_200_mb_stays_below_300_mb_of_memory(
    agentos: Program, tmp_path: Path, lines: int, size: int
) -> None:
    source = big(tmp_path / "theirs", lines, size)
    assert (source / SESSIONS / "big.jsonl").stat().st_size > 195_000_000
    words = (str(AGENTOS), "migrate", "--from-clawdbot", str(source), "--yes")
    ran = measured(words, agentos.env())
    assert ran.code == 0, ran.err
    assert 20_000 < ran.kilobytes < 300_000
