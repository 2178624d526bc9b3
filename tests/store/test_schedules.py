"""Every due slot is done by one process and ends with what came of it; who lost it may not end it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from agentos_cli.errors import LeaseHeld
from agentos_cli.scheduler.slots import enter_due
from agentos_cli.store.schedules import StoredSchedules
from agentos_cli.store.slots import CatchUp, Claimed, Schedule, SlotState
from agentos_cli.store.store import Store

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SEVEN = datetime(2026, 6, 2, 7, 0, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ENDS = {"ran", "caught_up", "failed", "skipped", "missed"}


@pytest.fixture
def schedules(store: Store) -> StoredSchedules:
    return store.schedules()


def schedule(name: str = "brief", cron: str = "0 7 * * *", **other: object) -> Schedule:
    given = {"catch_up": CatchUp.LATEST, "late": 12 * HOUR, "last_due": START, **other}
    return Schedule(
        name, cron, "UTC", ("brief",), patience=15 * MINUTE, paused=False, created_at=START, **given  # type: ignore[arg-type]
    )  # fmt: skip


def claim(schedules: StoredSchedules, now: datetime, owner: str = "me") -> Claimed | None:
    return schedules.claim(now, owner=owner, seconds=45)


def taken(schedules: StoredSchedules, now: datetime, owner: str = "me") -> Claimed:
    found = claim(schedules, now, owner)
    assert found is not None
    return found


def work_off(schedules: StoredSchedules, now: datetime) -> list[datetime]:
    """Enter what is due and do all of it, well; the due times that were done."""
    enter_due(schedules, now)
    done = []
    while (claimed := claim(schedules, now)) is not None:
        schedules.finish(claimed, claimed.done, now, exit_code=0)
        done.append(claimed.due_at)
    return done


def ends(schedules: StoredSchedules, name: str = "brief") -> list[tuple[datetime, str]]:
    """Due time and state of every slot, oldest first."""
    return [(s.due_at, str(s.state)) for s in reversed(schedules.slots(name, 10_000))]


def why(schedules: StoredSchedules, due_at: datetime, name: str = "brief") -> str:
    slot = schedules.slot(name, due_at)
    assert slot is not None and slot.why is not None
    return slot.why


def announced(store: Store) -> list[tuple[str, object, str]]:
    events = store.event_log().events(limit=1_000)
    return [(e.type, e.payload["due_at"], str(e.payload.get("why") or e.payload["problem"])) for e in events]


# ── the ordinary day ─────────────────────────────────────────────────────────────────────────────


def test_a_due_slot_is_done_once(schedules: StoredSchedules) -> None:
    schedules.put(schedule(), START)
    assert work_off(schedules, SEVEN - MINUTE) == []
    assert work_off(schedules, SEVEN) == [SEVEN]
    assert work_off(schedules, SEVEN + MINUTE) == []
    assert ends(schedules) == [(SEVEN, "ran")]


def test_two_who_enter_at_once_enter_once(schedules: StoredSchedules) -> None:
    schedules.put(schedule(), START)
    (seen,) = schedules.all()
    assert schedules.enter(seen, [SEVEN], None, SEVEN) == 1
    assert schedules.enter(seen, [SEVEN], None, SEVEN) == 0
    assert schedules.enter(schedule(last_due=SEVEN), [SEVEN], None, SEVEN) == 1
    assert len(schedules.slots("brief")) == 1


def test_a_failure_is_kept_and_announced(store: Store, schedules: StoredSchedules) -> None:
    schedules.put(schedule(), START)
    enter_due(schedules, SEVEN)
    claimed = taken(schedules, SEVEN)
    schedules.finish(
        claimed, SlotState.FAILED, SEVEN, exit_code=4, output="a\0b", why="no key (exit 4)"
    )  # fmt: skip
    slot = schedules.slot("brief", SEVEN)
    assert slot is not None
    assert (slot.state, slot.exit_code, slot.output) == (SlotState.FAILED, 4, "a\ufffdb")
    assert announced(store) == [("ScheduleFailed", SEVEN.isoformat(), "no key (exit 4)")]


def test_what_is_late_says_so(schedules: StoredSchedules) -> None:
    schedules.put(schedule(), START)
    assert work_off(schedules, SEVEN + 3 * HOUR) == [SEVEN]
    assert ends(schedules) == [(SEVEN, "caught_up")]


# ── what passed while nothing woke the house ─────────────────────────────────────────────────────


def test_of_a_backlog_the_latest_is_done_and_the_others_are_missed(
    store: Store, schedules: StoredSchedules
) -> None:
    schedules.put(schedule(), START)
    assert work_off(schedules, SEVEN + 3 * DAY + HOUR) == [SEVEN + 3 * DAY]
    assert [state for _, state in ends(schedules)] == ["missed", "missed", "missed", "caught_up"]
    assert "2026-06-05 07:00 is done in its place" in why(schedules, SEVEN)
    ((kind, due_at, said),) = announced(store)
    assert (kind, due_at) == ("ScheduleMissed", (SEVEN + 2 * DAY).isoformat())
    assert "3 due times from 2026-06-02 07:00 to 2026-06-04 07:00" in said


def test_all_of_a_backlog_is_done_in_order(schedules: StoredSchedules) -> None:
    schedules.put(schedule(catch_up=CatchUp.ALL, late=30 * DAY), START)
    assert work_off(schedules, SEVEN + 2 * DAY + HOUR) == [SEVEN, SEVEN + DAY, SEVEN + 2 * DAY]
    assert {state for _, state in ends(schedules)} == {"caught_up"}


def test_none_of_a_backlog_is_done(store: Store, schedules: StoredSchedules) -> None:
    schedules.put(schedule(catch_up=CatchUp.NONE), START)
    assert work_off(schedules, SEVEN + HOUR) == []
    assert work_off(schedules, SEVEN + DAY + MINUTE) == [SEVEN + DAY]
    assert ends(schedules) == [(SEVEN, "missed"), (SEVEN + DAY, "ran")]
    assert [kind for kind, *_ in announced(store)] == ["ScheduleMissed"]


def test_what_is_too_late_is_missed(store: Store, schedules: StoredSchedules) -> None:
    schedules.put(schedule(late=6 * HOUR), START)
    assert work_off(schedules, SEVEN + 6 * HOUR + MINUTE) == []
    assert ends(schedules) == [(SEVEN, "missed")]
    assert "more than 6h late" in why(schedules, SEVEN)
    assert announced(store) == [("ScheduleMissed", SEVEN.isoformat(), why(schedules, SEVEN))]


def test_a_huge_backlog_stays_bounded_and_is_summed_up(store: Store, schedules: StoredSchedules) -> None:
    schedules.put(schedule(cron="* * * * *"), START)
    now = START + 30 * DAY
    assert work_off(schedules, now) == [now]
    found = ends(schedules)
    assert 1_000 <= len(found) <= 2_001
    assert {state for _, state in found} <= ENDS
    assert found[0] == (START + MINUTE, "missed")
    assert f"every due time before {found[1][0]:%Y-%m-%d %H:%M}" in why(schedules, START + MINUTE)
    assert len(announced(store)) == 2


def test_a_huge_backlog_of_which_all_is_done_comes_in_parts(schedules: StoredSchedules) -> None:
    schedules.put(schedule(cron="* * * * *", catch_up=CatchUp.ALL, late=60 * DAY), START)
    now = START + 3 * DAY
    assert [enter_due(schedules, now).slots for _ in range(4)] == [2_000, 2_000, 320, 0]


# ── clocks that jump ─────────────────────────────────────────────────────────────────────────────


def test_a_clock_put_back_does_nothing_twice(schedules: StoredSchedules) -> None:
    schedules.put(schedule(), START)
    assert work_off(schedules, SEVEN + MINUTE) == [SEVEN]
    minutes = [SEVEN - 2 * HOUR + n * MINUTE for n in range(150)]
    assert [work_off(schedules, now) for now in minutes] == [[]] * 150
    assert work_off(schedules, SEVEN + DAY) == [SEVEN + DAY]


def test_a_clock_three_days_ahead_makes_up_one_and_back_again_repeats_none(
    schedules: StoredSchedules,
) -> None:
    schedules.put(schedule(), START)
    assert work_off(schedules, SEVEN) == [SEVEN]
    assert work_off(schedules, SEVEN + 3 * DAY + HOUR) == [SEVEN + 3 * DAY]
    assert [work_off(schedules, SEVEN + n * DAY) for n in (1, 2, 3)] == [[], [], []]
    assert work_off(schedules, SEVEN + 4 * DAY) == [SEVEN + 4 * DAY]


def test_a_jump_of_the_clock_alone_takes_no_slot_from_who_lives(schedules: StoredSchedules) -> None:
    schedules.put(schedule(late=30 * DAY), START)
    enter_due(schedules, SEVEN)
    mine = taken(schedules, SEVEN)
    jumped = SEVEN + 3 * DAY - HOUR
    assert claim(schedules, jumped, "them") is None
    schedules.extend(mine, jumped + 45 * timedelta(seconds=1))
    assert claim(schedules, jumped + 40 * timedelta(seconds=1), "them") is None
    schedules.finish(mine, mine.done, jumped)
    assert ends(schedules)[0] == (SEVEN, "ran")


# ── who dies, sleeps or takes long ───────────────────────────────────────────────────────────────


def died(schedules: StoredSchedules, now: datetime) -> datetime:
    """Nothing is heard of a slot's runner from `now` on; when the next look is to be made."""
    assert claim(schedules, now + MINUTE) is None
    return now + 2 * MINUTE


def test_who_died_is_believed_dead_on_the_second_look_and_the_slot_is_done_once_more(
    store: Store, schedules: StoredSchedules
) -> None:
    schedules.put(schedule(), START)
    enter_due(schedules, SEVEN)
    first = taken(schedules, SEVEN, "first")
    second = taken(schedules, died(schedules, SEVEN), "second")
    assert (second.due_at, second.attempts, second.done) == (SEVEN, 2, SlotState.CAUGHT_UP)
    too_late: list[Callable[[], object]] = [
        lambda: schedules.finish(first, first.done, SEVEN),
        lambda: schedules.extend(first, SEVEN + DAY),
        lambda: schedules.release(first, "late", SEVEN),
    ]
    for late in too_late:
        with pytest.raises(LeaseHeld):
            late()
    assert claim(schedules, died(schedules, SEVEN + 2 * MINUTE)) is None
    assert ends(schedules) == [(SEVEN, "missed")]
    assert announced(store) == [("ScheduleMissed", SEVEN.isoformat(), why(schedules, SEVEN))]
    assert "2 times" in why(schedules, SEVEN)


def test_a_newer_slot_takes_the_place_of_one_whose_runner_died(schedules: StoredSchedules) -> None:
    schedules.put(schedule(cron="*/5 * * * *"), START)
    due = START + 5 * MINUTE
    enter_due(schedules, due)
    taken(schedules, due)
    later = due + 5 * MINUTE
    enter_due(schedules, later)
    assert claim(schedules, later) is None, "the lease ran out, and the other one waits for the second look"
    assert taken(schedules, later + MINUTE).due_at == later
    assert ends(schedules)[0] == (due, "missed")


def test_what_was_stopped_in_the_middle_is_done_by_who_looks_next(schedules: StoredSchedules) -> None:
    schedules.put(schedule(), START)
    enter_due(schedules, SEVEN)
    schedules.release(taken(schedules, SEVEN), "it was stopped", SEVEN + MINUTE)
    assert taken(schedules, SEVEN + MINUTE).attempts == 2


def test_while_one_runs_the_next_is_skipped(schedules: StoredSchedules) -> None:
    schedules.put(schedule(cron="*/5 * * * *"), START)
    due, later = START + 5 * MINUTE, START + 10 * MINUTE
    enter_due(schedules, due)
    mine = taken(schedules, due)
    schedules.extend(mine, later + MINUTE)
    assert work_off(schedules, later) == []
    schedules.finish(mine, mine.done, later)
    assert ends(schedules) == [(due, "ran"), (later, "skipped")]
    assert why(schedules, later) == "the one due at 2026-06-01 12:05 was still running"


def test_where_all_are_done_the_next_waits_and_others_do_not(schedules: StoredSchedules) -> None:
    schedules.put(schedule(catch_up=CatchUp.ALL, cron="*/5 * * * *"), START)
    schedules.put(schedule("other", cron="10 12 * * *"), START)
    now = START + 10 * MINUTE
    enter_due(schedules, now)
    first = taken(schedules, now)
    assert (first.schedule, taken(schedules, now).schedule) == ("brief", "other")
    assert claim(schedules, now) is None
    schedules.finish(first, first.done, now)
    assert taken(schedules, now).due_at == now


# ── changes by hand ──────────────────────────────────────────────────────────────────────────────


def test_a_pause_leaves_a_row_for_each_due_time(store: Store, schedules: StoredSchedules) -> None:
    schedules.put(schedule(), START)
    enter_due(schedules, SEVEN)
    assert schedules.pause("brief", True)
    assert work_off(schedules, SEVEN + 2 * DAY) == []
    assert schedules.pause("brief", False)
    assert work_off(schedules, SEVEN + 3 * DAY) == [SEVEN + 3 * DAY]
    assert [state for _, state in ends(schedules)] == ["skipped", "skipped", "skipped", "ran"]
    assert why(schedules, SEVEN + DAY) == "the schedule is paused"
    assert announced(store) == []
    assert not schedules.pause("nothing", True)


def test_a_change_begins_anew_and_says_what_it_left_undone(schedules: StoredSchedules) -> None:
    schedules.put(schedule(), START)
    enter_due(schedules, SEVEN)
    now = SEVEN + MINUTE
    schedules.put(schedule(cron="0 6 * * *", last_due=now), now)
    assert work_off(schedules, now) == []
    assert ends(schedules) == [(SEVEN, "skipped")]
    assert work_off(schedules, SEVEN + DAY - HOUR) == [SEVEN + DAY - HOUR]


def test_a_change_makes_good_a_clock_that_was_ahead(schedules: StoredSchedules) -> None:
    schedules.put(schedule(), START)
    work_off(schedules, SEVEN + 3 * DAY)
    schedules.put(schedule(last_due=SEVEN - HOUR), SEVEN - HOUR)
    assert work_off(schedules, SEVEN) == [SEVEN]


def test_what_is_removed_is_gone(schedules: StoredSchedules) -> None:
    schedules.put(schedule(), START)
    enter_due(schedules, SEVEN)
    mine = taken(schedules, SEVEN)
    assert schedules.remove("brief") and not schedules.remove("brief")
    assert (schedules.all(), schedules.slots("brief")) == ([], [])
    with pytest.raises(LeaseHeld):
        schedules.finish(mine, mine.done, SEVEN)


def test_a_schedule_that_cannot_be_understood_stops_no_other(schedules: StoredSchedules) -> None:
    schedules.put(schedule("broken", cron="0 25 * * *"), START)
    schedules.put(schedule(), START)
    entered = enter_due(schedules, SEVEN)
    assert entered.slots == 1
    assert ["broken" in problem.what for problem in entered.problems] == [True]


def test_old_slots_go_and_the_newest_stays(schedules: StoredSchedules) -> None:
    schedules.put(schedule(), START)
    for day in range(3):
        work_off(schedules, SEVEN + day * DAY)
    assert schedules.purge(SEVEN + 60 * DAY) == 2
    assert ends(schedules) == [(SEVEN + 2 * DAY, "ran")]
    assert work_off(schedules, SEVEN + 2 * DAY) == []


def test_one_tenant_sees_nothing_of_another(store_url: str, schedules: StoredSchedules) -> None:
    schedules.put(schedule(), START)
    enter_due(schedules, SEVEN)
    schedules.woke("cron", SEVEN, "alpha", "1")
    bob = Store(store_url, "bob").schedules()
    assert (bob.all(), bob.slots("brief"), bob.wakers(), bob.waiting(SEVEN)) == ([], [], [], False)
    assert claim(bob, SEVEN) is None
    assert schedules.waiting(SEVEN)
    assert [(w.name, w.at, w.host) for w in schedules.wakers()] == [("cron", SEVEN, "alpha")]
