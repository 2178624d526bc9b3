"""Reads `Retry-After` strictly: whole ASCII seconds or an HTTP date; anything else counts as absent."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(hours=1)
"""No vendor can send us away for longer; after that we ask again."""

_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_DATE = re.compile(r"[A-Z][a-z]{2,8}, [0-9]{2}[ -][A-Z][a-z]{2}[ -][0-9]{2,4} [0-9:]{8} GMT", re.ASCII)


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """How long the vendor asks us to wait, from 0 to `LONGEST`; None if it does not say, or not clearly.

    A date in the past is 0. Refused as unclear: `nan`, `inf`, `1e9`, `-5`, `1.5`, full-width digits.
    Source: RFC 9110, section 10.2.3.
    """
    text = (header or "").strip(" \t")
    if _SECONDS.fullmatch(text):
        return min(timedelta(seconds=int(text)), LONGEST)
    if not _DATE.fullmatch(text):
        return None
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(timedelta(0), min(date - now, LONGEST))
