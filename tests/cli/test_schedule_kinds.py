"""`--every` and `--once` at the command line, and schedules that came from elsewhere as words only."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agentos_cli.belongings import PastRun, Plan
from agentos_cli.store.link import transaction
from agentos_cli.store.plans import PlanShelf
from agentos_cli.store.store import Store
from tests.cli.program import Program

DATABASE = ".local/state/agentos/agentos.db"
GOALS = ("--", "goals", "list")
TEXT = "Summarise overnight mail.\n\nmodel: anthropic/claude-haiku-4-5\nodd: \x1b[31mred"
WORDS = ["Summarise overnight mail.", "", "model: anthropic/claude-haiku-4-5", "odd: red"]
LAST = datetime(2026, 1, 26, 8, tzinfo=UTC)


@pytest.fixture
def imported(program: Program) -> Program:
    """A house with one schedule of its own and three that came from elsewhere."""
    assert program("schedule", "add", "look", "--at", "07:00", "--zone", "UTC", *GOALS).code == 0
    run = PastRun(LAST, LAST + timedelta(minutes=1), "ok", "Three mails.")
    bring(program, Plan("morning", "30 7 * * 1-5", "Europe/Berlin", TEXT, ("zone is a guess",), (run,)))
    bring(program, Plan("vat", "at 2026-02-09T08:00:00Z", "Europe/Berlin", "Pay VAT"))
    bring(program, Plan("odd", "0 7 15W * *", "UTC", "On the nearest weekday"))
    return program


def bring(program: Program, plan: Plan) -> None:
    store = Store(f"sqlite:///{program.home / DATABASE}", tenant(program))
    with transaction(store._database, write=True) as link:
        PlanShelf(link, store.tenant).put(plan, "clawdbot:abc/state/cron/jobs.json", datetime.now(UTC))


def tenant(program: Program) -> str:
    with closing(sqlite3.connect(program.home / DATABASE)) as connection:
        found: str = connection.execute("SELECT tenant_id FROM schedule").fetchone()[0]
        return found


def item(program: Program, name: str) -> Any:
    return program("schedule", "show", name, "--json").json()["schedule"]


def test_every_so_often_is_counted_from_when_it_was_added(program: Program) -> None:
    ran = program("schedule", "add", "look", "--every", "15m", "--zone", "Asia/Tokyo", *GOALS)
    assert "added: agentos goals list, Every 15 minutes, counted from " in ran.out
    found = item(program, "look")
    assert found["cron"].startswith("every 900s from ") and found["zone"] == "Asia/Tokyo"
    first, second, third = map(datetime.fromisoformat, found["next"])
    assert second - first == third - second == timedelta(minutes=15)
    assert timedelta() < first - datetime.now(UTC) <= timedelta(minutes=15)


def test_once_is_done_once(program: Program) -> None:
    soon = datetime.now(UTC) + timedelta(days=400)
    told = f"{soon:%Y-%m-%d}T08:00"
    ran = program("schedule", "add", "look", "--once", told, "--zone", "Europe/Berlin", *GOALS)
    assert f"Once, at {soon:%Y-%m-%d} 08:00" in ran.out
    assert len(item(program, "look")["next"]) == 1
    with closing(sqlite3.connect(program.home / DATABASE)) as connection, connection:
        past = (datetime.now(UTC) - timedelta(minutes=5)).isoformat(timespec="microseconds")
        at = f"at {past[:19]}Z"
        before = (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="microseconds")
        connection.execute("UPDATE schedule SET cron = ?, last_due = ?", (at, before))
    assert program("tick").code == 0 and program("tick").code == 0
    shown = program("schedule", "show", "look", "--json").json()
    assert [slot["state"] for slot in shown["slots"]] == ["ran"] and shown["schedule"]["next"] == []
    assert "has passed" in shown["schedule"]["note"] and "never" in program("schedule", "list").out


@pytest.mark.parametrize(
    ("words", "what", "fix"),
    [
        ("--once 2020-01-01T08:00", "that has passed", "T08:00"),
        ("--once soon", "no date and time", "2026-12-01"),
        ("--every 0s", "span of time", "15m"), ("--every 15m --at 07:00", "say when", "--at"),
        ("--every 99999d", "up to a year", "15m"),
        ("", "say when: one of --at, --cron, --every and --once", "--at"),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_its_remedy(program: Program, words: str, what: str, fix: str) -> None:
    ran = program("schedule", "add", "look", *words.split(), *GOALS)
    assert ran.code == 2 and what in ran.err and fix in ran.err and ran.said_plainly()


def test_a_command_can_be_changed_without_saying_when_again(program: Program) -> None:
    assert (
        program("schedule", "add", "look", "--cron", "15 30 7 * * 1", "--zone", "Asia/Tokyo", *GOALS).code
        == 0
    )
    ran = program("schedule", "add", "look", "--", "tasks", "list")
    found = item(program, "look")
    assert program("schedule", "add", "look", "--zone", "UTC", *GOALS).code == 0
    assert (item(program, "look")["cron"], item(program, "look")["zone"]) == ("15 30 7 * * 1", "UTC")
    assert "look changed: agentos tasks list, At 07:30:15 on Monday, Asia/Tokyo" in ran.out
    assert (found["cron"], found["zone"]) == ("15 30 7 * * 1", "Asia/Tokyo")


# ── from elsewhere ───────────────────────────────────────────────────────────────────────────────


def test_what_came_over_is_listed_shown_and_found(imported: Program) -> None:
    listed = imported("schedule", "list").out
    assert '"Summarise overnight mail."' in listed and listed.count("paused") == 3
    shown = imported("schedule", "show", "morning").out
    for told in (
        "nothing yet: it has no command", "At 07:30 on Monday through Friday", "to decide zone is a guess",
        "  Summarise overnight mail.", "  model: anthropic/claude-haiku-4-5",
        "clawdbot:abc/state/cron/jobs.json", "2026-01-26 09:00  ran", "60.0 s",
    ):  # fmt: skip
        assert told in shown, told
    assert "\x1b" not in shown
    found = item(imported, "morning")
    assert (found["text"], found["asks"], found["command"], found["next"]) == (
        WORDS,
        ["zone is a guess"],
        [],
        [],
    )
    assert [
        each["name"] for each in imported("schedule", "search", "MAIL", "haiku", "--json").json()["schedules"]
    ] == ["morning"]
    assert imported("schedule", "search", "nowhere", "--json").json()["schedules"] == []
    assert imported("schedule", "search", "goals").out.count("goals list") == 1


def test_it_goes_on_only_once_it_has_a_command(imported: Program) -> None:
    ran = imported("schedule", "resume", "morning")
    assert ran.code == 2 and "no command" in ran.err and "agentos schedule add morning -- " in ran.err
    assert imported("schedule", "test", "morning", "--now").code == 2
    ran = imported("schedule", "add", "morning", *GOALS)
    assert ran.code == 0 and "agentos schedule resume morning" in ran.out
    assert imported("schedule", "resume", "morning").code == 0
    found = imported("schedule", "show", "morning", "--json").json()
    assert (found["schedule"]["cron"], found["schedule"]["zone"]) == ("30 7 * * 1-5", "Europe/Berlin")
    assert (found["schedule"]["text"], found["schedule"]["paused"]) == (WORDS, False)
    assert len(found["schedule"]["next"]) == 3 and len(found["slots"]) == 1


def test_what_was_missed_needs_a_new_time_and_what_is_not_understood_too(imported: Program) -> None:
    ran = imported("schedule", "add", "vat", *GOALS)
    assert ran.code == 2 and "Once, at 2026-02-09 09:00: that has passed" in ran.err and "--once" in ran.err
    ran = imported("schedule", "add", "odd", *GOALS)
    assert ran.code == 2 and "day of the month" in ran.err
    assert imported("schedule", "add", "odd", "--at", "07:00", *GOALS).code == 0
    later = f"{datetime.now(UTC) + timedelta(days=99):%Y-%m-%d}T08:00"
    assert imported("schedule", "add", "vat", "--once", later, *GOALS).code == 0
    with closing(sqlite3.connect(imported.home / DATABASE)) as connection, connection:
        connection.execute("UPDATE schedule SET cron = 'at 2026-02-09T08:00:00Z' WHERE name = 'vat'")
    ran = imported("schedule", "resume", "vat")
    assert ran.code == 2 and "was missed" in ran.err
    assert imported("tick").code == 0 and item(imported, "vat")["paused"]


def test_a_tick_runs_none_of_them_and_complains_of_none(imported: Program) -> None:
    with closing(sqlite3.connect(imported.home / DATABASE)) as connection, connection:
        connection.execute("UPDATE schedule SET paused = 0, last_due = '2020-01-01T00:00:00.000000+00:00'")
        connection.execute("UPDATE schedule SET paused = 1 WHERE name = 'look'")
    ran = imported("tick", "--json")
    assert ran.code == 0
    for name in ("morning", "vat", "odd"):
        shown = imported("schedule", "show", name, "--json").json()
        assert [slot["state"] for slot in shown["slots"]] == (["ran"] if name == "morning" else [])
