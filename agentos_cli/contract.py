"""What a connector is: a module with a few functions, of one of two sorts.

A source that is read whole each time (a small one, or one that cannot say what changed):

    def fetch(access: Access) -> Iterator[Batch]     every record the agents read, all pages

A source that can be read in parts, however large it is, and goes on where it stopped:

    STREAMS: Mapping[str, Stream]                    what it lists, and the fields of it that are read
    def feed(access, cursors, whole) -> Iterator[Page]   one answer after another, each with its cursor
    def derive(found: Found, access) -> Iterator[Batch]  the nouns of a few groups of records; asks nothing

Both sorts:

    def check(access: Access) -> str                 one cheap call; one line about the account
    def account(access: Access) -> Mapping[str, str] one cheap call; what `page` has to know of the account,
                                                     kept among the connection's options
    def page(kind, record_id, options) -> str | None where the vendor shows a record; nothing is asked
    def sample(access) -> Mapping[str, Sequence[object]]   by stream, its first raw records, to compare with
    FIELDS: Mapping[str, Fields]                     by stream, the fields that are read (as STREAMS says)

A connector that reads a folder has one more:

    def observed(options) -> Mapping[str, datetime]  by kind, when its file was last changed

All raise only `SourceError`s (see `agentos_cli.errors`). One strange record is a `Skipped`, never an
exception: it is counted and told. Vendor JSON does not leave the module, but for `Page`s: of these the
declared fields are kept, so that a sync can go on after a crash and tell what changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentos_cli.http import Http
    from agents.nouns import Noun

Raw = Mapping[str, object]
"""An object as the vendor's JSON gives it."""
Fields = Mapping[str, object]
"""The fields of an object that are read; see `agentos_cli.connectors.fields`."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How one tenant reaches one source, as stored: `credential` is a reference (`env:NAME`,
    `keyring:NAME`, `file:NAME`), never the secret. `base_url` None means the vendor's own address."""

    source: str
    credential: str | None
    base_url: str | None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Login:
    """Where a vendor lets a user's application in (OAuth 2); None where it has no such way in. `scopes` are
    those that reading takes, joined with `scope_sign`."""

    token_url: str
    authorize_url: str | None = None
    device_url: str | None = None
    revoke_url: str | None = None
    scopes: tuple[str, ...] = ()
    scope_sign: str = " "


@dataclass(frozen=True, slots=True)
class Access:
    """What a connector is handed. `secret` is the resolved key ("" for sources without one); it must only go
    into request headers. `options` are the connection's own (`folder`, `effort_property`); `zone` is the
    company's, for the calendar day of an instant; `source` the name that the records carry."""

    http: Http
    secret: str = field(repr=False)
    base_url: str
    options: Mapping[str, str]
    now: datetime
    currency: str
    zone: tzinfo = UTC
    source: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """One record that could not be read. `where` is a vendor id or `file.csv:12`; `why` one line. `aside`: it
    could be read, and does not count; such records never mean that the vendor's format has changed."""

    kind: str
    where: str
    why: str
    aside: bool = field(default=False, compare=False)


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


# ── sources that are read in parts ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Stream:
    """One list of a vendor. `fields` are what is read and kept of a record, `key` names its id.

    `group` says with which other records one must be seen to be understood (a customer's id, for all that
    belongs to a customer). None: it is `shared`, needed to understand any other (stages, coupons); when one
    of these changes, everything is derived anew. Whatever `group` raises makes the record a group alone.
    """

    fields: Fields
    group: Callable[[Raw], str] | None
    key: str = "id"


@dataclass(frozen=True, slots=True)
class Page:
    """What one request brought of one stream. Kept in one transaction together with its cursors, so that a
    sync that dies goes on behind the last page.

    `gone` are ids that are no more. `cursors` say, by name, where this read goes on (a feed has as many as
    it reads parts side by side, and says in its own words that a part is done); they end with the read.
    `lasting` ones outlive it: from where the next read asks for changes. `total`, where the vendor tells
    it, is how many records of the stream there will be in all.
    """

    stream: str
    records: Sequence[object]
    gone: Sequence[str] = ()
    cursors: Mapping[str, str] = field(default_factory=dict)
    lasting: Mapping[str, str] = field(default_factory=dict)
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Some groups of records, whole: by stream, what is kept of each. `shared` are all records of the shared
    streams; in the one part where `first` is true their own nouns are made, too."""

    records: Mapping[str, Sequence[Raw]]
    shared: Mapping[str, Sequence[Raw]]
    first: bool


Feed = Callable[[Access, Mapping[str, str], bool], Iterator[Page]]
"""`feed(access, cursors, whole)`: one page after another, in any order of streams. `cursors` are those kept
so far, lasting or not. `whole`: read everything, going on where an earlier whole read stopped ({}: from the
start); a record that does not come in it is gone. Else: read what has changed since the lasting cursors;
raises `CursorLost` when the vendor can no longer say, and the source is read whole."""
Derive = Callable[[Found, Access], Iterator[Batch]]
Sample = Callable[[Access], Mapping[str, Sequence[object]]]

Fetch = Callable[[Access], Iterator[Batch]]
Check = Callable[[Access], str]
Account = Callable[[Access], Mapping[str, str]]
Observed = Callable[[Mapping[str, str]], Mapping[str, datetime]]
