"""The changes of `agentos what-if` from the words of the command line: what belongs to which change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from agentos_cli.errors import UsageProblem
from agents.snapshot import Snapshot
from agents.whatif.changes import Change, CloseDeal, Hire, LoseCustomer, RaisePrice
from agents.whatif.finding import Unknown, customer_called, deal_called, product_called, team_called

DETAILS: dict[str, tuple[str, ...]] = {
    "--close-deal": ("--on",),
    "--lose-customer": ("--on",),
    "--hire": ("--cost", "--from", "--team"),
    "--raise-price": ("--product", "--from"),
}
"""A change and the options that may come after it."""

LARGEST_RISE = Decimal(1000)
MOST_HIRES = 1000


@dataclass(frozen=True, slots=True)
class Wish:
    """One change as it was written: its option, its word, and what was said about it."""

    option: str
    word: str
    details: dict[str, str] = field(default_factory=dict)


def wishes(argv: Sequence[str]) -> list[Wish]:
    """The changes in the order given, each with the options that follow it. Raises UsageProblem for an
    option that follows no change, or one that it does not belong to."""
    found: list[Wish] = []
    for option, word in _options(argv):
        if option in DETAILS:
            found.append(Wish(option, word))
            continue
        owners = [name for name, own in DETAILS.items() if option in own]
        if not found or found[-1].option not in owners:
            raise UsageProblem(f"{option} comes after {' or '.join(owners)}", fix="agentos what-if --help")
        if option in found[-1].details:
            raise UsageProblem(f"{option} is given twice for one {found[-1].option}", fix="give it once")
        found[-1].details[option] = word
    return found


def _options(argv: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every option of ours with its word, in their order; what Typer knows of them, it has checked."""
    known = {*DETAILS, *(option for own in DETAILS.values() for option in own)}
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=")
        if name in known:
            yield name, value if equals else next(words, "")


def changes(written: Sequence[Wish], snapshot: Snapshot) -> tuple[Change, ...]:
    """What is meant, in the snapshot's own records. Raises UsageProblem, with the nearest name."""
    if not written:
        raise UsageProblem("no change is given", fix="agentos what-if --lose-customer NAME")
    return tuple(_change(wish, snapshot) for wish in written)


def _change(wish: Wish, snapshot: Snapshot) -> Change:
    try:
        match wish.option:
            case "--close-deal":
                return CloseDeal(deal_called(snapshot, wish.word), _day(wish, "--on", snapshot))
            case "--lose-customer":
                key, name = customer_called(snapshot, wish.word)
                return LoseCustomer(key, name, _day(wish, "--on", snapshot))
            case "--hire":
                return _hire(wish, snapshot)
            case _:
                return _price(wish, snapshot)
    except Unknown as problem:
        fix = None if problem.near is None else f"did you mean `{problem.near}`?"
        raise UsageProblem(problem.what, fix=fix) from None


def _hire(wish: Wish, snapshot: Snapshot) -> Hire:
    from agentos_cli.plans import amount

    people = int(wish.word) if wish.word.isascii() and wish.word.isdigit() else 0
    if not 1 <= people <= MOST_HIRES:
        raise UsageProblem(f"--hire {wish.word[:20]} is no number of people", fix="--hire 2 --cost 9k")
    cost = amount(wish.details.get("--cost"), snapshot.currency)
    if cost is None:
        raise UsageProblem("what does a hire cost a month?", fix=f"--hire {people} --cost 9k")
    team = team_called(snapshot, wish.details.get("--team"))
    return Hire(people, cost, team, _day(wish, "--from", snapshot))


def _price(wish: Wish, snapshot: Snapshot) -> RaisePrice:
    try:
        percent = Decimal(wish.word.strip().removesuffix("%"))
    except InvalidOperation:
        percent = Decimal("NaN")
    if not percent.is_finite() or not -100 < percent <= LARGEST_RISE or not percent:
        raise UsageProblem(f"--raise-price {wish.word[:20]} is no percentage", fix="--raise-price 10")
    product = wish.details.get("--product")
    known = None if product is None else product_called(snapshot, product)
    return RaisePrice(percent, known, _day(wish, "--from", snapshot))


def _day(wish: Wish, option: str, snapshot: Snapshot) -> date:
    """The day said, not before today, which is meant where none is."""
    from agentos_cli.plans import day

    found = day(wish.details.get(option), snapshot.today) or snapshot.today
    if found < snapshot.today:
        raise UsageProblem(f"{option} {found} is past", fix="what-if looks ahead: today or later")
    return found
