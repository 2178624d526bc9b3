"""Connect, test and reset sources. A key is tried before it is kept, and only a reference is stored."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentos_cli.clock import Clock, monotonic, sleep
from agentos_cli.connectors.catalogue import CATALOGUE, Spec, about, known
from agentos_cli.contract import Access, Connection, Login
from agentos_cli.errors import CredentialProblem, LeaseHeld, SourceError, UsageProblem
from agentos_cli.http import Http
from agentos_cli.redaction import register_secret
from agentos_cli.store.store import Store
from agentos_cli.telemetry import notice
from agentos_cli.vault import Vault

LOGIN, LOGIN_HOST = "login", "login_host"
"""The options of a connection made by a login: which way, and where if not at the vendor's own host."""
RENEWAL = 60.0
"""Seconds that renewing a login may take before another process tries."""
Show = Callable[[str, str], None]

if TYPE_CHECKING:
    from agentos_cli.oauth import Client


def spec(name: str, connections: Iterable[Connection] = ()) -> Spec:
    """The connector called `name`: of the catalogue, of these connections, or of an installed package, which
    is asked what it is. Raises UsageProblem with the list, and the nearest name."""
    told = CATALOGUE if name in CATALOGUE else known(connections)
    if name in told:
        return told[name]
    from agentos_cli.connectors import guest
    from agentos_cli.connectors.guest.description import installed

    found = guest.found(name)
    if found is not None:
        return found
    import difflib

    names = list(dict.fromkeys((*told, *installed())))
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(names)}"
    raise UsageProblem(f"there is no source `{name[:40]}`", fix=hint)


def checked_base_url(url: str | None) -> str | None:
    """A base address without its last slash: https, or http on this machine only."""
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname and not parts.username:
        return url.rstrip("/")
    if parts.scheme == "http" and parts.hostname and _is_loopback(parts.hostname):
        return url.rstrip("/")
    raise UsageProblem("a base address is https, or http on this machine", fix="--base-url https://...")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Sources:
    """The connections of one tenant. `path(spec)` opens the HTTP path to a source, past its circuit
    breaker."""

    store: Store
    vault: Vault
    clock: Clock
    currency: str
    path: Callable[[Spec], Http]

    def connection(self, source: Spec) -> Connection | None:
        return next((c for c in self.store.connections() if c.source == source.name), None)

    def connect(
        self, source: Spec, *, secret: str | None, reference: str | None, keep_in: str,
        base_url: str | None, options: Mapping[str, str], check: bool,
    ) -> tuple[Connection, str]:  # fmt: skip
        """Try the source, then keep the connection; gives it and what the source said of itself.

        `secret` is kept in the vault (`keep_in`: file or keyring), `reference` is kept as it is. Raises
        what the source raises: nothing is stored for a key that does not work, unless `check` is off.
        """
        register_secret(secret or "")  # before the vendor gets to say anything about it
        value = secret if secret is not None else self.vault.resolve(reference) if reference else ""
        if options.get(LOGIN):
            from agentos_cli.oauth import Grant

            value = Grant.of(value).access
        given = {**options_of(source, options), **({} if source.name in CATALOGUE else about(source))}
        found = Connection(source.name, reference, checked_base_url(base_url), given)
        said = "not checked"
        if check:
            said = self.probe(source, found, value)
            told = self._account(source, found, value)
            found = replace(found, options={**told, **found.options})
        if secret is not None:
            kept = self.vault.keep(source.name, secret, keep_in)
            found = Connection(found.source, kept, found.base_url, found.options)
        with self.store.unit_of_work() as work:
            work.connections.put(found, self.clock())
            work.commit()
        self.store.breaker(source.name).clear()
        return found, said

    def probe(self, source: Spec, connection: Connection, secret: str) -> str:
        """One cheap call, past the breaker; gives one line about the account. Raises SourceError."""
        with self.path(source) as http:
            return source.check()(self._access(source, connection, secret, http))

    def _account(self, source: Spec, connection: Connection, secret: str) -> Mapping[str, str]:
        """What links into the account need; nothing where it is not told: no link is worth a failure."""
        try:
            with self.path(source) as http:
                return source.account()(self._access(source, connection, secret, http))
        except SourceError:
            return {}

    def _access(self, source: Spec, connection: Connection, secret: str, http: Http) -> Access:
        base = connection.base_url or source.base_url
        now, options = self.clock(), connection.options
        return Access(http, secret, base, options, now, self.currency, source=source.name)

    def test(self, source: Spec) -> str:
        """Try a connected source; raises UsageProblem when it is not connected."""
        connection = self.connection(source)
        if connection is None:
            raise UsageProblem(f"{source.title} is not connected", fix=f"agentos connect {source.name}")
        return self.probe(source, connection, self.secret(connection))

    def sample(self, source: Spec) -> Mapping[str, Sequence[object]]:
        """By stream, the first records of a connected source as they come, past the breaker. Raises
        UsageProblem when it is not connected, SourceError."""
        connection = self.connection(source)
        if connection is None:
            raise UsageProblem(f"{source.title} is not connected", fix=f"agentos connect {source.name}")
        with self.path(source) as http:
            return source.sample()(self._access(source, connection, self.secret(connection), http))

    def secret(self, connection: Connection) -> str:
        """The secret of a connection, from where its reference points; of a login the access token, renewed
        where it is about to end. Raises CredentialProblem, SourceError."""
        if not connection.credential:
            return ""
        kept = self.vault.resolve(connection.credential)
        return self._access_token(connection, kept) if connection.options.get(LOGIN) else kept

    def _access_token(self, connection: Connection, kept: str) -> str:
        """One process renews while the others wait: a refresh token may be good for one use only."""
        from agentos_cli.oauth import Grant, renewed

        source, reference = known(self.store.connections())[connection.source], connection.credential or ""
        until = monotonic() + RENEWAL
        while True:
            grant = Grant.of(kept)
            if not grant.is_due(self.clock()):
                return grant.access
            try:
                with self.store.lease(f"login {source.name}", RENEWAL):
                    grant = Grant.of(self.vault.resolve(reference))
                    if grant.is_due(self.clock()):
                        grant = renewed(self.path(source), source.title, source.name, grant, self.clock())
                        kind, _, name = reference.partition(":")
                        self.vault.keep(name, grant.to_text(), kind)
                    return grant.access
            except LeaseHeld:
                if monotonic() > until:
                    raise
            sleep(0.1)
            kept = self.vault.resolve(reference)

    def log_in(self, source: Spec, client: Client, way: str, port: int, show: Show, host: str | None) -> str:
        """Let a person agree at the vendor, by `device` or `browser`; gives what `connect` keeps as the
        secret. `host` stands in the place of the vendor's own. Raises SourceError, UsageProblem."""
        if source.login is None:
            raise UsageProblem(
                f"{source.title} is connected with a key", fix=f"agentos connect {source.name}"
            )
        from agentos_cli.oauth import Flow

        login = _at(source.login, checked_base_url(host))
        flow = Flow(source.name, source.title, login, client, self.path(source), show, self.clock)
        grant = flow.by_device() if way == "device" else flow.by_browser(port)
        return grant.to_text()

    def disconnect(self, source: Spec) -> bool:
        """Forget a connection and its kept secret; what was learned stays. False if there was none."""
        connection = self.connection(source)
        if connection is None:
            return False
        with self.store.unit_of_work() as work:
            work.connections.remove(source.name, self.clock())
            work.commit()
        if connection.credential:
            self._withdraw(source, connection)
            self.vault.forget(connection.credential)
        return True

    def _withdraw(self, source: Spec, connection: Connection) -> None:
        """Tell the vendor that a login is over, where it wants to know; if it cannot be told, it lapses."""
        if source.login is None or source.login.revoke_url is None or not connection.options.get(LOGIN):
            return
        from agentos_cli.oauth import Grant, withdraw

        url = _at(source.login, connection.options.get(LOGIN_HOST)).revoke_url or ""
        try:
            grant = Grant.of(self.vault.resolve(connection.credential or ""))
            withdraw(self.path(source), source.title, url, grant)
        except (SourceError, CredentialProblem) as problem:
            notice(f"{source.title} could not be told that the login is over: {problem.what}")


def _at(login: Login, host: str | None) -> Login:
    """The same ways in at another host: a company's own server, or one for trying out."""
    if host is None:
        return login

    def moved(url: str | None) -> str | None:
        return None if url is None else f"{host}{urlsplit(url).path}"

    return replace(
        login,
        token_url=moved(login.token_url) or "",
        authorize_url=moved(login.authorize_url),
        device_url=moved(login.device_url),
        revoke_url=moved(login.revoke_url),
    )


def options_of(source: Spec, given: Mapping[str, str]) -> dict[str, str]:
    """The options that a source is connected with, paths made absolute. Raises UsageProblem for one that it
    needs and does not have, and for a folder or file that is not there."""
    for name, example in source.needs.items():
        if not given.get(name, "").strip():
            fix = f"agentos connect {source.name} --option {name}={example}"
            raise UsageProblem(f"{source.title} has to be told its {name}", fix=fix)
    kind = {"folder": "folder", "address": "file"}.get(source.asks)
    if kind is None or (kind == "file" and kind not in given):
        return dict(given)
    path = Path(given.get(kind, "")).expanduser()
    if not given.get(kind) or not (path.is_dir() if kind == "folder" else path.is_file()):
        way = "--folder PATH" if kind == "folder" else "--option file=PATH"
        raise UsageProblem(
            f"{given.get(kind) or f'no {kind} given'}: not a {kind}",
            fix=f"agentos connect {source.name} {way}",
        )
    return {**given, kind: str(path.resolve())}
