"""Builders: one line makes one noun with plain defaults, `snapshot(...)` makes a company of them.

The default instant is Monday 2026-11-23 07:00 in New York; `ago`, `back` and `usd` keep tests short.
"""

# ruff: noqa: A002 - the arguments are named for the fields that they fill
from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from agents import nouns as n
from agents.money import Money
from agents.policy import Policy
from agents.report import Metric, Report
from agents.snapshot import Energy, Goal, Snapshot, SourceState, Task

AS_OF = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
NEW_YORK = ZoneInfo("America/New_York")
ENERGY = Energy(60, "default")
POLICY = Policy()


def usd(major: Decimal | int | str) -> Money:
    """US dollars from major units: `usd(12)` is 1200 cents."""
    return Money.of(major, "USD")


def ago(days: float = 0, hours: float = 0) -> datetime:
    """The instant so long before AS_OF; negative values look ahead."""
    return AS_OF - timedelta(days=days, hours=hours)


def back(days: int) -> date:
    """The day so many days before TODAY; negative values look ahead."""
    return TODAY - timedelta(days=days)


def figure(report: Report, key: str) -> Metric:
    """The metric with this key, which must be there."""
    found = report.metric(key)
    assert found is not None, key
    return found


# ── the company ──────────────────────────────────────────────────────────────────────────────────


def sources(
    *, missing: Iterable[type[n.Noun]] = (), stale: Iterable[type[n.Noun]] = (), as_of: datetime = AS_OF
) -> tuple[SourceState, ...]:
    """One source per noun, named for it: never read if `missing`, failing for two days if `stale`."""
    never, failing = tuple(missing), tuple(stale)
    return tuple(_source(noun, noun in never, noun in failing, as_of) for noun in n.NOUNS)


def _source(noun: type[n.Noun], never: bool, failing: bool, as_of: datetime) -> SourceState:
    fix = f"agentos sync {noun.kind}"
    if never:
        return SourceState(noun.kind, (noun.kind,), None, timedelta(days=1), "never read", fix)
    if failing:
        since = as_of - timedelta(days=2)
        return SourceState(noun.kind, (noun.kind,), since, timedelta(days=1), "key expired", fix)
    return SourceState(noun.kind, (noun.kind,), as_of - timedelta(minutes=5), timedelta(days=1))


def snapshot(
    *records: n.Noun,
    as_of: datetime = AS_OF,
    policy: Policy = POLICY,
    goals: tuple[Goal, ...] = (),
    tasks: tuple[Task, ...] = (),
    energy: Energy = ENERGY,
    currency: str = "USD",
    zone: tzinfo = NEW_YORK,
    sources: tuple[SourceState, ...] | None = None,  # None: every noun has its own fresh source
    muted: frozenset[str] = frozenset(),
) -> Snapshot:
    """Everything known about the company "Acme" at `as_of`, the records grouped as the store would."""
    grouped: dict[type[n.Noun], list[n.Noun]] = {}
    for record in records:
        grouped.setdefault(type(record), []).append(record)
    ordered = {
        noun: tuple(sorted(found, key=lambda record: (record.source, record.id)))
        for noun, found in grouped.items()
    }
    fresh = tuple(_source(noun, False, False, as_of) for noun in n.NOUNS)
    return Snapshot(
        tenant="default",
        company="Acme",
        as_of=as_of,
        zone=zone,
        currency=currency,
        policy=policy,
        records=ordered,
        sources=fresh if sources is None else sources,
        goals=goals,
        tasks=tasks,
        energy=energy,
        muted=muted,
    )


def goal(
    id: str,
    title: str = "Keep our customers",
    *,
    quarter: str = "2026-Q4",
    weight: float = 1.0,
    tags: tuple[str, ...] = (),
    open: bool = True,
) -> Goal:
    return Goal(id, title, quarter, weight, tags, open)


def task(
    id: str,
    title: str = "Write the board letter",
    *,
    impact: Money | None = None,
    due_on: date | None = None,
    minutes: int = 30,
    demand: int = 50,
    tags: tuple[str, ...] = (),
    done: bool = False,
    created_at: datetime = AS_OF - timedelta(days=1),
) -> Task:
    return Task(id, title, impact, due_on, minutes, demand, tags, done, created_at)


# Each builder's arguments are the table of one noun's fields, so they are set as one.
# fmt: off

# ── revenue ──────────────────────────────────────────────────────────────────────────────────────


def customer(
    id: str, account: str | None = None, name: str = "Customer", *, email: str | None = None,
    created_at: datetime = AS_OF - timedelta(days=400), source: str = "stripe",
) -> n.Customer:
    return n.Customer(source, id, account, name, email, created_at)


def item(
    amount: Decimal | int | str, id: str = "si_1", *, currency: str = "USD", interval: str = "month",
    interval_count: int = 1, product: str = "Plan", quantity: int = 1, metered: bool = False,
) -> n.SubscriptionItem:
    """`amount` in major units per interval, quantity applied."""
    minor = Decimal(Money.of(amount, currency).amount)
    return n.SubscriptionItem(id, product, interval, interval_count, minor, quantity, metered)


def discount(
    *, percent: Decimal | int | str | None = None, amount_off: Money | None = None, once: bool = False,
    starts_at: datetime | None = None, ends_at: datetime | None = None, item_id: str | None = None,
) -> n.Discount:
    share = None if percent is None else Decimal(percent)
    return n.Discount(share, amount_off, once, starts_at, ends_at, item_id)


def subscription(
    id: str, monthly: Decimal | int | str = 100, *, account: str | None = None,
    customer_id: str | None = None, contract_id: str | None = None, status: str = "active",
    currency: str = "USD", items: tuple[n.SubscriptionItem, ...] | None = None,
    discounts: tuple[n.Discount, ...] = (), valid_from: datetime = AS_OF - timedelta(days=400),
    valid_to: datetime | None = None, started_at: datetime | None = None, ended_at: datetime | None = None,
    cancel_at: datetime | None = None, renews_at: datetime | None = None, source: str = "stripe",
) -> n.Subscription:
    """One version. Without `items`, one item of `monthly` major units; `customer_id` follows `account`."""
    return n.Subscription(
        source, id, contract_id=contract_id or id, customer_id=customer_id or f"cus_{account or id}",
        account=account, status=status, currency=currency,
        items=(item(monthly, currency=currency),) if items is None else items, discounts=discounts,
        valid_from=valid_from, valid_to=valid_to, started_at=started_at or valid_from, ended_at=ended_at,
        cancel_at=cancel_at, renews_at=renews_at,
    )


def invoice(
    id: str, total: Money | None = None, *, account: str | None = None, customer_id: str | None = None,
    number: str | None = None, status: str = "open", remaining: Money | None = None,
    created_at: datetime = AS_OF - timedelta(days=30), due_at: datetime | None = None,
    paid_at: datetime | None = None, source: str = "stripe",
) -> n.Invoice:
    """`total` defaults to $100, `remaining` to the total while it is open and to nothing otherwise."""
    whole = usd(100) if total is None else total
    left = (whole if status == "open" else Money.zero(whole.currency)) if remaining is None else remaining
    owner = customer_id or f"cus_{account or id}"
    return n.Invoice(source, id, owner, account, number, status, whole, left, created_at, due_at, paid_at)


def payment(
    id: str, amount: Money | None = None, *, account: str | None = None, customer_id: str | None = None,
    invoice_id: str | None = None, refunded: Money | None = None, status: str = "succeeded",
    failure: str | None = None, created_at: datetime = AS_OF - timedelta(days=1), disputed: bool = False,
    source: str = "stripe",
) -> n.Payment:
    whole = usd(100) if amount is None else amount
    return n.Payment(
        source, id, customer_id=customer_id or (f"cus_{account}" if account else None), account=account,
        invoice_id=invoice_id, amount=whole, refunded=refunded or Money.zero(whole.currency), status=status,
        failure=failure, created_at=created_at, disputed=disputed,
    )


# ── cash ─────────────────────────────────────────────────────────────────────────────────────────


def cash_balance(
    balance: Money, day: date = TODAY, *, holder: str = "main", id: str | None = None, source: str = "files",
) -> n.CashBalance:
    return n.CashBalance(source, id or f"{holder}-{day}", holder, day, balance)


def bank_transaction(
    id: str, amount: Money, day: date = TODAY, *, holder: str = "main", category: str = "payroll",
    counterparty: str | None = None, source: str = "files",
) -> n.BankTransaction:
    """Negative went out, positive came in."""
    return n.BankTransaction(source, id, holder, day, amount, category, counterparty)


def expense(
    id: str, amount: Money, day: date = TODAY, *, category: str = "software", vendor: str | None = None,
    source: str = "files",
) -> n.Expense:
    return n.Expense(source, id, day, category, vendor, amount)


def fx_rate(
    base: str, rate: Decimal | int | str, day: date = TODAY, *, quote: str = "USD", id: str | None = None,
    source: str = "files",
) -> n.FxRate:
    return n.FxRate(source, id or f"{base}-{quote}-{day}", day, base, quote, Decimal(rate))


# ── sales and marketing ──────────────────────────────────────────────────────────────────────────


def owner(id: str, name: str = "Olga", *, email: str | None = None, source: str = "hubspot") -> n.Owner:
    return n.Owner(source, id, name, email)


def stage(
    id: str, probability: Decimal | int | str = "0.5", *, name: str | None = None, position: int = 1,
    closed: bool = False, won: bool = False, pipeline_id: str = "default", pipeline: str = "Sales",
    source: str = "hubspot",
) -> n.Stage:
    return n.Stage(source, id, pipeline_id, pipeline, name or id, position, Decimal(probability), closed, won)


def deal(
    id: str, amount: Money | None = None, *, stage_id: str = "proposal", name: str | None = None,
    account: str | None = None, owner_id: str | None = None,
    created_at: datetime = AS_OF - timedelta(days=30), close_on: date | None = None,
    closed_at: datetime | None = None, stages: tuple[n.StageEntry, ...] | None = None,
    effort_hours: Decimal | None = None, terms: tuple[n.DealTerms, ...] = (), source: str = "hubspot",
) -> n.Deal:
    """Without `stages`, it has been at `stage_id` since it was created."""
    way = (n.StageEntry(stage_id, created_at),) if stages is None else stages
    return n.Deal(
        source, id, name=name or f"Deal {id}", account=account, owner_id=owner_id, stage_id=stage_id,
        amount=amount, created_at=created_at, close_on=close_on, closed_at=closed_at, stages=way,
        effort_hours=effort_hours, terms=terms,
    )


def company(
    id: str, account: str | None, name: str, *, created_at: datetime = AS_OF - timedelta(days=400),
    source: str = "hubspot",
) -> n.Company:
    return n.Company(source, id, account, name, created_at)


def contact(
    id: str, *, account: str | None = None, name: str = "Carla", email: str | None = None,
    channel: str = "organic", lifecycle: str = "lead", created_at: datetime = AS_OF - timedelta(days=10),
    customer_at: datetime | None = None, source: str = "hubspot",
) -> n.Contact:
    return n.Contact(source, id, account, name, email, channel, lifecycle, created_at, customer_at)


def marketing_spend(
    amount: Money, day: date = TODAY, *, channel: str = "search", id: str | None = None, source: str = "files"
) -> n.MarketingSpend:
    return n.MarketingSpend(source, id or f"{channel}-{day}", day, channel, amount)


def content_piece(
    id: str, title: str = "How we work", *, channel: str = "blog",
    published_on: date = TODAY - timedelta(days=30), visits: int = 0, leads: int = 0, deals: int = 0,
    source: str = "files",
) -> n.ContentPiece:
    return n.ContentPiece(source, id, title, channel, published_on, visits, leads, deals)


# ── delivery ─────────────────────────────────────────────────────────────────────────────────────


def team(id: str, name: str = "Delivery", *, source: str = "linear") -> n.Team:
    return n.Team(source, id, name)


def project(
    id: str, name: str = "Atlas", *, state: str = "started", health: str | None = "on_track",
    progress: Decimal | int | str = "0.5", target_on: date | None = None,
    started_at: datetime | None = AS_OF - timedelta(days=30), completed_at: datetime | None = None,
    source: str = "linear",
) -> n.Project:
    return n.Project(source, id, name, state, health, Decimal(progress), target_on, started_at, completed_at)


def cycle(
    id: str, *, team_id: str = "t1", number: int = 1, starts_at: datetime = AS_OF - timedelta(days=7),
    ends_at: datetime = AS_OF + timedelta(days=7), progress: Decimal | int | str = "0.5",
    source: str = "linear",
) -> n.Cycle:
    return n.Cycle(source, id, team_id, number, starts_at, ends_at, Decimal(progress))


def issue(
    id: str, *, title: str = "Do the thing", key: str | None = None, team_id: str = "t1",
    project_id: str | None = None, cycle_id: str | None = None, assignee: str | None = None,
    state: str = "started", priority: int = 3, estimate: Decimal | None = None, blocked: bool = False,
    labels: tuple[str, ...] = (), account: str | None = None,
    created_at: datetime = AS_OF - timedelta(days=14), started_at: datetime | None = None,
    completed_at: datetime | None = None, canceled_at: datetime | None = None, due_on: date | None = None,
    sla_breaches_at: datetime | None = None, moves: tuple[n.Move, ...] = (), source: str = "linear",
) -> n.Issue:
    return n.Issue(
        source, id, key=key or f"ENG-{id}", title=title, team_id=team_id, project_id=project_id,
        cycle_id=cycle_id, assignee=assignee, state=state, priority=priority, estimate=estimate,
        blocked=blocked, labels=labels, account=account, created_at=created_at, started_at=started_at,
        completed_at=completed_at, canceled_at=canceled_at, due_on=due_on, sla_breaches_at=sla_breaches_at,
        moves=moves,
    )


def traffic_day(
    day: date, visitors: int, *, channel: str = "direct", source: str = "plausible"
) -> n.TrafficDay:
    return n.TrafficDay(source, f"{day}:{channel}", day, channel, visitors, visitors + 1, visitors * 3)


def mail_campaign(
    id: str, *, sent_at: datetime = AS_OF - timedelta(days=10), recipients: int = 1000, opens: int = 400,
    clicks: int = 50, title: str = "News", source: str = "mailchimp",
) -> n.MailCampaign:
    return n.MailCampaign(source, id, title, sent_at, recipients, opens, clicks, 5, 2)


def meeting(
    id: str, *, title: str = "Sync", starts_at: datetime = AS_OF + timedelta(hours=2), minutes: int = 30,
    all_day: bool = False, place: str | None = None, people: int = 2, account: str | None = None,
    source: str = "calendar",
) -> n.Meeting:
    ends_at = starts_at + timedelta(minutes=minutes)
    return n.Meeting(source, id, title, starts_at, ends_at, all_day, place, people, account)


def pull_request(
    id: str, *, repository: str = "acme/app", title: str = "Mend it", author: str | None = "ada",
    state: str = "open", draft: bool = False, created_at: datetime = AS_OF - timedelta(days=3),
    merged_at: datetime | None = None, closed_at: datetime | None = None, source: str = "github",
) -> n.PullRequest:
    return n.PullRequest(
        source, id, repository, f"app#{id}", title, author, state, draft, created_at, merged_at, closed_at
    )


def deployment(
    id: str, *, repository: str = "acme/app", environment: str = "production", state: str = "succeeded",
    created_at: datetime = AS_OF - timedelta(days=1), finished_at: datetime | None = None,
    source: str = "github",
) -> n.Deployment:
    return n.Deployment(source, id, repository, environment, state, created_at, finished_at)


# ── people ───────────────────────────────────────────────────────────────────────────────────────


def person(
    id: str, name: str = "Pia", *, team: str = "Delivery", role: str = "Engineer",
    started_on: date = TODAY - timedelta(days=400), left_on: date | None = None,
    hours: Decimal | int | str = 40, allocated: Decimal | int | str = 30, monthly_cost: Money | None = None,
    source: str = "files",
) -> n.Person:
    return n.Person(
        source, id, name, team, role, started_on, left_on, Decimal(hours), Decimal(allocated), monthly_cost,
    )


def absence(
    id: str, person_id: str, starts_on: date, ends_on: date, *, reason: str = "holiday", source: str = "files"
) -> n.Absence:
    return n.Absence(source, id, person_id, reason, starts_on, ends_on)


def role(
    id: str, title: str = "Engineer", *, team: str = "Delivery",
    opened_on: date = TODAY - timedelta(days=30), target_on: date | None = None,
    monthly_cost: Money | None = None, filled_on: date | None = None, closed_on: date | None = None,
    source: str = "files",
) -> n.Role:
    return n.Role(source, id, title, team, opened_on, target_on, monthly_cost, filled_on, closed_on)


def candidate(
    id: str, *, role_id: str = "r1", name: str = "Kim", stage: str = "applied",
    applied_on: date = TODAY - timedelta(days=14), stage_since: date = TODAY - timedelta(days=3),
    reached: str | None = None, source: str = "files",
) -> n.Candidate:
    return n.Candidate(source, id, role_id, name, stage, applied_on, stage_since, reached or stage)


def offer(
    id: str, *, candidate_id: str = "c1", role_id: str = "r1", sent_on: date = TODAY - timedelta(days=2),
    expires_on: date = TODAY + timedelta(days=3), status: str = "pending", decided_on: date | None = None,
    monthly_cost: Money | None = None, source: str = "files",
) -> n.Offer:
    return n.Offer(source, id, candidate_id, role_id, sent_on, expires_on, status, decided_on, monthly_cost)


# ── customers ────────────────────────────────────────────────────────────────────────────────────


def ticket(
    id: str, *, account: str | None = None, subject: str = "It is slow", severity: int = 3,
    open: bool = True, created_at: datetime = AS_OF - timedelta(days=2),
    first_response_at: datetime | None = None, closed_at: datetime | None = None, source: str = "hubspot",
) -> n.Ticket:
    return n.Ticket(source, id, account, subject, severity, open, created_at, first_response_at, closed_at)


def survey_answer(
    id: str, score: int, *, survey: str = "nps", account: str | None = None,
    answered_on: date = TODAY - timedelta(days=7), source: str = "files",
) -> n.SurveyAnswer:
    return n.SurveyAnswer(source, id, survey, account, score, answered_on)


def usage_day(
    account: str, day: date, events: int = 100, *, active_users: int = 5, id: str | None = None,
    source: str = "files",
) -> n.UsageDay:
    return n.UsageDay(source, id or f"{account}-{day}", account, day, events, active_users)
