"""A Clawdbot home of 2,000 transcripts and 300 MB, previewed and applied, beside reading it at all.

    python -m benchmarks.migrate [MEGABYTES [FILES]]

The home is made up in a temporary folder, the same each time. Then, in one run: `json.loads` of every line
and its SHA-256, which is what looking at it costs in plain Python; `agentos migrate` without `--yes`; the
same with `--yes`, into a new store with its full-text index; and once more, when nothing changed. Each is
a process of its own; the time of its start is in its time. Ratios are of processor time, which other work on
the machine does not stretch.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

AGENTOS = str(Path(sys.executable).parent / "agentos")
LIMIT = 60.0
"""Seconds that preview and import may take together, on two cores, with 300 MB."""
POOL = 4_000_000
"""Characters of made-up text, of which every message is a piece."""
BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)
PLAIN = """
import hashlib, json, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.jsonl")):
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for line in file:
            digest.update(line)
            json.loads(line)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One process: wall and processor seconds, and the most memory it held (MB)."""

    wall: float
    cpu: float
    memory: float


class Writer:
    """Makes up transcripts: half of their bytes are what tools said, as in real ones."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        words = [
            "".join(self._chance.choices("aeiounrstlkmdgpb", k=self._chance.randint(2, 10)))
            for _ in range(30_000)
        ]
        picked = self._chance.choices(words, [1 / (rank + 3) for rank in range(len(words))], k=POOL // 7)
        self._pool = " ".join(
            f"/srv/{word}/{at:x}.py:{at % 900}" if at % 23 == 0 else f"{word}.\n" if at % 11 == 0 else word
            for at, word in enumerate(picked)
        )

    def transcript(self, session: str, size: int) -> Iterator[str]:
        """The lines of one, of about so many bytes: requests, calls of tools, what these said, replies, now
        and then a compaction and a branch that is abandoned."""
        at, number, last = BEGIN + timedelta(minutes=self._chance.randrange(200_000)), 0, None
        yield json.dumps({"type": "session", "version": 3, "id": session, "timestamp": _iso(at)})
        while size > 0:
            number, at = number + 1, at + timedelta(seconds=self._chance.randint(1, 90))
            parent = f"{number - 3:08x}" if number % 97 == 0 else last
            last = f"{number:08x}"
            entry = {**self._said(number, at), "id": last, "parentId": parent, "timestamp": _iso(at)}
            line = json.dumps(entry, separators=(",", ":"))
            size -= len(line) + 1
            yield line

    def _said(self, number: int, at: datetime) -> dict[str, object]:
        if number % 150 == 0:
            return {"type": "compaction", "summary": self._text(1_500), "tokensBefore": 150_000}
        step = number % 4
        if step == 1:
            return _message(at, role="user", content=[{"type": "text", "text": self._text(250)}])
        if step == 3:
            content = [{"type": "text", "text": self._text(2_400)}]
            return _message(
                at, role="toolResult", toolName="exec", toolCallId="c", content=content, isError=False
            )
        usage = {"input": 12, "output": 240, "cacheRead": 9_000, "cacheWrite": 300, "cost": {"total": 0.0044}}
        said: list[dict[str, object]] = [{"type": "thinking", "thinking": self._text(300)}]
        if step == 2:
            call = {"command": self._text(120), "workdir": "/srv/clawd"}
            said.append({"type": "toolCall", "id": "c", "name": "exec", "arguments": call})
        said.append({"type": "text", "text": self._text(400)})
        told = {"provider": "anthropic", "model": "claude-sonnet-4-5", "usage": usage, "stopReason": "stop"}
        return _message(at, role="assistant", content=said, **told)

    def _text(self, length: int) -> str:
        length = int(length * self._chance.uniform(0.3, 1.7))
        begin = self._chance.randrange(len(self._pool) - length)
        return self._pool[begin : begin + length]


def _message(at: datetime, **message: object) -> dict[str, object]:
    return {"type": "message", "message": {**message, "timestamp": int(at.timestamp() * 1_000)}}


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make_home(state: Path, megabytes: int, files: int) -> int:
    """A small home with so many transcripts; how many bytes they have."""
    sessions = state / "agents" / "main" / "sessions"
    sessions.mkdir(parents=True)
    (state / "clawdbot.json").write_text(json.dumps({"meta": {"lastTouchedVersion": "2026.1.24-3"}}))
    workspace = state.parent / "clawd"
    (workspace / "memory").mkdir(parents=True)
    (workspace / "AGENTS.md").write_text("# Rules\n\nBe brief.\n")
    (workspace / "memory" / "2026-01-16.md").write_text("# Friday\n\n- wrote an invoice\n")
    writer, total, index = Writer(6), 0, {}
    for number in range(files):
        name = f"{number:08x}-0000-4000-8000-000000000001"
        text = "\n".join(writer.transcript(name, megabytes * 1_000_000 // files)) + "\n"
        (sessions / f"{name}.jsonl").write_text(text)
        total += len(text)
        if number % 50 == 0:
            index[f"agent:main:telegram:dm:{number}"] = {"sessionId": name, "lastChannel": "telegram"}
    (sessions / "sessions.json").write_text(json.dumps(index, indent=2))
    return total


def run(*words: str, environment: Mapping[str, str]) -> Run:
    """One command to its end. Raises SystemExit with what it said if it fails."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(words, env=dict(environment), stdout=out, stderr=out)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        if child.returncode:
            out.seek(0)
            raise SystemExit(
                f"{' '.join(words)} ended with {child.returncode}:\n{out.read()[-2000:].decode()}"
            )
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1_000)


def main(megabytes: int, files: int) -> None:
    """Measure and print the table; exit 1 if the import takes longer than it may."""
    with tempfile.TemporaryDirectory() as folder:
        home, state = Path(folder) / "agentos", Path(folder) / "old" / ".clawdbot"
        home.mkdir()
        size = make_home(state, megabytes, files) / 1_000_000
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONUTF8": "1", "TZ": "UTC"}
        migrate = (AGENTOS, "migrate", "--from-clawdbot", str(state.parent))
        steps = {
            "json.loads and SHA-256": (sys.executable, "-c", PLAIN, str(state)),
            "agentos migrate (preview)": migrate,
            "agentos migrate --yes": (*migrate, "--yes"),
            "the same again": (*migrate, "--yes"),
        }
        runs = {name: run(*words, environment=environment) for name, words in steps.items()}
    print(f"{files:,} transcripts, {size:,.0f} MB\n")
    print(f"{'':<28}{'seconds':>9}{'processor':>11}{'MB/s':>7}{'memory':>10}{'ratio':>8}")
    plain = next(iter(runs.values())).cpu
    for name, one in runs.items():
        speed, ratio = size / one.wall, one.cpu / plain
        print(f"{name:<28}{one.wall:>9.1f}{one.cpu:>11.1f}{speed:>7.0f}{one.memory:>7.0f} MB{ratio:>7.1f}x")
    both = runs["agentos migrate (preview)"].wall + runs["agentos migrate --yes"].wall
    verdict = "within" if both <= LIMIT * size / 300 else "MORE THAN"
    print(f"\npreview and import: {both:.1f} s, {verdict} the {LIMIT:.0f} s that 300 MB may take")
    raise SystemExit(verdict != "within")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or (300, 2_000)))
