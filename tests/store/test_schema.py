"""Migrations make exactly the schema that the program expects, all of it or nothing."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, NullPool, create_engine, inspect
from sqlalchemy.schema import CreateIndex, CreateTable

from agentos_cli.errors import AgentosError, DataProblem, Temporary
from agentos_cli.store import migrate, schema
from agentos_cli.store.link import Database
from agentos_cli.store.migrate import scripts, upgrade
from agentos_cli.store.postgres import Postgres
from agentos_cli.store.schema import SchemaState
from agentos_cli.store.sqlite import SqliteFile
from agentos_cli.store.store import Store
from agentos_cli.store.tables import METADATA
from agents.nouns import Invoice
from tests.store.samples import NOW, invoice


def engine_of(url: str) -> Engine:
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)


def database(url: str) -> Database:
    if url.startswith("sqlite"):
        return SqliteFile(path_of(url), "alice")
    return Postgres(url, "alice", password=None, superuser=False)


def is_index_of_words(name: str | None, parents: Mapping[str, object]) -> bool:
    """Full-text search differs between the databases, so only the migration knows it;
    `test_passages` proves that it is there."""
    return (name or "").startswith("passage_words") or (name, parents.get("table_name")) == (
        "words",
        "passage",
    )


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def test_migrations_make_the_tables_of_the_program(store_url: str) -> None:
    with engine_of(store_url).connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": schema.VERSION_TABLE,
                "compare_type": True,
                "include_name": lambda name, kind, parents: not is_index_of_words(name, parents),
            },
        )
        assert compare_metadata(context, METADATA) == []


def test_on_sqlite_the_two_are_equal_to_the_letter(sqlite_store_url: str) -> None:
    def plain(sql: str) -> str:
        return " ".join(sql.replace("\n", " ").replace("\t", " ").replace("( ", "(").split())

    engine = engine_of(sqlite_store_url)
    tables = METADATA.tables.values()
    made = [str(CreateTable(table).compile(engine)) for table in tables]
    made += [str(CreateIndex(index).compile(engine)) for table in tables for index in table.indexes]
    wanted = {_parts(plain(sql)) for sql in made}
    with closing(sqlite3.connect(path_of(sqlite_store_url))) as connection:
        found = connection.execute(
            "SELECT sql FROM sqlite_master"
            " WHERE sql IS NOT NULL AND name != ? AND name NOT LIKE 'passage_words%'",
            (schema.VERSION_TABLE,),
        ).fetchall()
    assert {_parts(plain(sql)) for (sql,) in found} == wanted


def _parts(sql: str) -> frozenset[str]:
    """A CREATE statement as the set of its lines: constraints may stand in any order."""
    return frozenset(part.strip(" ,()") for part in sql.replace(" CONSTRAINT", ",").split(","))


def test_on_postgresql_constraints_are_equal_too(postgres_store_url: str, postgres_url: str) -> None:
    def described(url: str) -> set[tuple[object, ...]]:
        with psycopg.connect(url) as connection:
            return set(
                connection.execute(
                    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
                    " WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text != %s",
                    (schema.VERSION_TABLE,),
                ).fetchall()
            )

    METADATA.create_all(engine_of(postgres_url))
    assert described(postgres_store_url) == described(postgres_url)


def test_the_program_knows_every_revision() -> None:
    directory = ScriptDirectory(str(scripts()))
    known = [script.revision for script in directory.walk_revisions()]
    assert tuple(reversed(known)) == schema.REVISIONS
    assert directory.get_heads() == [schema.HEAD]


@pytest.fixture
def broken_scripts(tmp_path: Path) -> Path:
    """The real migrations and one more that does its work and then fails."""
    folder = tmp_path / "scripts"
    shutil.copytree(scripts(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9999_fails.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\n"
        f'revision = "9999"\ndown_revision = "{schema.REVISIONS[-1]}"\n\n'
        "def upgrade():\n"
        '    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))\n'
        '    op.add_column("goal", sa.Column("half", sa.Text()))\n'
        '    raise ZeroDivisionError("planted")\n'
    )
    return folder


def test_a_migration_that_fails_on_a_new_database_leaves_nothing(
    database_url: str, broken_scripts: Path
) -> None:
    with pytest.raises(ZeroDivisionError):
        upgrade(database(database_url), broken_scripts)
    assert Store(database_url, "alice").check_schema() is SchemaState.EMPTY
    assert _tables(database_url) == set()
    Store(database_url, "alice").upgrade()


def test_a_migration_that_fails_on_data_leaves_it_as_it_was(
    store_url: str, broken_scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(store_url, "alice")
    with store.unit_of_work() as work:
        work.records.replace("stripe", Invoice, [invoice("in_1")], NOW)
        work.commit()
    before = _tables(store_url)
    with monkeypatch.context() as newer:
        newer.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9999"))
        newer.setattr(schema, "HEAD", "9999")
        assert store.check_schema() is SchemaState.OLDER
        with pytest.raises(DataProblem, match="older") as caught:
            store.require_schema()
        assert caught.value.fix == "agentos db upgrade"
        with pytest.raises(ZeroDivisionError):
            upgrade(database(store_url), broken_scripts)
    assert _tables(store_url) == before
    assert store.check_schema() is SchemaState.CURRENT
    assert store.read(NOW, [Invoice]).records[Invoice] == (invoice("in_1"),)


def test_before_an_upgrade_of_data_a_backup_is_made(
    sqlite_store_url: str, broken_scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_of(sqlite_store_url)
    before = schema.HEAD
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9999"))
    monkeypatch.setattr(schema, "HEAD", "9999")
    with pytest.raises(ZeroDivisionError):
        upgrade(database(sqlite_store_url), broken_scripts)
    kept = path.with_name("agentos.db.before-upgrade")
    assert kept.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT version_num FROM agentos_version").fetchone() == (before,)


def _tables(url: str) -> set[tuple[str, ...]]:
    found = inspect(engine_of(url))
    return {(name, *(c["name"] for c in found.get_columns(name))) for name in found.get_table_names()}


def make_foreign(url: str) -> None:
    with engine_of(url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE their_customers (id INTEGER)")
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num TEXT)")


def test_a_database_of_another_program_is_left_alone(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        path_of(database_url).parent.mkdir()
    make_foreign(database_url)
    before = _tables(database_url)
    store = Store(database_url, "alice")
    assert store.check_schema() is SchemaState.FOREIGN
    for act in (store.require_schema, store.upgrade):
        with pytest.raises(DataProblem, match="another program") as caught:
            act()
        assert caught.value.exit_code == 7
    assert _tables(database_url) == before


def test_a_newer_database_is_refused_by_an_older_program(store_url: str) -> None:
    with engine_of(store_url).begin() as connection:
        connection.exec_driver_sql("UPDATE agentos_version SET version_num = '9999'")
    store = Store(store_url, "alice")
    assert store.check_schema() is SchemaState.NEWER
    for act in (store.require_schema, store.upgrade, lambda: store.unit_of_work().__enter__()):
        with pytest.raises(DataProblem, match="newer agentos"):
            act()


def test_an_empty_database_says_which_command_sets_it_up(database_url: str) -> None:
    store = Store(database_url, "alice")
    assert store.check_schema() is SchemaState.EMPTY
    acts: tuple[Callable[[], object], ...] = (
        store.require_schema,
        store.runs,
        lambda: store.record([]),
        lambda: store.unit_of_work().__enter__(),
        lambda: store.lease("brief", 1).__enter__(),
    )
    for act in acts:
        with pytest.raises(DataProblem) as caught:
            act()
        assert caught.value.fix == "agentos db upgrade"
    assert any(not finding.ok for finding in store.check())
    assert store.check_schema() is SchemaState.EMPTY


def test_upgrades_at_the_same_time_do_no_harm(database_url: str) -> None:
    raised: list[BaseException] = []

    def run(tenant: str) -> None:
        try:
            Store(database_url, tenant).upgrade()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(tenant,)) for tenant in ("alice", "bob", "charlie")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [error for error in raised if not isinstance(error, Temporary)] == []
    assert Store(database_url, "alice").check_schema() is SchemaState.CURRENT


def test_an_address_without_a_server_is_worth_another_try(tmp_path: Path) -> None:
    store = Store(f"postgresql://nobody@/none?host={tmp_path}", "alice", password="s3cret-canary")
    assert store.check_schema() is SchemaState.UNREADABLE
    for act in (store.runs, store.require_schema, store.upgrade):
        with pytest.raises(Temporary) as caught:
            act()
        assert caught.value.exit_code == 75
        assert "canary" not in f"{caught.value}{caught.value.fix}{caught.value.detail}"


def test_a_missing_database_or_role_is_named(postgres_url: str) -> None:
    for url in (
        f"{postgres_url.split('?', maxsplit=1)[0]}x?{postgres_url.split('?')[1]}",
        postgres_url.replace("keeper", "x"),
    ):
        with pytest.raises(DataProblem, match="does not exist"):
            Store(url, "alice").runs()


def test_without_the_driver_postgresql_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DataProblem, match="extra package"):
        Store("postgresql://x@/y", "alice").runs()


def test_the_scripts_are_found_in_an_installed_package_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (scripts() / "env.py").is_file()
    room = tmp_path / "agentos_cli" / "store"
    (tmp_path / "agentos_cli" / "_migrations").mkdir(parents=True)
    monkeypatch.setattr(migrate, "__file__", str(room / "migrate.py"))
    assert scripts() == tmp_path / "agentos_cli" / "_migrations"


def test_every_error_of_the_store_is_one_line(database_url: str) -> None:
    with pytest.raises(AgentosError) as caught:
        Store(database_url, "alice").runs()
    assert "\n" not in caught.value.what
