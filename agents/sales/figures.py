"""What each figure of sales is at an instant: pipeline, wins, pace, deals that hang.

Which deals were open, won or lost at an earlier instant, at which stage, with which amount and close date,
comes from the history that the CRM keeps of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from agents.figures import Figure, made, number
from agents.formula import Formula, Number, Part, counted, given, statistic
from agents.money import Money
from agents.nouns import Deal, Stage
from agents.periods import quarter_start
from agents.sales import worth
from agents.sales.deals import DealBook
from agents.unit import Unit
from agents.wording import joined, plural

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1) // MICROSECOND


def pipeline(book: DealBook, at: datetime) -> Figure:
    """Sum of open deals expected to close in the quarter of `at` or the next."""
    deals = worth.expected(book, at)
    whole = worth.amounts(
        book, "open deals due this quarter or next", deals, at, worth.not_expected(book, at)
    )
    note = _cover(book, at) or plural(len(whole.refs), "deal")
    return made(whole, note, partial=worth.uncounted(book, at, deals))


def weighted_pipeline(book: DealBook, at: datetime) -> Figure:
    """The pipeline, each deal times the probability that the CRM gives its stage."""
    deals = worth.expected(book, at)
    whole = worth.weighted(
        book, "open deals x chance of their stage", deals, at, worth.not_expected(book, at)
    )
    unplaced = sum(book.stage_at(deal, at) is None for deal in deals)
    return made(
        whole,
        "by the CRM's stage probability",
        partial=joined(
            worth.uncounted(book, at, deals) or "",
            f"{plural(unplaced, 'deal')} at an unknown stage" if unplaced else "",
        ),
    )


def coverage(book: DealBook, at: datetime) -> Figure:
    """This quarter's part of the pipeline over what is still to be won in it; a deal expected in the next
    quarter cannot fill this one. "n/a" without a target or once it is reached."""
    missing = _still_to_win(book, at)
    if missing is None:
        return Figure(None, absent="n/a: no quarter target set")
    short = missing.money()
    assert short is not None
    if short.amount <= 0:
        return Figure(None, absent="n/a: target reached")
    deals = worth.expected(book, at, quarters=1)
    left = worth.not_expected(book, at, quarters=1)
    whole = worth.amounts(book, "open deals due this quarter", deals, at, left)
    note = f"goal {book.snapshot.policy.coverage_goal:g}x; {short.short()} to win"
    return made(whole / missing, note, partial=worth.uncounted(book, at, deals))


def won_this_quarter(book: DealBook, at: datetime) -> Figure:
    """Amounts of deals won since the quarter began in the company's zone."""
    won = _won_this_quarter(book, at)
    target = book.snapshot.policy.quarter_target
    goal = f"target {Money.of(str(target), book.snapshot.currency).short()}" if target else ""
    sum_ = worth.amounts(book, "won this quarter", won, at)
    return made(sum_, goal or plural(len(won), "deal"), partial=worth.unpriced(book, won, at))


def win_rate(book: DealBook, at: datetime) -> Figure:
    """Won over decided deals, by count, of the last `win_rate_days`."""
    won, lost = decided(book, at)
    strange = book.undecided(at - look_back(book), at)
    days = look_back(book).days
    winners = counted("won", won, worth.unknown_stage(strange))
    return made(
        winners / (winners + counted("lost", lost)),
        f"{len(won)} of {len(won) + len(lost)}, {days} d",
        absent=f"n/a: nothing decided in {days} days",
        partial=f"{plural(len(strange), 'closed deal')} at an unknown stage" if strange else None,
    )


def win_rate_amount(book: DealBook, at: datetime) -> Figure:
    """Won over decided deals, by amount, of the last `win_rate_days`."""
    won, lost = decided(book, at)
    strange = worth.unknown_stage(book.undecided(at - look_back(book), at))
    gained = worth.amounts(book, "amount won", won, at, strange)
    missed = worth.amounts(book, "amount lost", lost, at)
    return made(
        gained / (gained + missed),
        f"{book.worth(won, at).short()} won, {book.worth(lost, at).short()} lost",
        absent=f"n/a: no amount decided in {look_back(book).days} days",
        partial=worth.unpriced(book, won + lost, at),
    )


def cycle(book: DealBook, at: datetime) -> Figure:
    """Median days from created to won, of deals won in the last `win_rate_days`."""
    won, _ = decided(book, at)
    absent = f"n/a: no deals won in {look_back(book).days} days"
    return made(_cycle(book, won), f"median of {len(won)} won", absent=absent)


def velocity(book: DealBook, at: datetime) -> Figure:
    """Money per day: open deals x win rate x average won amount / cycle in days."""
    won, lost = decided(book, at)
    priced = [deal for deal in won if book.amount(deal, at) is not None]
    opened, winners, days = book.open(at), counted("won", won), _cycle(book, won)
    rate = winners / (winners + counted("lost", lost))
    average = worth.amounts(book, "amount won", won, at) / counted("won with an amount", priced)
    took = "" if days.value is None else f", {float(days.value):.0f} d cycle"
    return made(
        counted("open deals", opened) * rate * average / days,
        f"{len(opened)} open, {len(won)}/{len(won) + len(lost)} won{took}",
        absent=f"n/a: no {_unpaced(won, priced)} in {look_back(book).days} days",
        partial=worth.unpriced(book, won, at),
    )


def stuck_deals(book: DealBook, at: datetime) -> Figure:
    """Open deals longer at their stage than 80 % of won deals were (`stuck_days` while too few passed it)."""
    stuck = book.stuck(at)
    parts = [
        Part((s.deal.ref,), 1, f"{s.days:.0f} d in {s.stage}, long is over {s.limit:.0f} d") for s in stuck
    ]
    amount = book.worth((s.deal for s in stuck), at)
    return number(worth.count("stuck deals", parts), amount.short() if amount else "")


def stage_conversion(book: DealBook, stage: Stage, at: datetime) -> Figure:
    """Deals that left `stage` forward over deals that entered it, of those that did in `win_rate_days`."""
    since = at - look_back(book)
    entered, forward = [], []
    for deal in book.snapshot.all(Deal):
        way = [stay for stay in book.way(deal) if stay.entered <= at]
        first = next((n for n, stay in enumerate(way) if stay.stage == (stage.source, stage.id)), None)
        if first is None or way[first].entered < since:
            continue
        entered.append(deal)
        later = (book.stages.get(stay.stage) for stay in way[first + 1 :])
        if any(_is_forward(stage, after) for after in later):
            forward.append(deal)
    rate = counted("went on", forward) / counted("entered", entered)
    return made(rate, f"{len(forward)} of {len(entered)} deals", absent="n/a: no deals entered")


def decided(book: DealBook, at: datetime) -> tuple[list[Deal], list[Deal]]:
    """The deals won and lost in the `win_rate_days` before an instant."""
    since = at - look_back(book)
    return book.won(since, at), book.lost(since, at)


def look_back(book: DealBook) -> timedelta:
    """How far win rate, cycle and velocity look back."""
    return timedelta(days=book.snapshot.policy.win_rate_days)


def _is_forward(stage: Stage, after: Stage | None) -> bool:
    return after is not None and (after.won or (not after.closed and after.position > stage.position))


def _cycle(book: DealBook, won: Sequence[Deal]) -> Formula:
    closings = ((deal, book.closed_at(deal)) for deal in won)
    took = [
        (deal, Fraction((closed - deal.created_at) // MICROSECOND, DAY))
        for deal, closed in closings
        if closed is not None
    ]
    return statistic("days from created to won", "median", took, Unit.DAYS, _middle)


def _middle(values: Sequence[Number]) -> Number | None:
    """The median, exact."""
    ordered = sorted(Fraction(value) for value in values)
    half = len(ordered) // 2
    return (ordered[half] + ordered[-half - 1]) / 2 if ordered else None


def _unpaced(won: Sequence[Deal], priced: Sequence[Deal]) -> str:
    """What the velocity lacks."""
    if not won:
        return "deals won"
    return "deals that took any time won" if priced else "deals with an amount won"


def _won_this_quarter(book: DealBook, at: datetime) -> list[Deal]:
    return book.won(book.snapshot.start_of(quarter_start(book.snapshot.day_of(at))), at)


def _still_to_win(book: DealBook, at: datetime) -> Formula | None:
    target = book.snapshot.policy.quarter_target
    if not target:
        return None
    goal = given("target", Money.of(str(target), book.snapshot.currency), "policy.quarter_target")
    return goal - worth.amounts(book, "won this quarter", _won_this_quarter(book, at), at)


def _cover(book: DealBook, at: datetime) -> str:
    """How far this quarter's part of it covers what is still to be won, see `coverage`."""
    covered = coverage(book, at)
    if isinstance(covered.value, float):
        return f"{covered.value:.1f}x cover"
    return "target reached" if covered.absent == "n/a: target reached" else ""
