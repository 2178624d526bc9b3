"""Reads Plausible: how many people came to the company's site each day, and through which channel.

Everything is asked of one address, https://plausible.io/docs/stats-api-v2: visitors, visits and page views by
`time:day` and `visit:channel`, of the last 400 days, 10,000 rows a page. The option `site` names the site as
it is called there. Keys (Bearer; 600 requests an hour): https://plausible.io/docs/stats-api-v2#authentication
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from agentos_cli.connectors.paging import Page, walk
from agentos_cli.connectors.reading import Raw, Unreadable, as_object, batch, count, day, text
from agentos_cli.contract import Access, Batch, Fields
from agentos_cli.errors import Fatal
from agents.nouns import TrafficDay
from agents.wording import plural

TITLE = "Plausible"
DAYS = 400
PAGE = 10_000
METRICS = ("visitors", "visits", "pageviews")
DIMENSIONS = ("time:day", "visit:channel")

FIELDS: Mapping[str, Fields] = {"results": {"dimensions": ["text"], "metrics": ["number"]}}


def fetch(access: Access) -> Iterator[Batch]:
    """A record for each day and channel with a visit; today's grow until midnight."""
    rows = walk(f"{TITLE} results", lambda after: _page(access, int(after or 0), DAYS))
    yield batch(TITLE, TrafficDay, rows, lambda raw: _day(access, raw))


def check(access: Access) -> str:
    """The site, and how many visits it had lately."""
    visits = sum(_visits(raw) for raw in _page(access, 0, 7).records)
    return f"{_site(access)} with {plural(visits, 'visit')} in 7 days"


def account(access: Access) -> Mapping[str, str]:
    """Nothing: the site is an option already."""
    return {}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """The site's own page for that day."""
    site = options.get("site")
    return f"https://plausible.io/{site}?period=day&date={record_id[:10]}" if site else None


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """The rows of the last week."""
    return {"results": _page(access, 0, 7).records}


def _site(access: Access) -> str:
    site = access.options.get("site", "").strip()
    if not site:
        raise Fatal(
            f"{TITLE} has to know which site", fix="agentos connect plausible --option site=example.com"
        )
    return site


def _page(access: Access, offset: int, days: int) -> Page:
    """The rows from `offset` on, of so many days up to today."""
    today = access.now.astimezone(access.zone).date()
    query = {
        "site_id": _site(access),
        "metrics": METRICS,
        "dimensions": DIMENSIONS,
        "date_range": [str(today - timedelta(days=days - 1)), str(today)],
        "order_by": [[DIMENSIONS[0], "asc"], [DIMENSIONS[1], "asc"]],
        "include": {"total_rows": True},
        "pagination": {"limit": PAGE, "offset": offset},
    }
    answer = access.http.json(
        "POST",
        f"{access.base_url.rstrip('/')}/api/v2/query",
        headers={"Authorization": f"Bearer {access.secret}"},
        payload=query,
        repeatable=True,
    )
    return _rows(answer, offset)


def _rows(answer: object, offset: int) -> Page:
    found = answer.get("results") if isinstance(answer, Mapping) else None
    if not isinstance(answer, Mapping) or not isinstance(found, list):
        raise Fatal(f"{TITLE} answered without a list of results")
    meta, end = answer.get("meta"), offset + len(found)
    total = meta.get("total_rows") if isinstance(meta, Mapping) else None
    more = end < total if isinstance(total, int) else len(found) >= PAGE
    return Page(found, str(end) if more else None)


def _day(access: Access, raw: Raw) -> TrafficDay:
    named = _named(raw)
    on, channel = day(named, DIMENSIONS[0]), text(named, DIMENSIONS[1]).lower().replace(" ", "_")
    visitors, visits, views = (count(named, metric) for metric in METRICS)
    return TrafficDay(access.source, f"{on}:{channel}", on, channel, visitors, visits, views)


def _named(raw: Raw) -> Raw:
    """The values of a row, by what was asked for."""
    values: dict[str, object] = {}
    for key, names in (("dimensions", DIMENSIONS), ("metrics", METRICS)):
        found = raw.get(key)
        if not isinstance(found, list) or len(found) != len(names):
            raise Unreadable(f"{key} is not a list of {len(names)}")
        values.update(zip(names, found, strict=True))
    return values


def _visits(raw: object) -> int:
    try:
        return count(_named(as_object(raw)), "visits")
    except Unreadable:
        return 0
