"""How the embedded daemon of a house fares: little to load, since `agentos status` asks every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentos_cli.scheduler.singleton import Post, is_stuck

if TYPE_CHECKING:
    from agentos_cli.app import App
    from agentos_cli.renderers.wakers import DaemonDocument


def daemon_document(house: App) -> DaemonDocument:
    """How the daemon of this tenant fares on this machine."""
    tenant = house.loaded.settings.tenant
    post = Post(house.places.state, tenant)
    running, said = post.is_held(), post.read()
    if said is None:
        state = "starting" if running else "stopped"
    elif not running:
        state = "stopped"
    else:
        state = "stuck" if said.state == "ready" and is_stuck(said, house.present()) else said.state
    return {
        "schema": "agentos.daemon/1",
        "state": state,
        "running": running,
        "tenant": tenant,
        "pid": said.pid if said else None,
        "host": said.host if said else None,
        "started_at": said.started_at if said else None,
        "ticks": said.ticks if said else 0,
        "last_tick": said.last_tick if said else None,
        "last_ended": said.last_ended if said else None,
        "last_code": said.last_code if said else None,
    }
