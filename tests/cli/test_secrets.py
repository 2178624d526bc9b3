"""A key goes to its vendor and into its vault, and nowhere else: no screen, log, store or argument."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from agentos_cli.clock import utc_now
from agentos_cli.demo.company.world import World, build_world
from agentos_cli.demo.exchange import Reply, Request
from agentos_cli.demo.files import write_files
from agentos_cli.demo.hubspot.api import HubspotSide
from agentos_cli.demo.linear.api import LinearSide
from agentos_cli.demo.server import DemoServer
from agentos_cli.demo.stripe.api import StripeSide
from tests.cli.conftest import SOURCES, Vendors
from tests.cli.program import Program, Ran

CANARY = {
    "stripe": "rk/canary+one==of%three&9f8e7d6c5b",
    "hubspot": "eu/canary+two==of%three&1a2b3c4d5e",
    "linear": "li/canary+six==of%three&0f1e2d3c4b",
}
"""Keys in no vendor's shape, so that only knowing them can hide them."""


@dataclass(frozen=True)
class Gossip:
    """A vendor that refuses, and repeats the key in every place an error has."""

    status: int
    key: str

    def answer(self, request: Request, number: int) -> Reply:
        told = request.headers.get("authorization", "")
        body = {
            "error": {"message": f"Invalid API Key provided: {self.key}", "code": self.key, "type": told},
            "message": self.key,
            "errors": [{"message": told, "extensions": {"code": self.key}}],
        }
        return Reply(self.status, body, {"Request-Id": self.key, "X-Request-Id": self.key})

    def refusal(self, kind: str, number: int, *, status: int = 500, wait: int | None = None) -> Reply:
        raise AssertionError("no fault is ordered here")


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(utc_now())


@pytest.fixture
def careful(world: World, tmp_path: Path) -> Iterator[Vendors]:
    """The vendors, with keys that are easy to find again."""
    write_files(world, tmp_path / "company")
    with DemoServer(world) as server:
        server.keys |= CANARY
        server.vendors |= {
            "stripe": StripeSide(world, CANARY["stripe"]),
            "hubspot": HubspotSide(world, CANARY["hubspot"]),
            "linear": LinearSide(world, CANARY["linear"]),
        }
        yield Vendors(server, tmp_path / "company")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    home = tmp_path / "home"
    home.mkdir()
    return Program(home)


def forms(key: str) -> set[bytes]:
    """How a key may look where it was written down: as it is, in a URL, in base64 at any offset, in hex."""
    raw = key.encode()
    found = {key, quote(key, safe=""), quote(key), quote_plus(key), raw.hex()}
    for offset in range(3):
        whole = base64.b64encode(b"x" * offset + raw).decode()
        found.add(whole[4 if offset else 0 : -4])
    return {form.encode() for form in found}


def leaks(content: bytes) -> list[bytes]:
    return [form for key in CANARY.values() for form in forms(key) if form in content]


def silent(ran: Ran) -> Ran:
    assert leaks(ran.raw + ran.err.encode()) == [], ran
    assert ran.said_plainly()
    return ran


def clean_home(program: Program, *, but: tuple[Path, ...] = ()) -> None:
    """No file below the home holds a key, but those in the vault."""
    vault = program.home / ".config/agentos/credentials"
    for path in program.home.rglob("*"):
        if path.is_file() and vault not in path.parents and path not in but:
            assert leaks(path.read_bytes()) == [], path


AFTER = (
    "-vv sync --json",
    "brief --json",
    "finance --json",
    "runs --json",
    "status --json",
    "doctor --json",
    "config show --json",
    "connectors list --json",
    "connectors test stripe",
    "connectors test linear --json",
    "db backup copy.db",
)


def test_the_search_for_leaks_bites() -> None:
    key = CANARY["stripe"]
    for text in (key, quote(key), base64.b64encode(f"user:{key}".encode()).decode(), f'"Bearer {key}"'):
        assert leaks(text.encode()), text
    assert leaks(b"nothing here") == []


@pytest.mark.parametrize("way", ["stdin", "file", "env"])
def test_a_key_goes_nowhere_but_to_its_vendor_and_its_vault(
    program: Program, careful: Vendors, way: str
) -> None:
    names = {f"{source.upper()}_KEY": key for source, key in CANARY.items()}
    known = program.having(**names) if way == "env" else program
    files = []
    for source, key in CANARY.items():
        place = ("--base-url", careful.server.urls[source])
        file = program.home / f"{source}.key"
        if way == "file":
            file.write_text(f"{key}\n", encoding="utf-8")
            files.append(file)
            silent(program("connect", source, *place, "--keep-in", "file", "--key-file", str(file)))
        elif way == "env":
            silent(known("connect", source, *place, "--from", f"env:{source.upper()}_KEY", "--json"))
        else:
            silent(program("connect", source, *place, "--keep-in", "file", stdin=key))
    assert careful.connect(program, "files").code == 0
    for words in AFTER if way != "file" else AFTER[:1]:
        ran = silent(known(*words.split()))
        assert ran.code in {0, 1}, (words, ran.err)
    clean_home(program, but=tuple(files))
    listed = known("connectors", "list", "--json").json()["connectors"]
    kept = {item["source"]: item["credential"] for item in listed if item["connected"]}
    by_name = {source: f"env:{source.upper()}_KEY" for source in SOURCES}
    assert kept == {"files": None, **(by_name if way == "env" else {s: f"file:{s}" for s in SOURCES})}


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_vendor_that_repeats_the_key_does_not_make_us_repeat_it(
    program: Program, careful: Vendors, status: int
) -> None:
    for source in SOURCES:
        assert careful.connect(program, source).code == 0
    server = careful.server
    server.vendors |= {source: Gossip(status, key) for source, key in CANARY.items()}
    for words in ("-vv sync --json", "connectors test stripe", "brief --cached", "runs"):
        ran = silent(program(*words.split(), env={"AGENTOS_SYNC__DEADLINE": "3"}))
        assert ran.code in {0, 4, 7, 75}
    for source in SOURCES:
        ran = silent(careful.connect(program, source, "--json"))
        assert ran.code in {4, 7, 75}
    clean_home(program)


@pytest.mark.parametrize("fault", ["html", "timeout"])
def test_no_kind_of_failure_lets_a_key_out(program: Program, careful: Vendors, fault: str) -> None:
    for source in SOURCES:
        assert careful.connect(program, source).code == 0
    careful.order(",".join(f"{source}={fault}" for source in SOURCES))
    short = {"AGENTOS_SYNC__DEADLINE": "2"}
    for words in ("-vv sync --json", "doctor"):
        silent(program(*words.split(), env=short))
    for source in SOURCES:
        assert silent(replace(program, environment=short)("connectors", "test", source)).code in {4, 75}
    clean_home(program)


def test_the_vault_is_the_owners_alone(program: Program, careful: Vendors) -> None:
    assert careful.connect(program, "stripe").code == 0
    (kept,) = [p for p in (program.home / ".config/agentos/credentials").rglob("*") if p.is_file()]
    assert kept.read_text(encoding="utf-8").strip() == CANARY["stripe"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(program.database.stat().st_mode) == 0o600
    kept.chmod(0o644)
    ran = silent(program("sync", "--json"))
    assert ran.code == 4
    assert "chmod 600" in ran.out


def test_removing_a_connection_removes_its_key(program: Program, careful: Vendors) -> None:
    assert careful.connect(program, "stripe").code == 0
    assert program("connectors", "remove", "stripe").code == 0
    assert [p for p in (program.home / ".config/agentos/credentials").rglob("*") if p.is_file()] == []


def test_a_key_in_the_arguments_is_refused_and_not_repeated(program: Program) -> None:
    key = "sk_live_51HxYzAbCdEfGhIjKlMnOp"
    for words in (
        ("connect", "stripe", key),
        ("connect", "stripe", "--key", key),
        ("connect", "stripe", f"--key={key}"),
        ("connect", key),
        ("connect", "stripe", "--from", key),
    ):
        ran = program(*words)
        assert ran.code in {2, 4}
        assert key not in ran.out + ran.err


def test_a_prompt_for_a_key_shows_nothing_of_it(program: Program, careful: Vendors) -> None:
    place = ("--base-url", careful.server.urls["stripe"])
    answers = [("Stripe key", f"{CANARY['stripe']}\n"), ("no keyring here", "y\n")]
    ran = program.on_terminal("connect", "stripe", *place, answers=answers)
    assert ran.code == 0
    assert b"Stripe key" in ran.raw
    assert leaks(ran.raw) == []


def test_a_key_goes_into_a_file_only_where_somebody_says_so(program: Program, careful: Vendors) -> None:
    place = ("--base-url", careful.server.urls["stripe"])
    ran = silent(program("connect", "stripe", *place, stdin=CANARY["stripe"]))
    assert (ran.code, ran.out) == (4, "")
    assert "no keyring" in ran.err and "--keep-in file" in ran.err and "env:NAME" in ran.err
    answers = [("Stripe key", f"{CANARY['stripe']}\n"), ("no keyring here", "n\n")]
    assert program.on_terminal("connect", "stripe", *place, answers=answers).code == 4
    clean_home(program)
    assert not (program.home / ".config/agentos/credentials").exists()
