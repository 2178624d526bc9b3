"""The heartbeat as documents: a beat, how checks stand, their history, alerts, what to decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from agentos_cli.heartbeat.beat import EVERY, Beat
from agentos_cli.heartbeat.catalogue import HOUSE
from agentos_cli.heartbeat.review import Review
from agentos_cli.renderers.heartbeat import (
    AlertItem,
    AlertsDocument,
    BeatDocument,
    CheckHistoryDocument,
    CheckResultItem,
    ChecksDocument,
    CheckStateItem,
    DraftItem,
    EvidenceItem,
    ReviewDocument,
)
from agentos_cli.store.check_records import (
    Alert,
    Book,
    CheckDraft,
    CheckResult,
    CheckState,
    Evidence,
    Standing,
)

Plain = str | int | float | bool | None


def beat_document(made: Beat) -> BeatDocument:
    """What one beat found."""
    counts = made.counts
    return {
        "schema": "agentos.beat/1",
        "at": made.at.isoformat(timespec="seconds"),
        "registered": counts["registered"],
        "ok": counts["ok"],
        "warn": counts["warn"],
        "alert": counts["alert"],
        "changes": [
            {
                "check": change.check,
                "before": str(change.before),
                "after": str(change.after),
                "says": change.says,
                "told": None if change.told is None else str(change.told),
                "alert": change.alert,
                "priority": None if change.priority is None else str(change.priority),
            }
            for change in made.changes
        ],
    }


def checks_document(book: Book) -> ChecksDocument:
    """Every check by name, and how the heart beats."""
    last = book.states.get(HOUSE)
    scheduled = last is not None and last.state is Standing.SCHEDULED
    return {
        "schema": "agentos.checks/1",
        "beat": str(Standing.REGISTERED if last is None else last.state),
        "last_at": None if last is None else last.at.isoformat(timespec="seconds"),
        "next_at": (last.at + EVERY).isoformat(timespec="seconds") if last and scheduled else None,
        "beats": 0 if last is None else last.beats,
        "checks": [
            check_item(state, book.alerts.get(name))
            for name, state in sorted(book.states.items())
            if name != HOUSE
        ],
    }


def history_document(found: Sequence[CheckResult]) -> CheckHistoryDocument:
    """These results."""
    return {"schema": "agentos.check_history/1", "results": [result_item(one) for one in found]}


def alerts_document(found: Sequence[Alert]) -> AlertsDocument:
    """These alerts."""
    return {"schema": "agentos.alerts/1", "alerts": [alert_item(alert) for alert in found]}


def review_document(found: Review, decided: CheckDraft | None) -> ReviewDocument:
    """What asks for a decision; of drafts only the one that was just `decided` on, if one was."""
    drafts = found.drafts if decided is None else (decided,)
    return {
        "schema": "agentos.review/1",
        "drafts": [draft_item(draft) for draft in drafts],
        "noisy": [{"check": n.check, "raised": n.raised, "why": n.why} for n in found.noise],
        "unseen": [alert_item(alert) for alert in found.unseen],
    }


# ── items ────────────────────────────────────────────────────────────────────────────────────────


def check_item(state: CheckState, alert: Alert | None) -> CheckStateItem:
    """A check as it stands in a document."""
    return {
        "name": state.name,
        "family": state.name.partition(".")[0],
        "state": str(state.state),
        "since": _at(state.since),
        "pending_since": _maybe(state.pending_since),
        "alert": None if alert is None else alert.id,
        "evidence": evidence_item(state.evidence),
    }


def result_item(result: CheckResult) -> CheckResultItem:
    """A result as it stands in a document."""
    told = evidence_item(result.evidence)
    return {"check": result.name, "at": _at(result.at), "state": str(result.state), "evidence": told}


def alert_item(alert: Alert) -> AlertItem:
    """An alert as it stands in a document."""
    return {
        "id": alert.id,
        "check": alert.check,
        "state": "resolved" if alert.resolved_at else alert.state,
        "priority": str(alert.priority),
        "title": alert.title,
        "raised_at": _at(alert.raised_at),
        "changed_at": _at(alert.changed_at),
        "resolved_at": _maybe(alert.resolved_at),
        "acked_at": _maybe(alert.acked_at),
        "snoozed_until": _maybe(alert.snoozed_until),
        "told": alert.told,
        "evidence": evidence_item(alert.evidence),
    }


def draft_item(draft: CheckDraft) -> DraftItem:
    """A check that waits for a decision as it stands in a document."""
    told = draft.definition or {}
    return {
        "name": draft.name,
        "origin": draft.origin,
        "text": draft.text,
        "metric": _word(told.get("metric")),
        "operator": _word(told.get("operator")),
        "limit": _plain(told.get("limit")),
        "hours": _plain(told.get("hours")),
        "priority": _word(told.get("priority")),
        "created_at": _at(draft.created_at),
        "decision": draft.decision,
    }


def evidence_item(evidence: Evidence) -> EvidenceItem:
    """Evidence as it stands in a document; of a check that was never made it says so."""
    return {
        "read": str(evidence.get("read", "")),
        "at": _word(evidence.get("at")),
        "value": _plain(evidence.get("value")),
        "limit": _plain(evidence.get("limit")),
        "says": str(evidence.get("says", "not made yet: its data is not there, or too old")),
        "fix": _word(evidence.get("fix")),
    }


def _word(value: object) -> str | None:
    return None if value is None else str(value)


def _plain(value: object) -> Plain:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _at(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")


def _maybe(instant: datetime | None) -> str | None:
    return None if instant is None else _at(instant)
