"""Retention by start month: the document `agentos.cohorts/1`, and its table for the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Literal

from agents.finance.cohorts import Cohort
from agents.snapshot import Snapshot

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12

WIDEST = 13
"""Columns of a table: a start month and the year after it. JSON has all."""


class CohortItem(TypedDict):
    """The customers who started in a month: `size` of them; `customers[n]` still paid at the end of the
    n-th month after, `mrr[n]` together, in minor units; n = 0 is the end of the start month."""

    start: str
    size: int
    customers: list[int]
    mrr: list[int]


class CohortsDocument(TypedDict):
    """`agentos cohorts`: one item a start month, oldest first. `absent` says why there is none."""

    schema: Literal["agentos.cohorts/1"]
    company: str
    as_of: str
    zone: str
    currency: str
    absent: str | None
    cohorts: list[CohortItem]


def cohorts_document(snapshot: Snapshot, table: Sequence[Cohort], absent: str | None) -> CohortsDocument:
    """The document of these start months."""
    return {
        "schema": "agentos.cohorts/1",
        "company": snapshot.company,
        "as_of": snapshot.as_of.astimezone(snapshot.zone).isoformat(timespec="seconds"),
        "zone": str(snapshot.zone),
        "currency": snapshot.currency,
        "absent": absent,
        "cohorts": [
            {
                "start": f"{cohort.start:%Y-%m}",
                "size": cohort.size,
                "customers": list(cohort.customers),
                "mrr": list(cohort.mrr),
            }
            for cohort in table
        ],
    }


def cohorts_text(document: CohortsDocument, *, mrr: bool) -> str:
    """Shares in per cent: of the customers who started, or of what they paid at the end of that month."""
    if document["absent"] is not None:
        return document["absent"]
    shares = [_shares(cohort, mrr=mrr) for cohort in document["cohorts"]]
    width = max(map(len, shares))
    head = f"{'started':<9}{'size':>5}" + "".join(f"{month:>6}" for month in range(width))
    body = [
        f"{cohort['start']:<9}{cohort['size']:>5}" + "".join(f"{share:>6}" for share in row)
        for cohort, row in zip(document["cohorts"], shares, strict=True)
    ]
    what = (
        "MRR, of that at the end of the start month"
        if mrr
        else "Customers who still pay, of those who started"
    )
    return "\n".join([f"{what}, after so many months", head, *body])


def _shares(cohort: CohortItem, *, mrr: bool) -> list[str]:
    values = (cohort["mrr"] if mrr else cohort["customers"])[:WIDEST]
    whole = cohort["mrr"][0] if mrr else cohort["size"]
    return [f"{value / whole:.0%}" if whole else "n/a" for value in values]
