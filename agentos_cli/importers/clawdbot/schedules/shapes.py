"""A job of `cron/jobs.json` in one shape, whichever of the many shapes it was written in.

The shapes that were written and accepted are those of https://github.com/openclaw/openclaw, src/cron:
types.ts, normalize.ts and payload-migration.ts. `version` says nothing: it is 1 in every one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

from agentos_cli.importers.clawdbot.schedules.croner import Understood, understood
from agentos_cli.scheduler.when import Every, Once

Table = Mapping[str, object]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WRAPPERS = ("data", "job")
LONGEST = 999_999_999
"""Seconds between two due times: more than thirty years is no schedule."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job. `state`: how it went last; `zone` None where none is said; `kind` cron, every, at or ""."""

    id: str
    name: str
    enabled: bool
    kind: str
    schedule: Table
    payload: Table
    delivery: Table
    state: Table
    zone: str | None
    created_at: datetime | None
    raw: Table

    @property
    def text(self) -> str:
        """What was to be done, in words; "" where nothing is said."""
        return word(self.payload, "message", "text", "command", "prompt") or ""

    @property
    def at(self) -> datetime | None:
        """When one that is done once was to be done."""
        if self.kind != "at":
            return None
        return instant(self.schedule.get("at", self.schedule.get("atMs")))

    @property
    def is_done(self) -> bool:
        """Whether its last run went well: one that is done once is over then."""
        return word(self.state, "lastStatus", "lastRunStatus") == "ok"


def jobs_in(value: object) -> Iterator[Table | None]:
    """The jobs of a parsed file, unwrapped; None for each that is none. Raises ValueError for a file that is
    no list of jobs."""
    found = value.get("jobs") if isinstance(value, Mapping) else value
    if isinstance(found, Mapping):
        found = [{"id": key, **each} if isinstance(each, Mapping) else each for key, each in found.items()]
    if not isinstance(found, list):
        raise ValueError("it holds no list of jobs")
    for each in found:
        yield _unwrapped(each)


def states_in(value: object) -> dict[str, Table]:
    """How jobs went last, by their id, where that is a file of its own."""
    found = value.get("jobs", value) if isinstance(value, Mapping) else value
    if isinstance(found, list):
        found = {identity(each): each for each in found if isinstance(each, Mapping)}
    tables = found.items() if isinstance(found, Mapping) else ()
    return {str(key): table(each.get("state")) or each for key, each in tables if isinstance(each, Mapping)}


def job_of(raw: Table, otherwise: str) -> Job:
    """A job; `otherwise` is its id if it has none."""
    schedule = raw.get("schedule")
    if isinstance(schedule, str):
        schedule = {"kind": "cron", "expr": schedule}
    told, payload = table(schedule), _payload(raw)
    return Job(
        identity(raw) or otherwise,
        word(raw, "name") or "",
        raw.get("enabled", True) not in (False, "false", 0),
        _kind(told),
        told,
        payload,
        table(raw.get("delivery")),
        table(raw.get("state")),
        word(told, "tz", "timezone"),
        instant(raw.get("createdAtMs", raw.get("createdAt"))),
        raw,
    )


def identity(raw: Table) -> str:
    """What a job is called by the program; "" where it is not."""
    for name in ("id", "jobId"):
        found = raw.get(name)
        if isinstance(found, str | int) and not isinstance(found, bool) and str(found).strip():
            return str(found).strip()
    return ""


def when_of(job: Job) -> Understood:
    """When it is due, in words of the scheduler here. Raises ValueError if that is not said."""
    if job.kind == "cron":
        expression = word(job.schedule, "expr", "cron", "expression")
        if expression is None:
            raise ValueError("it does not say when it is due")
        return understood(expression)
    if job.kind == "at":
        if job.at is None:
            raise ValueError("it does not say when it is due")
        return Understood(Once(job.at).text)
    if job.kind == "every":
        return _every(job)
    raise ValueError("its kind of schedule is not known")


def _every(job: Job) -> Understood:
    length = number(job.schedule.get("everyMs"))
    if length is None or not 0 < length <= LONGEST * 1000:
        raise ValueError("it does not say how often it is due")
    asks, seconds = [], -(-int(length) // 1000)
    if seconds * 1000 != length:
        asks.append(f"it was due every {length} ms, here every {seconds} s: parts of a second are not kept")
    since = instant(job.schedule.get("anchorMs")) or job.created_at
    if since is None:
        asks.append("it does not say from when its interval counts: here it is from the beginning of 1970")
    return Understood(Every(seconds, since or EPOCH).text, tuple(asks))


def _kind(schedule: Table) -> str:
    told = word(schedule, "kind")
    if told in ("cron", "every", "at"):
        return told
    if schedule.get("at") is not None or schedule.get("atMs") is not None:
        return "at"
    if schedule.get("everyMs") is not None:
        return "every"
    return "cron" if word(schedule, "expr", "cron", "expression") else ""


def _payload(raw: Table) -> Table:
    """What is to be done; what was once written beside it belongs in it, `provider` was `channel`."""
    payload = dict(table(raw.get("payload")))
    for name in ("message", "text", "command", "model", "thinking", "timeoutSeconds"):
        if name not in payload and name in raw:
            payload[name] = raw[name]
    if "channel" not in payload and isinstance(payload.get("provider"), str):
        payload["channel"] = payload["provider"]
    if isinstance(payload.get("command"), list):
        payload["command"] = " ".join(map(str, cast("list[object]", payload["command"])))
    return payload


def _unwrapped(value: object) -> Table | None:
    if not isinstance(value, Mapping):
        return None
    for name in WRAPPERS:
        inner = value.get(name)
        if isinstance(inner, Mapping) and "schedule" not in value:
            return {"id": value["id"], **inner} if "id" in value else inner
    return value


def table(value: object) -> Table:
    """The value if it is a table, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def word(value: Table, *names: str) -> str | None:
    """The first of these fields that is a text with something in it."""
    for name in names:
        found = value.get(name)
        if isinstance(found, str) and found.strip():
            return found.strip()
    return None


def number(value: object) -> Decimal | None:
    """A number, also one that was written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        found = Decimal(str(value).strip()) if len(str(value)) <= 40 else None
    except (ArithmeticError, ValueError):
        return None
    return found if found is not None and found.is_finite() and abs(found) < 10**18 else None


def instant(value: object) -> datetime | None:
    """Milliseconds since 1970, or ISO text, which is in UTC if it names no zone; None for anything else."""
    told = number(value)
    try:
        if told is not None:
            return EPOCH + timedelta(milliseconds=int(told))
        if not isinstance(value, str):
            return None
        at = datetime.fromisoformat(value.strip())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
