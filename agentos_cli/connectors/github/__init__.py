"""GitHub: issues, pull requests, releases and deployments of some repositories. See docs/connectors.md.

A fine-grained token with read access to issues, pull requests, contents, deployments and metadata:
https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from agentos_cli.connectors.github.api import FIX, Api
from agentos_cli.connectors.github.feed import feed, repositories, sample
from agentos_cli.connectors.github.streams import STREAMS, derive
from agentos_cli.connectors.reading import Unreadable, text
from agentos_cli.contract import Access
from agentos_cli.errors import Fatal

__all__ = ["STREAMS", "account", "check", "derive", "feed", "page", "sample"]

HOST = "github.com"
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_NAME = r"(?P<name>[A-Za-z0-9-]+/[A-Za-z0-9._-]+)"
_NUMBERED = re.compile(rf"{_NAME}#(?P<rest>[0-9]+)")
_SHAPES = {
    "issue": (_NUMBERED, "issues/{}"),
    "pull_request": (_NUMBERED, "pull/{}"),
    "release": (re.compile(rf"{_NAME}@(?P<rest>[!-~]+)"), "releases/tag/{}"),
    "deployment": (re.compile(rf"{_NAME}/deployments(?P<rest>)/[0-9]+"), "deployments"),
}
"""By kind, what its ids look like and where below the repository GitHub shows it."""


def check(access: Access) -> str:
    """Whose token it is, and how many of the repositories it can see. Raises Fatal if it sees none.
    https://docs.github.com/en/rest/users/users#get-the-authenticated-user"""
    names, api = repositories(access.options), Api(access)
    login = _login(api)
    hidden = [name for name in names if api.one(f"repos/{name}") is None]
    if len(hidden) == len(names):
        raise Fatal(f"GitHub as {login}: the key sees none of {', '.join(names)[:200]}", fix=FIX)
    count = f"{len(names) - len(hidden)} of {len(names)} repositories" if len(names) > 1 else names[0]
    unseen = f", not {', '.join(hidden)[:200]}" if hidden else ""
    return f"GitHub as {login}: {count}{unseen}"


def account(access: Access) -> Mapping[str, str]:
    """What links need: the host of the web pages, which is another one for a server of one's own."""
    try:
        host = urlsplit(text(Api(access).one("user") or {}, "html_url")).hostname or ""
    except (Unreadable, ValueError):
        return {}
    return {"web": host} if _HOST.fullmatch(host) else {}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """The record's page at GitHub; None for an id of another form, or an issue (app#12) of which it is not
    clear in whose repository it is."""
    host, (shape, where) = options.get("web", HOST), _SHAPES.get(kind, (None, ""))
    if shape is None or not _HOST.fullmatch(host):
        return None
    found = shape.fullmatch(record_id) or shape.fullmatch(_in_full(record_id, options))
    if found is None:
        return None
    return f"https://{host}/{found['name']}/{where.format(quote(found['rest'], safe=''))}"


def _login(api: Api) -> str:
    try:
        return text(api.one("user") or {}, "login")
    except Unreadable as problem:
        raise Fatal(f"GitHub does not say whose key this is: {problem}") from None


def _in_full(short: str, options: Mapping[str, str]) -> str:
    """acme/app#12 for app#12, if one repository is called so."""
    name = short.partition("#")[0]
    try:
        full = [each for each in repositories(options) if each.endswith(f"/{name}")]
    except Fatal:
        return ""
    return f"{full[0].partition('/')[0]}/{short}" if len(full) == 1 else ""
