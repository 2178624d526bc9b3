"""What a what-if takes for granted, said in plain words: without it the numbers cannot be judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agents.finance.burn import burn_until
from agents.nouns import Subscription
from agents.periods import month_start
from agents.quantity import text
from agents.snapshot import Snapshot
from agents.unit import Unit
from agents.whatif.applying import effort_of, usual_hours
from agents.whatif.changes import Change, CloseDeal, Hire, LoseCustomer, RaisePrice
from agents.whatif.finding import is_new_business, is_running
from agents.wording import plural


def assumptions(snapshot: Snapshot, changes: Sequence[Change]) -> tuple[str, ...]:
    """One sentence each, the general ones first."""
    found = [*_always(snapshot), *(said for change in changes for said in _about(snapshot, change))]
    return tuple(dict.fromkeys(found))


def _always(snapshot: Snapshot) -> Iterator[str]:
    burn = burn_until(snapshot, month_start(snapshot.today), snapshot.policy.burn_months)
    yield "What is not changed stays as it is today: MRR, net burn, people and their work."
    yield "What MRR gains or loses is gained or lost as cash in the same month."
    if burn is None:
        yield "No full month of bank transactions is known, so there is no burn to go on from."
    else:
        yield (
            "`then` is today with the changes in force, as if they had been for the "
            f"{plural(burn.months, 'month')} that burn is averaged over."
        )


def _about(snapshot: Snapshot, change: Change) -> Iterator[str]:
    match change:
        case CloseDeal():
            return _deal(snapshot, change)
        case LoseCustomer():
            return _customer(change)
        case Hire():
            return _hire(snapshot, change)
        case RaisePrice():
            return _price()


def _deal(snapshot: Snapshot, change: CloseDeal) -> Iterator[str]:
    deal, weeks = change.deal, snapshot.policy.capacity_weeks
    amount = deal.amount.full() if deal.amount else "n/a"
    if is_new_business(snapshot, deal):
        yield f"{deal.name}: {amount} is the price of a year, so a twelfth of it is MRR from {change.on}."
        sold = (s for s in snapshot.all(Subscription) if deal.account and s.account == deal.account)
        if any(is_running(snapshot, each) for each in sold):
            yield f"{deal.name}: it comes on top of what {deal.account} pays already."
    else:
        yield f"{deal.name}: it is in a pipeline of renewals, so it keeps MRR and adds none."
    source = "policy.hours_per_deal" if deal.effort_hours is None else "the CRM's word"
    work = text(float(effort_of(snapshot, deal)), Unit.HOURS)
    yield f"{deal.name}: {work} of work over its first {weeks} weeks ({source})."


def _customer(change: LoseCustomer) -> Iterator[str]:
    yield f"{change.name}: all running subscriptions end; open invoices are still paid, open deals stay open."


def _hire(snapshot: Snapshot, change: Hire) -> Iterator[str]:
    hours = text(float(usual_hours(snapshot)), Unit.HOURS)
    yield f"Hires work {hours} a week, the usual here, with nothing promised yet, and fill no open role."
    yield f"{change.team}: each hire costs {change.cost.full()} a month from {change.on}, nothing before."


def _price() -> Iterator[str]:
    yield "Nobody leaves because of a price, and running contracts take it at once."
    yield "Discounts of a fixed amount stay as they are, and so does what is metered."
