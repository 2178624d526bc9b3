"""Settings for the tests of what is made of them, and the home that they stand in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentos_cli.importers.clawdbot.place.locate import locate, open_home
from agentos_cli.importers.clawdbot.settings.reader import read_setup
from agentos_cli.importers.clawdbot.settings.setup import AgentSetup, Setup
from agentos_cli.importers.piece import Piece
from agentos_cli.importers.source.home import Home
from tests.importers.building import Content, as_json, below, write


@dataclass(frozen=True)
class Read:
    """A home as the readers get it."""

    home: Home
    setup: Setup
    pieces: list[Piece]

    def agent(self, name: str) -> AgentSetup:
        return next(agent for agent in self.setup.agents if agent.id == name)

    def told(self) -> dict[str, str]:
        """By path, why a file did not come over."""
        return {piece.path: f"{piece.outcome}: {piece.reason}" for piece in self.pieces}


def read(
    given: Path, *, timezone: str | None = None, workspace: Path | None = None, external: bool = False
) -> Read:
    """The home at `given`, with the settings read."""
    located = locate(given, {}, given)
    home = open_home(located)
    setup, pieces = read_setup(
        home, located, timezone=timezone, workspace=workspace, allow_external_includes=external
    )
    return Read(home, setup, pieces)


def home_of(folder: Path, settings: object, files: dict[str, Content] | None = None) -> Path:
    """A home with these settings, and with further files of its state directory."""
    told = settings if isinstance(settings, str) else as_json(settings)
    state = {"clawdbot.json": told, "agents/main/sessions/sessions.json": "{}", **(files or {})}
    return write(folder / "mara", below(".clawdbot", state))
