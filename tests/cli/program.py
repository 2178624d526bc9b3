"""Run the installed program as a user does: a real process, a home of its own, real streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

AGENTOS = Path(sys.executable).parent / "agentos"


@dataclass(frozen=True)
class Ran:
    """How one run of the program ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Program:
    """The program in one home directory."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self,
        *words: str,
        stdin: str = "",
        env: Mapping[str, str] | None = None,
        before: Callable[[], None] | None = None,
        cwd: Path | None = None,
    ) -> Ran:
        """Run `agentos WORDS`. `before` runs in the child before it becomes the program."""
        done = subprocess.run(
            (AGENTOS, *words),
            env=self.env(env),
            input=stdin.encode(),
            capture_output=True,
            timeout=120,
            cwd=cwd or self.home,
            preexec_fn=before,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def env(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The whole environment of a run: as cron gives it, and a home."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONUTF8": "1",
            "TZ": "UTC",
            **self.environment,
            **(more or {}),
        }

    @property
    def database(self) -> Path:
        return self.home / ".local/state/agentos/agentos.db"

    @property
    def config(self) -> Path:
        return self.home / ".config/agentos/config.toml"
