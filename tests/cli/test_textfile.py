"""What monitoring reads is what the program knows, whole at any moment, and in the format that is read."""

from __future__ import annotations

import re
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from agentos_cli import __version__
from agentos_cli.clock import utc_now
from agentos_cli.events import Consumer, Event
from agentos_cli.exposition import Family, Scene, exposition
from agentos_cli.store.gauges import FiguresSeen, Gauges
from agentos_cli.store.slots import CatchUp, Schedule
from agentos_cli.store.store import Store
from agentos_cli.telemetry import Figure
from tests.cli.program import Program, bound_by_modes, need_modes

HOUR = timedelta(hours=1)
NAMES = {
    "agentos_build_info",
    "agentos_run_last_success_timestamp_seconds",
    "agentos_run_duration_seconds",
    "agentos_source_age_seconds",
    "agentos_source_up",
    "agentos_breaker_open",
    "agentos_alerts",
    "agentos_store_bytes",
    "agentos_metric",
    "agentos_metric_age_seconds",
}
LATER = {
    "agentos_deliveries",
    "agentos_delivery_failures",
    "agentos_schedule_last_due_timestamp_seconds",
    "agentos_schedule_missed",
}
"""Those of which there is a sample once there is a channel and a schedule; the parser names counters so."""


def families(text: str) -> dict[str, Metric]:
    found = list(text_string_to_metric_families(text))
    assert len({family.name for family in found}) == len(found)
    return {family.name: family for family in found}


def values(family: Metric, *labels: str) -> dict[tuple[str, ...], float]:
    return {tuple(sample.labels[name] for name in labels): sample.value for sample in family.samples}


def test_every_family_is_there_with_its_type_and_meaning(office: Program) -> None:
    assert office("brief").code == 0
    found = families(office("metrics", "--textfile", "-").out)
    assert set(found) == NAMES
    assert all(family.documentation and family.type == "gauge" for family in found.values())
    assert all(sample.timestamp is None for family in found.values() for sample in family.samples)
    assert values(found["agentos_build_info"], "version") == {(__version__,): 1}
    assert values(found["agentos_alerts"], "severity") == dict.fromkeys(
        (("low",), ("normal",), ("high",), ("critical",)), 0
    )


def test_the_figures_are_those_of_the_reports_in_major_units(office: Program) -> None:
    assert office("brief").code == 0
    found = families(office("metrics", "--textfile", "-").out)
    figures = {sample.labels["key"]: sample for sample in found["agentos_metric"].samples}
    metrics = {item["key"]: item for item in office("finance", "--json").json()["metrics"]}
    mrr, runway = metrics["mrr"], metrics["runway"]
    assert figures["mrr"].labels == {"key": "mrr", "unit": "money", "currency": "USD"}
    assert figures["mrr"].value == pytest.approx(mrr["value"] / 100)
    assert figures["runway"].labels["unit"] == "months"
    assert figures["runway"].value == pytest.approx(runway["value"])
    absent = {key for key, item in metrics.items() if item["value"] is None}
    assert not absent & figures.keys()
    ages = values(found["agentos_metric_age_seconds"], "key")
    assert set(ages) == {(key,) for key in figures} and all(0 <= age < 600 for age in ages.values())


def test_sources_and_runs_are_told_as_they_went(office: Program) -> None:
    assert office("sync", "files").code == 0
    assert office("connectors", "open", "linear").code == 0
    found = families(office("metrics", "--textfile", "-").out)
    now = utc_now().timestamp()
    ages = values(found["agentos_source_age_seconds"], "source")
    assert set(ages) >= {("stripe",), ("hubspot",), ("linear",)} and ages[("stripe",)] < 3_600
    assert values(found["agentos_breaker_open"], "source")[("linear",)] == 1
    assert values(found["agentos_breaker_open"], "source")[("stripe",)] == 0
    assert values(found["agentos_source_up"], "source")[("stripe",)] == 1
    last = values(found["agentos_run_last_success_timestamp_seconds"], "job")
    assert abs(last[("source:files",)] - now) < 600 and last[("sync",)] == last[("source:files",)]
    runs = office("runs", "--source", "files", "--limit", "1", "--json").json()["runs"]
    took = values(found["agentos_run_duration_seconds"], "job")[("source:files",)]
    assert took == pytest.approx(runs[0]["duration_ms"] / 1000)
    assert "brief" not in {job for (job,) in last}


def test_channels_and_schedules_are_told_once_there_are_some(office: Program) -> None:
    store, now = Store(f"sqlite:///{office.database}", "default"), utc_now()
    with store.outbox() as outbox:
        outbox.subscribe(Consumer('the "back\\office"', "slack"), now)
        outbox.announce(Event("Happened", "it", now, {}))
        (delivery,) = outbox.claim('the "back\\office"', now, owner="me", seconds=60, limit=1)
        outbox.retry(delivery, now, "away", now)
    schedule = Schedule(
        "morning", "0 7 * * *", "UTC", ("brief",), CatchUp.NONE, HOUR, HOUR, False, now - HOUR, now
    )  # fmt: skip
    store.schedules().put(schedule, now)
    assert store.schedules().enter(schedule, [now - HOUR / 2], None, now) == 1
    found = families(office("metrics", "--textfile", "-").out)
    assert set(found) == (NAMES | LATER) - {"agentos_metric", "agentos_metric_age_seconds"}
    states = values(found["agentos_deliveries"], "consumer", "state")
    assert states[('the "back\\office"', "waiting")] == 1 and states[('the "back\\office"', "done")] == 0
    failures = found["agentos_delivery_failures"]
    assert failures.type == "counter" and [sample.value for sample in failures.samples] == [1]
    assert values(found["agentos_schedule_missed"], "schedule") == {("morning",): 0}
    due = values(found["agentos_schedule_last_due_timestamp_seconds"], "schedule")
    assert due[("morning",)] == pytest.approx((now - HOUR / 2).timestamp(), abs=0.001)


# ── the file ─────────────────────────────────────────────────────────────────────────────────────


def test_the_file_is_readable_by_all_and_nothing_is_left_beside_it(onlooker: Program, tmp_path: Path) -> None:
    target = tmp_path / "agentos.prom"
    target.write_text("of yesterday")
    target.chmod(0o600)
    ran = onlooker("metrics", "--textfile", str(target), "--demo")
    assert (ran.code, ran.raw, ran.err) == (0, b"", "")
    assert target.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["agentos.prom"]
    assert target.read_bytes().endswith(b"\n") and families(target.read_text())


def test_no_reader_sees_half_of_it(onlooker: Program, tmp_path: Path) -> None:
    target, seen, over = tmp_path / "agentos.prom", set[str](), threading.Event()
    assert onlooker("metrics", "--textfile", str(target), "--demo").code == 0

    def read() -> None:
        while not over.is_set():
            seen.add(re.sub(r"[\d.]+$", "", target.read_text(), flags=re.M))
            assert not any(each.suffix == ".prom" and each != target for each in tmp_path.iterdir())
            time.sleep(0)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(3):
            assert onlooker("metrics", "--textfile", str(target), "--demo").code == 0
    finally:
        over.set()
        reader.join()
    assert len({text.count("\n") for text in seen}) == 1


def test_where_it_cannot_be_written_the_old_one_stays(onlooker: Program, tmp_path: Path) -> None:
    need_modes()
    folder = tmp_path / "collector"
    folder.mkdir()
    (folder / "agentos.prom").write_text("of yesterday")
    folder.chmod(0o555)
    try:
        ran = onlooker("metrics", "--textfile", str(folder / "agentos.prom"), "--demo", before=bound_by_modes)
    finally:
        folder.chmod(0o755)
    assert ran.code == 7 and "cannot write" in ran.err
    assert (folder / "agentos.prom").read_text() == "of yesterday"


def test_the_group_says_what_it_can_do_and_where_options_stand(onlooker: Program) -> None:
    bare = onlooker("metrics")
    assert bare.code == 2 and "agentos metrics --help" in bare.err
    before = onlooker("metrics", "--demo", "list")
    assert before.code == 2 and "stands before" in before.err


# ── the format ───────────────────────────────────────────────────────────────────────────────────

NASTY = ['a"b', "back\\slash", "two\nlines", "{}=,", "Ünï 🦉", ""]


def test_labels_come_back_as_they_were() -> None:
    samples = [({"source": name}, number) for number, name in enumerate(NASTY)]
    text = "".join(f"{line}\n" for line in Family("x_up", "gauge", "Help.", samples).lines())
    assert text.count("\n") == len(NASTY) + 2
    (family,) = text_string_to_metric_families(text)
    assert [sample.labels["source"] for sample in family.samples] == NASTY


def test_money_keeps_its_digits_and_what_is_absent_is_left_out() -> None:
    now = utc_now()
    figures: dict[str, Figure] = {
        "mrr": "123456789012345678 USD",
        "cash": "1500 JPY",
        "arr": "1234 KWD",
        "leads": 7,
        "nrr": 0.1,
        "runway": None,
        "note": "no number",
        "flag": True,
    }
    gauges = Gauges({}, [FiguresSeen(now, figures)], {}, {}, [], {}, {}, {})
    text = exposition(Scene(gauges, {}, "1", now))
    told = dict(re.findall(r'agentos_metric\{key="(\w+)".*\} (\S+)', text))
    assert told == {
        "mrr": "1234567890123456.78", "cash": "1500", "arr": "1.234", "leads": "7", "nrr": "0.1",
    }  # fmt: skip
    assert list(told) == sorted(told)
    assert text == exposition(Scene(gauges, {}, "1", now))
