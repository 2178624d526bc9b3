"""Mercury: what moved and in which of our words, what every account held on every day, pages, trouble."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.contract import Batch
from agentos_cli.errors import Fatal, Retryable
from agents.finance.cash import CashBook
from agents.money import Money
from agents.nouns import BankTransaction, CashBalance
from tests.agents.build import snapshot
from tests.connectors.vendor import NOW, Call, Refusal, Shape, Vendor, checked, read

KEY = "secret-token:mercury_production_rma_x"
MAIN, SAVINGS = "0b1f6d3e-2e2c-11ed", "0b1f6d3e-9a4c-11ef"


def account(number: str = MAIN, name: str = "Mercury Checking ••1234", **more: Any) -> Shape:
    return {"id": number, "name": name, "nickname": None, "type": "mercury", "status": "active",
            "availableBalance": 995.0, "currentBalance": 1000.0, **more}  # fmt: skip


def move(number: str, amount: float, days_ago: int = 1, **more: Any) -> Shape:
    posted = (NOW - timedelta(days=days_ago)).isoformat().replace("+00:00", "Z")
    return {"id": number, "amount": amount, "status": "sent", "kind": "outgoingPayment", "postedAt": posted,
            "counterpartyName": "Hetzner", "mercuryCategory": None, **more}  # fmt: skip


class Bank(Vendor):
    """Mercury with these accounts, and what moved on each; at most `page` of either in one answer."""

    def __init__(
        self,
        accounts: list[Shape],
        moves: Mapping[str, list[Shape]],
        treasury: float | None = None,
        page: int = 500,
    ) -> None:
        self.accounts, self.moves, self.page = accounts, moves, page
        routes = {"/api/v1/accounts": self._accounts}
        routes |= {f"/api/v1/account/{each['id']}/transactions": self._moves for each in accounts}
        if treasury is not None:
            held = {"accounts": [{"id": "t-1", "currentBalance": treasury, "status": "active"}]}
            routes["/api/v1/treasury"] = lambda call: held
        super().__init__({path: self._guarded(answer) for path, answer in routes.items()})

    def _guarded(self, answer: Any) -> Any:
        refused = Refusal(401, {"errors": {"message": "unauthorized"}}, {})
        return lambda call: answer(call) if call.headers.get("Authorization") == f"Bearer {KEY}" else refused

    def _accounts(self, call: Call) -> Shape:
        ids = [each["id"] for each in self.accounts]
        start = ids.index(call.query["start_after"]) + 1 if "start_after" in call.query else 0
        end = start + min(self.page, int(call.query["limit"]))
        following = {"nextPage": ids[end - 1]} if end < len(ids) else {}
        return {"accounts": self.accounts[start:end], "page": following}

    def _moves(self, call: Call) -> Shape:
        since = datetime.fromisoformat(call.query["start"]).replace(tzinfo=UTC)
        known = [
            m for m in self.moves.get(call.path.split("/")[4], []) if m.get("createdAt", "2026") > str(since)
        ]
        start = int(call.query.get("offset", 0))
        known = known if call.query["order"] == "asc" else known[::-1]
        return {"total": len(known), "transactions": known[start : start + self.page]}


def bank(*moves: Shape, **more: Any) -> dict[str, Batch]:
    """What is read of one account on which this moved."""
    with Bank([account()], {MAIN: list(moves)}, **more) as vendor:
        return read("mercury", vendor.url, key=KEY)


def balances(found: dict[str, Batch]) -> dict[tuple[str, date], int]:
    return {
        (one.holder, one.day): one.balance.amount
        for one in found["cash_balance"].records
        if isinstance(one, CashBalance)
    }


def categories(found: dict[str, Batch]) -> dict[str, str]:
    return {
        one.id: one.category for one in found["bank_transaction"].records if isinstance(one, BankTransaction)
    }


def day(back: int) -> date:
    return NOW.date() - timedelta(days=back)


def test_a_transaction_is_what_the_bank_says() -> None:
    found = bank(move("t1", -12.5, 3, mercuryCategory="Software"))
    (one,) = found["bank_transaction"].records
    assert one == BankTransaction(
        "mercury", "t1", "Mercury Checking ••1234", day(3), Money(-1250, "USD"), "software", "Hetzner"
    )


@pytest.mark.parametrize(
    ("more", "category"),
    [
        ({"kind": "internalTransfer"}, "transfer"),
        ({"kind": "treasuryTransfer", "mercuryCategory": "Other"}, "transfer"),
        ({"kind": "wireFee"}, "bank fees"),
        ({"kind": "interestPayment", "amount": 3}, "interest"),
        ({"kind": "expenseReimbursement"}, "reimbursements"),
        ({"mercuryCategory": "OfficeSupplies"}, "office supplies"),
        ({"mercuryCategory": "Advertising"}, "marketing"),
        ({"mercuryCategory": "Software", "categoryData": {"name": "Salaries"}}, "payroll"),
        ({"generalLedgerCodeName": "Loans"}, "loan"),
        ({"categoryData": {"name": "Equity"}, "amount": 5_000_000}, "funding"),
        ({"amount": 12}, "income"),
        ({"kind": "somethingNew"}, "other"),
        ({"counterpartyName": "Acme Ventures", "amount": 9}, "funding"),
        ({"counterpartyName": "Gusto", "kind": "externalTransfer"}, "payroll"),
    ],
)
def test_its_category_is_in_our_words(more: Shape, category: str) -> None:
    rules = "acme ventures: funding; Gusto:Payroll;"
    with Bank([account()], {MAIN: [{**move("t1", -10), **more}]}) as vendor:
        found = read("mercury", vendor.url, key=KEY, categories=rules)
    assert categories(found) == {"t1": category}


def test_a_rule_that_is_none_is_told() -> None:
    with Bank([account()], {}) as vendor, pytest.raises(Fatal, match="not NAME:CATEGORY"):
        read("mercury", vendor.url, key=KEY, categories="Gusto")


@pytest.mark.parametrize("status", ["pending", "failed", "cancelled", "reversed", "blocked", "new"])
def test_what_has_not_changed_the_balance_does_not_count(status: str) -> None:
    found = bank(move("t1", -10), move("t2", -20, status=status, postedAt=None))
    assert categories(found) == {"t1": "other"}
    assert not found["bank_transaction"].skipped
    assert balances(found)["Mercury Checking ••1234", day(2)] == 101_000


def test_every_day_has_the_balance_that_it_ended_with() -> None:
    held = balances(bank(move("a", -100, 2), move("b", 40, 2), move("c", 300, 5)))
    name = "Mercury Checking ••1234"
    assert [held[name, day(back)] for back in range(7)] == [
        100_000, 100_000, 100_000, 106_000, 106_000, 106_000, 76_000
    ]  # fmt: skip
    assert len(held) == 400


def test_a_day_that_is_over_keeps_its_record() -> None:
    """So many days back the same ids come again, whatever is read today."""
    ids = {one.id for one in bank(move("a", -100, 2))["cash_balance"].records}
    assert ids == {f"{MAIN}@{day(back)}" for back in range(400)}


def test_figures_of_the_past_come_out_right_from_one_reading() -> None:
    found = bank(move("a", -100, 2), move("b", 40, 9))
    book = CashBook(snapshot(*found["cash_balance"].records, *found["bank_transaction"].records, as_of=NOW))
    assert [book.cash(NOW - timedelta(days=back)).value for back in (0, 3, 10)] == [
        Money(100_000, "USD"), Money(110_000, "USD"), Money(106_000, "USD")
    ]  # fmt: skip


def test_money_in_treasury_is_money() -> None:
    """What went there three days ago was in the account before, and is counted once on every day."""
    found = bank(move("a", -400, 3, kind="treasuryTransfer"), treasury=500.0)
    held = balances(found)
    total = [sum(amount for (_, on), amount in held.items() if on == day(back)) for back in range(6)]
    assert held["Treasury", day(0)] == 50_000
    assert held["Treasury", day(4)] == 10_000
    assert total == [150_000] * 6


def test_two_accounts_of_one_name_are_told_apart_and_others_are_not_ours() -> None:
    accounts = [
        account(MAIN, "Ops"),
        account(SAVINGS, "Savings", nickname="Ops"),
        account("x", type="external"),
    ]
    with Bank(accounts, {SAVINGS: [move("s", 5)]}) as vendor:
        found = read("mercury", vendor.url, key=KEY)
        assert checked("mercury", vendor.url, key=KEY) == "2 accounts with $2,000.00"
    assert {holder for holder, _ in balances(found)} == {"Ops c-11ed", "Ops c-11ef"}


def test_lists_are_read_to_their_end() -> None:
    accounts = [account(f"acc-{number}", f"Account {number}") for number in range(5)]
    moves = {each["id"]: [move(f"{each['id']}-{n}", -1, n) for n in range(7)] for each in accounts}
    with Bank(accounts, moves, page=3) as vendor:
        found = read("mercury", vendor.url, key=KEY)
        asked = [call for call in vendor.calls if call.path.endswith("acc-0/transactions")]
    assert len(found["bank_transaction"].records) == 35
    assert [call.query["offset"] for call in asked] == ["0", "3", "6"]
    assert all(call.query["start"] < "2018" for call in asked), "without it only 30 days are told"
    assert all(call.query["order"] == "asc" for call in asked), "new ones would shift the pages"


def test_a_list_that_ends_before_its_total_is_not_taken_for_whole() -> None:
    lying = {
        "/api/v1/accounts": lambda call: {"accounts": [account()], "page": {}},
        f"/api/v1/account/{MAIN}/transactions": lambda call: {"total": 9, "transactions": []},
    }
    with Vendor(lying) as vendor, pytest.raises(Retryable, match="more follow"):
        read("mercury", vendor.url, key=KEY)


def test_a_strange_transaction_is_skipped_and_a_strange_account_stops_everything() -> None:
    found = bank(move("t1", -10), {**move("t2", -10), "amount": "much"}, move("t3", -1, postedAt="soon"))
    assert [(each.where, each.why.split()[0]) for each in found["bank_transaction"].skipped] == [
        ("t2", "amount"), ("t3", "postedAt")
    ]  # fmt: skip
    with (
        Bank([account(currentBalance=None)], {}) as vendor,
        pytest.raises(Fatal, match="an account cannot be read"),
    ):
        read("mercury", vendor.url, key=KEY)


def test_a_transaction_has_a_page() -> None:
    page = CATALOGUE["mercury"].page
    assert page("bank_transaction", "t1", {}) == "https://app.mercury.com/transactions/t1"
    assert page("cash_balance", "a@2026-11-21", {}) is None
