"""Reads the folder of CSV files: what has no API here, in the columns of docs/files.md.

`access.options["folder"]` names the folder; nothing else of `access` is used but the currency. A file that
is not there is a kind not delivered. A file whose header or encoding is wrong is refused whole (`Fatal`, with
its name and what to mend); a row that is wrong is skipped as `file.csv:LINE` and the others are kept.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from agentos_cli.connectors.files.rows import Text, batch, columns, decoded, unchecked
from agentos_cli.connectors.files.tables import TABLES, Table
from agentos_cli.contract import Access, Batch, Fields
from agentos_cli.errors import Fatal

LARGEST_FILE = 50 * 1024 * 1024
SAMPLED = 100

FIELDS: Mapping[str, Fields] = {
    table.file: {**dict.fromkeys(table.needed, "any"), **{f"{name}?": "any" for name in table.known}}
    for table in TABLES
}
"""By file, its columns: what a cell has to hold, only reading it tells."""


def fetch(access: Access) -> Iterator[Batch]:
    """One batch for each file that is there. Raises Fatal for a folder or a file that cannot be used."""
    found = _found(access.options)
    if not found:
        raise Fatal(
            f"no file we know in {_folder(access.options)}",
            fix="name them as in docs/files.md, such as bank.csv",
        )
    for table, path in found:
        yield batch(table, _read(path), access)


def check(access: Access) -> str:
    """Which files are there, once the header of each was found good."""
    found = _found(access.options)
    for table, path in found:
        columns(table, _read(path))
    names = ", ".join(path.name for _, path in found)
    return f"{len(found)} of {len(TABLES)} files in {_folder(access.options)}: {names or 'none'}"


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """By file, its first rows by column, whatever the columns are called."""
    return {table.file: unchecked(_read(path), SAMPLED) for table, path in _found(access.options)}


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


def _read(path: Path) -> Text:
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
    return Text(path.name, decoded(path.name, content), _changed_at(about))


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
