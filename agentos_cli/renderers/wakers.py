"""What is shown of what wakes the house: units and crontab lines that were written, and the daemon."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic needs this one before 3.12


class WakerText(TypedDict):
    """A file, or lines of the crontab, as they are written."""

    path: str
    lines: list[str]


class WakerLack(TypedDict):
    """What stands in the way of being woken, and what mends it."""

    says: str
    fix: str


class WakerDocument(TypedDict):
    """What `agentos schedule install` did or would do."""

    schema: str
    waker: str
    tenant: str
    dry_run: bool
    texts: list[WakerText]
    did: list[str]
    missing: list[WakerLack]


class DaemonDocument(TypedDict):
    """How the embedded daemon of a tenant fares on this machine. `state`: stopped, ready, stopping or stuck;
    the other fields are those of the last one that ran, None where there was none."""

    schema: str
    state: str
    running: bool
    tenant: str
    pid: int | None
    host: str | None
    started_at: str | None
    ticks: int
    last_tick: str | None
    last_ended: str | None
    last_code: int | None


def waker_text(document: WakerDocument) -> str:
    """With `--dry-run` every text under its path; else a line for each thing done and each missing."""
    if document["dry_run"]:
        return "\n\n".join("\n".join((f"# {text['path']}", *text["lines"])) for text in document["texts"])
    lines = [*document["did"]] or [f"nothing to change for {document['waker']}"]
    for lack in document["missing"]:
        lines += [f"missing: {lack['says']}", f"  fix:  {lack['fix']}"]
    return "\n".join(lines)


def daemon_text(document: DaemonDocument) -> str:
    """A few lines for people."""
    if document["started_at"] is None:
        return "stopped: it has never run here (agentos schedule run)"
    last = f"{document['last_tick']}, exit code {_code(document)}" if document["last_tick"] else "none yet"
    lines = [
        f"{document['state']}: process {document['pid']} on {document['host']}",
        f"started:   {document['started_at']}",
        f"ticks:     {document['ticks']}",
        f"last tick: {last}",
    ]
    return "\n".join(lines)


def _code(document: DaemonDocument) -> str:
    code = document["last_code"]
    return "none yet: it is at work" if code is None else str(code)


SHAPES: dict[str, type] = {"waker": WakerDocument, "daemon": DaemonDocument}
