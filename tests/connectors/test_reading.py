"""Reading single values: what is taken, what is refused, and that nothing else gets through."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentos_cli.connectors import reading
from agentos_cli.connectors.reading import Unreadable
from agentos_cli.errors import Fatal
from agents.nouns import Team

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
READERS = (
    reading.text, reading.ident, reading.number, reading.whole, reading.flag, reading.instant, reading.day,
    reading.currency, reading.child, reading.objects,
)  # fmt: skip


@given(value=JSON)
@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_whatever_comes_is_read_or_unreadable(
    read: Callable[[reading.Raw, str], object], value: object
) -> None:
    try:
        read({"key": value}, "key")
    except Unreadable as problem:
        line = str(problem)
        assert line.startswith("key is ") and len(line) < 200
        assert not {"Cc", "Cs", "Zl", "Zp"} & {unicodedata.category(letter) for letter in line}


@pytest.mark.parametrize(
    "value",
    [
        1795262400,
        1795262400000,
        "1795262400",
        "1795262400000",
        "2026-11-21T12:00:00Z",
        "2026-11-21T12:00:00.000Z",
        "2026-11-21T14:00:00+02:00",
        "2026-11-21T12:00:00",
        "2026-11-21 12:00:00",
    ],
)
def test_an_instant_in_every_way_vendors_write_it(value: object) -> None:
    assert reading.instant({"at": value}, "at") == NOON


@pytest.mark.parametrize(
    "value",
    [True, -1, 1.5, 10**20, "soon", "24:00", "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+14:00",
     "2026-11-21T25:00:00Z", Decimal("0.5"), [], {}],
)  # fmt: skip
def test_what_is_no_instant(value: object) -> None:
    with pytest.raises(Unreadable):
        reading.instant({"at": value}, "at")


def test_a_day_is_the_day_of_its_instant_in_utc() -> None:
    assert reading.day({"on": "2026-11-21"}, "on") == date(2026, 11, 21)
    assert reading.day({"on": "2026-11-21T23:30:00-05:00"}, "on") == date(2026, 11, 22)
    with pytest.raises(Unreadable, match="on is `2026-02-30`, not a day"):
        reading.day({"on": "2026-02-30"}, "on")


@pytest.mark.parametrize(
    ("value", "exact"), [(7, "7"), ("-12.50", "-12.50"), (Decimal("0.1"), "0.1"), ("+3", "3"), (" 4 ", "4")]
)
def test_numbers_stay_exact(value: object, exact: str) -> None:
    assert reading.number({"n": value}, "n") == Decimal(exact)


@pytest.mark.parametrize(
    "value", [True, 0.1, "1_000", "1e5", "NaN", Decimal("Infinity"), "٣", "0x1", 10**16, ""]
)
def test_what_is_no_number(value: object) -> None:
    with pytest.raises(Unreadable):
        reading.number({"n": value}, "n")


def test_text_is_cleaned_and_ids_are_not() -> None:
    wild = "\x1b[31mRed\x07\u0085 \ud800A\u2028B\tC\n" + "x" * 900
    assert reading.text({"t": wild}, "t").startswith("[31mRed AB C x")
    assert len(reading.text({"t": wild}, "t")) == 500
    with pytest.raises(Unreadable):
        reading.ident({"id": "cus_1\x1b"})
    with pytest.raises(Unreadable):
        reading.text({"t": "\x00\x1b "}, "t")


def test_what_is_missing_null_or_empty_is_none() -> None:
    for raw in ({}, {"n": None}, {"n": ""}):
        assert reading.maybe(reading.number, raw, "n") is None
    assert reading.maybe(reading.number, {"n": 0}, "n") == 0
    with pytest.raises(Unreadable):
        reading.maybe(reading.number, {"n": "?"}, "n")


def team(raw: reading.Raw) -> Team:
    return Team("linear", reading.ident(raw), reading.text(raw, "name"))


def test_a_batch_of_nothing_is_a_batch() -> None:
    found = reading.batch("Linear", Team, [], team)
    assert (found.records, found.skipped) == ((), ())


def test_a_batch_names_what_it_skips_and_refuses_when_it_skips_all() -> None:
    found = reading.batch("Linear", Team, [{"id": "1", "name": "A"}, {"id": "2"}, None], team)
    assert [each.where for each in found.skipped] == ["2", "#3"]
    with pytest.raises(
        Fatal, match=r"Linear: none of 1 team records could be read \(2: name is missing, not a text\)"
    ):
        reading.batch("Linear", Team, [{"id": "2"}], team)
