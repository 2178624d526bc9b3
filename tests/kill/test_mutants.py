"""The killer sees: each of these bugs, planted in a step of the worker, is found within 600 kills."""

from __future__ import annotations

import re

import pytest

from tests.kill.mutants import WORKERS
from tests.kill.runs import KILLS, killed

FOUND = {
    "TwoCommits": r"change \S+ has no event",
    "MarkedBeforeSent": r"event \S+ is done and was never sent",
    "FreshKey": r"event \S+ took effect twice",
    "LeaseWithoutFence": r"claim \d+ on \S+ had run out for claim \d+, and finished it",
    "AcknowledgedBeforeCommit": r"change \S+ was acknowledged and is lost",
    "ReplacedAtTheReceiver": r"event \S+ took effect twice",
    "ReplacedInTheOutbox": r"delivery \d+ has no event|a worker ended by itself: (?s:.*)KeyError: \d+",
    "SentAgainInDoubt": r"event \S+ was sent twice to who does not confirm",
}
"""By bug, how it shows. One shows in two ways: in the books, or else the next worker trips over it."""


def test_every_planted_bug_is_looked_for() -> None:
    assert FOUND.keys() == WORKERS.keys() - {"Worker", "Unconfirmed"}


@pytest.mark.parametrize("bug", FOUND)
def test_a_planted_bug_is_caught(bug: str) -> None:
    pauses = ("--pauses", "3") if bug == "LeaseWithoutFence" else ()
    report = killed(bug, *pauses)
    assert any(re.fullmatch(FOUND[bug], line) for line in report["problems"]), report
    assert 0 < report["kills"] <= KILLS, report
