"""How much memory a program takes at its peak, as the kernel measured it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ASKING = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, done.returncode)
sys.stdout.write(done.stdout)
sys.stderr.write(done.stderr)
"""
"""Runs a program and tells its peak: a child of this process would be told ours as its own."""


@dataclass(frozen=True)
class Measured:
    """`kilobytes` at the peak, the exit code, and what was said on each stream."""

    kilobytes: int
    code: int
    out: str
    err: str


def measured(
    words: Sequence[str], environment: Mapping[str, str] | None = None, timeout: float = 120
) -> Measured:
    """Run a program to its end."""
    ran = subprocess.run(
        (sys.executable, "-c", ASKING, *map(str, words)),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=timeout,
    )
    first, _, out = ran.stdout.partition("\n")
    peak, code = first.split()
    return Measured(int(peak), int(code), out, ran.stderr)
