"""The part of `agentos connect` where a person agrees at the vendor instead of handing over a key."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from agentos_cli.app import App
from agentos_cli.commands.output import note
from agentos_cli.connectors.catalogue import Spec
from agentos_cli.errors import UsageProblem

WAYS = ("browser", "device")


@dataclass(frozen=True, slots=True)
class Way:
    """How to log in, if at all: the way, the registered application, where its secret is, where the browser
    returns."""

    name: str | None
    client_id: str
    client_secret: str | None
    port: int
    host: str | None

    @property
    def options(self) -> dict[str, str]:
        """What the connection remembers of it."""
        if self.name is None:
            return {}
        return {"login": self.name, **({"login_host": self.host.rstrip("/")} if self.host else {})}


def logged_in(house: App, source: Spec, way: Way) -> str:
    """What is to be kept of the login. Raises UsageProblem, SourceError."""
    from agentos_cli.oauth import Client

    if way.name not in WAYS:
        raise UsageProblem(
            f"`{(way.name or '')[:20]}` is no way to log in", fix="--login browser or --login device"
        )
    if not way.client_id:
        raise UsageProblem(
            "a login needs the application that you registered with the vendor",
            fix=f"agentos connect {source.name} --login {way.name} --client-id ID",
        )
    secret = house.vault.resolve(way.client_secret) if way.client_secret else ""
    client = Client(way.client_id, secret)
    return house.sources.log_in(source, client, way.name, way.port, _show, way.host)


def _show(address: str, code: str) -> None:
    """Where to agree, and the code to type there; on a terminal the browser is opened as well."""
    note(f"open {address}" + (f" and type the code {code}" if code else ""))
    if sys.stderr.isatty():
        import webbrowser

        webbrowser.open(address)
