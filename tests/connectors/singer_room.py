"""A place to run taps in: connected as the program connects them, read as the engine reads them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agentos_cli.connectors import singer
from agentos_cli.connectors.singer.joining import Source, joined
from agentos_cli.contract import Access, Batch, Page
from agentos_cli.http import Http
from agentos_cli.resilience.gate import OpenGate
from tests.connectors.vendor import NOW, Kept, ids, together

Settings = Mapping[str, object]


@dataclass
class Read:
    """What one read came to: its pages, and the cursors that they left."""

    pages: list[Page] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)
    lasting: dict[str, str] = field(default_factory=dict)

    @property
    def records(self) -> list[str]:
        """The ids of all that came, in order."""
        return [str(each["id"]) for page in self.pages for each in page.records]  # type: ignore[index]


@dataclass
class Connected:
    """A tap that is connected, and what is kept of it."""

    source: Source
    seconds: float = 30

    def __post_init__(self) -> None:
        self.kept = Kept(self.source.spec)

    @contextmanager
    def access(self) -> Iterator[Access]:
        name = self.source.spec.name
        with Http(name, OpenGate(), deadline_seconds=self.seconds) as http:
            yield Access(http, self.source.secret, "", self.source.options, NOW, "USD", source=name)

    def read(self, cursors: Mapping[str, str] | None = None, into: Read | None = None) -> Read:
        """Read all, or what changed since `cursors`. With `into` what came before an error is seen, too."""
        found = into or Read()
        with self.access() as access:
            for page in singer.feed(access, cursors or {}, cursors is None):
                found.pages.append(page)
                found.cursors |= page.cursors
                found.lasting |= page.lasting
                self.kept.take(page)
        return found

    def nouns(self) -> dict[str, Batch]:
        """By kind, what is made of all that is kept; the same whether made together or group by group."""
        with self.access() as access:
            found = together(singer.derive(self.kept.all(), access))
            parts = together(each for part in self.kept.parts() for each in singer.derive(part, access))
        assert {kind: ids(each) for kind, each in parts.items()} == {k: ids(e) for k, e in found.items()}
        return found


def connected(
    name: str, program: Path, text: str, settings: Settings | None = None, *, ask: bool = True
) -> Connected:
    """A tap as `agentos connect singer` leaves it; with `ask` off it is not asked what it has."""
    return Connected(joined(name, program, text, json.dumps(settings or {}), 30 if ask else None))


TAP = """#!{python}
import json, os, sys, time
from pathlib import Path

OPTIONS = "--config --catalog --state --discover"


def given(option):
    return sys.argv[sys.argv.index(option) + 1] if option in sys.argv else None


def say(**message):
    print(json.dumps(message), flush=True)


def schema(stream, *keys):
    say(type="SCHEMA", stream=stream, schema={{}}, key_properties=list(keys))


def record(stream, **values):
    say(type="RECORD", stream=stream, record=values)


def entry(stream, fields=(), method="INCREMENTAL"):
    properties = {{name: {{"type": "string"}} for name in fields}}
    crumbs = [{{"breadcrumb": ["properties", name], "metadata": {{}}}} for name in fields]
    return {{
        "stream": stream, "tap_stream_id": stream, "schema": {{"properties": properties}},
        "replication_method": method, "replication_key": "at" if method == "INCREMENTAL" else None,
        "metadata": [{{"breadcrumb": [], "metadata": {{}}}}, *crumbs],
    }}


if "--help" in sys.argv:
    print(OPTIONS)
    sys.exit()
config = json.loads(Path(given("--config")).read_text())
if "--discover" in sys.argv:
    say(streams=[entry("tickets", {fields!r}, config.get("method", "INCREMENTAL"))])
    sys.exit()
state = json.loads(Path(given("--state")).read_text()) if given("--state") else None
{body}
"""
FIELDS = ("id", "subject", "at", "open", "unused")


def tap(folder: Path, body: str, name: str = "tap-desk") -> Path:
    """A tap that is written here: a program of its own, which has one stream, `tickets`, and does `body`."""
    path = folder / name
    path.write_text(TAP.format(python=sys.executable, fields=FIELDS, body=body), encoding="utf-8")
    path.chmod(0o755)
    return path


TICKETS = """
[tickets]
noun = "ticket"

[tickets.fields]
id = "id"
subject = "subject"
severity = { value = 2 }
open = { from = "open", else = true }
created_at = "at"
"""
