"""One request as it is sent, and where it goes on when the answer points elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from agentos_cli.errors import Fatal
from agentos_cli.http.answer import Response
from agentos_cli.http.verdict import Judge
from agentos_cli.http.wire import allowed

ELSEWHERE = frozenset({301, 302, 303, 307, 308})
MOST_HOPS = 3


@dataclass(frozen=True, slots=True)
class Request:
    """`follow` are the hosts to which a redirect is followed."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    judge: Judge | None
    follow: Collection[str] = ()

    def onward(self, answer: Response, title: str) -> Request:
        """The request to where `answer` points: a GET that takes no header along, since one may be a key.
        Raises Fatal for an address that is not one of those that may be followed to."""
        url = urljoin(self.url, answer.headers.get("location", ""))
        host = urlsplit(url).hostname or ""
        if not allowed(url) or not any(host == end or host.endswith(f".{end}") for end in self.follow):
            raise Fatal(f"{title} points to another address ({answer.status}), which is not followed")
        kept = {"User-Agent": self.headers["User-Agent"]}
        return replace(self, method="GET", url=url, headers=kept, body=None)
