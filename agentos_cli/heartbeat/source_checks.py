"""Checks of sources: is their data young enough, is their breaker open, does their key work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from agentos_cli.heartbeat.check import Check, Result, alert, ok, seen, warn
from agentos_cli.heartbeat.seen import CredentialSeen, Seen, SourceSeen
from agentos_cli.resilience.state import BreakerState

DAY_AND_MORE = timedelta(hours=26)
"""A house that reads its sources every morning is not late before this, whatever their life."""
FAR_TOO_OLD = 3
"""So many times the limit is an alert."""
EXPIRES = timedelta(days=7)
"""So long before it ends a login is warned of."""
FRESH_HOURS, BREAKER_HOURS = timedelta(hours=1), timedelta(minutes=30)
"""For so long it has to be so. A breaker that opens for a minute is at its work."""


def fresh(seen: Seen) -> Iterator[Check]:
    """One check for each connected source."""
    for source in seen.sources:
        yield Check(f"fresh.{source.name}", "fresh", partial(_fresh, seen, source), FRESH_HOURS)


def breakers(seen: Seen) -> Iterator[Check]:
    """One check for each connected source that was ever called."""
    for source in seen.sources:
        state = seen.machinery.breakers.get(source.name)
        if state is not None:
            yield Check(f"breaker.{source.name}", "breaker", partial(_breaker, source, state), BREAKER_HOURS)


def credentials(seen: Seen) -> Iterator[Check]:
    """One check for each connected source that has a key."""
    for key in seen.credentials:
        yield Check(f"credential.{key.source}", "credential", partial(_credential, seen, key))


def limit_of(source: SourceSeen) -> timedelta:
    """How old the data of a source may be."""
    return max(source.life, DAY_AND_MORE)


def _fresh(now: Seen, source: SourceSeen) -> Result:
    limit = limit_of(source)
    allowed = f"{_hours(limit)} h"
    read, fix = f"what {source.title} brought", source.fix or f"agentos sync {source.name}"
    if source.synced_at is None:
        return warn(seen(read, None, None, allowed, f"{source.title} was never read", fix))
    age = now.at - source.synced_at
    why = f": {source.problem}" if source.problem else ""
    day = source.synced_at.astimezone(now.zone)
    said = f"{source.title} has not been read since {day:%a} {day.day} {day:%b %H:%M}{why}"
    if age > limit * FAR_TOO_OLD:
        return alert(seen(read, source.synced_at, str(day.date()), allowed, said, fix))
    if age > limit:
        return warn(seen(read, source.synced_at, str(day.date()), allowed, said, fix))
    says = f"{source.title} was read {day:%a} {day.day} {day:%b %H:%M}"
    return ok(seen(read, source.synced_at, str(day.date()), allowed, says))


def _breaker(source: SourceSeen, state: BreakerState) -> Result:
    read, fix = f"the circuit breaker of {source.title}", f"agentos connectors show {source.name}"
    if state.state not in ("open", "half_open"):
        return ok(seen(read, None, state.state, "closed", f"{source.title} is called as usual"))
    why = "by you" if state.forced else state.reason or state.failure or "it failed too often"
    evidence = seen(read, state.opened_at, state.state, "closed", f"{source.title} is not called: {why}", fix)
    return warn(evidence)


def _credential(now: Seen, key: CredentialSeen) -> Result:
    read, fix = f"the key of {key.title} ({key.reference})", f"agentos connect {key.source}"
    state = now.machinery.breakers.get(key.source)
    if key.problem is not None:
        says = f"the key of {key.title} cannot be had: {key.problem}"
        return alert(seen(read, None, "missing", "there", says, key.fix or fix))
    if state is not None and state.state == "auth_broken":
        says = f"{key.title} refuses the key"
        return alert(seen(read, state.failed_at, "refused", "accepted", says, fix))
    if key.ends is None:
        return ok(seen(read, None, "there", "there", f"the key of {key.title} is there"))
    day = key.ends.astimezone(now.zone)
    said = f"the login at {key.title} ends on {day:%a} {day.day} {day:%b}"
    evidence = seen(read, None, key.ends.isoformat(timespec="seconds"), f"{EXPIRES.days} days", said, fix)
    if key.ends <= now.at:
        return alert({**evidence, "says": said.replace("ends", "ended")})
    return warn(evidence) if key.ends - now.at <= EXPIRES else ok(evidence)


def _hours(span: timedelta) -> int:
    return int(span.total_seconds() // 3600)
