"""What the store promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from agentos_cli.contract import Connection, Skipped
from agentos_cli.errors import DataProblem, UsageProblem
from agentos_cli.store.records import Changes, EnergyRow, SavedBriefing, SourceRow
from agentos_cli.store.schema import SchemaState
from agentos_cli.store.store import Store
from agentos_cli.telemetry import RunRecord
from agents.money import Money
from agents.nouns import NOUNS, Customer, Invoice, Noun, Payment
from agents.snapshot import Goal, Task
from tests.store.samples import EVERY, LATER, NAME, NOW, TODAY, invoice

BEFORE = NOW - timedelta(microseconds=1)


def put(store: Store, records: Sequence[Noun], at: datetime, noun: type[Noun] = Invoice) -> Changes:
    with store.unit_of_work() as work:
        changes = work.records.replace("stripe", noun, records, at)
        work.commit()
    return changes


def invoices(store: Store, at: datetime) -> tuple[Noun, ...]:
    return store.read(at, [Invoice]).records[Invoice]


def test_every_noun_comes_back_as_it_was(store: Store) -> None:
    with store.unit_of_work() as work:
        for record in EVERY:
            work.records.replace(record.source, type(record), [record], NOW)
        work.commit()
    known = store.read(NOW, NOUNS)
    assert known.records == {type(record): (record,) for record in EVERY}
    assert repr(known.records) == repr({type(record): (record,) for record in EVERY})


def test_what_is_missing_was_never_there(store: Store) -> None:
    known = store.read(NOW, [Invoice])
    assert (known.records, known.sources, known.goals, known.tasks) == ({Invoice: ()}, (), (), ())
    assert known.energy is None and known.muted == frozenset()
    assert store.last_briefing() is None and store.runs() == () and store.connections() == ()


def test_records_come_ordered_by_source_and_id_whatever_the_collation(store: Store) -> None:
    names = ["a", "B", "Z", "ä", "_", "10", "9", "🦉", "\uffff"]
    put(store, [invoice(name) for name in names], NOW)
    assert [record.id for record in invoices(store, NOW)] == sorted(names)


def test_any_past_morning_can_be_read_again(store: Store) -> None:
    one, two, three = invoice("in_1"), invoice("in_2"), invoice("in_3")
    paid = replace(two, status="paid")
    assert put(store, [one, two], NOW) == Changes(added=2, changed=0, removed=0, same=0)
    assert put(store, [one, paid, three], LATER) == Changes(added=1, changed=1, removed=0, same=1)
    evening = LATER + timedelta(hours=9)
    assert put(store, [three], evening) == Changes(added=0, changed=0, removed=2, same=1)
    assert invoices(store, BEFORE) == ()
    assert invoices(store, NOW) == (one, two)
    assert invoices(store, LATER - timedelta(microseconds=1)) == (one, two)
    assert invoices(store, LATER) == (one, paid, three)
    assert invoices(store, evening) == (three,)


def test_a_record_that_went_and_came_back_is_there_again(store: Store) -> None:
    one = invoice("in_1")
    for hours, records in enumerate(([one], [], [one])):
        put(store, records, NOW + timedelta(hours=hours))
    seen = [len(invoices(store, NOW + timedelta(hours=hours))) for hours in range(3)]
    assert seen == [1, 0, 1]


def test_a_second_sync_at_the_same_instant_wins(store: Store) -> None:
    put(store, [invoice("in_1"), invoice("in_2")], NOW)
    paid = invoice("in_1", status="paid")
    assert put(store, [paid], NOW) == Changes(added=0, changed=1, removed=1, same=0)
    assert invoices(store, NOW) == (paid,)


def test_after_the_clock_went_back_the_newer_sync_is_right(store: Store) -> None:
    old, wrong, right = invoice("in_1"), invoice("in_1", status="void"), invoice("in_1", status="paid")
    put(store, [old], NOW)
    put(store, [wrong], NOW + timedelta(days=3))
    put(store, [right], LATER)
    assert invoices(store, NOW) == (old,)
    for later in (LATER, NOW + timedelta(days=3), NOW + timedelta(days=9)):
        assert invoices(store, later) == (right,)
    assert put(store, [right], LATER + timedelta(hours=1)).same == 1


def test_other_sources_and_nouns_are_left_alone(store: Store) -> None:
    customer = Customer("stripe", "in_1", None, "A", None, NOW)
    put(store, [customer], NOW, Customer)
    put(store, [invoice("in_1")], NOW)
    with store.unit_of_work() as work:
        work.records.replace("files", Invoice, [invoice("in_1", source="files")], NOW)
        work.commit()
    put(store, [], LATER)
    known = store.read(LATER, [Customer, Invoice])
    assert known.records == {Customer: (customer,), Invoice: (invoice("in_1", source="files"),)}


def test_of_two_records_with_one_id_the_later_counts(store: Store) -> None:
    put(store, [invoice("in_1"), invoice("in_1", status="paid")], NOW)
    assert invoices(store, NOW) == (invoice("in_1", status="paid"),)


def test_text_that_no_database_holds_is_made_safe_the_same_way(store: Store) -> None:
    put(store, [Customer("stripe", "c", None, "a\0b\ud800c", None, NOW)], NOW, Customer)
    assert store.read(NOW, [Customer]).records[Customer] == (
        Customer("stripe", "c", None, "a\ufffdb\ufffd\ufffd\ufffdc", None, NOW),
    )


@pytest.mark.parametrize(
    "broken",
    [
        replace(invoice("in_1"), total=Money(2**63, "EUR")),
        replace(invoice("in_1"), created_at=datetime(2026, 1, 1)),  # noqa: DTZ001  naive on purpose
    ],
)
def test_a_record_that_cannot_be_kept_is_named_and_nothing_is_saved(store: Store, broken: Invoice) -> None:
    with pytest.raises(DataProblem, match="stripe:invoice:in_1"):
        put(store, [invoice("in_0"), broken], NOW)
    assert invoices(store, NOW) == ()


def test_an_impossible_currency_is_refused_by_the_database(store: Store) -> None:
    with pytest.raises(DataProblem) as caught:
        put(store, [replace(invoice("in_1"), total=Money(123456, "eur"))], NOW)
    assert "123456" not in str(caught.value)


def test_without_a_commit_nothing_happened(store: Store) -> None:
    with store.unit_of_work() as work:
        work.records.replace("stripe", Invoice, [invoice("in_1")], NOW)
        work.energy.set(10, NOW)
    with pytest.raises(ZeroDivisionError), store.unit_of_work() as work:
        work.records.replace("stripe", Invoice, [invoice("in_1")], NOW)
        raise ZeroDivisionError
    assert invoices(store, NOW) == () and store.read(NOW, []).energy is None


def test_a_failed_sync_keeps_what_was_known_and_says_since_when(store: Store) -> None:
    with store.unit_of_work() as work:
        work.sources.synced("stripe", "invoice", NOW, [Skipped("invoice", "in_9", "no date")])
        work.commit()
    with store.unit_of_work() as work:
        work.sources.failed("stripe", ["invoice", "payment"], "key expired", "agentos connect stripe", LATER)
        work.commit()
    good = SourceRow("stripe", "invoice", NOW, None, None, None, 1)
    fix = "agentos connect stripe"
    assert store.read(NOW, []).sources == (good,)
    assert store.read(LATER, []).sources == (
        SourceRow("stripe", "invoice", NOW, "key expired", fix, LATER, 1),
        SourceRow("stripe", "payment", None, "key expired", fix, LATER, 0),
    )
    assert store.skipped() == (("stripe", Skipped("invoice", "in_9", "no date")),)
    with store.unit_of_work() as work:
        work.sources.synced("stripe", "invoice", LATER + timedelta(1), [], observed_at=LATER)
        work.commit()
    assert store.read(LATER + timedelta(1), []).sources[0] == SourceRow(
        "stripe", "invoice", LATER, None, None, None, 0
    )
    assert store.skipped() == ()


def test_goals_tasks_energy_and_mutes_are_kept_in_time(store: Store) -> None:
    goal = Goal("g1", NAME, "2026-Q4", 0.1, ("cash", "söhne"), True)
    task = Task("T1", NAME, Money(5, "JPY"), TODAY, 20, 40, (), False, NOW)
    with store.unit_of_work() as work:
        work.goals.add(goal, NOW)
        work.tasks.add(task, NOW)
        work.energy.set(30, NOW)
        work.mutes.put("R7KQ2", None, NOW)
        work.mutes.put("R0000", LATER, NOW)
        work.commit()
    with store.unit_of_work() as work:
        assert work.goals.close("g1", LATER) and not work.goals.close("g1", LATER)
        assert work.tasks.done("T1", LATER) and not work.tasks.done("other", LATER)
        work.energy.set(90, LATER)
        assert work.mutes.remove("R7KQ2", LATER) and not work.mutes.remove("R7KQ2", LATER)
        assert work.goals.list() == (replace(goal, open=False),)
        assert work.tasks.list() == (replace(task, done=True),)
        work.commit()
    before, after = store.read(NOW, []), store.read(LATER, [])
    assert (before.goals, before.tasks, before.energy) == ((goal,), (task,), EnergyRow(30, NOW))
    assert before.muted == {"R7KQ2", "R0000"} and after.muted == frozenset()
    assert after.goals == (replace(goal, open=False),) and after.tasks == (replace(task, done=True),)
    assert after.energy == EnergyRow(90, LATER)


def test_connections_are_put_listed_and_removed(store: Store) -> None:
    files = Connection("files", None, None, {"folder": "/data/Söhne", "a": "b"})
    stripe = Connection("stripe", "env:STRIPE_KEY", "http://127.0.0.1:1", {})
    with store.unit_of_work() as work:
        work.connections.put(replace(stripe, base_url=None), NOW)
        work.connections.put(files, NOW)
        work.connections.put(stripe, NOW)
        assert work.connections.list() == (files, stripe)
        work.commit()
    assert store.connections() == (files, stripe)
    with store.unit_of_work() as work:
        assert work.connections.remove("stripe", LATER)
        assert not work.connections.remove("stripe", LATER)
        work.commit()
    assert store.connections() == (files,)


def test_runs_are_listed_newest_first_and_narrowed(store: Store) -> None:
    agent = RunRecord("run_1", "agent", "finance", NOW, 12, True, {"mrr": 1.5, "name": NAME, "n": None})
    source = RunRecord("run_1", "source", "stripe", LATER, 300, False, {}, "timed out")
    store.record([agent, source])
    again = replace(agent, run_id="run_2", started_at=LATER)
    store.record([again])
    assert store.runs() == (again, source, agent)
    assert store.runs(limit=1) == (again,)
    assert store.runs(work="source") == (source,)
    assert store.runs(work="agent", name="finance") == (again, agent)
    assert store.runs(name="sales") == ()


def test_the_last_briefing_is_the_newest_before_an_instant(store: Store) -> None:
    first, second = SavedBriefing("run_1", NOW, '{"a":"ü🦉"}'), SavedBriefing("run_2", LATER, "{}")
    store.record([], second)
    store.record([], first)
    assert store.last_briefing() == second
    assert store.last_briefing(before=LATER) == first
    assert store.last_briefing(before=NOW) is None
    store.record([], replace(first, body="[]"))
    assert store.last_briefing(before=LATER) == replace(first, body="[]")


def test_an_upgraded_database_is_current_and_sound(store: Store) -> None:
    assert store.check_schema() is SchemaState.CURRENT
    store.require_schema()
    assert store.upgrade() is None
    assert [finding for finding in store.check() if not finding.ok] == []


@pytest.mark.parametrize("tenant", ["", "Alice", "a b", "-a", "a" * 64, "a\n", "../x", "ä"])
def test_a_tenant_has_a_plain_name(tenant: str) -> None:
    with pytest.raises(UsageProblem):
        Store("sqlite:///x.db", tenant)


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///", "mysql://x/y", "agentos.db"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(DataProblem, match=r"store\.url"):
        Store(url, "alice")


def test_a_payment_row_keeps_both_currencies(store: Store) -> None:
    payment = Payment(
        "stripe", "p", None, None, None, Money(1, "KWD"), Money(2, "JPY"), "pending", "", NOW, False
    )
    put(store, [payment], NOW, Payment)
    assert store.read(NOW, [Payment]).records[Payment] == (payment,)
