"""When a schedule is due, in one text: by the clock, after a fixed time again and again, or once.

0 7 * * 1-5                              a cron expression; with six fields the first is the seconds
every 900s from 2026-01-26T09:00:00Z     at that instant and every 900 seconds after it, whatever clocks do
at 2026-02-09T08:00:00Z                  once
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from agentos_cli.errors import UsageProblem
from agentos_cli.scheduler import cron
from agentos_cli.scheduler.cron import Cron

EVERY = re.compile(r"every ([1-9][0-9]{0,8})s from (\S{1,40})")
AT = re.compile(r"at (\S{1,40})")
UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@dataclass(frozen=True, slots=True)
class Every:
    """At `since` (UTC) plus each whole multiple of `seconds`, so that it never drifts."""

    seconds: int
    since: datetime

    @property
    def text(self) -> str:
        """As it is kept."""
        return f"every {self.seconds}s from {_stamp(self.since)}"

    def due(self, zone: str, after: datetime) -> Iterator[datetime]:
        """Every due time strictly after `after` (aware), in UTC, up to the end of the calendar."""
        step = timedelta(seconds=self.seconds)
        for number in count(max(0, (after - self.since) // step + 1)):
            try:
                at = self.since + number * step
            except OverflowError:
                return
            yield at

    def says(self, zone: str) -> str:
        """As a sentence without its end."""
        unit, size = next((unit, size) for unit, size in UNITS if self.seconds % size == 0)
        number = self.seconds // size
        told = f"Every {unit}" if number == 1 else f"Every {number} {unit}s"
        return f"{told}, counted from {_local(self.since, zone)}"


@dataclass(frozen=True, slots=True)
class Once:
    """At one instant (UTC), and never again."""

    at: datetime

    @property
    def text(self) -> str:
        """As it is kept."""
        return f"at {_stamp(self.at)}"

    def due(self, zone: str, after: datetime) -> Iterator[datetime]:
        """Its instant, if that is strictly after `after` (aware)."""
        if self.at > after:
            yield self.at

    def says(self, zone: str) -> str:
        """As a sentence without its end."""
        return f"Once, at {_local(self.at, zone)}"


When = Cron | Every | Once
"""All that a schedule can be due by. Each has its `text`, its `due` times and what it `says`."""


def read(text: str) -> When:
    """What such a text means. Raises UsageProblem for one that is wrong or never due."""
    told = " ".join(text.split())
    if found := EVERY.fullmatch(told):
        return Every(int(found[1]), _instant(found[2]))
    if found := AT.fullmatch(told):
        return Once(_instant(found[1]))
    return cron.read(text)


def checked(text: str) -> str:
    """The same text in its one spelling. Raises UsageProblem."""
    return read(text).text


def every(length: timedelta, now: datetime) -> Every:
    """Every so often from now on: from the full minute, if it is whole minutes. Raises UsageProblem."""
    seconds = int(length.total_seconds())
    if seconds < 1:
        raise UsageProblem("nothing can be done more often than every second", fix="--every 15m")
    second = now.second if seconds % 60 else 0
    return Every(seconds, now.astimezone(UTC).replace(second=second, microsecond=0))


def once(text: str, zone: ZoneInfo) -> Once:
    """Once, at `2026-12-01T08:00` in this zone, or at an instant that says its own. Raises UsageProblem."""
    try:
        at = datetime.fromisoformat(text.strip())
        return Once((at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC))
    except (ValueError, OverflowError):
        raise UsageProblem(f"`{text[:40]}` is no date and time", fix="--once 2026-12-01T08:00") from None


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise UsageProblem(f"`{text}` is no instant", fix="2026-12-01T08:00:00Z")


def _stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _local(at: datetime, zone: str) -> str:
    try:
        local = at.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError, OverflowError):
        return f"{at:%Y-%m-%d %H:%M} UTC"
    return f"{local:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
