"""Write what is known to where it was ordered: all of an export, or nothing of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agentos_cli.errors import UsageProblem
from agentos_cli.export import beancount, csv, ledger, parquet
from agentos_cli.export.entries import Entry, Journal
from agentos_cli.export.journal import READS, journal
from agentos_cli.export.place import Drafts, refuse_what_is_there
from agentos_cli.export.sheets import Sheet
from agentos_cli.export.statements import BANK
from agentos_cli.export.workbook import names, sheets
from agentos_cli.renderers.exported import (
    BooksItem,
    ExportDocument,
    ExportedItem,
    FileItem,
    UnexplainedItem,
    money_item,
)
from agentos_cli.telemetry import progress
from agents.nouns import NOUNS, Noun
from agents.snapshot import Snapshot

MANIFEST = "manifest.json"
STDOUT = Path("-")

TABLES: dict[str, tuple[str, Callable[[Sheet, Path], int]]] = {
    "csv": (csv.ENDING, csv.write),
    "parquet": (parquet.ENDING, parquet.write),
}
"""Forms that fill a folder: the ending of their files, and what writes one."""

BOOKS: dict[str, Callable[[Journal], Iterator[str]]] = {"ledger": ledger.lines, "beancount": beancount.lines}
"""Forms that are one file of books."""

See = Callable[[Collection[type[Noun]]], Snapshot]
"""Gives the snapshot of the nouns that are asked for."""


@dataclass(frozen=True, slots=True)
class Order:
    """One form and its place: a folder for tables, a file (or `-`) for books."""

    form: str
    place: Path


@dataclass(frozen=True, slots=True)
class Export:
    """What was done, and the text that was ordered on stdout, if one was."""

    document: ExportDocument
    text: str | None


def export(orders: Sequence[Order], see: See, force: bool) -> Export:
    """Carry out the orders. Raises UsageProblem for orders that cannot go together and DataProblem for a
    place that cannot be written; then nothing is changed."""
    _check(orders)
    refuse_what_is_there([path for order in orders for path in _targets(order)], force)
    snapshot = see(NOUNS if any(order.form in TABLES for order in orders) else READS)
    known, books = cache(lambda: tuple(sheets(snapshot))), cache(lambda: journal(snapshot))
    made: list[ExportedItem] = []
    text = None
    with Drafts() as drafts:
        for order in orders:
            progress(f"writing {order.form}: {order.place} ...")
            if order.form in TABLES:
                made.append(_tables(order, known(), drafts))
            else:
                item, lines = _books(order, books(), drafts)
                made, text = [*made, item], lines if order.place == STDOUT else text
        _manifests(snapshot, made, drafts)
        drafts.settle()
    return Export(_document(snapshot, made), text)


def _check(orders: Sequence[Order]) -> None:
    if not orders:
        raise UsageProblem("nothing to export", fix="agentos export --csv FOLDER")
    for order in orders:
        if order.form in TABLES and order.place == STDOUT:
            raise UsageProblem(f"--{order.form} writes a folder", fix=f"agentos export --{order.form} FOLDER")
    books = [order.place for order in orders if order.form in BOOKS]
    if len(set(books)) < len(books):
        raise UsageProblem("two forms cannot be one file", fix="give each its own")
    if any(order.form == "parquet" for order in orders):
        parquet.need()


def _targets(order: Order) -> Iterator[Path]:
    if order.form in TABLES:
        ending, _ = TABLES[order.form]
        yield from (order.place / f"{name}{ending}" for name in names())
        yield order.place / MANIFEST
    elif order.place != STDOUT:
        yield order.place


# ── tables ───────────────────────────────────────────────────────────────────────────────────────


def _tables(order: Order, known: Sequence[Sheet], drafts: Drafts) -> ExportedItem:
    ending, write = TABLES[order.form]
    files: list[FileItem] = []
    for sheet in known:
        name = f"{sheet.name}{ending}"
        draft = drafts.new(order.place / name)
        count = write(sheet, draft)
        files.append(_file(draft, name, sheet.kind, count))
    return {
        "form": order.form,
        "place": str(order.place),
        "files": files,
        "rows": sum(file["rows"] for file in files),
        "books": None,
    }


def _file(draft: Path, name: str, kind: str, count: int) -> FileItem:
    with draft.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": name, "kind": kind, "rows": count, "bytes": draft.stat().st_size, "sha256": digest}


def _manifests(snapshot: Snapshot, made: Sequence[ExportedItem], drafts: Drafts) -> None:
    """One beside the tables of each folder, the last file of it to appear."""
    tables = [item for item in made if item["form"] in TABLES]
    for place in dict.fromkeys(item["place"] for item in tables):
        here = [ExportedItem(**{**item, "place": "."}) for item in tables if item["place"] == place]
        text = json.dumps(_document(snapshot, here), indent=2, ensure_ascii=False) + "\n"
        drafts.new(Path(place) / MANIFEST).write_text(text, encoding="utf-8")


def _document(snapshot: Snapshot, made: Sequence[ExportedItem]) -> ExportDocument:
    return {
        "schema": "agentos.export/1",
        "company": snapshot.company,
        "tenant": snapshot.tenant,
        "as_of": snapshot.as_of.astimezone(snapshot.zone).isoformat(timespec="seconds"),
        "exports": list(made),
    }


# ── books ────────────────────────────────────────────────────────────────────────────────────────


def _books(order: Order, books: Journal, drafts: Drafts) -> tuple[ExportedItem, str]:
    text = "".join(f"{line}\n" for line in BOOKS[order.form](books))
    content = text.encode()
    if order.place != STDOUT:
        drafts.new(order.place).write_bytes(content)
    count = len(books.entries) + len(books.assertions) + len(books.prices)
    file: FileItem = {
        "name": order.place.name,
        "kind": "journal",
        "rows": count,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    item: ExportedItem = {
        "form": order.form,
        "place": str(order.place),
        "files": [file],
        "rows": count,
        "books": _told(books),
    }
    return item, text


def _told(books: Journal) -> BooksItem:
    return {
        "transactions": len(books.entries),
        "balances": len(books.assertions),
        "prices": len(books.prices),
        "cash": [money_item(money) for money in books.totals(BANK)],
        "unexplained": [_unexplained(entry) for entry in books.unexplained],
        "lone_transfers": books.lone_transfers,
        "unstated": list(books.unstated),
        "left_out": [{"ref": left.ref, "why": left.why} for left in books.left_out],
    }


def _unexplained(entry: Entry) -> UnexplainedItem:
    own = entry.postings[0]
    return {"day": entry.day.isoformat(), "account": own.account, "why": entry.text, **money_item(own.amount)}
