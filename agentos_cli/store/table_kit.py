"""What tables are made of: the types of columns on each database, and the checks that several tables have."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Dialect as SqlDialect
from sqlalchemy.sql.type_api import TypeEngine
from sqlmodel import Field, SQLModel

from agentos_cli.store.values import READ, Dialect, Kind, bind

DIALECTS = {str(dialect): dialect for dialect in Dialect}
"""By name: to make one of a name for every value that is read took longer than reading it."""
STRICT = {"sqlite_strict": True}
CHANGED = text("changed")
METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
TYPES: dict[Kind, tuple[TypeEngine[Any], TypeEngine[Any]]] = {
    Kind.INT: (Integer(), BigInteger()),
    Kind.AMOUNT: (Integer(), BigInteger()),
    Kind.REAL: (REAL(), Double()),
    Kind.FLAG: (Integer(), Boolean()),
    Kind.DAY: (Text(), Date()),
    Kind.INSTANT: (Text(), TIMESTAMP(timezone=True)),
    Kind.BYTES: (LargeBinary(), LargeBinary()),
}
"""Column kind to its SQLite and PostgreSQL type, where that is not TEXT on both."""


class Stored(TypeDecorator[Any]):
    """A column kind as each database keeps it: STRICT SQLite tables know INTEGER, REAL and TEXT alone."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: SqlDialect) -> TypeEngine[Any]:
        sqlite, postgres = TYPES.get(self.kind, (Text(), Text()))
        return sqlite if dialect.name == Dialect.SQLITE else postgres

    def process_bind_param(self, value: Any, dialect: SqlDialect) -> Any:
        return bind(value, DIALECTS[dialect.name])

    def process_result_value(self, value: Any, dialect: SqlDialect) -> Any:
        convert = READ[DIALECTS[dialect.name]].get(self.kind)
        return value if value is None or convert is None else convert(value)


def check(sql: str, name: str) -> CheckConstraint:
    """A rule that every row keeps."""
    return CheckConstraint(sql, name=name)


def flag(name: str) -> CheckConstraint:
    """SQLite keeps a flag as an integer, so it has to be told which two."""
    return CheckConstraint(f"{name} IN (0, 1)", name=f"{name}_flag").ddl_if(dialect="sqlite")


def money(name: str) -> CheckConstraint:
    """Amount and currency come together or not at all; the currency is three capital letters."""
    amount, currency = f"{name}_amount", f"{name}_currency"
    return check(
        f"({amount} IS NULL) = ({currency} IS NULL) AND length({currency}) = 3"
        f" AND {currency} = upper({currency})",
        f"{name}_money",
    )


def span() -> CheckConstraint:
    """A version ends no earlier than it begins."""
    return check("recorded_at <= superseded_at", "span")


def key(kind: Kind = Kind.TEXT) -> Any:
    """A column of the primary key."""
    # `sa_type` is annotated as a class, but an instance is what SQLAlchemy columns take
    return Field(primary_key=True, sa_type=cast("type[Any]", Stored(kind)), sa_column_kwargs=_ONLY_KEY)


def field(kind: Kind = Kind.TEXT, *, null: bool = False) -> Any:
    """Any other column."""
    return Field(sa_type=cast("type[Any]", Stored(kind)), nullable=null)


_ONLY_KEY = {"autoincrement": False}


class Row(SQLModel):
    """What the classes below share: one metadata, with a name for every constraint."""

    metadata = METADATA


def table_of(row: type[Row]) -> Table:
    """The table behind a class; SQLModel does not annotate it."""
    return cast("Table", cast("Any", row).__table__)
