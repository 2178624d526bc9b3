"""What is recorded and said: one record per agent run and source sync, and a log without secrets."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TextIO

Figure = int | float | str | bool | None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One agent run or one source sync, as it is stored and listed by `agentos runs`.

    `run_id` is shared by everything that one command did. `work` is `agent`, `source` or `brief`;
    `name` which one. `metrics` are a few figures (records read, value of a metric); `error` is one
    redacted line, None on success.
    """

    run_id: str
    work: str
    name: str
    started_at: datetime
    duration_ms: int
    success: bool
    metrics: Mapping[str, Figure] = field(default_factory=dict)
    error: str | None = None


def new_run_id(now: datetime) -> str:
    """`run_20261123T120000_4f2a9c`: sorts by time, unique enough for one machine."""
    return f"run_{now:%Y%m%dT%H%M%S}_{os.urandom(3).hex()}"


# ── secrets stay out of every text ────────────────────────────────────────────────────────────────────

MASK = "[secret]"
SHORTEST = 6
"""Shorter values are not masked: they would blot out ordinary words, and protect nothing."""

_forms: tuple[str, ...] = ()
_forms_lock = threading.Lock()


def register_secret(value: str) -> None:
    """From now on `redact` masks `value`, as it is and as it looks inside URLs, JSON, base64 and hex."""
    global _forms  # noqa: PLW0603 - one list for the whole process is the point
    if len(value) < SHORTEST:
        return
    with _forms_lock:
        _forms = tuple(sorted({*_forms, *_looks(value)}, key=len, reverse=True))


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


_standing = threading.Event()
"""Set while a line stands on the terminal that the next one takes the place of."""
_WIPE = "\r\x1b[K"


def status(text: str) -> None:
    """One line on the terminal that stands until the next one takes its place; "" takes it away. Nothing
    where stderr is no terminal."""
    if sys.stderr.isatty() and (text or _standing.is_set()):
        width = shutil.get_terminal_size((80, 24)).columns - 1
        sys.stderr.write(_WIPE + _plain(redact(text))[:width])
        sys.stderr.flush()
        (_standing.set if text else _standing.clear)()


def notice(text: str) -> None:
    """One line for the person, on stderr."""
    if _standing.is_set():
        status("")
    sys.stderr.write(_plain(redact(text)).replace("\n", " ") + "\n")


def progress(text: str) -> None:
    """The same, but only where somebody is watching (a terminal, or `-v`): a cron job's mail stays empty
    while all is well."""
    logging = sys.modules.get("logging")
    if sys.stderr.isatty() or (logging and logging.getLogger().isEnabledFor(logging.INFO)):
        notice(text)


def configure_logging(verbosity: int, stderr: TextIO) -> None:
    """Log to `stderr`: warnings; with 1 (`-v`) also what is done, with 2 everything, with level and name.

    Every line passes `redact`, those of other libraries too. The chatty ones stay at warnings, since
    below that they print whole URLs and headers.
    """
    import logging

    class Redacted(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return _plain(redact(super().format(record)))

    handler = logging.StreamHandler(stderr)
    handler.name = "agentos"
    handler.setFormatter(Redacted("%(levelname)s %(name)s: %(message)s" if verbosity else "%(message)s"))
    root = logging.getLogger()
    for old in [each for each in root.handlers if each.name == handler.name]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)])
    for name in ("httpx", "httpcore", "alembic", "stripe"):
        logging.getLogger(name).setLevel(logging.WARNING)


def quiet_logging() -> None:
    """Unless logging was configured, let only warnings through, redacted."""
    import logging

    if not logging.getLogger().handlers:
        configure_logging(0, sys.stderr)


def _looks(value: str) -> set[str]:
    """The forms in which `value` may turn up. In base64 it looks different at each of three offsets."""
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


def _plain(text: str) -> str:
    """Without terminal escapes and other control characters: messages may quote what came from outside."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\ufffd" for sign in text)
