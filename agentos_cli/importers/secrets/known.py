"""Finds values that are known, in whatever form they come: raw, in a URL, in JSON, in base64, in hex.

There may be hundreds of them, each in ten forms, and hundreds of megabytes to look through. So two quick
looks come first. A form with letters and digits mixed is recognised by a piece of five characters from a
digit on; any other by its rarest character and what stands around that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from agentos_cli.importers.secrets.shapes import Span
from agentos_cli.redaction import SHORTEST, looks

_PIECE = re.compile(r"[0-9][A-Za-z][A-Za-z0-9]{3}")
_PIECE_ANYWHERE = re.compile(r"(?=([0-9][A-Za-z][A-Za-z0-9]{3}))")
_WORTH_HEX = 12
"""Nobody writes a shorter secret in hex, and its digits would be looked for everywhere."""
_COMMON = " etaoinsrhldcumpfgwybv\n.-_,/\"0:1'T2S3kA5E4I8769CNORLPDM=F)(BxHUqjGWV`zKYJXQZ"
"""Characters of texts and programs, the most frequent first; any other is rarer than these."""


class KnownForms:
    """Known values, each with its type, in all their forms. `longest` is how short a run of letters, digits
    and `_.+-` may be to be among the tokens that `among` is given."""

    def __init__(self, known: Iterable[tuple[str, str]], shortest_token: int) -> None:
        self._forms: dict[str, str] = {}
        for value, kind in known:
            for form in _all_forms(value):
                self._forms.setdefault(form, kind)
        self._pieces: dict[str, list[str]] = {}
        plain = []
        for form in self._forms:
            pieces = _pieces(form, shortest_token)
            for piece in pieces:
                self._pieces.setdefault(piece, []).append(form)
            if not pieces:
                plain.append(form)
        self._names = frozenset(self._pieces)
        self._plain = tuple(plain)
        self._hint = _hint(plain)

    def may_be(self, text: str, joined: str) -> bool:
        """Whether any of them may be in a text: quick. `joined` are its tokens, one on a line."""
        if self._names and joined and not self._names.isdisjoint(_PIECE.findall(joined)):
            return True
        return self._hint is not None and self._hint.search(text) is not None

    def spans(self, text: str, joined: str) -> Iterator[Span]:
        """Where they are in a text."""
        seen = self._names.intersection(_PIECE.findall(joined))
        yield from self._places(text, {form for piece in seen for form in self._pieces[piece]})
        if self._hint is not None and self._hint.search(text):
            yield from self._places(text, self._plain)

    def _places(self, text: str, forms: Iterable[str]) -> Iterator[Span]:
        for form in forms:
            at = text.find(form)
            while at >= 0:
                yield Span(at, at + len(form), self._forms[form], 1)
                at = text.find(form, at + 1)


def _all_forms(value: str) -> set[str]:
    if len(value) < SHORTEST:
        return set()
    hexed = value.encode("utf-8", "surrogatepass").hex()
    if len(value) < _WORTH_HEX:
        return looks(value) - {hexed}
    return looks(value) | {hexed.upper()}


def _pieces(form: str, shortest_token: int) -> set[str]:
    """The pieces by which a form is surely noticed among tokens, none if that cannot be: the reading of
    pieces may be up to four characters into the form when it begins."""
    found: set[str] = set()
    for run in re.finditer(rf"[A-Za-z0-9_.+-]{{{shortest_token},}}", form):
        if _PIECE.search(run[0], 4):
            found.update(_PIECE_ANYWHERE.findall(run[0]))
    return found


def _hint(forms: Iterable[str]) -> re.Pattern[str] | None:
    """Matches where one of the forms is: its rarest character, with what is before and behind it."""
    by_rarest: dict[str, list[str]] = {}
    for form in sorted(forms):
        at = max(range(len(form)), key=lambda index: (_rarity(form[index]), -index))
        before, char, behind = form[:at], form[at], form[at + 1 :]
        by_rarest.setdefault(char, []).append(f"(?<={re.escape(before + char)}){re.escape(behind)}")
    branches = (f"{re.escape(char)}(?:{'|'.join(rest)})" for char, rest in by_rarest.items())
    pattern = "|".join(branches)
    return re.compile(pattern) if pattern else None


def _rarity(char: str) -> int:
    place = _COMMON.find(char)
    return place if place >= 0 else len(_COMMON)
