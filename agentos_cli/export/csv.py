"""Sheets as CSV (RFC 4180, UTF-8): exact, and harmless when a spreadsheet opens them.

Every text is in quotes, so that an empty cell is a missing value and `""` an empty text. A text that a
spreadsheet would run as a formula (OWASP, CSV injection) gets an apostrophe in front; `restored` takes it
off again, and nothing else.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from agentos_cli.export.sheets import Row, Sheet
from agentos_cli.store.values import Kind, Primitive

ENDING = ".csv"

_RISKY = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""What a spreadsheet may take for a formula. Texts that look like our own mark are marked too, so that
taking one apostrophe off is always right."""
_MARKED = re.compile("'" + _RISKY.pattern)

TEXTS = frozenset({Kind.TEXT, Kind.JSON, Kind.CURRENCY})


def write(sheet: Sheet, path: Path) -> int:
    """Write the sheet; gives the number of its rows."""
    kinds = [field.kind for field in sheet.fields]
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(field.name for field in sheet.fields) + "\n")
        for count, row in enumerate(sheet.rows(), 1):  # noqa: B007 - the count is what is wanted
            file.write(_line(row, kinds) + "\n")
    return count


def neutral(text: str) -> str:
    """The text as no spreadsheet runs it."""
    return f"'{text}" if _RISKY.match(text) else text


def restored(text: str) -> str:
    """The text that `neutral` was given."""
    return text[1:] if _MARKED.match(text) else text


def _line(row: Row, kinds: list[Kind]) -> str:
    return ",".join(_cell(value, kind) for value, kind in zip(row, kinds, strict=True))


def _cell(value: Primitive, kind: Kind) -> str:
    if value is None:
        return ""
    if kind in TEXTS:
        quoted = neutral(str(value)).replace('"', '""')
        return f'"{quoted}"'
    if kind is Kind.DECIMAL:
        return f"{Decimal(str(value)):f}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
