"""What is imported stands still: schedules without a command run nothing, checks wait, and edits are seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agentos_cli.belongings import Checkup, PastRun, Plan
from agentos_cli.scheduler.slots import enter_due
from agentos_cli.store.checkups import CheckupShelf
from agentos_cli.store.link import transaction
from agentos_cli.store.plans import PlanShelf
from agentos_cli.store.slots import CatchUp, Schedule, SlotState
from agentos_cli.store.store import Store
from tests.store.samples import NAME, NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ORIGIN = "clawdbot:abc/state/cron/jobs.json"
RUNS = (
    PastRun(NOW - 90 * DAY, NOW - 90 * DAY + HOUR, "ok", "Three mails."),
    PastRun(NOW - 2 * DAY, NOW - 2 * DAY + HOUR, "error", "timeout\nand more"),
    PastRun(NOW - DAY, NOW - DAY, "skipped"),
)
PLAN = Plan("morning", "*/5 * * * *", "Europe/Berlin", f"Summarise {NAME}\0", ("zone?",), RUNS, NOW - 9 * DAY)
CHECK = Checkup("hb-mail-0a1b2c3d", f"Mail: unanswered {NAME}", {"metric": "cash"})


@pytest.fixture
def shelved(store: Store) -> Store:
    put(store, PLAN)
    return store


def put(store: Store, plan: Plan) -> None:
    with transaction(store._database, write=True) as link:
        PlanShelf(link, store.tenant).put(plan, ORIGIN, NOW)


def digest(store: Store, key: str = "morning") -> str | None:
    with transaction(store._database) as link:
        return PlanShelf(link, store.tenant).digest(key)


def mine(name: str = "morning", **other: object) -> Schedule:
    given = {"cron": "0 7 * * *", "zone": "UTC", "command": ("brief",), "catch_up": CatchUp.LATEST, **other}
    spans = {"late": 12 * HOUR, "patience": HOUR / 4}
    return Schedule(name, **given, **spans, paused=False, last_due=NOW, created_at=NOW)  # type: ignore[arg-type]


def test_a_plan_arrives_paused_with_its_words_and_its_history(shelved: Store) -> None:
    schedules = shelved.schedules()
    (found,) = schedules.all()
    assert (found.paused, found.command, found.rests) == (True, (), "it has no command yet")
    assert (found.text, found.notes, found.origin) == (f"Summarise {NAME}\ufffd", ("zone?",), ORIGIN)
    assert found.created_at == NOW - 9 * DAY
    skipped, failed, ran = schedules.slots("morning")
    assert [str(slot.state) for slot in (ran, failed, skipped)] == ["ran", "failed", "skipped"]
    assert (ran.due_at, ran.ended_at, ran.output) == (NOW - 90 * DAY, NOW - 90 * DAY + HOUR, "Three mails.")
    assert (failed.why, failed.output) == ("timeout", "timeout\nand more")


def test_no_tick_ever_runs_it_not_even_resumed_behind_everyones_back(shelved: Store) -> None:
    schedules = shelved.schedules()
    schedules.pause("morning", False)
    before = schedules.slots("morning")
    assert enter_due(schedules, NOW + DAY).slots == 0
    schedules.make_due("morning", NOW + DAY)
    assert schedules.claim(NOW + DAY, owner="me", seconds=9) is None
    (made, *rest) = schedules.slots("morning")
    assert (made.state, made.why) == (SlotState.SKIPPED, "it has no command yet")
    assert rest == before


def test_what_the_house_does_by_itself_changes_no_digest_and_every_edit_does(shelved: Store) -> None:
    schedules, first = shelved.schedules(), digest(shelved)
    enter_due(schedules, NOW + 9 * DAY)
    schedules.purge(NOW + 9 * DAY)
    assert digest(shelved) == first is not None
    seen: set[str | None] = {first}
    schedules.pause("morning", False)
    seen.add(digest(shelved))
    schedules.put(mine(), NOW)
    seen.add(digest(shelved))
    schedules.put(mine(zone="Asia/Tokyo"), NOW)
    seen.add(digest(shelved))
    assert len(seen) == 4 and None not in seen
    put(shelved, PLAN)
    assert digest(shelved) == first


def test_a_command_keeps_words_origin_and_history(shelved: Store) -> None:
    schedules = shelved.schedules()
    schedules.put(mine(), NOW)
    (found,) = schedules.all()
    assert (found.command, found.paused) == (("brief",), True)
    assert (found.text, found.origin, found.notes) == (f"Summarise {NAME}\ufffd", ORIGIN, ("zone?",))
    assert len(schedules.slots("morning")) == 3


def test_history_from_elsewhere_outlives_the_tidying_and_is_no_alert(shelved: Store) -> None:
    schedules = shelved.schedules()
    schedules.put(mine(), NOW)
    schedules.pause("morning", False)
    assert schedules.purge(NOW + 99 * DAY) == 0 and len(schedules.slots("morning")) == 3
    (seen,) = shelved.watched().machinery().schedules
    assert seen.name == "morning" and seen.ended == []


def test_a_second_import_replaces_its_own_history_and_keeps_what_ran_here(shelved: Store) -> None:
    schedules = shelved.schedules()
    schedules.make_due("morning", NOW + HOUR)
    put(shelved, Plan("morning", "0 8 * * *", "UTC", "else", (), RUNS[:1]))
    assert [slot.due_at for slot in schedules.slots("morning")] == [NOW + HOUR, NOW - 90 * DAY]
    found = schedules.get("morning")
    assert found is not None and (found.cron, found.text, found.notes) == ("0 8 * * *", "else", ())


def test_taken_away_nothing_is_left_and_another_schedule_of_the_name_differs(shelved: Store) -> None:
    first = digest(shelved)
    with transaction(shelved._database, write=True) as link:
        PlanShelf(link, shelved.tenant).remove("morning")
    assert digest(shelved) is None and shelved.schedules().slots("morning") == []
    shelved.schedules().put(mine(), NOW)
    assert digest(shelved) not in (None, first)


def test_a_check_waits_and_what_was_decided_is_in_its_digest(store: Store) -> None:
    def shelf(act: str) -> str | None:
        with transaction(store._database, write=True) as link:
            made = CheckupShelf(link, store.tenant)
            made.put(CHECK, ORIGIN, NOW) if act == "put" else None
            made.remove(CHECK.key) if act == "remove" else None
            return made.digest(CHECK.key)

    first = shelf("put")
    (draft,) = store.checks().drafts()
    assert (draft.text, draft.definition, draft.decision) == (CHECK.text, {"metric": "cash"}, None)
    assert first == shelf("look") is not None
    store.checks().decide(CHECK.key, "rejected")
    assert shelf("look") != first
    assert shelf("put") == first
    assert shelf("remove") is None and store.checks().drafts() == []
