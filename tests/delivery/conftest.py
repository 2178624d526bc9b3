"""A home of the small company, and a receiver on loopback that can misbehave."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.delivery.receiver import Receiver
from tests.flows.conftest import _today, office, program, today

__all__ = ["_today", "office", "program", "today"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody who takes messages."""
    with Receiver() as receiver:
        yield receiver
