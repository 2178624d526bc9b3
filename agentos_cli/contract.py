"""What a connector is: a module with four functions.

    def fetch(access: Access) -> Iterator[Batch]     every record the agents read, all pages
    def check(access: Access) -> str                 one cheap call; one line about the account
    def account(access: Access) -> Mapping[str, str] one cheap call; what `page` has to know of the account,
                                                     kept among the connection's options
    def page(kind, record_id, options) -> str | None where the vendor shows a record; nothing is asked

A connector that reads a folder has a fifth:

    def observed(options) -> Mapping[str, datetime]  by kind, when its file was last changed

All raise only `SourceError`s (see `agentos_cli.errors`). One strange record is a `Skipped`, never an
exception: it is counted and told. Vendor JSON does not leave the module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentos_cli.http import Http
    from agents.nouns import Noun


@dataclass(frozen=True, slots=True)
class Connection:
    """How one tenant reaches one source, as stored: `credential` is a reference (`env:NAME`,
    `keyring:NAME`, `file:NAME`), never the secret. `base_url` None means the vendor's own address."""

    source: str
    credential: str | None
    base_url: str | None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Access:
    """What a connector is handed. `secret` is the resolved key ("" for sources without one); it must
    only go into request headers. `options` are the connection's own (`folder`, `effort_property`); `zone` is
    the company's, for the calendar day of an instant."""

    http: Http
    secret: str = field(repr=False)
    base_url: str
    options: Mapping[str, str]
    now: datetime
    currency: str
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Skipped:
    """One record that could not be read. `where` is a vendor id or `file.csv:12`; `why` one line."""

    kind: str
    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Batch:
    """All records of one noun from one source: the complete present state, so what is not in it is gone.

    `observed_at` is when the source itself was last changed, where that differs from the time of
    reading (a CSV file's modification time); None means now. `caution` says why all of it is not to be
    trusted though it came: "test mode: no real money".
    """

    noun: type[Noun]
    records: tuple[Noun, ...]
    skipped: tuple[Skipped, ...] = ()
    observed_at: datetime | None = None
    caution: str | None = None


Fetch = Callable[[Access], Iterator[Batch]]
Check = Callable[[Access], str]
Account = Callable[[Access], Mapping[str, str]]
Observed = Callable[[Mapping[str, str]], Mapping[str, datetime]]
