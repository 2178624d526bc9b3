"""Faults to order, per source.

    order  = source "=" kind [":" value] ["*" times]        source: stripe | hubspot | linear
    orders = order *("," order)

`stripe=status:503` answers every Stripe request with 503; `hubspot=ratelimit:5*2` limits the next two
requests for 5 seconds each and then recovers. Over HTTP, as JSON: {"stripe": "status:503"}.

| kind | what the client sees |
|---|---|
| latency:SECONDS | the right answer, late |
| status:CODE | an error of the vendor's own shape (400 to 599) |
| ratelimit[:SECONDS] | too many requests, with when to come back (2 seconds if not said) |
| ratelimit-bare | too many requests, nothing else |
| unauthorized, expired | the key is refused, or was good once |
| timeout | headers never come; the connection stays open |
| truncate | half the body, then the end |
| html | 200 with a log-in page |
| reset | the connection is reset |
| down | the connection is closed without a word |
| loop | right pages, but a cursor that never ends |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from agentos_cli.errors import UsageProblem

SOURCES = ("stripe", "hubspot", "linear")
KINDS = (
    "latency", "status", "ratelimit", "ratelimit-bare", "unauthorized", "expired",
    "timeout", "truncate", "html", "reset", "down", "loop",
)  # fmt: skip
_ORDER = re.compile(r"(?P<kind>[a-z-]+)(?::(?P<value>[0-9]+(?:\.[0-9]+)?))?(?:\*(?P<times>[1-9][0-9]*))?")


@dataclass(frozen=True, slots=True)
class Fault:
    """One order. `value` is the number after the colon; `times` None means until it is taken back."""

    kind: str
    value: float | None = None
    times: int | None = None

    @classmethod
    def parse(cls, text: str) -> Fault:
        """From `kind[:value][*times]`. Raises UsageProblem with the reason for anything else."""
        match = _ORDER.fullmatch(text.strip())
        kind = match["kind"] if match else text
        if match is None or kind not in KINDS:
            raise UsageProblem(f"no such fault: {text}", fix=f"one of {', '.join(KINDS)}")
        value = float(match["value"]) if match["value"] else None
        if kind == "status" and (value is None or not 400 <= value <= 599):
            raise UsageProblem(f"status needs a code from 400 to 599: {text}", fix="status:503")
        if kind == "latency" and value is None:
            raise UsageProblem(f"latency needs seconds: {text}", fix="latency:0.3")
        if value is not None and kind not in ("status", "latency", "ratelimit"):
            raise UsageProblem(f"{kind} takes no value: {text}", fix=kind)
        return cls(kind, value, int(match["times"]) if match["times"] else None)


@dataclass(frozen=True, slots=True)
class Faults:
    """The orders in force, by source."""

    orders: Mapping[str, Fault] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Faults:
        """From `source=order,...`; the empty text orders nothing. Raises UsageProblem."""
        pairs: dict[str, str] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            source, sign, order = part.partition("=")
            if not sign:
                raise UsageProblem(f"a fault needs a source: {part}", fix=f"stripe={part}")
            pairs[source.strip()] = order
        return cls.of(pairs)

    @classmethod
    def of(cls, pairs: Mapping[str, str]) -> Faults:
        """From a mapping of source to order, as it comes over HTTP. Raises UsageProblem."""
        for source in pairs:
            if source not in SOURCES:
                raise UsageProblem(f"no such source: {source}", fix=f"one of {', '.join(SOURCES)}")
        return cls({source: Fault.parse(order) for source, order in pairs.items()})
