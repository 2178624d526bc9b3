"""How checks stand and what they raised. An alert and the event that announces it are one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from agentos_cli.events import Priority
from agentos_cli.store.check_records import (
    Alert,
    Book,
    CheckDraft,
    CheckResult,
    CheckState,
    Entries,
    Evidence,
    Standing,
)
from agentos_cli.store.link import Database, Link, transaction
from agentos_cli.store.outbox import Appender
from agentos_cli.store.values import READ, Kind, Primitive, Stored, bind, clean

T = TypeVar("T")
STATE = "name, state, since, pending_since, at, beats, evidence, flaps"
ALERT = (
    'id, "check", priority, state, title, evidence, raised_at, changed_at, resolved_at, acked_at,'
    " snoozed_until, told"
)
PUT_STATE = f"""
INSERT INTO check_state (tenant_id, {STATE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, name) DO UPDATE SET state = excluded.state, since = excluded.since,
  pending_since = excluded.pending_since, at = excluded.at, beats = excluded.beats,
  evidence = excluded.evidence, flaps = excluded.flaps
"""  # noqa: S608
PUT_RESULT = """
INSERT INTO check_result (tenant_id, name, at, state, evidence) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, name, at) DO UPDATE SET state = excluded.state, evidence = excluded.evidence
"""
PUT_ALERT = f"""
INSERT INTO alert (tenant_id, {ALERT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant_id, id) DO UPDATE SET priority = excluded.priority, state = excluded.state,
  title = excluded.title, evidence = excluded.evidence, changed_at = excluded.changed_at,
  resolved_at = excluded.resolved_at, acked_at = excluded.acked_at, snoozed_until = excluded.snoozed_until,
  told = excluded.told
"""  # noqa: S608
PUT_DRAFT = """
INSERT INTO check_draft (tenant_id, name, text, definition, origin, created_at, decision)
VALUES (?, ?, ?, ?, ?, ?, NULL)
ON CONFLICT (tenant_id, name) DO UPDATE SET text = excluded.text, definition = excluded.definition,
  origin = excluded.origin, created_at = excluded.created_at, decision = NULL
WHERE check_draft.text <> excluded.text
"""
OLD_RESULTS = """
DELETE FROM check_result WHERE tenant_id = ? AND at < ? AND at < (
  SELECT max(at) FROM check_result r
  WHERE r.tenant_id = check_result.tenant_id AND r.name = check_result.name
)
"""
OLD_ALERTS = "DELETE FROM alert WHERE tenant_id = ? AND resolved_at < ?"


class StoredChecks:
    """The checks of one tenant. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenant = database.tenant
        self._instant = READ[database.dialect][Kind.INSTANT]

    # ── a beat ───────────────────────────────────────────────────────────────────────────────────

    def book(self) -> Book:
        """How all of them stand."""
        with transaction(self._database) as link:
            return self._book(link)

    def update(self, change: Callable[[Book], tuple[Entries, T]]) -> T:
        """Read, change and write while nobody else can; gives what `change` gives besides."""
        with transaction(self._database, write=True) as link:
            entries, told = change(self._book(link))
            self._write(link, entries)
        return told

    # ── looking back ─────────────────────────────────────────────────────────────────────────────

    def history(self, name: str | None = None, limit: int = 100) -> list[CheckResult]:
        """The newest results other than the one before, of one check or of all, newest first."""
        narrow, values = ("", ()) if name is None else (" AND name = ?", (name,))
        sql = (
            "SELECT name, at, state, evidence FROM check_result"  # noqa: S608
            f" WHERE tenant_id = ?{narrow} ORDER BY at DESC, name LIMIT ?"
        )
        with transaction(self._database) as link:
            rows = link.rows(sql, self._tenant, *values, limit)
        return [CheckResult(r[0], self._instant(r[1]), Standing(r[2]), json.loads(r[3])) for r in rows]

    def alerts(self, *, resolved: bool = False, since: datetime | None = None) -> list[Alert]:
        """Open alerts, with `resolved` the others too; of those raised since an instant, if given. Newest
        first."""
        narrow = "" if resolved else " AND resolved_at IS NULL"
        values: tuple[Primitive, ...] = ()
        if since is not None:
            narrow, values = narrow + " AND raised_at >= ?", (since,)
        sql = f"SELECT {ALERT} FROM alert WHERE tenant_id = ?{narrow} ORDER BY raised_at DESC, id"  # noqa: S608
        with transaction(self._database) as link:
            return [self._alert(row) for row in link.rows(sql, self._tenant, *values)]

    # ── what people say ──────────────────────────────────────────────────────────────────────────

    def ack(self, alert: str, at: datetime) -> bool:
        """Somebody knows: it is not told again while it holds. False if it is not open."""
        return self._mark(alert, "acked_at = ?", at)

    def snooze(self, alert: str, until: datetime) -> bool:
        """Nothing of it is told until then. False if it is not open."""
        return self._mark(alert, "snoozed_until = ?", until)

    def drafts(self) -> list[CheckDraft]:
        """Checks that were brought from elsewhere, decided on or not, by name."""
        sql = (
            "SELECT name, text, definition, origin, created_at, decision FROM check_draft WHERE tenant_id = ?"
        )
        with transaction(self._database) as link:
            rows = sorted(link.rows(sql, self._tenant), key=lambda row: str(row[0]))
        return [
            CheckDraft(r[0], r[1], json.loads(r[2]) if r[2] else None, r[3], self._instant(r[4]), r[5])
            for r in rows
        ]

    def bring(self, draft: CheckDraft) -> None:
        """Put a check up for a decision. One that was decided on comes up again if its text is another."""
        definition = None if draft.definition is None else _json(draft.definition)
        told = (clean(draft.text), definition, clean(draft.origin), draft.created_at)
        with transaction(self._database, write=True) as link:
            link.run(PUT_DRAFT, self._tenant, clean(draft.name), *told)

    def decide(self, name: str, decision: str) -> bool:
        """`approved` or `rejected`. False if there is no such draft."""
        sql = "UPDATE check_draft SET decision = ? WHERE tenant_id = ? AND name = ?"
        with transaction(self._database, write=True) as link:
            return bool(link.run(sql, decision, self._tenant, name))

    def purge(self, before: datetime) -> int:
        """Forget results and resolved alerts older than that; the last result of each check stays."""
        with transaction(self._database, write=True) as link:
            return sum(link.run(sql, self._tenant, before) for sql in (OLD_RESULTS, OLD_ALERTS))

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _mark(self, alert: str, change: str, at: datetime) -> bool:
        sql = f"UPDATE alert SET {change} WHERE tenant_id = ? AND id = ? AND resolved_at IS NULL"  # noqa: S608
        with transaction(self._database, write=True) as link:
            return bool(link.run(sql, at, self._tenant, alert))

    def _book(self, link: Link) -> Book:
        states = link.rows(f"SELECT {STATE} FROM check_state WHERE tenant_id = ?", self._tenant)  # noqa: S608
        sql = f"SELECT {ALERT} FROM alert WHERE tenant_id = ? AND resolved_at IS NULL"  # noqa: S608
        alerts = [self._alert(row) for row in link.rows(sql, self._tenant)]
        return Book({row[0]: self._state(row) for row in states}, {alert.check: alert for alert in alerts})

    def _write(self, link: Link, entries: Entries) -> None:
        link.many(PUT_STATE, [self._bound(link, *_state_row(state)) for state in entries.states])
        results = [(r.name, r.at, str(r.state), _json(r.evidence)) for r in entries.results]
        link.many(PUT_RESULT, [self._bound(link, *row) for row in results])
        gone = [self._bound(link, name) for name in entries.gone]
        link.many("DELETE FROM check_state WHERE tenant_id = ? AND name = ?", gone)
        # who resolves makes room for who raises: one alert is open for each check
        ordered = sorted(entries.alerts, key=lambda alert: alert.resolved_at is None)
        link.many(PUT_ALERT, [self._bound(link, *_alert_row(alert)) for alert in ordered])
        Appender(link, self._tenant).append(*entries.events)

    def _bound(self, link: Link, *values: Primitive) -> Sequence[Primitive]:
        return [self._tenant, *(bind(value, link.dialect) for value in values)]

    def _state(self, row: Sequence[Stored]) -> CheckState:
        return CheckState(
            name=row[0],
            state=Standing(row[1]),
            since=self._instant(row[2]),
            pending_since=self._maybe(row[3]),
            at=self._instant(row[4]),
            beats=row[5],
            evidence=json.loads(row[6]),
            flaps=tuple(map(datetime.fromisoformat, json.loads(row[7]))),
        )

    def _alert(self, row: Sequence[Stored]) -> Alert:
        return Alert(
            id=row[0],
            check=row[1],
            priority=Priority(row[2]),
            state=row[3],
            title=row[4],
            evidence=json.loads(row[5]),
            raised_at=self._instant(row[6]),
            changed_at=self._instant(row[7]),
            resolved_at=self._maybe(row[8]),
            acked_at=self._maybe(row[9]),
            snoozed_until=self._maybe(row[10]),
            told=row[11],
        )

    def _maybe(self, value: Stored) -> datetime | None:
        found: datetime | None = None if value is None else self._instant(value)
        return found


def _state_row(one: CheckState) -> tuple[Primitive, ...]:
    flaps = json.dumps([flap.isoformat() for flap in one.flaps])
    kept = (str(one.state), one.since, one.pending_since, one.at, one.beats)
    return (clean(one.name), *kept, _json(one.evidence), flaps)


def _alert_row(one: Alert) -> tuple[Primitive, ...]:
    told = (clean(one.check), str(one.priority), one.state, clean(one.title), _json(one.evidence))
    return (
        one.id,
        *told,
        one.raised_at,
        one.changed_at,
        one.resolved_at,
        one.acked_at,
        one.snoozed_until,
        one.told,
    )


def _json(evidence: Evidence) -> str:
    return clean(json.dumps(dict(evidence), ensure_ascii=False, default=str))
