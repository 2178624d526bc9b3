"""What a person writes down is found again, shown as it was, and does no harm to the terminal."""

from __future__ import annotations

import pytest

from agentos_cli.duties.search import snippet
from tests.cli.program import Program

HOSTILE = "dry \x1b[31m river \x1b]0;owned\x07 \u202etext\tend"


def put(program: Program, key: str, text: str) -> None:
    ran = program("workspace", "put", key, "-", stdin=text)
    assert ran.code == 0, ran.err


def test_what_is_written_down_is_listed_found_shown_and_forgotten(program: Program) -> None:
    added = program(
        "knowledge", "add", "The Éclair café pays late\nand little", "--title", "Payers", "--json"
    )
    (entry,) = added.json()["entries"]
    assert (entry["scope"], entry["origin"], entry["line"]) == ("private", None, 1)
    assert entry["says"] == "Payers: The Éclair café pays late"
    assert entry["key"] == f"own/{entry['day']}.md:1"
    assert entry["key"] in program("knowledge", "list").out
    assert program("knowledge", "list", "--agent", "main").out.startswith("nothing is remembered")

    ran = program("search", "eclair", "pay")
    assert ran.out.splitlines()[0].split("  ")[:3] == ["knowledge", entry["key"], entry["day"]]
    assert "Éclair café pays late" in ran.out
    assert f"agentos knowledge show {entry['key']}" in ran.out
    assert program("search", "pays", "--in", "sessions,skills").out == "nothing was found\n"

    shown = program("knowledge", "show", entry["key"].replace(":1", ":2"))
    assert shown.out.splitlines()[1:] == ["The Éclair café pays late", "and little"]
    assert program("knowledge", "remove", f"{entry['day']}.md:1").code == 0
    assert program("search", "eclair").out == "nothing was found\n"


def test_a_document_goes_out_and_in_again_as_it_was(program: Program) -> None:
    text = "# Soul\n\n    indented  twice\n- [ ] a box\n"
    put(program, "main/SOUL.md", text)
    shown = program("workspace", "show", "SOUL.md")
    assert (shown.out, shown.err) == (text, "")
    again = program("workspace", "put", "main/SOUL.md", "-", stdin=shown.out)
    assert again.out == "main/SOUL.md: version 1 says that already\n"
    put(program, "soul.md", text.replace("twice", "once"))
    diff = program("workspace", "diff", "main/SOUL.md").out
    assert "-    indented  twice\n+    indented  once\n" in diff
    assert program("workspace", "show", "SOUL.md", "--version", "1").out == text
    versions = program("workspace", "history", "SOUL.md", "--json").json()["documents"]
    assert [(v["version"], v["role"], v["origin"]) for v in versions] == [
        (2, "persona", None),
        (1, "persona", None),
    ]
    assert program("workspace", "diff", "SOUL.md", "--from", "2").out == "versions 2 and 2 say the same\n"
    assert program("workspace", "remove", "SOUL.md").code == 0
    assert program("workspace", "list", "--json").json()["documents"] == []


def test_a_file_is_put_and_one_that_cannot_be_read_is_refused(program: Program) -> None:
    (program.home / "tools.md").write_text("the printer is bertha", encoding="utf-8")
    (program.home / "raw.md").write_bytes(b"\xff\xfe\x00\xd8")
    assert program("workspace", "put", "ops/TOOLS.md", "tools.md").code == 0
    assert "the printer" in program("workspace", "search", "bertha").out
    for key, file, code in (
        ("ops/TOOLS.md", "raw.md", 7),
        ("ops/TOOLS.md", "gone.md", 7),
        ("ops/TOOLS.md", ".", 7),
        ("../x", "tools.md", 2),
        ("Ops!/x", "tools.md", 2),
        ("nothing", "tools.md", 2),
    ):
        ran = program("workspace", "put", key, file)
        assert (ran.code, ran.said_plainly()) == (code, True), (key, file, ran.err)


def test_what_is_not_there_is_said_in_a_line_with_the_nearest(program: Program) -> None:
    put(program, "main/SOUL.md", "x")
    put(program, "ops/TOOLS.md", "x")
    put(program, "main/TOOLS.md", "x")
    program("knowledge", "add", "x")
    for words, says in (
        ("workspace show main/SOL.md", "agentos workspace show main/SOUL.md"),
        ("workspace show TOOLS.md", "2 documents are called"),
        ("workspace show SOUL.md --version 9", "has no version 9"),
        ("workspace profiles nobody", "there is no agent `nobody`"),
        ("knowledge show own/2026-01-01.md", "agentos knowledge show own/"),
        ("knowledge show 99999999999999999999:1", "nothing is remembered"),
        ("knowledge list --since soon", "`soon` is no day"),
        ("knowledge add ", "nothing was said"),
        ("search x --in knowlege", "--in knowledge"),
    ):
        ran = program(*words.split(" "))
        assert (ran.code, says in ran.err, ran.said_plainly()) == (2, True, True), (words, ran.err)


@pytest.mark.parametrize("words", ['"', "*", "NEAR(a b)", "title:x", "((", "🦐", "a" * 10_000, "请求", "-x"])
def test_nothing_that_is_searched_for_is_refused(kept: Program, words: str) -> None:
    ran = kept("search", "--", words)
    assert (ran.code, ran.said_plainly()) == (0, True), ran.err


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A home in which something odd is kept."""
    program = Program(tmp_path_factory.mktemp("kept"))
    put(program, "main/SOUL.md", f"{'hay ' * 100}{HOSTILE}{' hay' * 100}")
    program("knowledge", "add", HOSTILE)
    return program


def test_what_is_found_is_harmless_and_in_one_line(kept: Program) -> None:
    for words in ("search river", "workspace show SOUL.md", "knowledge list", "workspace search river"):
        out = kept(*words.split()).out
        assert "river" in out
        assert not set("\x1b\x07\u202e\t") & set(out), words
    first, second, *_ = kept("search", "river", "--width", "80").out.splitlines()
    assert max(len(first), len(second)) <= 80


def test_words_are_marked_where_there_is_colour(kept: Program) -> None:
    plain, marked = kept("search", "riv"), kept("search", "riv", env={"FORCE_COLOR": "1"})
    assert "\x1b" not in plain.out
    assert "\x1b[1mriver\x1b[22m" in marked.out
    assert marked.out.replace("\x1b[1m", "").replace("\x1b[22m", "") == plain.out
    for item in kept("search", "riv", "--json").json()["found"]:
        assert [item["text"][start:stop] for start, stop in item["marks"]] == ["river"]


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("The café", "cafe", ["café"]),
        ("a river, two rivers", "river", ["river", "rivers"]),
        ("a river, two rivers", "river two", ["river", "two"]),
        ("請求書を送る", "請求", ["請求"]),
        ("never mind", "-never mind", ["mind"]),
        ("nothing here", "river", []),
        ("", "river", []),
    ],
)
def test_the_words_of_a_snippet_are_known(text: str, words: str, expected: list[str]) -> None:
    told, marks = snippet(text, words)
    assert [told[start:stop] for start, stop in marks] == expected


def test_a_snippet_is_where_most_of_the_words_are() -> None:
    text = "one " + "hay " * 500 + "here one is with two\nand three " + "hay " * 500 + "two"
    told, _ = snippet(text, "one two three", 80)
    assert "here one is with two and three" in told
    assert len(told) <= 80
