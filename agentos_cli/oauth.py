"""Logging in to a vendor by OAuth 2, without a password or key: device flow, loopback flow, renewal.

Device flow: RFC 8628. Authorization code with PKCE and a loopback redirect: RFC 7636, RFC 8252. Renewal: RFC
6749, section 6. The requests are a few form posts over the project's one HTTP path; oauthlib, which would
write them, refuses loopback redirects unless an environment variable turns all its checks off.

What a login gave is a `Grant`: one line of JSON that lives in the vault, never in the store.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from agentos_cli.clock import Clock, monotonic, sleep, utc_now
from agentos_cli.contract import Login
from agentos_cli.errors import CredentialProblem, CredentialRefused, Fatal, UsageProblem
from agentos_cli.http import Http
from agentos_cli.redaction import register_secret

MARGIN = timedelta(minutes=2)
"""So long before it ends an access token is renewed: no call should meet its end."""
PATIENCE = 600.0
"""Seconds that a person gets to agree in the browser."""
PORT = 8976
"""Where the browser comes back to, unless told otherwise; vendors want the exact address registered."""
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
ENDED = ("invalid_grant", "bad_refresh_token", "incorrect_client_credentials", "unauthorized_client")
"""What a vendor answers to a renewal when access was withdrawn."""
WORD = re.compile(r"[a-z_]{1,40}")
DONE = b"<!doctype html><meta charset=utf-8><title>agentos</title><p>Done. You can close this window."


@dataclass(frozen=True, slots=True)
class Client:
    """The application that was registered with the vendor. A public one has no secret."""

    id: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a login gave. `ends` None: the access token does not end of itself."""

    token_url: str
    client: str
    secret: str = field(repr=False)
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    ends: datetime | None

    def to_text(self) -> str:
        """One line of JSON for the vault."""
        return json.dumps({**asdict(self), "ends": self.ends and self.ends.isoformat()})

    @classmethod
    def of(cls, text: str) -> Grant:
        """From the vault. Raises CredentialProblem for what is no grant."""
        try:
            kept = json.loads(text)
            ends = kept.pop("ends")
            grant = cls(**kept, ends=None if ends is None else datetime.fromisoformat(ends))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise CredentialProblem("what is kept of the login cannot be read", fix="connect again") from None
        return _hidden(grant)

    def is_due(self, now: datetime) -> bool:
        """Whether it must be renewed before it is used."""
        return self.ends is not None and now >= self.ends - MARGIN


@dataclass(frozen=True, slots=True)
class Flow:
    """One login at one vendor. `show` is told the address to open and the code to type there, "" if none."""

    source: str
    title: str
    login: Login
    client: Client
    http: Http
    show: Callable[[str, str], None]
    clock: Clock = utc_now
    sleep: Callable[[float], None] = sleep

    def by_device(self) -> Grant:
        """Asks for a code, shows it, and asks for the token until somebody has agreed or said no."""
        if self.login.device_url is None:
            raise UsageProblem(f"{self.title} has no device login", fix="--login browser")
        asked = self._post(self.login.device_url, client_id=self.client.id, scope=self._scopes())
        try:
            code, shown = str(asked["device_code"]), str(asked["user_code"])
            address, wait = str(asked["verification_uri"]), float(str(asked.get("interval", 5)))
        except (KeyError, ValueError):
            raise Fatal(f"{self.title} did not give a code to log in with ({_error(asked)})") from None
        self.show(address, shown)
        until = monotonic() + PATIENCE
        while monotonic() < until:
            self.sleep(min(max(wait, 0.0), 60.0))
            found = self._token(grant_type=DEVICE, device_code=code)
            if isinstance(found, Grant):
                return found
            if found == "slow_down":
                wait += 5
            elif found != "authorization_pending":
                raise self._refused(found)
        raise self._refused("nobody agreed in time")

    def by_browser(self, port: int = PORT) -> Grant:
        """Shows the vendor's page, waits for the browser to come back to this machine, and takes the code."""
        if self.login.authorize_url is None:
            raise UsageProblem(f"{self.title} has no browser login", fix="--login device")
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        with _Doorstep(port) as door:
            query = {
                "response_type": "code",
                "client_id": self.client.id,
                "redirect_uri": door.address,
                "scope": self._scopes(),
                "state": state,
                "code_challenge": _challenge(verifier),
                "code_challenge_method": "S256",
            }
            self.show(f"{self.login.authorize_url}?{urlencode(query)}", "")
            back = door.wait(PATIENCE)
            if not hmac.compare_digest(back.get("state", "").encode(), state.encode()):
                raise self._refused("the answer did not belong to our question")
            if "code" not in back:
                raise self._refused(back.get("error", "no code came back"))
            register_secret(back["code"])
            found = self._token(
                grant_type="authorization_code",
                code=back["code"],
                redirect_uri=door.address,
                code_verifier=verifier,
            )
        if isinstance(found, Grant):
            return found
        raise self._refused(found)

    def _scopes(self) -> str:
        return self.login.scope_sign.join(self.login.scopes)

    def _token(self, **words: str) -> Grant | str:
        """The grant, or the vendor's word for why there is none."""
        blank = Grant(self.login.token_url, self.client.id, self.client.secret, "", "", None)
        return _asked(self.http, self.title, blank, words, self.clock())

    def _post(self, url: str, **words: str) -> Mapping[str, object]:
        return _posted(self.http, self.title, url, words)

    def _refused(self, why: str) -> CredentialRefused:
        said = why.replace("_", " ") if WORD.fullmatch(why) else why if why.isascii() else "no reason given"
        return CredentialRefused(
            f"{self.title} did not let us in: {said[:80]}", fix=f"agentos connect {self.source} --login"
        )


def renewed(http: Http, title: str, source: str, grant: Grant, now: datetime) -> Grant:
    """A grant with a new access token, and a new refresh token if the vendor gives one each time.

    Raises CredentialRefused when access was withdrawn, another SourceError when the vendor cannot be asked.
    """
    fix = f"agentos connect {source} --login"
    if not grant.refresh:
        raise CredentialRefused(f"the login at {title} has ended", fix=fix)
    words = {"grant_type": "refresh_token", "refresh_token": grant.refresh}
    found = _asked(http, title, grant, words, now)
    if isinstance(found, Grant):
        return found
    if found in ENDED:
        raise CredentialRefused(f"{title} has ended our access: it was withdrawn there, or lapsed", fix=fix)
    raise Fatal(f"{title} did not renew the login ({found})", fix=fix)


def withdraw(http: Http, title: str, url: str, grant: Grant) -> None:
    """Tells the vendor that the login is over. Raises SourceError if it does not hear (RFC 7009)."""
    _posted(http, title, url, {"token": grant.refresh or grant.access, "client_id": grant.client})


def _asked(http: Http, title: str, grant: Grant, words: Mapping[str, str], now: datetime) -> Grant | str:
    """One call on the token endpoint: a new grant in the place of `grant`, or the error's word."""
    who = {"client_id": grant.client, **({"client_secret": grant.secret} if grant.secret else {})}
    found = _posted(http, title, grant.token_url, {**who, **words})
    access = found.get("access_token")
    if not isinstance(access, str) or not access:
        return _error(found)
    refresh, lasts = found.get("refresh_token"), found.get("expires_in")
    ends = now + timedelta(seconds=lasts) if isinstance(lasts, int) and 0 < lasts < 10**9 else None
    kept = refresh if isinstance(refresh, str) and refresh else grant.refresh
    return _hidden(replace(grant, access=access, refresh=kept, ends=ends and ends.astimezone(UTC)))


def _posted(http: Http, title: str, url: str, words: Mapping[str, str]) -> Mapping[str, object]:
    """The answer to a form, refusals with a reason included: GitHub gives them with status 200."""
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    with http:  # a call for itself: between two of them a person may think for minutes
        answer = http.send("POST", url, headers=headers, body=urlencode(words).encode())
    if not answer.body.strip():
        return {}
    found = answer.json()
    if not isinstance(found, dict):
        raise Fatal(f"{title} answered the login with something that is not an object")
    return found


def _error(found: Mapping[str, object]) -> str:
    word = found.get("error")
    return word if isinstance(word, str) and WORD.fullmatch(word) else "no reason given"


def _hidden(grant: Grant) -> Grant:
    for each in (grant.access, grant.refresh, grant.secret):
        register_secret(each)
    return grant


def _challenge(verifier: str) -> str:
    """RFC 7636, section 4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


class _Doorstep:
    """Listens on this machine for the one time that the browser comes back."""

    def __init__(self, port: int) -> None:
        self._said: dict[str, str] = {}
        door = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path != "/back":
                    return self.send_error(404)
                door._said = {key: values[-1] for key, values in parse_qs(parts.query).items()}
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(DONE)))
                self.end_headers()
                self.wfile.write(DONE)
                return None

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return  # it would print the code

        try:
            self._server = HTTPServer(("127.0.0.1", port), Handler)
        except OSError as problem:
            raise UsageProblem(
                f"port {port} of this machine is taken ({problem.strerror})", fix="--login-port NUMBER"
            ) from None
        self._server.timeout = 0.5

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/back"

    def __enter__(self) -> _Doorstep:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()

    def wait(self, seconds: float) -> Mapping[str, str]:
        """What the browser brought; empty if it did not come in time."""
        until = monotonic() + seconds
        while not self._said and monotonic() < until:
            self._server.handle_request()
        return self._said
