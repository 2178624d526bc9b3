"""Budgets of size and hygiene. What is over one stands in a list with its reason, for all to see."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "agents").rglob("*.py"), *(ROOT / "agentos_cli").rglob("*.py")])
ALL = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]

FILE_LINES = 500
FUNCTION_LINES = 60
BODY_LINES = 20

LONG_FILES: dict[str, str] = {"nouns.py": "a plain list of records, best looked through in one place"}
LONG_FUNCTIONS: dict[str, str] = {}
"""Path (and function) to the reason why it may be longer."""

REFUSED = {"utils", "core", "common", "helpers", "services", "managers", "interfaces", "misc"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


def lines_of(node: ast.FunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def body_of(node: ast.FunctionDef) -> int:
    """Lines of the body, docstring and nested functions left out."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    inner = sum(lines_of(n) for n in body if isinstance(n, ast.FunctionDef))
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 - inner if body else 0


def oversized(paths: list[Path]) -> list[str]:
    """What is over a budget, in words; the check that the tests below and their breach share."""
    found = []
    for path in paths:
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > FILE_LINES and path.name not in LONG_FILES:
            found.append(f"{path.name} has {count} lines")
        for node in functions(path):
            if lines_of(node) > FUNCTION_LINES and f"{path.name}:{node.name}" not in LONG_FUNCTIONS:
                found.append(f"{path.name}:{node.name} has {lines_of(node)} lines")
            if path.parent.name == "commands" and body_of(node) > BODY_LINES:
                found.append(f"{path.name}:{node.name} has a body of {body_of(node)} lines")
    return found


def test_files_functions_and_commands_are_small() -> None:
    assert oversized(ALL) == []


def test_the_budget_bites(tmp_path: Path) -> None:
    commands = tmp_path / "commands"
    commands.mkdir()
    long = commands / "long.py"
    long.write_text("def f():\n" + "    x = 1\n" * 520, encoding="utf-8")
    assert len(oversized([long])) == 3


def test_no_room_has_a_name_that_says_nothing() -> None:
    assert [name(p) for p in SOURCES if p.stem in REFUSED or p.parent.name in REFUSED] == []


@pytest.mark.parametrize("path", ALL, ids=name)
def test_the_first_line_says_what_the_room_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.name == "__init__.py" and not text.strip():
        return
    doc = ast.get_docstring(ast.parse(text))
    assert doc and doc.splitlines()[0].rstrip().endswith((".", ":", '"')), f"{name(path)}: {doc!r}"


def test_public_things_have_docstrings() -> None:
    bare = []
    for path in SOURCES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                bare += [] if ast.get_docstring(node) else [f"{name(path)}:{node.name}"]
    assert bare == []


def test_no_unfinished_marks_and_no_machine_paths() -> None:
    mark = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")
    place = re.compile(r"(?<![\w.~-])/(root|work)/")
    found = []
    for path in ALL:
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if mark.search(line) or place.search(line):
                found.append(f"{name(path)}:{number}: {line.strip()}")
    assert found == []


ASKED = re.compile(
    r"(datetime|date)\.(now|utcnow|today)|time\.time|uuid\.uuid4|os\.(environ|getenv)|Path\.(cwd|home)"
)


def impurities(text: str) -> list[str]:
    """Calls by which a pure module would look at the clock, chance, files or the environment."""
    modules = {"random", "secrets", "socket", "subprocess", "sqlite3", "os", "pathlib", "time", "uuid", "io"}
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and ASKED.fullmatch(ast.unparse(node)):
            found.append(ast.unparse(node))
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in modules]
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in modules:
            found.append(str(node.module))
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {"open", "print"}
        ):
            found.append(node.func.id)
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "agents").rglob("*.py")), ids=name)
def test_agents_look_at_nothing_but_their_snapshot(path: Path) -> None:
    assert impurities(path.read_text(encoding="utf-8")) == []


def test_the_purity_check_bites() -> None:
    assert impurities("from datetime import datetime\nx = datetime.now()") == ["datetime.now"]
    assert impurities("import random") == ["random"]
    assert impurities("open('x')") == ["open"]


CLOCK_ROOMS = {"clock.py"}


def clock_reads(text: str) -> list[str]:
    """Direct looks at the machine's clock."""
    return re.findall(r"\b(?:datetime\.(?:now|utcnow|today)|date\.today|time\.time|time\.monotonic)\(", text)


def test_only_the_clock_asks_the_machine_for_the_time() -> None:
    found = {
        name(p) for p in SOURCES if clock_reads(p.read_text(encoding="utf-8")) and p.name not in CLOCK_ROOMS
    }
    assert found == set()
    assert clock_reads("datetime.now(UTC)")
