"""Sales and marketing on companies with everything in them: every number explains itself, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentos_cli.demo.company.world import build_world
from agentos_cli.demo.files import write_files
from agentos_cli.demo.server import serving
from agents.marketing import AGENT as MARKETING
from agents.money import Money
from agents.nouns import Deal, DealTerms, Noun, StageEntry
from agents.policy import Policy
from agents.report import Agent, Report
from agents.sales import AGENT as SALES
from agents.sales.deals import DealBook
from agents.sales.figures import pipeline
from agents.snapshot import Snapshot
from tests.agents.build import (
    AS_OF,
    ago,
    back,
    contact,
    content_piece,
    deal,
    figure,
    fx_rate,
    marketing_spend,
    snapshot,
    sources,
    stage,
    subscription,
    usd,
)
from tests.agents.explained import assert_explained
from tests.connectors.vendor import read

BOTH = pytest.mark.parametrize("agent", [SALES, MARKETING], ids=lambda agent: agent.name)
POLICY = Policy(gross_margin=0.8, quarter_target=90_000, cac_goal=20)
STAGES = (
    stage("talk", "0.2", name="First talk", position=1),
    stage("proposal", "0.5", name="Proposal", position=2),
    stage("other", "0.3", name="Proposal", position=1, pipeline_id="x", pipeline="Partners"),
    stage("won", 1, name="Won", position=3, closed=True, won=True),
    stage("lost", 0, name="Lost", position=4, closed=True),
)
SOON = date(2026, 12, 10)
CURRENCIES = ("USD", "EUR", "CHF")  # no rate is known for the last


def past(n: int) -> Deal:
    """A decided deal, now and then without an amount, in one of three currencies, that was once dearer."""
    end, amount = ("won" if n % 3 else "lost"), Money.of(1000 + 37 * n, CURRENCIES[n % 3])
    way = [StageEntry("talk", ago(90 - n)), StageEntry("proposal", ago(70 - n)), StageEntry(end, ago(3 * n))]
    return deal(
        f"p{n}",
        None if n % 7 == 0 else amount,
        stage_id=end if n != 11 else "gone",
        created_at=ago(90 - n, hours=n),
        closed_at=ago(3 * n),
        close_on=back(3 * n),
        stages=tuple(way),
        terms=(
            DealTerms(ago(90 - n), amount, SOON),
            DealTerms(ago(3 * n), None if n % 7 == 0 else amount, SOON),
        ),
    )


def present(n: int) -> Deal:
    """An open deal: some without a date, overdue, due far ahead, at a forgotten stage, moved lately."""
    dates = (SOON, None, back(3), back(90), date(2027, 8, 1), SOON)
    amount = None if n == 5 else Money.of(500 * (n + 1), CURRENCIES[n % 3])
    at = ("talk", "proposal", "other", "proposal", "gone", "proposal")[n % 6]
    return deal(
        f"o{n}",
        amount,
        stage_id=at,
        created_at=ago(50 + n),
        close_on=dates[n % 6],
        stages=(StageEntry("talk", ago(50 + n)), StageEntry(at, ago(2 * n))),
        terms=(DealTerms(ago(50 + n), usd(100), SOON), DealTerms(ago(n), amount, dates[n % 6])),
    )


CHANNELS = ("Paid Search", "display", "fairs", "payback")
COMPANY: tuple[Noun, ...] = (
    *STAGES,
    *(past(n) for n in range(18)),
    *(present(n) for n in range(14)),
    fx_rate("EUR", "1.1", back(1)),
    fx_rate("EUR", "1.2", back(30)),
    *(
        marketing_spend(Money.of(70 + n, CURRENCIES[n % 3]), back(9 * n), channel=CHANNELS[n % 4])
        for n in range(14)
    ),
    *(
        contact(
            f"c{n}",
            account=f"c{n // 2}.example" if n % 5 else None,
            channel=CHANNELS[n % 4],
            created_at=ago(11 * n),
            customer_at=ago(11 * n - 9) if n % 3 else ago(11 * n + 5) if n % 2 else None,
        )
        for n in range(24)
    ),
    *(
        subscription(f"s{n}", 40 + n, account=f"c{n}.example", valid_from=ago(150 - 13 * n))
        for n in range(11)
    ),
    replace(subscription("gone", 60, account="gone.example"), valid_to=ago(30), ended_at=ago(30)),
    *(
        content_piece(f"k{n}", visits=80 * n, leads=4 * n, deals=n % 3, published_on=back(20 - 5 * n))
        for n in range(7)
    ),
)


def world() -> Snapshot:
    return snapshot(*COMPANY, policy=POLICY)


@BOTH
def test_every_number_of_a_full_company_explains_itself(agent: Agent) -> None:
    found = agent.analyse(world())
    assert_explained(found)
    valued = [metric.key for metric in found.metrics if metric.value is not None]
    assert len(valued) >= 12, valued
    assert all(alert.formula is not None for alert in found.alerts)
    assert len(found.alerts) >= 2


@BOTH
@pytest.mark.parametrize("days", [1, 30, 80])
def test_and_so_they_did_on_every_day_before(agent: Agent, days: int) -> None:
    assert_explained(agent.analyse(replace(world(), as_of=ago(days))))


@BOTH
def test_every_number_of_an_empty_company_explains_itself(agent: Agent) -> None:
    assert_explained(agent.analyse(snapshot()))
    assert_explained(agent.analyse(snapshot(*STAGES, policy=POLICY)))


def told(found: Report) -> dict[str, tuple[object, ...]]:
    """What a report says, without the order of its records."""
    figures = {
        metric.key: (
            metric.value,
            metric.series,
            metric.note,
            metric.absent,
            metric.partial,
            metric.formula.text if metric.formula else None,
            frozenset(metric.evidence),
        )
        for metric in found.metrics
    }
    todo = {one.id: (one.title, one.why, one.impact) for one in found.recommendations}
    return {**figures, **todo, **{alert.id: (alert.title, alert.value) for alert in found.alerts}}


@BOTH
@given(seed=st.integers(0, 2**32))
@settings(max_examples=12, deadline=None)
def test_the_order_of_the_records_changes_no_figure(agent: Agent, seed: int) -> None:
    whole = world()
    order = Random(seed)
    mixed = {noun: tuple(order.sample(rows, len(rows))) for noun, rows in whole.records.items()}
    assert told(agent.analyse(replace(whole, records=mixed))) == told(agent.analyse(whole))


# ── edges ────────────────────────────────────────────────────────────────────────────────────────


def test_a_deal_won_at_midnight_across_a_quarter_belongs_to_the_company_s_own_day() -> None:
    """At 22:30 UTC on 30 September it is October in Berlin, and still September in New York."""
    moment = datetime(2026, 9, 30, 22, 30, tzinfo=UTC)
    way = (StageEntry("proposal", ago(90)), StageEntry("won", moment))
    sold = deal("a", usd(900), stage_id="won", created_at=ago(90), closed_at=moment, stages=way)
    for zone, value in (("Europe/Berlin", usd(900)), ("America/New_York", usd(0))):
        found = SALES.analyse(snapshot(*STAGES, sold, zone=ZoneInfo(zone)))
        assert figure(found, "won_this_quarter").value == value
        assert figure(found, "won_this_quarter").evidence == (("hubspot:deal:a",) if value else ())
        assert_explained(found)


def test_without_stages_no_deal_is_decided_and_none_is_weighted() -> None:
    found = SALES.analyse(snapshot(deal("a", usd(10), close_on=SOON)))
    assert figure(found, "pipeline").value == usd(10)
    assert figure(found, "weighted_pipeline").value == usd(0)
    assert figure(found, "weighted_pipeline").partial == "1 deal at an unknown stage"
    assert figure(found, "weighted_measured").absent == "n/a: under 10 deals decided per stage in 180 days"
    assert figure(found, "win_rate").absent == "n/a: nothing decided in 180 days"
    assert figure(found, "coverage").absent == "n/a: no quarter target set"
    assert [metric.key for metric in found.metrics if metric.key.startswith("conversion_")] == []


@pytest.mark.parametrize(
    ("amount", "said", "why"),
    [
        (None, "1 deal without amount", "without an amount"),
        (Money.of(9, "CHF"), "1 deal without exchange rate", "CHF 9.00: no rate for CHF"),
    ],
)
def test_a_deal_that_cannot_be_counted_is_left_out_of_every_sum_and_named(
    amount: Money | None, said: str, why: str
) -> None:
    won = (StageEntry("proposal", ago(40)), StageEntry("won", ago(9)))
    found = SALES.analyse(
        snapshot(
            *STAGES,
            deal("open", amount, close_on=SOON),
            deal("sold", amount, stage_id="won", created_at=ago(40), closed_at=ago(9), stages=won),
            policy=POLICY,
        )
    )
    for key in ("pipeline", "weighted_pipeline", "coverage", "won_this_quarter"):
        metric = figure(found, key)
        assert metric.formula is not None
        left = [left.why for term in metric.formula.terms for left in term.left_out()]
        assert why in left, key
        assert (metric.partial, metric.value) == (said, 0.0 if key == "coverage" else usd(0)), key
    assert figure(found, "velocity").absent == "n/a: no deals with an amount won in 180 days"
    assert figure(found, "win_rate").value == 1.0


# ── the demo company ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """The demo company as the connectors read it."""
    made, folder = build_world(AS_OF), tmp_path_factory.mktemp("files")
    write_files(made, folder)
    with serving(made) as server:
        batches = [
            batch
            for name in ("stripe", "hubspot", "files")
            for batch in read(
                name, server.urls.get(name, ""), key=server.keys.get(name, ""), folder=str(Path(folder))
            ).values()
        ]
    policy = Policy(gross_margin=0.8, quarter_target=60_000, cac_goal=1_200)
    brought = {batch.noun for batch in batches}
    states = tuple(state for state in sources() if state.kinds[0] in {noun.kind for noun in brought})
    records = (record for batch in batches for record in batch.records)
    yield snapshot(*records, policy=policy, sources=states)


@BOTH
def test_every_number_of_the_demo_company_explains_itself(agent: Agent, demo: Snapshot) -> None:
    found = agent.analyse(demo)
    assert_explained(found)
    missing = {metric.key for metric in found.metrics if metric.value is None}
    assert not missing - {key for key in missing if key.startswith(("payback_", "cac_"))}, missing


def test_the_demo_s_past_pipelines_are_made_with_the_terms_of_then(demo: Snapshot) -> None:
    book = DealBook.of(demo)
    revised = [
        (each, old, new)
        for each in book.open(demo.as_of)
        for old, new in pairwise(each.terms)
        if old.amount != new.amount
    ]
    assert revised
    for each, old, new in revised:
        assert old.amount == worth_of(book, each, new.since - timedelta(seconds=1))
        assert new.amount == worth_of(book, each, new.since) != old.amount


def worth_of(book: DealBook, sought: Deal, at: datetime) -> Money | None:
    """What a deal added to the pipeline of an instant."""
    formula = pipeline(book, at).formula
    assert formula is not None
    found = [part.amount for part in formula.terms[0].parts() if part.refs == (sought.ref,)]
    return Money(int(found[0]), book.snapshot.currency) if found else None
