"""Where files live: the XDG base directories, under `agentos`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """The directories of one user. Nothing is created by asking."""

    config: Path
    state: Path
    cache: Path

    @property
    def user_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def database(self) -> Path:
        return self.state / "agentos.db"

    @property
    def credentials(self) -> Path:
        return self.config / "credentials"

    def log(self, tenant: str) -> Path:
        """The log of one tenant: its files of former days lie beside it."""
        return self.state / "logs" / f"{tenant}.jsonl"


def places(environ: Mapping[str, str]) -> Places:
    """The directories that `environ` asks for. Relative XDG values are ignored, as the specification says."""
    home = Path(environ.get("HOME") or Path.home())

    def base(variable: str, default: str) -> Path:
        value = environ.get(variable, "")
        return (Path(value) if value.startswith("/") else home / default) / "agentos"

    return Places(
        base("XDG_CONFIG_HOME", ".config"),
        base("XDG_STATE_HOME", ".local/state"),
        base("XDG_CACHE_HOME", ".cache"),
    )
