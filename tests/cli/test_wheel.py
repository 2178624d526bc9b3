"""The built wheel, installed alone: all it needs is in it, and it runs from an empty directory."""

from __future__ import annotations

import ast
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

import pytest

from tests.cli.program import Ran

ROOT = Path(__file__).parents[2]
PROVIDED = {
    "dateutil": "python-dateutil",
    "genai_prices": "genai-prices",
    "graphql": "graphql-core",
    "pydantic": "sqlmodel",
    "sqlalchemy": "sqlmodel",
    "typing_extensions": "sqlmodel",
    "pydantic_settings": "pydantic-settings",
    "yaml": "pyyaml",
}
"""Packages whose import name is not that of the requirement that brings them."""


@dataclass(frozen=True)
class Installed:
    """A fresh environment with the wheel in it, and a home."""

    wheel: Path
    environment: Path
    home: Path

    def run(self, *command: str) -> Ran:
        """A program of the environment, in an empty directory, with nothing of ours around it."""
        empty = self.home / "empty"
        empty.mkdir(exist_ok=True)
        known = {"PATH": "/usr/bin:/bin", "HOME": str(self.home), "TZ": "UTC", "PYTHONUTF8": "1"}
        program = self.environment / "bin" / command[0]
        done = subprocess.run(
            (program, *command[1:]), env=known, cwd=empty, capture_output=True, timeout=120, check=False
        )
        return Ran(done.returncode, done.stdout, done.stderr.decode())


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel is built from the sdist, as a package index would have it, and installed without its
    dependencies; those are lent by the environment that runs the tests, so nothing is downloaded."""
    place = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", str(place), str(ROOT))
    done(build)
    (wheel,) = place.glob("*.whl")
    environment = place / "environment"
    done((sys.executable, "-m", "venv", "--without-pip", str(environment)))
    python = str(environment / "bin" / "python")
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    done((*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel)))
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    home = place / "home"
    home.mkdir()
    return Installed(wheel, environment, home)


def done(command: tuple[str, ...]) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]


def test_the_program_comes_from_the_wheel(installed: Installed) -> None:
    code = "import agents, agentos_cli; print(agents.__file__, agentos_cli.__file__)"
    for path in installed.run("python", "-c", code).out.split():
        assert Path(path).is_relative_to(installed.environment)


def test_it_says_its_version(installed: Installed) -> None:
    ran = installed.run("agentos", "--version")
    assert (ran.code, ran.err) == (0, "")
    version = ran.out.removeprefix("agentos ").strip()
    assert installed.wheel.name == f"agentos_cli-{version}-py3-none-any.whl"


def test_the_demo_runs_from_an_empty_directory(installed: Installed) -> None:
    ran = installed.run("agentos", "brief", "--demo", "--json")
    assert ran.code == 0, ran.err
    document = ran.json()
    assert document["decisions"]
    assert document["failed"] == []
    assert list((installed.home / "empty").iterdir()) == []


def test_the_migrations_are_in_it(installed: Installed) -> None:
    assert installed.run("agentos", "db", "upgrade").code == 0
    assert installed.run("agentos", "db", "check").code == 0
    assert installed.run("agentos", "brief").code == 0
    assert "(current)" in installed.run("agentos", "status").out
    shipped = {Path(name).name for name in names(installed) if "/_migrations/versions/" in name}
    assert shipped == {path.name for path in (ROOT / "migrations" / "versions").glob("*.py")}


def test_the_example_and_the_schemas_need_no_source_tree(installed: Installed) -> None:
    assert installed.run("agentos", "config", "example").raw == (ROOT / "config.example.toml").read_bytes()
    assert installed.run("agentos", "schema", "brief").json()["$id"] == "agentos.brief/1"
    assert installed.run("agentos", "demo", "files", "company").code == 0
    (installed.home / "empty" / "company").rename(installed.home / "company")


def names(installed: Installed) -> list[str]:
    with zipfile.ZipFile(installed.wheel) as wheel:
        return wheel.namelist()


def metadata(installed: Installed) -> str:
    with zipfile.ZipFile(installed.wheel) as wheel:
        (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        return wheel.read(name).decode()


def test_nothing_else_is_in_it(installed: Installed) -> None:
    tops = {name.split("/")[0] for name in names(installed)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"agents", "agentos_cli"}
    assert not [name for name in names(installed) if "__pycache__" in name or name.endswith(".pyc")]
    ours = {path.relative_to(ROOT).as_posix() for room in ("agents", "agentos_cli") for path in files(room)}
    assert ours <= set(names(installed))


def files(room: str) -> list[Path]:
    found = (path for path in (ROOT / room).rglob("*") if path.is_file())
    return [path for path in found if "__pycache__" not in path.parts]


def test_what_it_imports_is_what_it_requires(installed: Installed) -> None:
    about = Parser().parsestr(metadata(installed))
    assert (about["Name"], about["Requires-Python"]) == ("agentos-cli", ">=3.11")
    requirements = about.get_all("Requires-Dist") or []
    required = {requirement.split(";")[0] for requirement in requirements if "extra ==" not in requirement}
    optional = {requirement for requirement in requirements if "extra ==" in requirement}
    known = {word.split(">")[0].split("<")[0].split("=")[0].split("[")[0].strip() for word in required}
    imported = {top for room in ("agents", "agentos_cli") for path in files(room) for top in tops(path)}
    extra = {"psycopg", "keyring", "pyarrow", "redis", "apprise"}
    assert all(any(word.startswith(name) for word in optional) for name in extra)
    assert {PROVIDED.get(name, name) for name in imported - extra} <= known, imported
    assert known <= {PROVIDED.get(name, name) for name in imported} | {"tzdata"}, "required and not used"


def tops(path: Path) -> set[str]:
    """The packages from outside that a module imports anywhere."""
    if path.suffix != ".py":
        return set()
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"agents", "agentos_cli", "__future__"}
