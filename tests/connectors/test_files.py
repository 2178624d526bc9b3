"""The folder of CSV files: the documented examples, and every way in which a file can be wrong."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentos_cli.connectors.files.tables import TABLES
from agentos_cli.contract import Batch
from agentos_cli.errors import Fatal
from agents.money import Money
from agents.nouns import BankTransaction, Candidate, CashBalance, Expense, FxRate, SurveyAnswer, UsageDay
from tests.connectors.vendor import checked, read

DOCS = Path(__file__).parents[2] / "docs" / "files.md"
BANK = "date,account,amount,currency,category,counterparty\n"


def folder(path: Path, **files: str | bytes) -> dict[str, Batch]:
    """What comes of a folder with these files (`bank="..."` is bank.csv)."""
    write(path, **files)
    return read("files", "", folder=str(path))


def write(path: Path, **files: str | bytes) -> None:
    for name, content in files.items():
        body = content if isinstance(content, bytes) else content.encode()
        (path / f"{name}.csv").write_bytes(body)


def bank(path: Path, text: str | bytes) -> Batch:
    return folder(path, bank=text)["bank_transaction"]


# ── what is documented ───────────────────────────────────────────────────────────────────────────


def documented() -> dict[str, tuple[list[str], set[str], list[str]]]:
    """Each file of docs/files.md: its columns, which may be left out, and its example row."""
    found = {}
    for name, text in re.findall(r"^## (\w+\.csv)\n(.*?)(?=^## |\Z)", DOCS.read_text(), re.M | re.S):
        header, _, row = [line for line in text.splitlines() if line.startswith("|")]
        cells = [cell.strip() for cell in header.strip("|").split("|")]
        optional = {cell.strip("*") for cell in cells if cell.startswith("*")}
        values = [cell.strip() for cell in row.strip().removeprefix("|").removesuffix("|").split("|")]
        found[name] = ([cell.strip("*") for cell in cells], optional, values)
    return found


def test_the_documentation_names_every_file_and_column() -> None:
    said = {
        name: (set(columns) - optional, optional) for name, (columns, optional, _) in documented().items()
    }
    assert said == {table.file: (set(table.needed), set(table.known)) for table in TABLES}


def test_every_documented_example_can_be_read(tmp_path: Path) -> None:
    for name, (columns, _, values) in documented().items():
        (tmp_path / name).write_text(f"{','.join(columns)}\n{','.join(values)}\n")
    found = read("files", "", folder=str(tmp_path))
    assert [(len(each.records), each.skipped) for each in found.values()] == [(1, ())] * len(TABLES)
    assert found["cash_balance"].records[0] == CashBalance(
        "files", found["cash_balance"].records[0].id, "Operating", date(2026, 11, 20), Money(41235000, "USD")
    )


# ── forms a file may have ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        BANK + "2026-11-19,Main,-1250.00,EUR,Rent,Hafen\n",
        "\ufeff" + BANK + "2026-11-19,Main,-1250,EUR,rent,Hafen",
        BANK.replace(",", ";") + "2026-11-19;Main;-1250.00;eur;rent;Hafen\r\n\r\n;;;;;\r\n",
        "Category, Amount ,DATE,counterparty,Currency,account,note\n"
        '"rent","-1250.00",2026-11-19,"Hafen",EUR,"Main","a,b ""c""\nd"\n',
    ],
    ids=["plain", "mark", "semicolons", "quoted"],
)
def test_one_row_in_many_forms(tmp_path: Path, text: str) -> None:
    (found,) = bank(tmp_path, text).records
    assert isinstance(found, BankTransaction)
    assert (found.holder, found.day, found.amount) == ("Main", date(2026, 11, 19), Money(-125000, "EUR"))
    assert (found.category, found.counterparty) == ("rent", "Hafen")


def test_without_a_currency_it_is_the_companys(tmp_path: Path) -> None:
    found = bank(tmp_path, "date,account,amount,category\n2026-11-19,Main,5,rent\n")
    assert isinstance(found.records[0], BankTransaction)
    assert (found.records[0].amount, found.records[0].counterparty) == (Money(500, "USD"), None)


def test_a_file_is_as_old_as_its_modification_time(tmp_path: Path) -> None:
    write(tmp_path, bank=BANK)
    os.utime(tmp_path / "bank.csv", (1_760_000_000, 1_760_000_000))
    found = read("files", "", folder=str(tmp_path))["bank_transaction"]
    assert (found.records, found.observed_at) == ((), datetime.fromtimestamp(1_760_000_000, UTC))


def test_ids_are_stable_wherever_the_row_stands(tmp_path: Path) -> None:
    a, b = "2026-11-19,Main,5,USD,rent,\n", "2026-11-20,Main,6,USD,rent,\n"
    first = [each.ref for each in bank(tmp_path, BANK + a + b).records]
    later = [each.ref for each in bank(tmp_path, BANK + b + b + a).records]
    assert (later[2], later[0]) == (first[0], first[1])
    assert later[1] == f"{first[1]}-2"  # the same coffee twice a day is two payments


def test_an_id_column_is_the_id(tmp_path: Path) -> None:
    found = bank(tmp_path, "id," + BANK + "t1,2026-11-19,Main,5,USD,rent,\n,2026-11-19,Main,5,USD,rent,\n")
    assert found.records[0].ref == "files:bank_transaction:t1"
    assert found.records[1].id != "t1"


def test_an_account_is_a_domain_however_it_is_written(tmp_path: Path) -> None:
    found = folder(
        tmp_path,
        nps="survey,account,score,answered_on\nnps,https://www.Acme.example/x,9,2026-11-10\nenps,,3,2026-11-10\n",
        usage="date,account,events,active_users\n2026-11-20,ada@acme.example,412,9\n",
    )
    answers = [each for each in found["survey_answer"].records if isinstance(each, SurveyAnswer)]
    assert [each.account for each in answers] == ["acme.example", None]
    assert [each.account for each in found["usage_day"].records if isinstance(each, UsageDay)] == [
        "acme.example"
    ]


@pytest.mark.parametrize(
    ("stage", "reached", "expected"),
    [("interview", "", "interview"), ("rejected", "", "applied"), ("rejected", "final", "final")],
)
def test_how_far_a_candidate_got(tmp_path: Path, stage: str, reached: str, expected: str) -> None:
    row = f"c1,r1,Lin,{stage},2026-10-20,2026-11-12,{reached}\n"
    found = folder(tmp_path, candidates="id,role_id,name,stage,applied_on,stage_since,reached\n" + row)
    assert [each.reached for each in found["candidate"].records if isinstance(each, Candidate)] == [expected]


# ── rows that are wrong ──────────────────────────────────────────────────────────────────────────


def test_a_bad_row_is_told_by_its_line_and_the_others_are_kept(tmp_path: Path) -> None:
    text = (
        BANK
        + '2026-11-18,Main,1.00,USD,rent,"two\nlines"\n'
        + "\n"
        + "18/11/2026,Main,1.00,USD,rent,\n"
        + "2026-11-20,Main,1.00,USD,rent\n"
        + "2026-11-21,Main,1.00,USD,rent,Last\n"
    )
    found = bank(tmp_path, text)
    assert [each.counterparty for each in found.records if isinstance(each, BankTransaction)] == [
        "two lines",
        "Last",
    ]
    assert [(each.kind, each.where, each.why) for each in found.skipped] == [
        ("bank_transaction", "bank.csv:5", "date is `18/11/2026`, not a day such as 2026-11-21"),
        ("bank_transaction", "bank.csv:6", "5 cells under 6 columns"),
    ]


@pytest.mark.parametrize(
    "amount", ["1,250.00", "1.250,00", "1250,00", "1 250", "1e3", "NaN", "١٢", "1_000", "", "9" * 19]
)
def test_an_amount_is_never_guessed(tmp_path: Path, amount: str) -> None:
    good = "2026-11-18;Main;1.00;USD;rent;\n"
    found = bank(tmp_path, BANK.replace(",", ";") + good + f"2026-11-19;Main;{amount};USD;rent;\n")
    assert len(found.records) == 1
    assert found.skipped[0].why.startswith("amount is ")


def test_the_same_id_twice_is_told(tmp_path: Path) -> None:
    row = "t1,2026-11-19,Main,5,USD,rent,\n"
    found = bank(tmp_path, "id," + BANK + row + row)
    assert (len(found.records), found.skipped[0].where) == (1, "bank.csv:3")


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("nps", "survey,score,answered_on\nnps,9,2026-11-10\nnps,11,2026-11-10", "score is 11, not 0 to 10"),
        ("nps", "survey,score,answered_on\ncsat,5,2026-11-10\ncsat,6,2026-11-10", "score is 6, not 1 to 5"),
        ("fx", "date,base,quote,rate\n2026-11-20,EUR,USD,1.08\n2026-11-20,EUR,USD,0", "rate is 0"),
        (
            "usage",
            "date,account,events,active_users\n2026-11-20,a.example,1,1\n2026-11-20,a.example,-1,1",
            "events is -1",
        ),
        (
            "absence",
            "person_id,reason,starts_on,ends_on\np,x,2026-01-01,2026-01-02\np,x,2026-01-02,2026-01-02",
            "ends_on 2026-01-02 is not after starts_on",
        ),
        ("roles", "id,title,team,opened_on\nr,T,D,2026-01-01\n,T,D,2026-01-01", "id is missing"),
    ],
)
def test_a_value_out_of_range_is_told(tmp_path: Path, name: str, text: str, why: str) -> None:
    (found,) = folder(tmp_path, **{name: text}).values()
    assert len(found.records) == 1
    assert found.skipped[0].where == f"{name}.csv:3"
    assert found.skipped[0].why.startswith(why)


def test_names_lose_what_a_terminal_would_obey(tmp_path: Path) -> None:
    found = folder(
        tmp_path, expenses="date,category,amount,vendor\n2026-11-01,rent,5,\x1b]0;x\x07[/x] Hafen\n"
    )
    assert isinstance(found["expense"].records[0], Expense)
    assert found["expense"].records[0].vendor == "]0;x[/x] Hafen"


# ── files that are refused ───────────────────────────────────────────────────────────────────────


COLUMNS = "date,account,amount,category"
LATIN = (BANK + "2026-11-19,Caf\xe9,5,USD,rent,\n").encode("latin-1")
QUOTES = BANK + '2026-11-19,Main,5,USD,rent,\n2026-11-20,"Main,5,USD,rent,\n'
UNREADABLE = "not one of 1 rows can be read (bank.csv:2: date is `x`, not a day such as 2026-11-21)"


@pytest.mark.parametrize(
    ("content", "what", "fix"),
    [
        (BANK.replace("amount", "ammount"), "bank.csv has no column `amount`", "rename `ammount`"),
        ("date,account\n", "bank.csv has no column `amount`", "columns: date, account, amount, category"),
        (
            BANK.replace("counterparty", "counter_party"),
            "bank.csv has a column `counter_party`",
            "did you mean `counterparty`?",
        ),
        (BANK.replace("category", "date"), "bank.csv has the column `date` twice", None),
        ("", "bank.csv is empty", f"its first line is {COLUMNS}"),
        ("\n\n", "bank.csv is empty", f"its first line is {COLUMNS}"),
        (LATIN, "bank.csv:2 is not UTF-8", 'save it as "CSV UTF-8"'),
        (QUOTES, "bank.csv:3 is not CSV: unexpected end of data", "check the quotes on that line"),
        (BANK + "x,y,z,a,b,c\n", f"bank.csv: {UNREADABLE}", None),
    ],
    ids=["misspelt", "missing", "near", "twice", "empty", "blank", "latin", "quotes", "rows"],
)
def test_a_file_that_cannot_be_used_is_refused_with_what_to_mend(
    tmp_path: Path, content: str | bytes, what: str, fix: str | None
) -> None:
    with pytest.raises(Fatal) as caught:
        bank(tmp_path, content)
    assert (caught.value.what, caught.value.fix) == (what, fix)


def test_what_is_not_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bank.csv").mkdir()
    with pytest.raises(Fatal, match=r"bank\.csv is not a file but a folder"):
        read("files", "", folder=str(tmp_path))


def test_a_link_is_followed_and_a_dead_one_refused(tmp_path: Path) -> None:
    there = tmp_path / "export.txt"
    there.write_text(BANK)
    (tmp_path / "bank.csv").symlink_to(there)
    assert list(read("files", "", folder=str(tmp_path))) == ["bank_transaction"]
    there.unlink()
    with pytest.raises(Fatal, match=r"bank\.csv is a link to a file that is not there"):
        read("files", "", folder=str(tmp_path))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "bank.csv")
    with pytest.raises(Fatal, match="device or pipe"):
        read("files", "", folder=str(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    write(tmp_path, bank=BANK)
    (tmp_path / "bank.csv").chmod(0)
    with pytest.raises(Fatal, match=r"bank\.csv cannot be read: Permission denied"):
        read("files", "", folder=str(tmp_path))


def test_a_file_of_any_size_is_not_read_into_memory(tmp_path: Path) -> None:
    with (tmp_path / "bank.csv").open("wb") as file:
        file.truncate(10**11)  # sparse: takes no room
    with pytest.raises(Fatal, match=r"bank\.csv is larger than 50 MB"):
        read("files", "", folder=str(tmp_path))


# ── the folder ───────────────────────────────────────────────────────────────────────────────────


def test_a_file_that_is_not_there_is_a_kind_not_delivered(tmp_path: Path) -> None:
    assert list(folder(tmp_path, bank=BANK, fx="date,base,quote,rate\n")) == ["bank_transaction", "fx_rate"]


@pytest.mark.parametrize("options", [{}, {"folder": "/no/such/folder"}])
def test_a_folder_that_is_not_there_is_refused(options: Any) -> None:
    with pytest.raises(Fatal, match="folder of CSV files is not there"):
        read("files", "", **options)


def test_a_folder_without_a_file_of_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(Fatal, match="no file we know"):
        read("files", "", folder=str(tmp_path))


def test_check_says_which_files_are_there_and_looks_at_their_headers(tmp_path: Path) -> None:
    write(tmp_path, bank=BANK, fx="date,base,quote,rate\n")
    assert checked("files", "", folder=str(tmp_path)) == f"2 of 13 files in {tmp_path}: bank.csv, fx.csv"
    write(tmp_path, bank="date\n")
    with pytest.raises(Fatal, match="no column"):
        checked("files", "", folder=str(tmp_path))


def test_a_rate_keeps_all_its_digits(tmp_path: Path) -> None:
    (found,) = folder(tmp_path, fx="date,base,quote,rate\n2026-11-20,EUR,JPY,163.123456789\n")[
        "fx_rate"
    ].records
    assert isinstance(found, FxRate) and found.rate == Decimal("163.123456789")
