"""The strict reading of JSON, held against the standard library's."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentos_cli.http.strict import NotJsonError, strict_json

WORDS = st.text(alphabet='ab":\\{}[], 1.e\n\t\u00e9\u2028\U0001f600', max_size=8)
NUMBERS = st.integers() | st.decimals(-(10**6), 10**6, places=3).map(str).map(Decimal)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
SPELLINGS: list[dict[str, object]] = [
    {"separators": (",", ":")},
    {"indent": 2},
    {"separators": (" , ", " \n: ")},
    {"ensure_ascii": False},
]


def spelled(value: object, how: dict[str, object]) -> bytes:
    """As JSON; a Decimal as the number that it is."""
    text = json.dumps(value, default=lambda number: f"<<{number}>>", **how)  # type: ignore[arg-type]
    return text.replace('"<<', "").replace('>>"', "").encode()


@given(VALUES, st.sampled_from(SPELLINGS))
@example({"a": {'b":': 1}, '"a":': [2, '":']}, SPELLINGS[0])
@example([10**39, -(10**39), 2**64, -(2**63) - 1], SPELLINGS[0])
def test_what_is_sound_is_read_to_the_last_digit(value: object, how: dict[str, object]) -> None:
    read = strict_json(spelled(value, how))
    assert repr(read) == repr(json.loads(spelled(value, how), parse_float=Decimal))


@given(VALUES, st.sampled_from(SPELLINGS), st.data())
def test_nothing_is_read_that_the_standard_library_refuses(
    value: object, how: dict[str, object], data: st.DataObject
) -> None:
    body = bytearray(spelled(value, how))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.integers(0, 2))] = data.draw(st.sampled_from(PIECES))
    try:
        read = strict_json(bytes(body))
    except NotJsonError:
        return
    assert repr(read) == repr(json.loads(bytes(body).decode(), parse_float=Decimal, parse_constant=refused))


PIECES = [
    b"", b'"', b",", b":", b"{", b"}", b"[", b"]", b"\\", b"\x00", b"\x1f", b"\xff", b"\xef\xbb\xbf", b"NaN",
    b"-", b"0", b"1e5", b".5", b"+1", b"\\ud800", b"\\u0022", b'"a":1,"a":2,', b"//", b"Infinity", b"'", b" ",
]  # fmt: skip


def refused(word: str) -> None:
    raise AssertionError(f"{word} was read")


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        '{"a" :1,"a" :2,"b":"\\":\\":"}',
        '[{"a":{"b":1,"\\u0062":2}},"\\":"]',
        '{"a":{"x":"\\":"},"a":1}',
        '{"a" : 1, "x": "\\\\\\":", "a" : 1}',
    ],
)
def test_a_key_that_came_twice_is_seen_however_it_is_spelled(text: str) -> None:
    with pytest.raises(NotJsonError, match="one key twice"):
        strict_json(text.encode())


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"[" + b"9" * 41 + b"]", "a number is too long"),
        (b"[-" + b"9" * 41 + b"]", "a number is too long"),
        (b"[0." + b"9" * 41 + b"]", "a number is too long"),
        (b"[1e41]", "a number is too long"),
        (b"[" * 101 + b"]" * 101, "nested too deeply"),
        (b'{"a":' * 101 + b"1" + b"}" * 101, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'["\\udc00"]', "half a character"),
        (b"[NaN]", "contains NaN"),
        (b"[-Infinity]", "contains -Infinity"),
        (b" \n", "empty"),
        (b"<html>", "a web page"),
        (b'"\xff"', "not UTF-8"),
        (b'{"a":1', "cut off at byte 6"),
    ],
)
def test_what_is_wrong_is_said(body: bytes, why: str) -> None:
    with pytest.raises(NotJsonError, match=why):
        strict_json(body)


@pytest.mark.parametrize(
    "body", [b"[" * 100 + b"]" * 100, b"[-" + b"9" * 40 + b"]", b'["' + b"9" * 41 + b'"]']
)
def test_what_is_just_allowed_is_read(body: bytes) -> None:
    assert strict_json(body) == json.loads(body)
