"""Alice owns the data, Bob has his own beside hers, Charlie sees nothing: by no method, on no database."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from agentos_cli.belongings import KIND_OF
from agentos_cli.contract import Connection, Skipped
from agentos_cli.errors import AgentosError, DataProblem
from agentos_cli.events import Consumer, Priority, SourceFailed
from agentos_cli.resilience.rules import force_open
from agentos_cli.store import schema
from agentos_cli.store.check_records import Alert, CheckDraft, CheckResult, CheckState, Entries, Standing
from agentos_cli.store.import_records import ImportItem, ImportRecord, Outcome
from agentos_cli.store.imports import Step
from agentos_cli.store.migrate import scripts, upgrade
from agentos_cli.store.postgres import Postgres
from agentos_cli.store.publication import Draft
from agentos_cli.store.records import Answer, Changes, SavedBriefing
from agentos_cli.store.slots import CatchUp, Schedule
from agentos_cli.store.staging import Pages, Progress
from agentos_cli.store.store import Store
from agentos_cli.store.tables import METADATA
from agentos_cli.telemetry import RunRecord
from agents.forecasting.forecast import Forecast
from agents.nouns import NOUNS, Invoice
from agents.snapshot import Goal, Task
from agents.unit import Unit
from tests.databases import PostgresServer
from tests.store.samples import EVERY, LATER, NOW, TODAY, invoice, things

GOAL = Goal("g1", "Grow", "2026-Q4", 1.0, (), True)
FORECAST = Forecast(
    "cash_30d", "cash", TODAY, TODAY, Unit.MONEY, "USD", 1.0, None, None, 2.0, {"name": "all accounts"}
)
TASK = Task("t1", "Call", None, None, 5, 10, (), False, NOW)


def fill(store: Store, title: str = "Grow") -> None:
    """Something in every table."""
    with store.unit_of_work() as work:
        for record in EVERY:
            work.records.replace(record.source, type(record), [record], NOW)
        work.sources.synced("stripe", "invoice", NOW, [Skipped("invoice", "x", "y")])
        work.connections.put(Connection("stripe", f"env:{store.tenant}", None), NOW)
        work.goals.add(Goal("g1", title, "2026-Q4", 1.0, (), True), NOW)
        work.tasks.add(TASK, NOW)
        work.energy.set(50, NOW)
        work.mutes.put("R1", None, NOW)
        work.commit()
    run, kept = RunRecord("run_1", "agent", "a", NOW, 1, True), Answer("brief", "key", NOW, title)
    store.record([run], SavedBriefing("run_1", NOW, title), kept)
    store.breaker("stripe").update(lambda state: (force_open(state, NOW), None))
    store.pace("stripe").take(1_000_000, 1.0, 0.0)
    store.forecasts().keep([FORECAST], [], NOW)
    with store.staging("stripe") as staging:
        reading = staging.begin(Progress(), NOW)
        staging.keep(
            Pages({("customers", "c1"): ("c1", '{"name":"' + title + '"}')}, {}, {"at": "1"}), reading
        )
        staging.finish(reading, NOW)
    with store.lease("brief", 60):
        pass
    fill_duties(store, title)
    fill_belongings(store, title)


def fill_duties(store: Store, title: str) -> None:
    """Something in every table of what the house does by itself."""
    event, a_while = SourceFailed("stripe", title, None).event(NOW), timedelta(minutes=1)
    with store.outbox() as outbox:
        outbox.subscribe(Consumer("box", "file"), NOW)
        outbox.announce(event)
        for delivery in outbox.claim("box", NOW, owner="me", seconds=60):
            outbox.retry(delivery, LATER, title, NOW)
    schedules, checks = store.schedules(), store.checks()
    plan = Schedule(
        "brief", "0 7 * * *", "UTC", ("brief",), CatchUp.LATEST, a_while, a_while, False, NOW, NOW
    )
    nightly = replace(plan, name="nightly", catch_up=CatchUp.NONE)
    schedules.put(nightly, NOW)
    schedules.enter(nightly, [NOW + timedelta(days=day) for day in (1, 2)], None, NOW)
    schedules.claim(NOW + timedelta(days=3), owner="me", seconds=60)
    schedules.purge(NOW + timedelta(days=3))
    schedules.put(plan, NOW)
    schedules.make_due("brief", NOW)
    schedules.woke("cron", NOW, "here", "1")
    state = CheckState("disk", Standing.ALERT, NOW, NOW)
    alert = Alert("H1", "disk", Priority.HIGH, "alert", title, {}, NOW, NOW)
    result = CheckResult("disk", NOW, Standing.ALERT, {"says": title})
    checks.update(lambda book: (Entries([state], [result], alerts=[alert]), None))
    checks.bring(CheckDraft("d1", title, None, "elsewhere", NOW))


def fill_belongings(store: Store, title: str) -> None:
    """Something in every table of what is brought from elsewhere."""
    steps = [
        Step(ImportItem(str(KIND_OF[type(thing)]), thing.key, "state/x", Outcome.IMPORTED), thing)
        for thing in things(title)
    ]
    store.imports().apply(ImportRecord("import_1", "install", "home", "era", NOW), steps)


def belongings(store: Store) -> list[object]:
    """All that is handed out of these, but when each was kept."""
    documents, knowledge, skills = store.documents(), store.knowledge(), store.skills()
    ideas, sessions, imports = store.ideas(), store.sessions(), store.imports()
    found: list[object] = [documents.all(), documents.get("main", "SOUL.md"), store.search("Grow")]
    found += [
        knowledge.all(),
        knowledge.files(),
        knowledge.get("main", "MEMORY.md"),
    ]
    found += [store.profiles().all(), store.models().providers(), store.models().routes()]
    found += [store.archives().all(), store.archives().get("settings.json")]
    found += [skills.all(), skills.get("managed/chaser")]
    found += [ideas.all(), ideas.get("i1")]
    found += [sessions.all(), sessions.get("main/s1"), list(sessions.entries("main/s1")), sessions.keys()]
    names = [(str(KIND_OF[type(thing)]), thing.key) for thing in things("")]
    return [
        *found,
        imports.all(),
        imports.items("import_1"),
        imports.kept("install"),
        imports.standing(names),
    ]


def duties(store: Store) -> list[object]:
    """All that is handed out of these."""
    log, schedules, checks = store.event_log(), store.schedules(), store.checks()
    with store.outbox() as outbox:
        found: list[object] = [outbox.consumers()]
    found += [log.events(), log.deliveries(), log.counts(), log.attempts("box", 1), log.oldest()]
    found += [schedules.all(), schedules.slots("brief"), schedules.wakers(), schedules.waiting(LATER)]
    found += [store.gauges().schedules, store.gauges().failures]
    found += [checks.book(), checks.history(), checks.alerts(resolved=True), checks.drafts()]
    return found


def everything(store: Store) -> list[object]:
    """All that the store hands out, by every method that reads."""
    with store.unit_of_work() as work:
        listed = [
            work.connections.list(),
            work.goals.list(),
            work.tasks.list(),
            work.sources.skipped("stripe"),
        ]
    with store.staging("stripe") as staging:
        staged = [staging.progress(), staging.cursors(), staging.changed(), list(staging.chunks(None))]
        staged += [staging.count(1), staging.shared(), staging.counts()]
    return [
        store.read(LATER, NOUNS),
        store.runs(),
        store.last_briefing(),
        store.answer("brief")[1],
        store.connections(),
        store.skipped(),
        store.breaker("stripe").peek(),
        store.breaker("stripe").history(),
        store.standing("stripe").breaker,
        store.pace("stripe").ahead() > 0,
        store.forecasts().newest(LATER),
        store.forecasts().open(TODAY),
        *listed,
        *staged,
        *duties(store),
        *belongings(store),
    ]


def test_charlie_sees_nothing_by_any_method(store_url: str) -> None:
    alice, charlie = Store(store_url, "alice"), Store(store_url, "charlie")
    empty = everything(charlie)
    fill(alice)
    assert everything(charlie) == empty
    assert everything(alice) != empty


def test_nothing_that_charlie_does_touches_alice(store_url: str) -> None:
    alice, charlie = Store(store_url, "alice"), Store(store_url, "charlie")
    fill(alice)
    before = everything(alice)
    with charlie.unit_of_work() as work:
        for noun in NOUNS:
            for source in ("stripe", "hubspot", "linear", "files"):
                assert work.records.replace(source, noun, [], LATER).removed == 0
        assert not work.connections.remove("stripe", LATER)
        assert not work.goals.close("g1", LATER)
        assert not work.tasks.done("t1", LATER)
        assert not work.mutes.remove("R1", LATER)
        work.sources.failed("stripe", ["invoice"], "down", None, LATER)
        work.commit()
    with charlie.staging("stripe") as staging:
        reading = staging.begin(staging.progress(), LATER)
        staging.keep(Pages({("customers", "c1"): None}), reading)
        staging.finish(reading, LATER)
        with Draft(staging, ["customer", "subscription"], LATER, None) as draft:
            draft.close_up()
            with charlie.unit_of_work() as work:
                assert work.publish(draft) == Changes(0, 0, 0, 0)
                work.commit()
    charlie.breaker("stripe").clear()
    with charlie.outbox() as outbox:
        assert not outbox.unsubscribe("box") and not outbox.sweep(LATER)
        assert outbox.claim("box", LATER, owner="them", seconds=60) == []
    assert charlie.event_log().again("box", [1], LATER) == 0
    assert not charlie.schedules().remove("brief") and not charlie.schedules().pause("brief", True)
    assert not charlie.checks().ack("H1", LATER) and not charlie.checks().decide("d1", "approved")
    with alice.lease("brief", 60), charlie.lease("brief", 60):
        pass  # each has their own
    assert everything(alice) == before


def test_two_tenants_may_use_the_same_ids(store_url: str) -> None:
    alice, bob = Store(store_url, "alice"), Store(store_url, "bob")
    fill(alice, "Alice's")
    fill(bob, "Bob's")
    assert [s.read(NOW, []).goals[0].title for s in (alice, bob)] == ["Alice's", "Bob's"]
    assert [s.connections()[0].credential for s in (alice, bob)] == ["env:alice", "env:bob"]


# PostgreSQL keeps tenants apart itself, should our own SQL ever forget to

TABLES = sorted(METADATA.tables)


def test_row_level_security_hides_every_table_even_from_the_owner(postgres_store_url: str) -> None:
    fill(Store(postgres_store_url, "alice"))
    with psycopg.connect(postgres_store_url) as connection:
        for tenant, wanted in (("alice", True), ("charlie", False)):
            connection.execute("SELECT set_config('app.tenant', %s, true)", (tenant,))
            for table in TABLES:
                row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
                assert row is not None and bool(row[0]) is wanted, (tenant, table)


def test_without_a_tenant_a_table_answers_with_an_error_never_with_nothing(postgres_store_url: str) -> None:
    fill(Store(postgres_store_url, "alice"))
    with psycopg.connect(postgres_store_url, autocommit=True) as connection:
        for table in TABLES:
            for sql in (
                f"SELECT * FROM {table}",
                f"DELETE FROM {table}",
                f"UPDATE {table} SET tenant_id = 'x'",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no tenant is set"):
                    connection.execute(sql.encode())


def test_a_row_cannot_be_written_for_another_tenant(postgres_store_url: str) -> None:
    with psycopg.connect(postgres_store_url) as connection:
        connection.execute("SELECT set_config('app.tenant', 'charlie', true)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute("INSERT INTO lease VALUES ('alice', 'brief', 'me', 1, now())")


def test_the_tenant_ends_with_its_transaction(postgres_store_url: str) -> None:
    fill(Store(postgres_store_url, "alice"))
    with psycopg.connect(postgres_store_url) as connection:
        connection.execute("SELECT set_config('app.tenant', 'alice', true)")
        connection.commit()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM goal")


def test_the_check_finds_a_table_that_was_left_open(
    postgres_store_url: str, postgres_server: PostgresServer
) -> None:
    store = Store(postgres_store_url, "alice")
    with psycopg.connect(postgres_store_url) as connection:
        connection.execute("ALTER TABLE goal NO FORCE ROW LEVEL SECURITY")
    (wrong,) = (finding for finding in store.check() if not finding.ok)
    assert wrong.name == "row-level security" and "goal" in wrong.detail


def test_a_superuser_is_refused_unless_that_is_meant(
    postgres_store_url: str, postgres_server: PostgresServer
) -> None:
    url = postgres_store_url.replace("keeper@", "postgres@")
    acts: tuple[Callable[[Store], object], ...] = (
        lambda store: store.read(NOW, [Invoice]),
        lambda store: store.unit_of_work().__enter__(),
        lambda store: store.record([]),
    )
    for act in acts:
        with pytest.raises(DataProblem, match="row-level security"):
            act(Store(url, "alice"))
    assert Store(url, "alice", superuser=True).runs() == ()


def test_the_everyday_role_reads_and_writes_but_owns_nothing(
    postgres_store_url: str, postgres_server: PostgresServer
) -> None:
    postgres_server.run(
        "DO $$ BEGIN CREATE ROLE clerk LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    url = postgres_store_url.replace("keeper@", "clerk@")
    clerk = Store(url, "alice")
    with pytest.raises(AgentosError):
        clerk.runs()
    Store(postgres_store_url, "alice").grant("clerk")
    fill(clerk)
    with clerk.unit_of_work() as work:
        work.records.replace("stripe", Invoice, [invoice("in_2")], LATER)
        work.commit()
    assert clerk.read(LATER, [Invoice]).records[Invoice] == (invoice("in_2"),)
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("TRUNCATE goal")


def test_an_upgrade_gives_the_everyday_role_its_rights_on_new_tables(
    postgres_url: str, postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres_server.run(
        "DO $$ BEGIN CREATE ROLE clerk LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    owner = Postgres(postgres_url, "alice", password=None, superuser=False)
    first = tmp_path / "scripts"
    shutil.copytree(scripts(), first, ignore=shutil.ignore_patterns("__pycache__", "000[2-9]*"))
    with monkeypatch.context() as older:
        older.setattr(schema, "REVISIONS", schema.REVISIONS[:1])
        older.setattr(schema, "HEAD", "0001")
        upgrade(owner, first)
    with psycopg.connect(postgres_url) as connection:
        connection.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk")
    upgrade(owner)
    clerk = Store(postgres_url.replace("keeper@", "clerk@"), "alice")
    fill(clerk)
    assert clerk.read(NOW, []).connected == frozenset({"stripe"})
    clerk.forecasts().made(NOW.date())
