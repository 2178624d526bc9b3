"""Tells systemd how a daemon fares: ready, alive, stopping.

Source: https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
"""

from __future__ import annotations

import socket
from collections.abc import Mapping


def notify(environ: Mapping[str, str], text: str) -> None:
    """Send `READY=1`, `WATCHDOG=1`, `STOPPING=1` ... to whoever started us and asks for it; else nothing."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    name = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            line.sendto(text.encode(), name)
    except OSError:
        return  # nobody listens any more, which is theirs to notice


def watchdog_seconds(environ: Mapping[str, str]) -> float | None:
    """How often systemd wants to hear that we are alive; None if it does not."""
    said = environ.get("WATCHDOG_USEC", "")
    return int(said) / 1_000_000 if said.isascii() and said.isdigit() and int(said) else None
