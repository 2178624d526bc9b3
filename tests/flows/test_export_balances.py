"""The exported books are true: other programs accept them, and their cash is the cash of finance."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentos_cli.app import App
from agentos_cli.export import beancount, ledger
from agentos_cli.export.accounts import apart, component
from agentos_cli.export.entries import Journal
from agentos_cli.export.journal import READS, journal
from agents.finance import analyse
from agents.money import Money
from agents.nouns import BankTransaction, CashBalance, Noun
from agents.snapshot import Snapshot
from tests.agents.build import TODAY, back, bank_transaction, cash_balance, fx_rate, snapshot, usd
from tests.flows.bookkeeping import Books, by_beancount, by_reader, stated_cash


def money(major: str | int, currency: str) -> Money:
    return Money.of(major, currency)


def both(seen: Snapshot) -> tuple[Journal, Books]:
    """The books, read by beancount and by the reader of ledger's form, which must agree on everything."""
    books = journal(seen)
    one = by_beancount("\n".join(beancount.lines(books)))
    other = by_reader("\n".join(ledger.lines(books)))
    assert other.held == one.held
    assert one.refs - other.refs <= {price.ref for price in books.prices}, "a price needs no comment"
    return books, one


def agree(seen: Snapshot) -> tuple[Journal, Books]:
    """The same, and their cash is ours: currency by currency, and converted account by account."""
    books, read = both(seen)
    assert read.bank() == stated_cash(seen)
    accounts = [
        seen.convert(Money.of(amount, currency), seen.today)
        for (account, currency), amount in read.held.items()
        if account.startswith("Assets:Bank:")
    ]
    figure = analyse(seen).metric("cash")
    assert figure is not None
    if figure.value is not None:
        assert figure.value == Money(sum(held.amount for held in accounts if held), seen.currency)
    return books, read


# ── the demo company ─────────────────────────────────────────────────────────────────────────────


def test_the_demo_companys_books_balance_and_its_cash_is_finances(open_house: App) -> None:
    seen = open_house.snapshot({*READS, *analysed()})
    books, read = agree(seen)
    assert set(read.bank()) == {"USD", "EUR"}
    assert read.refs >= {record.ref for noun in (BankTransaction, CashBalance) for record in seen.all(noun)}
    assert books.unexplained == () and books.lone_transfers == 0 and books.unstated == ()
    spent = sum(
        -m.amount.major for m in seen.all(BankTransaction) if m.amount.amount < 0 and m.category != "transfer"
    )
    assert (
        sum(amount for (account, _), amount in read.held.items() if account.startswith("Expenses:")) == spent
    )


def analysed() -> Iterable[type[Noun]]:
    from agents.finance import AGENT

    return AGENT.reads


@pytest.mark.parametrize("program", ["ledger", "hledger"])
def test_the_real_programs_read_the_ledger_form(open_house: App, tmp_path: Path, program: str) -> None:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not on this machine; the strict reader stands in for it")
    for seen in (open_house.snapshot(READS), hostile()):
        file = tmp_path / "books.ledger"
        file.write_text("\n".join(ledger.lines(journal(seen))), encoding="utf-8")
        strict = "--pedantic" if program == "ledger" else "--strict"
        words = (found, strict, "-f", str(file), "balance", "Assets:Bank")
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, env={"LANG": "C.UTF-8", "TZ": "UTC"}
        )
        assert (done.returncode, done.stderr) == (0, "")
        for currency, amount in stated_cash(seen).items():
            assert f"{amount:f} {currency}" in done.stdout


# ── what banks do ────────────────────────────────────────────────────────────────────────────────

PLAIN = (
    cash_balance(usd(1000), back(10)),
    bank_transaction("b1", usd(-50), back(5), category="software", counterparty="Hetzner"),
    bank_transaction("b2", usd("250.25"), back(3), category="revenue"),
    cash_balance(usd("1200.25"), back(1)),
)


def test_an_account_begins_with_what_it_held_and_every_move_has_two_sides() -> None:
    books, read = agree(snapshot(*PLAIN))
    assert read.held == {
        ("Assets:Bank:Main", "USD"): Decimal("1200.25"),
        ("Equity:Opening-Balances", "USD"): Decimal(-1000),
        ("Expenses:Software", "USD"): Decimal(50),
        ("Income:Revenue", "USD"): Decimal("-250.25"),
    }
    assert [assertion.day for assertion in books.assertions] == [back(10), back(1)]


def test_moves_on_the_day_of_the_first_balance_are_in_it() -> None:
    _, read = agree(snapshot(
        cash_balance(usd(1000), back(10)),
        bank_transaction("b1", usd(400), back(10), category="revenue"),
        bank_transaction("b2", usd(100), back(12), category="revenue"),
    ))  # fmt: skip
    assert read.held["Equity:Opening-Balances", "USD"] == -500


def test_what_no_transaction_tells_is_shown_and_never_padded() -> None:
    books, read = agree(snapshot(*PLAIN[:2], cash_balance(usd("1200.25"), back(1))))
    (entry,) = books.unexplained
    assert entry.postings[0].amount == usd("250.25") and not entry.sure
    assert entry.text == f"the balance of {back(1)} is more than the transactions since {back(10)} make it"
    assert read.held["Equity:Unexplained", "USD"] == Decimal("-250.25")
    assert "! " in "\n".join(ledger.lines(books)) and ' ! "Unexplained"' in "\n".join(beancount.lines(books))


def test_what_moved_after_the_newest_balance_is_apart_from_what_was_stated() -> None:
    _, read = agree(snapshot(*PLAIN, bank_transaction("b3", usd(-7), TODAY)))
    assert read.held["Assets:Since-Statement:Main", "USD"] == -7


def test_an_account_of_which_no_balance_is_known_is_not_cash() -> None:
    books, read = agree(snapshot(*PLAIN, bank_transaction("b3", usd(-7), back(4), holder="Card")))
    assert books.unstated == ("Card",)
    assert read.held["Assets:Unstated:Card", "USD"] == -7


def test_a_first_balance_of_a_later_day_is_taken_back_to_today() -> None:
    ahead = cash_balance(usd(900), back(-2), holder="New")
    _, read = agree(snapshot(
        *PLAIN, ahead,
        bank_transaction("n1", usd(-20), back(2), holder="New"),
        bank_transaction("n2", usd(-100), back(-1), holder="New"),
    ))  # fmt: skip
    assert read.held["Assets:Bank:New", "USD"] == 1000
    books, read = both(snapshot(ahead))
    assert read.held == {} and books.assertions == (), "nothing reaches back to today, so nothing is known"


def test_what_is_dated_after_today_is_told_and_left_out() -> None:
    books, _ = agree(snapshot(*PLAIN, bank_transaction("late", usd(-1), back(-1))))
    assert [(left.ref, left.why) for left in books.left_out] == [
        ("files:bank_transaction:late", f"dated {back(-1)}")
    ]


WISE = (
    fx_rate("EUR", "1.10", back(1)),
    cash_balance(usd(1000), back(10), id="u1"), cash_balance(money(400, "EUR"), back(10), id="e1"),
    bank_transaction("b1", usd(-100), back(8), category="software"),
    bank_transaction("b2", money(50, "EUR"), back(6), category="revenue"),
    cash_balance(usd(900), back(1), id="u2"), cash_balance(money(450, "EUR"), back(1), id="e2"),
)  # fmt: skip


def test_an_account_of_two_currencies_holds_both_and_both_are_asserted_on_it() -> None:
    books, read = agree(snapshot(*WISE))
    assert read.bank() == {"USD": 900, "EUR": 450} and books.unexplained == ()
    assert {account for account, _ in read.held if account.startswith("Assets")} == {"Assets:Bank:Main"}
    asserted = [(each.account, each.day, each.balance) for each in books.assertions]
    assert sorted(asserted, key=str) == sorted(
        (
            ("Assets:Bank:Main", day, held)
            for day, held in (
                (back(10), usd(1000)), (back(1), usd(900)),
                (back(10), money(400, "EUR")), (back(1), money(450, "EUR")),
            )
        ),
        key=str,
    )  # fmt: skip
    text = "\n".join(beancount.lines(books))
    assert f"{back(10)} open Assets:Bank:Main EUR,USD" in text
    with pytest.raises(AssertionError, match="Balance failed"):
        by_beancount(text.replace("450.00 ~", "450.01 ~"))


def test_what_moved_after_the_balance_of_its_own_currency_is_since_the_statement() -> None:
    """The balance in euros is older than that in dollars, so what moved between them is not in it."""
    moved = bank_transaction("b3", money(-7, "EUR"), back(3))
    _, read = agree(snapshot(*WISE[:-1], moved))
    assert read.bank() == {"USD": 900, "EUR": 400}
    assert read.held["Assets:Since-Statement:Main", "EUR"] == 50 - 7


def test_a_currency_that_is_stated_only_later_is_taken_back_to_today() -> None:
    ahead = cash_balance(money(90, "GBP"), back(-2), id="g1")
    came = bank_transaction("g", money(20, "GBP"), back(-1))
    books, read = agree(snapshot(*WISE, fx_rate("GBP", "1.25", back(1)), ahead, came))
    assert read.bank() == {"USD": 900, "EUR": 450, "GBP": 70} and books.unstated == ()
    none, _ = agree(snapshot(cash_balance(usd(5), back(1)), cash_balance(money(90, "GBP"), back(-2))))
    assert none.unstated == (), "a balance of the account is known"


def test_what_moved_in_a_currency_without_a_balance_is_booked_to_the_first_one_and_told() -> None:
    francs = bank_transaction("c", money(30, "CHF"), back(7), category="revenue")
    books, read = agree(snapshot(*WISE, francs))
    assert read.bank() == {"USD": 900, "EUR": 450}
    (entry,) = books.unexplained
    assert (entry.day, entry.postings[0].amount) == (back(1), money(-30, "CHF"))
    assert entry.postings[0].ref == "files:cash_balance:e2"
    assert entry.text == f"CHF moved, of which no balance is known: booked to that of {back(1)} in EUR"


def test_an_account_that_changed_its_currency_holds_the_old_one_until_its_bank_says_it_is_gone() -> None:
    changed = (
        fx_rate("EUR", "1.10", back(1)),
        cash_balance(usd(1000), back(10)),
        bank_transaction("b1", money(30, "GBP"), back(7), category="revenue"),
        cash_balance(money(900, "EUR"), back(2), id="now"),
    )
    books, read = agree(snapshot(*changed))
    assert read.bank() == {"USD": 1000, "EUR": 900}
    assert {entry.postings[0].amount.currency for entry in books.unexplained} == set()
    books, read = agree(snapshot(*changed, cash_balance(usd(0), back(2), id="gone")))
    assert read.bank() == {"EUR": 900}
    assert [entry.postings[0].amount for entry in books.unexplained] == [usd(-1000)]


def test_of_two_balances_of_one_day_the_first_counts_as_in_finance() -> None:
    seen = snapshot(cash_balance(usd(5), back(1), id="a"), cash_balance(usd(6), back(1), id="b"))
    _, read = agree(seen)
    assert read.bank() == {"USD": 5}


BANKED = st.one_of(
    st.builds(
        lambda major, currency, day, bank: cash_balance(money(major, currency), back(day), holder=bank),
        st.integers(-900, 900),
        st.sampled_from(["USD", "EUR", "GBP"]),
        st.integers(-5, 20),
        st.sampled_from(["One", "Two"]),
    ),
    st.builds(
        lambda major, currency, day, bank: bank_transaction(
            "", money(major, currency), back(day), holder=bank, category="software"
        ),
        st.integers(-900, 900),
        st.sampled_from(["USD", "EUR", "GBP", "CHF"]),
        st.integers(-5, 20),
        st.sampled_from(["One", "Two"]),
    ),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(BANKED, max_size=16))
def test_whatever_currencies_accounts_hold_the_books_hold_our_cash(told: list[Noun]) -> None:
    """Rates are whole, so that nothing is rounded: converted one by one or together is the same."""
    rates = [fx_rate(currency, rate, back(2)) for currency, rate in (("EUR", 2), ("GBP", 3), ("CHF", 4))]
    seen = snapshot(*rates, *(replace(each, id=f"{number:02}") for number, each in enumerate(told)))
    books, _ = agree(seen)
    days = {(b.holder, b.balance.currency, b.day) for b in seen.all(CashBalance) if b.day <= TODAY}
    assert len(books.assertions) == len(days), "every balance that was stated is asserted"


# ── transfers and capital ────────────────────────────────────────────────────────────────────────


def holding(*names: str) -> Sequence[Noun]:
    return [cash_balance(usd(1000), back(9), holder=name) for name in names]


def transfer(
    key: str, holder: str, major: int, day: int, other: str | None = None, currency: str = "USD"
) -> Noun:
    return bank_transaction(
        key, money(major, currency), back(day), holder=holder, category=" Transfer", counterparty=other
    )


def test_both_sides_of_a_transfer_are_one_entry() -> None:
    books, read = both(snapshot(
        *holding("A", "B"), transfer("t1", "A", -70, 5, "B"), transfer("t2", "B", 70, 5, "A"),
        cash_balance(usd(930), back(1), holder="A"), cash_balance(usd(1070), back(1), holder="B"),
    ))  # fmt: skip
    (entry,) = [entry for entry in books.entries if len({p.ref for p in entry.postings}) == 2]
    assert [posting.account for posting in entry.postings] == ["Assets:Bank:A", "Assets:Bank:B"]
    assert books.lone_transfers == 0 and ("Equity:Transfers", "USD") not in read.held


def test_equal_transfers_of_one_day_are_told_apart_by_whom_they_name() -> None:
    books, _ = both(snapshot(
        *holding("A", "B", "C"),
        transfer("t1", "A", -70, 5, "C"), transfer("t2", "A", -70, 5, "B"),
        transfer("t3", "B", 70, 5, "A"), transfer("t4", "C", 70, 5, "A"),
    ))  # fmt: skip
    pairs = [tuple(p.ref[-2:] for p in e.postings) for e in books.entries if e.text == "transfer"]
    assert books.lone_transfers == 0 and len(pairs) == 2
    assert ("t2", "t3") in pairs and ("t1", "t4") in pairs


def test_a_transfer_on_its_way_stands_in_transfers_until_it_arrives() -> None:
    first = [*holding("A", "B"), transfer("t1", "A", -70, 5)]
    books, read = both(snapshot(*first))
    assert books.lone_transfers == 1 and read.held["Equity:Transfers", "USD"] == 70
    books, read = both(snapshot(*first, transfer("t2", "B", 70, 4)))
    assert books.lone_transfers == 2 and ("Equity:Transfers", "USD") not in read.held


def test_an_account_cannot_transfer_to_itself_nor_one_currency_into_another() -> None:
    same = [transfer("t1", "A", -70, 5), transfer("t2", "A", 70, 5)]
    books, _ = both(snapshot(*holding("A", "B"), *same, transfer("t3", "B", 70, 5, currency="EUR")))
    assert books.lone_transfers == 3


def test_capital_is_neither_income_nor_spend() -> None:
    _, read = both(snapshot(
        *holding("A"),
        bank_transaction("f", usd(500), back(5), holder="A", category="Funding"),
        bank_transaction("l", usd(300), back(5), holder="A", category="loan"),
        bank_transaction("p", usd(-100), back(4), holder="A", category="loan"),
        bank_transaction("r", usd(20), back(3), holder="A", category="software"),
    ))  # fmt: skip
    assert read.held["Equity:Funding", "USD"] == -500
    assert read.held["Liabilities:Loans", "USD"] == -200
    assert read.held["Income:Software", "USD"] == -20, "what comes back is income, as it is in burn"


# ── hostile text, odd currencies ─────────────────────────────────────────────────────────────────

NAMES = (
    "", " ", "Main", "main", "MAIN ", "Main: USD", 'Main "A"', "Main\\", "9 lives", "Ünïcode", "株式会社",
    "\u202eevil\u2066", "; drop", "a\n2026-01-01 open Assets:X USD", "x  2026 ; y", "-", "a" * 500,
    "a" * 499, "{{ x }}", "(code)", "=1+1", "हिन्दी", "ﬁ", "Assets:Bank:Main", "[2020-01-01]", "\x00\x07",
    "tag:: 1+1", "* done", "2026-01-01", "Σίσυφος", "ʰ",
)  # fmt: skip


def hostile() -> Snapshot:
    """Every name as account, category, counterparty and in the ids, with one move between two balances."""
    records: list[Noun] = [fx_rate("EUR", "1.1", back(2)), fx_rate("KWD", "3.25", back(2))]
    for number, name in enumerate(NAMES):
        ref = f"{number}:{name}".rstrip("\x00\x07")  # no connector lets such an id in
        spent = usd(-number)
        records += [
            cash_balance(usd(100), back(9), holder=name, id=f"b{ref}"),
            bank_transaction(f"t{ref}", spent, back(5), holder=name, category=name, counterparty=name),
            cash_balance(usd(100 - number), back(1), holder=name, id=f"c{ref}"),
        ]
    return snapshot(*records)


def test_no_name_breaks_the_books_and_every_posting_can_be_traced() -> None:
    seen = hostile()
    books, read = agree(seen)
    assert books.unexplained == ()
    moved = {record.ref for noun in (BankTransaction, CashBalance) for record in seen.all(noun)}
    assert moved <= read.refs
    bank = [account for account, _ in read.held if account.startswith("Assets:Bank:")]
    assert len(set(bank)) == len(NAMES), "collisions are kept apart"


def test_every_amount_has_the_digits_of_its_currency() -> None:
    seen = snapshot(
        fx_rate("JPY", "0.0067", back(1)), fx_rate("KWD", "3.25", back(1)),
        cash_balance(money(120_000, "JPY"), back(9), holder="Tokyo"),
        bank_transaction("j", money(-500, "JPY"), back(5), holder="Tokyo"),
        cash_balance(money(119_500, "JPY"), back(1), holder="Tokyo"),
        cash_balance(money("10.125", "KWD"), back(1), holder="Kuwait"),
    )  # fmt: skip
    books, read = agree(seen)
    assert read.bank() == {"JPY": 119_500, "KWD": Decimal("10.125")}
    text = "\n".join(beancount.lines(books))
    assert " -500 JPY" in text and " 10.125 KWD" in text


def test_a_cent_too_much_is_an_error_to_beancount() -> None:
    text = "\n".join(beancount.lines(journal(snapshot(*PLAIN))))
    with pytest.raises(AssertionError, match="Balance failed"):
        by_beancount(text.replace("1200.25 ~", "1200.26 ~"))
    with pytest.raises(AssertionError, match="Balance failed"):  # asserted a day too early, it lacks that day
        moved = [*PLAIN[:2], bank_transaction("b2", usd("250.25"), back(1)), PLAIN[3]]
        text = "\n".join(beancount.lines(journal(snapshot(*moved))))
        by_beancount(text.replace(f"{TODAY} balance", f"{TODAY - timedelta(1)} balance"))


def test_a_company_without_a_bank_has_empty_books() -> None:
    books, read = both(snapshot())
    assert (read.held, books.accounts, books.currencies) == ({}, (), ())


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Operating", "Operating"), ("paid search", "Paid-Search"), ("", "Unnamed"), ("--", "Unnamed"),
        ("9 lives", "9-Lives"), ("株式", "X-株式"), ("a:b", "A-B"), ("ünï", "Ünï"),
        ("x" * 80, "X" + "x" * 59),
    ],
)  # fmt: skip
def test_a_name_becomes_a_component(text: str, safe: str) -> None:
    assert component(text) == safe


def test_names_that_look_alike_are_kept_apart_whatever_else_is_called_so() -> None:
    names = ["a", "A", "a 2", "A-2", "b"]
    found = apart(enumerate(names))
    assert list(found.values()) == ["A", "A-2", "A-2-2", "A-2-3", "B"]
