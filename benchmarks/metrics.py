"""Revenue at scale: stores of many subscription versions, against DuckDB on the same rows in the same run.

    python -m benchmarks.metrics [VERSIONS ...]        by default 10000 100000 1000000

Each store is written through `Records.replace`, as a first sync would be; that is not timed, and takes some
minutes for the largest. Then, round by round, each in a process of its own:

- `ours`: `start` the interpreter and import, `load` what the store has packed (names of customers are no part
  of a figure: only the brief reads them), `movements` of every month of
  five years in each currency, and `figures`: all that finance shows of recurring revenue, now and in each of
  the six weeks before;
- `brief`: `agentos brief --cached --json`, the whole program, made anew;
- `duckdb`: one query for the same movements over the same spans, which stand in a table in memory. Only the
  query is timed, and its answer must be ours to the cent.

Medians. Budgets, for the largest: load, movements and figures in 3 times DuckDB, 500 MB, a brief in 2 s; and
from size to size linear growth.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentos_cli.recurring.layout import ticks

if TYPE_CHECKING:
    from agents.finance.recurring import Recurring
    from agents.money import Money

AGENTOS = str(Path(sys.executable).parent / "agentos")
SIZES = (10_000, 100_000, 1_000_000)
MONTHS, ROUNDS = 61, 5
SETTINGS = '[company]\nname = "Large"\ncurrency = "USD"\ntimezone = "UTC"\n'

QUERY = """
WITH paid AS (
  SELECT n, customer, currency, sum(mrr) AS mrr
  FROM spans JOIN months ON starts <= edge AND edge < ends GROUP BY ALL
),
first AS (SELECT customer, min(starts) AS first FROM spans WHERE mrr <> 0 GROUP BY customer),
changes AS (
  SELECT coalesce(b.n, a.n + 1) AS n, coalesce(a.customer, b.customer) AS customer,
         coalesce(a.currency, b.currency) AS currency, coalesce(b.mrr, 0) - coalesce(a.mrr, 0) AS change,
         a.mrr IS NOT NULL AS before, b.mrr IS NOT NULL AS after, coalesce(a.mrr, 0) = 0 AS nothing
  FROM paid AS a FULL JOIN paid AS b ON a.customer = b.customer AND a.currency = b.currency AND b.n = a.n + 1
),
named AS (
  SELECT changes.n, currency, change, before, after, change > 0 AND nothing AND first >= edge AS new
  FROM changes JOIN first USING (customer) JOIN months ON months.n = changes.n - 1
)
SELECT n, currency,
  coalesce(sum(change) FILTER (new), 0),
  coalesce(sum(change) FILTER (change > 0 AND NOT new AND before), 0),
  coalesce(sum(-change) FILTER (change < 0 AND after), 0),
  coalesce(sum(-change) FILTER (change < 0 AND NOT after), 0),
  coalesce(sum(change) FILTER (change > 0 AND NOT new AND NOT before), 0)
FROM named WHERE n < (SELECT count(*) FROM months) GROUP BY ALL
"""
"""New, expansion, contraction, churn and reactivation by month and currency."""


# ── what is measured, each in a process of its own ───────────────────────────────────────────────


def edges() -> list[datetime]:
    """The starts of the last five years' months."""
    from agents.periods import month_start

    today = datetime.now(UTC).date()
    firsts = (month_start(today, back) for back in reversed(range(MONTHS)))
    return [datetime(first.year, first.month, 1, tzinfo=UTC) for first in firsts]


def ours(path: str, began: float) -> dict[str, Any]:
    """Seconds of each phase since `began`, by the wall clock; and the movements."""
    from agentos_cli.briefing import knowledge
    from agentos_cli.config.model import Settings
    from agentos_cli.recurring import columns  # noqa: F401  its import is part of the start
    from agentos_cli.store.store import Store
    from agents.finance.desk import Desk
    from agents.finance.metrics import metrics
    from agents.nouns import FxRate, Subscription

    knowledge.MANY = 1  # columns at every size, so that sizes can be held against each other
    laps = [began, time.time()]
    nouns, now = (Subscription, FxRate), datetime.now(UTC)
    seen = knowledge.snapshot(Store(f"sqlite:///{path}", "default"), Settings(), UTC, now, nouns)
    desk = Desk.of(seen)
    laps.append(time.time())
    found = list(movements(desk.ledger.recurring))
    laps.append(time.time())
    shown = metrics(desk)
    laps.append(time.time())
    assert sum(metric.value is not None for metric in shown) > 20
    names = ("start", "load", "movements", "figures")
    spent = {name: end - start for name, start, end in zip(names, laps, laps[1:], strict=False)}
    return {**spent, "found": found}


def movements(recurring: Recurring) -> Iterator[tuple[int, str, int, int, int, int, int]]:
    """Month, currency, new, expansion, contraction, churn, reactivation."""
    instants = edges()
    worths = {currency: partial(_billed, currency) for currency in recurring.currencies()}
    for currency, worth in worths.items():
        for place, (start, end) in enumerate(pairwise(instants), 1):
            m = recurring.moved(start, end, worth).movements
            yield place, currency, m.new, m.expansion, m.contraction, m.churn, m.reactivation


def _billed(currency: str, money: Money) -> Money | None:
    return money if money.currency == currency else None


def duck(path: str, began: float) -> dict[str, Any]:
    """Seconds of the query alone, and its answer. Customers are whole numbers there, which suits it best."""
    import duckdb
    import numpy as np

    spans = _spans(path)
    months = {"n": np.arange(MONTHS), "edge": np.array([ticks(edge) for edge in edges()])}
    link = duckdb.connect()
    link.execute("CREATE TABLE spans AS SELECT * FROM spans")
    link.execute("CREATE TABLE months AS SELECT * FROM months")
    del spans, months
    began = time.time()
    found = link.execute(QUERY).fetchall()
    return {"seconds": time.time() - began, "found": found}


def _spans(path: str) -> dict[str, Any]:
    """The spans that count, as columns."""
    import numpy as np

    from agentos_cli.recurring.columns import ROW, WITH_PAST_DUE
    from agentos_cli.store.store import Store
    from agents.nouns import Subscription

    packed = Store(f"sqlite:///{path}", "default").read(datetime.now(UTC), (Subscription,), 1).packed
    assert packed is not None
    rows = np.frombuffer(b"".join(one.spans for one in packed), ROW)
    sizes = [len(one.spans) // ROW.itemsize for one in packed]
    customers = {name: place for place, name in enumerate(dict.fromkeys(one.customer for one in packed))}
    spans = {
        "customer": np.repeat([customers[one.customer] for one in packed], sizes),
        "currency": np.repeat(np.array([one.currency for one in packed], dtype=object), sizes),
        **{name: np.ascontiguousarray(rows[name]) for name in ("mrr", "starts", "ends")},
    }
    counted = np.array(WITH_PAST_DUE)[rows["status"]]
    return {name: column[counted] for name, column in spans.items()}


TASKS = {"ours": ours, "duckdb": duck}


# ── rounds ───────────────────────────────────────────────────────────────────────────────────────


def asked(task: str, path: str) -> dict[str, Any]:
    """What a task says in a process of its own, with the most memory that it had, in MB."""
    command = (sys.executable, "-m", "benchmarks.metrics", task, path, repr(time.time()))
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def briefed(home: Path, database: Path) -> tuple[float, float]:
    """Wall seconds of a whole brief that is made anew, and the most memory that it had, in MB."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("DELETE FROM answer")
        connection.commit()
    began = time.perf_counter()
    child = subprocess.Popen(
        (AGENTOS, "brief", "--cached", "--json"), env=_environment(home), stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(child.pid, 0)
    assert status == 0
    return time.perf_counter() - began, used.ru_maxrss / 1000


def _environment(home: Path) -> dict[str, str]:
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "CACHE")}
    return {**os.environ, "HOME": str(home), **folders}


def made(home: Path, versions: int) -> Path:
    """A new store of so many versions, and settings for it."""
    settings, database = home / "config" / "agentos", home / "state" / "agentos" / "agentos.db"
    settings.mkdir(parents=True)
    (settings / "config.toml").write_text(SETTINGS, encoding="utf-8")
    subprocess.run((sys.executable, "-m", "benchmarks.company", str(database), str(versions)), check=True)
    return database


def measured(versions: int) -> dict[str, float]:
    """Medians of all there is to say about one size."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        database = made(home, versions)
        rounds = [
            (asked("ours", str(database)), asked("duckdb", str(database)), *briefed(home, database))
            for _ in range(ROUNDS)
        ]
    for our, duckdb, _, _ in rounds:
        assert sorted(row for row in our["found"] if any(row[2:])) == sorted(
            row for row in duckdb["found"] if any(row[2:])
        ), "DuckDB says otherwise"
    names = ("start", "load", "movements", "figures", "memory")
    return {
        **{name: statistics.median(our[name] for our, _, _, _ in rounds) for name in names},
        "duckdb": statistics.median(duckdb["seconds"] for _, duckdb, _, _ in rounds),
        "brief": statistics.median(seconds for _, _, seconds, _ in rounds),
        "brief memory": statistics.median(memory for _, _, _, memory in rounds),
    }


def main(sizes: tuple[int, ...]) -> None:
    """Measure and print the tables."""
    found = {size: measured(size) for size in sizes}
    heads = ("duckdb", "start", "load", "movements", "figures", "brief")
    print(f"{'seconds':<12}" + "".join(f"{head:>12}" for head in heads))
    for size, spent in found.items():
        print(f"{size:<12,}" + "".join(f"{spent[head]:>12.3f}" for head in heads))
    print(f"\n{'x duckdb':<12}{'movements':>12}{'+ load':>12}{'+ figures':>12}{'memory':>12}{'brief':>12}")
    for size, spent in found.items():
        steps = [spent["movements"], spent["load"], spent["figures"]]
        ratios = [sum(steps[: place + 1]) / spent["duckdb"] for place in range(3)]
        memory = "".join(f"{spent[name]:>9.0f} MB" for name in ("memory", "brief memory"))
        print(f"{size:<12,}" + "".join(f"{ratio:>12.2f}" for ratio in ratios) + memory)
    for less, more in pairwise(sizes):
        ours_, theirs = (sum(found[size][name] for name in heads[2:5]) for size in (less, more))
        growth = theirs / ours_
        print(f"\n{less:,} -> {more:,}: {more / less:.0f} x the rows, {growth:.1f} x the time", end="")
    print("\n\nbudgets at 1,000,000: movements + load + figures 3 x duckdb, 500 MB, brief 2 s")


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in TASKS:
        said = TASKS[sys.argv[1]](sys.argv[2], float(sys.argv[3]))
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(json.dumps({**said, "memory": most}, default=int))
    else:
        main(tuple(map(int, sys.argv[1:])) or SIZES)
