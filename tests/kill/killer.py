"""A fork server with everything imported: it starts a worker, kills it in the middle, and looks at the books.

The store is the same file from the first life to the last. Between two lives the clock goes beyond the lease,
so that the next worker sweeps what the last one left.
"""

from __future__ import annotations

import gc
import os
import random
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from agentos_cli.store.store import Store
from tests.kill.board import LEASE, Board, Place, Stage
from tests.kill.books import Books
from tests.kill.receiver import Receiver
from tests.kill.worker import Worker

SHORTEST, LONGEST = 0.004, 0.050
"""Seconds that a worker lives, from the fork on."""
BY_TIME, MOST_STEPS, MOMENT = 0.4, 14, 0.003
"""The share of lives that end by time. The others end after so many steps and at most so many seconds more,
so that a busy machine, on which little is done within the time, hides no moment either."""


@dataclass(slots=True)
class Report:
    """What a run came to. `problems` is empty if nothing was wrong; then all lives were lived."""

    worker: str
    seed: int
    kills: int = 0
    pauses: int = 0
    seconds: float = 0.0
    stages: dict[str, int] = field(default_factory=dict)
    changes: int = 0
    acknowledged: int = 0
    calls: int = 0
    effects: int = 0
    redelivered: int = 0
    refused: int = 0
    states: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class Killer:
    """`pauses`: in every so-manieth life a worker is stopped in the middle of a delivery until its claim has
    run out and another one has it; 0 for never."""

    def __init__(self, place: Place, worker: type[Worker], seed: int, pauses: int = 0) -> None:
        self._place, self._worker, self._seed, self._every = place, worker, seed, pauses
        self._chance = random.Random(seed)
        self._board = Board()
        self._store = Store(place.url, "alice")  # every connection of it is closed again at once
        self._books = Books(place, confirms=worker.confirms)
        self._children: set[int] = set()
        self.report = Report(worker.__name__, seed)

    def run(self, kills: int, told: Callable[[Report], None] = lambda report: None) -> Report:
        """So many lives, or until something is wrong; `told` hears after each how it stands."""
        report, began = self.report, time.monotonic()
        receiver = Receiver(self._place, forgetful=self._worker.forgetful_receiver)
        try:
            serving = self._fork(receiver.serve)
            receiver.close()
            self._rehearse()
            gc.freeze()  # pages that nobody collects are not copied into every worker
            while report.kills < kills and not report.problems:
                self._one_more()
                told(report)
            if not report.problems:
                self._last()
            self._end(serving)
        finally:
            for child in list(self._children):
                self._end(child)
            report.seconds = round(time.monotonic() - began, 1)
        return self._tell(self._books)

    def _rehearse(self) -> None:
        """One life here, to its end: the store is made, and a forked worker begins with everything warm."""
        self._worker.prepare(self._store)
        first = self._made(0)
        first.change(0, 1)
        first.deliver()
        first.close()

    def _one_more(self) -> None:
        life = self.report.kills + 1
        if self._every and life % self._every == 0:
            self._paused(life)
        else:
            self._board.stage = Stage.FORKED
            self._kill(self._live(life))
        if self._chance.random() < 0.75:  # else the next worker is the first to open what was left
            self._look()
        self._board.advance(LEASE + 1)

    def _paused(self, life: int) -> None:
        """One worker stops with a claim, a second one gets it and stops too; the first goes on, then the
        second."""
        first = self._stopped(life)
        self._board.advance(LEASE + 1)
        second = self._stopped(life + 1_000_000)
        self.report.pauses += 1
        for pid in (first, second):
            os.kill(pid, signal.SIGCONT)
            self._kill(pid)

    def _stopped(self, life: int) -> int:
        """A worker that has stopped itself in the middle of a delivery."""
        pid = self._live(life, pausing=True)
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            self._children.discard(pid)
            raise RuntimeError(f"a worker ended with {status} instead of pausing: {self._said()}")
        return pid

    def _kill(self, pid: int) -> None:
        """After a random time, or in the next moment after a random number of steps."""
        if self._chance.random() < BY_TIME:
            time.sleep(self._chance.uniform(SHORTEST, LONGEST))
        else:
            until = self._board.steps + self._chance.randrange(MOST_STEPS)
            while self._board.steps < until and not self._ended(pid):
                time.sleep(0.0002)
            time.sleep(self._chance.uniform(0, MOMENT))
        self.report.kills += 1
        if self._ended(pid):
            self._children.discard(pid)
            self.report.problems.append(f"a worker ended by itself: {self._said()}")
            return
        self._end(pid)
        stage = self._board.stage.name.lower()
        self.report.stages[stage] = self.report.stages.get(stage, 0) + 1

    @staticmethod
    def _ended(pid: int) -> bool:
        """Whether it has; it can be asked again."""
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _look(self) -> None:
        self.report.problems += self._books.look(self.report.kills + self.report.pauses)
        self.report.redelivered = self._books.redelivered

    def _last(self) -> None:
        """Everything is delivered; then all of it is looked at once more from the beginning."""
        self._wait(self._fork(lambda: self._made(0).finish()))
        self._look()
        self._books = Books(self._place, confirms=self._worker.confirms)
        self._look()
        report = self._tell(self._books)
        report.problems += self._books.whole()
        ends = {"done"} if self._worker.confirms else {"done", "in_doubt"}
        report.problems += [
            f"{n} are {state} for ever" for state, n in report.states.items() if state not in ends
        ]
        if report.states.get("in_doubt", 0) > report.kills + report.pauses:
            report.problems.append(f"more are in doubt than there were {report.kills} kills")

    def _tell(self, books: Books) -> Report:
        report = self.report
        report.changes, report.acknowledged = books.changes, books.acknowledged
        report.calls, report.effects, report.refused = books.calls, books.effects, books.refused
        report.states = books.states()
        return report

    # ── processes ────────────────────────────────────────────────────────────────────────────────

    def _live(self, life: int, *, pausing: bool = False) -> int:
        return self._fork(lambda: self._made(life, pausing=pausing).live())

    def _made(self, life: int, *, pausing: bool = False) -> Worker:
        return self._worker(self._place, self._store, self._board, life, self._seed, pausing=pausing)

    def _fork(self, act: Callable[[], None]) -> int:
        """A child that does this and nothing else."""
        child = os.fork()
        if child:
            self._children.add(child)
            return child
        code = 1
        try:
            os.dup2(os.open(self._place.said, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), 2)
            act()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def _wait(self, pid: int) -> None:
        _, status = os.waitpid(pid, 0)
        self._children.discard(pid)
        if status:
            raise RuntimeError(f"ended with {status}: {self._said()}")

    def _end(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self._children.discard(pid)

    def _said(self) -> str:
        return self._place.said.read_text().strip()[-600:] if self._place.said.exists() else ""
