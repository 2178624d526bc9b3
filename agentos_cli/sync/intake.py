"""Takes the pages of a feed and keeps them: declared fields only, many pages in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import orjson

from agentos_cli.clock import monotonic
from agentos_cli.connectors.catalogue import Spec
from agentos_cli.connectors.fields import keeper
from agentos_cli.connectors.reading import LONGEST_ID, clean, name_of
from agentos_cli.contract import Page, Raw, Skipped, Stream
from agentos_cli.store.staging import Pages, Progress, Staging
from agentos_cli.sync.job import broken

RECORDS, SECONDS = 2_000, 1.0
"""After how many records, or how long, what came is kept: so much is read again after a crash."""


class Unkept(Exception):
    """Why a record cannot be kept, as one line."""


class Packing:
    """How the records of one stream are kept."""

    def __init__(self, stream: Stream) -> None:
        self._keep = keeper(stream.fields)
        self._group, self._key = stream.group, stream.key

    def __call__(self, raw: object) -> tuple[str, str, str]:
        """Its id, its part and the JSON of its declared fields. Raises Unkept."""
        if not isinstance(raw, dict):
            raise Unkept(f"it is no object but a {type(raw).__name__}")
        name = _usable(raw.get(self._key))
        if name is None:
            raise Unkept(f"its {self._key} is no id")
        kept = self._keep(raw)
        try:
            return name, self._part(kept, name), body_of(kept)
        except (TypeError, ValueError, RecursionError):
            raise Unkept("it holds what no JSON holds") from None

    def _part(self, kept: Raw, name: str) -> str:
        """Whatever is wrong with a group makes the record a group alone."""
        if self._group is None:
            return ""
        try:
            return _usable(self._group(kept)) or name
        except Exception:
            return name


@dataclass(slots=True)
class Intake:
    """What came of one source and is not kept yet. `heard` is told of each page."""

    spec: Spec
    streams: Mapping[str, Stream]
    staging: Staging
    progress: Progress
    heard: Callable[[Page], None]
    pages: int = 0
    records: int = 0
    _packing: Mapping[str, Packing] = field(init=False)
    _waiting: dict[tuple[str, str], tuple[str, str] | None] = field(default_factory=dict)
    _cursors: dict[str, str] = field(default_factory=dict)
    _lasting: dict[str, str] = field(default_factory=dict)
    _skipped: list[Skipped] = field(default_factory=list)
    _kept_at: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        self._packing = {name: Packing(stream) for name, stream in self.streams.items()}

    def take(self, page: Page) -> None:
        """Keep a page, if need be together with those that come soon after it."""
        if not isinstance(page, Page) or page.stream not in self._packing:
            found = getattr(page, "stream", type(page).__name__)
            raise broken(self.spec, f"it brought a page of {found}, which is none of its streams")
        stream, pack = page.stream, self._packing[page.stream]
        for number, raw in enumerate(page.records, start=1):
            try:
                name, part, body = pack(raw)
            except Unkept as why:
                where = f"{stream} {name_of(raw, number)}"
                self._skipped.append(Skipped(self.spec.kinds[0], where, str(why)))
                continue
            self._waiting[stream, name] = part, body
        self._waiting |= dict.fromkeys((stream, str(name)) for name in page.gone)
        self._cursors |= page.cursors
        self._lasting |= page.lasting
        self.pages += 1
        self.records += len(page.records)
        self.heard(page)
        if len(self._waiting) >= RECORDS or monotonic() - self._kept_at >= SECONDS:
            self.flush()

    def flush(self) -> None:
        """Keep all that came so far."""
        if self._waiting or self._cursors or self._lasting or self._skipped:
            found = Pages(self._waiting, self._cursors, self._lasting, self._skipped)
            self.staging.keep(found, self.progress)
        self._waiting, self._cursors, self._lasting, self._skipped = {}, {}, {}, []
        self._kept_at = monotonic()


def body_of(kept: Raw) -> str:
    """A record as JSON, numbers to the last digit. Raises TypeError for what no JSON holds."""
    return orjson.dumps(kept, default=_spelled).decode()


def _spelled(value: object) -> orjson.Fragment:
    """Exact numbers as they are; nothing else is JSON that has not been written already."""
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value))
    raise TypeError


def _usable(value: object) -> str | None:
    """An id as it is kept; a whole number is one, too."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    usable = isinstance(value, str) and 0 < len(value) <= LONGEST_ID and clean(value) == value
    return value if isinstance(value, str) and usable else None
