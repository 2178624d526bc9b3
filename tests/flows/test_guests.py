"""Connectors that others wrote, however badly: they run in a process of their own, and the morning comes."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentos_cli.clock import utc_now
from agentos_cli.connectors.guest.description import checked
from tests.cli.program import Program, Ran
from tests.flows.packages import SPEC, install
from tests.flows.street import Street, house

HEAD = (
    SPEC
    + """
import ctypes, os, signal, sys, time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from agentos_cli.contract import Batch, Skipped
from agents.money import Money
from agents.nouns import Customer, Invoice

AT = datetime(2026, 11, 1, tzinfo=UTC)


def bill(access, number):
    owed = Money(100, "USD")
    return Invoice(access.source, f"in_{number}", "c", "a.example", None, "open", owed, owed, AT, None, None)


def check(access):
    return f"account of {access.secret[:3]}"


def good(access):
    yield Batch(Invoice, tuple(bill(access, number) for number in range(3)))

"""
)
GOOD = "fetch = good"

BROKEN: dict[str, tuple[str, str]] = {
    "raises": ("def fetch(access):\n    raise KeyError('planted')", "KeyError: 'planted'"),
    "raiseshalfway": (
        "def fetch(access):\n    yield from good(access)\n    raise KeyError('planted')",
        "KeyError: 'planted'",
    ),
    "cannotbeimported": ("import nothing_of_that_name", "ModuleNotFoundError"),
    "hangsinimport": ("time.sleep(3600)", " 20 s"),
    "hangs": ("def fetch(access):\n    time.sleep(3600)\n    yield", " 20 s"),
    "ignoressignals": (
        "def fetch(access):\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "    while True:\n        time.sleep(0.1)\n    yield",
        " 20 s",
    ),
    "leaves": ("def fetch(access):\n    os._exit(3)", "exit code 3"),
    "exits": ("def fetch(access):\n    sys.exit(0)", "SystemExit: 0"),
    "crashes": ("def fetch(access):\n    ctypes.string_at(0)", "SIGSEGV"),
    "kills": ("def fetch(access):\n    os.killpg(0, signal.SIGKILL)", "SIGKILL"),
    "devoursmemory": ("def fetch(access):\n    keep = bytearray(8 * 1024**3)\n    yield", "MemoryError"),
    "bringsnobatches": ("def fetch(access):\n    yield {'invoices': []}", "it brought dict"),
    "bringsnothingtogothrough": ("def fetch(access):\n    return None", "TypeError"),
    "bringswhatothersbring": (
        "def fetch(access):\n    yield Batch(Customer, ())",
        "it brought customer, which is none of its kinds",
    ),
    "mixes": (
        "def fetch(access):\n    yield Batch(Invoice, (Customer(access.source, 'c', None, 'C', None, AT),))",
        "a Customer came among its invoice records",
    ),
    "namesanother": (
        "def fetch(access):\n    yield Batch(Invoice, (replace(bill(access, 1), source='stripe'),))",
        "says that it comes from stripe",
    ),
    "bringstwice": (
        "def fetch(access):\n    yield from good(access)\n    yield from good(access)",
        "it brought its invoice records twice",
    ),
    "floods": (
        "def fetch(access):\n    yield Batch(Invoice, tuple(bill(access, n) for n in range(100)) * 100_000)",
        "it sent more than 32 MB",
    ),
    "writesitsown": (
        "def fetch(access):\n"
        "    for handle in range(3, 32):\n"
        "        try:\n            os.write(handle, b'NaN, and no JSON\\n')\n"
        "        except OSError:\n            pass\n"
        "    yield from good(access)",
        "not valid JSON",
    ),
    "writeswithoutend": (
        "def fetch(access):\n"
        "    while True:\n"
        "        for handle in range(3, 32):\n"
        "            try:\n                os.write(handle, b'x' * 65536)\n"
        "            except OSError:\n                pass\n"
        "    yield",
        "a line of more than 8 MB",
    ),
    "closeseverything": (
        "def fetch(access):\n    os.closerange(0, 256)\n    yield from good(access)",
        "connector broke: it",  # closed its answer, left, or ended itself since nobody listens: who is first
    ),
    "measureswithnan": (
        "def fetch(access):\n"
        "    yield Batch(Invoice, (replace(bill(access, 1), total=Money(float('nan'), 'USD')),))",
        "none of 1 invoice records could be read",
    ),
}
"""What a package does, and what is told of its source."""

FINE: dict[str, str] = {
    "prints": (
        "print('{\"done\": true}')\ndef fetch(access):\n    print('x' * 100_000)\n    yield from good(access)"
    ),
    "closesitsstdout": "def fetch(access):\n    os.close(1)\n    yield from good(access)",
    "readsstdin": "def fetch(access):\n    assert sys.stdin.read() == ''\n    yield from good(access)",
    "leavesthreads": ("import threading\nthreading.Thread(target=time.sleep, args=(3600,)).start()\n" + GOOD),
    "forks": (
        "def fetch(access):\n"
        "    for _ in range(30):\n"
        "        if os.fork() == 0:\n            time.sleep(3600)\n            os._exit(0)\n"
        "    yield from good(access)"
    ),
    "looksaround": (
        "def fetch(access):\n"
        "    assert 'CANARY' not in os.environ\n"
        "    assert access.secret not in repr(dict(os.environ)) + repr(sys.argv)\n"
        "    yield from good(access)"
    ),
}
"""What is strange, and harms nobody: three records come."""

PARTLY: dict[str, tuple[str, str]] = {
    "naive": (
        "replace(bill(access, 9), created_at=datetime(2026, 1, 1))",
        "created_at is an instant without",
    ),
    "ancient": ("replace(bill(access, 9), created_at=datetime(1, 1, 1, tzinfo=UTC))", "created_at"),
    "huge": ("replace(bill(access, 9), number='x' * 1_000_000)", "number is a text of 1000000 letters"),
    "tooLarge".lower(): (
        "replace(bill(access, 9), total=Money(10**5000, 'USD'))",
        "total is a number beyond",
    ),
    "nocurrency": ("replace(bill(access, 9), total=Money(1, 'dollars'))", "currency is `dollars`"),
    "unknownstate": ("replace(bill(access, 9), status='overdue')", "status is `overdue`, not one of"),
    "untyped": ("replace(bill(access, 9), paid_at='yesterday')", "paid_at is not an instant"),
    "setted": ("replace(bill(access, 9), customer_id={1, 2})", "customer_id is a set"),
    "nameless": ("replace(bill(access, 9), id='')", "id is missing"),
}
"""One record that cannot be, beside three that can, and why it was left out."""


def planted_code(name: str) -> str:
    if name in PARTLY:
        strange = PARTLY[name][0]
        made = f"(*(bill(access, n) for n in range(3)), {strange})"
        return f"{HEAD}\ndef fetch(access):\n    yield Batch(Invoice, {made})\n"
    return HEAD + (BROKEN[name][0] if name in BROKEN else FINE[name])


@dataclass(frozen=True)
class Morning:
    """One brief with all of them connected, what the sync ahead of it said of each source, and the brief of
    before they were there."""

    program: Program
    site: Path
    before: Any
    sync: Ran
    brief: Any

    def outcome(self, source: str) -> Any:
        return next(each for each in self.sync.json()["sources"] if each["source"] == source)


@pytest.fixture(scope="module")
def morning(_today: tuple[Street, Path], tmp_path_factory: pytest.TempPathFactory) -> Morning:
    """They are connected while they are well; then each shows what it can do."""
    street, home = _today
    street.quiet()
    program = Program(Path(shutil.copytree(home, tmp_path_factory.mktemp("guests") / "home")))
    site, before = program.home / "site", program("brief", "--cached", "--json").json()
    living = house(program.home, utc_now)
    for name in (*BROKEN, *FINE, *PARTLY):
        said = {**_spec(), "has": ["fetch", "check"], "fields": {}, "streams": {}}
        living.sources.connect(
            checked(name, f"{name}_agentos", said), secret=f"key-{name}-123456", reference=None,
            keep_in="file", base_url=None, options={}, check=False,
        )  # fmt: skip
        install(site, name, planted_code(name))
    program.configure("[sync]\ndeadline = 20\n")
    guarded = program.having(PYTHONPATH=str(site), CANARY="sing")
    ran = guarded("sync", "--json")
    return Morning(guarded, site, before, ran, guarded("brief", "--cached", "--all", "--json").json())


def values(brief: Any) -> dict[str, Any]:
    return {number["key"]: number["value"] for number in brief["numbers"]}


def _spec() -> dict[str, Any]:
    found: dict[str, Any] = {}
    exec(SPEC, found)
    return dict(found["SPEC"])


@pytest.mark.parametrize("name", BROKEN)
def test_one_that_breaks_is_told_in_one_line(morning: Morning, name: str) -> None:
    outcome = morning.outcome(name)
    assert not outcome["ok"]
    assert BROKEN[name][1] in outcome["problem"] and "\n" not in outcome["problem"]
    assert len(outcome["problem"]) <= 300
    spot = next(each for each in morning.brief["blind_spots"] if each["source"] == name)
    assert spot["why"] == outcome["problem"]


@pytest.mark.parametrize("name", FINE)
def test_one_that_is_merely_strange_is_read(morning: Morning, name: str) -> None:
    outcome = morning.outcome(name)
    assert (outcome["ok"], outcome["records"], outcome["problem"]) == (True, 3, None)


@pytest.mark.parametrize("name", PARTLY)
def test_one_strange_record_is_left_out_and_told(morning: Morning, name: str) -> None:
    outcome = morning.outcome(name)
    assert (outcome["ok"], outcome["records"], outcome["skipped"]) == (True, 3, 1)
    (left_out,) = morning.program("connectors", "skipped", name, "--json").json()["skipped"]
    assert PARTLY[name][1] in left_out["why"]


def test_all_else_is_there(morning: Morning) -> None:
    for source in ("stripe", "hubspot", "linear", "files"):
        assert morning.outcome(source)["ok"]
    assert morning.brief["failed"] == []
    assert values(morning.brief) == values(morning.before)
    assert values(morning.brief)["mrr"] and values(morning.brief)["pipeline"]
    assert morning.sync.said_plainly()
    assert "key-" not in morning.sync.err + str(morning.brief)


def test_nothing_of_them_is_left_running(morning: Morning) -> None:
    left = []
    for each in Path("/proc").iterdir():
        try:
            environment = (each / "environ").read_bytes() if each.name.isdigit() else b""
        except OSError:  # it ended meanwhile, or is nobody's but the system's
            continue
        if str(morning.site).encode() in environment:
            left.append((each / "cmdline").read_text())
    assert left == []


# ── as a user does it ────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def acme(office: Program) -> Program:
    """The program beside a package that offers `acme`."""
    site = install(office.home / "site", "acme", HEAD + GOOD)
    return office.having(PYTHONPATH=str(site))


def connectors(program: Program) -> dict[str, Any]:
    return {each["source"]: each for each in program("connectors", "list", "--json").json()["connectors"]}


def test_a_package_is_offered_connected_read_and_removed(acme: Program) -> None:
    assert (connectors(acme)["acme"]["state"], connectors(acme)["acme"]["fix"]) == (
        "not connected",
        "agentos connect acme",
    )
    assert acme("sync", "acme").code == 2

    connected = acme("connect", "acme", "--keep-in", "file", stdin="key-of-acme")
    assert connected.code == 0, connected.err
    assert "Acme is connected: account of key" in connected.out
    assert acme("connectors", "test", "acme").code == 0
    assert "acme    ok      3" in acme("sync", "acme").out
    listed = connectors(acme)["acme"]
    assert (listed["title"], listed["state"], listed["life_minutes"]) == ("Acme", "fresh", 30)
    assert "source acme" in acme("doctor").out
    overdue = acme("finance", "--json", "--all").json()
    assert "acme:invoice:in_1" in str(acme("explain", "overdue", "--all", "--json").json()), overdue

    assert acme("connectors", "remove", "acme").code == 0
    assert connectors(acme)["acme"]["state"] == "not connected"
    assert acme("brief", "--cached").code == 0


def test_a_package_that_is_gone_is_told(acme: Program) -> None:
    assert acme("connect", "acme", "--keep-in", "file", stdin="key-of-acme").code == 0
    shutil.rmtree(acme.home / "site")
    ran = acme("sync", "acme")
    assert ran.code == 7
    assert "ModuleNotFoundError" in ran.out and ran.said_plainly()
    assert acme("connectors", "list").code == 0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("SPEC['kinds'] = ['rumour']", "kinds has `rumour`"),
        ("SPEC['asks'] = 'everything'", "asks is `everything`"),
        ("SPEC['base_url'] = 'http://acme.example'", "base_url is not an https address"),
        ("SPEC['life_minutes'] = 0", "life_minutes"),
        ("SPEC['colour'] = 'red'", "SPEC has `colour`"),
        ("del SPEC['title']", "title is missing"),
        ("SPEC['pages'] = {'invoice': 'javascript:alert(1)//{id}'}", "pages has `invoice`"),
        ("del fetch", "it has no function `fetch`"),
        ("del SPEC", "SPEC"),
        ("os._exit(3)", "exit code 3"),
    ],
)
def test_a_package_that_describes_itself_wrongly_is_not_connected(
    program: Program, wrong: str, told: str
) -> None:
    site = install(program.home / "site", "acme", f"{HEAD}{GOOD}\n{wrong}\n")
    ran = program("connect", "acme", stdin="key-of-acme", env={"PYTHONPATH": str(site)})
    assert ran.code == 7
    assert told in ran.err and ran.said_plainly()


def test_a_near_name_is_offered_and_nothing_is_asked_for_it(program: Program) -> None:
    site = install(program.home / "site", "acme", "open('was-here', 'w')")
    ran = program("connect", "acmee", env={"PYTHONPATH": str(site)})
    assert ran.code == 2
    assert "did you mean acme?" in ran.err
    assert program("connectors", "list", env={"PYTHONPATH": str(site)}).code == 0
    assert not list(program.home.rglob("was-here")) and not Path("/was-here").exists()


def test_a_package_cannot_take_the_place_of_a_source_of_ours(program: Program) -> None:
    site = install(program.home / "site", "stripe", "raise SystemExit('planted')")
    ran = program(
        "connect", "stripe", "--no-check", "--keep-in", "file", stdin="sk_test_12345678",
        env={"PYTHONPATH": str(site)},
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert "Stripe is connected" in ran.out


def test_the_guest_of_a_program_that_was_killed_ends_by_itself(acme: Program) -> None:
    assert acme("connect", "acme", "--keep-in", "file", stdin="key-of-acme").code == 0
    mark = acme.home / "began"
    fetch = f"    open({str(mark)!r}, 'w').write(str(os.getpid()))\n    time.sleep(3600)\n    yield"
    install(acme.home / "site", "acme", f"{HEAD}\ndef fetch(access):\n{fetch}")
    running = acme.started("sync", "acme")
    guest = _number_in(mark)
    running.kill()
    running.communicate()
    assert _ends(guest)


def _number_in(path: Path) -> int:
    from time import sleep

    for _ in range(600):
        if path.exists() and path.read_text():
            return int(path.read_text())
        sleep(0.05)
    raise AssertionError("the guest never began")


def _ends(process: int) -> bool:
    from time import sleep

    for _ in range(200):
        try:
            os.kill(process, 0)
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        sleep(0.05)
    return False
