"""What each figure of sales is at an instant: pipeline, wins, pace, deals that hang.

Amounts and expected close dates are those of today, also for earlier weeks: the CRM keeps no history
of them. Which deals were open, won or lost then, and at which stage, comes from their stage history.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from agents.figures import Figure, refs
from agents.money import Money, round_half_up, total
from agents.nouns import Deal, Stage
from agents.periods import median, quarter_start, ratio
from agents.sales.deals import DAY, DealBook
from agents.wording import joined, plural


def pipeline(book: DealBook, at: datetime) -> Figure:
    """Sum of open deals expected to close in the quarter of `at` or the next."""
    deals = _expected(book, at)
    priced = book.priced(deals)
    return Figure(
        book.worth(deals),
        refs(deal for deal, _ in priced),
        note=_cover(book, at) or plural(len(priced), "deal"),
        partial=_uncounted(book, at, deals),
    )


def weighted_pipeline(book: DealBook, at: datetime) -> Figure:
    """The pipeline, each deal times the probability that the CRM gives its stage."""
    deals = _expected(book, at)
    placed = [(deal, amount, book.stage_at(deal, at)) for deal, amount in book.priced(deals)]
    known = [(deal, amount.times(stage.probability)) for deal, amount, stage in placed if stage]
    unplaced = len(placed) - len(known)
    missing = _uncounted(book, at, deals) or ""
    return Figure(
        total((amount for _, amount in known), book.snapshot.currency),
        refs(deal for deal, _ in known),
        note="by the CRM's stage probability",
        partial=joined(missing, f"{plural(unplaced, 'deal')} at an unknown stage" if unplaced else ""),
    )


def coverage(book: DealBook, at: datetime) -> Figure:
    """This quarter's part of the pipeline over what is still to be won in it; a deal expected in the next
    quarter cannot fill this one. "n/a" without a target or once it is reached."""
    missing = _still_to_win(book, at)
    if missing is None:
        return Figure(None, absent="n/a: no quarter target set")
    if missing.amount <= 0:
        return Figure(None, absent="n/a: target reached")
    deals = _expected(book, at, quarters=1)
    note = f"goal {book.snapshot.policy.coverage_goal:g}x; {missing.short()} to win"
    evidence = (*refs(deal for deal, _ in book.priced(deals)), *won_this_quarter(book, at).evidence)
    value = book.worth(deals).amount / missing.amount
    return Figure(value, evidence, note, partial=_uncounted(book, at, deals))


def won_this_quarter(book: DealBook, at: datetime) -> Figure:
    """Amounts of deals won since the quarter began in the company's zone."""
    start = book.snapshot.start_of(quarter_start(book.snapshot.day_of(at)))
    won = book.won(start, at)
    target = book.snapshot.policy.quarter_target
    goal = f"target {Money.of(str(target), book.snapshot.currency).short()}" if target else ""
    return Figure(
        book.worth(won),
        refs(deal for deal, _ in book.priced(won)),
        note=goal or plural(len(won), "deal"),
        partial=_unpriced(book, won),
    )


def win_rate(book: DealBook, at: datetime) -> Figure:
    """Won over decided deals, by count, of the last `win_rate_days`."""
    won, lost = _decided(book, at)
    rate = ratio(len(won), len(won) + len(lost))
    unknown = len(book.undecided(at - _look_back(book), at))
    return Figure(
        rate,
        refs(won + lost),
        f"{len(won)} of {len(won) + len(lost)}, {book.snapshot.policy.win_rate_days} d",
        absent=None if rate is not None else f"n/a: nothing decided in {_look_back(book).days} days",
        partial=f"{plural(unknown, 'closed deal')} at an unknown stage" if unknown else None,
    )


def win_rate_amount(book: DealBook, at: datetime) -> Figure:
    """Won over decided deals, by amount, of the last `win_rate_days`."""
    won, lost = _decided(book, at)
    gained, missed = book.worth(won), book.worth(lost)
    rate = ratio(gained.amount, (gained + missed).amount)
    return Figure(
        rate,
        refs(won + lost),
        f"{gained.short()} won, {missed.short()} lost",
        absent=None if rate is not None else f"n/a: no amount decided in {_look_back(book).days} days",
        partial=_unpriced(book, won + lost),
    )


def cycle(book: DealBook, at: datetime) -> Figure:
    """Median days from created to won, of deals won in the last `win_rate_days`."""
    won, _ = _decided(book, at)
    days = _cycle_days(book, won)
    absent = None if won else f"n/a: no deals won in {book.snapshot.policy.win_rate_days} days"
    return Figure(days, refs(won), f"median of {len(won)} won", absent=absent)


def velocity(book: DealBook, at: datetime) -> Figure:
    """Money per day: open deals x win rate x average won amount / cycle in days."""
    won, lost = _decided(book, at)
    opened = book.open(at)
    priced = book.priced(won)
    days = _cycle_days(book, won)
    if not priced or not days:
        reason = f"n/a: no deals won in {book.snapshot.policy.win_rate_days} days"
        return Figure(None, absent=reason, partial=_unpriced(book, won))
    gained = Decimal(book.worth(won).amount)
    chance = Decimal(len(won)) / (len(won) + len(lost))
    per_day = len(opened) * chance * gained / len(priced) / Decimal(str(days))
    return Figure(
        Money(round_half_up(per_day), book.snapshot.currency),
        refs([*opened, *won, *lost]),
        f"{len(opened)} open, {len(won)}/{len(won) + len(lost)} won, {days:.0f} d cycle",
        partial=_unpriced(book, won),
    )


def stuck_deals(book: DealBook, at: datetime) -> Figure:
    """Open deals longer at their stage than 80 % of won deals were (`stuck_days` while too few passed it)."""
    stuck = book.stuck(at)
    worth = book.worth(s.deal for s in stuck)
    return Figure(len(stuck), refs(s.deal for s in stuck), note=worth.short() if worth else "")


def stage_conversion(book: DealBook, stage: Stage, at: datetime) -> Figure:
    """Deals that left `stage` forward over deals that entered it, of those that did in `win_rate_days`."""
    since = at - _look_back(book)
    entered, forward = [], 0
    for deal in book.snapshot.all(Deal):
        way = [stay for stay in book.way(deal) if stay.entered <= at]
        first = next((n for n, stay in enumerate(way) if stay.stage == (stage.source, stage.id)), None)
        if first is None or way[first].entered < since:
            continue
        entered.append(deal)
        later = (book.stages.get(stay.stage) for stay in way[first + 1 :])
        forward += any(_is_forward(stage, after) for after in later)
    rate = ratio(forward, len(entered))
    absent = None if entered else "n/a: no deals entered"
    return Figure(rate, refs(entered), f"{forward} of {len(entered)} deals", absent=absent)


def _is_forward(stage: Stage, after: Stage | None) -> bool:
    return after is not None and (after.won or (not after.closed and after.position > stage.position))


def _expected(book: DealBook, at: datetime, quarters: int = 2) -> list[Deal]:
    """Open deals with a close date in this quarter or, of two `quarters`, the next."""
    day = book.snapshot.day_of(at)
    first, end = quarter_start(day), quarter_start(day, ahead=quarters)
    return [d for d in book.open(at) if d.close_on is not None and first <= d.close_on < end]


def _decided(book: DealBook, at: datetime) -> tuple[list[Deal], list[Deal]]:
    since = at - _look_back(book)
    return book.won(since, at), book.lost(since, at)


def _look_back(book: DealBook) -> timedelta:
    return timedelta(days=book.snapshot.policy.win_rate_days)


def _cycle_days(book: DealBook, won: Iterable[Deal]) -> float | None:
    closings = ((deal, book.closed_at(deal)) for deal in won)
    return median((closed - deal.created_at) / DAY for deal, closed in closings if closed is not None)


def _still_to_win(book: DealBook, at: datetime) -> Money | None:
    target = book.snapshot.policy.quarter_target
    if not target:
        return None
    won = won_this_quarter(book, at).value
    assert isinstance(won, Money)
    return Money.of(str(target), book.snapshot.currency) - won


def _cover(book: DealBook, at: datetime) -> str:
    """How far this quarter's part of it covers what is still to be won, see `coverage`."""
    covered = coverage(book, at)
    if isinstance(covered.value, float):
        return f"{covered.value:.1f}x cover"
    return "target reached" if covered.absent == "n/a: target reached" else ""


def _unpriced(book: DealBook, deals: Iterable[Deal]) -> str | None:
    left = [deal for deal in deals if book.amount(deal) is None]
    bare = sum(deal.amount is None for deal in left)
    foreign = len(left) - bare
    return joined(
        f"{plural(bare, 'deal')} without amount" if bare else "",
        f"{plural(foreign, 'deal')} without exchange rate" if foreign else "",
    )


def _uncounted(book: DealBook, at: datetime, expected: list[Deal]) -> str | None:
    opened, quarter = book.open(at), quarter_start(book.snapshot.day_of(at))
    undated = sum(deal.close_on is None for deal in opened)
    expired = sum(deal.close_on is not None and deal.close_on < quarter for deal in opened)
    return joined(
        _unpriced(book, expected) or "",
        f"{plural(undated, 'deal')} without close date" if undated else "",
        f"{plural(expired, 'deal')} due before this quarter" if expired else "",
    )
