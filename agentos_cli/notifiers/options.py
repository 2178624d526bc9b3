"""What a channel can be told, and whether what it was told makes sense."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import getaddresses
from pathlib import Path

from agentos_cli.errors import Fatal
from agentos_cli.http.guard import place

Check = Callable[[str], str | None]
"""What is wrong with a value, to be read after its name; None if nothing is."""

_MAILBOX = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Option:
    """`help` is a line for people; `usual` what it is unless it is given."""

    name: str
    help: str
    required: bool = False
    usual: str | None = None
    check: Check = lambda value: None


def yes_no(value: str) -> str | None:
    """`yes` or `no`."""
    return None if value in {"yes", "no"} else "is yes or no"


def one_of(*words: str) -> Check:
    """One of these words."""
    return lambda value: None if value in words else f"is one of {', '.join(words)}"


def like(pattern: str, what: str) -> Check:
    """Matches `pattern` as a whole."""
    return lambda value: None if re.fullmatch(pattern, value, re.ASCII) else f"is {what}"


def port(value: str) -> str | None:
    """A TCP port."""
    return None if re.fullmatch(r"[0-9]{1,5}", value, re.ASCII) and 0 < int(value) < 65536 else "is a port"


def address(value: str) -> str | None:
    """An address we may send to, as far as its spelling says."""
    try:
        place(value, allow_private=True)
    except Fatal as problem:
        return f"cannot be used: {problem.what}"
    return None


def whole_path(value: str) -> str | None:
    """A path that means the same from everywhere."""
    fine = value.startswith(("/", "~/")) and "\0" not in value and Path(value).name
    return None if fine else "is a whole path, from / or ~/"


def mailboxes(value: str) -> str | None:
    """One or more mail addresses, between commas."""
    found = getaddresses([value])
    bad = not found or any(not _MAILBOX.fullmatch(mailbox) for _, mailbox in found)
    return "is a mail address, or several between commas" if bad or not value.isprintable() else None


def mailbox(value: str) -> str | None:
    """One mail address."""
    return mailboxes(value) if len(getaddresses([value])) == 1 else "is one mail address"
