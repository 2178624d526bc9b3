"""Checks of the whole installation: each says what it found and, where something is wrong, what to do."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo

from agentos_cli import __version__
from agentos_cli.config.load import Loaded
from agentos_cli.config.places import Places
from agentos_cli.errors import AgentosError
from agentos_cli.renderers.listings import CheckItem, ConnectorItem
from agentos_cli.store.schedules import Waker
from agentos_cli.store.store import Store
from agentos_cli.vault import Vault

FREE_BYTES = 200 * 1024 * 1024
"""Less free disk than this is worth a warning: a backup and an upgrade need room."""
ASLEEP = timedelta(minutes=5)
"""What wakes the house comes every minute; when it did not for so long, it does not come any more."""
BY_HAND = "hand"


def ok(name: str, says: str) -> CheckItem:
    """Looked at, and fine."""
    return {"name": name, "status": "ok", "says": says, "fix": None}


def warn(name: str, says: str, fix: str | None) -> CheckItem:
    """Works, but should be seen to."""
    return {"name": name, "status": "warn", "says": says, "fix": fix}


def fail(name: str, says: str, fix: str | None) -> CheckItem:
    """Stands in the way of a brief."""
    return {"name": name, "status": "fail", "says": says, "fix": fix}


def program(loaded: Loaded, zone: tzinfo, now: datetime) -> Iterator[CheckItem]:
    """The program, its settings, the clock and the zone."""
    yield ok(
        "program", f"agentos {__version__}, Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"
    )
    read = ", ".join(map(str, loaded.files)) or "none, defaults in force"
    yield ok("settings", f"files: {read}")
    yield ok("clock", f"{now.astimezone(zone):%Y-%m-%d %H:%M %Z} in {zone}")
    if not loaded.settings.company.timezone:
        yield warn("zone", "no zone is set, so this machine's is used", "agentos init")
    yield ok("telemetry", "none: nothing is sent anywhere but to the sources you connect")


def places(found: Places) -> Iterator[CheckItem]:
    """The directories: there, writable, private, with room."""
    for name, path in (("config", found.config), ("state", found.state), ("cache", found.cache)):
        existing = next(p for p in (path, *path.parents) if p.exists())
        if os.access(existing, os.W_OK):
            yield ok(f"{name} directory", str(path))
        else:
            yield fail(f"{name} directory", f"{path} cannot be written", f"chmod u+w {existing}")
    free = shutil.disk_usage(next(p for p in (found.state, *found.state.parents) if p.exists())).free
    if free < FREE_BYTES:
        yield warn("disk", f"{free // 1024**2} MB free", "free some space: backups and upgrades need it")
    else:
        yield ok("disk", f"{free / 1024**3:.0f} GB free")


def database(store: Store) -> Iterator[CheckItem]:
    """The database: reachable, its schema ours and current, its content sound."""
    if store.check_schema() == "empty":
        yield warn("database", "not made yet", "agentos init")
        return
    for finding in store.check():
        name = f"database: {finding.name}"
        fix = None if finding.fix == "agentos doctor" else finding.fix  # that is what is running
        yield ok(name, finding.detail) if finding.ok else fail(name, finding.detail, fix)


def schedule(count: int, wakers: Iterable[Waker], now: datetime) -> Iterator[CheckItem]:
    """With something scheduled: whether anything but a person's hand looked lately what is due."""
    if not count:
        return
    woke = max((waker for waker in wakers if waker.name != BY_HAND), key=lambda w: w.at, default=None)
    if woke is None:
        yield warn("schedule", f"{count} scheduled, and nothing wakes the house", "agentos schedule install")
    elif now - woke.at > ASLEEP:
        fix = "agentos schedule run" if woke.name == "daemon" else f"agentos schedule install --{woke.name}"
        yield warn(
            "schedule", f"{count} scheduled, and {woke.name} last looked at {woke.at:%Y-%m-%d %H:%M} UTC", fix
        )
    else:
        yield ok("schedule", f"{count} scheduled; {woke.name} looked {(now - woke.at).seconds} s ago")


def lingering(lingers: bool, user: str) -> CheckItem:
    """With units of the user's systemd: whether they run while nobody is logged in."""
    if lingers:
        return ok("lingering", f"systemd works for {user} while nobody is logged in")
    return warn(
        "lingering", "off: nothing is done while you are not logged in", f"loginctl enable-linger {user}"
    )


def credentials(items: Iterable[ConnectorItem], vault: Vault) -> Iterator[CheckItem]:
    """Each connected source: its key can be found, its data is fresh. No call is made."""
    connected = [item for item in items if item["connected"]]
    if not connected:
        yield warn("sources", "nothing is connected yet", "agentos connect stripe, or agentos brief --demo")
    for item in connected:
        name = f"source {item['source']}"
        try:
            if item["credential"]:
                vault.resolve(item["credential"])
        except AgentosError as problem:
            yield fail(name, problem.what, problem.fix)
            continue
        if item["state"] == "fresh":
            yield ok(name, f"fresh, read {item['synced_at']}")
        else:
            yield warn(name, item["problem"] or item["state"], item["fix"])
    backend = "installed" if importlib.util.find_spec("keyring") else "not installed (extra: keyring)"
    yield ok("keyring", f"{backend}; without it keys are kept in 0600 files")
