"""Reads Ashby list by list: everything, going on where it stopped, or what its tokens say has changed.

Each application takes a request of its own for the stages it went through, so leads, and what was archived
more than a year ago, are left out. Interview stages are few and have no token: they are read each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from agentos_cli.connectors.ashby.api import Answer, Api
from agentos_cli.connectors.fanout import interleaved, side_by_side
from agentos_cli.connectors.reading import Raw, Unreadable, ident, instant
from agentos_cli.contract import Access, Page
from agentos_cli.errors import CursorLost

LISTS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "departments": ("department.list", {"includeArchived": True}),
    "jobs": ("job.list", {"expand": ["openings"]}),
    "applications": ("application.list", {}),
    "offers": ("offer.list", {}),
}
"""https://developers.ashbyhq.com/reference/departmentlist, .../joblist, .../applicationlist, .../offerlist"""
END = "end:"
"""How the cursor of a list begins that was read to its end; its token follows."""
OLDEST = timedelta(days=365)
"""How far back archived applications are read: as far as hiring figures look."""


def feed(access: Access, cursors: Mapping[str, str], whole: bool) -> Iterator[Page]:
    """Every page, or those with changes. Raises SourceErrors, CursorLost among them."""
    read = _Read(Api(access), access.now)
    return read.everything(cursors) if whole else read.changes(cursors)


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """The first records of each list."""
    read = _Read(Api(access), access.now)
    first = {name: next(read.listed(name, None)).records for name in LISTS}
    return {**first, "stages": list(islice(read.stages(), 10))}


@dataclass(frozen=True, slots=True)
class _Read:
    """One read of an organization."""

    api: Api
    now: datetime

    def everything(self, cursors: Mapping[str, str]) -> Iterator[Page]:
        """All lists, those apart that were read to their end."""
        reached = {name: cursors[name] for name in LISTS if name in cursors}
        left = [name for name in LISTS if not reached.get(name, "").startswith(END)]
        yield Page("stages", list(self.stages()))
        for name, answer in interleaved(*(self._named(name, reached.get(name)) for name in left)):
            reached[name] = answer.after or f"{END}{answer.token}"
            yield Page(name, answer.records, cursors={name: reached[name]})
        yield _last({name: value.removeprefix(END) for name, value in reached.items()})

    def changes(self, cursors: Mapping[str, str]) -> Iterator[Page]:
        """What each list says has changed since its token."""
        tokens = {name: cursors.get(_token(name), "") for name in LISTS}
        if not all(tokens.values()):
            raise CursorLost("Ashby was never read whole")
        yield Page("stages", list(self.stages()))
        lists = (self._named(name, None, syncToken=token) for name, token in tokens.items())
        for name, answer in interleaved(*lists):
            tokens[name] = answer.token or tokens[name]
            yield Page(name, answer.records)
        yield _last(tokens)

    def listed(self, name: str, after: str | None, **body: object) -> Iterator[Answer]:
        """The pages of one list behind a cursor, applications with their way."""
        what, asked = LISTS[name]
        for answer in self.api.listed(what, after, **asked, **body):
            yield answer if name != "applications" else replace(answer, records=self._ways(answer.records))

    def stages(self) -> Iterator[Raw]:
        """The stages of every interview plan.
        https://developers.ashbyhq.com/reference/interviewstagelist"""
        for plan in self.api.every("interviewPlan.list", includeArchived=True):
            found = self.api.ask("interviewStage.list", interviewPlanId=ident(plan)).records
            yield from (raw for raw in found if isinstance(raw, Mapping))

    def _named(self, name: str, after: str | None, **body: object) -> Iterator[tuple[str, Answer]]:
        return ((name, answer) for answer in self.listed(name, after, **body))

    def _ways(self, found: Sequence[object]) -> list[Raw]:
        """The applications that count, with the stages they went through.
        https://developers.ashbyhq.com/reference/applicationlisthistory"""
        wanted = [raw for raw in found if isinstance(raw, Mapping) and self._counts(raw)]
        ways = side_by_side(*(self._way(raw) for raw in wanted))
        return [{**raw, "history": way} for raw, way in zip(wanted, ways, strict=True)]

    def _way(self, raw: Raw) -> Iterator[Raw]:
        try:
            yield from self.api.every("application.listHistory", applicationId=ident(raw))
        except Unreadable:
            return  # the application itself will be skipped, with the reason

    def _counts(self, raw: Raw) -> bool:
        if raw.get("status") == "Lead":
            return False
        try:
            return raw.get("status") != "Archived" or instant(raw, "archivedAt") >= self.now - OLDEST
        except Unreadable:
            return True


def _token(name: str) -> str:
    return f"token:{name}"


def _last(tokens: Mapping[str, str]) -> Page:
    """What ends a read: the tokens with which the next one asks."""
    return Page("departments", (), lasting={_token(name): token for name, token in tokens.items()})
