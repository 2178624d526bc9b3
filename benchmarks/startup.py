"""Start-up of the installed program, as ratios to `python -c pass` measured in the same run.

    python -m benchmarks.startup [ROUNDS]

Every round runs each command once, in turn, so that a drift of the machine's speed touches all alike.
The table gives the median of each and its ratio to the median of `pass`. Demo data is read once first.
"again" is a report or brief given again because nothing changed; "anew" follows a change (untimed), so
that the agents run and the answer is stored.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AGENTOS = str(Path(sys.executable).parent / "agentos")
CHANGE = (AGENTOS, "energy", "--demo")
COMMANDS: dict[str, tuple[tuple[str, ...], float | None]] = {
    "python -c pass": ((sys.executable, "-c", "pass"), None),
    "agentos --version": ((AGENTOS, "--version"), 6),
    "agentos --help": ((AGENTOS, "--help"), 6),
    "agentos status --json": ((AGENTOS, "status", "--demo", "--json"), None),
    "finance --json, again": ((AGENTOS, "finance", "--demo", "--json"), 12),
    "agentos finance --help": ((AGENTOS, "finance", "--help"), None),
    "finance --json, anew": ((AGENTOS, "finance", "--demo", "--json"), None),
    "brief --cached, again": ((AGENTOS, "brief", "--demo", "--cached"), 18),
    "brief --cached, anew": ((AGENTOS, "brief", "--demo", "--cached"), None),
}
"""What is run, and the ratio that it must stay within."""


def timed(command: tuple[str, ...], environment: dict[str, str]) -> float:
    """Wall seconds of one whole process."""
    began = time.perf_counter()
    subprocess.run(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return time.perf_counter() - began


def main(rounds: int) -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "XDG_CACHE_HOME": home, "XDG_STATE_HOME": home}
        environment["XDG_CONFIG_HOME"] = home
        subprocess.run((AGENTOS, "brief", "--demo"), env=environment, capture_output=True, check=True)
        for command, _ in COMMANDS.values():
            timed(command, environment)
        times: dict[str, list[float]] = {name: [] for name in COMMANDS}
        for number in range(rounds):
            for name, (command, _) in COMMANDS.items():
                if name.endswith("anew"):
                    timed((*CHANGE, str(10 + (number * 2 + len(name)) % 80)), environment)
                if name.endswith("again"):
                    timed(command, environment)
                times[name].append(timed(command, environment))
    base = statistics.median(times["python -c pass"])
    print(f"{'command':<24} {'median':>9} {'x pass':>7} {'budget':>7}")
    for name, (_, budget) in COMMANDS.items():
        median = statistics.median(times[name])
        print(f"{name:<24} {median * 1000:>6.1f} ms {median / base:>7.1f} {budget or '-':>7}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
