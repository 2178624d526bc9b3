"""What is remembered: looked at, added to, and forgotten."""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING

from agentos_cli.errors import UsageProblem
from agentos_cli.renderers import clean
from agentos_cli.renderers.knowledge import KnowledgeDocument, KnowledgeItem, KnowledgeTextDocument

if TYPE_CHECKING:
    from agentos_cli.app import App
    from agentos_cli.store.knowledge import KeptNote

NUMBERED = re.compile(r"(?P<file>.+):(?P<line>[0-9]{1,9})", re.DOTALL)
LONGEST_TITLE = 200
LONGEST_TEXT = 1_000_000


def listing(house: App, since: date | None, agent: str | None, limit: int) -> KnowledgeDocument:
    """Entries of days from `since` on, of one agent or of all, newest day first."""
    knowledge = house.store.knowledge()
    return _document(None, knowledge.all(since, agent, limit), knowledge.count(since, agent) - limit)


def show(house: App, place: str) -> KnowledgeTextDocument:
    """The entries of a file, or the one in which a line is. Raises UsageProblem where there is none."""
    agent, path, line = _place(house, place)
    entries = house.store.knowledge().get(agent, path, line)
    return {
        "schema": "agentos.knowledge_text/1",
        "entries": [{"entry": _item(e), "lines": list(clean.lines(e.text.rstrip("\n")))} for e in entries],
    }


def add(house: App, text: str, title: str | None) -> KnowledgeDocument:
    """Remember what a person says, dated today. Raises UsageProblem for nothing, or for too much."""
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise UsageProblem(
            "nothing was said" if not text.strip() else f"that is more than {LONGEST_TEXT:,} characters",
            fix="agentos knowledge add 'The supplier delivers on Tuesdays'",
        )
    heading = clean.line(title or "")[:LONGEST_TITLE]
    return _document("added", [house.store.knowledge().add(text, heading, house.today, house.clock())])


def remove(house: App, place: str) -> KnowledgeDocument:
    """Forget the entries of a file, or the one in which a line is. Raises UsageProblem for none."""
    agent, path, line = _place(house, place)
    knowledge = house.store.knowledge()
    gone = knowledge.get(agent, path, line)
    knowledge.remove(agent, path, gone[0].line if line is not None else None)
    return _document("removed", gone)


def _place(house: App, place: str) -> tuple[str, str, int | None]:
    """Agent, path and line that are meant: `main/MEMORY.md:7`, or `MEMORY.md` if one agent alone has it."""
    known = {f"{agent}/{path}": (agent, path) for agent, path, _ in house.store.knowledge().files()}
    numbered = NUMBERED.fullmatch(place) if place not in known else None
    file, line = (numbered["file"], int(numbered["line"])) if numbered else (place, None)
    meant = [key for key in known if key == file] or [key for key, (_, path) in known.items() if path == file]
    if len(meant) > 1:
        told = clean.line(", ".join(meant[:3]))
        raise UsageProblem(f"{len(meant)} agents have that: {told}", fix=f"agentos knowledge show {meant[0]}")
    if not meant:
        near = get_close_matches(file, known, 1, 0.5)
        fix = f"agentos knowledge show {near[0]}" if near else "agentos knowledge list"
        raise UsageProblem(f"nothing is remembered as `{clean.line(place)[:60]}`", fix=clean.line(fix))
    agent, path = known[meant[0]]
    if line is not None and not house.store.knowledge().get(agent, path, line):
        raise UsageProblem(
            f"{clean.line(meant[0])} has no line {line}", fix=f"agentos knowledge show {meant[0]}"
        )
    return agent, path, line


def _document(done: str | None, entries: list[KeptNote], more: int = 0) -> KnowledgeDocument:
    found = [_item(entry) for entry in entries]
    return {"schema": "agentos.knowledge/1", "done": done, "entries": found, "more": max(0, more)}


def _item(entry: KeptNote) -> KnowledgeItem:
    return {
        "key": entry.key,
        "agent": entry.agent,
        "path": entry.path,
        "line": entry.line,
        "day": None if entry.day is None else entry.day.isoformat(),
        "says": _says(entry),
        "scope": entry.scope,
        "session": entry.session,
        "origin": entry.origin,
    }


def _says(entry: KeptNote) -> str:
    """Its title, and the first line below it that says something."""
    lines = (line.strip() for line in entry.text[:2_000].split("\n"))
    first = next(
        (line for line in lines if line and not line.lstrip("# ").startswith(entry.title or "#")), ""
    )
    return ": ".join(filter(None, (entry.title, first)))[:LONGEST_TITLE]
