"""What a cron expression may be, when it is due, how a time of day becomes one, and how it reads.

Five fields, or six with the seconds first. A time of day that is left out on the day clocks go forward is due
right after; one that comes twice when they go back is due the first time (the rules of Debian's cron,
https://github.com/cuu508/cronsim). An expression that names no hour or no minute goes by elapsed time
instead, and loses and doubles nothing either.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from agentos_cli.errors import UsageProblem

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
GROUPS = {"daily": "*", "weekdays": "1-5", "weekends": "0,6"}
LONGEST = 200
"""Characters of a cron expression: more is no schedule anybody reads."""
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)
"""From a leap year on, so that 29 February is found."""
MEANING = {
    "second": "the second, the 1st of its six fields, is 0 to 59",
    "minute": "the minute, its 1st field, is 0 to 59",
    "hour": "the hour, its 2nd field, is 0 to 23",
    "day-of-month": "the day of the month, its 3rd field, is 1 to 31 or L, and must exist",
    "month": "the month, its 4th field, is 1 to 12 or JAN to DEC",
    "day-of-week": "the day of the week, its 5th field, is 0 to 7 (both Sunday) or SUN to SAT",
}
FIX = '--cron "0 7 * * 1-5" is 07:00 on Monday to Friday'
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression that was found to be right."""

    text: str

    def due(self, zone: str, after: datetime) -> Iterator[datetime]:
        """Every due time strictly after `after` (aware), in UTC, without end."""
        fields = self.text.split()
        seconds = sorted(CronSim(self.text, BEGINNING).seconds)
        begin, last = after, after
        if len(fields) == 6:  # by the minute, so that the rules of a changing clock hold for them too
            begin = after.replace(second=0, microsecond=0) - SECOND
        for local in CronSim(" ".join(fields[-5:]), begin.astimezone(ZoneInfo(zone))):
            for second in seconds:
                at = local.astimezone(UTC) + timedelta(seconds=second)
                if at > last:  # within an hour that comes twice, the wall clock alone would go back
                    last = at
                    yield at

    def says(self, zone: str) -> str:
        """As a sentence without its end: `At 07:00 on Monday through Friday`."""
        return CronSim(self.text, BEGINNING).explain()

    @property
    def is_at_night(self) -> bool:
        """Whether it names hours in which clocks change."""
        minute, hour = self.text.split()[-5:-3]
        named = not minute.startswith("*") and not hour.startswith("*")
        return named and min(CronSim(self.text, BEGINNING).hours) <= 3


def read(cron: str) -> Cron:
    """The expression with single blanks. Raises UsageProblem for one that is wrong or never due."""
    fields = cron.split()
    said = f"`{cron[:40]}`"
    if len(cron) > LONGEST:
        raise UsageProblem(f"{said} ... is longer than {LONGEST} characters", fix=FIX)
    if len(fields) not in (5, 6):
        raise UsageProblem(
            f"{said} has {len(fields)} fields; a cron expression has five: minute, hour, day of the month,"
            " month, day of the week; or six, with seconds before them",
            fix=FIX,
        )
    told = " ".join(fields)
    try:
        next(CronSim(told, BEGINNING))
    except CronSimError as wrong:
        why = MEANING.get(str(wrong).removeprefix("Bad "), str(wrong))
        raise UsageProblem(f"{said} is no cron expression: {why}", fix=FIX) from None
    except StopIteration:
        raise UsageProblem(f"{said} is never due", fix=FIX) from None
    return Cron(told)


def at_time(at: str, on: str | None = None) -> str:
    """The expression for a time of day: `07:00`, on some days: `mon-fri`, `tue,thu`, `weekdays`."""
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", at.strip())
    if found is None:
        raise UsageProblem(f"`{at[:40]}` is no time of day", fix="--at 07:00")
    return f"{int(found[2])} {int(found[1])} * * {_days(on) if on else '*'}"


def _days(on: str) -> str:
    wanted = on.strip().lower()
    if wanted in GROUPS:
        return GROUPS[wanted]
    found: list[int] = []
    for part in wanted.split(","):
        first, dash, last = part.partition("-")
        start = _day(first, on)
        end = _day(last, on) if dash else start
        found += [(start + n) % 7 for n in range((end - start) % 7 + 1)]
    chosen = sorted(set(found))
    whole = chosen == list(range(chosen[0], chosen[-1] + 1)) and len(chosen) > 2
    return f"{chosen[0]}-{chosen[-1]}" if whole else ",".join(map(str, chosen))


def _day(word: str, on: str) -> int:
    short = word.strip()[:3]
    names = (*DAYS, "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
    if word.strip() not in names:
        raise UsageProblem(f"`{on[:40]}` are no days of the week", fix="--on mon-fri, or --on tue,thu")
    return DAYS.index(short)


def zone_named(name: str) -> ZoneInfo:
    """The time zone of this IANA name. Raises UsageProblem with the nearest one there is."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = difflib.get_close_matches(name, available_timezones(), 1, 0.5)
        fix = f"--zone {near[0]}" if near else "--zone Europe/Berlin"
        raise UsageProblem(f"`{name[:40]}` is no time zone", fix=fix) from None
