"""Customers whose names are made to break things: they are shown as text, in every form and everywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from agentos_cli.clock import utc_now
from agentos_cli.demo.company.world import build_world
from agentos_cli.demo.exchange import Reply, Request, Vendor
from agentos_cli.demo.files import write_files
from agentos_cli.demo.server import DemoServer
from tests.cli.conftest import SOURCES, Vendors
from tests.cli.program import Program

MARKUP = "[/x]"
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31m\x9b5mEvil\u202e\u200b Corp\r\n[bold]"
SGR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Renaming:
    """A vendor whose every answer has other names in it."""

    vendor: Vendor
    names: dict[str, str]

    def answer(self, request: Request, number: int) -> Reply:
        reply = self.vendor.answer(request, number)
        return replace(reply, body=self.renamed(reply.body))

    def refusal(self, kind: str, number: int, *, status: int = 500, wait: int | None = None) -> Reply:
        return self.vendor.refusal(kind, number, status=status, wait=wait)

    def renamed(self, part: Any) -> Any:
        if isinstance(part, str):
            for name, other in self.names.items():
                part = part.replace(name, other)
            return part
        if isinstance(part, dict):
            return {key: self.renamed(value) for key, value in part.items()}
        return [self.renamed(each) for each in part] if isinstance(part, list) else part


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """A home that has read a company whose customers have such names."""
    world = build_world(utc_now())
    names = {account.name: f"{account.name} {ESCAPES}" for account in world.accounts} | {"Northwind": MARKUP}
    folder = tmp_path_factory.mktemp("files")
    write_files(world, folder)
    program = Program(tmp_path_factory.mktemp("home"))
    with DemoServer(world) as server:
        server.vendors |= {source: Renaming(vendor, names) for source, vendor in server.vendors.items()}
        for source in (*SOURCES, "files"):
            assert Vendors(server, Path(folder)).connect(program, source).code == 0
        assert program("sync").code == 0
    for title in (MARKUP, ESCAPES):
        assert program("tasks", "add", f"Call {title}", "--due", "today").code == 0
        assert program("goals", "add", f"Keep {title}").code == 0
    return program


COMMANDS = (
    "brief --cached --all",
    "brief --cached --all --accessible",
    "brief --cached --all --ascii",
    "brief --cached --all -o md",
    "brief --cached --all -o html",
    "brief --cached --all -o svg",
    "next",
    "success --all",
    "finance --all",
    "tasks list",
    "goals list",
    "connectors skipped",
    "runs",
)


@pytest.mark.parametrize("words", COMMANDS)
def test_no_name_drives_the_terminal_or_stops_the_page(attacked: Program, words: str) -> None:
    for ran in (attacked(*words.split()), attacked(*words.split(), env={"FORCE_COLOR": "1"})):
        assert ran.code == 0, ran.err
        assert ran.said_plainly()
        shown = SGR.sub("", ran.out)
        assert [sign for sign in shown if not sign.isprintable() and sign != "\n"] == []
        assert "\u202e" not in shown


def test_names_are_shown_as_they_are_read(attacked: Program) -> None:
    text = attacked("brief", "--cached", "--all", "--width", "200").out
    assert f"{MARKUP} renewal" in text
    assert f"Call {MARKUP}\n" in attacked("tasks", "list").out
    page = attacked("brief", "--cached", "--all", "-o", "html").out
    assert MARKUP in page
    document = attacked("brief", "--cached", "--json").json()
    assert any(MARKUP in decision["title"] for decision in document["decisions"])
    whole = attacked("brief", "--cached", "--all", "--json").out
    assert "Evil Corp" in whole
    assert "\\u00" not in whole


def test_one_finding_with_such_a_name_is_shown_in_full(attacked: Program) -> None:
    decisions = attacked("brief", "--cached", "--json").json()["decisions"]
    wanted = next(decision["id"] for decision in decisions if MARKUP in decision["title"])
    ran = attacked("show", wanted)
    assert ran.code == 0
    assert MARKUP in ran.out
