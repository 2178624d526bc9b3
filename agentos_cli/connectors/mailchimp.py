"""Reads Mailchimp: every mailing of the last two years, and what came of it.

Reports: https://mailchimp.com/developer/marketing/api/reports/list-campaign-reports/ (pages by `offset`; up
to 1,000). Addresses and keys: https://mailchimp.com/developer/marketing/docs/fundamentals/ (the data centre
is what follows the dash of the key; Basic with any name).

Apple opens mails by itself to hide who read them. Where Mailchimp tells the opens without those, they count.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from agentos_cli.connectors.paging import Page, walk
from agentos_cli.connectors.reading import (
    Raw,
    Unreadable,
    as_object,
    batch,
    child,
    clean,
    count,
    ident,
    instant,
    maybe,
)
from agentos_cli.contract import Access, Batch, Fields
from agentos_cli.errors import CredentialRefused, Fatal
from agents.nouns import MailCampaign
from agents.wording import plural

TITLE = "Mailchimp"
PAGE = 500
DAYS = 730
CENTRE = "<dc>"
"""Where the data centre stands in the vendor's address."""
BOUNCES = ("hard_bounces", "soft_bounces", "syntax_errors")
_KEY = re.compile(r"[^-\s]+-([a-z]{2,4}[0-9]{1,3})")
FIELDS: Mapping[str, Fields] = {
    "reports": {
        "id": "text",
        "campaign_title?": "text",
        "subject_line?": "text",
        "send_time?": "instant",
        "emails_sent": "number",
        "unsubscribed": "number",
        "opens": {"unique_opens": "number", "proxy_excluded_unique_opens?": "number"},
        "clicks": {"unique_subscriber_clicks": "number"},
        "bounces": {"hard_bounces": "number", "soft_bounces": "number", "syntax_errors?": "number"},
    }
}


def fetch(access: Access) -> Iterator[Batch]:
    """A record for each mailing that was sent."""
    yield batch(TITLE, MailCampaign, _reports(access), lambda raw: _campaign(access, raw))


def check(access: Access) -> str:
    """The account's name, and how many mailings there are."""
    name = _ask(access, "/", {"fields": "account_name"}).get("account_name")
    total = _ask(access, "/reports", {"count": 1, "fields": "total_items"}).get("total_items")
    sent = plural(total, "mailing") if isinstance(total, int) else "mailings"
    return f"{clean(name) if isinstance(name, str) and name else 'an account'} with {sent}"


def account(access: Access) -> Mapping[str, str]:
    """Nothing: there is no page to lead to."""
    return {}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """None: Mailchimp's pages go by another id than its API."""
    return None


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """The first reports."""
    return {"reports": _page(access, 0, 50).records}


def base_url(access: Access) -> str:
    """Where the account is: the vendor's address with the key's data centre, or another that was given."""
    base = access.base_url.rstrip("/")
    return base.replace(CENTRE, _centre(access.secret)) if CENTRE in base else base


def _reports(access: Access) -> Iterator[object]:
    return walk(f"{TITLE} reports", lambda after: _page(access, int(after or 0), PAGE))


def _page(access: Access, offset: int, size: int) -> Page:
    since = (access.now - timedelta(days=DAYS)).isoformat(timespec="seconds")
    answer = _ask(access, "/reports", {"count": size, "offset": offset, "since_send_time": since})
    found, total = answer.get("reports"), answer.get("total_items")
    if not isinstance(found, list):
        raise Fatal(f"{TITLE} answered without a list of reports")
    end = offset + len(found)
    more = end < total if isinstance(total, int) else len(found) >= size
    return Page(found, str(end) if more else None)


def _ask(access: Access, path: str, params: Mapping[str, str | int]) -> Raw:
    basic = b64encode(f"agentos:{access.secret}".encode()).decode()
    answer = access.http.json(
        "GET",
        f"{base_url(access)}/3.0{path}",
        params=tuple(params.items()),
        headers={"Authorization": f"Basic {basic}"},
    )
    try:
        return as_object(answer)
    except Unreadable:
        raise Fatal(f"{TITLE} answered with no object") from None


def _centre(key: str) -> str:
    """The data centre that a key belongs to: `us21`. Raises CredentialRefused for a key without one."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise CredentialRefused(
            f"this is no {TITLE} key: it ends with its data centre, such as -us21",
            fix="agentos connect mailchimp",
        )
    return found[1]


def _campaign(access: Access, raw: Raw) -> MailCampaign | tuple[()]:
    """The mailing; nothing for one that goes out by itself and so has no day (an automation)."""
    sent_at = maybe(instant, raw, "send_time")
    if sent_at is None:
        return ()
    bounces, opens = child(raw, "bounces"), child(raw, "opens")
    people = maybe(count, opens, "proxy_excluded_unique_opens")
    return MailCampaign(
        access.source,
        ident(raw),
        title=_title(raw),
        sent_at=sent_at,
        recipients=count(raw, "emails_sent"),
        opens=count(opens, "unique_opens") if people is None else people,
        clicks=count(child(raw, "clicks"), "unique_subscriber_clicks"),
        bounces=sum(maybe(count, bounces, kind) or 0 for kind in BOUNCES),
        unsubscribes=count(raw, "unsubscribed"),
    )


def _title(raw: Raw) -> str:
    names = (raw.get(key) for key in ("campaign_title", "subject_line"))
    return next(
        (found for name in names if isinstance(name, str) and (found := clean(name))), "without a title"
    )
