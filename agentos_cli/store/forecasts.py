"""Where each morning's forecasts are kept, and what came of them. No ORM: a brief writes here every day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.values import READ, Dialect, Kind, Primitive, Stored, clean

if TYPE_CHECKING:
    from agents.forecasting.forecast import Forecast

FIELDS = "method, subject, made_on, due_on, unit, currency, value, low, high, baseline, basis"
PUT = f"""
INSERT INTO forecast (tenant_id, {FIELDS}, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, made_on, method, subject) DO NOTHING
"""  # noqa: S608  names are ours
SCORE = """
UPDATE forecast SET outcome = ?, scored_at = ?
WHERE tenant_id = ? AND made_on = ? AND method = ? AND subject = ? AND outcome IS NULL
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A forecast as it was recorded; `outcome` and `scored_at` are None until it is known what came of it."""

    forecast: Forecast
    made_at: datetime
    outcome: float | None
    scored_at: datetime | None


class StoredForecasts:
    """The forecasts of one tenant. What is once recorded is never changed, and scored once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenant = database.tenant

    def made(self, day: date) -> bool:
        """Whether any was made on a day."""
        sql = "SELECT 1 FROM forecast WHERE tenant_id = ? AND made_on = ? LIMIT 1"
        with transaction(self._database) as link:
            return link.one(sql, self._tenant, day) is not None

    def open(self, since: date) -> tuple[Kept, ...]:
        """Those that are not scored and due on a day or later."""
        return self._read("outcome IS NULL AND due_on >= ?", since)

    def newest(self, at: datetime) -> tuple[Kept, ...]:
        """What each method said last by an instant, with what had come of it by then."""
        last = (
            "made_on = (SELECT max(made_on) FROM forecast f WHERE f.tenant_id = forecast.tenant_id"
            " AND f.method = forecast.method AND f.made_at <= ?)"
        )
        return tuple(_then(kept, at) for kept in self._read(f"{last} AND made_at <= ?", at, at))

    def scored(self, at: datetime) -> tuple[Kept, ...]:
        """All that had been scored by an instant: oldest first, then by method and subject."""
        return self._read("scored_at <= ?", at)

    def keep(self, made: Iterable[Forecast], scored: Iterable[tuple[Forecast, float]], at: datetime) -> None:
        """Record forecasts made at an instant, and the outcome of earlier ones, in one transaction.

        What stands stands: neither a forecast of the same day, method and subject nor an outcome is replaced.
        """
        with transaction(self._database, write=True) as link:
            for one, outcome in scored:
                link.run(SCORE, outcome, at, self._tenant, one.made_on, one.method, one.subject)
            for one in made:
                self._put(link, one, at)

    def _put(self, link: Link, one: Forecast, at: datetime) -> None:
        basis = clean(json.dumps(dict(one.basis), ensure_ascii=False))
        link.run(
            PUT,
            *(self._tenant, one.method, clean(one.subject), one.made_on, one.due_on, one.unit.value),
            *(one.currency, one.value, one.low, one.high, one.baseline, basis, at),
        )

    def _read(self, condition: str, *values: Primitive) -> tuple[Kept, ...]:
        wanted = f"SELECT {FIELDS}, made_at, outcome, scored_at FROM forecast"  # noqa: S608
        with transaction(self._database) as link:
            rows = link.rows(f"{wanted} WHERE tenant_id = ? AND {condition}", self._tenant, *values)
            found = [_kept(row, link.dialect) for row in rows]
        return tuple(sorted(found, key=_order))  # by code point, whatever the database's collation


def _kept(row: Sequence[Stored], dialect: Dialect) -> Kept:
    from agents.forecasting.forecast import Forecast
    from agents.unit import Unit

    instant, day = READ[dialect][Kind.INSTANT], READ[dialect].get(Kind.DAY, lambda value: value)
    forecast = Forecast(
        method=row[0],
        subject=row[1],
        made_on=day(row[2]),
        due_on=day(row[3]),
        unit=Unit(row[4]),
        currency=row[5],
        value=row[6],
        low=row[7],
        high=row[8],
        baseline=row[9],
        basis=json.loads(row[10]),
    )
    return Kept(forecast, instant(row[11]), row[12], None if row[13] is None else instant(row[13]))


def _then(kept: Kept, at: datetime) -> Kept:
    """As it stood at an instant."""
    scored = kept.scored_at is not None and kept.scored_at <= at
    return kept if scored else Kept(kept.forecast, kept.made_at, None, None)


def _order(kept: Kept) -> tuple[date, str, str]:
    return kept.forecast.made_on, kept.forecast.method, kept.forecast.subject
