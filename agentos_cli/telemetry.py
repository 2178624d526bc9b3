"""What is recorded about each piece of work: one structured record per agent run and per source sync."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Figure = int | float | str | bool | None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One agent run or one source sync, as it is stored and listed by `agentos runs`.

    `run_id` is shared by everything that one command did. `work` is `agent`, `source` or `brief`;
    `name` which one. `metrics` are a few figures (records read, value of a metric); `error` is one
    redacted line, None on success.
    """

    run_id: str
    work: str
    name: str
    started_at: datetime
    duration_ms: int
    success: bool
    metrics: Mapping[str, Figure] = field(default_factory=dict)
    error: str | None = None


def new_run_id(now: datetime) -> str:
    """`run_20261123T120000_4f2a9c`: sorts by time, unique enough for one machine."""
    return f"run_{now:%Y%m%dT%H%M%S}_{secrets.token_hex(3)}"
