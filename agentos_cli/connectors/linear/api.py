"""Speaks to Linear: GraphQL queries, connections read to their end, and Linear's own way of saying no.

Errors: https://linear.app/developers/graphql (`errors[].extensions.code`, with status 200 or 400). Limits:
https://linear.app/developers/rate-limiting (requests and complexity an hour; 10,000 points a query).
Keys: https://linear.app/developers/graphql#authentication (an API key as it is, an OAuth token as Bearer).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from agentos_cli.connectors.began import Began
from agentos_cli.connectors.paging import Page, pages
from agentos_cli.connectors.reading import Raw, Unreadable, as_object, child, clean, flag, ident, maybe
from agentos_cli.contract import Access
from agentos_cli.errors import CredentialRefused, Fatal, RateLimited, Retryable, SourceError
from agentos_cli.http import Response

OAUTH = "lin_oauth_"
REFUSED_KEY = ("AUTHENTICATION_ERROR", "FORBIDDEN")
PASSING = ("INTERNAL_SERVER_ERROR", "INTERNAL_ERROR", "LOCK_TIMEOUT")
LONGEST_WAIT = timedelta(hours=1)


class Api:
    """Read access to one Linear workspace. Thread-safe, as `access.http` is."""

    def __init__(self, access: Access) -> None:
        self.began = Began(access.now)
        self._http = access.http
        self._url = f"{access.base_url.rstrip('/')}/graphql"
        self._now = access.now
        key = access.secret
        self._headers = {"Authorization": f"Bearer {key}" if key.startswith(OAUTH) else key}

    def ask(self, query: str, **variables: object) -> Raw:
        """The `data` of an answer. Raises SourceErrors."""
        answer = self._http.json(
            "POST",
            self._url,
            headers=self._headers,
            payload={"query": query, "variables": variables},
            judge=self._judge,
            repeatable=True,
        )
        try:
            return child(as_object(answer), "data")
        except Unreadable:
            raise Fatal("Linear answered a query with no data") from None

    def listed(self, query: str, *path: str, start: str | None = None, **variables: object) -> Iterator[Page]:
        """Every page of the connection under `path` behind the cursor `start`; the query takes `$after`."""
        what = f"Linear {' '.join(path)}"

        def read(after: str | None) -> Page:
            return page(what, self.ask(query, after=after, **variables), *path)

        return pages(what, read, start)

    def _judge(self, response: Response) -> SourceError | None:
        """Linear says what went wrong in the body, often with status 200."""
        self.began.hear(response)
        if response.status >= 500 or response.status in (401, 403, 429):
            return None
        body = response.json()
        errors = body.get("errors") if isinstance(body, dict) else None
        if not isinstance(errors, list) or not errors:
            return None
        extensions = errors[0].get("extensions") if isinstance(errors[0], dict) else None
        code = str(extensions.get("code") if isinstance(extensions, dict) else "unknown").upper()
        if code == "RATELIMITED":
            return RateLimited("Linear asks us to slow down", not_before=_reset(response, self._now))
        if code in REFUSED_KEY:
            return CredentialRefused("Linear refused the key", fix="agentos connect linear")
        if code in PASSING:
            return Retryable("Linear is in trouble with our query")
        return Fatal(f"Linear refused the query ({clean(code)[:60]}){response.request_id()}")


def page(what: str, data: Raw, *path: str) -> Page:
    """The connection under `path` as a page."""
    try:
        connection = data
        for part in path:
            connection = child(connection, part)
        nodes, about = connection.get("nodes"), child(connection, "pageInfo")
        if not isinstance(nodes, list):
            raise Unreadable("nodes is not a list")
        more = flag(about, "hasNextPage")
        return Page(nodes, maybe(ident, about, "endCursor") or "" if more else None)
    except Unreadable as problem:
        raise Fatal(f"{what}: the list cannot be read: {problem}") from None


def _reset(response: Response, now: datetime) -> datetime:
    """When the budget that ran out is full again (headers in UTC epoch milliseconds); else in a minute."""
    for budget in ("requests", "complexity"):
        left = response.headers.get(f"x-ratelimit-{budget}-remaining", "")
        reset = response.headers.get(f"x-ratelimit-{budget}-reset", "")
        if left.startswith(("0", "-")) and re.fullmatch(r"[0-9]{13}", reset):
            return min(datetime.fromtimestamp(int(reset) / 1000, UTC), now + LONGEST_WAIT)
    return now + timedelta(minutes=1)
