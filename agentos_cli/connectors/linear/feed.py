"""Reads Linear page by page: everything, going on where it stopped, or what has changed since.

The lists are read side by side, each with a cursor of its own. Teams, projects and cycles are few and tell
what Linear works out of their issues (their progress), so they are read whole each time.

Linear archives by itself what was closed a month to a year ago (https://linear.app/docs/archive-issues): that
is work that was done, and counts. What was archived before it was over is gone, as what is in the bin. What
was deleted for good is in no list any more: the next whole read of the source finds out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from agentos_cli.connectors.fanout import interleaved, side_by_side
from agentos_cli.connectors.linear.api import Api
from agentos_cli.connectors.linear.api import page as page_of
from agentos_cli.connectors.linear.queries import HISTORY, LISTS, changed_since
from agentos_cli.connectors.paging import Page as Answer
from agentos_cli.connectors.reading import Raw, Unreadable, ident
from agentos_cli.contract import Access, Page
from agentos_cli.errors import CredentialRefused, CursorLost, Fatal

SINCE, BEGAN = "since", "began"
END = "end"
"""The cursor of a list that was read to its end."""
OVER = ("completed", "canceled", "duplicate")
"""The types of states in which nothing more is to be done."""


def feed(access: Access, cursors: Mapping[str, str], whole: bool) -> Iterator[Page]:
    """Every page, or those with changes. Raises SourceErrors, CursorLost among them."""
    if whole:
        return _read(Api(access), cursors, {})
    if SINCE not in cursors:
        raise CursorLost("Linear was never read whole")
    return _read(Api(access), cursors, changed_since(cursors[SINCE]))


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """The first page of each list."""
    api = Api(access)
    first = side_by_side(*(islice(api.listed(query, name), 1) for name, query in LISTS.items()))
    return {name: answers[0].records for name, answers in zip(LISTS, first, strict=True)}


def _read(api: Api, cursors: Mapping[str, str], issues: Mapping[str, object]) -> Iterator[Page]:
    """All lists, those apart that an earlier run read to their end; what changes meanwhile is for the next
    read. `issues` are the variables with which these are asked for."""
    asked: Mapping[str, Mapping[str, object]] = {"issues": issues}
    left = [name for name in LISTS if cursors.get(name) != END]
    lists = (_from(api, name, cursors.get(name), asked.get(name, {})) for name in left)
    for name, answer in interleaved(*lists):
        began = cursors.get(BEGAN) or api.began.since()
        yield _page(name, answer, {name: answer.after or END, BEGAN: began})
    yield Page("teams", (), lasting={SINCE: cursors.get(BEGAN) or api.began.since()})


def _page(name: str, answer: Answer, cursors: Mapping[str, str]) -> Page:
    """What is there of an answer, and what is gone."""
    here: list[object] = []
    gone: list[str] = []
    for raw in answer.records:
        if isinstance(raw, Mapping) and isinstance(raw.get("id"), str) and _is_gone(name, raw):
            gone.append(raw["id"])
        else:
            here.append(raw)
    return Page(name, here, gone, cursors)


def _is_gone(name: str, raw: Raw) -> bool:
    return raw.get("trashed") is True or (raw.get("archivedAt") is not None and not _is_over(name, raw))


def _is_over(name: str, raw: Raw) -> bool:
    """Whether it is work that was done, or will not be. A team is no work."""
    if name == "cycles":
        return raw.get("completedAt") is not None
    state = raw.get("state" if name == "issues" else "status")
    return isinstance(state, Mapping) and state.get("type") in OVER


def _from(
    api: Api, name: str, after: str | None, variables: Mapping[str, object]
) -> Iterator[tuple[str, Answer]]:
    """A list behind a cursor; from its start, where Linear refuses the cursor of an earlier run (it names a
    record, which may be gone)."""
    answers = _list(api, name, after, variables)
    try:
        first = next(answers)
    except CredentialRefused:
        raise
    except Fatal:
        if after is None:
            raise
        yield from _list(api, name, None, variables)
        return
    yield first
    yield from answers


def _list(
    api: Api, name: str, after: str | None, variables: Mapping[str, object]
) -> Iterator[tuple[str, Answer]]:
    for answer in api.listed(LISTS[name], name, start=after, **variables):
        yield name, _whole(api, answer) if name == "issues" else answer


# ── long histories ───────────────────────────────────────────────────────────────────────────────


def _whole(api: Api, answer: Answer) -> Answer:
    """A page of issues, those with a longer history with all of it."""
    longer = {key: after for raw in answer.records for key, after in _unread(raw)}
    rest = dict(zip(longer, side_by_side(*(_history(api, *each) for each in longer.items())), strict=True))
    return Answer([_lengthened(raw, rest) for raw in answer.records], answer.after)


def _lengthened(raw: object, rest: Mapping[str, Sequence[object]]) -> object:
    """The issue with what its history lacks, if it lacks anything."""
    if not isinstance(raw, Mapping) or raw.get("id") not in rest:
        return raw
    history = raw["history"]
    return {**raw, "history": {**history, "nodes": [*history["nodes"], *rest[raw["id"]]]}}


def _unread(raw: object) -> Iterator[tuple[str, str]]:
    """The id of an issue whose history goes on, and the cursor from which."""
    if not isinstance(raw, Mapping):
        return
    try:
        after = page_of("Linear issue history", raw, "history").after
        if after is not None:
            yield ident(raw), after
    except (Fatal, Unreadable):
        return  # the issue itself will be skipped, with the reason


def _history(api: Api, key: str, after: str) -> Iterator[object]:
    """The entries behind the first page."""
    for answer in api.listed(HISTORY, "issue", "history", start=after, id=key):
        yield from answer.records
