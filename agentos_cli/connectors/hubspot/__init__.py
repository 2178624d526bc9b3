"""HubSpot: owners, deal stages, deals and their past, companies, contacts, tickets. See docs/connectors.md.

A record's account is the domain of its company; a deal or ticket names the
company by an association (https://developers.hubspot.com/docs/api/crm/associations).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal

from agentos_cli.connectors.hubspot.api import Api
from agentos_cli.connectors.hubspot.feed import feed, sample
from agentos_cli.connectors.hubspot.history import day_in, terms, way
from agentos_cli.connectors.hubspot.streams import EFFORT, STREAMS
from agentos_cli.connectors.reading import (
    Raw,
    Unreadable,
    child,
    currency,
    flag,
    ident,
    instant,
    maybe,
    number,
    objects,
    part,
    text,
    whole,
)
from agentos_cli.contract import Access, Batch, Found
from agents.accounts import account_key
from agents.money import Money
from agents.nouns import Company, Contact, Deal, Owner, Stage, Ticket

__all__ = ["STREAMS", "account", "check", "derive", "feed", "page", "sample"]

SOURCE = "hubspot"
OBJECTS = {"contact": "0-1", "company": "0-2", "deal": "0-3", "ticket": "0-5"}
"""HubSpot's numbers for the kinds of record that have a page of their own."""
HOST = "app.hubspot.com"
_OURS = re.compile(r"app(-[a-z0-9]+)?\.hubspot\.com")
SEVERITY = {"URGENT": 1, "HIGH": 2, "MEDIUM": 3, "LOW": 4}
LEAST = 4


def derive(found: Found, access: Access) -> Iterator[Batch]:
    """The records of the six kinds. Deals, contacts and tickets need every company and pipeline."""
    firms = _Firms(found.shared.get("companies", ()))
    stages = part(Stage, _stage_rows(found.shared.get("deal_pipelines", ())), _stage)
    known = _Known(
        firms=firms,
        closed={each.id for each in stages.records if isinstance(each, Stage) and each.closed},
        closed_tickets=_closed_tickets(found.shared.get("ticket_pipelines", ())),
        currency=access.currency,
        zone=access.zone,
    )
    if found.first:
        yield stages
        yield part(Company, found.shared.get("companies", ()), _company)
    yield part(Owner, found.records.get("owners", ()), _owner)
    yield part(Deal, found.records.get("deals", ()), known.deal)
    yield part(Contact, found.records.get("contacts", ()), known.contact)
    yield part(Ticket, found.records.get("tickets", ()), known.ticket)


def check(access: Access) -> str:
    """Which account the token belongs to.

    https://developers.hubspot.com/docs/api/settings/account-information-api
    """
    about = Api(access).get("/account-info/v3/details")
    return f"HubSpot account {about.get('portalId', '(unnamed)')!s:.20}"


def account(access: Access) -> Mapping[str, str]:
    """What links into the account need: its number, and the host of its web pages, which depends on where
    its data lives. https://developers.hubspot.com/docs/api/settings/account-information-api"""
    about = Api(access).get("/account-info/v3/details")
    try:
        return {"portal": str(whole(about, "portalId")), "ui": maybe(text, about, "uiDomain") or HOST}
    except Unreadable:
        return {}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """The record's page in HubSpot; None for a kind without one, or while the account's number is unknown."""
    portal, host = options.get("portal", ""), options.get("ui", HOST)
    if (
        kind not in OBJECTS
        or not portal.isdecimal()
        or not record_id.isdecimal()
        or not _OURS.fullmatch(host)
    ):
        return None
    return f"https://{host}/contacts/{portal}/record/{OBJECTS[kind]}/{record_id}"


@dataclass(frozen=True, slots=True)
class _Known:
    """What deals, contacts and tickets are joined with."""

    firms: _Firms
    closed: set[str]
    closed_tickets: set[str]
    currency: str
    zone: tzinfo

    def deal(self, raw: Raw) -> Deal:
        """`closed_at` is the close date once the deal's stage is a closed one; until then that is a plan."""
        p = child(raw, "properties")
        stage, created = ident(p, "dealstage"), instant(p, "createdate")
        closed = stage in self.closed
        stages = way(raw, stage, created)
        amount, close_on = self._amount(p), maybe(day_in(self.zone), p, "closedate")
        return Deal(
            SOURCE,
            ident(raw),
            name=maybe(text, p, "dealname") or f"Deal {ident(raw)}",
            account=self._account(raw),
            owner_id=maybe(ident, p, "hubspot_owner_id"),
            stage_id=stage,
            amount=amount,
            created_at=created,
            close_on=close_on,
            closed_at=(maybe(instant, p, "closedate") or stages[-1].entered_at) if closed else None,
            stages=stages,
            effort_hours=maybe(number, raw, EFFORT),
            terms=terms(raw, amount, close_on, self.currency, self.zone),
        )

    def contact(self, raw: Raw) -> Contact:
        p = child(raw, "properties")
        email = maybe(text, p, "email")
        names = (maybe(text, p, "firstname"), maybe(text, p, "lastname"))
        firm = maybe(ident, p, "associatedcompanyid")
        return Contact(
            SOURCE,
            ident(raw),
            account=self.firms.account(firm or "") or account_key(email),
            name=" ".join(filter(None, names)) or email or f"Contact {ident(raw)}",
            email=email,
            channel=(maybe(text, p, "hs_analytics_source") or "unknown").lower(),
            lifecycle=(maybe(text, p, "lifecyclestage") or "unknown").lower(),
            created_at=instant(p, "createdate"),
            customer_at=maybe(instant, p, "hs_v2_date_entered_customer")
            or maybe(instant, p, "hs_lifecyclestage_customer_date"),
        )

    def ticket(self, raw: Raw) -> Ticket:
        """A ticket that nobody gave a priority counts as the least severe."""
        p = child(raw, "properties")
        priority = (maybe(text, p, "hs_ticket_priority") or "").upper()
        stage, closed_at = ident(p, "hs_pipeline_stage"), maybe(instant, p, "closed_date")
        closed = stage in self.closed_tickets
        return Ticket(
            SOURCE,
            ident(raw),
            account=self._account(raw),
            subject=maybe(text, p, "subject") or f"Ticket {ident(raw)}",
            severity=SEVERITY.get(priority, LEAST),
            open=not closed,
            created_at=instant(p, "createdate"),
            first_response_at=maybe(instant, p, "hs_first_agent_message_sent_at")
            or maybe(instant, p, "first_agent_reply_date"),
            closed_at=closed_at if closed else None,
        )

    def _account(self, raw: Raw) -> str | None:
        """The domain of the first company it is associated with that has one."""
        associations = maybe(child, raw, "associations")
        companies = maybe(child, associations, "companies") if associations is not None else None
        rows = objects(companies, "results") if companies is not None else ()
        return next(filter(None, (self.firms.account(ident(row)) for row in rows)), None)

    def _amount(self, properties: Raw) -> Money | None:
        amount = maybe(number, properties, "amount")
        code = maybe(currency, properties, "deal_currency_code") or self.currency
        return None if amount is None else Money.of(amount, code)


class _Firms:
    """The companies by their ids, each read when its account is first asked for."""

    def __init__(self, raws: Iterable[Raw]) -> None:
        self._raws = {raw.get("id"): raw for raw in raws}
        self._accounts: dict[str, str | None] = {}

    def account(self, key: str) -> str | None:
        """The domain of a company; None for one without, and for one that cannot be read."""
        if key not in self._accounts:
            try:
                self._accounts[key] = _company(self._raws.get(key, {})).account
            except Unreadable:
                self._accounts[key] = None
        return self._accounts[key]


def _owner(raw: Raw) -> Owner:
    """https://developers.hubspot.com/docs/api/crm/owners"""
    email = maybe(text, raw, "email")
    names = (maybe(text, raw, "firstName"), maybe(text, raw, "lastName"))
    return Owner(SOURCE, ident(raw), " ".join(filter(None, names)) or email or f"Owner {ident(raw)}", email)


def _company(raw: Raw) -> Company:
    p = child(raw, "properties")
    domain = maybe(text, p, "domain")
    name = maybe(text, p, "name") or domain or f"Company {ident(raw)}"
    return Company(SOURCE, ident(raw), account_key(domain), name, instant(p, "createdate"))


# ── pipelines ────────────────────────────────────────────────────────────────────────────────────


def _stage_rows(pipelines: Iterable[object]) -> Iterator[object]:
    """Every stage of every pipeline, with the pipeline it belongs to beside it; a strange one as it is."""
    for pipeline in pipelines:
        stages = pipeline.get("stages") if isinstance(pipeline, Mapping) else None
        if not isinstance(pipeline, Mapping) or not isinstance(stages, list):
            yield pipeline
            continue
        for stage in stages:
            yield {**stage, "pipeline": pipeline} if isinstance(stage, Mapping) else stage


def _stage(raw: Raw) -> Stage:
    """A closed stage is won at probability 1, lost at 0: https://developers.hubspot.com/docs/api/crm/pipelines"""
    pipeline, metadata = child(raw, "pipeline"), child(raw, "metadata")
    probability = number(metadata, "probability")
    if not 0 <= probability <= 1:
        raise Unreadable(f"probability is {probability}, not 0 to 1")
    sure = probability in (Decimal(0), Decimal(1))
    closed = flag(metadata, "isClosed") if "isClosed" in metadata else sure
    return Stage(
        SOURCE,
        ident(raw),
        pipeline_id=ident(pipeline),
        pipeline=text(pipeline, "label"),
        name=text(raw, "label"),
        position=whole(raw, "displayOrder"),
        probability=probability,
        closed=closed,
        won=closed and probability == 1,
    )


def _closed_tickets(pipelines: Iterable[object]) -> set[str]:
    """The ids of ticket stages whose `ticketState` is CLOSED."""
    return {
        str(row.get("id"))
        for row in _stage_rows(pipelines)
        if isinstance(row, Mapping)
        and isinstance(metadata := row.get("metadata"), Mapping)
        and (metadata.get("ticketState") == "CLOSED" or metadata.get("isClosed") in (True, "true"))
    }
