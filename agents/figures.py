"""From a pure figure function to a metric, and from a finding to an alert or a recommendation.

A figure function takes an instant and answers what the figure was then. `metric` asks it for the last
seven weeks, so that value, previous value and sparkline always come from one definition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fractions import Fraction

from agents import quantity
from agents.formula import Cited, Formula, LeftOut, Part, Term, half_up, leaf
from agents.limits import Limit
from agents.money import Money, exponent
from agents.nouns import Noun
from agents.periods import week_ends
from agents.report import Alert, Definition, Good, Metric, Recommendation, Status, Value, short_id
from agents.snapshot import Age, Snapshot
from agents.unit import Unit
from agents.wording import joined, plural

Kinds = tuple[type[Noun], ...]
"""The nouns without which something cannot be known; its freshness is the worst of theirs."""

TITLE, WHY = 60, 75
"""How many characters a title and a reason may have."""
CUT = "…"
"""What ends a text that was cut."""
RAISED = (Status.WATCH, Status.ACT)
"""What asks for the reader's eye."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a figure was at one instant. `value` None needs an `absent` ("n/a: no paying customers").

    Made with `made` or `number` from a formula, which holds the records behind it; without one there is
    nothing to say but why it is absent.
    """

    value: Value
    note: str = ""
    absent: str | None = None
    partial: str | None = None
    formula: Formula | None = None


def made(formula: Formula, note: str = "", *, absent: str = "n/a", partial: str | None = None) -> Figure:
    """The figure that a formula comes to: money where its terms are, else a plain number.

    `absent` is said, instead of `note`, where it comes to nothing that can be said.
    """
    if formula.value is None:
        return Figure(None, absent=absent, partial=partial, formula=formula)
    value = formula.money() if formula.currency else float(formula.value)
    return Figure(value, note=note, partial=partial, formula=formula)


def number(formula: Formula, note: str = "", *, absent: str = "n/a", partial: str | None = None) -> Figure:
    """The same for what is counted: a whole number."""
    if formula.value is None:
        return Figure(None, absent=absent, partial=partial, formula=formula)
    return Figure(half_up(formula.value), note=note, partial=partial, formula=formula)


UNCOMPARABLE = Figure(None)
"""A past without a rate is not set against a present that has one: the rate would look like growth."""
UNCONVERTED = "not converted"

Grade = Callable[[Value], Status]
"""What a value asks of the reader. It is not asked about a missing value."""


def fine(value: Value) -> Status:
    """Every value is ok: for figures that have no limit."""
    return Status.OK


def above(watch: float, act: float) -> Grade:
    """Watched above `watch`, ACT above `act`. Money is compared in minor units."""

    def grade(value: Value) -> Status:
        number = _number(value)
        return Status.ACT if number > act else Status.WATCH if number > watch else Status.OK

    return grade


def below(watch: float, act: float) -> Grade:
    """Watched below `watch`, ACT below `act`. Money is compared in minor units."""

    def grade(value: Value) -> Status:
        number = _number(value)
        return Status.ACT if number < act else Status.WATCH if number < watch else Status.OK

    return grade


ANY = above(0, float("inf"))
"""One is enough to be watched."""


def limited(limit: Limit, good: Good, currency: str | None, own: Grade) -> Grade:
    """The grade that the owner's `limit` asks for: beyond is below where up is good, else above. The half
    that is not given stays with the figure's `own` grade. `currency` is that of money, for its units."""
    sign = -1 if good is Good.UP else 1

    def beyond(value: Value, bound: float) -> bool:
        scale = 1 if currency is None else 10 ** exponent(currency)
        return sign * _number(value) > sign * bound * scale

    def grade(value: Value) -> Status:
        before = own(value)
        if before is Status.ACT if limit.act is None else beyond(value, limit.act):
            return Status.ACT
        watched = before in RAISED if limit.watch is None else beyond(value, limit.watch)
        return Status.WATCH if watched else Status.OK

    return grade


def aimed(note: str, limit: Limit, unit: Unit, currency: str) -> str:
    """The note with the owner's goal first, unless it says one already."""
    if limit.goal is None or any(part.startswith("goal ") for part in note.split("; ")):
        return note
    goal = Money.of(str(limit.goal), currency) if unit is Unit.MONEY else limit.goal
    return joined(f"goal {quantity.text(goal, unit)}", note) or ""


def weekly(snapshot: Snapshot) -> tuple[datetime, ...]:
    """Seven instants a week apart, oldest first, at the wall time of `as_of`, which is the last."""
    clock = snapshot.as_of.astimezone(snapshot.zone).time()
    earlier = week_ends(snapshot.today)[:-1]
    instants = (datetime.combine(day, clock, snapshot.zone).astimezone(UTC) for day in earlier)
    return (*instants, snapshot.as_of)


def worth(
    snapshot: Snapshot, name: str, pairs: Iterable[tuple[Noun, Money]], on: date
) -> tuple[Formula, str | None]:
    """The sum in the company currency at the rates of `on` as a term called `name`, and what had no rate.

    Every amount is converted and rounded by itself, so that the parts shown make the sum exactly.
    """
    parts, left = [], []
    for record, money in pairs:
        known = snapshot.convert(money, on)
        if known is None:
            left.append((record, money))
        else:
            note = "" if known.currency == money.currency else f"{money.full()} converted"
            parts.append((record.ref, known.amount, note))
    term = Term(
        name,
        Unit.MONEY,
        Fraction(sum(amount for _, amount, _ in parts)),
        snapshot.currency,
        read=lambda: (Part((ref,), amount, note) for ref, amount, note in parts),
        omitted=lambda: (LeftOut((r.ref,), f"{m.full()}: no rate for {m.currency}") for r, m in left),
    )
    return leaf(term), not_converted([money.currency for _, money in left])


def not_converted(currencies: Sequence[str]) -> str | None:
    """What to say of amounts that were left out for want of a rate: one currency for each of them."""
    if not currencies:
        return None
    items = "1 item" if len(currencies) == 1 else f"{len(currencies)} items"
    return f"{UNCONVERTED}: {items} ({', '.join(sorted(set(currencies)))})"


def lacks_rate(figure: Figure) -> bool:
    """Whether some of its money had no rate."""
    return UNCONVERTED in (figure.partial or "")


Definitions = Mapping[str, Definition]
"""The metrics of one agent by key, families by the key with their blank."""


def by_key(*definitions: Definition) -> Definitions:
    """The definitions as they are looked up."""
    return {definition.key: definition for definition in definitions}


def definition_in(definitions: Definitions, key: str) -> Definition | None:
    """The definition of this key itself, else of its family; None if it has none."""
    exact = definitions.get(key)
    return exact or next((found for found in definitions.values() if found.covers(key)), None)


def metric(
    snapshot: Snapshot,
    definitions: Definitions,
    key: str,
    at: Callable[[datetime], Figure],
    *,
    reads: Kinds,
    grade: Grade = fine,
    word: str = "",
) -> Metric:
    """The metric that `at` describes, with its past. "no data" when any of `reads` was never read.

    Title, unit and direction are those of its definition, with `word` for the blank in the title.
    Raises KeyError for a key without one.
    """
    definition = definition_in(definitions, key)
    if definition is None:
        raise KeyError(f"no definition of {key}")
    title, unit, good = definition.titled(word), definition.unit, definition.good
    freshness = snapshot.freshness(*reads)
    if freshness.age is Age.MISSING:
        status = Status.NONE
        return Metric(
            key, title, unit, None, snapshot.as_of, freshness, status=status, good=good, absent="no data"
        )
    past = [at(instant) for instant in weekly(snapshot)]
    now = past[-1]
    past = [figure if lacks_rate(now) or not lacks_rate(figure) else UNCOMPARABLE for figure in past]
    note, limit = now.note, snapshot.limits.get(key) or snapshot.limits.get(definition.key)
    if limit is not None and now.value is not None:
        grade = limited(limit, good, snapshot.currency if unit is Unit.MONEY else None, grade)
        note = aimed(note, limit, unit, snapshot.currency)
    return Metric(
        key,
        title,
        unit,
        now.value,
        snapshot.as_of,
        freshness,
        evidence=Cited(now.formula) if now.formula else (),
        status=Status.NONE if now.value is None else grade(now.value),
        good=good,
        previous=past[-2].value,
        series=tuple(figure.value for figure in past),
        note=note,
        absent=now.absent or ("n/a" if now.value is None else None),
        partial=joined(now.partial or "", _not_read(snapshot, reads)),
        formula=now.formula,
        before=past[-2].formula,
        at=at,
    )


def _not_read(snapshot: Snapshot, nouns: Kinds) -> str:
    """What the sources could not read of these nouns: "2 invoice records not read". A figure without them is
    not the whole one."""
    told = []
    for kind in sorted(noun.kind for noun in nouns):
        if left := sum(state.partial for state in snapshot.sources if kind in state.kinds):
            told.append(f"{plural(left, kind.replace('_', ' ') + ' record')} not read")
    return joined(*told) or ""


def undated_metric(
    snapshot: Snapshot,
    definitions: Definitions,
    key: str,
    now: Figure,
    *,
    reads: Kinds,
    grade: Grade = fine,
    word: str = "",
) -> Metric:
    """The metric for `now` alone: the records keep no past of it, so it has neither previous nor series."""
    known = metric(snapshot, definitions, key, lambda at: now, reads=reads, grade=grade, word=word)
    return replace(known, previous=None, series=(), before=None, at=None)


def is_brought(snapshot: Snapshot, noun: type[Noun]) -> bool:
    """Whether some source brings it, though it may never have been read. A figure that few companies have a
    source for is left out without one, rather than shown without data."""
    return bool(snapshot.freshness(noun).sources)


Findings = Iterator[Alert | Recommendation]
"""What a rule yields."""


def apart(found: Iterable[Alert | Recommendation]) -> tuple[tuple[Alert, ...], tuple[Recommendation, ...]]:
    """Alerts, and recommendations, each in the order given."""
    every = tuple(found)
    return (
        tuple(one for one in every if isinstance(one, Alert)),
        tuple(one for one in every if isinstance(one, Recommendation)),
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule of an agent found, and on which records; alerts and recommendations are made from it.

    The id of both comes from agent, rule and `subject`, which tells this finding from others of the
    same rule; without one the account does.
    """

    snapshot: Snapshot
    agent: str
    rule: str
    reads: Kinds
    evidence: Sequence[str]
    account: str | None = None
    subject: str = ""

    def alert(self, status: Status, title: str, detail: str, value: Value | Figure, unit: Unit) -> Alert:
        """The alert about it; `value` in `unit` is the figure that crossed its limit."""
        figure = value if isinstance(value, Figure) else Figure(value)
        return Alert(
            id=self._id("A"),
            agent=self.agent,
            rule=self.rule,
            status=status,
            title=title,
            detail=detail,
            unit=unit,
            value=figure.value,
            as_of=self.snapshot.as_of,
            freshness=self.snapshot.freshness(*self.reads),
            evidence=tuple(self.evidence),
            account=self.account,
            formula=figure.formula,
        )

    def recommend(
        self,
        title: str,
        why: str,
        *,
        impact: Money | Figure | None,
        due_on: date | None,
        minutes: int,
        demand: int,
        tags: tuple[str, ...],
    ) -> Recommendation:
        """What to do about it; fields as in `Recommendation`."""
        stake = impact if isinstance(impact, Figure) else Figure(impact)
        assert stake.value is None or isinstance(stake.value, Money)
        return Recommendation(
            id=self._id("R"),
            agent=self.agent,
            rule=self.rule,
            title=title,
            why=why,
            impact=stake.value,
            due_on=due_on,
            minutes=minutes,
            demand=demand,
            tags=tags,
            as_of=self.snapshot.as_of,
            freshness=self.snapshot.freshness(*self.reads),
            evidence=tuple(self.evidence),
            account=self.account,
            formula=stake.formula,
        )

    def _id(self, letter: str) -> str:
        return short_id(letter, self.agent, self.rule, self.subject or self.account or "")


def refs(records: Iterable[Noun]) -> tuple[str, ...]:
    """The evidence ids of these records, each once."""
    return tuple(dict.fromkeys(record.ref for record in records))


def clip(text: str, width: int) -> str:
    """`text` in at most `width` characters, cut with an ellipsis: names inside titles."""
    return text if len(text) <= width else text[: width - 1].rstrip() + CUT


def _number(value: Value) -> float:
    if value is None:
        raise ValueError("a missing value has no grade")
    return value.amount if isinstance(value, Money) else value
