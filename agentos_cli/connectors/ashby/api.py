"""Speaks to Ashby: every call is a POST; lists have cursors, and at their end a token for later changes.

https://developers.ashbyhq.com/docs/pagination-and-incremental-sync. Ashby says what is wrong in the body,
also with status 200: `success` is false, and `errors` or `errorInfo.code` say why.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agentos_cli.connectors.paging import Page, pages
from agentos_cli.connectors.reading import Raw, Unreadable, as_object, flag, ident
from agentos_cli.contract import Access
from agentos_cli.errors import CredentialRefused, CursorLost, Fatal, SourceError
from agentos_cli.http import Response

FIX = "agentos connect ashby"
PAGE = 100
LOST = frozenset({
    "next_cursor_expired", "invalid_next_cursor",
    "sync_token_expired", "sync_token_invalid", "incremental_sync_too_large",
})  # fmt: skip
_CODE = re.compile(r"[a-z_]{3,60}")


@dataclass(frozen=True, slots=True)
class Answer(Page):
    """A page; the last one of a list has the token with which changes are asked for later."""

    token: str = ""


class Api:
    """Read access with one key. Thread-safe, as `access.http` is."""

    def __init__(self, access: Access) -> None:
        self._http = access.http
        self._base = access.base_url.rstrip("/")
        basic = b64encode(f"{access.secret}:".encode()).decode()
        self._headers = {"Authorization": f"Basic {basic}", "Accept": "application/json; version=1"}

    def ask(self, what: str, **body: object) -> Answer:
        """One answer of a list such as `job.list`. Raises SourceErrors."""

        def judge(response: Response) -> SourceError | None:
            return _judge(what, response)

        found = self._http.json(
            "POST",
            f"{self._base}/{what}",
            headers=self._headers,
            payload=body,
            judge=judge,
            repeatable=True,
        )
        try:
            return _answer(as_object(found))
        except Unreadable as problem:
            raise Fatal(f"Ashby {what}: the list cannot be read: {problem}") from None

    def listed(self, what: str, after: str | None = None, **body: object) -> Iterator[Answer]:
        """Every page of a list behind the cursor `after`."""

        def read(after: str | None) -> Answer:
            cursor = {} if after is None else {"cursor": after}
            return self.ask(what, limit=PAGE, **body, **cursor)

        for page in pages(f"Ashby {what}", read, after):
            assert isinstance(page, Answer)
            yield page

    def every(self, what: str, **body: object) -> Iterator[Raw]:
        """Every object of a list that is short."""
        for answer in self.listed(what, None, **body):
            yield from (raw for raw in answer.records if isinstance(raw, Mapping))


def _answer(body: Raw) -> Answer:
    records, token = body.get("results"), body.get("syncToken")
    if not isinstance(records, list):
        raise Unreadable("results is not a list")
    more = "moreDataAvailable" in body and flag(body, "moreDataAvailable")
    after = ident(body, "nextCursor") if more else None
    return Answer(records, after, token if isinstance(token, str) else "")


def _judge(what: str, response: Response) -> SourceError | None:
    """What Ashby means by an answer that is no success."""
    if response.status >= 500 or response.status in (401, 429):
        return None
    if response.status == 403:
        permission = b"missing_endpoint_permission" in response.body
        return CredentialRefused(f"Ashby: the key may not read {what}", fix=FIX) if permission else None
    body = response.json()
    if not isinstance(body, Mapping) or body.get("success") is not False:
        return None
    codes = _codes(body)
    if codes & LOST:
        return CursorLost(f"Ashby does not know any more where {what} went on ({sorted(codes & LOST)[0]})")
    if "missing_endpoint_permission" in codes:
        return CredentialRefused(f"Ashby: the key may not read {what}", fix=FIX)
    return Fatal(f"Ashby refused {what} ({', '.join(sorted(codes)) or 'it does not say why'})")


def _codes(body: Raw) -> set[str]:
    errors, told = body.get("errors"), body.get("errorInfo")
    found = list(errors) if isinstance(errors, list) else []
    found += [told.get("code")] if isinstance(told, Mapping) else []
    return {each for each in found if isinstance(each, str) and _CODE.fullmatch(each)}
