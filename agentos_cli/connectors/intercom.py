"""Intercom: customers' conversations as tickets, their ratings as CSAT. Fields and rules: docs/connectors.md.

Conversations are found by searching, 150 a page, and the contacts in them are looked up by their ids:
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/searchconversations,
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts/searchcontacts. Limits:
https://developers.intercom.com/docs/references/rest-api/errors/rate-limiting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from agentos_cli.connectors.began import Began
from agentos_cli.connectors.paging import Page as Answer
from agentos_cli.connectors.paging import pages
from agentos_cli.connectors.reading import (
    Raw,
    Unreadable,
    as_object,
    child,
    ident,
    instant,
    maybe,
    objects,
    one_of,
    part,
    text,
    whole,
)
from agentos_cli.contract import Access, Batch, Fields, Found, Page, Stream
from agentos_cli.errors import CursorLost, Fatal, RateLimited, SourceError
from agentos_cli.http import Response
from agentos_cli.resilience.retry_after import LONGEST
from agents.accounts import account_key
from agents.nouns import SurveyAnswer, Ticket

VERSION = "2.16"
PAGE = 150
LOOKED_UP = 50
"""How many contacts one search names."""
DAYS = timedelta(days=2)
"""How much further back changes are searched: some dates are compared by the day, in the workspace's zone."""
SEVERITY = {"urgent": 1, "high": 2, "medium": 3, "low": 4, "none": 4}
STATES = {"open": True, "snoozed": True, "closed": False}
ASKED = "customer_initiated"
SINCE, BEGAN, END = "since", "began", "end"
HOSTS = {"US": "app.intercom.com", "EU": "app.eu.intercom.com", "AU": "app.au.intercom.com"}
_APP = re.compile(r"[a-z0-9_]{1,60}")

_CONTACTS: Fields = {"contacts": [{"id": "text"}]}
_CONVERSATION: Fields = {
    "id": "text",
    "title?": "text",
    "created_at": "instant",
    "updated_at": "instant",
    "state": tuple(STATES),
    "priority": tuple(SEVERITY),
    "contacts": _CONTACTS,
    "company?": {"website?": "text"},
    "source?": {"delivered_as?": "text", "subject?": "text"},
    "first_contact_reply?": {"created_at": "instant"},
    "statistics?": {"first_admin_reply_at?": "instant", "last_close_at?": "instant"},
    "conversation_rating?": {"rating?": "number", "created_at?": "instant", "updated_at?": "instant"},
}
_CONTACT: Fields = {"id": "text", "email?": "text"}


def _first_contact(raw: Raw) -> str:
    """Whose conversation it is; without anybody, it stands for itself."""
    found = objects(child(raw, "contacts"), "contacts")
    return ident(found[0]) if found else ident(raw)


STREAMS: dict[str, Stream] = {
    "conversations": Stream(_CONVERSATION, group=_first_contact),
    "contacts": Stream(_CONTACT, group=ident),
}


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def feed(access: Access, cursors: Mapping[str, str], whole: bool) -> Iterator[Page]:
    """Every conversation, or those with changes, and behind each page the people in it."""
    api = Api(access)
    if whole:
        yield from _everything(api, cursors)
        return
    if SINCE not in cursors:
        raise CursorLost("Intercom was never read whole")
    since = datetime.fromisoformat(cursors[SINCE])
    for answer in api.conversations(since - DAYS, None):
        yield from _both(api, [raw for raw in answer.records if not _older(raw, since)], {})
    yield Page("conversations", (), lasting={SINCE: api.began.since()})


def _everything(api: Api, cursors: Mapping[str, str]) -> Iterator[Page]:
    reached = cursors.get("conversations")
    if reached != END:
        for answer in api.conversations(datetime.fromtimestamp(0, UTC), reached):
            began = cursors.get(BEGAN) or api.began.since()
            yield from _both(api, answer.records, {"conversations": answer.after or END, BEGAN: began})
    yield Page("conversations", (), lasting={SINCE: cursors.get(BEGAN) or api.began.since()})


def _both(api: Api, found: Sequence[object], reached: Mapping[str, str]) -> Iterator[Page]:
    """The contacts first: only with the conversations is this page behind us."""
    people = dict.fromkeys(name for raw in found if (name := _contact_of(raw)))
    yield Page("contacts", api.contacts(tuple(people)))
    yield Page("conversations", found, cursors=reached)


def _contact_of(raw: object) -> str | None:
    try:
        found = objects(child(as_object(raw), "contacts"), "contacts")
        return ident(found[0]) if found else None
    except Unreadable:
        return None  # the conversation itself will be skipped, with the reason


def _older(raw: object, since: datetime) -> bool:
    try:
        return isinstance(raw, Mapping) and instant(raw, "updated_at") < since
    except Unreadable:
        return False


class Api:
    """Read access to one workspace."""

    def __init__(self, access: Access) -> None:
        self._http = access.http
        self._base = access.base_url.rstrip("/")
        self._now = access.now
        self._headers = {"Authorization": f"Bearer {access.secret}", "Intercom-Version": VERSION}
        self.began = Began(access.now)

    def me(self) -> Raw:
        """https://developers.intercom.com/docs/references/rest-api/api.intercom.io/admins/identifyadmin"""
        return self._object(
            "me", self._http.json("GET", f"{self._base}/me", headers=self._headers, judge=self._judge)
        )

    def conversations(self, since: datetime, after: str | None) -> Iterator[Answer]:
        """The pages of those that were updated since, behind the cursor `after`."""
        query = {"field": "updated_at", "operator": ">", "value": int(since.timestamp())}

        def read(after: str | None) -> Answer:
            return self._search("conversations", "conversations", query, PAGE, after)

        return pages("Intercom conversations", read, after)

    def contacts(self, ids: Sequence[str]) -> list[object]:
        """The contacts with these ids, without those that were deleted or merged into others."""
        found: list[object] = []
        for start in range(0, len(ids), LOOKED_UP):
            query = {"field": "id", "operator": "IN", "value": list(ids[start : start + LOOKED_UP])}
            found += self._search("contacts", "data", query, LOOKED_UP, None).records
        return found

    def _search(
        self, what: str, key: str, query: Mapping[str, object], size: int, after: str | None
    ) -> Answer:
        paging = {"per_page": size} if after is None else {"per_page": size, "starting_after": after}

        def judge(response: Response) -> SourceError | None:
            self.began.hear(response)
            if after is not None and response.status in (400, 404, 422):
                return CursorLost(f"Intercom does not know any more where the list of {what} went on")
            return self._judge(response)

        body = self._http.json(
            "POST",
            f"{self._base}/{what}/search",
            headers=self._headers,
            payload={"query": query, "pagination": paging},
            judge=judge,
            repeatable=True,
        )
        return _answer(what, self._object(what, body), key)

    def _object(self, what: str, body: object) -> Raw:
        try:
            return as_object(body)
        except Unreadable:
            raise Fatal(f"Intercom answered {what} with something that is not an object") from None

    def _judge(self, response: Response) -> SourceError | None:
        """A limit says when it is over (in epoch seconds), at most ten seconds later."""
        reset = response.headers.get("x-ratelimit-reset", "")
        if response.status != 429 or not re.fullmatch(r"[0-9]{10}", reset):
            return None
        until = min(datetime.fromtimestamp(int(reset), UTC), self._now + LONGEST)
        return RateLimited("Intercom asks us to slow down", not_before=until)


def _answer(what: str, body: Raw, key: str) -> Answer:
    records = body.get(key)
    try:
        if not isinstance(records, list):
            raise Unreadable(f"{key} is not a list")
        paging = maybe(child, body, "pages")
        following = maybe(child, paging, "next") if paging is not None else None
        return Answer(records, maybe(ident, following, "starting_after") if following is not None else None)
    except Unreadable as problem:
        raise Fatal(f"Intercom {what}: the list cannot be read: {problem}") from None


# ── what it means ────────────────────────────────────────────────────────────────────────────────


def derive(found: Found, access: Access) -> Iterator[Batch]:
    """Tickets and ratings of some conversations, by the people in them."""
    people = {
        name: email
        for raw in found.records.get("contacts", ())
        if isinstance(name := raw.get("id"), str) and isinstance(email := raw.get("email"), str)
    }

    def ticket(raw: Raw) -> Ticket | tuple[()]:
        return _ticket(access.source, raw, _account(raw, people)) if _is_asked(raw) else ()

    def rating(raw: Raw) -> SurveyAnswer | tuple[()]:
        return _rating(access, raw, _account(raw, people))

    conversations = found.records.get("conversations", ())
    yield part(Ticket, conversations, ticket)
    yield part(SurveyAnswer, conversations, rating)


def _is_asked(raw: Raw) -> bool:
    """Whether a customer said something: a message that nobody answered is no ticket."""
    begun = maybe(child, raw, "source") or {}
    return raw.get("first_contact_reply") is not None or begun.get("delivered_as") == ASKED


def _ticket(source: str, raw: Raw, account: str | None) -> Ticket:
    statistics = maybe(child, raw, "statistics") or {}
    is_open = STATES[one_of(STATES, raw, "state")]
    return Ticket(
        source,
        ident(raw),
        account=account,
        subject=_subject(raw),
        severity=SEVERITY[one_of(SEVERITY, raw, "priority")],
        open=is_open,
        created_at=instant(raw, "created_at"),
        first_response_at=maybe(instant, statistics, "first_admin_reply_at"),
        closed_at=None if is_open else maybe(instant, statistics, "last_close_at"),
    )


def _subject(raw: Raw) -> str:
    """The title, else the subject of an e-mail; that of a message in the app is its markup."""
    said = maybe(text, raw, "title") or maybe(text, maybe(child, raw, "source") or {}, "subject")
    return said if said and "<" not in said else f"Conversation {ident(raw)}"


def _rating(access: Access, raw: Raw, account: str | None) -> SurveyAnswer | tuple[()]:
    """Nothing where no rating was asked for, or none was given."""
    rating = maybe(child, raw, "conversation_rating")
    score = None if rating is None else maybe(whole, rating, "rating")
    if rating is None or score is None:
        return ()
    if not 1 <= score <= 5:
        raise Unreadable(f"rating is {score}, not 1 to 5")
    at = maybe(instant, rating, "updated_at") or instant(rating, "created_at")
    day = at.astimezone(access.zone).date()
    return SurveyAnswer(access.source, ident(raw), "csat", account, score, day)


def _account(raw: Raw, people: Mapping[str, str]) -> str | None:
    """The domain of the contact's address; at free mail, that of the company's website if it has one."""
    mail = account_key(people.get(_contact_of(raw) or ""))
    if mail and "@" not in mail:
        return mail
    return account_key(maybe(text, maybe(child, raw, "company") or {}, "website")) or mail


# ── the account ──────────────────────────────────────────────────────────────────────────────────


def check(access: Access) -> str:
    """Whose workspace it is."""
    me = Api(access).me()
    try:
        return f"Intercom workspace {text(child(me, 'app'), 'name')}"
    except Unreadable as problem:
        raise Fatal(f"Intercom does not say whose key this is: {problem}") from None


def account(access: Access) -> Mapping[str, str]:
    """What links need: the workspace's id, and in which part of the world it lives."""
    try:
        app = child(Api(access).me(), "app")
        return {"app": ident(app, "id_code"), "region": maybe(text, app, "region") or "US"}
    except Unreadable:
        return {}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """The conversation in the inbox; None while the workspace is unknown."""
    app, host = options.get("app", ""), HOSTS.get(options.get("region", "US"))
    known = host and kind in ("ticket", "survey_answer") and _APP.fullmatch(app)
    if not known or not re.fullmatch(r"[0-9]{1,30}", record_id):
        return None
    return f"https://{host}/a/inbox/{app}/inbox/conversation/{record_id}"


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """The first page of conversations, and the people in it."""
    api = Api(access)
    found = next(api.conversations(datetime.fromtimestamp(0, UTC), None)).records[:25]
    people = dict.fromkeys(name for raw in found if (name := _contact_of(raw)))
    return {"conversations": found, "contacts": api.contacts(tuple(people))}
