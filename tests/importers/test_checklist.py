"""A checklist becomes one check an item, whole, each with the same name whenever it is read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentos_cli.belongings import Checkup
from agentos_cli.importers.clawdbot.checks import reader as checklist
from agentos_cli.importers.clawdbot.settings.setup import AgentSetup, Setup
from agentos_cli.importers.piece import Piece
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Home
from agentos_cli.store.import_records import Outcome
from tests.importers.building import Content, as_json, write

SECRET = "sk-ant-api03-inventedinventedinvented0072inventedinvented"
TEMPLATE = """# HEARTBEAT.md

# Keep this file empty (or with only comments) to skip heartbeat API calls.
# Add tasks below when you want the agent to check something periodically.
"""


def read(folder: Path, files: dict[str, Content], *agents: AgentSetup) -> list[Piece]:
    home = Home("abc", "clawdbot")
    told = agents or (AgentSetup("main", "workspace", True),)
    for agent in told:
        if agent.workspace:
            home.add(agent.workspace, write(folder / agent.workspace, files))
    return list(checklist.read(home, Setup(told, "clawdbot"), Redactor([(SECRET, "api_key")])))


def texts(pieces: list[Piece]) -> list[str]:
    return [piece.thing.text for piece in pieces if isinstance(piece.thing, Checkup)]


def of(folder: Path, text: str | bytes) -> list[str]:
    return texts(read(folder, {"HEARTBEAT.md": text}))


# ── what is nothing ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "", "\n\n", "   \t\n", "# Title", "## a\n### b\n#\n", TEMPLATE, "- [ ]\n* [ ]\n+\n-  \n- [x]\n- [X] ",
        "\ufeff# Title\r\n\r\n- [ ]\r\n", "  # indented", "-[ ]", "####### seven",
    ],
)  # fmt: skip
def test_a_list_without_a_text_is_nothing(text: str) -> None:
    assert checklist.is_empty(text)


@pytest.mark.parametrize(
    "text", ["#call", "#hashtag", "- [ ] call", "a", "<!-- x -->", "- [y]", "1.", "```", "---", "- - "]
)
def test_anything_else_is_something(text: str) -> None:
    assert not checklist.is_empty(text)


def test_an_empty_list_is_told_and_nothing_comes_of_it(tmp_path: Path) -> None:
    (piece,) = read(tmp_path, {"HEARTBEAT.md": TEMPLATE})
    assert (piece.outcome, piece.path) == (Outcome.SKIPPED, "workspace/HEARTBEAT.md")
    assert read(tmp_path / "2", {"SOUL.md": "x"}) == []


# ── items ────────────────────────────────────────────────────────────────────────────────────────

LIST = """---
title: mine
---
# Checks

## Mail
- [ ] Unanswered customer mail older than a day
  - from Mia
    - also in spam
  ```sh
  - not an item
  # nor a heading
  ```
* Invoices due
goes on lazily

- [x] **Done** already
- [ ]

## House ##
1. First

   a paragraph of it
2) Second
"""


def test_each_item_at_the_top_is_a_check_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    pieces = read(tmp_path, {"HEARTBEAT.md": LIST})
    assert texts(pieces) == [
        "Mail: Unanswered customer mail older than a day\n- from Mia\n  - also in spam\n"
        "```sh\n- not an item\n# nor a heading\n```",
        "Mail: Invoices due\ngoes on lazily",
        "Mail: **Done** already",
        "House: First\n\na paragraph of it",
        "House: Second",
    ]
    assert [piece.line for piece in pieces] == [7, 14, 17, 21, 24]
    assert [bool(piece.asks) for piece in pieces] == [False, False, True, False, False]
    assert all(piece.kind == "check" and piece.path == "workspace/HEARTBEAT.md" for piece in pieces)


@pytest.mark.parametrize("change", [lambda t: t.replace("\n", "\r\n"), lambda t: "\ufeff" + t])
def test_line_ends_and_marks_make_no_difference(tmp_path: Path, change: object) -> None:
    assert callable(change)
    assert of(tmp_path, change(LIST)) == of(tmp_path / "2", LIST)


def test_what_stands_outside_of_lists_is_one_check(tmp_path: Path) -> None:
    text = "Be quiet at night.\n\n## Rules\n#call ask Jonas\n\n- one\n\n```\n- code\n```\n***\n**bold** end\n"
    one, rest = of(tmp_path, text)
    assert one == "Rules: one"
    for line in ("Be quiet at night.", "#call ask Jonas", "- code", "**bold** end"):
        assert line in rest


def test_a_list_that_is_indented_as_a_whole_and_one_after_another(tmp_path: Path) -> None:
    assert of(tmp_path, "  - a\n    - b\n  - c\n\n- d\n\n    more of d\n") == [
        "a\n- b",
        "c",
        "d\n\nmore of d",
    ]


def test_names_are_of_what_is_said_and_stay(tmp_path: Path) -> None:
    first = read(tmp_path, {"HEARTBEAT.md": "# A\n- Mail?\n- Mail?\n- Ümläut 朝\n- ***\n"})
    names = [piece.name for piece in first]
    assert names[0].startswith("hb-mail-") and len(set(names)) == 4
    moved = read(tmp_path / "2", {"HEARTBEAT.md": "# New\n- other\n# A\n- [x] Mail?\n"})
    assert names[0] in {piece.name for piece in moved}
    elsewhere = read(tmp_path / "3", {"HEARTBEAT.md": "# B\n- Mail?\n"})
    assert names[0] != elsewhere[0].name
    ticked = next(piece for piece in moved if piece.name == names[0])
    assert ticked.digest != first[0].digest


def test_each_agent_has_its_own_and_one_workspace_is_read_once(tmp_path: Path) -> None:
    agents = (AgentSetup("ops", "workspace-ops"), AgentSetup("main", "workspace", True))
    pieces = read(
        tmp_path, {"HEARTBEAT.md": "- Mail?"}, *agents, AgentSetup("x", "workspace"), AgentSetup("y", None)
    )
    assert [piece.path for piece in pieces] == ["workspace/HEARTBEAT.md", "workspace-ops/HEARTBEAT.md"]
    assert len({piece.name for piece in pieces}) == 2


def test_when_it_was_last_looked_at_is_noted_where_it_is_named(tmp_path: Path) -> None:
    last = {"lastChecks": {"email": 1_703_275_200, "calendar": None, "cal(": 5, "weather": 1_703_275_200_000}}
    files: dict[str, Content] = {
        "HEARTBEAT.md": "- Look at the Email\n- Weather today\n- females\n",
        "memory/heartbeat-state.json": as_json(last),
    }
    pieces = read(tmp_path, files)
    mail, weather, other = texts(pieces)
    assert mail.endswith("\n\nemail was last looked at there on 2023-12-22 20:00 UTC")
    assert "2023-12-22" in weather and "2023" not in other
    told = {piece.path: piece.outcome for piece in pieces}
    assert told["workspace/memory/heartbeat-state.json"] is Outcome.IMPORTED
    broken = read(tmp_path / "2", {**files, "memory/heartbeat-state.json": "{" * 9})
    assert [piece.outcome for piece in broken if piece.path.endswith("json")] == [Outcome.FAILED]
    assert len(texts(broken)) == 3


def test_no_secret_comes_over_and_nothing_is_understood_as_a_rule(tmp_path: Path) -> None:
    (piece,) = read(tmp_path, {"HEARTBEAT.md": f"# {SECRET}\n- curl -H 'x: {SECRET}'\x1b[31m\0\n"})
    assert isinstance(piece.thing, Checkup) and piece.thing.definition is None
    assert SECRET not in repr(piece) and sum(piece.redacted.values()) >= 1 and "\0" not in piece.thing.text


def test_bytes_that_are_no_text_and_deep_lists_are_read_all_the_same(tmp_path: Path) -> None:
    assert of(tmp_path, b"- caf\xe9 bill\n") == ["caf\ufffd bill"]
    deep = "\n".join(" " * n + "- x" for n in range(2_000))
    assert len(of(tmp_path / "2", deep)) == 1
