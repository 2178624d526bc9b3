"""What a cron expression may be, how a time of day becomes one, and how it reads as a sentence."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, datetime
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
    "minute": "the minute, its 1st field, is 0 to 59",
    "hour": "the hour, its 2nd field, is 0 to 23",
    "day-of-month": "the day of the month, its 3rd field, is 1 to 31 or L, and must exist",
    "month": "the month, its 4th field, is 1 to 12 or JAN to DEC",
    "day-of-week": "the day of the week, its 5th field, is 0 to 7 (both Sunday) or SUN to SAT",
}
FIX = '--cron "0 7 * * 1-5" is 07:00 on Monday to Friday'


def checked(cron: str) -> str:
    """The expression with single blanks. Raises UsageProblem for one that is wrong or never due."""
    fields = cron.split()
    said = f"`{cron[:40]}`"
    if len(cron) > LONGEST:
        raise UsageProblem(f"{said} ... is longer than {LONGEST} characters", fix=FIX)
    if len(fields) != 5:
        raise UsageProblem(
            f"{said} has {len(fields)} fields; a cron expression has five: minute, hour, day of the month,"
            " month, day of the week",
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
    return told


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


def explained(cron: str) -> str:
    """As a sentence without its end: `At 07:00 on Monday through Friday`."""
    return CronSim(cron, BEGINNING).explain()


def zone_named(name: str) -> ZoneInfo:
    """The time zone of this IANA name. Raises UsageProblem with the nearest one there is."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = difflib.get_close_matches(name, available_timezones(), 1, 0.5)
        fix = f"--zone {near[0]}" if near else "--zone Europe/Berlin"
        raise UsageProblem(f"`{name[:40]}` is no time zone", fix=fix) from None
