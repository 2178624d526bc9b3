"""The secrets that a home is known to hold, collected before anything is read out of it."""

from __future__ import annotations

from collections.abc import Mapping

from agentos_cli.importers.home import Home


def collect(home: Home, raw_config: Mapping[str, object]) -> list[tuple[str, str]]:
    """Every secret value of the home with its type."""
    return []
