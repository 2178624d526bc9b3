"""The business's own nouns: what a company is made of, whatever vendor it came from.

A connector turns vendor JSON into these and nothing else leaves it; the store keeps one table per
noun with the same field names. Conventions, for every noun:

- `source` is the connector's name, `id` is unique within (source, kind); `ref` is the evidence id
  `source:kind:id` that every figure carries.
- Instants are aware datetimes in UTC; a calendar day is a `date` in the company's zone.
- Amounts are `Money`. A missing value is `None`, never 0 or "".
- `account` joins the records of one customer across vendors: see `agents.accounts.account_key`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from agents.money import Money


@dataclass(frozen=True, slots=True)
class Noun:
    """What every record has. `kind` names the noun in tables, evidence ids and freshness."""

    kind: ClassVar[str] = "noun"
    source: str
    id: str

    @property
    def ref(self) -> str:
        return f"{self.source}:{self.kind}:{self.id}"


# ── revenue ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Customer(Noun):
    """Someone who pays, or paid, or may."""

    kind: ClassVar[str] = "customer"
    account: str | None
    name: str
    email: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """One line of a subscription. `amount` is what one `interval_count` x `interval` costs, in minor
    units with their fraction, quantity and tiers applied, before discounts and without tax."""

    id: str
    product: str
    interval: str  # day | week | month | year
    interval_count: int
    amount: Decimal
    quantity: int
    metered: bool


@dataclass(frozen=True, slots=True)
class Discount:
    """A recurring reduction. Exactly one of `percent` (0 to 100) and `amount_off` (per bill) is set.
    `once` discounts touch a single bill and never count in MRR. `item_id` None: the whole subscription."""

    percent: Decimal | None
    amount_off: Money | None
    once: bool
    starts_at: datetime | None
    ends_at: datetime | None
    item_id: str | None


@dataclass(frozen=True, slots=True)
class Subscription(Noun):
    """The terms of one subscription from `valid_from` until `valid_to` (None: still so).

    A change of plan, quantity or price ends one version and starts the next; all versions of one
    contract share `contract_id`. Periods are half-open. `ended_at` is set on the last version.
    """

    kind: ClassVar[str] = "subscription"
    contract_id: str
    customer_id: str
    account: str | None
    status: str  # trialing | active | past_due | unpaid | paused | incomplete | canceled
    currency: str
    items: tuple[SubscriptionItem, ...]
    discounts: tuple[Discount, ...]
    valid_from: datetime
    valid_to: datetime | None
    started_at: datetime
    ended_at: datetime | None
    cancel_at: datetime | None
    renews_at: datetime | None


@dataclass(frozen=True, slots=True)
class Invoice(Noun):
    """A bill. `remaining` is what is still to be paid; only `open` ones can be overdue."""

    kind: ClassVar[str] = "invoice"
    customer_id: str
    account: str | None
    number: str | None
    status: str  # draft | open | paid | uncollectible | void
    total: Money
    remaining: Money
    created_at: datetime
    due_at: datetime | None
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class Payment(Noun):
    """One attempt to collect money, failed ones included."""

    kind: ClassVar[str] = "payment"
    customer_id: str | None
    account: str | None
    invoice_id: str | None
    amount: Money
    refunded: Money
    status: str  # succeeded | failed | pending
    failure: str | None
    created_at: datetime
    disputed: bool


# ── cash ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class CashBalance(Noun):
    """What one account held of one currency at the end of `day`. The newest row is its balance in it."""

    kind: ClassVar[str] = "cash_balance"
    holder: str
    day: date
    balance: Money


@dataclass(frozen=True, slots=True)
class BankTransaction(Noun):
    """Money that moved: positive came in, negative went out. `transfer` rows move between own accounts;
    `funding` and `loan` rows are capital. None of the three is income or spend."""

    kind: ClassVar[str] = "bank_transaction"
    holder: str
    day: date
    amount: Money
    category: str
    counterparty: str | None


@dataclass(frozen=True, slots=True)
class Expense(Noun):
    """A cost by category, as booked (`amount` is positive)."""

    kind: ClassVar[str] = "expense"
    day: date
    category: str
    vendor: str | None
    amount: Money


@dataclass(frozen=True, slots=True)
class FxRate(Noun):
    """One unit of `base` buys `rate` units of `quote` on `day`."""

    kind: ClassVar[str] = "fx_rate"
    day: date
    base: str
    quote: str
    rate: Decimal


# ── sales and marketing ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Owner(Noun):
    """A person who owns deals or tickets in the CRM."""

    kind: ClassVar[str] = "owner"
    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Stage(Noun):
    """One stage of a deal pipeline; `probability` is the CRM's own, 0 to 1."""

    kind: ClassVar[str] = "stage"
    pipeline_id: str
    pipeline: str
    name: str
    position: int
    probability: Decimal
    closed: bool
    won: bool


@dataclass(frozen=True, slots=True)
class StageEntry:
    """When a deal entered a stage."""

    stage_id: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class DealTerms:
    """What a deal was expected to bring, and by when, since an instant."""

    since: datetime
    amount: Money | None
    close_on: date | None


@dataclass(frozen=True, slots=True)
class Deal(Noun):
    """A sale in progress or decided. `stages` is its whole way, oldest first, the present one last.
    `effort_hours` is the delivery work it would bring, if the CRM says so. `terms` are its amounts and
    close dates, oldest first, the present ones last; empty means that only today's are known."""

    kind: ClassVar[str] = "deal"
    name: str
    account: str | None
    owner_id: str | None
    stage_id: str
    amount: Money | None
    created_at: datetime
    close_on: date | None
    closed_at: datetime | None
    stages: tuple[StageEntry, ...]
    effort_hours: Decimal | None
    terms: tuple[DealTerms, ...] = ()


@dataclass(frozen=True, slots=True)
class Company(Noun):
    """An organisation in the CRM: the name that people know an account by."""

    kind: ClassVar[str] = "company"
    account: str | None
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Contact(Noun):
    """A person in the CRM. `channel` is where they first came from; `customer_at` when they bought."""

    kind: ClassVar[str] = "contact"
    account: str | None
    name: str
    email: str | None
    channel: str
    lifecycle: str
    created_at: datetime
    customer_at: datetime | None


@dataclass(frozen=True, slots=True)
class MarketingSpend(Noun):
    """What one channel cost on one day (or on the first of a month, for the month)."""

    kind: ClassVar[str] = "marketing_spend"
    day: date
    channel: str
    amount: Money


@dataclass(frozen=True, slots=True)
class ContentPiece(Noun):
    """Something published, and what came of it so far."""

    kind: ClassVar[str] = "content_piece"
    title: str
    channel: str
    published_on: date
    visits: int
    leads: int
    deals: int


@dataclass(frozen=True, slots=True)
class TrafficDay(Noun):
    """The visits to the company's site through one channel on one day. `visitors` are unique that day."""

    kind: ClassVar[str] = "traffic_day"
    day: date
    channel: str
    visitors: int
    visits: int
    pageviews: int


@dataclass(frozen=True, slots=True)
class MailCampaign(Noun):
    """One mailing and what came of it so far; `opens` and `clicks` count people, not acts."""

    kind: ClassVar[str] = "mail_campaign"
    title: str
    sent_at: datetime
    recipients: int
    opens: int
    clicks: int
    bounces: int
    unsubscribes: int


# ── delivery ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Team(Noun):
    """A team in the issue tracker."""

    kind: ClassVar[str] = "team"
    name: str


@dataclass(frozen=True, slots=True)
class Project(Noun):
    """A piece of delivery with an end. `progress` is 0 to 1; `health` is the lead's own word."""

    kind: ClassVar[str] = "project"
    name: str
    state: str  # backlog | planned | started | paused | completed | canceled
    health: str | None  # on_track | at_risk | off_track
    progress: Decimal
    target_on: date | None
    started_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Cycle(Noun):
    """A sprint of one team."""

    kind: ClassVar[str] = "cycle"
    team_id: str
    number: int
    starts_at: datetime
    ends_at: datetime
    progress: Decimal


@dataclass(frozen=True, slots=True)
class Move:
    """One change of state of an issue. State types: triage backlog unstarted started completed canceled."""

    from_state: str | None
    to_state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Issue(Noun):
    """A piece of work. `priority`: 0 none, 1 urgent, 2 high, 3 medium, 4 low. `estimate` is in points.
    `blocked` says that the tracker marks it so now; `account` names the customer it is for."""

    kind: ClassVar[str] = "issue"
    key: str
    title: str
    team_id: str
    project_id: str | None
    cycle_id: str | None
    assignee: str | None
    state: str  # a state type, see Move
    priority: int
    estimate: Decimal | None
    blocked: bool
    labels: tuple[str, ...]
    account: str | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    canceled_at: datetime | None
    due_on: date | None
    sla_breaches_at: datetime | None
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class PullRequest(Noun):
    """A change offered for review. `state` is open, merged or closed (without being merged)."""

    kind: ClassVar[str] = "pull_request"
    repository: str
    key: str
    title: str
    author: str | None
    state: str
    draft: bool
    created_at: datetime
    merged_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Release(Noun):
    """A version that was published."""

    kind: ClassVar[str] = "release"
    repository: str
    title: str
    prerelease: bool
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Deployment(Noun):
    """One roll-out to an environment. `state` is pending, succeeded or failed."""

    kind: ClassVar[str] = "deployment"
    repository: str
    environment: str
    state: str
    created_at: datetime
    finished_at: datetime | None


# ── people ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Person(Noun):
    """Someone on the team. Hours are per week: `hours` contracted, `allocated` promised to work.
    `left_on` is the first day they are no longer here."""

    kind: ClassVar[str] = "person"
    name: str
    team: str
    role: str
    started_on: date
    left_on: date | None
    hours: Decimal
    allocated: Decimal
    monthly_cost: Money | None


@dataclass(frozen=True, slots=True)
class Absence(Noun):
    """Days away: from `starts_on` up to, not including, `ends_on`."""

    kind: ClassVar[str] = "absence"
    person_id: str
    reason: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Role(Noun):
    """A position to fill. `filled_on` and `closed_on` end it."""

    kind: ClassVar[str] = "role"
    title: str
    team: str
    opened_on: date
    target_on: date | None
    monthly_cost: Money | None
    filled_on: date | None
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Candidate(Noun):
    """An applicant for a role, now at `stage` since `stage_since`."""

    kind: ClassVar[str] = "candidate"
    role_id: str
    name: str
    stage: str  # applied | screen | interview | final | offer | hired | rejected | withdrawn
    applied_on: date
    stage_since: date
    reached: str  # the furthest stage before a rejection or withdrawal


@dataclass(frozen=True, slots=True)
class Offer(Noun):
    """An offer made to a candidate; it lapses at the end of `expires_on`."""

    kind: ClassVar[str] = "offer"
    candidate_id: str
    role_id: str
    sent_on: date
    expires_on: date
    status: str  # pending | accepted | declined | expired
    decided_on: date | None
    monthly_cost: Money | None


# ── customers ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Ticket(Noun):
    """A customer's question or trouble. `severity`: 1 worst to 4 least."""

    kind: ClassVar[str] = "ticket"
    account: str | None
    subject: str
    severity: int
    open: bool
    created_at: datetime
    first_response_at: datetime | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class SurveyAnswer(Noun):
    """One answer. `survey` is `nps` (a customer) or `enps` (an employee, no account), both from 0 to 10, or
    `csat` (how satisfied a customer was), from 1 to 5."""

    kind: ClassVar[str] = "survey_answer"
    survey: str
    account: str | None
    score: int
    answered_on: date


@dataclass(frozen=True, slots=True)
class UsageDay(Noun):
    """How much one customer used the product on one day."""

    kind: ClassVar[str] = "usage_day"
    account: str
    day: date
    events: int
    active_users: int


# ── calendar ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Meeting(Noun):
    """One occurrence of an entry in the calendar. An `all_day` one goes from a midnight to a midnight in the
    company's zone. `account` is the customer's whose people are invited, if there is one."""

    kind: ClassVar[str] = "meeting"
    title: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    place: str | None
    people: int
    account: str | None


NOUNS: tuple[type[Noun], ...] = (
    Customer, Subscription, Invoice, Payment,
    CashBalance, BankTransaction, Expense, FxRate,
    Owner, Stage, Deal, Company, Contact, MarketingSpend, ContentPiece,
    TrafficDay, MailCampaign,
    Team, Project, Cycle, Issue, PullRequest, Release, Deployment,
    Person, Absence, Role, Candidate, Offer,
    Ticket, SurveyAnswer, UsageDay,
    Meeting,
)  # fmt: skip
