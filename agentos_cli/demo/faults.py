"""Faults to order, per source.

    order  = source "=" kind [":" value] ["%" share] ["*" times]     source: stripe | hubspot | linear
    orders = order *("," order)

`stripe=status:503` answers every Stripe request with 503, `stripe=status:503%30` three of ten of them;
`hubspot=ratelimit:5*2` limits the next two requests for 5 seconds each and then recovers. Over HTTP, as
JSON: {"stripe": "status:503"}.

| kind | what the client sees |
|---|---|
| latency:SECONDS | the right answer, late |
| status:CODE | an error of the vendor's own shape (400 to 599) |
| dead:TEXT | 500 for each request whose path, or whose query, has the text in it: one endpoint is dead |
| ratelimit[:SECONDS] | too many requests, with when to come back (2 seconds if not said) |
| ratelimit-bare | too many requests, nothing else |
| unauthorized, expired | the key is refused, or was good once |
| timeout | headers never come; the connection stays open |
| truncate | half the body, then the end |
| html | 200 with a log-in page |
| reset | the connection is reset |
| down | the connection is closed without a word |
| loop | right pages, but a cursor that never ends |
| gzip-bomb | 200 with half a megabyte that becomes a hundred |
| duplicate | every record of a page comes twice |
| shift | pages that move while they are read: each begins with the record that ended the last |
| enum | words that nobody has heard of, for every status, state, stage and type |
| nan, bigint, dupkey, deep, surrogate | the right answer, and in it NaN, a number of 5,000 digits, a key |
| | twice, 5,000 brackets one in the other, half a character |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from agentos_cli.errors import UsageProblem

SOURCES = ("stripe", "hubspot", "linear")
KINDS = (
    "latency", "status", "dead", "ratelimit", "ratelimit-bare", "unauthorized", "expired",
    "timeout", "truncate", "html", "reset", "down", "loop", "gzip-bomb", "duplicate", "shift", "enum",
    "nan", "bigint", "dupkey", "deep", "surrogate",
)  # fmt: skip
_ORDER = re.compile(
    r"(?P<kind>[a-z-]+)(?::(?P<value>[0-9]+(?:\.[0-9]+)?|[A-Za-z_/][\w/.-]*))?"
    r"(?:%(?P<share>[1-9][0-9]?|100))?(?:\*(?P<times>[1-9][0-9]*))?"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One order. `value` is the number after the colon, `where` the text in its place; `times` None means
    until it is taken back, `share` of how many of a hundred requests."""

    kind: str
    value: float | None = None
    times: int | None = None
    share: int = 100
    where: str = ""

    @classmethod
    def parse(cls, text: str) -> Fault:
        """From `kind[:value][%share][*times]`. Raises UsageProblem with the reason for anything else."""
        match = _ORDER.fullmatch(text.strip())
        kind = match["kind"] if match else text
        if match is None or kind not in KINDS:
            raise UsageProblem(f"no such fault: {text}", fix=f"one of {', '.join(KINDS)}")
        value, where = _split(match["value"])
        if kind == "status" and (value is None or not 400 <= value <= 599):
            raise UsageProblem(f"status needs a code from 400 to 599: {text}", fix="status:503")
        if kind == "latency" and value is None:
            raise UsageProblem(f"latency needs seconds: {text}", fix="latency:0.3")
        if kind == "dead" and not where:
            raise UsageProblem(f"dead needs what is dead: {text}", fix="dead:/v1/invoices")
        if (where and kind != "dead") or (
            value is not None and kind not in ("status", "latency", "ratelimit")
        ):
            raise UsageProblem(f"{kind} takes no such value: {text}", fix=kind)
        times = int(match["times"]) if match["times"] else None
        return cls(kind, value, times, int(match["share"] or 100), where)

    def __str__(self) -> str:
        """As it was ordered."""
        value = self.where if self.value is None else f"{self.value:g}"
        share, times = ("" if self.share == 100 else f"%{self.share}"), self.times
        return f"{self.kind}{':' if value else ''}{value}{share}" + (f"*{times}" if times else "")

    def strikes(self, number: int, path: str, body: bytes) -> bool:
        """Whether it falls upon request `number` of its source: in turn, so that it is the same each time."""
        if self.where and self.where not in path and self.where.encode() not in body:
            return False
        return number * 61 % 100 < self.share


def _split(value: str | None) -> tuple[float | None, str]:
    if value is None:
        return None, ""
    return (float(value), "") if value[0].isdigit() else (None, value)


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
