"""Rules for every test: nothing beyond loopback, no home but a temporary one."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ("tests.databases",)
"""Its fixtures are there for every test; a server starts only for those that ask for one."""
LONGEST, NEEDS_IT = "test_ninety_mornings", "test_forecasts_scored"
"""The module that takes minutes comes first, so that the other cores have work meanwhile; the one that needs
what it makes comes last."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of the modules; within a module nothing changes."""
    items.sort(key=lambda item: (NEEDS_IT in item.nodeid) - (LONGEST in item.nodeid))


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    host = str(address[0])
    if host in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A connection to anything but this machine fails the test."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if not _is_local(address):
            raise AssertionError(f"a test tried to reach {address}")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, with every XDG directory inside it."""
    for name, part in (
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_DATA_HOME", "data"),
    ):
        monkeypatch.setenv(name, str(tmp_path / part))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path
