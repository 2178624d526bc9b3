"""What is exported is whole, private, the same each time, and can be read back as it was."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from agentos_cli.export import csv as csv_form
from agentos_cli.export import parquet
from agentos_cli.export.derived import PARTS
from agentos_cli.export.sheets import Sheet, records
from agentos_cli.export.workbook import names
from agentos_cli.store.columns import columns, decoder
from agentos_cli.store.values import Dialect, Kind, instant_text
from agents.definitions import definition_of
from agents.nouns import NOUNS, FxRate, Noun
from tests.agents.build import snapshot
from tests.cli.program import Program, files_of_at_most
from tests.cli.test_documents import check
from tests.store.samples import EVERY

FORMS = ("--csv", "tables", "--parquet", "tables", "--ledger", "books.ledger", "--beancount", "books.bean")


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# ── the command ──────────────────────────────────────────────────────────────────────────────────


def test_every_form_is_written_whole_private_and_described(demo: Program) -> None:
    ran = demo("export", "--demo", *FORMS, "--json")
    assert (ran.code, ran.err) == (0, "")
    document = ran.json()
    check(document, "export")
    assert [item["form"] for item in document["exports"]] == ["csv", "parquet", "ledger", "beancount"]
    for item in document["exports"]:
        place = demo.home / item["place"]
        for file in item["files"]:
            path = place / file["name"] if place.is_dir() else place
            content = path.read_bytes()
            assert hashlib.sha256(content).hexdigest() == file["sha256"] and len(content) == file["bytes"]
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    manifest = json.loads((demo.home / "tables/manifest.json").read_text(encoding="utf-8"))
    check(manifest, "export")
    tables = [{**item, "place": "."} for item in document["exports"][:2]]
    assert manifest == {**document, "exports": tables}
    assert stat.S_IMODE((demo.home / "tables").stat().st_mode) == 0o700
    left = {path.name for path in (demo.home / "tables").iterdir()}
    assert left == {f"{name}.{ending}" for name in names() for ending in ("csv", "parquet")} | {
        "manifest.json"
    }


def test_the_same_data_gives_the_same_bytes(demo: Program) -> None:
    first, again = demo.home / "first", demo.home / "again"
    for folder in (first, again):
        words = ("--csv", "c", "--parquet", "p", "--ledger", "l", "--beancount", "b")
        folder.mkdir()
        assert demo("export", "--demo", *words, cwd=folder).code == 0
    assert everything(first) == everything(again)


def test_figures_are_what_the_agents_report(onlooker: Program, tmp_path: Path) -> None:
    assert onlooker("export", "--demo", "--csv", str(tmp_path)).code == 0
    with (tmp_path / "figures.csv").open(encoding="utf-8", newline="") as file:
        figures = {(row["agent"], row["key"]): row for row in csv.DictReader(file)}
    assert {definition_of(key) is None for _, key in figures} == {False}
    for agent in ("finance", "hr", "ceo"):
        for metric in onlooker(agent, "--demo", "--json").json()["metrics"]:
            row = figures.pop((agent, metric["key"]))
            value = None if metric["value"] is None else Decimal(str(metric["value"]))
            assert (Decimal(row["value"]) if row["value"] else None) == value
            assert (row["unit"], row["currency"] or None) == (metric["unit"], metric["currency"])
            assert row["absent"] == (metric["absent"] or "")


def test_movements_are_those_of_the_command_and_add_up(onlooker: Program, tmp_path: Path) -> None:
    assert onlooker("export", "--demo", "--csv", str(tmp_path)).code == 0
    with (tmp_path / "movements.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["currency"], row["converted"]) for row in rows} > {("USD", "true"), ("EUR", "false")}
    for row in rows:
        part = {name: int(row[name]) for name in PARTS}
        moved = part["new"] + part["expansion"] + part["reactivation"] - part["contraction"] - part["churn"]
        assert part["opening"] + part["fx"] + moved == part["closing"]
    told = onlooker("movements", "--demo", "--currency", "eur", "--json").json()["tables"][0]["months"]
    euros = [row for row in rows if row["currency"] == "EUR" and row["converted"] == "false"]
    assert [int(row["closing"]) for row in euros[-len(told) :]] == [month["closing"] for month in told]


def test_books_can_go_down_a_pipe(demo: Program) -> None:
    ran = demo("export", "--demo", "--ledger", "-")
    assert ran.code == 0 and ran.out.startswith("; Made by agentos")
    assert "cash " in ran.err, "what is told beside the books is on stderr"
    assert demo("export", "--demo", "--beancount", "-").out.startswith(";; -*- mode: beancount")


def test_what_is_there_is_replaced_only_by_force(demo: Program) -> None:
    (demo.home / "books").write_text("mine", encoding="utf-8")
    (demo.home / "tables").mkdir()
    (demo.home / "tables/bank.csv").write_text("mine", encoding="utf-8")
    for words in (("--ledger", "books"), ("--csv", "tables"), ("--beancount", "new", "--csv", "tables")):
        ran = demo("export", "--demo", *words)
        assert (ran.code, ran.raw) == (7, b"") and "is there already" in ran.err and "--force" in ran.err
    assert not (demo.home / "new").exists() and len(list((demo.home / "tables").iterdir())) == 1
    assert demo("export", "--demo", "--ledger", "books", "--csv", "tables", "--force").code == 0
    assert (demo.home / "books").read_bytes() != b"mine" != (demo.home / "tables/bank.csv").read_bytes()


def test_a_disk_that_fills_up_costs_nothing_that_was_there(demo: Program) -> None:
    assert demo("export", "--demo", "--csv", "tables", "--ledger", "books").code == 0
    before = everything(demo.home / "tables")
    ran = demo("export", "--demo", "--csv", "tables", "--force", before=files_of_at_most(60_000))
    assert ran.code == 7 and ran.said_plainly() and "cannot write" in ran.err
    assert everything(demo.home / "tables") == before, "not even a draft is left"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "nothing to export"),
        (("--csv", "-"), 2, "--csv writes a folder"),
        (("--ledger", "x", "--beancount", "x"), 2, "cannot be one file"),
        (("--ledger", "-", "--json"), 2, "do not go together"),
        (("--csv", ".profile"), 7, "is not a folder"),
        (("--ledger", ".cache"), 7, "is a folder"),
        (("--ledger", "pipe", "--force"), 7, "no ordinary file"),
    ],
)
def test_a_place_that_cannot_be_is_refused_in_one_line(
    demo: Program, words: tuple[str, ...], code: int, told: str
) -> None:
    (demo.home / ".profile").touch()
    os.mkfifo(demo.home / "pipe")
    ran = demo("export", "--demo", *words)
    assert (ran.code, ran.raw) == (code, b"") and told in ran.err and ran.said_plainly()


def test_without_pyarrow_parquet_says_what_to_install(demo: Program, tmp_path: Path) -> None:
    (tmp_path / "pyarrow.py").write_text("raise ImportError\n", encoding="utf-8")
    ran = demo.having(PYTHONPATH=str(tmp_path))("export", "--demo", "--parquet", "p", "--csv", "c")
    assert (ran.code, ran.raw) == (7, b"") and "pipx inject agentos-cli pyarrow" in ran.err
    assert not (demo.home / "c").exists()
    assert demo.having(PYTHONPATH=str(tmp_path))("export", "--demo", "--csv", "c").code == 0


def test_an_exported_folder_can_be_connected_and_gives_the_same_tables(
    demo: Program, program: Program
) -> None:
    folder, again = demo.home / "out", demo.home / "again"
    assert demo("export", "--demo", "--csv", str(folder)).code == 0
    program.configure('[company]\ncurrency = "EUR"\n')
    assert program("connect", "files", "--folder", str(folder)).code == 0
    assert program("sync").code == 0
    assert program("connectors", "skipped", "--json").json()["skipped"] == []
    assert program("export", "--csv", str(again)).code == 0
    for name in ("bank", "balances", "expenses", "fx", "marketing", "content", "team", "absence", "roles",
                 "candidates", "offers", "nps", "usage"):  # fmt: skip
        assert (again / f"{name}.csv").read_bytes() == (folder / f"{name}.csv").read_bytes(), name


# ── the tables ───────────────────────────────────────────────────────────────────────────────────

KNOWN = snapshot(*EVERY, as_of=datetime(2026, 11, 23, 7, 0, tzinfo=UTC))


def sheet_of(noun: type[Noun]) -> Sheet:
    return next(sheet for sheet in records(KNOWN) if sheet.kind == noun.kind)


def stored(sheet: Sheet, row: dict[str, Any]) -> Iterator[Any]:
    """The cells of a row without the amounts for people, as SQLite would keep them."""
    for place, field in enumerate(sheet.fields):
        before = sheet.fields[place - 1]
        if not (field.kind is Kind.DECIMAL and before.kind is Kind.CURRENCY):
            yield row[field.name]


def from_text(text: str, kind: Kind, null: bool) -> Any:
    if text == "" and null:
        return None
    if kind in {Kind.INT, Kind.AMOUNT}:
        return int(text)
    if kind is Kind.FLAG:
        return {"true": True, "false": False}[text]
    if kind is Kind.INSTANT:
        return instant_text(datetime.fromisoformat(text))
    return csv_form.restored(text)


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.kind)
def test_what_was_exported_as_csv_can_be_read_back_equal(noun: type[Noun], tmp_path: Path) -> None:
    sheet, path = sheet_of(noun), tmp_path / "table.csv"
    count = csv_form.write(sheet, path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    read = decoder(noun, Dialect.SQLITE)
    back = [
        read(list(stored(sheet, {f.name: from_text(row[f.name], f.kind, f.null) for f in sheet.fields})))
        for row in rows
    ]
    assert len(columns(noun)) == len(list(stored(sheet, rows[0])))
    assert back == list(KNOWN.all(noun)) and count == len(back) > 0


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.kind)
def test_parquet_holds_the_same_in_its_own_types(noun: type[Noun], tmp_path: Path) -> None:
    sheet, path = sheet_of(noun), tmp_path / "table.parquet"
    assert parquet.write(sheet, path) == len(KNOWN.all(noun))
    for row, record in zip(pq.read_table(path).to_pylist(), KNOWN.all(noun), strict=True):
        for field in sheet.fields:
            value = row[field.name]
            assert isinstance(value, TYPES[field.kind] if value is not None else type(None))
            assert value is not None or field.null
        assert (row["source"], row["id"]) == (record.source, record.id)
        spelled = decoder(noun, Dialect.SQLITE)(list(stored(sheet, {k: as_kept(v) for k, v in row.items()})))
        if isinstance(record, FxRate):  # the sample has 20 places, Parquet 18
            record = replace(record, rate=round(record.rate, 18))  # noqa: PLW2901
        assert spelled == record


TYPES: dict[Kind, type] = {
    Kind.TEXT: str, Kind.JSON: str, Kind.CURRENCY: str, Kind.INT: int, Kind.AMOUNT: int, Kind.FLAG: bool,
    Kind.DECIMAL: Decimal, Kind.DAY: date, Kind.INSTANT: datetime,
}  # fmt: skip


def as_kept(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    return (
        str(value) if isinstance(value, Decimal) else value.isoformat() if isinstance(value, date) else value
    )


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", " =1", "＝1", "'=1", "''=1", "'\t", "=cmd|' /C calc'!A0"],
)
def test_a_formula_is_neutral_in_a_spreadsheet_and_comes_back(text: str) -> None:
    told = csv_form.neutral(text)
    assert told == f"'{text}" and csv_form.restored(told) == text


@pytest.mark.parametrize("text", ["", "a", "'t Hooft", "'", "''", "a=1", "1-2", "' x", "Ümlaut"])
def test_a_text_that_is_no_formula_stays_as_it_is(text: str) -> None:
    assert csv_form.neutral(text) == text == csv_form.restored(text)


def test_a_missing_text_and_an_empty_one_are_different_cells() -> None:
    text = csv_form._line((None, "", 'say "x"; y'), [Kind.TEXT, Kind.TEXT, Kind.TEXT])
    assert text == ',"","say ""x""; y"'
