"""Sheets as Parquet, written by pyarrow: the format's own reference, and it needs no SQL.

Decimals have 18 places: what came with more (a probability as a binary fraction) is rounded there, and is
exact in the CSV.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from agentos_cli.errors import DataProblem
from agentos_cli.export.sheets import Field, Row, Sheet
from agentos_cli.store.values import Kind, Primitive

if TYPE_CHECKING:
    import pyarrow as pa

ENDING = ".parquet"
DIGITS, PLACES = 38, 18
GROUP = 50_000
"""Rows that are held in memory at a time."""
_PLACE = Decimal(1).scaleb(-PLACES)
_CONTEXT = Context(prec=DIGITS + PLACES)


def need() -> None:
    """Raises DataProblem, with what to install, where pyarrow is not."""
    try:
        import pyarrow.parquet  # noqa: F401 - heavy, and an extra
    except ImportError:
        raise DataProblem(
            "Parquet needs an extra package", fix="pipx inject agentos-cli pyarrow, or export with --csv"
        ) from None


def write(sheet: Sheet, path: Path) -> int:
    """Write the sheet; gives the number of its rows. Raises DataProblem for a number of over 20 digits."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([pa.field(f.name, _type(f), nullable=f.null) for f in sheet.fields])
    count, rows = 0, sheet.rows()
    try:
        with pq.ParquetWriter(path, schema) as writer:
            while group := list(islice(rows, GROUP)):
                writer.write_table(pa.table(list(_arrays(group, sheet, schema)), schema=schema))
                count += len(group)
    except pa.ArrowInvalid as error:
        raise DataProblem(f"{sheet.name} does not fit into Parquet: {error}", fix="use --csv") from None
    return count


def _arrays(group: list[Row], sheet: Sheet, schema: pa.Schema) -> Iterator[pa.Array]:
    import pyarrow as pa

    for place, field in enumerate(sheet.fields):
        values = [_value(row[place], field.kind) for row in group]
        yield pa.array(values, type=schema.field(place).type)


def _type(field: Field) -> pa.DataType:
    import pyarrow as pa

    match field.kind:
        case Kind.INT | Kind.AMOUNT:
            return pa.int64()
        case Kind.DECIMAL:
            return pa.decimal128(DIGITS, PLACES)
        case Kind.FLAG:
            return pa.bool_()
        case Kind.DAY:
            return pa.date32()
        case Kind.INSTANT:
            return pa.timestamp("us", tz="UTC")
        case _:
            return pa.string()


def _value(value: Primitive, kind: Kind) -> Primitive | Decimal:
    if value is None or kind is not Kind.DECIMAL:
        return value
    return Decimal(str(value)).quantize(_PLACE, rounding=ROUND_HALF_EVEN, context=_CONTEXT)
