"""Which deal, customer, product or team a word means; and the nearest one where it means none."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from agents.accounts import customer_key, names
from agents.finance.revenue import counted
from agents.nouns import Deal, Stage, Subscription
from agents.ops.staff import present
from agents.sales.deals import DealBook
from agents.snapshot import Snapshot


class Unknown(ValueError):
    """Nothing, or too much, is called so. `near` is what may have been meant."""

    def __init__(self, what: str, near: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.near = near


def deal_called(snapshot: Snapshot, word: str) -> Deal:
    """The open deal with this id, or else this name in any case. Raises Unknown."""
    book = DealBook.of(snapshot)
    deals = book.open(snapshot.as_of)
    key = _one("open deal", word, [(deal.id, deal.name) for deal in deals])
    found = next((deal for deal in deals if deal.id == key), None)
    if found is None:
        closed = next((d for d in snapshot.all(Deal) if _is(word, d.id, d.name)), None)
        if closed is not None:
            raise Unknown(f"{closed.name} is {'won' if book.is_won(closed) else 'closed'} already")
        raise _none("open deal", word, [*(deal.name for deal in deals), *(deal.id for deal in deals)])
    if found.amount is None:
        raise Unknown(f"{found.name} has no amount")
    if book.amount(found) is None:
        raise Unknown(f"there is no rate for {found.amount.currency}, the currency of {found.name}")
    if winning(snapshot, found) is None:
        raise Unknown(f"no stage is known at which {found.name} would be won")
    return found


def winning(snapshot: Snapshot, deal: Deal) -> Stage | None:
    """The stage at which a deal is won: of its own pipeline, else of any in the same CRM."""
    stages = [stage for stage in snapshot.all(Stage) if stage.source == deal.source]
    own = {stage.pipeline_id for stage in stages if stage.id == deal.stage_id}
    won = [stage for stage in stages if stage.won]
    return next((stage for stage in won if stage.pipeline_id in own), next(iter(won), None))


def is_new_business(snapshot: Snapshot, deal: Deal) -> bool:
    """Whether winning it adds to MRR: in a pipeline of renewals it only keeps what is there."""
    stages = (stage for stage in snapshot.all(Stage) if stage.source == deal.source)
    return not any("renew" in stage.pipeline.casefold() for stage in stages if stage.id == deal.stage_id)


def customer_called(snapshot: Snapshot, word: str) -> tuple[str, str]:
    """Key and name of the customer with a running subscription. Raises Unknown."""
    called = names(snapshot)
    running = dict.fromkeys(customer_key(s) for s in snapshot.all(Subscription) if is_running(snapshot, s))
    found = _one("customer", word, [(key, called.get(key, key)) for key in running])
    if found is None:
        known = [key for key, name in called.items() if _is(word, key, name)]
        if known:
            raise Unknown(f"{called[known[0]]} has no running subscription")
        raise _none("customer", word, [*(called.get(key, key) for key in running), *running])
    return found, called.get(found, found)


def is_running(snapshot: Snapshot, subscription: Subscription) -> bool:
    """Whether a version is in force and counts in MRR."""
    ends = (subscription.valid_to, subscription.ended_at)
    begun = subscription.valid_from <= snapshot.as_of
    in_force = begun and all(end is None or end > snapshot.as_of for end in ends)
    return in_force and counted(subscription.status, snapshot.policy.count_past_due)


def product_called(snapshot: Snapshot, word: str) -> str:
    """The product that somebody pays for now. Raises Unknown."""
    running = (s for s in snapshot.all(Subscription) if is_running(snapshot, s))
    products = dict.fromkeys(item.product for s in running for item in s.items if not item.metered)
    found = _one("product", word, [(name, name) for name in products])
    if found is None:
        raise _none("product", word, products)
    return found


def team_called(snapshot: Snapshot, word: str | None) -> str:
    """The team of that name; without one, the largest. Raises Unknown."""
    teams: dict[str, int] = {}
    for person in present(snapshot, snapshot.today):
        teams[person.team] = teams.get(person.team, 0) + 1
    if word is None:
        if not teams:
            raise Unknown("nobody is known to work here, so there is no team to join")
        return max(sorted(teams), key=teams.__getitem__)
    found = _one("team", word, [(team, team) for team in teams])
    if found is None:
        raise _none("team", word, teams)
    return found


def _one(kind: str, word: str, named: Iterable[tuple[str, str]]) -> str | None:
    """The key that is this word, else the one with this name, in any case; of several, none is guessed."""
    pairs, wanted = list(named), word.strip().casefold()
    found = [key for key, _ in pairs if key.casefold() == wanted]
    found = found or [key for key, name in pairs if name.strip().casefold() == wanted]
    if len(found) > 1:
        raise Unknown(f"{len(found)} {kind}s are called `{word}`: say which by its id: {', '.join(found)}")
    return found[0] if found else None


def _is(word: str, *called: str) -> bool:
    return word.strip().casefold() in [name.strip().casefold() for name in called]


def _none(kind: str, word: str, known_as: Iterable[str]) -> Unknown:
    known = {name.casefold(): name for name in known_as}
    near = get_close_matches(word.strip().casefold(), known, 1, 0.5)
    longer = [name for name in known if word.strip().casefold() in name]
    best = near or longer[:1]
    return Unknown(f"there is no {kind} `{word[:60]}`", known[best[0]] if best else None)
