"""The floors of the house hold, and the rules that hold them bite."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = (sys.executable, "-c", "import sys; from importlinter.cli import lint_imports_command; "
        "sys.exit(lint_imports_command())", "--no-cache")  # fmt: skip


def lint(where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(LINT, cwd=where, capture_output=True, text=True, timeout=120, check=False)


def test_every_contract_is_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house in which something may be broken."""
    for room in ("agents", "agentos_cli"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


BREACHES = {
    "an arrow up a floor": ("agentos_cli/store/store.py", "import agentos_cli.sync", "floors"),
    "two rooms of one floor": ("agentos_cli/plans.py", "import agentos_cli.sync", "floors"),
    "a room that was not placed": ("agentos_cli/utils.py", "", "floors"),
    "agents that know the other half": ("agents/report.py", "import agentos_cli.clock", "pure half"),
    "agents that use a library": ("agents/report.py", "import pydantic", "pure half"),
    "SQL outside the store": ("agentos_cli/sync.py", "import sqlalchemy", "Only store knows SQL"),
    "a second way out": ("agentos_cli/connectors/linear.py", "import httpx", "Only http"),
    "the terminal in a feature": ("agentos_cli/sync.py", "import rich", "terminal"),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_caught(house: Path, breach: str) -> None:
    place, line, contract = BREACHES[breach]
    file = house / place
    text = file.read_text(encoding="utf-8") if file.exists() else '"""A room."""\n'
    file.write_text(text + f"\n{line}\n", encoding="utf-8")
    done = lint(house)
    assert done.returncode == 1, f"{breach} went unseen"
    told = " ".join(done.stdout.split())  # long names are wrapped
    broken = [part.split(" KEPT ")[-1] for part in told.split(" BROKEN")[:-1]]
    assert any(contract in name for name in broken), done.stdout


def test_every_contract_is_broken_once_above() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    names = [c["name"] for c in config["tool"]["importlinter"]["contracts"]]
    tried = {contract for _, _, contract in BREACHES.values()}
    assert all(any(part in name for part in tried) for name in names)
