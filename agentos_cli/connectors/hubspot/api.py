"""Speaks to HubSpot: lists and searches page by page, and batches of objects and of associations.

Lists: https://developers.hubspot.com/docs/api/crm/deals (100 a page, 50 with property history; the cursor is
`paging.next.after`). Search: https://developers.hubspot.com/docs/api/crm/search (200 a page, 10,000 results a
query, 5 calls a second for the account; objects alone, without their past and what they belong to). Batches:
https://developers.hubspot.com/docs/api/crm/understanding-the-crm (100, 50 with property history), of
associations 1,000: https://developers.hubspot.com/changelog/bug-fix-batch-read-limit-for-hubspot-associations-api.
Key: https://developers.hubspot.com/docs/api/private-apps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from agentos_cli.clock import monotonic, sleep
from agentos_cli.connectors.began import Began
from agentos_cli.connectors.paging import Page, pages
from agentos_cli.connectors.reading import (
    EPOCH,
    Raw,
    Unreadable,
    as_object,
    child,
    ident,
    instant,
    maybe,
    objects,
    whole,
)
from agentos_cli.contract import Access
from agentos_cli.errors import CredentialRefused, CursorLost, Fatal, SourceError
from agentos_cli.http import Params, Response
from agentos_cli.resilience.pace import Pace

PAGE = 100
PAGE_WITH_HISTORY = 50
SEARCHED = 200
DEEPEST = 10_000
SEARCHES_A_SECOND = 5.0


class Api:
    """Read access to one HubSpot account. Thread-safe, as `access.http` is."""

    def __init__(self, access: Access) -> None:
        self.began = Began(access.now)
        self._http = access.http
        self._base = access.base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {access.secret}"}
        self._searches = Pace(SEARCHES_A_SECOND)

    def get(self, path: str, **params: str | int) -> Raw:
        """One answer. Raises SourceErrors."""
        return self._ask("GET", path, params=tuple(params.items()))

    def listed(self, path: str, after: str | None = None, **params: str | int) -> Iterator[Page]:
        """Every page of a list behind the cursor `after`."""

        def read(cursor: str | None) -> Page:
            where = {} if cursor is None else {"after": cursor}
            return _page(path, self.get(path, **params, **where))

        return pages(f"HubSpot {path}", read, after)

    def objects(
        self, kind: str, properties: Sequence[str], after: str | None = None, *, history: Sequence[str] = (),
        associations: str = "",
    ) -> Iterator[Page]:  # fmt: skip
        """Every object of a kind that is not archived, the properties named by `history` with their past."""
        wanted: dict[str, str | int] = {"properties": ",".join(properties), "archived": "false"}
        if history:
            wanted["propertiesWithHistory"] = ",".join(history)
        if associations:
            wanted["associations"] = associations
        limit = PAGE_WITH_HISTORY if history else PAGE
        return self.listed(f"/crm/v3/objects/{kind}", after, limit=limit, **wanted)

    def changed(
        self, kind: str, properties: Sequence[str], since: datetime, after: str | None = None
    ) -> Iterator[Page]:
        """The objects that were modified at `since` or later, oldest change first, behind the cursor `after`.
        Raises CursorLost when there are more than a search gives.

        While pages are read, an object that changes again leaves its place, and all behind it move up. So
        the next page is asked for by the last instant of this one, and by number only within one instant;
        the objects of that instant come twice.
        """
        path, modified = f"/crm/v3/objects/{kind}/search", _modified(kind)

        def read(cursor: str | None) -> Page:
            bound, _, start = (cursor or "").partition(" ")
            answer = self._search(path, _query(modified, bound, start, (*properties, modified)))
            found = _page(path, answer)
            if found.after is None or not found.records:
                return found
            last = _milliseconds(path, found.records[-1], modified)
            moved = f"{last} " if last > int(bound) else f"{bound} {found.after}"
            return Page(found.records, moved)

        return pages(f"HubSpot {path}", read, after or f"{_since_epoch(since)} ")

    def read(
        self, kind: str, ids: Sequence[str], properties: Sequence[str], history: Sequence[str]
    ) -> Iterator[Raw]:
        """Objects by their ids, with the past of the properties named by `history`; those that are no more
        are left out."""
        path = f"/crm/v3/objects/{kind}/batch/read"
        wanted = {"properties": list(properties), "propertiesWithHistory": list(history)}
        for n in range(0, len(ids), PAGE_WITH_HISTORY):
            inputs = [{"id": each} for each in ids[n : n + PAGE_WITH_HISTORY]]
            yield from _results(path, self._ask("POST", path, payload={"inputs": inputs, **wanted}))

    def companies_of(self, kind: str, ids: Sequence[str]) -> dict[str, list[str]]:
        """By id, the companies that at most 1,000 objects belong to; without those that belong to none."""
        path = f"/crm/v4/associations/{kind}/companies/batch/read"
        answer = self._ask("POST", path, payload={"inputs": [{"id": each} for each in ids]})
        try:
            return {
                ident(child(row, "from")): [str(whole(to, "toObjectId")) for to in objects(row, "to")]
                for row in _results(path, answer)
            }
        except Unreadable as problem:
            raise Fatal(f"HubSpot {path}: {problem}") from None

    def _search(self, path: str, query: object) -> Raw:
        """One search, in its turn."""
        sleep(self._searches.reserve(monotonic()))
        answer = self._ask("POST", path, payload=query)
        try:
            total = whole(answer, "total")
        except Unreadable as problem:
            raise Fatal(f"HubSpot {path}: {problem}") from None
        if total > DEEPEST:
            raise CursorLost(f"HubSpot counts {total} changes, and tells of {DEEPEST} at most")
        return answer

    def _ask(self, method: str, path: str, *, params: Params = (), payload: object = None) -> Raw:
        """One answer; a search or a batch can be asked for twice as well as a list."""
        answer = self._http.json(
            method, f"{self._base}{path}", params=params, headers=self._headers, payload=payload,
            judge=self._judge, repeatable=True,
        )  # fmt: skip
        try:
            return as_object(answer)
        except Unreadable:
            raise Fatal(f"HubSpot answered {path} with something that is not an object") from None

    def _judge(self, response: Response) -> SourceError | None:
        """A refused key that was good once says so: https://developers.hubspot.com/docs/api/error-handling."""
        self.began.hear(response)
        if response.status == 401 and b'"EXPIRED_AUTHENTICATION"' in response.body:
            return CredentialRefused(
                "HubSpot refused the key: it has expired (401)", fix="agentos connect hubspot"
            )
        return None


def _modified(kind: str) -> str:
    """The property that says when an object was last changed."""
    return "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"


def _query(modified: str, bound: str, start: str, properties: Sequence[str]) -> dict[str, object]:
    """The body of a search for what was modified at the millisecond `bound` or later."""
    return {
        "filterGroups": [{"filters": [{"propertyName": modified, "operator": "GTE", "value": bound}]}],
        "sorts": [{"propertyName": modified, "direction": "ASCENDING"}],
        "properties": list(properties),
        "limit": SEARCHED,
        **({"after": start} if start else {}),
    }


def _milliseconds(path: str, raw: object, modified: str) -> int:
    try:
        return _since_epoch(instant(child(as_object(raw), "properties"), modified))
    except Unreadable as problem:
        raise Fatal(f"HubSpot {path}: an object does not say when it was changed: {problem}") from None


def _since_epoch(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def _results(path: str, answer: Raw) -> tuple[Raw, ...]:
    try:
        return objects(answer, "results")
    except Unreadable as problem:
        raise Fatal(f"HubSpot {path}: the answer cannot be read: {problem}") from None


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
