"""Every setting, its default and what it means. The example file and the docs are made from this text.

Plain frozen dataclasses, so that reading settings costs no pydantic import; `load` validates them with it.
Settings hold no secrets: a key is connected with `agentos connect`, which keeps a reference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from agents.limits import Limit
from agents.policy import Policy

FORBID = {"extra": "forbid"}
SAMPLE = "sample"
"""Where a field keeps lines for the example file, if its default says too little."""


@dataclass(frozen=True, slots=True)
class Company:
    """Whose company this is."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    name: str = "My company"
    """The name in the title of the brief."""
    currency: str = "USD"
    """ISO 4217 code that totals are given in. Others are converted at dated rates, or left out aloud."""
    timezone: str = ""
    """IANA zone that "today" and "this week" are in, such as `Europe/Berlin`. Empty: this machine's."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Where what was learned is kept."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    url: str = ""
    """`sqlite:///PATH` or `postgresql://USER@HOST/NAME`, without a password. Empty: one local file."""
    password: str = ""
    """Reference to the PostgreSQL password, such as `env:NAME`. Never the password itself."""


@dataclass(frozen=True, slots=True)
class Syncing:
    """How sources are read."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    deadline: float = 60.0
    """Seconds that one source may take in all; after that the brief goes on without it."""
    patience: float = 600.0
    """The same for `agentos sync`, as long as a source gives a sign within its deadline. Of a large one that
    takes longer what came is kept, and the next sync goes on."""
    life: dict[str, int] = field(default_factory=dict)
    """Minutes for which a source's data counts as fresh: `{ stripe = 60 }`. Others keep their own."""
    full_every: float = 24.0
    """Hours after which a source that tells what has changed is read whole again, to find what is gone."""
    full_every_of: dict[str, float] = field(default_factory=dict)
    """The same for some sources: `{ stripe = 168 }`. 0 reads whole each time."""
    rate: dict[str, float] = field(default_factory=dict)
    """Calls a second that a source gets from all runs at once: `{ stripe = 200 }`. Others keep their own."""


@dataclass(frozen=True, slots=True)
class Display:
    """How the brief looks on your terminal."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    ascii: bool = False
    """Use plain ASCII even where the terminal could show more."""
    accessible: bool = False
    """Linear sentences for screen readers instead of aligned columns."""


@dataclass(frozen=True, slots=True)
class EnergyCurve:
    """What you have to give through the day, 0 to 100, until `agentos energy` says otherwise."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    curve: dict[str, int] = field(
        default_factory=lambda: {"06:00": 60, "09:00": 80, "12:00": 50, "14:00": 60, "18:00": 30}
    )
    """Level from each time on, in the company's zone; before the first, the last one of the day before."""
    hours: float = 4.0
    """Hours for which a level set by hand holds."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """When only the critical is sent to you, in the company's zone. What was held comes as a digest."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    start: str = ""
    """From this time of day on, such as `22:00`. Empty: no quiet hours."""
    end: str = "07:00"
    """Until this time of day; the day after, where it is earlier than `start`."""
    weekends: bool = False
    """Quiet all Saturday and Sunday, too."""


@dataclass(frozen=True, slots=True)
class Events:
    """How what happens is announced."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    keep: int = 90
    """Days for which events, deliveries, results of checks and due times are kept."""
    redis: str = ""
    """`redis://HOST:PORT/0`, without a password, for teams whose other programs read events there."""
    redis_password: str = ""
    """Reference to the Redis password, such as `env:NAME`. Never the password itself."""


@dataclass(frozen=True, slots=True)
class Scheduling:
    """What wakes the house."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    ping: str = ""
    """Address of a dead-man's switch that hears of every tick: `/start`, itself at success, `/fail`."""


@dataclass(frozen=True, slots=True)
class CheckRule:
    """A check of yours on a figure: `agentos metrics list` names them."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    metric: str
    """The figure's key."""
    operator: str
    """`>`, `>=`, `<` or `<=`: the check is beyond its limit where figure, operator, limit hold."""
    limit: float
    """In major units for money, as a fraction for a ratio."""
    hours: float = 0.0
    """For how long it has to be so before anybody hears of it."""
    priority: str = "normal"
    """low, normal, high or critical. High goes out at once, critical in quiet hours too."""


@dataclass(frozen=True, slots=True)
class Beats:
    """How the heartbeat looks at things."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID

    off: list[str] = field(default_factory=list)
    """Names of built-in checks that are not made, such as `anomaly.leads`, or a whole family: `anomaly`."""
    anomaly: float = 5.0
    """How many times the usual scatter (median absolute deviation, same weekday) a figure may be off."""
    disk_mb: int = 500
    """Free space on the store's disk below which the heartbeat says so, in MB."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. Each section is a table of the TOML file."""

    tenant: str = "default"
    """Whose data this is, on a store that several companies share. One company never needs it."""
    company: Company = field(default_factory=Company)
    store: Storage = field(default_factory=Storage)
    sync: Syncing = field(default_factory=Syncing)
    display: Display = field(default_factory=Display)
    energy: EnergyCurve = field(default_factory=EnergyCurve)
    quiet: Quiet = field(default_factory=Quiet)
    events: Events = field(default_factory=Events)
    schedule: Scheduling = field(default_factory=Scheduling)
    heartbeat: Beats = field(default_factory=Beats)
    checks: dict[str, CheckRule] = field(
        default_factory=dict,
        metadata={
            SAMPLE: '[checks.low_cash]\nmetric = "cash"\noperator = "<"\nlimit = 250000\npriority = "high"'
        },
    )
    """Checks of your own that the heartbeat makes, a table for each."""
    policy: Policy = field(default_factory=Policy)
    metrics: dict[str, Limit] = field(
        default_factory=dict,
        metadata={SAMPLE: "[metrics.cycle_time]\ngoal = 5\nwatch = 8\nact = 12"},
    )
    """Goal and limits of any figure, a table for each: `[metrics.cycle_time]` with `goal`, `watch`, `act`.
    Limits are lower ones where up is good, else upper ones. They win over [policy]."""
