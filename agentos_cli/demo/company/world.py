"""The demo company as a whole, as of one instant: the same arguments always give the same company.

The story, told from `as_of`: the bank export is three days old; Northwind, a fifth of revenue, renews in six
days with severe tickets open, usage falling and a bad NPS answer; paid social costs far more per customer
than search; the team is at 94 % with two backend offers lapsing this Friday; what sales would close
in six weeks exceeds the hours that are free; SLA misses went from two to five; a project is off track.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from agentos_cli.demo.company.accounts import Account, build_accounts
from agentos_cli.demo.company.crm import Crm, keep_crm
from agentos_cli.demo.company.ledger import Books, keep_books
from agentos_cli.demo.company.names import COMPANY
from agentos_cli.demo.company.signals import Answer, Piece, Usage, content, survey, usage
from agentos_cli.demo.company.staff import Staff, hire
from agentos_cli.demo.company.tracker import Tracker, keep_tracker
from agentos_cli.demo.company.treasury import Treasury, keep_treasury


@dataclass(frozen=True, slots=True)
class World:
    """The company at `as_of` (aware, UTC). `accounts` holds paying customers first, then those who left
    and the one on trial."""

    company: str
    as_of: datetime
    seed: int
    accounts: tuple[Account, ...]
    books: Books
    staff: Staff
    crm: Crm
    tracker: Tracker
    treasury: Treasury
    answers: tuple[Answer, ...]
    usage: tuple[Usage, ...]
    content: tuple[Piece, ...]


def build_world(
    as_of: datetime, *, seed: int = 7, customers: int = 45, deals: int = 12, projects: int = 4, team: int = 12
) -> World:
    """The company at `as_of` (aware). `customers` pay today; `deals` and `projects` are open ones."""
    if as_of.tzinfo is None:
        raise ValueError("as_of must be an aware instant")
    if min(customers, deals, projects, team) < 1:
        raise ValueError("a company has at least one customer, deal, project and person")
    now = as_of.astimezone(UTC).replace(microsecond=0)
    accounts = build_accounts(now, seed, customers)
    books = keep_books(now, seed, accounts)
    staff = hire(now, seed, team)
    return World(
        company=COMPANY,
        as_of=now,
        seed=seed,
        accounts=accounts,
        books=books,
        staff=staff,
        crm=keep_crm(now, seed, accounts, staff, deals),
        tracker=keep_tracker(now, seed, accounts, staff, projects),
        treasury=keep_treasury(now, seed, books, staff),
        answers=tuple(survey(now, seed, accounts, staff)),
        usage=tuple(usage(now, seed, accounts)),
        content=tuple(content(now)),
    )
