"""Every edge case the whole way, from vendor payload to document: a number, "n/a", "no data" or "partial"."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agentos_cli.app import App
from agentos_cli.briefing.movements import movements
from tests.connectors import test_hubspot as hubspot
from tests.connectors.stripe_shapes import at, customer, invoice
from tests.flows.edges.cases import ADA, CASES, MIXED, MONTHLY, Says, plan, sold
from tests.flows.edges.company import NOW, Company, figures, iso, later, moment, opened, read, reading, said
from tests.flows.street import house

EVERYONE = ("finance", "sales", "ops", "marketing", "hr", "success")
ZONES = ("America/New_York", "Asia/Tokyo")


@pytest.fixture(scope="session")
def _empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose store was made ready once for all."""
    home = tmp_path_factory.mktemp("edges")
    house(home, NOW)
    return home


@pytest.fixture
def home(_empty_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(_empty_home, tmp_path / "home"))


def shown(app: App) -> dict[str, Says]:
    return {
        key: Says(said(item), item["partial"], item["note"], item["freshness"]["state"])
        for key, item in figures(app, *EVERYONE).items()
    }


@pytest.mark.parametrize("name", CASES)
def test_every_figure_says_what_it_must(name: str, home: Path) -> None:
    case = CASES[name]
    with reading(case.company, home) as app:
        found = shown(app)
    wanted = {k: each if isinstance(each, Says) else Says(each) for k, each in case.says.items()}
    relevant = {
        key: Says(f.value, f.partial, f.note if wanted[key].note is not None else None, f.state)
        for key, f in found.items()
        if key in wanted
    }
    assert relevant == wanted


@pytest.mark.parametrize("name", CASES)
def test_no_figure_is_silent(name: str, home: Path) -> None:
    """Nothing is missing without a reason, a zero is one of fresh and whole records, and what is said can be
    explained from its records."""
    with reading(CASES[name].company, home) as app:
        told, brief = figures(app, *EVERYONE), app.desk.brief()
        blind = {spot["source"] for spot in brief["blind_spots"]}
        assert brief["failed"] == []
        for key, item in told.items():
            assert (item["value"] is None) == (item["absent"] is not None), key
            why, state = item["absent"], item["freshness"]["state"]
            assert why is None or why == "no data" or why.startswith("n/a: "), (key, why)
            assert (why == "no data") == (state == "missing"), key
            assert state == "fresh" or blind.intersection(item["freshness"]["sources"]), key
            if key in CASES[name].says and item["value"] is not None:
                assert app.desk.explain(key)["adds_up"], key


# ── sources ──────────────────────────────────────────────────────────────────────────────────────


def test_what_was_never_read_is_no_data_and_never_a_zero(home: Path) -> None:
    company = Company(hubspot={}, files={"bank": "date,account,amount,category"})
    with opened(company, home) as app:
        assert {each.value for each in shown(app).values()} == {"no data"}
        brief = app.desk.brief()
        whys = {spot["source"]: spot["why"] for spot in brief["blind_spots"]}
    assert whys == dict.fromkeys(("stripe", "hubspot", "files"), "never read") | {"linear": "not connected"}


def test_a_source_that_is_down_keeps_its_numbers_and_says_how_old_they_are(home: Path) -> None:
    with reading(Company({"customers": [ADA], "subscriptions": [MONTHLY]}), home) as app:
        pass
    after = later(app, NOW + timedelta(days=3))
    (outcome,) = read(after)
    assert not outcome.ok
    found = figures(after, "finance")["mrr"]
    fresh = found["freshness"]
    assert (found["value"], fresh["state"], fresh["age"]) == (10000, "stale", "3d")
    assert "could not be reached" in fresh["problem"]
    (spot,) = [each for each in after.desk.brief()["blind_spots"] if each["source"] == "stripe"]
    assert (spot["age"], spot["why"]) == ("3d", fresh["problem"])


def test_test_mode_is_said_where_it_is_mixed_in_and_where_it_is_all_there_is(home: Path) -> None:
    with reading(MIXED, home) as app:
        (spot,) = [each for each in app.desk.brief()["blind_spots"] if each["source"] == "stripe"]
        left = {each.why for _, each in app.store.skipped()}
    assert spot["why"] == "4 records could not be read"
    assert left == {"test-mode record among live ones"}


def test_a_test_key_is_said_and_what_mends_it(home: Path) -> None:
    with reading(CASES["nothing but test mode"].company, home) as app:
        (spot,) = [each for each in app.desk.brief()["blind_spots"] if each["source"] == "stripe"]
        (row,) = [each for each in app.connectors() if each["source"] == "stripe"]
        assert app.sync(None, force=False) == ()  # it was read: nothing is tried again for it
    assert (spot["why"], spot["fix"]) == ("test mode: no real money", "agentos connect stripe")
    assert (row["state"], row["problem"]) == ("stale", "test mode: no real money")


def test_a_rate_that_came_this_week_is_no_growth(home: Path) -> None:
    """Last week the francs could not be counted: a change against that would be one of rates."""
    with reading(CASES["a customer with two currencies"].company, home) as app:
        for key in ("mrr", "arpa", "overdue", "cash"):
            item = figures(app, "finance")[key]
            assert (item["previous"], item["change"]) == (None, None), key
            assert item["series"][-2:] == [None, item["value"]], key
            assert app.desk.explain(key)["change"] is None, key


# ── midnight, and the end of a month ─────────────────────────────────────────────────────────────


def months(app: App) -> dict[str, tuple[int, int]]:
    """By month: new MRR and MRR at its end."""
    (table,) = movements(app.snapshot, 3, None, None)["tables"]
    return {month["month"]: (month["new"], month["closing"]) for month in table["months"]}


@pytest.mark.parametrize("zone", ZONES)
def test_a_sale_belongs_to_the_month_of_the_company(zone: str, home: Path) -> None:
    """At 23:30 of the last of October it is October's, an hour later November's; a trial counts when it
    converts. In UTC both fall on one side of the month's end."""
    late, early = (moment(text, zone) for text in ("2026-10-31T23:30", "2026-11-01T00:30"))
    began = moment("2026-10-01T12:00", zone)
    trial: dict[str, Any] = {"start_date": began, "trial_start": began, "trial_end": early}
    subscriptions = [
        sold(plan(100), key="sub_1", start_date=late),
        sold(plan(2000), key="sub_2", start_date=early, customer="cus_2"),
        sold(plan(30000), key="sub_3", customer="cus_3", **trial),
    ]
    people = [customer(f"cus_{n}", email=f"who@n{n}.example") for n in (1, 2, 3)]
    with reading(Company({"customers": people, "subscriptions": subscriptions}, zone=zone), home) as app:
        found = months(app)
    assert found == {"2026-09": (0, 0), "2026-10": (100, 100), "2026-11": (32000, 32100)}


@pytest.mark.parametrize("zone", ZONES)
def test_a_deal_is_won_in_the_quarter_of_the_company(zone: str, home: Path) -> None:
    def won(key: str, text: str, amount: str) -> dict[str, object]:
        way = (("new", iso("2026-09-01T10:00", zone)), ("won", iso(text, zone)))
        return hubspot.deal(key, *way, amount=amount, closedate=iso(text, zone))

    deals = [won("1", "2026-09-30T23:30", "100"), won("2", "2026-10-01T00:30", "2000")]
    with reading(Company(None, hubspot={"deals": deals}, zone=zone), home) as app:
        assert said(figures(app, "sales")["won_this_quarter"]) == 200000


@pytest.mark.parametrize("zone", ZONES)
def test_a_deal_is_expected_on_the_day_of_the_company(zone: str, home: Path) -> None:
    """The pipeline ends with the next quarter: 23:30 of its last day is in it, an hour later is not. A day
    without an hour, which HubSpot writes as midnight in UTC, is that day everywhere."""

    def due(key: str, closes: str, amount: str) -> dict[str, object]:
        way = ("new", iso("2026-11-01T10:00", zone))
        return hubspot.deal(key, way, amount=amount, closedate=closes)

    deals = [
        due("1", iso("2027-03-31T23:30", zone), "1"),
        due("2", iso("2027-04-01T00:30", zone), "20"),
        due("3", "2027-03-31T00:00:00Z", "300"),
        due("4", "2027-04-01T00:00:00Z", "4000"),
    ]
    with reading(Company(None, hubspot={"deals": deals}, zone=zone), home) as app:
        assert said(figures(app, "sales")["pipeline"]) == 30100


@pytest.mark.parametrize("zone", ZONES)
def test_an_invoice_is_as_old_as_the_days_of_the_company(zone: str, home: Path) -> None:
    """Due an hour apart on both sides of midnight: 31 days ago and 30."""

    def owed(key: str, due: str, cents: int) -> dict[str, object]:
        money = {"total": cents, "amount_remaining": cents, "created": at("2026-10-01")}
        return invoice(key, status="open", due_date=moment(due, zone), **money)

    bills = [owed("in_1", "2026-10-21T23:30", 100), owed("in_2", "2026-10-22T00:30", 2000)]
    with reading(Company({"customers": [ADA], "invoices": bills}, zone=zone), home) as app:
        found = figures(app, "finance")
    assert (said(found["overdue_31_60"]), said(found["overdue_1_30"])) == (100, 2000)


@pytest.mark.parametrize("zone", ZONES)
def test_money_of_the_last_day_of_a_month_is_that_months(zone: str, home: Path) -> None:
    """A bank's day has no hour: it is the company's day, wherever the company is."""
    rows = ("2026-10-01,main,-1,rent", "2026-10-31,main,300,revenue", "2026-11-01,main,7,revenue")
    bank = "\n".join(("date,account,amount,category", *rows))
    with reading(Company(None, files={"bank": bank}, zone=zone), home) as app:
        found = figures(app, "finance")
    assert (said(found["cash_in"]), said(found["gross_burn"])) == (30000, 100)
