"""Reads HubSpot page by page: everything, going on where it stopped, or what has changed since.

The lists are read side by side, each with a cursor of its own. Owners and pipelines are few, and are read
whole each time. Changes are found by searching; a search tells neither of a deal's past nor of the companies
of deals and tickets, so these are asked for once more. It does not tell what was deleted, either: the list
of archived objects is in the order of their ids, so it would have to be read whole. The next whole read of
the source finds out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice

from agentos_cli.connectors.fanout import interleaved, side_by_side
from agentos_cli.connectors.hubspot.api import Api
from agentos_cli.connectors.hubspot.history import TRACKED
from agentos_cli.connectors.hubspot.streams import EFFORT, properties
from agentos_cli.connectors.paging import Page as Answer
from agentos_cli.connectors.reading import Raw
from agentos_cli.contract import Access, Page
from agentos_cli.errors import CursorLost

SINCE, BEGAN = "since", "began"
END = "end"
"""The cursor of a list that was read to its end."""
LISTS = {
    "owners": "/crm/v3/owners",
    "deal_pipelines": "/crm/v3/pipelines/deals",
    "ticket_pipelines": "/crm/v3/pipelines/tickets",
}
Part = Callable[[str, str | None], Iterator[Answer]]
"""The pages of the list that is named, behind a cursor."""
OBJECTS = ("companies", "deals", "contacts", "tickets")


def feed(access: Access, cursors: Mapping[str, str], whole: bool) -> Iterator[Page]:
    """Every page, or those with changes. Raises SourceErrors, CursorLost among them."""
    source = _Source(access)
    return source.everything(cursors) if whole else source.changes(cursors)


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """The first page of each list."""
    source, names = _Source(access), (*LISTS, *OBJECTS)
    first = side_by_side(*(islice(source.listed(name, None), 1) for name in names))
    return {name: answers[0].records for name, answers in zip(names, first, strict=True)}


class _Source:
    """One read of an account. The property with the effort is kept under a name of our own, so another one
    means that all has to be read again."""

    def __init__(self, access: Access) -> None:
        self._api = Api(access)
        self._effort = access.options.get("effort_property", "")

    def everything(self, cursors: Mapping[str, str]) -> Iterator[Page]:
        """All lists; what changes meanwhile is for the next read."""
        if cursors.get(EFFORT, self._effort) != self._effort:
            cursors = {}
        return self._read(self.listed, cursors)

    def changes(self, cursors: Mapping[str, str]) -> Iterator[Page]:
        """The short lists, and the objects that were modified since the last read."""
        since = cursors.get(SINCE)
        if since is None or cursors.get(EFFORT, "") != self._effort:
            raise CursorLost("HubSpot was not read whole with these settings")
        return self._read(partial(self._changed, datetime.fromisoformat(since)), cursors)

    def _read(self, part: Part, cursors: Mapping[str, str]) -> Iterator[Page]:
        """The pages of all parts, those apart that an earlier run read to their end."""
        left = [name for name in (*LISTS, *OBJECTS) if cursors.get(name) != END]
        for name, answer in interleaved(*(_named(name, part(name, cursors.get(name))) for name in left)):
            began = cursors.get(BEGAN) or self._api.began.since()
            reached = {name: answer.after or END, BEGAN: began, EFFORT: self._effort}
            yield Page(name, answer.records, cursors=reached)
        since = cursors.get(BEGAN) or self._api.began.since()
        yield Page("owners", (), lasting={SINCE: since, EFFORT: self._effort})

    def listed(self, name: str, after: str | None) -> Iterator[Answer]:
        """The pages of one list behind a cursor."""
        if name == "owners":
            return self._api.listed(LISTS[name], after, limit=100)
        if name in LISTS:
            return self._api.listed(LISTS[name], after)
        history = TRACKED if name == "deals" else ()
        firms = "companies" if name in ("deals", "tickets") else ""
        answers = self._api.objects(name, self._properties(name), after, history=history, associations=firms)
        if name != "deals":
            return answers
        return (Answer([self._kept(raw) for raw in answer.records], answer.after) for answer in answers)

    def _changed(self, since: datetime, name: str, after: str | None) -> Iterator[Answer]:
        """The pages of objects of a kind that were modified since, whole; a short list as it is."""
        if name in LISTS:
            yield from self.listed(name, after)
            return
        complete: Callable[[Sequence[object]], Sequence[object]] = {
            "deals": self._deals, "tickets": self._tickets,
        }.get(name, list)  # fmt: skip
        for answer in self._api.changed(name, self._properties(name), since, after):
            yield Answer(complete(answer.records), answer.after)

    def _deals(self, found: Sequence[object]) -> Sequence[object]:
        ids = _ids(found)
        deals = self._api.read("deals", ids, self._properties("deals"), TRACKED)
        return [self._kept(raw) for raw in self._belonging("deals", ids, list(deals))]

    def _tickets(self, found: Sequence[object]) -> Sequence[object]:
        return self._belonging("tickets", _ids(found), found)

    def _belonging(self, kind: str, ids: Sequence[str], raws: Sequence[object]) -> Sequence[object]:
        """The objects with their companies, as a list would have them."""
        firms = self._api.companies_of(kind, ids) if ids else {}
        return [_associated(raw, firms) for raw in raws]

    def _properties(self, name: str) -> tuple[str, ...]:
        effort = (self._effort,) if name == "deals" and self._effort else ()
        return (*properties(name), *effort)

    def _kept(self, raw: object) -> object:
        """A deal with the property that has the effort under the declared name."""
        inside = raw.get("properties") if isinstance(raw, Mapping) else None
        if not self._effort or not isinstance(raw, Mapping) or not isinstance(inside, Mapping):
            return raw
        return {**raw, EFFORT: inside.get(self._effort)}


def _named(name: str, answers: Iterable[Answer]) -> Iterator[tuple[str, Answer]]:
    return ((name, answer) for answer in answers)


def _ids(raws: Sequence[object]) -> list[str]:
    found = (raw.get("id") for raw in raws if isinstance(raw, Mapping))
    return list(dict.fromkeys(each for each in found if isinstance(each, str)))


def _associated(raw: object, firms: Mapping[str, Sequence[str]]) -> object:
    if not isinstance(raw, Mapping) or raw.get("id") not in firms:
        return raw
    rows: list[Raw] = [{"id": each} for each in firms[str(raw["id"])]]
    return {**raw, "associations": {"companies": {"results": rows}}}
