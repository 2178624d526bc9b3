"""Memory comes over entry by entry: nothing lost, each with its line, its day and its conversation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos_cli.belongings import Knowledge
from agentos_cli.importers.clawdbot.documents import memory
from agentos_cli.importers.clawdbot.documents.memory import split
from agentos_cli.importers.clawdbot.settings.setup import AgentSetup, Setup
from agentos_cli.importers.piece import Piece
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Home
from agentos_cli.store.import_records import Outcome
from tests.importers import building, era_parts
from tests.importers.building import Files

SECRET = "sk-ant-api03-" + "Zx9" * 20  # invented
KEY = "-----BEGIN PRIVATE KEY-----\n" + "MIIabc123def456\n" * 4 + "-----END PRIVATE KEY-----"  # invented
SETUP = Setup(
    (AgentSetup("ops", "workspace-ops"), AgentSetup("main", "workspace", is_default=True)), "clawdbot"
)
DAY = date(2026, 1, 16)


def pieces(folder: Path, files: Files) -> dict[str, Piece]:
    home = Home("f00d", "clawdbot")
    home.add("workspace", building.write(folder, files))
    found = list(memory.read(home, SETUP, Redactor([(SECRET, "api_key"), (KEY, "private_key")])))
    return {piece.path.removeprefix("workspace/"): piece for piece in found}


def knowledge(piece: Piece) -> Knowledge:
    assert isinstance(piece.thing, Knowledge), piece
    return piece.thing


def shape(text: str, day: date | None = None) -> list[tuple[int, str, date | None]]:
    return [(note.line, note.title, note.day) for note in split(text, day)]


def test_the_memory_of_a_home_comes_over_dated_and_linked(tmp_path: Path) -> None:
    found = pieces(tmp_path, era_parts.memory())
    assert set(found) == set(era_parts.memory()) - {"memory/heartbeat-state.json"}
    known = {path: knowledge(piece) for path, piece in found.items()}
    assert {path: one.notes[0].day for path, one in known.items()} == {
        "MEMORY.md": None,
        "memory/2026-01-15.md": date(2026, 1, 15),
        "memory/2026-01-16-supplier-call.md": DAY,
        "memory/2026-01-17-0915.md": date(2026, 1, 17),
        "memory/people/jonas.md": None,
    }
    call = known["memory/2026-01-16-supplier-call.md"]
    assert call.session == f"main/{era_parts.SESSION}"
    assert [(note.line, note.title) for note in call.notes] == [
        (1, "Session: 2026-01-16 14:30:00 UTC"),
        (7, "Summary"),
    ]
    assert {one.scope for one in known.values()} == {"private"}
    assert {one.session for path, one in known.items() if "call" not in path} == {None}
    assert found["MEMORY.md"].name == "main/MEMORY.md"


def test_what_is_no_memory_says_why_it_stays_behind(tmp_path: Path) -> None:
    files: Files = {
        "memory/empty.md": "\n \n",
        "memory/photo.png": b"\x89PNG",
        "memory/.env": f"KEY={SECRET}",
        "memory/loop.md": building.Link("loop.md"),
        "memory/here.md": "x",
        "memory.md": "small",
        "SOUL.md": "not mine",
        "memory/idea-intake.md": "not mine",
    }
    found = pieces(tmp_path, files)
    left = {path: piece.reason for path, piece in found.items() if piece.thing is None}
    assert left.keys() == {"memory/empty.md", "memory/photo.png", "memory/.env", "memory/loop.md"}
    assert left["memory/empty.md"] == "empty"
    assert {piece.outcome for path, piece in found.items() if path in left} == {Outcome.SKIPPED}
    assert found.keys() - left.keys() == {"memory/here.md", "memory.md"}


def test_secrets_are_out_and_lines_are_those_of_the_source(tmp_path: Path) -> None:
    text = f"# Keys\n\n{KEY}\n\n## After\n\n{SECRET}\n"
    (piece,) = pieces(tmp_path, {"MEMORY.md": text}).values()
    notes = knowledge(piece).notes
    assert "MIIabc" not in repr(piece)
    assert SECRET not in repr(piece)
    assert notes[1].title == "After"
    assert text.splitlines()[notes[1].line - 1] == "## After"
    assert sum(piece.redacted.values()) >= 2


def test_each_heading_of_two_levels_begins_an_entry() -> None:
    text = "before\n# One\ntext\n### Deep\n## Two ##\n####### no\n#no\n  ## C#\n    # code\n#\n"
    assert shape(text, DAY) == [(1, "", DAY), (2, "One", DAY), (5, "Two", DAY), (8, "C#", DAY), (10, "", DAY)]


def test_fenced_code_and_front_matter_are_never_split() -> None:
    front, shell = "---\n# no\na: b\n---\n", "```sh\n# no\n~~~\n```` still\n```\n"
    text = f"{front}# A\n{shell}# B\n~~~~\n# no\n~~~\n# no\n~~~~\n## C\n```\n# no"
    assert [line for line, _, _ in shape(text)] == [1, 5, 11, 17]
    assert [line for line, _, _ in shape("a ``` b\n# A\n``` x`y\n# B\n")] == [1, 2, 4]


def test_a_day_in_a_heading_holds_for_what_is_below_it() -> None:
    text = "# 2026-01-15\n## Mail\n## 2026/01/14 late\n# Later\n## Mail\n# 2026-99-99\n"
    days = [date(2026, 1, 15), date(2026, 1, 15), date(2026, 1, 14), DAY, DAY, DAY]
    assert [day for _, _, day in shape(text, DAY)] == days


@given(st.text(alphabet=st.sampled_from(list("#`~- a\n\r\x0b\u2028é")), max_size=200))
def test_the_entries_of_a_file_are_the_file(text: str) -> None:
    notes = split(text)
    assert "".join(note.text for note in notes) == text
    line = 1
    for note in notes:
        assert note.line == line
        line += note.text.count("\n")


def test_a_long_entry_is_parted_at_a_blank_line_and_never_within_code() -> None:
    prose = "# Log\n" + ("word " * 200 + "\n\n") * 100
    notes = split(prose)
    assert "".join(note.text for note in notes) == prose
    assert 4 <= len(notes) <= 6
    assert {note.title for note in notes} == {"Log"}
    assert max(len(note.text) for note in notes) < 25_000
    assert len(split("# Log\n```\n" + "code\n\n" * 20_000 + "```\n")) == 1


@pytest.mark.parametrize(
    "line", ["# a\n", "x\n", "#" * 60 + "\n", "```\n", "# " + " " * 5_000 + "x\n", "- a `b` **c**\n"]
)
def test_a_large_file_is_read_in_one_go(line: str) -> None:
    text = line * (4_000_000 // len(line))
    notes = split(text)
    assert sum(len(note.text) for note in notes) == len(text)
    assert len(notes) < 10_500


def test_one_long_line_is_no_trap() -> None:
    for text in (
        "# " + " " * 4_000_000 + "x",
        "# " + "# " * 2_000_000,
        "`" * 4_000_000,
        " " * 4_000_000 + "# a",
    ):
        assert "".join(note.text for note in split(text)) == text
