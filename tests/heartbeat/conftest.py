"""The served company of the flows, and a home where it was read."""

from __future__ import annotations

from tests.flows.conftest import _read_home, _street, home, street

__all__ = ["_read_home", "_street", "home", "street"]
