"""The snapshot as it would be with the changes in force, and had they been for as long as burn looks back.

A record that is made up has `what-if` as its source. What changes by the month is put into the full months
that burn is averaged over, so that every agent reckons with it in its own way; what the bank holds stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from agents.accounts import customer_key
from agents.finance.burn import burn_until, is_capital
from agents.finance.ledger import Ledger
from agents.money import Money
from agents.nouns import (
    BankTransaction,
    Deal,
    Noun,
    Person,
    StageEntry,
    Subscription,
    SubscriptionItem,
)
from agents.ops.staff import present
from agents.periods import median, month_start
from agents.snapshot import Snapshot
from agents.whatif.changes import Change, CloseDeal, Hire, LoseCustomer, RaisePrice, in_order
from agents.whatif.finding import is_new_business, is_running, winning

SOURCE = "what-if"
FULL_TIME = Decimal(40)
"""Hours a week of a new hire where nobody's are known."""
MID_MONTH = timedelta(days=14)


def apply(snapshot: Snapshot, changes: Sequence[Change]) -> Snapshot:
    """The company as if all changes were in force today; the order in which they are given is no matter."""
    changed = snapshot
    for change in in_order(changes):
        match change:
            case RaisePrice():
                changed = _raised(changed, change)
            case LoseCustomer():
                changed = _lost(changed, change)
            case CloseDeal():
                changed = _won(changed, change)
            case Hire():
                changed = _hired(changed, change)
    return _by_the_month(snapshot, changed, cost_of(changes))


def mrr(snapshot: Snapshot) -> int:
    """MRR now, in minor units of the company currency."""
    return Ledger(snapshot).book(snapshot.as_of).total


def cost_of(changes: Iterable[Change]) -> int:
    """What the hires among the changes cost a month, in minor units of the company currency."""
    return sum(change.people * change.cost.amount for change in changes if isinstance(change, Hire))


def with_records(snapshot: Snapshot, noun: type[Noun], records: Iterable[Noun]) -> Snapshot:
    """The snapshot with other records of one noun; of subscriptions, recurring revenue is theirs then."""
    ordered = tuple(sorted(records, key=lambda record: (record.source, record.id)))
    recurring = None if noun is Subscription else snapshot.recurring
    return replace(snapshot, records={**snapshot.records, noun: ordered}, recurring=recurring)


# ── what is sold ─────────────────────────────────────────────────────────────────────────────────


def _raised(snapshot: Snapshot, change: RaisePrice) -> Snapshot:
    """Every version that is touched ends now, and goes on at the other price."""
    factor = 1 + change.percent / 100
    kept: list[Noun] = []
    for sold in snapshot.all(Subscription):
        items = tuple(_priced(item, change.product, factor) for item in sold.items)
        if items == sold.items or not is_running(snapshot, sold):
            kept.append(sold)
            continue
        kept.append(replace(sold, valid_to=snapshot.as_of, cancel_at=None, renews_at=None))
        kept.append(replace(sold, id=f"{sold.id}+price", items=items, valid_from=snapshot.as_of))
    return with_records(snapshot, Subscription, kept)


def _priced(item: SubscriptionItem, product: str | None, factor: Decimal) -> SubscriptionItem:
    touched = not item.metered and product in (None, item.product)
    return replace(item, amount=item.amount * factor) if touched else item


def _lost(snapshot: Snapshot, change: LoseCustomer) -> Snapshot:
    now = snapshot.as_of
    return with_records(
        snapshot,
        Subscription,
        [
            replace(sold, valid_to=now, ended_at=now, cancel_at=None, renews_at=None)
            if customer_key(sold) == change.customer and is_running(snapshot, sold)
            else sold
            for sold in snapshot.all(Subscription)
        ],
    )


def _won(snapshot: Snapshot, change: CloseDeal) -> Snapshot:
    """The deal is at the stage that means won, its amount is a contract, its work is promised."""
    deal, now = change.deal, snapshot.as_of
    stage = winning(snapshot, deal)
    assert stage is not None and deal.amount is not None, "`deal_called` sees to it"
    won = replace(
        deal,
        stage_id=stage.id,
        closed_at=now,
        close_on=snapshot.today,
        stages=(*deal.stages, StageEntry(stage.id, now)),
    )
    deals = [won if each.ref == deal.ref else each for each in snapshot.all(Deal)]
    sold = with_records(snapshot, Deal, deals)
    if is_new_business(snapshot, deal):
        contract = _contract(sold, deal, deal.amount)
        sold = with_records(sold, Subscription, [*sold.all(Subscription), contract])
    return _promised(sold, effort_of(snapshot, deal))


def _contract(snapshot: Snapshot, deal: Deal, amount: Money) -> Subscription:
    """The amount of a deal as a year's price. It is of the customer that the account is already."""
    owner = next((s for s in snapshot.all(Subscription) if deal.account and s.account == deal.account), None)
    item = SubscriptionItem(deal.id, deal.name, "year", 1, Decimal(amount.amount), 1, metered=False)
    return Subscription(
        SOURCE,
        f"deal-{deal.id}",
        contract_id=f"deal-{deal.id}",
        customer_id=owner.customer_id if owner else f"deal-{deal.id}",
        account=deal.account,
        status="active",
        currency=amount.currency,
        items=(item,),
        discounts=(),
        valid_from=snapshot.as_of,
        valid_to=None,
        started_at=snapshot.as_of,
        ended_at=None,
        cancel_at=None,
        renews_at=None,
    )


def effort_of(snapshot: Snapshot, deal: Deal) -> Decimal:
    """The hours of work that a deal brings: the CRM's word, else `policy.hours_per_deal`."""
    return Decimal(str(snapshot.policy.hours_per_deal)) if deal.effort_hours is None else deal.effort_hours


def _promised(snapshot: Snapshot, effort: Decimal) -> Snapshot:
    """Work spread evenly over the weeks that capacity looks ahead, and over everybody by their hours."""
    here = {person.ref: person.hours for person in present(snapshot, snapshot.today)}
    every, weekly = sum(here.values()), effort / snapshot.policy.capacity_weeks
    if not every:
        return snapshot
    people = [
        replace(person, allocated=person.allocated + weekly * here.get(person.ref, Decimal(0)) / every)
        for person in snapshot.all(Person)
    ]
    return with_records(snapshot, Person, people)


# ── who is hired ─────────────────────────────────────────────────────────────────────────────────


def _hired(snapshot: Snapshot, change: Hire) -> Snapshot:
    return with_records(snapshot, Person, [*snapshot.all(Person), *joiners(snapshot, change, snapshot.today)])


def joiners(snapshot: Snapshot, change: Hire, day: date) -> Iterator[Person]:
    """The people hired, here from a day on, with the hours that are usual and nothing promised yet."""
    before = sum(person.source == SOURCE for person in snapshot.all(Person))
    for number in range(before + 1, before + change.people + 1):
        yield Person(
            SOURCE,
            f"hire-{number:04}",
            name=f"New hire {number}",
            team=change.team,
            role="",
            started_on=day,
            left_on=None,
            hours=usual_hours(snapshot),
            allocated=Decimal(0),
            monthly_cost=change.cost,
        )


def usual_hours(snapshot: Snapshot) -> Decimal:
    """The middle of the weekly hours of everybody who works here already."""
    known = [float(p.hours) for p in present(snapshot, snapshot.today) if p.source != SOURCE and p.hours]
    middle = median(known)
    return FULL_TIME if middle is None else Decimal(str(middle))


# ── what that does to the bank ───────────────────────────────────────────────────────────────────


def _by_the_month(before: Snapshot, changed: Snapshot, cost: int) -> Snapshot:
    """More or less MRR and cost in every full month that burn is averaged over, and the one before."""
    most = before.policy.burn_months + 1
    burn = burn_until(before, month_start(before.today), most)
    earned = mrr(changed) - mrr(before)
    if burn is None or not (earned or cost):
        return changed
    moves = list(changed.all(BankTransaction))
    for back in range(1, burn.months + 1):
        month = month_start(burn.end, back)
        rest = earned
        if earned < 0:
            moves, rest = _earned_less(before, moves, month, earned)
        if rest:
            moves.append(_moved(before, month, rest, "revenue"))
        if cost:
            moves.append(_moved(before, month, -cost, "payroll"))
    return with_records(changed, BankTransaction, moves)


def _moved(snapshot: Snapshot, month: date, amount: int, category: str) -> BankTransaction:
    money = Money(amount, snapshot.currency)
    return BankTransaction(
        SOURCE, f"{category}-{month}", "", month + MID_MONTH, money, category, counterparty=None
    )


def _earned_less(
    snapshot: Snapshot, moves: Sequence[BankTransaction], month: date, lost: int
) -> tuple[list[BankTransaction], int]:
    """What came in in a month made less by `lost` (negative), the largest first; and what could not be
    taken, since less came in than that."""
    order = sorted(range(len(moves)), key=lambda i: -moves[i].amount.amount)
    kept = list(moves)
    for place in order:
        came = moves[place]
        ours = came.amount.currency == snapshot.currency and not is_capital(came)
        if lost and ours and came.amount.amount > 0 and month_start(came.day) == month:
            taken = min(-lost, came.amount.amount)
            kept[place] = replace(came, amount=Money(came.amount.amount - taken, snapshot.currency))
            lost += taken
    return kept, lost
