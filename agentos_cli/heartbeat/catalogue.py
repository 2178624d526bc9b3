"""Every family of checks: its name, what it looks at, its limits and its priorities, in one place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from agentos_cli.heartbeat import duty_checks, figure_checks, machine_checks, source_checks
from agentos_cli.heartbeat.check import Check
from agentos_cli.heartbeat.seen import Seen

HOUSE = "heartbeat"
"""The name under which the heartbeat itself stands among its checks: when it last beat, and how often."""


@dataclass(frozen=True, slots=True)
class Family:
    """Checks of one kind. `names` is how each is called; `warns` and `alerts` say when, and how urgent it is
    then."""

    name: str
    names: str
    looks_at: str
    warns: str
    alerts: str
    made: Callable[[Seen], Iterable[Check]]


FAMILIES: tuple[Family, ...] = (
    Family(
        "fresh",
        "fresh.<source>",
        "the age of the oldest that a connected source brought",
        "for an hour older than its life, 26 h at least, or never read: normal",
        "older than three times that: high",
        source_checks.fresh,
    ),
    Family(
        "breaker",
        "breaker.<source>",
        "the circuit breaker of a source",
        "not closed for half an hour: normal",
        "never",
        source_checks.breakers,
    ),
    Family(
        "credential",
        "credential.<source>",
        "the key of a source: is it where its reference leads, does the vendor take it",
        "a login that is not renewed by itself ends within 7 days: normal",
        "missing, refused or ended: high",
        source_checks.credentials,
    ),
    Family(
        "metric",
        "metric.<key>",
        "a figure against its own limits, as `[metrics]` and `[policy]` set them",
        "watch: low",
        "act: high",
        figure_checks.metrics,
    ),
    Family(
        "check",
        "check.<name>",
        "a figure against a check of yours, from `[checks.NAME]` or approved in `heartbeat review`",
        "beyond its limit for its hours, with priority low or normal; or the figure has no data: normal",
        "the same with priority high or critical",
        figure_checks.rules,
    ),
    Family(
        "anomaly",
        "anomaly.<key>",
        "a figure against its own past: the same weekday of 6 to 12 weeks, else 14 to 28 days",
        "farther from the median than `[heartbeat] anomaly` times 1.4826 x MAD: normal",
        "never",
        figure_checks.anomalies,
    ),
    Family(
        "schedule",
        "schedule.<name>",
        "what came of the last due times of a schedule",
        "the last one was missed or failed: normal",
        "three in a row: high",
        duty_checks.schedules,
    ),
    Family(
        "waker",
        "waker",
        "who wakes the house, where there are schedules",
        "never",
        "nobody for an hour: high",
        duty_checks.waker,
    ),
    Family(
        "outbox",
        "outbox.<consumer>",
        "what is on its way to a consumer",
        "never",
        "an event is parked as dead or in doubt, or none has gone out for 30 min though some are due: high",
        duty_checks.outbox,
    ),
    Family(
        "disk",
        "disk",
        "free space on the disk of the store",
        "never",
        "less than `[heartbeat] disk_mb`: high; less than a fifth of it: critical",
        machine_checks.disk,
    ),
    Family(
        "database",
        "database",
        "the pages of the database once a day, its schema and its size",
        "larger than 20 GB: low",
        "damaged: critical; a schema of another version: high",
        machine_checks.database,
    ),
)
"""In the order in which they are listed."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The checks that there are to make, and the families of which that could not be found out."""

    checks: tuple[Check, ...]
    broken: dict[str, str]


def gathered(seen: Seen, off: Collection[str] = (), families: Iterable[Family] = FAMILIES) -> Gathered:
    """Every check that is not switched off by its name or its family's."""
    checks: list[Check] = []
    broken = {name: why for name, why in seen.problems.items() if name not in off}
    for family in families:
        if family.name in off:
            continue
        try:
            checks += [check for check in family.made(seen) if check.name not in off]
        except Exception as problem:  # one family that breaks is no end of the others
            broken[family.name] = f"{type(problem).__name__}: {problem}"
    return Gathered(tuple(checks), broken)


def family_of(name: str) -> str:
    """`fresh` of `fresh.stripe`."""
    return name.partition(".")[0]


def is_figure(name: str) -> bool:
    """Whether the brief tells of it every morning: its first result is no news."""
    return family_of(name) in {"metric", "anomaly"}
