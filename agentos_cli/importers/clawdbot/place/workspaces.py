"""Where an agent's workspace lies: as configured, or where that path leads once the home has moved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from agentos_cli.importers.clawdbot.place.places import is_workspace, named_as_state, names_in, profile

_HOMES = re.compile(r"(?:[A-Za-z]:)?/(?:(?:home|Users)/[^/]+|root|data/data/[^/]+/files/home)/(.+)")


def candidates(home: Path, state: Path | None, configured: str | None, agent: str | None) -> Iterator[Path]:
    """The directories that may be the workspace of an agent (None: the default one), likeliest first.

    `home` is where `~` leads. A configured path is usually absolute and from another machine; what it was
    below that machine's home, or below its state directory, is looked for below these.
    """
    if configured and configured.strip():
        yield from _configured(home, state, configured.strip())
    named = profile(state.name) if state else None
    suffix = agent or named
    ending = f"-{suffix}" if suffix else ""
    beside, within = home / f"clawd{ending}", state / f"workspace{ending}" if state else None
    late = state is not None and state.name.startswith(".openclaw")
    yield from (path for path in ((within, beside) if late else (beside, within)) if path)
    if named and not agent:
        yield home / "clawd"


def _configured(home: Path, state: Path | None, configured: str) -> Iterator[Path]:
    path = configured.replace("\\", "/")
    if path == "~" or path.startswith("~/"):
        yield home / path[2:]
        return
    was = Path(path)
    if was.is_absolute() and was.is_relative_to(home):
        yield was
    parts = was.parts
    for place, part in enumerate(parts):
        if state and part.startswith(".") and named_as_state(part):
            yield state.joinpath(*parts[place + 1 :])
            break
    below = _HOMES.fullmatch(path)
    if below:
        yield home / below[1]
    yield was if was.is_absolute() else home / was
    yield home / was.name


def first(candidates: Iterator[Path], home: Path) -> Path | None:
    """The first of them that is there, resolved. One that lies outside `home` must look like a workspace, so
    that settings from elsewhere cannot send us into any directory of this machine."""
    for path in candidates:
        try:
            real = path.resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            continue
        if real.is_dir() and (real.is_relative_to(home) or is_workspace(names_in(real))):
            return real
    return None
