"""Speaks to Stripe: the official SDK over the project's one HTTP path, and lists read to their end.

The SDK writes the requests (address, version, authentication, encoding) and reads the refusals; sending,
retrying and waiting are `access.http`'s alone. Answers are parsed strictly and once, past the SDK, whose own
parser makes floats. Lists: https://docs.stripe.com/api/pagination. Errors: https://docs.stripe.com/api/errors.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import stripe

from agentos_cli.connectors.paging import Page, pages
from agentos_cli.connectors.reading import Raw, Unreadable, as_object, clean, flag, ident
from agentos_cli.contract import Access
from agentos_cli.errors import CredentialRefused, Fatal, Retryable, SourceError
from agentos_cli.http import Http, Response

VERSION = "2026-10-28.endive"
"""The API version whose shapes are read here; an account's own default version does not matter."""

PAGE = 100


class Api:
    """Read access to one Stripe account. Thread-safe, as `access.http` is."""

    def __init__(self, access: Access) -> None:
        stripe.enable_telemetry = False  # or the SDK keeps a file in the user's home and reports timings
        self._way = _Transport(access.http)
        self._client = stripe.StripeClient(
            access.secret,
            stripe_version=VERSION,
            http_client=self._way,
            base_addresses={"api": access.base_url.rstrip("/")},
            max_network_retries=0,
        )

    @property
    def began(self) -> datetime | None:
        """When Stripe gave its first answer, by its own clock; None before that, or if it does not say."""
        return self._way.began

    def get(self, path: str, **params: object) -> Raw:
        """One object. Raises SourceErrors."""
        try:
            self._client.raw_request("get", path, **params)
        except stripe.StripeError as problem:
            raise _refusal(problem) from None
        try:
            return as_object(self._way.answer())
        except Unreadable:
            raise Fatal(f"Stripe answered {path} with something that is not an object") from None

    def find(self, path: str, **params: object) -> Raw | None:
        """One object, or None if it is no more: Stripe does not know it, or says that it was deleted."""
        try:
            found = self.get(path, **params)
        except NotFound:
            return None
        return None if found.get("deleted") is True else found

    def pages(self, path: str, **params: object) -> Iterator[Page]:
        """The pages of a list, newest first as Stripe gives them."""

        def read(after: str | None) -> Page:
            cursor = {} if after is None else {"starting_after": after}
            return _page(path, self.get(path, limit=PAGE, **params, **cursor))

        return pages(f"Stripe {path}", read)

    def every(self, path: str, **params: object) -> Iterator[object]:
        """Every object of a list."""
        return (record for page in self.pages(path, **params) for record in page.records)


class NotFound(Fatal):
    """Stripe knows no such object."""


class NotAllowed(Fatal):
    """The key may not read events, which older keys need not to."""


class _Transport(stripe.HTTPClient):
    """The SDK's way out: our HTTP path, which raises its own errors through the SDK. A good answer is kept
    for the thread that asked; the SDK gets an empty object in its place."""

    name = "agentos"

    def __init__(self, http: Http) -> None:
        super().__init__()
        self._http = http
        self._kept = threading.local()
        self.began: datetime | None = None

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: object = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        if post_data is not None:
            raise Fatal("this connector only reads; it was about to write to Stripe")
        kept = self._kept
        kept.answer = None

        def judge(response: Response) -> SourceError | None:
            if response.status < 300:
                kept.answer = response.json()
                return None
            if response.status == 403 and "/v1/events" in url:
                return NotAllowed("Stripe does not let this key read events")
            return _judge(response)

        answer = self._http.send(method, url, headers=headers, judge=judge)
        self.began = self.began or _date(answer)
        body = "{}" if answer.status < 300 else answer.body.decode("utf-8", "replace")
        return body, answer.status, answer.headers

    def answer(self) -> object:
        """What the last request of this thread was answered."""
        return self._kept.answer

    def close(self) -> None:
        """Nothing to give back: `access.http` belongs to the caller."""


def _date(answer: Response) -> datetime | None:
    try:
        found = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def _judge(response: Response) -> SourceError | None:
    """What Stripe says to ask for again is asked for again.

    A 429 is left to its status: Stripe says "again" there too, but not that anything is wrong.
    """
    if response.status == 401 and b'"api_key_expired"' in response.body:
        return CredentialRefused(
            f"Stripe refused the key: it has expired (401){response.request_id()}",
            fix="agentos connect stripe",
        )
    if response.status == 409 or (
        response.status != 429 and response.headers.get("stripe-should-retry") == "true"
    ):
        return Retryable(f"Stripe asks to try again ({response.status}){response.request_id()}")
    return None


def _refusal(problem: stripe.StripeError) -> SourceError:
    """A 400 or 404 in one line: Stripe's code for it and the parameter, not its prose."""
    known = (getattr(problem, name, None) for name in ("http_status", "code", "param", "request_id"))
    about = ", ".join(clean(str(part))[:80] for part in known if part)
    refused = NotFound if getattr(problem, "http_status", None) == 404 else Fatal
    return refused(f"Stripe refused the request ({about or type(problem).__name__})")


def _page(path: str, answer: Raw) -> Page:
    records = answer.get("data")
    try:
        if not isinstance(records, list):
            raise Unreadable("data is not a list")
        if not flag(answer, "has_more"):
            return Page(records, None)
        return Page(records, ident(as_object(records[-1])) if records else "")
    except Unreadable as problem:
        raise Fatal(f"Stripe {path}: the list cannot be read: {problem}") from None
