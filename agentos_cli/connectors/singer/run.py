"""One run of a connection's tap: a private room with its settings, its streams, and its command line."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agentos_cli.clock import monotonic
from agentos_cli.config.places import places
from agentos_cli.connectors.singer.mapping import Plan, plan
from agentos_cli.connectors.singer.room import private_room, put
from agentos_cli.connectors.singer.selection import Catalog, catalog
from agentos_cli.connectors.singer.settings import hide, settings
from agentos_cli.connectors.singer.tap import Tap, flags
from agentos_cli.errors import Fatal

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """A tap about to be run in a private directory in which its settings are. `chooses`: it is told which
    streams and fields are wanted; some cannot bear that (option `catalog=off`), and bring what they like."""

    tap: Tap
    plan: Plan
    room: Path
    config: Path
    text: str
    takes: frozenset[str]
    chooses: bool

    def offered(self) -> Catalog | None:
        """The streams that the tap has; None for one that cannot say."""
        if "--discover" not in self.takes:
            return None
        printed = self.tap.printed(("--config", str(self.config), "--discover"), self.room)
        return catalog(printed, self.tap.title)

    def found(self) -> tuple[str, str]:
        """The map's streams that the tap has, a line each; and one line about them. Raises Fatal when it has
        none, or when one lacks a field that a record cannot do without."""
        offered = self.offered()
        if offered is None:
            return "\n".join(self.plan.streams), "it runs, but does not tell what it has"
        found = [name for name in self.plan.streams if name in offered.names]
        if not found:
            has = ", ".join(offered.names[:10]) or "none"
            raise Fatal(f"{self.tap.title}: the map names none of the tap's streams: {has}", fix="--map FILE")
        for name in found:
            has_fields = offered.fields(name)
            lacks = [field for field in self.plan.must[name] if has_fields and field not in has_fields]
            if lacks:
                raise Fatal(f"{self.tap.title}: the tap's {name} have no `{lacks[0]}`", fix="--map FILE")
        listed = ", ".join(found)
        return "\n".join(found), f"{len(found)} of its {len(offered.names)} streams are read ({listed})"

    def tells_changes(self, offered: Catalog | None) -> bool:
        """Whether the tap can tell what changed in any of the map's streams; if not, all comes every time."""
        if offered is None:
            return "--state" in self.takes
        return any(offered.changes(name) for name in self.plan.streams if name in offered.names)

    def words(self, offered: Catalog | None, state: str | None) -> list[str]:
        """The command line of a read, with the files that it names."""
        words = ["--config", str(self.config)]
        if offered is not None and self.chooses:
            chosen = put(self.room, "catalog.json", offered.selecting(self.plan.needs))
            for option in ("--catalog", "--properties"):
                words += [option, str(chosen)] if option in self.takes else []
        if state is not None and "--state" in self.takes:
            words += ["--state", str(put(self.room, "state.json", state))]
        return words

    def look_back(self) -> None:
        """Says so when the tap has written new settings (a token of OAuth that is good for one use)."""
        if self.config.read_text(encoding="utf-8") != self.text:
            LOG.warning(
                "%s: the tap wrote new settings, which are not kept; connect it again if it stops working",
                self.tap.title,
            )


@contextmanager
def running(source: str, secret: str, options: Mapping[str, str], seconds: float) -> Iterator[Run]:
    """A run of a connection's tap: `secret` is its settings, `seconds` what it may take in all. Its room is
    cleared away at the end. Raises Fatal and CredentialProblem for settings or a directory that cannot be
    used, DataProblem for a map with mistakes."""
    hide(settings(secret, source))
    with private_room(places(os.environ).state / "taps") as room:
        tap = Tap(source, options.get("executable", ""), seconds, monotonic())
        config = put(room, "config.json", secret)
        chooses = options.get("catalog") != "off"
        yield Run(tap, mapped(options), room, config, secret, flags(tap, room), chooses)


def mapped(options: Mapping[str, str]) -> Plan:
    """A connection's map, as far as its tap goes. Raises DataProblem for a map with mistakes."""
    whole, streams = plan(options.get("map", "")), options.get("streams")
    return whole.only(streams.split("\n")) if streams else whole
