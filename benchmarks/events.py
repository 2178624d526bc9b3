"""Announced, delivered, marked as done: agentos against huey on SQLite and procrastinate on PostgreSQL.

    python -m benchmarks.events [EVENTS [ROUNDS]]

Everybody keeps every step through a power cut: SQLite with synchronous=FULL, PostgreSQL with fsync and
synchronous_commit on and one server for both. Nobody's handler does anything. One consumer gets every event.
Work goes one by one, then as each side is quickest: agentos in batches; procrastinate in batches where it has
them and else several jobs side by side; huey one by one, since it has nothing else. agentos keeps the order
within 50 aggregates and a fence on each claim meanwhile, which is not asked of the others.

A journal makes most of the difference between two SQLite databases. agentos takes a WAL where SQLite has the
fix of its WAL-reset bug, else PERSIST, which syncs three times as often; huey always takes a WAL. Both are
measured with both; one process at a time is safe from that bug.

Rounds take turns, and the median of each step counts. A profile of one more round says where our time goes.
The rivals are installed once, each into an environment of its own under build/rivals.
"""

from __future__ import annotations

import cProfile
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agentos_cli.bus.relay import Relay
from agentos_cli.clock import utc_now
from agentos_cli.events import Consumer, Event
from agentos_cli.store.outbox import Outbox
from agentos_cli.store.sqlite import wal_is_safe
from agentos_cli.store.store import Store
from tests.databases import PostgresServer, running

HERE = Path(__file__).parent
BATCH = 100
DURABLE = ("listen_addresses=", "fsync=on", "synchronous_commit=on", "full_page_writes=on")
SCRIPTS = {"huey": "queue_with_huey.py", "procrastinate": "queue_with_procrastinate.py"}
ANNOUNCE, DELIVER = "announce one by one", "deliver one by one"
ANNOUNCE_MANY, DELIVER_MANY = "announce in batches", "deliver in batches"
STEPS = (ANNOUNCE, DELIVER, ANNOUNCE_MANY, DELIVER_MANY)
Seconds = Mapping[str, float]
Timer = Callable[[str, Callable[[], None]], None]


# ── agentos ──────────────────────────────────────────────────────────────────────────────────────


def event(number: int) -> Event:
    """One of many, about one of 50 things."""
    return Event("Happened", f"customer:{number % 50}", utc_now(), {"number": number})


def ours(url: str, count: int, timer: Timer, journal: str | None = None) -> None:
    """Every step on a new store, each through `timer`."""
    store = Store(url, "alice")
    store.upgrade()
    if journal:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            file.execute(f"PRAGMA journal_mode={journal}")
    with store.outbox() as outbox:
        outbox.subscribe(Consumer("bench", "script", confirms=True), utc_now())
        for name, batch in ((ANNOUNCE, 1), (DELIVER, 1), (ANNOUNCE_MANY, BATCH), (DELIVER_MANY, BATCH)):
            timer(name, _step(outbox, count, batch, announce=name.startswith("announce")))
    assert store.event_log().counts()["bench"] == {"done": 2 * count}


def _step(outbox: Outbox, count: int, batch: int, *, announce: bool) -> Callable[[], None]:
    (consumer,) = outbox.consumers()

    def announces() -> None:
        for start in range(0, count, batch):
            outbox.announce(*(event(number) for number in range(start, min(start + batch, count))))

    def delivers() -> None:
        relay = Relay(outbox, consumer, lambda delivery: None, utc_now, owner="bench", batch=batch)
        while relay.once():
            pass

    return announces if announce else delivers


def timed(url: str, count: int, journal: str | None = None) -> Seconds:
    """Our wall seconds by step."""
    seconds: dict[str, float] = {}

    def timer(name: str, step: Callable[[], None]) -> None:
        began = time.perf_counter()
        step()
        seconds[name] = time.perf_counter() - began

    ours(url, count, timer, journal)
    return seconds


def spent(url: str, count: int) -> Mapping[str, tuple[float, float]]:
    """By step, the shares of our time that are commits and other statements; the rest is our own code, which
    a profile makes look slower than it is."""
    shares: dict[str, tuple[float, float]] = {}

    def timer(name: str, step: Callable[[], None]) -> None:
        profile = cProfile.Profile()
        profile.runcall(step)
        whole = commits = statements = 0.0
        for entry in profile.getstats():
            code = entry.code if isinstance(entry.code, str) else entry.code.co_qualname
            whole += entry.inlinetime
            commits += entry.totaltime if code in COMMITS else 0.0
            statements += entry.totaltime if code in STATEMENTS else 0.0
        shares[name] = (commits / whole, statements / whole)

    ours(url, count, timer)
    return shares


COMMITS = {"<method 'commit' of 'sqlite3.Connection' objects>", "Connection.commit"}
STATEMENTS = {
    "<method 'execute' of 'sqlite3.Connection' objects>",
    "<method 'executemany' of 'sqlite3.Connection' objects>",
    "Connection.execute",
    "Cursor.executemany",
}
"""As the profile calls them in `sqlite3` and in `psycopg`."""


# ── the others ───────────────────────────────────────────────────────────────────────────────────


def theirs(name: str, place: str, count: int, *options: str) -> Seconds:
    """A rival's seconds by step, measured by itself in its own environment."""
    home = HERE.parent / "build" / "rivals" / name
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        wanted = HERE / "rivals" / f"requirements-{name}.txt"
        subprocess.run((python, "-m", "pip", "install", "-qq", "-r", wanted), check=True)
    words = (str(python), str(HERE / "rivals" / SCRIPTS[name]), place, str(count), str(BATCH), *options)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    seconds: Seconds = json.loads(done.stdout)
    return seconds


# ── comparing ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Side:
    """Somebody who is measured: `run` does a round somewhere new."""

    name: str
    run: Callable[[], Seconds]
    rounds: list[Seconds] = field(default_factory=list)

    def seconds(self, *steps: str) -> float:
        """For all of these steps; a step that it does not have goes one by one."""
        return sum(
            statistics.median(
                one.get(step, one[step.replace("in batches", "one by one")]) for one in self.rounds
            )
            for step in steps
        )

    @property
    def singly(self) -> float:
        return self.seconds(ANNOUNCE, DELIVER)

    @property
    def quickest(self) -> float:
        return self.seconds(ANNOUNCE_MANY, DELIVER_MANY)


@contextmanager
def a_file() -> Iterator[str]:
    """A path where a SQLite database may be made."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"{folder}/bench.db"


@contextmanager
def a_database(server: PostgresServer) -> Iterator[str]:
    """The address of a new database."""
    name = server.create()
    yield server.url(name)
    server.drop(name)


def on_sqlite(count: int) -> list[Side]:
    """agentos and huey, each with both journals."""

    def we(journal: str) -> Seconds:
        with a_file() as file:
            return timed(f"sqlite:///{file}", count, journal)

    def they(journal: str) -> Seconds:
        with a_file() as file:
            return theirs("huey", file, count, journal)

    return [
        Side("agentos, PERSIST", lambda: we("persist")),
        Side("agentos, WAL", lambda: we("wal")),
        Side("huey, PERSIST", lambda: they("persist")),
        Side("huey, WAL", lambda: they("wal")),
    ]


def on_postgres(server: PostgresServer, count: int) -> list[Side]:
    """agentos and procrastinate."""

    def we() -> Seconds:
        with a_database(server) as url:
            return timed(url, count)

    def they() -> Seconds:
        with a_database(server) as url:
            return theirs("procrastinate", url, count)

    return [Side("agentos", we), Side("procrastinate", they)]


def table(title: str, sides: Sequence[Side], count: int) -> None:
    """Events a second."""
    print(title)
    print(f"  {'':<18}" + "".join(f"{step:>21}" for step in STEPS))
    for side in sides:
        print(f"  {side.name:<18}" + "".join(f"{_rate(side, step, count):>21}" for step in STEPS))


def _rate(side: Side, step: str, count: int) -> str:
    return f"{count / side.seconds(step):,.0f}/s" if step in side.rounds[0] else "-"


def ratio(mine: Side, other: Side) -> None:
    """How many times as fast we are, announced and delivered together."""
    best, singly = other.quickest / mine.quickest, other.singly / mine.singly
    print(f"  {mine.name} is {best:.1f} x as fast as {other.name}, one by one {singly:.1f} x")


def told(shares: Mapping[str, tuple[float, float]]) -> None:
    """Where our time goes."""
    for step, (commits, statements) in shares.items():
        rest = 1 - commits - statements
        print(f"  our {step:<20} {commits:4.0%} commits, {statements:4.0%} statements, {rest:4.0%} our code")


def main(count: int, rounds: int) -> None:
    """Measure and print."""
    with running(DURABLE) as server:
        files, servers = on_sqlite(count), on_postgres(server, count)
        for _ in range(rounds):
            for side in (*files, *servers):
                side.rounds.append(side.run())
        with a_file() as file:
            shares = spent(f"sqlite:///{file}", count)
        with a_database(server) as url:
            remote = spent(url, count)
    chosen = files[1 if wal_is_safe() else 0]
    print(f"{count:,} events to one consumer, batches of {BATCH}, the median of {rounds} rounds")
    table(
        f"SQLite {sqlite3.sqlite_version}, synchronous=FULL; here agentos takes {chosen.name[9:]}",
        files,
        count,
    )
    ratio(chosen, files[3])
    ratio(files[0], files[2])
    ratio(files[1], files[3])
    told(shares)
    table("PostgreSQL, fsync=on, synchronous_commit=on, over a Unix socket", servers, count)
    ratio(servers[0], servers[1])
    told(remote)


if __name__ == "__main__":
    sizes = [int(word) for word in sys.argv[1:]]
    main(*(sizes + [2000, 3][len(sizes) :]))
