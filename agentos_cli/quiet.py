"""Quiet hours: until when something is kept back. Pure: the zone and the instant are handed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from agentos_cli.config.model import Quiet
from agentos_cli.events import BriefingReady, Event, Priority

DAY = timedelta(days=1)
SATURDAY = 5
NEVER_HELD = frozenset({BriefingReady.__name__})
"""The types of events whose hour the user chose."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until `end` by the clocks of `zone`, over midnight where `end` is the earlier one, and all
    Saturday and Sunday with `weekends`. No `start`, or one that is also the `end`: no daily quiet.

    Where the clocks go back, quiet begins at the first time they show `start` and ends at the last time they
    show `end`. A time that they leave out is the moment at which they jump over it.
    """

    start: time | None
    end: time
    weekends: bool
    zone: tzinfo

    @classmethod
    def of(cls, settings: Quiet, zone: tzinfo) -> QuietHours:
        """From valid settings."""
        start = time.fromisoformat(settings.start) if settings.start else None
        return cls(start, time.fromisoformat(settings.end), settings.weekends, zone)

    def until(self, now: datetime, priority: Priority) -> datetime | None:
        """Until when something that comes up `now` (aware) is kept back, in UTC. None: it is not."""
        if priority is Priority.CRITICAL:
            return None
        moment = now.astimezone(UTC)
        while (end := self._end_at(moment)) is not None:
            moment = end
        return moment if moment > now else None

    def held(self, event: Event, now: datetime) -> datetime | None:
        """The same for an event; a briefing is never kept back, as the user chose when it comes."""
        return None if event.type in NEVER_HELD else self.until(now, event.priority)

    def _end_at(self, moment: datetime) -> datetime | None:
        """When the quiet that holds at this moment ends; another may follow at once."""
        today = moment.astimezone(self.zone).date()
        ends = [end for start, end in self._spans(today) if start <= moment < end]
        return max(ends, default=None)

    def _spans(self, today: date) -> Iterator[tuple[datetime, datetime]]:
        """The quiet spans that may hold at some moment of this day."""
        days = [today + n * DAY for n in (-2, -1, 0, 1)]
        if self.start is not None and self.start != self.end:
            over = DAY if self.end < self.start else timedelta(0)
            for day in days:
                yield self._first(day, self.start), self._last(day + over, self.end)
        if self.weekends:
            for day in days:
                if day.weekday() == SATURDAY:
                    yield self._first(day, time()), self._last(day + 2 * DAY, time())

    def _first(self, day: date, at: time) -> datetime:
        return _instant(datetime.combine(day, at, self.zone))

    def _last(self, day: date, at: time) -> datetime:
        return _instant(datetime.combine(day, at, self.zone).replace(fold=1))


def _instant(local: datetime) -> datetime:
    """What the clocks show as an instant in UTC; of a time that they jump over, the jump."""
    found = local.astimezone(UTC)
    if found.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return found
    before, after = (local.replace(fold=fold).astimezone(UTC) for fold in (1, 0))
    was = before.astimezone(local.tzinfo).utcoffset()
    while after - before > timedelta(seconds=1):  # the jump is between them: halve until it is found
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(local.tzinfo).utcoffset() == was:
            before = middle
        else:
            after = middle
    return after
