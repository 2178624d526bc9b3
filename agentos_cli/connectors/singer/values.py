"""How one field of a noun is read out of a tap's record: the right-hand sides of a map, made into readers.

A reader gives the value, None where there is nothing, or raises `Unreadable` with the path that was read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from agentos_cli.connectors import reading
from agentos_cli.connectors.reading import Unreadable
from agentos_cli.connectors.singer.words import LOWER, RANGES, WORDS
from agentos_cli.contract import Raw
from agents.accounts import account_key
from agents.money import Money, round_half_up

CURRENCIES = frozenset({"currency", "base", "quote"})
UNITS = ("major", "minor", "stripe")
PARENT = "parent."
"""How a path goes from an object of a list back to the record that holds it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a field is looked for: the record, the company's currency, and by stream the records that belong
    to the same group."""

    raw: Raw
    currency: str
    others: Mapping[str, Sequence[Raw]] = field(default_factory=dict)


Reader = Callable[[Scope], object]


class Mistake(Exception):
    """What is wrong with a map, as one line."""


def path_reader(expression: str) -> Reader:
    """`a.b | c` reads `b` in the object `a`, or where that is missing, null or empty, `c`. `a[].b` reads `b`
    of each object in the list `a`. `a + b` are the texts of both with a space between, or of the one that is
    there. A field whose own name has dots is found by it."""
    choices = [[path.strip() for path in choice.split(" + ")] for choice in expression.split("|")]
    if not all(path for choice in choices for path in choice):
        raise Mistake(f"`{expression}` is no path such as `name` or `plan.amount | amount`")
    return lambda scope: next(
        (value for choice in choices if not empty(value := _together(scope.raw, choice))), None
    )


def _together(raw: Raw, paths: Sequence[str]) -> object:
    found = [value for path in paths if not empty(value := find(raw, path))]
    return found[0] if len(found) == 1 else " ".join(map(str, found))


def matches(raw: Raw, wanted: Mapping[str, object]) -> bool:
    """Whether each path of `wanted` has its value, or one of its list; "" stands for nothing there."""
    for path, value in wanted.items():
        found, allowed = find(raw, path), value if isinstance(value, list) else [value]
        if ("" if empty(found) else found) not in allowed:
            return False
    return True


def find(raw: object, path: str) -> object:
    """What stands at `path`; None where nothing does."""
    if isinstance(raw, Mapping) and path in raw:
        return raw[path]
    here, dot, rest = path.partition(".")
    each = here.endswith("[]")
    value = raw.get(here.removesuffix("[]")) if isinstance(raw, Mapping) else None
    if each:
        return [find(one, rest) if dot else one for one in value] if isinstance(value, list) else None
    return find(value, rest) if dot else value


def needed(spec: object) -> set[str]:
    """The fields of a record that the right-hand side `spec` looks at, by their first name. Of paths with
    dots the whole is named, too, as it may be a name of its own."""
    if isinstance(spec, str):
        choices = [path.strip() for choice in spec.split("|") for path in choice.split(" + ")]
        paths = [path.removeprefix(PARENT) for path in choices]
        return {path.partition(".")[0].removesuffix("[]") for path in paths} | {p for p in paths if "." in p}
    if not isinstance(spec, Mapping):
        return set()
    asked = [spec[key] for key in ("from", "amount", "currency", "each") if isinstance(spec.get(key), str)]
    listed, within = spec.get("product", []), spec.get("fields")
    asked += [*(listed if isinstance(listed, list) else []), *_keys(spec.get("present"))]
    asked += _keys(spec.get("when"))
    asked += within.values() if "each" in spec and isinstance(within, Mapping) else []
    return set().union(*(needed(each) for each in asked))


def scalar(noun: str, name: str, kind: type, spec: object) -> Reader:
    """What reads the field `name` of `noun`, which is of type `kind`, by the right-hand side `spec`."""
    if kind is Money:
        return _money(spec)
    found, told = _raw_reader(spec), _told(spec)
    words, bounds = WORDS.get((noun, name)), RANGES.get((noun, name))
    if isinstance(spec, Mapping) and words:
        _check_words(spec, words)

    def read(scope: Scope) -> object:
        value = found(scope)
        if empty(value):
            return None
        if isinstance(value, int) and not isinstance(value, bool) and kind is str:
            value = str(value)
        if isinstance(value, list) and kind is tuple:
            return tuple(reading.clean(each) for each in value if isinstance(each, str) and each.strip())
        return _bounded(_typed(name, kind, words, {told: value}, told), bounds, told)

    return read


def _typed(name: str, kind: type, words: tuple[str, ...] | None, raw: Raw, key: str) -> object:
    if kind is str:
        return _text(name, words, raw, key)
    readers: Mapping[type, Callable[[Raw, str], object]] = {
        int: reading.whole,
        Decimal: reading.number,
        bool: reading.flag,
        datetime: reading.instant,
        date: reading.day,
    }
    if kind not in readers:
        raise Unreadable(f"{key} is no list")
    return readers[kind](raw, key)


def _text(name: str, words: tuple[str, ...] | None, raw: Raw, key: str) -> str | None:
    if words:
        return reading.one_of(words, raw, key)
    if name == "id" or name.endswith("_id"):
        return reading.ident(raw, key)
    if name in CURRENCIES:
        return reading.currency(raw, key)
    text = reading.text(raw, key)
    if name == "account":
        return account_key(text)
    return text.lower() if name in LOWER else text


def _bounded(value: object, bounds: tuple[Decimal, Decimal] | None, key: str) -> object:
    if bounds and isinstance(value, int | Decimal) and not bounds[0] <= value <= bounds[1]:
        raise Unreadable(f"{key} is {value}, not {bounds[0]} to {bounds[1]}")
    return value


# ── what stands on the right ─────────────────────────────────────────────────────────────────────

KEYS = (
    {"from", "words", "present", "else", "when"},
    {"value"},
    {"product", "currency", "unit", "when"},
    {"amount", "currency", "unit"},
)


def _raw_reader(spec: object) -> Reader:
    """What finds the value as the record has it."""
    if isinstance(spec, str):
        return path_reader(spec)
    if not isinstance(spec, Mapping) or not spec or not any(set(spec) <= keys for keys in KEYS[:3]):
        raise Mistake("give a path, or a table of from, words, present, else, when; or value; or product")
    if "value" in spec:
        return lambda scope: spec["value"]
    found, when = _product(spec) if "product" in spec else _translated(spec), _table(spec, "when")
    return lambda scope: found(scope) if matches(scope.raw, when) else None


def _translated(spec: Mapping[str, object]) -> Reader:
    """`from` is read and looked up in `words`; `present` comes first: a value for each path that is there;
    `else` is what remains."""
    found = path_reader(str(spec["from"])) if "from" in spec else lambda scope: None
    words, present = _table(spec, "words"), _table(spec, "present")
    checks = [(path_reader(path), value) for path, value in present.items()]

    def read(scope: Scope) -> object:
        for there, value in checks:
            if not empty(there(scope)):
                return value
        value = found(scope)
        if not words:
            return spec.get("else") if empty(value) else value
        if (
            not empty(value)
            and (known := str(value) if not isinstance(value, bool) else str(value).lower()) in words
        ):
            return words[known]
        if "else" in spec:
            return spec["else"]
        if empty(value):
            return None
        raise Unreadable(f"{spec['from']} is `{reading.clean(str(value))[:40]}`, none of the map's words")

    return read


def _product(spec: Mapping[str, object]) -> Reader:
    """Numbers multiplied; nothing where one of them is missing. In Stripe's unit of a currency, if asked."""
    paths = spec["product"]
    if not isinstance(paths, list) or not paths or not all(isinstance(each, str) for each in paths):
        raise Mistake("product takes a list of paths")
    parts = [(path, path_reader(path)) for path in paths]
    code, unit = _code(spec), _unit(spec)

    def read(scope: Scope) -> object:
        found = [(path, part(scope)) for path, part in parts]
        if any(empty(value) for _, value in found):
            return None
        result = Decimal(1)
        for path, value in found:
            result *= reading.number({path: value}, path)
        return _scaled(result, code(scope)) if unit == "stripe" else result

    return read


def _money(spec: object) -> Reader:
    """An amount and its currency; without one it is the company's own."""
    if isinstance(spec, str):
        spec = {"amount": spec}
    if not isinstance(spec, Mapping) or "amount" not in spec or not set(spec) <= KEYS[3]:
        raise Mistake("money takes a path, or a table of amount, currency, unit")
    path, code, unit = str(spec["amount"]), _code(spec), _unit(spec)
    amount = path_reader(path)

    def read(scope: Scope) -> object:
        value = amount(scope)
        if empty(value):
            return None
        number, currency = reading.number({path: value}, path), code(scope)
        if unit == "major":
            return Money.of(number, currency)
        if number != number.to_integral_value():
            raise Unreadable(f"{path} is {number}, not a whole number of {currency}'s smallest unit")
        return Money(round_half_up(_scaled(number, currency) if unit == "stripe" else number), currency)

    return read


def _scaled(amount: Decimal, code: str) -> Decimal:
    from agentos_cli.connectors.stripe.amounts import scaled  # brings the SDK along

    return scaled(amount, code)


def _code(spec: Mapping[str, object]) -> Callable[[Scope], str]:
    """The currency: a code in capitals, or what stands at a path; where nothing does, the company's own."""
    named = spec.get("currency")
    if named is None:
        return lambda scope: scope.currency
    if not isinstance(named, str):
        raise Mistake("currency takes a path, or a code such as EUR")
    if len(named) == 3 and named.isalpha() and named.isupper():
        return lambda scope: named
    found = path_reader(named)
    return lambda scope: reading.currency({named: found(scope) or scope.currency}, named)


def _unit(spec: Mapping[str, object]) -> str:
    unit = spec.get("unit", "major")
    if unit not in UNITS:
        raise Mistake(f"unit is one of {', '.join(UNITS)}")
    return str(unit)


def _check_words(spec: Mapping[str, object], words: Sequence[str]) -> None:
    """That a map gives only words which the noun has."""
    given = [*_table(spec, "words").values(), *_table(spec, "present").values()]
    given += [spec[key] for key in ("else", "value") if key in spec]
    if strange := [str(each) for each in given if str(each) not in words]:
        raise Mistake(f"`{strange[0][:40]}` is not one of {', '.join(words)}")


def _table(spec: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = spec.get(key, {})
    if not isinstance(found, Mapping):
        raise Mistake(f"{key} takes a table")
    return found


def _keys(table: object) -> list[str]:
    return list(table) if isinstance(table, Mapping) else []


def _told(spec: object) -> str:
    """What a value is called in messages: the path that it is read from."""
    if isinstance(spec, str):
        return spec
    return str(spec.get("from", "its value")) if isinstance(spec, Mapping) else "it"


def empty(value: object) -> bool:
    """Whether there is nothing."""
    return value is None or value in ("", [])
