"""A job as a paused schedule: when, in which zone, in words what was to be done, and what is to be decided.

Nothing of a job is run here. What it said about models, channels and time limits stays readable in the text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from agentos_cli.belongings import Plan
from agentos_cli.importers.clawdbot.schedules.runs import Log
from agentos_cli.importers.clawdbot.schedules.shapes import Job, Table, number, table, when_of, word
from agentos_cli.store.values import clean

LONGEST_NAME = 40
LONGEST_TEXT = 20_000
"""Characters of what was to be done."""
NO_CONTENT = "it says nothing of what is to be done"
UNKNOWN = "`{}` is no kind of work that is known here: its settings are in the text"
MISSED = "missed, needs a decision: it was to be done once, at {}, and is not said to have been done"
MAY_FIRE = "it is enabled there: the old gateway may still fire it"
LAST = "it was delivered wherever you last spoke: here it goes to your own channels (agentos notify list)"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What holds for all jobs. `zone` was asked for and `guess` is the user's in the settings; None for
    neither. `now` decides what is past."""

    zone: str | None
    guess: str | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Drawn:
    """A schedule, and what the user has to decide before it is resumed, one line each."""

    plan: Plan
    asks: tuple[str, ...]


def drawn(job: Job, name: str, log: Log, wishes: Wishes) -> Drawn:
    """The schedule that a job is. Raises ValueError for one that does not say when it is due."""
    due = when_of(job)
    zone, doubt = _zone(job, wishes)
    asks = [*due.asks, *([doubt] if doubt else []), *_missed(job, wishes), *_odd(job)]
    if log.left:
        asks.append(f"of its runs the newest {len(log.runs):,} came over, {log.left:,} older ones did not")
    notes = [*asks, *([MAY_FIRE] if job.enabled else ["it is disabled there"])]
    text = clean(_text(job))[:LONGEST_TEXT]
    told = [clean(note) for note in notes]
    plan = Plan(name, clean(due.when), zone, text, tuple(told), log.runs, job.created_at)
    return Drawn(plan, tuple(told[: len(asks)]))


def names(jobs: Iterable[Job], taken: Iterable[str] = ()) -> dict[str, str]:
    """A name for each job, by its id: what it was called, as schedules are named here. Of several that come
    out alike the oldest has it alone, the others have part of their ids behind it; so have those whose name
    is `taken`."""
    found: dict[str, str] = {}
    used = set(taken)
    for job in sorted(jobs, key=lambda job: (job.created_at is None, job.created_at or 0, job.id)):
        name = _slug(job.name)[:LONGEST_NAME].strip("-") or f"job-{_short(job.id)}"
        if name in used:
            name = f"{name[: LONGEST_NAME - 9].strip('-')}-{_short(job.id)}"
        used.add(name)
        found[job.id] = name
    return found


def digest(job: Table, log: Log, *said: object) -> str:
    """Of a job as it stands in the source, without what changes by itself, and of its runs."""
    kept = {key: value for key, value in job.items() if key not in ("state", "updatedAtMs", "updatedAt")}
    told = json.dumps([kept, log.digest, *said], sort_keys=True, ensure_ascii=True, default=str)
    return sha256(told.encode()).hexdigest()


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _short(identity: str) -> str:
    found = re.match(r"[0-9a-f]{8}(?=-|$)", identity)
    return found[0] if found else sha256(identity.encode("utf-8", "replace")).hexdigest()[:8]


def _zone(job: Job, wishes: Wishes) -> tuple[str, str | None]:
    """The zone, and what is doubtful about it. An interval and an instant are the same in every zone."""
    otherwise = next((zone for zone in (wishes.zone, wishes.guess) if zone and _is_zone(zone)), "UTC")
    if job.zone is not None:
        if _is_zone(job.zone):
            return job.zone, None
        return otherwise, f"its zone `{job.zone[:40]}` is none: {otherwise} is taken instead"
    if job.kind != "cron" or otherwise == wishes.zone:
        return otherwise, None
    why = "the user's in the settings" if otherwise == wishes.guess else "there is no better guess"
    return otherwise, (
        f"it names no zone and went by the clock of its machine: {otherwise} is a guess ({why});"
        " --timezone says which it was"
    )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _missed(job: Job, wishes: Wishes) -> Iterable[str]:
    if job.at is not None and job.at <= wishes.now and not job.is_done:
        yield MISSED.format(f"{job.at:%Y-%m-%d %H:%M} UTC")


def _odd(job: Job) -> Iterable[str]:
    """What has no like here."""
    kind = word(job.payload, "kind")
    if not job.text:
        yield UNKNOWN.format(kind[:40]) if kind else NO_CONTENT
    elif kind not in (None, "agentTurn", "systemEvent"):
        yield f"it was a `{kind[:40]}`: whether and how that can be done here is yours to say"
    stagger = number(job.schedule.get("staggerMs"))
    if stagger:
        yield f"it was begun at random within {int(stagger) // 1000} s of its time, here it is due on the dot"
    mode = word(job.delivery, "mode")
    if mode == "webhook":
        yield "it called a webhook with what came of it: here `agentos notify add` does that"
    elif mode == "announce" or (mode is None and job.payload.get("deliver") is True):
        channel = word(job.delivery, "channel") or word(job.payload, "channel")
        if channel in (None, "last"):
            yield LAST


def _text(job: Job) -> str:
    lines = [job.text or json.dumps(job.payload, ensure_ascii=False, indent=1, default=str)]
    facts = [(name, told) for name, told in _facts(job) if told]
    if facts:
        lines += ["", *(f"{name}: {told}" for name, told in facts)]
    return "\n".join(lines)


def _facts(job: Job) -> Iterable[tuple[str, str | None]]:
    """What else was said of it, as far as it helps a person to do it again."""
    payload, raw = job.payload, job.raw
    yield "called", job.name
    yield "about", word(raw, "description")
    yield "agent", word(raw, "agentId")
    yield "session", word(raw, "sessionTarget")
    yield "woken", word(raw, "wakeMode")
    yield "model", word(payload, "model")
    yield "other models", _listed(payload.get("fallbacks"))
    yield "thinking", word(payload, "thinking")
    limit = number(payload.get("timeoutSeconds"))
    yield "time limit", None if limit is None else f"{limit:f} s"
    yield "tools", _listed(payload.get("toolsAllow"))
    yield "delivered to", _delivered(payload, job.delivery)
    once = raw.get("deleteAfterRun") in (True, "true")
    yield "afterwards", "it was deleted" if once else None


def _listed(value: object) -> str | None:
    return ", ".join(map(str, value)) if isinstance(value, list) else None


def _delivered(payload: Table, delivery: Mapping[str, object]) -> str | None:
    said = delivery if word(delivery, "channel", "to") else payload
    told = " ".join(part for part in (word(said, "channel"), word(said, "to")) if part)
    return told or word(table(delivery), "mode")
