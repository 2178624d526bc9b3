"""Secrets stay out of every text: those that were registered, and whatever has the shape of a key."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from functools import cache

MASK = "[secret]"
SHORTEST = 6
"""Shorter values are not masked: they would blot out ordinary words, and protect nothing."""

_forms: tuple[str, ...] = ()
_forms_lock = threading.Lock()


def register_secret(value: str) -> None:
    """From now on `redact` masks `value`, as it is and as it looks inside URLs, JSON, base64 and hex."""
    register_secrets([value])


def register_secrets(values: Iterable[str]) -> None:
    """The same for many at once."""
    global _forms  # noqa: PLW0603 - one list for the whole process is the point
    told = {form for value in values if len(value) >= SHORTEST for form in looks(value)}
    if told:
        with _forms_lock:
            _forms = tuple(sorted({*_forms, *told}, key=len, reverse=True))


def redact(text: str) -> str:
    """`text` with every registered secret masked, and whatever has the shape of a key or a URL's password."""
    for form in _forms:
        if form in text:
            text = text.replace(form, MASK)
    return _key_shapes().sub(lambda found: f"{found['before'] or found['user'] or ''}{MASK}", text)


def fingerprint(secret: str) -> str:
    """Stands for a secret where only "is it still the same?" matters; "" for none. Gives nothing back."""
    import hashlib  # not needed to read a cached brief

    return hashlib.sha256(b"agentos:" + secret.encode()).hexdigest()[:16] if secret else ""


def looks(value: str) -> set[str]:
    """The forms in which `value` may turn up, but those that are too short to be masked. In base64 it looks
    different at each of three offsets."""
    import base64
    import json
    from urllib.parse import quote, quote_plus

    raw = value.encode("utf-8", "surrogatepass")
    forms = {value, quote(raw, safe=""), quote(raw), quote_plus(raw), json.dumps(value)[1:-1], raw.hex()}
    for offset, skip in ((0, 0), (1, 2), (2, 3)):
        cut = (0, 3, 2)[(len(raw) + offset) % 3]
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(b"\0" * offset + raw).decode()
            forms.add(whole[skip : len(whole) - cut])
    return {form for form in forms if len(form) >= SHORTEST}


@cache
def _key_shapes() -> re.Pattern[str]:
    """A second net, for secrets nobody registered: vendors' keys, bearer tokens, passwords in URLs."""
    return re.compile(
        r"\b(?:[rs]k_(?:live|test)_\w{6,}|whsec_\w{6,}|pat-[a-z]{2,4}\d-[\w-]{6,}|lin_api_\w{6,})"
        r"|(?P<before>(?i:\bbearer ))(?=\S*\d)[\w.~+/=-]{6,}"
        r"|(?P<user>://[^\s/:@]*:)[^\s/@]+(?=@)"
    )
