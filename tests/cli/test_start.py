"""What a start loads: modules are counted, which is the same on every machine, and heavy ones are refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache

import pytest

from tests.cli.program import AGENTOS, Program

HEAVY = {
    "pydantic", "pydantic_settings", "sqlalchemy", "sqlmodel", "alembic", "httpx", "httpcore", "stripe",
    "tenacity", "graphql", "rich.console", "rich.table", "asyncio", "ssl", "http.client", "email",
    "importlib.metadata", "unittest", "numpy", "agentos_cli.demo.server", "agentos_cli.http",
}  # fmt: skip
"""What a command that only reads has no use for; `pydantic` stands for `pydantic.main` too."""

AGENTS = {"agents.nouns", "agents.snapshot", "agents.finance", "agents.ceo"}
"""What computes figures; an answer that is given again needs none of it."""

BUDGETS = {
    "--version": 55,
    "--help": 55,
    "status --demo --json": 195,
    "finance --demo --json": 195,
    "brief --demo --cached --json": 195,
    "brief --demo --cached": 210,
    "finance --help": 195,
}
"""The most modules that a command may load beyond those of `python -c pass`: a little above what it does."""


@pytest.fixture
def program(fresh: Program) -> Program:
    """Here it is the first start that is looked at, and what may not be written by it."""
    return fresh


@cache
def bare() -> frozenset[str]:
    """The modules of an interpreter that does nothing."""
    return frozenset(loaded((sys.executable, "-X", "importtime", "-c", "pass"), {}))


def loaded(command: tuple[str, ...], environment: Mapping[str, str]) -> list[str]:
    done = subprocess.run(command, env=dict(environment), capture_output=True, check=False, timeout=60)
    lines = done.stderr.decode().splitlines()
    return [
        line.rsplit("|", 1)[1].strip() for line in lines if line.startswith("import time:") and "|" in line
    ]


def modules(program: Program, *words: str, env: Mapping[str, str] | None = None) -> set[str]:
    """The modules that `agentos WORDS` imports beyond those of a bare interpreter."""
    found = loaded((sys.executable, "-X", "importtime", str(AGENTOS), *words), program.env(env))
    assert found, "the interpreter told nothing"
    return set(found) - bare()


def among(found: set[str], names: set[str]) -> list[str]:
    """The modules that are one of `names` or inside one."""
    return sorted(m for m in found if any(m == name or m.startswith(f"{name}.") for name in names))


@pytest.mark.parametrize("words", BUDGETS)
def test_a_start_loads_little_and_nothing_heavy(onlooker: Program, words: str) -> None:
    assert onlooker(*words.split()).code == 0  # so that the answer is there to be given again
    found = modules(onlooker, *words.split())
    assert among(found, HEAVY | AGENTS) == []
    assert len(found) <= BUDGETS[words], sorted(found)


def test_version_and_help_load_no_command_line_library(onlooker: Program) -> None:
    for word in ("--version", "--help", "-h", "help"):
        assert among(modules(onlooker, word), {"typer", "agentos_cli.app", "json", "sqlite3"}) == []


def test_computing_anew_needs_no_orm_either(demo: Program) -> None:
    for words in ("brief --demo --cached", "finance --demo --json", "next --demo"):
        assert demo("energy", "33", "--demo").code == 0
        found = modules(demo, *words.split())
        assert "agents.nouns" in found
        assert among(found, HEAVY) == []


def test_settings_are_validated_once(office: Program) -> None:
    office.configure('[company]\nname = "Acme"\n')
    first, then = (modules(office, "status", "--json") for _ in range(2))
    assert "pydantic" in first
    assert among(then, HEAVY | AGENTS) == []


def test_the_count_bites(onlooker: Program) -> None:
    found = modules(onlooker, "schema", "brief")
    assert "pydantic" in among(found, HEAVY)
    assert len(found) > max(BUDGETS.values())


def test_every_command_of_the_table_can_be_loaded() -> None:
    """Each in a process of its own, which has loaded nothing but the table."""
    code = """
import os, sys
from agentos_cli.commands import TABLE
for name, row in TABLE.items():
    child = os.fork()
    if child == 0:
        from typer.main import get_command
        from agentos_cli.commands.table import application
        command = get_command(application(name)).commands[name]
        assert command.callback is None or command.callback.__module__ == row.module, name
        assert command.help, name
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(name)
print(len(TABLE))
"""
    done = subprocess.run(
        (sys.executable, "-c", code), capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 26


# ── TAB ──────────────────────────────────────────────────────────────────────────────────────────


def tab(shell: str, line: str) -> dict[str, str]:
    """The environment by which a shell asks what may follow `line`."""
    if shell == "bash":
        count = len(line.split(" ")) - 1
        return {"_AGENTOS_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(count)}
    more = {"_TYPER_COMPLETE_FISH_ACTION": "get-args"} if shell == "fish" else {}
    return {"_AGENTOS_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": line, **more}


SHELLS = ("bash", "zsh", "fish")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_completion_script_is_for_that_shell(program: Program, shell: str) -> None:
    ran = program("completion", shell)
    assert (ran.code, ran.err) == (0, "")
    assert f"complete_{shell}" in ran.out
    assert "_AGENTOS_COMPLETE" in ran.out
    assert "agentos" in ran.out


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("agentos fi", {"finance"}),
        ("agentos con", {"connect", "connectors", "config"}),
        ("agentos finance --j", {"--json"}),
        ("agentos brief --re", {"--refresh"}),
        ("agentos goals ", {"add", "list", "close"}),
        ("agentos connectors te", {"test"}),
        ("agentos brief -o ht", {"html"}),
    ],
)
def test_tab_offers_what_may_follow(program: Program, shell: str, line: str, wanted: set[str]) -> None:
    ran = program(env=tab(shell, line))
    assert ran.code == 0
    assert ran.err == ""
    offered = ran.out.replace('"', " ").replace("(", " ").split()
    assert wanted <= set(offered), ran.out
    assert not {"snooze", "--version"} & set(offered)
    assert list(program.home.iterdir()) == []


def test_tab_in_a_real_bash(program: Program) -> None:
    line = (
        "source <(agentos completion bash);"
        " COMP_WORDS=(agentos connectors ''); COMP_CWORD=2; _agentos_completion agentos;"
        ' echo "${COMPREPLY[@]}"'
    )
    ran = program.shell(line)
    assert (ran.code, ran.err) == (0, "")
    assert {"list", "test", "reset", "remove", "skipped"} <= set(ran.out.split())


@pytest.mark.parametrize(("line", "most"), [("agentos fi", 135), ("agentos finance --j", 195)])
def test_tab_loads_little(program: Program, line: str, most: int) -> None:
    found = modules(program, env=tab("bash", line))
    assert "typer.main" in found
    assert among(found, HEAVY | AGENTS) == []
    assert len(found) <= most, sorted(found)
