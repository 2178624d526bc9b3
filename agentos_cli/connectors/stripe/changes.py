"""Reads what has changed in Stripe since a time: of each object its newest event, or the object once more.

Events are kept for 30 days and carry the object as it was, in the version of the API that the account had
then (https://docs.stripe.com/api/events/list, https://docs.stripe.com/api/events/object); see `events` for
when that is all we read. Their kinds: https://docs.stripe.com/api/events/types.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from agentos_cli.connectors.fanout import side_by_side
from agentos_cli.connectors.reading import Unreadable
from agentos_cli.connectors.stripe.api import PAGE, Api, NotAllowed
from agentos_cli.connectors.stripe.events import KINDS, News, Told, newest
from agentos_cli.connectors.stripe.feed import SINCE, since
from agentos_cli.connectors.stripe.lookup import Lookup
from agentos_cli.connectors.stripe.streams import EXPANDED, LISTS, asked
from agentos_cli.contract import Access, Page, Raw
from agentos_cli.errors import CursorLost

KEPT = timedelta(days=30)
MOST = 2000
"""Of more events than this, reading everything costs less."""


def changes(access: Access, cursors: Mapping[str, str]) -> Iterator[Page]:
    """What has changed since the last read, a page for each list. The cursor moves with the last page.
    Raises CursorLost where events do not reach back, are too many, or cannot be read."""
    start = cursors.get(SINCE, "")
    if not start.isdecimal() or datetime.fromtimestamp(int(start), UTC) < access.now - KEPT:
        raise CursorLost("Stripe tells the changes of the last 30 days only")
    api = Api(access)
    try:
        told = side_by_side(*(_events(api, kinds, int(start)) for kinds in KINDS))
        news = newest(event for events in told for event in events)
    except NotAllowed as problem:
        raise CursorLost(problem.what) from None
    except Unreadable as problem:
        raise CursorLost(f"Stripe tells a change that cannot be read: {problem}") from None
    lookup, given = Lookup(api), set[str]()
    for stream in LISTS:
        page = _page(api, stream, news.get(stream, {}))
        if page.records or page.gone:
            yield from lookup.completed(page, given)
    yield Page(LISTS[0], (), lasting={SINCE: since(api, access.now)})


def _events(api: Api, kinds: Sequence[str], start: int) -> Iterator[object]:
    """The events of these kinds, newest first."""
    count = 0
    for page in api.pages("/v1/events", types=list(kinds), created={"gte": start}):
        yield from page.records
        count += len(page.records)
        if count > MOST:
            raise CursorLost(f"more than {MOST:,} changes wait in Stripe")


def _page(api: Api, stream: str, news: News) -> Page:
    """What is new of one list: told by its event, or asked for again."""
    told = [each.raw for each in news.values() if each.raw is not None]
    gone = [each.id for each in news.values() if each.gone]
    unsure = [each for each in news.values() if each.raw is None and not each.gone]
    for key, found in _again(api, stream, unsure):
        if found is None:
            gone.append(key)
        else:
            told.append(found)
    return Page(stream, told, gone)


def _again(api: Api, stream: str, wanted: Iterable[Told]) -> Iterator[tuple[str, Raw | None]]:
    """Each object as it is now, None if it is no more. New ones lie close together, so that a page of the
    list brings many; as soon as one brings no more than the object that was looked for, they are asked for
    one by one."""
    left = {each.id: each for each in sorted(wanted, key=lambda each: -each.created)}
    near = True
    while near and len(left) > 1 and (top := next(iter(left.values())).created):
        bottom = min(each.created for each in left.values() if each.created)
        window = {"created": {"gte": bottom, "lte": top}}
        rows = api.get(f"/v1/{stream}", limit=PAGE, **asked(stream), **window).get("data")
        found = {str(row["id"]): row for row in rows if "id" in row} if isinstance(rows, list) else {}
        brought = [key for key in left if key in found]
        near = len(brought) > 1
        yield from ((key, found[key]) for key in brought)
        left = {key: each for key, each in left.items() if key not in found}
    yield from zip(
        left, (found for (found,) in side_by_side(*(_one(api, stream, key) for key in left))), strict=True
    )


def _one(api: Api, stream: str, key: str) -> Iterator[Raw | None]:
    paths = EXPANDED[stream]
    yield api.find(f"/v1/{stream}/{key}", **({"expand": list(paths)} if paths else {}))
