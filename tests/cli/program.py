"""Run the installed program as a user does: a real process, a home of its own, real streams."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import pty
import resource
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

AGENTOS = Path(sys.executable).parent / "agentos"
PATIENCE = 120
UNHURRIED = {f"AGENTOS_SYNC__RATE__{source}": "1000" for source in ("STRIPE", "HUBSPOT", "LINEAR")}
"""For a program whose vendors are on this machine: they limit nobody."""
PR_CAPBSET_DROP = 24
PAST_MODES = (1, 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: what lets root past the modes of files."""


@dataclass(frozen=True)
class Ran:
    """How one run of the program ended. `raw` is stdout as it came, before decoding."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    def json(self) -> Any:
        return json.loads(self.raw)

    def error(self) -> Any:
        """The error document that a command with `--json` leaves on stderr, in its last line."""
        return json.loads(self.err.splitlines()[-1])["error"]

    def said_plainly(self) -> bool:
        """Nothing of the program's inside shows: no traceback, no error that nobody foresaw."""
        told = self.err + self.raw.decode(errors="replace")
        return "Traceback" not in told and "error: unexpected" not in told


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
            timeout=PATIENCE,
            cwd=cwd or self.home,
            preexec_fn=before,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr.decode())

    def started(self, *words: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """The same left running, with pipes; the caller ends it."""
        return subprocess.Popen(
            (AGENTOS, *words),
            env=self.env(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.home,
        )

    def shell(self, line: str, env: Mapping[str, str] | None = None) -> Ran:
        """A line of bash in which `agentos` is the program; a pipe's code is its first failing part's."""
        done = subprocess.run(
            ("bash", "-o", "pipefail", "-c", line),
            env=self.env({"PATH": f"{AGENTOS.parent}:{os.environ['PATH']}", **(env or {})}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            cwd=self.home,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr.decode())

    def on_terminal(
        self, *words: str, answers: Sequence[tuple[str, str]] = (), env: Mapping[str, str] | None = None
    ) -> Ran:
        """Run with a terminal of 80 x 24 as all three streams; all that appears on it is in `raw`.

        `answers` are pairs of a question and what is typed once it is seen.
        """
        ours, theirs = pty.openpty()
        os.set_inheritable(theirs, True)
        process = subprocess.Popen(
            (AGENTOS, *words),
            env=self.env({"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", **(env or {})}),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=self.home,
            start_new_session=True,
        )
        os.close(theirs)
        try:
            shown = _conversation(ours, answers)
            return Ran(process.wait(PATIENCE), shown, "")
        finally:
            process.kill()
            process.wait()
            os.close(ours)

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

    def having(self, **environment: str) -> Program:
        """The same program with more in its environment."""
        return replace(self, environment={**self.environment, **environment})

    @property
    def database(self) -> Path:
        return self.home / ".local/state/agentos/agentos.db"

    @property
    def config(self) -> Path:
        return self.home / ".config/agentos/config.toml"

    def configure(self, text: str) -> None:
        """Write the user's configuration file."""
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text, encoding="utf-8")


def bound_by_modes() -> None:
    """For `before`: even root cannot write where a file's mode says nobody may."""
    if os.geteuid() == 0:
        for capability in PAST_MODES:
            ctypes.CDLL(None, use_errno=True).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def need_modes() -> None:
    """Skip the test where root cannot be bound by modes."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        child = os.fork()
        if child == 0:
            os._exit(0 if libc.prctl(PR_CAPBSET_DROP, PAST_MODES[0], 0, 0, 0) == 0 else 1)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            pytest.skip("root cannot give up its rights here")


def files_of_at_most(size: int) -> Callable[[], None]:
    """For `before`: no file may grow beyond `size` bytes, as on a disk that is full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _conversation(terminal: int, answers: Sequence[tuple[str, str]]) -> bytes:
    """All that appears on a terminal until nobody holds its other side."""
    found, heard, waiting = b"", 0, list(answers)
    while True:
        ready, _, _ = select.select([terminal], [], [], PATIENCE)
        assert ready, f"nothing more came after {found[-200:]!r}"
        try:
            part = os.read(terminal, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # what Linux says once nobody holds the other side
                raise
            return found
        if not part:
            return found
        found += part
        while waiting and (at := found.find(waiting[0][0].encode(), heard)) >= 0:
            heard = at + len(waiting[0][0])
            time.sleep(0.1)  # the question is there; whoever asks may still be turning the echo off
            os.write(terminal, waiting.pop(0)[1].encode())
