"""The embedded daemon of `agentos schedule run`: one loop that has a tick made every minute, come what may.

Each tick is a child process, the same `agentos tick` that cron and systemd call. So one that hangs, leaks
or dies takes nothing along, can be ended for certain, and reads settings and program anew; a thread could
not be ended at all. It costs one start of the program a minute. A tick that takes long does not hold up the
next one: which of them does what is settled in the store.

APScheduler is the ticker and nothing else (https://apscheduler.readthedocs.io/en/3.x/): what is due is
decided by the tick. It counts on the wall clock, so the loop looks whether that one jumped (a laptop that
woke up, a clock that was set) and has a tick made at once.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agentos_cli.clock import Clock, monotonic, utc_now
from agentos_cli.scheduler.install.call import LONGEST
from agentos_cli.scheduler.readiness import notify, watchdog_seconds
from agentos_cli.scheduler.singleton import Post, Standing, is_stuck

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

LOG = logging.getLogger(__name__)

AT_ONCE = 4
"""Ticks that may be at work at a time; with that many stuck, the daemon counts as stuck."""
GRACE = 8.0
"""Seconds that a tick gets to give back what it was doing, once it was told to end."""
LOOK = 5.0
"""Seconds between two looks at the clock, and between two signs of life."""
JUMP = 2.0
"""Seconds by which the wall clock may part from the running time between two looks and count as the same."""
ALIGNED = datetime(2000, 1, 1, tzinfo=UTC)
"""Ticks come at whole multiples of their interval from here: with one of a minute, on the minute."""
ENDING, AGAIN = (signal.SIGTERM, signal.SIGINT), signal.SIGHUP


@dataclass(frozen=True, slots=True)
class Orders:
    """What a daemon has to do: `command` makes one tick. `reread` is called at SIGHUP and may raise; `failed`
    with one line for a tick that was ended or could not begin, in a thread of its own. A tick may take
    `longest` seconds, or what `patience` says then: how long the most patient schedule may take."""

    command: Sequence[str]
    environ: Mapping[str, str]
    reread: Callable[[], None]
    failed: Callable[[str], None]
    every: float = 60.0
    longest: float = LONGEST
    clock: Clock = utc_now
    patience: Callable[[], float] = lambda: 0.0


@dataclass(slots=True)
class Daemon:
    """Runs until it is told to end. One for each `post`."""

    orders: Orders
    post: Post
    _standing: Standing = field(init=False)
    _at_work: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """The loop. Raises LeaseHeld when another daemon runs for this tenant here."""
        orders = self.orders
        with self.post.held(), _signals() as heard:
            self._standing = Standing(os.getpid(), socket.gethostname(), self._now(), orders.every)
            ticker = self._ticker()
            ticker.start()
            self._say(state="ready")
            notify(orders.environ, "READY=1")
            LOG.info("ready: a tick every %g s", orders.every)
            self._watch(ticker, heard)
            notify(orders.environ, "STOPPING=1")
            self._say(state="stopping")
            ticker.shutdown(wait=False)
            self._end_all()
            self._say(state="stopped")
            LOG.info("stopped")

    def tick(self) -> None:
        """Have one tick made, and wait for its end. Raises nothing."""
        try:
            with self._guard:
                if self._standing.state != "ready":
                    return
                child = self._child()
                self._at_work[child.pid] = child
            self._say(ticks=self._standing.ticks + 1, last_tick=self._now())
            code = self._ended(child)
            self._say(last_ended=self._now(), last_code=code)
        except Exception as problem:
            LOG.exception("a tick could not be made")
            self._complain(f"a tick could not be made: {type(problem).__name__}: {problem}")

    def _ticker(self) -> BackgroundScheduler:
        from apscheduler.schedulers.background import BackgroundScheduler
        from apscheduler.triggers.interval import IntervalTrigger

        ticker = BackgroundScheduler(timezone=UTC, daemon=True)
        ticker.add_job(
            self.tick,
            IntervalTrigger(seconds=self.orders.every, start_date=ALIGNED, timezone=UTC),
            id="tick",
            next_run_time=self.orders.clock(),
            coalesce=True,
            misfire_grace_time=None,
            max_instances=AT_ONCE,
        )
        return ticker

    def _watch(self, ticker: BackgroundScheduler, heard: socket.socket) -> None:
        """Until somebody says that it is enough."""
        wanted = watchdog_seconds(self.orders.environ)
        look = min(LOOK, self.orders.every, wanted / 2 if wanted else LOOK)
        before = self._apart()
        while True:
            ready, _, _ = select.select([heard], [], [], look)
            signs = heard.recv(64) if ready else b""
            if any(sign in ENDING for sign in signs):
                return
            if AGAIN in signs:
                LOG.info("told to read the settings again")
                self._reread()
            apart = self._apart()
            if AGAIN in signs or abs(apart - before) > JUMP or self._is_astray(ticker):
                ticker.modify_job("tick", next_run_time=self.orders.clock())
            before = apart
            if wanted and self._is_alive():
                notify(self.orders.environ, "WATCHDOG=1")

    def _is_astray(self, ticker: BackgroundScheduler) -> bool:
        """Whether the next tick is further away than it ever should be: the ticker may have reckoned with the
        time of before a jump just after it was told of it."""
        job = ticker.get_job("tick")
        return job is not None and job.next_run_time - self.orders.clock() > self._between

    @property
    def _between(self) -> timedelta:
        return timedelta(seconds=self.orders.every + JUMP)

    def _apart(self) -> float:
        """How far the wall clock is from the running time, which stands still while a machine sleeps."""
        return self.orders.clock().timestamp() - monotonic()

    def _is_alive(self) -> bool:
        return not is_stuck(self._standing, self.orders.clock())

    def _child(self) -> subprocess.Popen[bytes]:
        """In a session of its own: Ctrl-C is for the daemon, which ends its ticks in good order."""
        return subprocess.Popen(
            list(self.orders.command),
            env=dict(self.orders.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _ended(self, child: subprocess.Popen[bytes]) -> int:
        """The exit code of a tick, which is ended if it takes too long."""
        try:
            code = self._waited(child)
        except subprocess.TimeoutExpired as late:
            self._complain(f"a tick did not end within {late.timeout:g} s")
            child.terminate()
            code = _killed_after(child, GRACE)
        finally:
            with self._guard:
                self._at_work.pop(child.pid, None)
        if code < 0 and self._standing.state == "ready":
            self._complain(f"a tick was ended by {signal.Signals(-code).name}")
        return code

    def _waited(self, child: subprocess.Popen[bytes]) -> int:
        """The exit code; raises TimeoutExpired once even the most patient schedule should be through."""
        longest = self.orders.longest
        try:
            return child.wait(longest)
        except subprocess.TimeoutExpired:
            more = self.orders.patience() - longest
            if more <= 0:
                raise
            return child.wait(more)

    def _end_all(self) -> None:
        """Tell every tick to give back what it is doing, and end those that do not."""
        with self._guard:
            left = list(self._at_work.values())
        for child in left:
            child.terminate()
        until = monotonic() + GRACE
        for child in left:
            if _killed_after(child, max(0.0, until - monotonic())) == -signal.SIGKILL:
                LOG.warning("a tick had to be killed; what it was doing is taken up when its lease is over")
            _kill_all_of(child)  # whatever it left running was given back, and may be begun again elsewhere

    def _reread(self) -> None:
        try:
            self.orders.reread()
        except Exception as problem:
            LOG.warning("the settings cannot be used, the former ones stay: %s", problem)

    def _complain(self, what: str) -> None:
        LOG.warning("%s", what)
        # told beside all else: nobody waits for a switch that does not answer
        threading.Thread(target=self.orders.failed, args=(what,), daemon=True).start()

    def _say(self, **changes: str | int | None) -> None:
        with self._guard:
            self._standing = replace(self._standing, **changes)  # type: ignore[arg-type]  # names of its fields
            self.post.write(self._standing)

    def _now(self) -> str:
        return self.orders.clock().isoformat(timespec="seconds")


def _killed_after(child: subprocess.Popen[bytes], seconds: float) -> int:
    """The exit code of a child that has so long to end by itself, with all that it started."""
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        _kill_all_of(child)
        return child.wait()


def _kill_all_of(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """A socket on which the numbers of the signals come that a daemon listens to."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    wakeup = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    before = {sign: signal.signal(sign, lambda *_: None) for sign in (*ENDING, AGAIN)}
    try:
        yield ours
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
        signal.set_wakeup_fd(wakeup)
        ours.close()
        theirs.close()
