"""A folder of CSV files with something wrong in it: which file, which line, what to do; the rest is kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Vendors
from tests.cli.program import Program


@pytest.fixture
def folder(vendors: Vendors, tmp_path: Path) -> Path:
    """A copy of the demo company's files."""
    return Path(shutil.copytree(vendors.folder, tmp_path / "company"))


@pytest.fixture
def reader(program: Program, folder: Path) -> Program:
    """The program, connected to that folder and nothing else."""
    assert program("connect", "files", "--folder", str(folder)).code == 0
    return program


def source(program: Program) -> Any:
    listed = program("connectors", "list", "--json").json()["connectors"]
    return next(item for item in listed if item["source"] == "files")


def read(program: Program) -> Any:
    ran = program("sync", "files", "--json")
    assert ran.said_plainly()
    return ran.json()["sources"][0]


def cash(program: Program) -> Any:
    metrics = program("finance", "--json").json()["metrics"]
    return next(metric["value"] for metric in metrics if metric["key"] == "cash")


def test_a_bad_row_is_named_by_line_and_the_other_rows_are_kept(reader: Program, folder: Path) -> None:
    good = read(reader)["records"]
    bank = folder / "bank.csv"
    lines = bank.read_text(encoding="utf-8").splitlines()
    lines[4] = "2026-99-01,Operating,12.00,USD,rent,Nobody"
    lines.append("2026-11-02,Operating,one hundred,USD,rent,Nobody")
    bank.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = reader("sync", "files")
    assert told.code == 0
    assert "agentos connectors skipped files" in told.out
    found = read(reader)
    assert (found["ok"], found["skipped"], found["records"]) == (True, 2, good - 1)
    skipped = reader("connectors", "skipped", "files", "--json").json()["skipped"]
    assert [(s["source"], s["kind"], s["where"]) for s in skipped] == [
        ("files", "bank_transaction", "bank.csv:5"),
        ("files", "bank_transaction", f"bank.csv:{len(lines)}"),
    ]
    assert "2026-99-01" in skipped[0]["why"]
    assert "one hundred" in skipped[1]["why"]
    assert source(reader)["skipped"] == 2
    shown = reader("connectors", "skipped").out
    assert "bank.csv:5" in shown
    assert "2026-99-01" in shown


def test_what_was_mended_is_no_longer_listed(reader: Program, folder: Path) -> None:
    bank = folder / "bank.csv"
    good = bank.read_text(encoding="utf-8")
    bank.write_text(good + "nonsense\n", encoding="utf-8")
    assert read(reader)["skipped"] == 1
    bank.write_text(good, encoding="utf-8")
    assert read(reader)["skipped"] == 0
    assert reader("connectors", "skipped").out == "nothing was left out\n"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text.replace(b"amount", b"amuont", 1), "bank.csv has no column `amount`"),
        (lambda text: b"when,what\n1,2\n", "bank.csv has no column"),
        (lambda text: text + "2026-11-02,Café,1.00,USD,rent,x\n".encode("latin-1"), "bank.csv"),
        (lambda text: text + b'2026-11-02,"Operating,1.00,USD,rent,x\n', "bank.csv"),
        (lambda text: text.splitlines()[0] + b"\nnonsense\n", "not one of 1 rows can be read (bank.csv:2"),
        (lambda text: b"", "bank.csv"),
    ],
    ids=["typo in header", "other header", "not UTF-8", "open quote", "no good row", "empty"],
)
def test_a_file_that_cannot_be_used_is_refused_and_nothing_is_lost(
    reader: Program, folder: Path, damage: Any, words: str
) -> None:
    assert read(reader)["ok"]
    known = cash(reader)
    assert known
    bank = folder / "bank.csv"
    bank.write_bytes(damage(bank.read_bytes()))
    ran = reader("sync", "files", "--json")
    assert ran.code == 7
    found = ran.json()["sources"][0]
    assert not found["ok"]
    assert words in found["problem"]
    assert cash(reader) == known
    assert source(reader)["state"] == "failing"
    brief = reader("brief")
    assert brief.code == 0
    assert words[:20] in reader("brief", "--cached", "--json").out


def test_connecting_to_a_wrong_header_is_refused_with_the_nearest_name(
    program: Program, folder: Path
) -> None:
    bank = folder / "bank.csv"
    bank.write_bytes(bank.read_bytes().replace(b"amount", b"amuont", 1))
    ran = program("connect", "files", "--folder", str(folder))
    assert (ran.code, ran.raw) == (7, b"")
    assert "error: bank.csv has no column `amount`\n  fix:  rename `amuont`\n" in ran.err
    assert not source(program)["connected"]


def test_a_folder_that_goes_away_is_told_with_what_to_do(reader: Program, folder: Path) -> None:
    assert read(reader)["ok"]
    known = cash(reader)
    folder.rename(folder.with_name("elsewhere"))
    ran = reader("sync", "--json")
    assert ran.code == 7
    found = ran.json()["sources"][0]
    assert "is not there" in found["problem"]
    assert found["fix"] == "agentos connect files --folder PATH"
    assert cash(reader) == known
