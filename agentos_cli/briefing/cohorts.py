"""Who stays: the customers of each start month, and what they still pay months later."""

from __future__ import annotations

from collections.abc import Callable, Collection

from agentos_cli.renderers.cohorts import CohortsDocument, cohorts_document
from agents.finance.cohorts import Cohorts
from agents.finance.ledger import Ledger
from agents.finance.monthly import is_known
from agents.nouns import FxRate, Noun, Subscription
from agents.snapshot import Snapshot

See = Callable[[Collection[type[Noun]]], Snapshot]


def cohorts(see: See, months: int) -> CohortsDocument:
    """The newest start months, oldest first, each as far as full months have passed since."""
    snapshot = see((Subscription, FxRate))
    if not is_known(snapshot):
        return cohorts_document(snapshot, (), "no data: no subscriptions were ever read")
    table = Cohorts(Ledger(snapshot)).table()
    absent = None if table else "n/a: nobody started in a month that is over"
    return cohorts_document(snapshot, table[-months:], absent)
