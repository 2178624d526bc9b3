"""Compares a vendor's records with the fields that are read of them, and says what is not as declared.

Pure. A field that nobody reads is no drift. What is read all the same (a number that is written as text now),
and what may be missing and is, everywhere, is a note: it loses nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agentos_cli.connectors import reading
from agentos_cli.connectors.reading import MILLISECONDS_FROM, Raw, Unreadable, clean
from agentos_cli.contract import Fields
from agentos_cli.redaction import redact

LONGEST_EXAMPLE = 40
CLOSE = 0.75
"""How alike two names are for one to be the other's new name."""
MOST_PARTS = 10_000
"""So many values of one field are looked at: a sample is a page, not an account."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One field that is not as it is read. `what` in a word: missing, renamed, empty, null, type, word,
    shape, scale; `says` one line for people; `count` of `of` records have it so. `loses`: some is unread."""

    path: str
    what: str
    says: str
    count: int
    of: int
    example: str | None
    loses: bool


def drift(records: Sequence[object], fields: Fields) -> list[Finding]:
    """What has drifted in a sample, in the order of the declaration. Nothing for a sample without records."""
    objects = [each for each in records if isinstance(each, Mapping)]
    found = list(_misshapen("", records, Mapping, "an object"))
    found += _objects("", objects, fields)
    return [*found, *_odd_ones_out(objects, fields)]


def _objects(at: str, objects: Sequence[Raw], fields: Fields) -> Iterator[Finding]:
    """What has drifted in objects of one declaration; `at` is where they are: "" or "items.data[]."."""
    if not objects:
        return
    declared = {name.rstrip("?") for name in fields}
    strange = sorted({key for each in objects for key in each} - declared)
    taken: set[str] = set()
    for name, spec in fields.items():
        key, may_lack = name.rstrip("?"), name.endswith("?")
        absent = [each for each in objects if key not in each]
        if len(absent) == len(objects):
            free = [each for each in strange if each not in taken]
            new = _new_name(key, spec, objects, free)
            taken |= {new} if new else set()
            yield _gone(at, key, new, objects, may_lack)
            continue
        yield from _lacking(at, key, spec, objects, may_lack)
        values = [each[key] for each in objects if each.get(key) not in (None, "")]
        yield from _values(f"{at}{key}", values[:MOST_PARTS], spec)


def _gone(at: str, key: str, new: str | None, objects: Sequence[Raw], may_lack: bool) -> Finding:
    count = len(objects)
    if new is not None:
        return Finding(
            f"{at}{key}", "renamed", f"is gone; is it `{clean(new)[:60]}` now?", count, count,
            _example(next((each[new] for each in objects if each.get(new) is not None), None)), True,
        )  # fmt: skip
    if may_lack:
        return Finding(f"{at}{key}", "empty", "is missing everywhere; it may be", count, count, None, False)
    return Finding(f"{at}{key}", "missing", "is gone", count, count, None, True)


def _lacking(at: str, key: str, spec: object, objects: Sequence[Raw], may_lack: bool) -> Iterator[Finding]:
    """Missing in some, null in some, or empty in all."""
    of = len(objects)
    empty = sum(each.get(key) is None or (each.get(key) == "" and spec != "any") for each in objects)
    absent = sum(key not in each for each in objects)
    if may_lack:
        if empty == of:
            yield Finding(f"{at}{key}", "empty", "is empty everywhere; it may be", of, of, None, False)
        return
    if absent:
        yield Finding(f"{at}{key}", "missing", "is missing in some", absent, of, None, True)
    if empty > absent:
        yield Finding(f"{at}{key}", "null", "is empty where it is needed", empty - absent, of, None, True)


def _values(path: str, values: Sequence[object], spec: object) -> Iterator[Finding]:
    """What has drifted in the values of one field."""
    if isinstance(spec, Mapping):
        yield from _misshapen(path, values, Mapping, "an object")
        yield from _objects(f"{path}.", [each for each in values if isinstance(each, Mapping)], spec)
    elif isinstance(spec, list):
        yield from _misshapen(path, values, list, "a list")
        items = [item for each in values if isinstance(each, list) for item in each][:MOST_PARTS]
        yield from _values(f"{path}[]", items, spec[0])
    elif isinstance(spec, tuple):
        yield from _words(path, values, spec)
    elif spec in CHECKS:
        yield from _typed(path, values, str(spec))


def _misshapen(path: str, values: Sequence[object], kind: type, called: str) -> Iterator[Finding]:
    wrong = [each for each in values if not isinstance(each, kind)]
    if wrong:
        says = f"is {_kind(wrong[0])}, not {called}"
        yield Finding(path, "shape", says, len(wrong), len(values), _example(wrong[0]), True)


def _words(path: str, values: Sequence[object], words: tuple[object, ...]) -> Iterator[Finding]:
    wrong = [each for each in values if each not in words]
    if wrong:
        others = sorted({str(_example(each)) for each in wrong})[:3]
        says = f"has words that are not known: {', '.join(others)}"
        yield Finding(path, "word", says, len(wrong), len(values), others[0], True)


def _typed(path: str, values: Sequence[object], word: str) -> Iterator[Finding]:
    wrong = [each for each in values if not _readable(each, word)]
    if not wrong:
        return
    says = f"is {_kind(wrong[0])}, not {CALLED[word]}"
    if word == "number" and isinstance(wrong[0], str):
        says = "is a text that is no number"
    if word == "instant" and type(wrong[0]) is int and wrong[0] >= MILLISECONDS_FROM * 100:
        says = "is a number too large for an instant: microseconds?"
    yield Finding(path, "type", says, len(wrong), len(values), _example(wrong[0]), True)


# ── what is read all the same ────────────────────────────────────────────────────────────────────


def _odd_ones_out(objects: Sequence[Raw], fields: Fields) -> Iterator[Finding]:
    """Fields that are written otherwise than their like: text among numbers, milliseconds among seconds."""
    leaves = list(_leaves("", objects, fields))
    numbers = [(path, found) for path, word, found in leaves if word == "number" and found]
    texts = [each for each in numbers if all(isinstance(value, str) for value in each[1])]
    if len(texts) == 1 and len(numbers) >= 4:
        path, found = texts[0]
        if all(_readable(each, "number") for each in found):
            says = "is a text now, and a number still; it is read"
            yield Finding(path, "type", says, len(found), len(found), _example(found[0]), False)
    whole = [
        (path, [each for each in found if type(each) is int])
        for path, word, found in leaves
        if word == "instant" and found and all(type(each) is int for each in found)
    ]
    large = [each for each in whole if min(each[1]) >= MILLISECONDS_FROM]
    if large and len(large) < len(whole):
        for path, counts in large:
            says = "is in milliseconds, unlike the others; it is read"
            if max(counts) < MILLISECONDS_FROM * 100:
                yield Finding(path, "scale", says, len(counts), len(counts), _example(counts[0]), False)


def _leaves(at: str, objects: Sequence[Raw], fields: Fields) -> Iterator[tuple[str, str, list[object]]]:
    """Path, word and values of every plain field, lists left out."""
    for name, spec in fields.items():
        key = name.rstrip("?")
        values = [each[key] for each in objects if each.get(key) not in (None, "")]
        if isinstance(spec, str):
            yield f"{at}{key}", spec, values
        elif isinstance(spec, Mapping):
            yield from _leaves(f"{at}{key}.", [each for each in values if isinstance(each, Mapping)], spec)


# ── names ────────────────────────────────────────────────────────────────────────────────────────


def _new_name(key: str, spec: object, objects: Sequence[Raw], strange: Sequence[str]) -> str | None:
    """The field that has taken the place of `key`: of a name like it, with values that fit."""
    plain = _plain(key)
    rated = [(_alike(plain, _plain(each)), each) for each in strange]
    for alike, each in sorted(rated, reverse=True):
        values = [found[each] for found in objects if found.get(each) not in (None, "")]
        if alike >= CLOSE and values and not any(found.loses for found in _values(each, values, spec)):
            return each
    return None


def _alike(one: str, other: str) -> float:
    if one in other or other in one:
        return max(0.8, difflib.SequenceMatcher(None, one, other).ratio())
    return difflib.SequenceMatcher(None, one, other).ratio()


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


# ── values ───────────────────────────────────────────────────────────────────────────────────────


CHECKS: dict[object, Callable[[Raw, str], object]] = {
    "text": reading.text,
    "number": reading.number,
    "flag": reading.flag,
    "instant": reading.instant,
}
CALLED = {"text": "a text", "number": "a number", "flag": "true or false", "instant": "an instant"}


def _readable(value: object, word: str) -> bool:
    """Whether the reader of that word takes it."""
    if isinstance(value, float):  # as JSON has come through here already, a fraction is a Decimal
        value = Decimal(str(value))
    try:
        CHECKS[word]({"value": value}, "value")
    except (Unreadable, ValueError, OverflowError):
        return False
    return True


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float | Decimal):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "an object" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else "nothing"


def _example(value: object) -> str | None:
    """A value to show: short, clean, without what looks like a key; of a container only its kind."""
    if isinstance(value, Mapping | list) or value is None:
        return None
    return redact(clean(str(value)))[:LONGEST_EXAMPLE]
