"""Stripe's amounts in our minor units, and what a price comes to for a quantity.

Stripe counts in the smallest unit of a currency by a list of its own, which differs from ISO 4217:
https://docs.stripe.com/currencies#zero-decimal (MGA has no minor unit there), #special-cases (ISK and UGX are
written with two decimals that are always 00) and #three-decimal. Prices: https://docs.stripe.com/api/prices/object,
tiers: https://docs.stripe.com/subscriptions/pricing-models/tiered-pricing.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from agentos_cli.connectors.reading import (
    Raw,
    Unreadable,
    child,
    currency,
    maybe,
    number,
    objects,
    one_of,
    whole,
)
from agents.money import Money, exponent, round_half_up

_ZERO = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_THREE = "BHD JOD KWD OMR TND"
DECIMALS = dict.fromkeys(_ZERO.split(), 0) | dict.fromkeys(_THREE.split(), 3)
"""Digits after the point in Stripe's amounts, where they are not two."""


def scaled(amount: Decimal, code: str) -> Decimal:
    """An amount in Stripe's unit of currency `code` in ours, its fraction kept."""
    return amount.scaleb(exponent(code) - DECIMALS.get(code, 2))


def money(raw: Raw, key: str, code: str | None = None) -> Money:
    """The whole amount under `key`, in `code` or the record's own `currency`."""
    code = code or currency(raw)
    return Money(round_half_up(scaled(Decimal(whole(raw, key)), code)), code)


def amount(price: Raw, quantity: int, code: str) -> Decimal:
    """What `quantity` of a price costs per interval, in our minor units with their fraction."""
    units = _packages(price, quantity)
    terms = _in_currency(price, code)
    if one_of(("per_unit", "tiered"), price, "billing_scheme") == "per_unit":
        return scaled(_part(terms, "unit_amount") * units, code)
    tiers = objects(terms, "tiers")
    mode = one_of(("graduated", "volume"), price, "tiers_mode")
    return scaled(_graduated(tiers, units) if mode == "graduated" else _volume(tiers, units), code)


def needs_lookup(price: Raw, code: str) -> bool:
    """Whether a price as it came in a list lacks what only its own page tells: tiers, another currency."""
    if str(price.get("currency", "")).upper() != code:
        return not isinstance(price.get("currency_options"), dict)
    return price.get("billing_scheme") == "tiered" and not isinstance(price.get("tiers"), list)


def _in_currency(price: Raw, code: str) -> Raw:
    """The part of a price that holds for `code`: one price may be sold in several currencies."""
    if currency(price) == code:
        return price
    options = price.get("currency_options")
    found = options.get(code.lower()) if isinstance(options, dict) else None
    if not isinstance(found, dict):
        raise Unreadable(f"it is billed in {code}, and its price has no amount in {code}")
    return found


def _packages(price: Raw, quantity: int) -> int:
    """Sold in packs (`transform_quantity`): the number of packs, else the quantity itself."""
    pack = maybe(child, price, "transform_quantity")
    if pack is None:
        return quantity
    size = whole(pack, "divide_by")
    if size <= 0:
        raise Unreadable(f"divide_by is {size}")
    up = one_of(("up", "down"), pack, "round") == "up"
    return int((Decimal(quantity) / size).to_integral_value(ROUND_CEILING if up else ROUND_FLOOR))


def _part(raw: Raw, key: str) -> Decimal:
    """`unit_amount_decimal` carries fractions of a cent; `unit_amount` is null where there are some."""
    exact = maybe(number, raw, f"{key}_decimal")
    return number(raw, key) if exact is None else exact


def _fee(tier: Raw, key: str) -> Decimal:
    present = any(tier.get(name) is not None for name in (key, f"{key}_decimal"))
    return _part(tier, key) if present else Decimal(0)


def _graduated(tiers: tuple[Raw, ...], units: int) -> Decimal:
    """Each tier prices the units that fall into it. The first flat fee is billed even for no units."""
    total, below = Decimal(0), 0
    for place, tier in enumerate(tiers):
        top = maybe(whole, tier, "up_to")
        inside = max(0, (units if top is None else min(units, top)) - below)
        if inside or place == 0:
            total += inside * _fee(tier, "unit_amount") + _fee(tier, "flat_amount")
        below = units if top is None else top
    return total


def _volume(tiers: tuple[Raw, ...], units: int) -> Decimal:
    """The tier that the whole quantity falls into prices all units."""
    for tier in tiers:
        top = maybe(whole, tier, "up_to")
        if top is None or units <= top:
            return units * _fee(tier, "unit_amount") + _fee(tier, "flat_amount")
    raise Unreadable(f"no tier of its price holds {units} units")
