"""`agentos demo serve|files|replay|reset`: the demo company, to try and to write connectors against."""

from __future__ import annotations

import json as json_module
import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from agentos_cli.app import App
from agentos_cli.clock import monotonic
from agentos_cli.commands.output import AsOf, Json, note, say, say_done
from agentos_cli.commands.table import group, shown
from agentos_cli.errors import DataProblem
from agentos_cli.rehearsal import LONGEST, SECTION

TOLD_EVERY = 10
"""Where nobody watches a terminal, every so many days are told."""
FAULTS = (
    "Order a fault: SOURCE=KIND, such as stripe=status:500, stripe=status:503%30 (three of ten requests),"
    " hubspot=reset*2 (the next two). Kinds: latency:SECONDS, status:CODE, dead:/v1/invoices,"
    " ratelimit:SECONDS, ratelimit-bare, unauthorized, expired, timeout, truncate, html, reset, down, loop,"
    " gzip-bomb, duplicate, shift, enum, nan, bigint, dupkey, deep, surrogate."
)

REPLAYS = (
    "agentos demo replay                             ninety mornings up to today",
    "agentos demo replay --days 30 --until 2026-10-01",
    "agentos brief --demo                            then: the last of them",
    "agentos brief --demo --as-of 2026-09-15         and any other, as it was",
)


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the group on the app."""
    demo = group(summary, "agentos brief --demo", "agentos demo serve --port 8123 --fault stripe=status:500")
    app.add_typer(demo, name=name)
    demo.command("serve", epilog=shown("agentos demo serve --port 8123", "agentos demo serve --latency 0.3"))(
        serve
    )
    demo.command("files", epilog=shown("agentos demo files ./company"))(files)
    demo.command("replay", epilog=shown(*REPLAYS))(replay)
    demo.command("reset")(reset)


def serve(
    port: int = typer.Option(0, min=0, max=65535, help="0 chooses a free one."),
    fault: list[str] = typer.Option([], "--fault", metavar="SOURCE=KIND", help=FAULTS),
    latency: float = typer.Option(0.0, min=0, max=60, help="Seconds before every answer."),
    customers: int = typer.Option(45, min=5, max=20_000, help="Size of the company."),
    seed: int = typer.Option(7, help="Another seed, another company."),
    as_of: AsOf = None,
) -> None:
    """Serve the demo company's Stripe, HubSpot and Linear on this machine until interrupted.

    Prints one line of JSON with addresses and keys. Faults can be changed while it runs:
    POST /_demo/faults, DELETE /_demo/faults, GET /_demo/counts.
    """
    from agentos_cli.demo.faults import Faults
    from agentos_cli.demo.server import DemoServer

    world = App.world(as_of, customers, seed)
    with DemoServer(world, port=port, faults=Faults.parse(",".join(fault)), latency=latency) as server:
        say(json_module.dumps({"port": server.port, "urls": server.urls, "keys": server.keys}))
        note("serving on loopback; Ctrl-C ends it")
        while True:
            time.sleep(3600)


def files(
    folder: Path = typer.Argument(..., help="Where to; made if it is not there."),
    customers: int = typer.Option(45, min=5, max=20_000, help="Size of the company."),
    seed: int = typer.Option(7, help="Another seed, another company."),
    as_of: AsOf = None,
    json: Json = None,
) -> None:
    """Write the demo company's CSV files: examples of every file that `agentos connect files` reads."""
    from agentos_cli.demo.files import write_files

    try:
        write_files(App.world(as_of, customers, seed), folder)
    except OSError as error:
        raise DataProblem(f"cannot write {folder}: {error.strerror}", fix="choose another folder") from None
    words = f"written: {folder}; try: agentos connect files --folder {folder}"
    say_done("written", [folder], words, json)


def replay(
    days: int = typer.Option(90, min=1, max=LONGEST, help="How many mornings."),
    until: str | None = typer.Option(
        None, metavar="WHEN", help="The last one: 2026-11-23T07:00 in its zone, or a day. Today if not given."
    ),
    json: Json = None,
) -> None:
    """Let the demo company live through many mornings, so that it has a past you can ask about.

    Each day at 07:00 its systems are read as they were then, and the brief and its forecasts are kept. After
    that --demo shows the last morning, and --as-of any day before. `agentos demo reset` forgets it.
    """
    lived = App.replay(days, until, Countdown(days).over)
    zone = ZoneInfo(SECTION.timezone)
    first, last = (moment.astimezone(zone).date() for moment in (lived.since, lived.now))
    words = f"{days} mornings lived, {first} to {last}; try: agentos brief --demo --as-of {first}"
    say_done("replayed", [lived.places.state.parent], words, json)


@dataclass
class Countdown:
    """Says on stderr how far a replay has come: one line that renews itself on a terminal, a few in a log."""

    days: int
    began: float = field(default_factory=monotonic)

    def over(self, day: int) -> None:
        """One more morning is over."""
        left = round((monotonic() - self.began) / day * (self.days - day))
        words = f"day {day} of {self.days}" + (f", {left // 60}:{left % 60:02d} left" if left else "")
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{words:<40}" + ("\n" if day == self.days else ""))
            sys.stderr.flush()
        elif day == self.days or day % TOLD_EVERY == 0:
            note(words)


def reset(json: Json = None) -> None:
    """Forget the demo company that `--demo` keeps for the day, and a replay."""
    from agentos_cli.config.places import places

    place = places(os.environ).cache / "demo"
    shutil.rmtree(place, ignore_errors=True)
    say_done("reset", [place], "the demo company is forgotten; agentos brief --demo makes it anew", json)
