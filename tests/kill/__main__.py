"""Kill workers from the command line: what `make kill-test` runs, and the tests each in a process of its own.

    python -m tests.kill [WORKER] [--pauses N]

`KILLS` is how many (600), `KILL_SEED` what chance begins with; it is printed, and the kernel adds its own.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.kill.board import Place
from tests.kill.killer import Killer, Report
from tests.kill.mutants import WORKERS


def main() -> int:
    """Print the report; 1 if something was wrong, and then its files stay."""
    asked = argparse.ArgumentParser(prog="python -m tests.kill")
    asked.add_argument("worker", nargs="?", choices=WORKERS, default="Worker")
    asked.add_argument("--pauses", type=int, default=0, help="every so-manieth worker pauses past its lease")
    chosen = asked.parse_args()
    kills = int(os.environ.get("KILLS") or 600)
    seed = int(os.environ.get("KILL_SEED") or int.from_bytes(os.urandom(4), "big"))
    folder = Path(tempfile.mkdtemp(prefix="kill-"))
    worker = WORKERS[chosen.worker]
    report = Killer(Place(folder), worker, seed, chosen.pauses).run(kills, _progress)
    sys.stdout.write(json.dumps(asdict(report)) + "\n")
    if report.problems and chosen.worker == "Worker":
        sys.stderr.write(f"the files are in {folder}\n")
    else:
        shutil.rmtree(folder)
    return bool(report.problems)


def _progress(report: Report) -> None:
    if report.kills % 1000 == 0:
        sys.stderr.write(f"{report.kills} kills, {report.redelivered} redeliveries, seed {report.seed}\n")


if __name__ == "__main__":
    sys.exit(main())
