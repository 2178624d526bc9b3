"""An alert is raised once, held and resolved; who asked for silence has it; flapping is damped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agentos_cli.events import Priority
from agentos_cli.heartbeat import lifecycle
from agentos_cli.heartbeat.check import Result
from agentos_cli.heartbeat.lifecycle import MOST_CHANGES, QUIET, Told, Turn
from agentos_cli.store.check_records import FLAPPING, Alert, CheckState, Standing

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
FIVE = timedelta(minutes=5)
OK = Result(Standing.OK, "fine", {"says": "fine"})
WARN = Result(Standing.WARN, "not so fine", {"says": "not so fine"}, Priority.NORMAL)
ALERT = Result(Standing.ALERT, "bad", {"says": "bad"}, Priority.HIGH)
CRITICAL = Result(Standing.ALERT, "very bad", {"says": "very bad"}, Priority.CRITICAL)
AT_ONCE = timedelta(0)


class Watch:
    """One check through time, as a beat keeps it: its state, its open alert, and all that was told."""

    def __init__(self, hours: timedelta = AT_ONCE) -> None:
        self.hours = hours
        self.now = NOW
        self.state: CheckState = lifecycle.registered("check.cash", NOW)
        self.alert: Alert | None = None
        self.told: list[Told] = []
        self.opened: list[Alert] = []

    def see(self, result: Result, after: timedelta = FIVE) -> Told | None:
        self.now += after
        return self.keep(lifecycle.judged(self.state, self.alert, result, self.hours, self.now))

    def keep(self, turn: Turn) -> Told | None:
        self.state = turn.state
        if turn.alert is not None:
            if self.alert is None:
                self.opened.append(turn.alert)
            self.alert = None if turn.alert.resolved_at else turn.alert
        if turn.told is not None:
            self.told.append(turn.told)
        return turn.told

    def open(self) -> Alert:
        assert self.alert is not None
        return self.alert

    def ack(self) -> None:
        self.alert = replace(self.open(), acked_at=self.now)

    def snooze(self, span: timedelta) -> None:
        self.alert = replace(self.open(), snoozed_until=self.now + span)


# ── raised once, held, resolved ──────────────────────────────────────────────────────────────────


def test_what_is_fine_says_nothing() -> None:
    watch = Watch()
    assert watch.state.state is Standing.REGISTERED
    assert [watch.see(OK) for _ in range(5)] == [None] * 5
    assert (watch.state.state, watch.state.since, watch.alert) == (Standing.OK, NOW + FIVE, None)


@pytest.mark.parametrize("bad", [WARN, ALERT])
def test_an_alert_is_raised_once_held_and_resolved_once(bad: Result) -> None:
    watch = Watch()
    watch.see(OK)
    assert [watch.see(result) for result in (bad, bad, bad, OK, OK)] == [
        Told.RAISED, None, None, Told.RESOLVED, None,
    ]  # fmt: skip
    assert len(watch.opened) == 1
    assert (watch.opened[0].state, watch.opened[0].priority) == (bad.grade, bad.priority)


def test_it_is_raised_at_first_sight_too() -> None:
    assert Watch().see(ALERT) is Told.RAISED


def test_the_next_time_is_another_alert() -> None:
    watch = Watch()
    for result in (ALERT, OK, ALERT):
        watch.see(result)
    first, second = watch.opened
    assert first.id != second.id


def test_another_severity_is_told_and_is_the_same_alert() -> None:
    watch = Watch()
    told = [watch.see(result) for result in (WARN, ALERT, ALERT, CRITICAL, CRITICAL, WARN, OK)]
    changed = Told.CHANGED
    assert told == [Told.RAISED, changed, None, changed, None, changed, Told.RESOLVED]
    assert len(watch.opened) == 1


def test_a_check_that_is_no_longer_made_resolves_its_alert() -> None:
    watch = Watch()
    watch.see(ALERT)
    turn = lifecycle.gone(watch.state, watch.alert, watch.now)
    assert turn.told is Told.RESOLVED
    assert lifecycle.gone(watch.state, None, watch.now) == Turn(watch.state)


# ── for so long ──────────────────────────────────────────────────────────────────────────────────


def test_it_has_to_hold_for_its_hours() -> None:
    watch = Watch(timedelta(hours=1))
    watch.see(OK)
    began = watch.now + FIVE
    for _ in range(12):
        assert watch.see(ALERT) is None
        assert (watch.state.state, watch.state.pending_since) == (Standing.OK, began)
    assert watch.see(ALERT) is Told.RAISED
    assert watch.state.pending_since is None


def test_one_good_result_starts_the_hours_anew() -> None:
    watch = Watch(timedelta(hours=1))
    for result in (ALERT, ALERT, OK, ALERT):
        watch.see(result, timedelta(minutes=50) if result is not OK else FIVE)
    assert watch.told == []
    assert watch.state.pending_since == watch.now


def test_a_clock_put_back_starts_the_hours_anew_and_raises_nothing() -> None:
    watch = Watch(timedelta(hours=1))
    watch.see(ALERT)
    assert watch.see(ALERT, -timedelta(hours=3)) is None
    assert watch.state.pending_since == watch.now
    assert watch.see(ALERT, timedelta(minutes=59)) is None
    assert watch.see(ALERT, timedelta(minutes=1)) is Told.RAISED


def test_once_raised_a_change_of_severity_waits_for_nothing() -> None:
    watch = Watch(timedelta(hours=1))
    watch.see(WARN)
    assert watch.see(WARN, timedelta(hours=1)) is Told.RAISED
    assert watch.see(ALERT) is Told.CHANGED


# ── silence that was asked for ───────────────────────────────────────────────────────────────────


def test_what_was_acknowledged_is_told_again_only_when_it_is_over() -> None:
    watch = Watch()
    watch.see(ALERT)
    watch.ack()
    assert [watch.see(result) for result in (ALERT, WARN, WARN, ALERT, ALERT)][:3] == [None] * 3
    assert watch.see(OK) is Told.RESOLVED
    assert watch.see(ALERT) is not None, "an acknowledgement is of one alert"


def test_who_acknowledged_a_warning_does_not_know_of_what_came_after() -> None:
    watch = Watch()
    watch.see(WARN)
    watch.ack()
    assert watch.see(CRITICAL) is Told.CHANGED
    assert watch.open().acked_at is None


def test_a_snooze_is_kept_and_ends_with_a_word_if_it_still_holds() -> None:
    watch = Watch()
    watch.see(ALERT)
    watch.snooze(timedelta(hours=1))
    assert [watch.see(result) for result in (ALERT, CRITICAL, CRITICAL)] == [None] * 3
    assert watch.see(CRITICAL, timedelta(hours=1)) is Told.REMINDED
    assert watch.see(CRITICAL) is None
    assert watch.open().snoozed_until is None


def test_what_is_over_while_snoozed_is_not_told_when_the_snooze_ends() -> None:
    watch = Watch()
    watch.see(ALERT)
    watch.snooze(timedelta(hours=1))
    assert watch.see(OK) is Told.RESOLVED
    assert watch.see(OK, timedelta(hours=2)) is None


# ── flapping ─────────────────────────────────────────────────────────────────────────────────────


def test_what_flaps_is_told_once_and_resolved_after_two_quiet_hours() -> None:
    watch = Watch()
    watch.see(OK)
    for _ in range(20):
        watch.see(ALERT)
        watch.see(OK)
    assert watch.told == [Told.RAISED, Told.RESOLVED, Told.RAISED, Told.RESOLVED, Told.FLAPPING]
    assert watch.open().state == FLAPPING
    for _ in range(int(QUIET / FIVE) - 1):
        assert watch.see(OK) is None
    assert watch.see(OK) is Told.RESOLVED
    assert watch.see(ALERT) is Told.RAISED, "after that it counts from the beginning"


def test_a_priority_that_flaps_is_damped_too() -> None:
    watch = Watch()
    for _ in range(20):
        watch.see(ALERT)
        watch.see(CRITICAL)
    assert watch.told == [Told.RAISED, *[Told.CHANGED] * MOST_CHANGES, Told.FLAPPING]
    assert watch.open().priority is Priority.CRITICAL


def test_what_flapped_and_stays_bad_is_an_alert_as_before_without_a_word() -> None:
    watch = Watch()
    watch.see(OK)
    for _ in range(3):
        watch.see(ALERT)
        watch.see(OK)
    watch.see(ALERT)
    before = list(watch.told)
    for _ in range(int(QUIET / FIVE) + 1):
        watch.see(ALERT)
    assert (watch.told, watch.open().state) == (before, Standing.ALERT)
    assert watch.see(OK) is Told.RESOLVED


def test_what_flaps_and_gets_worse_is_told_once_more() -> None:
    watch = Watch()
    watch.see(OK)
    for _ in range(3):
        watch.see(WARN)
        watch.see(OK)
    assert watch.told[-1] is Told.FLAPPING
    assert [watch.see(result) for result in (CRITICAL, OK, CRITICAL, WARN)] == [
        Told.CHANGED,
        None,
        None,
        None,
    ]


def test_changes_that_are_far_apart_are_no_flapping() -> None:
    watch = Watch()
    watch.see(OK)
    for _ in range(10):
        watch.see(ALERT, timedelta(hours=2))
        watch.see(OK, timedelta(hours=2))
    assert watch.told == [Told.RAISED, Told.RESOLVED] * 10


# ── at random ────────────────────────────────────────────────────────────────────────────────────


class AnyLife(RuleBasedStateMachine):
    """Results, clocks and people in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.watch = Watch()
        self.raised = 0

    @rule(
        result=st.sampled_from([OK, WARN, ALERT, CRITICAL]),
        minutes=st.sampled_from([-600, -5, 0, 5, 5, 5, 60, 240]),
    )
    def look(self, result: Result, minutes: int) -> None:
        before, watch = self.watch.alert, self.watch
        silent = before is not None and lifecycle.silent(before, watch.now + timedelta(minutes=minutes))
        acked = before is not None and before.acked_at is not None
        told = watch.see(result, timedelta(minutes=minutes))
        if told is Told.RESOLVED:
            assert before is not None and watch.alert is None
        elif told is not None and before is None:
            assert told in {Told.RAISED, Told.FLAPPING}
        elif told is not None:
            assert told is not Told.RAISED, "raised twice without being resolved"
            assert before is not None
            worse = watch.open().priority.rank > before.priority.rank or watch.open().state != before.state
            assert not silent or (acked and worse)

    @rule(result=st.sampled_from([OK, WARN, ALERT]), times=st.integers(1, 30))
    def nothing_changes(self, result: Result, times: int) -> None:
        self.watch.see(result)
        told = [self.watch.see(result) for _ in range(times)]
        allowed = {None, Told.RESOLVED, Told.REMINDED}  # after a quiet time, at the end of a snooze
        assert set(told) <= allowed
        assert sum(one is not None for one in told) <= 2

    @rule()
    def somebody_knows(self) -> None:
        if self.watch.alert is not None:
            self.watch.ack()

    @rule(hours=st.integers(1, 12))
    def somebody_sleeps(self, hours: int) -> None:
        if self.watch.alert is not None:
            self.watch.snooze(timedelta(hours=hours))

    @invariant()
    def an_alert_is_open_while_it_is_bad(self) -> None:
        if self.watch.state.state in lifecycle.RAISED:
            assert self.watch.alert is not None
        elif self.watch.alert is not None:
            assert self.watch.alert.state == FLAPPING
        assert len({alert.id for alert in self.watch.opened}) == len(self.watch.opened)
        assert len(self.watch.state.flaps) <= lifecycle.KEPT_CHANGES


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
