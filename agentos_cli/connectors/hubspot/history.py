"""What a deal was before: its stages, its amounts and its close dates, from HubSpot's property history.

A property that was asked for with its history comes as a list of {value, timestamp, sourceType, ...}, newest
first, again each time somebody saved the same value, with an empty value where it was cleared:
https://developers.hubspot.com/docs/api-reference/crm-objects-v3/guide
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Generic, TypeVar

from agentos_cli.connectors.reading import Raw, child, currency, day, ident, instant, maybe, number, objects
from agents.money import Money
from agents.nouns import DealTerms, StageEntry

V = TypeVar("V")

STAGE, AMOUNT, CLOSE, CURRENCY = "dealstage", "amount", "closedate", "deal_currency_code"
TRACKED = (STAGE, AMOUNT, CLOSE, CURRENCY)
"""The properties of a deal that are read with their past."""
KEPT = 20
"""Values of one property that HubSpot keeps; where there are so many, older ones may be gone."""


def way(raw: Raw, stage: str, created: datetime) -> tuple[StageEntry, ...]:
    """The stages a deal went through, oldest first, the present `stage` last."""
    changed: list[StageEntry] = []
    for since, found in _entries(raw, STAGE, ident):
        if found is not None and (not changed or changed[-1].stage_id != found):
            changed.append(StageEntry(found, since))
    if not changed or changed[-1].stage_id != stage:
        changed.append(StageEntry(stage, changed[-1].entered_at if changed else created))
    return tuple(changed)


def day_in(zone: tzinfo) -> Callable[[Raw, str], date]:
    """Reads a close date: HubSpot keeps an instant and shows its day where the company is. Midnight in UTC is
    how its plain dates are written, which have no hour:
    https://community.hubspot.com/t5/Developer-Announcements/m-p/686956."""

    def read(raw: Raw, key: str) -> date:
        plain = day(raw, key)
        at = instant(raw, key)
        return plain if at.time() == time(0) else at.astimezone(zone).date()

    return read


def terms(
    raw: Raw, amount: Money | None, close_on: date | None, own: str, zone: tzinfo
) -> tuple[DealTerms, ...]:
    """The amounts and close dates a deal had, oldest first, the present ones last; empty without a history.

    A deal whose currency was never set is in the company's `own`.
    """
    amounts = _Past.of(_entries(raw, AMOUNT, number))
    days = _Past.of(_entries(raw, CLOSE, day_in(zone)))
    codes = _Past.of(_entries(raw, CURRENCY, currency))
    moments = {since for past in (amounts, days, codes) for since, _ in past.entries}
    if not moments:
        return ()
    first = min(moments | {since for since, _ in _entries(raw, STAGE, ident)})
    found: list[DealTerms] = []
    for since in sorted(moments | {first}):
        worth = amounts.at(since)
        code = codes.at(since) or codes.first or own
        known = DealTerms(since, None if worth is None else Money.of(worth, code), days.at(since))
        if not found or (known.amount, known.close_on) != (found[-1].amount, found[-1].close_on):
            found.append(known)
    if (found[-1].amount, found[-1].close_on) != (amount, close_on):
        found.append(DealTerms(found[-1].since, amount, close_on))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Past(Generic[V]):
    """The values that one property had, oldest first, and the first of them that says something."""

    entries: tuple[tuple[datetime, V | None], ...]
    first: V | None

    @classmethod
    def of(cls, entries: tuple[tuple[datetime, V | None], ...]) -> _Past[V]:
        return cls(entries, next((value for _, value in entries if value is not None), None))

    def at(self, moment: datetime) -> V | None:
        """What it was. Before its oldest value it was empty, unless so many are kept that older ones are
        gone: then the oldest stands for them."""
        known = [value for since, value in self.entries if since <= moment]
        if known:
            return known[-1]
        return self.entries[0][1] if len(self.entries) >= KEPT else None


def _entries(raw: Raw, name: str, read: Callable[[Raw, str], V]) -> tuple[tuple[datetime, V | None], ...]:
    """The values of one property with the instants at which they were saved, oldest first."""
    past = maybe(child, raw, "propertiesWithHistory")
    rows = objects(past, name) if past is not None and past.get(name) else ()
    entries = [(instant(row, "timestamp"), maybe(read, row, "value")) for row in reversed(rows)]
    return tuple(sorted(entries, key=lambda entry: entry[0]))
