"""A canary in every credential: no command, at any verbosity, with whatever layer broken, lets one out.

Keys of three vendors, a login with its tokens, the password of a database, each a token of its own. What is
searched: both streams, every file below the home, the reports and exports that commands write; for the token
as it is, in URLs, in base64 and in hex.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from agentos_cli.clock import utc_now
from agentos_cli.demo.company.world import World
from agentos_cli.demo.files import write_files
from agentos_cli.demo.hubspot.api import HubspotSide
from agentos_cli.demo.linear.api import LinearSide
from agentos_cli.demo.server import DemoServer
from agentos_cli.demo.stripe.api import StripeSide
from agentos_cli.oauth import Grant
from tests.cli.conftest import SOURCES, Vendors
from tests.cli.program import Program, Ran
from tests.cli.test_documents import DOING, LOOKING
from tests.cli.test_secrets import CANARY, Gossip, forms, leaks, world

__all__ = ["world"]

PASSWORD = "pg/canary+pw==of%four&7d8e9f0a1b"
ACCESS, REFRESH, CLIENT = (
    f"oa/canary+{part}==of%five&3c4d5e6f7a" for part in ("access", "refresh", "client")
)
ALL = (*CANARY.values(), PASSWORD, ACCESS, REFRESH, CLIENT)
ASIDE = {"demo reset", "db restore copy.db --yes", "connectors remove files"}
"""What would undo the preparation; it is run at the end."""
MORNING = (
    "-vv sync --json",
    "-vv brief --refresh",
    "connectors test linear",
    "-v doctor",
)


def found(content: bytes) -> list[bytes]:
    return [form for key in ALL for form in forms(key) if form in content]


def silent(ran: Ran) -> Ran:
    assert found(ran.raw + ran.err.encode()) == [], ran
    assert ran.said_plainly(), ran
    return ran


@pytest.fixture(scope="module")
def served(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendors]:
    folder = tmp_path_factory.mktemp("company")
    write_files(world, folder)
    with DemoServer(world) as server:
        server.keys |= CANARY
        yield Vendors(server, folder)


@pytest.fixture
def careful(served: Vendors, world: World) -> Vendors:
    """The vendors in good health, with keys that are easy to find again."""
    well(served, world)
    return served


def well(served: Vendors, world: World) -> None:
    served.server.recover()
    served.server.vendors |= {
        "stripe": StripeSide(world, CANARY["stripe"]),
        "hubspot": HubspotSide(world, CANARY["hubspot"]),
        "linear": LinearSide(world, CANARY["linear"]),
    }


@pytest.fixture(scope="module")
def prepared(served: Vendors, world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that knows all canaries, with data in it."""
    program = Program(tmp_path_factory.mktemp("prepared"))
    well(served, world)
    for source, key in CANARY.items():
        assert served.connect(program, source, key=key).code == 0
    assert served.connect(program, "files").code == 0
    assert silent(program("sync")).code == 0
    return program.home


@pytest.fixture
def home(prepared: Path, careful: Vendors, tmp_path: Path) -> Program:
    copied = shutil.copytree(prepared, tmp_path / "home")
    return Program(copied).having(PG_PASSWORD=PASSWORD)


def swept(program: Program) -> None:
    """No file below the home holds one, but those in the vault."""
    vault = program.home / ".config/agentos/credentials"
    for path in program.home.rglob("*"):
        if path.is_file() and vault not in path.parents:
            assert found(path.read_bytes()) == [], path


def test_the_search_bites(home: Program, careful: Vendors) -> None:
    """A leak that is planted is found, wherever it is."""
    with closing(sqlite3.connect(home.database)) as link:
        link.execute("UPDATE source_state SET problem = ?", (f"refused {CANARY['stripe']}",))
        link.commit()
    with pytest.raises(AssertionError):
        swept(home)
    with pytest.raises(AssertionError):
        silent(home("connectors", "list", "--json"))
    assert leaks(f"key={CANARY['linear']}".encode()) and found(f"Basic {PASSWORD}".encode())


@pytest.mark.parametrize("form", ["-vv {} --json", "{}"])
def test_no_command_says_one(home: Program, form: str) -> None:
    looking = [words.replace(" --demo", "").replace(" --cached", "") for words in LOOKING]
    doing = [words for words in DOING if words not in ASIDE]
    more = ("connectors show stripe", "connectors check stripe", "connectors test linear")
    for words in (*looking, *doing, *more, *sorted(ASIDE)):
        silent(home(*form.format(words).split()))
    swept(home)


def test_no_verbosity_says_one(home: Program) -> None:
    for verbosity in ("-v", "-vv"):
        for words in ("sync", "brief --refresh", "connectors test hubspot", "doctor"):
            silent(home(verbosity, *words.split()))
    swept(home)


Breach = Callable[[Program, Vendors], AbstractContextManager[Program]]


@contextmanager
def readonly(home: Program, careful: Vendors) -> Iterator[Program]:
    home.database.chmod(0o400)
    yield home


@contextmanager
def corrupt(home: Program, careful: Vendors) -> Iterator[Program]:
    home.database.write_bytes(b"not a database" * 4096)
    yield home


@contextmanager
def busy(home: Program, careful: Vendors) -> Iterator[Program]:
    with closing(sqlite3.connect(home.database, isolation_level=None)) as link:
        link.execute("BEGIN EXCLUSIVE")
        yield home


@contextmanager
def no_database(home: Program, careful: Vendors) -> Iterator[Program]:
    url = "postgresql://ada@127.0.0.1:9/none"
    yield home.having(AGENTOS_STORE__URL=url, AGENTOS_STORE__PASSWORD="env:PG_PASSWORD")


@contextmanager
def vault_open(home: Program, careful: Vendors) -> Iterator[Program]:
    for path in (home.home / ".config/agentos/credentials").rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield home


@contextmanager
def vault_gone(home: Program, careful: Vendors) -> Iterator[Program]:
    shutil.rmtree(home.home / ".config/agentos/credentials")
    yield home


def gossip(status: int) -> Breach:
    @contextmanager
    def talkative(home: Program, careful: Vendors) -> Iterator[Program]:
        careful.server.vendors |= {source: Gossip(status, key) for source, key in CANARY.items()}
        yield home

    return talkative


def faulty(fault: str) -> Breach:
    @contextmanager
    def ordered(home: Program, careful: Vendors) -> Iterator[Program]:
        careful.order(",".join(f"{source}={fault}" for source in SOURCES))
        yield home

    return ordered


@contextmanager
def wrong_config(home: Program, careful: Vendors) -> Iterator[Program]:
    path = home.home / ".config/agentos/config.toml"
    path.write_text("[sync\ndeadline = 'never'\n", encoding="utf-8")
    yield home


@contextmanager
def logged_in(home: Program, careful: Vendors) -> Iterator[Program]:
    """Linear by a login that is due, at a vendor who says no and repeats what it was told."""
    url = careful.server.urls["linear"]
    grant = Grant(f"{url}/graphql", "app", CLIENT, ACCESS, REFRESH, utc_now() - timedelta(days=1))
    kept = home.home / ".config/agentos/credentials/default/linear"
    kept.write_text(grant.to_text(), encoding="utf-8")
    with closing(sqlite3.connect(home.database)) as link:
        link.execute(
            "UPDATE connection SET options = json_set(options, '$.login', 'device') WHERE source = 'linear'"
        )
        link.commit()
    careful.server.vendors |= {"linear": Gossip(400, REFRESH)}
    yield home


BROKEN: dict[str, Breach] = {
    "the disk": readonly,
    "the database": corrupt,
    "another process in the way": busy,
    "the server of the database": no_database,
    "an open vault": vault_open,
    "a lost vault": vault_gone,
    "the settings": wrong_config,
    "a vendor that repeats the key (400)": gossip(400),
    "a vendor that repeats the key (401)": gossip(401),
    "a vendor that repeats the key (500)": gossip(500),
    "a web page for an answer": faulty("html"),
    "half an answer": faulty("truncate"),
    "a reset": faulty("reset"),
    "a rate limit": faulty("ratelimit"),
    "a login that has ended": logged_in,
}


WAITING = {"another process in the way": 8}
"""Where commands do nothing but wait, so many of them wait side by side."""


@pytest.mark.parametrize("layer", BROKEN)
def test_nothing_that_breaks_says_one(home: Program, careful: Vendors, layer: str) -> None:
    with BROKEN[layer](home, careful) as standing, ThreadPoolExecutor(WAITING.get(layer, 1)) as many:
        broken = standing.having(AGENTOS_SYNC__DEADLINE="2")
        for ran in many.map(lambda words: broken(*words.split()), MORNING):
            silent(ran)
        silent(careful.connect(broken, "stripe", "--json", key=CANARY["stripe"]))
    swept(home)
