"""A daemon with any command for a tick, as a process: `python -m tests.scheduler.alone FOLDER ...`.

The machine's clock is set where FOLDER/offset says by how many seconds.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import apscheduler.schedulers.base as ticker

from agentos_cli import telemetry
from agentos_cli.clock import utc_now
from agentos_cli.errors import AgentosError
from agentos_cli.scheduler.daemon import Daemon, Orders
from agentos_cli.scheduler.singleton import Post


def main(folder: Path, every: float, longest: float, command: list[str]) -> int:
    def offset() -> timedelta:
        file = folder / "offset"
        return timedelta(seconds=float(file.read_text() or 0) if file.exists() else 0)

    class Set(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Set:
            return cls.fromtimestamp((utc_now() + offset()).timestamp(), tz)

    ticker.datetime = Set

    def told(what: str) -> None:
        with (folder / "told").open("a") as file:
            file.write(what + "\n")

    def reread() -> None:
        told("settings read")
        if (folder / "broken").exists():
            raise ValueError("no such key")

    telemetry.configure_json_logging(sys.stderr)
    orders = Orders(
        command, dict(os.environ), reread, told, every, longest, lambda: utc_now() + offset()
    )  # fmt: skip
    try:
        Daemon(orders, Post(folder, "default")).run()
    except AgentosError as error:
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
