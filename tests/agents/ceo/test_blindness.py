"""What could not be seen: one line per source and trouble, with its agents, its age and its cure."""

from __future__ import annotations

from datetime import datetime, timedelta

from agents.briefing import BlindSpot
from agents.ceo import brief
from agents.nouns import NOUNS
from agents.snapshot import SourceState
from tests.agents.build import AS_OF, ago, snapshot
from tests.agents.ceo.desk import healthy

HOUR = timedelta(hours=1)
REST = SourceState("rest", tuple(noun.kind for noun in NOUNS), ago(hours=0.1), HOUR)


def state(
    kind: str,
    synced_at: datetime | None = AS_OF,
    problem: str | None = None,
    fix: str | None = None,
    partial: int = 0,
    source: str = "stripe",
) -> SourceState:
    return SourceState(source, (kind,), synced_at, HOUR, problem, fix, partial)


def spots(*states: SourceState) -> tuple[BlindSpot, ...]:
    return brief(snapshot(sources=(REST, *states)), healthy()).blind_spots


def test_fresh_and_whole_sources_are_no_blind_spots() -> None:
    assert spots(state("deal"), state("invoice", ago(hours=0.9))) == ()


def test_a_failing_source_is_one_line_with_its_oldest_part() -> None:
    (spot,) = spots(
        state("invoice", ago(hours=3), "key expired", "agentos connect stripe"),
        state("payment", ago(hours=24), "key expired", "agentos connect stripe"),
    )
    assert (spot.source, spot.since, spot.why) == ("stripe", ago(hours=24), "key expired")
    assert spot.fix == "agentos connect stripe"
    assert spot.agents[0] == "finance"


def test_a_failing_source_is_told_although_its_data_is_still_young() -> None:
    assert [spot.why for spot in spots(state("invoice", AS_OF, "503 Service Unavailable"))] == [
        "503 Service Unavailable"
    ]


def test_a_late_source_without_an_error_is_to_be_synced() -> None:
    (spot,) = spots(state("deal", ago(hours=2), source="hubspot"))
    assert (spot.why, spot.fix, spot.since) == ("no newer sync", "agentos sync hubspot", ago(hours=2))
    assert "sales" in spot.agents


def test_a_source_that_was_never_read_is_to_be_connected() -> None:
    (spot,) = spots(state("issue", None, source="linear"))
    assert (spot.why, spot.fix, spot.since) == ("never read", "agentos connect linear", None)
    assert "ops" in spot.agents


def test_unreadable_records_are_counted_over_the_source() -> None:
    (spot,) = spots(state("invoice", partial=2), state("payment", partial=1))
    assert (spot.why, spot.partial) == ("3 records could not be read", 3)
    assert spot.fix == "agentos connectors skipped stripe"


def test_data_that_is_late_too_is_late_first() -> None:
    (spot,) = spots(state("invoice", ago(hours=2), partial=2))
    assert (spot.why, spot.partial) == ("2 records could not be read", 0)
    assert spot.fix == "agentos sync stripe"


def test_a_source_half_missing_and_half_stale_is_told_as_both_the_news_first() -> None:
    both = spots(state("absence", ago(hours=2), source="files"), state("role", None, source="files"))
    assert [(spot.why, spot.since) for spot in both] == [
        ("no newer sync (absence)", ago(hours=2)),
        ("never read (role)", None),
    ]


def test_the_order_does_not_depend_on_the_order_of_the_sources() -> None:
    states = [
        state("deal", None, source="hubspot"),
        state("issue", ago(hours=9), source="linear"),
        state("invoice", None),
        state("role", partial=1, source="files"),
    ]
    assert spots(*states) == spots(*reversed(states))
    assert [spot.source for spot in spots(*states)] == ["linear", "hubspot", "stripe", "files"]


def test_needs_that_no_source_brings_are_one_line() -> None:
    (spot, *rest) = brief(snapshot(sources=(state("invoice"),)), healthy()).blind_spots
    assert rest == []
    assert (spot.source, spot.fix) == ("not connected", "agentos connectors list")
    assert "deal" in spot.why
    assert "sales" in spot.agents
