"""Speaks to HubSpot: CRM lists read to their end, with the properties we ask for.

Lists: https://developers.hubspot.com/docs/api/crm/deals (100 a page, 50 with property history; the cursor is
`paging.next.after`). Key: https://developers.hubspot.com/docs/api/private-apps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agentos_cli.connectors.paging import Page, walk
from agentos_cli.connectors.reading import Raw, Unreadable, as_object, child, ident, maybe
from agentos_cli.contract import Access
from agentos_cli.errors import CredentialRefused, Fatal, SourceError
from agentos_cli.http import Response

PAGE = 100
PAGE_WITH_HISTORY = 50


class Api:
    """Read access to one HubSpot account. Thread-safe, as `access.http` is."""

    def __init__(self, access: Access) -> None:
        self._http = access.http
        self._base = access.base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {access.secret}"}

    def get(self, path: str, **params: str | int) -> Raw:
        """One answer. Raises SourceErrors."""
        answer = self._http.json(
            "GET", f"{self._base}{path}", params=params, headers=self._headers, judge=_judge
        )
        try:
            return as_object(answer)
        except Unreadable:
            raise Fatal(f"HubSpot answered {path} with something that is not an object") from None

    def every(self, path: str, **params: str | int) -> Iterator[object]:
        """Every record of a list."""

        def read(after: str | None) -> Page:
            cursor = {} if after is None else {"after": after}
            return _page(path, self.get(path, **params, **cursor))

        return walk(f"HubSpot {path}", read)

    def objects(
        self, kind: str, properties: Sequence[str], *, history: Sequence[str] = (), associations: str = ""
    ) -> Iterator[object]:
        """Every object of a kind that is not archived, the properties named by `history` with their past."""
        wanted: dict[str, str | int] = {"properties": ",".join(properties), "archived": "false"}
        if history:
            wanted["propertiesWithHistory"] = ",".join(history)
        if associations:
            wanted["associations"] = associations
        limit = PAGE_WITH_HISTORY if history else PAGE
        return self.every(f"/crm/v3/objects/{kind}", limit=limit, **wanted)


def _judge(response: Response) -> SourceError | None:
    """A refused key that was good once says so: https://developers.hubspot.com/docs/api/error-handling."""
    if response.status == 401 and b'"EXPIRED_AUTHENTICATION"' in response.body:
        return CredentialRefused(
            "HubSpot refused the key: it has expired (401)", fix="agentos connect hubspot"
        )
    return None


def _page(path: str, answer: Raw) -> Page:
    records = answer.get("results")
    try:
        if not isinstance(records, list):
            raise Unreadable("results is not a list")
        paging = maybe(child, answer, "paging")
        following = maybe(child, paging, "next") if paging is not None else None
        return Page(records, ident(following, "after") if following is not None else None)
    except Unreadable as problem:
        raise Fatal(f"HubSpot {path}: the list cannot be read: {problem}") from None
