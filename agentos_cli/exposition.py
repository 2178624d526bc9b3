"""How the house and its figures stand, in the text format that Prometheus reads.

https://prometheus.io/docs/instrumenting/exposition_formats/ for the format;
https://github.com/prometheus/node_exporter#textfile-collector for why there are no timestamps in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from agentos_cli.store.gauges import FiguresSeen, Gauges
from agentos_cli.store.outbox import State
from agentos_cli.store.records import SourceRow
from agents.definitions import definition_of
from agents.money import Money

Value = int | float | Decimal
Sample = tuple[Mapping[str, str], Value]
PRIORITIES = ("low", "normal", "high", "critical")


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name, its type (gauge or counter), what it means, and its value for each set of
    labels."""

    name: str
    type: str
    help: str
    samples: Sequence[Sample]

    def lines(self) -> Iterator[str]:
        """As Prometheus reads it; nothing where there is no sample."""
        if self.samples:
            yield f"# HELP {self.name} {self.help}"
            yield f"# TYPE {self.name} {self.type}"
        for labels, value in self.samples:
            given = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            yield f"{self.name}{{{given}}} {_number(value)}" if given else f"{self.name} {_number(value)}"


@dataclass(frozen=True, slots=True)
class Scene:
    """What the figures are made of: `sources` are the connected ones with what each last said."""

    gauges: Gauges
    sources: Mapping[str, Sequence[SourceRow]]
    version: str
    now: datetime


def exposition(scene: Scene) -> str:
    """Every family in a fixed order, each sample once, in the order of its labels."""
    families = (_build(scene), *_runs(scene), *_sources(scene), *_duties(scene.gauges), *_business(scene))
    return "".join(f"{line}\n" for family in families for line in family.lines())


def _build(scene: Scene) -> Family:
    return Family("agentos_build_info", "gauge", "The program's version.", [({"version": scene.version}, 1)])


def _runs(scene: Scene) -> Iterator[Family]:
    jobs = sorted(scene.gauges.jobs.items())
    began = [({"job": name}, _seconds(job.succeeded_at)) for name, job in jobs if job.succeeded_at]
    took = [
        ({"job": name}, Decimal(job.duration_ms) / 1000) for name, job in jobs if job.duration_ms is not None
    ]
    yield Family(
        "agentos_run_last_success_timestamp_seconds",
        "gauge",
        "When the last run of a job that succeeded began.",
        began,
    )
    yield Family(
        "agentos_run_duration_seconds", "gauge", "How long the last run took, however it ended.", took
    )


def _sources(scene: Scene) -> Iterator[Family]:
    ages: list[Sample] = []
    up: list[Sample] = []
    opened: list[Sample] = []
    for name, rows in sorted(scene.sources.items()):
        read = [row.synced_at for row in rows if row.synced_at is not None]
        if read:
            ages.append(({"source": name}, round((scene.now - min(read)).total_seconds(), 3)))
        failing = not rows or any(row.problem_at or row.synced_at is None for row in rows)
        up.append(({"source": name}, int(not failing)))
        opened.append(({"source": name}, int(scene.gauges.breakers.get(name, "closed") != "closed")))
    told = "How old the oldest kind of a source's data is; none for one that was never read."
    yield Family("agentos_source_age_seconds", "gauge", told, ages)
    yield Family("agentos_source_up", "gauge", "Whether all of a source came when it was last read.", up)
    told = "Whether a source's circuit breaker keeps calls back or only lets one through to try."
    yield Family("agentos_breaker_open", "gauge", told, opened)


def _duties(gauges: Gauges) -> Iterator[Family]:
    alerts: list[Sample] = [({"severity": name}, gauges.alerts.get(name, 0)) for name in PRIORITIES]
    yield Family("agentos_alerts", "gauge", "Alerts that are not resolved, by priority.", alerts)
    states: list[Sample] = [
        ({"consumer": name, "state": state}, gauges.deliveries.get((name, state), 0))
        for name in gauges.consumers
        for state in State
    ]
    told = "Deliveries that are kept, by how they stand."
    yield Family("agentos_deliveries", "gauge", told, states)
    failures: list[Sample] = [({"consumer": name}, gauges.failures.get(name, 0)) for name in gauges.consumers]
    told = "Attempts to deliver that failed."
    yield Family("agentos_delivery_failures_total", "counter", told, failures)
    schedules = gauges.schedules.items()
    told = "The last due time of a schedule that is accounted for."
    due: list[Sample] = [({"schedule": name}, _seconds(each.last_due)) for name, each in schedules]
    yield Family("agentos_schedule_last_due_timestamp_seconds", "gauge", told, due)
    told = "Due times of a schedule that were missed."
    missed: list[Sample] = [({"schedule": name}, each.missed) for name, each in schedules]
    yield Family("agentos_schedule_missed_total", "counter", told, missed)
    size: list[Sample] = [] if gauges.size is None else [({}, gauges.size)]
    yield Family("agentos_store_bytes", "gauge", "Size of the database.", size)


def _business(scene: Scene) -> Iterator[Family]:
    """Each figure once: of two agents that have one of that name, the newer."""
    found: dict[str, tuple[Sample, datetime]] = {}
    for seen in sorted(scene.gauges.figures, key=lambda seen: seen.as_of):
        found |= {key: (sample, seen.as_of) for key, sample in _figures(seen)}
    told = "A figure of the business: money in major units, a ratio as a fraction."
    yield Family("agentos_metric", "gauge", told, [found[key][0] for key in sorted(found)])
    told = "How long ago a figure was worked out."
    ages: list[Sample] = [
        ({"key": key}, round((scene.now - found[key][1]).total_seconds(), 3)) for key in sorted(found)
    ]
    yield Family("agentos_metric_age_seconds", "gauge", told, ages)


def _figures(seen: FiguresSeen) -> Iterator[tuple[str, Sample]]:
    """Those that are numbers; of what is absent nothing is said."""
    for key, figure in seen.figures.items():
        definition = definition_of(key)
        unit = "" if definition is None else str(definition.unit)
        if isinstance(figure, str):
            if (money := _money(figure)) is not None:
                yield key, ({"key": key, "unit": unit, "currency": money.currency}, money.major)
        elif figure is not None and not isinstance(figure, bool):
            yield key, ({"key": key, "unit": unit, "currency": ""}, figure)


def _money(text: str) -> Money | None:
    """`1250 USD`, as runs keep it: minor units."""
    amount, _, currency = text.partition(" ")
    try:
        return Money(int(amount), currency) if currency else None
    except ValueError:
        return None


def _seconds(moment: datetime) -> Decimal:
    return Decimal(round(moment.timestamp() * 1000)) / 1000


def _number(value: Value) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def sources_by_name(names: Iterable[str], rows: Iterable[SourceRow]) -> dict[str, list[SourceRow]]:
    """What each of the connected sources last said, by its name; nothing of others."""
    found: dict[str, list[SourceRow]] = {name: [] for name in names}
    for row in rows:
        if row.source in found:
            found[row.source].append(row)
    return found
