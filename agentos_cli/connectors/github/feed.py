"""Reads repositories list by list: everything, going on where it stopped, or what has changed since.

Issues and pull requests are read oldest first, an order that does not change meanwhile, and later those that
were updated, newest first, until they are older than the last read. Of deployments the last 90 days are read,
as each takes a request of its own for its statuses; later the new ones and those that were not finished. What
was deleted, and an old release that was edited, is found by the next whole read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from urllib.parse import urlencode

from agentos_cli.connectors.fanout import interleaved, side_by_side
from agentos_cli.connectors.github.api import FIX, Api
from agentos_cli.connectors.github.streams import DEPLOYED, STREAMS, named
from agentos_cli.connectors.reading import Raw, Unreadable, instant, whole
from agentos_cli.contract import Access, Page
from agentos_cli.errors import CursorLost, Fatal

REPOSITORIES = "repositories"
SINCE, BEGAN, END = "since", "began", "end"
OLDEST = timedelta(days=90)
"""How far back deployments are read: longer than any figure looks."""
PATIENCE = timedelta(days=7)
"""After this, a deployment that was never said to be finished is not asked for again."""
AT_ONCE = 4
BY = {"issues": "updated_at", "pulls": "updated_at", "releases": "", "deployments": "created_at"}
"""By what a list is in order when changes are read; releases that are new are on its first page."""
LATEST = datetime.max.replace(tzinfo=UTC)
Order = Mapping[str, str | int]
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_OLDEST_FIRST: Order = {"state": "all", "sort": "created", "direction": "asc", "per_page": 100}
_HUNDRED: Order = {"per_page": 100}
_THIRTY: Order = {"per_page": 30}
_LAST_UPDATED: Order = {"state": "all", "sort": "updated", "direction": "desc", "per_page": 100}


def repositories(options: Mapping[str, str]) -> tuple[str, ...]:
    """The repositories to read, as the option names them. Raises Fatal when it names none, or not clearly."""
    names = [name.strip() for name in options.get(REPOSITORIES, "").split(",") if name.strip()]
    strange = [name for name in names if not _REPOSITORY.fullmatch(name)]
    if strange or not names:
        what = f"`{strange[0][:60]}` is not a repository such as acme/app" if strange else "none is named"
        raise Fatal(f"GitHub: which repositories? {what}", fix=FIX)
    return tuple(dict.fromkeys(names))


def feed(access: Access, cursors: Mapping[str, str], whole: bool) -> Iterator[Page]:
    """Every page, or those with changes. Raises SourceErrors, CursorLost among them."""
    read = _Read(Api(access), access.now, repositories(access.options), dict(cursors))
    return read.everything() if whole else read.changes()


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """The first records of each list of the first repository that has any."""
    read = _Read(Api(access), access.now, repositories(access.options), {})
    return {
        stream: next(filter(None, (read.first(stream, name) for name in read.names)), [])
        for stream in STREAMS
    }


@dataclass(frozen=True, slots=True)
class _Read:
    """One read of some repositories. `lasting` is what the next one has to know."""

    api: Api
    now: datetime
    names: tuple[str, ...]
    cursors: dict[str, str]
    lasting: dict[str, str] = field(default_factory=dict)

    def everything(self) -> Iterator[Page]:
        """All lists, those apart that were read to their end; what changed meanwhile is for the next read."""
        if self.cursors.get(_own(REPOSITORIES), self._joined()) != self._joined():
            self.cursors.clear()
        lists = [(stream, name) for stream in STREAMS for name in self.names]
        left = [each for each in lists if self.cursors.get(_own(*each)) != END]
        for page in interleaved(*(self._list(*each) for each in left), at_once=AT_ONCE):
            began = self.cursors.setdefault(_own(BEGAN), self.api.began.since())
            fixed = {_own(BEGAN): began, _own(REPOSITORIES): self._joined()}
            yield Page(page.stream, page.records, cursors={**page.cursors, **fixed}, lasting=page.lasting)
        yield self._last(self.cursors.get(_own(BEGAN)) or self.api.began.since())

    def changes(self) -> Iterator[Page]:
        """What was updated or made since the last read."""
        since = self.cursors.get(SINCE)
        if since is None or self.cursors.get(REPOSITORIES) != self._joined():
            raise CursorLost("GitHub: these repositories have not been read whole")
        moment = datetime.fromisoformat(since)
        lists = (self._changed(stream, name, moment) for stream in STREAMS for name in self.names)
        yield from interleaved(*lists, at_once=AT_ONCE)
        yield self._last(self.api.began.since())

    def first(self, stream: str, name: str) -> list[Raw]:
        """The first records of a list."""
        answer = next(self.api.listed(_address(stream, name, _OLDEST_FIRST)))
        return self._completed(stream, name, answer.records[:10])

    def _list(self, stream: str, name: str) -> Iterator[Page]:
        """The pages of a whole list from where the last read of it stopped."""
        own = _own(stream, name)
        if own in self.cursors:
            self.lasting[_waiting(name)] = self.cursors.get(_waiting(name), "")
        address = self.cursors.get(own) or _address(stream, name, _OLDEST_FIRST)
        oldest = self.now - OLDEST if stream == "deployments" else None
        for answer in self.api.listed(address):
            found, more = _until("created_at", oldest, answer.records)
            kept = self._completed(stream, name, found)
            after = answer.after if more else None
            waiting = {_waiting(name): self.lasting[_waiting(name)]} if stream == "deployments" else {}
            yield Page(stream, kept, cursors={own: after or END}, lasting=waiting)
            if after is None:
                return

    def _changed(self, stream: str, name: str, since: datetime) -> Iterator[Page]:
        """The pages of a list with what changed; none if its first page is as it was."""
        tag, by, oldest = self.cursors.get(_tag(stream, name), ""), BY[stream], since
        if stream == "deployments" and (waiting := self.cursors.get(_waiting(name))):
            tag, oldest = "", min(since, datetime.fromisoformat(waiting))
        first = self.api.first(_address(stream, name, _LAST_UPDATED), tag)
        self.lasting[_tag(stream, name)] = first.tag
        if first.page is None:
            return
        rest = self.api.listed(first.page.after) if first.page.after else ()
        for answer in chain([first.page], rest):
            found, more = _until(by, oldest, answer.records)
            yield Page(stream, self._completed(stream, name, found))
            if not more:
                return

    def _completed(self, stream: str, name: str, raws: Iterable[object]) -> list[Raw]:
        """The records as they are kept: named; deployments with their statuses; of issues those that are no
        pull requests, since GitHub lists both (https://docs.github.com/en/rest/issues/issues)."""
        found = [raw for raw in raws if isinstance(raw, Mapping)]
        if stream == "issues":
            found = [raw for raw in found if raw.get("pull_request") is None]
        if stream == "deployments":
            found = self._with_statuses(name, found)
        return [named(stream, name, raw) for raw in found]

    def _with_statuses(self, name: str, found: Sequence[Raw]) -> list[Raw]:
        """Deployments with their latest statuses; keeps in mind since when one has been waited for."""
        asked = (self._statuses(name, raw) for raw in found)
        answers = list(zip(found, side_by_side(*asked), strict=True))
        open_ones = [
            at for raw, told in answers if (at := _unfinished(raw, told)) and at > self.now - PATIENCE
        ]
        self.lasting.setdefault(_waiting(name), "")
        if open_ones:
            self.lasting[_waiting(name)] = min(open_ones).isoformat()
        return [{**raw, "statuses": told} for raw, told in answers]

    def _statuses(self, name: str, raw: Raw) -> Iterator[object]:
        """https://docs.github.com/en/rest/deployments/statuses#list-deployment-statuses"""
        try:
            number = whole(raw, "id")
        except Unreadable:
            return  # the deployment itself will be skipped, with the reason
        yield from next(self.api.listed(f"repos/{name}/deployments/{number}/statuses?per_page=10")).records

    def _joined(self) -> str:
        return ",".join(sorted(self.names))

    def _last(self, since: str) -> Page:
        """What ends a read: from where the next one asks for changes."""
        return Page("issues", (), lasting={**self.lasting, SINCE: since, REPOSITORIES: self._joined()})


def _address(stream: str, name: str, order: Order) -> str:
    """Releases and deployments come in one order only: newest first."""
    wanted = {"releases": _HUNDRED, "deployments": _THIRTY}.get(stream, order)
    return f"repos/{name}/{stream}?{urlencode(wanted)}"


def _until(by: str, oldest: datetime | None, raws: Sequence[object]) -> tuple[list[object], bool]:
    """The records that are no older, and whether the next page may have more of them."""
    found = [raw for raw in raws if oldest is None or not by or _instant(raw, by) >= oldest]
    return found, bool(by) and len(found) == len(raws)


def _instant(raw: object, by: str) -> datetime:
    """One that cannot be read is of the latest, so that the record is looked at."""
    try:
        return instant(raw, by) if isinstance(raw, Mapping) else LATEST
    except Unreadable:
        return LATEST


def _unfinished(raw: Raw, statuses: Sequence[object]) -> datetime | None:
    """When a deployment was made of which nothing final is known."""
    words = {each.get("state") for each in statuses if isinstance(each, Mapping)}
    if any(DEPLOYED.get(str(word)) in ("succeeded", "failed") for word in words):
        return None
    at = _instant(raw, "created_at")
    return None if at == LATEST else at


def _own(*parts: str) -> str:
    """The name of a cursor that ends with the read."""
    return ":".join(("read", *parts))


def _tag(stream: str, name: str) -> str:
    return f"tag:{stream}:{name}"


def _waiting(name: str) -> str:
    return f"waiting:{name}"
