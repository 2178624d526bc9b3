"""A first sync of a large Stripe account against dlt and tap-stripe, on one server in one run.

    python -m benchmarks.sync [CUSTOMERS SUBSCRIPTIONS [KILLS]]

All three read the same account over loopback. dlt loads into DuckDB, the tap writes to nobody, agentos
keeps the records and makes the nouns, their versions and the history of revenue of them. Beside them stands
what the server gives to a reader that looks at nothing. Then 100 subscriptions change and are read again; at
last the whole is read anew by a process that is killed KILLS times. What was kept is compared with what the
server has.

The rivals are installed once, each into an environment of its own under build/rivals.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
RIVALS = {"dlt": "read_with_dlt.py", "tap": "read_with_tap.py"}
AGENTOS = str(Path(sys.executable).parent / "agentos")
SETTINGS = "[sync]\ndeadline = 600\nrate = { stripe = 10000 }\n"
"""The server has no rate limit; Stripe's own would be what bounds everybody."""


@dataclass(frozen=True, slots=True)
class Run:
    """One process: wall and processor seconds, the most memory it held (MB), what it printed."""

    wall: float
    cpu: float
    memory: float
    said: str


def run(*words: str, environment: Mapping[str, str], stdin: str = "", kill_after: float | None = None) -> Run:
    """One command to its end, or to its death after so many seconds."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(words, env=dict(environment), stdin=subprocess.PIPE, stdout=out, stderr=out)
        assert child.stdin is not None
        child.stdin.write(stdin.encode())
        child.stdin.close()
        if kill_after is not None:
            _kill(child, kill_after)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        out.seek(0)
        said = out.read().decode()
    if child.returncode and kill_after is None:
        raise SystemExit(f"{' '.join(words)} ended with {child.returncode}:\n{said[-2000:]}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)


def _kill(child: subprocess.Popen[bytes], after: float) -> None:
    until = time.monotonic() + after
    while time.monotonic() < until:
        ended = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is not None:
            return
        time.sleep(0.01)
    child.kill()


@contextmanager
def serving(customers: int, subscriptions: int) -> Iterator[str]:
    """The account in a process of its own; gives its address."""
    words = (sys.executable, "-m", "benchmarks.large_stripe", str(customers), str(subscriptions))
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def ask(address: str, path: str, method: str = "GET") -> dict[str, int]:
    """One question to the server itself."""
    link = http.client.HTTPConnection(urlsplit(address).netloc)
    link.request(method, path)
    found: dict[str, int] = json.loads(link.getresponse().read())
    link.close()
    return found


def bare(address: str) -> float:
    """Seconds in which one connection gets every page, looking at nothing but the last id."""
    link = http.client.HTTPConnection(urlsplit(address).netloc)
    began = time.perf_counter()
    for kind, letters in (("customers", b"cus"), ("subscriptions", b"sub")):
        cursor, more = "", True
        while more:
            link.request("GET", f"/v1/{kind}?limit=100{cursor}")
            body = link.getresponse().read()
            more = b'"has_more":true,"data"' in body[:100]
            mark = b'"id":"%s_' % letters
            last = body[body.rfind(mark) + 6 :].split(b'"', 1)[0].decode()
            cursor = f"&starting_after={last}"
    link.close()
    return time.perf_counter() - began


def rival(name: str, address: str, folder: Path) -> tuple[Run, float, int]:
    """Its run, and the seconds and records that it counted itself, without its start."""
    place = HERE.parent / "build" / "rivals" / name
    python = place / "bin" / "python"
    wanted = HERE / "rivals" / f"requirements-{name}.txt"
    if not python.exists():
        venv.create(place, with_pip=True)
        subprocess.run((python, "-m", "pip", "install", "-qq", "-r", wanted), check=True)
    folder.mkdir()
    script = str(HERE / "rivals" / RIVALS[name])
    done = run(str(python), script, address, str(folder), environment={**os.environ, "HOME": str(folder)})
    seconds, records = done.said.strip().splitlines()[-1].split()
    return done, float(seconds), int(records)


def home(folder: Path, address: str) -> dict[str, str]:
    """An agentos of its own, connected to the account."""
    environment = {**os.environ, "HOME": str(folder)}
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        environment[f"XDG_{name}_HOME"] = str(folder / name.lower())
    (folder / "config" / "agentos").mkdir(parents=True)
    (folder / "config" / "agentos" / "config.toml").write_text(SETTINGS)
    words = (AGENTOS, "connect", "stripe", "--base-url", address, "--keep-in", "file")
    run(*words, environment=environment, stdin="sk_live_bench")
    return environment


def compared(address: str, environment: Mapping[str, str]) -> None:
    """What is kept is what the server has: counts, and the sum of all subscriptions."""
    facts = ask(address, "/_bench/facts")
    (synced,) = json.loads(run(AGENTOS, "sync", "stripe", "--json", environment=environment).said)["sources"]
    wanted = facts["customers"] + facts["subscriptions"]
    assert synced["records"] == wanted, (synced, wanted)
    report = json.loads(run(AGENTOS, "finance", "--json", environment=environment).said)
    (mrr,) = [each for each in report["metrics"] if each["key"] == "mrr"]
    assert mrr["value"] == facts["monthly"], (mrr, facts)


def main(customers: int, subscriptions: int, kills: int) -> None:
    """Measure and print."""
    records = customers + subscriptions
    with serving(customers, subscriptions) as address, tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        alone = bare(address)
        ours = home(here / "ours", address)
        before = ask(address, "/_bench/facts")["requests"]
        first = run(AGENTOS, "sync", "stripe", environment=ours)
        asked = ask(address, "/_bench/facts")["requests"] - before
        compared(address, ours)
        theirs = {name: rival(name, address, here / name) for name in RIVALS}
        ask(address, "/_bench/change?n=100", "POST")
        before = ask(address, "/_bench/facts")["requests"]
        again = run(AGENTOS, "sync", "stripe", environment=ours)
        few = ask(address, "/_bench/facts")["requests"] - before
        compared(address, ours)
        print(f"{customers:,} customers, {subscriptions:,} subscriptions, {asked:,} requests")
        print(f"  {'':<26}{'seconds':>9}{'records/s':>12}{'CPU s':>8}{'MB':>8}")
        _row("the server alone", alone, records)
        _row("agentos sync", first.wall, records, first)
        for name, (done, seconds, counted) in theirs.items():
            assert counted == records, (name, counted)
            _row(f"{name} (without its start)", seconds, records, done)
        for name, (_, seconds, _) in theirs.items():
            print(f"  agentos is {seconds / first.wall:.1f} x as fast as {name}")
        print(f"100 changes: {few} requests, {again.wall:.2f} s, of them {again.cpu:.2f} s of our own time")
        if kills:
            _killed(address, here / "killed", kills, first.wall)


def _row(name: str, seconds: float, records: int, done: Run | None = None) -> None:
    used = f"{done.cpu:>8.1f}{done.memory:>8,.0f}" if done else ""
    print(f"  {name:<26}{seconds:>9.1f}{records / seconds:>12,.0f}{used}")


def _killed(address: str, folder: Path, kills: int, whole: float) -> None:
    """A first sync that dies so many times at random moments of its way."""
    environment, chance = home(folder, address), random.Random(kills)
    before = ask(address, "/_bench/facts")["requests"]
    for _ in range(kills):
        run(AGENTOS, "sync", "stripe", environment=environment, kill_after=chance.uniform(0.3, whole / 6))
    last = run(AGENTOS, "sync", "stripe", environment=environment)
    asked = ask(address, "/_bench/facts")["requests"] - before
    compared(address, environment)
    print(
        f"killed {kills} times on its way: complete, nothing twice; {asked:,} requests, {last.memory:,.0f} MB"
    )


if __name__ == "__main__":
    sizes = [int(word) for word in sys.argv[1:]]
    main(*(sizes + [200_000, 250_000, 20][len(sizes) :]))
