"""Where the output goes: stdout carries the product alone, in what its reader can show, while it reads."""

from __future__ import annotations

import json
import signal
import unicodedata
from pathlib import Path

import pytest

from tests.cli.conftest import Vendors
from tests.cli.program import AGENTOS, Program

BRIEF = ("brief", "--demo", "--cached")
ESC = b"\x1b"
FORMS = ("text", "plain", "md", "html", "json", "svg")
NO_UTF8 = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
NARROW_STREAMS = {
    "C locale": {**NO_UTF8, "LC_ALL": "C"},
    "ASCII": {**NO_UTF8, "PYTHONIOENCODING": "ascii"},
    "Latin-1": {**NO_UTF8, "PYTHONIOENCODING": "latin-1"},
}


def cells(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line)


# ── the product alone ────────────────────────────────────────────────────────────────────────────


def test_a_demo_brief_talks_on_stderr_and_prints_on_stdout(fresh: Program) -> None:
    ran = fresh("-v", "brief", "--demo", "--json")
    assert ran.code == 0
    assert ran.json()["schema"] == "agentos.brief/1"
    assert "reading Stripe, HubSpot, Linear, CSV files" in ran.err
    assert not fresh.database.exists(), "the demo touched the user's own store"


def test_a_pipe_to_a_program_works(onlooker: Program) -> None:
    ran = onlooker.shell("agentos brief --demo --cached --json | python3 -m json.tool")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json()["decisions"]


def test_a_failure_leaves_stdout_empty(onlooker: Program) -> None:
    for words in (("show", "NOPE", "--demo"), ("brief", "--nope"), ("finance", "--demo", "--json=nope")):
        ran = onlooker(*words)
        assert (ran.code, ran.raw) == (2, b"")
        assert ran.err


def test_an_error_of_a_json_command_is_json_on_stderr(onlooker: Program) -> None:
    for flag in ("--json", "--json=verdict"):
        ran = onlooker("brief", "--demo", "--as-of", "someday", flag)
        assert (ran.code, ran.raw) == (2, b"")
        assert ran.error()["code"] == "usage"
        assert "someday" in ran.error()["message"]


@pytest.mark.parametrize(
    ("form", "sign"),
    [
        ("text", "Decide ──"),
        ("plain", "End of brief"),
        ("md", "**"),
        ("html", "<!doctype html>"),
        ("json", '"schema": "agentos.brief/1"'),
        ("svg", "<svg"),
    ],
)
def test_every_form_is_printed(onlooker: Program, form: str, sign: str) -> None:
    ran = onlooker(*BRIEF, "-o", form)
    assert (ran.code, ran.err) == (0, "")
    assert sign in ran.out
    assert "Northwind" in ran.out or form == "svg"
    assert ESC not in ran.raw


# ── colour ───────────────────────────────────────────────────────────────────────────────────────


def test_no_colour_where_it_is_refused_or_nobody_looks(onlooker: Program) -> None:
    assert ESC not in onlooker(*BRIEF).raw
    assert ESC not in onlooker.on_terminal(*BRIEF, env={"NO_COLOR": "1"}).raw
    assert ESC not in onlooker.on_terminal(*BRIEF, env={"TERM": "dumb"}).raw


def test_colour_on_a_terminal_or_when_asked_for(onlooker: Program) -> None:
    shown = onlooker.on_terminal(*BRIEF)
    assert shown.code == 0
    assert ESC + b"[" in shown.raw
    assert ESC in onlooker(*BRIEF, env={"FORCE_COLOR": "1"}).raw
    assert ESC not in onlooker(*BRIEF, "--json", env={"FORCE_COLOR": "1"}).raw


# ── what the reader can show ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stream", NARROW_STREAMS)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_falls_back_to_ascii(onlooker: Program, stream: str, form: str) -> None:
    ran = onlooker(*BRIEF, "-o", form, env=NARROW_STREAMS[stream])
    assert (ran.code, ran.err) == (0, "")
    assert ran.raw.isascii()
    assert len(ran.raw) > 500


@pytest.mark.parametrize("stream", NARROW_STREAMS)
def test_names_the_terminal_cannot_show_do_not_stop_a_list(program: Program, stream: str) -> None:
    assert program("tasks", "add", "Zoë → 日本").code == 0
    for words in (("tasks", "list"), ("tasks", "list", "--json"), ("brief", "--cached")):
        ran = program(*words, env=NARROW_STREAMS[stream])
        assert ran.code == 0
        assert ran.raw.isascii()
    listed = program("tasks", "list", "--json", env=NARROW_STREAMS[stream])
    assert listed.json()["tasks"][0]["title"] == "Zoë → 日本"


def test_ascii_by_flag_and_by_setting(onlooker: Program, program: Program) -> None:
    assert onlooker(*BRIEF, "--ascii").raw.isascii()
    assert not onlooker(*BRIEF).raw.isascii()
    program.configure("[display]\nascii = true\n")
    assert program("brief", "--cached").raw.isascii()


@pytest.mark.parametrize(
    ("words", "environment", "width"),
    [
        ((), {}, 80),
        ((), {"COLUMNS": "100"}, 100),
        ((), {"COLUMNS": "300"}, 120),
        (("--width", "60"), {"COLUMNS": "100"}, 60),
        (("--width", "132"), {}, 132),
    ],
)
def test_the_brief_fills_the_width(
    onlooker: Program, words: tuple[str, ...], environment: dict[str, str], width: int
) -> None:
    ran = onlooker(*BRIEF, *words, env=environment)
    assert max(map(cells, ran.out.splitlines())) == width


def test_the_brief_fits_one_screen(onlooker: Program) -> None:
    assert len(onlooker(*BRIEF).out.splitlines()) <= 24


# ── a reader that leaves, a disk that is full, a person who has had enough ─────────────────────────


@pytest.mark.parametrize("words", ["brief --demo --cached --all", "brief --demo --cached --json", "--help"])
def test_a_reader_that_leaves_early_is_no_fault(onlooker: Program, words: str) -> None:
    ran = onlooker.shell(f"agentos {words} | head -1")
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.out.splitlines()) == 1
    ran = onlooker.shell(f"agentos {words} | true")
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("words", ["brief --demo --cached", "status --demo --json", "--help", "--version"])
def test_output_that_cannot_be_written_is_one_clear_line(onlooker: Program, words: str) -> None:
    ran = onlooker.shell(f"agentos {words} > /dev/full")
    assert ran.code == 7
    assert "cannot write the output: No space left on device" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_closed_streams_do_no_harm(onlooker: Program) -> None:
    assert onlooker.shell("agentos brief --demo --cached >&-").code == 0
    assert onlooker.shell("agentos brief --demo --cached >&- 2>&-").code == 0
    assert onlooker.shell("agentos show NOPE --demo 2>&-").code == 2


def test_interrupting_a_server_ends_it_at_once(program: Program) -> None:
    serving = program.started("demo", "serve")
    assert serving.stdout is not None
    assert json.loads(serving.stdout.readline())["port"]
    serving.send_signal(signal.SIGINT)
    out, err = serving.communicate(timeout=10)
    assert (serving.returncode, out) == (130, b"")
    assert b"Traceback" not in err


def test_interrupting_a_brief_ends_it_at_once_and_holds_nothing_up(office: Program, vendors: Vendors) -> None:
    vendors.order("stripe=timeout,hubspot=timeout,linear=timeout")
    waiting = office.started("-v", "brief", "--refresh")
    assert waiting.stderr is not None
    assert waiting.stderr.readline().startswith(b"reading")
    waiting.send_signal(signal.SIGINT)
    out, err = waiting.communicate(timeout=10)
    assert (waiting.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    vendors.server.recover()
    assert office("sync", "files").code == 0, "the interrupted run still held the sources"
    assert office("db", "check").code == 0


def test_the_program_is_the_installed_one() -> None:
    assert AGENTOS.exists(), "install the project into the environment that runs the tests"
    assert Path(AGENTOS).is_file()
