"""`agentos connect SOURCE`: try a key, keep it safe, remember the source. A key is never an argument."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agentos_cli.app import App
from agentos_cli.commands.given import options_given, place_for_it, secret_given
from agentos_cli.commands.login import Way, logged_in
from agentos_cli.commands.output import Json, Tenant, note, say, say_document
from agentos_cli.commands.singer import EXAMPLES as TAPS
from agentos_cli.commands.singer import Config, Install, Map, Name, Tap, Yes, asked, connect_tap
from agentos_cli.commands.table import shown
from agentos_cli.connectors.catalogue import Spec
from agentos_cli.errors import CredentialProblem

EXAMPLES = (
    "agentos connect stripe                      asks for the key, hidden",
    "agentos connect stripe < key.txt            reads it from stdin",
    "agentos connect hubspot --key-file key.txt  reads it from a file",
    "agentos connect linear --from env:LINEAR_KEY  keeps only the name of the variable",
    "agentos connect linear --login browser --client-id ID  logs in with an application of yours",
    "agentos connect files --folder ~/company    a folder of CSV files",
    "agentos connect calendar                    asks for its secret address, hidden",
    "agentos connect sheet --base-url 'https://docs.google.com/spreadsheets/d/ID/edit' --option kind=expense",
    *TAPS,
)

Reference = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="REF", help="Keep only a reference: env:NAME, credential:NAME, keyring:NAME."
    ),
]
KeepIn = Annotated[
    str | None,
    typer.Option(
        "--keep-in", metavar="PLACE", help="keyring (the default where there is one) or file (0600)."
    ),
]
ClientSecret = Annotated[
    str | None,
    typer.Option(
        "--client-secret-from", metavar="REF", help="Its secret: env:NAME, credential:NAME, file:NAME."
    ),
]


def add(app: typer.Typer, name: str, summary: str) -> None:
    """Put the command on the app."""

    @app.command(name, help=summary, epilog=shown(*EXAMPLES))
    def connect(
        source: str = typer.Argument(..., help="stripe, hubspot, linear, files, calendar ...; singer."),
        tap: Tap = None,
        reference: Reference = None,
        key_file: Path | None = typer.Option(
            None, "--key-file", help="Read the key, or the secret address, from this file."
        ),
        folder: str | None = typer.Option(None, "--folder", help="The folder of CSV files, for `files`."),
        option: list[str] = typer.Option(
            [], "--option", metavar="NAME=VALUE", help="See docs/connectors.md."
        ),
        base_url: str | None = typer.Option(
            None, "--base-url", help="Another address, such as a demo server's."
        ),
        keep_in: KeepIn = None,
        login: str | None = typer.Option(
            None, "--login", metavar="WAY", help="Log in (OAuth): browser or device."
        ),
        client_id: str = typer.Option("", "--client-id", help="The application registered with the vendor."),
        client_secret: ClientSecret = None,
        login_port: int = typer.Option(8976, "--login-port", help="Where the browser comes back to."),
        login_host: str | None = typer.Option(None, "--login-host", help="Another host to log in at."),
        config: Config = None,
        tap_map: Map = None,
        called: Name = None,
        install: Install = False,
        yes: Yes = False,
        check: bool = typer.Option(True, "--check/--no-check", help="Try it before keeping it."),
        json: Json = None,
        tenant: Tenant = None,
    ) -> None:
        from agentos_cli.sources import options_of, spec

        given = options_given(option, "effort_property=hours")
        taps = asked(source, tap, config, tap_map, called, install=install, yes=yes)
        if taps is not None:
            return connect_tap(taps, tenant, given, keep_in, check=check, json=json)
        house, found = App.open(tenant=tenant), spec(source)
        options = options_of(found, {**given, **({"folder": folder} if folder else {})})
        way = Way(login, client_id, client_secret, login_port, login_host)
        known = reference or (found.asks == "address" and (base_url or options.get("file")))
        secret = None if known else _given(house, found, way, key_file)
        place = place_for_it(house, keep_in, _keeping(found)) if secret is not None else ""
        note(f"contacting {found.title} ...")
        connection, said = house.sources.connect(
            found, secret=secret, reference=reference, keep_in=place, base_url=base_url,
            options={**options, **way.options}, check=check,
        )  # fmt: skip
        return _told(found, said, connection.credential, json)


def _told(source: Spec, said: str, credential: str | None, json: str | None) -> None:
    if json is None:
        return say(f"{source.title} is connected: {said}. Next: agentos brief")
    document = {"schema": "agentos.connected/1", "source": source.name, "done": "connected", "said": said}
    return say_document({**document, "credential": credential}, json)


def _keeping(source: Spec) -> str:
    return f"agentos connect {source.name} --keep-in file (0600), or --from env:NAME"


def _given(house: App, source: Spec, way: Way, key_file: Path | None) -> str | None:
    """The secret, or the login, that is to be kept; None for a source that takes none."""
    if way.name is not None:
        return logged_in(house, source, way)
    return _secret(source, key_file) if source.asks in ("key", "address") else None


def _secret(source: Spec, key_file: Path | None) -> str:
    """The key from a file, a pipe, or a hidden prompt; raises CredentialProblem when there is none."""
    again = f"agentos connect {source.name}"
    found = secret_given(key_file, f"{source.title} {source.asks} ({source.help})", again)
    if not found:
        raise CredentialProblem(
            f"no {source.asks} for {source.title} was given", fix=f"{again} --key-file FILE"
        )
    return found
