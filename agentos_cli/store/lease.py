"""Who may do a piece of work now: a row with an owner, an expiry by the database's clock and a fence.

The fence, not the time, decides who may write: it grows with every holder, and a unit of work that was
opened with a lease commits only while its fence is still the newest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from agentos_cli.errors import AgentosError, LeaseHeld
from agentos_cli.store.link import Database, transaction
from agentos_cli.store.values import READ, Kind, clean

HOLDER = "SELECT owner, expires_at FROM lease WHERE tenant_id = ? AND name = ?"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do `name`, as number `fence`."""

    name: str
    owner: str
    fence: int


@contextmanager
def hold(database: Database, name: str, seconds: float) -> Iterator[Lease]:
    """Hold `name` for the block, at most `seconds`. Raises LeaseHeld while another holder has it.

    A holder of this machine that was killed has it no more, however much of its time is left.
    """
    lease = _take(database, name, seconds)
    try:
        yield lease
    finally:
        _give_back(database, lease)


def _take(database: Database, name: str, seconds: float) -> Lease:
    owner = this_process()
    with transaction(database, write=True) as link:
        holder = link.one(HOLDER, database.tenant, name)
        gone = holder[0] if holder is not None and _is_gone(holder[0]) else None
        taken = link.one(_take_sql(database, seconds), database.tenant, name, owner, gone)
    if taken is not None:
        return Lease(name, owner, taken[0])
    held_by, expires = (holder[0], READ[database.dialect][Kind.INSTANT](holder[1])) if holder else ("", None)
    raise LeaseHeld(
        f"{name} is already being done by {held_by}",
        fix=f"wait for it; it is free again at {expires:%H:%M:%S} UTC at the latest",
    )


def _take_sql(database: Database, seconds: float) -> str:
    return f"""
        INSERT INTO lease (tenant_id, name, owner, fence, expires_at)
        VALUES (?, ?, ?, 1, {database.now(seconds)})
        ON CONFLICT (tenant_id, name) DO UPDATE
        SET owner = excluded.owner, fence = lease.fence + 1, expires_at = excluded.expires_at
        WHERE lease.expires_at <= {database.now()} OR lease.owner = ? RETURNING fence
    """  # noqa: S608  the clock is an SQL expression of ours


def this_process() -> str:
    """Who holds what this process holds: `process 4711 on host`."""
    return clean(f"process {os.getpid()} on {os.uname().nodename}")


def _is_gone(owner: str) -> bool:
    """Whether the holder was a process of this machine that is no more: killed, so it gave nothing back.

    Never true of a holder elsewhere. Should it be wrong all the same (two containers of one host name),
    the fence still keeps the older holder from writing.
    """
    found = re.fullmatch(r"process ([0-9]+) on (.*)", owner, re.DOTALL)
    if found is None or found[2] != clean(os.uname().nodename):
        return False
    try:
        os.kill(int(found[1]), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:  # it lives, and belongs to somebody else
        return False
    return False


def _give_back(database: Database, lease: Lease) -> None:
    """Free it at once. Where that fails it runs out by itself, so the work's own outcome stands."""
    free = f"UPDATE lease SET expires_at = {database.now()} WHERE tenant_id = ? AND name = ? AND fence = ?"  # noqa: S608
    try:
        with transaction(database, write=True) as link:
            link.run(free, database.tenant, lease.name, lease.fence)
    except AgentosError:
        return
