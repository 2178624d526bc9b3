"""Installs a tap into an environment of its own, where nothing of it can collide with ours.

With `venv` and `pip` of the Python that runs us, from the package index that pip is set up for.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from agentos_cli.errors import DataProblem, Temporary, UsageProblem
from agentos_cli.redaction import redact

PATIENCE = 900
"""Seconds for one step: some taps bring a hundred packages."""
PACKAGE = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[A-Za-z0-9_,-]+\])?(?:==[A-Za-z0-9.!+]+)?"
)
OLD_TOOLS = "setuptools<81"
"""What older taps look for (`pkg_resources`) and do not ask for; newer Pythons and releases lack it."""
SCRIPTS = (
    "import sys; from importlib.metadata import distribution as d; "
    "print(*(e.name for e in d(sys.argv[1]).entry_points if e.group == 'console_scripts'), sep='\\n')"
)


def package_name(package: str) -> str:
    """The name in `tap-csv==1.2`. Raises UsageProblem for what is no package with or without a version."""
    found = PACKAGE.fullmatch(package)
    if found is None:
        raise UsageProblem(
            f"`{package[:60]}` is no package that can be installed here",
            fix="NAME or NAME==VERSION; another kind of tap: make an environment, and give its path instead",
        )
    return found["name"]


def install(package: str, place: Path) -> Path:
    """Puts a package into the environment `place`, made anew if need be; gives its tap's executable.

    Raises Temporary when pip cannot, DataProblem when the package has no program to run.
    """
    name, new = package_name(package), not (place / "bin" / "python").exists()
    python = place / "bin" / "python"
    try:
        if new:
            place.parent.mkdir(parents=True, exist_ok=True)
            _step("make an environment", sys.executable, "-I", "-m", "venv", str(place))
        _step(
            f"install {package}", str(python), "-I", "-m", "pip", "install", "--quiet", "--no-input",
            "--disable-pip-version-check", "--upgrade", package, OLD_TOOLS,
        )  # fmt: skip
        scripts = _step("ask it for its programs", str(python), "-I", "-c", SCRIPTS, name).split()
        return place / "bin" / _chosen(scripts, name)
    except BaseException:
        if new:  # half an environment would be taken for a whole one
            shutil.rmtree(place, ignore_errors=True)
        raise


def _chosen(scripts: list[str], name: str) -> str:
    """The tap among the programs of a package."""
    taps = [each for each in scripts if each.startswith("tap-")]
    found = next((each for each in (name, *taps, *scripts) if each in scripts), None)
    if found is None:
        raise DataProblem(f"the package {name} has no program to run: it is no tap")
    return found


def _step(what: str, *words: str) -> str:
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise Temporary(f"cannot {what}: {type(problem).__name__}") from None
    if done.returncode == 0:
        return done.stdout
    lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    raise Temporary(f"cannot {what}: {redact(errors[0] if errors else 'pip said nothing')[:300]}")
