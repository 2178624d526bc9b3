"""Plain values as each database spells them. No noun is known here, so the quickest reads stop at this file.

SQLite keeps instants as fixed-width ISO text in UTC, so that they sort as text, days as ISO text and
flags as 0 or 1; PostgreSQL has types for them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

Primitive = str | int | float | bool | bytes | date | datetime | None
"""What a column holds, before the database's own spelling of it."""
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Until when a version holds that is still true."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when something holds that was there before versions of it were kept."""
Stored = Any
"""What a driver hands back: `str` for an instant in SQLite, `datetime` in PostgreSQL."""


class Dialect(StrEnum):
    """The databases that a store can be on."""

    SQLITE = "sqlite"
    POSTGRES = "postgresql"


class Kind(StrEnum):
    """What a column holds; each database has its own type for it."""

    TEXT = "text"
    INT = "int"
    FLAG = "flag"
    REAL = "real"
    DECIMAL = "decimal"
    DAY = "day"
    INSTANT = "instant"
    AMOUNT = "amount"
    CURRENCY = "currency"
    JSON = "json"
    BYTES = "bytes"


def instant_text(value: datetime) -> str:
    """`2026-11-23T07:00:00.000000+00:00`: always 32 characters, so text order is time order."""
    return (value if value.tzinfo is UTC else utc(value)).isoformat(timespec="microseconds")


def utc(value: datetime) -> datetime:
    """The same instant in UTC. A naive datetime is a mistake of the caller: ValueError."""
    if value.tzinfo is None:
        raise ValueError("an instant without a time zone")
    return value.astimezone(UTC)


def clean(text: str) -> str:
    """Text that both databases can hold: NUL and lone surrogates become U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def bind(value: Primitive, dialect: Dialect) -> Primitive:
    """A value as the driver of `dialect` wants it."""
    if isinstance(value, datetime):
        return utc(value) if dialect is Dialect.POSTGRES else instant_text(value)
    if dialect is Dialect.POSTGRES:
        return value
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, bool) else value


READ: dict[Dialect, dict[Kind, Callable[[Stored], Any]]] = {
    Dialect.SQLITE: {
        Kind.FLAG: bool,
        Kind.DECIMAL: Decimal,
        Kind.DAY: date.fromisoformat,
        Kind.INSTANT: datetime.fromisoformat,
    },
    # psycopg gives ZoneInfo("UTC"); one zone object everywhere keeps the two databases byte-equal
    Dialect.POSTGRES: {Kind.DECIMAL: Decimal, Kind.INSTANT: lambda value: value.astimezone(UTC)},
}
