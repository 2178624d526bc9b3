"""Schedules at the command line: added, tried, woken, stopped, and every mistake told with its remedy."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.program import PATIENCE, Program

DATABASE = ".local/state/agentos/agentos.db"
GOALS = ("--", "goals", "list")
"""A command that is quick and goes well in an empty house."""


def add(program: Program, name: str = "look", *words: str, when: str = "0 7 * * *") -> None:
    ran = program("schedule", "add", name, "--cron", when, "--zone", "Europe/Berlin", *(words or GOALS))
    assert ran.code == 0, ran.err


def slots(program: Program, name: str = "look") -> list[Any]:
    found: list[Any] = program("schedule", "show", name, "--json").json()["slots"]
    return found


def done(program: Program) -> int:
    """How many slots a tick did; its other steps have tests of their own."""
    steps = program("tick", "--json").json()["steps"]
    return next(int(step["count"]) for step in steps if step["name"] == "due")


def set_back(program: Program, days: float, name: str = "look") -> None:
    """As if nothing had looked for so long."""
    then = datetime.now(UTC) - timedelta(days=days)
    with closing(sqlite3.connect(program.home / DATABASE)) as connection, connection:
        told = then.isoformat(timespec="microseconds")
        connection.execute("UPDATE schedule SET last_due = ? WHERE name = ?", (told, name))


# ── adding and looking ───────────────────────────────────────────────────────────────────────────


def test_a_schedule_is_listed_with_its_zone_and_its_next_due_times(program: Program) -> None:
    assert "schedule add brief --at 07:00" in program("schedule", "list").out
    ran = program(
        "schedule", "add", "look", "--at", "07:00", "--on", "mon-fri", "--zone", "Asia/Tokyo", *GOALS
    )
    assert "added: agentos goals list, At 07:00 on Monday through Friday, Asia/Tokyo" in ran.out
    (item,) = program("schedule", "list", "--json").json()["schedules"]
    assert (item["cron"], item["zone"], item["command"]) == ("0 7 * * 1-5", "Asia/Tokyo", ["goals", "list"])
    assert (item["catch_up"], item["late_seconds"], item["patience_seconds"]) == ("latest", 43_200, 900)
    moments = [datetime.fromisoformat(at) for at in item["next"]]
    assert [(at.hour, at.utcoffset(), at.weekday() < 5) for at in moments] == [
        (7, timedelta(hours=9), True)
    ] * 3
    text = program("schedule", "list").out
    assert "Asia/Tokyo" in text and "nothing has woken the house yet: agentos schedule install" in text


def test_the_zone_is_the_companys_unless_it_is_named(program: Program) -> None:
    program.configure('[company]\ntimezone = "Europe/Helsinki"\n')
    assert program("schedule", "add", "look", "--at", "07:00", *GOALS).code == 0
    assert program("schedule", "list", "--json").json()["schedules"][0]["zone"] == "Europe/Helsinki"


def test_a_time_at_which_clocks_change_is_noted(program: Program) -> None:
    ran = program("schedule", "add", "look", "--at", "02:30", "--zone", "Europe/Berlin", *GOALS)
    assert "note: clocks in Europe/Berlin change at night" in ran.out


def test_a_schedule_named_after_a_command_needs_no_words(program: Program) -> None:
    assert program("schedule", "add", "sync", "--at", "06:00").code == 0
    assert program("schedule", "list", "--json").json()["schedules"][0]["command"] == ["sync"]


def test_the_brief_is_sent_unless_words_say_otherwise(program: Program) -> None:
    ran = program("schedule", "add", "brief", "--at", "07:00", "--json")
    assert ran.json()["schedules"][0]["command"] == ["brief", "--send"]


def test_a_change_replaces_and_begins_anew(program: Program) -> None:
    add(program)
    assert "look changed" in program("schedule", "add", "look", "--at", "08:00", *GOALS).out
    (item,) = program("schedule", "list", "--json").json()["schedules"]
    assert item["cron"] == "0 8 * * *"


@pytest.mark.parametrize(
    ("words", "what", "fix"),
    [
        ("look -- goals list", "say when", "--at 07:00"),
        ("look --at 7 -- goals list", "no time of day", "--at 07:00"),
        ("look --at 07:00 --cron x -- goals list", "say when", "--at"),
        ("look --on mon --cron x -- goals list", "--on goes with --at", "last field"),
        ("look --cron 0_7_*_*_8 -- goals list", "5 fields|has 1 fields", "0 7 * * 1-5"),
        ("look --at 07:00 --zone Europe/Brlin -- goals list", "no time zone", "Europe/Berlin"),
        ("look --at 07:00 --late soon -- goals list", "no span", "--late"),
        ("look --at 07:00 --patience 900d -- goals list", "no span", "--patience"),
        ("look --at 07:00", "say what", "schedule add look"),
        ("look --at 07:00 -- rm -rf /", "no command of agentos", ""),
        ("look --at 07:00 -- brif", "no command of agentos", "-- brief"),
        ("look --at 07:00 -- tick", "cannot be scheduled", ""),
        ("look --at 07:00 -- sync --dew", "No such option", "sync --help"),
        ("look --at 07:00 -- goals", "several commands", "goals --help"),
        ("look --at 07:00 -- goals ad x", "No such command", "goals --help"),
        ("../look --at 07:00 -- goals list", "no name for a schedule", ""),
        ("look --at 07:00 --catch-up some -- goals list", "catch-up", ""),
    ],
)
def test_a_mistake_is_told_when_it_is_made(program: Program, words: str, what: str, fix: str) -> None:
    ran = program("schedule", "add", *words.split(), "--json") if "--" not in words.split() else program(
        "schedule", "add", "--json", *words.split()
    )  # fmt: skip
    assert ran.code == 2, ran.err
    assert any(each in ran.error()["message"] for each in what.split("|")), ran.err
    assert fix in (ran.error()["fix"] or "")


@pytest.mark.parametrize("word", ["show", "remove", "pause", "resume", "test"])
def test_what_is_not_there_is_told_with_what_is(program: Program, word: str) -> None:
    add(program)
    ran = program("schedule", word, "loook", "--json")
    assert (ran.code, ran.error()["fix"]) == (2, "there are: look")


# ── ticks ────────────────────────────────────────────────────────────────────────────────────────


def test_a_tick_does_what_is_due_and_tells_how_it_went(program: Program) -> None:
    due = datetime.now(UTC) - timedelta(hours=2)
    when = f"{due.minute} {due.hour} * * *"
    assert program("schedule", "add", "look", "--cron", when, "--zone", "UTC", *GOALS).code == 0
    assert program("tick").code == 0  # the first look at everything
    idle = program("tick")
    assert (idle.code, idle.out, idle.err) == (0, "", "")
    set_back(program, 2.5)
    ran = program("tick", "--by", "cron")
    assert (ran.code, ran.out) == (0, "due: 1\n")
    found = slots(program)
    assert [each["state"] for each in found] == ["caught_up", "missed", "missed"]
    assert 7_200 <= found[0]["late_seconds"] < 7_400
    assert found[1]["why"].endswith("is done in its place")
    assert "woken by cron on " in program("schedule", "list").out
    assert program("tick").out == ""


def test_a_failure_is_said_kept_and_the_other_is_done(program: Program) -> None:
    add(program, when="* * * * *")
    add(program, "wrong", "--", "goals", "close", "G7KQ2", when="* * * * *")
    for name in ("look", "wrong"):
        set_back(program, 0.001, name)
    ran = program("tick", "--json")
    assert ran.code == 1
    (due,) = (step for step in ran.json()["steps"] if step["name"] == "due")
    assert (due["name"], due["count"], due["fix"]) == ("due", 2, "agentos schedule show wrong")
    assert "wrong failed: " in due["problem"] and "G7KQ2" in due["problem"]
    assert slots(program)[0]["state"] == "ran"
    (last, *_) = slots(program, "wrong")
    assert last["state"] == "failed" and last["exit_code"] == 2 and "G7KQ2" in last["output"]
    assert "failed" in program("schedule", "list").out


def test_a_tick_that_is_ended_gives_back_what_it_was_doing(program: Program) -> None:
    """The command is a demo server, which stays until it is told to go."""
    add(program, "stay", "--", "demo", "serve")
    begun = program.started("schedule", "test", "stay", "--wait", "60s")
    wait_for(lambda: bool(slots(program, "stay")))
    tick = program.started("tick")
    wait_for(lambda: slots(program, "stay")[0]["state"] == "running")
    time.sleep(0.5)
    tick.send_signal(signal.SIGTERM)
    began = time.monotonic()
    assert tick.wait(PATIENCE) == 0
    assert time.monotonic() - began < 10
    tick.communicate()
    (slot,) = slots(program, "stay")
    assert (slot["state"], slot["attempts"]) == ("running", 1)
    assert "is begun once more" in slot["why"]
    begun.kill()
    begun.communicate()


def wait_for(holds: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


# ── pausing, removing, trying ────────────────────────────────────────────────────────────────────


def test_what_falls_due_in_a_pause_is_skipped_and_says_so(program: Program) -> None:
    add(program)
    assert "look paused" in program("schedule", "pause", "look").out
    set_back(program, 2.5)
    assert done(program) == 0
    assert program("schedule", "resume", "look").code == 0
    assert {(each["state"], each["why"]) for each in slots(program)} == {
        ("skipped", "the schedule is paused")
    }
    assert program("schedule", "test", "look", "--now").code == 0
    assert program("schedule", "remove", "look").out == "look removed\n"
    assert program("schedule", "list", "--json").json()["schedules"] == []


def test_a_schedule_is_tried_here_and_now(program: Program) -> None:
    add(program)
    ran = program("schedule", "test", "look", "--now", "--json")
    assert (ran.code, ran.json()["slot"]["state"], ran.json()["slot"]["exit_code"]) == (0, "ran", 0)
    add(program, "wrong", "--", "goals", "close", "G7KQ2")
    failed = program("schedule", "test", "wrong", "--now")
    assert failed.code == 1 and "wrong: failed" in failed.out and "G7KQ2" in failed.out
    program("schedule", "pause", "look")
    assert (
        program("schedule", "test", "look", "--now", "--json").error()["fix"]
        == "agentos schedule resume look"
    )


def test_a_test_that_nothing_wakes_says_so_and_leaves_nothing_due(program: Program) -> None:
    add(program)
    ran = program("schedule", "test", "look", "--wait", "1s", "--json")
    assert ran.code == 1
    assert "nothing woke the house within 1s" in ran.error()["message"]
    assert "agentos schedule install" in ran.error()["fix"]
    assert [(each["state"], each["why"]) for each in slots(program)] == [
        ("skipped", "it was to be tried, and nothing woke the house")
    ]
    assert done(program) == 0


def test_a_test_waits_until_the_house_is_woken(program: Program) -> None:
    add(program)
    waiting = program.started("schedule", "test", "look", "--json")
    wait_for(lambda: bool(slots(program)))
    assert program("tick", "--by", "systemd").code == 0
    out, _ = waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 0 and b'"state": "ran"' in out


def test_what_a_command_is_told_of_its_schedule_disturbs_no_setting(program: Program) -> None:
    told = {"AGENTOS_SCHEDULE": "look", "AGENTOS_DUE_AT": "2026-11-23T06:00:00+00:00"}
    assert program("config", "validate", env={**told, "AGENTOS_COMPANY__NAME": "Fernwick"}).code == 0
    add(program, when="* * * * *")
    set_back(program, 0.001)
    assert program("tick", env={"AGENTOS_COMPANY__NAME": "Fernwick"}).code == 0
    assert slots(program)[0]["state"] == "ran"
