"""The heartbeat for people and programs: a beat, how checks stand, their history, alerts, what to decide."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, tzinfo

from agentos_cli.renderers import words
from agentos_cli.renderers.listings import rows

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class EvidenceItem(TypedDict):
    """Why a check says what it says: what was `read`, `at` when that was true (null: at the beat itself), the
    `value` and the `limit`, in words (`says`), and what mends it."""

    read: str
    at: str | None
    value: str | int | float | bool | None
    limit: str | int | float | bool | None
    says: str
    fix: str | None


class CheckStateItem(TypedDict):
    """How a check stands: ok, warn or alert since then, or registered where it was never made for want of
    data. `pending_since`: beyond its limit, but not for as long as it has to be. `alert`: the open one."""

    name: str
    family: str
    state: str
    since: str
    pending_since: str | None
    alert: str | None
    evidence: EvidenceItem


class ChecksDocument(TypedDict):
    """Every check. `beat` is registered before the first beat, running, or scheduled for `next_at`;
    `last_at` is when it last beat, `beats` how often it has."""

    schema: str
    beat: str
    last_at: str | None
    next_at: str | None
    beats: int
    checks: list[CheckStateItem]


class CheckChangeItem(TypedDict):
    """What a beat changed about one check. `told`: raised, changed, flapping, reminded or resolved; null
    where nothing was announced."""

    check: str
    before: str
    after: str
    says: str
    told: str | None
    alert: str | None
    priority: str | None


class BeatDocument(TypedDict):
    """One beat: how many checks are registered, ok, warn and alert, and what changed."""

    schema: str
    at: str
    registered: int
    ok: int
    warn: int
    alert: int
    changes: list[CheckChangeItem]


class CheckResultItem(TypedDict):
    """A result that was other than the one before it."""

    check: str
    at: str
    state: str
    evidence: EvidenceItem


class CheckHistoryDocument(TypedDict):
    """The results of a check, or of all, that were other than the one before; newest first."""

    schema: str
    results: list[CheckResultItem]


class AlertItem(TypedDict):
    """What a check raised. `state` is warn, alert, flapping (it changes too often to be told each time) or
    resolved; `told` how often it was announced."""

    id: str
    check: str
    state: str
    priority: str
    title: str
    raised_at: str
    changed_at: str
    resolved_at: str | None
    acked_at: str | None
    snoozed_until: str | None
    told: int
    evidence: EvidenceItem


class AlertsDocument(TypedDict):
    """Alerts, newest first."""

    schema: str
    alerts: list[AlertItem]


class DraftItem(TypedDict):
    """A check that was brought from elsewhere: its `text` there, and what it was understood as: null where it
    was not. `decision`: approved, rejected, or null while it waits."""

    name: str
    origin: str
    text: str
    metric: str | None
    operator: str | None
    limit: str | int | float | bool | None
    hours: str | int | float | bool | None
    priority: str | None
    created_at: str
    decision: str | None


class NoiseItem(TypedDict):
    """A check that is told of too often."""

    check: str
    raised: int
    why: str


class ReviewDocument(TypedDict):
    """What asks for a decision: checks that wait for approval (or the one just decided on), noisy checks,
    alerts that nobody acknowledged for days."""

    schema: str
    drafts: list[DraftItem]
    noisy: list[NoiseItem]
    unseen: list[AlertItem]


SHAPES: dict[str, type] = {
    "beat": BeatDocument,
    "checks": ChecksDocument,
    "check_history": CheckHistoryDocument,
    "alerts": AlertsDocument,
    "review": ReviewDocument,
}
"""Document name to its shape."""


# ── for the terminal ─────────────────────────────────────────────────────────────────────────────


def beat_text(document: BeatDocument) -> str:
    """One line of what stands how, then a row for each change; silence where nothing changed."""
    counts = ((document["alert"], "alert"), (document["warn"], "warning"), (document["ok"], "check"))
    told = f"{words.count(*counts[0])}, {words.count(*counts[1])}, {words.count(*counts[2])} ok"
    shown = document["changes"]
    if not shown:
        return f"nothing changed: {told}"
    body = [(c["alert"] or "", c["told"] or c["after"], c["priority"] or "", c["says"]) for c in shown]
    return f"{rows(('alert', 'what', 'priority', 'says'), body)}\n\n{told}"


def checks_text(document: ChecksDocument, zone: tzinfo) -> str:
    """When it last beat, then a row for each check: those that are not ok first."""
    order = {"alert": 0, "warn": 1, "registered": 3}
    items = sorted(document["checks"], key=lambda item: order.get(item["state"], 2))
    body = [
        (item["name"], _state(item), _local(item["since"], zone), item["evidence"]["says"]) for item in items
    ]
    return f"{_beating(document, zone)}\n\n{rows(('check', 'state', 'since', 'evidence'), body)}"


def _state(item: CheckStateItem) -> str:
    return f"{item['state']}, pending" if item["pending_since"] else item["state"]


def _beating(document: ChecksDocument, zone: tzinfo) -> str:
    last, following = document["last_at"], document["next_at"]
    if last is None:
        return "the heart has not beaten yet: agentos heartbeat run"
    if document["beat"] == "running":
        return f"a beat began {_local(last, zone)} and has not ended"
    times = "once" if document["beats"] == 1 else f"{document['beats']} times"
    return f"beat {times}, last {_local(last, zone)}; next from {_local(following or last, zone)} on"


def history_text(document: CheckHistoryDocument, zone: tzinfo) -> str:
    """A row for each change, newest first."""
    if not document["results"]:
        return "nothing has changed yet: agentos heartbeat run"
    body = [
        (_local(r["at"], zone), r["check"], r["state"], r["evidence"]["says"]) for r in document["results"]
    ]
    return rows(("at", "check", "state", "evidence"), body)


def alerts_text(alerts: Sequence[AlertItem], zone: tzinfo) -> str:
    """A row for each alert."""
    if not alerts:
        return "no alert is open"
    body = [(a["id"], _how(a, zone), a["priority"], _local(a["raised_at"], zone), a["title"]) for a in alerts]
    return rows(("id", "state", "priority", "raised", "alert"), body)


def _how(alert: AlertItem, zone: tzinfo) -> str:
    if alert["resolved_at"]:
        return f"resolved {_local(alert['resolved_at'], zone)}"
    if alert["snoozed_until"]:
        return f"{alert['state']}, snoozed until {_local(alert['snoozed_until'], zone)}"
    return f"{alert['state']}, acknowledged" if alert["acked_at"] else alert["state"]


def review_text(document: ReviewDocument, zone: tzinfo) -> str:
    """What to decide, in up to three parts; one line where there is nothing."""
    parts = []
    if document["drafts"]:
        body = [(d["name"], d["origin"], _understood(d), d["text"]) for d in document["drafts"]]
        table = rows(("check", "from", "understood as", "text"), body)
        parts.append(f"{table}\n\nagentos heartbeat review --approve NAME, or --reject NAME")
    if document["noisy"]:
        parts.append(rows(("noisy check", "why"), [(n["check"], n["why"]) for n in document["noisy"]]))
    if document["unseen"]:
        parts.append("open for days, and nobody said a word:\n" + alerts_text(document["unseen"], zone))
    return "\n\n".join(parts) or "nothing to decide"


def _understood(draft: DraftItem) -> str:
    if draft["decision"] is not None:
        return draft["decision"]
    if draft["metric"] is None:
        return f"nothing: write [checks.{draft['name']}] yourself"
    hours = f" for {draft['hours']} h" if draft["hours"] else ""
    return f"{draft['metric']} {draft['operator']} {draft['limit']}{hours}"


def _local(instant: str, zone: tzinfo) -> str:
    return f"{datetime.fromisoformat(instant).astimezone(zone):%Y-%m-%d %H:%M}"
