"""One beat: make every check over what was read, write once. While nothing changes it says nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agentos_cli.events import AlertRaised, AlertResolved, Event, Priority
from agentos_cli.heartbeat import lifecycle
from agentos_cli.heartbeat.catalogue import FAMILIES, HOUSE, Family, family_of, gathered, is_figure
from agentos_cli.heartbeat.check import Check, Result, seen, warn
from agentos_cli.heartbeat.lifecycle import Told, Turn
from agentos_cli.heartbeat.seen import Seen
from agentos_cli.redaction import redact
from agentos_cli.store.check_records import FLAPPING, Alert, Book, CheckResult, CheckState, Entries, Standing
from agentos_cli.store.checks import StoredChecks

EVERY = timedelta(minutes=5)
EARLY = timedelta(seconds=15)
"""Who wakes the house every five minutes comes some seconds early now and then."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a beat changed about one check, and what was told of it, if anything."""

    check: str
    before: Standing
    after: Standing
    says: str
    told: Told | None
    alert: str | None
    priority: Priority | None


@dataclass(frozen=True, slots=True)
class Beat:
    """What one beat found: how many checks stand how, and what changed."""

    at: datetime
    counts: Counter[str] = field(default_factory=Counter)
    changes: tuple[Change, ...] = ()


def due(book: Book, now: datetime) -> bool:
    """Whether the last beat is long enough ago, or was in what the clock now calls the future."""
    last = book.states.get(HOUSE)
    return last is None or not timedelta(0) <= now - last.at < EVERY - EARLY


def begin(checks: StoredChecks, now: datetime) -> None:
    """Note that a beat is running, so that one that never ends can be seen."""

    def change(book: Book) -> tuple[Entries, None]:
        known = book.states.get(HOUSE) or lifecycle.registered(HOUSE, now)
        return Entries([replace(known, state=Standing.RUNNING, since=now, at=now)]), None

    checks.update(change)


def beat(
    checks: StoredChecks, looked: Seen, off: Collection[str] = (), families: Iterable[Family] = FAMILIES
) -> Beat:
    """Make all checks over what was `looked` at, and write what changed in one transaction."""
    found = gathered(looked, off, families)
    results = [(check, _made(check, looked.at)) for check in found.checks]
    results += [
        (Check(name, name, lambda: None), _broken(name, why, looked.at)) for name, why in found.broken.items()
    ]
    return checks.update(lambda book: _written(book, results, frozenset(found.broken), looked.at))


def _made(check: Check, now: datetime) -> Result | None:
    try:
        return check.judge()
    except Exception as problem:  # a check that breaks is a warning of its own, never the end of the beat
        return _broken(check.name, f"{type(problem).__name__}: {problem}", now)


def _broken(name: str, why: str, now: datetime) -> Result:
    says = f"{name} could not be checked: {redact(' '.join(why.split()))[:200]}"
    return warn(seen(name, None, None, None, says, "agentos doctor"))


def _written(
    book: Book, results: Sequence[tuple[Check, Result | None]], broken: frozenset[str], now: datetime
) -> tuple[Entries, Beat]:
    """What is to be written of this beat, and what it found."""
    made = [turn for check, result in results if (turn := _turn(book, check, result, now)) is not None]
    known = {check.name: book.states[check.name] for check, _ in results if check.name in book.states}
    after = {**known, **{turn.state.name: turn.state for turn in made}}
    left = sorted(book.states.keys() - after.keys() - {HOUSE} - _kept(book, broken))
    turns = made + [lifecycle.gone(book.states[name], book.alerts.get(name), now) for name in left]
    counts = Counter(str(state.state) for state in after.values())
    entries = Entries(
        states=[*(turn.state for turn in made if _is_new(book, turn.state)), _house(book, now)],
        results=[_result(turn.state) for turn in made if turn.turned and _is_news(book, turn.state)],
        gone=left,
        alerts=[turn.alert for turn in turns if turn.alert is not None],
        events=[event for turn in turns for event in _announced(book, turn, now)],
    )
    news = [turn for turn in turns if turn.told or (turn.turned and _is_news(book, turn.state))]
    return entries, Beat(now, counts, tuple(_change(book, turn) for turn in news))


def _turn(book: Book, check: Check, result: Result | None, now: datetime) -> Turn | None:
    known = book.states.get(check.name)
    if result is None:
        return None if known else Turn(lifecycle.registered(check.name, now))
    before = known or lifecycle.registered(check.name, now)
    return lifecycle.judged(
        before, book.alerts.get(check.name), result, max(check.hours, result.patience), now
    )


def _kept(book: Book, broken: frozenset[str]) -> set[str]:
    """The checks of families that could not be read stand as they stood. Figures are read together."""
    unread = broken | ({"anomaly"} if "metric" in broken else set())
    return {name for name in book.states if family_of(name) in unread and name != family_of(name)}


def _is_new(book: Book, state: CheckState) -> bool:
    """Whether there is anything to write of it but the instant."""
    known = book.states.get(state.name)
    return known is None or replace(state, at=known.at) != known


def _is_news(book: Book, state: CheckState) -> bool:
    """Whether it is worth a line of its history: that it was well when it was first made is not."""
    known = book.states.get(state.name)
    first = known is None or known.state is Standing.REGISTERED
    return not first or state.state is not Standing.OK


def _house(book: Book, now: datetime) -> CheckState:
    known = book.states.get(HOUSE) or lifecycle.registered(HOUSE, now)
    return replace(known, state=Standing.SCHEDULED, since=now, at=now, beats=known.beats + 1)


def _result(state: CheckState) -> CheckResult:
    return CheckResult(state.name, state.at, state.state, state.evidence)


def _change(book: Book, turn: Turn) -> Change:
    known, alert = book.states.get(turn.state.name), turn.alert
    return Change(
        check=turn.state.name,
        before=Standing.REGISTERED if known is None else known.state,
        after=Standing.OK if known is turn.state and turn.told is Told.RESOLVED else turn.state.state,
        says=str(turn.state.evidence.get("says", "")),
        told=turn.told,
        alert=None if alert is None else alert.id,
        priority=None if alert is None else alert.priority,
    )


def _announced(book: Book, turn: Turn, now: datetime) -> list[Event]:
    """The event that tells of it, in the transaction that writes it."""
    alert = turn.alert
    if turn.told is None or alert is None:
        return []
    if turn.told is Told.RESOLVED:
        minutes = int((now - alert.raised_at).total_seconds() // 60)
        told = AlertResolved(alert.id, alert.check, alert.title, str(alert.priority), max(0, minutes))
        return [told.event(now)]
    before = book.states.get(alert.check)
    first = before is None or before.state is Standing.REGISTERED
    # what a figure was when the heartbeat began to look at it is no news: the brief tells of it
    priority = Priority.LOW if first and is_figure(alert.check) else alert.priority
    evidence = {**alert.evidence, "state": alert.state, "told": str(turn.told), "was": _was(book, alert)}
    return [AlertRaised(alert.id, alert.check, _title(alert), str(priority), evidence).event(now)]


def _was(book: Book, alert: Alert) -> str | None:
    earlier = book.alerts.get(alert.check)
    return earlier.state if earlier is not None else None


def _title(alert: Alert) -> str:
    if alert.state != FLAPPING:
        return alert.title
    return f"{alert.title} (it keeps changing; told again when it has been quiet)"
