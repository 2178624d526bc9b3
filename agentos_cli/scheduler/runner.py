"""Runs `agentos WORDS` for a slot: a process group of its own, with a deadline, whose last words are kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from agentos_cli.clock import monotonic
from agentos_cli.redaction import redact
from agentos_cli.scheduler.tick import Outcome, Stopped
from agentos_cli.store.slots import Claimed, span

KEPT = 2_000
"""Characters of its output that are kept, from the end."""
GRACE = 5.0
"""Seconds between the request to end and the end."""
LOOK = 0.1
"""Seconds between two looks at the clock."""
READ = 64 * 1024


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs the command of a slot in `environ`, for `tenant`; it can say how late it is, as it knows when it
    was due (`AGENTOS_DUE_AT`) and what for (`AGENTOS_SCHEDULE`)."""

    environ: Mapping[str, str]
    tenant: str
    program: tuple[str, ...] = (sys.executable, "-m", "agentos_cli")

    def __call__(self, claimed: Claimed, stopped: Stopped) -> Outcome:
        """Run it to its end, its deadline, or until `stopped`. Raises OSError where it cannot be begun."""
        environ = {
            **self.environ,
            "AGENTOS_SCHEDULE": claimed.schedule,
            "AGENTOS_DUE_AT": claimed.due_at.isoformat(),
            "AGENTOS_TENANT": self.tenant,
            "AGENTOS_LOG": "text",  # its last words are for people; what it logs is in the log
        }
        with tempfile.TemporaryFile() as kept:
            process = subprocess.Popen(
                (*self.program, *claimed.command),
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=kept,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                ended = _watch(process, claimed.patience.total_seconds(), stopped)
            finally:
                _end(process)
            return _outcome(process.returncode, ended, _last_words(kept), claimed)


def _watch(process: subprocess.Popen[bytes], patience: float, stopped: Stopped) -> str:
    """Wait for its end; says whether it `ended` by itself, is `late`, or we are `stopped`."""
    deadline = monotonic() + patience
    while True:
        try:
            process.wait(LOOK)
            return "ended"
        except subprocess.TimeoutExpired:
            if stopped():
                return "stopped"
            if monotonic() >= deadline:
                return "late"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole group, at once if it does not by itself. Nothing where it has ended."""
    if process.poll() is not None:
        return
    _signal(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    _signal(process, signal.SIGKILL)  # what its group left behind, too
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # it has ended meanwhile
        os.killpg(process.pid, number)


def _last_words(kept: IO[bytes]) -> str:
    size = kept.seek(0, os.SEEK_END)
    kept.seek(max(0, size - READ))
    return redact(kept.read().decode("utf-8", "replace")).strip()[-KEPT:]


def _outcome(code: int, ended: str, words: str, claimed: Claimed) -> Outcome:
    if ended == "stopped":
        why = "it was stopped with the program that ran it, and is begun once more"
        return Outcome(None, words, why, given_up=True)
    if ended == "late":
        return Outcome(None, words, f"it was stopped after {span(claimed.patience)}, its patience")
    if code < 0:
        return Outcome(None, words, f"it was ended by signal {-code}")
    return Outcome(code, words, _problem(words, code) if code else None)


def _problem(words: str, code: int) -> str:
    """What it said went wrong, in one line."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith("error: ")] or lines
    return f"{_message(told[-1])[:300]} (exit {code})" if told else f"exit {code}"


def _message(line: str) -> str:
    """The message of an error document, as a command with `--json` leaves it, or the line itself."""
    try:
        return str(json.loads(line)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return line.removeprefix("error: ")
