"""The circuit breaker's rules, as tables and properties."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentos_cli.resilience.breaker import BreakerState, describe
from agentos_cli.resilience.gate import Outcome
from agentos_cli.resilience.rules import (
    Answer,
    Decision,
    admit,
    force_open,
    record,
    reset,
    run_finished,
)
from agentos_cli.resilience.state import Mark, Turn, turned
from tests.ground.conftest import NOON

T = TypeVar("T")
OK, SLOW, FAILED, UNREACHABLE = Outcome.OK, Outcome.SLOW, Outcome.FAILED, Outcome.UNREACHABLE
LIMITED, REFUSED, UNSENT = Outcome.LIMITED, Outcome.REFUSED, Outcome.UNSENT


def after(*outcomes: Outcome, every: float = 1, state: BreakerState | None = None) -> BreakerState:
    """The state after these outcomes, the last of them at noon."""
    state = state or BreakerState()
    for number, outcome in enumerate(outcomes, 1):
        state = record(state, outcome, NOON - timedelta(seconds=every * (len(outcomes) - number)))
    return state


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


# ── when it opens ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("outcomes", "every", "opens"),
    [
        ([FAILED] * 4, 1, False),  # too few to judge
        ([FAILED] * 5, 1, True),
        ([OK, FAILED, OK, FAILED, FAILED], 1, True),
        ([OK, FAILED] * 3, 1, True),  # half of them: one dead endpoint of two
        ([OK, OK, OK, FAILED, FAILED], 1, False),
        ([OK] * 20 + [FAILED] * 9, 1, False),
        ([OK] * 20 + [FAILED] * 10, 1, True),  # only the last 20 count
        ([FAILED] * 5, 200, False),  # only those of the last 10 minutes count
        ([SLOW] * 4 + [OK], 1, True),
        ([SLOW] * 3 + [OK] * 2, 1, False),
        ([UNREACHABLE] * 3, 19, True),
        ([UNREACHABLE] * 3, 31, False),
        ([UNREACHABLE] * 2, 1, False),
        ([LIMITED] * 20, 1, False),  # a 429 is no failure
        ([UNSENT] * 20, 1, False),
    ],
)
def test_when_it_opens(outcomes: list[Outcome], every: float, opens: bool) -> None:
    assert (after(*outcomes, every=every).state == "open") is opens


def test_three_failed_runs_open_it_however_far_apart() -> None:
    state = BreakerState()
    for day in range(3):
        state = run_finished(state, False, NOON + timedelta(days=day))
        assert (state.state == "open") is (day == 2)
    assert state.reason == "3 failed runs in a row"


def test_a_good_run_forgets_the_failed_ones() -> None:
    state = BreakerState()
    for ok in (False, False, True, False, False):
        state = run_finished(state, ok, NOON)
    assert (state.state, state.failed_runs) == ("closed", 2)


def test_a_run_that_was_not_let_in_is_no_new_failure() -> None:
    opened = after(*[FAILED] * 5)
    assert run_finished(opened, False, NOON) == opened
    waiting = record(BreakerState(), LIMITED, NOON, until=NOON + seconds(60))
    assert run_finished(waiting, False, NOON) == waiting


# ── how long ────────────────────────────────────────────────────────────────────────────────────────


def test_open_doubles_from_half_a_minute_to_a_quarter_of_an_hour() -> None:
    state, now, waits = after(*[FAILED] * 5), NOON, []
    for _ in range(8):
        assert state.opened_at is not None
        waits.append(state.open_for.total_seconds())
        now = state.opened_at + state.open_for
        state, decision = admit(state, now, owner="me")
        assert decision.probe
        state = record(state, FAILED, now, owner="me")
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


@pytest.mark.parametrize(("jitter", "wait"), [(0.0, 24), (0.5, 30), (0.999999, 36)])
def test_the_wait_is_spread_by_a_fifth(jitter: float, wait: float) -> None:
    state = after(*[FAILED] * 4)
    state = record(state, FAILED, NOON, jitter=lambda: jitter)
    assert state.open_for.total_seconds() == pytest.approx(wait, abs=0.01)


def test_open_refuses_until_its_time_is_over() -> None:
    state = after(*[FAILED] * 5)
    _, early = admit(state, NOON + seconds(29), owner="me")
    assert (early.answer, early.until) == (Answer.OPEN, NOON + seconds(30))
    state, due = admit(state, NOON + seconds(30), owner="me")
    assert (due.answer, due.probe, state.state) == (Answer.ADMIT, True, "half_open")


# ── half-open ───────────────────────────────────────────────────────────────────────────────────────


def half_open() -> BreakerState:
    return admit(after(*[FAILED] * 5), NOON + seconds(30), owner="probe")[0]


LATER = NOON + seconds(31)


def test_only_one_probe_is_out_at_a_time() -> None:
    _, other = admit(half_open(), LATER, owner="other")
    assert (other.answer, other.until) == (Answer.OPEN, NOON + seconds(60))


def test_a_probe_that_never_came_back_is_replaced() -> None:
    state, other = admit(half_open(), NOON + seconds(60), owner="other")
    assert (other.probe, state.probe_owner) == (True, "other")
    assert record(state, OK, NOON + seconds(61), owner="probe").state == "half_open"  # the lost one is late


@pytest.mark.parametrize(
    ("outcome", "state", "probe_out"),
    [
        (OK, "half_open", False),
        (FAILED, "open", False),
        (UNREACHABLE, "open", False),
        (SLOW, "open", False),
        (REFUSED, "auth_broken", False),
        (LIMITED, "half_open", False),
        (UNSENT, "half_open", False),
    ],
)
def test_what_the_probe_finds_decides(outcome: Outcome, state: str, probe_out: bool) -> None:
    found = record(half_open(), outcome, LATER, owner="probe", until=NOON + seconds(90))
    assert (found.state, found.probe_owner is not None) == (state, probe_out)


def second_probe() -> BreakerState:
    once = record(half_open(), OK, LATER, owner="probe")
    state, decision = admit(once, LATER, owner="second")
    assert decision.probe, "after one good answer the next call goes out at once, alone"
    return state


def test_two_good_probes_make_it_as_new() -> None:
    assert admit(second_probe(), LATER, owner="third")[1].answer is Answer.OPEN
    assert record(second_probe(), OK, LATER, owner="second") == BreakerState()


def test_a_bad_second_probe_opens_it_for_longer() -> None:
    again = record(second_probe(), FAILED, LATER, owner="second")
    assert (again.state, again.open_for, again.good_probes) == ("open", seconds(60), 0)


# ── by hand ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_opened_by_hand_stays_open_until_it_is_reset() -> None:
    forced = force_open(BreakerState(fingerprint="k", failed_runs=2), NOON)
    for outcome in Outcome:
        assert record(forced, outcome, LATER, owner="probe", fingerprint="k", until=LATER) == forced
    for key in ("k", "another"):
        state, decision = admit(forced, NOON + timedelta(days=9), owner="me", fingerprint=key)
        assert (state, decision) == (forced, Decision(Answer.OPEN))
    assert run_finished(forced, False, LATER) == forced
    assert describe(forced, LATER) == "open: opened by you; nothing is tried until it is reset"
    assert reset(forced) == BreakerState(fingerprint="k")


# ── evidence ────────────────────────────────────────────────────────────────────────────────────────


def test_what_failed_is_told_with_what_it_led_to() -> None:
    state = BreakerState()
    for second in range(3):
        state = record(state, UNREACHABLE, NOON + seconds(second), why="connection refused")
    assert state.reason == "connection refused, 3 times within a minute"
    assert (state.failure, state.failed_at) == ("connection refused", NOON + seconds(2))


def test_evidence_grows_until_it_is_well_again() -> None:
    state, now = BreakerState(), NOON
    for _ in range(5):
        state = record(state, FAILED, now, why="status 500")
    assert state.reason == "5 of the last 5 calls failed, the last: status 500"
    for why in ("status 502", "status 503"):
        now += timedelta(minutes=5)
        state, _ = admit(state, now, owner="me")
        state = record(state, FAILED, now, owner="me", why=why)
    assert (state.since, state.open_count) == (NOON, 3)
    assert describe(state, now) == (
        "open: status 503, when it was tried again; like this for 10 min, opened 3 times in a row;"
        " tried again in 2 min"
    )
    for _ in range(2):
        now += timedelta(minutes=5)
        state, _ = admit(state, now, owner="me")
        state = record(state, OK, now, owner="me")
    assert state == BreakerState()


def test_failed_runs_tell_what_failed_in_them() -> None:
    state = record(BreakerState(), FAILED, NOON, why="an answer that was cut off")
    for day in range(3):
        state = run_finished(state, False, NOON + timedelta(days=day))
    assert state.reason == "3 failed runs in a row, the last: an answer that was cut off"


@pytest.mark.parametrize(
    ("before", "after_", "turn"),
    [
        (None, BreakerState(), None),
        (BreakerState(failed_runs=1), BreakerState(failed_runs=2), None),
        (None, after(*[FAILED] * 5), Turn("open", "5 of the last 5 calls failed")),
        (after(*[FAILED] * 5), half_open(), Turn("half_open", "one call finds out whether it is back")),
        (half_open(), second_probe(), None),
        (second_probe(), BreakerState(), Turn("closed", "it answers again, after it opened once")),
        (None, force_open(None, NOON), Turn("open", "opened by you")),
        (
            after(*[FAILED] * 5),
            force_open(after(*[FAILED] * 5), NOON),
            Turn("open", "opened by you"),
        ),
        (
            None,
            record(BreakerState(), LIMITED, NOON, until=NOON + seconds(90)),
            Turn("waiting", "the vendor asked us to slow down"),
        ),
        (
            None,
            record(BreakerState(), REFUSED, NOON),
            Turn("auth_broken", "the vendor refused the key"),
        ),
        (
            record(BreakerState(), REFUSED, NOON),
            BreakerState(fingerprint="new"),
            Turn("closed", "the key works, or is another one"),
        ),
    ],
)
def test_a_history_has_a_line_for_every_change_of_state_and_for_nothing_else(
    before: BreakerState | None, after_: BreakerState, turn: Turn | None
) -> None:
    assert turned(before, after_) == turn


def test_what_an_earlier_version_stored_is_still_read() -> None:
    kept = json.loads(after(*[FAILED] * 5).to_json())
    for name in ("since", "forced", "good_probes", "failure", "failed_at"):
        del kept[name]
    old = BreakerState.from_json(json.dumps(kept))
    assert (old.state, old.open_count, old.since) == ("open", 1, None)
    assert describe(old, NOON)


@pytest.mark.parametrize("outcome", [OK, FAILED, SLOW, UNREACHABLE])
def test_calls_from_before_the_opening_change_nothing(outcome: Outcome) -> None:
    opened = after(*[FAILED] * 5)
    assert record(opened, outcome, NOON) == opened
    assert record(half_open(), outcome, LATER) == half_open()


# ── 429 and the key ─────────────────────────────────────────────────────────────────────────────────


def test_a_429_only_sets_a_time() -> None:
    state = record(BreakerState(), LIMITED, NOON, until=NOON + seconds(90))
    assert state.state == "closed"
    assert admit(state, NOON + seconds(89), owner="me")[1][:2] == (Answer.LIMITED, NOON + seconds(90))
    assert admit(state, NOON + seconds(90), owner="me")[1].answer is Answer.ADMIT


def test_a_429_never_locks_us_out_for_more_than_an_hour() -> None:
    state = record(BreakerState(), LIMITED, NOON, until=NOON + timedelta(days=400))
    assert state.not_before == NOON + timedelta(hours=1)


def test_a_refused_key_is_tried_again_every_quarter_of_an_hour() -> None:
    state = record(BreakerState(fingerprint="old"), REFUSED, NOON, fingerprint="old")
    for minutes in (0, 14.9):
        again = admit(state, NOON + timedelta(minutes=minutes), owner="me", fingerprint="old")[1]
        assert (again.answer, again.until) == (Answer.REFUSED, NOON + timedelta(minutes=15))
    now = NOON + timedelta(minutes=15)
    state, due = admit(state, now, owner="me", fingerprint="old")
    assert due.probe
    assert admit(state, now, owner="other", fingerprint="old")[1].answer is Answer.REFUSED
    refused = record(state, REFUSED, now, owner="me", fingerprint="old")
    assert admit(refused, now + seconds(60), owner="me", fingerprint="old")[1].answer is Answer.REFUSED
    down = record(state, FAILED, now, owner="me", fingerprint="old")
    assert admit(down, now + seconds(60), owner="me", fingerprint="old")[1].answer is Answer.REFUSED
    assert record(state, OK, now, owner="me", fingerprint="old") == BreakerState(fingerprint="old")


def test_another_key_is_tried_at_once() -> None:
    broken = record(BreakerState(fingerprint="old"), REFUSED, NOON, fingerprint="old")
    state, decision = admit(broken, NOON, owner="me", fingerprint="new")
    assert (decision.answer, state) == (Answer.ADMIT, BreakerState(fingerprint="new"))


def test_another_key_has_its_own_rate_limit_but_the_same_sick_vendor() -> None:
    limited = record(BreakerState(fingerprint="old"), LIMITED, NOON, until=NOON + seconds(90))
    assert admit(limited, NOON, owner="me", fingerprint="new")[1].answer is Answer.ADMIT
    opened = after(*[FAILED] * 5, state=BreakerState(fingerprint="old"))
    assert admit(opened, NOON, owner="me", fingerprint="new")[1].answer is Answer.OPEN


def test_what_the_old_key_met_does_not_break_the_new_one() -> None:
    state = BreakerState(fingerprint="new")
    assert record(state, REFUSED, NOON, fingerprint="old") == state


def test_reset_closes_and_forgets() -> None:
    assert reset(after(*[FAILED] * 5, state=BreakerState(fingerprint="k"))) == BreakerState(fingerprint="k")
    assert reset(None) == BreakerState()


# ── clocks ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(days=400)])
def test_a_clock_set_back_does_not_lock_the_source_out(back: timedelta) -> None:
    past = NOON - back
    state, decision = admit(after(*[FAILED] * 5), past, owner="me")
    assert decision.until == past + seconds(30)
    assert admit(state, past + seconds(30), owner="me")[1].probe
    assert admit(half_open(), past, owner="me")[1].until in (None, past + seconds(30))
    limited = record(BreakerState(), LIMITED, NOON, until=NOON + seconds(90))
    until = admit(limited, past, owner="me")[1].until
    assert until is not None
    assert until <= past + timedelta(hours=1)


def test_failures_from_a_clock_that_ran_ahead_grow_old_like_others() -> None:
    past = NOON - timedelta(days=1)
    state = record(after(FAILED, FAILED), OK, past)
    for _ in range(3):
        state = record(state, FAILED, past + timedelta(minutes=11))
    assert (state.state, len(state.outcomes)) == ("closed", 3)


# ── properties ──────────────────────────────────────────────────────────────────────────────────────

events = st.lists(
    st.tuples(
        st.sampled_from(["call", "late", "run", "new key"]),
        st.sampled_from(list(Outcome)),
        st.integers(-7200, 7200),
        st.floats(0, 0.999),
    ),
    max_size=60,
)


def _history(script: list[tuple[str, Outcome, int, float]]) -> Iterator[tuple[BreakerState, datetime]]:
    state, now, key = BreakerState(), NOON, "key"
    for number, (what, outcome, gap, spread) in enumerate(script):
        now += seconds(gap)
        if what == "new key":
            key = f"key {number}"
        elif what == "run":
            state = run_finished(state, outcome is OK, now, lambda spread=spread: spread)  # type: ignore[misc]
        elif what == "late":
            state = record(state, outcome, now, fingerprint=key, until=now + seconds(abs(gap)))
        else:
            state, decision = admit(state, now, owner=str(number), fingerprint=key)
            if decision.answer is Answer.ADMIT and spread > 0.2:  # else the caller died
                state = record(
                    state,
                    outcome,
                    now,
                    owner=str(number) if decision.probe else None,
                    fingerprint=key,
                    until=now + seconds(abs(gap)),
                    jitter=lambda spread=spread: spread,  # type: ignore[misc]
                )
        yield state, now


@settings(max_examples=60, deadline=None)
@given(events)
def test_whatever_happens_it_can_be_stored_told_and_left_again(
    script: list[tuple[str, Outcome, int, float]],
) -> None:
    for state, now in _history(script):
        assert BreakerState.from_json(state.to_json()) == state
        assert describe(state, now)
        assert len(state.outcomes) <= 20
        key, much_later = state.fingerprint, now + timedelta(hours=2)
        asked, _ = admit(state, now, owner="now", fingerprint=key)  # whoever asks puts a wrong clock right
        again, decision = admit(asked, much_later, owner="later", fingerprint=key)
        assert decision.answer is Answer.ADMIT
        good = record(again, OK, much_later, owner="later", fingerprint=key)
        once_more, _ = admit(good, much_later, owner="last", fingerprint=key)
        assert record(once_more, OK, much_later, owner="last", fingerprint=key).state == "closed"


@settings(max_examples=60, deadline=None)
@given(events, st.integers(-7200, 7200))
def test_of_two_who_ask_at_once_only_one_ever_gets_the_probe(
    script: list[tuple[str, Outcome, int, float]], gap: int
) -> None:
    for state, now in _history(script):
        leased, mine = admit(state, now + seconds(gap), owner="a", fingerprint=state.fingerprint)
        _, other = admit(leased, now + seconds(gap), owner="b", fingerprint=state.fingerprint)
        assert not (mine.probe and other.answer is Answer.ADMIT)


@pytest.mark.parametrize("text", ["", "null", "{}", "[1]", '{"state": "odd"}', "\x00"])
def test_a_stored_state_that_cannot_be_read_is_a_fresh_one(text: str) -> None:
    assert BreakerState.from_json(text) == BreakerState()


# ── in words ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (BreakerState(), "working"),
        (BreakerState(outcomes=(Mark(NOON, OK), Mark(NOON, FAILED))), "1 of the last 2 calls failed"),
        (BreakerState(failed_runs=2), "the last 2 runs failed"),
        (after(*[FAILED] * 5), "open: 5 of the last 5 calls failed; tried again in 30 s"),
        (after(*[UNREACHABLE] * 3), "3 failed connections within a minute"),
        (half_open(), "half-open"),
        (record(BreakerState(), REFUSED, NOON), "key refused: connect again"),
        (record(BreakerState(), LIMITED, NOON, until=NOON + seconds(600)), "come back in 10 min"),
    ],
)
def test_it_says_in_plain_words_how_it_is(state: BreakerState, words: str) -> None:
    assert words in describe(state, NOON)


def test_an_open_breaker_whose_time_is_over_says_so() -> None:
    assert describe(after(*[FAILED] * 5), NOON + seconds(60)).endswith("tried again with the next run")
