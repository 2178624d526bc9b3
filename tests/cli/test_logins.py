"""Logging in by OAuth against an authorization server on loopback: both flows, renewal, withdrawal."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest

from agentos_cli.connectors.catalogue import CATALOGUE
from agentos_cli.oauth import Client, Flow, Grant
from tests.cli.conftest import Vendors
from tests.cli.program import AGENTOS, Program
from tests.connectors.vendor import Answer, Call, Refusal, Shape, Vendor

TOKEN, DEVICE, AUTHORIZE, REVOKE = "/oauth/token", "/login/device/code", "/oauth/authorize", "/oauth/revoke"


@dataclass
class Office:
    """What an authorization server remembers. Refresh tokens are good for one use, as Linear's are."""

    lasts: int = 86400
    pending: int = 2
    withdrawn: bool = False
    challenge: str = ""
    issued: int = 0
    renewals: int = 0
    revoked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def routes(self) -> dict[str, Answer]:
        return {TOKEN: self.token, DEVICE: self.device, REVOKE: self.revoke}

    def device(self, call: Call) -> Shape:
        return {
            "device_code": "dev-1",
            "user_code": "ABCD-1234",
            "verification_uri": "http://x/",
            "interval": 0,
        }

    def revoke(self, call: Call) -> Shape:
        self.revoked.append(words(call)["token"])
        return {}

    def token(self, call: Call) -> object:
        with self.lock:
            asked = words(call)
            kind = asked["grant_type"]
            if kind == "refresh_token":
                self.renewals += 1
                good = not self.withdrawn and asked["refresh_token"] == f"refresh-token-{self.issued}"
            elif kind == "authorization_code":
                proof = (
                    urlsafe_b64encode(sha256(asked["code_verifier"].encode()).digest()).decode().rstrip("=")
                )
                good = asked["code"] == "code-from-the-browser" and proof == self.challenge
            else:
                self.pending -= 1
                if self.pending >= 0:
                    return {"error": "authorization_pending"}  # with status 200, as GitHub has it
                good = asked["device_code"] == "dev-1"
            if not good:
                return Refusal(400, {"error": "invalid_grant"}, {})
            self.issued += 1
            return {
                "access_token": f"access-token-{self.issued}",
                "refresh_token": f"refresh-token-{self.issued}",
                "expires_in": self.lasts,
            }


def words(call: Call) -> dict[str, str]:
    return {key: values[-1] for key, values in parse_qs(call.body.decode()).items()}


@contextmanager
def serving(office: Office) -> Iterator[str]:
    with Vendor(office.routes()) as vendor:
        yield vendor.url


def test_a_device_login_waits_until_somebody_agrees() -> None:
    office, shown = Office(), []
    with serving(office) as url:
        grant = flow(url, lambda address, code: shown.append((address, code))).by_device()
    assert shown == [("http://x/", "ABCD-1234")]
    assert (grant.access, grant.refresh, office.pending) == ("access-token-1", "refresh-token-1", -1)


def flow(url: str, show: object) -> Flow:
    from agentos_cli.contract import Login
    from agentos_cli.http import Http
    from agentos_cli.resilience.gate import OpenGate

    login = Login(f"{url}{TOKEN}", f"{url}{AUTHORIZE}", f"{url}{DEVICE}", scopes=("read",))
    http = Http("linear", OpenGate(), title="Linear")
    return Flow("linear", "Linear", login, Client("app"), http, show, sleep=lambda _: None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("forged", "why"), [({"state": "x"}, "did not belong"), ({"error": "access_denied"}, "denied")]
)
def test_what_comes_back_to_the_browser_is_not_believed_blindly(forged: dict[str, str], why: str) -> None:
    office = Office()

    def come_back(address: str, code: str) -> None:
        asked = parse_qs(urlsplit(address).query)
        back = {
            "state": asked["state"][0],
            **({} if "error" in forged else {"code": "code-from-the-browser"}),
        }
        query = "&".join(f"{key}={value}" for key, value in {**back, **forged}.items())
        threading.Thread(target=visit, args=(f"{asked['redirect_uri'][0]}?{query}",)).start()

    from agentos_cli.errors import CredentialRefused

    with serving(office) as url, pytest.raises(CredentialRefused, match=why):
        flow(url, come_back).by_browser(0)
    assert office.issued == 0


def visit(address: str) -> None:
    urllib.request.urlopen(address, timeout=10).close()


def logged_in(
    program: Program, vendors: Vendors, office: Office, url: str
) -> subprocess.CompletedProcess[str]:
    """`agentos connect linear --login browser`, and the person who agrees."""
    place = ("--base-url", vendors.server.urls["linear"], "--keep-in", "file", "--no-check")
    order = ("--login", "browser", "--client-id", "app", "--login-host", url, "--login-port", "0")
    with subprocess.Popen(
        (AGENTOS, "connect", "linear", *place, *order),
        env=program.env(None),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        found = None
        while found is None:
            line = running.stderr.readline()
            assert line, "it ended without an address"
            found = re.search(r"open (\S+)", line)
        asked = parse_qs(urlsplit(found[1]).query)
        office.challenge = asked["code_challenge"][0]
        assert asked["redirect_uri"][0].startswith("http://127.0.0.1:") and asked["scope"] == ["read"]
        visit(f"{asked['redirect_uri'][0]}?code=code-from-the-browser&state={asked['state'][0]}")
        out, err = running.communicate(timeout=60)
    return subprocess.CompletedProcess((), running.returncode, out, err)


def kept(program: Program) -> Grant:
    (path,) = [p for p in (program.home / ".config/agentos/credentials").rglob("*") if p.is_file()]
    return Grant.of(path.read_text(encoding="utf-8"))


def test_a_browser_login_is_renewed_by_one_process_of_many_and_withdrawn_at_the_end(
    program: Program, vendors: Vendors
) -> None:
    office = Office(lasts=60)  # less than the margin: due at once
    with serving(office) as url:
        done = logged_in(program, vendors, office, url)
        assert done.returncode == 0, done.stderr
        assert "token-" not in done.stdout + done.stderr
        assert (kept(program).access, office.renewals) == ("access-token-1", 0)
        office.lasts = 86400
        many = [
            subprocess.Popen(
                (AGENTOS, "-vv", "connectors", "test", "linear"),
                env=program.env(None),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            for _ in range(6)
        ]
        said = [running.communicate(timeout=120)[0].decode() for running in many]
        assert (office.renewals, kept(program).access) == (1, "access-token-2")
        assert all("refused the key" in each for each in said)  # the demo's Linear knows no such token
        assert not any("token-1" in each or "token-2" in each for each in said)
        assert program("connectors", "remove", "linear").code == 0
    assert office.revoked == ["refresh-token-2"]


def test_access_that_was_withdrawn_is_told_with_what_to_do(program: Program, vendors: Vendors) -> None:
    office = Office(lasts=60)
    with serving(office) as url:
        assert logged_in(program, vendors, office, url).returncode == 0
        office.withdrawn = True
        ran = program("sync", "linear", "--json")
    (outcome,) = json.loads(ran.raw)["sources"]
    assert ran.code == 4
    assert "Linear has ended our access" in outcome["problem"]
    assert outcome["fix"] == "agentos connect linear --login"


def test_every_way_in_goes_over_https() -> None:
    for spec in CATALOGUE.values():
        if spec.login is not None:
            urls = (
                spec.login.token_url,
                spec.login.authorize_url,
                spec.login.device_url,
                spec.login.revoke_url,
            )
            assert all(url.startswith("https://") for url in urls if url), spec.name


def test_a_grant_is_renewed_before_it_ends() -> None:
    from agentos_cli.clock import utc_now

    now = utc_now()
    grant = Grant("https://x", "app", "", "a" * 20, "r" * 20, now + timedelta(minutes=3))
    assert not grant.is_due(now) and grant.is_due(now + timedelta(minutes=2))
    assert Grant.of(grant.to_text()) == grant
    assert "a" * 20 not in repr(grant)
