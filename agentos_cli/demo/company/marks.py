"""Ids that look like the vendors' own and steps through the calendar; the same seed gives the same ones."""

from __future__ import annotations

import calendar
import hashlib
import uuid
from collections.abc import Hashable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@lru_cache(maxsize=1 << 15)
def token(*parts: Hashable, size: int = 14) -> str:
    """`size` letters and digits that depend on `parts` alone. Asked for again and again with the same."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=32).digest()
    return "".join(_BASE62[byte % 62] for byte in digest[:size])


def uuid_of(*parts: object) -> str:
    """A version 4 UUID, as Linear's ids are, that depends on `parts` alone."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=4))


def add_months(moment: datetime, months: int) -> datetime:
    """The same day and time `months` later (or earlier), or the month's last day, as Stripe bills."""
    count = moment.year * 12 + moment.month - 1 + months
    year, month = count // 12, count % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """An instant on a day, in UTC."""
    return datetime.combine(day, time(hour, minute), UTC)


def workday(moment: datetime) -> datetime:
    """The same time on the Friday before, if `moment` falls on a weekend."""
    return moment - timedelta(days=max(0, moment.weekday() - 4))


def stamp(moment: datetime) -> str:
    """`2026-11-23T12:00:00.000Z`, the form that HubSpot and Linear send."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
