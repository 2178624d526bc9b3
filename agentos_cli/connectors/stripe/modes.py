"""Keeps what is only a test in Stripe apart from what is money.

Every key and every object is of one mode: https://docs.stripe.com/keys. No list mixes them; where one does
all the same, through a proxy or a broken copy, test records are never counted as money.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from agentos_cli.connectors.reading import Raw, name_of
from agentos_cli.contract import Skipped
from agents.nouns import Noun

_KEY = re.compile(r"(?:sk|rk)_(live|test)_")

Reason = Callable[[Raw], str | None]
"""Why a record is set aside; None keeps it."""


def key_mode(key: str) -> bool | None:
    """Whether a key is a live one; None for one that does not say."""
    found = _KEY.match(key)
    return None if found is None else found[1] == "live"


def is_live(key: str, options: Mapping[str, str], lists: Iterable[Iterable[Raw]]) -> bool | None:
    """Whether the account's records are live ones: as its key says, else as was found out when it was
    connected, else as soon as one of these records is."""
    said = key_mode(key)
    if said is not None:
        return said
    if options.get("mode") in ("live", "test"):
        return options["mode"] == "live"
    seen = {raw.get("livemode") for raws in lists for raw in raws}
    return True if True in seen else False if False in seen else None


def of_other_mode(live: bool | None) -> Reason:
    """Sets aside what is not of the account's mode. A record that does not say stays."""
    strange = "test-mode record among live ones" if live else "live-mode record among test ones"

    def reason(raw: Raw) -> str | None:
        mode = raw.get("livemode")
        return strange if live is not None and isinstance(mode, bool) and mode is not live else None

    return reason


def apart(noun: type[Noun], raws: Iterable[Raw], reason: Reason) -> tuple[list[Raw], tuple[Skipped, ...]]:
    """The records to read, and those that are set aside, each with its reason."""
    kept: list[Raw] = []
    aside: list[Skipped] = []
    for number, raw in enumerate(raws, start=1):
        why = reason(raw)
        if why is None:
            kept.append(raw)
        else:
            aside.append(Skipped(noun.kind, name_of(raw, number), why, aside=True))
    return kept, tuple(aside)
