"""Speaks to GitHub: lists along their links, those that are as they were for nothing, and its two limits.

Versions: https://docs.github.com/en/rest/about-the-rest-api/api-versions. Pages (`Link: rel="next"`):
https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api. Limits, which a 403
may mean: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api. A 304 counts
against none: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from agentos_cli.connectors.began import Began
from agentos_cli.connectors.paging import Page, pages
from agentos_cli.connectors.reading import Raw, Unreadable, as_object
from agentos_cli.contract import Access
from agentos_cli.errors import CredentialRefused, Fatal, RateLimited, SourceError
from agentos_cli.http import Response
from agentos_cli.resilience.retry_after import LONGEST, retry_after

VERSION = "2026-03-10"
FIX = "agentos connect github --option repositories=OWNER/NAME"
GONE = 410
"""How GitHub answers for a list that is switched off in a repository, such as its issues: there are none."""
VAGUE = timedelta(minutes=1)
"""How long to wait after a limit that says no more than that it is one."""
_NEXT = re.compile(r'<([^<>]+)>;\s*rel="next"')
_TAG = re.compile(r'(W/)?"[!-~]{1,120}"')
_LIMIT = re.compile(rb"secondary rate limit|rate limit exceeded|abuse detection", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listed:
    """The first page of a list and the way on; None for `page` means that it is as it was. `tag` names this
    state of it."""

    page: Page | None
    tag: str


class Api:
    """Read access with one token. Thread-safe, as `access.http` is. Addresses are relative to the base."""

    def __init__(self, access: Access) -> None:
        self._http = access.http
        self._base = access.base_url.rstrip("/")
        self._now = access.now
        self._headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {access.secret}",
            "X-GitHub-Api-Version": VERSION,
        }
        self.began = Began(access.now)

    def one(self, address: str) -> Raw | None:
        """One object; None if there is none that the key may see. Raises SourceErrors."""
        answer, body = self._ask(address)
        if answer.status == 404:
            return None
        try:
            return as_object(body)
        except Unreadable:
            raise Fatal(f"GitHub answered {_path(address)} with something that is not an object") from None

    def first(self, address: str, tag: str) -> Listed:
        """The first page of a list, unless its state is still the one called `tag` ("" for none known)."""
        answer, body = self._ask(address, {"If-None-Match": tag} if tag else {})
        if answer.status == 304:
            return Listed(None, tag)
        said = answer.headers.get("etag", "")
        return Listed(self._page(address, answer, body), said if _TAG.fullmatch(said) else "")

    def listed(self, address: str) -> Iterator[Page]:
        """Every page of a list from this address on."""

        def read(after: str | None) -> Page:
            where = after or address
            return self._page(where, *self._ask(where))

        return pages(f"GitHub {_path(address)}", read)

    def _ask(self, address: str, headers: dict[str, str] | None = None) -> tuple[Response, object]:
        parsed: list[object] = [None]
        off: list[Response] = []

        def read(response: Response) -> SourceError | None:
            if response.status == GONE:
                off.append(response)
            named = self._judge(response)
            if named is None and response.status < 300:
                parsed[:] = [response.json()]
            return named

        url = f"{self._base}/{address}"
        try:
            answer = self._http.send("GET", url, headers={**self._headers, **(headers or {})}, judge=read)
        except Fatal:
            if not off:
                raise
            return off[0], []
        self.began.hear(answer)
        return answer, parsed[0]

    def _page(self, address: str, answer: Response, body: object) -> Page:
        if answer.status == 404:
            raise Fatal(f"GitHub does not show this key {_path(address)}", fix=FIX)
        if answer.status >= 300 and answer.status != GONE:
            raise Fatal(f"GitHub refused the request ({answer.status})")
        if not isinstance(body, list):
            raise Fatal(f"GitHub {_path(address)}: the answer is not a list")
        found = _NEXT.search(answer.headers.get("link", ""))
        return Page(body, self._within(found[1]) if found else None)

    def _within(self, url: str) -> str:
        """A link as an address below our own base: the key is sent nowhere else."""
        if not url.startswith(f"{self._base}/"):
            raise Fatal("GitHub's list goes on at another address, which is not followed")
        return url[len(self._base) + 1 :]

    def _judge(self, response: Response) -> SourceError | None:
        """A limit comes as 403 or 429; a 403 else says that the key may not read this."""
        if response.status not in (403, 429):
            return None
        until = self._limited_until(response)
        if until is not None:
            return RateLimited("GitHub asks us to slow down", not_before=until)
        if response.status == 403 and b"not accessible" in response.body:
            return CredentialRefused(
                "GitHub: the key lacks a permission (read: issues, pull requests, contents, deployments)",
                fix="agentos connect github",
            )
        return None

    def _limited_until(self, response: Response) -> datetime | None:
        """When the vendor wants to be asked again; None if it was no limit that it spoke of."""
        moment = _moment(response) or self._now
        asked = retry_after(response.headers.get("retry-after"), moment)
        if asked is not None:
            return moment + asked
        reset = response.headers.get("x-ratelimit-reset", "")
        if response.headers.get("x-ratelimit-remaining") == "0" and re.fullmatch(r"[0-9]{10}", reset):
            return min(datetime.fromtimestamp(int(reset), UTC), moment + LONGEST)
        limited = response.status == 429 or _LIMIT.search(response.body)
        return moment + VAGUE if limited else None


def _moment(response: Response) -> datetime | None:
    """When the vendor answered, by its own clock: a long read began a while ago by ours."""
    try:
        said = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return None
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def _path(address: str) -> str:
    return address.split("?", 1)[0]
