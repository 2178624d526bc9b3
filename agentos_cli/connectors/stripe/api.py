"""Speaks to Stripe: the official SDK over the project's one HTTP path, and lists read to their end.

The SDK writes the requests (address, version, authentication, encoding) and reads the refusals; sending,
retrying and waiting are `access.http`'s alone. Answers are parsed strictly, since the SDK's own parser
makes floats. Lists: https://docs.stripe.com/api/pagination. Errors: https://docs.stripe.com/api/errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import stripe

from agentos_cli.connectors.paging import Page, walk
from agentos_cli.connectors.reading import Raw, Unreadable, as_object, clean, flag, ident
from agentos_cli.contract import Access
from agentos_cli.errors import CredentialRefused, Fatal, Retryable, SourceError
from agentos_cli.http import Http, Response
from agentos_cli.http.answer import strict_json

VERSION = "2026-10-28.endive"
"""The API version whose shapes are read here; an account's own default version does not matter."""

PAGE = 100


class Api:
    """Read access to one Stripe account. Thread-safe, as `access.http` is."""

    def __init__(self, access: Access) -> None:
        stripe.enable_telemetry = False  # or the SDK keeps a file in the user's home and reports timings
        self._client = stripe.StripeClient(
            access.secret,
            stripe_version=VERSION,
            http_client=_Transport(access.http),
            base_addresses={"api": access.base_url.rstrip("/")},
            max_network_retries=0,
        )

    def get(self, path: str, **params: object) -> Raw:
        """One object. Raises SourceErrors."""
        try:
            answer = self._client.raw_request("get", path, **params)
        except stripe.StripeError as problem:
            raise _refusal(problem) from None
        try:
            return as_object(strict_json(answer.body.encode()))
        except Unreadable:
            raise Fatal(f"Stripe answered {path} with something that is not an object") from None

    def every(self, path: str, **params: object) -> Iterator[object]:
        """Every object of a list, newest first as Stripe gives them."""

        def read(after: str | None) -> Page:
            cursor = {} if after is None else {"starting_after": after}
            return _page(path, self.get(path, limit=PAGE, **params, **cursor))

        return walk(f"Stripe {path}", read)


class _Transport(stripe.HTTPClient):
    """The SDK's way out: our HTTP path, which raises its own errors through the SDK."""

    name = "agentos"

    def __init__(self, http: Http) -> None:
        super().__init__()
        self._http = http

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
        answer = self._http.send(method, url, headers=headers, judge=_judge)
        return answer.body.decode("utf-8", "replace"), answer.status, answer.headers

    def close(self) -> None:
        """Nothing to give back: `access.http` belongs to the caller."""


def _judge(response: Response) -> SourceError | None:
    """A good answer must be JSON, else it is asked for again; so is what Stripe says to ask for again.

    A 429 is left to its status: Stripe says "again" there too, but not that anything is wrong.
    """
    if response.status < 300:
        response.json()
    elif response.status == 401 and b'"api_key_expired"' in response.body:
        return CredentialRefused(
            f"Stripe refused the key: it has expired (401){response.request_id()}",
            fix="agentos connect stripe",
        )
    elif response.status == 409 or (
        response.status != 429 and response.headers.get("stripe-should-retry") == "true"
    ):
        return Retryable(f"Stripe asks to try again ({response.status}){response.request_id()}")
    return None


def _refusal(problem: stripe.StripeError) -> SourceError:
    """A 400 or 404 in one line: Stripe's code for it and the parameter, not its prose."""
    known = (getattr(problem, name, None) for name in ("http_status", "code", "param", "request_id"))
    about = ", ".join(clean(str(part))[:80] for part in known if part)
    return Fatal(f"Stripe refused the request ({about or type(problem).__name__})")


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
