"""Movements of MRR month by month: the document `agentos.movements/1`, and its tables for the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Literal

from agentos_cli.renderers import clean
from agents.finance.monthly import Month
from agents.money import Money, exponent
from agents.snapshot import Snapshot

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class MonthItem(TypedDict):
    """One calendar month, half-open, in minor units of the table's currency; all movements are positive.
    opening + fx + new + expansion + reactivation - contraction - churn = closing. `end` is its last
    instant: the one asked about for the `running` month."""

    month: str
    end: str
    running: bool
    opening: int
    new: int
    expansion: int
    contraction: int
    churn: int
    reactivation: int
    fx: int
    closing: int
    adds_up: bool
    partial: str | None


class MovementsTable(TypedDict):
    """What is billed in one currency; `converted`: what is billed in any, at the rates of each month."""

    currency: str
    converted: bool
    months: list[MonthItem]


class MovementsDocument(TypedDict):
    """`agentos movements`: MRR movements by month, of everyone or of one `customer`. `adds_up` is true
    when every month does. `absent` says why there is no table."""

    schema: Literal["agentos.movements/1"]
    company: str
    as_of: str
    zone: str
    customer: str | None
    adds_up: bool
    absent: str | None
    tables: list[MovementsTable]


MOVEMENTS = ("new", "expansion", "reactivation", "contraction", "churn")
SUM = "opening + new + expansion + reactivation - contraction - churn"


def movements_document(
    snapshot: Snapshot, tables: Mapping[str | None, Sequence[Month]], customer: str | None, absent: str | None
) -> MovementsDocument:
    """The document of these tables by currency; None: of everything, converted."""
    local = snapshot.as_of.astimezone(snapshot.zone)
    return {
        "schema": "agentos.movements/1",
        "company": snapshot.company,
        "as_of": local.isoformat(timespec="seconds"),
        "zone": str(snapshot.zone),
        "customer": customer,
        "adds_up": all(month.adds_up for months in tables.values() for month in months),
        "absent": absent,
        "tables": [
            {
                "currency": currency or snapshot.currency,
                "converted": currency is None,
                "months": [_month(snapshot, month) for month in months],
            }
            for currency, months in tables.items()
        ],
    }


def _month(snapshot: Snapshot, month: Month) -> MonthItem:
    moved = month.movements
    return {
        "month": f"{month.first:%Y-%m}",
        "end": month.end.astimezone(snapshot.zone).isoformat(timespec="seconds"),
        "running": month.running,
        "opening": month.opening,
        "new": moved.new,
        "expansion": moved.expansion,
        "contraction": moved.contraction,
        "churn": moved.churn,
        "reactivation": moved.reactivation,
        "fx": month.fx,
        "closing": month.closing,
        "adds_up": month.adds_up,
        "partial": month.partial,
    }


def movements_text(document: MovementsDocument) -> str:
    """Every table under its currency, and whether they add up."""
    if document["absent"] is not None:
        return document["absent"]
    of = f" of {clean.line(document['customer'])}" if document["customer"] else ""
    blocks = []
    for table in document["tables"]:
        what = "all currencies, converted" if table["converted"] else "as billed"
        blocks.append(f"MRR movements{of} in {table['currency']} ({what})\n{_table(table)}")
    return "\n\n".join([*blocks, _sum(document)])


def _table(table: MovementsTable) -> str:
    columns = ["opening", *MOVEMENTS, *(["fx"] if table["converted"] else []), "closing"]
    body = [[_name(month), *_amounts(month, columns, table["currency"])] for month in table["months"]]
    cells = [["month", *columns], *body]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns) + 1)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in cells
    ]
    left_out = [f"{month['month']}: {month['partial']}" for month in table["months"] if month["partial"]]
    return "\n".join([*lines, *left_out])


def _name(month: MonthItem) -> str:
    return f"{month['month']} so far" if month["running"] else month["month"]


def _amounts(month: MonthItem, columns: Sequence[str], currency: str) -> list[str]:
    amounts = {
        "opening": month["opening"],
        "new": month["new"],
        "expansion": month["expansion"],
        "reactivation": month["reactivation"],
        "contraction": -month["contraction"],
        "churn": -month["churn"],
        "fx": month["fx"],
        "closing": month["closing"],
    }
    return [_amount(amounts[name], currency) for name in columns]


def _amount(amount: int, currency: str) -> str:
    return f"{Money(amount, currency).major:,.{exponent(currency)}f}" if amount else "0"


def _sum(document: MovementsDocument) -> str:
    sum_ = f"{SUM} + fx" if any(table["converted"] for table in document["tables"]) else SUM
    if document["adds_up"]:
        return f"Every month adds up: {sum_} = closing."
    wrong = [m["month"] for table in document["tables"] for m in table["months"] if not m["adds_up"]]
    return f"These months do NOT add up, please report it: {', '.join(wrong)}"
