"""The one clock. Everything else is handed an instant or a `Clock`; only this file asks the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present instant, aware and in UTC."""


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


monotonic = time.monotonic
"""Seconds that only go forward, for measuring durations and deadlines."""

sleep = time.sleep
"""Waits; handed in where a test must not."""
