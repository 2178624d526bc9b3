"""How MRR moved month by month: which tables there are to show, and whose."""

from __future__ import annotations

from collections.abc import Callable, Collection
from difflib import get_close_matches

from agentos_cli.errors import UsageProblem
from agentos_cli.renderers.movements import MovementsDocument, movements_document
from agents.accounts import names
from agents.finance.ledger import Ledger
from agents.finance.monthly import Month, is_known, monthly
from agents.finance.recurring import Recurring
from agents.nouns import Company, Customer, FxRate, Noun, Subscription
from agents.snapshot import Snapshot

See = Callable[[Collection[type[Noun]]], Snapshot]


def movements(see: See, months: int, currency: str | None, customer: str | None) -> MovementsDocument:
    """The newest months in each currency that was ever billed, then all converted; or in one `currency`.

    With `customer`, a name or key, of that customer alone. Raises UsageProblem for a currency or customer
    that there is not.
    """
    snapshot = see((Subscription, FxRate, *((Customer, Company) if customer else ())))
    if not is_known(snapshot):
        return movements_document(snapshot, {}, None, "no data: no subscriptions were ever read")
    recurring, name = Ledger(snapshot).recurring, None
    if customer:
        key, name = _customer(snapshot, recurring, customer)
        recurring = recurring.only(key)
    tables: dict[str | None, tuple[Month, ...]] = {}
    for wanted in _currencies(snapshot, recurring, currency):
        tables[wanted] = monthly(snapshot, recurring, months, wanted)
    return movements_document(snapshot, tables, name, None)


def _currencies(snapshot: Snapshot, recurring: Recurring, asked: str | None) -> list[str | None]:
    """Which tables to show. Where all is billed in the company's currency, that is all there is."""
    billed = recurring.currencies()
    if asked is not None:
        if asked.upper() not in billed:
            fix = f"choose from {', '.join(billed)}" if billed else "agentos movements"
            raise UsageProblem(f"nothing was ever billed in `{asked[:10]}`", fix=fix)
        return [asked.upper()]
    return [*billed, None] if set(billed) - {snapshot.currency} else [snapshot.currency]


def _customer(snapshot: Snapshot, recurring: Recurring, asked: str) -> tuple[str, str]:
    """Key and name of the customer that is meant: by key, by name, or by what only one name begins with."""
    called, wanted = names(snapshot), asked.strip().casefold()
    called = {key: called.get(key, key) for key in recurring.first_paid()}
    known = {key: name for key, name in called.items() if wanted in (key.casefold(), name.casefold())}
    known = known or {key: name for key, name in called.items() if name.casefold().startswith(wanted)}
    if len(known) == 1:
        return known.popitem()
    near = sorted(known.values()) or get_close_matches(asked, called.values(), 3, 0.4)
    fix = f"did you mean {', '.join(near[:3])}?" if near else "agentos movements"
    raise UsageProblem(
        f"{'more than one' if known else 'no'} paying customer is called `{asked[:40]}`", fix=fix
    )
