"""The CRM of the demo company: companies and contacts, the way of every deal, and support tickets.

Every customer came through a won deal and a contact; deals that were lost and leads that led nowhere are here
too, so that win rates and conversions have a denominator.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agentos_cli.demo.company.accounts import Account
from agentos_cli.demo.company.deals import CLOSED_LOST, CLOSED_WON, OPEN_DEALS, STAGES, OpenDeal, steady_path
from agentos_cli.demo.company.marks import stamp
from agentos_cli.demo.company.names import companies, domain_of, people
from agentos_cli.demo.company.staff import Member, Staff

# First touch: HubSpot's own names of sources (`hs_analytics_source`, in capitals there), and its drill-down.
SOURCES: dict[str, str] = {
    "organic_search": "unknown keywords (ssl)",
    "paid_search": "brand and category",
    "paid_social": "banner series",
    "referrals": "partner directory",
    "direct_traffic": "fernwick.example",
    "email_marketing": "newsletter",
    "offline": "trade fair",
}
EURO = 1.09  # what HubSpot was told that a euro is worth
_LEADS_A_MONTH = (
    ("organic_search", 4), ("paid_search", 4), ("paid_social", 3), ("referrals", 2), ("direct_traffic", 1),
    ("email_marketing", 1), ("offline", 1),
)  # fmt: skip


@dataclass(slots=True)
class Entity:
    """One CRM object. `props` are strings or None, as HubSpot keeps them; `history` holds the values a
    property had, oldest first; `links` the ids of associated objects by type."""

    id: str
    created_at: datetime
    updated_at: datetime
    props: dict[str, str | None]
    history: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Crm:
    """Everything in the CRM, by object type, ids ascending; and who owns it."""

    objects: Mapping[str, tuple[Entity, ...]]
    owners: tuple[Member, ...]


class _Book:
    """Collects entities and hands out ids that only grow."""

    def __init__(self) -> None:
        self.lists: dict[str, list[Entity]] = {"companies": [], "contacts": [], "deals": [], "tickets": []}
        self.by_domain: dict[str, Entity] = {}
        self._bases = {
            "companies": 9_100_000_000,
            "contacts": 51,
            "deals": 14_200_000_000,
            "tickets": 2_300_000_000,
        }

    def add(
        self, kind: str, created_at: datetime, updated_at: datetime, props: dict[str, str | None]
    ) -> Entity:
        known = self.lists[kind]
        entity = Entity(str(self._bases[kind] + len(known) * 50), created_at, updated_at, props)
        modified = "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"
        props |= {"createdate": stamp(created_at), modified: stamp(updated_at), "hs_object_id": entity.id}
        known.append(entity)
        return entity

    def company(self, name: str, domain: str, created_at: datetime, lifecycle: str) -> Entity:
        if domain not in self.by_domain:
            props: dict[str, str | None] = {"name": name, "domain": domain, "lifecyclestage": lifecycle}
            self.by_domain[domain] = self.add("companies", created_at, created_at, props)
        return self.by_domain[domain]


def link(one: Entity, kind: str, other: Entity, other_kind: str) -> None:
    """Associate two objects, both ways."""
    one.links.setdefault(other_kind, []).append(other.id)
    other.links.setdefault(kind, []).append(one.id)


def keep_crm(as_of: datetime, seed: int, accounts: Sequence[Account], staff: Staff, deals: int) -> Crm:
    """The CRM with `deals` open deals."""
    rng = random.Random(f"{seed}:crm")
    names, faces = companies(rng), people(rng)
    taken = {account.domain for account in accounts}
    fresh = (name for name in names if domain_of(name) not in taken)
    book = _Book()
    owners = _owners(staff)
    for account in accounts:
        _customer(book, rng, account, owners[1 % len(owners)])
    for n in range(round(1.3 * len(accounts))):
        _lost(book, rng, as_of, n, next(fresh), next(faces), len(accounts), owners)
    for n in range(deals):
        _open(book, as_of, n, next(fresh), next(faces), owners)
    _leads(book, rng, as_of, faces, fresh, max(1, len(accounts) // 45))
    _tickets(book, rng, as_of, accounts, owners)
    return Crm({kind: tuple(entities) for kind, entities in book.lists.items()}, owners)


def _owners(staff: Staff) -> tuple[Member, ...]:
    """The founder, then those who sell, then those who look after customers."""
    here = [member for member in staff.members if member.left_on is None]
    sales = [member for member in here if member.team == "Sales"]
    care = [member for member in here if member.team in ("Success", "Support")]
    return tuple(dict.fromkeys([here[0], *sales, *care]))


def _contact(
    book: _Book, company: Entity, face: tuple[str, str], channel: str, created_at: datetime,
    lifecycle: str, customer_at: datetime | None = None,
) -> Entity:  # fmt: skip
    bought = stamp(customer_at) if customer_at else None
    props: dict[str, str | None] = {
        "firstname": face[0],
        "lastname": face[1],
        "email": f"{face[0]}.{face[1]}@{company.props['domain']}".lower(),
        "company": company.props["name"],
        "associatedcompanyid": company.id,
        "lifecyclestage": lifecycle,
        "hs_lifecyclestage_customer_date": bought,
        "hs_v2_date_entered_customer": bought,
        "hs_analytics_source": channel.upper(),
        "hs_analytics_source_data_1": SOURCES[channel],
        "hs_analytics_first_timestamp": stamp(created_at),
    }
    contact = book.add("contacts", created_at, customer_at or created_at, props)
    contact.history["lifecyclestage"] = [("lead", created_at)]
    if customer_at:
        contact.history["lifecyclestage"].append(("customer", customer_at))
    link(contact, "contacts", company, "companies")
    return contact


@dataclass(frozen=True, slots=True)
class _Sale:
    """What a deal is about. It went along `path`, whose last stage is the present one; `amount` in cents."""

    name: str
    amount: int
    currency: str
    path: list[tuple[str, datetime]]
    close_at: datetime
    effort: int


def _deal(book: _Book, company: Entity, contact: Entity, owner: Member, sale: _Sale) -> None:
    stage, since = sale.path[-1]
    won, lost = stage == CLOSED_WON, stage == CLOSED_LOST
    home = sale.amount if sale.currency == "USD" else round(sale.amount * EURO)
    props: dict[str, str | None] = {
        "dealname": sale.name,
        "amount": major(sale.amount),
        "amount_in_home_currency": major(home),
        "deal_currency_code": sale.currency,
        "dealstage": stage,
        "pipeline": "default",
        "closedate": stamp(sale.close_at),
        "dealtype": "newbusiness",
        "hubspot_owner_id": owner_id(owner),
        "hs_is_closed": str(won or lost).lower(),
        "hs_is_closed_won": str(won).lower(),
        "hs_deal_stage_probability": STAGES[stage].probability,
        "closed_lost_reason": "went with another vendor" if lost else None,
        "agentos_effort_hours": str(sale.effort),
    }
    deal = book.add("deals", sale.path[0][1], since, props)
    deal.history["dealstage"] = sale.path
    deal.history |= _revised(sale, len(book.lists["deals"]), closed=won or lost)
    link(deal, "deals", company, "companies")
    link(deal, "deals", contact, "contacts")


def _revised(sale: _Sale, number: int, *, closed: bool) -> dict[str, list[tuple[str, datetime]]]:
    """What was expected of a deal before: of every fourth a tenth more, until it came to its last open stage;
    a closed one to close sixty days after it began, every third open one two weeks sooner."""
    found: dict[str, list[tuple[str, datetime]]] = {}
    began, revised = sale.path[0][1], sale.path[-2 if closed else -1][1]
    if number % 4 == 1 and revised > began:
        found["amount"] = [(major(sale.amount * 11 // 10), began), (major(sale.amount), revised)]
    if closed:
        planned, moved = began + timedelta(days=60), sale.path[-1][1]
    else:
        planned, moved = sale.close_at - timedelta(days=14), revised
    if moved > began and (closed or number % 3 == 1):
        found["closedate"] = [(stamp(planned), began), (stamp(sale.close_at), moved)]
    return found


def major(cents: int) -> str:
    """An amount as HubSpot writes it: `1250` or `1250.50`."""
    return f"{cents // 100}" + (f".{cents % 100:02d}" if cents % 100 else "")


def _customer(book: _Book, rng: random.Random, account: Account, owner: Member) -> None:
    """The contact and the won deal that a customer began with; one on trial has neither bought nor a deal."""
    signed = account.signed_at - timedelta(hours=2)
    cycle = timedelta(days=rng.randrange(38, 78))
    first = signed - cycle
    bought = None if account.trial_until else signed
    company = book.company(account.name, account.domain, first, "customer" if bought else "opportunity")
    contact = _contact(
        book, company, (account.given, account.family), account.channel, first,
        "customer" if bought else "opportunity", bought,
    )  # fmt: skip
    if bought is None:
        return
    year = account.steps[0].seats * account.plan.unit * 12 // account.plan.months
    path = steady_path(rng, first + timedelta(days=2), signed, CLOSED_WON)
    sale = _Sale(
        f"{account.name}: {account.plan.product} plan", year + account.onboarding,
        account.plan.currency.upper(), path, signed, rng.randrange(4, 12) * 10,
    )  # fmt: skip
    _deal(book, company, contact, owner, sale)


def _lost(
    book: _Book, rng: random.Random, as_of: datetime, n: int, name: str, face: tuple[str, str],
    count: int, owners: Sequence[Member],
) -> None:  # fmt: skip
    """Deals that went nowhere, spread over two years; the last one four days ago."""
    days = 4 + 730 * (n / (1.3 * count)) ** 1.2
    closed = as_of - timedelta(days=round(days), hours=rng.randrange(1, 8))
    first = closed - timedelta(days=rng.randrange(25, 90))
    company = book.company(name, domain_of(name), first, "opportunity")
    contact = _contact(book, company, face, rng.choice(list(SOURCES)), first, "opportunity")
    path = steady_path(rng, first + timedelta(days=1), closed, CLOSED_LOST, rng.randrange(1, 4))
    amount = 1_400_000 if n == 0 else rng.randrange(20, 160) * 10_000
    sale = _Sale(f"{name}: Team plan", amount, "USD", path, closed, rng.randrange(3, 10) * 10)
    _deal(book, company, contact, owners[1 % len(owners)], sale)


def _open(
    book: _Book, as_of: datetime, n: int, name: str, face: tuple[str, str], owners: Sequence[Member]
) -> None:
    plan: OpenDeal = OPEN_DEALS[n % len(OPEN_DEALS)]
    path = plan.path(as_of)
    company = book.company(name, domain_of(name), path[0][1], "opportunity")
    channel = list(SOURCES)[n % len(SOURCES)]
    contact = _contact(book, company, face, channel, path[0][1] - timedelta(days=3), "opportunity")
    close_at = (as_of + timedelta(days=plan.closes_in)).replace(hour=16, minute=0, second=0)
    sale = _Sale(f"{name}: {plan.what}", plan.amount * 100, "USD", path, close_at, plan.effort)
    _deal(book, company, contact, owners[n % 2 % len(owners)], sale)


def _leads(
    book: _Book, rng: random.Random, as_of: datetime, faces: Iterator[tuple[str, str]],
    names: Iterator[str], copies: int,
) -> None:  # fmt: skip
    """People who wrote in and have not bought."""
    for back in range(24):
        for channel, monthly in _LEADS_A_MONTH:
            growth = 2 if channel == "paid_social" and back < 3 else 1
            for _ in range(monthly * growth * copies):
                created = as_of - timedelta(days=back * 30.4 + rng.random() * 30, hours=1)
                created = created.replace(microsecond=0)
                name = next(names)
                company = book.company(name, domain_of(name), created, "lead")
                stage = rng.choice(("lead", "lead", "marketingqualifiedlead"))
                _contact(book, company, next(faces), channel, created, stage)


_SUBJECTS = (
    "Cannot export the monthly report", "Import fails on accented names", "Seat was billed twice",
    "Calendar does not sync", "How do I add a second site?", "Slow dashboard in the morning",
    "Password reset mail never arrives", "Wrong totals after daylight saving", "Question about roles",
)  # fmt: skip
_NORTHWIND = (
    ("Scheduling board down for site 3", "URGENT", 2, 9.0),
    ("Shift export loses overtime", "HIGH", 4, 13.0),
    ("Single sign-on fails for new staff", "HIGH", 8, 21.0),
)
_RENEWAL = ("Reports time out since the last release", "HIGH", 6, 11.0)


def _tickets(
    book: _Book, rng: random.Random, as_of: datetime, accounts: Sequence[Account], owners: Sequence[Member]
) -> None:
    """Northwind's three, one at each customer that renews soon, and the everyday ones of nine months."""
    for account in accounts:
        if account.role == "northwind":
            for subject, priority, days, hours in _NORTHWIND:
                _ticket(
                    book,
                    account,
                    owners[-1],
                    subject,
                    priority,
                    as_of - timedelta(days=days, hours=5),
                    hours,
                    None,
                )
        elif account.role == "renews":
            subject, priority, days, hours = _RENEWAL
            _ticket(
                book,
                account,
                owners[-1],
                subject,
                priority,
                as_of - timedelta(days=days, hours=3),
                hours,
                None,
            )
    for n in range(3 * len(accounts)):
        created = as_of - timedelta(days=2 + 260 * n / (3 * len(accounts)), hours=rng.randrange(1, 6))
        account = accounts[rng.randrange(len(accounts))]
        if not account.signed_at < created or (account.ended_at and created > account.ended_at):
            continue
        late = 1.6 if as_of - created < timedelta(days=14) else 1.0
        first = rng.uniform(1.0, 9.0) * late
        solved = created + timedelta(hours=first + rng.uniform(4, 120))
        priority = rng.choice(("LOW", "MEDIUM", "MEDIUM", "MEDIUM", "HIGH"))
        subject = _SUBJECTS[n % len(_SUBJECTS)]
        closed = solved if solved < as_of else None
        _ticket(book, account, owners[-1], subject, priority, created.replace(microsecond=0), first, closed)


def _ticket(
    book: _Book, account: Account, owner: Member, subject: str, priority: str, created: datetime,
    first_hours: float, closed: datetime | None,
) -> None:  # fmt: skip
    answered = created + timedelta(seconds=round(first_hours * 3600))
    closed = closed.replace(microsecond=0) if closed else None
    props: dict[str, str | None] = {
        "subject": subject,
        "content": f"{account.given} writes: {subject.lower()}.",
        "hs_pipeline": "0",
        "hs_pipeline_stage": "4" if closed else "3",
        "hs_ticket_priority": priority,
        "hs_ticket_category": "PRODUCT_ISSUE",
        "source_type": "EMAIL",
        "closed_date": stamp(closed) if closed else None,
        "first_agent_reply_date": stamp(answered),
        "time_to_first_agent_reply": str(round(first_hours * 3600) * 1000),
        "hubspot_owner_id": owner_id(owner),
    }
    ticket = book.add("tickets", created, closed or answered, props)
    ticket.history["hs_pipeline_stage"] = [("1", created), ("3", answered)] + (
        [("4", closed)] if closed else []
    )
    company = book.by_domain[account.domain]
    link(ticket, "tickets", company, "companies")
    for contact in company.links.get("contacts", [])[:1]:
        ticket.links.setdefault("contacts", []).append(contact)


def owner_id(member: Member) -> str:
    """HubSpot's number for a person."""
    return str(77_000_000 + int(member.id[1:]) * 13)
