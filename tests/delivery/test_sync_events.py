"""A sync announces what is new, in the transaction that keeps it, and never the same twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agentos_cli.app import App
from tests.flows.street import MORNING, Street, at, house, small_world

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def _street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    street = Street.of(small_world(MORNING), tmp_path_factory.mktemp("files"))
    with street.server:
        yield street


@pytest.fixture
def street(_street: Street) -> Iterator[Street]:
    """The vendors at `MORNING`, in good health again after each test."""
    _street.quiet()
    yield _street
    _street.quiet()


def told(made: App) -> list[tuple[str, dict[str, Any]]]:
    return [(event.type, dict(event.payload)) for event in made.store.event_log().events()]


def types(made: App) -> list[str]:
    return [kind for kind, _ in told(made)]


@pytest.mark.parametrize("source", ["stripe", "files"])
def test_what_is_new_is_announced_and_what_is_not_is_not(street: Street, tmp_path: Path, source: str) -> None:
    made = street.connect(house(tmp_path, MORNING), source)
    (outcome,) = made.sync(None, force=True)
    ((kind, payload),) = told(made)
    assert kind == "SourceSynced"
    assert payload == {
        "source": source,
        "records": outcome.records,
        "changed": outcome.changed,
        "skipped": outcome.skipped,
    }
    assert outcome.changed > 0
    (again,) = at(made, MORNING + HOUR).sync(None, force=True)
    assert again.ok and len(told(made)) == 1


def test_a_failure_is_announced_when_it_begins_and_its_end_when_it_ends(
    street: Street, tmp_path: Path
) -> None:
    made = street.connect(house(tmp_path, MORNING), "stripe")
    made.sync(None, force=True)
    street.order("stripe=status:503")
    for hour in range(1, 6):  # from the third on the breaker lets nothing through
        (outcome,) = at(made, MORNING + hour * HOUR).sync(None, force=True)
        assert not outcome.ok
    assert types(made) == ["SourceSynced", "SourceFailed"]
    _, payload = told(made)[-1]
    assert payload["source"] == "stripe" and "503" in payload["problem"]
    assert payload["fix"] == "agentos connectors test stripe"

    street.quiet()
    made.store.breaker("stripe").clear()
    (back,) = at(made, MORNING + 7 * HOUR).sync(None, force=True)
    assert back.ok and back.changed == 0
    assert types(made) == ["SourceSynced", "SourceFailed", "SourceSynced"]


def test_a_source_that_begins_to_need_a_person_says_so_once(street: Street, tmp_path: Path) -> None:
    made = street.connect(house(tmp_path, MORNING), "stripe")
    for hour, fault in enumerate(("503", "401", "401", "503", "401")):
        street.order(f"stripe=status:{fault}")
        made.store.breaker("stripe").clear()
        at(made, MORNING + hour * HOUR).sync(None, force=True)
    problems = [payload["problem"] for _, payload in told(made)]
    assert types(made) == ["SourceFailed", "SourceFailed"]
    assert "503" in problems[0] and "503" not in problems[1]
