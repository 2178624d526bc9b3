"""Sources are read side by side: a whole brief against its slowest source alone, in one run.

    python -m benchmarks.side_by_side [SECONDS_PER_PAGE]

The demo company is served with a fixed wait before every answer. Each source is read alone, then
`agentos brief --refresh` reads them all and prints. The budget is 1.15 times the slowest plus 0.5 s.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from agentos_cli.demo.company.world import build_world
from agentos_cli.demo.files import write_files
from agentos_cli.demo.server import DemoServer

AGENTOS = str(Path(sys.executable).parent / "agentos")
SOURCES = ("stripe", "hubspot", "linear", "files")


def timed(environment: dict[str, str], *words: str, stdin: str = "") -> float:
    """Wall seconds of one command, which must succeed."""
    began = time.perf_counter()
    subprocess.run(
        (AGENTOS, *words), env=environment, input=stdin, text=True, capture_output=True, check=True
    )
    return time.perf_counter() - began


def main(latency: float) -> None:
    """Measure and print the table."""
    world = build_world(datetime.now(UTC))
    with tempfile.TemporaryDirectory() as home, DemoServer(world, latency=latency) as server:
        environment = {**os.environ, "HOME": home}
        for name in ("CONFIG", "STATE", "CACHE"):
            environment[f"XDG_{name}_HOME"] = f"{home}/{name.lower()}"
        write_files(world, Path(home) / "company")
        timed(environment, "connect", "files", "--folder", f"{home}/company")
        for source, url in server.urls.items():
            place = ("--base-url", url, "--keep-in", "file", "--no-check")
            timed(environment, "connect", source, *place, stdin=server.keys[source])
        timed(environment, "sync")
        alone = {source: timed(environment, "sync", source) for source in SOURCES}
        together = min(timed(environment, "brief", "--refresh") for _ in range(3))
    slowest = max(alone.values())
    print(f"{latency * 1000:.0f} ms before every answer")
    for source, seconds in alone.items():
        print(f"  {source:<8} alone {seconds:6.2f} s")
    print(f"  one after the other   {sum(alone.values()):6.2f} s")
    print(f"  brief --refresh       {together:6.2f} s = {together / slowest:.2f} x the slowest")
    print(f"  budget                {1.15 * slowest + 0.5:6.2f} s")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.3)
