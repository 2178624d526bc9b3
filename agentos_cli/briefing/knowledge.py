"""Turn what the store knows into the Snapshot that agents read: settings, ages, energy, all in one place."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta, tzinfo
from functools import cache
from typing import TYPE_CHECKING

from agentos_cli.config.model import EnergyCurve, Settings
from agentos_cli.connectors.catalogue import CATALOGUE, Spec, forgotten
from agentos_cli.connectors.catalogue import known as specs_of
from agentos_cli.store.records import EnergyRow, SourceRow
from agentos_cli.store.store import Store
from agents.limits import under
from agents.nouns import Noun, Subscription
from agents.policy import Policy
from agents.restating import there_by
from agents.snapshot import Energy, Snapshot, SourceState

if TYPE_CHECKING:
    from agentos_cli.recurring.layout import Packed
    from agents.finance.recurring import Recurring

Records = Mapping[type[Noun], tuple[Noun, ...]]

MANY = 2_000
"""From so many versions of subscriptions on, recurring revenue is worked out from columns: below it, loading
numpy takes longer than it saves."""
OPTIONAL = frozenset({"fx_rate", "expense"})
"""Kinds whose absence is no blind spot: nothing is wrong with a company that has none."""


def snapshot(
    store: Store,
    settings: Settings,
    zone: tzinfo,
    at: datetime,
    nouns: Collection[type[Noun]],
    known_at: datetime | None = None,
) -> Snapshot:
    """What was known at `at` of `nouns`, with the age of everything and the settings in force.

    With `known_at` the same day as it is known at that later instant: restated.
    """
    known = store.read(known_at or at, nouns, MANY)
    policy = under(settings.policy, settings.metrics)

    def there(records: Records) -> Records:
        return records if known_at is None else there_by(records, at, zone)

    return Snapshot(
        tenant=settings.tenant,
        company=settings.company.name,
        as_of=at,
        zone=zone,
        currency=settings.company.currency,
        policy=policy,
        limits=settings.metrics,
        records=there(known.records)
        if known.packed is None
        else WithSubscriptions(
            there(known.records), lambda: there(store.read(known_at or at, (Subscription,)).records)
        ),
        sources=tuple(
            source_states(
                known.connected,
                known.sources,
                settings.sync.life,
                at.astimezone(zone),
                _specs(store, known.connected, known.sources),
            )
        ),
        goals=known.goals,
        tasks=known.tasks,
        energy=energy_at(known.energy, settings.energy, at.astimezone(zone)),
        muted=known.muted,
        recurring=None if known.packed is None else _columns(known.packed, policy, at, known_at),
    )


def _columns(packed: Sequence[Packed], policy: Policy, at: datetime, known_at: datetime | None) -> Recurring:
    from agentos_cli.recurring.columns import Columns  # numpy: a small company never pays for it

    gc.freeze()  # what was read lives as long as the command: no use in looking for garbage among it
    return Columns.of(packed, known_at or at, policy.count_past_due, at if known_at else None)


class WithSubscriptions(Mapping[type[Noun], tuple[Noun, ...]]):
    """Records of which the subscriptions are `read` when somebody asks for them, since there are many.

    They are the same then as they would have been at first: what was known at an instant does not change.
    """

    def __init__(self, records: Records, read: Callable[[], Records]) -> None:
        self._records = records
        self._read = cache(read)

    def __getitem__(self, noun: type[Noun]) -> tuple[Noun, ...]:
        return (self._read() if noun is Subscription else self._records)[noun]

    def __contains__(self, noun: object) -> bool:
        return noun is Subscription or noun in self._records  # without reading them

    def __iter__(self) -> Iterator[type[Noun]]:
        return iter((*self._records, Subscription))

    def __len__(self) -> int:
        return len(self._records) + 1


def source_states(
    connected: Collection[str],
    rows: Iterable[SourceRow],
    lives: Mapping[str, int],
    local: datetime,
    specs: Mapping[str, Spec] = CATALOGUE,
) -> Iterator[SourceState]:
    """One state per source and kind: fresh, late, failing, never read or not connected.

    Not connected is said of the usual sources, of kinds that no connected one brings; never read of kinds
    that no connected one has brought yet: a folder without a bank.csv misses nothing once the bank itself
    is connected. `connected` are the sources that were connected then; `local` is the instant that is asked
    about, in the company's zone.
    """
    seen = {(row.source, row.kind): row for row in rows}
    come = {row.kind for row in seen.values() if row.source in connected and row.synced_at is not None}
    brought = {kind for name in connected if name in specs for kind in specs[name].kinds}
    for spec in specs.values():
        life, here = life_of(spec, lives), spec.name in connected
        for kind in spec.kinds:
            row = seen.get((spec.name, kind))
            if row is not None and (here or kind not in brought):
                yield _read(spec, row, life, here, local)
            elif row is not None or kind in OPTIONAL or kind in come:
                continue
            elif here or (spec.usual and kind not in brought):
                yield _never_read(spec, kind, life, here)


def _specs(store: Store, connected: Collection[str], rows: Sequence[SourceRow]) -> Mapping[str, Spec]:
    """The catalogue, and what the store tells of sources outside it, where there are any."""
    settled = {name for name, spec in CATALOGUE.items() if not spec.varies}
    strangers = {*connected, *(row.source for row in rows)} - settled
    if not strangers:
        return CATALOGUE
    told = specs_of(store.connections())
    left = sorted(strangers - told.keys())
    return {**told, **{name: forgotten(name, [r.kind for r in rows if r.source == name]) for name in left}}


def _read(spec: Spec, row: SourceRow, life: timedelta, connected: bool, local: datetime) -> SourceState:
    problem, fix = row.problem, row.fix
    if problem is None and row.synced_at is not None and local - row.synced_at > life:
        if not connected:
            problem, fix = "no longer connected", f"agentos connect {spec.name}"
        elif spec.asks == "folder":  # read just now, perhaps: it is the file that is old
            problem = f"not exported since {_day(row.synced_at, local)}"
            fix = f"agentos sync {spec.name}"
    return SourceState(spec.name, (row.kind,), row.synced_at, life, problem, fix, row.partial)


def _day(instant: datetime, local: datetime) -> str:
    """`Wed 18 Nov`; with the year where it is another one."""
    day = instant.astimezone(local.tzinfo)
    return f"{day:%a} {day.day} {day:%b}" if day.year == local.year else f"{day.day} {day:%b %Y}"


def _never_read(spec: Spec, kind: str, life: timedelta, connected: bool) -> SourceState:
    if not connected:
        return SourceState(spec.name, (kind,), None, life, "not connected", f"agentos connect {spec.name}")
    return SourceState(spec.name, (kind,), None, life, "never read", f"agentos sync {spec.name}")


def life_of(spec: Spec, lives: Mapping[str, int]) -> timedelta:
    """How long a source's data counts as fresh: the setting in minutes, or the connector's own."""
    return timedelta(minutes=lives[spec.name]) if spec.name in lives else spec.life


def energy_at(row: EnergyRow | None, curve: EnergyCurve, local: datetime) -> Energy:
    """The energy of this hour: what was set by hand while it holds, else the daily curve."""
    if row is not None and timedelta(0) <= local - row.set_at <= timedelta(hours=curve.hours):
        return Energy(row.level, f"set by you at {row.set_at.astimezone(local.tzinfo):%H:%M}")
    steps = sorted((time.fromisoformat(at), level) for at, level in curve.curve.items())
    if not steps:
        return Energy(60, "no curve set")
    past = [step for step in steps if step[0] <= local.time()]
    at, level = past[-1] if past else steps[-1]
    return Energy(level, f"daily curve from {at:%H:%M}")
