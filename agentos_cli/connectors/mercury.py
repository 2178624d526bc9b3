"""Reads Mercury, the bank: what every account holds, and all that moved.

Accounts: https://docs.mercury.com/reference/getaccounts (pages by `start_after`). Transactions of an account:
https://docs.mercury.com/reference/listaccounttransactions (pages by `offset`; without `start` only the last
30 days). Treasury: https://docs.mercury.com/reference/treasury. Keys: a read-only API token, sent as Bearer
(https://docs.mercury.com/reference/getting-started-with-your-api).

Mercury tells what an account holds now and nothing of what it held. A balance of an earlier day is worked out
here, exactly: what the account holds now, less what was posted since. So figures of the past stand on the
bank's own records, and no day is gone because it is over. Only what was sent counts: what is pending, failed
or taken back has not changed `currentBalance` either.

Treasury accounts have one balance and no list like the others'; what moved to and from them is what the other
accounts say, so interest that treasury earned since is in its earlier balances, too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from agentos_cli.connectors.fanout import side_by_side
from agentos_cli.connectors.paging import Page, walk
from agentos_cli.connectors.reading import (
    Raw,
    Unreadable,
    as_object,
    batch,
    child,
    ident,
    instant,
    maybe,
    number,
    text,
)
from agentos_cli.contract import Access, Batch, Fields
from agentos_cli.errors import Fatal
from agents.money import Money
from agents.nouns import BankTransaction, CashBalance
from agents.wording import plural

TITLE = "Mercury"
PAGE = 500
SINCE = "2017-01-01"
"""Before the bank's first account: everything."""
DAYS = 400
"""For so many days back a balance is told."""
OURS = "mercury"
"""The type of an account at this bank; others are merely known to it."""
CURRENCY = "USD"
"""All accounts are in dollars."""
POSTED = "sent"
NOT_FOUND = 404
TREASURY = "Treasury"
BETWEEN = frozenset({"internalTransfer", "treasuryTransfer"})
"""Kinds of transaction between the company's own accounts."""
FEES = frozenset({
    "wireFee", "personalBankingSubscriptionFee", "billingEngineSubscriptionFee",
    "cardInternationalTransactionFee", "cardInternationalTransactionFeeRebate",
    "cardInternationalTransactionFeeReversal", "cardInternationalTransactionFeeRebateReversal",
})  # fmt: skip
KINDS = {"interestPayment": "interest", "expenseReimbursement": "reimbursements"} | dict.fromkeys(
    FEES, "bank fees"
)
WORDS = {
    "equity": "funding", "fundraising": "funding", "safe": "funding", "loans": "loan",
    "transfers": "transfer", "salaries": "payroll", "salary": "payroll", "wages": "payroll",
    "advertising": "marketing", "fees": "bank fees",
}  # fmt: skip
"""What categories are called here, where Mercury or its users have another word."""

ACCOUNT: Fields = {
    "id": "text",
    "name": "text",
    "nickname?": "text",
    "type?": "text",
    "currentBalance": "number",
}
TRANSACTION: Fields = {
    "id": "text",
    "amount": "number",
    "status": "text",
    "kind": "text",
    "postedAt?": "instant",
    "counterpartyName?": "text",
    "mercuryCategory?": "text",
    "categoryData?": {"name?": "text"},
    "generalLedgerCodeName?": "text",
}
FIELDS: Mapping[str, Fields] = {"accounts": ACCOUNT, "transactions": TRANSACTION}


Changes = Counter[tuple[str, date]]
"""Cents by which what an account holds grew, by (holder, day)."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account: `holder` is its name among all, `cents` what is in it now."""

    id: str
    holder: str
    cents: int


def fetch(access: Access) -> Iterator[Batch]:
    """Transactions, and from them the balance of every account on each of the last 400 days."""
    rules = _rules(access.options.get("categories", ""))
    accounts = _accounts(access)
    lists = side_by_side(*(_transactions(access, each.id) for each in accounts))
    posted = [
        {**raw, "holder": account.holder} if isinstance(raw, Mapping) else raw
        for account, found in zip(accounts, lists, strict=True)
        for raw in found
        if not isinstance(raw, Mapping) or raw.get("status") == POSTED
    ]
    moves = batch(TITLE, BankTransaction, posted, lambda raw: _transaction(access, raw, rules))
    yield moves
    to_treasury = {
        raw["id"] for raw in posted if isinstance(raw, Mapping) and raw.get("kind") == "treasuryTransfer"
    }
    changes = _changes([move for move in moves.records if isinstance(move, BankTransaction)], to_treasury)
    held = [*accounts, *_treasury(access)]
    yield Batch(CashBalance, tuple(each for one in held for each in _balances(access, one, changes)))


def check(access: Access) -> str:
    """How many accounts there are, and what they hold together."""
    accounts = [*_accounts(access), *_treasury(access)]
    holds = Money(sum(each.cents for each in accounts), CURRENCY)
    return f"{plural(len(accounts), 'account')} with {holds.full()}"


def account(access: Access) -> Mapping[str, str]:
    """Nothing: a link needs no more than a transaction's id."""
    return {}


def page(kind: str, record_id: str, options: Mapping[str, str]) -> str | None:
    """Mercury shows a transaction by its id; a balance has no page of its own."""
    return f"https://app.mercury.com/transactions/{record_id}" if kind == BankTransaction.kind else None


def sample(access: Access) -> Mapping[str, Sequence[object]]:
    """The accounts, and the newest transactions of the first."""
    accounts = list(_listed(access))
    first = next((raw["id"] for raw in accounts if isinstance(raw, Mapping) and raw.get("id")), None)
    if first is None:
        return {"accounts": accounts, "transactions": ()}
    answer = _ask(access, f"account/{first}/transactions", {"limit": 50, "start": SINCE, "order": "desc"})
    return {"accounts": accounts, "transactions": _list_in(answer, "transactions")}


# ── what is asked ────────────────────────────────────────────────────────────────────────────────


def _ask(access: Access, path: str, params: Mapping[str, str | int]) -> Raw:
    answer = access.http.json(
        "GET", _url(access, path), params=tuple(params.items()), headers=_headers(access)
    )
    return _object(answer)


def _url(access: Access, path: str) -> str:
    return f"{access.base_url.rstrip('/')}/api/v1/{path}"


def _headers(access: Access) -> dict[str, str]:
    return {"Authorization": f"Bearer {access.secret}", "Accept": "application/json"}


def _object(answer: object) -> Raw:
    try:
        return as_object(answer)
    except Unreadable:
        raise Fatal(f"{TITLE} answered with no object") from None


def _list_in(answer: Raw, key: str) -> Sequence[object]:
    found = answer.get(key)
    if not isinstance(found, list):
        raise Fatal(f"{TITLE} answered without a list of {key}")
    return found


def _listed(access: Access) -> Iterator[object]:
    """Every account as the bank lists it."""

    def read(after: str | None) -> Page:
        cursor = {} if after is None else {"start_after": after}
        answer = _ask(access, "accounts", {"limit": PAGE, **cursor})
        turn = answer.get("page")
        following = turn.get("nextPage") if isinstance(turn, Mapping) else None
        return Page(_list_in(answer, "accounts"), following if isinstance(following, str) else None)

    return walk(f"{TITLE} accounts", read)


def _transactions(access: Access, account_id: str) -> Iterator[object]:
    """Every transaction of one account, oldest first, so that a new one does not shift the pages."""

    def read(after: str | None) -> Page:
        offset = int(after or 0)
        params: dict[str, str | int] = {"limit": PAGE, "offset": offset, "start": SINCE, "order": "asc"}
        answer = _ask(access, f"account/{account_id}/transactions", params)
        found, total = _list_in(answer, "transactions"), answer.get("total")
        end = offset + len(found)
        more = end < total if isinstance(total, int) else len(found) >= PAGE
        return Page(found, str(end) if more else None)

    return walk(f"{TITLE} transactions", read)


# ── what becomes of it ───────────────────────────────────────────────────────────────────────────


def _accounts(access: Access) -> list[Account]:
    """The accounts at this bank, closed ones included: what moved on them moved. Raises Fatal for one that
    cannot be read: without it, what the company holds is not known."""
    listed = [raw for raw in _listed(access) if not isinstance(raw, Mapping) or raw.get("type", OURS) == OURS]
    try:
        found = [(ident(raw), _called(raw), _cents(raw)) for raw in map(as_object, listed)]
    except Unreadable as problem:
        raise Fatal(f"{TITLE}: an account cannot be read: {problem}") from None
    same = Counter(name for _, name, _ in found)
    return [
        Account(one, name if same[name] == 1 else f"{name} {one[-6:]}", cents) for one, name, cents in found
    ]


def _treasury(access: Access) -> list[Account]:
    """What lies in treasury, as one account; nothing for a company that has none."""
    answer = access.http.send("GET", _url(access, "treasury"), headers=_headers(access))
    if answer.status == NOT_FOUND:
        return []
    try:
        listed = [as_object(raw) for raw in _list_in(_object(answer.json()), "accounts")]
        return [Account("treasury", TREASURY, sum(map(_cents, listed)))] if listed else []
    except Unreadable as problem:
        raise Fatal(f"{TITLE}: treasury cannot be read: {problem}") from None


def _called(raw: Raw) -> str:
    return maybe(text, raw, "nickname") or text(raw, "name")


def _cents(raw: Raw) -> int:
    return Money.of(number(raw, "currentBalance"), CURRENCY).amount


def _transaction(access: Access, raw: Raw, rules: Mapping[str, str]) -> BankTransaction:
    amount = Money.of(number(raw, "amount"), CURRENCY)
    return BankTransaction(
        access.source,
        ident(raw),
        holder=text(raw, "holder"),
        day=instant(raw, "postedAt").astimezone(access.zone).date(),
        amount=amount,
        category=_category(raw, rules) or ("income" if amount.amount > 0 else "other"),
        counterparty=maybe(text, raw, "counterpartyName"),
    )


def _category(raw: Raw, rules: Mapping[str, str]) -> str | None:
    """The user's own rule first, then what the kind says, then the category at Mercury in our words."""
    kind = text(raw, "kind")
    own = [maybe(text, child(raw, "categoryData"), "name") if raw.get("categoryData") else None]
    own += [maybe(text, raw, "generalLedgerCodeName"), _spaced(maybe(text, raw, "mercuryCategory"))]
    names = [name.lower() for name in own if name]
    party = (maybe(text, raw, "counterpartyName") or "").lower()
    ruled = next((rules[name] for name in (*names, party) if name in rules), None)
    told = "transfer" if kind in BETWEEN else KINDS.get(kind)
    return ruled or told or next((WORDS.get(name, name) for name in names), None)


def _spaced(name: str | None) -> str | None:
    """`OfficeSupplies` as `Office Supplies`."""
    return None if name is None else re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


def _rules(told: str) -> dict[str, str]:
    """The option `categories`, as `Acme Ventures:funding; Gusto:payroll`: by name, in lower case."""
    found = {}
    for rule in filter(None, map(str.strip, told.split(";"))):
        name, sign, word = rule.rpartition(":")
        if not sign or not name.strip() or not word.strip():
            raise Fatal(
                f"`{rule[:40]}` is not NAME:CATEGORY",
                fix='agentos connect mercury --option "categories=Acme Ventures:funding; Gusto:payroll"',
            )
        found[name.strip().lower()] = word.strip().lower()
    return found


def _changes(moves: Iterable[BankTransaction], to_treasury: Collection[object]) -> Changes:
    """What every account gained, by holder and day; what it sent to treasury, treasury gained."""
    found: Changes = Counter()
    for move in moves:
        found[move.holder, move.day] += move.amount.amount
        if move.id in to_treasury:
            found[TREASURY, move.day] -= move.amount.amount
    return found


def _balances(access: Access, account: Account, changes: Changes) -> Iterator[CashBalance]:
    """The balance at the end of each of the last days, from today's back."""
    today, holds = access.now.astimezone(access.zone).date(), account.cents
    for day in (today - timedelta(days=back) for back in range(DAYS)):
        yield CashBalance(access.source, f"{account.id}@{day}", account.holder, day, Money(holds, CURRENCY))
        holds -= changes[account.holder, day]
