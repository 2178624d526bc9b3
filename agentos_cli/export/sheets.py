"""What is known as tables: one sheet per noun. The forms only write them down.

Columns are those of the nouns (`agents.nouns`), with the names of docs/files.md where a folder of CSV
files has that noun, so that an exported folder can be read again. A Money is three columns: minor units,
currency, and the amount in major units for people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from agentos_cli.connectors.files.tables import TABLES
from agentos_cli.store.columns import columns, encode
from agentos_cli.store.values import Kind, Primitive
from agents.money import Money
from agents.nouns import NOUNS, Noun
from agents.snapshot import Snapshot

Row = tuple[Primitive, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a sheet. Decimals are texts of digits, as exact as they came."""

    name: str
    kind: Kind
    null: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: `name` is its file's, without an ending; the rows come anew each time they are asked for."""

    name: str
    kind: str
    fields: tuple[Field, ...]
    rows: Callable[[], Iterator[Row]]


FILES = {table.noun: table.file.removesuffix(".csv") for table in TABLES}
RENAMED = {"day": "date", "holder": "account"}
PLURALS = {"company": "companies"}


def records(snapshot: Snapshot) -> Iterator[Sheet]:
    """Every noun in the order of `NOUNS`, whether there are records of it or not."""
    for noun in NOUNS:
        yield _sheet(noun, snapshot.all(noun))


def name_of(noun: type[Noun]) -> str:
    """`bank` for what docs/files.md calls bank.csv, else the plural: `invoices`."""
    return FILES.get(noun) or PLURALS.get(noun.kind, f"{noun.kind}s")


def _sheet(noun: type[Noun], records: Iterable[Noun]) -> Sheet:
    fields, sources = _fields(noun)

    def rows() -> Iterator[Row]:
        for record in records:
            packed = encode(record)
            yield tuple(_cell(packed, *source) for source in sources)

    return Sheet(name_of(noun), noun.kind, fields, rows)


def _fields(noun: type[Noun]) -> tuple[tuple[Field, ...], tuple[tuple[str, str | None], ...]]:
    """The columns of a sheet, and for each the stored column it is read from; for major units the one of
    the currency as well."""
    ours = noun in FILES
    fields: list[Field] = []
    sources: list[tuple[str, str | None]] = []
    for column in columns(noun):
        name = column.name
        if column.kind is Kind.CURRENCY:
            money = name.removesuffix("_currency")
            fields.append(Field("currency" if ours else name, column.kind, column.null))
            sources.append((name, None))
            fields.append(Field(money, Kind.DECIMAL, column.null))
            sources.append((f"{money}_amount", name))
            continue
        fields.append(Field(RENAMED.get(name, name) if ours else name, column.kind, column.null))
        sources.append((name, None))
    return tuple(fields), tuple(sources)


def _cell(packed: Mapping[str, Primitive], name: str, currency: str | None) -> Primitive:
    value = packed[name]
    if currency is None or value is None:
        return value
    amount, code = int(str(value)), str(packed[currency])
    return f"{Money(amount, code).major:f}"
