"""The heartbeat of a house: what a beat reads, when it is due, and what people look at and decide."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from agentos_cli import __version__, telemetry
from agentos_cli.app import App, instant
from agentos_cli.config.duties import unsound_duties
from agentos_cli.contract import Connection
from agentos_cli.errors import UsageProblem
from agentos_cli.heartbeat import beat as beating
from agentos_cli.heartbeat import reading
from agentos_cli.heartbeat.beat import Beat
from agentos_cli.heartbeat.review import LOOKED_BACK, Review, review
from agentos_cli.heartbeat.seen import Bounds, FigureSeen, Seen
from agentos_cli.sources import LOGIN
from agentos_cli.store.check_records import Alert, Book, CheckDraft, CheckResult
from agentos_cli.store.records import Answer
from agentos_cli.store.watched import DatabaseSeen

T = TypeVar("T")
FIGURES = "heartbeat"
"""Under this name the figures are kept that the last beats were made on."""
AT_LEAST_HOURLY = timedelta(hours=1)
"""Figures are worked out anew when what is known has changed, and once an hour, since time passes too."""
THOROUGH_EVERY = timedelta(days=1)
"""So often every page of the database is read."""
LONGEST = timedelta(days=90)
"""Nothing is snoozed for longer: that is what `[heartbeat] off` is for."""


# ── beating ──────────────────────────────────────────────────────────────────────────────────────


def beat(house: App) -> int:
    """Beat if the last time is five minutes ago or more; how much has changed. Cheap to call at any time."""
    if not beating.due(house.store.checks().book(), house.clock()):
        return 0
    return len(run(house).changes)


def run(house: App) -> Beat:
    """One beat now."""
    checks = house.store.checks()
    beating.begin(checks, house.clock())
    made = beating.beat(checks, look(house, checks.book()), house.loaded.settings.heartbeat.off)
    for change in made.changes:
        telemetry.log_work(
            "heartbeat", f"{change.check} is {change.after}: {change.says}", check=change.check
        )
    return made


def tidy(house: App) -> int:
    """Forget results and resolved alerts older than `[events] keep` days; how many."""
    return house.store.checks().purge(house.clock() - timedelta(days=house.loaded.settings.events.keep))


def look(house: App, book: Book) -> Seen:
    """Read all that checks look at, once. What cannot be read is a problem of its family, no more."""
    store, now, settings = house.store, house.clock(), house.loaded.settings
    problems: dict[str, str] = {}
    connections = store.connections()
    specs, bounds = house.specs(), _bounds(house)
    keys = reading.Keys(house.vault.resolve, _is_login)
    return Seen(
        at=now,
        zone=house.zone,
        bounds=bounds,
        sources=reading.sources(connections, store.read(now, ()).sources, specs, house.lives()),
        credentials=_tried(problems, "credential", lambda: reading.credentials(connections, specs, keys), ()),
        figures=()
        if {"metric", "check", "anomaly"} <= set(settings.heartbeat.off)
        else _tried(problems, "metric", lambda: _figures(house, bounds, problems), ()),
        machinery=store.watched().machinery(),
        free_mb=_tried(problems, "disk", lambda: _free_mb(house), None),
        database=_tried(problems, "database", lambda: _database(house, book), None),
        problems=problems,
        judged={name: state.evidence for name, state in book.states.items()},
    )


def _tried(problems: dict[str, str], family: str, read: Callable[[], T], default: T) -> T:
    try:
        return read()
    except Exception as problem:  # whatever it is, the other checks can be made
        problems[family] = str(getattr(problem, "what", None) or f"{type(problem).__name__}: {problem}")
        return default


def _bounds(house: App) -> Bounds:
    settings = house.loaded.settings
    limits = settings.metrics.items()
    return Bounds(
        watch={key: limit.watch for key, limit in limits if limit.watch is not None},
        act={key: limit.act for key, limit in limits if limit.act is not None},
        rules=reading.rules(settings.checks, house.store.checks().drafts()),
        anomaly=settings.heartbeat.anomaly,
        disk_mb=settings.heartbeat.disk_mb,
    )


def _figures(house: App, bounds: Bounds, problems: dict[str, str]) -> tuple[FigureSeen, ...]:
    """The figures of the agents: those of the last beat while nothing that went into them has changed."""
    from agentos_cli.heartbeat import measured  # the agents: only a beat that works them out pays for it

    changes, kept = house.store.answer(FIGURES)
    now, wanted = house.clock(), sorted({rule.metric for rule in bounds.rules.values()})
    key = f"{__version__} {house.loaded.key} {house.zone} {changes} {house.today} {' '.join(wanted)}"
    if kept is not None and kept.key == key and timedelta(0) <= now - kept.as_of < AT_LEAST_HOURLY:
        return tuple(measured.from_json(kept.body))
    found, broken = measured.figures(house.snapshot, wanted)
    if broken:
        problems["metric"] = "; ".join(broken)
    else:
        house.store.record((), answer=Answer(FIGURES, key, now, measured.to_json(found)))
    return tuple(found)


def _free_mb(house: App) -> int | None:
    folder = house.store.watched().folder
    return None if folder is None else shutil.disk_usage(folder).free // 1024**2


def _database(house: App, book: Book) -> DatabaseSeen | None:
    """Looked at once a day, else None."""
    known = book.states.get("database")
    last = None if known is None else known.evidence.get("at")
    if isinstance(last, str):
        age = house.clock() - datetime.fromisoformat(last)
        if timedelta(0) <= age < THOROUGH_EVERY:
            return None
    return house.store.watched().database(thorough=True)


def _is_login(connection: Connection) -> bool:
    return bool(connection.options.get(LOGIN))


# ── looking and deciding ─────────────────────────────────────────────────────────────────────────


def book(house: App) -> Book:
    """How every check stands, and the open alerts."""
    return house.store.checks().book()


def history(house: App, name: str | None, limit: int) -> list[CheckResult]:
    """The newest results other than the one before. Raises UsageProblem for a check that there never was."""
    checks = house.store.checks()
    found = checks.history(name, limit)
    if not found and name is not None and name not in checks.book().states:
        raise UsageProblem(f"there is no check `{name[:60]}`", fix="agentos heartbeat list")
    return found


def alerts(house: App, everything: bool) -> list[Alert]:
    """Open alerts, the most urgent first; with `everything` resolved ones too, newest first."""
    found = house.store.checks().alerts(resolved=everything)
    return found if everything else sorted(found, key=lambda alert: -alert.priority.rank)


def ack(house: App, wanted: str) -> Alert:
    """Somebody knows of this alert. Raises UsageProblem for one that is not open."""
    alert = _open(house, wanted)
    house.store.checks().ack(alert.id, house.clock())
    return replace(alert, acked_at=house.clock())


def snooze(house: App, wanted: str, span: timedelta | None, until: str | None) -> Alert:
    """Nothing is told of this alert for a `span`, or `until` then. Raises UsageProblem."""
    if (span is None) == (until is None):
        raise UsageProblem("say for how long, or until when", fix="--for 2h or --until 2026-11-23T07:00")
    now = house.clock()
    end = now + span if span is not None else instant(until or "", house.zone)
    if not now < end <= now + LONGEST:
        raise UsageProblem(
            f"an alert is snoozed for {LONGEST.days} days at most, into the future",
            fix="--for 2h, or switch its check off: [heartbeat] off",
        )
    alert = _open(house, wanted)
    house.store.checks().snooze(alert.id, end)
    return replace(alert, snoozed_until=end)


def reviewed(house: App) -> Review:
    """What asks for a decision."""
    checks, now = house.store.checks(), house.clock()
    recent = checks.alerts(resolved=True, since=now - LOOKED_BACK)
    older = [alert for alert in checks.alerts() if now - alert.raised_at > LOOKED_BACK]
    return review(checks.drafts(), [*recent, *older], now)


def decide(house: App, name: str, approve: bool) -> CheckDraft:
    """Approve or reject a check that was brought from elsewhere. Raises UsageProblem for one that there is
    not, DataProblem for one that makes no sense as it is."""
    checks = house.store.checks()
    draft = next((one for one in checks.drafts() if one.name == name), None)
    if draft is None:
        raise UsageProblem(f"there is no check `{name[:60]}` to decide on", fix="agentos heartbeat review")
    if approve:
        _sound(house, draft)
    decision = reading.APPROVED if approve else reading.REJECTED
    checks.decide(name, decision)
    return replace(draft, decision=decision)


def _sound(house: App, draft: CheckDraft) -> None:
    settings = replace(house.loaded.settings, checks={draft.name: reading.rule_of(draft)})
    wrong = next(((key, why) for key, why in unsound_duties(settings) if "checks." in key), None)
    if wrong is not None:
        raise UsageProblem(f"{wrong[0]} {wrong[1]}", fix=f"agentos heartbeat review --reject {draft.name}")


def _open(house: App, wanted: str) -> Alert:
    """The open alert of this id, or of the check of this name."""
    name = wanted.strip()
    found = [a for a in house.store.checks().alerts() if name.upper() == a.id or name == a.check]
    if not found:
        raise UsageProblem(f"no open alert is called `{name[:60]}`", fix="agentos heartbeat alerts")
    return found[0]
