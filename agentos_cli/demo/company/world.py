"""The demo company as a whole, as of one instant: the same arguments always give the same company.

The story, told from `as_of`: the bank export is three days old; Northwind, a fifth of revenue, renews in six
days with severe tickets open, usage falling and a bad NPS answer; paid social costs far more per customer
than search; the team is at 94 % with two backend offers lapsing this Friday; what sales would close
in six weeks exceeds the hours that are free; SLA misses went from two to five; a project is off track.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agentos_cli.demo.company.accounts import Account, build_accounts
from agentos_cli.demo.company.crm import Crm, keep_crm
from agentos_cli.demo.company.crm_then import crm_then
from agentos_cli.demo.company.ledger import Books, books_then, keep_books
from agentos_cli.demo.company.names import COMPANY
from agentos_cli.demo.company.signals import (
    Answer,
    Piece,
    Usage,
    content,
    content_then,
    survey,
    usage,
    usage_then,
)
from agentos_cli.demo.company.staff import Staff, hire, staff_then
from agentos_cli.demo.company.tracker import Tracker, keep_tracker
from agentos_cli.demo.company.treasury import Treasury, keep_treasury, treasury_then

REACH = timedelta(days=182)
"""How far back the company can be seen: half a year, as long as its issue tracker has work to show."""


@dataclass(frozen=True, slots=True)
class World:
    """The company at `as_of` (aware, UTC). `accounts` holds paying customers first, then those who left
    and the one on trial; `projects` counts the open ones. `story` is the whole company of which this one is
    an earlier day."""

    company: str
    as_of: datetime
    seed: int
    accounts: tuple[Account, ...]
    books: Books
    staff: Staff
    crm: Crm
    tracker: Tracker = field(compare=False)  # a graph with circles
    treasury: Treasury
    answers: tuple[Answer, ...]
    usage: tuple[Usage, ...]
    content: tuple[Piece, ...]
    projects: int
    story: World | None = field(default=None, compare=False, repr=False)

    def seen(self, moment: datetime) -> World:
        """The same company as its systems would have shown it at an earlier instant (aware).

        Nothing is there that came later, and everything has the state that it had. The past that is told
        reaches `REACH` back; raises ValueError for an instant before that, or after `as_of`.
        """
        if moment.tzinfo is None:
            raise ValueError("the moment must be an aware instant")
        story, now = self.story or self, moment.astimezone(UTC).replace(microsecond=0)
        if not story.as_of - REACH <= now <= self.as_of:
            raise ValueError(f"the company can be seen up to {REACH.days} days before {self.as_of}")
        accounts = tuple(account.then(now) for account in story.accounts if account.signed_at <= now)
        return World(
            company=story.company,
            as_of=now,
            seed=story.seed,
            accounts=accounts,
            books=books_then(story.books, {account.number: account for account in accounts}, now),
            staff=staff_then(story.staff, now.date()),
            crm=crm_then(story.crm, now),
            tracker=keep_tracker(story.as_of, story.seed, story.accounts, story.staff, story.projects, now),
            treasury=treasury_then(story.treasury, now),
            answers=tuple(answer for answer in story.answers if answer.day <= now.date()),
            usage=usage_then(story.usage, story.as_of, story.seed, story.accounts, now),
            content=content_then(story.content, story.as_of, now),
            projects=story.projects,
            story=story,
        )


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
        crm=crm_then(keep_crm(now, seed, accounts, staff, deals), now),
        tracker=keep_tracker(now, seed, accounts, staff, projects, now),
        treasury=keep_treasury(now, seed, books, staff),
        answers=tuple(survey(now, seed, accounts, staff)),
        usage=tuple(usage(now, seed, accounts)),
        content=tuple(content(now)),
        projects=projects,
    )
