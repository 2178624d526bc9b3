"""An expression is due here on exactly the times at which Croner 9 had it due, or is handed to the user."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentos_cli.importers.clawdbot.schedules.croner import understood
from agentos_cli.scheduler.due import due_times

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LIMITS = {"day": (1, 31), "month": (1, 12), "week": (0, 7)}


def values(text: str, low: int, high: int) -> set[int]:
    """What one field meant to Croner, written anew from its documentation, for the terms made below."""
    found: set[int] = set()
    for term in text.split(","):
        span, _, step = term.partition("/")
        first, dash, last = span.partition("-")
        start = low if first == "*" else int(first)
        end = int(last) if dash else (high if first == "*" or step else start)
        found |= set(range(start, end + 1, int(step or 1)))
    return found


def theirs(day: str, month: str, week: str, date: datetime) -> bool:
    """Whether Croner 9 had a date due: its days go together with "or" unless one is just `*`."""
    of_month = date.day in values(day.replace("L", "*"), 1, 31) if day != "L" else (date + DAY).day == 1
    number, nth = (date.weekday() + 1) % 7, (date.day + 6) // 7
    of_week = False
    for term in week.split(","):
        bare, _, which = term.partition("#")
        # over the week it counted 0 to 6: 7 is only ever the end of a range, or alone
        days = {d % 7 for d in values(bare, 0, 7 if "/" not in bare else 6)}
        last = (date + 7 * DAY).month != date.month
        of_week |= number in days and (not which or (last if which == "L" else nth == int(which)))
    if date.month not in values(month, 1, 12):
        return False
    return (of_month or of_week) if day != "*" and week != "*" else (of_month and of_week)


def terms(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    ranges = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    steps = st.tuples(st.sampled_from(["*"]) | number.map(str), st.integers(2, 5)).map(
        lambda p: f"{p[0]}/{p[1]}"
    )
    return st.lists(number.map(str) | ranges | steps, min_size=1, max_size=3).map(",".join)


DAYS = st.just("*") | st.just("L") | terms(1, 31)
NTH = st.tuples(st.integers(0, 6), st.sampled_from("12345L")).map(lambda pair: f"{pair[0]}#{pair[1]}")
WEEKS = (
    st.just("*")
    | terms(0, 6)
    | st.just("7")
    | st.just("5-7")
    | st.lists(NTH, min_size=1, max_size=2).map(",".join)
)


@settings(max_examples=150, deadline=None)
@given(day=DAYS, month=st.just("*") | terms(1, 12), week=WEEKS)
def test_it_is_due_on_the_same_days(day: str, month: str, week: str) -> None:
    told = understood(f"0 7 {day} {month} {week}")
    wanted = [START + n * DAY for n in range((END - START).days) if theirs(day, month, week, START + n * DAY)]
    if told.asks:  # 31 February, and an expression that grew too long
        assert not wanted or "longer" in told.asks[0]
        return
    found = due_times(told.when, "UTC", START, END, 10**4)
    assert [moment.replace(hour=0) for moment in found] == wanted, told.when


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ("30 7 * * 1-5", "30 7 * * 1-5"), ("0 0 7 * * MON-FRI", "0 0 7 * * 1-5"),
        ("0 7 * * FRI-SUN", "0 7 * * 5-7"), ("0 7 * jan-mar sun", "0 7 * 1-3 0"), ("0 7 * * 7", "0 7 * * 7"),
        ("0 7 */10 * 1", "0 7 1,11,21,31 * 1"), ("0 7 1 * */3", "0 7 1 * 0,3,6"),
        ("0 7 */2 * *", "0 7 */2 * *"),
        ("0 7 * * 1/3", "0 7 * * 1,4"), ("/15 * * * *", "*/15 * * * *"), ("5/20 * * * *", "5/20 * * * *"),
        ("0 7 L * *", "0 7 L * *"), ("0 7 15,L * *", "0 7 15,L * *"), ("0 7 * * 5#L", "0 7 * * 5L"),
        ("0 7 * * MON#1", "0 7 * * 1#1"), ("0 7 * * 1-2#1", "0 7 * * 1#1,2#1"), ("@daily", "0 0 * * *"),
        ("@Weekly", "0 0 * * 0"), ("@hourly", "0 * * * *"), ("@yearly", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("*/10 * * * * *", "*/10 * * * * *"), ("  0   7 * * *  ", "0 7 * * *"),
    ],
)  # fmt: skip
def test_what_means_the_same_stays_and_the_rest_is_put_in_other_words(there: str, here: str) -> None:
    told = understood(there)
    assert (told.when, told.asks) == (here, ())


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("0 7 ? * 1", "whatever the clock said"), ("0 7 15W * *", "nothing it understood"),
        ("0 7 * * 5L", "the last for others"), ("*/90 * * * *", "was refused there"),
        ("0 22-2 * * *", "was refused there"), ("0 7 30 2 *", "must exist"), ("0 0 0 1 1 * 2027", "7 fields"),
        ("0 7 * * 1#6", "no week of a month"), ("hello", "1 fields"), ("", "0 fields"),
        ("0 7 * * 8", "refused"),
        ("60 7 * * *", "was refused there"), ("0 7 L-3 * *", "nothing it understood"),
        ("\x1b[2J * * * *", "nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_here_is_left_as_it_is_for_the_user_to_decide(expression: str, why: str) -> None:
    told = understood(expression)
    (ask,) = told.asks
    assert told.when == expression.strip() and why in ask and "say when" in ask


def test_the_reference_bites() -> None:
    """Days that go together with "and", as they do here after a star, are told apart."""
    assert theirs("*/10", "*", "1", datetime(2026, 1, 5, tzinfo=UTC))
    assert not theirs("1", "*", "1#2", datetime(2026, 1, 5, tzinfo=UTC))
