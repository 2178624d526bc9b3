"""A source is read in parts: only what changed is read and made anew, what is gone goes, a cut goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from agentos_cli.app import App
from agentos_cli.config.model import Settings, Storage, Syncing
from agentos_cli.store.store import Store
from agentos_cli.sync import SyncOutcome
from agents.nouns import Customer, Subscription, Team
from tests.flows import shop_connector
from tests.flows.shop import NOUNS, Shop
from tests.flows.street import COMPANY, MORNING, at, house

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    made.sells(5)
    with made.open():
        yield made
    shop_connector.between.clear()


@pytest.fixture
def reader(shop: Shop, tmp_path: Path, store_url: str) -> App:
    """A house that is connected to the shop and has read nothing yet, on each database."""
    return shop.connect(house(tmp_path / "reader", MORNING, url=store_url))


def read(made: App, *, full: bool = False, now: datetime = MORNING) -> SyncOutcome:
    (outcome,) = at(made, now).sync(["shop"], force=True, full=full)
    return outcome


def customers(made: App, now: datetime = MORNING) -> dict[str, str]:
    found = made.store.read(now, [Customer]).records[Customer]
    return {one.id: one.name for one in found if isinstance(one, Customer)}


def dies_at(page: int) -> None:
    """Let the feed raise before its page of this number."""
    left = [page]

    def die() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise ConnectionError("cut")

    shop_connector.between[:] = [die]


def test_all_is_read_once_and_then_only_what_has_changed(shop: Shop, reader: App) -> None:
    first = read(reader)
    assert (first.ok, first.how, first.pages, first.records, first.changed) == (True, "whole", 8, 16, 16)
    assert customers(reader)["c00001"] == "Firm 1 (2)"

    shop.asked.clear()
    shop.put("subs", "s00009-0", customer="c00001", plan="p1", amount=5)
    second = read(reader)

    assert shop.asked == ["/changes"]
    assert (second.how, second.records, second.changed) == ("changes", 17, 2)
    assert customers(reader)["c00001"] == "Firm 1 (3)"


def test_what_comes_again_as_it_was_changes_nothing(shop: Shop, reader: App) -> None:
    read(reader)
    shop.put("customers", "c00001", name="Firm 1", seen=7)  # a field that nobody reads

    again = read(reader, now=MORNING + MINUTE)

    assert (again.ok, again.changed) == (True, 0)
    state = reader.store.read(MORNING + MINUTE, ()).sources
    assert {row.synced_at for row in state} == {MORNING + MINUTE}


def test_a_record_that_moves_is_made_where_it_is_now(shop: Shop, reader: App) -> None:
    read(reader)
    shop.put("subs", "s00001-0", customer="c00002", plan="p1", amount=100)

    moved = read(reader)

    assert moved.changed == 3
    assert (customers(reader)["c00001"], customers(reader)["c00002"]) == ("Firm 1 (1)", "Firm 2 (3)")
    subs = reader.store.read(MORNING, [Subscription]).records[Subscription]
    assert next(s for s in subs if s.id == "s00001-0").customer_id == "c00002"  # type: ignore[attr-defined]


def test_when_a_shared_record_changes_all_is_made_anew(shop: Shop, reader: App) -> None:
    read(reader)
    shop.put("plans", "p1", name="Fancy")

    outcome = read(reader)

    assert outcome.changed == 11  # the plan and all ten subscriptions of it
    subs = reader.store.read(MORNING, [Subscription]).records[Subscription]
    assert {item.product for s in subs if isinstance(s, Subscription) for item in s.items} == {"Fancy"}


def test_what_is_told_to_be_gone_is_gone_at_once_and_the_rest_with_the_next_whole_read(
    shop: Shop, reader: App
) -> None:
    read(reader)
    shop.drop("customers", "c00001")
    shop.drop("customers", "c00002", told=False)

    assert read(reader).changed == 1
    assert set(customers(reader)) == {"c00000", "c00002", "c00003", "c00004"}

    later = read(reader, now=MORNING + DAY)
    assert (later.how, later.changed) == ("whole", 1)
    assert set(customers(reader, MORNING + DAY)) == {"c00000", "c00003", "c00004"}
    assert set(customers(reader, MORNING)) >= {"c00002"}, "the past has changed"


@pytest.mark.parametrize("told", [True, False])
def test_nothing_is_left_of_a_group_that_is_gone(shop: Shop, reader: App, told: bool) -> None:
    read(reader)
    shop.drop("customers", "c00001", told=told)
    for sub in ("s00001-0", "s00001-1"):
        shop.drop("subs", sub, told=told)

    assert read(reader, full=not told).changed == 3
    assert (read(reader).records, len(customers(reader))) == (13, 4)


def test_two_groups_may_have_records_of_one_id(shop: Shop, reader: App) -> None:
    shop.put("subs", "c00001", customer="c00002", plan="p1", amount=1)
    read(reader)
    shop.drop("subs", "c00001")
    shop.drop("customers", "c00002")

    assert read(reader).changed == 2
    assert set(customers(reader)) == {"c00000", "c00001", "c00003", "c00004"}
    subs = reader.store.read(MORNING, [Subscription]).records[Subscription]
    assert "c00001" not in {sub.id for sub in subs}


def test_a_whole_read_can_be_asked_for(shop: Shop, reader: App) -> None:
    read(reader)
    shop.drop("customers", "c00002", told=False)

    assert read(reader, full=True).how == "whole"
    assert "c00002" not in customers(reader)


def test_how_often_it_is_read_whole_can_be_set(shop: Shop, tmp_path: Path, store_url: str) -> None:
    syncing = Syncing(full_every=2.0, full_every_of={"shop": 5.0})
    made = house(tmp_path / "set", MORNING, url=store_url)
    object.__setattr__(made.loaded, "settings", Settings("default", COMPANY, Storage(store_url), syncing))
    shop.connect(made)
    hours = (0, 4, 5, 9)
    assert [read(made, now=MORNING + timedelta(hours=h)).how for h in hours] == [
        "whole", "changes", "whole", "changes",
    ]  # fmt: skip


def test_a_brief_does_not_wait_for_a_whole_read_that_takes_too_long(shop: Shop, reader: App) -> None:
    minutes = count()
    slow = replace(reader, clock=lambda: MORNING + next(minutes) * MINUTE)
    assert slow.sync(["shop"], force=True)[0].how == "whole"
    shop.drop("customers", "c00002", told=False)

    def later(days: float, *, patient: bool) -> str | None:
        now = at(reader, MORNING + timedelta(days=days))
        return now.sync(["shop"], force=True, patient=patient)[0].how

    assert later(2, patient=False) == "changes"
    assert later(3, patient=True) == "whole", "`agentos sync` has the time"
    slow = replace(reader, clock=lambda: MORNING + 3 * DAY + next(minutes) * MINUTE)
    slow.sync(["shop"], force=True, full=True)
    assert [later(days, patient=False) for days in (5, 9, 10.5)] == ["changes", "changes", "whole"]


def test_a_vendor_that_has_forgotten_is_read_whole(shop: Shop, reader: App) -> None:
    read(reader)
    shop.drop("customers", "c00002", told=False)
    shop.forgetful = True

    outcome = read(reader)

    assert (outcome.ok, outcome.how) == (True, "whole")
    assert "c00002" not in customers(reader)


def test_a_read_that_was_cut_goes_on_behind_its_last_page(shop: Shop, reader: App) -> None:
    dies_at(4)
    cut = read(reader)
    assert (cut.ok, cut.records) == (False, 0)
    assert "cut" in str(cut.problem)
    assert customers(reader) == {}, "half of a first read was shown"

    shop_connector.between.clear()
    shop.asked.clear()
    rest = read(reader)

    assert (rest.ok, rest.how, rest.records) == (True, "resumed", 16)
    assert shop.asked.count("/list") == 4  # of seven


def test_a_cursor_that_the_vendor_refuses_now_is_not_tried_for_ever(shop: Shop, reader: App) -> None:
    dies_at(3)
    read(reader)
    shop_connector.between.clear()
    shop.strange = "c00002"

    again = read(reader)
    assert not again.ok, "a vendor that refuses its own cursors has to be told"

    shop.size = 10
    assert (read(reader).how, len(customers(reader))) == ("whole", 5)


def test_one_that_was_cut_a_day_ago_starts_anew(shop: Shop, reader: App) -> None:
    dies_at(4)
    read(reader)
    shop_connector.between.clear()

    later = read(reader, now=MORNING + DAY)

    assert (later.how, later.pages) == ("whole", 8)


def test_what_changes_while_it_is_read_is_not_lost(shop: Shop, reader: App) -> None:
    dies_at(6)
    read(reader)
    shop_connector.between.clear()
    shop.put("customers", "c00000", name="Renamed")  # on a page that was read already
    shop.drop("customers", "c00001")

    assert read(reader).how == "resumed"

    assert customers(reader)["c00000"] == "Renamed (2)"
    assert "c00001" not in customers(reader)


def test_one_that_cannot_be_read_is_told_until_it_can(shop: Shop, reader: App) -> None:
    read(reader)
    shop.put("subs", "s00001-0", customer="c00001", plan="p1", amount="much")
    assert read(reader).skipped == 1
    assert [(s.kind, s.where) for _, s in reader.store.skipped()] == [("subscription", "s00001-0")]
    row = next(r for r in reader.store.read(MORNING, ()).sources if r.kind == "subscription")
    assert row.partial == 1

    shop.put("customers", "c00003", name="Another")
    assert read(reader).skipped == 1, "it is told no more, and is as unreadable as before"

    shop.put("subs", "s00001-0", customer="c00001", plan="p1", amount=1)
    assert read(reader).skipped == 0
    assert reader.store.skipped() == ()


def test_records_without_an_id_are_counted_and_told(shop: Shop, reader: App) -> None:
    shop.lists["customers"]["c1"] = {"id": None, "name": "Nobody"}
    shop.lists["customers"]["c2"] = ["no", "object"]  # type: ignore[assignment]
    shop.lists["customers"]["c3"] = {"id": 7, "name": "Seven"}

    outcome = read(reader)

    assert (outcome.ok, outcome.skipped) == (True, 3)  # `7` is kept, and then is no id to this connector
    whys = {s.where.split()[0]: s.why for _, s in reader.store.skipped()}
    assert whys["customers"] in {"its id is no id", "it is no object but a list"}
    assert read(reader, full=True).skipped == 3, "they are told twice"


def test_a_kind_of_which_nothing_can_be_read_keeps_what_was_known(shop: Shop, reader: App) -> None:
    read(reader)
    for name, raw in shop.lists["subs"].items():
        shop.put("subs", name, **{**raw, "amount": "much", "id": name})
    shop.put("customers", "c00000", name="Renamed")

    refused = read(reader)

    assert not refused.ok
    assert "none of 10 subscription records could be read" in str(refused.problem)
    assert customers(reader)["c00000"] == "Firm 0 (2)", "half of it was published"

    for name in list(shop.lists["subs"]):
        shop.put("subs", name, customer="c00000", plan="p1", amount=1)
    mended = read(reader)
    assert mended.ok, mended.problem
    assert customers(reader)["c00000"] == "Renamed (10)"


def test_revenue_is_worked_out_from_what_came_in_parts(shop: Shop, reader: App) -> None:
    read(reader)
    shop.put("subs", "s00001-0", customer="c00002", plan="p1", amount=250)
    shop.drop("subs", "s00002-0")
    read(reader, now=MORNING + MINUTE)

    assert all(finding.ok for finding in reader.store.check())
    packed = reader.store.read(MORNING + MINUTE, [Subscription], many=1).packed
    assert packed is not None
    assert len(packed) == 5


def test_numbers_are_kept_to_the_last_digit(shop: Shop, reader: App) -> None:
    amounts = [0.1, 1234567890.123456, 7, "12.50", 1e-7, 10**14]
    for number, amount in enumerate(amounts):
        shop.put("subs", f"n{number}", customer="c00001", plan="p1", amount=amount)
    read(reader)

    subs = reader.store.read(MORNING, [Subscription]).records[Subscription]
    found = [s.items[0].amount for s in subs if isinstance(s, Subscription) and s.id.startswith("n")]
    assert found == [Decimal(str(amount)) for amount in amounts]


def test_another_connection_is_read_from_the_start(shop: Shop, reader: App) -> None:
    read(reader)
    other = Shop()
    other.sells(1)
    with other.open():
        other.connect(reader)
        outcome = read(reader)

    assert (outcome.how, outcome.records) == ("whole", 4)
    assert set(customers(reader)) == {"c00000"}


def test_one_that_is_disconnected_leaves_no_raw_records(shop: Shop, reader: App) -> None:
    read(reader)
    with reader.store.unit_of_work() as work:
        work.connections.remove("shop", MORNING)
        work.commit()

    with reader.store.staging("shop") as staging:
        assert (staging.shared(), list(staging.chunks(None)), staging.cursors()) == ([], [], {})
    assert customers(reader)
    shop.connect(reader)
    shop.drop("customers", "c00001")
    assert (read(reader).changed, "c00001" in customers(reader)) == (1, False)


def test_other_tenants_see_nothing_and_have_their_own(shop: Shop, reader: App, store_url: str) -> None:
    read(reader)
    other = house(reader.places.state, MORNING, url=store_url, tenant="other")
    assert customers(other) == {}
    shop.drop("customers", "c00001")
    shop.connect(other)

    assert read(other).records == 15
    assert read(reader).records == 15
    with Store(store_url, "third").staging("shop") as staging:
        assert (staging.shared(), list(staging.chunks(None)), staging.cursors()) == ([], [], {})
        assert staging.progress().round == 0


def test_a_read_that_runs_out_of_time_goes_on_at_the_next_sync(
    shop: Shop, tmp_path: Path, store_url: str
) -> None:
    made = shop.connect(house(tmp_path / "late", MORNING, url=store_url, deadline=2.0))
    pause = iter([0.0, 0.0, 2.2])

    def slow() -> None:
        from time import sleep

        sleep(next(pause, 0.0))

    shop_connector.between[:] = [slow]
    late = read(made)

    assert (late.ok, late.exit_code, late.how) == (False, 75, "whole")
    assert str(late.problem).endswith("records so far; it goes on at the next sync")
    assert customers(made) == {}
    assert made.desk.brief()["blind_spots"]
    rest = read(made)
    assert (rest.ok, rest.how, rest.records) == (True, "resumed", 16)
    assert made.store.breaker("shop").peek() is not None


def test_nouns_of_an_earlier_kind_of_reading_are_taken_over(
    shop: Shop, reader: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Customer("shop", "c00001", None, "Firm 1 (2)", None, shop_connector.SINCE)
    lost = Team("shop", "gone", "No more")
    with reader.store.unit_of_work() as work:
        work.records.replace("shop", Customer, [old], MORNING - DAY)
        work.records.replace("shop", Team, [lost], MORNING - DAY)
        work.commit()

    outcome = read(reader)

    assert (outcome.records, outcome.changed) == (16, 16)  # all but one are new, and one is gone
    found = reader.store.read(MORNING, NOUNS).records
    assert [team.id for team in found[Team]] == ["p1"]
    assert len(found[Customer]) == 5
