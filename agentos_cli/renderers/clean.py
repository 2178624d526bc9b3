"""The one place where text from outside is made harmless: for terminals, HTML and Markdown.

Names, titles and messages come from vendors and customers. `tree` runs over every document before
anything is drawn, so no form can forget it; `html` and `markdown` add what their form needs on top.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape
from typing import TypeVar, cast

D = TypeVar("D")

_SEQUENCE = re.compile(  # whole terminal commands that are well ended, so that no "[31m" stays behind
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]P^_X]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
)
_GAP = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")
_PRINTABLE_BUT_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_PILED_MARKS = re.compile("([\u0300-\u036f]{2})[\u0300-\u036f]+")
_MARKDOWN = re.compile(r"([\\`*\[\]|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
_MARKDOWN_START = re.compile(r"^(\d*)([-+#.)])(?=[\s#-]|$)|^()(=)(?==*\s*$)")
_ASCII = str.maketrans(
    {
        "€": "EUR ", "£": "GBP ", "¥": "JPY ", "…": "...", "–": "-", "—": "-", "→": "->", "←": "<-",
        "‘": "'", "’": "'", "“": '"', "”": '"', "•": "*", "·": ".", "×": "x", "≥": ">=", "≤": "<=",
        "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d",
    }
)  # fmt: skip


def line(text: str) -> str:
    """One line of visible text: no control, escape, bidi or zero-width characters, no line breaks."""
    if text.isascii() and text.isprintable():
        return text
    text = _GAP.sub(" ", _SEQUENCE.sub("", text))
    text = "".join(char for char in text if char.isprintable())
    return _PILED_MARKS.sub(r"\1", _PRINTABLE_BUT_UNSEEN.sub("", text)).strip()


class Spaced(str):
    """A line in which spaces mean something, made harmless already; see `lines`."""

    __slots__ = ()


def lines(text: str) -> list[Spaced]:
    """The lines of a text as they stand: spaces are kept, a tab becomes some, and nothing is left that would
    not be seen or would steer a terminal."""
    return [Spaced(_spaced(line.rstrip("\r"))) for line in text.split("\n")]


def _spaced(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    text = "".join(char for char in _SEQUENCE.sub("", text.expandtabs(4)) if char.isprintable())
    return _PILED_MARKS.sub(r"\1", _PRINTABLE_BUT_UNSEEN.sub("", text))


def plain_ascii(text: str) -> str:
    """The same in ASCII: accents fall off, known signs are spelled out, anything else becomes `?`."""
    if text.isascii():
        return text
    spread = unicodedata.normalize("NFKD", text.translate(_ASCII))
    return "".join(c for c in spread if not unicodedata.combining(c)).encode("ascii", "replace").decode()


def tree(document: D, *, ascii_only: bool = False) -> D:
    """A copy of a document (dicts, lists, strings, numbers) with every string in it made harmless."""
    return cast("D", _walk(document, ascii_only))


def html(text: str) -> str:
    """Text for HTML content and attribute values."""
    return escape(text, quote=True)


def markdown(text: str) -> str:
    """Text that Markdown shows as it is: no emphasis, links, images, tables, headings, lists or tags."""
    text = _MARKDOWN.sub(r"\\\1", text).replace("&", "&amp;").replace("<", "&lt;")
    for sign in "$~":  # formulas and strike-through need two of them; one is an amount or an estimate
        if text.count(sign) > 1:
            text = text.replace(sign, f"\\{sign}")
    text = _MARKDOWN_START.sub(r"\1\3\\\2\4", text)
    if text.startswith(">"):
        text = f"&gt;{text[1:]}"
    return text.replace("://", "&#58;//").replace("www.", "www&#46;").replace("@", "&#64;")


def _walk(part: object, ascii_only: bool) -> object:
    if isinstance(part, Spaced):
        return plain_ascii(part) if ascii_only else part
    if isinstance(part, str):
        return plain_ascii(line(part)) if ascii_only else line(part)
    if isinstance(part, dict):
        return {name: _walk(value, ascii_only) for name, value in part.items()}
    if isinstance(part, list):
        return [_walk(value, ascii_only) for value in part]
    return part
