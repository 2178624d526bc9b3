"""How a noun becomes a row and comes back: one list of columns per dataclass, made from its annotations.

Standard library only, since the read path of every command runs through here. A field maps to

    str TEXT | int BIGINT | bool flag | Decimal TEXT | date day | datetime instant
    Money -> <field>_amount BIGINT + <field>_currency TEXT | tuples -> JSON in TEXT

and `... | None` makes it nullable.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from agentos_cli.errors import DataProblem
from agentos_cli.store.values import READ, Dialect, Kind, Primitive, Stored, clean, instant_text, utc
from agents.money import Money
from agents.nouns import Noun

N = TypeVar("N", bound=Noun)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a noun's table. A Money field makes two."""

    name: str
    kind: Kind
    null: bool


SCALARS: dict[Any, Kind] = {
    str: Kind.TEXT,
    int: Kind.INT,
    bool: Kind.FLAG,
    Decimal: Kind.DECIMAL,
    date: Kind.DAY,
    datetime: Kind.INSTANT,
}


@dataclass(frozen=True, slots=True)
class _Part:
    """One field: its columns, how its value is taken apart, and how it is put together again."""

    columns: tuple[Column, ...]
    names: tuple[str, ...]
    pack: Callable[[Any], tuple[Primitive, ...]]
    hint: Any
    is_plain: bool = False
    """Whether it is one value that `_pack` takes."""


_PARTS: dict[type[Noun], tuple[tuple[str, _Part], ...]] = {}
_NAMES: dict[type, tuple[str, ...]] = {}


def _parts(noun: type[Noun]) -> tuple[tuple[str, _Part], ...]:
    known = _PARTS.get(noun)
    if known is None:
        hints = get_type_hints(noun)
        known = _PARTS[noun] = tuple((f.name, _part(f.name, hints[f.name])) for f in fields(noun))
    return known


def columns(noun: type[Noun]) -> tuple[Column, ...]:
    """All columns of a noun in the order of its fields, `source` and `id` first."""
    return tuple(column for _, part in _parts(noun) for column in part.columns)


def encode(record: Noun) -> dict[str, Primitive]:
    """Column name to value. Raises DataProblem for a value that no database column can hold."""
    row: dict[str, Primitive] = {}
    for name, part in _parts(type(record)):
        try:
            if part.is_plain:  # by far the most
                row[name] = _pack(getattr(record, name))
            else:
                row.update(zip(part.names, part.pack(getattr(record, name)), strict=True))
        except (ValueError, OverflowError, TypeError) as error:
            raise DataProblem(f"cannot store {record.ref!r}: {name}: {error}") from error
    return row


def digest(row: dict[str, Primitive]) -> str:
    """32 hex digits that say whether two versions of a record are the same."""
    return blake2b(_text(row).encode(), digest_size=16).hexdigest()


def decoder(noun: type[N], dialect: Dialect) -> Callable[[Sequence[Stored]], N]:
    """Turns a row, its columns in the order of `columns(noun)`, back into the noun."""
    changes: list[tuple[int, int, Callable[[Sequence[Stored]], Any]]] = []
    place = 0
    for _, part in _parts(noun):
        width = len(part.columns)
        if reader := _reader(part, place, dialect):
            changes.append((place, place + width, reader))
        place += width
    changes.reverse()  # from the right, so that a Money's two columns move nothing still to come

    def decode(row: Sequence[Stored]) -> N:
        values = list(row)
        for start, end, read in changes:
            values[start:end] = (read(row),)
        return noun(*values)

    return decode


def _part(name: str, hint: Any) -> _Part:
    hint, null = _optional(hint)
    if hint is Money:
        amount, currency = f"{name}_amount", f"{name}_currency"
        both = (Column(amount, Kind.AMOUNT, null), Column(currency, Kind.CURRENCY, null))
        return _Part(both, (amount, currency), _pack_money, hint)
    if hint in SCALARS:
        column = Column(name, SCALARS[hint], null)
        return _Part((column,), (name,), lambda value: (_pack(value),), hint, is_plain=True)
    if get_origin(hint) is tuple:
        return _Part((Column(name, Kind.JSON, null),), (name,), _pack_json, hint)
    raise TypeError(f"no column type for {name}: {hint}")


def _optional(hint: Any) -> tuple[Any, bool]:
    if isinstance(hint, UnionType):
        (inner,) = (arg for arg in get_args(hint) if arg is not NoneType)
        return inner, True
    return hint, False


def _text(value: object) -> str:
    """As JSON without spaces, to the letter what the standard library writes, in a fifth of its time."""
    import orjson  # only what is written passes here, and most commands write nothing

    return orjson.dumps(value, default=str, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


_AS_IT_IS = frozenset({NoneType, bool, date})


def _pack(value: Any) -> Primitive:
    kind = type(value)
    if kind in _AS_IT_IS or (kind is datetime and value.tzinfo is UTC):
        return value  # type: ignore[no-any-return]
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise OverflowError("a whole number beyond 64 bits")
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("not a number")
        return str(value)
    if isinstance(value, datetime):
        return utc(value)
    if value is None or isinstance(value, int | date):
        return value
    raise TypeError(f"a {type(value).__name__}")


def _pack_money(money: Money | None) -> tuple[Primitive, ...]:
    return (None, None) if money is None else (_pack(money.amount), money.currency)


def _pack_json(value: Any) -> tuple[Primitive, ...]:
    return (_text(_freeze(value)),)


def _freeze(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_freeze(item) for item in value]
    if names := _names(type(value)):
        return {name: _freeze(getattr(value, name)) for name in names}
    plain = _pack(value)
    if isinstance(plain, datetime):
        return instant_text(plain)
    return plain.isoformat() if isinstance(plain, date) else plain


def _names(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass; none of any other class."""
    known = _NAMES.get(kind)
    if known is None:
        known = _NAMES[kind] = tuple(f.name for f in fields(kind)) if is_dataclass(kind) else ()
    return known


def _reader(part: _Part, place: int, dialect: Dialect) -> Callable[[Sequence[Stored]], Any] | None:
    """How a field is read from a row; None if its column already holds it."""
    if part.hint is Money:
        return lambda row: None if row[place] is None else Money(row[place], row[place + 1])
    if part.columns[0].kind is Kind.JSON:
        thaw = _thawer(part.hint)
        return lambda row: thaw(json.loads(row[place]))
    convert = READ[dialect].get(part.columns[0].kind)
    if convert is None:
        return None
    return lambda row: None if row[place] is None else convert(row[place])


@cache
def _thawer(hint: Any) -> Callable[[Any], Any]:
    """Rebuilds a value from JSON by its annotation."""
    hint, _ = _optional(hint)
    if get_origin(hint) is tuple:
        item = _thawer(get_args(hint)[0])
        return lambda value: tuple(map(item, value))
    if is_dataclass(hint):
        makers = {name: _thawer(inner) for name, inner in get_type_hints(hint).items()}
        make: Callable[..., Any] = hint  # type: ignore[assignment]
        return lambda value: (
            None if value is None else make(**{name: thaw(value[name]) for name, thaw in makers.items()})
        )
    convert = READ[Dialect.SQLITE].get(SCALARS[hint])
    if convert is None:
        return lambda value: value
    return lambda value: None if value is None else convert(value)
