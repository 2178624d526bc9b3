"""JSON as people write it, and as nobody should."""

from __future__ import annotations

import pytest

from agentos_cli.importers.source.home import Unreadable
from agentos_cli.importers.source.lenient import DEEPEST, parse
from tests.importers.eras import SETTINGS


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, null, true, "ü"]}', {"a": [1, 2.5, None, True, "ü"]}),
        ("{a: 1, // why\n 'b': \"x\", /* and */ c: [1, 2,],}", {"a": 1, "b": "x", "c": [1, 2]}),
        ("[0x1F, .5, +3, 1e3]", [31, 0.5, 3, 1000.0]),
        ("['a\\\nb', '\\x41']", ["ab", "A"]),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ("{a: 1, a: 2,}", {"a": 2}),
        ('{"__proto__": {"x": 1}, "": 0}', {"__proto__": {"x": 1}, "": 0}),
        ('"\\ud83e\\udd90"', "🦐"),
        ("{t: '\\ud83e\\udd90'}", {"t": "🦐"}),
        ("[" * DEEPEST + "]" * DEEPEST, None),
    ],
)
def test_what_people_write_is_read(text: str, value: object) -> None:
    read = parse(text, "state/clawdbot.json")
    assert read == value or value is None


def test_settings_by_hand_are_read() -> None:
    read = parse(SETTINGS, "state/clawdbot.json")
    assert isinstance(read, dict)
    assert read["agents"]["list"][1]["id"] == "ops" and read["meta"]["lastTouchedVersion"] == "2026.1.24-3"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        (" \n\t ", "is empty"),
        ("// only a remark", "line 1: is cut off"),
        ('{"a": 1,\n "b": [1, 2', "is cut off"),
        ('{"a": 1,\n\n "b" 2}', "line 3: is not JSON"),
        ('{"a": 1}\n{"a": 2}', "line 2: something stands behind the end"),
        ("[NaN]", "holds NaN or Infinity"),
        ("{a: -Infinity}", "holds NaN or Infinity"),
        ('{"a": "\\ud800"}', "line 1"),
        ('{"a": "\ud800"}', "half a character"),
        ('{"\ud800": 1}', "half a character"),
        ("9" * 5000, "line 1"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
        ("{a:" * 100_000, "nested too deeply"),
        ("[" * 5_000_000, "nested too deeply"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "nested too deeply"),
        ('"' + "x" * 16_000_000 + '"', "is larger than 16 MB"),
    ],
    ids=range(19),
)
def test_what_cannot_be_kept_is_refused_in_one_line(text: str, why: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parse(text, "state/clawdbot.json")
    assert refused.value.what.startswith("state/clawdbot.json: ") and why in refused.value.what
    assert "\n" not in refused.value.what and len(refused.value.what) < 120


def test_nothing_that_was_read_leaves_with_the_refusal() -> None:
    with pytest.raises(Unreadable) as refused:
        parse('{"apiKey": "sk-ant-invented-key-0099", oops', "state/clawdbot.json")
    problem: BaseException | None = refused.value
    while problem:
        assert "0099" not in repr(problem) and "0099" not in repr(problem.args)
        problem = problem.__cause__ or problem.__context__
