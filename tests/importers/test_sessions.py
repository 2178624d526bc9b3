"""All conversations of a home: which files are some, what index and sub-agents add, and the rest."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agentos_cli.belongings import Session
from agentos_cli.importers.clawdbot.sessions import reader as sessions
from agentos_cli.importers.clawdbot.sessions.index import WHOLE, canonical, read_index
from agentos_cli.importers.clawdbot.settings.setup import AgentSetup, Setup
from agentos_cli.importers.piece import Piece
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source.home import Home
from tests.importers.building import Content, Files, Sparse, as_json, write
from tests.importers.transcript_samples import entry, header, lines_of, reply, said

SETUP = Setup((AgentSetup("main", None, True), AgentSetup("ops", None)), "clawdbot")
MAIN = "agents/main/sessions"
CHILD = "agent:main:subagent:2c"


def talk(words: str = "list invoices") -> bytes:
    return lines_of([header(), entry(1, None, **said("user", words)), entry(2, 1, **reply())])


def home_of(folder: Path, files: Files) -> Home:
    home = Home("1f00", "clawdbot")
    home.add("state", write(folder / "home", files))
    return home


def read(
    folder: Path, files: Files, secret: str = "correct-horse-battery-9", **more: Any
) -> dict[str, Piece]:
    """By path, what became of it; of an index entry or a sub-agent by its name."""
    pieces = list(sessions.read(home_of(folder, files), SETUP, Redactor([(secret, "password")]), **more))
    told = {piece.path if piece.thing or piece.kind == "file" else piece.name: piece for piece in pieces}
    assert len(told) == len(pieces)
    return told


def thing(piece: Piece) -> Session:
    assert isinstance(piece.thing, Session), piece
    return piece.thing


def reasons(told: dict[str, Piece]) -> dict[str, str | None]:
    return {path: piece.reason for path, piece in told.items() if piece.thing is None}


# ── files ────────────────────────────────────────────────────────────────────────────────────────


def test_every_file_has_a_piece_and_every_transcript_comes_over(tmp_path: Path) -> None:
    deleted = f"{MAIN}/33.jsonl.deleted.2026-01-30T10-00-00.000Z"
    files: dict[str, Content] = {
        f"{MAIN}/11.jsonl": talk(),
        f"{MAIN}/11-topic-7.jsonl": talk("in a topic"),
        f"{MAIN}/22.jsonl": talk("not in the index"),
        deleted: talk("put away"),
        "agents/ops/sessions/11.jsonl": talk("of another agent"),
        f"{MAIN}/11.jsonl.lock": "{}",
        f"{MAIN}/11.jsonl.bak-42-1769430000000": talk(),
        f"{MAIN}/sessions.json": as_json({"agent:main:main": {"sessionId": "11"}}),
        f"{MAIN}/sessions.json.4242.tmp": "{",
        f"{MAIN}/notes.txt": "mine",
        f"{MAIN}/empty.jsonl": "",
        f"{MAIN}/head.jsonl": json.dumps(header()),
        f"{MAIN}/broken.jsonl": "{no\nnor this",
    }
    told = read(tmp_path, files)
    assert set(told) == {f"state/{path}" for path in files}
    assert {piece.name: thing(piece).key for piece in told.values() if piece.thing} == {
        key: key
        for key in (
            "main/11",
            "main/11-topic-7",
            "main/22",
            "main/33.deleted.2026-01-30T10-00-00.000Z",
            "ops/11",
        )
    }
    assert reasons(told) == {
        f"state/{MAIN}/11.jsonl.lock": "a lock",
        f"state/{MAIN}/11.jsonl.bak-42-1769430000000": "an older or half-written copy of a transcript",
        f"state/{MAIN}/sessions.json": "with the sessions that it names",
        f"state/{MAIN}/sessions.json.4242.tmp": "an older or half-written copy of the index",
        f"state/{MAIN}/notes.txt": "no transcript",
        f"state/{MAIN}/empty.jsonl": "nothing was said in it",
        f"state/{MAIN}/head.jsonl": "nothing was said in it",
        f"state/{MAIN}/broken.jsonl": "not one line of it can be read",
    }
    assert [piece.path for piece in told.values() if piece.outcome == "failed"] == [
        f"state/{MAIN}/broken.jsonl"
    ]


def test_the_oldest_folder_is_of_the_default_agent_and_its_copies_come_once(tmp_path: Path) -> None:
    told = read(
        tmp_path,
        {
            "sessions/11.jsonl": talk(),
            "sessions/22.jsonl": talk(),
            "sessions/33.jsonl": talk("as it was"),
            f"{MAIN}/22.jsonl": talk(),
            f"{MAIN}/33.jsonl": talk("as it went on"),
        },
    )
    keys = {path: piece.thing and thing(piece).key for path, piece in told.items()}
    assert keys == {
        "state/sessions/11.jsonl": "main/11",
        "state/sessions/22.jsonl": None,
        "state/sessions/33.jsonl": "main/33-legacy",
        f"state/{MAIN}/22.jsonl": "main/22",
        f"state/{MAIN}/33.jsonl": "main/33",
    }
    assert told["state/sessions/22.jsonl"].reason == f"the same transcript as state/{MAIN}/22.jsonl"


def test_what_ended_before_is_left_out(tmp_path: Path) -> None:
    files = {f"{MAIN}/11.jsonl": talk()}
    day = datetime(2026, 1, 27, tzinfo=UTC)
    assert read(tmp_path, files, since=day)[f"state/{MAIN}/11.jsonl"].reason == "before 2026-01-27"
    assert read(tmp_path, files, since=day.replace(day=26))[f"state/{MAIN}/11.jsonl"].thing is not None


def test_a_digest_changes_with_what_was_said_and_known_and_with_nothing_else(tmp_path: Path) -> None:
    def digest(name: str, words: str, **known: object) -> str:
        index = as_json({"main": {"sessionId": "11", **known}})
        files: Files = {f"{MAIN}/11.jsonl": talk(words), f"{MAIN}/sessions.json": index}
        return read(tmp_path / name, files)[f"state/{MAIN}/11.jsonl"].digest

    same = digest("a", "hi", updatedAt=1)
    assert digest("b", "hi", updatedAt=2, totalTokens=5) == same
    assert len({same, digest("c", "ho"), digest("d", "hi", label="x")}) == 3


def test_a_file_that_cannot_be_opened_costs_itself_alone(tmp_path: Path) -> None:
    home = home_of(
        tmp_path, {f"{MAIN}/11.jsonl": talk(), f"{MAIN}/22.jsonl": talk(), f"{MAIN}/sessions.json": "{}"}
    )
    for name in ("11.jsonl", "sessions.json"):
        (tmp_path / "home" / MAIN / name).unlink()
    told = {piece.path: piece for piece in sessions.read(home, SETUP, Redactor())}
    assert [path for path, piece in told.items() if piece.outcome == "failed"] == [
        f"state/{MAIN}/sessions.json",
        f"state/{MAIN}/11.jsonl",
    ]
    assert told[f"state/{MAIN}/22.jsonl"].thing is not None


# ── the index ────────────────────────────────────────────────────────────────────────────────────


def test_the_index_adds_what_it_knows(tmp_path: Path) -> None:
    index = {
        "main": {
            "sessionId": "11",
            "sessionFile": "C:\\Users\\mara\\.clawdbot\\agents\\main\\sessions\\11.jsonl",
            "lastProvider": "whatsapp",
            "displayName": "Mara",
            "skillsSnapshot": {"prompt": "x" * 10_000},
        },
        CHILD: {
            "sessionId": "2c",
            "spawnedBy": "agent:main:main",
            "label": "research",
            "origin": {"provider": "telegram"},
        },
        "agent:main:gone": {"sessionId": "lost"},
        "null": None,
        "odd": {"sessionId": 5},
    }
    files = {name: talk() for name in (f"{MAIN}/11.jsonl", f"{MAIN}/11-topic-7.jsonl", f"{MAIN}/2c.jsonl")}
    told = read(tmp_path, {**files, f"{MAIN}/sessions.json": as_json(index)})
    one, topic, child = (thing(told[f"state/{path}"]) for path in files)
    for each in (one, topic):
        assert (each.name, each.title, each.channel) == ("agent:main:main", "Mara", "whatsapp")
    assert (child.name, child.parent, child.label, child.channel) == (
        CHILD,
        "main/11",
        "research",
        "telegram",
    )
    assert told["main/lost"].reason == "no transcript"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("main", "agent:ops:main"),
        ("agent:main:main", "agent:main:main"),
        ("subagent:2c", "agent:ops:subagent:2c"),
        ("cron:0b8f", "agent:ops:cron:0b8f"),
        ("group:123@g.us", "agent:ops:whatsapp:group:123@g.us"),
        ("123@g.us", "agent:ops:whatsapp:group:123@g.us"),
        ("whatsapp:123@g.us", "agent:ops:whatsapp:group:123@g.us"),
        ("whatsapp:group:123@g.us", "agent:ops:whatsapp:group:123@g.us"),
        ("group:9", "agent:ops:unknown:group:9"),
        ("discord:channel:9", "agent:ops:discord:channel:9"),
        ("global", "global"),
        ("Unknown", "unknown"),
        (" agent:x:main ", "agent:x:main"),
    ],
)
def test_old_keys_are_written_as_new_ones(key: str, expected: str) -> None:
    assert canonical(key, "ops") == expected


def test_an_index_that_people_or_crashes_wrote_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    by_hand = "// mine\n{'main': {sessionId: '11', displayName: 'By hand',},}"
    for number, (text, reason) in enumerate(
        (
            (by_hand, "with the sessions that it names"),
            ("", "is empty"),
            ("[1]", "is no table of sessions"),
            ("{", "line 1: is cut off, or something in it is never closed"),
        )
    ):
        files: Files = {f"{MAIN}/11.jsonl": talk(), f"{MAIN}/sessions.json": text}
        told = read(tmp_path / str(number), files)
        assert told[f"state/{MAIN}/sessions.json"].reason == reason
        title = "By hand" if text == by_hand else "list invoices"
        assert thing(told[f"state/{MAIN}/11.jsonl"]).title == title


def test_an_index_of_a_hundred_megabytes_of_prompts_is_read_entry_by_entry(tmp_path: Path) -> None:
    bloat = {
        "skillsSnapshot": {"prompt": "long " * 100_000, "skills": [{"name": "a"}]},
        "systemPromptReport": {},
    }
    table = {f"agent:main:dm:{n}": {"sessionId": str(n), **bloat, "label": f'"{n}"'} for n in range(80)}
    table["too much"] = {"sessionId": "x", "prompts": ["long " * 200_000] * 9}
    home = home_of(tmp_path, {f"{MAIN}/sessions.json": json.dumps(table, indent=2)})
    path = f"state/{MAIN}/sessions.json"
    entry_ = home.get(path)
    assert entry_ is not None and entry_.size > WHOLE
    del table
    tracemalloc.start()
    try:
        found = read_index(home, path, "main")
        assert tracemalloc.get_traced_memory()[1] < 14_000_000
    finally:
        tracemalloc.stop()
    assert [(each.key, each.session, each.label) for each in found] == [
        (f"agent:main:dm:{n}", str(n), f'"{n}"') for n in range(80)
    ]


def test_an_index_too_large_for_anything_is_said_to_be(tmp_path: Path) -> None:
    files: Files = {f"{MAIN}/11.jsonl": talk(), f"{MAIN}/sessions.json": Sparse(WHOLE + 1)}
    told = read(tmp_path, files)
    reason = told[f"state/{MAIN}/sessions.json"].reason
    assert reason == "is larger than 32 MB, and not printed entry by entry"
    assert told[f"state/{MAIN}/11.jsonl"].thing is not None


# ── sub-agents ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("version", [1, 2])
def test_the_register_says_who_was_sent_for_what(tmp_path: Path, version: int) -> None:
    run = {
        "childSessionKey": CHILD,
        "requesterSessionKey": "agent:main:main",
        "label": "rye",
        "task": "find rye",
    }
    lost = {"runId": "r2", "childSessionKey": "agent:main:subagent:none"}
    runs: object = {"r1": run, "r2": lost} if version == 2 else [run, lost, None]
    told = read(
        tmp_path,
        {
            f"{MAIN}/11.jsonl": talk(),
            f"{MAIN}/2c.jsonl": talk(),
            f"{MAIN}/sessions.json": as_json({"main": {"sessionId": "11"}, CHILD: {"sessionId": "2c"}}),
            "subagents/runs.json": as_json({"version": version, "runs": runs}),
            "subagents/runs.json.tmp": "{",
        },
    )
    child = thing(told[f"state/{MAIN}/2c.jsonl"])
    assert (child.parent, child.label, child.task) == ("main/11", "rye", "find rye")
    assert told["r2"].reason == "no transcript of this sub-agent is known"
    assert told["state/subagents/runs.json.tmp"].outcome == "skipped"


def test_a_parent_that_no_index_knows_keeps_its_name_there(tmp_path: Path) -> None:
    index = {CHILD: {"sessionId": "2c", "spawnedBy": "agent:main:telegram:dm:1"}, "loop": {"sessionId": "3d"}}
    index["loop"]["spawnedBy"] = "agent:main:loop"
    files: Files = {
        f"{MAIN}/2c.jsonl": talk(),
        f"{MAIN}/3d.jsonl": talk(),
        f"{MAIN}/sessions.json": as_json(index),
    }
    told = read(tmp_path, files)
    assert thing(told[f"state/{MAIN}/2c.jsonl"]).parent == "agent:main:telegram:dm:1"
    assert thing(told[f"state/{MAIN}/3d.jsonl"]).parent is None


def test_a_broken_register_is_said_to_be(tmp_path: Path) -> None:
    for number, text in enumerate(("", "{}", "[]", "nonsense")):
        told = read(tmp_path / str(number), {"subagents/runs.json": text})
        assert told["state/subagents/runs.json"].outcome == "failed"


def test_no_secret_is_left_in_what_index_and_register_add(tmp_path: Path) -> None:
    secret = "correct-horse-battery-9"
    told = {"sessionId": "2c", "displayName": secret, "label": secret, "lastChannel": secret, "model": secret}
    run = {"childSessionKey": f"agent:main:{secret}", "requesterSessionKey": f"dm:{secret}", "task": secret}
    pieces = read(
        tmp_path,
        {
            f"{MAIN}/2c.jsonl": talk(),
            f"{MAIN}/sessions.json": as_json({f"agent:main:{secret}": told, "x": {"sessionId": secret}}),
            "subagents/runs.json": as_json({"runs": {"r1": run, secret: {"childSessionKey": secret}}}),
        },
    )
    assert secret not in repr(pieces)
    assert sum(pieces[f"state/{MAIN}/2c.jsonl"].redacted.values()) >= 5


def test_what_belongs_to_sessions(tmp_path: Path) -> None:
    mine = ("state/agents/main/sessions/1.jsonl", "state/sessions/1.jsonl", "state/subagents/runs.json")
    others = ("state/agents/main/agent/auth.json", "state/sessions", "workspace/sessions/1.jsonl")
    assert all(map(sessions.is_of_sessions, mine)) and not any(map(sessions.is_of_sessions, others))
