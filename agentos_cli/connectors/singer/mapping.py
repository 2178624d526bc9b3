"""The map from a tap's streams to the business's nouns, read from TOML; docs/singer.md shows all of it."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from agentos_cli.connectors.reading import Unreadable
from agentos_cli.connectors.singer.values import (
    Mistake,
    Reader,
    Scope,
    find,
    matches,
    needed,
    path_reader,
    scalar,
)
from agentos_cli.contract import Raw
from agentos_cli.errors import DataProblem
from agents.nouns import NOUNS, Noun

TABLE = {"noun", "fields", "where", "each"}
NESTED = {"each", "stream", "on", "needed", "fields"}
SHOWN = 3
"""How many mistakes are told at once."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one stream becomes one noun. `needs` are the fields of a record that it looks at; those in `must`
    are looked for without an alternative."""

    stream: str
    noun: type[Noun]
    make: Callable[[str, Scope], tuple[Noun, ...]]
    needs: frozenset[str]
    must: frozenset[str]


@dataclass(frozen=True, slots=True)
class Joined:
    """Records of a stream that belong to a record of `parent`, whose id stands at the path `on`."""

    parent: str
    on: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole map. `joined` are the streams that are part of another one's records."""

    rules: tuple[Rule, ...]
    joined: Mapping[str, Joined]
    needs: Mapping[str, frozenset[str]]

    @property
    def streams(self) -> tuple[str, ...]:
        """Every stream that is looked at, in the map's order."""
        return tuple(self.needs)

    @property
    def nouns(self) -> tuple[type[Noun], ...]:
        """The nouns that are made, each once."""
        return tuple(dict.fromkeys(rule.noun for rule in self.rules))

    @property
    def must(self) -> Mapping[str, frozenset[str]]:
        """By stream, the fields without which there is no noun."""
        return {
            name: frozenset().union(*(rule.must for rule in self.rules if rule.stream == name))
            for name in self.needs
        }

    def only(self, streams: Collection[str]) -> Plan:
        """What is left of the map where a tap has these streams alone."""
        rules = tuple(rule for rule in self.rules if rule.stream in streams)
        needs = {name: found for name, found in self.needs.items() if name in streams}
        return replace(self, rules=rules, needs=needs)


@lru_cache(maxsize=8)
def plan(text: str, name: str = "the map") -> Plan:
    """The map in a TOML text. Raises DataProblem with its mistakes: where each is, and what is right."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise DataProblem(f"{name} is not TOML: {problem}") from None
    rules: list[Rule] = []
    joined: dict[str, Joined] = {}
    wrong: list[str] = []
    for stream, found in tables.items():
        for table in found if isinstance(found, list) else [found]:
            made = _rule(stream, table, joined, wrong)
            rules += [made] if made else []
    for stream, join in joined.items():
        if join.parent not in tables:
            wrong.append(f"{stream}: it belongs to {join.parent}, which is not in the map")
    if not tables:
        wrong.append("it names no stream")
    if wrong:
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise DataProblem(f"{name}: {'; '.join(wrong[:SHOWN])}{more}", fix="the format: docs/singer.md")
    return Plan(tuple(rules), joined, _needs(rules, joined, tables))


def _needs(
    rules: Sequence[Rule], joined: Mapping[str, Joined], tables: Mapping[str, object]
) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for rule in rules:
        found.setdefault(rule.stream, set()).update(rule.needs)
    for stream, join in joined.items():
        found.setdefault(stream, set()).update(needed(join.on))
        found.setdefault(join.parent, set()).add("id")
    for stream, spec in _nested(tables):
        for each in spec.get("fields", {}).values():
            found.setdefault(stream, set()).update(needed(each))
    return {stream: frozenset(names) for stream, names in found.items()}


def _nested(tables: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The joined parts of a map, by their own stream."""
    for found in tables.values():
        for table in found if isinstance(found, list) else [found]:
            given = table.get("fields", {}) if isinstance(table, Mapping) else {}
            for spec in given.values():
                if isinstance(spec, Mapping) and isinstance(spec.get("stream"), str):
                    yield spec["stream"], spec


# ── one table ────────────────────────────────────────────────────────────────────────────────────


def _rule(stream: str, table: object, joined: dict[str, Joined], wrong: list[str]) -> Rule | None:
    """The rule of one table; what is wrong with it is added to `wrong`."""
    before = len(wrong)
    if not isinstance(table, Mapping):
        wrong.append(f"{stream}: a stream is a table")
        return None
    wrong += [f"{stream}: there is no `{key}`{_near(key, TABLE)}" for key in table if key not in TABLE]
    noun = {each.kind: each for each in NOUNS}.get(str(table.get("noun", "")))
    if noun is None:
        named, kinds = str(table.get("noun", "")), [each.kind for each in NOUNS]
        wrong.append(f"{stream}: `{named}` is no noun{_near(named, kinds)}")
        return None
    given = table.get("fields", {})
    readers = _readers(stream, stream, noun, given, joined, wrong)
    where = table.get("where", {})
    if not isinstance(where, Mapping):
        wrong.append(f"{stream}.where: a table of paths and the values they must have")
    each = table.get("each")
    if each is not None and not isinstance(each, str):
        wrong.append(f"{stream}.each: give the path of a list")
    if len(wrong) > before:
        return None

    def make(source: str, scope: Scope) -> tuple[Noun, ...]:
        scopes = [scope] if each is None else _each(scope, str(each))
        return tuple(
            cast("Noun", _made(noun, readers, one, {"source": source}))
            for one in scopes
            if matches(one.raw, where)
        )

    must = frozenset() if each else _must(noun, given)
    return Rule(stream, noun, make, _looks_at(table, given), must)


def _must(noun: type, given: Mapping[str, object]) -> frozenset[str]:
    """The fields of a record whose lack can be told from a schema: those that one path alone leads to."""
    plain = [spec for name, spec in given.items() if isinstance(spec, str) and not _types(noun)[name][1]]
    return frozenset(spec for spec in plain if not set(spec) & set("|.[ "))


def _looks_at(table: Mapping[str, Any], given: Mapping[str, object]) -> frozenset[str]:
    specs: list[object] = [*given.values(), table.get("each", {}), *table.get("where", {})]
    return frozenset(name for spec in specs for name in needed(spec))


def _readers(
    stream: str, place: str, made: type, given: object, joined: dict[str, Joined], wrong: list[str]
) -> dict[str, Reader]:
    """What reads each field of `made`. Every field must be given that has no value of its own and cannot be
    unknown."""
    if not isinstance(given, Mapping):
        wrong.append(f"{place}.fields: a table of the fields of {made.__name__}")
        return {}
    types = _types(made)
    wrong += [
        f"{place}.{name}: {made.__name__} has no such field{_near(name, types)}"
        for name in given
        if name not in types
    ]
    readers: dict[str, Reader] = {}
    for name, (kind, optional, _) in types.items():
        if name in given:
            try:
                readers[name] = _field(stream, f"{place}.{name}", made, name, given[name], joined, wrong)
            except Mistake as mistake:
                wrong.append(f"{place}.{name}: {mistake}")
        elif not optional:
            wrong.append(
                f"{place}.{name}: {made.__name__} needs it{' ([] for none)' if kind is tuple else ''}"
            )
    return readers


def _field(
    stream: str, place: str, made: type, name: str, spec: object,
    joined: dict[str, Joined], wrong: list[str],
) -> Reader:  # fmt: skip
    kind, _, part = _types(made)[name]
    if spec == []:
        if kind is not tuple:
            raise Mistake("only a list can be []")
        return lambda scope: ()
    if part is None:
        return scalar(made.__name__, name, kind, spec)
    if not isinstance(spec, Mapping) or not set(spec) <= NESTED or ("each" in spec) == ("stream" in spec):
        raise Mistake("give a table of each and fields, or of stream, on and fields")
    within = str(spec.get("stream", stream))
    readers = _readers(within, place, part, spec.get("fields", {}), joined, wrong)
    if "each" in spec:
        return lambda scope: tuple(_made(part, readers, one, {}) for one in _each(scope, str(spec["each"])))
    if not isinstance(spec.get("on"), str) or within == stream:
        raise Mistake("`on` is the path of this stream's id in the other one")
    join = Joined(stream, spec["on"])
    if joined.setdefault(within, join) != join:
        raise Mistake(f"{within} belongs to {joined[within].parent} already")
    return _joined_reader(part, readers, within, bool(spec.get("needed")))


def _joined_reader(part: type, readers: Mapping[str, Reader], stream: str, must: bool) -> Reader:
    """The parts that came in another stream; `must`: without one there is something amiss."""

    def read(scope: Scope) -> object:
        found = scope.others.get(stream, ())
        if must and not found:
            raise Unreadable(f"none of its {stream} came")
        return tuple(_made(part, readers, replace(scope, raw=raw), {}) for raw in found)

    return read


def _made(made: type, readers: Mapping[str, Reader], scope: Scope, known: Mapping[str, object]) -> object:
    """One noun, or part of one. Raises Unreadable for a field that is missing and must not be."""
    values = dict(known)
    for name, (kind, optional, _) in _types(made).items():
        if name not in readers:
            if not _has_default(made, name):
                values[name] = None
            continue
        value = readers[name](scope)
        if value is None and kind is tuple:
            value = ()
        if value is None and not optional:
            raise Unreadable(f"{name} is missing")
        values[name] = value
    return made(**values)


def _each(scope: Scope, path: str) -> list[Scope]:
    """A scope for each object of a list (or for the one object there); `parent` leads back to the record."""
    found = path_reader(path)(scope)
    ones = found if isinstance(found, list) else [] if found is None else [found]
    return [
        replace(scope, raw={**(one if isinstance(one, Mapping) else {"value": one}), "parent": scope.raw})
        for one in ones
    ]


@cache
def _types(made: type) -> dict[str, tuple[type, bool, type | None]]:
    """By field: its type, whether it may be unknown or left out, and of a list of parts what a part is."""
    hints = get_type_hints(made)
    found: dict[str, tuple[type, bool, type | None]] = {}
    for each in fields(made):
        if each.name == "source":
            continue
        hint = hints[each.name]
        options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        kind = next(option for option in options if option is not NoneType)
        inside = get_args(kind)[0] if get_origin(kind) is tuple else None
        part = inside if is_dataclass(inside) else None
        loose = NoneType in options or each.default is not MISSING
        found[each.name] = (tuple if inside else kind, loose, part if isinstance(part, type) else None)
    return found


def _has_default(made: type, name: str) -> bool:
    return any(each.name == name and each.default is not MISSING for each in fields(made))


def _near(word: str, among: Collection[str]) -> str:
    close = difflib.get_close_matches(word, list(among), 1)
    return f"; did you mean {close[0]}?" if close else ""


def group_of(joined: Mapping[str, Joined], stream: str, raw: Raw, own: str) -> str:
    """The name of the group a record is in: its parent's, if it is part of one; its own id otherwise."""
    join = joined.get(stream)
    if join is not None:
        return f"{join.parent}:{find(raw, join.on)}"
    is_parent = any(each.parent == stream for each in joined.values())
    return f"{stream}:{raw.get('id')}" if is_parent else own
