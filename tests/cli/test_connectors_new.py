"""A connector of one's own: the scaffold works, its contract test bites, and a user can connect it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from agentos_cli.testing import serving
from tests.cli.program import Program, Ran

SORTS = {"fetch": (), "parts": ("--parts",)}


def scaffold(program: Program, name: str = "acme", *words: str) -> Path:
    ran = program("connectors", "new", name, *words)
    assert ran.code == 0, ran.err
    return program.home / f"agentos-{name}"


def own_tests(folder: Path) -> Ran:
    """The package's own tests, as its author runs them."""
    words = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
    done = subprocess.run(words, cwd=folder, capture_output=True, timeout=120, check=False)
    return Ran(done.returncode, done.stdout, done.stderr.decode())


@pytest.mark.parametrize("sort", SORTS)
def test_its_own_test_is_green_out_of_the_box(program: Program, sort: str) -> None:
    ran = own_tests(scaffold(program, "acme", *SORTS[sort]))
    assert ran.code == 0, ran.out
    assert "1 passed" in ran.out


BREACHES = {
    "reads more than it declares": (
        "fetch",
        '        "paid_at?": "instant",\n',
        "",
        "reads more than it declares",
    ),
    "declares another type": (
        "fetch",
        '"total_cents": "number"',
        '"total_cents": "flag"',
        "is not as declared",
    ),
    "brings other kinds": ("fetch", '"kinds": ["invoice"]', '"kinds": ["deal"]', "it brought invoice"),
    "needs no key": (
        "fetch",
        'return text(as_object(_get(access, "/v1/account")), "name")',
        'return "fine"',
        "a wrong key was not refused",
    ),
    "says nothing of the account": (
        "fetch",
        'return text(as_object(_get(access, "/v1/account")), "name")',
        '_get(access, "/v1/account")\n    return ""',
        "`check` gives one line",
    ),
    "stumbles over a strange record": (
        "fetch",
        'ident(raw, "customer_id")',
        'raw["customer_id"]',
        "is skipped, not raised",
    ),
    "has instants without a zone": (
        "fetch",
        'created_at=instant(raw, "created_at")',
        'created_at=instant(raw, "created_at").replace(tzinfo=None)',
        "created_at is an instant without a time zone",
    ),
    "names its source itself": (
        "fetch",
        "source=access.source",
        'source="other"',
        "its source is access.source",
    ),
    "gives ids by chance": (
        "fetch",
        "id=ident(raw),",
        "id=__import__('uuid').uuid4().hex,",
        "reading twice",
    ),
    "gives no sample": ("fetch", "def sample(", "def samples(", "give the first raw records"),
    "describes itself wrongly": ("fetch", '"life_minutes": 60', '"life_minutes": "soon"', "life_minutes"),
    "makes something else of one group": (
        "parts",
        'found.records["invoices"], invoice',
        'found.records["invoices"][:1], invoice',
        "for each group than for all at once",
    ),
}
"""What somebody may do to it, and what its test then says."""


@pytest.mark.parametrize("breach", BREACHES)
def test_its_own_test_is_red_when_it_breaks(program: Program, breach: str) -> None:
    sort, old, new, told = BREACHES[breach]
    folder = scaffold(program, "acme", *SORTS[sort])
    module = folder / "acme_agentos.py"
    text = module.read_text(encoding="utf-8")
    assert text.count(old) == 1
    module.write_text(text.replace(old, new), encoding="utf-8")
    ran = own_tests(folder)
    assert ran.code == 1
    assert told in ran.out


# ── as a user goes on ────────────────────────────────────────────────────────────────────────────


class Ledger:
    """A vendor of invoices; `asked` are the parameters of each request for them."""

    def __init__(self, invoices: list[dict[str, object]]) -> None:
        self.invoices = invoices
        self.asked: list[Mapping[str, str]] = []

    def page(self, query: Mapping[str, str]) -> object:
        self.asked.append(query)
        changed = query.get("changed_since", "")
        found = [each for each in self.invoices if str(each.get("changed", "")) >= changed]
        return {"data": found, "next_page": None}


@pytest.fixture
def ledger() -> Ledger:
    text = (Path(__file__).parents[2] / "agentos_cli/connectors/scaffold/invoices.json").read_text()
    return Ledger(json.loads(text))


@pytest.fixture
def vendor(ledger: Ledger) -> Iterator[str]:
    with serving({"/v1/account": {"name": "Example Ltd"}, "/v1/invoices": ledger.page}, key="a-key") as url:
        yield url


def installed(program: Program, folder: Path, name: str) -> Program:
    """The program beside the package, as `pip install -e` leaves it: on the path, with its entry point."""
    about = folder / f"agentos_{name}-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: agentos-{name}\nVersion: 0.1.0\n")
    declared = (folder / "pyproject.toml").read_text().split("[project.entry-points.")[1].splitlines()[1]
    (about / "entry_points.txt").write_text(f"[agentos.connectors]\n{declared.replace(chr(34), '')}\n")
    return program.having(PYTHONPATH=str(folder))


@pytest.mark.parametrize("sort", SORTS)
def test_it_is_connected_read_and_checked(program: Program, vendor: str, sort: str) -> None:
    beside = installed(program, scaffold(program, "acme", *SORTS[sort]), "acme")
    connected = beside("connect", "acme", "--base-url", vendor, "--keep-in", "file", stdin="a-key")
    assert connected.code == 0, connected.err
    assert "Acme is connected: Example Ltd" in connected.out
    read = beside("sync", "--json").json()["sources"]
    assert [(each["ok"], each["records"], each["skipped"]) for each in read] == [(True, 3, 0)], read
    checked = beside("connectors", "check", "acme", "--json")
    assert (checked.code, checked.json()["ok"]) == (0, True)
    explained = str(beside("explain", "overdue", "--all", "--json").json())
    assert "https://app.acme.example/invoices/inv_2" in explained


def test_one_of_parts_is_asked_for_changes_alone(program: Program, vendor: str, ledger: Ledger) -> None:
    beside = installed(program, scaffold(program, "acme", "--parts"), "acme")
    assert beside("connect", "acme", "--base-url", vendor, "--keep-in", "file", stdin="a-key").code == 0
    assert beside("sync").code == 0
    ledger.asked.clear()
    ledger.invoices = [{**ledger.invoices[1], "status": "paid", "changed": "9999"}]
    (again,) = beside("sync", "--json").json()["sources"]
    assert (again["ok"], again["records"], again["changed"]) == (True, 3, 1), again
    assert ["changed_since" in each for each in ledger.asked] == [True]


def test_what_drifts_is_told_with_exit_code_7(program: Program, vendor: str, ledger: Ledger) -> None:
    beside = installed(program, scaffold(program), "acme")
    assert beside("connect", "acme", "--base-url", vendor, "--keep-in", "file", stdin="a-key").code == 0
    for each in ledger.invoices:
        each["total"] = each.pop("total_cents")
    ran = beside("connectors", "check", "acme")
    assert ran.code == 7
    assert "! invoices  total_cents is gone; is it `total` now? (3 of 3, such as `120000`)" in ran.out
    assert "a-key" not in ran.out + ran.err


def test_only_what_is_connected_is_checked(program: Program) -> None:
    ran = program("connectors", "check", "stripe")
    assert (ran.code, "is not connected" in ran.err) == (2, True)


# ── names and places ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["Acme", "../acme", "a b", "9lives", "", "x" * 60, "stripe", "@name@"])
def test_a_name_that_no_source_can_have_is_refused(program: Program, name: str) -> None:
    ran = program("connectors", "new", name)
    assert (ran.code, ran.raw) == (2, b"")
    assert not list(program.home.glob("agentos-*"))


def test_nothing_is_overwritten(program: Program) -> None:
    folder = program.home / "mine"
    folder.mkdir()
    (folder / "README.md").write_text("mine")
    ran = program("connectors", "new", "acme", "--folder", str(folder))
    assert ran.code == 2 and "is there already" in ran.err
    assert [each.name for each in folder.iterdir()] == ["README.md"]
    assert (folder / "README.md").read_text() == "mine"


def test_a_name_with_a_dash_makes_a_module_without_one(program: Program) -> None:
    folder = scaffold(program, "acme-crm")
    assert (folder / "acme_crm_agentos.py").exists()
    assert 'acme-crm = "acme_crm_agentos"' in (folder / "pyproject.toml").read_text()
    assert own_tests(folder).code == 0
