"""The changes that can be tried, each with the day from which it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from agents.money import Money
from agents.nouns import Deal


@dataclass(frozen=True, slots=True)
class RaisePrice:
    """Every price, or that of one product, changes by `percent`; below zero it falls."""

    percent: Decimal
    product: str | None
    on: date


@dataclass(frozen=True, slots=True)
class LoseCustomer:
    """A customer's subscriptions end. `customer` is the key of `agents.accounts`, `name` what to call it."""

    customer: str
    name: str
    on: date


@dataclass(frozen=True, slots=True)
class CloseDeal:
    """An open deal is won."""

    deal: Deal
    on: date


@dataclass(frozen=True, slots=True)
class Hire:
    """So many people join a team, each at `cost` a month, in the company currency."""

    people: int
    cost: Money
    team: str
    on: date


Change = RaisePrice | LoseCustomer | CloseDeal | Hire

ORDER = (RaisePrice, LoseCustomer, CloseDeal, Hire)
"""In which changes are made, however they were given: a price rise touches neither who is leaving nor who
is won, whoever is named first."""


def in_order(changes: Sequence[Change]) -> list[Change]:
    """The changes in the order in which they are made."""
    return sorted(changes, key=lambda change: ORDER.index(type(change)))


def in_force(changes: Sequence[Change], day: date) -> tuple[Change, ...]:
    """Those that hold on a day."""
    return tuple(change for change in changes if change.on <= day)
