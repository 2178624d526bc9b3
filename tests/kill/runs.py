"""Runs the killer in a process of its own: the one that forks has no threads and no database of a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KILLS = 600
MEMORY = Path("/dev/shm")
"""Who is killed leaves the page cache whole, so nothing depends on a disk, and a busy one would only be slow.
`make kill-test` takes the disk."""


def killed(worker: str, *options: str, kills: int = KILLS) -> Mapping[str, Any]:
    """The report of one run."""
    folder = {"TMPDIR": str(MEMORY)} if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else {}
    done = subprocess.run(
        [sys.executable, "-m", "tests.kill", worker, *options],
        cwd=ROOT,
        env={**os.environ, **folder, "KILLS": str(kills)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.stdout, done.stderr
    report: Mapping[str, Any] = json.loads(done.stdout)
    assert done.returncode == bool(report["problems"]), done.stderr
    return report
