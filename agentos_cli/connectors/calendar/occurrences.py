"""When an entry of a calendar takes place: once or many times, in its own zone, within a span of days.

A rule (https://www.rfc-editor.org/rfc/rfc5545#section-3.8.5) is worked out in the wall time of the zone that
it was written in. It may be anybody's: how far it must be followed is known, and capped, before it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any

from agentos_cli.connectors.reading import Unreadable

Entry = Mapping[str, Any]
"""An entry by the names of its lines, with values of the library's own types, or broken ones that raise."""
Start = date | datetime
"""A day, for what goes on all day, or an aware instant in the zone of the entry."""
Key = date | datetime
"""A start as two of them are compared: a day, or an instant in UTC."""

OFTEN = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
"""How often a meeting may repeat. What does so every hour or second is none."""
KNOWN = frozenset({
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO",
    "BYSETPOS", "BYHOUR", "BYMINUTE", "BYSECOND",
})  # fmt: skip
LONGEST_RULE = 300
MOST_STEPS = 60_000
"""Steps that one rule may take, each a day of a daily rule: some microseconds."""
ALL_STEPS = 400_000
"""Steps that all rules of a calendar may take together."""
A_STEP = {"DAILY": 1, "WEEKLY": 3, "MONTHLY": 8, "YEARLY": 15}
"""How many days of a rule take as long as a step."""
NEVER = 100_000
"""Steps that a monthly or yearly rule takes which never comes true: the library looks until the year 9999."""
SHORT = frozenset({"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"})
"""What no rule that repeats daily or weekly needs, and with which one may never come true."""
MOST_TIMES = 24
"""Times a day that a meeting may take place."""
NO_COUNT = 10**9
SOON = timedelta(days=800)
"""Within which most rules with a count come to their end."""
IN_MONTHS = {"MONTHLY": 1, "YEARLY": 12}
IN_DAYS = {"DAILY": 1, "WEEKLY": 7}
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ANY_MONTH = 28
"""The last day that every month has."""
EARLIEST = 1900


@dataclass(frozen=True, slots=True)
class Span:
    """From `first` to `last`, in UTC; `zone` is that of times that name none, and of days."""

    first: datetime
    last: datetime
    zone: tzinfo


@dataclass(slots=True)
class Budget:
    """How many steps are left for all rules together."""

    steps: int = ALL_STEPS

    def spend(self, steps: int) -> None:
        """Raises Unreadable for a rule that comes after too many that took long."""
        self.hold(steps)
        self.steps -= steps

    def hold(self, steps: int) -> None:
        """The same, for what may turn out to take so long."""
        if steps > self.steps:
            raise Unreadable("the calendar repeats too much to be worked out")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an entry takes place, in UTC. `key` names it within its series."""

    key: Key
    starts_at: datetime
    ends_at: datetime
    all_day: bool


def occurrences(
    event: Entry, span: Span, budget: Budget, moved: Mapping[Key, object]
) -> Iterator[Occurrence]:
    """Every time that the entry takes place within the span, but for those that are `moved`, of which an
    entry of their own tells. Raises Unreadable, and whatever the library does for what it cannot read."""
    start = start_of(event, span)
    length = _length(event, start, span)
    left_out = {*moved, *(key_of(each) for each in _listed(event, "EXDATE", start, span))}
    since = Span(span.first - length, span.last, span.zone)
    for each in sorted(_starts(event, start, since, budget), key=lambda one: _instant(one, span.zone)):
        begins = _instant(each, span.zone)
        ends = _instant(each + length, span.zone) if not isinstance(each, datetime) else begins + length
        within = begins < span.last and (ends > span.first or begins >= span.first)
        if within and not {key_of(each), each.date() if isinstance(each, datetime) else each} & left_out:
            yield Occurrence(key_of(each), begins, ends, not isinstance(each, datetime))


def is_series(event: Entry) -> bool:
    """Whether it may take place more than once, or is one of those times."""
    return any(name in event for name in ("RRULE", "RDATE", "RECURRENCE-ID"))


def start_of(event: Entry, span: Span) -> Start:
    """When it begins for the first time."""
    if "DTSTART" not in event:
        raise Unreadable("DTSTART is missing")
    return _start(event["DTSTART"].dt, span.zone)


def key_of(start: Start) -> Key:
    """How a start is told from others."""
    return start.astimezone(UTC) if isinstance(start, datetime) else start


def recurrence_key(event: Entry, span: Span) -> Key:
    """Which time of its series an entry stands for."""
    return key_of(_start(event["RECURRENCE-ID"].dt, span.zone))


def _start(value: object, zone: tzinfo) -> Start:
    if isinstance(value, tuple):  # a period: it is its beginning that counts
        value = value[0]
    if not isinstance(value, date) or not EARLIEST <= value.year < 2200:
        raise Unreadable("a date is missing, or beyond any calendar of ours")
    if isinstance(value, datetime) and value.utcoffset() is None:
        return value.replace(tzinfo=zone)
    return value


def _instant(start: Start, zone: tzinfo) -> datetime:
    aware = start if isinstance(start, datetime) else datetime.combine(start, time(), zone)
    return aware.astimezone(UTC)


def _length(event: Entry, start: Start, span: Span) -> timedelta:
    """How long it takes; whole days for what goes on all day."""
    if "DTEND" in event:
        end = _start(event["DTEND"].dt, span.zone)
        length = _instant(end, span.zone) - _instant(start, span.zone)
        if not isinstance(start, datetime) and not isinstance(end, datetime):
            length = end - start
    else:
        length = event["DURATION"].dt if "DURATION" in event else timedelta(0)
    if length < timedelta(0):
        raise Unreadable("it ends before it begins")
    return length if isinstance(start, datetime) else timedelta(days=max(1, length.days))


def _starts(event: Entry, start: Start, span: Span, budget: Budget) -> set[Start]:
    rules = event.get("RRULE", [])
    found = set(_listed(event, "RDATE", start, span))
    for rule in rules if isinstance(rules, list) else [rules]:
        found.update(_repeated(rule, start, span, budget))
    return found if "RRULE" in event else {start, *found}


def _listed(event: Entry, name: str, start: Start, span: Span) -> Iterator[Start]:
    """The dates that stand under EXDATE or RDATE, in however many lines."""
    lines = event.get(name, [])
    zone = start.tzinfo if isinstance(start, datetime) and start.tzinfo else span.zone
    for line in lines if isinstance(lines, list) else [lines]:
        for each in line.dts:
            yield _start(each.dt, zone)


def _repeated(rule: Any, start: Start, span: Span, budget: Budget) -> Iterator[Start]:
    """The starts by one rule up to the end of the span. Its own COUNT and UNTIL are kept here, since the
    library would follow a rule that never comes true until the year 9999."""
    from dateutil.rrule import rrulestr

    parts = _parts(rule)
    zone = start.tzinfo if isinstance(start, datetime) else None
    count, until = int(parts.pop("COUNT", NO_COUNT)), parts.pop("UNTIL", "")
    last = span.last.astimezone(zone or span.zone).replace(tzinfo=None)
    if until:
        last = min(last, _wall(rule["UNTIL"][0], zone))
    first = _wall(start, zone)
    if last < first or count < 1:
        return
    if count == NO_COUNT:  # it can be followed from where it matters
        since = span.first.astimezone(zone or span.zone).replace(tzinfo=None)
        first = _nearer(first, since, parts["FREQ"], int(parts.get("INTERVAL", "1")))
    if parts["FREQ"] == "DAILY" and _misses(first, parts):
        return
    if parts.keys() & SHORT:
        budget.hold(NEVER)
    found = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=first)
    for reach in sorted({min(last, first + SOON), last}):
        steps = (reach - first).days // A_STEP[parts["FREQ"]] + 1
        if steps > MOST_STEPS:
            raise Unreadable("it repeats too often to be worked out")
        budget.spend(steps)
        told = list(islice(found.replace(until=reach), count))
        if len(told) == count:
            break
    if not told:
        budget.spend(NEVER)
    for each in told:
        yield each.date() if zone is None else each.replace(tzinfo=zone)


def _misses(first: datetime, parts: Mapping[str, str]) -> bool:
    """Whether a daily rule goes in whole weeks from a weekday that it does not want."""
    wanted = parts.get("BYDAY", "").split(",")
    return int(parts.get("INTERVAL", "1")) % 7 == 0 and wanted != [""] and DAYS[first.weekday()] not in wanted


def _nearer(first: datetime, since: datetime, often: str, interval: int) -> datetime:
    """A start of the same rule that is near `since` and not behind it: whole intervals further on."""
    if often in IN_DAYS:
        step = IN_DAYS[often] * interval
        return first + timedelta(days=max(0, (since - first).days // step - 1) * step)
    if first.day > ANY_MONTH:
        return first
    step = IN_MONTHS[often] * interval
    gap = (since.year - first.year) * 12 + since.month - first.month
    months = first.year * 12 + first.month - 1 + max(0, gap // step - 1) * step
    return first.replace(year=months // 12, month=months % 12 + 1)


def _parts(rule: Any) -> dict[str, str]:
    """A rule as name and value; raises Unreadable for one that no meeting needs."""
    text = rule.to_ical().decode().upper()
    if len(text) > LONGEST_RULE:
        raise Unreadable("its rule is too long")
    parts = dict(pair.split("=", 1) for pair in text.split(";") if "=" in pair)
    if not parts.keys() <= KNOWN:
        raise Unreadable(f"its rule has {min(parts.keys() - KNOWN)[:20]}, which is not known here")
    if parts.get("FREQ") not in OFTEN:
        raise Unreadable("it repeats more often than daily")
    if int(parts.get("INTERVAL", "1")) < 1:
        raise Unreadable("its rule never goes on")
    if parts["FREQ"] in IN_DAYS and parts.keys() & SHORT:
        raise Unreadable(f"a {parts['FREQ'].lower()} rule has {min(parts.keys() & SHORT)}")
    times = [parts.get(name, "").count(",") + 1 for name in ("BYHOUR", "BYMINUTE", "BYSECOND")]
    if times[0] * times[1] * times[2] > MOST_TIMES:
        raise Unreadable("it repeats more often than hourly")
    return parts


def _wall(value: date, zone: tzinfo | None) -> datetime:
    """The wall time in the entry's zone, without it; a day that ends something ends with its last second."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time()) if zone is None else datetime.combine(value, time(23, 59, 59))
    return (value if value.tzinfo is None or zone is None else value.astimezone(zone)).replace(tzinfo=None)
