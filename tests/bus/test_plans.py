"""What is done all the time does not look at every delivery there ever was."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from agentos_cli.store import event_log, outbox

STATEMENTS = {
    "pick": outbox.PICK,
    "before": outbox.BEFORE.format(aggregates="?, ?", numbers="?, ?"),
    "take": outbox.TAKE.format(numbers="?, ?"),
    "finish": outbox.FINISH.format(numbers="?, ?", pairs="(?, ?), (?, ?)"),
    "put back": outbox.PUT_BACK.format(numbers="?, ?", pairs="(?, ?), (?, ?)"),
    "note": outbox.PUT_ATTEMPT,
    "old": event_log.OLD,
    "give up": event_log.GIVE_UP,
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_deliveries_are_found_by_their_whole_key_or_among_the_open_ones(
    name: str, sqlite_store_url: str
) -> None:
    sql = STATEMENTS[name]
    with closing(sqlite3.connect(sqlite_store_url.removeprefix("sqlite:///"))) as connection:
        steps = connection.execute(f"EXPLAIN QUERY PLAN {sql}", ["x"] * sql.count("?")).fetchall()
    looked = [step[3] for step in steps if "delivery" in step[3]]
    assert looked
    for step in looked:
        assert any(found in step for found in ("ix_delivery_o", "ix_delivery_tried", "number=?")), step
