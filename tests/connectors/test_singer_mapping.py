"""The map: what each right-hand side reads, and what is said of mistakes in it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from agentos_cli.connectors.reading import Unreadable
from agentos_cli.connectors.singer.joining import map_text, shipped, source_name
from agentos_cli.connectors.singer.mapping import plan
from agentos_cli.connectors.singer.values import Scope
from agentos_cli.contract import Raw
from agentos_cli.errors import DataProblem, UsageProblem
from agents.money import Money
from agents.nouns import Expense, Invoice, Issue, Move, Noun, Person, Stage, StageEntry, Ticket


def made(text: str, raw: Raw, others: dict[str, list[Raw]] | None = None) -> tuple[Noun, ...]:
    """What the first rule of a map makes of a record."""
    return plan(text).rules[0].make("desk", Scope(raw, "EUR", others or {}))


EXPENSE = """
[costs]
noun = "expense"
[costs.fields]
id = "id"
day = "at"
category = "kind"
vendor = {vendor}
amount = {amount}
"""


def expense(raw: Raw, vendor: str = '"vendor"', amount: str = '"cost"') -> Expense:
    record = {"id": 7, "at": "2026-11-01", "kind": "Rent", "cost": "12.50", **raw}
    (found,) = made(EXPENSE.format(vendor=vendor, amount=amount), record)
    assert isinstance(found, Expense)
    return found


PATHS: dict[str, tuple[str, Raw, str | None]] = {
    "a field": ('"vendor"', {"vendor": " Ink\n "}, "Ink"),
    "nothing there": ('"vendor"', {}, None),
    "null": ('"vendor"', {"vendor": None}, None),
    "within an object": ('"seller.name"', {"seller": {"name": "Ink"}}, "Ink"),
    "within what is no object": ('"seller.name"', {"seller": "Ink"}, None),
    "a name with dots": ('"seller.name"', {"seller.name": "Ink"}, "Ink"),
    "the first that is there": ('"a | b.c | d"', {"a": "", "b": {"c": "Ink"}, "d": "x"}, "Ink"),
    "both together": ('"a + b"', {"a": "Ink", "b": "Ltd"}, "Ink Ltd"),
    "the one of both": ('"a + b | c"', {"b": "Ltd"}, "Ltd"),
    "neither of both": ('"a + b | c"', {"c": "x"}, "x"),
    "a number": ('"vendor"', {"vendor": 12}, "12"),
    "a constant": ('{ value = "Ink" }', {}, "Ink"),
    "a word": ('{ from = "v", words = { i = "Ink" } }', {"v": "i"}, "Ink"),
    "another word": ('{ from = "v", words = { i = "Ink" }, else = "?" }', {"v": "j"}, "?"),
    "no word": ('{ from = "v", words = { i = "Ink" } }', {}, None),
    "true": ('{ from = "v", words = { true = "Ink" } }', {"v": True}, "Ink"),
    "a number among words": ('{ from = "v", words = { 3 = "Ink" } }', {"v": 3}, "Ink"),
    "else alone": ('{ from = "v", else = "?" }', {"v": "Ink"}, "Ink"),
    "else for nothing": ('{ from = "v", else = "?" }', {}, "?"),
    "what is present": ('{ present = { v = "Ink" }, else = "?" }', {"v": 1}, "Ink"),
    "what is not": ('{ present = { v = "Ink" }, else = "?" }', {"v": None}, "?"),
    "when": ('{ from = "v", when = { k = "x" } }', {"v": "Ink", "k": "x"}, "Ink"),
    "when not": ('{ from = "v", when = { k = "x" } }', {"v": "Ink", "k": "y"}, None),
    "when nothing": ('{ from = "v", when = { k = "" } }', {"v": "Ink", "k": None}, "Ink"),
}  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
def test_a_text(name: str) -> None:
    spec, raw, value = PATHS[name]
    assert expense(raw, vendor=spec).vendor == value


MONEY: dict[str, tuple[str, Raw, Money]] = {
    "a path": ('"cost"', {}, Money(1250, "EUR")),
    "a currency of its own": ('{ amount = "cost", currency = "cur" }', {"cur": "usd"}, Money(1250, "USD")),
    "none of its own": ('{ amount = "cost", currency = "cur" }', {}, Money(1250, "EUR")),
    "a fixed one": ('{ amount = "cost", currency = "JPY" }', {"cost": 5}, Money(5, "JPY")),
    "smallest units": ('{ amount = "cost", unit = "minor" }', {"cost": 1250}, Money(1250, "EUR")),
    "Stripe's units": (
        '{ amount = "cost", currency = "ISK", unit = "stripe" }',
        {"cost": 500},
        Money(5, "ISK"),
    ),
    "a fraction": ('"cost"', {"cost": Decimal("0.1")}, Money(10, "EUR")),
}  # fmt: skip


@pytest.mark.parametrize("name", MONEY)
def test_money(name: str) -> None:
    spec, raw, value = MONEY[name]
    assert expense(raw, amount=spec).amount == value


UNREADABLE: dict[str, tuple[Raw, str]] = {
    "no day": ({"at": "soon"}, "at is `soon`, not a day"),
    "no number": ({"cost": "1,250"}, "cost is `1,250`, not a number"),
    "nothing that is needed": ({"cost": None}, "amount is missing"),
    "an id with a line break": ({"id": "a\nb"}, "not an id"),
    "a category that is none": ({"kind": {"a": 1}}, "kind is a object, not a text"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_value_that_does_not_fit_says_why(name: str) -> None:
    raw, why = UNREADABLE[name]
    with pytest.raises(Unreadable, match=why):
        expense(raw)


def test_types_follow_the_noun() -> None:
    text = """
    [staff]
    noun = "person"
    [staff.fields]
    id = "id"
    name = "name"
    team = "team"
    role = "role"
    started_on = "since"
    hours = "hours"
    allocated = { value = 0 }
    """
    raw = {
        "id": "p",
        "name": "Ann",
        "team": "Ops",
        "role": "Lead",
        "since": "2026-01-05T10:00:00Z",
        "hours": "37.5",
    }
    assert made(text, raw) == (
        Person("desk", "p", "Ann", "Ops", "Lead", date(2026, 1, 5), None, Decimal("37.5"), Decimal(0), None),
    )
    with pytest.raises(Unreadable, match="hours is 200, not 0 to 168"):
        made(text, {**raw, "hours": 200})


def test_accounts_are_the_keys_that_join_customers_across_vendors() -> None:
    fields = "\n".join(
        f'{name} = "{name}"' for name in ("id", "account", "subject", "severity", "open", "created_at")
    )
    text = f'[t]\nnoun = "ticket"\n[t.fields]\n{fields}'
    raw = {"id": "1", "subject": "x", "severity": 1, "open": "true", "created_at": 1767225600}
    (found,) = made(text, {**raw, "account": "Ann@Northwind.example"})
    assert isinstance(found, Ticket) and found.account == "northwind.example"
    assert found.created_at == datetime(2026, 1, 1, tzinfo=UTC) and found.open is True
    with pytest.raises(Unreadable, match="severity is 9, not 1 to 4"):
        made(text, {**raw, "severity": 9})


def test_words_that_the_noun_does_not_have_do_not_get_in() -> None:
    text = """
    [bills]
    noun = "invoice"
    [bills.fields]
    id = "id"
    customer_id = "who"
    status = "state"
    total = "sum"
    remaining = "sum"
    created_at = "at"
    """
    raw = {"id": "1", "who": "c", "state": "paid", "sum": 3, "at": "2026-01-01"}
    (found,) = made(text, raw)
    assert isinstance(found, Invoice) and found.status == "paid"
    with pytest.raises(Unreadable, match="state is `won`, not one of"):
        made(text, {**raw, "state": "won"})
    with pytest.raises(DataProblem, match=r"bills.status: `won` is not one of draft, open, paid"):
        plan(text.replace('"state"', '{ from = "state", words = { w = "won" } }'))


STAGES = """
[pipelines]
noun = "stage"
each = "stages"
where = { active = [true, ""] }
[pipelines.fields]
id = "id"
pipeline_id = "parent.id"
pipeline = "parent.label"
name = "label"
position = "order"
probability = "p"
closed = { value = false }
won = { value = false }
"""


def test_each_object_of_a_list_may_be_a_noun() -> None:
    stages = [{"id": "s1", "label": "New", "order": 1, "p": "0.2"}, {"id": "s2", "active": False}]
    raw = {"id": "p1", "label": "Sales", "stages": stages}
    assert made(STAGES, raw) == (Stage("desk", "s1", "p1", "Sales", "New", 1, Decimal("0.2"), False, False),)
    assert {"id", "label", "stages"} <= plan(STAGES).needs["pipelines"]
    assert made(STAGES, {"id": "p1"}) == ()


def test_a_list_of_parts_comes_from_within_a_record() -> None:
    (found,) = made(
        shipped()["tap-hubspot"].partition("[deals]")[0] and _only(shipped()["tap-hubspot"], "deals"),
        {
            "dealId": 5, "isDeleted": False, "property_dealname": {"value": "Big"},
            "property_dealstage": {"value": "s1", "timestamp": "2026-11-01T00:00:00Z"},
            "property_createdate": {"value": "2026-10-01T00:00:00Z"},
            "property_closedate": {"value": "2026-12-01T00:00:00Z"}, "property_amount": {"value": "99.5"},
            "property_hs_is_closed": {"value": "false"},
        },
    )  # fmt: skip
    assert found.stages == (StageEntry("s1", datetime(2026, 11, 1, tzinfo=UTC)),)  # type: ignore[attr-defined]
    assert (found.amount, found.closed_at, found.close_on) == (Money(9950, "EUR"), None, date(2026, 12, 1))  # type: ignore[attr-defined]


MOVES = """
[issues]
noun = "issue"
[issues.fields]
id = "id"
key = "id"
title = "id"
team_id = "id"
state = { value = "started" }
priority = { value = 0 }
blocked = { value = false }
labels = "labels[].name"
created_at = "at"
moves = { stream = "steps", on = "issue.id", needed = true, fields = { to_state = "to", at = "at" } }
"""


def test_a_list_of_parts_comes_from_a_stream_of_its_own() -> None:
    raw = {"id": "7", "at": "2026-01-01", "labels": [{"name": "bug"}, {"name": ""}, {}]}
    (found,) = made(MOVES, raw, {"steps": [{"to": "started", "at": "2026-01-02", "issue": {"id": "7"}}]})
    assert isinstance(found, Issue) and found.labels == ("bug",)
    assert found.moves == (Move(None, "started", datetime(2026, 1, 2, tzinfo=UTC)),)
    with pytest.raises(Unreadable, match="none of its steps came"):
        made(MOVES, raw)
    found_plan = plan(MOVES)
    assert found_plan.streams == ("issues", "steps") and found_plan.needs["steps"] >= {"to", "at", "issue"}
    assert found_plan.joined["steps"].parent == "issues"


MISTAKES = {
    "= 1": "m.toml is not TOML",
    "": "m.toml: it names no stream",
    "a = 1": "a: a stream is a table",
    '[a]\nnoun = "invoise"': "a: `invoise` is no noun; did you mean invoice?",
    '[a]\nnoun = "team"\nfeilds = {}': "a: there is no `feilds`; did you mean fields?",
    '[a]\nnoun = "team"': "a.id: Team needs it; a.name: Team needs it",
    '[a]\nnoun = "team"\nfields = { id = "i", name = "n", nam = "x" }': "a.nam: Team has no such field",
    '[a]\nnoun = "team"\nfields = { id = "i", name = 3 }': "a.name: give a path, or a table of",
    '[a]\nnoun = "team"\nfields = { id = "i", name = "x | " }': "a.name: `x | ` is no path",
    '[a]\nnoun = "team"\nfields = { id = "i", name = { from = "x", word = {} } }': "a.name: give a path",
    '[a]\nnoun = "team"\nfields = { id = "i", name = [] }': r"a.name: only a list can be \[\]",
    '[a]\nnoun = "team"\nwhere = 3\nfields = { id = "i", name = "n" }': "a.where: a table",
    '[a]\nnoun = "team"\neach = 3\nfields = { id = "i", name = "n" }': "a.each: give the path of a list",
    MOVES.replace("needed = true", "neded = true"): "issues.moves: give a table of each and fields",
    MOVES.replace('on = "issue.id", ', ""): "issues.moves: `on` is the path",
    MOVES.replace(', at = "at" }', " }"): "issues.moves.at: Move needs it",
    EXPENSE.format(
        vendor='"v"', amount='{ amount = "a", unit = "cents" }'
    ): "costs.amount: unit is one of major",
    EXPENSE.format(vendor='"v"', amount='{ sum = "a" }'): "costs.amount: money takes a path",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_in_a_map_is_told_with_its_place(text: str) -> None:
    with pytest.raises(DataProblem, match=MISTAKES[text]) as caught:
        plan(text, "m.toml")
    assert caught.value.what.startswith("m.toml") and "\n" not in caught.value.what


def test_many_mistakes_are_told_three_at_a_time() -> None:
    with pytest.raises(DataProblem, match=r"; and 4 more$"):
        plan('[a]\nnoun = "person"')


@pytest.mark.parametrize("name", shipped())
def test_shipped_maps_are_sound(name: str) -> None:
    assert plan(shipped()[name], name).nouns


def test_the_map_in_the_manual_does_what_it_says() -> None:
    text = (Path(__file__).parents[2] / "docs/singer.md").read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    raw: Raw = {
        "id": 5, "status": "solved", "requester": {"email": "ann@northwind.example"}, "subject": "",
        "description": "Help", "priority": "high", "solved_at": "x", "created_at": "2026-11-01",
        "updated_at": "2026-11-02",
    }  # fmt: skip
    when = datetime(2026, 11, 1, tzinfo=UTC), None, datetime(2026, 11, 2, tzinfo=UTC)
    assert made(example, raw) == (Ticket("desk", "5", "northwind.example", "Help", 2, False, *when),)
    assert made(example, {**raw, "deleted_at": "2026-11-03"}) == ()


def test_a_tap_without_a_map_says_which_there_are(tmp_path: Path) -> None:
    assert sorted(shipped()) == ["tap-csv", "tap-github", "tap-hubspot", "tap-stripe"]
    with pytest.raises(UsageProblem, match="there is no map for tap-erp"):
        map_text(None, "tap-erp")
    with pytest.raises(DataProblem, match="No such file"):
        map_text(tmp_path / "none.toml", "tap-erp")


def test_a_source_is_called_as_its_tap() -> None:
    assert source_name(None, "/opt/bin/tap-erp") == "tap-erp"
    assert source_name(None, "Tap_ERP[s3]==1.2") == "tap_erp"
    assert source_name("erp", "tap-erp") == "erp"
    for taken in ("stripe", "singer", "a b", "../x", ""):
        with pytest.raises(UsageProblem):
            source_name(taken, "stripe")


def _only(text: str, stream: str) -> str:
    """One stream of a map."""
    parts = text.split("\n\n[")
    return "\n[".join(["", *(part for part in parts if part.partition("]")[0].split(".")[0] == stream)])
