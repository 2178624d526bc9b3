"""Each check judges what was read: within its limit, beyond it, and where nothing can be said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agentos_cli.config.model import CheckRule
from agentos_cli.events import Priority
from agentos_cli.heartbeat.catalogue import FAMILIES, Family, gathered
from agentos_cli.heartbeat.check import Check, Result
from agentos_cli.heartbeat.seen import Bounds, CredentialSeen, FigureSeen, Seen, SourceSeen, Usual
from agentos_cli.resilience.state import BreakerState
from agentos_cli.store.schema import SchemaState
from agentos_cli.store.watched import (
    ConsumerSeen,
    DatabaseSeen,
    Machinery,
    ScheduleSeen,
    SlotSeen,
    WakerSeen,
)
from agents.report import Status
from agents.unit import Unit

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
EMPTY = Seen(NOW, ZoneInfo("Europe/Berlin"))
STRIPE = SourceSeen("stripe", "Stripe", NOW - HOUR, HOUR)
KEY = CredentialSeen("stripe", "Stripe", "env:STRIPE")
CASH = FigureSeen(
    "cash", "Cash", Unit.MONEY, 20_000_000, 200_000.0, "USD", "$200k", Status.OK, "", None, NOW, NOW - HOUR
)
MRR_USUAL = Usual(10_000_000.0, 100_000.0, 12, "Mondays of 12 weeks", False, 9_000_000.0, 11_000_000.0)


def look(seen: Seen, name: str) -> Result | None:
    """What the check of this name says."""
    (check,) = (check for check in gathered(seen).checks if check.name == name)
    return check.judge()


def grade(result: Result | None) -> str | None:
    return None if result is None else f"{result.grade} {result.priority}".removesuffix(" low")


# ── sources ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("life", "age", "expected"),
    [
        (HOUR, timedelta(hours=26), "ok"),  # read every morning, it is not late though its life is an hour
        (HOUR, timedelta(hours=26, seconds=1), "warn normal"),
        (HOUR, timedelta(hours=78), "warn normal"),
        (HOUR, timedelta(hours=78, seconds=1), "alert high"),
        (timedelta(days=7), timedelta(days=7), "ok"),
        (timedelta(days=7), timedelta(days=8), "warn normal"),
        (HOUR, -HOUR, "ok"),
    ],
)
def test_a_source_is_fresh_until_a_day_and_more(life: timedelta, age: timedelta, expected: str) -> None:
    source = replace(STRIPE, synced_at=NOW - age, life=life)
    assert grade(look(replace(EMPTY, sources=(source,)), "fresh.stripe")) == expected


def test_evidence_says_what_was_read_when_the_value_and_the_limit() -> None:
    source = replace(STRIPE, synced_at=NOW - timedelta(days=2), problem="it is away", fix="agentos sync")
    found = look(replace(EMPTY, sources=(source,)), "fresh.stripe")
    assert found is not None
    assert found.evidence == {
        "read": "what Stripe brought",
        "at": "2026-11-21T07:00:00+00:00",
        "value": "2026-11-21",
        "limit": "26 h",
        "says": "Stripe has not been read since Sat 21 Nov 08:00: it is away",
        "fix": "agentos sync",
    }


def test_a_source_that_was_never_read_is_warned_of() -> None:
    never = replace(EMPTY, sources=(replace(STRIPE, synced_at=None),))
    assert grade(look(never, "fresh.stripe")) == "warn normal"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (BreakerState(), "ok"),
        (BreakerState("open", reason="it timed out"), "warn normal"),
        (BreakerState("half_open"), "warn normal"),
        (BreakerState("open", forced=True), "warn normal"),
        (BreakerState("auth_broken"), "ok"),  # the credential's check tells of that
    ],
)
def test_a_breaker_that_is_not_closed_is_warned_of(state: BreakerState, expected: str) -> None:
    seen = replace(EMPTY, sources=(STRIPE,), machinery=Machinery({"stripe": state}))
    assert grade(look(seen, "breaker.stripe")) == expected


@pytest.mark.parametrize(
    ("key", "state", "expected"),
    [
        (KEY, "closed", "ok"),
        (KEY, "auth_broken", "alert high"),
        (replace(KEY, problem="the environment variable STRIPE is not set"), "closed", "alert high"),
        (replace(KEY, ends=NOW + timedelta(days=8)), "closed", "ok"),
        (replace(KEY, ends=NOW + timedelta(days=7)), "closed", "warn normal"),
        (replace(KEY, ends=NOW), "closed", "alert high"),
    ],
)
def test_a_key_is_missing_refused_or_about_to_end(key: CredentialSeen, state: str, expected: str) -> None:
    breaker = BreakerState("auth_broken") if state == "auth_broken" else BreakerState()
    seen = replace(EMPTY, credentials=(key,), machinery=Machinery({"stripe": breaker}))
    assert grade(look(seen, "credential.stripe")) == expected


# ── figures ──────────────────────────────────────────────────────────────────────────────────────


def figures(*found: FigureSeen, **bounds: object) -> Seen:
    return replace(EMPTY, figures=found, bounds=replace(Bounds(), **bounds))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "expected"), [(Status.OK, "ok"), (Status.WATCH, "warn"), (Status.ACT, "alert high")]
)
def test_a_figure_is_judged_as_its_agent_judges_it(status: Status, expected: str) -> None:
    assert grade(look(figures(replace(CASH, status=status)), "metric.cash")) == expected


def test_old_data_may_raise_and_is_no_ground_to_say_that_all_is_well() -> None:
    old = replace(CASH, synced_at=NOW - timedelta(hours=27))
    assert look(figures(old), "metric.cash") is None
    assert grade(look(figures(replace(old, status=Status.ACT)), "metric.cash")) == "alert high"


def test_the_limit_of_the_settings_stands_in_the_evidence() -> None:
    found = look(figures(replace(CASH, status=Status.ACT), act={"cash": 250_000.0}), "metric.cash")
    assert found is not None
    assert (found.evidence["value"], found.evidence["limit"]) == ("$200k", "$250k")


def test_a_figure_without_data_has_no_check() -> None:
    absent = replace(CASH, value=None, major=None, status=Status.NONE, absent="no data")
    assert [check.name for check in gathered(figures(absent)).checks] == ["database"]


@pytest.mark.parametrize(
    ("operator", "limit", "expected"),
    [
        ("<", 250_000, "alert high"),
        ("<", 200_000, "ok"),
        ("<=", 200_000, "alert high"),
        (">", 200_000, "ok"),
        (">=", 200_000, "alert high"),
        (">", 199_999.99, "alert high"),
    ],
)
def test_a_check_of_yours_is_in_major_units(operator: str, limit: float, expected: str) -> None:
    rule = CheckRule("cash", operator, limit, priority="high")
    assert grade(look(figures(CASH, rules={"low": rule}), "check.low")) == expected


@pytest.mark.parametrize(
    ("priority", "expected"),
    [("low", "warn"), ("normal", "warn normal"), ("high", "alert high"), ("critical", "alert critical")],
)
def test_the_priority_of_your_check_decides_how_it_goes_out(priority: str, expected: str) -> None:
    rule = CheckRule("cash", "<", 250_000, priority=priority)
    assert grade(look(figures(CASH, rules={"low": rule}), "check.low")) == expected


def test_a_check_of_yours_that_cannot_be_made_says_so() -> None:
    rule = CheckRule("nps", "<", 10, hours=2, priority="critical")
    seen = figures(rules={"nps": rule})
    assert grade(look(seen, "check.nps")) == "warn normal"
    (check,) = (check for check in gathered(seen).checks if check.name == "check.nps")
    assert check.hours == timedelta(hours=2)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(10_500_000, "ok"), (10_500_001, "warn normal"), (9_500_000, "ok"), (9_499_999, "warn normal")],
)
def test_a_figure_is_unusual_beyond_so_many_spreads(value: int, expected: str) -> None:
    mrr = replace(CASH, key="mrr", value=value, usual=MRR_USUAL)
    assert grade(look(figures(mrr), "anomaly.mrr")) == expected


def test_how_unusual_is_too_unusual_is_a_setting() -> None:
    mrr = replace(CASH, key="mrr", value=10_450_000, usual=MRR_USUAL)
    assert grade(look(figures(mrr, anomaly=4.0), "anomaly.mrr")) == "warn normal"


def test_what_a_steady_figure_was_before_is_not_unusual() -> None:
    steady = replace(MRR_USUAL, steady=True, low=0.0, high=20_000_000.0)
    assert grade(look(figures(replace(CASH, value=20_000_000, usual=steady)), "anomaly.cash")) == "ok"
    assert (
        grade(look(figures(replace(CASH, value=20_000_001, usual=steady)), "anomaly.cash")) == "warn normal"
    )


def test_what_day_it_is_makes_no_value_unusual() -> None:
    mrr = replace(CASH, key="mrr", value=99, text="99", usual=MRR_USUAL)
    seen, known = figures(mrr), {"at": "2026-11-23T06:00:00+00:00", "value": "99"}
    assert look(replace(seen, judged={"anomaly.mrr": known}), "anomaly.mrr") is None
    for other in ({"value": "98"}, {"at": "2026-11-23T05:00:00+00:00"}):
        again = replace(seen, judged={"anomaly.mrr": {**known, **other}})
        assert grade(look(again, "anomaly.mrr")) == "warn normal"


def test_without_enough_history_or_fresh_data_nothing_is_unusual() -> None:
    names = {check.name for check in gathered(figures(CASH)).checks}
    assert "anomaly.cash" not in names
    old = replace(CASH, value=1, usual=MRR_USUAL, synced_at=NOW - timedelta(days=3))
    assert look(figures(old), "anomaly.cash") is None


# ── duties ───────────────────────────────────────────────────────────────────────────────────────


def slots(*states: str) -> list[SlotSeen]:
    return [SlotSeen(state, NOW - n * HOUR, "the machine was off") for n, state in enumerate(states)]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("ran", "failed"), "ok"),
        (("caught_up",), "ok"),
        (("missed", "ran"), "warn normal"),
        (("failed", "missed", "ran"), "warn normal"),
        (("failed", "missed", "failed"), "alert high"),
    ],
)
def test_a_schedule_that_was_missed_or_failed(states: tuple[str, ...], expected: str) -> None:
    schedule = ScheduleSeen("brief", NOW, slots(*states))
    found = look(replace(EMPTY, machinery=Machinery(schedules=(schedule,))), "schedule.brief")
    assert grade(found) == expected
    assert found is not None and ("the machine was off" in found.says) is (expected != "ok")


@pytest.mark.parametrize(
    ("wakers", "since", "expected"),
    [
        ((WakerSeen("cron", NOW - HOUR),), NOW, "ok"),
        ((WakerSeen("cron", NOW - 2 * HOUR),), NOW, "alert high"),
        ((WakerSeen("hand", NOW),), NOW - 2 * HOUR, "alert high"),
        ((), NOW - 2 * HOUR, "alert high"),
        ((), NOW - HOUR, "ok"),
    ],
)
def test_something_must_wake_the_house(wakers: tuple[WakerSeen, ...], since: datetime, expected: str) -> None:
    machinery = Machinery(schedules=(ScheduleSeen("brief", since, ()),), wakers=wakers)
    assert grade(look(replace(EMPTY, machinery=machinery), "waker")) == expected


def test_a_house_without_schedules_needs_no_waker() -> None:
    assert "waker" not in {check.name for check in gathered(EMPTY).checks}


@pytest.mark.parametrize(
    ("consumer", "expected"),
    [
        (ConsumerSeen("slack"), "ok"),
        (ConsumerSeen("slack", waiting=3, oldest=NOW - timedelta(minutes=30)), "ok"),
        (ConsumerSeen("slack", waiting=3, oldest=NOW - timedelta(minutes=31)), "alert high"),
        (ConsumerSeen("slack", dead=1, note="refused"), "alert high"),
        (ConsumerSeen("slack", in_doubt=2), "alert high"),
    ],
)
def test_what_is_stuck_parked_or_in_doubt(consumer: ConsumerSeen, expected: str) -> None:
    seen = replace(EMPTY, machinery=Machinery(consumers=(consumer,)))
    assert grade(look(seen, "outbox.slack")) == expected


# ── machine ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("free", "expected"),
    [(500, "ok"), (499, "alert high"), (100, "alert high"), (99, "alert critical"), (900_000, "ok")],
)
def test_a_disk_needs_room(free: int, expected: str) -> None:
    assert grade(look(replace(EMPTY, free_mb=free), "disk")) == expected


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        (DatabaseSeen(SchemaState.CURRENT, 12, "ok"), "ok"),
        (DatabaseSeen(SchemaState.CURRENT, 20_001, "ok"), "warn"),
        (DatabaseSeen(SchemaState.OLDER, 12, "ok"), "alert high"),
        (DatabaseSeen(SchemaState.CURRENT, 12, "row 3 missing from index"), "alert critical"),
        (None, None),
    ],
)
def test_a_database_must_be_whole(database: DatabaseSeen | None, expected: str | None) -> None:
    assert grade(look(replace(EMPTY, database=database), "database")) == expected


# ── all together ─────────────────────────────────────────────────────────────────────────────────


def test_single_checks_and_families_can_be_switched_off() -> None:
    seen = replace(EMPTY, sources=(STRIPE, replace(STRIPE, name="linear")), free_mb=1)
    names = {check.name for check in gathered(seen, ("fresh.linear", "disk")).checks}
    assert "fresh.stripe" in names
    assert not {"fresh.linear", "disk"} & names
    assert not {check.name for check in gathered(seen, ("fresh",)).checks} & {"fresh.stripe", "fresh.linear"}


def test_a_family_that_breaks_is_no_end_of_the_others() -> None:
    def broken(seen: Seen) -> Iterable[Check]:
        raise KeyError("oh")

    families = (Family("odd", "odd", "", "", "", broken), *FAMILIES)
    found = gathered(replace(EMPTY, free_mb=1), families=families)
    assert found.broken == {"odd": "KeyError: 'oh'"}
    assert "disk" in {check.name for check in found.checks}


def test_every_priority_of_the_catalogue_is_one() -> None:
    told = " ".join(f"{family.warns} {family.alerts}" for family in FAMILIES)
    assert {word for word in (str(p) for p in Priority) if word in told} == {
        "low",
        "normal",
        "high",
        "critical",
    }


def test_the_docs_have_every_family_as_it_is() -> None:
    text = (Path(__file__).parents[2] / "docs" / "heartbeat.md").read_text(encoding="utf-8")
    for one in FAMILIES:
        assert f"| `{one.names}` | {one.looks_at} | {one.warns} | {one.alerts} |" in text
