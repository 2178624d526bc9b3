"""The demo, end to end: serve the demo company, connect to it, read it over HTTP into a store of its own.

A rehearsed company lives under the cache directory, one per day and size, never beside the user's own
data; one that lived through many mornings is a replay, of which there is one. Each is made whole and then
moved into place, so two at once cannot see half of it.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from pathlib import Path
from tempfile import mkdtemp
from zoneinfo import ZoneInfo

from agentos_cli import __version__
from agentos_cli.config.model import Company, Settings, Syncing
from agentos_cli.config.places import Places
from agentos_cli.errors import DataProblem
from agents.policy import Policy

SECTION = Company(name="Fernwick (demo)", currency="USD", timezone="America/New_York")
POLICY = Policy(
    gross_margin=0.8,
    mrr_goal=16_000,
    quarter_target=60_000,
    cac_goal=1_200,
    hours_per_deal=90,
)
"""What the demo company's owner decided; your own are in your configuration."""

GOALS = (
    ("Keep every top-ten customer", 3.0, ("retention",)),
    ("Grow new business by a fifth", 2.0, ("growth",)),
    ("Ship what we promised", 1.0, ("delivery",)),
)
"""The demo owner's goals of the quarter: title, weight, tags."""

OPTIONS = {
    "effort_property": "agentos_effort_hours",
    "mode": "test",
    "portal": "4815162",
    "workspace": "fernwick",
}
"""How the demo's sources are connected: its CRM says what each deal would cost in delivery hours, and its
accounts have names, so that records have the addresses of pages (where nobody is at home)."""

SERVED = Syncing(rate=dict.fromkeys(("stripe", "hubspot", "linear"), 1_000.0))
"""The demo's vendors are on this machine, and limit nobody."""

REPLAY = "replay"
MORNING = time(7)
"""When the demo company's owner reads the brief, in the company's zone."""
LONGEST = 180
"""Mornings that can be replayed: the company has half a year of past."""

KEEP = 3
"""Rehearsed companies that are kept; older ones are removed."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A demo company that was read: its places, the instant at which its clock stands, and for a replay
    the first of the `mornings` that it lived through."""

    places: Places
    now: datetime
    since: datetime
    mornings: int = 1

    @property
    def settings(self) -> Settings:
        return Settings(tenant="demo", company=SECTION, sync=SERVED, policy=POLICY)

    def covers(self, moment: datetime) -> bool:
        """Whether the company was being read then: from its first morning to the end of its last day."""
        zone = ZoneInfo(SECTION.timezone)
        return self.since <= moment and moment.astimezone(zone).date() <= self.now.astimezone(zone).date()


def home(cache: Path, now: datetime, size: int) -> Path:
    """Where the demo company of this day and size lives."""
    return cache / "demo" / f"{now:%Y%m%d}-{size}"


def replay_home(cache: Path) -> Path:
    """Where the replayed company lives."""
    return cache / "demo" / REPLAY


def mornings(until: datetime, days: int, zone: tzinfo) -> list[datetime]:
    """The last so many mornings up to `until` (aware), oldest first."""
    local = until.astimezone(zone)
    last = local.date() - timedelta(days=local.time() < MORNING)
    every = (last - timedelta(days=back) for back in range(days - 1, -1, -1))
    return [datetime.combine(day, MORNING, zone).astimezone(UTC) for day in every]


def found(place: Path) -> Rehearsal | None:
    """The rehearsal at `place`, or None if there is none that is whole and of this version."""
    try:
        kept = json.loads((place / "rehearsal.json").read_text(encoding="utf-8"))
        if kept["version"] != __version__:
            return None
        now, since = (datetime.fromisoformat(kept[name]) for name in ("now", "since"))
        return Rehearsal(_places(place), now, since, int(kept["mornings"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def rehearse(place: Path, lived: Sequence[datetime], play: Callable[[Rehearsal], None]) -> Rehearsal:
    """Make the rehearsal anew: `play` reads the served company into it on each morning of `lived`, which
    ends with the present one; then it replaces any old one.

    Raises DataProblem where the cache cannot be written.
    """
    try:
        return _rehearsed(place, lived, play)
    except OSError as error:
        raise DataProblem(
            f"the demo company cannot be kept in {place.parent}: {error.strerror}",
            fix="XDG_CACHE_HOME=/tmp agentos brief --demo",
        ) from None


def _rehearsed(place: Path, lived: Sequence[datetime], play: Callable[[Rehearsal], None]) -> Rehearsal:
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = Path(mkdtemp(dir=place.parent, prefix=".draft-"))
    try:
        made = Rehearsal(_places(draft), lived[-1], lived[0], len(lived))
        with _seldom_swept():
            play(made)
        about = {
            "now": made.now.isoformat(),
            "since": made.since.isoformat(),
            "mornings": made.mornings,
            "version": __version__,
        }
        (draft / "rehearsal.json").write_text(json.dumps(about), encoding="utf-8")
        old = draft.with_suffix(".old")
        if place.exists():
            place.rename(old)
        draft.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    _tidy(place.parent)
    return replace(made, places=_places(place))


@contextmanager
def _seldom_swept() -> Iterator[None]:
    """Reading makes hundreds of thousands of small objects at once; to look through them all for garbage
    every few hundred took a quarter of the whole time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _places(place: Path) -> Places:
    return Places(place / "config", place / "state", place / "cache")


def _tidy(folder: Path) -> None:
    ours = (p for p in folder.iterdir() if not p.name.startswith(".") and p.name != REPLAY)
    kept = sorted(ours, key=os.path.getmtime)
    for old in kept[:-KEEP]:
        shutil.rmtree(old, ignore_errors=True)
