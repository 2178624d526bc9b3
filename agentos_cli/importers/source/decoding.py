"""Bytes of a file as text: which marks and flaws they had, and the text without them."""

from __future__ import annotations

import codecs
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, line ends as they are, and what was wrong with its bytes, in words. `replaced`: how many places
    were no text and are U+FFFD now."""

    text: str
    flaws: tuple[str, ...] = ()
    replaced: int = 0


def decoded(raw: bytes) -> Decoded:
    """UTF-8, with or without a byte order mark, or UTF-16 with one."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _told(
            raw[2:], "utf-16-le" if raw.startswith(codecs.BOM_UTF16_LE) else "utf-16-be", ("is UTF-16",)
        )
    return _told(raw.removeprefix(codecs.BOM_UTF8), "utf-8", ())


def _told(raw: bytes, encoding: str, flaws: tuple[str, ...]) -> Decoded:
    try:
        text, replaced = raw.decode(encoding), 0
    except UnicodeDecodeError:
        text = raw.decode(encoding, "replace")
        replaced = max(1, text.count("\ufffd") - raw.decode(encoding, "ignore").count("\ufffd"))
        places = "a place" if replaced == 1 else f"{replaced:,} places"
        flaws += (f"{places} that {'is' if replaced == 1 else 'are'} no text",)
    return Decoded(text, flaws, replaced)
