"""What a circuit breaker remembers of one source, as JSON for the store and as words for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, cast

from agentos_cli.resilience.gate import Outcome

Name = Literal["closed", "open", "half_open", "auth_broken"]


class Mark(NamedTuple):
    """One attempt in the window."""

    at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class BreakerState:
    """`outcomes` are the recent attempts, oldest first. `opened_at` and `open_for` say how long it stays
    open, `open_count` how often in a row it opened, `since` when the first of these was; `forced`: by hand,
    until it is reset. `probe_owner` holds the one probe until `probe_until`, `good_probes` have worked.
    `not_before` is when the vendor wants us back. `failed_runs` are whole runs in a row that failed.
    `failure` is what failed last, in one line without secrets, and `failed_at` when. `fingerprint` stands
    for the credential in use. Instants are UTC."""

    state: Name = "closed"
    outcomes: tuple[Mark, ...] = ()
    opened_at: datetime | None = None
    open_for: timedelta = timedelta(0)
    open_count: int = 0
    since: datetime | None = None
    forced: bool = False
    probe_owner: str | None = None
    probe_until: datetime | None = None
    good_probes: int = 0
    not_before: datetime | None = None
    failed_runs: int = 0
    reason: str = ""
    failure: str = ""
    failed_at: datetime | None = None
    fingerprint: str = ""

    def to_json(self) -> str:
        """One line of JSON; `from_json` gives back an equal state."""
        return json.dumps(
            {
                "state": self.state,
                "outcomes": [[_text(mark.at), mark.outcome.value] for mark in self.outcomes],
                "opened_at": _text(self.opened_at),
                "open_for": self.open_for / timedelta(microseconds=1),
                "open_count": self.open_count,
                "since": _text(self.since),
                "forced": self.forced,
                "probe_owner": self.probe_owner,
                "probe_until": _text(self.probe_until),
                "good_probes": self.good_probes,
                "not_before": _text(self.not_before),
                "failed_runs": self.failed_runs,
                "reason": self.reason,
                "failure": self.failure,
                "failed_at": _text(self.failed_at),
                "fingerprint": self.fingerprint,
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> BreakerState:
        """The stored state, by this version or an earlier one, which knew less. One that cannot be read
        counts as fresh: a breaker must not end a morning."""
        try:
            kept = json.loads(text)
            return cls(
                state=_name(kept["state"]),
                outcomes=tuple(Mark(_sure(at), Outcome(outcome)) for at, outcome in kept["outcomes"]),
                opened_at=_instant(kept["opened_at"]),
                open_for=timedelta(microseconds=int(kept["open_for"])),
                open_count=int(kept["open_count"]),
                since=_instant(kept.get("since")),
                forced=kept.get("forced") is True,
                probe_owner=kept["probe_owner"],
                probe_until=_instant(kept["probe_until"]),
                good_probes=int(kept.get("good_probes", 0)),
                not_before=_instant(kept["not_before"]),
                failed_runs=int(kept["failed_runs"]),
                reason=str(kept["reason"]),
                failure=str(kept.get("failure", "")),
                failed_at=_instant(kept.get("failed_at")),
                fingerprint=str(kept["fingerprint"]),
            )
        except (ValueError, TypeError, KeyError, OverflowError):
            return cls()


def _name(text: str) -> Name:
    if text not in ("closed", "open", "half_open", "auth_broken"):
        raise ValueError(text)
    return cast("Name", text)


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else _sure(text)


def _sure(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def due_at(state: BreakerState) -> datetime | None:
    """When the next call is let through (UTC); None means at once, or with `forced` never."""
    if state.state == "closed" or state.forced:
        return None
    if state.probe_until is not None:
        return state.probe_until
    return state.opened_at + state.open_for if state.opened_at and state.state != "half_open" else None


def describe(state: BreakerState, now: datetime) -> str:
    """The state in plain words, for `agentos connectors list` and `show`."""
    if state.forced:
        return "open: opened by you; nothing is tried until it is reset"
    if state.not_before is not None and now < state.not_before:
        return f"waiting: the vendor asked us to come back in {_span(state.not_before - now)}"
    due = due_at(state)
    later = f"in {_span(due - now)}" if due is not None and now < due else "with the next run"
    if state.state == "auth_broken":
        return f"key refused: connect again with a new key; the old one is tried again {later}"
    if state.state == "half_open":
        return f"half-open: {_probing(state)}"
    if state.state == "open":
        return f"open: {state.reason}{_lasting(state, now)}; tried again {later}"
    return _working(state)


def _probing(state: BreakerState) -> str:
    if state.probe_until is not None:
        return "one call is finding out whether it is back"
    return "the last call worked; one more closes it" if state.good_probes else "the next call finds out"


def _lasting(state: BreakerState, now: datetime) -> str:
    """How long it has been so, where the first try was not the last."""
    if state.open_count < 2 or state.since is None:
        return ""
    return f"; like this for {_span(now - state.since)}, opened {state.open_count} times in a row"


def _working(state: BreakerState) -> str:
    last = f", the last: {state.failure}" if state.failure else ""
    bad = sum(mark.outcome in (Outcome.FAILED, Outcome.UNREACHABLE) for mark in state.outcomes)
    if bad:
        return f"working, though {bad} of the last {len(state.outcomes)} calls failed{last}"
    if state.failed_runs:
        which = "last run" if state.failed_runs == 1 else f"last {state.failed_runs} runs"
        return f"working, though the {which} failed"
    return "working"


def _span(gap: timedelta) -> str:
    """`40 s`, `12 min`, `1 h`: one unit is enough to decide whether to wait."""
    seconds = max(1, round(gap.total_seconds()))
    if seconds < 100:
        return f"{seconds} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{round(seconds / 3600)} h"


class Turn(NamedTuple):
    """A change of state worth remembering: the new state in a word, and what it was made for."""

    state: str
    reason: str


def turned(before: BreakerState | None, after: BreakerState) -> Turn | None:
    """What changed between two states of one source, as its history tells it; None if nothing did."""
    known = before or BreakerState()
    if _turn_of(known) == _turn_of(after):
        return None
    if after.state in ("open", "auth_broken"):
        return Turn(after.state, after.reason)
    if after.state == "half_open":
        return Turn("half_open", "one call finds out whether it is back")
    if known.state != "closed":
        return Turn("closed", _why_closed(known))
    began = after.not_before is not None and known.not_before is None
    return Turn("waiting", "the vendor asked us to slow down") if began else None


def _turn_of(state: BreakerState) -> tuple[object, ...]:
    """What a history tells apart: two states with the same are one line of it."""
    return state.state, state.forced, state.open_count, state.state == "closed" and state.not_before


def _why_closed(known: BreakerState) -> str:
    if known.state == "auth_broken":
        return "the key works, or is another one"
    return f"it answers again, after it opened {_times(known.open_count)}"


def _times(count: int) -> str:
    return "once" if count <= 1 else f"{count} times in a row"
