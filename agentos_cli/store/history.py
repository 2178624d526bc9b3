"""The packed history of recurring revenue: kept in the transaction of the subscriptions it is made from.

It holds nothing of its own and can always be made again. A source has all of it or none: where there is
none (a store that is older than the table), the subscriptions themselves are read, until `agentos db upgrade`
or the next write of that source makes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from struct import error as StructError  # noqa: N812  a builtin in all but name
from typing import Any

from agentos_cli.errors import DataProblem
from agentos_cli.recurring import layout
from agentos_cli.recurring.layout import LAYOUT, Entry, Packed
from agentos_cli.store.columns import columns, decoder
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.values import FOREVER, READ, Kind, Stored, clean
from agents.accounts import customer_key
from agents.finance.revenue import spans
from agents.nouns import Subscription

Place = tuple[str, str]
"""A customer key and a currency: what one row of a source is about."""
Began = tuple[str, int]
"""The id of a subscription and the tick at which a version of it was recorded."""
Row = Sequence[Stored]

BATCH = 500
"""How many customers are asked for at once; databases limit how many values a statement has."""
SAMPLE = 2_000
"""How many versions of a source are worked out again to check its history."""
PAGE = 5_000
"""How many versions are read at once where all of them are."""

WRITE = """
INSERT INTO revenue_history (tenant_id, source, customer, currency, layout, spans, ids)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, source, customer, currency)
DO UPDATE SET layout = excluded.layout, spans = excluded.spans, ids = excluded.ids
"""
REMOVE = "DELETE FROM revenue_history WHERE tenant_id = ? AND source = ? AND customer = ? AND currency = ?"
ROWS = "SELECT count(*) FROM revenue_history WHERE tenant_id = ? AND source = ?"
NEXT_SOURCE = 'SELECT min(source) FROM "{table}" WHERE tenant_id = ? AND source > ?'


class RevenueHistory:
    """The history of one tenant over one open transaction."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link = link
        self._tenant = tenant
        self._columns = [column.name for column in columns(Subscription)]
        self._decode = decoder(Subscription, link.dialect)
        self._instant = READ[link.dialect][Kind.INSTANT]

    def all(self) -> tuple[Packed, ...]:
        """Everything, in no order."""
        sql = "SELECT source, customer, currency, spans, ids FROM revenue_history WHERE tenant_id = ?"
        return tuple(map(Packed._make, self._link.rows(sql, self._tenant)))

    def is_whole(self) -> bool:
        """Whether every source with subscriptions has its history, in the layout of this program."""
        have = set(self._sources("revenue_history"))
        return set(self._sources("subscription")) <= have and all(map(self._is_current, have))

    def change(
        self, source: str, ended: Iterable[Mapping[str, Any]], new: Iterable[Subscription], at: datetime
    ) -> None:
        """Versions that hold until `at` and no longer, and such as hold from then on. Both are in the
        `subscription` table already. Raises DataProblem for an MRR that cannot be kept."""
        if not self._is_current(source):
            return self.make(source)
        return self.apply(source, over(ended), begun(new, at), at)

    def ready(self, source: str) -> None:
        """Make the history of a source that has subscriptions and lacks it; `apply` goes on from there."""
        sql = "SELECT 1 FROM subscription WHERE tenant_id = ? AND source = ? LIMIT 1"
        if not self._is_current(source) and self._link.one(sql, self._tenant, source):
            self.make(source)

    def apply(
        self, source: str, ended: Mapping[Place, Collection[Began]], new: Mapping[Place, list[Entry]],
        at: datetime,
    ) -> None:  # fmt: skip
        """As `change`, of a history that is there: which versions of whom end at `at`, and what begins."""
        until = layout.ticks(at)
        made: list[tuple[Place, list[Entry]]] = []
        for place, known in self._known(source, sorted(ended.keys() | new.keys())):
            gone = ended.get(place, ())
            kept = [_until(e, until) if (e.id, e.recorded) in gone else e for e in known]
            made.append((place, [*(e for e in kept if e is not None), *new.get(place, ())]))
        self._put(source, made)

    def make(self, source: str) -> None:
        """All of a source anew, from every version that its subscriptions ever had."""
        self._link.run("DELETE FROM revenue_history WHERE tenant_id = ? AND source = ?", self._tenant, source)
        self._put(source, _by_place(self._versions(source)).items())

    def unsound(self) -> tuple[str, ...]:
        """The sources whose history is missing, or not what their first versions come to."""
        return tuple(source for source in self._sources("subscription") if not self._is_sound(source))

    def _is_sound(self, source: str) -> bool:
        try:
            return self._agrees(source)
        except (ValueError, IndexError, StructError):  # what is there is not what was packed
            return False

    def _agrees(self, source: str) -> bool:
        """Looks at every version where there are few, else at the first so many: all would take minutes."""
        versions = list(islice(self._versions(source), SAMPLE))
        wanted = _by_place(versions)
        if wanted and not self._is_current(source):
            return False
        known = dict(self._known(source, sorted(wanted)))
        if len(versions) < SAMPLE:
            rows = self._link.one(ROWS, self._tenant, source)
            return rows is not None and rows[0] == len(wanted) and _sorted(known) == _sorted(wanted)
        return all(set(entries) <= set(known[place]) for place, entries in wanted.items())

    def _sources(self, table: str) -> Iterator[str]:
        """By one look into the key for each: a million versions take long to go through."""
        last = ""
        while (row := self._link.one(NEXT_SOURCE.format(table=table), self._tenant, last)) and row[0]:
            last = row[0]
            yield last

    def _is_current(self, source: str) -> bool:
        sql = "SELECT layout FROM revenue_history WHERE tenant_id = ? AND source = ? LIMIT 1"
        row = self._link.one(sql, self._tenant, source)
        return row is not None and row[0] == LAYOUT

    def _known(self, source: str, places: Sequence[Place]) -> Iterator[tuple[Place, list[Entry]]]:
        """What is kept of each of these, an empty list for what is not there yet."""
        for start in range(0, len(places), BATCH):
            batch = places[start : start + BATCH]
            customers = list(dict.fromkeys(customer for customer, _ in batch))
            rows = self._link.rows(
                "SELECT customer, currency, spans, ids FROM revenue_history"  # noqa: S608  only marks
                f" WHERE tenant_id = ? AND source = ? AND customer IN ({', '.join('?' * len(customers))})",
                self._tenant, source, *customers,
            )  # fmt: skip
            found = {(row[0], row[1]): list(layout.entries(row[2], row[3])) for row in rows}
            yield from ((place, found.get(place, [])) for place in batch)

    def _put(self, source: str, made: Iterable[tuple[Place, Sequence[Entry]]]) -> None:
        rows, gone = [], []
        for place, found in made:
            key = self._tenant, source, *place
            if found:
                rows.append((*key, LAYOUT, *layout.joined(found)))
            else:
                gone.append(key)
        self._link.many(WRITE, rows)
        self._link.many(REMOVE, gone)

    def _versions(self, source: str) -> Iterator[tuple[Subscription, datetime, datetime]]:
        names = ", ".join(f'"{name}"' for name in (*self._columns, "recorded_at", "superseded_at", "version"))
        sql = (
            f"SELECT {names} FROM subscription"  # noqa: S608  names are ours
            " WHERE tenant_id = ? AND source = ? AND (id, version) > (?, ?)"
            f" ORDER BY id, version LIMIT {PAGE}"
        )
        width, last = len(self._columns), ("", 0)
        while rows := self._link.rows(sql, self._tenant, source, *last):
            for row in rows:
                since, until = self._instant(row[width]), self._instant(row[width + 1])
                if since < until:  # else nobody ever sees it
                    yield self._decode(row[:width]), since, until
            last = rows[-1][1], rows[-1][width + 2]


def mend(database: Database) -> None:
    """Make the history of this tenant where it is missing or wrong; nothing is written where it is sound."""
    with transaction(database) as link:
        unsound = RevenueHistory(link, database.tenant).unsound()
    if unsound:
        with transaction(database, write=True) as link:
            for source in unsound:
                RevenueHistory(link, database.tenant).make(source)


def over(ended: Iterable[Mapping[str, Any]]) -> dict[Place, set[Began]]:
    """Of whom which versions end, from their rows."""
    found: dict[Place, set[Began]] = {}
    for row in ended:
        found.setdefault(_place_of(row), set()).add((row["id"], layout.ticks(row["recorded_at"])))
    return found


def begun(new: Iterable[Subscription], at: datetime) -> dict[Place, list[Entry]]:
    """By whose they are, the packed spans of versions that hold from `at` on. Raises DataProblem for an MRR
    that cannot be kept."""
    return _by_place((version, at, FOREVER) for version in new)


def _sorted(found: Mapping[Place, Iterable[Entry]]) -> dict[Place, list[Entry]]:
    return {place: sorted(entries) for place, entries in found.items()}


def _by_place(versions: Iterable[tuple[Subscription, datetime, datetime]]) -> dict[Place, list[Entry]]:
    found: dict[Place, list[Entry]] = {}
    for version, since, until in versions:
        try:
            packed = [layout.entry(span, clean(version.id), since, until) for span in spans(version)]
        except (StructError, ArithmeticError, KeyError) as error:
            raise DataProblem(f"cannot work out the MRR of {version.ref!r}: {error}") from error
        if packed:
            place = clean(customer_key(version)), version.currency
            found.setdefault(place, []).extend(packed)
    return found


def _place_of(row: Mapping[str, Any]) -> Place:
    """As `customer_key` has it, from a row of the table."""
    return row["account"] or f"{row['source']}:customer:{row['customer_id']}", row["currency"]


def _until(one: Entry, at: int) -> Entry | None:
    """The entry as known until `at` and no longer; None if it was recorded no earlier than that."""
    return layout.superseded(one, at) if one.recorded < at else None
