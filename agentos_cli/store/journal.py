"""What was set up, done and said: connections, runs, briefings, answers. No noun, no ORM: quick to start."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from agentos_cli.contract import Connection
from agentos_cli.store.link import Link
from agentos_cli.store.records import Answer, SavedBriefing
from agentos_cli.store.values import READ, Kind, Stored, clean
from agentos_cli.telemetry import RunRecord

RUN_COLUMNS = "run_id, work, name, started_at, duration_ms, success, metrics, error"
RUN = f"""
SELECT {RUN_COLUMNS} FROM run WHERE tenant_id = ? AND substr(run_id, 1, length(?)) = ? ORDER BY number
"""  # noqa: S608
OLD_RUNS = """
DELETE FROM run WHERE tenant_id = ? AND started_at < ? AND number NOT IN (
  SELECT max(number) FROM run WHERE tenant_id = ? GROUP BY work, name, success
)
"""
NEXT_RUN = "SELECT coalesce(max(number), 0) FROM run WHERE tenant_id = ?"
PUT_RUN = """
INSERT INTO run (tenant_id, number, run_id, work, name, started_at, duration_ms, success, metrics, error)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
PUT_BRIEFING = """
INSERT INTO briefing (tenant_id, run_id, as_of, body) VALUES (?, ?, ?, ?)
ON CONFLICT (tenant_id, run_id) DO UPDATE SET as_of = excluded.as_of, body = excluded.body
"""
PUT_ANSWER = """
INSERT INTO answer (tenant_id, name, key, as_of, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, name) DO UPDATE SET key = excluded.key, as_of = excluded.as_of, body = excluded.body
"""


class Journal:
    """Reads and appends for one tenant over one open transaction."""

    def __init__(self, link: Link, tenant: str) -> None:
        self._link = link
        self._tenant = tenant
        self._instant = READ[link.dialect][Kind.INSTANT]

    def runs(self, limit: int, work: str | None, name: str | None) -> tuple[RunRecord, ...]:
        wanted = {"work": work, "name": name}
        given = {column: value for column, value in wanted.items() if value is not None}
        narrow = "".join(f" AND {column} = ?" for column in given)
        sql = (
            f"SELECT {RUN_COLUMNS} FROM run"  # noqa: S608
            f" WHERE tenant_id = ?{narrow} ORDER BY started_at DESC, number DESC LIMIT ?"
        )
        return tuple(map(self._run, self._link.rows(sql, self._tenant, *given.values(), limit)))

    def run(self, run_id: str) -> tuple[tuple[RunRecord, ...], SavedBriefing | None]:
        rows = self._link.rows(RUN, self._tenant, run_id, run_id)
        briefing = self.briefing(rows[0][0]) if rows else None
        return tuple(map(self._run, rows)), briefing

    def forget_runs(self, before: datetime) -> int:
        return self._link.run(OLD_RUNS, self._tenant, before, self._tenant)

    def changes(self) -> int:
        row = self._link.one("SELECT number FROM change WHERE tenant_id = ?", self._tenant)
        return row[0] if row else 0

    def answer(self, name: str) -> Answer | None:
        sql = "SELECT name, key, as_of, body FROM answer WHERE tenant_id = ? AND name = ?"
        row = self._link.one(sql, self._tenant, name)
        return Answer(row[0], row[1], self._instant(row[2]), row[3]) if row else None

    def last_briefing(self, before: datetime | None) -> SavedBriefing | None:
        narrow = "" if before is None else " AND as_of < ?"
        sql = (
            "SELECT run_id, as_of, body FROM briefing"  # noqa: S608
            f" WHERE tenant_id = ?{narrow} ORDER BY as_of DESC, run_id DESC LIMIT 1"
        )
        row = self._link.one(sql, self._tenant, *(() if before is None else (before,)))
        return SavedBriefing(row[0], self._instant(row[1]), row[2]) if row else None

    def briefing(self, run_id: str) -> SavedBriefing | None:
        sql = "SELECT run_id, as_of, body FROM briefing WHERE tenant_id = ? AND run_id = ?"
        row = self._link.one(sql, self._tenant, run_id)
        return SavedBriefing(row[0], self._instant(row[1]), row[2]) if row else None

    def connections(self) -> tuple[Connection, ...]:
        rows = self._link.rows(
            "SELECT source, credential, base_url, options FROM connection WHERE tenant_id = ?", self._tenant
        )
        rows.sort(key=lambda row: row[0])  # by code point, whatever the database's collation
        return tuple(Connection(r[0], r[1], r[2], json.loads(r[3])) for r in rows)

    def _run(self, row: Sequence[Stored]) -> RunRecord:
        started, figures = self._instant(row[3]), json.loads(row[6])
        return RunRecord(row[0], row[1], row[2], started, row[4], bool(row[5]), figures, row[7])

    def put_runs(self, runs: Sequence[RunRecord]) -> None:
        row = self._link.one(NEXT_RUN, self._tenant)
        for number, run in enumerate(runs, (row[0] if row else 0) + 1):
            metrics = clean(json.dumps(dict(run.metrics), ensure_ascii=False))
            error = None if run.error is None else clean(run.error)
            self._link.run(
                PUT_RUN,
                *(self._tenant, number, run.run_id, run.work, clean(run.name), run.started_at),
                *(run.duration_ms, run.success, metrics, error),
            )

    def put_briefing(self, briefing: SavedBriefing) -> None:
        self._link.run(PUT_BRIEFING, self._tenant, briefing.run_id, briefing.as_of, clean(briefing.body))

    def put_answer(self, answer: Answer) -> None:
        self._link.run(PUT_ANSWER, self._tenant, answer.name, answer.key, answer.as_of, clean(answer.body))
