"""What sales raises and proposes: hanging deals, passed dates, a thin or falling pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from agents.figures import TITLE, WHY, Figure, Finding, clip, made, number, refs
from agents.formula import counted
from agents.money import Money
from agents.nouns import Deal, Owner, Stage
from agents.periods import quarter_start
from agents.quantity import text
from agents.report import Alert, Metric, Recommendation, Status, Value
from agents.sales import figures, worth
from agents.sales.deals import DealBook, Stuck, terms_at
from agents.unit import Unit
from agents.wording import day_name, joined, plural

FALL = 0.20
"""Fall of the pipeline within a week that is watched."""
WEEK = timedelta(days=7)
SOON = 7
"""Days ahead within which a deal is about to close."""
MINUTES_PER_RECORD = 3


def has_fallen(book: DealBook, value: Value, week_ago: Value) -> bool:
    """Whether the pipeline fell by more than a fifth within a week.

    It is the pipeline of a quarter and the next: across the border of a quarter the two are not the same
    thing, and the difference says nothing.
    """
    today = book.snapshot.today
    if quarter_start(today) != quarter_start(today - WEEK):
        return False
    if not isinstance(value, Money) or not isinstance(week_ago, Money):
        return False
    return value.amount < week_ago.amount * (1 - FALL)


def alerts(book: DealBook, shown: Mapping[str, Metric]) -> tuple[Alert, ...]:
    """Everything wrong with the pipeline, in the order of the rules."""
    return tuple(
        alert
        for alert in (
            _stuck_alert(book),
            _passed_alert(book),
            _fall_alert(book, shown["pipeline"]),
            _coverage_alert(book, shown["coverage"]),
        )
        if alert
    )


def recommendations(book: DealBook) -> tuple[Recommendation, ...]:
    """What to do about single deals, and about records that cannot be counted."""
    stuck = book.stuck(book.snapshot.as_of)
    return (
        *(_move_or_close(book, worst) for worst in stuck[:1]),
        *_closing_soon(book, [s.deal for s in stuck[:1]]),
        *_redate(book),
        *_complete(book),
    )


def _finding(book: DealBook, rule: str, deals: list[Deal], *, one: bool = False) -> Finding:
    return Finding(
        book.snapshot,
        "sales",
        rule,
        (Deal, Stage),
        refs(deals),
        account=deals[0].account if one else None,
        subject=deals[0].ref if one else "",
    )


def _stuck_alert(book: DealBook) -> Alert | None:
    stuck = book.stuck(book.snapshot.as_of)
    if not stuck:
        return None
    deals, worst = [s.deal for s in stuck], stuck[0]
    title = f"{plural(len(deals), 'deal')} stuck, {book.worth(deals).short()} of pipeline"
    detail = clip(f"{clip(worst.deal.name, 30)}: {_how_long(worst)}", WHY)
    found = figures.stuck_deals(book, book.snapshot.as_of)
    return _finding(book, "stuck_deals", deals).alert(Status.WATCH, title, detail, found, Unit.COUNT)


def _passed_alert(book: DealBook) -> Alert | None:
    passed = _passed(book)
    if not passed:
        return None
    title = f"{plural(len(passed), 'open deal')} past the close date"
    oldest = passed[0]
    day = book.close_on(oldest)
    detail = clip(f"{book.worth(passed).short()}; oldest {clip(oldest.name, 30)}, {day}", WHY)
    found = number(counted("open deals past their close date", passed))
    return _finding(book, "close_date_passed", passed).alert(Status.WATCH, title, detail, found, Unit.COUNT)


def _fall_alert(book: DealBook, pipeline: Metric) -> Alert | None:
    now, before = pipeline.value, pipeline.previous
    if not has_fallen(book, now, before):
        return None
    assert isinstance(now, Money) and isinstance(before, Money)
    title = f"Pipeline fell {(before.amount - now.amount) / before.amount:.0%} in a week"
    detail = f"{now.short()} open, {before.short()} a week ago"
    finding = Finding(book.snapshot, "sales", "pipeline_fell", (Deal, Stage), pipeline.evidence)
    found = Figure(now, formula=pipeline.formula)
    return finding.alert(Status.WATCH, title, detail, found, Unit.MONEY)


def _coverage_alert(book: DealBook, coverage: Metric) -> Alert | None:
    if coverage.status not in (Status.WATCH, Status.ACT):
        return None
    goal = book.snapshot.policy.coverage_goal
    title = f"Pipeline covers {text(coverage.value, Unit.TIMES)} of what is to be won"
    finding = Finding(book.snapshot, "sales", "coverage_low", (Deal, Stage), coverage.evidence)
    detail = clip(coverage.note, WHY) or f"goal {goal:g}x"
    found = Figure(coverage.value, formula=coverage.formula)
    return finding.alert(coverage.status, title, detail, found, Unit.TIMES)


def _move_or_close(book: DealBook, stuck: Stuck) -> Recommendation:
    deal, today = stuck.deal, book.snapshot.today
    amount, close_on = book.amount(deal), book.close_on(deal)
    return _finding(book, "move_stuck_deal", [deal], one=True).recommend(
        f"{clip(deal.name, TITLE - 15)}: move or close",
        clip(joined(amount.short() if amount else "", _how_long(stuck), _owner(book, deal)) or "", WHY),
        impact=_stake(book, deal),
        due_on=max(close_on, today) if close_on else None,
        minutes=20,
        demand=60,
        tags=("growth",),
    )


def _closing_soon(book: DealBook, named: list[Deal]) -> Iterator[Recommendation]:
    """One for each deal due within a week that is not `named` already."""
    today = book.snapshot.today
    for deal in book.open(book.snapshot.as_of):
        close_on = book.close_on(deal)
        if close_on is None or deal in named or not today <= close_on <= today + timedelta(days=SOON):
            continue
        amount, stage = book.amount(deal), book.stage_at(deal, book.snapshot.as_of)
        worth = amount.short() if amount else "amount unknown"
        chance = f"; {stage.name}, {stage.probability:.0%} by the CRM" if stage else ""
        when = day_name(close_on, today)
        yield _finding(book, "closing_soon", [deal], one=True).recommend(
            f"{clip(deal.name, TITLE - 16)}: close {when}",
            clip(f"{worth}, expected {when}{chance}", WHY),
            impact=_stake(book, deal),
            due_on=close_on,
            minutes=30,
            demand=70,
            tags=("growth",),
        )


def _redate(book: DealBook) -> Iterator[Recommendation]:
    if passed := _passed(book):
        yield _finding(book, "redate_deals", passed).recommend(
            f"Redate or close {plural(len(passed), 'deal')} past the close date",
            clip(
                f"{book.worth(passed).short()} expected since {book.close_on(passed[0])} is still open", WHY
            ),
            impact=None,
            due_on=None,
            minutes=min(30, MINUTES_PER_RECORD * len(passed)),
            demand=20,
            tags=("growth", "efficiency"),
        )


def _complete(book: DealBook) -> Iterator[Recommendation]:
    """Open deals that no figure can count: a matter of data, not of selling."""
    opened = book.open(book.snapshot.as_of)
    known = {deal.ref: terms_at(deal, book.snapshot.as_of) for deal in opened}
    bare = [deal for deal in opened if known[deal.ref].amount is None or known[deal.ref].close_on is None]
    if not bare:
        return
    unpriced = sum(known[deal.ref].amount is None for deal in bare)
    undated = sum(known[deal.ref].close_on is None for deal in bare)
    yield _finding(book, "complete_deals", bare).recommend(
        f"Complete {plural(len(bare), 'deal')} that no figure can count",
        f"of {len(opened)} open: {unpriced} without amount, {undated} without close date",
        impact=None,
        due_on=None,
        minutes=min(30, MINUTES_PER_RECORD * len(bare)),
        demand=20,
        tags=("efficiency",),
    )


def _passed(book: DealBook) -> list[Deal]:
    """Open deals whose close date is before today, oldest first."""
    today = book.snapshot.today
    opened = book.open(book.snapshot.as_of)
    dated = [(day, deal.ref, deal) for deal in opened if (day := book.close_on(deal)) is not None]
    return [deal for day, _, deal in sorted(dated, key=lambda row: row[:2]) if day < today]


def _stake(book: DealBook, deal: Deal) -> Figure | None:
    """What the deal would bring; None when nobody can say."""
    if book.amount(deal) is None:
        return None
    return made(worth.amounts(book, "amount of the deal", [deal], book.snapshot.as_of))


def _owner(book: DealBook, deal: Deal) -> str:
    """`Olga's`; nothing when the CRM names nobody."""
    owners = book.snapshot.all(Owner)
    name = next((o.name for o in owners if (o.source, o.id) == (deal.source, deal.owner_id)), "")
    return f"{clip(name, 20)}'s deal" if name else ""


def _how_long(stuck: Stuck) -> str:
    return f"{stuck.days:.0f} d in {clip(stuck.stage, 20)}, long is over {stuck.limit:.0f} d"
