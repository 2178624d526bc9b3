"""Reads single values out of a vendor's record, trusting nothing: not the type, the range, nor the letters.

A record is a `Raw`, an object as JSON gives it. Every reader takes the record and a key and gives a value of
its type or raises `Unreadable` with one line that names the key; `maybe(reader, raw, key)` gives None where
the value is missing, null or empty. `batch` runs a parser over all records of a kind and turns each
`Unreadable` into a `Skipped`, and so does `part` for a few of them. `Unreadable` never leaves the connectors.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from agentos_cli.contract import Batch, Skipped
from agentos_cli.errors import Fatal
from agents.nouns import Noun

Raw = Mapping[str, object]
V = TypeVar("V")
N = TypeVar("N", bound=Noun)

LONGEST_TEXT = 500
LONGEST_ID = 255
LARGEST_WHOLE = 10**15  # a minor unit more than this would not fit the database's 64 bits
LARGEST = Decimal(LARGEST_WHOLE)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECONDS_FROM = 10**11  # as seconds this is the year 5138, as milliseconds 1973
LAST_SECOND = 7_258_118_400  # the year 2200: what lies beyond is a mistake, not a date

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_HIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})


class Unreadable(Exception):
    """Why one record cannot be read, as one line."""


def batch(
    title: str, noun: type[N], raws: Iterable[object], parse: Callable[[Raw], N | tuple[N, ...]]
) -> Batch:
    """Everything of one kind. Raises Fatal if there are records and none can be read: the format changed."""
    found = part(noun, raws, parse)
    if found.skipped and not found.records:
        raise none_read(title, noun.kind, len(found.skipped), found.skipped[0])
    return found


def part(noun: type[N], raws: Iterable[object], parse: Callable[[Raw], N | tuple[N, ...]]) -> Batch:
    """What some records of one kind come to, for `derive`: never raises, as a few that cannot be read say
    nothing of the rest. A record that comes twice, since pages shift while they are read, counts once, as it
    was last."""
    read: dict[str, N] = {}
    skipped: list[Skipped] = []
    for number, raw in enumerate(raws, start=1):
        try:
            found = parse(as_object(raw))
        except Unreadable as problem:
            skipped.append(Skipped(noun.kind, name_of(raw, number), str(problem)))
            continue
        for each in found if isinstance(found, tuple) else (found,):
            read[each.id] = each
    return Batch(noun, tuple(read.values()), tuple(skipped))


def none_read(title: str, kind: str, count: int, first: Skipped) -> Fatal:
    """That of so many records of a kind not one could be read."""
    return Fatal(f"{title}: none of {count} {kind} records could be read ({first.where}: {first.why})")


def name_of(raw: object, number: int) -> str:
    """What a record that cannot be read is called: its id, or its place in the list."""
    found = raw.get("id") if isinstance(raw, Mapping) else None
    return clean(found)[:LONGEST_ID] if isinstance(found, str) and found else f"#{number}"


def maybe(read: Callable[[Raw, str], V], raw: Raw, key: str) -> V | None:
    """What `read` gives, or None where the value is missing, null or an empty text."""
    value = raw.get(key)
    return None if value is None or value == "" else read(raw, key)


def clean(text: str) -> str:
    """Text fit to keep: no control characters, line breaks or half surrogate pairs, 500 letters at most."""
    if text.isprintable():
        return text.strip()[:LONGEST_TEXT]
    plain = "".join(" " if c in "\t\r\n" else c for c in text[: LONGEST_TEXT * 4])
    return "".join(c for c in plain if unicodedata.category(c) not in _HIDDEN).strip()[:LONGEST_TEXT]


def text(raw: Raw, key: str) -> str:
    """A text with something in it, cleaned."""
    value = raw.get(key)
    if not isinstance(value, str) or not (kept := clean(value)):
        raise Unreadable(f"{key} is {_seen(value)}, not a text")
    return kept


def ident(raw: Raw, key: str = "id") -> str:
    """An id as the vendor gives it; refused rather than cleaned, since a changed id names something else."""
    value = raw.get(key)
    if not isinstance(value, str) or not value or len(value) > LONGEST_ID or clean(value) != value:
        raise Unreadable(f"{key} is {_seen(value)}, not an id")
    return value


def number(raw: Raw, key: str) -> Decimal:
    """An exact number, from a JSON number or from a text such as "-12.50" (no exponent, no grouping)."""
    value = raw.get(key)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite() or abs(value) > LARGEST:
        raise Unreadable(f"{key} is {_seen(raw.get(key))}, not a number such as 1250.00")
    return value


def whole(raw: Raw, key: str) -> int:
    """A whole number."""
    plain = raw.get(key)
    if type(plain) is int and -LARGEST_WHOLE <= plain <= LARGEST_WHOLE:  # nearly always
        return plain
    value = number(raw, key)
    if value != value.to_integral_value():
        raise Unreadable(f"{key} is {_seen(raw.get(key))}, not a whole number")
    return int(value)


def count(raw: Raw, key: str) -> int:
    """A whole number that is not less than nothing."""
    value = whole(raw, key)
    if value < 0:
        raise Unreadable(f"{key} is {value}, less than nothing")
    return value


def flag(raw: Raw, key: str) -> bool:
    """true or false, also as a text."""
    value = raw.get(key)
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value.lower())
    if not isinstance(value, bool):
        raise Unreadable(f"{key} is {_seen(raw.get(key))}, not true or false")
    return value


def instant(raw: Raw, key: str) -> datetime:
    """An instant in UTC, from epoch seconds, epoch milliseconds or ISO 8601; without a zone it is UTC."""
    value = raw.get(key)
    if type(value) is int and 0 <= value < LAST_SECOND:  # nearly always
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{9,16}", value):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            raise Unreadable(f"{key} is {_seen(value)}, not an instant") from None
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        seconds = (aware - EPOCH).total_seconds()
        if not 0 <= seconds < LAST_SECOND:
            raise Unreadable(f"{key} is {_seen(value)}, beyond any calendar of ours")
        return aware.astimezone(UTC)
    count = whole(raw, key)
    unit = timedelta(milliseconds=1) if count >= MILLISECONDS_FROM else timedelta(seconds=1)
    if not 0 <= count * unit.total_seconds() < LAST_SECOND:
        raise Unreadable(f"{key} is {_seen(value)}, not an instant")
    return EPOCH + count * unit


def day(raw: Raw, key: str) -> date:
    """A calendar day from "2026-11-21"; of an instant, the day it falls on in UTC."""
    value = raw.get(key)
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
        return instant(raw, key).date()
    except (ValueError, Unreadable):
        raise Unreadable(f"{key} is {_seen(value)}, not a day such as 2026-11-21") from None


def currency(raw: Raw, key: str = "currency") -> str:
    """An ISO 4217 code, in capitals."""
    value = raw.get(key)
    code = value.strip().upper() if isinstance(value, str) else ""
    if not _CURRENCY.fullmatch(code):
        raise Unreadable(f"{key} is {_seen(value)}, not a currency such as USD")
    return code


def one_of(words: Iterable[str], raw: Raw, key: str) -> str:
    """One of the given words."""
    value = raw.get(key)
    if not isinstance(value, str) or value not in words:
        raise Unreadable(f"{key} is {_seen(value)}, not one of {', '.join(sorted(words))}")
    return value


def as_object(value: object) -> Raw:
    """The value itself, if it is a JSON object."""
    if type(value) is dict or isinstance(value, Mapping):
        return value
    raise Unreadable(f"the record is {_seen(value)}, not an object")


def child(raw: Raw, key: str) -> Raw:
    """The object under `key`."""
    value = raw.get(key)
    if type(value) is dict or isinstance(value, Mapping):
        return value
    raise Unreadable(f"{key} is {_seen(value)}, not an object")


def objects(raw: Raw, key: str) -> tuple[Raw, ...]:
    """The list of objects under `key`."""
    value = raw.get(key)
    if not isinstance(value, list) or not all(
        type(each) is dict or isinstance(each, Mapping) for each in value
    ):
        raise Unreadable(f"{key} is {_seen(value)}, not a list of objects")
    return tuple(value)


def _seen(value: object) -> str:
    """What was found, short enough for a line: text is quoted, of the rest only the kind is said."""
    if value is None or value == "":
        return "missing"
    if isinstance(value, str):
        return f"`{clean(value)[:40]}`"
    if isinstance(value, bool | int | Decimal):
        return f"{value!s:.40}"
    return f"a {'list' if isinstance(value, list) else 'object' if isinstance(value, Mapping) else 'value'}"
