"""After a backup was restored: what may have been sent since is in doubt where it would count twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from agentos_cli.clock import utc_now
from agentos_cli.store.outbox import State
from agentos_cli.store.store import Store
from tests.bus.bench import LEASE, LOG, SLACK, happened
from tests.store.samples import NOW


@pytest.fixture
def store(sqlite_store_url: str) -> Store:
    return Store(sqlite_store_url, "alice")


def test_what_a_backup_had_on_its_way_is_sent_again_only_where_that_counts_once(
    store: Store, tmp_path: Path
) -> None:
    charlie = Store(f"sqlite:///{tmp_path / 'state' / 'agentos.db'}", "charlie")
    for house in (store, charlie):
        with house.outbox() as outbox:
            outbox.subscribe(LOG, NOW)
            outbox.subscribe(SLACK, NOW)
            outbox.announce(*(happened(f"a{n}", n) for n in range(4)))
            outbox.done(outbox.claim("slack", NOW, owner="me", seconds=LEASE), NOW)
            outbox.claim("slack", NOW, owner="me", seconds=LEASE)
            outbox.hold(outbox.claim("slack", NOW, owner="me", seconds=LEASE), NOW + timedelta(hours=8))
            outbox.claim("log", NOW, owner="me", seconds=LEASE, limit=2)
    store.backup(tmp_path / "copy.db")
    with store.outbox() as outbox:  # all of it is sent, and more happens
        outbox.done(outbox.claim("slack", NOW, owner="me", seconds=LEASE, limit=9), NOW)
        outbox.announce(happened("b", 9))
    store.restore(tmp_path / "copy.db")

    later = max(NOW, utc_now()) + timedelta(days=1)
    for house in (store, charlie):
        with house.outbox() as outbox:
            assert outbox.claim("slack", later, owner="me", seconds=LEASE, limit=9) == []
            assert not outbox.sweep(later)
            again = outbox.claim("log", later, owner="me", seconds=LEASE, limit=9)
        assert [d.event.payload["number"] for d in again] == [0, 1, 2, 3]
        doubts = house.event_log().deliveries(states=[State.IN_DOUBT])
        assert [d.event.payload["number"] for d in doubts] == [3, 2, 1]
        assert {d.note for d in doubts} == {
            "a backup was restored: it may have been sent since that was made"
        }
        assert house.event_log().counts()["slack"] == {"done": 1, "in_doubt": 3}


def test_what_is_announced_after_a_restore_goes_out(store: Store, tmp_path: Path) -> None:
    with store.outbox() as outbox:
        outbox.subscribe(SLACK, NOW)
    store.backup(tmp_path / "copy.db")
    store.restore(tmp_path / "copy.db")
    with store.outbox() as outbox:
        outbox.announce(happened("a", 1))
        assert len(outbox.claim("slack", NOW, owner="me", seconds=LEASE)) == 1
    left = {path.name for path in (tmp_path / "state").iterdir()}
    assert not {name for name in left if ".part" in name}
