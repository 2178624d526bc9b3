"""A table's text as records, whether it came from a file or from an address: header, rows, ids."""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from agentos_cli.connectors.files.tables import Row, Table
from agentos_cli.connectors.reading import Unreadable, clean, ident
from agentos_cli.contract import Access, Batch, Skipped
from agentos_cli.errors import Fatal
from agents.nouns import Noun


@dataclass(frozen=True, slots=True)
class Text:
    """A table's text, what to call it, and when it was last changed (None: as it is now)."""

    name: str
    body: str
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it stands in the text; `number` is the line it starts on, from 1."""

    number: int
    cells: list[str]


def decoded(name: str, content: bytes) -> str:
    """The text in these bytes; raises Fatal for what is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise Fatal(f"{name}:{line} is not UTF-8", fix='save it as "CSV UTF-8"') from None


def batch(table: Table, text: Text, access: Access) -> Batch:
    """The records of a table. Raises Fatal where header or quotes are wrong, or no row can be read."""
    rows = _lines(text)
    header = _columns(table, text.name, rows)
    read: dict[str, Noun] = {}
    skipped: list[Skipped] = []
    seen: Counter[str] = Counter()
    for line in rows:
        try:
            record = table.parse(_row(table, header, line, seen, access))
            if record.id in read:
                raise Unreadable(f"the id `{record.id}` stands further up already")
            read[record.id] = record
        except Unreadable as problem:
            skipped.append(Skipped(table.noun.kind, f"{text.name}:{line.number}", str(problem)))
    if skipped and not read:
        first = skipped[0]
        raise Fatal(f"{text.name}: not one of {len(skipped)} rows can be read ({first.where}: {first.why})")
    return Batch(table.noun, tuple(read.values()), tuple(skipped), text.changed_at)


def raw_rows(table: Table, text: Text, most: int) -> list[dict[str, str]]:
    """The first rows as they stand there, by column."""
    rows = _lines(text)
    header = _columns(table, text.name, rows)
    return [dict(zip(header, line.cells, strict=False)) for line, _ in zip(rows, range(most), strict=False)]


def columns(table: Table, text: Text) -> list[str]:
    """The header. Raises Fatal where it is not that of the table."""
    return _columns(table, text.name, _lines(text))


def first_rows(table: Table, text: Text, most: int) -> list[dict[str, str]]:
    """So many rows as they stand there, by column."""
    rows = _lines(text)
    header = _columns(table, text.name, rows)
    return [dict(zip(header, line.cells, strict=False)) for line in islice(rows, most)]


def unchecked(text: Text, most: int) -> list[dict[str, str]]:
    """The first rows by column, whatever the columns are called."""
    rows = _lines(text)
    first = next(rows, None)
    header = [clean(cell).lower() for cell in first.cells] if first else []
    return [dict(zip(header, line.cells, strict=False)) for line, _ in zip(rows, range(most), strict=False)]


def _lines(text: Text) -> Iterator[Line]:
    """Header and rows, split at commas or, if the header has more of them, at semicolons; no empty lines.

    Raises Fatal where quotes do not match, since from there on no row can be told from the next.
    """
    header = text.body.lstrip("\r\n").partition("\n")[0]
    separator = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text.body, newline=""), delimiter=separator, strict=True)
    start = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Line(start, [cell.strip() for cell in cells])
            start = reader.line_num + 1
    except csv.Error as problem:
        raise Fatal(
            f"{text.name}:{start} is not CSV: {problem}", fix="check the quotes on that line"
        ) from None


def _columns(table: Table, called: str, lines: Iterator[Line]) -> list[str]:
    """The header, if every needed column is in it. Names are matched without case."""
    first = next(lines, None)
    if first is None:
        raise Fatal(f"{called} is empty", fix=f"its first line is {','.join(table.needed)}")
    header = [clean(cell).lower() for cell in first.cells]
    twice = next((name for name, times in Counter(header).items() if name and times > 1), None)
    if twice:
        raise Fatal(f"{called} has the column `{twice}` twice")
    strange = [name for name in header if name not in table.needed + table.known]
    for missing in (name for name in table.needed if name not in header):
        near = difflib.get_close_matches(missing, strange, 1)
        hint = f"rename `{near[0]}`" if near else f"columns: {', '.join(table.needed)}"
        raise Fatal(f"{called} has no column `{missing}`", fix=hint)
    for name in strange:
        near = difflib.get_close_matches(name, [k for k in table.known if k not in header], 1, 0.8)
        if near:
            raise Fatal(f"{called} has a column `{name}`", fix=f"did you mean `{near[0]}`?")
    return header


def _row(table: Table, header: list[str], line: Line, seen: Counter[str], access: Access) -> Row:
    if len(line.cells) != len(header):
        raise Unreadable(f"{len(line.cells)} cells under {len(header)} columns")
    ours = table.needed + table.known
    cells = {name: cell for name, cell in zip(header, line.cells, strict=True) if name in ours}
    return Row(
        cells, ident(cells) if cells.get("id") else _id(table, cells, seen), access.currency, access.source
    )


def _id(table: Table, cells: dict[str, str], seen: Counter[str]) -> str:
    """The same row has the same id in every reading, wherever it stands; equal rows are numbered."""
    if "id" in table.needed:
        raise Unreadable("id is missing")
    content = "\x1f".join(f"{name}={cells[name]}" for name in sorted(cells) if cells[name])
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    seen[digest] += 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
