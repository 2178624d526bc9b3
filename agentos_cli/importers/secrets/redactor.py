"""Takes secrets out of text: those that the source is known to hold, and whatever looks like one.

Two nets. Values that were collected beforehand are found in every form (known_forms). What nobody knows is
found by its shape (secret_shapes) or by what stands before it (secret_contexts); both also under the escapes
of JSON and URLs, and in base64 (veiled). Nearly all text holds none: it is passed over by a few quick looks,
and only what these stop at is read closely.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from agentos_cli.importers.secrets import contexts as secret_contexts
from agentos_cli.importers.secrets import shapes as secret_shapes
from agentos_cli.importers.secrets import veiled
from agentos_cli.importers.secrets.known import KnownForms
from agentos_cli.importers.secrets.shapes import Span
from agentos_cli.importers.secrets.words import is_likely, is_reference, kind_of_key
from agentos_cli.redaction import SHORTEST, register_secrets

_TOKEN = 16
"""Shorter runs of letters, digits and `_.+-` are no keys of vendors."""
_RUN = b"a" * _TOKEN
_CLASSES = bytes(
    97 if chr(char).isascii() and (chr(char).isalnum() or chr(char) in "_.+-") else 32 for char in range(256)
)
_MARK = "[REDACTED:"
_WHOLE_MARK = re.compile(r"\[REDACTED:[a-z-]{1,24}\]")
_DEEPEST = 200
_ROUNDS = 50
"""Each takes something away; two are the most that was ever seen."""


@dataclass(frozen=True, slots=True)
class Clean:
    """A text without its secrets (`[REDACTED:<type>]` in their places), and how many of each type there
    were."""

    text: str
    found: Mapping[str, int] = field(default_factory=dict)


class Redactor:
    """`known`: secret values that were found in the source, each with its type; they are taken out wherever
    they are, raw, in base64 and in a URL. What nobody knows is found by its shape or by what stands before
    it. What is known here is from now on masked in everything that this process says."""

    def __init__(self, known: Iterable[tuple[str, str]] = ()) -> None:
        pairs = list(known)
        register_secrets(value for value, _ in pairs)
        self._known = KnownForms(pairs, _TOKEN)

    def clean(self, text: str) -> Clean:
        """The text without secrets; the very same object if there are none. Cleaning it again changes
        nothing."""
        if len(text) < SHORTEST:
            return Clean(text)
        found: dict[str, int] = {}
        told = text
        for _ in range(_ROUNDS):  # what is left over may only then be seen
            spans = _apart(told, self._spans(told, 2))
            if not spans:
                break
            told = _without(told, spans)
            for span in spans:
                found[span.type] = found.get(span.type, 0) + 1
        return Clean(told, found) if found else Clean(text)

    def secrets(self, text: str) -> list[tuple[str, str]]:
        """What `clean` would take out of a text, each with its type; of what stands in base64, that."""
        return [(text[span.start : span.end], span.type) for span in _apart(text, self._spans(text, 2))]

    def tree(self, value: object, found: dict[str, int]) -> object:
        """A JSON value with every text in it cleaned, and every value whose key says that it is a secret
        taken out whole; `found` is added to. `${NAME}` stays: it is a reference."""
        return self._branch(value, found, None, 0)

    def _branch(
        self, value: object, found: dict[str, int], kind: tuple[str, bool] | None, depth: int
    ) -> object:
        if depth > _DEEPEST:
            return _dropped("too-deep", found)
        if isinstance(value, str):
            return self._leaf(value, found, kind)
        if isinstance(value, Mapping):
            told: dict[str, object] = {}
            for key, each in value.items():
                name = self._leaf(str(key), found, None)
                below = None if is_reference(value) else kind_of_key(str(key)) or _weaker(kind)
                told[_free(name, told)] = self._branch(each, found, below, depth + 1)
            return told
        if isinstance(value, list):
            return [self._branch(each, found, kind, depth + 1) for each in value]
        if kind and kind[0] in ("password", "pin", "passphrase") and type(value) in (int, float):
            return _dropped(kind[0], found)
        return value

    def _leaf(self, value: str, found: dict[str, int], kind: tuple[str, bool] | None) -> str:
        if kind and value.strip() and not is_reference(value) and (kind[1] or is_likely(value)):
            return _dropped(kind[0], found)
        told = self.clean(value)
        for type_, count in told.found.items():
            found[type_] = found.get(type_, 0) + count
        return told.text

    def _spans(self, text: str, layers: int) -> Iterator[Span]:
        """Every secret in a text, some of them more than once."""
        raw = text.encode("utf-8", "surrogatepass")
        tokens = _tokens(raw)
        joined = tokens.joined
        if joined and secret_shapes.may_hold(joined):
            yield from tokens.back(secret_shapes.of_tokens(joined), raw, text)
        if self._known.may_be(text, joined):
            yield from self._known.spans(text, joined)
        if secret_shapes.may_be_wider(text):
            yield from secret_shapes.wider(text)
        if secret_contexts.may_hold(raw):
            yield from secret_contexts.of_contexts(text)
        if layers and ("\\" in text or "%" in text or (joined and veiled.may_be_base64(joined))):
            yield from self._veiled(text, joined, layers - 1)

    def _veiled(self, text: str, joined: str, layers: int) -> Iterator[Span]:
        for view in veiled.views(text):
            for span in self._spans(view.text, layers):
                yield span._replace(start=view.old(span.start), end=view.old(span.end), rank=span.rank + 3)
        for start, end, inside in veiled.in_base64(text, joined):
            worst = min(self._spans(inside, layers), key=lambda each: each.rank, default=None)
            if worst:
                yield Span(start, end, worst.type, worst.rank + 6)


class _Tokens(NamedTuple):
    """The long tokens of a text, one on a line, and where (in bytes) each began."""

    joined: str
    lines: list[int]
    places: list[int]

    def back(self, spans: Iterable[Span], raw: bytes, text: str) -> Iterator[Span]:
        """The same spans, in the text."""
        for span in spans:
            line = bisect_right(self.lines, span.start) - 1
            start = self.places[line] + span.start - self.lines[line]
            if len(raw) != len(text):
                start = len(raw[:start].decode("utf-8", "surrogatepass"))
            yield span._replace(start=start, end=start + span.end - span.start)


def _tokens(raw: bytes) -> _Tokens:
    classes = raw.translate(_CLASSES)
    at = classes.find(_RUN)
    if at < 0:
        return _Tokens("", [], [])
    tokens, lines, places, length = [b""], [], [], 1
    while at >= 0:
        end = classes.find(b" ", at + _TOKEN)
        end = len(raw) if end < 0 else end
        tokens.append(raw[at:end])
        places.append(at)
        lines.append(length)
        length += end - at + 1
        at = classes.find(_RUN, end)
    return _Tokens(b"\n".join(tokens).decode(), lines, places)


def _apart(text: str, spans: Iterable[Span]) -> list[Span]:
    """The spans in their order, those that overlap as one, without what is redacted already."""
    told: list[Span] = []
    for span in sorted(spans):
        if span.end <= span.start or _in_mark(text, span):
            continue
        if told and span.start < told[-1].end:
            last = told.pop()
            named = min(last, span, key=lambda each: each.rank)
            told.append(named._replace(start=last.start, end=max(last.end, span.end)))
        else:
            told.append(span)
    return told


def _in_mark(text: str, span: Span) -> bool:
    """Whether a span shares anything with a mark."""
    begun = text.rfind(_MARK, max(0, span.start - 40), span.end + len(_MARK) - 1)
    mark = _WHOLE_MARK.match(text, begun) if begun >= 0 else None
    return mark is not None and mark.end() > span.start


def _without(text: str, spans: Iterable[Span]) -> str:
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], f"{_MARK}{span.type}]"]
        at = span.end
    return "".join([*parts, text[at:]])


def _dropped(kind: str, found: dict[str, int]) -> str:
    found[kind] = found.get(kind, 0) + 1
    return f"{_MARK}{kind}]"


def _weaker(kind: tuple[str, bool] | None) -> tuple[str, bool] | None:
    """What a key says of all that is below it: there may be names and numbers among it."""
    return (kind[0], False) if kind else None


def _free(name: str, taken: Mapping[str, object]) -> str:
    number = 1
    while name in taken:
        number += 1
        name = f"{name} {number}"
    return name
