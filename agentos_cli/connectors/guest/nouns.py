"""Nouns as JSON and back. What comes back is trusted in nothing: types, ranges, words, lengths and fields.

An object has the fields of its dataclass and no others. Instants and days are ISO 8601, a Decimal is a text,
Money is `{"amount": MINOR UNITS, "currency": "USD"}`, a tuple is a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from agentos_cli.connectors import reading
from agentos_cli.connectors.reading import Raw, Unreadable
from agents.money import Money
from agents.nouns import (
    Candidate,
    Cycle,
    Deployment,
    Discount,
    Invoice,
    Issue,
    Move,
    Noun,
    Offer,
    Payment,
    Project,
    PullRequest,
    Stage,
    Subscription,
    SubscriptionItem,
    SurveyAnswer,
    Ticket,
)

N = TypeVar("N", bound=Noun)
Read = Callable[[object, str], object]
"""Takes a value of JSON and what it is called; gives what it stands for, or raises Unreadable."""

STATES = frozenset(("triage", "backlog", "unstarted", "started", "completed", "canceled"))
STAGES = frozenset(("applied", "screen", "interview", "final", "offer", "hired", "rejected", "withdrawn"))
LONGEST_LIST = 10_000
LONGEST_TEXT = 5_000  # longer than anything that is kept; whatever is longer is a mistake, not a name
WIDEST = 2**63
STRANGE = "not JSON"
NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,40})?")

WORDS: dict[tuple[type[object], str], frozenset[str]] = {
    (Subscription, "status"): frozenset(
        ("trialing", "active", "past_due", "unpaid", "paused", "incomplete", "canceled")
    ),
    (SubscriptionItem, "interval"): frozenset(("day", "week", "month", "year")),
    (Invoice, "status"): frozenset(("draft", "open", "paid", "uncollectible", "void")),
    (Payment, "status"): frozenset(("succeeded", "failed", "pending")),
    (Project, "state"): frozenset(("backlog", "planned", "started", "paused", "completed", "canceled")),
    (Project, "health"): frozenset(("on_track", "at_risk", "off_track")),
    (Issue, "state"): STATES,
    (Move, "from_state"): STATES,
    (Move, "to_state"): STATES,
    (PullRequest, "state"): frozenset(("open", "merged", "closed")),
    (Deployment, "state"): frozenset(("pending", "succeeded", "failed")),
    (Candidate, "stage"): STAGES,
    (Candidate, "reached"): STAGES,
    (Offer, "status"): frozenset(("pending", "accepted", "declined", "expired")),
    (SurveyAnswer, "survey"): frozenset(("nps", "enps", "csat")),
}
"""The words that a field may hold, as `agents.nouns` says."""
RANGES: dict[tuple[type[object], str], tuple[int, int]] = {
    (Discount, "percent"): (0, 100),
    (Stage, "probability"): (0, 1),
    (Project, "progress"): (0, 1),
    (Cycle, "progress"): (0, 1),
    (Issue, "priority"): (0, 4),
    (Ticket, "severity"): (1, 4),
    (SurveyAnswer, "score"): (0, 10),
}
"""The least and the most that a field may hold."""


def packed(value: object) -> object:
    """A value as JSON has it. What a noun cannot hold becomes an object that says so, and is refused when it
    is read: one strange value spoils its record, not the stream."""
    if isinstance(value, tuple | list):
        return [packed(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: packed(getattr(value, part.name)) for part in fields(value)}
    pack = PLAIN.get(type(value))
    return pack(value) if pack else {STRANGE: f"a {type(value).__name__}"}


def _packed_text(value: str) -> object:
    return value if len(value) <= LONGEST_TEXT else {STRANGE: f"a text of {len(value)} letters"}


def _packed_whole(value: int) -> object:
    return value if -WIDEST <= value < WIDEST else {STRANGE: "a number beyond 64 bits"}


PLAIN: dict[type, Callable[[Any], object]] = {
    NoneType: lambda value: None,
    bool: bool,
    str: _packed_text,
    int: _packed_whole,
    Decimal: lambda value: format(value, "f") if abs(value.adjusted()) < 100 else {STRANGE: "no such number"},
    date: date.isoformat,
    datetime: datetime.isoformat,
}


def loose(value: object) -> object:
    """A vendor's record as JSON, whatever is in it; a fraction stays a number where JSON can hold it."""
    if isinstance(value, Mapping):
        return {str(key): loose(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [loose(each) for each in value]
    if isinstance(value, Decimal) and value.is_finite() and Decimal(repr(float(value))) == value:
        return float(value)
    return packed(value)


def unpacked(noun: type[N], raw: object) -> N:
    """The noun that `raw` stands for; raises Unreadable with the field and what is wrong with it."""
    if not isinstance(raw, Mapping):
        raise Unreadable("it is not an object")
    reading.ident(raw)
    return cast("N", _reader(cast("Hashable", noun))(raw, noun.kind))


@cache
def _reader(hint: Hashable) -> Read:
    """What reads a value that is annotated so."""
    if isinstance(hint, UnionType):
        (inner,) = (each for each in get_args(hint) if each is not NoneType)
        read = _reader(inner)
        return lambda value, name: None if value is None else read(value, name)
    if get_origin(hint) is tuple:
        return _list_of(_reader(get_args(hint)[0]))
    if hint is Money:
        return _money
    if is_dataclass(hint):
        return _object(cast("type[object]", hint))
    return SCALARS[cast("type[object]", hint)]


def _object(made: type[object]) -> Read:
    hints, parts = get_type_hints(made), fields(made)  # type: ignore[arg-type]
    readers = {part.name: _within(made, part.name, _reader(hints[part.name])) for part in parts}
    may_lack = {part.name for part in parts if part.default is not MISSING}

    def read(value: object, name: str) -> object:
        raw = _mapping(value, name)
        if strange := raw.keys() - readers.keys():
            raise Unreadable(f"{name} has a field `{reading.clean(min(strange))[:40]}` that is not known")
        if lacking := readers.keys() - raw.keys() - may_lack:
            raise Unreadable(f"{name} has no {min(lacking)}")
        return made(**{key: readers[key](found, key) for key, found in raw.items()})

    return read


def _within(made: type[object], field: str, read: Read) -> Read:
    """The reader of a field that takes some words only, or numbers of a range."""
    words, bounds = WORDS.get((made, field)), RANGES.get((made, field))

    def checked(value: object, name: str) -> object:
        found = read(value, name)
        if words is not None and found is not None and found not in words:
            raise Unreadable(f"{name} is `{str(found)[:40]}`, not one of {', '.join(sorted(words))}")
        if bounds is not None and isinstance(found, int | Decimal) and not bounds[0] <= found <= bounds[1]:
            raise Unreadable(f"{name} is {found!s:.20}, not from {bounds[0]} to {bounds[1]}")
        return found

    return read if words is None and bounds is None else checked


def _mapping(value: object, name: str) -> Raw:
    if not isinstance(value, Mapping) or STRANGE in value:
        raise _wrong(value, name, "an object")
    return value


def _list_of(read: Read) -> Read:
    def items(value: object, name: str) -> object:
        if not isinstance(value, list):
            raise Unreadable(f"{name} is not a list")
        if len(value) > LONGEST_LIST:
            raise Unreadable(f"{name} has {len(value)} entries")
        return tuple(read(item, name) for item in value)

    return items


def _wrong(value: object, name: str, wanted: str) -> Unreadable:
    """Why a value is not what it should be; of what the guest could not write as JSON, what it was."""
    if isinstance(value, Mapping) and STRANGE in value:
        return Unreadable(f"{name} is {reading.clean(str(value[STRANGE]))[:60]}")
    return Unreadable(f"{name} is not {wanted}")


def _text(value: object, name: str) -> str:
    """Cleaned as any connector's text is; it may be empty."""
    if not isinstance(value, str):
        raise _wrong(value, name, "a text")
    return reading.clean(value)


def _whole(value: object, name: str) -> int:
    if type(value) is not int or not -WIDEST <= value < WIDEST:
        raise _wrong(value, name, "a whole number")
    return value


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(value, name, "true or false")
    return value


def _number(value: object, name: str) -> Decimal:
    if not isinstance(value, str) or not NUMBER.fullmatch(value):
        raise _wrong(value, name, "a Decimal such as 1250.00")
    return Decimal(value)


def _day(value: object, name: str) -> date:
    try:
        if isinstance(value, str):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise _wrong(value, name, "a day")


def _instant(value: object, name: str) -> datetime:
    """Aware, or refused: a connector that means UTC has to say so."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None:
        raise _wrong(value, name, "an instant")
    if found.tzinfo is None:
        raise Unreadable(f"{name} is an instant without a time zone")
    return reading.instant({name: value}, name)


def _money(value: object, name: str) -> Money:
    raw = _mapping(value, name)
    if raw.keys() != {"amount", "currency"}:
        raise Unreadable(f"{name} is not Money")
    return Money(_whole(raw["amount"], name), reading.currency(raw))


SCALARS: dict[type[object], Read] = {
    str: _text,
    int: _whole,
    bool: _flag,
    Decimal: _number,
    date: _day,
    datetime: _instant,
}
