"""Sources that others have written. Their code runs in a guest process; this is our side of the talk.

`access.options["about"]` says which module it is (see `catalogue.about`). Whatever comes back is checked:
lines, sizes, JSON, nouns. Whatever goes wrong is a `SourceError` with one line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from weakref import WeakKeyDictionary, finalize
from zoneinfo import ZoneInfo

from agentos_cli.connectors import reading
from agentos_cli.connectors.catalogue import ABOUT, LIFE, Spec
from agentos_cli.connectors.guest import description
from agentos_cli.connectors.guest.nouns import loose, unpacked
from agentos_cli.connectors.guest.process import Guest
from agentos_cli.connectors.reading import Unreadable, clean
from agentos_cli.contract import Access, Batch, Fields, Found, Page, Raw, Skipped, Stream
from agentos_cli.errors import CredentialRefused, CursorLost, Fatal, RateLimited, Retryable, SourceError
from agentos_cli.http import Http
from agentos_cli.http.elsewhere import elsewhere, patience
from agentos_cli.http.strict import NotJsonError, strict_json
from agents.nouns import NOUNS, Noun

MOST_BYTES = 32 * 1024**2
"""How much a connector may bring that is read whole."""
MOST_PAGES = 4 * 1024**3
"""How much one may bring that is read in parts: of it only a page is held at a time."""
LITTLE = 4 * 1024**2
DESCRIBING = 20.0
"""Seconds for a package to be imported and to say what it is."""
MOST_OPTIONS = 20

BY_KIND: dict[str, type[Noun]] = {noun.kind: noun for noun in NOUNS}
ERRORS: dict[str, type[SourceError]] = {
    each.__name__: each for each in (Retryable, CursorLost, Fatal, CredentialRefused)
}


def found(name: str) -> Spec | None:
    """The source `name` of an installed package, as the package describes it; None where there is none.

    Raises Fatal for a package that cannot be imported or describes itself wrongly.
    """
    module = description.installed().get(name)
    if module is None:
        return None
    asked = {"ask": "describe", "module": module, "source": name, "title": name, "seconds": DESCRIBING}
    with Guest(name) as guest:
        return description.checked(name, module, _Talk(name, asked, guest, LITTLE).said())


def offered(name: str, module: str) -> Spec:
    """An installed source that is not connected, by its metadata alone: nothing of it was asked."""
    return Spec(name, name, description.GUEST, (), LIFE, "nothing", "", f"the package of {module}")


def streams_of(spec: Spec) -> Mapping[str, Stream] | None:
    """What a source reads in parts, as its connection tells it."""
    return description.streams(spec.told)


def fields_of(spec: Spec) -> Mapping[str, Fields]:
    """By stream, the fields that a source reads."""
    return description.fields(spec.told)


# ── what a connector does ────────────────────────────────────────────────────────────────────────


def check(access: Access) -> str:
    """What the source says of the account, in one line."""
    with _asking("check", access, LITTLE) as talk:
        said = talk.said()
    if not isinstance(said, str) or not clean(said):
        raise talk.broken("`check` says nothing")
    return clean(said)[:200]


def account(access: Access) -> Mapping[str, str]:
    """What links need to know of the account."""
    with _asking("account", access, LITTLE) as talk:
        said = talk.said()
    if not isinstance(said, Mapping) or len(said) > MOST_OPTIONS:
        raise talk.broken("`account` gives no options")
    return {clean(str(name)): clean(str(value)) for name, value in said.items() if name != ABOUT}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """Where a record is to be seen at the vendor: the package says it once, and no process is started."""
    return description.page(json.loads(options.get(ABOUT, "{}")), kind, record_id)


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """By stream, its first raw records; nothing from a connector that gives no sample."""
    with _asking("sample", access, LITTLE * 4) as talk:
        said = talk.said()
    if not isinstance(said, Mapping) or not all(isinstance(each, list) for each in said.values()):
        raise talk.broken("`sample` gives no lists of records")
    return said


def fetch(access: Access) -> Iterator[Batch]:
    """All records, once the guest has brought the last: half of them would look like the whole."""
    batches: dict[str, Batch] = {}
    with _asking("fetch", access, MOST_BYTES) as talk:
        for batch in talk.batches():
            kind = batch.noun.kind
            if kind in batches:
                raise talk.broken(f"it brought its {kind} records twice")
            if batch.skipped and not batch.records:
                raise reading.none_read(talk.title, kind, len(batch.skipped), batch.skipped[0])
            batches[kind] = batch
    yield from batches.values()


def feed(access: Access, cursors: Mapping[str, str], whole: bool) -> Iterator[Page]:
    """One page after another, each record in an envelope with its id and group."""
    with _asking("feed", access, MOST_PAGES, cursors=dict(cursors), whole=whole) as talk:
        yield from talk.pages()


def derive(found: Found, access: Access) -> Iterator[Batch]:
    """The nouns of a few groups. The guest gets the records without their envelopes, and nothing else."""
    asked = {
        "records": {name: _unwrapped(records) for name, records in found.records.items()},
        "shared": {name: _unwrapped(records) for name, records in found.shared.items()},
        "first": found.first,
    }
    seconds = patience(access.http)
    title, request = _request("derive", access, seconds, **asked)
    try:
        yield from list(_Talk(title, request, _deriving(title, access.http), MOST_BYTES).batches())
    except SourceError:
        _DERIVING.pop(access.http).close()
        raise


_DERIVING: WeakKeyDictionary[Http, Guest] = WeakKeyDictionary()
"""The guests that make nouns: one for each read of a source, since a group is small and a process is not."""


def _deriving(title: str, http: Http) -> Guest:
    """The guest that makes the nouns of this read; it ends with the read."""
    if http not in _DERIVING:
        _DERIVING[http] = guest = Guest(title)
        finalize(http, guest.close)
    return _DERIVING[http]


def _unwrapped(records: Sequence[Raw]) -> list[object]:
    return [loose(each["record"]) for each in records]


# ── the talk ─────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _asking(ask: str, access: Access, most: int, **more: object) -> Iterator[_Talk]:
    """A guest that calls the vendor: its run counts for the source's circuit breaker."""
    with elsewhere(access.http) as seconds:
        title, request = _request(ask, access, seconds, **more)
        with Guest(title) as guest:
            yield _Talk(title, request, guest, most)


def _request(ask: str, access: Access, seconds: float, **more: object) -> tuple[str, Mapping[str, Any]]:
    about: Mapping[str, str] = json.loads(access.options.get(ABOUT, "{}"))
    if "plugin" not in about:
        raise Fatal(
            f"nothing tells who wrote the source {access.source}", fix=f"agentos connect {access.source}"
        )
    title = about.get("title", access.source)
    return title, {
        **more,
        "ask": ask,
        "module": about["plugin"],
        "title": title,
        "source": access.source,
        "kinds": about.get("kinds", "").split(),
        "secret": access.secret,
        "base_url": access.base_url,
        "options": {name: value for name, value in access.options.items() if name != ABOUT},
        "now": access.now.isoformat(),
        "currency": access.currency,
        "zone": access.zone.key if isinstance(access.zone, ZoneInfo) else "UTC",
        "seconds": seconds,
    }


@dataclass(frozen=True, slots=True)
class _Talk:
    """One guest and what it is asked; it may answer with `most` bytes."""

    title: str
    asked: Mapping[str, Any]
    guest: Guest
    most: int

    def broken(self, how: str) -> Fatal:
        """The error for an answer that is none."""
        return Fatal(f"the {self.title} connector broke: {clean(how)}"[:300])

    def said(self) -> object:
        """The answer to a question that has one."""
        (line,) = self._all(1)
        return line.get("says")

    def _all(self, count: int) -> list[Raw]:
        lines = list(self.lines())
        if len(lines) != count:
            raise self.broken(f"it answered with {len(lines)} lines")
        return lines

    def lines(self) -> Iterator[Raw]:
        """Line by line up to the one that says that it is done; an error of the guest is raised here."""
        request = (json.dumps(self.asked) + "\n").encode()
        for text in self.guest.lines(request, self.asked["seconds"], self.most):
            try:
                line = strict_json(text)
            except NotJsonError as problem:
                raise self.broken(f"it sent a line that is not valid JSON: {problem}") from None
            if not isinstance(line, Mapping):
                raise self.broken("it sent a line that is not an object")
            if "error" in line:
                raise self._error(line)
            if "done" in line:
                return
            yield line
        raise self.broken(self.guest.how_it_ended())

    def _error(self, line: Raw) -> SourceError:
        what = clean(str(line.get("what"))) or "it failed and does not say why"
        fix = clean(str(line["fix"])) if line.get("fix") else None
        if line["error"] == "RateLimited":
            soon = datetime.fromisoformat(self.asked["now"]) + timedelta(minutes=1)
            return RateLimited(what, not_before=_instant(line, "until") or soon, fix=fix)
        return ERRORS.get(str(line["error"]), Fatal)(what, fix=fix)

    # ── nouns ────────────────────────────────────────────────────────────────────────────────────

    def batches(self) -> Iterator[Batch]:
        """The batches in its answer."""
        lines = self.lines()
        for head in lines:
            yield self._batch(head, lines)

    def _batch(self, head: Raw, lines: Iterator[Raw]) -> Batch:
        kind, count, left_out = head.get("batch"), head.get("count"), head.get("skipped")
        if not isinstance(kind, str) or kind not in self.asked["kinds"] or kind not in BY_KIND:
            raise self.broken(f"it brought {str(kind)[:40]}, which is none of its kinds")
        if not isinstance(count, int) or not isinstance(left_out, list):
            raise self.broken(f"it brought a {kind} batch without its records")
        skipped = [self._skipped(kind, each) for each in left_out]
        read: dict[str, Noun] = {}
        for number, raw in enumerate(self._these(kind, count, lines), start=1):
            try:
                record = self._record(BY_KIND[kind], raw)
                read[record.id] = record
            except Unreadable as problem:
                skipped.append(Skipped(kind, reading.name_of(raw, number), str(problem)))
        seen, caution = head.get("observed_at"), head.get("caution")
        return Batch(
            BY_KIND[kind],
            tuple(read.values()),
            tuple(skipped),
            _instant(head, "observed_at") if seen else None,
            clean(str(caution)) if caution else None,
        )

    def _these(self, kind: str, count: int, lines: Iterator[Raw]) -> Iterator[object]:
        """So many records, from as many lines as they take."""
        while count > 0:
            some = next(lines, {}).get("records")
            if not isinstance(some, list) or not 0 < len(some) <= count:
                raise self.broken(f"it brought other than the {kind} records that it announced")
            count -= len(some)
            yield from some

    def _record(self, noun: type[Noun], raw: object) -> Noun:
        record = unpacked(noun, raw)
        if record.source != self.asked["source"]:
            raise self.broken(
                f"the {noun.kind} {record.id[:40]} says that it comes from {record.source[:40]}"
            )
        return record

    def _skipped(self, kind: str, told: object) -> Skipped:
        """What the connector left out itself; of the kind that it is told with."""
        if not isinstance(told, list) or len(told) != 3:
            raise self.broken(f"it says of a {kind} record that it was left out, but not why")
        _, where, why = (clean(str(each)) for each in told)
        return Skipped(kind, where[: reading.LONGEST_ID], why[:300])

    # ── pages ────────────────────────────────────────────────────────────────────────────────────

    def pages(self) -> Iterator[Page]:
        """The pages in its answer."""
        waiting: list[object] = []
        for line in self.lines():
            if "these" in line:
                these = line["these"]
                if not isinstance(these, list):
                    raise self.broken("it brought no records")
                waiting += [self._envelope(each) for each in these]
            else:
                yield self._page(line, waiting)
                waiting = []

    def _envelope(self, told: object) -> Raw:
        if not isinstance(told, list) or len(told) != 3:
            raise self.broken("it brought a record without its place")
        return {"id": told[0], "group": told[1], "record": told[2]}

    def _page(self, line: Raw, records: Sequence[object]) -> Page:
        stream, gone, total = line.get("page"), line.get("gone"), line.get("total")
        if not isinstance(stream, str) or not isinstance(gone, list):
            raise self.broken("it brought a page of no stream")
        return Page(
            stream,
            records,
            [str(each) for each in gone],
            self._cursors(line, "cursors"),
            self._cursors(line, "lasting"),
            total if isinstance(total, int) else None,
        )

    def _cursors(self, line: Raw, name: str) -> dict[str, str]:
        found = line.get(name)
        if not isinstance(found, Mapping) or not all(isinstance(each, str) for each in found.values()):
            raise self.broken(f"its {name} are no texts")
        return cast("dict[str, str]", dict(found))


def _instant(line: Raw, key: str) -> datetime | None:
    try:
        return reading.instant(line, key)
    except Unreadable:
        return None
