"""A Singer tap from the command line: connected, read again and again, removed; its secrets never shown."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import Program
from tests.connectors.singer_room import TICKETS, tap

CANARY = "canary-5f2a91c7-token"
BODY = """
source = Path(config["data"])
since = (state or {}).get("bookmarks", {}).get("tickets", {}).get("at", "")
schema("tickets", "id")
rows = [json.loads(line) for line in source.read_text().splitlines()]
for row in rows:
    if row["at"] > since:
        record("tickets", **row)
say(type="STATE", value={"bookmarks": {"tickets": {"at": max([since, *(row["at"] for row in rows)])}}})
sys.stderr.write("since " + (since or "ever") + " with " + config["api_token"] + "\\n")
if config.get("fails") and Path(config["fails"]).exists():
    sys.exit("refused: " + config["api_token"])
"""


class Desk:
    """A help desk with a tap of its own, in the program's home."""

    def __init__(self, program: Program) -> None:
        self.program, self.folder = program, program.home / "desk"
        self.folder.mkdir()
        self.rows: dict[int, dict[str, object]] = {}
        self.tap = tap(self.folder, BODY)
        self.config = self._file("config.json", json.dumps(self.settings))
        self.map = self._file("map.toml", TICKETS)
        for number in range(1, 4):
            self.put(number, f"Ticket {number}", f"2026-11-0{number}T09:00:00Z")

    @property
    def settings(self) -> dict[str, object]:
        return {"data": str(self.folder / "rows"), "fails": str(self.folder / "down"), "api_token": CANARY}

    def put(self, number: int, subject: str, at: str) -> None:
        self.rows[number] = {"id": number, "subject": subject, "at": at}
        self._file("rows", "\n".join(map(json.dumps, self.rows.values())))

    def connect(self, *words: str) -> Any:
        return self.program(
            "connect", "singer", str(self.tap), "--config", str(self.config), "--map", str(self.map), *words
        )

    def _file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def desk(program: Program) -> Desk:
    return Desk(program)


def counts(program: Program) -> tuple[int, int, int]:
    """Records, changed and skipped of a sync that worked."""
    ran = program("sync", "tap-desk", "--json")
    assert ran.code == 0, ran.err
    (found,) = ran.json()["sources"]
    return found["records"], found["changed"], found["skipped"]


def test_a_tap_is_a_source_like_any_other(desk: Desk) -> None:
    program = desk.program
    ran = desk.connect()
    assert ran.code == 0, ran.err
    assert ran.out == (
        "tap-desk is connected: 1 of its 1 streams are read (tickets). Next: agentos sync tap-desk\n"
    )
    assert counts(program) == (3, 3, 0)
    desk.put(2, "Renamed", "2026-11-05T09:00:00Z")
    desk.put(4, "New", "2026-11-06T09:00:00Z")
    assert counts(program) == (4, 2, 0)
    assert "since 2026-11-06" in program("-v", "sync", "tap-desk").err, "its state is handed back to it"
    listed = program("connectors", "list", "--json").json()["connectors"]
    (mine,) = [each for each in listed if each["source"] == "tap-desk"]
    assert (mine["state"], mine["credential"]) == ("fresh", "file:tap-desk")
    assert program("connectors", "test", "tap-desk").code == 0
    assert program("connectors", "remove", "tap-desk").code == 0
    assert list((program.home / ".config/agentos/credentials/default").iterdir()) == []


def test_the_log_of_a_tap_is_in_ours(desk: Desk) -> None:
    assert desk.connect().code == 0
    assert "tap-desk: since ever with [secret]" in desk.program("-v", "sync", "tap-desk").err


def test_it_says_the_same_as_json_under_the_name_it_is_given(desk: Desk) -> None:
    found = desk.connect("--name", "helpdesk", "--json").json()
    assert found == {
        "schema": "agentos.connected/1", "source": "helpdesk", "done": "connected",
        "said": "1 of its 1 streams are read (tickets)", "credential": "file:helpdesk",
    }  # fmt: skip
    assert desk.connect("--name", "helpdesk", "--no-check", "--json").json()["said"] == "not checked"


def test_a_later_edit_of_the_map_counts_once_it_is_connected_again(desk: Desk) -> None:
    assert desk.connect().code == 0
    desk.map.write_text(TICKETS.replace('"subject"', '"nonsense"'), encoding="utf-8")
    assert counts(desk.program) == (3, 3, 0)
    ran = desk.connect()
    assert ran.code == 7 and "the tap's tickets have no `nonsense`" in ran.err


def test_a_token_of_a_tap_is_nowhere_to_be_seen(desk: Desk) -> None:
    program, home = desk.program, desk.program.home
    shown = [desk.connect(), program("-vv", "sync", "tap-desk")]
    (desk.folder / "down").touch()
    shown += [program("-vv", "sync", "tap-desk"), program("-vv", "connectors", "test", "tap-desk")]
    shown += [program("connectors", "list", "--json"), program("runs", "--json"), program("doctor", "--json")]
    assert "refused: [secret]" in shown[2].err + shown[2].out, "the tap was refused, and it is told why"
    kept = home / ".config/agentos/credentials/default/tap-desk"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600 and CANARY in kept.read_text()
    files = [path for path in (home / ".local").rglob("*") if path.is_file()]
    written = b"".join(path.read_bytes() for path in files)
    for text in (written, *(ran.raw + ran.err.encode() for ran in shown)):
        assert CANARY.encode() not in text
        assert base64.b64encode(CANARY.encode())[:20] not in text
    assert any(path.suffix == ".db" for path in files)


WRONG: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no tap": (("singer",), 2, "which tap?"),
    "no settings": (("singer", "tap-x"), 2, "tap-x needs its settings"),
    "no such program": (
        ("singer", "tap-x", "--config", "ok.json", "--map", "ok.toml"), 2, "no program `tap-x`",
    ),
    "no map": (("singer", "./ok", "--config", "ok.json"), 2, "there is no map for ok"),
    "no file": (("singer", "./ok", "--config", "none.json"), 4, "cannot read none.json: No such file"),
    "no JSON": (("singer", "./ok", "--config", "ok.toml"), 4, "are not JSON"),
    "a map with mistakes": (
        ("singer", "./ok", "--config", "ok.json", "--map", "bad.toml"), 7, "bad.toml: x: `y` is no noun",
    ),
    "a name that is taken": (
        ("singer", "./ok", "--config", "ok.json", "--name", "stripe"), 2, "is a source already",
    ),
    "a tap of another source": (("stripe", "tap-x"), 2, "stripe is no tap"),
    "nobody to ask": (
        ("singer", "tap-stripe", "--config", "ok.json", "--install"), 2, "nobody is here to agree",
    ),
    "not a package": (
        ("singer", "git+https://x/y", "--name", "y", "--config", "ok.json", "--install", "--yes"), 2,
        "is no package that can be installed here",
    ),
    "an option for pip": (
        ("singer", "--name", "y", "--config", "ok.json", "--install", "--yes", "--", "--index-url=x"), 2,
        "is no package that can be installed here",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_one_line_with_what_mends_it(program: Program, name: str) -> None:
    words, code, told = WRONG[name]
    files = {"ok.json": "{}", "ok.toml": TICKETS, "bad.toml": '[x]\nnoun = "y"', "ok": "#!/bin/sh\n"}
    for file, text in files.items():
        (program.home / file).write_text(text)
    (program.home / "ok").chmod(0o755)
    ran = program("connect", *words)
    assert (ran.code, ran.said_plainly()) == (code, True), ran.err
    assert told in ran.err and ran.out == ""


def test_no_is_an_answer(program: Program) -> None:
    (program.home / "c.json").write_text("{}")
    ran = program.on_terminal(
        "connect",
        "singer",
        "tap-github==4.0.0",
        "--config",
        "c.json",
        "--install",
        answers=[("Install it?", "n\n")],
    )
    assert ran.code == 1 and "tap-github==4.0.0" in ran.out
    assert not (program.home / ".local/share/agentos/taps").exists()
