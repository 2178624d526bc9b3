"""The packed history is what the subscriptions come to, whatever was written when, and however made."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentos_cli.recurring.columns import Columns
from agentos_cli.recurring.layout import Packed
from agentos_cli.store.history import RevenueHistory
from agentos_cli.store.link import Database, transaction
from agentos_cli.store.migrate import scripts, upgrade
from agentos_cli.store.sqlite import SqliteFile
from agentos_cli.store.store import Store
from agents.finance.recurring import History
from agents.nouns import Subscription
from tests.agents.build import discount, subscription
from tests.store.samples import LATER, NOW, SUBSCRIPTION

AGES = [NOW - timedelta(days=days) for days in (400, 200, 90, 30, 1)] + [NOW, LATER]


def keep(store: Store, versions: Sequence[Subscription], at: datetime = NOW, source: str = "stripe") -> None:
    with store.unit_of_work() as work:
        work.records.replace(source, Subscription, versions, at)
        work.commit()


def kept(store: Store) -> list[Packed]:
    with transaction(store._database) as link:
        return sorted(RevenueHistory(link, store.tenant).all(), key=repr)


def made(store: Store) -> list[Packed]:
    """The history as it would be if all of it were made anew; the store stays as it is."""
    found: list[Packed] = []
    with transaction(store._database, write=True) as link:
        history = RevenueHistory(link, store.tenant)
        for source in ("stripe", "files"):
            history.make(source)
        found = sorted(history.all(), key=repr)
        link.run("DELETE FROM revenue_history WHERE tenant_id = ?", "nobody")
    return found


def same_figures(store: Store, at: datetime) -> bool:
    """Whether columns say of a past morning what its subscriptions say."""
    known = store.read(at, (Subscription,), 1)
    records = store.read(at, (Subscription,)).records[Subscription]
    found = [one for one in records if isinstance(one, Subscription)]
    if known.packed is None:  # a source of which nobody ever saw anything has no history
        return known.records[Subscription] == records
    columns, history = Columns.of(known.packed, at), History.of(found)
    return all(
        columns.book(then, lambda money: money) == history.book(then, lambda money: money)
        and columns.lines(then) == history.lines(then)
        for then in AGES
    )


def test_what_is_read_is_what_was_written(store: Store) -> None:
    keep(store, [SUBSCRIPTION, subscription("s2", account="ü.com", currency="EUR")])
    keep(
        store,
        [subscription("s3", source="files", discounts=(discount(percent=9, ends_at=NOW),))],
        source="files",
    )
    known = store.read(NOW, (Subscription,), 1)
    assert known.packed is not None and Subscription not in known.records
    assert [(one.source, one.customer, one.currency) for one in kept(store)] == [
        ("files", "files:customer:cus_s3", "USD"),
        ("stripe", "stripe:customer:cus_1", "EUR"),
        ("stripe", "ü.com", "EUR"),
    ]
    assert same_figures(store, NOW)


def test_few_subscriptions_are_read_themselves(store: Store) -> None:
    keep(store, [SUBSCRIPTION])
    known = store.read(NOW, (Subscription,), 2)
    assert known.packed is None and known.records[Subscription] == (SUBSCRIPTION,)


def test_only_what_changed_is_written_and_a_past_morning_stays(store: Store) -> None:
    before = [subscription("a", 10, account="a.com"), subscription("b", 10, account="b.com")]
    keep(store, before)
    keep(store, [before[0], replace(before[1], items=subscription("b", 99).items)], LATER)
    assert kept(store) == made(store)
    for at, mrr in ((NOW, 1000), (LATER, 9900)):
        known = store.read(at, (Subscription,), 1).packed
        assert known is not None
        assert Columns.of(known, at).book(at, lambda money: money).amounts == {"a.com": 1000, "b.com": mrr}


def test_a_record_that_cannot_be_kept_is_refused_by_its_name(store: Store) -> None:
    from agentos_cli.errors import DataProblem

    with pytest.raises(DataProblem, match="stripe:subscription:huge"):
        keep(store, [subscription("huge", 10**18)])
    assert kept(store) == []


# Each write: what the source says then, and when. The clock may have gone back.
WRITES = st.lists(
    st.tuples(
        st.sampled_from(AGES),
        st.sampled_from(["stripe", "files"]),
        st.dictionaries(
            st.sampled_from(["s1", "s2", "s3"]),
            st.tuples(
                st.sampled_from(["a.com", "b.com", None]),
                st.sampled_from(["USD", "EUR"]),
                st.integers(0, 50),
                st.sampled_from(["active", "past_due", "trialing"]),
                st.sampled_from([None, *AGES[:3]]),
            ),
        ),
    ),
    max_size=7,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WRITES)
def test_whatever_is_written_when_the_history_is_what_the_subscriptions_come_to(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory,
    writes: list[tuple[datetime, str, dict[str, tuple[str | None, str, int, str, datetime | None]]]],
) -> None:  # fmt: skip
    path = tmp_path_factory.mktemp("store") / "agentos.db"
    path.write_bytes(migrated_file.read_bytes())
    store = Store(f"sqlite:///{path}", "alice")
    for at, source, said in writes:
        keep(store, [
            subscription(
                key, price, account=who, customer_id="c", currency=code, status=status, source=source,
                discounts=(discount(percent=50, ends_at=ends),) if ends else (),
                valid_from=AGES[0], valid_to=ends,
            )
            for key, (who, code, price, status, ends) in said.items()
        ], at, source)  # fmt: skip
    assert kept(store) == made(store)
    assert all(finding.ok for finding in store.check())
    assert all(same_figures(store, at) for at in AGES)


# ── a store from before there was a history ──────────────────────────────────────────────────────


def from_before(database: Database, tmp_path: Path) -> None:
    """A store of the first release, with subscriptions in it."""
    from alembic import command
    from alembic.config import Config

    from agentos_cli.store.engine import engine

    assert isinstance(database, SqliteFile)
    database.create()
    config = Config()
    config.set_main_option("script_location", str(scripts()))
    with engine(database).connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")


def test_a_store_of_the_first_release_reads_the_same_figures_after_its_upgrade(
    sqlite_url: str, sqlite_store_url: str, tmp_path: Path
) -> None:
    """Its subscriptions are copied as rows: what wrote them knew of no history."""
    versions = [
        subscription(f"s{n}", 10 + n, account=f"{n % 3}.com", valid_from=AGES[n % 3]) for n in range(9)
    ]
    new = Store(sqlite_store_url, "alice")
    keep(new, versions)
    keep(new, versions[:7], LATER)
    old = SqliteFile(tmp_path / "old" / "agentos.db", "alice")
    from_before(old, tmp_path)
    with closing(sqlite3.connect(old.path)) as connection:
        connection.execute("ATTACH ? AS new", (sqlite_store_url.removeprefix("sqlite:///"),))
        connection.execute("INSERT INTO subscription SELECT * FROM new.subscription")
        connection.commit()
    store = Store(f"sqlite:///{old.path}", "alice")
    assert store.check_schema() == "older"
    upgrade(old)
    assert store.read(NOW, (Subscription,), 1).packed is None  # until it is made, the records are read
    assert [f.fix for f in store.check() if not f.ok] == ["agentos db upgrade"]
    store.upgrade()
    assert kept(store) == kept(new) != []
    assert all(finding.ok for finding in store.check()) and same_figures(store, NOW)


def test_the_next_write_makes_a_history_that_is_missing(store: Store) -> None:
    keep(store, [subscription("a", 10, account="a.com")])
    with transaction(store._database, write=True) as link:
        link.run("DELETE FROM revenue_history WHERE tenant_id = ?", "alice")
    keep(store, [subscription("a", 10, account="a.com")], LATER)
    assert kept(store) == made(store) != []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE revenue_history SET layout = 0",
        "UPDATE revenue_history SET customer = 'c.com' WHERE customer = 'a.com'",
        "UPDATE revenue_history SET ids = spans WHERE customer = 'a.com'",
        "UPDATE revenue_history SET spans = ids WHERE customer = 'a.com'",
        "DELETE FROM revenue_history",
    ],
)
def test_the_check_finds_a_history_that_is_not_right_and_upgrade_mends_it(store: Store, damage: str) -> None:
    keep(store, [subscription("a", 10, account="a.com"), subscription("b", 10, account="b.com")])
    right = kept(store)
    with transaction(store._database, write=True) as link:
        link.run(damage)
    assert [(f.name, f.fix) for f in store.check() if not f.ok] == [("revenue history", "agentos db upgrade")]
    store.upgrade()
    assert kept(store) == right and all(finding.ok for finding in store.check())


def test_another_tenant_sees_nothing_of_it(store_url: str) -> None:
    alice, bob = Store(store_url, "alice"), Store(store_url, "bob")
    keep(alice, [SUBSCRIPTION])
    assert kept(bob) == [] and bob.read(NOW, (Subscription,), 1).packed is None
