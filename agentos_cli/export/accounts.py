"""Names from outside made safe as account names of beancount, ledger and hledger, and kept apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)

LONGEST = 60
UNNAMED = "Unnamed"
_STARTS = frozenset({"Lu", "Nd"})
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"})


def component(text: str) -> str:
    """One part of an account name: letters and digits of any script, joined by single hyphens.

    Each word begins with a capital, as beancount wants the first one to; a script without capitals gets
    an X in front. Whatever else a name holds (colons, quotes, spaces, line breaks) separates words.
    """
    composed = unicodedata.normalize("NFC", text)
    plain = "".join(c if unicodedata.category(c) in _LETTERS else " " for c in composed)
    words = [word[:1].upper() + word[1:] for word in plain.split()]
    name = re.sub("-+$", "", "-".join(words)[:LONGEST])
    if not name:
        return UNNAMED
    return name if unicodedata.category(name[0]) in _STARTS else f"X-{name}"


def apart(named: Iterable[tuple[K, str]]) -> dict[K, str]:
    """A component for every key by its name; of several that look alike, in the order of the keys given,
    all but the first get a number."""
    found: dict[K, str] = {}
    taken: set[str] = set()
    for key, text in named:
        name = base = component(text)
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{base}-{number}"
        taken.add(name.casefold())
        found[key] = name
    return found
