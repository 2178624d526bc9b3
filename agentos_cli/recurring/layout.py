"""How a span of recurring revenue is packed into bytes: 64 for each, so that all of them join into columns.

A customer's spans in one currency are one piece of bytes, sorted by id, when it was recorded, and start;
the ids stand beside it, each ended by a NUL. Standard library only: every write of subscriptions packs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import NamedTuple

from agents.finance.revenue import Span

LAYOUT = 1
"""Which layout this is. What was packed in another one is packed anew."""

FIELDS = ("starts", "ends", "recorded", "superseded", "mrr", "cancel_at", "renews_at")
"""Seven 64-bit integers: instants in microseconds since 1970, MRR in minor units. Then follow the seats,
the number of metered items, the status, and whether it is billed by the year."""
SPAN = Struct("<7qIHBB")
MOST_SEATS, MOST_METERED = 2**32 - 1, 2**16 - 1
"""Of more there is no telling apart: there are none."""

STATUSES = (
    "active", "past_due", "trialing", "unpaid", "paused", "incomplete", "incomplete_expired", "canceled",
    "unknown",
)  # fmt: skip
"""A status is kept as its place in here."""

NEVER = 2**63 - 1
"""Instead of an instant, where there is none: it ends never, it is not set to cancel."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_PLACES = {status: place for place, status in enumerate(STATUSES)}
_UNKNOWN = _PLACES["unknown"]


class Packed(NamedTuple):
    """Everything one source ever said of one customer's recurring revenue in one currency."""

    source: str
    customer: str
    currency: str
    spans: bytes
    ids: bytes


class Entry(NamedTuple):
    """One packed span, and what it is sorted and found by."""

    id: str
    recorded: int
    starts: int
    span: bytes


def ticks(instant: datetime | None) -> int:
    """Microseconds since 1970, or NEVER."""
    return NEVER if instant is None else (instant - _EPOCH) // _TICK


def instant(ticks: int) -> datetime | None:
    """The instant in UTC, or None for NEVER."""
    return None if ticks == NEVER else _EPOCH + timedelta(microseconds=ticks)


def entry(span: Span, record_id: str, recorded: datetime, superseded: datetime) -> Entry:
    """A span of the record `record_id` as it was known from `recorded` until `superseded`.

    Raises struct.error for an MRR beyond 64 bits.
    """
    line, starts, since = span.line, ticks(span.starts), ticks(recorded)
    packed = SPAN.pack(
        starts,
        ticks(span.ends),
        since,
        ticks(superseded),
        line.mrr.amount,
        ticks(line.cancel_at),
        ticks(line.renews_at),
        min(line.seats, MOST_SEATS),
        min(line.metered, MOST_METERED),
        _PLACES.get(line.status, _UNKNOWN),
        line.yearly,
    )
    return Entry(record_id, since, starts, packed)


def superseded(one: Entry, at: int) -> Entry:
    """The same entry, known only until `at`."""
    fields = list(SPAN.unpack(one.span))
    fields[FIELDS.index("superseded")] = at
    return one._replace(span=SPAN.pack(*fields))


def joined(entries: Iterable[Entry]) -> tuple[bytes, bytes]:
    """The bytes of all entries, and their ids; the same for the same entries in any order."""
    ordered = sorted(entries)
    return b"".join(one.span for one in ordered), b"".join(one.id.encode() + b"\0" for one in ordered)


def entries(spans: bytes, ids: bytes) -> Iterator[Entry]:
    """What was joined, one by one."""
    names = ids.decode().split("\0")
    for place, fields in enumerate(SPAN.iter_unpack(spans)):
        start = place * SPAN.size
        yield Entry(names[place], fields[2], fields[0], spans[start : start + SPAN.size])
