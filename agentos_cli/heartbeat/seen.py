"""What one beat has read, handed to every check: sources, keys, figures, machinery, disk and database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from agentos_cli.config.model import CheckRule
from agentos_cli.store.check_records import Evidence
from agentos_cli.store.watched import DatabaseSeen, Machinery
from agents.report import Status
from agents.unit import Unit


@dataclass(frozen=True, slots=True)
class SourceSeen:
    """A connected source. `synced_at` is the oldest of what it brought, None where nothing ever came; `life`
    how long its data counts as fresh; `problem` what the last attempt says."""

    name: str
    title: str
    synced_at: datetime | None
    life: timedelta
    problem: str | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class CredentialSeen:
    """The key of a connected source: `reference` to it, `problem` why it cannot be had. `ends`: when a login
    ends that is not renewed by itself."""

    source: str
    title: str
    reference: str
    problem: str | None = None
    fix: str | None = None
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Usual:
    """What a figure usually is: the median of `points` past values (`days`: which ones, in words) and their
    spread, all as the figure's `value` is counted. `steady`: it hardly ever was another one, so that the
    spread is the least there is; then what was between `low` and `high` before is not unusual."""

    median: float
    spread: float
    points: int
    days: str
    steady: bool
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FigureSeen:
    """One figure as its agent reports it. `value` is in minor units for money; `major` the same as limits are
    given. `synced_at` is the age of the oldest it was made from. `usual` is None with too little history."""

    key: str
    title: str
    unit: Unit
    value: int | float | None
    major: float | None
    currency: str | None
    text: str
    status: Status
    note: str
    absent: str | None
    as_of: datetime
    synced_at: datetime | None
    usual: Usual | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of the settings: what the owner wants of figures, checks of their own, how unusual is too
    unusual, how much room a disk needs."""

    watch: Mapping[str, float] = field(default_factory=dict)
    act: Mapping[str, float] = field(default_factory=dict)
    rules: Mapping[str, CheckRule] = field(default_factory=dict)
    anomaly: float = 5.0
    disk_mb: int = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a beat has read at `at`. `problems`: by family, why some of it could not be read; the checks
    of that family stand as they stood. `judged` is the evidence of every check's last result, by name."""

    at: datetime
    zone: tzinfo
    bounds: Bounds = field(default_factory=Bounds)
    sources: tuple[SourceSeen, ...] = ()
    credentials: tuple[CredentialSeen, ...] = ()
    figures: tuple[FigureSeen, ...] = ()
    machinery: Machinery = field(default_factory=Machinery)
    free_mb: int | None = None
    database: DatabaseSeen | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    judged: Mapping[str, Evidence] = field(default_factory=dict)
