"""Cron expressions as Croner 9 read them, in the words of the cron expressions here.

The two differ: in how days of the month and of the week go together (there "or" unless one of them is just
`*`), in steps over the week, in names at the end of a range, in how the last Friday is written. What means
the same stays as it is written; what can be said in other words is; the rest is left as it stands, with what
the user has to decide. Croner: https://croner.56k.guru/usage/pattern/ and https://github.com/Hexagon/croner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cronsim.cronsim import CronSim, CronSimError, Field

from agentos_cli.errors import UsageProblem
from agentos_cli.scheduler import when

NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@hourly": "0 * * * *",
}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
PARTS = (
    (Field.SECOND, 0, 59),
    (Field.MINUTE, 0, 59),
    (Field.HOUR, 0, 23),
    (Field.DAY, 1, 31),
    (Field.MONTH, 1, 12),
)
TERM = re.compile(r"(?:(\*)|([0-9]{1,3})(?:-([0-9]{1,3}))?)?(?:/([0-9]{1,3}))?")
Value = int | tuple[int, int]
"""A value of a field; of the week also a day and which of the month's."""
LAST, ANY = 9, 0
"""Which of a month's Fridays: 1 to 5, the last, or any."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What an expression is here, and what the user has to decide about it, one line each."""

    when: str
    asks: tuple[str, ...] = ()


class _RefusedError(Exception):
    """Croner 9 does not take it, or takes it for something that cannot be said here."""


def understood(expression: str) -> Understood:
    """The same expression here. One that cannot be said here comes back as it is, with why."""
    told = NICKNAMES.get(expression.strip().lower(), expression.strip())
    try:
        return Understood(when.checked(" ".join(_converted(told))))
    except UsageProblem as wrong:
        why = f"`{told[:80]}` cannot be expressed here ({wrong.what.rpartition(': ')[2]})"
    except _RefusedError as refused:
        why = f"`{told[:80]}` cannot be taken over as it is: {refused}"
    return Understood(told, (f"{why}: say when it is to be done",))


def _converted(told: str) -> list[str]:
    fields = told.split()
    if "?" in told:
        raise _RefusedError("`?` there was whatever the clock said when the program began")
    if len(fields) not in (5, 6):
        raise _RefusedError(f"it has {len(fields)} fields")
    seconds = ["0"] if len(fields) == 5 else []
    second, minute, hour, day, month, week = [re.sub("(^|,)/", r"\1*/", text) for text in (*seconds, *fields)]
    both = day != "*" and week != "*"
    month = _named(month, MONTHS, 1)
    simple = zip(PARTS, (second, minute, hour, day, month), strict=True)
    done = [_field(part, low, high, text, both) for (part, low, high), text in simple]
    return [*done, _week(week, both)][6 - len(fields) :]


def _named(text: str, names: tuple[str, ...], first: int) -> str:
    for number, name in enumerate(names, first):
        text = re.sub(name, str(number), text, flags=re.IGNORECASE)
    return text


def _field(part: Field, low: int, high: int, text: str, both: bool) -> str:
    """The text itself, unless it means something else here."""
    days = part is Field.DAY
    last = days and "L" in text
    bare = text.replace("L", "", 1) if last else text
    values: set[Value] = {CronSim.LAST} if last else set()
    for term in bare.split(","):
        if term or not last:
            values |= _term(term, low, high)
    if _here(part, text) == values and not (days and both and text.startswith("*")):
        return text
    numbers = sorted(value for value in values if isinstance(value, int) and value >= 0)
    return ",".join([*([_listed(numbers)] if numbers else []), *(["L"] if last else [])])


def _week(text: str, both: bool) -> str:
    numbers = re.sub("-sun", "-7", text, flags=re.IGNORECASE)
    numbers = _named(numbers, DAYS, 0)
    values: set[tuple[int, int]] = set()
    for term in numbers.split(","):
        bare, hash_, nth = term.partition("#")
        if bare.endswith("L"):
            raise _RefusedError(
                f"`{term}` was every such day for some of its versions, and the last for others"
            )
        which = _which(nth) if hash_ else ANY
        values |= {(day % 7, which) for day in _term(bare, 0, 7 if "-" in bare or bare.isdigit() else 6)}
    wanted = {
        day if which == ANY else (day, CronSim.LAST if which == LAST else which) for day, which in values
    }
    here = {day % 7 if isinstance(day, int) else (day[0] % 7, day[1]) for day in _here(Field.DOW, numbers)}
    if here == wanted and not (both and numbers.startswith("*")):
        return numbers
    plain = sorted(day for day, which in values if which == ANY)
    others = sorted(value for value in values if value[1] != ANY)
    named = [f"{day}L" if which == LAST else f"{day}#{which}" for day, which in others]
    return ",".join([*([_listed(plain)] if plain else []), *named])


def _which(nth: str) -> int:
    if nth == "L":
        return LAST
    if nth in {"1", "2", "3", "4", "5"}:
        return int(nth)
    raise _RefusedError(f"`#{nth[:10]}` is no week of a month")


def _term(term: str, low: int, high: int) -> set[int]:
    """The values of one term of a list: `*`, `5`, `1-5`, `*/10`, `/10`, `5/10`, `1-9/2`."""
    found = TERM.fullmatch(term)
    if found is None or not term:
        raise _RefusedError(f"`{term[:20]}` is nothing it understood")
    star, first, last, step = found.groups()
    start = low if first is None or star else int(first)
    end = int(last) if last is not None else (start if first is not None and step is None else high)
    stride = int(step or 1)
    if start > end or start < low or end > high or not 1 <= stride <= high - low + 1:
        raise _RefusedError(f"`{term[:20]}` was refused there")
    return set(range(start, end + 1, stride))


def _here(part: Field, text: str) -> set[Value]:
    """What the text means here; nothing if it means nothing."""
    try:
        return set(part.parse(text.upper()))
    except (CronSimError, AssertionError):
        return set()


def _listed(numbers: list[int]) -> str:
    """`1-31` for what lies side by side, else `1,3,5`."""
    whole = len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1))
    return f"{numbers[0]}-{numbers[-1]}" if whole else ",".join(map(str, numbers))
