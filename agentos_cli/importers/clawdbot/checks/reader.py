"""`HEARTBEAT.md`, what an agent was to look at now and then: a check to be reviewed for each of its items.

Nothing checks any of them before a person has decided on it in `agentos heartbeat review`. What counts as
nothing to look at is as in https://github.com/openclaw/openclaw, src/auto-reply/heartbeat.ts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256

from agentos_cli.belongings import Checkup
from agentos_cli.importers.clawdbot.checks.items import Item, items, prose
from agentos_cli.importers.clawdbot.settings.setup import AgentSetup, Setup
from agentos_cli.importers.piece import Piece, brought, failed, part, skipped
from agentos_cli.importers.secrets.redactor import Redactor
from agentos_cli.importers.source import lenient
from agentos_cli.importers.source.home import Home, Unreadable
from agentos_cli.store.values import clean

KIND = "check"
FILE, STATE = "heartbeat.md", "memory/heartbeat-state.json"
LONGEST = 20_000
"""Characters of one check."""
HEADING = re.compile(r"#+(\s|$)")
NOTHING = re.compile(r"[-*+]\s*(\[[\sXx]?\]\s*)?")
WHITE = " \t\r\n\v\f\ufeff\xa0"


def read(home: Home, setup: Setup, redactor: Redactor) -> Iterator[Piece]:
    """A check for each item at the top of a list, one for all that stands outside of lists, and a piece for
    the file of when things were last looked at."""
    done: set[str] = set()
    agents = sorted(setup.agents, key=lambda agent: not agent.is_default)
    for agent in agents:
        if agent.workspace is None or agent.workspace in done:
            continue
        done.add(agent.workspace)
        last: dict[str, str] = {}
        yield from _last_looks(home, _named(home, agent.workspace, STATE), last)
        path = _named(home, agent.workspace, FILE)
        try:
            yield from _checks(home, path, agent, redactor, last)
        except Unreadable as problem:
            yield failed(str(path), problem.why, kind=KIND)
        except (ValueError, RecursionError):
            yield failed(str(path), "it could not be understood", kind=KIND)


def is_empty(text: str) -> bool:
    """Whether nothing is to be looked at: only blank lines, headings and list items without a text. `#call`
    is no heading."""
    lines = (line.strip(WHITE) for line in text.split("\n"))
    return all(not line or HEADING.match(line) or NOTHING.fullmatch(line) for line in lines)


def _checks(
    home: Home, path: str | None, agent: AgentSetup, redactor: Redactor, last: Mapping[str, str]
) -> Iterator[Piece]:
    if path is None:
        return
    text = home.text(path)
    if is_empty(text):
        yield skipped(path, "it asks for nothing: only headings and empty items", kind=KIND)
        return
    whose = "" if agent.is_default else agent.id
    names: set[str] = set()
    for item in items(text):
        name, number = _name(whose, item, redactor), 1
        while name in names:
            number += 1
            name = _name(f"{whose} {number}", item, redactor)
        names.add(name)
        yield _piece(name, item, path, redactor, last)
    rest = prose(text)
    if rest is not None:
        name = f"hb-imported-checklist-{_short(whose, 'imported checklist')}"
        yield _piece(name, rest, path, redactor, {})


def _piece(name: str, item: Item, path: str, redactor: Redactor, last: Mapping[str, str]) -> Piece:
    told = redactor.clean(f"{item.group}: {item.text}" if item.group else item.text)
    seen = [f"{what} was last looked at there on {at}" for what, at in last.items() if _is_about(item, what)]
    text = "\n\n".join([clean(told.text)[:LONGEST], *seen[:3]])
    digest = sha256(json.dumps([item.group, item.text, item.is_done]).encode()).hexdigest()
    asks = ["it is checked off there: look whether it still matters"] if item.is_done else []
    return brought(Checkup(name, text), path, digest, line=item.line, redacted=told.found, asks=asks)


def _name(whose: str, item: Item, redactor: Redactor) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", redactor.clean(item.text.split("\n")[0]).text.lower()).strip("-")
    return "-".join(
        part for part in ("hb", words[:24].strip("-"), _short(whose, item.group, item.text)) if part
    )


def _short(*parts: str) -> str:
    return sha256(json.dumps(parts).encode()).hexdigest()[:8]


def _is_about(item: Item, what: str) -> bool:
    told = f"{item.group} {item.text}".casefold()
    return re.search(rf"\b{re.escape(what.casefold())}", told) is not None


def _named(home: Home, label: str, wanted: str) -> str | None:
    """The file of this name in a workspace, whatever its case."""
    exact = f"{label}/{wanted}".casefold()
    return next((entry.path for entry in home.under(label) if entry.path.casefold() == exact), None)


def _last_looks(home: Home, path: str | None, last: dict[str, str]) -> Iterator[Piece]:
    """When things were last looked at, as the agent wrote it down: seconds since 1970."""
    if path is None:
        return
    try:
        value = lenient.parse(home.text(path), path)
    except Unreadable as problem:
        yield failed(path, problem.why, kind=KIND)
        return
    found = value.get("lastChecks") if isinstance(value, Mapping) else None
    for what, seconds in found.items() if isinstance(found, Mapping) else ():
        at = _instant(seconds)
        if at is not None and re.fullmatch(r"[\w -]{2,40}", str(what)):
            last[str(what)] = f"{at:%Y-%m-%d %H:%M} UTC"
    yield part(path, "with the checks that it names: when each was last looked at", kind=KIND)


def _instant(seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 10**14:
        return None
    return datetime.fromtimestamp(seconds / 1000 if seconds > 10**11 else seconds, UTC)
