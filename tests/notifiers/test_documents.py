"""The page about the channels is about these channels."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from agentos_cli.notifiers.catalogue import CHANNELS

PAGE = (Path(__file__).parents[2] / "docs/channels.md").read_text(encoding="utf-8")
PARTS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("kind", CHANNELS)
def test_each_kind_has_its_part_with_every_option_and_no_other(kind: str) -> None:
    rows = re.findall(r"^\| (\*\*)?`(\w+)`(?:\*\*)? \|", PARTS[kind], re.MULTILINE)
    told = {name: bool(bold) for bold, name in rows}
    assert told == {option.name: option.required for option in CHANNELS[kind].options}


def test_each_example_would_be_accepted() -> None:
    lines = re.findall(r"^agentos notify add (?:.*\\\n)*.*", PAGE, re.MULTILINE)
    seen = set()
    for line in lines:
        words = shlex.split(line.replace("\\\n", " "))
        kind = words[words.index("--kind") + 1]
        given = [words[n + 1] for n, word in enumerate(words) if word == "--option"]
        options = dict(each.split("=", 1) for each in given)
        assert CHANNELS[kind].problems(options, secret=CHANNELS[kind].needs_secret) == [], line
        seen.add(kind)
    assert seen == set(CHANNELS)
