"""Sheets by address: the columns of the files, Google's addresses and detours, sheets that cannot be seen."""

from __future__ import annotations

from datetime import date

import pytest

from agentos_cli.connectors.catalogue import CATALOGUE, known
from agentos_cli.connectors.files.tables import TABLES
from agentos_cli.connectors.sheet import as_csv
from agentos_cli.contract import Connection
from agentos_cli.errors import Fatal
from agents.money import Money
from agents.nouns import Expense
from tests.connectors.vendor import Refusal, Vendor, checked, reaching, read

EXPENSES = b"date,category,vendor,amount,currency\r\n2026-11-01,Rent,Hafen 7,4200.00,EUR\r\n"
BOOK = "https://docs.google.com/spreadsheets"


def csv(body: bytes) -> Refusal:
    return Refusal(200, body, {"Content-Type": "text/csv"})


def test_a_sheet_is_read_as_the_file_of_its_kind_and_belongs_to_this_source() -> None:
    with Vendor({"/costs.csv": lambda call: csv(EXPENSES)}) as vendor:
        found = read("sheet", f"{vendor.url}/costs.csv", key="", kind="expense")
        assert "authorization" not in {name.lower() for name in vendor.calls[0].headers}
    (one,) = found["expense"].records
    assert one == Expense("sheet", one.id, date(2026, 11, 1), "rent", "Hafen 7", Money(420_000, "EUR"))


def test_several_sheets_are_told_by_their_kinds() -> None:
    people = b"id,name,team,role,started_on,hours,allocated\np1,Ana,Ops,Lead,2024-01-01,40,30\n"
    with Vendor({"/a": lambda call: csv(EXPENSES), "/b": lambda call: csv(people)}) as vendor:
        told = {"expense": f"{vendor.url}/a", "person": f"{vendor.url}/b"}
        assert set(read("sheet", "", key="", **told)) == {"expense", "person"}
        assert checked("sheet", "", key="", **told) == "sheets of expense, person"


def test_a_connection_brings_only_the_kinds_that_it_tells() -> None:
    """Else every kind that no sheet holds would be one that was never read."""
    one = Connection("sheet", None, "https://x.example/a", {"kind": "expense"})
    many = Connection("sheet", None, None, {"person": "https://x.example/b", "role": "https://x.example/c"})
    assert known([one])["sheet"].kinds == ("expense",)
    assert known([many])["sheet"].kinds == ("person", "role")
    assert set(CATALOGUE["sheet"].kinds) == {table.noun.kind for table in TABLES}


@pytest.mark.parametrize(
    ("address", "read_at"),
    [
        (f"{BOOK}/d/1aB-c_D/edit#gid=77", f"{BOOK}/d/1aB-c_D/export?format=csv&gid=77"),
        (f"{BOOK}/d/1aB-c_D/edit?gid=77#gid=77", f"{BOOK}/d/1aB-c_D/export?format=csv&gid=77"),
        (f"{BOOK}/d/1aB-c_D/edit?usp=sharing", f"{BOOK}/d/1aB-c_D/export?format=csv"),
        (f"{BOOK}/u/1/d/1aB-c_D/view", f"{BOOK}/d/1aB-c_D/export?format=csv"),
        (f"{BOOK}/d/1aB-c_D", f"{BOOK}/d/1aB-c_D/export?format=csv"),
        (f"{BOOK}/d/e/2PACX-1v/pubhtml?gid=5&single=true", f"{BOOK}/d/e/2PACX-1v/pub?output=csv&gid=5"),
        (f"{BOOK}/d/1aB-c_D/export?format=csv&gid=0", f"{BOOK}/d/1aB-c_D/export?format=csv&gid=0"),
        ("https://files.example/costs.csv?v=2#top", "https://files.example/costs.csv?v=2"),
        ("https://evil.example/spreadsheets/d/1aB/edit", "https://evil.example/spreadsheets/d/1aB/edit"),
    ],
)
def test_a_google_address_is_turned_into_that_of_its_csv(address: str, read_at: str) -> None:
    assert as_csv(address) == read_at


def test_a_detour_on_the_same_host_is_taken_and_no_other() -> None:
    there = Refusal(307, b"", {"Location": "/there"})
    away = Refusal(307, b"", {"Location": "https://elsewhere.example/"})
    routes = {"/a": lambda call: there, "/there": lambda call: csv(EXPENSES), "/b": lambda call: away}
    with Vendor(routes) as vendor:
        assert read("sheet", f"{vendor.url}/a", key="", kind="expense")["expense"].records
        with pytest.raises(Fatal, match="another address"):
            read("sheet", f"{vendor.url}/b", key="", kind="expense")


@pytest.mark.parametrize(
    "answer",
    [
        Refusal(200, b"<!DOCTYPE html><title>Sign in</title>", {"Content-Type": "text/csv"}),
        Refusal(200, b"date,x", {"Content-Type": "text/html; charset=utf-8"}),
        Refusal(401, b"", {}),
        Refusal(403, b"", {}),
        Refusal(404, b"", {}),
        Refusal(410, b"", {}),
    ],
)
def test_a_sheet_that_is_not_shared_is_told_as_that(answer: Refusal) -> None:
    with Vendor({"/a": lambda call: answer}) as vendor, pytest.raises(Fatal) as caught:
        read("sheet", f"{vendor.url}/a", key="", kind="expense")
    assert caught.value.what.startswith("the expense sheet cannot be seen")
    assert "Share" in (caught.value.fix or "")
    assert vendor.url not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"date,category\n2026-11-01,rent\n", "the expense sheet has no column `amount`"),
        (b"", "the expense sheet is empty"),
        (b"\xff\xfed\x00", "the expense sheet:1 is not UTF-8"),
    ],
)
def test_a_sheet_with_other_columns_is_told(body: bytes, what: str) -> None:
    with Vendor({"/a": lambda call: csv(body)}) as vendor, pytest.raises(Fatal) as caught:
        read("sheet", f"{vendor.url}/a", key="", kind="expense")
    assert caught.value.what == what


def test_a_strange_row_is_left_out_and_told() -> None:
    with Vendor({"/a": lambda call: csv(EXPENSES + b"2026-11-02,rent,,much,EUR\r\n")}) as vendor:
        found = read("sheet", f"{vendor.url}/a", key="", kind="expense")["expense"]
    assert [each.where for each in found.skipped] == ["the expense sheet:3"]


@pytest.mark.parametrize("options", [{}, {"kind": "expenses"}, {"other": "https://x.example"}])
def test_it_has_to_be_told_what_a_sheet_holds(options: dict[str, str]) -> None:
    with pytest.raises(Fatal) as caught:
        read("sheet", "https://x.example/a", key="", **options)
    assert "bank_transaction" in caught.value.what
    assert caught.value.fix == "agentos connect sheet --base-url https://... --option kind=expense"


def test_the_sample_is_what_stands_there() -> None:
    routes = {"/a": lambda call: csv(EXPENSES)}
    with Vendor(routes) as vendor, reaching("sheet", f"{vendor.url}/a", kind="expense") as access:
        found = CATALOGUE["sheet"].sample()(access)
    (row,) = found["expense"]
    assert row == {"date": "2026-11-01", "category": "Rent", "vendor": "Hafen 7", "amount": "4200.00",
                   "currency": "EUR"}  # fmt: skip
