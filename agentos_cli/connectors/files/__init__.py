"""Reads the folder of CSV files: what has no API here, in the columns of docs/files.md.

`access.options["folder"]` names the folder; nothing else of `access` is used but the currency. A file that
is not there is a kind not delivered. A file whose header or encoding is wrong is refused whole (`Fatal`, with
its name and what to mend); a row that is wrong is skipped as `file.csv:LINE` and the others are kept.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import os
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agentos_cli.connectors.files.tables import TABLES, Row, Table
from agentos_cli.connectors.reading import Unreadable, clean, ident
from agentos_cli.contract import Access, Batch, Skipped
from agentos_cli.errors import Fatal
from agents.nouns import Noun

LARGEST_FILE = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Text:
    """A file's text and when it was last changed."""

    name: str
    body: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class _Line:
    """One row as it stands in the file; `number` is the line it starts on, from 1."""

    number: int
    cells: list[str]


def fetch(access: Access) -> Iterator[Batch]:
    """One batch for each file that is there. Raises Fatal for a folder or a file that cannot be used."""
    found = _found(access.options)
    if not found:
        raise Fatal(
            f"no file we know in {_folder(access.options)}",
            fix="name them as in docs/files.md, such as bank.csv",
        )
    for table, path in found:
        yield _batch(table, _read(path), access.currency)


def check(access: Access) -> str:
    """Which files are there, once the header of each was found good."""
    found = _found(access.options)
    for table, path in found:
        _columns(table, _lines(_read(path)))
    names = ", ".join(path.name for _, path in found)
    return f"{len(found)} of {len(TABLES)} files in {_folder(access.options)}: {names or 'none'}"


def account(access: Access) -> Mapping[str, str]:
    """Nothing: no link leads into a folder."""
    return {}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """None: a row of a file has no page."""
    return None


def observed(options: Mapping[str, str]) -> dict[str, datetime]:
    """When the file of each kind was last changed; nothing is read. Raises Fatal as `fetch` does."""
    return {table.noun.kind: _changed_at(_about(path)) for table, path in _found(options)}


def _folder(options: Mapping[str, str]) -> Path:
    folder = Path(options.get("folder") or "").expanduser()
    if not options.get("folder") or not folder.is_dir():
        named = options.get("folder") or "(none)"
        raise Fatal(
            f"the folder of CSV files is not there: {named}", fix="agentos connect files --folder PATH"
        )
    return folder


def _found(options: Mapping[str, str]) -> list[tuple[Table, Path]]:
    folder = _folder(options)
    try:
        names = {path.name for path in folder.iterdir()}
    except OSError as problem:
        raise Fatal(f"cannot look into {folder}: {problem.strerror}") from None
    return [(table, folder / table.file) for table in TABLES if table.file in names]


def _read(path: Path) -> _Text:
    """The text of one file; links are followed, and anything but a regular file is refused."""
    about = _about(path)
    if not stat.S_ISREG(about.st_mode):
        raise Fatal(f"{path.name} is not a file but a {_other(about.st_mode)}")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as problem:
        raise Fatal(f"{path.name} cannot be read: {problem.strerror}") from None
    if len(content) > LARGEST_FILE:
        raise Fatal(f"{path.name} is larger than 50 MB", fix="keep the last two years in it")
    try:
        body = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise Fatal(f"{path.name}:{line} is not UTF-8", fix='save it as "CSV UTF-8"') from None
    return _Text(path.name, body, _changed_at(about))


def _about(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except FileNotFoundError:
        raise Fatal(f"{path.name} is a link to a file that is not there") from None
    except OSError as problem:
        raise Fatal(f"{path.name} cannot be read: {problem.strerror}") from None


def _changed_at(about: os.stat_result) -> datetime:
    return datetime.fromtimestamp(about.st_mtime, UTC)


def _other(mode: int) -> str:
    return "folder" if stat.S_ISDIR(mode) else "device or pipe"


def _lines(text: _Text) -> Iterator[_Line]:
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
                yield _Line(start, [cell.strip() for cell in cells])
            start = reader.line_num + 1
    except csv.Error as problem:
        raise Fatal(
            f"{text.name}:{start} is not CSV: {problem}", fix="check the quotes on that line"
        ) from None


def _columns(table: Table, lines: Iterator[_Line]) -> list[str]:
    """The header, if every needed column is in it. Names are matched without case."""
    first = next(lines, None)
    if first is None:
        raise Fatal(f"{table.file} is empty", fix=f"its first line is {','.join(table.needed)}")
    header = [clean(cell).lower() for cell in first.cells]
    twice = next((name for name, times in Counter(header).items() if name and times > 1), None)
    if twice:
        raise Fatal(f"{table.file} has the column `{twice}` twice")
    strange = [name for name in header if name not in table.needed + table.known]
    for missing in (name for name in table.needed if name not in header):
        near = difflib.get_close_matches(missing, strange, 1)
        hint = f"rename `{near[0]}`" if near else f"columns: {', '.join(table.needed)}"
        raise Fatal(f"{table.file} has no column `{missing}`", fix=hint)
    for name in strange:
        near = difflib.get_close_matches(name, [k for k in table.known if k not in header], 1, 0.8)
        if near:
            raise Fatal(f"{table.file} has a column `{name}`", fix=f"did you mean `{near[0]}`?")
    return header


def _batch(table: Table, text: _Text, currency: str) -> Batch:
    lines = _lines(text)
    header = _columns(table, lines)
    read: dict[str, Noun] = {}
    skipped: list[Skipped] = []
    seen: Counter[str] = Counter()
    for line in lines:
        try:
            record = table.parse(_row(table, header, line, seen, currency))
            if record.id in read:
                raise Unreadable(f"the id `{record.id}` stands further up already")
            read[record.id] = record
        except Unreadable as problem:
            skipped.append(Skipped(table.noun.kind, f"{table.file}:{line.number}", str(problem)))
    if skipped and not read:
        first = skipped[0]
        raise Fatal(f"{table.file}: not one of {len(skipped)} rows can be read ({first.where}: {first.why})")
    return Batch(table.noun, tuple(read.values()), tuple(skipped), text.changed_at)


def _row(table: Table, header: list[str], line: _Line, seen: Counter[str], currency: str) -> Row:
    if len(line.cells) != len(header):
        raise Unreadable(f"{len(line.cells)} cells under {len(header)} columns")
    ours = table.needed + table.known
    cells = {name: cell for name, cell in zip(header, line.cells, strict=True) if name in ours}
    return Row(cells, ident(cells) if cells.get("id") else _id(table, cells, seen), currency)


def _id(table: Table, cells: dict[str, str], seen: Counter[str]) -> str:
    """The same row has the same id in every reading, wherever it stands; equal rows are numbered."""
    if "id" in table.needed:
        raise Unreadable("id is missing")
    content = "\x1f".join(f"{name}={cells[name]}" for name in sorted(cells) if cells[name])
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    seen[digest] += 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
